//! The inputs of a writer: how far each stream has been read, and the messages that follow.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::Poll;

use super::{INPUT, INPUTS, Source};
use crate::bus::{Bus, OrderedReader};
use crate::error::BusError;
use crate::loops::{Event, LoopError, StageContext};
use crate::message::{Stored, parse_reference};
use crate::position::{Position, rolled_back};

/// How far each stream has been read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Offsets(BTreeMap<String, Position>);

impl Offsets {
    /// The offsets in the headers of a decision.
    pub(super) fn of(decision: &Stored) -> Self {
        let inputs = decision.headers.get(INPUTS).unwrap_or_default().split(' ');
        let read = inputs.filter_map(|input| {
            let (stream, position) = input.split_once('/')?;
            Some((stream.to_owned(), Position::parse(position)?))
        });
        Self(read.collect())
    }

    pub(super) fn get(&self, stream: &str) -> Option<&Position> {
        self.0.get(stream)
    }

    /// Counts an input as read.
    pub(super) fn set(&mut self, input: &Stored) {
        self.0.insert(input.stream.clone(), Position::from(input));
    }

    /// Counts nothing of this stream as read.
    fn forget(&mut self, stream: &str) {
        self.0.remove(stream);
    }

    /// The value of [`INPUTS`].
    pub(super) fn inputs(&self) -> String {
        let positions = self.0.iter().map(|(stream, position)| format!("{stream}/{position}"));
        positions.collect::<Vec<_>>().join(" ")
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(stream, position)| (stream.as_str(), position.sequence))
    }
}

/// Readers of the streams that a writer reads, each after its offset.
pub(super) struct Inputs(Vec<Box<dyn OrderedReader>>);

impl Inputs {
    /// Opens the inputs, and reports missing messages first. A stream that went back in time is read from
    /// its first message: the decider recognises by the ids what it has decided on.
    pub(super) async fn open(
        context: &StageContext,
        name: &str,
        sources: &[Source],
        offsets: &mut Offsets,
    ) -> Result<Self, LoopError> {
        let bus = &*context.bus;
        let mut readers = Vec::new();
        for Source { stream, filter, .. } in sources {
            let read = offsets.get(stream).cloned().unwrap_or_default();
            let mut from = read.sequence + 1;
            let mut missing = None;
            if let Some(how) = rolled_back(bus, stream, &read).await? {
                context.observer.observe(name, Event::rolled_back(stream, how));
                offsets.forget(stream);
                from = 1;
            } else {
                let first = bus.stream_state(stream).await?.first;
                missing = Some(first).filter(|first| *first > from);
            }
            if let Some(found) = missing {
                let gap = Event::Gap { stream, expected: from, found };
                context.observer.observe(name, gap);
            }
            readers.push(bus.read(stream, filter, from).await?);
        }
        Ok(Self(readers))
    }

    /// Waits for messages of any stream.
    pub(super) async fn next(&mut self, max: usize) -> Result<Vec<Stored>, BusError> {
        let mut waiting: Vec<_> = self.0.iter_mut().map(|reader| reader.next(max)).collect();
        poll_fn(|context| {
            for next in &mut waiting {
                if let Poll::Ready(messages) = next.as_mut().poll(context) {
                    return Poll::Ready(messages);
                }
            }
            Poll::Pending
        })
        .await
    }
}

/// The inputs of decisions, in their order; `None` if an input is no longer stored.
pub(super) async fn inputs_of(
    bus: &dyn Bus,
    decisions: &[&Stored],
) -> Result<Vec<Option<Stored>>, BusError> {
    let reference = |decision: &&Stored| decision.headers.get(INPUT).map(str::to_owned);
    let references: Vec<Option<String>> = decisions.iter().map(reference).collect();
    let mut wanted: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (stream, sequence) in references.iter().flatten().filter_map(|it| parse_reference(it)) {
        wanted.entry(stream).or_default().push(sequence);
    }
    let mut found: BTreeMap<String, Stored> = BTreeMap::new();
    for (stream, sequences) in wanted {
        for input in bus.get_each(stream, &sequences).await? {
            match input {
                Ok(input) => drop(found.insert(input.reference(), input)),
                Err(BusError::Gone { .. } | BusError::NotYet { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(references.into_iter().map(|of| found.get(&of?).cloned()).collect())
}
