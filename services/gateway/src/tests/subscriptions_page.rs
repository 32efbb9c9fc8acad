//! The page of subscriptions as browsers use it: without JavaScript, and protected against other sites.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::json;
use wirefold_proto::{SubscriptionRecord, SubscriptionSettings, Tag, encode};

use super::world::{Answer, World, request};
use crate::Access;
use crate::shapes::{DeliveryList, SubscriptionList};

const OWN: &str = "http://127.0.0.1:8787";
const USUAL: &str = "on=new&on=material";

/// A form as a browser sends it from a page of this origin.
pub(super) async fn send(world: &World, origin: Option<&str>, path: &str, form: &str) -> Answer {
    let mut sent = request(Method::POST, path, Body::from(form.to_owned()));
    let kind = "application/x-www-form-urlencoded".parse().unwrap();
    sent.headers_mut().insert(header::CONTENT_TYPE, kind);
    if let Some(origin) = origin {
        sent.headers_mut().insert(header::ORIGIN, origin.parse().unwrap());
    }
    world.send(Access::Network, sent).await
}

/// The same, from a page of this server.
pub(super) async fn post(world: &World, path: &str, form: &str) -> Answer {
    send(world, Some(OWN), path, form).await
}

async fn listed_subscriptions(world: &World) -> Vec<SubscriptionRecord> {
    let list: SubscriptionList = world.get("/api/v1/subscriptions").await.shape();
    list.subscriptions
}

/// Where it sends the browser next, and the content of that page.
pub(super) async fn followed(world: &World, answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", text(answer));
    text(&world.get(answer.headers[header::LOCATION].to_str().unwrap()).await)
}

pub(super) fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).replace('\u{a0}', " ")
}

#[tokio::test]
async fn a_subscription_is_saved_edited_muted_removed_and_brought_back() {
    let world = World::new().await;
    let form =
        format!("name=Harbour+strike&query=port+OR+dock&{USUAL}&min_outlets=2&deliveries=desk");
    let saved = followed(&world, &post(&world, "/subscriptions", &form).await).await;
    assert!(saved.contains("<b>Harbour strike</b> is saved") && saved.contains("port OR dock"));
    let before = listed_subscriptions(&world).await.remove(0).subscription;
    assert_eq!((before.id.as_str(), before.min_outlets), ("harbour-strike", Some(2)));
    assert!(before.deliveries == ["desk"] && before.on.is_empty(), "{before:?}");

    let editor = text(&world.get("/subscriptions/harbour-strike").await);
    for part in [
        "value=\"harbour-strike\"",
        "port OR dock</textarea>",
        "value=\"phone\">",
        "value=\"desk\" checked>",
    ] {
        assert!(editor.contains(part), "lacks {part}: {editor}");
    }
    let changed = format!("id=harbour-strike&name=Harbour&query=port&{USUAL}");
    followed(&world, &post(&world, "/subscriptions", &changed).await).await;
    let after = listed_subscriptions(&world).await;
    assert_eq!((after.len(), after[0].subscription.name.as_str()), (1, "Harbour"));

    let muted = post(&world, "/subscriptions/harbour-strike/mute", "for=8h").await;
    assert!(followed(&world, &muted).await.contains("muted until <time"));
    for (span, said) in
        [("abc", "not a duration"), ("99999d", "is too long"), ("0s", "mutes nothing")]
    {
        let body = format!("for={span}");
        let refused = post(&world, "/subscriptions/harbour-strike/mute", &body).await;
        assert!(refused.status == 422 && text(&refused).contains(said), "{}", text(&refused));
    }
    let for_ever = post(&world, "/subscriptions/harbour-strike/mute", "for=").await;
    assert!(followed(&world, &for_ever).await.contains("muted until unmuted"));
    let unmuted = post(&world, "/subscriptions/harbour-strike/unmute", "").await;
    assert!(!followed(&world, &unmuted).await.contains("muted until"));

    let removed = post(&world, "/subscriptions/harbour-strike/remove", "").await;
    let removed = followed(&world, &removed).await;
    assert!(removed.contains("Undo") && listed_subscriptions(&world).await.is_empty(), "{removed}");
    // The same command in the same millisecond would be the same message.
    world.clock.advance(Duration::from_secs(1));
    followed(&world, &post(&world, "/subscriptions/restore", "id=harbour-strike").await).await;
    assert_eq!(listed_subscriptions(&world).await[0].subscription, after[0].subscription);
    assert_eq!(post(&world, "/subscriptions/restore", "id=nothing").await.status, 404);
}

#[tokio::test]
async fn errors_show_at_their_field_and_input_is_kept() {
    let world = World::new().await;
    let form = "name=Kyiv+talks&query=kyiv+AND&on=new&group_wait=soon";
    let answer = post(&world, "/subscriptions", form).await;
    let page = text(&answer);
    assert_eq!(answer.status, 422);
    for part in [
        "value=\"Kyiv talks\"",
        "kyiv AND</textarea>",
        "id=\"group_wait-wrong\"",
        "aria-invalid=\"true\"",
    ] {
        assert!(page.contains(part), "lacks {part}: {page}");
    }
    let column = post(&world, "/subscriptions", &format!("name=Kyiv&query=kyiv+AND&{USUAL}")).await;
    let column = text(&column);
    assert!(column.contains("id=\"query-wrong\">column 9: expected"), "{column}");
    let pager = format!("name=Kyiv&query=kyiv&{USUAL}&deliveries=pager");
    let pager = text(&post(&world, "/subscriptions", &pager).await);
    assert!(pager.contains("no delivery is called &quot;pager&quot;"), "{pager}");
    assert!(listed_subscriptions(&world).await.is_empty());
    let once = format!("name=Kyiv&query=kyiv&{USUAL}");
    post(&world, "/subscriptions", &once).await;
    let twice = post(&world, "/subscriptions", &once).await;
    assert!(text(&twice).contains("there is already a subscription"));
}

#[tokio::test]
async fn inhibition_cycles_are_refused() {
    let world = World::new().await;
    let with = |name: &str, by: &str| format!("name={name}&query=port&{USUAL}&inhibited_by={by}");
    let absent = text(&post(&world, "/subscriptions", &with("Docks", "storms")).await);
    assert!(absent.contains("there is no subscription storms"), "{absent}");
    followed(&world, &post(&world, "/subscriptions", &with("Storms", "")).await).await;
    followed(&world, &post(&world, "/subscriptions", &with("Docks", "storms")).await).await;
    let back = format!("id=storms&{}", with("Storms", "docks"));
    let circle = text(&post(&world, "/subscriptions", &back).await);
    let said = "id=\"inhibited_by-wrong\">storms also inhibits subscription docks";
    assert!(circle.contains(said), "{circle}");
}

#[tokio::test]
async fn the_preview_is_the_same_on_a_page_and_alone() {
    let world = World::new().await;
    let form = format!("query=port&hours=72&{USUAL}");
    let alone = post(&world, "/fragments/preview", &form).await;
    let page = post(&world, "/subscriptions/preview", &form).await;
    for answer in [&alone, &page] {
        let shown = text(answer);
        assert_eq!(answer.status, 200);
        let counted = "<b>1 loud in the last 3 days, 1 at night</b>. <b>41 matching articles</b> → <b>3 events</b> → <b>2 alerts</b> (38 copies folded)";
        assert!(shown.contains(counted), "{shown}");
        for part in [
            "1 held",
            ", at night",
            "A storm hit &lt;b&gt;Pell",
            "1 of 2 outlets",
            "&lt;script&gt;",
        ] {
            assert!(shown.contains(part), "lacks {part}: {shown}");
        }
    }
    let broken = text(&post(&world, "/fragments/preview", &format!("query=port+)&{USUAL}")).await);
    assert!(broken.contains("column 6") && broken.contains("<mark>)</mark>"), "{broken}");
    assert!(
        page.headers["content-security-policy"].to_str().unwrap().contains("form-action 'self'")
    );
    assert!(listed_subscriptions(&world).await.is_empty(), "a preview stores nothing");
}

#[tokio::test]
async fn subscriptions_from_a_file_are_shown_read_only() {
    let world = World::new().await;
    let subscription = SubscriptionSettings::new("floods".parse().unwrap(), "Floods", "flood");
    let record = SubscriptionRecord {
        schema: Tag::new(),
        subscription,
        managed_by: Some("wirefold.toml:14".to_owned()),
        muted_until: None,
        problem: Some("query: column 3".to_owned()),
        alerts: 0,
        copies_folded: 0,
        waiting: Vec::new(),
    };
    let keys = world.bus.key_value("wf_subscriptions").unwrap();
    keys.put("subscription.floods", encode(&record).unwrap().into()).await.unwrap();
    let list = text(&world.get("/subscriptions").await);
    assert!(list.contains("Defined in wirefold.toml:14") && !list.contains("/floods/remove"));
    assert!(list.contains("problem: query: column 3"), "{list}");
    let editor = text(&world.get("/subscriptions/floods").await);
    assert!(editor.contains("wirefold.toml:14") && !editor.contains(">Save<"), "{editor}");
    let removed = post(&world, "/subscriptions/floods/remove", "").await;
    assert_eq!(removed.status, 409);
    assert!(
        text(&removed).contains("Not done: subscription floods is defined by wirefold.toml:14")
    );
    let form = format!("id=floods&name=Floods&query=x&{USUAL}");
    assert_eq!(post(&world, "/subscriptions", &form).await.status, 422);
    let muted = post(&world, "/subscriptions/floods/mute", "for=1h").await;
    assert_eq!(muted.status, 303, "it can be muted all the same");
}

#[tokio::test]
async fn no_other_site_can_send_these_forms() {
    let world = World::new().await;
    let paths = [
        "/subscriptions",
        "/subscriptions/preview",
        "/fragments/preview",
        "/subscriptions/restore",
        "/subscriptions/x/mute",
        "/subscriptions/x/unmute",
        "/subscriptions/x/remove",
    ];
    for path in paths {
        for origin in [None, Some("http://evil.example"), Some("null"), Some("http://127.0.0.1:9")]
        {
            let answer = send(&world, origin, path, "for=1h").await;
            assert_eq!(answer.status, 403, "{path} from {origin:?}");
        }
        let rebound = Request::post(path)
            .header("host", "rebound.example")
            .header("origin", "http://rebound.example");
        let rebound = world.send(Access::Network, rebound.body(Body::empty()).unwrap()).await;
        assert_eq!(rebound.status, 421, "{path}");
        let mut plain = request(Method::POST, path, Body::empty());
        plain.headers_mut().insert(header::ORIGIN, OWN.parse().unwrap());
        assert_eq!(world.send(Access::Network, plain).await.status, 415, "{path}");
    }
    assert_eq!(post(&world, "/subscriptions/x/mute", "for=1h").await.status, 404);
    let policy = world.get("/subscriptions").await;
    assert_eq!(policy.headers["referrer-policy"], "same-origin", "or browsers send `Origin: null`");
}

#[tokio::test]
async fn a_delivery_is_added_changed_and_removed_on_the_page_and_by_programs() {
    let world = World::new().await;
    let form =
        "name=ann&kind=ntfy&url=https%3A%2F%2Fntfy.example%2Fa&secret=geheim&to=&from=&user=";
    let saved = followed(&world, &post(&world, "/deliveries", form).await).await;
    for part in ["<b>ann</b> is saved", "action=\"/deliveries/ann/remove\""] {
        assert!(saved.contains(part), "{part}: {saved}");
    }
    assert!(!saved.contains("geheim") && !saved.contains("ntfy.example"), "{saved}");
    let list: DeliveryList = world.get("/api/v1/deliveries").await.shape();
    let ann = list.deliveries.iter().find(|it| it.name == "ann").and_then(|it| it.added.clone());
    assert_eq!(ann.map(|it| (it.kind, it.url, it.secret)), Some(("ntfy".to_owned(), None, None)));
    let incomplete = post(&world, "/deliveries", "name=ben&kind=ntfy&url=").await;
    assert!(incomplete.status == 422 && text(&incomplete).contains("it needs `url`"));
    let strange = send(&world, Some("https://strange.example"), "/deliveries", form).await;
    assert_eq!(strange.status, 403);

    // The settings define `desk`, and a subscription names `ann`.
    let of_settings = json!({"name": "desk", "kind": "ntfy", "url": "https://ntfy.example/b"});
    let managed = world.post("/api/v1/deliveries", &of_settings).await;
    assert_eq!(
        (managed.status.as_u16(), &managed.json()["type"]),
        (409, &"urn:wirefold:problem:managed".into())
    );
    assert_eq!(post(&world, "/deliveries/desk/remove", "").await.status, 409);
    post(&world, "/subscriptions", &format!("name=Tides&query=tide&{USUAL}&deliveries=ann")).await;
    let named = post(&world, "/deliveries/ann/remove", "").await;
    assert!(named.status == 409 && text(&named).contains("these subscriptions send to it: tides"));
    post(&world, "/subscriptions/tides/remove", "").await;
    let removed = followed(&world, &post(&world, "/deliveries/ann/remove", "").await).await;
    assert!(
        removed.contains("<b>ann</b> is removed") && !removed.contains("/deliveries/ann/"),
        "{removed}"
    );
    let gone = request(Method::DELETE, "/api/v1/deliveries/ann", Body::empty());
    assert_eq!(world.send(Access::Network, gone).await.status, 404);
}

#[tokio::test]
async fn deliveries_are_listed_and_tested() {
    let world = World::new().await;
    post(&world, "/subscriptions", &format!("name=Tides&query=tide&{USUAL}&deliveries=desk")).await;
    let list: DeliveryList = world.get("/api/v1/deliveries").await.shape();
    let found: Vec<(&str, usize)> =
        list.deliveries.iter().map(|it| (&*it.name, it.subscriptions.len())).collect();
    assert_eq!(found, [("desk", 1), ("phone", 0)]);
    let page = text(&world.get("/subscriptions").await);
    assert!(
        page.contains("action=\"/deliveries/desk/test\"")
            && page.contains("no subscription names it")
    );
    let tested = followed(&world, &post(&world, "/deliveries/desk/test", "").await).await;
    assert!(tested.contains("<b>desk</b> accepted the sample"), "{tested}");
    let busy = post(&world, "/deliveries/phone/test", "").await;
    assert_eq!(busy.status, 422);
    assert!(text(&busy).contains("phone did not accept the sample: 503 &lt;busy&gt;"));
    assert_eq!(post(&world, "/deliveries/nobody/test", "").await.status, 404);
    let strange = send(&world, Some("https://strange.example"), "/deliveries/desk/test", "").await;
    assert_eq!(strange.status, 403);
}
