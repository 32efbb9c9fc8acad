//! A process to be killed: this test binary again, controlled by environment variables.

use std::io::{BufRead, BufReader, Lines, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use wirefold_flow::sim::VirtualClock;
use wirefold_flow::{Bus, Outgoing, Published, StreamConfig};

use super::noise;

const TOLD: &str = "WIREFOLD_BUS_CHILD";
/// A child ends after this many messages, if nothing kills it.
const MOST: u64 = 20_000;

/// A child that publishes, handles and chains endlessly on the bus in a folder.
pub(super) struct Victim {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Victim {
    /// Starts a child. Its clock is a minute further on in each round.
    pub(super) fn start(folder: &Path, round: u64) -> Self {
        Self::running("tests::child::child_process", folder, round)
    }

    /// Starts a child that runs this test.
    pub(super) fn running(test: &str, folder: &Path, round: u64) -> Self {
        let told = format!("{round}:{}", folder.to_str().unwrap());
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(TOLD, told)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Waits until it has reported this many acknowledgements, kills it, and returns its reports until then.
    pub(super) fn kill_after(mut self, count: usize) -> Vec<String> {
        let said = |line: std::io::Result<String>| {
            line.unwrap().split_once('@').map(|(_, said)| said.to_owned())
        };
        let mut all: Vec<String> = self.lines.by_ref().filter_map(said).take(count).collect();
        // SIGKILL: the process cannot react.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        all.extend(self.lines.filter_map(said));
        assert!(all.len() >= count, "the child ended by itself");
        all
    }
}

/// The clock of a round.
pub(super) fn clock(round: u64) -> Arc<VirtualClock> {
    let clock = VirtualClock::default();
    clock.advance(Duration::from_mins(round));
    Arc::new(clock)
}

/// The position of the worker: the last sequence that it has handled.
pub(super) async fn position(bus: &dyn Bus) -> u64 {
    let entry = bus.key_value("positions").unwrap().get("worker").await.unwrap();
    let value = entry.and_then(|entry| entry.value).unwrap_or_default();
    String::from_utf8_lossy(&value).parse().unwrap_or(0)
}

/// Reports an acknowledgement. The report stays in the pipe when this process is killed.
pub(super) fn say(what: char, id: &str) {
    let line = format!("@{what} {id}\n");
    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
}

#[expect(clippy::disallowed_methods, reason = "how a test tells its child what to do")]
pub(super) fn told() -> Option<(u64, String)> {
    let told = std::env::var(TOLD).ok()?;
    let (round, folder) = told.split_once(':').unwrap();
    Some((round.parse().unwrap(), folder.to_owned()))
}

#[test]
fn child_process() {
    let Some((round, folder)) = told() else {
        return;
    };
    let bus = crate::open(folder.as_ref(), clock(round)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        for (name, subjects) in [
            ("CHILD_WORK", "child.work.>"),
            ("CHILD_OUT", "child.out.>"),
            ("CHILD_CHAIN", "child.chain.>"),
        ] {
            let window = Duration::from_hours(24);
            let stream = StreamConfig { window, ..StreamConfig::new(name, &[subjects]) };
            bus.create_stream(stream).await.unwrap();
        }
        for lane in 0..4 {
            tokio::spawn(publish(bus.clone(), round, lane));
        }
        tokio::spawn(work(bus.clone()));
        chain(&*bus, round).await;
    });
}

async fn publish(bus: Arc<dyn Bus>, round: u64, lane: u64) {
    for number in 0..MOST {
        let id = format!("p{round}-{lane}-{number}");
        let message = Outgoing::new(format!("child.work.l{lane}"), id.clone(), noise(3_000));
        let first = bus.publish(message.clone()).await.unwrap();
        say('P', &id);
        if number % 5 == 0 {
            let again = bus.publish(message).await.unwrap();
            assert_eq!(again, Published::Duplicate(first.sequence()));
        }
    }
}

async fn work(bus: Arc<dyn Bus>) {
    let from = position(&*bus).await + 1;
    let mut reader = bus.read("CHILD_WORK", ">", from).await.unwrap();
    let positions = bus.key_value("positions").unwrap();
    loop {
        for message in reader.next(8).await.unwrap() {
            bus.publish(Outgoing::new("child.out.one", message.id.clone(), "")).await.unwrap();
            positions.put("worker", message.sequence.to_string().into()).await.unwrap();
            bus.mark_read("CHILD_WORK", "worker", message.sequence).await.unwrap();
            say('A', &message.id);
        }
    }
}

async fn chain(bus: &dyn Bus, round: u64) {
    let last = bus.last("CHILD_CHAIN", "child.chain.epoch").await.unwrap();
    let record = Outgoing::new("child.chain.epoch", format!("e{round}"), "");
    let expected = last.map_or(0, |last| last.sequence);
    let mut end = bus.publish_if_last(record, expected).await.unwrap().sequence();
    for number in 0..MOST {
        let ids = [0, 1, 2].map(|part| format!("c{round}-{}", number * 3 + part));
        let messages = ids.iter().map(|id| Outgoing::new("child.chain.one", id.as_str(), ""));
        end = bus.append("CHILD_CHAIN", end, messages.collect()).await.unwrap();
        ids.iter().for_each(|id| say('C', id));
    }
}
