//! The whole pipeline as it ships: the built binary with real files, real servers on loopback, and real
//! signals.
//!
//! Tests never wait for a fixed time. They wait for an event of `/api/v1/stream`, for a request at their own
//! server, for a line, or for the end of the process, each with a deadline.

mod added_delivery;
mod alert_reasons;
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
mod reread;
mod shown_commands;
mod shown_demo;
mod signed_in;
mod strangers;
mod stream;
mod systemd;
mod targets;
mod teasers;
mod terminal;
mod up;
mod verified;
mod watched_folder;
mod without_up;

use std::io::Write;
use std::time::Duration;

/// The longest that a test waits for one thing, far longer than needed on a quiet machine. A busy machine
/// starts processes and syncs files many times slower, and only a failing test waits this long.
const PATIENCE: Duration = Duration::from_mins(3);

/// The pause between two polls. Polling without a pause would take processor time from the polled program.
fn pause() {
    std::thread::park_timeout(Duration::from_millis(20));
}

/// Prints a line past the test harness, which would capture it.
fn say(line: std::fmt::Arguments<'_>) {
    writeln!(std::io::stderr(), "{line}").expect("standard error is open");
}
