//! Durable consumers of other programs that are deleted on the server are made again.

use std::process::{Child, Stdio};

use super::over::ask;
use super::setup::server;
use crate::pipeline::up::now;
use crate::pipeline::{PATIENCE, pause};
use crate::program::Folder;

/// A pruner. It is killed with the test.
struct Pruner(Child);

impl Drop for Pruner {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Other programs may not make a consumer.
#[test]
fn the_pruner_makes_deleted_readers_again() {
    let folder = Folder::with(&[("wirefold.toml", b"data = \"data\"\n")]);
    let server = server(&folder);
    let url = server.url.as_str();
    folder.run(&["setup", "--nats", url]).code(0);
    let readers = ["WF_ALERTS.reader", "WF_OUTPUT.reader"];
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
