//! The inputs of a writer: how far each stream has been read, and the messages that follow.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::Poll;

use super::{INPUTS, OFFSETS, Source};
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
        let header = |name: &str| decision.headers.get(name).unwrap_or_default().split(' ');
        let sequences = header(OFFSETS).filter_map(parse_reference);
        let mut offsets: BTreeMap<String, Position> = sequences
            .map(|(stream, sequence)| (stream.to_owned(), Position::at_sequence(sequence)))
            .collect();
        // The decisions of an earlier release have sequences only.
        for (stream, position) in header(INPUTS).filter_map(|input| input.split_once('/')) {
            let position = Position::parse(position);
            let same =
                |at: &&mut Position| position.as_ref().is_some_and(|to| to.sequence == at.sequence);
            if let Some(at) = offsets.get_mut(stream).filter(same) {
                *at = position.unwrap_or_default();
            }
        }
        Self(offsets)
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

    /// The value of [`OFFSETS`].
    pub(super) fn sequences(&self) -> String {
        let positions = self.iter().map(|(stream, sequence)| format!("{stream}/{sequence}"));
        positions.collect::<Vec<_>>().join(" ")
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

/// Finds the inputs of consecutive decisions. Reads each stream once, and again if its inputs go back.
pub(super) struct InputsOfDecisions<'a> {
    bus: &'a dyn Bus,
    streams: BTreeMap<String, ReadAhead>,
}

/// The messages of one stream that were read ahead.
struct ReadAhead {
    reader: Box<dyn OrderedReader>,
    /// The messages after `last_sequence`, in reverse order: the next one is popped from the end.
    messages: Vec<Stored>,
    /// The sequence that was searched last.
    last_sequence: u64,
}

/// How many inputs one read returns while decisions are replayed.
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
        let is_ahead = |ahead: &&mut ReadAhead| ahead.last_sequence <= sequence;
        if let Some(ahead) = self.streams.get_mut(stream).filter(is_ahead) {
            return ahead.find(sequence).await;
        }
        let reader = self.bus.read(stream, ">", sequence).await?;
        let mut ahead = ReadAhead { reader, messages: Vec::new(), last_sequence: sequence };
        let found = ahead.find(sequence).await?;
        self.streams.insert(stream.to_owned(), ahead);
        Ok(found)
    }
}

impl ReadAhead {
    async fn find(&mut self, sequence: u64) -> Result<Option<Stored>, BusError> {
        self.last_sequence = sequence;
        while self.messages.first().is_none_or(|last| last.sequence < sequence) {
            self.messages = self.reader.ready(READ_AT_ONCE).await?;
            self.messages.reverse();
            if self.messages.is_empty() {
                return Ok(None);
            }
        }
        while self.messages.last().is_some_and(|next| next.sequence < sequence) {
            self.messages.pop();
        }
        let is_found = self.messages.last().is_some_and(|next| next.sequence == sequence);
        Ok(if is_found { self.messages.pop() } else { None })
    }
}
