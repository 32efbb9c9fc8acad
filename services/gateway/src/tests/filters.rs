//! The filters of lists: the same for events, stories, alerts, feeds and the page.

use jiff::Timestamp;
use wirefold_proto::{
    Agency, AgencyHow, Alert, Confidence, FeedRecord, FoundBy, Language, Target, decode, encode,
};

use super::samples::{article, event, id, story};
use super::world::{DEADLINE, World};

const ALERT: &[u8] = include_bytes!("../../../../proto/samples/wirefold.alert.2.new.json");
const FEED: &[u8] = include_bytes!("../../../../proto/samples/wirefold.feed.2.json");

/// Two events, each with an alert. Of the first, one article has an agency, and one comes through a feed in a group.
/// The second has two outlets, three origins and another language.
async fn world() -> World {
    let world = World::new().await;
    let mut first = article(1, 1, 1);
    first.verdict.agency = Some(Agency {
        name: "AP".to_owned(),
        how: AgencyHow::Credited,
        confidence: Confidence::Certainly,
        evidence: Vec::new(),
    });
    first.article.title = "Łódź rises".to_owned();
    let (mut third, mut fifth) = (article(3, 3, 3), article(5, 3, 3));
    for late in [&mut third, &mut fifth] {
        let tag = "en-gb".parse().unwrap();
        late.findings.language = Some(Language { tag, how: FoundBy::Declared });
        late.event_state.origins = 3;
    }
    world.publish_articles(&[first, third, fifth]).await;
    let mut record: FeedRecord = decode(FEED).unwrap();
    record.feed.id = "feed1".parse().unwrap();
    record.feed.group = Some("Ports".to_owned());
    let bucket = world.bus.key_value("wf_feeds").unwrap();
    bucket.put("feed.feed1", encode(&record).unwrap().into()).await.unwrap();
    for (number, subscription) in [(1, "floods"), (3, "storms")] {
        let mut alert: Alert = decode(ALERT).unwrap();
        alert.subscription = subscription.parse().unwrap();
        alert.id.subscription = alert.subscription.clone();
        alert.target = match number {
            1 => Target::Event(event(number)),
            _ => Target::Story(story(number)),
        };
        alert.id.target = alert.target;
        alert.at = article(number, 1, 1).article.seen;
        alert.articles.truncate(1);
        alert.articles[0].id = id(number);
        world.publish(&alert).await;
    }
    let shown = async {
        while world.gateway.app.projection.reached("WF_ALERTS").await.unwrap().sequence < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, shown).await.unwrap();
    world
}

/// The numbers of the events that each list has for a query.
async fn found(world: &World, query: &str) -> [Vec<u64>; 5] {
    let numbers = |text: String, of: &dyn Fn(u64) -> String| {
        [1, 3].into_iter().filter(|number| text.contains(&of(*number))).collect()
    };
    let text = async |path: &str| {
        let answer = world.get(&format!("{path}?{query}")).await;
        assert_eq!(answer.status, 200, "{path}?{query}");
        String::from_utf8(answer.body).unwrap()
    };
    let in_alerts = |number| match number {
        1 => format!("\"target\":\"{}\"", event(number)),
        _ => format!("\"target\":\"{}\"", story(number)),
    };
    [
        numbers(text("/api/v1/events").await, &|number| event(number).to_string()),
        numbers(text("/api/v1/stories").await, &|number| story(number).to_string()),
        numbers(text("/api/v1/alerts").await, &in_alerts),
        numbers(text("/feeds/query.atom").await, &|number| story(number).to_string()),
        numbers(text("/").await, &|number| format!("id=\"{}\"", event(number))),
    ]
}

#[tokio::test]
async fn each_filter_has_the_same_meaning_in_each_list() {
    let world = world().await;
    let seen: Timestamp = article(3, 3, 3).article.seen;
    let cases: &[(String, &[u64])] = &[
        (String::new(), &[1, 3]),
        ("q=lodz".to_owned(), &[1]),
        ("q=ferry+number".to_owned(), &[3]),
        ("q=%22".to_owned(), &[]),
        ("subscription=floods".to_owned(), &[1]),
        ("subscription=STORMS".to_owned(), &[3]),
        ("outlet=outlet1.example".to_owned(), &[1]),
        ("outlet=Outlet5.example".to_owned(), &[3]),
        ("language=en-gb".to_owned(), &[3]),
        ("lang=en-gb".to_owned(), &[3]),
        ("agency=ap".to_owned(), &[1]),
        ("agency=dpa".to_owned(), &[]),
        ("group=ports".to_owned(), &[1]),
        ("group=others".to_owned(), &[]),
        ("min_outlets=2".to_owned(), &[3]),
        ("min_origins=3".to_owned(), &[3]),
        (format!("since={seen}"), &[3]),
        (format!("until={seen}"), &[1]),
        ("since=2026-03-01&until=2026-03-02".to_owned(), &[1, 3]),
        ("since=2026-03-02".to_owned(), &[]),
        (format!("q=ferry&until={seen}"), &[1]),
        ("agency=AP&group=Ports&q=rises&language=en".to_owned(), &[]),
    ];
    for (query, expected) in cases {
        assert_eq!(found(&world, query).await, [(); 5].map(|()| expected.to_vec()), "{query}");
    }
}

#[tokio::test]
async fn a_wrong_filter_is_refused_with_its_name() {
    let world = World::new().await;
    for path in ["/api/v1/events", "/api/v1/stories", "/api/v1/alerts"] {
        for (query, name) in [
            ("since=soon", "`since`: write a day"),
            ("min_origins=-1", "`min_origins`: "),
            ("sort=size", "`sort`: "),
            ("cursor=nonsense", "`cursor`: "),
            ("limi=7", "`limi`: unknown field"),
        ] {
            let answer = world.get(&format!("{path}?{query}")).await;
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert_eq!(answer.status, 400, "{path}?{query}");
            assert!(detail.starts_with(name), "{detail}");
        }
    }
    let page = world.get("/?since=soon").await;
    assert_eq!(page.status, 422);
    assert!(String::from_utf8(page.body).unwrap().contains("`since`: "));
}
