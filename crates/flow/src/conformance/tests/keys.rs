//! Promises of tables of keys.

use bytes::Bytes;

use crate::bus::Entry;
use crate::conformance::Harness;
use crate::error::BusError;

fn value(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

/// Of two writers that expect the same revision, the second is refused. All entries survive a crash.
pub async fn keys_are_put_by_revision(harness: &mut dyn Harness) {
    let keys = harness.bus().key_value("feeds").unwrap();
    assert_eq!(keys.get("a").await.unwrap(), None);
    let first = keys.put_if("a", value("1"), 0).await.unwrap();
    let refused = keys.put_if("a", value("2"), 0).await;
    assert!(matches!(refused, Err(BusError::Refused { .. })), "{refused:?}");
    let second = keys.put_if("a", value("2"), first).await.unwrap();
    assert!(keys.put_if("a", value("3"), first).await.is_err());
    harness.crash_and_reopen().await;
    let reopened = harness.bus().key_value("feeds").unwrap();
    let stands = Entry { key: "a".into(), revision: second, value: Some(value("2")) };
    assert_eq!(reopened.get("a").await.unwrap(), Some(stands));
    let deleted = reopened.delete("a").await.unwrap();
    assert_eq!(reopened.get("a").await.unwrap(), None);
    assert!(reopened.put_if("a", value("4"), 0).await.unwrap() > deleted);
    let other = harness.bus().key_value("stories").unwrap();
    assert_eq!(other.get("a").await.unwrap(), None);
}

/// A listing has all entries. A listing from a revision has only later changes, including deletions.
pub async fn keys_are_listed_and_watched(harness: &mut dyn Harness) {
    let keys = harness.bus().key_value("feeds").unwrap();
    for key in ["a", "b", "c"] {
        keys.put(key, value("1")).await.unwrap();
    }
    let listed = keys.changes(&[], 0).await.unwrap();
    let names: Vec<&str> = listed.iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    let seen = listed[2].revision;
    assert!(keys.changes(&[], seen).await.unwrap().is_empty());
    keys.put("b", value("2")).await.unwrap();
    keys.delete("a").await.unwrap();
    let news = keys.changes(&[], seen).await.unwrap();
    let news: Vec<_> = news.into_iter().map(|entry| (entry.key, entry.value)).collect();
    assert_eq!(news, [("b".to_owned(), Some(value("2"))), ("a".to_owned(), None)]);
    for key in ["b.one", "b/two", "bb", "c.three"] {
        keys.put(key, value("3")).await.unwrap();
    }
    keys.delete("c.three").await.unwrap();
    let under_two = keys.changes(&["b", "a"], 0).await.unwrap();
    let under_two: Vec<&str> = under_two.iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(under_two, ["b", "a", "b.one"], "by name, oldest first");
    let later = keys.changes(&["b", "c"], seen).await.unwrap();
    let later: Vec<&str> = later.iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(later, ["b", "b.one", "c.three"], "by name, after a revision");
    let under_c = keys.changes(&["c", "none"], 0).await.unwrap();
    let under_c: Vec<_> = under_c.into_iter().map(|entry| (entry.key, entry.value)).collect();
    assert_eq!(under_c, [("c".to_owned(), Some(value("1"))), ("c.three".to_owned(), None)]);
}
