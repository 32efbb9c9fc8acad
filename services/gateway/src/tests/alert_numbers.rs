//! An alert counts once, however many revisions it has, and a file of another version is rebuilt.

use std::path::Path;

use wirefold_flow::{Position, UnixMillis};
use wirefold_proto::{Alert, Hold, HoldReason, OutputArticle, Volume, decode};

use super::samples::{article, begin, event};
use crate::projection::{Batch, Change, Paging, Projection, StoryQuery};

const NOTED: &[u8] =
    include_bytes!("../../../../proto/samples/wirefold.output.article.4.note.json");
const ALERT: &[u8] = include_bytes!("../../../../proto/samples/wirefold.alert.2.new.json");

/// An alert of this number with this many copies; and for each revision, whether it notified and was held.
fn alerts(number: u64, copies: u32, revisions: &[(Volume, bool)]) -> Vec<Change> {
    let told = (1..).zip(revisions).map(|(revision, (volume, is_held))| {
        let mut alert: Alert = decode(ALERT).unwrap();
        alert.target = wirefold_proto::Target::Event(event(number));
        alert.id.target = alert.target;
        (alert.revision, alert.volume, alert.copies) = (revision, *volume, copies);
        alert.held = is_held.then_some(Hold { reason: HoldReason::Muted, until: None });
        let body = wirefold_proto::encode(&alert).unwrap().into();
        Change::Alert { alert: Box::new(alert), body, told_by: None }
    });
    told.collect()
}

/// An article in which an outlet corrects something, in English.
fn noted_article() -> OutputArticle {
    decode(NOTED).unwrap()
}

/// Articles and alerts.
async fn filled(folder: &Path) -> Projection {
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
    let told = [
        alerts(1, 3, &[(loud, false), (silent, false)]),
        alerts(2, 0, &[(loud, true)]),
        alerts(3, 2, &[(loud, true), (loud, false)]),
        alerts(4, 7, &[(silent, false)]),
    ]
    .concat();
    let alerts = Batch { stream: "WF_ALERTS", through: through(), changes: told };
    projection.apply(alerts).await.unwrap();
    projection
}

#[tokio::test]
async fn a_file_of_another_version_is_put_aside_and_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    for version in [1, 1_000] {
        drop(filled(folder.path()).await);
        let connection = rusqlite::Connection::open(folder.path().join("gateway.db")).unwrap();
        connection.pragma_update(None, "user_version", version).unwrap();
        drop(connection);
        let anew = Projection::open(folder.path()).unwrap();
        assert!(folder.path().join("gateway.db.old").exists(), "{version}");
        assert_eq!(anew.numbers(UnixMillis(0)).await.unwrap().articles, 0, "{version}");
    }
}

#[tokio::test]
async fn an_alert_counts_once_and_its_last_revision_says_how() {
    let folder = tempfile::tempdir().unwrap();
    let projection = filled(folder.path()).await;
    let counts = projection.numbers(UnixMillis(0)).await.unwrap().alerts;
    assert_eq!((counts.alerts, counts.notified, counts.held), (4, 2, 1));
    let page = projection.alerts(Paging::first(10), StoryQuery::default()).await.unwrap();
    let revisions: Vec<u64> = page.alerts.iter().map(|row| row.alert.revision).collect();
    assert_eq!(revisions, [1, 2, 1, 2]);
}
