//! What happens in a run, by its seed.

use crate::pipeline::generated::Numbers;

/// One thing that happens, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) act: Act,
    /// It happens as soon as so many messages stand in this stream.
    pub(super) stream: Watched,
    pub(super) count: usize,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    /// `kill -9` for a process of the supervisor's.
    Kill(&'static str),
    /// `kill -9` for the one of this stage that runs beside it.
    KillBeside(&'static str),
    /// A detector is stopped until the other has taken over.
    Zombie,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Watched {
    Fetched,
    Judged,
    Output,
}

/// Each run has all of them, in an order of its own.
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

/// One step a file of articles, somewhere within it.
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
