//! Finds the input that kills the process, if there is one. No input is blamed for a single kill.
//!
//! At its start, a writer notes the offsets of its inputs in a bucket. If two processes have died at the
//! same offsets, the next one decides on one input at a time, and first counts a strike for it in the
//! bucket. An input that has killed the process three times in this way goes to the dead letters.

use std::fmt::Write as _;
use std::sync::Arc;

use bytes::Bytes;

use super::WriterConfig;
use super::inputs::Offsets;
use crate::bus::{Bus, KeyValue};
use crate::dead::{Cause, Reason};
use crate::error::BusError;
use crate::loops::{Event, REREAD_AFTER, StageContext};
use crate::message::Stored;
use crate::position::Position;

/// An input goes to the dead letters after this many strikes.
const MAX_STRIKES: u32 = 3;
/// If more processes than this have started at the same offsets, inputs are tried alone.
const SUSPECT_AFTER: u32 = 2;
/// How many inputs are tried alone: as many as may have been in hand. The number doubles each time that
/// another process dies at the same offsets, because inputs without a decision do not move the offsets.
const TRIED_ALONE: u64 = 2_000;
const MOST_DOUBLINGS: u32 = 20;
/// The number of strikes that marks an input as dead-lettered. The writer skips it.
const SET_ASIDE: u32 = MAX_STRIKES + 1;

/// Why an input that kills the process goes to the dead letters.
pub(super) fn killed_process_reason() -> Reason {
    let text = format!("ended the process {MAX_STRIKES} times while it was tried alone");
    Reason { cause: Cause::MaxDeliver, text }
}

/// The meaning of a note with a later epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LaterEpoch {
    /// Its writer has overtaken this one.
    Overtakes,
    /// The stream with that epoch is gone, and epochs are counted from the beginning.
    StreamRecreated,
}

/// The inputs that may have killed a writer's process.
pub(super) struct Suspects {
    table: Option<Arc<dyn KeyValue>>,
    /// The writer's name, and the key of its note.
    name: String,
    /// The stored note, without the strike of the input that is being tried.
    note: Note,
    revision: u64,
    /// The note written last, and after it notes that were written without an answer and may be stored.
    written: Vec<Bytes>,
    has_begun: bool,
    /// Whether an event has reported that inputs are tried alone.
    has_reported: bool,
    /// How many more inputs are tried alone.
    alone_left: u64,
}

/// The entry in the bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Note {
    /// The epoch of the writer that wrote it.
    epoch: u64,
    /// The offsets at which the writer started.
    offsets: String,
    /// How many processes started at these offsets.
    starts: u32,
    struck: Vec<Struck>,
}

/// An input that was tried alone without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Struck {
    stream: String,
    input: Position,
    strikes: u32,
}

impl Struck {
    fn is(&self, input: &Stored) -> bool {
        self.stream == input.stream && self.input == Position::from(input)
    }

    fn is_passed(&self, offsets: &Offsets) -> bool {
        offsets.get(&self.stream).is_some_and(|read| read.sequence >= self.input.sequence)
    }
}

impl Note {
    fn text(&self) -> Bytes {
        let mut text = format!("{}@{} {}", self.starts, self.epoch, self.offsets);
        for Struck { stream, input, strikes } in &self.struck {
            let _ = write!(text, "\n{strikes} {stream}/{input}");
        }
        text.into()
    }

    fn read(text: &[u8]) -> Option<Self> {
        let mut lines = std::str::from_utf8(text).ok()?.lines();
        let (first, offsets) = lines.next()?.split_once(' ')?;
        let (starts, epoch) = first.split_once('@')?;
        let (starts, epoch) = (starts.parse().ok()?, epoch.parse().ok()?);
        let struck = lines.map(|line| {
            let (strikes, input) = line.split_once(' ')?;
            let (stream, input) = input.split_once('/')?;
            let (stream, input) = (stream.to_owned(), Position::parse(input)?);
            Some(Struck { stream, input, strikes: strikes.parse().ok()? })
        });
        let struck = struck.collect::<Option<_>>()?;
        Some(Self { epoch, offsets: offsets.to_owned(), starts, struck })
    }

    fn strikes(&self, input: &Stored) -> u32 {
        self.struck.iter().find(|struck| struck.is(input)).map_or(0, |struck| struck.strikes)
    }

    fn with_strikes(&self, input: &Stored, strikes: u32) -> Self {
        let mut note = self.without(input);
        let (stream, input) = (input.stream.clone(), Position::from(input));
        note.struck.push(Struck { stream, input, strikes });
        note
    }

    fn without(&self, input: &Stored) -> Self {
        let mut note = self.clone();
        note.struck.retain(|struck| !struck.is(input));
        note
    }
}

impl Suspects {
    pub(super) fn new(bus: &dyn Bus, config: &WriterConfig) -> Result<Self, BusError> {
        Ok(Self {
            table: config.notes.as_deref().map(|table| bus.key_value(table)).transpose()?,
            name: config.name.clone(),
            note: Note::default(),
            revision: 0,
            written: Vec::new(),
            has_begun: false,
            has_reported: false,
            alone_left: 0,
        })
    }

    /// Notes the offsets at which the writer starts. Fails with passing errors, and with
    /// [`BusError::Fenced`] if the note has a later epoch and `later` is [`LaterEpoch::Overtakes`].
    pub(super) async fn begin(
        &mut self,
        context: &StageContext,
        epoch: u64,
        later: LaterEpoch,
        offsets: &Offsets,
    ) -> Result<(), BusError> {
        let begun = loop {
            match self.write_note(epoch, later, offsets).await {
                Err(BusError::Refused { .. }) => context.wait(REREAD_AFTER).await,
                begun => break begun,
            }
        };
        self.disable_if_unavailable(context, begun)?;
        let more = self.note.starts.saturating_sub(SUSPECT_AFTER);
        let doublings = more.saturating_sub(1).min(MOST_DOUBLINGS);
        let alone_left = if more > 0 { TRIED_ALONE << doublings } else { 0 };
        // Inputs that this process was to try alone are still tried alone.
        self.alone_left = self.alone_left.max(alone_left);
        Ok(())
    }

    async fn write_note(
        &mut self,
        epoch: u64,
        later: LaterEpoch,
        offsets: &Offsets,
    ) -> Result<(), BusError> {
        let Some(table) = self.table.clone() else { return Ok(()) };
        let found = table.get(&self.name).await?;
        let (value, revision) = match found.map(|entry| (entry.value, entry.revision)) {
            Some((Some(value), revision)) => (value, revision),
            _ => (Bytes::new(), 0),
        };
        // The strikes of this process have not killed it.
        let is_own = self.written.contains(&value);
        let noted = if is_own { self.note.clone() } else { Note::read(&value).unwrap_or_default() };
        if noted.epoch > epoch && later == LaterEpoch::Overtakes {
            return Err(BusError::Fenced(self.name.clone()));
        }
        let mut note = Note { epoch, offsets: offsets.inputs(), ..noted.clone() };
        note.struck.retain(|struck| !struck.is_passed(offsets));
        if note.offsets != noted.offsets {
            note.starts = 1;
        } else if !self.has_begun && !is_own {
            note.starts += 1;
        }
        self.revision = revision;
        self.note = note.clone();
        self.write(note).await?;
        self.has_begun = true;
        Ok(())
    }

    /// Whether inputs are tried alone now.
    pub(super) fn tries_alone(&self) -> bool {
        let is_suspect = |struck: &Struck| struck.strikes < SET_ASIDE;
        self.table.is_some() && (self.alone_left > 0 || self.note.struck.iter().any(is_suspect))
    }

    /// The inputs that are in the dead letters: stream, sequence, id.
    pub(super) fn set_aside(&self) -> impl Iterator<Item = (String, u64, String)> {
        let set_aside = self.note.struck.iter().filter(|struck| struck.strikes >= SET_ASIDE);
        set_aside
            .map(|Struck { stream, input, .. }| (stream.clone(), input.sequence, input.id.clone()))
    }

    /// Whether an input has all its strikes and must not be tried again.
    pub(super) fn has_max_strikes(&self, input: &Stored) -> bool {
        self.note.strikes(input) >= MAX_STRIKES
    }

    /// Notes a strike for the input that is tried next.
    pub(super) async fn strike(
        &mut self,
        context: &StageContext,
        input: &Stored,
    ) -> Result<(), BusError> {
        let strikes = self.note.strikes(input) + 1;
        // One event for all inputs that are tried alone for the first time.
        if strikes > 1 || !self.has_reported {
            self.has_reported = true;
            context.observer.observe(&self.name, Event::Struck { id: &input.id, strikes });
        }
        let struck = self.note.with_strikes(input, strikes);
        let before = std::mem::take(&mut self.note);
        let written = self.write(struck).await;
        self.note = before;
        self.disable_if_unavailable(context, written)
    }

    /// Removes the strikes of an input whose decision is stored.
    pub(super) fn answered(&mut self, input: &Stored, offsets: &Offsets) {
        self.alone_left = self.alone_left.saturating_sub(1);
        let mut note = self.note.without(input);
        // A struck input that is no longer in the stream never comes.
        note.struck.retain(|struck| struck.strikes >= SET_ASIDE || !struck.is_passed(offsets));
        self.note = note;
    }

    /// Writes the note without the strikes of the inputs that were decided on.
    pub(super) async fn write_answered(&mut self, context: &StageContext) -> Result<(), BusError> {
        let written = match self.written == [self.note.text()] {
            true => Ok(()),
            false => self.write(self.note.clone()).await,
        };
        self.disable_if_unavailable(context, written)
    }

    /// Notes that an input is in the dead letters.
    pub(super) async fn note_set_aside(
        &mut self,
        context: &StageContext,
        input: &Stored,
    ) -> Result<(), BusError> {
        let written = self.write(self.note.with_strikes(input, SET_ASIDE)).await;
        self.disable_if_unavailable(context, written)
    }

    /// Notes that this process survived: every input that could have killed it is decided on.
    pub(super) async fn note_survival(&mut self, context: &StageContext) {
        if self.table.is_none() || self.note.starts == 0 {
            return;
        }
        self.alone_left = 0;
        if let Err(error) = self.write(Note { starts: 0, ..self.note.clone() }).await {
            context.observer.observe(&self.name, Event::BusFailed(&error));
        }
    }

    async fn write(&mut self, note: Note) -> Result<(), BusError> {
        let Some(table) = &self.table else { return Ok(()) };
        let text = note.text();
        match table.put_if(&self.name, text.clone(), self.revision).await {
            Ok(revision) => (self.revision, self.written) = (revision, vec![text]),
            Err(error) => {
                if error.may_pass() {
                    self.written.push(text);
                }
                return Err(error);
            }
        }
        self.note = note;
        Ok(())
    }

    /// If the bucket cannot be used, such as by a user without the permission, reports that and continues
    /// without it.
    fn disable_if_unavailable(
        &mut self,
        context: &StageContext,
        done: Result<(), BusError>,
    ) -> Result<(), BusError> {
        let is_answer = |error: &BusError| {
            error.may_pass() || matches!(error, BusError::Refused { .. } | BusError::Fenced(_))
        };
        match done {
            Err(error) if !is_answer(&error) => {
                context.observer.observe(&self.name, Event::BusFailed(&error));
                self.table = None;
                Ok(())
            }
            done => done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::UnixMillis;
    use crate::sim::{SimBus, SimDisk, VirtualClock};
    use crate::tests::pipeline::{create_streams, writer_config};

    #[test]
    fn a_note_survives_its_text_form() {
        let input = Position { sequence: 7, at: UnixMillis(1_700), id: "a b\n".to_owned() };
        let one = Struck { stream: "IN".to_owned(), input, strikes: 2 };
        let offsets = "IN/6/1699/a-1 CONTROL/2/1/c".to_owned();
        for struck in [Vec::new(), vec![one.clone(), one]] {
            let note = Note { epoch: 8, offsets: offsets.clone(), starts: 3, struck };
            assert_eq!(Note::read(&note.text()), Some(note));
        }
        assert_eq!(Note::read(b"2 IN/6/1/a"), None, "without an epoch");
        assert_eq!(Note::read(b""), None);
    }

    #[tokio::test]
    async fn a_writer_that_was_overtaken_notes_nothing() {
        let clock = Arc::new(VirtualClock::default());
        let bus = SimBus::open(&SimDisk::default(), clock.clone()).bus();
        create_streams(&*bus).await;
        let context = StageContext::new(bus.clone(), clock);
        let suspects = || Suspects::new(&*bus, &writer_config()).unwrap();
        let (mut before, mut after) = (suspects(), suspects());
        let offsets = Offsets::default();
        after.begin(&context, 2, LaterEpoch::Overtakes, &offsets).await.unwrap();
        let noted = before.begin(&context, 1, LaterEpoch::Overtakes, &offsets).await;
        assert!(matches!(noted, Err(BusError::Fenced(_))), "{noted:?}");
        let notes = bus.key_value("notes").unwrap();
        let record = async || {
            let entry = notes.get("writer").await.unwrap().unwrap();
            Note::read(&entry.value.unwrap()).unwrap().epoch
        };
        assert_eq!(record().await, 2);
        // The stream was created again, and epochs are counted from the beginning.
        before.begin(&context, 1, LaterEpoch::StreamRecreated, &offsets).await.unwrap();
        assert_eq!(record().await, 1);
    }
}
