//! Checks the contents of the streams, and whether they fit together.
//!
//! The input is each message of each stream, in the order of [`ORDER`]. The output is findings. This module
//! does not know where the streams are stored.

mod read;

use std::collections::{BTreeMap, BTreeSet};

use wirefold_flow::Stored;
use wirefold_proto::streams::{ALERTS, CONTROL, DEAD, FETCHED, JUDGED, OUTPUT, Stream};
use wirefold_proto::{
    Alert, ArticleFetched, ControlCommand, DeadLetter, Judged, Message as _, OutputArticle,
    OutputCommand, OutputStory, decode, name_of,
};

use crate::finding::Finding;
use crate::output::count;

pub(crate) use read::{read_all, read_folder};

/// The streams in the order in which they are read. A stream that explains a gap comes before the stream with
/// the gap.
const ORDER: [Stream; 6] = [DEAD, FETCHED, CONTROL, JUDGED, OUTPUT, ALERTS];
/// The number of messages that a finding names.
const NAMED: usize = 5;

/// The content of the messages.
#[derive(Default)]
pub(crate) struct Contents {
    /// The number of messages that were read.
    messages: usize,
    /// Stream and sequence of the messages whose checksum is wrong.
    damaged: Vec<(String, u64)>,
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
    /// The last sequence of the output.
    last_output: u64,
    /// Alerts that name output which does not exist yet.
    ahead: Vec<String>,
}

impl Contents {
    /// Notes a message whose checksum is wrong.
    fn note_damaged(&mut self, stored: &Stored) {
        self.messages += 1;
        self.damaged.push((stored.stream.clone(), stored.sequence));
    }

    /// Stream and sequence of the damaged messages.
    pub(crate) fn damaged(&self) -> &[(String, u64)] {
        &self.damaged
    }

    /// Reads a message.
    fn add(&mut self, stored: &Stored) {
        self.messages += 1;
        let fits = match stored.stream.as_str() {
            name if name == DEAD.name => self.dead(stored),
            name if name == FETCHED.name => self.fetched(stored),
            name if name == CONTROL.name => decode::<ControlCommand>(&stored.body).is_ok(),
            name if name == JUDGED.name => self.judged(stored),
            name if name == OUTPUT.name => self.output(stored),
            name if name == ALERTS.name => self.alert(stored),
            _ => true,
        };
        // The stage that could not read it has reported it already.
        let is_dead_lettered =
            self.dead_lettered.contains(&(stored.stream.clone(), stored.sequence));
        if !fits && !is_dead_lettered {
            self.unreadable.push(stored.reference());
        }
    }

    fn dead(&mut self, stored: &Stored) -> bool {
        let letter = decode::<DeadLetter>(&stored.body);
        letter.map(|it| self.dead_lettered.insert((it.stream, it.sequence))).is_ok()
    }

    fn fetched(&mut self, stored: &Stored) -> bool {
        let article = decode::<ArticleFetched>(&stored.body);
        article.map(|it| self.articles.insert(stored.sequence, it.id.to_string())).is_ok()
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
            Ok(OutputStory::NAME) => decode::<OutputStory>(&stored.body).is_ok(),
            Ok(OutputCommand::NAME) => decode::<OutputCommand>(&stored.body).is_ok(),
            _ => match decode::<OutputArticle>(&stored.body) {
                Ok(article) => {
                    self.with_output.insert(article.judged);
                    true
                }
                Err(_) => false,
            },
        }
    }

    fn alert(&mut self, stored: &Stored) -> bool {
        let Ok(alert) = decode::<Alert>(&stored.body) else { return false };
        if alert.output > self.last_output {
            self.ahead.push(stored.reference());
        }
        true
    }

    /// The decisions whose article is stored and whose output is missing, although the enricher has handled
    /// them. It has handled all decisions before `unread`.
    pub(crate) fn without_output(&self, unread: u64) -> Vec<u64> {
        // Older output may have been deleted from the stream.
        let Some(first) = self.with_output.first() else {
            return Vec::new();
        };
        let done = self.decisions.range(first..&unread.max(*first));
        let lacks = |(sequence, (article, _)): &(&u64, &(u64, String))| {
            !self.with_output.contains(sequence)
                && self.articles.contains_key(article)
                && !self.dead_lettered.contains(&(JUDGED.name.to_owned(), **sequence))
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
        let between = self.articles.range(first..=last);
        // The same article may come twice. Only the first gets a decision.
        let lacks = |(sequence, id): &(&u64, &String)| {
            !decided.contains(sequence)
                && !ids.contains(id)
                && !self.dead_lettered.contains(&(FETCHED.name.to_owned(), **sequence))
        };
        between.filter(lacks).map(|(sequence, _)| *sequence).collect()
    }

    /// The number of messages that were read, in words.
    pub(crate) fn describe(&self) -> String {
        count(self.messages, "message", "messages")
    }

    /// The findings. The enricher has handled all decisions before `unread`.
    pub(crate) fn findings(&self, unread: u64) -> Vec<Finding> {
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
            (&of(&JUDGED, self.without_output(unread)), "has no output", "have no output"),
            (&self.ahead, "names output that is not there", "name output that is not there"),
        ];
        let found = kinds.into_iter().filter(|(places, ..)| !places.is_empty());
        found.map(|(places, one, more)| Finding::bad(describe_places(places, one, more))).collect()
    }
}

fn describe_places(places: &[String], one: &str, more: &str) -> String {
    let named = places[..places.len().min(NAMED)].join(", ");
    match places.len() {
        1 => format!("{named} {one}"),
        many if many <= NAMED => format!("{named} {more}"),
        many => format!("{}, from {named} on, {more}", count(many, "message", "messages")),
    }
}
