//! `up --nats` passes SIGHUP on to its stages.

use rustix::process::{Signal, kill_process};

use super::over::NatsServer;
use crate::pipeline::up::{CONFIG, Up};
use crate::program::Folder;

#[test]
fn sighup_reaches_the_stages_which_read_the_settings_again() {
    let folder = Folder::with(&[(CONFIG, b"data = \"data\"\n")]);
    let _server = NatsServer::start(&folder);
    let up = Up::start_with(&folder, &["-v"]);
    // No file changes, so nothing else makes them read.
    kill_process(up.pid, Signal::HUP).unwrap();
    up.line_with("were read again");
    assert_eq!(up.terminate().code, Some(0));
}
