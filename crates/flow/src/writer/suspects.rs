//! Which input ends the process, if one does. Nothing is blamed for one kill.
//!
//! Comes in: from where a writer goes on, and each input that it is about to try alone. Goes out: whether inputs are tried
//! alone, and which ones are set aside. It never knows what is decided.
//!
//! A writer notes in a table from where it goes on. If two processes have ended there and nothing was decided behind it,
//! the next one decides on one input at a time, and counts a strike for each in the table first. An input that has
//! ended the process three times in this way goes to the dead letters.

use std::fmt::Write as _;
use std::sync::Arc;

use bytes::Bytes;

use super::WriterConfig;
use super::inputs::Offsets;
use crate::bus::{Bus, KeyValue};
use crate::error::BusError;
use crate::loops::{Event, LOOK_AGAIN, StageContext};
use crate::message::Stored;
use crate::position::Position;
use crate::stage::MOST_STRIKES;

/// So many processes may end at one place before its inputs are tried alone.
const SUSPECT_AFTER: u32 = 2;
/// So many inputs are tried alone then, as many as may have been in hand; twice as many each time that a
/// process ends at the same place again, as inputs on which nothing is written do not move it.
const ALONE: u64 = 2_000;
const MOST_DOUBLINGS: u32 = 20;
/// More strikes than any input gets: it is in the dead letters, and is passed over.
const SET_ASIDE: u32 = MOST_STRIKES + 1;

/// What the note of a later epoch means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LaterEpoch {
    /// Its writer has overtaken this one.
    Leads,
    /// The stream with its epoch is gone, and epochs are counted anew.
    IsGone,
}

/// What a writer knows of inputs that may have ended it.
pub(super) struct Suspects {
    table: Option<Arc<dyn KeyValue>>,
    /// The writer's name, and the key of its note.
    name: String,
    /// As it stands, but for the strike of the input that is being tried.
    note: Note,
    revision: u64,
    /// What was written last, and then what was written and may stand, though nobody said so.
    written: Vec<Bytes>,
    has_begun: bool,
    /// Whether it was said that inputs are tried alone.
    has_told: bool,
    /// So many inputs are still tried alone.
    alone: u64,
}

/// What stands in the table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Note {
    /// The epoch of the writer that wrote it.
    epoch: u64,
    /// From where the writer went on.
    place: String,
    /// So many processes went on from there.
    lives: u32,
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

/// Whether an entry of the table of notes is what a writer writes there, for whoever checks tables.
#[must_use]
pub fn is_writers_note(value: &[u8]) -> bool {
    let is_input = |input: &str| {
        input.split_once('/').is_some_and(|(_, input)| Position::parse(input).is_some())
    };
    Note::read(value)
        .is_some_and(|note| note.place.is_empty() || note.place.split(' ').all(is_input))
}

impl Note {
    fn text(&self) -> Bytes {
        let mut text = format!("{}@{} {}", self.lives, self.epoch, self.place);
        for Struck { stream, input, strikes } in &self.struck {
            let _ = write!(text, "\n{strikes} {stream}/{input}");
        }
        text.into()
    }

    fn read(text: &[u8]) -> Option<Self> {
        let mut lines = std::str::from_utf8(text).ok()?.lines();
        let (first, place) = lines.next()?.split_once(' ')?;
        // Those before it had no epoch.
        let (lives, epoch) = first.split_once('@').unwrap_or((first, "0"));
        let (lives, epoch) = (lives.parse().ok()?, epoch.parse().ok()?);
        let struck = lines.map(|line| {
            let (strikes, input) = line.split_once(' ')?;
            let (stream, input) = input.split_once('/')?;
            let (stream, input) = (stream.to_owned(), Position::parse(input)?);
            Some(Struck { stream, input, strikes: strikes.parse().ok()? })
        });
        let struck = struck.collect::<Option<_>>()?;
        Some(Self { epoch, place: place.to_owned(), lives, struck })
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
            has_told: false,
            alone: 0,
        })
    }

    /// Notes that the writer goes on from here. What may pass is an error, and so is
    /// [`BusError::Fenced`]: a later epoch has noted its place, unless `later` ones count as gone.
    pub(super) async fn begin(
        &mut self,
        context: &StageContext,
        epoch: u64,
        later: LaterEpoch,
        offsets: &Offsets,
    ) -> Result<(), BusError> {
        let begun = loop {
            match self.write_note(epoch, later, offsets).await {
                Err(BusError::Refused { .. }) => context.wait(LOOK_AGAIN).await,
                begun => break begun,
            }
        };
        self.or_go_on_without(context, begun)?;
        let more = self.note.lives.saturating_sub(SUSPECT_AFTER);
        let doublings = more.saturating_sub(1).min(MOST_DOUBLINGS);
        let alone = if more > 0 { ALONE << doublings } else { 0 };
        // In one process those that were to be tried alone still are.
        self.alone = self.alone.max(alone);
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
        // What this process struck has not ended it.
        let is_own = self.written.contains(&value);
        let noted = if is_own { self.note.clone() } else { Note::read(&value).unwrap_or_default() };
        if noted.epoch > epoch && later == LaterEpoch::Leads {
            return Err(BusError::Fenced(self.name.clone()));
        }
        let mut note = Note { epoch, place: offsets.inputs(), ..noted.clone() };
        note.struck.retain(|struck| !struck.is_passed(offsets));
        if note.place != noted.place {
            note.lives = 1;
        } else if !self.has_begun && !is_own {
            note.lives += 1;
        }
        self.revision = revision;
        self.note = note.clone();
        self.write(note).await?;
        self.has_begun = true;
        Ok(())
    }

    /// Whether each input is tried alone now.
    pub(super) fn are_tried_alone(&self) -> bool {
        let is_suspect = |struck: &Struck| struck.strikes < SET_ASIDE;
        self.table.is_some() && (self.alone > 0 || self.note.struck.iter().any(is_suspect))
    }

    /// The inputs that are in the dead letters: stream, sequence, id.
    pub(super) fn set_aside(&self) -> impl Iterator<Item = (String, u64, String)> {
        let are = self.note.struck.iter().filter(|struck| struck.strikes >= SET_ASIDE);
        are.map(|Struck { stream, input, .. }| (stream.clone(), input.sequence, input.id.clone()))
    }

    /// Whether it has ended the process as often as it may.
    pub(super) fn is_over(&self, input: &Stored) -> bool {
        self.note.strikes(input) >= MOST_STRIKES
    }

    /// Strikes an input that is tried next.
    pub(super) async fn strike(
        &mut self,
        context: &StageContext,
        input: &Stored,
    ) -> Result<(), BusError> {
        let strikes = self.note.strikes(input) + 1;
        // One line for all that are tried alone for the first time.
        if strikes > 1 || !self.has_told {
            self.has_told = true;
            context.observer.observe(&self.name, Event::Struck { id: &input.id, strikes });
        }
        let struck = self.note.with_strikes(input, strikes);
        let before = std::mem::take(&mut self.note);
        let written = self.write(struck).await;
        self.note = before;
        self.or_go_on_without(context, written)
    }

    /// It was decided on, and what was decided stands: that takes its strikes away.
    pub(super) fn answered(&mut self, input: &Stored, offsets: &Offsets) {
        self.alone = self.alone.saturating_sub(1);
        let mut note = self.note.without(input);
        // One that is not there any more is not waited for.
        note.struck.retain(|struck| struck.strikes >= SET_ASIDE || !struck.is_passed(offsets));
        self.note = note;
    }

    /// Writes that the inputs that were tried have an answer.
    pub(super) async fn write_answered(&mut self, context: &StageContext) -> Result<(), BusError> {
        let written = match self.written == [self.note.text()] {
            true => Ok(()),
            false => self.write(self.note.clone()).await,
        };
        self.or_go_on_without(context, written)
    }

    /// It is in the dead letters now.
    pub(super) async fn note_set_aside(
        &mut self,
        context: &StageContext,
        input: &Stored,
    ) -> Result<(), BusError> {
        let written = self.write(self.note.with_strikes(input, SET_ASIDE)).await;
        self.or_go_on_without(context, written)
    }

    /// Nothing waits that could end the process, so this one has not ended here.
    pub(super) async fn note_survival(&mut self, context: &StageContext) {
        if self.table.is_none() || self.note.lives == 0 {
            return;
        }
        self.alone = 0;
        if let Err(error) = self.write(Note { lives: 0, ..self.note.clone() }).await {
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

    /// Where there can be no table, as for a user without the right, that is said and the work goes on.
    fn or_go_on_without(
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
    fn a_note_comes_back() {
        let input = Position { sequence: 7, at: UnixMillis(1_700), id: "a b\n".to_owned() };
        let one = Struck { stream: "IN".to_owned(), input, strikes: 2 };
        let place = "IN/6/1699/a-1 CONTROL/2/1/c".to_owned();
        for struck in [Vec::new(), vec![one.clone(), one]] {
            let note = Note { epoch: 8, place: place.clone(), lives: 3, struck };
            assert_eq!(Note::read(&note.text()), Some(note));
        }
        let before = Note { place: "IN/6/1/a".to_owned(), lives: 2, ..Note::default() };
        assert_eq!(Note::read(b"2 IN/6/1/a"), Some(before), "without an epoch");
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
        let place = Offsets::default();
        after.begin(&context, 2, LaterEpoch::Leads, &place).await.unwrap();
        let noted = before.begin(&context, 1, LaterEpoch::Leads, &place).await;
        assert!(matches!(noted, Err(BusError::Fenced(_))), "{noted:?}");
        let notes = bus.key_value("notes").unwrap();
        let stands = async || {
            let entry = notes.get("writer").await.unwrap().unwrap();
            Note::read(&entry.value.unwrap()).unwrap().epoch
        };
        assert_eq!(stands().await, 2);
        // The stream was made anew, and epochs are counted from the first.
        before.begin(&context, 1, LaterEpoch::IsGone, &place).await.unwrap();
        assert_eq!(stands().await, 1);
    }
}
