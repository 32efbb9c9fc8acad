//! A small pipeline: articles → writer → decisions, and its results.

use std::time::Duration;

use bytes::Bytes;

use crate::bus::Bus;
use crate::clock::UnixMillis;
use crate::config::StreamConfig;
use crate::dead::{DeadLetters, Reason};
use crate::message::{Headers, Outgoing, Stored};
use crate::writer::{INPUT, Record, Source, StateMachine, WriterConfig};

/// Half of the longest delay of a call.
pub(super) const DELAY: Duration = Duration::from_secs(2);

pub(super) fn article(number: u64) -> Outgoing {
    let id = format!("a{number}");
    Outgoing::new(format!("in.f{}", number % 3), id.clone(), id.into_bytes())
}

pub(crate) async fn create_streams(bus: &dyn Bus) {
    for (name, subjects, readers) in
        [("IN", "in.>", &["writer"][..]), ("DECIDED", "decided.>", &[]), ("DEAD", "dead.>", &[])]
    {
        // Longer than any fault, so that repeated outputs are recognised as duplicates.
        let window = Duration::from_hours(24);
        let readers = readers.iter().map(|reader| (*reader).to_owned()).collect();
        let stream = StreamConfig { window, readers, ..StreamConfig::new(name, &[subjects]) };
        bus.create_stream(stream).await.unwrap();
    }
}

pub(crate) fn writer_config() -> WriterConfig {
    WriterConfig {
        name: "writer".into(),
        sources: vec![Source { stream: "IN".into(), filter: ">".into(), mark: String::new() }],
        output: "DECIDED".into(),
        decisions: "decided.article".into(),
        epochs: "decided.epoch".into(),
        dead: DeadLetters::plain("dead.writer"),
    }
}

/// All messages of a stream.
pub(super) async fn all(bus: &dyn Bus, stream: &str, filter: &str) -> Vec<Stored> {
    bus.read(stream, filter, 1).await.unwrap().ready(10_000).await.unwrap()
}

/// The article of a message on any of the streams: the first word of its body.
pub(super) fn article_of(message: &Stored) -> String {
    let body = String::from_utf8_lossy(&message.body);
    body.split(' ').next().unwrap_or_default().to_owned()
}

fn number_of(id: &str) -> u64 {
    id[1..].parse().unwrap()
}

/// Decides from all earlier inputs, so that a lost, doubled or misplaced decision changes all later ones.
#[derive(Default)]
pub(super) struct Tally {
    articles: u64,
    digest: u64,
}

impl Tally {
    fn learn(&mut self, id: &str) -> Bytes {
        self.articles += 1;
        self.digest = id.bytes().fold(self.digest, |digest, byte| {
            (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3).rotate_left(5)
        });
        format!("{id} {} {:x}", self.articles, self.digest).into_bytes().into()
    }
}

impl StateMachine for Tally {
    fn restart(&mut self) -> u64 {
        *self = Self::default();
        0
    }

    fn replay(&mut self, decision: &Stored, input: Option<&Stored>) {
        let input = input.expect("the input is kept");
        let learnt = self.learn(&input.id);
        assert_eq!(learnt, decision.body, "the decision is not on {}", input.reference());
    }

    fn epoch_record(&mut self, epoch: u64, at: UnixMillis) -> Record {
        let body = format!("epoch {epoch} {}", at.0).into_bytes().into();
        Record { subject: "decided.epoch".to_owned(), body, ..Record::default() }
    }

    fn decide(&mut self, _epoch: u64, input: &Stored) -> Result<Option<Record>, Reason> {
        match number_of(&input.id) % 19 {
            5 => return Err(Reason::rejected("undecidable")),
            7 => {
                self.articles += 1000;
                panic!("a number that panics");
            }
            _ => {}
        }
        let subject = "decided.article".to_owned();
        Ok(Some(Record { subject, headers: Headers::new(), body: self.learn(&input.id) }))
    }
}

/// The decisions of a run without faults over the same input.
pub(super) fn undisturbed(inputs: &[Stored]) -> Vec<Stored> {
    let mut tally = Tally::default();
    let fails = |input: &Stored| matches!(number_of(&input.id) % 19, 5 | 7);
    let decided = inputs.iter().filter(|input| !fails(input)).map(|input| {
        let record = tally.decide(1, input).unwrap().unwrap();
        let headers = [(INPUT, input.reference())].into_iter().collect();
        Stored { headers, body: record.body, ..input.clone() }
    });
    decided.collect()
}
