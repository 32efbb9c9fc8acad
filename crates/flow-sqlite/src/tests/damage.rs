//! A changed byte on the disk is detected, wherever in a message it is, and everything else works.

use std::path::Path;
use std::sync::Arc;

use wirefold_flow::{Headers, Outgoing, StreamConfig, SystemClock};

use crate::packing::Packer;
use crate::{Inspection, Soundness};

const MARKS: [&str; 4] = ["wire.subjectmark", "idmark", "headermark", "bodymark"];

async fn store(folder: &Path) {
    let bus = crate::open(folder, Arc::new(SystemClock)).unwrap();
    bus.create_stream(StreamConfig::new("WIRE", &["wire.*"])).await.unwrap();
    for number in 1..=3 {
        let marked = number == 2;
        let [subject, id, header, body] = MARKS.map(|mark| match marked {
            true => mark.to_owned(),
            false => format!("wire.other{number}"),
        });
        let headers = Headers::from_iter([("Wf-Input", header.as_str())]);
        let body = body.into_bytes().into();
        bus.publish(Outgoing { subject, id, headers, body }).await.unwrap();
    }
}

/// Changes the last byte of each occurrence of these bytes in the file.
fn damage(folder: &Path, words: &[u8]) {
    let path = folder.join(crate::FILE);
    let mut bytes = std::fs::read(&path).unwrap();
    let places = bytes.windows(words.len()).enumerate();
    let places: Vec<usize> =
        places.filter(|(_, part)| *part == words).map(|(place, _)| place).collect();
    assert!(!places.is_empty(), "they stand in no page");
    for place in places {
        bytes[place + words.len() - 1] ^= 1;
    }
    std::fs::write(&path, bytes).unwrap();
}

fn inspected(folder: &Path) -> Vec<(u64, Soundness)> {
    let mut inspection = Inspection::open(folder).unwrap();
    let mut found = Vec::new();
    inspection.each("WIRE", &mut |stored, how| found.push((stored.sequence, how))).unwrap();
    found
}

#[tokio::test]
async fn a_changed_letter_is_noticed_and_the_rest_is_read() {
    use Soundness::{Checked, Damaged};
    for mark in MARKS {
        let folder = tempfile::tempdir().unwrap();
        store(folder.path()).await;
        assert_eq!(inspected(folder.path()), [(1, Checked), (2, Checked), (3, Checked)]);
        damage(folder.path(), mark.as_bytes());
        assert_eq!(inspected(folder.path()), [(1, Checked), (2, Damaged), (3, Checked)], "{mark}");

        let bus = crate::open(folder.path(), Arc::new(SystemClock)).unwrap();
        let read = bus.read("WIRE", ">", 1).await.unwrap().ready(10).await.unwrap();
        let sequences: Vec<u64> = read.iter().map(|stored| stored.sequence).collect();
        assert!(sequences.starts_with(&[1]) && sequences.ends_with(&[3]), "{mark}: {sequences:?}");
        for stored in read.iter().filter(|stored| stored.sequence == 2) {
            assert_eq!(stored.headers, Headers::default(), "{mark}");
            assert!(!stored.body.starts_with(b"body"), "{mark}");
        }
        let last = bus.last("WIRE", "wire.subjectmark").await.unwrap();
        assert_eq!(last, None, "{mark}: what is damaged says nothing to go on from");
        let sound = bus.last("WIRE", "wire.>").await.unwrap().unwrap();
        assert_eq!(sound.sequence, 3);
    }
}

#[tokio::test]
async fn damage_in_a_compressed_body_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path()).await;
    let bus = crate::open(folder.path(), Arc::new(SystemClock)).unwrap();
    let body = "The ferry sails at nine. ".repeat(40);
    bus.publish(Outgoing::new("wire.long", "long", body.clone())).await.unwrap();
    drop(bus);
    damage(folder.path(), &Packer::new().pack(&Headers::default(), body.as_bytes()).content);
    let damaged: Vec<(u64, Soundness)> = inspected(folder.path())
        .into_iter()
        .filter(|(_, how)| *how != Soundness::Checked)
        .collect();
    assert_eq!(damaged, [(4, Soundness::Damaged)]);
}

#[tokio::test]
async fn an_inspection_changes_no_byte() {
    let folder = tempfile::tempdir().unwrap();
    let bus = crate::open(folder.path(), Arc::new(SystemClock)).unwrap();
    bus.create_stream(StreamConfig::new("WIRE", &["wire.*"])).await.unwrap();
    // The state after a killed process: its log is not yet in the file.
    let killed = tempfile::tempdir().unwrap();
    let files = [crate::FILE.to_owned(), format!("{}-wal", crate::FILE)];
    for file in &files {
        std::fs::copy(folder.path().join(file), killed.path().join(file)).unwrap();
    }
    let bytes = || files.clone().map(|file| std::fs::read(killed.path().join(file)).unwrap());
    let before = bytes();
    let inspection = Inspection::open(killed.path()).unwrap();
    assert_eq!(inspection.streams().len(), 1, "the log is read");
    assert_eq!(inspection.faults().unwrap(), Vec::<String>::new());
    drop(inspection);
    assert_eq!(bytes(), before);
}

/// The folder after `kill -9`: nothing of the log is in the file yet, and this part of the log is left.
fn killed(folder: &Path, is_left: fn(usize) -> usize) -> tempfile::TempDir {
    let killed = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        std::fs::copy(entry.path(), killed.path().join(entry.file_name())).unwrap();
    }
    let log = killed.path().join(format!("{}-wal", crate::FILE));
    let bytes = std::fs::read(&log).unwrap();
    std::fs::write(log, &bytes[..is_left(bytes.len())]).unwrap();
    killed
}

#[tokio::test]
async fn acknowledged_messages_that_a_damaged_log_lost_are_missed() {
    let folder = tempfile::tempdir().unwrap();
    store(folder.path()).await;
    let bus = crate::open(folder.path(), Arc::new(SystemClock)).unwrap();
    for number in 4..=6 {
        let message = Outgoing::new("wire.unread", format!("wire.other{number}"), "body");
        bus.publish(message).await.unwrap();
    }
    let faults = |of: &Path| Inspection::open(of).unwrap().faults().unwrap();
    let whole = killed(folder.path(), |bytes| bytes);
    assert_eq!(faults(whole.path()), Vec::<String>::new());
    let cut = killed(folder.path(), |bytes| bytes / 2);
    let said = faults(cut.path());
    assert!(said.len() == 1 && said[0].ends_with("are missing"), "{said:?}");
    let emptied = killed(folder.path(), |_| 0);
    let all = ["3 messages at the end, which were acknowledged, are missing"];
    assert_eq!(faults(emptied.path()), all);
    // A backup has no such file, and lacks nothing.
    let backup = tempfile::tempdir().unwrap();
    crate::copy(emptied.path(), backup.path()).unwrap();
    assert_eq!(faults(backup.path()), Vec::<String>::new());
}
