//! The copy of a file that changes meanwhile.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wirefold_flow::conformance::unique;
use wirefold_flow::sim::VirtualClock;
use wirefold_flow::{Bus, Outgoing, Stored, StreamConfig};

use crate::tests::noise;
use crate::{CopyError, FILE, copy, open};

const COPIES: usize = 8;
/// The number of messages between two copies: some of them restart the log.
const BETWEEN: u64 = 300;
/// The load ends at this number, however slow the copies are. The stream drops none of them yet.
const MOST: u64 = 2 * COPIES as u64 * BETWEEN;

fn opened(folder: &Path) -> Arc<dyn Bus> {
    open(folder, Arc::new(VirtualClock::default())).unwrap()
}

async fn stored(folder: &Path) -> Vec<Stored> {
    let mut reader = opened(folder).read("WORK", ">", 1).await.unwrap();
    reader.ready(usize::MAX >> 1).await.unwrap()
}

#[tokio::test]
async fn a_copy_under_load_has_all_that_was_acknowledged_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let bus = opened(folder.path());
    bus.create_stream(StreamConfig::new("WORK", &["work.>"])).await.unwrap();
    let acknowledged = Arc::new(AtomicU64::new(0));
    let (writing, count) = (bus.clone(), acknowledged.clone());
    let load = tokio::spawn(async move {
        for number in 0..MOST {
            let message = Outgoing::new("work.a", number.to_string(), noise(60_000));
            writing.publish(message).await.unwrap();
            count.store(number + 1, Ordering::SeqCst);
        }
    });
    let copies: Vec<_> = (0..COPIES).map(|_| tempfile::tempdir().unwrap()).collect();
    for (round, to) in copies.iter().enumerate() {
        while acknowledged.load(Ordering::SeqCst) < BETWEEN * (round as u64 + 1) {
            tokio::task::yield_now().await;
        }
        let before = acknowledged.load(Ordering::SeqCst);
        let (from, into) = (folder.path().to_owned(), to.path().to_owned());
        tokio::task::spawn_blocking(move || copy(&from, &into)).await.unwrap().unwrap();
        let after = acknowledged.load(Ordering::SeqCst);
        let messages = stored(to.path()).await;
        let found = unique(&messages).len() as u64;
        assert!((before..=after + 1).contains(&found), "{before} <= {found} <= {after} + 1");
    }
    load.abort();
}

#[tokio::test]
async fn the_file_stands_still_while_somebody_copies_it() {
    let folder = tempfile::tempdir().unwrap();
    let bus = opened(folder.path());
    bus.create_stream(StreamConfig::new("WORK", &["work.>"])).await.unwrap();
    let file = || std::fs::read(folder.path().join(FILE)).unwrap();
    let written = async |from: u64| {
        for number in from..from + BETWEEN {
            let message = Outgoing::new("work.a", number.to_string(), noise(60_000));
            bus.publish(message).await.unwrap();
        }
    };
    let copier = crate::copy_lock::open(folder.path()).unwrap();
    copier.lock().unwrap();
    let before = file();
    written(0).await;
    assert!(file() == before, "written back in the middle of a copy");
    copier.unlock().unwrap();
    written(BETWEEN).await;
    assert!(file() != before, "never written back again");
}

#[tokio::test]
async fn a_damaged_file_is_not_copied_without_a_word() {
    let (folder, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let bus = opened(folder.path());
    bus.create_stream(StreamConfig::new("WORK", &["work.>"])).await.unwrap();
    bus.publish(Outgoing::new("work.a", "a", noise(60_000))).await.unwrap();
    drop(bus);
    let file = folder.path().join(FILE);
    let mut bytes = std::fs::read(&file).unwrap();
    let half = bytes.len() / 2;
    bytes.truncate(half);
    std::fs::write(&file, bytes).unwrap();
    let copied = copy(folder.path(), to.path());
    assert!(matches!(copied, Err(CopyError::Damaged { .. })), "{copied:?}");
}
