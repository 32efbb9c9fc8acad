//! Feeds for feed readers.

use axum::http::header;
use bytes::Bytes;
use quick_xml::Reader;
use quick_xml::events::Event;
use wirefold_proto::{Alert, FeedRecord, Media, Target, decode, encode};

use super::samples::{article, id, story};
use super::world::{DEADLINE, World};

const ALERT: &[u8] = include_bytes!("../../../../proto/samples/wirefold.alert.2.new.json");
const FEED: &[u8] = include_bytes!("../../../../proto/samples/wirefold.feed.2.json");
const EVIL: &str = "<script>alert('ferry')</script> & \u{1}]]> <b>bold</b>";

/// An element with its attributes and text.
#[derive(Debug, Default)]
struct Element {
    path: String,
    attributes: Vec<(String, String)>,
    text: String,
}

impl Element {
    fn attribute(&self, name: &str) -> &str {
        self.attributes.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }
}

/// Every element of a document. Fails if it is not well formed.
fn parse(bytes: &[u8]) -> Vec<Element> {
    let mut reader = Reader::from_reader(bytes);
    reader.config_mut().expand_empty_elements = true;
    let (mut open, mut done): (Vec<Element>, Vec<Element>) = (Vec::new(), Vec::new());
    let mut buffer = Vec::new();
    loop {
        match reader.read_event_into(&mut buffer).unwrap() {
            Event::Start(start) => {
                let name = start.name().as_ref().to_owned();
                let parent =
                    open.last().map_or(String::new(), |parent| format!("{}/", parent.path));
                let attributes = start.attributes().map(|attribute| {
                    let attribute = attribute.unwrap();
                    let value = quick_xml::escape::unescape(&attribute.value).unwrap();
                    (attribute.key.as_ref().to_owned(), value.into_owned())
                });
                let path = format!("{parent}{name}");
                open.push(Element { path, attributes: attributes.collect(), text: String::new() });
            }
            Event::End(_) => done.push(open.pop().unwrap()),
            Event::Text(text) => {
                let text = quick_xml::escape::unescape(&text).unwrap();
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text);
                }
            }
            Event::GeneralRef(reference) => {
                let text = format!("&{};", &*reference);
                let text = quick_xml::escape::unescape(&text).unwrap().into_owned();
                open.last_mut().unwrap().text.push_str(&text);
            }
            Event::Eof => break,
            _ => {}
        }
        buffer.clear();
    }
    assert!(open.is_empty());
    done
}

fn texts<'a>(elements: &'a [Element], path: &str) -> Vec<&'a str> {
    elements.iter().filter(|e| e.path == path).map(|e| e.text.as_str()).collect()
}

async fn evil_world(world: World) -> World {
    let mut evil = article(1, 1, 1);
    evil.article.title = EVIL.to_owned();
    evil.article.authors = vec!["<i>Rea</i>".to_owned()];
    evil.text = Some(EVIL.to_owned());
    evil.article.media = vec![Media {
        url: "https://outlet1.example/a.mp3?x=1&y=2".to_owned(),
        media_type: Some("audio/mpeg".to_owned()),
        bytes: Some(12),
        title: None,
    }];
    let mut copy = article(2, 1, 1);
    copy.article.title = EVIL.to_owned();
    let mut script = article(3, 3, 3);
    script.article.url = Some("javascript:alert(1)".to_owned());
    world.publish_articles(&[evil, copy, script]).await;
    world
}

#[tokio::test]
async fn atom_has_one_entry_a_story_with_its_copies_inside() {
    let world = evil_world(World::new().await).await;
    let answer = world.get("/feeds/all.atom").await;
    assert_eq!(answer.headers["content-type"], "application/atom+xml; charset=utf-8");
    let elements = parse(&answer.body);
    let ids = texts(&elements, "feed/entry/id");
    let expected = [story(3), story(1)].map(|story| format!("tag:127.0.0.1,2026:story/{story}"));
    assert_eq!(ids, expected);
    // RFC 4287, sections 4.1.1 and 4.1.2: the required parts of a feed and an entry.
    for path in ["feed/id", "feed/title", "feed/updated"] {
        assert_eq!(texts(&elements, path).len(), 1, "{path}");
    }
    for path in ["feed/entry/title", "feed/entry/updated", "feed/entry/author/name"] {
        assert_eq!(texts(&elements, path).len(), 2, "{path}");
    }
    for time in texts(&elements, "feed/entry/updated") {
        time.parse::<jiff::Timestamp>().unwrap();
    }
    let content = texts(&elements, "feed/entry/content")[1];
    assert!(content.contains("https://outlet2.example/2?from=feed"), "{content}");
    let enclosure = elements.iter().find(|e| e.attribute("rel") == "enclosure").unwrap();
    assert_eq!(enclosure.attribute("href"), "https://outlet1.example/a.mp3?x=1&y=2");
}

#[tokio::test]
async fn markup_in_titles_and_texts_stays_text() {
    let world = evil_world(World::new().await).await;
    let atom = world.get("/feeds/all.atom").await.body;
    let elements = parse(&atom);
    let clean = EVIL.replace('\u{1}', "");
    assert_eq!(texts(&elements, "feed/entry/title")[1], clean);
    let json = world.get("/feeds/all.json").await.json();
    assert_eq!(json["items"][1]["title"], EVIL);
    let contents = [
        texts(&elements, "feed/entry/content")[1].to_owned(),
        json["items"][1]["content_html"].as_str().unwrap().to_owned(),
    ];
    for html in contents {
        assert!(!html.contains("<script") && !html.contains("<b>"), "{html}");
        assert!(html.contains("&lt;script&gt;"), "{html}");
    }
    for body in [atom, world.get("/feeds/all.json").await.body] {
        assert!(!String::from_utf8(body).unwrap().contains("javascript:"));
    }
}

#[tokio::test]
async fn json_feed_says_what_it_is() {
    let world = evil_world(World::new().await).await;
    let answer = world.get("/feeds/all.json").await;
    assert_eq!(answer.headers["content-type"], "application/feed+json");
    let json = answer.json();
    assert_eq!(json["version"], "https://jsonfeed.org/version/1.1");
    assert_eq!(json["feed_url"], "http://127.0.0.1:8787/feeds/all.json");
    assert_eq!(json["items"][1]["attachments"][0]["mime_type"], "audio/mpeg");
    assert!(!json["title"].as_str().unwrap().contains("DEMO"));
}

#[tokio::test]
async fn a_demonstration_says_so_in_every_title() {
    let world = evil_world(World::demo().await).await;
    let json = world.get("/feeds/all.json").await.json();
    assert!(json["title"].as_str().unwrap().starts_with("DEMO"));
    for item in json["items"].as_array().unwrap() {
        assert!(item["title"].as_str().unwrap().starts_with("DEMO"));
    }
}

#[tokio::test]
async fn a_feed_goes_out_without_its_copies() {
    let world = World::new().await;
    let record: FeedRecord = decode(FEED).unwrap();
    let bucket = world.bus.key_value("wf_feeds").unwrap();
    bucket.put("feed.harbour-news", Bytes::from_static(FEED)).await.unwrap();
    // 1 and 8 come through the same feed; 8 is a copy of 2.
    world.publish_articles(&[article(1, 1, 1), article(2, 2, 2), article(8, 2, 2)]).await;
    let json = world.get("/feeds/feed/feed1.json").await.json();
    let items = json["items"].as_array().unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["id"], format!("tag:127.0.0.1,2026:story/{}", story(1)));
    let empty = world.get("/feeds/feed/harbour-news.json").await.json();
    assert!(empty["title"].as_str().unwrap().contains(record.feed.title.as_deref().unwrap()));
    for missing in
        ["/feeds/feed/nothing.atom", "/feeds/some.atom", "/feeds/all.xml", "/feeds/all.opml"]
    {
        assert_eq!(world.get(missing).await.status, 404, "{missing}");
    }
}

#[tokio::test]
async fn the_feed_of_a_subscription_lists_the_stories_it_alerted_on() {
    let world = World::new().await;
    world.publish_articles(&[article(1, 1, 1), article(2, 2, 2)]).await;
    let mut alert: Alert = decode(ALERT).unwrap();
    alert.target = Target::Event(super::samples::event(2));
    alert.id.target = alert.target;
    alert.articles.truncate(1);
    alert.articles[0].id = id(2);
    world.publish(&alert).await;
    let shown = async {
        while world.gateway.app.projection.reached("WF_ALERTS").await.unwrap().sequence < 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, shown).await.unwrap();
    let json = world.get(&format!("/feeds/sub/{}.json", alert.subscription)).await.json();
    let items = json["items"].as_array().unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["id"], format!("tag:127.0.0.1,2026:story/{}", story(2)));
    assert_eq!(world.get("/feeds/sub/other.json").await.status, 404);
}

#[tokio::test]
async fn a_feed_of_words_has_the_stories_in_which_they_stand() {
    let world = evil_world(World::new().await).await;
    let answer = world.get("/feeds/all.atom?q=bold%20ferry&utm_source=reader").await;
    let elements = parse(&answer.body);
    assert_eq!(texts(&elements, "feed/entry/id").len(), 1);
    assert_eq!(texts(&elements, "feed/title"), ["wirefold: all stories with bold ferry"]);
    let own = elements.iter().find(|e| e.attribute("rel") == "self").unwrap();
    assert!(own.attribute("href").ends_with("/feeds/all.atom?q=bold+ferry"));
    for (query, count) in [("nowhere", 0), ("%22", 0), ("", 2)] {
        let found = world.get(&format!("/feeds/all.atom?q={query}")).await;
        assert_eq!(texts(&parse(&found.body), "feed/entry/id").len(), count, "{query}");
    }
}

#[tokio::test]
async fn rss_has_the_entries_of_atom() {
    let world = evil_world(World::new().await).await;
    let atom = parse(&world.get("/feeds/all.atom").await.body);
    let answer = world.get("/feeds/all.rss").await;
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/rss+xml; charset=utf-8");
    let rss = parse(&answer.body);
    for (in_rss, in_atom) in [("title", "title"), ("guid", "id"), ("description", "content")] {
        let found = texts(&rss, &format!("rss/channel/item/{in_rss}"));
        assert_eq!(found, texts(&atom, &format!("feed/entry/{in_atom}")), "{in_rss}");
    }
    let links = texts(&rss, "rss/channel/item/link");
    assert!(!links.is_empty() && links.iter().all(|it| it.starts_with("https://")), "{links:?}");
    assert_eq!(texts(&rss, "rss/channel/link"), ["http://127.0.0.1:8787/"]);
    assert_eq!(
        texts(&rss, "rss/channel/item/pubDate")[0].len(),
        "Sun, 01 Mar 2026 06:01:00 +0000".len()
    );
}

#[tokio::test]
async fn opml_lists_the_feeds_that_this_server_has() {
    let world = World::new().await;
    let mut record: FeedRecord = decode(FEED).unwrap();
    record.feed.group = Some("Harbours & ports".to_owned());
    let bucket = world.bus.key_value("wf_feeds").unwrap();
    bucket.put("feed.harbour-news", encode(&record).unwrap().into()).await.unwrap();
    let opml = parse(&world.get("/feeds/feeds.opml").await.body);
    let outlines: Vec<_> = opml.iter().filter(|it| it.path.ends_with("outline")).collect();
    let addresses = outlines.iter().map(|it| it.attribute("xmlUrl")).filter(|it| !it.is_empty());
    let base = "http://127.0.0.1:8787/feeds";
    let expected = [format!("{base}/all.atom"), format!("{base}/feed/harbour-news.atom")];
    assert_eq!(addresses.collect::<Vec<_>>(), expected);
    assert_eq!(outlines[2].attribute("text"), "Harbours & ports");
    for address in expected {
        let path = address.strip_prefix("http://127.0.0.1:8787").unwrap();
        assert_eq!(world.get(path).await.status, 200, "{path}");
    }
}
