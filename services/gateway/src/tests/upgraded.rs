//! A file of the version before is brought up to date, and answers as it did.

use std::path::Path;

use wirefold_flow::{Position, UnixMillis};
use wirefold_proto::{Alert, Hold, HoldReason, SubscriptionId, Volume, decode};

use super::samples::{article, begin, event, story};
use crate::projection::{Batch, Change, EventFilter, Paging, Projection, StoryFilter};

const ALERT: &[u8] = include_bytes!("../../../../proto/samples/wirefold.alert.1.new.json");

/// Undoes what the version added, so that the file is as the one before wrote it.
const BACK: &str = "
    DROP VIEW articles_of_events;
    DROP TRIGGER article_added;
    DROP TRIGGER article_removed;
    DROP TRIGGER article_moved;
    DROP TRIGGER story_added;
    DROP TRIGGER story_moved;
    DROP TABLE event_articles;
    DROP TABLE article_total;
    DROP TRIGGER alert_added;
    DROP TRIGGER alert_changed;
    DROP TRIGGER alert_removed;
    DROP TABLE alert_totals;
    DROP INDEX articles_by_seen;
    DROP INDEX articles_by_agency;
    DROP INDEX articles_by_base;
    DROP INDEX articles_by_link;
    DROP INDEX articles_by_item;
    CREATE INDEX articles_by_seen ON articles (seen, folded);
    CREATE INDEX articles_by_base ON articles (base_story);
    CREATE INDEX articles_by_link ON articles (link) WHERE link IS NOT NULL;
    CREATE INDEX articles_by_item ON articles (item, outlet);
    ALTER TABLE alerts RENAME TO alerts_after;
    CREATE TABLE alerts (
        key INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        subscription TEXT NOT NULL,
        target TEXT NOT NULL,
        revision INTEGER NOT NULL,
        at INTEGER NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    INSERT INTO alerts SELECT key, id, subscription, target, revision, at, body FROM alerts_after;
    DROP TABLE alerts_after;
    CREATE INDEX alerts_by_time ON alerts (at, id);
    CREATE INDEX alerts_by_subscription ON alerts (subscription, at, id);
    PRAGMA user_version = 4;
";

/// An alert of this number with so many copies, and whether it rang and was held in each revision.
fn alerts(number: u64, copies: u32, revisions: &[(Volume, bool)]) -> Vec<Change> {
    let told = (1..).zip(revisions).map(|(revision, (volume, is_held))| {
        let mut alert: Alert = decode(ALERT).unwrap();
        alert.target = wirefold_proto::Target::Event(event(number));
        alert.id.target = alert.target;
        (alert.revision, alert.volume, alert.copies) = (revision, *volume, copies);
        alert.held = is_held.then_some(Hold { reason: HoldReason::Muted, until: None });
        let body = wirefold_proto::encode(&alert).unwrap().into();
        Change::Alert { alert: Box::new(alert), body }
    });
    told.collect()
}

/// Articles and alerts; the alerts the last revision first, where that is said.
async fn filled(folder: &Path, is_backwards: bool) -> Projection {
    let projection = Projection::open(folder).unwrap();
    let stories = [(1, 1, 1), (2, 1, 1), (3, 3, 1), (4, 4, 4), (5, 5, 4), (6, 1, 1)];
    let changes = stories.map(|(n, story, event)| Change::of(article(n, story, event), begin()));
    let through = || Position::at_sequence(6);
    projection
        .apply(Batch { stream: "WF_OUTPUT", through: through(), changes: changes.into() })
        .await
        .unwrap();
    let (loud, silent) = (Volume::Loud, Volume::Silent);
    let mut told = [
        alerts(1, 3, &[(loud, false), (silent, false)]),
        alerts(2, 0, &[(loud, true)]),
        alerts(3, 2, &[(loud, true), (loud, false)]),
        alerts(4, 7, &[(silent, false)]),
    ]
    .concat();
    if is_backwards {
        told.reverse();
    }
    let alerts = Batch { stream: "WF_ALERTS", through: through(), changes: told };
    projection.apply(alerts).await.unwrap();
    projection
}

/// Everything that is read of what the version added.
async fn answers(projection: &Projection) -> Vec<String> {
    let id: SubscriptionId = decode::<Alert>(ALERT).unwrap().subscription;
    let events = projection.events(Paging::first(10), EventFilter::default()).await.unwrap();
    let stories = projection.stories(Paging::first(10), StoryFilter::default()).await.unwrap();
    let numbers = projection.numbers(UnixMillis(0)).await.unwrap();
    let alerts = projection.alerts(Paging::first(10), Some(id)).await.unwrap();
    let said = projection.statements(event(1)).await.unwrap();
    vec![
        format!("{events:?}"),
        format!("{stories:?}"),
        format!("{:?} {} {:?}", numbers.hour, numbers.articles, numbers.alerts),
        format!("{alerts:?}"),
        format!("{said:?}"),
        format!("{:?}", projection.story(story(1)).await.unwrap()),
    ]
}

#[tokio::test]
async fn a_file_of_the_version_before_answers_as_it_did() {
    let folder = tempfile::tempdir().unwrap();
    let projection = filled(folder.path(), false).await;
    let expected = answers(&projection).await;
    assert!(
        expected[2].contains("AlertCounts { alerts: 4, notified: 2, held: 1 }"),
        "{expected:?}"
    );
    drop(projection);
    let connection = rusqlite::Connection::open(folder.path().join("gateway.db")).unwrap();
    connection.execute_batch(BACK).unwrap();
    drop(connection);
    let upgraded = Projection::open(folder.path()).unwrap();
    assert!(!folder.path().join("gateway.db.old").exists(), "it was not begun anew");
    assert_eq!(answers(&upgraded).await, expected);
}

#[tokio::test]
async fn what_revisions_say_of_their_alert_does_not_depend_on_their_order() {
    let (forwards, backwards) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let expected = answers(&filled(forwards.path(), false).await).await;
    let found = answers(&filled(backwards.path(), true).await).await;
    assert_eq!(found[2], expected[2]);
    assert_eq!(found[3], expected[3]);
}
