//! A run without a fault, with which the others are compared.

use std::path::Path;

use super::examine::{Control, Output};
use super::home::prepare;
use super::pusher::{ARTICLES, articles, wait_for_quiet};
use super::shim::{Setting, Shim};
use crate::commands::faults::receiver::Receiver;
use crate::running::{Running, command};

/// The output and the alerts for the same articles without a fault.
pub(super) fn undisturbed(program: &Path, seed: u64) -> anyhow::Result<Control> {
    undisturbed_but(program, seed, None)
}

/// The same, but the machine sleeps for this many seconds after this many articles, once all their effects
/// have happened.
pub(super) fn undisturbed_but(
    program: &Path,
    seed: u64,
    sleep: Option<(usize, &Shim, i64)>,
) -> anyhow::Result<Control> {
    let folder = tempfile::tempdir()?;
    let mut receiver = Receiver::open();
    prepare(folder.path(), &receiver)?;
    let mut up = command(program, folder.path());
    up.envs(sleep.into_iter().flat_map(|(_, shim, _)| shim.environment()));
    let mut running = Running::start_as(up)?;
    for (number, article) in articles(seed).iter().enumerate() {
        if let Some((_, shim, seconds)) = sleep.filter(|(before, ..)| *before == number) {
            wait_for_quiet(&mut running, &mut receiver, number);
            shim.set(Setting::Slept, seconds)?;
        }
        running.post("/api/v1/articles", article)?;
    }
    wait_for_quiet(&mut running, &mut receiver, ARTICLES);
    running.terminate();
    receiver.receive();
    let output = Output::of(&folder.path().join("data"))?;
    Ok(Control { output, alerts: receiver.alerts() })
}
