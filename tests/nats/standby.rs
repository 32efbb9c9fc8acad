//! Two detectors: one leads, the other stands by, and takes over when the leader is killed.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use wirefold_proto::streams::{ALERTS, OUTPUT, OUTPUT_DECISIONS};

use super::kills::wait_for_messages;
use super::over::NatsPipeline;
use crate::pipeline::generated::{Numbers, articles};
use crate::pipeline::killed::{
    LAST, check_alerts, check_conserved, check_same_output, drop_file, folder_of_drops,
    undisturbed, wait_for_last,
};
use crate::pipeline::targets::Target;
use crate::pipeline::up::now;
use crate::pipeline::{PATIENCE, pause, say};
use crate::program::Folder;

const SEED: u64 = 20_261_125;
/// The number of times that a leader is killed.
const KILLS: usize = 6;
const FILE: usize = 30;
/// The subject of the records that name the writer.
const EPOCHS: &str = "wirefold.v1.output.epoch";
const RUNNING: &str = "health and metrics on http://";
const STANDS_BY: &str = "standing by: another leads";
const LEADS: &str = "this process now leads";

/// A stage beside the supervised one. It is killed with the test.
pub(super) struct ExtraStage {
    child: Child,
    operations: String,
    lines: Receiver<String>,
    /// Log lines that were read while waiting for others.
    passed_over: Vec<String>,
}

impl Drop for ExtraStage {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl ExtraStage {
    pub(super) fn start(stage: &str, over: &NatsPipeline, folder: &Folder) -> ExtraStage {
        let arguments = ["run", stage, "--nats", &over.url, "--operations", "127.0.0.1:0"];
        let mut command = folder.command(&arguments);
        over.let_in(&mut command);
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the binary is built");
        let said = BufReader::new(child.stderr.take().expect("it is piped"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            said.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        let mut beside =
            ExtraStage { child, operations: String::new(), lines, passed_over: Vec::new() };
        let running = beside.until(RUNNING);
        let (_, address) = running.split_once(RUNNING).expect("it was waited for");
        beside.operations = address.trim().to_owned();
        beside
    }

    /// Waits for a log line. It may have come before an earlier awaited one, because the loop of a stage and
    /// its process log in no order.
    #[track_caller]
    fn until(&mut self, wanted: &str) -> String {
        if let Some(nth) = self.passed_over.iter().position(|line| line.contains(wanted)) {
            return self.passed_over.remove(nth);
        }
        let deadline = now().plus(PATIENCE);
        while let Ok(line) = self.lines.recv_timeout(deadline.since(now())) {
            if line.contains(wanted) {
                return line;
            }
            self.passed_over.push(line);
        }
        panic!("it does not say {wanted:?}\n{}", self.passed_over.join("\n"));
    }

    /// Waits until its readiness has these words: its log may be a moment ahead.
    #[track_caller]
    fn until_ready_says(&self, wanted: &str) {
        let deadline = now().plus(PATIENCE);
        loop {
            let answer = self.get("/readyz");
            if answer.contains(" 200 ") && answer.contains(wanted) {
                return;
            }
            assert!(now() < deadline, "{answer}");
            pause();
        }
    }

    pub(super) fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.operations).expect("it listens");
        let ask = format!("GET {path} HTTP/1.0\r\nhost: localhost\r\n\r\n");
        stream.write_all(ask.as_bytes()).expect("it hears");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }
}

/// Waits until the supervised process has logged this as often.
#[track_caller]
fn until_said(over: &NatsPipeline, wanted: &str, times: usize) {
    let deadline = now().plus(PATIENCE);
    while over.up.output().matches(wanted).count() < times {
        assert!(now() < deadline, "not said {times} times: {wanted}\n{}", over.up.output());
        pause();
    }
}

#[test]
fn the_standby_continues_when_the_leader_is_killed() {
    let made = articles((KILLS + 1) * FILE, &mut Numbers::from_seed(SEED));
    let target = Target::open();
    let folder = folder_of_drops(&target, "15m");
    let drop_file = |nth| drop_file(&folder, &format!("{nth:03}"), &made[nth * FILE..][..FILE]);
    let over = NatsPipeline::start(&folder);
    drop_file(0);
    over.until(&OUTPUT, OUTPUT_DECISIONS, FILE);
    let mut beside = ExtraStage::start("detector", &over, &folder);
    beside.until(STANDS_BY);
    beside.until_ready_says("ready: stands by, detector-1");
    assert!(beside.get("/metrics").contains("wirefold_loop_leader{loop=\"detector\"} 0\n"));

    let mut took = Vec::new();
    for kill in 1..=KILLS {
        let supervised_leads = kill % 2 == 1;
        let killed = now();
        if supervised_leads {
            // Otherwise the killed one could restart and lead on a busy machine.
            over.kill_while("detector", || beside.until(LEADS));
        } else {
            beside.child.kill().expect("it runs");
        }
        drop_file(kill);
        over.until(&OUTPUT, OUTPUT_DECISIONS, kill * FILE + 1);
        took.push(now().since(killed));
        over.until(&OUTPUT, OUTPUT_DECISIONS, (kill + 1) * FILE);
        // The killed one restarts and stands by.
        if supervised_leads {
            until_said(&over, STANDS_BY, kill.div_ceil(2));
            assert!(beside.get("/metrics").contains("wirefold_loop_leader{loop=\"detector\"} 1\n"));
        } else {
            beside = ExtraStage::start("detector", &over, &folder);
            beside.until(STANDS_BY);
        }
    }
    folder.write("dropped/last.txt", LAST.as_bytes());
    over.until_output(made.len() + 1);
    assert_eq!(over.count(&OUTPUT, EPOCHS), KILLS + 1, "one take-over for each kill");
    let kept = over.kept();
    assert_eq!(over.up.terminate().code, Some(0));
    drop(beside);
    check_conserved(&kept, &made);
    let undisturbed = undisturbed(&kept.fetched);
    check_same_output(&kept, &undisturbed);
    let longest = took.iter().max().expect("some were killed");
    say(format_args!(
        "  {KILLS} leaders killed, the next decision after at most {longest:?}: {took:?}"
    ));
    assert!(*longest < Duration::from_secs(15), "{took:?}");
}

#[test]
fn a_second_alerter_goes_on_when_the_first_is_killed() {
    let made = articles(2 * FILE, &mut Numbers::from_seed(SEED));
    let mut target = Target::open();
    let folder = folder_of_drops(&target, "0s");
    let drop_file = |nth| drop_file(&folder, &format!("{nth:03}"), &made[nth * FILE..][..FILE]);
    let over = NatsPipeline::start(&folder);
    let mut beside = ExtraStage::start("alerter", &over, &folder);
    beside.until(STANDS_BY);
    beside.until_ready_says("ready: stands by, alerter-1");
    drop_file(0);
    over.until_output(FILE);
    over.until(&ALERTS, ">", 1);
    // Otherwise the killed one could restart and lead on a busy machine.
    let took = over.kill_while("alerter", || {
        let killed = now();
        beside.until(LEADS);
        now().since(killed)
    });
    drop_file(1);
    over.until_output(made.len());
    folder.write("dropped/last.txt", LAST.as_bytes());
    over.until_output(made.len() + 1);
    wait_for_last(&mut target);
    let kept = over.kept();
    wait_for_messages(&mut target, &kept);
    assert_eq!(over.up.terminate().code, Some(0));
    drop(beside);
    target.read_arrived();
    check_conserved(&kept, &made);
    check_alerts(&kept, &undisturbed(&kept.fetched), &target);
    say(format_args!("  the alerter killed, the other leads after {took:?}"));
}
