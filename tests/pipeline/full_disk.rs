//! A disk that is full for a while: it is logged once and shown at `/readyz`, and nothing is lost.

use std::fs::File;
use std::io::Write;

use super::generated::{Numbers, text, word};
use super::say;
use super::up::{CONFIG, Up};
use crate::port;
use crate::program::Folder;

const SETTINGS: &str = "data = \"data\"\n[[source]]\npath = \"dropped\"\n";
const DISK: u64 = 12 << 20;

#[test]
fn a_full_disk_is_logged_once_and_shown_at_readyz_until_there_is_room() {
    let folder = Folder::with(&[(CONFIG, SETTINGS.as_bytes())]);
    for name in ["data", "dropped"] {
        std::fs::create_dir(folder.path().join(name)).expect("a temporary folder takes folders");
    }
    let operations = format!("127.0.0.1:{}", port::free());
    let Some(up) = Up::start_on_small_disk(&folder, "data", DISK, &operations) else {
        say(format_args!("SKIPPED: this machine lets us make no small disk"));
        return;
    };
    up.until_ready(true);
    let filler = up.path_within(&folder.path().join("data/filler"));
    fill(&filler);
    let mut numbers = Numbers::from_seed(1);
    let names = [word(&mut numbers), word(&mut numbers)];
    for number in 0..3 {
        let text = text(20, &names, &mut numbers);
        folder.write(&format!("dropped/{number}.txt"), text.as_bytes());
    }
    let why = up.until_ready(false);
    assert!(why.contains("the disk is full"), "{why}");
    up.until_counted(&operations, "wirefold_loop_bus_failures_total", 4);
    std::fs::remove_file(&filler).expect("it is there");
    up.until_ready(true);
    up.get_until("/api/v1/status", |status| status["articles"] == 3);
    let ended = up.terminate();
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    let said = ended.said.lines().filter(|line| line.contains("the disk is full")).count();
    assert_eq!(said, 1, "{}", ended.said);
}

/// Fills the free space.
fn fill(path: &std::path::Path) {
    let mut file = File::create(path).expect("the disk is not full yet");
    for size in [64 << 10, 4096] {
        while file.write_all(&vec![b'x'; size]).is_ok() {}
    }
}
