//! The contents of the streams, read whole: what is damaged, missing, or does not fit together, and the room
//! that it takes.

use std::collections::{BTreeMap, BTreeSet};

use wirefold_flow::{Bus as _, BusError, INPUT, Stored, parse_reference};
use wirefold_flow_nats::NatsBus;
use wirefold_flow_sqlite::{Inspection, Soundness};
use wirefold_gateway::shapes::StreamUse;
use wirefold_proto::streams::{ALERTS, CONTROL, DEAD, ENRICHED, FETCHED, OUTPUT, Stream};
use wirefold_proto::{
    Alert, ArticleEnriched, ArticleFetched, ControlCommand, DeadLetter, EnrichedEpoch,
    Message as _, Output, decode, name_of,
};

use crate::finding::Finding;
use crate::output::count;

/// The streams in the order in which they are read. A stream that explains a gap comes before the stream with
/// the gap.
const ORDER: [Stream; 6] = [DEAD, FETCHED, CONTROL, ENRICHED, OUTPUT, ALERTS];
/// The number of messages that a finding names.
const NAMED: usize = 5;
/// The number of messages in one request.
const BATCH: usize = 256;
/// The content of the messages.
#[derive(Default)]
pub(crate) struct Contents {
    streams: BTreeMap<String, StreamUse>,
    /// Stream and sequence of the messages whose checksum is wrong.
    pub(crate) damaged: Vec<(String, u64)>,
    /// The messages that cannot be decoded.
    unreadable: Vec<String>,
    /// Stream and sequence of the messages that dead letters name.
    dead_lettered: BTreeSet<(String, u64)>,
    /// The id of each fetched article, by its sequence.
    fetched: BTreeMap<u64, String>,
    /// The sequences of those that were read by the enricher.
    read: BTreeSet<u64>,
    /// The id of each enriched article, by its sequence.
    enriched: BTreeMap<u64, String>,
    /// The sequences of those with output.
    decided: BTreeSet<u64>,
    /// The ids of the articles in the output.
    in_output: BTreeSet<String>,
    /// Output on another article than the one at its sequence.
    mismatched: Vec<String>,
    last_output: u64,
    /// Alerts that name output which does not exist yet.
    ahead: Vec<String>,
}

/// Reads all streams of a server.
pub(crate) async fn read_all(bus: &NatsBus) -> Result<Contents, BusError> {
    let mut contents = Contents::default();
    for stream in ORDER {
        let first = bus.stream_state(stream.name).await?.first;
        let mut reader = bus.read(stream.name, ">", first).await?;
        loop {
            let messages = reader.ready(BATCH).await?;
            if messages.is_empty() {
                break;
            }
            messages.iter().for_each(|stored| contents.add(stored, false));
        }
    }
    Ok(contents)
}

/// Reads all streams of a data folder.
pub(crate) fn read_folder(inspection: &mut Inspection) -> Result<Contents, BusError> {
    let mut contents = Contents::default();
    for stream in ORDER {
        inspection.each(stream.name, &mut |stored, soundness| {
            contents.add(&stored, soundness == Soundness::Damaged);
        })?;
    }
    Ok(contents)
}

impl Contents {
    fn add(&mut self, stored: &Stored, is_damaged: bool) {
        let at = Some(wirefold_envelope::timestamp(stored.at));
        let name = stored.stream.clone();
        let (messages, bytes) = (0, 0);
        let new = StreamUse { name: name.clone(), messages, bytes, oldest: at, newest: at };
        let used = self.streams.entry(name).or_insert(new);
        used.messages += 1;
        used.bytes += stored.size();
        used.newest = at;
        let place = (stored.stream.clone(), stored.sequence);
        if is_damaged {
            self.damaged.push(place);
        } else if !self.fits(stored) && !self.dead_lettered.contains(&place) {
            // A stage that could not read it and wrote a dead letter has reported it already.
            self.unreadable.push(stored.reference());
        }
    }

    /// Notes the content of a message, if it can be decoded.
    fn fits(&mut self, stored: &Stored) -> bool {
        let body = &stored.body;
        match stored.stream.as_str() {
            name if name == DEAD.name => decode::<DeadLetter>(body)
                .map(|it| self.dead_lettered.insert((it.stream, it.sequence)))
                .is_ok(),
            name if name == FETCHED.name => decode::<ArticleFetched>(body)
                .map(|it| self.fetched.insert(stored.sequence, it.id.to_string()))
                .is_ok(),
            name if name == CONTROL.name => decode::<ControlCommand>(body).is_ok(),
            name if name == ENRICHED.name => self.enriched(stored),
            name if name == OUTPUT.name => self.output(stored),
            name if name == ALERTS.name => {
                let alert = decode::<Alert>(body);
                if alert.as_ref().is_ok_and(|alert| alert.output > self.last_output) {
                    self.ahead.push(stored.reference());
                }
                alert.is_ok()
            }
            _ => true,
        }
    }

    fn enriched(&mut self, stored: &Stored) -> bool {
        let input = stored.headers.get(INPUT).and_then(parse_reference);
        self.read.extend(input.map(|(_, sequence)| sequence));
        if name_of(&stored.body).is_ok_and(|name| name == EnrichedEpoch::NAME) {
            return decode::<EnrichedEpoch>(&stored.body).is_ok();
        }
        decode::<ArticleEnriched>(&stored.body)
            .map(|it| self.enriched.insert(stored.sequence, it.id.to_string()))
            .is_ok()
    }

    fn output(&mut self, stored: &Stored) -> bool {
        self.last_output = stored.sequence;
        let Ok(output) = Output::decode(&stored.body) else { return false };
        match output {
            Output::Article(article) => {
                let (place, id) = (article.input.enriched, article.id.to_string());
                if self.enriched.get(&place).is_some_and(|stands| *stands != id) {
                    self.mismatched.push(stored.reference());
                }
                self.decided.insert(place);
                self.in_output.insert(id);
            }
            Output::Forgotten(forgotten) => drop(self.decided.insert(forgotten.input.enriched)),
            Output::Command(_) | Output::Epoch(_) => {}
        }
        true
    }

    fn has_dead_letter(&self, stream: &Stream, sequence: u64) -> bool {
        self.dead_lettered.contains(&(stream.name.to_owned(), sequence))
    }

    /// The places of the articles without output, between articles with output. Those that come again behind
    /// the last one that was read are left out.
    pub(crate) fn without_output(&self) -> Vec<(&'static str, u64)> {
        let last = self.read.last().copied().unwrap_or(0);
        let waiting: BTreeSet<&String> = self.fetched.range(last + 1..).map(|(_, id)| id).collect();
        let mut missing = self.missing(&ENRICHED, &self.enriched, &self.decided);
        missing.extend(self.missing(&FETCHED, &self.fetched, &self.read));
        missing.retain(|(_, _, id)| !self.in_output.contains(*id) && !waiting.contains(id));
        let mut found = BTreeSet::new();
        missing.retain(|(_, _, id)| found.insert(*id));
        missing.into_iter().map(|(stream, sequence, _)| (stream, sequence)).collect()
    }

    /// The articles of a stream that its reader passed over without a dead letter.
    fn missing<'a>(
        &self,
        stream: &Stream,
        articles: &'a BTreeMap<u64, String>,
        done: &BTreeSet<u64>,
    ) -> Vec<(&'static str, u64, &'a String)> {
        let (Some(first), Some(last)) = (done.first(), done.last()) else { return Vec::new() };
        let lacks =
            |sequence: &u64| !done.contains(sequence) && !self.has_dead_letter(stream, *sequence);
        let between = articles.range(first..=last).filter(|(sequence, _)| lacks(sequence));
        between.map(|(sequence, id)| (stream.name, *sequence, id)).collect()
    }

    /// The room that each stream takes.
    pub(crate) fn room(&self) -> Vec<StreamUse> {
        ORDER.iter().filter_map(|stream| self.streams.get(stream.name).cloned()).collect()
    }

    /// The findings, and the number of messages if there are none.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let missing = self.without_output();
        let missing = missing.iter().map(|(stream, sequence)| format!("{stream}/{sequence}"));
        let damaged = self.damaged.iter().map(|(stream, sequence)| format!("{stream}/{sequence}"));
        let kinds = [
            (&damaged.collect(), "differs from what was written", "differ from what was written"),
            (&self.unreadable, "cannot be read", "cannot be read"),
            (
                &self.mismatched,
                "decides on another article than the one there",
                "decide on other articles than those there",
            ),
            (&missing.collect(), "has no output", "have no output"),
            (&self.ahead, "names output that is not there", "name output that is not there"),
        ];
        let found = kinds.into_iter().filter(|(places, ..)| !places.is_empty());
        let words = |(places, one, more): (&Vec<String>, &str, &str)| {
            let named = places[..places.len().min(NAMED)].join(", ");
            match places.len() {
                1 => format!("{named} {one}"),
                many if many <= NAMED => format!("{named} {more}"),
                many => format!("{}, from {named} on, {more}", count(many, "message", "messages")),
            }
        };
        let mut findings: Vec<Finding> = found.map(words).map(Finding::bad).collect();
        if findings.is_empty() {
            let messages: u64 = self.streams.values().map(|it| it.messages).sum();
            let messages = count(messages, "message", "messages");
            findings.push(Finding::good(format!("streams: {messages} read")));
        }
        findings
    }
}
