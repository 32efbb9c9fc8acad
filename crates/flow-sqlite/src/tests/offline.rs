//! Erased messages are in no file, and the bus continues with the rest.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use wirefold_flow::{Bus, BusError, Headers, Outgoing, Stored, StreamConfig, SystemClock};

use crate::packing::Packer;
use crate::{Offline, OpenError};

const SECRET: &str = "XQZZY-quayside-marker";

fn open(folder: &Path) -> Arc<dyn Bus> {
    crate::open(folder, Arc::new(SystemClock)).unwrap()
}

fn body(words: &str) -> Bytes {
    Bytes::from(words.repeat(500))
}

async fn publish(bus: &dyn Bus, id: &str, words: &str) {
    let body = body(words);
    let (subject, id) = ("wire.text".to_owned(), id.to_owned());
    bus.publish(Outgoing { subject, id, headers: Headers::default(), body }).await.unwrap();
}

fn holds(folder: &Path, words: &[u8]) -> bool {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let read = files.filter(|path| path.is_file()).map(|path| std::fs::read(path).unwrap());
    read.into_iter().any(|bytes| bytes.windows(words.len()).any(|part| part == words))
}

async fn sequences(bus: &dyn Bus) -> Vec<u64> {
    let mut reader = bus.read("WIRE", ">", 1).await.unwrap();
    reader.ready(100).await.unwrap().iter().map(|stored| stored.sequence).collect()
}

fn all(offline: &mut Offline) -> Vec<Stored> {
    let mut found = Vec::new();
    offline.each("WIRE", &mut |stored| found.push(stored)).unwrap();
    found
}

/// Erases every second message, and shortens the third. Returns the former text.
fn erase_secrets(folder: &Path) -> Vec<Stored> {
    let mut offline = Offline::open(folder).unwrap();
    // The words in the table, and the compressed body.
    let packed = Packer::new().pack(&Headers::default(), &body(SECRET)).content;
    let secrets = [SECRET.as_bytes(), &packed];
    assert!(secrets.iter().all(|secret| holds(folder, secret)), "the search finds what is there");
    let found = all(&mut offline);
    offline.begin().unwrap();
    offline.erase("WIRE", 2).unwrap();
    offline.erase("WIRE", 4).unwrap();
    offline.rewrite("WIRE", 3, "short".into()).unwrap();
    offline.put("table", "key", None).unwrap();
    offline.commit().unwrap();
    offline.compact().unwrap();
    assert!(
        !secrets.iter().any(|secret| holds(folder, secret)),
        "something of it is still in a file"
    );
    // Nothing is done before the commit.
    offline.begin().unwrap();
    offline.erase("WIRE", 1).unwrap();
    found
}

#[tokio::test]
async fn erased_messages_are_in_no_file_and_the_bus_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let bus = open(folder);
    bus.create_stream(StreamConfig::new("WIRE", &["wire.*"])).await.unwrap();
    for id in ["one", "two", "three", "four"] {
        let secret = id == "two" || id == "four";
        publish(&*bus, id, if secret { SECRET } else { "The ferry sails. " }).await;
    }
    let table = bus.key_value("table").unwrap();
    table.put("key", SECRET.into()).await.unwrap();
    let mut desk = bus.read("WIRE", ">", 1).await.unwrap();
    assert_eq!(desk.next(2).await.unwrap().len(), 2, "the second is in its hands");
    bus.mark_read("WIRE", "desk", 2).await.unwrap();
    assert!(matches!(Offline::open(folder), Err(OpenError::InUse { .. })));
    // The files of a killed process, with its log.
    let killed = tempfile::tempdir().unwrap();
    for file in [crate::FILE.to_owned(), format!("{}-wal", crate::FILE)] {
        std::fs::copy(folder.join(&file), killed.path().join(&file)).unwrap();
    }
    drop((desk, table, bus));
    erase_secrets(killed.path());
    let found = erase_secrets(folder);

    let reopened = open(folder);
    assert_eq!(sequences(&*reopened).await, [1, 3]);
    let state = reopened.stream_state("WIRE").await.unwrap();
    assert_eq!((state.first, state.last, state.messages), (1, 4, 2));
    let left = [found[0].size(), reopened.get("WIRE", 3).await.unwrap().size()];
    assert_eq!(state.bytes, left.iter().sum::<u64>());
    assert!(matches!(reopened.get("WIRE", 4).await, Err(BusError::Gone { .. })));
    assert_eq!(reopened.key_value("table").unwrap().get("key").await.unwrap(), None);
    // The same message may be published again. A reader goes on behind a mark whose message was erased.
    publish(&*reopened, "four", "Another. ").await;
    assert_eq!(sequences(&*reopened).await, [1, 3, 5]);
    let mut back = reopened.read("WIRE", ">", 3).await.unwrap();
    let given: Vec<u64> = back.next(10).await.unwrap().iter().map(|it| it.sequence).collect();
    assert_eq!(given, [3, 5]);
}
