//! The contents of the streams, read whole: what is damaged, missing, or does not fit together, and the room
//! that it takes.

use std::collections::{BTreeMap, BTreeSet};

use wirefold_flow::{Bus as _, BusError, Stored};
use wirefold_flow_nats::NatsBus;
use wirefold_flow_sqlite::{Inspection, Soundness};
use wirefold_gateway::shapes::StreamUse;
use wirefold_proto::streams::{ALERTS, CONTROL, DEAD, FETCHED, JUDGED, OUTPUT, Stream};
use wirefold_proto::{
    Alert, ArticleFetched, ControlCommand, DeadLetter, Judged, Message as _, OutputArticle,
    OutputCommand, OutputEpoch, OutputForgotten, decode, name_of,
};

use crate::finding::Finding;
use crate::output::count;

/// The streams in the order in which they are read. A stream that explains a gap comes before the stream with
/// the gap.
const ORDER: [Stream; 6] = [DEAD, FETCHED, CONTROL, JUDGED, OUTPUT, ALERTS];
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
    /// The id of each stored article, by its sequence.
    articles: BTreeMap<u64, String>,
    /// The stored decisions on articles, by their sequence: the sequence and the id of the article.
    decisions: BTreeMap<u64, (u64, String)>,
    /// Decisions whose article is not the one at its sequence.
    mismatched: Vec<String>,
    /// The decisions that the output is based on.
    with_output: BTreeSet<u64>,
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
                .map(|it| self.articles.insert(stored.sequence, it.id.to_string()))
                .is_ok(),
            name if name == CONTROL.name => decode::<ControlCommand>(body).is_ok(),
            name if name == JUDGED.name => self.judged(stored),
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

    fn judged(&mut self, stored: &Stored) -> bool {
        let Ok(judged) = Judged::decode(&stored.body) else { return false };
        if let Judged::Article(record) = judged {
            let (article, id) = (record.input.fetched, record.id.to_string());
            if self.articles.get(&article).is_some_and(|stands| *stands != id) {
                self.mismatched.push(stored.reference());
            }
            self.decisions.insert(stored.sequence, (article, id));
        }
        true
    }

    fn output(&mut self, stored: &Stored) -> bool {
        self.last_output = stored.sequence;
        match name_of(&stored.body).as_deref() {
            Ok(OutputForgotten::NAME) => decode::<OutputForgotten>(&stored.body)
                .map(|forgotten| self.with_output.insert(forgotten.judged))
                .is_ok(),
            Ok(OutputCommand::NAME) => decode::<OutputCommand>(&stored.body).is_ok(),
            Ok(OutputEpoch::NAME) => decode::<OutputEpoch>(&stored.body).is_ok(),
            _ => decode::<OutputArticle>(&stored.body)
                .map(|article| self.with_output.insert(article.judged))
                .is_ok(),
        }
    }

    fn has_dead_letter(&self, stream: &Stream, sequence: u64) -> bool {
        self.dead_lettered.contains(&(stream.name.to_owned(), sequence))
    }

    /// The decisions whose article is stored and whose output is missing, although later ones have it.
    pub(crate) fn without_output(&self) -> Vec<u64> {
        // Older output may have been deleted from the stream.
        let (Some(first), Some(last)) = (self.with_output.first(), self.with_output.last()) else {
            return Vec::new();
        };
        let done = self.decisions.range(first..last);
        let lacks = |(sequence, (article, _)): &(&u64, &(u64, String))| {
            !self.with_output.contains(sequence)
                && self.articles.contains_key(article)
                && !self.has_dead_letter(&JUDGED, **sequence)
        };
        done.filter(lacks).map(|(sequence, _)| *sequence).collect()
    }

    /// The articles without a decision, between articles with one.
    fn undecided(&self) -> Vec<u64> {
        let decided: BTreeSet<u64> = self.decisions.values().map(|(article, _)| *article).collect();
        let ids: BTreeSet<&String> = self.decisions.values().map(|(_, id)| id).collect();
        let (Some(first), Some(last)) = (decided.first(), decided.last()) else {
            return Vec::new();
        };
        // The same article may come twice. Only the first gets a decision.
        let lacks = |(sequence, id): &(&u64, &String)| {
            !decided.contains(sequence)
                && !ids.contains(id)
                && !self.has_dead_letter(&FETCHED, **sequence)
        };
        self.articles.range(first..=last).filter(lacks).map(|(sequence, _)| *sequence).collect()
    }

    /// The room that each stream takes.
    pub(crate) fn room(&self) -> Vec<StreamUse> {
        ORDER.iter().filter_map(|stream| self.streams.get(stream.name).cloned()).collect()
    }

    /// The findings, and the number of messages if there are none.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let of = |stream: &Stream, sequences: Vec<u64>| -> Vec<String> {
            sequences.iter().map(|sequence| format!("{}/{sequence}", stream.name)).collect()
        };
        let damaged = self.damaged.iter().map(|(stream, sequence)| format!("{stream}/{sequence}"));
        let kinds = [
            (&damaged.collect(), "differs from what was written", "differ from what was written"),
            (&self.unreadable, "cannot be read", "cannot be read"),
            (
                &self.mismatched,
                "decides on another article than the one there",
                "decide on other articles than those there",
            ),
            (&of(&FETCHED, self.undecided()), "was never decided on", "were never decided on"),
            (&of(&JUDGED, self.without_output()), "has no output", "have no output"),
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
