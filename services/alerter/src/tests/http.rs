//! Webhooks and ntfy against a real receiver on the loopback.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use url::Url;
use wirefold_flow::{Clock as _, StageContext};
use wirefold_proto::{
    Alert, AlertAttempt, AlertAttemptsRecord, AttemptOutcome, Secret, SubscriptionSettings,
    streams, token,
};

use super::newsroom::five;
use super::running::{Running, World, at_once, settings};
use super::watching::{DEADLINE, Log, watch};
use crate::delivery::records::sweep;
use crate::kinds::{DeliveryTarget, NtfyTarget, StdoutTarget, WebhookTarget};
use crate::{Delivery, Settings};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// A request to a receiver.
pub(super) struct Got {
    method: Method,
    path: String,
    headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Got {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

#[derive(Clone)]
struct Desk {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    got: UnboundedSender<Got>,
}

#[derive(Clone, Copy)]
pub(super) enum Answer {
    Status(u16),
    RetryAfter(u16, &'static str),
    /// A redirect to another path of the same host.
    Moved(u16),
    Never,
}

/// A receiver with these answers, and then 204.
pub(super) struct Receiver {
    pub(super) url: Url,
    pub(super) got: UnboundedReceiver<Got>,
}

impl Receiver {
    pub(super) async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let (sender, got) = unbounded_channel();
        let answers = Arc::new(Mutex::new(answers.into_iter().collect()));
        let router = Router::new().fallback(receive).with_state(Desk { answers, got: sender });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/desk", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, got }
    }

    pub(super) async fn next(&mut self) -> Got {
        let next = tokio::time::timeout(DEADLINE, self.got.recv()).await;
        next.expect("nothing was sent").expect("the receiver runs")
    }
}

async fn receive(
    State(desk): State<Desk>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> axum::response::Response {
    let got = Got { method, path: uri.path().to_owned(), headers, body };
    let answer = desk.answers.lock().unwrap().pop_front();
    desk.got.send(got).unwrap();
    let status = |status| StatusCode::from_u16(status).unwrap();
    match answer {
        Some(Answer::Status(given)) => status(given).into_response(),
        Some(Answer::RetryAfter(given, after)) => {
            (status(given), [("retry-after", after)]).into_response()
        }
        Some(Answer::Moved(given)) => (status(given), [("location", "/moved")]).into_response(),
        Some(Answer::Never) => std::future::pending().await,
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

/// An address without a listener, and a guard that keeps other tests from it: a released port may become the
/// next receiver's.
fn nobody() -> (TcpSocket, Url) {
    let held = TcpSocket::new_v4().unwrap();
    held.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}/", held.local_addr().unwrap()).parse().unwrap();
    (held, url)
}

pub(super) fn with(deliveries: Vec<Delivery>) -> Settings {
    let names = deliveries.iter().map(|delivery| delivery.name.clone()).collect();
    let subscription = SubscriptionSettings { deliveries: names, ..at_once() };
    let allow = vec!["127.0.0.0/8".parse().unwrap()];
    Settings { deliveries, allow, ..settings([subscription]) }
}

/// One delivery on loopback, without a subscription.
pub(super) fn without_subscriptions(delivery: Delivery) -> Settings {
    let allow = vec!["127.0.0.0/8".parse().unwrap()];
    Settings { deliveries: vec![delivery], allow, ..settings([]) }
}

pub(super) fn webhook(name: &str, url: &Url) -> Delivery {
    let secrets = vec![Secret::new(SECRET), Secret::new("whsec_aGFyYm91cg==")];
    let headers = BTreeMap::from([("x-desk".to_owned(), Secret::new("night"))]);
    let kind = DeliveryTarget::Webhook(WebhookTarget { url: url.clone(), secrets, headers });
    Delivery {
        name: name.to_owned(),
        target: kind,
        feed_digest: false,
        health: false,
        templates: crate::Templates::default(),
    }
}

fn stdout() -> Delivery {
    Delivery {
        name: "stdout".to_owned(),
        target: DeliveryTarget::Stdout(StdoutTarget),
        feed_digest: false,
        health: false,
        templates: crate::Templates::default(),
    }
}

pub(super) fn start(world: &World, settings: &Settings) -> (Running, Log) {
    let (observer, log) = watch();
    let context = StageContext { observer, ..world.context() };
    (Running::start(&context, settings, &world.paper), log)
}

fn signature(got: &Got) -> String {
    let key = STANDARD.decode(SECRET.trim_start_matches("whsec_")).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    let (id, at) = (got.header("webhook-id"), got.header("webhook-timestamp"));
    mac.update(format!("{id}.{at}.").as_bytes());
    mac.update(&got.body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[tokio::test]
async fn a_webhook_is_signed_and_tried_again_with_the_same_id() {
    let mut world = World::new().await;
    let answers = [Answer::Status(500), Answer::RetryAfter(503, "120")];
    let mut receiver = Receiver::start(answers).await;
    let (running, mut log) = start(&world, &with(vec![webhook("hook", &receiver.url)]));
    world.newsroom.tell(five()[0]).await;
    let mut tries = Vec::new();
    for wait in [6, 120] {
        tries.push(receiver.next().await);
        log.wait_for("alerter-hook retried").await;
        world.clock.advance(Duration::from_secs(wait));
    }
    tries.push(receiver.next().await);
    log.wait_for("alerter-hook done").await;
    let alert = &world.alerts().await[0];
    let started = world.clock.now().0 / 1_000 - 126;
    for (got, after) in tries.iter().zip([0, 6, 126]) {
        assert_eq!((&got.method, got.path.as_str()), (&Method::POST, "/desk"));
        assert_eq!(got.header("webhook-id"), format!("{}.1", alert.id));
        assert_eq!(got.header("webhook-timestamp"), (started + after).to_string());
        let signatures: Vec<&str> = got.header("webhook-signature").split(' ').collect();
        assert_eq!((signatures.len(), signatures[0]), (2, signature(got).as_str()));
        assert_eq!(got.header("content-type"), "application/json");
        assert_eq!(got.header("x-desk"), "night");
        assert_eq!(got.body, tries[0].body);
    }
    let kept = attempts(&world, alert).await;
    let kept: Vec<_> =
        kept.iter().map(|it| (it.outcome, it.why.as_deref(), it.next.is_some())).collect();
    let failed = AttemptOutcome::Failed;
    assert_eq!(
        kept,
        [
            (failed, Some("500 Internal Server Error"), true),
            (failed, Some("503 Service Unavailable"), true),
            (AttemptOutcome::Taken, None, false),
        ]
    );
    let body: Value = serde_json::from_slice(&tries[0].body).unwrap();
    assert_eq!(body["schema"], "wirefold.alert/2");
    assert_eq!(body["id"], alert.id.to_string());
    assert_eq!(body["page"], format!("http://127.0.0.1:8787/events/{}", alert.target));
    running.stop().await;
}

/// The stored attempts of the delivery `hook` for an alert.
pub(super) async fn attempts(world: &World, alert: &Alert) -> Vec<AlertAttempt> {
    let keys = world.bus.key_value(streams::DELIVERIES.name).unwrap();
    let key = format!("hook.{}.attempts", token::escape(&alert.id.to_string()));
    let value = keys.get(&key).await.unwrap().unwrap().value.unwrap();
    let record: AlertAttemptsRecord = wirefold_proto::decode(&value).unwrap();
    record.attempts
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_says_what_to_do() {
    let mut world = World::new().await;
    let mut receiver = Receiver::start([Answer::Moved(307), Answer::Moved(308)]).await;
    let (running, mut log) = start(&world, &with(vec![webhook("hook", &receiver.url)]));
    world.newsroom.tell(five()[0]).await;
    for wait in [6, 400] {
        assert_eq!(receiver.next().await.path, "/desk");
        log.wait_for("alerter-hook retried").await;
        world.clock.advance(Duration::from_secs(wait));
    }
    assert_eq!(receiver.next().await.path, "/desk");
    log.wait_for("alerter-hook done").await;
    let kept = attempts(&world, &world.alerts().await[0]).await;
    let told = kept[0].why.as_deref().unwrap();
    assert!(told.starts_with("307 Temporary Redirect; redirects are not followed"), "{told}");
    running.stop().await;
}

#[tokio::test]
async fn an_attempt_that_was_cut_short_stays_open() {
    let mut world = World::new().await;
    let mut receiver = Receiver::start([Answer::Never]).await;
    let settings = with(vec![webhook("hook", &receiver.url)]);
    let (running, _) = start(&world, &settings);
    world.newsroom.tell(five()[0]).await;
    receiver.next().await;
    running.done.abort();
    assert!(running.done.await.is_err(), "it was aborted as by a kill");
    let (again, mut log) = start(&world, &settings);
    world.clock.advance(Duration::from_secs(61));
    receiver.next().await;
    log.wait_for("alerter-hook done").await;
    again.stop().await;
    let kept = attempts(&world, &world.alerts().await[0]).await;
    let outcomes: Vec<AttemptOutcome> = kept.iter().map(|it| it.outcome).collect();
    assert_eq!(outcomes, [AttemptOutcome::Open, AttemptOutcome::Taken]);
}

#[tokio::test]
async fn a_kill_shortens_no_time_that_the_target_asked_for() {
    let mut world = World::new().await;
    let mut receiver = Receiver::start([Answer::RetryAfter(503, "600")]).await;
    let settings = with(vec![webhook("hook", &receiver.url)]);
    let (running, mut log) = start(&world, &settings);
    world.newsroom.tell(five()[0]).await;
    receiver.next().await;
    log.wait_for("alerter-hook retried").await;
    running.done.abort();
    assert!(running.done.await.is_err(), "it was aborted as by a kill");
    let (again, mut seen) = start(&world, &settings);
    // A new revision is sent, and a waiting one does not come with it: a refused revision may be overtaken.
    seen.wait_for("alerter-hook retried").await;
    world.newsroom.tell(five()[1]).await;
    let second = receiver.next().await;
    seen.wait_for("alerter-hook done").await;
    world.clock.advance(Duration::from_secs(590));
    world.newsroom.tell(five()[2]).await;
    let third = receiver.next().await;
    seen.wait_for("alerter-hook done").await;
    let ids = [&second, &third].map(|got| got.header("webhook-id").rsplit('.').next().unwrap());
    assert_eq!(ids, ["2", "3"]);
    assert!(receiver.got.try_recv().is_err(), "it waits still");
    again.stop().await;
    let kept = attempts(&world, &world.alerts().await[0]).await;
    let next = kept[0].next.unwrap();
    assert_eq!(next.as_second() - kept[0].at.as_second(), 600);
    assert_eq!(kept.iter().map(|it| it.revision).collect::<Vec<_>>(), [1, 2, 3]);
}

#[tokio::test]
async fn attempts_of_alerts_that_are_kept_no_longer_are_dropped() {
    let mut world = World::new().await;
    let receiver = Receiver::start([]).await;
    let settings = with(vec![webhook("hook", &receiver.url)]);
    let (running, mut log) = start(&world, &settings);
    world.newsroom.tell(five()[0]).await;
    log.wait_for("alerter-hook done").await;
    running.stop().await;
    let keys = world.bus.key_value(streams::DELIVERIES.name).unwrap();
    let gone = "hook.all=3Ae-00000000000000000000000001.attempts";
    keys.put(gone, "{}".into()).await.unwrap();
    sweep(&*world.bus).await.unwrap();
    assert!(keys.get(gone).await.unwrap().is_none());
    assert_eq!(attempts(&world, &world.alerts().await[0]).await.len(), 1);
}

#[tokio::test]
async fn a_dead_or_hanging_target_delays_no_other() {
    let mut world = World::new().await;
    let mut hanging = Receiver::start([Answer::Never; 8]).await;
    let (_held, nobody) = nobody();
    let private = Url::parse("http://10.0.0.1/").unwrap();
    let deliveries = vec![
        webhook("hanging", &hanging.url),
        webhook("nobody", &nobody),
        webhook("private", &private),
        stdout(),
    ];
    let (running, mut log) = start(&world, &with(deliveries));
    for given in five() {
        world.newsroom.tell(given).await;
        log.wait_for("alerter-stdout done").await;
    }
    hanging.next().await;
    assert_eq!(world.paper.blocks().len(), 5);
    running.done.abort();
}

#[tokio::test]
async fn each_delivery_has_its_own_place_and_its_own_failures() {
    let mut world = World::new().await;
    let (_held, nobody) = nobody();
    let private = Url::parse("http://10.0.0.1/").unwrap();
    for (name, url) in [("nobody", &nobody), ("private", &private)] {
        let (running, mut log) = start(&world, &with(vec![webhook(name, url)]));
        world.newsroom.tell(five()[0]).await;
        log.wait_for(&format!("alerter-{name} retried")).await;
        running.stop().await;
    }
}

#[tokio::test]
async fn ntfy_replaces_the_notification_and_omits_no_loud_revision() {
    let mut world = World::new().await;
    let mut receiver = Receiver::start([Answer::Status(500)]).await;
    let kind = DeliveryTarget::Ntfy(NtfyTarget {
        url: receiver.url.clone(),
        token: Some(Secret::new("tk_night")),
    });
    let phone = Delivery {
        name: "phone".to_owned(),
        target: kind,
        feed_digest: false,
        health: false,
        templates: crate::Templates::default(),
    };
    let (running, mut log) = start(&world, &with(vec![phone]));
    world.newsroom.tell(five()[0]).await;
    let first = receiver.next().await;
    log.wait_for("alerter-phone retried").await;
    world.newsroom.tell(five()[1]).await;
    let second = receiver.next().await;
    log.wait_for("alerter-phone done").await;
    // The first revision is old by now, and its replacement did not notify.
    world.clock.advance(Duration::from_secs(6));
    let again = receiver.next().await;
    log.wait_for("alerter-phone done").await;
    world.newsroom.tell(five()[3]).await;
    let third = receiver.next().await;
    log.wait_for("alerter-phone done").await;
    let priorities =
        [&first, &second, &again, &third].map(|got| got.header("x-priority").to_owned());
    assert_eq!(priorities, ["4", "2", "4", "4"]);
    for got in [&first, &second, &again, &third] {
        assert_eq!(got.header("x-sequence-id"), first.header("x-sequence-id"));
        assert_eq!(got.header("authorization"), "Bearer tk_night");
        assert_eq!(got.header("x-title"), "Tarrowgate dock talks collapse");
        assert!(got.header("x-click").starts_with("http://127.0.0.1:8787/events/e-"));
    }
    let id = first.header("x-sequence-id");
    let is_fit = |c: char| c.is_ascii_alphanumeric() || c == '-';
    assert!(id.len() <= 64 && id.chars().all(is_fit), "{id}");
    let text = String::from_utf8(third.body.to_vec()).unwrap();
    assert!(text.contains("harborledger.example · first seen"), "{text}");
    running.stop().await;
}
