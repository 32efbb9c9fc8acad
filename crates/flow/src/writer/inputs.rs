//! The inputs of a writer: how far they were read, and reading on from there.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::Poll;

use super::{OFFSETS, Source};
use crate::bus::{Bus, OrderedReader};
use crate::error::BusError;
use crate::loops::{Event, LoopError, Surroundings};
use crate::message::{Stored, parse_reference};

/// How far each stream has been read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Offsets(BTreeMap<String, u64>);

impl Offsets {
    /// As the header of a decision has them.
    pub(super) fn of(decision: &Stored) -> Self {
        let places = decision.headers.get(OFFSETS).unwrap_or_default().split(' ');
        let places = places.filter_map(parse_reference);
        Self(places.map(|(stream, sequence)| (stream.to_owned(), sequence)).collect())
    }

    pub(super) fn get(&self, stream: &str) -> u64 {
        self.0.get(stream).copied().unwrap_or(0)
    }

    pub(super) fn set(&mut self, stream: &str, sequence: u64) {
        self.0.insert(stream.to_owned(), sequence);
    }

    pub(super) fn header(&self) -> String {
        let places = self.0.iter().map(|(stream, sequence)| format!("{stream}/{sequence}"));
        places.collect::<Vec<_>>().join(" ")
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(stream, sequence)| (stream.as_str(), *sequence))
    }
}

/// The streams that a writer reads, each from where it was left.
pub(super) struct Inputs(Vec<Box<dyn OrderedReader>>);

impl Inputs {
    /// Opens the inputs, once nothing is found missing that had been read, and what is missing of
    /// the rest has been reported.
    pub(super) async fn open(
        surroundings: &Surroundings,
        name: &str,
        sources: &[Source],
        offsets: &Offsets,
    ) -> Result<Self, LoopError> {
        let mut readers = Vec::new();
        for source in sources {
            let stream = &source.stream;
            let read = offsets.get(stream);
            let state = surroundings.bus.stream_state(stream).await?;
            if state.last < read {
                let stream = stream.clone();
                return Err(LoopError::RolledBack { stream, last: state.last, read });
            }
            if state.first > read + 1 {
                let gap = Event::Gap { stream, expected: read + 1, found: state.first };
                surroundings.observer.observe(name, gap);
            }
            readers.push(surroundings.bus.read(stream, &source.filter, read + 1).await?);
        }
        Ok(Self(readers))
    }

    /// Waits for messages of whichever stream has some first.
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

/// Finds the inputs of decisions that follow each other, reading each stream once.
pub(super) struct InputsOfDecisions<'a> {
    bus: &'a dyn Bus,
    streams: BTreeMap<String, (Box<dyn OrderedReader>, Vec<Stored>)>,
}

/// How many inputs are read at once while decisions are replayed.
const READ_AT_ONCE: usize = 256;

impl<'a> InputsOfDecisions<'a> {
    pub(super) fn new(bus: &'a dyn Bus) -> Self {
        Self { bus, streams: BTreeMap::new() }
    }

    pub(super) async fn find(
        &mut self,
        stream: &str,
        sequence: u64,
    ) -> Result<Option<Stored>, BusError> {
        if !self.streams.contains_key(stream) {
            let reader = self.bus.read(stream, ">", sequence).await?;
            self.streams.insert(stream.to_owned(), (reader, Vec::new()));
        }
        let Some((reader, ahead)) = self.streams.get_mut(stream) else {
            return Ok(None);
        };
        // Kept last first, so that the next one is taken off the end.
        while ahead.first().is_none_or(|last| last.sequence < sequence) {
            *ahead = reader.ready(READ_AT_ONCE).await?;
            ahead.reverse();
            if ahead.is_empty() {
                return Ok(None);
            }
        }
        while ahead.last().is_some_and(|next| next.sequence < sequence) {
            ahead.pop();
        }
        if ahead.last().is_some_and(|next| next.sequence == sequence) {
            return Ok(ahead.pop());
        }
        Ok(None)
    }
}
