//! Durable consumers that are deleted on the server are made again while the stages run.

use std::collections::BTreeSet;
use std::process::{Child, Stdio};

use wirefold_proto::streams::ALERTS;

use super::kills::wait_for_messages;
use super::over::{NatsPipeline, ask};
use super::setup::server;
use crate::pipeline::generated::{Numbers, articles};
use crate::pipeline::killed::{LAST, check_conserved, drop_file, folder_of_drops, wait_for_last};
use crate::pipeline::targets::Target;
use crate::pipeline::up::now;
use crate::pipeline::{PATIENCE, pause};
use crate::program::Folder;

const SEED: u64 = 20_261_124;
const FILE: usize = 12;

#[test]
fn nothing_is_lost_where_readers_are_deleted() {
    let made = articles(3 * FILE, &mut Numbers::from_seed(SEED));
    let mut target = Target::open();
    let folder = folder_of_drops(&target, "0s");
    let drop_file = |nth| drop_file(&folder, &format!("{nth:03}"), &made[nth * FILE..][..FILE]);
    let over = NatsPipeline::start(&folder);
    drop_file(0);
    over.until_output(FILE);
    for nth in 1..3 {
        over.delete_consumer(&ALERTS, "alerter-desk");
        drop_file(nth);
        over.until_output((nth + 1) * FILE);
    }
    folder.write("dropped/last.txt", LAST.as_bytes());
    wait_for_last(&mut target);
    let kept = over.kept();
    wait_for_messages(&mut target, &kept);
    let ended = over.up.terminate();
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    target.read_arrived();
    check_conserved(&kept, &made);
    target.check_ids();
    // The target receives no message twice, except those in flight at that moment.
    let sent: BTreeSet<&str> = target.messages.iter().map(|message| message.id.as_str()).collect();
    let again = target.messages.len() - sent.len();
    assert!(again <= FILE / 4, "{again} of {} were sent again", sent.len());
}

/// A pruner. It is killed with the test.
struct Pruner(Child);

impl Drop for Pruner {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Stages with only their own rights may not make a consumer.
#[test]
fn the_pruner_makes_deleted_readers_again() {
    let folder = Folder::with(&[("wirefold.toml", b"data = \"data\"\n")]);
    let server = server(&folder);
    let url = server.url.as_str();
    folder.run(&["setup", "--nats", url]).code(0);
    let readers = ["WF_ALERTS.alerter-stdout", "WF_OUTPUT.reader"];
    for reader in readers {
        let deleted = ask(url, "", &format!("CONSUMER.DELETE.{reader}"));
        assert!(deleted.contains("\"success\":true"), "{deleted}");
    }
    let mut command =
        folder.command(&["run", "pruner", "--nats", url, "--operations", "127.0.0.1:0"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let _pruner = Pruner(child.expect("the binary is built"));
    let deadline = now().plus(PATIENCE);
    for reader in readers {
        while !ask(url, "", &format!("CONSUMER.INFO.{reader}")).contains("ack_floor") {
            assert!(now() < deadline, "{reader} is not made again");
            pause();
        }
    }
}
