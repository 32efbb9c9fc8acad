//! Finds the input that kills the process, if there is one. No input is blamed for a single kill.
//!
//! The record of a take-over has a note of how many processes have started since the last decision. If two of them
//! have died, the next one decides on one input at a time, and first writes its take-over again with a strike for that
//! input. An input that has killed the process three times in this way goes to the dead letters.
//!
//! The note is in the chain of the writer: one that was overtaken can note nothing more.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::inputs::Offsets;
use super::{TRIES, epoch_of};
use crate::dead::{Cause, Reason};
use crate::message::Stored;
use crate::position::Position;

/// An input goes to the dead letters after this many strikes.
const MAX_STRIKES: u32 = 3;
/// If more processes than this have started since the last decision, inputs are tried alone.
const SUSPECT_AFTER: u32 = 2;
/// How many inputs are tried alone: as many as may have been in hand. The number doubles each time that
/// another process dies before a decision, because inputs without a decision do not move the offsets.
const TRIED_ALONE: u64 = 2_000;
const MOST_DOUBLINGS: u32 = 20;
/// The number of strikes that marks an input as dead-lettered. The writer skips it.
const SET_ASIDE: u32 = MAX_STRIKES + 1;

/// Why an input that kills the process goes to the dead letters.
pub(super) fn killed_process_reason() -> Reason {
    let text = format!("ended the process {MAX_STRIKES} times while it was tried alone");
    Reason { cause: Cause::MaxDeliver, text }
}

/// The inputs that may have killed a writer's process.
#[derive(Default)]
pub(super) struct Suspects {
    /// Without the strike of the input that is being tried.
    note: Note,
    /// The note that was written last.
    written: String,
    /// The epochs of this process. The inputs that it struck then have not killed it.
    own_epochs: BTreeSet<u64>,
    /// Whether the start of this process is counted.
    is_counted: bool,
    /// Whether an event has reported that inputs are tried alone.
    has_reported: bool,
    /// How many more inputs are tried alone.
    alone_left: u64,
}

/// The note in the record of a take-over about the processes before it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Note {
    /// How many processes have started since the last decision.
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
    fn text(&self) -> String {
        let mut text = self.starts.to_string();
        for Struck { stream, input, strikes } in &self.struck {
            let _ = write!(text, " {strikes}:{stream}/{input}");
        }
        text
    }

    fn read(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let starts = words.next()?.parse().ok()?;
        let struck = words.map(|word| {
            let (strikes, input) = word.split_once(':')?;
            let (stream, input) = input.split_once('/')?;
            let (stream, input) = (stream.to_owned(), Position::parse(input)?);
            Some(Struck { stream, input, strikes: strikes.parse().ok()? })
        });
        Some(Self { starts, struck: struck.collect::<Option<_>>()? })
    }

    fn strikes(&self, input: &Stored) -> u32 {
        self.struck.iter().find(|struck| struck.is(input)).map_or(0, |struck| struck.strikes)
    }

    fn set_strikes(&mut self, input: &Stored, strikes: u32) {
        self.struck.retain(|struck| !struck.is(input));
        let (stream, input) = (input.stream.clone(), Position::from(input));
        self.struck.push(Struck { stream, input, strikes });
    }
}

impl Suspects {
    /// The note for the take-over of an epoch, after the record of the one before. `has_decided`: there is a decision
    /// since that record.
    pub(super) fn begin(
        &mut self,
        epoch: u64,
        before: Option<&Stored>,
        has_decided: bool,
    ) -> String {
        let is_own = before.is_some_and(|record| self.own_epochs.contains(&epoch_of(record)));
        if !is_own {
            let noted = before.and_then(|record| Note::read(record.headers.get(TRIES)?));
            self.note = noted.unwrap_or_default();
        }
        // This start is the first since a decision. Another one is counted once the state is loaded.
        if has_decided || before.is_none() {
            self.note.starts = 1;
            self.is_counted = true;
        }
        self.own_epochs.insert(epoch);
        self.written = self.note.text();
        self.written.clone()
    }

    /// The state is loaded, and the inputs are read from these offsets on. A kill before this counts against no input.
    pub(super) fn begun(&mut self, offsets: &Offsets) {
        if !std::mem::replace(&mut self.is_counted, true) {
            self.note.starts += 1;
        }
        self.note.struck.retain(|struck| !struck.is_passed(offsets));
        let more = self.note.starts.saturating_sub(SUSPECT_AFTER);
        let doublings = more.saturating_sub(1).min(MOST_DOUBLINGS);
        let alone_left = if more > 0 { TRIED_ALONE << doublings } else { 0 };
        // Inputs that this process was to try alone are still tried alone.
        self.alone_left = self.alone_left.max(alone_left);
    }

    /// Whether inputs are tried alone now.
    pub(super) fn tries_alone(&self) -> bool {
        let is_suspect = |struck: &Struck| struck.strikes < SET_ASIDE;
        self.alone_left > 0 || self.note.struck.iter().any(is_suspect)
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

    /// The strikes of the input that is tried next, and the note with them.
    pub(super) fn strike(&mut self, input: &Stored) -> (u32, String) {
        let strikes = self.note.strikes(input) + 1;
        let mut struck = self.note.clone();
        struck.set_strikes(input, strikes);
        self.written = struck.text();
        (strikes, self.written.clone())
    }

    /// Whether to report these strikes: one event stands for all inputs that are tried alone for the first time.
    pub(super) fn must_report(&mut self, strikes: u32) -> bool {
        let is_first = !std::mem::replace(&mut self.has_reported, true);
        strikes > 1 || is_first
    }

    /// Removes the strikes of an input that did not kill the process. `has_decided`: a decision on it is stored.
    pub(super) fn answered(&mut self, input: &Stored, offsets: &Offsets, has_decided: bool) {
        self.alone_left = self.alone_left.saturating_sub(1);
        if has_decided {
            self.note.starts = 0;
        }
        // A struck input that is no longer in the stream never comes.
        self.note.struck.retain(|struck| {
            !struck.is(input) && (struck.strikes >= SET_ASIDE || !struck.is_passed(offsets))
        });
    }

    /// Marks an input that is in the dead letters.
    pub(super) fn mark_set_aside(&mut self, input: &Stored) {
        self.note.set_strikes(input, SET_ASIDE);
    }

    /// Notes that this process survived: every input that could have killed it is decided on.
    pub(super) fn survive(&mut self) {
        self.alone_left = 0;
        if self.note.starts >= SUSPECT_AFTER {
            self.note.starts = 0;
        }
    }

    /// The note, if it is not written as it is now.
    pub(super) fn unwritten(&mut self) -> Option<String> {
        let text = self.note.text();
        (text != self.written).then(|| {
            self.written.clone_from(&text);
            text
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::UnixMillis;

    #[test]
    fn a_note_survives_its_text_form() {
        let input = Position { sequence: 7, at: UnixMillis(1_700), id: "a b:\n".to_owned() };
        let one = Struck { stream: "IN".to_owned(), input, strikes: 2 };
        for struck in [Vec::new(), vec![one.clone(), one]] {
            let note = Note { starts: 3, struck };
            assert_eq!(Note::read(&note.text()), Some(note));
        }
        assert_eq!(Note::read(""), None);
        assert_eq!(Note::read("2 IN/6/1/a"), None, "without strikes");
    }
}
