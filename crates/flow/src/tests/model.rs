//! The protocol of the ordered writers as a small model: every interleaving of two writers over one log is tried.
//!
//! A lease only chooses who writes, so the model has none: each writer may take over at any time. Requests are carried out
//! later than they are sent, also after their sender was killed, and answers are lost. A writer knows only its answers.
//! The real loop is [`run_writer`](crate::run_writer).

use std::collections::{BTreeSet, VecDeque};

/// The inputs to decide on.
const INPUTS: u8 = 3;
/// How often the writers take over in all.
const EPOCHS: u8 = 3;
const WRITERS: usize = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Record {
    /// A writer took over. The number is that of the decisions before it, if its writer read it too early.
    Epoch(u8),
    /// The decision on an input; its position is in the record.
    Decision(u8),
}

/// A request to the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Request {
    record: Record,
    /// The number of records before it: of epochs for an epoch, of all for a decision.
    expected: u8,
}

/// The knowledge of a writer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Writer {
    Stopped,
    /// It has sent its epoch.
    TakingOver(Request),
    /// It extends the log behind this many records, with the decision on this input.
    Leads {
        behind: u8,
        next: u8,
    },
    /// It has sent a decision.
    Appending(Request),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    log: Vec<Record>,
    writers: [Writer; WRITERS],
    /// The requests on their way, with their senders while these wait for an answer.
    sent: BTreeSet<(Request, Option<usize>)>,
}

/// A rule of the protocol that a test leaves out, to see that the model misses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Without {
    Nothing,
    /// A decision is stored wherever the log ends.
    Chain,
    /// A writer reads how far the log decided before it takes over, not after.
    ReadingAfterTakeOver,
    /// A writer without an answer sends the decision again behind what is there.
    TakingOverAgain,
}

impl State {
    fn first() -> Self {
        Self { log: Vec::new(), writers: [Writer::Stopped; WRITERS], sent: BTreeSet::new() }
    }

    fn epochs(&self) -> u8 {
        self.count(|record| matches!(record, Record::Epoch(_)))
    }

    fn decisions(&self) -> u8 {
        self.count(|record| matches!(record, Record::Decision(_)))
    }

    fn count(&self, is_meant: impl Fn(&Record) -> bool) -> u8 {
        let count = self.log.iter().filter(|record| is_meant(record)).count();
        u8::try_from(count).expect("a short log")
    }

    fn len(&self) -> u8 {
        self.count(|_| true)
    }

    /// Each input is decided on once and in order.
    fn is_right(&self) -> bool {
        let decided = self.log.iter().filter_map(|record| match record {
            Record::Decision(input) => Some(*input),
            Record::Epoch(_) => None,
        });
        decided.eq(0..self.decisions())
    }

    /// All states that one step leads to.
    fn next(&self, without: Without) -> Vec<State> {
        let mut all = Vec::new();
        for at in 0..WRITERS {
            all.extend(self.steps_of(at, without));
        }
        for (request, sender) in &self.sent {
            all.extend(self.carried_out(*request, *sender, without));
        }
        all
    }

    fn with(&self, at: usize, writer: Writer) -> State {
        let mut next = self.clone();
        next.writers[at] = writer;
        next
    }

    /// The steps of one writer: it is killed, takes over, or sends a decision.
    fn steps_of(&self, at: usize, without: Without) -> Vec<State> {
        let sending = |request: Request, writer: Writer| {
            let mut next = self.with(at, writer);
            next.sent.insert((request, Some(at)));
            next
        };
        match self.writers[at] {
            Writer::Stopped if self.epochs() < EPOCHS => {
                let expected = self.epochs();
                let is_early = without == Without::ReadingAfterTakeOver;
                let decided = if is_early { self.decisions() } else { 0 };
                let request = Request { record: Record::Epoch(decided), expected };
                vec![sending(request, Writer::TakingOver(request))]
            }
            Writer::Stopped => Vec::new(),
            Writer::Leads { behind, next } if next < INPUTS => {
                let request = Request { record: Record::Decision(next), expected: behind };
                vec![sending(request, Writer::Appending(request)), self.killed(at)]
            }
            Writer::Appending(request) if without == Without::TakingOverAgain => {
                let again = Request { expected: self.len(), ..request };
                vec![sending(again, Writer::Appending(again)), self.killed(at)]
            }
            _ => vec![self.killed(at)],
        }
    }

    /// A writer is killed, or gives up waiting: its requests stay on their way.
    fn killed(&self, at: usize) -> State {
        let mut next = self.with(at, Writer::Stopped);
        let own = |(request, sender): (Request, Option<usize>)| {
            (request, sender.filter(|sender| *sender != at))
        };
        next.sent = self.sent.iter().copied().map(own).collect();
        next
    }

    /// The log carries out a request; its sender hears of it, or the answer is lost.
    fn carried_out(&self, request: Request, sender: Option<usize>, without: Without) -> Vec<State> {
        let mut after = self.clone();
        after.sent.remove(&(request, sender));
        let is_taken = match request.record {
            Record::Epoch(_) => self.epochs() == request.expected,
            Record::Decision(_) => self.len() == request.expected || without == Without::Chain,
        };
        if is_taken {
            after.log.push(request.record);
        }
        let Some(at) = sender else { return vec![after] };
        let next = match request.record {
            Record::Epoch(decided) if without == Without::ReadingAfterTakeOver => decided,
            Record::Epoch(_) => after.decisions(),
            Record::Decision(input) => input + 1,
        };
        let leads = Writer::Leads { behind: after.len(), next };
        let heard = after.with(at, if is_taken { leads } else { Writer::Stopped });
        let lost =
            if without == Without::TakingOverAgain { after.clone() } else { after.killed(at) };
        vec![heard, lost]
    }
}

/// Tries every interleaving. Returns the number of states, and whether all are right.
fn explore(without: Without) -> (usize, bool) {
    let mut seen = BTreeSet::from([State::first()]);
    let mut open = VecDeque::from([State::first()]);
    let mut ends = 0;
    while let Some(state) = open.pop_front() {
        if !state.is_right() {
            return (seen.len(), false);
        }
        ends += usize::from(state.decisions() == INPUTS);
        for next in state.next(without) {
            // A broken rule may let the log grow without end.
            if next.len() <= EPOCHS + INPUTS && seen.insert(next.clone()) {
                open.push_back(next);
            }
        }
    }
    assert!(ends > 0, "nothing is ever decided");
    (seen.len(), true)
}

#[test]
fn each_input_is_decided_on_once_and_in_order_in_every_interleaving() {
    let (states, is_right) = explore(Without::Nothing);
    assert!(is_right && states > 5_000, "{states} states");
}

#[test]
fn the_model_misses_each_rule_of_the_protocol() {
    for without in [Without::Chain, Without::ReadingAfterTakeOver, Without::TakingOverAgain] {
        assert!(!explore(without).1, "{without:?}");
    }
}

#[test]
fn a_writer_that_is_left_alone_finishes() {
    // Nobody is killed any more, and no answer is lost: a writer takes over and decides on all that is left.
    let mut seen = BTreeSet::from([State::first()]);
    let mut open = VecDeque::from([State::first()]);
    while let Some(state) = open.pop_front() {
        assert!(state.epochs() == EPOCHS || finishes(state.clone()), "{state:?}");
        let fresh = state.next(Without::Nothing).into_iter();
        open.extend(fresh.filter(|next| seen.insert(next.clone())));
    }
}

/// Whether one writer finishes once the others are gone and what they sent has arrived.
fn finishes(mut state: State) -> bool {
    for at in 0..WRITERS {
        state = state.killed(at);
    }
    while let Some((request, sender)) = state.sent.first().copied() {
        state = state.carried_out(request, sender, Without::Nothing).remove(0);
    }
    if state.epochs() == EPOCHS {
        return true;
    }
    while let Some(next) = state.steps_of(0, Without::Nothing).into_iter().next() {
        let (request, sender) = *next.sent.first().expect("a request");
        state = next.carried_out(request, sender, Without::Nothing).remove(0);
        if state.decisions() == INPUTS {
            return true;
        }
    }
    false
}
