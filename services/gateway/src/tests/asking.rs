//! Requests for events, stories, articles and comparisons.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, header};
use serde_json::json;
use wirefold_flow::Position;
use wirefold_proto::{ArticleEnriched, Class, FoundBy, Language, StoryChange, StoryId, Target};

use super::samples::{article, begin, event, forgotten, id, story};
use super::world::{Answer, World, enriched, request};
use crate::Access;
use crate::projection::{Batch, Change};
use crate::shapes::{
    ArticleDetail, ArticleList, Comparison, Event, EventPage, Relation, Statements, Status, Story,
    StoryPage,
};

#[tokio::test]
async fn events_nest_their_stories_and_stories_their_articles() {
    let world = World::new().await;
    let articles = [article(1, 1, 1), article(2, 1, 1), article(3, 3, 1), article(4, 4, 4)];
    world.publish_articles(&articles).await;
    let page: EventPage = world.get("/api/v1/events").await.shape();
    let ids: Vec<_> = page.events.iter().map(|event| event.id).collect();
    assert_eq!(ids, [event(4), event(1)], "the last changed first");
    assert_eq!((page.sequence, page.next), (4, None));
    let brief = &page.events[1];
    assert_eq!((brief.story_count, brief.articles, brief.outlets), (2, 3, 3));
    assert_eq!(brief.stories[0].copies, 1);
    let whole: Event = world.get(&format!("/api/v1/events/{}", event(1))).await.shape();
    assert_eq!(whole.stories.iter().map(|story| story.articles.len()).sum::<usize>(), 3);
    let one: Story = world.get(&format!("/api/v1/stories/{}", story(1))).await.shape();
    assert_eq!(one.articles[1].id, id(2));
    assert_eq!(one.story.title, "Ferry number 1 sails");
}

#[tokio::test]
async fn pages_follow_each_other_without_a_gap() {
    let world = World::new().await;
    let articles: Vec<_> = (1..=25).map(|number| article(number, number, number)).collect();
    world.publish_articles(&articles).await;
    for list in ["events", "stories"] {
        let mut seen = BTreeSet::new();
        let mut path = format!("/api/v1/{list}?limit=7");
        for rows in [7, 7, 7, 4] {
            let page = world.get(&path).await.json();
            let ids = page[list].as_array().unwrap();
            assert_eq!(ids.len(), rows);
            seen.extend(ids.iter().map(|row| row["id"].as_str().unwrap().to_owned()));
            let next = page["next"].as_str().unwrap_or_default();
            path = format!("/api/v1/{list}?limit=7&cursor={next}");
        }
        assert_eq!(seen.len(), 25, "{list}");
    }
    assert_eq!(world.get("/api/v1/events?cursor=nonsense").await.status, 400);
    assert_eq!(world.get("/api/v1/events?limit=x").await.status, 400);
    assert_eq!(world.get("/api/v1/events?lmit=7").await.status, 400);
}

#[tokio::test]
async fn words_find_events() {
    let world = World::new().await;
    let mut named = article(2, 2, 2);
    named.article.title = "Zürich harbour closes \"for good\"".to_owned();
    named.findings.entities = ["EU", "Ada Quill"]
        .map(|name| {
            let key = if name == "EU" { "european union" } else { "ada quill" };
            let found = serde_json::json!({
                "kind": "organisation", "name": name, "key": key, "count": 1, "how": "list"
            });
            serde_json::from_value(found).unwrap()
        })
        .to_vec();
    world.publish_articles(&[article(1, 1, 1), named]).await;
    for (words, expected) in [
        ("zurich", vec![event(2)]),
        ("HARBOUR%20clos", vec![event(2)]),
        ("sails", vec![event(1)]),
        ("ferry", vec![event(2), event(1)]),
        ("sails%20harbour", vec![]),
        ("%22%2A%28", vec![]),
        ("example", vec![event(2), event(1)]),
        ("eu", vec![event(2)]),
        ("union%20european", vec![event(2)]),
        ("quill", vec![event(2)]),
    ] {
        let page: EventPage = world.get(&format!("/api/v1/events?q={words}")).await.shape();
        let found: Vec<_> = page.events.iter().map(|event| event.id).collect();
        assert_eq!(found, expected, "{words}");
    }
}

#[tokio::test]
async fn words_of_the_text_are_found_in_every_script() {
    let texts = [
        (1, "Dockers of Łódź walked out. They block the ferry, said Cœur & Søn."),
        (2, "港闸今晨关闭，渡轮停航。"),
        (3, "Самолёт сел в Ёлкино. Η ΑΠΕΡΓΙΑ συνεχίζεται."),
        (4, "항구에서 폭설로 여객선이 지연되었다. น้ำท่วมท่าเรือ"),
    ];
    let world = World::new().await;
    let mut last = 0;
    for (number, text) in texts {
        let mut article = article(number, number, number);
        article.article.title = "Untitled".to_owned();
        let stored = ArticleEnriched { text: text.to_owned(), ..enriched(&article) };
        article.input.enriched = world.publish(&stored).await;
        last = world.publish(&article).await;
    }
    world.until_shown(last).await;
    for (words, expected) in [
        ("lodz ferry", 1),
        ("coeur son", 1),
        ("渡轮", 2),
        ("самолет", 3),
        ("απεργια елкин", 3),
        ("폭설 여객선", 4),
        ("ท่าเรือ", 4),
    ] {
        let encoded: String = words.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let page: EventPage = world.get(&format!("/api/v1/events?q={encoded}")).await.shape();
        let found: Vec<_> = page.events.iter().map(|event| event.id).collect();
        assert_eq!(found, [event(expected)], "{words}");
    }
    // The end of one sentence and the beginning of the next are no word.
    let across: String = "闭渡".bytes().map(|byte| format!("%{byte:02X}")).collect();
    let page: EventPage = world.get(&format!("/api/v1/events?q={across}")).await.shape();
    assert_eq!(page.events.len(), 0);
}

#[tokio::test]
async fn stories_are_found_by_outlet_language_time_and_outlets() {
    let world = World::new().await;
    let mut third = article(3, 3, 3);
    let tag = "en-gb".parse().unwrap();
    third.findings.language = Some(Language { tag, how: FoundBy::Declared });
    world.publish_articles(&[article(1, 1, 1), article(2, 1, 1), third]).await;
    world.until_shown(3).await;
    let found = async |query: &str| -> Vec<StoryId> {
        let page: StoryPage = world.get(&format!("/api/v1/stories?{query}")).await.shape();
        page.stories.iter().map(|found| found.id).collect()
    };
    assert_eq!(found("").await, [story(3), story(1)]);
    let of_first = article(1, 1, 1).article.outlet;
    assert_eq!(found(&format!("outlet={of_first}")).await, [story(1)]);
    assert_eq!(found("outlet=nobody.example").await, []);
    assert_eq!(found("min_outlets=2").await, [story(1)]);
    let seen = article(3, 3, 3).article.seen;
    assert_eq!(found(&format!("since={seen}")).await, [story(3)]);
    for language in ["en", "en-gb"] {
        assert_eq!(found(&format!("language={language}")).await, [story(3)]);
    }
    assert_eq!(found("language=e").await, []);
    assert_eq!(world.get("/api/v1/stories?since=soon").await.status, 400);
}

#[tokio::test]
async fn first_digits_stand_for_an_id() {
    let world = World::new().await;
    let articles: Vec<_> = (1..=3).map(|number| article(number, number, number)).collect();
    world.publish_articles(&articles).await;
    let whole = id(2).to_string();
    for given in [&whole[..], &whole[..8], &whole[2..8]] {
        let detail: ArticleDetail = world.get(&format!("/api/v1/articles/{given}")).await.shape();
        assert_eq!(detail.output.id, id(2), "{given}");
    }
    assert_eq!(world.get("/api/v1/articles/zzzzzz").await.status, 404);
    assert_eq!(world.get("/api/v1/articles/a-0").await.status, 400);
    let missing = world.get("/api/v1/nothing").await;
    assert_eq!((missing.status.as_u16(), missing.json()["status"].clone()), (404, json!(404)));
    assert_eq!(world.get("/api/v1/compare?a=zzzzzz&b=zzzzzz").await.status, 404);
}

#[tokio::test]
async fn a_bad_id_is_refused_with_its_reason() {
    let world = World::new().await;
    world.publish_articles(&[article(1, 1, 1)]).await;
    for (list, name) in [("articles", "article"), ("stories", "story"), ("events", "event")] {
        for (given, status, detail) in [
            ("x-nonsense", 404, format!("no {name} \"x-nonsense\"")),
            ("zz", 400, "\"zz\" is too short: an id or 6 of its digits".to_owned()),
        ] {
            let answer = world.get(&format!("/api/v1/{list}/{given}")).await;
            assert_eq!(
                (answer.status.as_u16(), &answer.json()["detail"]),
                (status, &json!(detail))
            );
        }
    }
    for page in ["/events/x-nonsense", "/stories/zz"] {
        assert_eq!(world.get(page).await.status, 404, "{page}");
    }
}

#[tokio::test]
async fn an_ambiguous_prefix_names_its_candidates() {
    let world = World::new().await;
    let digits = "0".repeat(20);
    let ids = ["000001", "000002"].map(|end| format!("{digits}{end}"));
    let alike = ids.clone().map(|id| {
        let mut alike = article(1, 1, 1);
        alike.id = format!("a-{id}").parse().unwrap();
        alike
    });
    world.publish_articles(&alike).await;
    let answer = world.get("/api/v1/articles/000000").await;
    assert_eq!(answer.status, 409);
    let expected = ids.map(|id| format!("a-{id}"));
    assert_eq!(answer.json()["candidates"], json!(expected));
}

#[tokio::test]
async fn an_id_that_was_merged_away_leads_to_what_it_became() {
    let world = World::new().await;
    world.publish_articles(&[article(1, 1, 1), article(2, 2, 2)]).await;
    let merged = |from: Target, into: Target| StoryChange::Merged { from, into, links: vec![] };
    let stories = merged(Target::Story(story(2)), Target::Story(story(1)));
    let events = merged(Target::Event(event(2)), Target::Event(event(1)));
    let last = world.publish_forgotten(&forgotten(3, vec![stories, events])).await;
    world.until_shown(last).await;
    let found: Story = world.get(&format!("/api/v1/stories/{}", story(2))).await.shape();
    assert_eq!((found.story.id, found.articles.len()), (story(1), 2));
    let whole: Event = world.get(&format!("/api/v1/events/{}", event(2))).await.shape();
    assert_eq!((whole.event.id, whole.event.articles), (event(1), 2));
    let page: StoryPage = world.get("/api/v1/stories").await.shape();
    assert_eq!(page.stories.len(), 1);
}

#[tokio::test]
async fn text_goes_out_as_the_policy_says_and_in_full_over_the_socket() {
    let world = World::new().await;
    world.publish_articles(&[article(1, 1, 1)]).await;
    let path = format!("/api/v1/articles/{}", id(1));
    let lead: ArticleDetail = world.get(&path).await.shape();
    assert_eq!(lead.output.text.unwrap().split_whitespace().count(), 60);
    let whole = world.send(Access::Socket, request(Method::GET, &path, Body::empty())).await;
    let whole: ArticleDetail = whole.shape();
    assert_eq!(whole.output.text.unwrap().split_whitespace().count(), 240);
}

#[tokio::test]
async fn articles_are_found_by_their_link() {
    let world = World::new().await;
    world.publish_articles(&[article(1, 1, 1)]).await;
    for link in [
        "https://outlet1.example/1",
        "https://outlet1.example/1?from=feed",
        "https://www.OUTLET1.example/1?utm_source=x",
    ] {
        let found: ArticleList = world.get(&format!("/api/v1/articles?url={link}")).await.shape();
        assert_eq!(found.articles[0].id, id(1));
    }
    assert_eq!(world.get("/api/v1/articles?url=https://outlet1.example/2").await.status, 404);
}

#[tokio::test]
async fn an_unchanged_answer_is_not_sent_again() {
    let world = World::new().await;
    world.publish_articles(&[article(1, 1, 1)]).await;
    for path in ["/api/v1/events", "/api/v1/stories", "/feeds/all.atom", "/feeds/all.json"] {
        let first = world.get(path).await;
        let tag = first.headers[header::ETAG].clone();
        let mut again = request(Method::GET, path, Body::empty());
        again.headers_mut().insert(header::IF_NONE_MATCH, tag.clone());
        let again = world.send(Access::Network, again).await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{path}");
        assert_eq!(again.headers[header::ETAG], tag, "{path}");
    }
    let tag = async |path| world.get(path).await.headers[header::ETAG].clone();
    let paths = ["/api/v1/events", "/feeds/all.atom", "/feeds/all.json"];
    let before = [tag(paths[0]).await, tag(paths[1]).await, tag(paths[2]).await];
    world.publish_articles(&[article(2, 1, 1)]).await;
    for (path, old) in paths.into_iter().zip(before) {
        assert_ne!(tag(path).await, old, "{path}");
    }
    let mut absent = request(Method::GET, "/feeds/none.atom", Body::empty());
    absent.headers_mut().insert(header::IF_NONE_MATCH, "*".parse().unwrap());
    assert_eq!(world.send(Access::Network, absent).await.status, 404);
}

#[tokio::test]
async fn stored_articles_are_compared() {
    let world = World::new().await;
    world.publish_articles(&[article(1, 1, 1), article(2, 1, 1), article(3, 3, 3)]).await;
    let compare = async |a: String, b: String| -> Comparison {
        world.get(&format!("/api/v1/compare?a={a}&b={b}")).await.shape()
    };
    let same = compare(id(1).to_string(), "https://outlet2.example/2".to_owned()).await;
    assert_eq!((same.stored, same.a.id), (Some(Relation::SameStory), Some(id(1))));
    assert!(same.longest > 5, "{}", same.longest);
    let other = compare(story(1).to_string(), id(3).to_string()[2..12].to_owned()).await;
    assert_eq!(other.stored, Some(Relation::Unrelated));
}

#[tokio::test]
async fn given_texts_are_compared() {
    let world = World::new().await;
    let text = "The council of the small river town voted on Monday to close the old bridge, \
        which engineers had called unsafe, until a new one is built beside it next summer. "
        .repeat(3);
    let body = json!({"a": {"text": text}, "b": {"text": format!("In short. {text}")}});
    let found: Comparison = world.post("/api/v1/compare", &body).await.shape();
    assert_eq!((found.relation, found.stored), (Relation::SameStory, None));
    let long = json!({"a": {"text": "x".repeat(600_000)}, "b": {"text": "y"}});
    assert_eq!(world.post("/api/v1/compare", &long).await.status, 413);
    let unknown = json!({"a": {"text": "x", "txet": 1}, "b": {"text": "y"}});
    assert_eq!(world.post("/api/v1/compare", &unknown).await.status, 400);
}

#[tokio::test]
async fn the_status_counts_the_last_hour() {
    let world = World::new().await;
    world.publish_articles(&[article(1, 1, 1), article(2, 1, 1), article(50, 50, 50)]).await;
    let status: Status = world.get("/api/v1/status").await.shape();
    let hour = &status.hour;
    assert_eq!((hour.articles, hour.stories, hour.events, hour.copies), (3, 2, 2, 1));
    assert_eq!(hour.share_folded, Some(0.3333));
    // It is an hour after the first article, and the articles of minutes 1, 2 and 50 came just now.
    assert_eq!(hour.fetch_to_fold_ms, Some(58 * 60_000));
    world.clock.advance(Duration::from_mins(30));
    let later: Status = world.get("/api/v1/status").await.shape();
    assert_eq!((later.hour.articles, later.articles, later.lag), (1, 3, 0));
}

#[tokio::test]
async fn it_says_whether_it_is_well() {
    let mut world = World::new().await;
    assert_eq!(world.get("/healthz").await.body, b"ok\n");
    assert_eq!(world.get("/readyz").await.status, 200);
    world.stop().await;
    for number in 1..=1_001 {
        world.publish(&article(number, number, number)).await;
    }
    assert_eq!(world.get("/readyz").await.status, 503);
    assert_eq!(world.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn an_article_whose_record_expired_is_listed_and_the_answer_says_what_is_missing() {
    let world = World::new().await;
    world.publish_articles(&[article(1, 1, 1)]).await;
    let mut expired = article(2, 1, 1);
    // The output has no message at this sequence.
    expired.input.enriched = 50;
    let (through, changes) = (Position::default(), vec![Change::of(expired, begin())]);
    let batch = Batch { stream: "WF_OUTPUT", through, changes };
    world.gateway.app.projection.apply(batch).await.unwrap();
    let story_found: Story = world.get(&format!("/api/v1/stories/{}", story(1))).await.shape();
    assert_eq!(story_found.articles[1].title, "Ferry number 2 sails");
    let detail = world.get(&format!("/api/v1/articles/{}", id(2))).await;
    assert_eq!(detail.status, 410);
    assert!(detail.json()["detail"].as_str().unwrap().contains("has expired"));
    let path = format!("/api/v1/events/{}/statements", event(1));
    assert_eq!(world.get(&path).await.shape::<Statements>().unread_articles, 1);
    let page = String::from_utf8(world.get(&format!("/events/{}", event(1))).await.body).unwrap();
    assert!(page.contains("1\u{a0}article is not in these lists"), "{page}");
}

#[tokio::test]
async fn a_headline_is_that_of_the_newest_version_of_the_lead() {
    let world = World::new().await;
    let first = article(1, 1, 1);
    let version = |number: u64, title: &str| {
        let mut version = article(number, 1, 1);
        (version.verdict.class, version.verdict.kind) = (Class::Version, None);
        version.article.item_key.clone_from(&first.article.item_key);
        version.article.outlet = first.article.outlet.clone();
        version.article.title = title.to_owned();
        version
    };
    let second = version(2, "Two ferries sail");
    let third = version(3, "Three ferries sail");
    world.publish_articles(&[first.clone(), second, third, article(4, 1, 1)]).await;
    let of = |page: Answer| String::from_utf8_lossy(&page.body).into_owned();
    for path in ["/api/v1/events", "/api/v1/stories", "/feeds/all.json"] {
        let shown = world.get(path).await.json();
        let list = ["events", "stories", "items"].iter().find_map(|list| shown.get(list));
        assert_eq!(list.unwrap()[0]["title"], "Three ferries sail", "{path}");
    }
    let entry = world.get("/feeds/all.json").await.json()["items"][0].to_string();
    assert!(entry.contains("1 more article of this story"), "{entry}");
    assert!(of(world.get("/").await).contains("Three ferries sail"));
    for path in [format!("/events/{}", event(1)), format!("/stories/{}", story(1))] {
        let page = of(world.get(&path).await);
        assert!(page.contains("Three ferries sail</h1>"), "{page}");
        assert!(page.contains(&format!("was: {}", first.article.title)), "{page}");
    }
}
