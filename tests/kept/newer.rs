//! A data folder of a later version is refused with a message and stays unchanged.

use std::io::{Read as _, Seek as _};
use std::process::Stdio;
use std::time::Duration;

use super::{CONFIG, NOBODY, Version, bytes_below};
use crate::pipeline::pause;
use crate::pipeline::up::now;
use crate::program::Folder;

/// The longest time until a refusal.
const REFUSES_WITHIN: Duration = Duration::from_secs(20);

/// The offset of the version of the tables in a SQLite file: four bytes, big-endian.
const VERSION: std::ops::Range<usize> = 60..64;

/// The stored data as if a much later version had written it.
fn newer() -> Folder {
    let version = Version::all().pop().expect("something is kept");
    let folder = version.unpacked("embedded", NOBODY, NOBODY);
    let path = folder.path().join("data").join(wirefold_flow_sqlite::FILE);
    let mut bytes = std::fs::read(&path).expect("the bus is kept");
    bytes[VERSION].copy_from_slice(&1_000_000_u32.to_be_bytes());
    std::fs::write(&path, bytes).expect("a temporary folder takes files");
    folder
}

#[test]
fn a_newer_folder_is_refused_with_words_and_left_as_it_is() {
    let folder = newer();
    let data = folder.path().join("data");
    let before = bytes_below(&data);
    let any_port = ["--listen", "127.0.0.1:0", "--operations", "127.0.0.1:0"];
    for (arguments, code) in [
        (["up"].iter().chain(&any_port).copied().collect::<Vec<_>>(), 4),
        (["run", "detector"].iter().chain(&any_port[2..]).copied().collect(), 4),
        (vec!["story", "ls"], 1),
        (vec!["feed", "ls"], 1),
        (vec!["feed", "rm", "vale-herald"], 1),
        (vec!["sub", "add", "All", "--query", "*"], 1),
        (vec!["dead", "ls"], 1),
        (vec!["replay", "--set", "detector.short_words=100", "--dry-run"], 1),
    ] {
        let (ended, said) = ended(&folder, &arguments);
        for words in ["layout 1000000 of a newer wirefold", "restore a backup"] {
            assert!(said.contains(words), "{arguments:?}: {said}");
        }
        assert_eq!(ended, Some(code), "{arguments:?}: {said}");
        assert!(before == bytes_below(&data), "{arguments:?} wrote into {data:?}");
    }
}

/// The exit code of a command and its output. A command that continues is killed, because it had to refuse.
fn ended(folder: &Folder, arguments: &[&str]) -> (Option<i32>, String) {
    let mut said = tempfile::tempfile().expect("a temporary file can be made");
    let mut command = folder.command(&[arguments, &["--config", CONFIG]].concat());
    command.stdout(Stdio::null()).stderr(said.try_clone().expect("a file can be shared"));
    let mut child = command.spawn().expect("the binary is built");
    let deadline = now().plus(REFUSES_WITHIN);
    let code = loop {
        match child.try_wait().expect("it is our child") {
            Some(status) => break status.code(),
            None if now() < deadline => pause(),
            None => {
                child.kill().expect("it is our child");
                child.wait().expect("it is our child");
                break None;
            }
        }
    };
    let mut words = String::new();
    said.rewind().expect("a file can be read again");
    said.read_to_string(&mut words).expect("it prints UTF-8");
    (code, words)
}
