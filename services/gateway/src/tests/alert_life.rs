//! One alert: found by the beginning of its id, with its revisions, deliveries and dead letters.

use serde_json::json;
use wirefold_proto::{
    Alert, ArticleId, DeadLetter, Subject, SubscriptionRecord, SubscriptionSettings, Tag, decode,
    encode,
};

use super::samples::article;
use super::world::{DEADLINE, World};
use crate::shapes::{AlertDetail, ArticleAlerts, ArticleOutcome};

const ALERT: &[u8] = include_bytes!("../../../../proto/samples/wirefold.alert.2.new.json");
const DEAD: &[u8] = include_bytes!("../../../../proto/samples/wirefold.dead.1.json");

/// An alert of three revisions. The target `desk` accepted two, and the delivery gave up on one.
async fn publish_alert(world: &World) -> Alert {
    let mut alert: Alert = decode(ALERT).unwrap();
    for revision in 1..=3 {
        alert.revision = revision;
        world.publish(&alert).await;
    }
    let settings = SubscriptionSettings {
        deliveries: vec!["desk".to_owned(), "phone".to_owned()],
        ..SubscriptionSettings::new(alert.subscription.clone(), "Floods", "flood")
    };
    let record = SubscriptionRecord {
        schema: Tag::new(),
        subscription: settings,
        managed_by: None,
        muted_until: None,
        problem: None,
        alerts: 1,
        copies_folded: 0,
        waiting: Vec::new(),
    };
    let keys = world.bus.key_value("wf_subscriptions").unwrap();
    let key = format!("subscription.{}", alert.subscription);
    keys.put(&key, encode(&record).unwrap().into()).await.unwrap();
    let taken = world.bus.key_value("wf_deliveries").unwrap();
    let escaped = wirefold_proto::token::escape(&alert.id.to_string());
    taken.put(&format!("desk.{escaped}"), "2 1 kept by it".into()).await.unwrap();
    let attempts = include_bytes!("../../../../proto/samples/wirefold.alert.attempts.1.json");
    taken.put(&format!("desk.{escaped}.attempts"), attempts.as_slice().into()).await.unwrap();
    until_shown(world, 3).await;
    let letter: DeadLetter = decode(DEAD).unwrap();
    for (sequence, subject) in [(3, Subject::alert(&alert.id, 3)), (4, Subject::pushed())] {
        let subject = subject.as_str().to_owned();
        world.publish(&DeadLetter { sequence, subject, ..letter.clone() }).await;
    }
    alert
}

/// Waits until the projection has this many revisions, because alerts have no sequence to wait for.
async fn until_shown(world: &World, sequence: u64) {
    let shown = async {
        while world.gateway.app.projection.reached("WF_ALERTS").await.unwrap().sequence < sequence {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, shown).await.unwrap();
}

#[tokio::test]
async fn an_alert_is_shown_with_its_revisions_deliveries_and_dead_letters() {
    let world = World::new().await;
    let alert = publish_alert(&world).await;
    let (whole, target) = (alert.id.to_string(), alert.target.to_string());
    for given in [&whole, &whole[..whole.len() - 12], &target, &target[..10]] {
        let life: AlertDetail = world.get(&format!("/api/v1/alerts/{given}")).await.shape();
        assert_eq!(life.alert.id, alert.id, "{given}");
        let revisions: Vec<u64> = life.revisions.iter().map(|it| it.revision).collect();
        assert_eq!(revisions, [1, 2, 3]);
        let taken: Vec<(&str, u64, u64)> =
            life.deliveries.iter().map(|it| (&*it.delivery, it.taken, it.taken_loud)).collect();
        assert_eq!(taken, [("desk", 2, 1), ("phone", 0, 0)]);
        assert_eq!(life.dead.len(), 1);
        assert_eq!(life.dead[0].letter.sequence, 3);
        assert_eq!(life.dead[0].alert.as_ref(), Some(&alert.id));
        let attempts: Vec<usize> = life.deliveries.iter().map(|it| it.attempts.len()).collect();
        assert_eq!(attempts, [4, 0]);
        let first = &life.deliveries[0].attempts[0];
        assert_eq!(first.why.as_deref(), Some("503 Service Unavailable"));
    }
    assert_eq!(world.get("/api/v1/alerts/none").await.status, 404);
    let replayed = world.post(&format!("/api/v1/alerts/{whole}/replay"), &json!({})).await;
    assert_eq!(replayed.status, 422, "nobody here can send");
    let body = json!({"delivery": 3});
    assert_eq!(world.post(&format!("/api/v1/alerts/{whole}/replay"), &body).await.status, 400);
    assert_eq!(world.post("/api/v1/alerts/none/replay", &json!({})).await.status, 404);
}

#[tokio::test]
async fn an_alert_whose_subscription_is_gone_is_not_sent_again() {
    let world = World::new().await;
    let alert: Alert = decode(ALERT).unwrap();
    world.publish(&alert).await;
    let path = format!("/api/v1/alerts/{}", alert.id);
    until_shown(&world, 1).await;
    let gone = world.post(&format!("{path}/replay"), &json!({})).await;
    assert_eq!(gone.status, 410);
    let life: AlertDetail = world.get(&path).await.shape();
    assert!(life.deliveries.is_empty());
}

#[tokio::test]
async fn an_article_that_joined_the_alert_of_another_event_is_found_in_it() {
    let world = World::new().await;
    let mut alert = publish_alert(&world).await;
    let [joined, other] = [1, 2].map(|number| article(number, number, number));
    world.publish_articles(&[joined.clone(), other.clone()]).await;
    alert.articles[0].id = joined.id;
    alert.revision = 4;
    world.publish(&alert).await;
    until_shown(&world, 4).await;
    let of = async |id: ArticleId| {
        let found: ArticleAlerts =
            world.get(&format!("/api/v1/articles/{id}/alerts")).await.shape();
        found.subscriptions.into_iter().next().unwrap()
    };
    let found = of(joined.id).await;
    assert_eq!((found.outcome, found.alert), (ArticleOutcome::Notified, Some(alert.id)));
    let listed_nowhere = of(other.id).await;
    assert_eq!(listed_nowhere.outcome, ArticleOutcome::NoAlert);
    assert_eq!(listed_nowhere.why, "no alert lists it so far; a later revision may");
}
