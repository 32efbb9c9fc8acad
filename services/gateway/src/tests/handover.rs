//! The hand-over: what notified, what was held back and which commands people gave since a time.

use std::time::Duration;

use serde_json::json;
use wirefold_proto::{
    Alert, AlertReason, CommandOutcome, Hold, HoldReason, ReasonKind, Target, Volume, decode,
};

use super::samples::{article, commanded, event, id};
use super::world::{DEADLINE, World, minute};
use crate::shapes::Handover;

const ALERT: &[u8] = include_bytes!("../../../../proto/samples/wirefold.alert.2.new.json");

/// A revision of the alert of the subscription `floods` about the event with this number, in this minute.
pub(super) fn revision(number: u64, revision: u64, at: u64, kind: ReasonKind) -> Alert {
    let mut alert: Alert = decode(ALERT).unwrap();
    (alert.target, alert.revision, alert.at) = (Target::Event(event(number)), revision, minute(at));
    alert.subscription = "floods".parse().unwrap();
    (alert.id.subscription, alert.id.target) = (alert.subscription.clone(), alert.target);
    alert.reasons = vec![AlertReason { kind, ..alert.reasons[0].clone() }];
    alert.headline.title = format!("Ferry number {number} sails");
    alert.articles.truncate(1);
    alert.articles[0].id = id(number);
    alert
}

fn held(alert: Alert, reason: HoldReason) -> Alert {
    Alert { held: Some(Hold { reason, until: Some(minute(90)) }), ..alert }
}

pub(super) async fn publish(world: &World, alerts: &[Alert]) {
    let mut last = 0;
    for alert in alerts {
        last = world.publish(alert).await;
    }
    let shown = async {
        while world.gateway.app.projection.reached("WF_ALERTS").await.unwrap().sequence < last {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, shown).await.unwrap();
}

/// The page as text without hard spaces.
async fn page(world: &World, path: &str) -> String {
    let answer = world.get(path).await;
    String::from_utf8(answer.body).unwrap().replace('\u{a0}', " ")
}

#[tokio::test]
async fn alerts_that_notified_or_were_held_back_are_listed_with_the_reason() {
    let world = World::new().await;
    let silent = Alert { volume: Volume::Silent, ..revision(3, 2, 50, ReasonKind::Outlets) };
    let alerts = [
        revision(1, 1, 10, ReasonKind::New),
        revision(1, 2, 30, ReasonKind::Correction),
        held(revision(2, 1, 40, ReasonKind::New), HoldReason::QuietHours),
        held(revision(3, 1, 45, ReasonKind::New), HoldReason::MaxPerDay),
        // It was retracted before it notified.
        silent,
    ];
    publish(&world, &alerts).await;
    let path = format!("/api/v1/handover?since={}", minute(20));
    let found: Handover = world.get(&path).await.shape();
    assert_eq!((found.since, found.until, found.has_more), (minute(20), minute(60), false));
    let revisions: Vec<u64> = found.notified[0].revisions.iter().map(|it| it.revision).collect();
    assert_eq!((found.notified.len(), revisions), (1, vec![2]), "the first came before");
    let targets: Vec<Target> = found.held.iter().map(|row| row.alert.target).collect();
    assert_eq!(targets, [3, 2].map(|number| Target::Event(event(number))));
    let numbers = "1 alert notified, 1 of them with a correction; 2 held back; 0 commands";
    assert_eq!(found.describe(), numbers);
    let shown = page(&world, &format!("/handover?since={}", minute(20))).await;
    for part in [numbers, "held: quiet hours, until", "<b>silent</b>", "Nobody gave a command"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let later: Handover =
        world.get(&format!("/api/v1/handover?since={}", minute(41))).await.shape();
    assert_eq!((later.notified.len(), later.held.len()), (0, 1));
    world.clock.advance(Duration::from_hours(9));
    let none = page(&world, "/handover").await;
    for part in ["0 alerts notified", "No alert notified.", "No alert was held back."] {
        assert!(none.contains(part), "{part}: {none}");
    }
}

#[tokio::test]
async fn commands_are_listed_with_their_event_and_a_refusal() {
    let world = World::new().await;
    world.publish_articles(&[article(1, 1, 1)]).await;
    let alert = revision(1, 1, 10, ReasonKind::New);
    publish(&world, std::slice::from_ref(&alert)).await;
    let until = minute(90);
    let path = format!("/api/v1/alerts/{}/mute", alert.id);
    assert_eq!(world.post(&path, &json!({"until": until})).await.status, 202);
    let feed = json!({"url": "https://news.example/feed"});
    assert_eq!(world.post("/api/v1/feeds", &feed).await.status, 202);
    let mut refused = commanded(9, Vec::new(), (&[1], 1));
    refused.outcome = CommandOutcome::Refused { reason: "no such story".to_owned() };
    world.publish(&refused.command).await;
    let last = world.publish(&refused).await;
    world.until_shown(last).await;
    let found: Handover = world.get("/api/v1/handover").await.shape();
    let words: Vec<&str> = found.commands.iter().map(|row| row.words.as_str()).collect();
    assert_eq!(words, ["Take 0 articles out of the story", "Mute the alert of floods"]);
    assert_eq!(found.commands[0].refusal(), Some("no such story"));
    assert_eq!(found.commands[1].until, Some(until));
    assert!(found.commands.iter().all(|row| row.title.as_deref() == Some("Ferry number 1 sails")));
    let shown = page(&world, "/handover").await;
    for part in ["not done: no such story", "(page or API)", "Ferry number 1 sails</a>"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let unmute = json!({"until": minute(0)});
    assert_eq!(world.post(&path, &unmute).await.status, 202);
    let three: Handover = world.get("/api/v1/handover").await.shape();
    assert_eq!(three.commands[0].words, "Unmute the alert of floods");
    assert_eq!((three.commands[0].until, three.has_more), (None, false));
    // At most three are listed in tests.
    for minutes in [91, 92] {
        let body = json!({"until": minute(minutes)});
        assert_eq!(world.post(&path, &body).await.status, 202);
    }
    let five: Handover = world.get("/api/v1/handover").await.shape();
    assert_eq!((five.commands.len(), five.has_more), (3, true));
    assert!(page(&world, "/handover").await.contains("Only the newest 1,000"));
}

#[tokio::test]
async fn a_beginning_that_cannot_be_read_is_refused_with_its_form() {
    let world = World::new().await;
    let refused = world.get("/api/v1/handover?since=22:00").await;
    assert_eq!(refused.status, 400);
    let detail = refused.json()["detail"].to_string();
    assert!(detail.contains("since") && detail.contains("2026-11-30T18:00:00Z"), "{detail}");
    let shown = world.get("/handover?since=22:00").await;
    assert_eq!(shown.status, 422);
    assert!(String::from_utf8_lossy(&shown.body).contains("write a day such as"));
}
