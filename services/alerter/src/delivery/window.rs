//! The revisions that a delivery has read and not finished, and which of them it may send now.
//!
//! Comes in: messages of `WF_ALERTS` in their order, and the result of each attempt. Goes out: the next revisions to
//! send, and the position up to which all are finished. It never sends.
//!
//! Revisions about one story or event are sent in the order of the stream, because the message of one may tell
//! others. Only one that waits for its target lets later ones pass.

use std::collections::{BTreeMap, BTreeSet};

use wirefold_flow::{Position, Stored, UnixMillis};

/// How many revisions may be unfinished before no more are read. The limit is high, so that a target that was down
/// for days gets new alerts as soon as it works.
const MAX_UNFINISHED: usize = 10_000;

/// How many revisions are read ahead of those that wait for their target.
const READ_AHEAD: usize = 32;

/// The unfinished revisions by sequence.
pub(super) struct Window {
    unfinished: BTreeMap<u64, Unfinished>,
    /// The last message read.
    read: Position,
}

struct Unfinished {
    subject: String,
    /// The message before it.
    before: Position,
    /// The message itself, until it is first tried.
    message: Option<Stored>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    UnderWay,
    /// It is the next about its story or event from this time on, and later ones wait for it.
    Next(UnixMillis),
    Waits(Wait),
}

/// A revision that lets later ones pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wait {
    pub(super) until: UnixMillis,
    /// Whether it waits for the message of another alert, which tells it.
    pub(super) is_told_by_other: bool,
}

/// A revision that is sent now.
pub(super) struct Turn {
    pub(super) sequence: u64,
    /// The message; `None` if it must be read again.
    pub(super) message: Option<Stored>,
    /// The earlier revisions about its story or event that wait.
    pub(super) earlier: Vec<Earlier>,
}

/// The subject of a revision that waits, and for what.
pub(super) type Earlier = (String, Wait);

impl Window {
    /// Nothing is unfinished up to and including a position.
    pub(super) fn after(read: Position) -> Self {
        Self { unfinished: BTreeMap::new(), read }
    }

    /// The position of the last message before the first unfinished one.
    pub(super) fn position(&self) -> &Position {
        self.unfinished.values().next().map_or(&self.read, |first| &first.before)
    }

    /// How many more messages may be read.
    pub(super) fn free(&self) -> usize {
        let ahead =
            self.unfinished.values().filter(|it| !matches!(it.state, State::Waits(_))).count();
        let free = MAX_UNFINISHED.saturating_sub(self.unfinished.len());
        READ_AHEAD.saturating_sub(ahead).min(free)
    }

    /// Adds messages that were read.
    pub(super) fn add(&mut self, messages: Vec<Stored>) {
        for message in messages {
            let read = Position::from(&message);
            let unfinished = Unfinished {
                subject: message.subject.clone(),
                before: std::mem::replace(&mut self.read, read),
                state: State::Next(UnixMillis(0)),
                message: Some(message),
            };
            self.unfinished.insert(self.read.sequence, unfinished);
        }
    }

    /// The revisions to send now, at most `most`. They are under way then.
    pub(super) fn start(&mut self, most: usize, now: UnixMillis) -> Vec<Turn> {
        let is_under_way = |it: &&Unfinished| it.state == State::UnderWay;
        let under_way = self.unfinished.values().filter(is_under_way);
        let mut busy: BTreeSet<&str> = under_way.map(|it| target_of(&it.subject)).collect();
        let mut chosen = Vec::new();
        for (sequence, it) in &self.unfinished {
            let target = target_of(&it.subject);
            let is_due = match it.state {
                _ if chosen.len() == most || busy.contains(target) => continue,
                State::UnderWay => continue,
                State::Waits(wait) if wait.until > now => continue,
                State::Next(due) => due <= now,
                State::Waits(_) => true,
            };
            busy.insert(target);
            chosen.extend(is_due.then_some(*sequence));
        }
        chosen.into_iter().filter_map(|sequence| self.turn(sequence)).collect()
    }

    fn turn(&mut self, sequence: u64) -> Option<Turn> {
        let target = target_of(&self.unfinished.get(&sequence)?.subject).to_owned();
        let waiting = self.unfinished.range(..sequence).filter_map(|(_, it)| match it.state {
            State::Waits(wait) if target_of(&it.subject) == target => {
                Some((it.subject.clone(), wait))
            }
            _ => None,
        });
        let earlier = waiting.collect();
        let it = self.unfinished.get_mut(&sequence)?;
        it.state = State::UnderWay;
        Some(Turn { sequence, message: it.message.take(), earlier })
    }

    /// When the next revision will be due. Those that are due wait for one that is under way.
    pub(super) fn next_due(&self, now: UnixMillis) -> Option<UnixMillis> {
        let due = self.unfinished.values().filter_map(|it| match it.state {
            State::UnderWay => None,
            State::Next(due) => Some(due),
            State::Waits(wait) => Some(wait.until),
        });
        due.filter(|due| *due > now).min()
    }

    /// Notes that a revision needs no more attempts.
    pub(super) fn finish(&mut self, sequence: u64) {
        self.unfinished.remove(&sequence);
    }

    /// Notes that a revision waits, and lets later ones pass.
    pub(super) fn wait(&mut self, sequence: u64, wait: Wait) {
        self.set(sequence, State::Waits(wait));
    }

    /// Notes that the bus failed for a revision. Later ones wait for it.
    pub(super) fn retry(&mut self, sequence: u64, due: UnixMillis) {
        self.set(sequence, State::Next(due));
    }

    /// Lets no revision wait for its target any longer.
    pub(super) fn wake_all(&mut self) {
        for it in self.unfinished.values_mut() {
            if let State::Waits(wait) = &mut it.state {
                wait.until = UnixMillis(0);
            }
        }
    }

    fn set(&mut self, sequence: u64, state: State) {
        if let Some(it) = self.unfinished.get_mut(&sequence) {
            it.state = state;
        }
    }
}

/// The story or event in the subject of a revision: `wirefold.v1.alert.<subscription>.<target>.<revision>`.
fn target_of(subject: &str) -> &str {
    subject.rsplit('.').nth(1).unwrap_or(subject)
}
