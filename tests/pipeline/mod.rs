//! The whole pipeline as it ships: the built binary with real files, real servers on loopback, and
//! real signals.
//!
//! Nothing is waited for by the clock: a test waits for an event of `/api/v1/stream`, for a request
//! at its own server, for a line or for the end of the process, each with a deadline.

mod asked_why;
mod backed_up;
mod bad_feeds;
mod bad_start;
mod drained;
mod examples;
mod five_statements;
pub(super) mod forgotten;
mod full_disk;
mod generated;
mod gone_target;
mod kept;
mod killed;
mod loopback;
#[path = "../nats/mod.rs"]
mod nats;
mod numbers;
mod one_method;
mod page_chrome;
mod pushed;
mod regroup;
mod replayed;
mod signed_in;
mod strangers;
mod stream;
mod systemd;
mod targets;
mod teasers;
mod terminal;
mod up;
#[path = "../kept/mod.rs"]
mod upgrade;
mod verified;
mod watched_folder;
mod without_up;

use std::io::Write;
use std::time::Duration;

/// The longest that a test waits for one thing. Far beyond what it takes on a quiet machine: a busy
/// one starts processes and syncs files many times slower, and only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_mins(3);

/// Goes by between two questions that nobody answers by himself: who asks without a pause takes the
/// machine from those whom he waits for.
fn pause() {
    std::thread::park_timeout(Duration::from_millis(20));
}

/// Says something past the test harness, which would swallow it.
fn say(line: std::fmt::Arguments<'_>) {
    writeln!(std::io::stderr(), "{line}").expect("standard error is open");
}
