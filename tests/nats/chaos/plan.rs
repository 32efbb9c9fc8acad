//! The steps of a run, by its seed.

use crate::pipeline::generated::Numbers;

/// An action and its moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) act: Act,
    /// It happens once this stream has this many messages.
    pub(super) stream: Watched,
    pub(super) count: usize,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    /// `kill -9` for a process of the supervisor.
    Kill(&'static str),
    /// `kill -9` for the process of this stage beside the supervisor.
    KillBeside(&'static str),
    /// A detector is suspended until the other has taken over.
    Zombie,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Watched {
    Fetched,
    Judged,
    Output,
}

/// Each run has all of them, in a random order.
const ACTS: [Act; 11] = [
    Act::Kill("detector"),
    Act::Kill("enricher"),
    Act::Kill("alerter"),
    Act::Kill("gateway"),
    Act::Kill("fetcher"),
    Act::Kill("nats-server"),
    Act::Kill("nats-server"),
    Act::KillBeside("detector"),
    Act::KillBeside("enricher"),
    Act::Zombie,
    Act::Zombie,
];

/// One step for each file of articles, at a random moment.
pub(super) fn plan(file: usize, numbers: &mut Numbers) -> Vec<Step> {
    let mut acts = ACTS;
    for place in (1..acts.len()).rev() {
        acts.swap(place, numbers.below(place + 1));
    }
    let mut step = |(nth, act): (usize, Act)| {
        let stream = match numbers.below(3) {
            0 => Watched::Fetched,
            1 => Watched::Judged,
            _ => Watched::Output,
        };
        Step { act, stream, count: nth * file + 1 + numbers.below(file) }
    };
    acts.into_iter().enumerate().map(&mut step).collect()
}
