//! The upgrade of a file of the previous version: the answers stay the same.

use std::path::Path;

use wirefold_flow::{Position, UnixMillis};
use wirefold_proto::{Alert, Hold, HoldReason, OutputArticle, SubscriptionId, Volume, decode};

use super::samples::{article, begin, event, story};
use crate::projection::{Batch, Change, EventQuery, EventSort, Paging, Projection, StoryQuery};

const NOTED: &[u8] =
    include_bytes!("../../../../proto/samples/wirefold.output.article.2.note.json");
const ALERT: &[u8] = include_bytes!("../../../../proto/samples/wirefold.alert.1.new.json");

/// Removes the additions of version 7, so that the file is as version 6 wrote it.
const BACK_TO_6: &str = "
    DROP INDEX events_of_several;
    DROP INDEX events_gone;
    DROP INDEX stories_gone;
    DROP INDEX alerts_by_target;
    DROP TRIGGER event_article_added;
    DROP TRIGGER event_article_removed;
    DROP TRIGGER event_added;
    ALTER TABLE events DROP COLUMN articles;
    CREATE TRIGGER event_article_added AFTER INSERT ON event_articles BEGIN SELECT 1; END;
    CREATE TRIGGER event_article_removed AFTER DELETE ON event_articles BEGIN SELECT 1; END;
    CREATE TRIGGER event_added AFTER INSERT ON events BEGIN SELECT 1; END;
    PRAGMA user_version = 6;
";

/// Removes the additions of version 6, so that the file is as version 5 wrote it.
const BACK_TO_5: &str = "
    DROP VIEW articles_of_events;
    DROP TRIGGER article_added;
    DROP TRIGGER article_removed;
    DROP TRIGGER article_moved;
    DROP TRIGGER story_added;
    DROP TRIGGER story_moved;
    DROP TRIGGER event_added;
    DROP TRIGGER event_removed;
    DROP TABLE event_articles;
    DROP TABLE story_outlets;
    DROP TABLE event_outlets;
    ALTER TABLE articles DROP COLUMN has_note;
    ALTER TABLE articles DROP COLUMN language;
    ALTER TABLE events DROP COLUMN stories;
    CREATE TABLE event_articles (
        event TEXT NOT NULL,
        seen INTEGER NOT NULL,
        fetched INTEGER NOT NULL,
        article INTEGER NOT NULL,
        story INTEGER NOT NULL,
        outlet TEXT NOT NULL,
        is_version INTEGER NOT NULL,
        PRIMARY KEY (event, seen, fetched, article)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX event_articles_by_seen ON event_articles (seen, story);
    CREATE VIEW articles_of_events AS
        SELECT event, seen, fetched, articles.key AS article, stories.key AS story, outlet,
            class = 'version' AND substr(articles.id, 3) <> substr(stories.id, 3) AS is_version,
            stories.id AS story_id
        FROM stories JOIN articles ON articles.story = stories.id
        WHERE gone = 0 AND event IS NOT NULL;
    CREATE TRIGGER article_added AFTER INSERT ON articles BEGIN SELECT 1; END;
    CREATE TRIGGER article_removed AFTER DELETE ON articles BEGIN SELECT 1; END;
    CREATE TRIGGER article_moved AFTER UPDATE OF story ON articles BEGIN SELECT 1; END;
    CREATE TRIGGER story_added AFTER INSERT ON stories BEGIN SELECT 1; END;
    CREATE TRIGGER story_moved AFTER UPDATE OF event, gone ON stories BEGIN SELECT 1; END;
    INSERT INTO event_articles
        SELECT event, seen, fetched, article, story, outlet, is_version FROM articles_of_events;
    PRAGMA user_version = 5;
";

/// Removes the additions of version 5.
const BACK_TO_4: &str = "
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

/// An alert of this number with this many copies; and for each revision, whether it notified and was held.
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

/// An article in which an outlet corrects something, in English.
fn noted_article() -> OutputArticle {
    decode(NOTED).unwrap()
}

/// Articles and alerts; the alerts with the last revision first, if requested.
async fn filled(folder: &Path, is_backwards: bool) -> Projection {
    let projection = Projection::open(folder).unwrap();
    let stories = [(1, 1, 1), (2, 1, 1), (3, 3, 1), (4, 4, 4), (5, 5, 4), (6, 1, 1)];
    let made = stories.map(|(n, story, event)| {
        let mut made = article(n, story, event);
        if n % 3 == 0 {
            made.findings = noted_article().findings;
        }
        made
    });
    let changes = made.map(|article| Change::of(article, begin()));
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

/// Everything that is read from the additions of the versions.
async fn answers(projection: &Projection) -> Vec<String> {
    let id: SubscriptionId = decode::<Alert>(ALERT).unwrap().subscription;
    let stories = projection.stories(Paging::first(10), StoryQuery::default()).await.unwrap();
    let numbers = projection.numbers(UnixMillis(0)).await.unwrap();
    let alerts = projection.alerts(Paging::first(10), Some(id)).await.unwrap();
    let said = projection.statements(event(1)).await.unwrap();
    let (noted, unread) = projection.noted(event(1), 2).await.unwrap();
    assert_eq!((noted.len(), unread), (2, 2), "two have a note");
    let narrowed = EventQuery { language: Some("en".into()), min_outlets: 3, ..Default::default() };
    let english = projection.events(Paging::first(10), narrowed).await.unwrap();
    assert_eq!(english.events.len(), 1);
    let fastest = EventQuery { sort: EventSort::Velocity, ..Default::default() };
    let fastest = projection.events(Paging::first(10), fastest).await.unwrap();
    vec![
        events(projection).await,
        format!("{stories:?}"),
        format!("{:?} {} {:?}", numbers.hour, numbers.articles, numbers.alerts),
        format!("{alerts:?}"),
        format!("{said:?}"),
        format!("{noted:?}"),
        format!("{english:?}"),
        format!("{fastest:?}"),
        format!("{:?}", projection.story(story(1), Paging::first(50)).await.unwrap()),
    ]
}

async fn events(projection: &Projection) -> String {
    let events = projection.events(Paging::first(10), EventQuery::default()).await.unwrap();
    format!("{events:?}")
}

#[tokio::test]
async fn files_of_the_versions_before_answer_as_they_did() {
    for back in [
        BACK_TO_6.to_owned(),
        [BACK_TO_6, BACK_TO_5].concat(),
        [BACK_TO_6, BACK_TO_5, BACK_TO_4].concat(),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let projection = filled(folder.path(), false).await;
        let expected = answers(&projection).await;
        assert!(
            expected[2].contains("AlertCounts { alerts: 4, notified: 2, held: 1 }"),
            "{expected:?}"
        );
        drop(projection);
        let connection = rusqlite::Connection::open(folder.path().join("gateway.db")).unwrap();
        connection.execute_batch(&back).unwrap();
        drop(connection);
        let upgraded = Projection::open(folder.path()).unwrap();
        assert!(!folder.path().join("gateway.db.old").exists(), "it was not begun anew");
        assert_eq!(answers(&upgraded).await, expected);
        // Later messages count as in a new file.
        let anew = tempfile::tempdir().unwrap();
        let anew = filled(anew.path(), false).await;
        for one in [&upgraded, &anew] {
            let later = [(7, 1, 1), (3, 1, 1), (4, 3, 1)].map(|(n, story, event)| {
                let judged = n + 10;
                Change::of(OutputArticle { judged, ..article(n, story, event) }, begin())
            });
            let through = Position::at_sequence(7);
            let batch = Batch { stream: "WF_OUTPUT", through, changes: later.into() };
            one.apply(batch).await.unwrap();
        }
        assert_eq!(events(&upgraded).await, events(&anew).await);
    }
}

#[tokio::test]
async fn the_state_of_an_alert_does_not_depend_on_the_order_of_revisions() {
    let (forwards, backwards) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let expected = answers(&filled(forwards.path(), false).await).await;
    let found = answers(&filled(backwards.path(), true).await).await;
    assert_eq!(found[2], expected[2]);
    assert_eq!(found[3], expected[3]);
}
