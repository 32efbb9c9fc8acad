//! Reader apps, with the requests that they send.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::Value;
use wirefold_proto::{FeedRecord, decode, encode, streams};

use super::samples::{article, begin, story};
use super::world::{Answer, World};
use crate::Access;
use crate::tokens::{Kind, Scope, TokenFile};

const FEED: &[u8] = include_bytes!("../../../../proto/samples/wirefold.feed.2.json");
const API: &str = "/api/greader.php";
pub(super) const READ: &str = "user/-/state/com.google/read";
pub(super) const ALL: &str = "user/-/state/com.google/reading-list";

/// An app that is logged in.
pub(super) struct App<'a> {
    world: &'a World,
    auth: String,
}

impl<'a> App<'a> {
    pub(super) async fn of(world: &'a World, password: &str) -> Self {
        let answer = login(world, password).await;
        assert_eq!(answer.status, 200);
        let text = String::from_utf8(answer.body).unwrap();
        let auth = text.lines().find_map(|line| line.strip_prefix("Auth="));
        Self { world, auth: auth.unwrap().to_owned() }
    }

    async fn send(&self, method: Method, path: &str, body: String) -> Answer {
        let request = plain(method, &format!("/reader/api/0/{path}"))
            .header(header::AUTHORIZATION, format!("GoogleLogin auth={}", self.auth));
        self.world.send(Access::Network, request.body(Body::from(body)).unwrap()).await
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.send(Method::GET, path, String::new()).await;
        assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
        answer.json()
    }

    pub(super) async fn post(&self, path: &str, body: String) {
        let answer = self.send(Method::POST, path, body).await;
        assert_eq!((answer.status.as_u16(), &*answer.body), (200, &b"OK"[..]), "{path}");
    }

    /// The titles of a stream, without `Ferry number` and `sails`.
    pub(super) async fn titles(&self, stream: &str) -> Vec<String> {
        titles(&self.get(&format!("stream/contents/{stream}")).await)
    }

    /// Ids as NetNewsWire asks for them, with the number of its own story that each has.
    async fn ids(&self, query: &str) -> (Vec<u64>, Option<String>) {
        let found = self.get(&format!("stream/items/ids?output=json&{query}")).await;
        let ids = found["itemRefs"].as_array().unwrap().iter();
        let ids = ids.map(|id| id["id"].as_str().unwrap().parse::<u64>().unwrap());
        let known = |id| (1..100).find(|it| number(*it) == id).unwrap();
        (ids.map(known).collect(), found["continuation"].as_str().map(str::to_owned))
    }
}

fn plain(method: Method, path: &str) -> axum::http::request::Builder {
    // curl, and so newsboat, calls every body a form.
    Request::builder()
        .method(method)
        .uri(format!("{API}{path}"))
        .header(header::HOST, "127.0.0.1:8787")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
}

async fn login(world: &World, password: &str) -> Answer {
    let body = format!(
        "service=reader&Email=ana&Passwd={password}&source=newsboat%2F2.36.0&accountType=HOSTED_OR_GOOGLE\
         &continue=http://www.google.com/"
    );
    let request = plain(Method::POST, "/accounts/ClientLogin");
    world.send(Access::Network, request.body(Body::from(body)).unwrap()).await
}

pub(super) fn number(of: u64) -> u64 {
    u64::try_from(story(of).to_number() >> 65).unwrap()
}

fn titles(found: &Value) -> Vec<String> {
    let items = found["items"].as_array().unwrap().iter();
    let short = |title: &str| title.replace("Ferry number ", "").replace(" sails", "");
    items.map(|item| short(item["title"].as_str().unwrap())).collect()
}

/// Story 1 of feed 1 with a copy of each feed, and story 3 of a feed that was removed.
async fn fill(world: &World) {
    let bucket = world.bus.key_value(streams::FEEDS.name).unwrap();
    for (id, group) in [("feed1", Some("coast")), ("feed2", None)] {
        let mut record: FeedRecord = decode(FEED).unwrap();
        record.feed.id = id.parse().unwrap();
        record.feed.title = Some(id.to_uppercase());
        record.feed.group = group.map(str::to_owned);
        bucket.put(&format!("feed.{id}"), encode(&record).unwrap().into()).await.unwrap();
    }
    world.publish_articles(&[article(1, 1, 1), article(2, 1, 1), article(8, 1, 1)]).await;
    world.clock.advance(Duration::from_mins(1));
    world.publish_articles(&[article(3, 3, 3)]).await;
}

#[tokio::test]
async fn newsboat_lists_feeds_reads_stories_and_marks_them() {
    let world = World::new().await;
    fill(&world).await;
    let app = App::of(&world, "anything").await;
    let found = app.get("subscription/list?output=json").await;
    let feeds = found["subscriptions"].as_array().unwrap();
    let ids: Vec<_> = feeds.iter().map(|feed| feed["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["feed/-", "feed/feed1", "feed/feed2"]);
    assert_eq!(
        (&feeds[1]["title"], &feeds[1]["categories"][0]["label"]),
        (&"FEED1".into(), &"coast".into())
    );

    let stream = app.get("stream/contents/feed%2Ffeed1?n=20").await;
    let items = stream["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "the copies are folded away");
    let item = &items[0];
    assert_eq!(item["title"], "Ferry number 1 sails");
    assert_eq!(item["canonical"][0]["href"], "https://outlet1.example/1?from=feed");
    assert_eq!(item["origin"]["streamId"], "feed/feed1");
    assert_eq!(item["published"].as_i64(), item["updated"].as_i64().map(|at| at - 7 * 60));
    let html = item["summary"]["content"].as_str().unwrap();
    assert!(
        html.contains("after the storm") && html.contains("https://outlet2.example/2"),
        "{html}"
    );
    assert_eq!(app.titles("feed%2Ffeed2?n=20").await, [""; 0], "its only article is a copy");
    assert_eq!(app.titles("feed%2F-?n=20").await, ["3"]);

    let token = app.send(Method::GET, "token", String::new()).await.body;
    let (token, guid) = (String::from_utf8(token).unwrap(), item["id"].as_str().unwrap());
    assert_eq!(guid, format!("tag:google.com,2005:reader/item/{:016x}", number(1)));
    let kept = "user/-/state/com.google/kept-unread";
    app.post("edit-tag", format!("i={guid}&a={READ}&r={kept}&ac=edit&T={token}")).await;
    app.post("edit-tag", format!("i={guid}&a=user/-/state/com.google/starred&ac=edit&T={token}"))
        .await;
    let marked = &app.get("stream/contents/feed%2Ffeed1?n=20").await["items"][0];
    let tags = [ALL, "user/-/label/coast", READ, "user/-/state/com.google/starred"];
    assert_eq!(marked["categories"], serde_json::json!(tags));
    let unread = format!(
        "i={guid}&r={READ}&a={kept}&a=user/-/state/com.google/tracking-kept-unread&ac=edit&T={token}"
    );
    app.post("edit-tag", unread).await;
    assert_eq!(app.titles(&format!("{ALL}?xt={READ}")).await, ["3", "1"]);
    app.post("mark-all-as-read", format!("s=feed/feed1&T={token}")).await;
    assert_eq!(app.titles(&format!("{ALL}?xt={READ}")).await, ["3"]);
    assert_eq!(app.titles("user/-/state/com.google/starred").await, ["1"]);
}

#[tokio::test]
async fn netnewswire_asks_for_ids_then_for_stories() {
    let world = World::new().await;
    fill(&world).await;
    let app = App::of(&world, "anything").await;
    let tags = app.get("tag/list?output=json").await;
    assert_eq!(tags["tags"][1]["id"], "user/-/label/coast");
    let between = begin().0 / 1000 + 3600 + 30;
    for (since, expected) in [(0, vec![3, 1]), (between, vec![3])] {
        let query = format!("ot={since}.125&n=10000&xt={READ}&s={ALL}");
        assert_eq!(app.ids(&query).await, (expected, None));
    }
    let (one, three) = (number(1), number(3));
    let wanted = format!("T=x&output=json&i={one:x}&i={three:x}&i=ffff&i=odd");
    let found = app.send(Method::POST, "stream/items/contents", wanted).await.json();
    assert_eq!(titles(&found), ["3", "1"]);
    // In all forms in which apps write an id.
    for id in [
        format!("{one:016x}"),
        one.to_string(),
        format!("tag:google.com,2005:reader/item/{one:016x}"),
    ] {
        app.post("edit-tag", format!("T=x&i={id}&a={READ}")).await;
        let counts = app.get("unread-count?output=json").await["unreadcounts"].clone();
        let counts = counts.as_array().unwrap().iter();
        let count =
            |it: &Value| (it["id"].as_str().unwrap().to_owned(), it["count"].as_u64().unwrap());
        let expected = [
            (ALL, 1),
            ("feed/-", 1),
            ("feed/feed1", 0),
            ("feed/feed2", 0),
            ("user/-/label/coast", 0),
        ];
        let expected = expected.map(|(of, unread)| (of.to_owned(), unread));
        assert_eq!(counts.map(count).collect::<Vec<_>>(), expected, "{id}");
        app.post("edit-tag", format!("T=x&i={id}&r={READ}")).await;
    }
}

#[tokio::test]
async fn streams_are_read_page_by_page_and_by_time() {
    let world = World::new().await;
    // One a minute; readers see the newest twenty in tests.
    for it in 1..=25 {
        world.publish_articles(&[article(it, it, it)]).await;
        world.clock.advance(Duration::from_mins(1));
    }
    let app = App::of(&world, "anything").await;
    let second = |minute: u64| begin().0 / 1000 + 3600 + minute * 60;
    for (query, pages) in [
        (
            "n=8",
            [
                &[25, 24, 23, 22, 21, 20, 19, 18][..],
                &[17, 16, 15, 14, 13, 12, 11, 10],
                &[9, 8, 7, 6],
            ],
        ),
        (
            "n=8&r=o",
            [&[6, 7, 8, 9, 10, 11, 12, 13], &[14, 15, 16, 17, 18, 19, 20, 21], &[22, 23, 24, 25]],
        ),
    ] {
        let mut next = Some(String::new());
        for expected in pages {
            let page = app.ids(&format!("s={ALL}&{query}&c={}", next.unwrap())).await;
            assert_eq!(page.0, expected, "{query}");
            next = page.1;
        }
        assert_eq!(next, None, "{query}");
    }
    let (from, until) = (second(20), second(22));
    assert_eq!(app.ids(&format!("s={ALL}&ot={from}&nt={until}")).await.0, [23, 22, 21]);
    // Stories that came while the app was open stay unread.
    app.post("mark-all-as-read", format!("s={ALL}&ts={until}000000")).await;
    assert_eq!(app.ids(&format!("s={ALL}&xt={READ}")).await.0, [25, 24]);
    assert_eq!(app.ids(&format!("s={READ}&n=2")).await.0, [23, 22]);
    // A star keeps a story in sight.
    let (six, star) = (number(6), "user/-/state/com.google/starred");
    app.post("edit-tag", format!("i={six}&a={star}")).await;
    world.publish_articles(&[article(26, 26, 26)]).await;
    assert_eq!(app.ids(&format!("s={star}")).await.0, [6]);
    assert_eq!(app.ids(&format!("s={ALL}&r=o&n=2")).await.0, [6, 7]);
}

#[tokio::test]
async fn each_token_has_its_own_marks_and_opens_nothing_to_pages_of_others() {
    let world = World::with_tokens(None).await;
    fill(&world).await;
    let tokens = TokenFile::new(world.folder.path());
    let make =
        |name, scope| tokens.add(name, Kind::Token, scope, None, world.gateway.app.now()).unwrap();
    let (phone, desk) = (make("phone", Scope::Feeds), make("desk", Scope::Full));
    assert_eq!(login(&world, "wft_wrong").await.status, 401);
    let (ana, ben) = (App::of(&world, &phone).await, App::of(&world, &desk).await);
    let unread = format!("{ALL}?xt={READ}");
    let (one, three) = (format!("i={}&a={READ}", number(1)), format!("i={}&a={READ}", number(3)));
    tokio::join!(ana.post("edit-tag", one), ana.post("edit-tag", three));
    assert_eq!(ana.titles(&unread).await, [""; 0]);
    assert_eq!(ben.titles(&unread).await, ["3", "1"]);
    assert_eq!(ana.get("user-info").await["userName"], "phone");
    let text =
        String::from_utf8(ana.send(Method::GET, "subscription/list", String::new()).await.body);
    assert!(!text.unwrap().contains("harbour.example"), "addresses of feeds may be secret");
    // A form of a page on another site, with the cookie or the password that the browser has.
    let path = "/reader/api/0/mark-all-as-read";
    let forged = || plain(Method::POST, path);
    let cases = [
        (forged(), 401),
        (forged().header(header::AUTHORIZATION, format!("Bearer {desk}")), 401),
        (forged().header(header::COOKIE, format!("wirefold_session={desk}")), 401),
        (
            forged()
                .header(header::AUTHORIZATION, format!("GoogleLogin auth={desk}"))
                .header(header::ORIGIN, "https://evil.example"),
            403,
        ),
        (forged().header(header::AUTHORIZATION, "GoogleLogin auth=wft_wrong"), 401),
    ];
    for (request, expected) in cases {
        let body = Body::from(format!("s={ALL}"));
        assert_eq!(world.send(Access::Network, request.body(body).unwrap()).await.status, expected);
    }
    assert_eq!(ben.titles(&unread).await, ["3", "1"]);
}

#[tokio::test]
async fn a_demonstration_and_markup_in_titles_are_harmless() {
    let world = World::demo().await;
    let mut evil = article(1, 1, 1);
    evil.article.title = "<script>alert(1)</script>".to_owned();
    evil.article.url = Some("javascript:alert(1)".to_owned());
    world.publish_articles(&[evil]).await;
    let app = App::of(&world, "anything").await;
    let item = &app.get("stream/contents").await["items"][0];
    let text = item.to_string();
    assert!(item["title"].as_str().unwrap().starts_with("DEMO"));
    assert!(!text.contains("<script") && !text.contains("javascript:"), "{text}");
}
