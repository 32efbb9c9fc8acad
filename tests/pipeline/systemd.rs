//! The notifications for systemd: a datagram when the process runs, one in each half of the watchdog's time,
//! and one when it ends.

use std::os::unix::net::UnixDatagram;

use super::up::{CONFIG, Up};
use crate::program::Folder;

fn word(socket: &UnixDatagram) -> String {
    let mut buffer = [0; 64];
    let length = socket.recv(&mut buffer).expect("a word comes");
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

#[test]
fn systemd_hears_that_it_runs_lives_and_ends() {
    let folder = Folder::with(&[(CONFIG, b"data = \"data\"\n[[source]]\npath = \"inbox\"\n")]);
    std::fs::create_dir(folder.path().join("inbox")).unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(super::PATIENCE)).unwrap();
    let any_port = ["--listen", "127.0.0.1:0", "--operations", "127.0.0.1:0"];
    let arguments = [&["up", "--config", CONFIG], &any_port[..]].concat();
    let mut command = folder.command(&arguments);
    command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "200000");
    let up = Up::start_command(&folder, command);
    assert_eq!(word(&socket), "READY=1");
    assert_eq!(word(&socket), "WATCHDOG=1");
    assert_eq!(word(&socket), "WATCHDOG=1");
    assert_eq!(up.terminate().code, Some(0));
    let mut last = word(&socket);
    while last == "WATCHDOG=1" {
        last = word(&socket);
    }
    assert_eq!(last, "STOPPING=1");
}
