//! Promises of object stores.

use bytes::Bytes;

use crate::conformance::Harness;
use crate::objects::{Objects, read_object};

/// Larger than a message on any bus.
const LARGE: usize = 3 << 20;

async fn write(objects: &dyn Objects, name: &str, parts: &[Bytes]) {
    let mut writer = objects.write(name).await.unwrap();
    for part in parts {
        writer.append(part.clone()).await.unwrap();
    }
    writer.finish().await.unwrap();
}

async fn read(objects: &dyn Objects, name: &str) -> Option<Bytes> {
    read_object(objects, name).await.unwrap().map(Bytes::from)
}

/// An object can be read back unchanged, also after a crash. The next one of its name replaces it.
pub async fn objects_come_back_as_they_were(harness: &mut dyn Harness) {
    let objects = harness.bus().objects("states").unwrap();
    assert!(objects.names().await.unwrap().is_empty());
    assert_eq!(read(&*objects, "a").await, None);
    let large: Bytes = (0_u8..=250).cycle().take(LARGE).collect();
    let few = Bytes::from_static(b"few");
    write(&*objects, "b", &[large.clone(), few.clone()]).await;
    write(&*objects, "a", &[]).await;
    harness.crash_and_reopen().await;
    let reopened = harness.bus().objects("states").unwrap();
    assert_eq!(reopened.names().await.unwrap(), ["a", "b"]);
    assert_eq!(read(&*reopened, "a").await, Some(Bytes::new()));
    let whole = read(&*reopened, "b").await.unwrap();
    assert!(whole.starts_with(&large) && whole.ends_with(&few) && whole.len() == LARGE + 3);
    write(&*reopened, "b", std::slice::from_ref(&few)).await;
    assert_eq!(read(&*reopened, "b").await, Some(few));
    let other = harness.bus().objects("others").unwrap();
    assert_eq!(read(&*other, "b").await, None);
}

/// An unfinished write has no effect. A deleted object is gone.
pub async fn unfinished_objects_never_were(harness: &mut dyn Harness) {
    let objects = harness.bus().objects("states").unwrap();
    let (old, new) = (Bytes::from_static(b"old"), Bytes::from(vec![7_u8; LARGE]));
    write(&*objects, "a", std::slice::from_ref(&old)).await;
    for name in ["a", "b"] {
        let mut writer = objects.write(name).await.unwrap();
        writer.append(new.clone()).await.unwrap();
        drop(writer);
    }
    harness.crash_and_reopen().await;
    let reopened = harness.bus().objects("states").unwrap();
    assert_eq!(reopened.names().await.unwrap(), ["a"]);
    assert_eq!(read(&*reopened, "a").await, Some(old));
    reopened.delete("a").await.unwrap();
    reopened.delete("b").await.unwrap();
    assert!(reopened.names().await.unwrap().is_empty());
    assert_eq!(read(&*reopened, "a").await, None);
    assert!(reopened.write("no.name").await.is_err());
}
