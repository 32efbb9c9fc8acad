//! SIGTERM: work in progress is finished within ten seconds, and a second signal ends the process at once.

use std::time::Duration;

use rustix::process::Signal;

use super::generated::{GeneratedArticle, Numbers, articles};
use super::kept::StoredStreams;
use super::loopback::{Answer, Loopback};
use super::say;
use super::targets::delivery;
use super::up::{CONFIG, Up};
use crate::program::Folder;

/// How long a drain may take, with the delay of a busy machine until it notices the end of a process.
const GRACE: Duration = Duration::from_secs(10);
const SLACK: Duration = Duration::from_secs(10);
/// The log line of a drain that took all its time.
const CUT_SHORT: &str = "some messages were not finished in time";

/// A folder under load whose alerts are sent to this address.
fn loaded(url: &str) -> Folder {
    let config = format!(
        "data = \"data\"\n[fetcher]\nallow_private = [\"127.0.0.0/8\"]\n\
         [[source]]\npath = \"articles.jsonl\"\n\
         [[subscription]]\nname = \"All\"\nquery = \"*\"\ndeliveries = [\"desk\"]\n\
         group_wait = \"0s\"\nupdate_interval = \"0s\"\n{}",
        delivery("desk", url)
    );
    let made = articles(1500, &mut Numbers::from_seed(7));
    let lines: String = made.iter().map(GeneratedArticle::line).collect();
    Folder::with(&[(CONFIG, config.as_bytes()), ("articles.jsonl", lines.as_bytes())])
}

#[test]
fn a_drain_under_load_ends_in_time_and_loses_nothing() {
    let server = Loopback::answering(|_| Answer::status(204));
    let folder = loaded(&server.url("/hook"));
    let up = Up::start(&folder);
    up.events(0).articles(100);
    let ended = up.terminate();
    say(format_args!("  drained under load in {:?}", ended.took));
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    assert!(ended.took <= GRACE + SLACK, "{:?}\n{}", ended.took, ended.said);
    let kept = StoredStreams::in_folder(&folder.path().join("data"));
    let decided = kept.output.iter().filter(|it| !it.subject.ends_with(".epoch")).count();
    assert!(decided >= kept.articles().len() && kept.dead.is_empty());
    // It continues from its position.
    let again = Up::start(&folder);
    let rest = 1500 - kept.articles().len();
    again.events(kept.output.last().unwrap().sequence).articles(rest.min(200));
    assert_eq!(again.terminate().code, Some(0));
}

#[test]
fn a_target_that_hangs_holds_a_drain_up_no_longer_than_its_grace() {
    let server = Loopback::answering(|_| Answer::Hang);
    let folder = loaded(&server.url("/hook"));
    let up = Up::start(&folder);
    server.asked.recv_timeout(super::PATIENCE).expect("it is asked");
    let ended = up.terminate();
    say(format_args!("  drained with a target that hangs in {:?}", ended.took));
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    assert!(ended.took <= GRACE + SLACK, "{:?}\n{}", ended.took, ended.said);
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let server = Loopback::answering(|_| Answer::Hang);
    let folder = loaded(&server.url("/hook"));
    let up = Up::start(&folder);
    server.asked.recv_timeout(super::PATIENCE).expect("it is asked");
    up.signal(Signal::TERM);
    up.line_with("draining");
    let ended = up.terminate();
    say(format_args!("  ended by a second signal in {:?}", ended.took));
    assert!(!ended.said.contains(CUT_SHORT), "{:?}\n{}", ended.took, ended.said);
    assert_eq!(ended.code, Some(0), "{}", ended.said);
}
