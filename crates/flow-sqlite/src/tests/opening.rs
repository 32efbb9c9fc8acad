//! Files that cannot be opened, and disks that are full: each gives one clear message, and nothing is lost.

use std::sync::Arc;

use wirefold_flow::sim::VirtualClock;
use wirefold_flow::{Bus, BusError, Outgoing, StreamConfig};

use crate::tests::noise;
use crate::{FILE, OpenError, SCHEMA, open, open_limited};

fn clock() -> Arc<VirtualClock> {
    Arc::new(VirtualClock::default())
}

async fn publish(bus: &dyn Bus, number: u64) -> Result<u64, BusError> {
    let message = Outgoing::new("work.a", format!("m{number}"), noise(2_000));
    bus.publish(message).await.map(|published| published.sequence())
}

#[test]
fn a_second_instance_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path(), clock()).unwrap();
    let second = open(folder.path(), clock()).err().unwrap();
    assert!(matches!(second, OpenError::InUse { .. }), "{second:?}");
    assert!(second.to_string().contains("is in use by another process"), "{second}");
    drop(first);
    assert!(open(folder.path(), clock()).is_ok());
}

#[test]
fn a_file_of_another_layout_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path(), clock()).unwrap());
    let file = folder.path().join(FILE);
    for other in [SCHEMA - 1, SCHEMA + 1] {
        let connection = rusqlite::Connection::open(&file).unwrap();
        connection.pragma_update(None, "user_version", other).unwrap();
        drop(connection);
        let before = std::fs::read(&file).unwrap();
        let refused = open(folder.path(), clock()).err().unwrap();
        let is_other = matches!(refused, OpenError::OtherLayout { found, .. } if found == other);
        assert!(is_other, "{refused:?}");
        assert_eq!(std::fs::read(&file).unwrap(), before);
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let refused = open(&file.join("data"), clock()).err().unwrap();
    assert!(matches!(refused, OpenError::Unwritable { .. }), "{refused:?}");
    std::fs::create_dir(folder.path().join(FILE)).unwrap();
    let no_file = open(folder.path(), clock()).err().unwrap();
    assert!(matches!(no_file, OpenError::Unwritable { .. }), "{no_file:?}");
}

#[test]
fn a_file_that_is_no_bus_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(FILE), "no database at all ".repeat(100)).unwrap();
    let refused = open(folder.path(), clock()).err().unwrap();
    assert!(matches!(refused, OpenError::Damaged { .. }), "{refused:?}");
}

#[tokio::test]
async fn a_full_disk_is_told_and_nothing_acknowledged_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let bus = open_limited(folder.path(), clock(), Some(400)).unwrap();
    bus.create_stream(StreamConfig::new("WORK", &["work.>"])).await.unwrap();
    let mut acknowledged = 0;
    let failure = loop {
        match publish(&*bus, acknowledged).await {
            Ok(_) => acknowledged += 1,
            Err(failure) => break failure,
        }
    };
    assert!(matches!(failure, BusError::DiskFull), "{failure:?}");
    assert!(acknowledged > 50);
    let state = bus.stream_state("WORK").await.unwrap();
    assert_eq!((state.messages, state.last), (acknowledged, acknowledged));
    let again = publish(&*bus, acknowledged).await;
    assert!(matches!(again, Err(BusError::DiskFull)), "{again:?}");
    drop(bus);
    // When there is room again, it continues from its position.
    let roomy = open(folder.path(), clock()).unwrap();
    for number in 0..=acknowledged {
        assert_eq!(publish(&*roomy, number).await.unwrap(), number + 1);
    }
}

#[tokio::test]
async fn one_failed_write_does_not_fail_others() {
    let folder = tempfile::tempdir().unwrap();
    let bus = open_limited(folder.path(), clock(), Some(240)).unwrap();
    bus.create_stream(StreamConfig::new("WORK", &["work.>"])).await.unwrap();
    // In one group or in several, however they arrive: only the large one fails.
    let publish = |id: &'static str, size: usize| {
        let message = Outgoing::new("work.a", id, noise(size));
        bus.publish(message)
    };
    let (one, large, other) =
        tokio::join!(publish("one", 10), publish("large", 900_000), publish("other", 10));
    assert_eq!((one.unwrap().sequence(), other.unwrap().sequence()), (1, 2));
    assert!(matches!(large, Err(BusError::DiskFull)), "{large:?}");
}

#[tokio::test]
async fn an_id_is_known_though_its_message_is_dropped_and_the_process_gone() {
    let folder = tempfile::tempdir().unwrap();
    let bus = open(folder.path(), clock()).unwrap();
    let small = StreamConfig { max_bytes: 10_000, ..StreamConfig::new("WORK", &["work.>"]) };
    bus.create_stream(small).await.unwrap();
    for number in 0..300 {
        publish(&*bus, number).await.unwrap();
    }
    assert!(bus.stream_state("WORK").await.unwrap().messages < 10);
    drop(bus);
    let reopened = open(folder.path(), clock()).unwrap();
    for number in [0, 150, 299] {
        assert_eq!(publish(&*reopened, number).await.unwrap(), number + 1);
    }
}
