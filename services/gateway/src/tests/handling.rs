//! Single alerts that people mute or acknowledge, through the API and through links in messages.

use axum::body::Body;
use axum::http::{Method, header};
use bytes::Bytes;
use serde_json::json;
use wirefold_proto::{
    Alert, AlertHandlingRecord, AlertLink, Command, LINK_KEY, LinkAction, LinkKey, ReasonKind,
    decode, link_command_id, streams, token,
};

use super::handover::{publish, revision};
use super::samples::{article, event};
use super::telling::{commands, put};
use super::world::{DEADLINE, World, request};
use crate::Access;
use crate::shapes::{AlertPage, Event};
use crate::tokens::{Kind, Scope, TokenFile};

const ALERT: &[u8] = include_bytes!("../../../../proto/samples/wirefold.alert.2.new.json");
const HANDLING: &[u8] = include_bytes!("../../../../proto/samples/wirefold.alert.handling.1.json");

async fn with_alert() -> (World, Alert) {
    let world = World::new().await;
    let alert: Alert = decode(ALERT).unwrap();
    world.publish(&alert).await;
    let shown = async {
        while world.gateway.app.projection.reached("WF_ALERTS").await.unwrap().sequence < 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, shown).await.unwrap();
    (world, alert)
}

fn handling_key(alert: &Alert) -> String {
    format!("alert.{}", token::escape(&alert.id.to_string()))
}

#[tokio::test]
async fn an_alert_is_muted_and_acknowledged_by_command() {
    let (world, alert) = with_alert().await;
    let path = format!("/api/v1/alerts/{}", alert.id);
    let until = "2026-03-02T07:00:00Z";
    let body = json!({"until": until, "except_corrections": true});
    assert_eq!(world.post(&format!("{path}/mute"), &body).await.status, 202);
    let note = json!({"note": " calls the port "});
    assert_eq!(world.post(&format!("{path}/acknowledge"), &note).await.status, 202);
    let expected = [
        Command::AlertMute {
            alert: alert.id.clone(),
            until: Some(until.parse().unwrap()),
            except_corrections: true,
        },
        Command::AlertAcknowledge {
            of: alert.target,
            note: Some("calls the port".to_owned()),
            release: false,
        },
    ];
    assert_eq!(commands(&world).await, expected);
    let other = "/api/v1/alerts/nobody:e-4t21bmkkybngq0fnv40tbrc7v2";
    assert_eq!(world.post(&format!("{other}/mute"), &json!({})).await.status, 404);
    assert_eq!(world.post("/api/v1/alerts/odd/mute", &json!({})).await.status, 404);
    assert_eq!(world.post(&format!("{path}/mute"), &json!({"for": "2h"})).await.status, 400);
    let long = json!({"note": "x".repeat(201)});
    assert_eq!(world.post(&format!("{path}/acknowledge"), &long).await.status, 422);
    assert_eq!(commands(&world).await.len(), 2);
    // The alert shows the result before the alerter carries it out, and after.
    let page: AlertPage = world.get("/api/v1/alerts").await.shape();
    let row = &page.alerts[0];
    assert_eq!(row.handling.as_ref().unwrap().muted_until, until.parse().ok());
    let words = row.acknowledgement.as_ref().unwrap().describe();
    assert_eq!(words, "acknowledged: calls the port");
    let bucket = world.bus.key_value(streams::SUBSCRIPTIONS.name).unwrap();
    bucket.put("control", Bytes::from_static(b"2")).await.unwrap();
    let record = AlertHandlingRecord { alert: alert.id.clone(), ..decode(HANDLING).unwrap() };
    put(&world, streams::SUBSCRIPTIONS.name, &handling_key(&alert), &record).await;
    let after: AlertPage = world.get("/api/v1/alerts").await.shape();
    assert_eq!(after.alerts[0].handling, Some(record));
    let shown = world.get("/alerts").await;
    assert!(String::from_utf8_lossy(&shown.body).contains("only corrections until"));
}

/// Sends a form of anna's browser from this page. Without a form, it opens the page.
async fn as_anna(world: &World, (secret, page): (&str, &str), form: Option<&str>) -> String {
    let (method, path) =
        form.map_or((Method::GET, page), |_| (Method::POST, "/alerts/acknowledge"));
    let mut sent = request(method, path, Body::from(form.unwrap_or_default().to_owned()));
    let referer = format!("http://127.0.0.1:8787{page}");
    for (name, value) in [
        (header::AUTHORIZATION, &*format!("Bearer {secret}")),
        (header::CONTENT_TYPE, "application/x-www-form-urlencoded"),
        (header::ORIGIN, "http://127.0.0.1:8787"),
        (header::REFERER, &referer),
    ] {
        sent.headers_mut().insert(name, value.parse().unwrap());
    }
    let answer = world.send(Access::Network, sent).await;
    let place = answer.headers.get(header::LOCATION).map(|it| it.to_str().unwrap().to_owned());
    place.unwrap_or_else(|| String::from_utf8(answer.body).unwrap())
}

#[tokio::test]
async fn somebody_takes_an_event_on_its_page_and_releases_it() {
    let world = World::with_tokens(None).await;
    let now = world.gateway.app.now();
    let tokens = TokenFile::new(world.folder.path());
    let anna = tokens.add("anna", Kind::Token, Scope::Full, None, now).unwrap();
    world.publish_articles(&[article(1, 1, 1), article(2, 2, 2)]).await;
    let page = format!("/events/{}", event(1));
    let open = async |shown: &str| as_anna(&world, (&anna, shown), None).await;
    assert!(open(&page).await.contains("I have it"));
    let send = async |form: String| as_anna(&world, (&anna, &page), Some(&form)).await;
    let other = send(format!("of={}", event(3))).await;
    assert!(other.contains("no event"), "{other}");
    assert_eq!(send(format!("of={}&note=calls+the+port", event(1))).await, page);
    for shown in [&*page, "/"] {
        let found = open(shown).await;
        assert!(found.contains("<b>anna has it: calls the port</b>"), "no alert: {shown}: {found}");
    }
    // An alert that comes later is acknowledged with its event.
    publish(&world, &[revision(1, 1, 10, ReasonKind::New)]).await;
    for shown in [&*page, "/", "/alerts", "/handover"] {
        let found = open(shown).await;
        assert!(found.contains("<b>anna has it: calls the port</b>"), "{shown}: {found}");
    }
    world.clock.advance(std::time::Duration::from_secs(1));
    assert_eq!(send(format!("of={}&release=yes", event(1))).await, page);
    for shown in [&*page, "/", "/alerts"] {
        assert!(!open(shown).await.contains("anna has it"), "{shown}");
    }
    let handover = open("/handover").await;
    assert!(handover.contains("Release the event"), "{handover}");
    assert!(handover.contains("with the note “calls the port”"), "{handover}");
}

#[tokio::test]
async fn an_event_without_an_alert_is_acknowledged_by_command() {
    let world = World::new().await;
    world.publish_articles(&[article(1, 1, 1)]).await;
    let path = format!("/api/v1/events/{}", event(1));
    let who = async || world.get(&path).await.shape::<Event>().acknowledgement;
    assert_eq!(who().await, None);
    for (change, expected) in [
        (json!({"note": "calls the port"}), Some("acknowledged: calls the port")),
        (json!({"release": true}), None),
        (json!({}), Some("acknowledged")),
    ] {
        assert_eq!(world.post(&format!("{path}/acknowledge"), &change).await.status, 202);
        assert_eq!(who().await.map(|it| it.describe()).as_deref(), expected);
    }
    let other = format!("/api/v1/events/{}/acknowledge", event(3));
    assert_eq!(world.post(&other, &json!({})).await.status, 404);
}

/// Sends the request, and checks the status and the words of its answer.
async fn answers(world: &World, method: Method, path: &str, status: u16, words: &str) {
    let (answered, body) = send(world, method, path).await;
    assert!(answered == status && body.contains(words), "{answered} {body}");
}

async fn send(world: &World, method: Method, path: &str) -> (u16, String) {
    // As an app on a phone sends it: without content type and origin.
    let request = request(method, path, Body::empty());
    let answer = world.send(Access::Network, request).await;
    (answer.status.as_u16(), String::from_utf8_lossy(&answer.body).into_owned())
}

#[tokio::test]
async fn a_link_does_once_what_it_says_and_nothing_before_it_is_confirmed() {
    let (world, alert) = with_alert().await;
    let link = AlertLink {
        action: LinkAction::CorrectionsOnly,
        alert: alert.id.clone(),
        expires: "2100-01-01T00:00:00Z".parse().unwrap(),
    };
    let key = LinkKey::from_bytes(&[7; 32]).unwrap();
    let path = format!("/links/{}", link.token(&key));
    // Nobody has made a link yet.
    assert_eq!(send(&world, Method::POST, &path).await.0, 404);
    let keys = world.bus.key_value(streams::SUBSCRIPTIONS.name).unwrap();
    keys.put(LINK_KEY, Bytes::from_static(&[7; 32])).await.unwrap();
    answers(&world, Method::GET, &path, 200, "Hear only of corrections?").await;
    assert!(commands(&world).await.is_empty(), "a scanner follows links");
    answers(&world, Method::POST, &path, 200, "Only corrections now").await;
    let expected =
        Command::AlertMute { alert: alert.id.clone(), until: None, except_corrections: true };
    assert_eq!(commands(&world).await, [expected]);
    // The alerter recorded its use.
    let links = vec![link_command_id(&link.token(&key))];
    let record =
        AlertHandlingRecord { alert: alert.id.clone(), links, ..decode(HANDLING).unwrap() };
    put(&world, streams::SUBSCRIPTIONS.name, &handling_key(&alert), &record).await;
    assert_eq!(send(&world, Method::POST, &path).await.0, 410);
    assert_eq!(send(&world, Method::GET, &path).await.0, 410);
    let old = AlertLink { expires: "2020-01-01T00:00:00Z".parse().unwrap(), ..link.clone() };
    assert_eq!(send(&world, Method::POST, &format!("/links/{}", old.token(&key))).await.0, 410);
    let forged = link.token(&LinkKey::from_bytes(&[8; 32]).unwrap());
    assert_eq!(send(&world, Method::POST, &format!("/links/{forged}")).await.0, 404);
    assert_eq!(commands(&world).await.len(), 1);
    let mail = AlertLink { action: LinkAction::Unsubscribe, ..link };
    let unsubscribes = format!("/links/{}", mail.token(&key));
    answers(&world, Method::POST, &unsubscribes, 200, "wirefold sub unmute").await;
    let subscription = alert.subscription.clone();
    let muted = Command::SubscriptionMute { subscription, until: None };
    assert_eq!(commands(&world).await.pop(), Some(muted));
}
