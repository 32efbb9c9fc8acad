//! Single alerts that people mute or acknowledge, through the API and through links in messages.

use axum::body::Body;
use axum::http::Method;
use bytes::Bytes;
use serde_json::json;
use wirefold_proto::{
    Alert, AlertHandlingRecord, AlertLink, Command, LINK_KEY, LinkAction, LinkKey, decode,
    link_command_id, streams, token,
};

use super::telling::{commands, put};
use super::world::{DEADLINE, World, request};
use crate::Access;
use crate::shapes::AlertPage;

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
    assert_eq!(world.post(&format!("{path}/acknowledge"), &json!({})).await.status, 202);
    let expected = [
        Command::AlertMute {
            alert: alert.id.clone(),
            until: Some(until.parse().unwrap()),
            except_corrections: true,
        },
        Command::AlertAcknowledge { alert: alert.id.clone() },
    ];
    assert_eq!(commands(&world).await, expected);
    let other = "/api/v1/alerts/nobody:e-4t21bmkkybngq0fnv40tbrc7v2";
    assert_eq!(world.post(&format!("{other}/mute"), &json!({})).await.status, 404);
    assert_eq!(world.post("/api/v1/alerts/odd/mute", &json!({})).await.status, 404);
    assert_eq!(world.post(&format!("{path}/mute"), &json!({"for": "2h"})).await.status, 400);
    assert_eq!(commands(&world).await.len(), 2);
    // The alert shows the result.
    let record = AlertHandlingRecord { alert: alert.id.clone(), ..decode(HANDLING).unwrap() };
    put(&world, streams::SUBSCRIPTIONS.name, &handling_key(&alert), &record).await;
    let page: AlertPage = world.get("/api/v1/alerts").await.shape();
    assert_eq!(page.alerts[0].handling, Some(record));
    let shown = world.get("/alerts").await;
    assert!(String::from_utf8_lossy(&shown.body).contains("only corrections until"));
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
