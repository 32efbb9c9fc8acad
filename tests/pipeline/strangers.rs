//! A hostile feed beside its victim, through the built binary: the decisions about the victim's articles are
//! the same as without it. On loopback two sites differ by name.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use wirefold_proto::{ArticleId, Class, OutputArticle};

use super::generated::{Numbers, text, word};
use super::kept::StoredStreams;
use super::loopback::{Answer, Loopback};
use super::up::{CONFIG, Up};
use crate::program::Folder;

const SETTINGS: &str = "data = \"data\"\nfull_text = \"off\"\n[fetcher]\n\
    allow_private = [\"127.0.0.0/8\", \"::1/128\"]\nmin_interval = \"1s\"\nmax_interval = \"2s\"\n\
    per_host_delay = \"0s\"\n[[source]]\npath = \"dropped\"\n";
/// The number of items in each feed.
const ITEMS: u64 = 3;

fn text_of(seed: u64) -> String {
    let mut numbers = Numbers::from_seed(seed);
    let names = [word(&mut numbers), word(&mut numbers)];
    text(usize::try_from(seed).expect("seeds are small"), &names, &mut numbers)
}

/// A feed of pages at `site`. Item `changed` has another text than at first.
fn rss(site: &str, first_seed: u64, changed: Option<u64>) -> Answer {
    let item = |number: u64| {
        let more = if changed == Some(number) { " And the mole was mended on Friday." } else { "" };
        format!(
            "<item><guid>{number}</guid><title>Of {number}</title><link>{site}/{number}</link>\
             <description>{}{more}</description></item>",
            text_of(first_seed + number)
        )
    };
    let items: String = (0..ITEMS).map(item).collect();
    let body =
        format!("<rss version=\"2.0\"><channel><title>A feed</title>{items}</channel></rss>");
    Answer::ok("application/rss+xml", body)
}

/// A running `up` that has polled both feeds, the hostile one first, and its number of articles.
fn watching(folder: &Folder, hostile: Option<&Loopback>, victim: &Loopback) -> (Up, u64) {
    std::fs::create_dir(folder.path().join("dropped")).expect("a temporary folder takes folders");
    let up = Up::start(folder);
    let mut expected = 0;
    let hostile = hostile.map(|it| ("hostile", it.url("/feed").replace("127.0.0.1", "localhost")));
    for (id, url) in hostile.into_iter().chain([("victim", victim.url("/feed"))]) {
        up.post("/api/v1/feeds", &json!({"id": id, "url": url}));
        expected += ITEMS;
        up.get_until("/api/v1/status", |status| status["articles"] == expected);
    }
    (up, expected)
}

/// The decisions about the victim's feed, beside a hostile one or alone.
fn decided(beside: bool) -> Vec<OutputArticle> {
    let has_changed = Arc::new(AtomicBool::new(false));
    let changed = has_changed.clone();
    let victim = Loopback::answering(move |asked| match asked.path.as_str() {
        "/feed" => {
            let changed = changed.load(Ordering::Relaxed).then_some(0);
            rss(&format!("http://{}", asked.host), 10, changed)
        }
        _ => Answer::status(404),
    });
    let pages = victim.url("");
    let hostile = Loopback::answering(move |asked| match asked.path.as_str() {
        "/feed" => rss(pages.trim_end_matches('/'), 20, None),
        _ => Answer::status(404),
    });
    let folder = Folder::with(&[(CONFIG, SETTINGS.as_bytes())]);
    let (up, expected) = watching(&folder, beside.then_some(&hostile), &victim);
    has_changed.store(true, Ordering::Relaxed);
    up.get_until("/api/v1/status", |status| status["articles"] == expected + 1);
    let feeds = up.get("/api/v1/feeds");
    let found = |id: &str| {
        let all = feeds["feeds"].as_array().expect("a list");
        let feed = all.iter().find(|feed| feed["feed"]["id"] == id).expect("it is polled");
        (feed["site"]["how"].clone(), feed["site"]["authority"].clone())
    };
    assert_eq!(found("victim"), (json!("own"), json!("127.0.0.1")));
    if beside {
        assert_eq!(found("hostile"), (json!("unproven"), json!("localhost")));
    }
    assert_eq!(up.terminate().code, Some(0));
    StoredStreams::in_folder(&folder.path().join("data")).articles()
}

#[test]
fn decisions_about_the_victim_are_the_same_without_the_hostile_feed() {
    let is_victims = |article: &&OutputArticle| article.article.via.is_none();
    // Ports differ in each run, and ids with them, so articles are named by their pages.
    let page = |article: &OutputArticle| {
        article.article.item_key.rsplit('/').next().unwrap_or_default().to_owned()
    };
    let of_victim = |articles: &[OutputArticle]| -> Vec<String> {
        let own: Vec<&OutputArticle> = articles.iter().filter(is_victims).collect();
        let item = |id: ArticleId| {
            let found = own.iter().find(|article| article.id == id);
            found.map(|article| page(article))
        };
        let said = own.iter().map(|article| {
            let verdict = &article.verdict;
            let groups = [verdict.story.into(), verdict.event.into(), verdict.lead].map(item);
            format!("{} {:?} {groups:?}", page(article), (verdict.class, verdict.kind))
        });
        let mut said: Vec<String> = said.collect();
        said.sort();
        said
    };
    let (alone, beside) = (decided(false), decided(true));
    assert!(of_victim(&alone).iter().any(|said| said.contains("Version")), "{alone:?}");
    assert_eq!(of_victim(&beside), of_victim(&alone));
    for text_of in beside.iter().filter(|article| !is_victims(article)) {
        assert_eq!(text_of.article.outlet_label(), "127.0.0.1 via localhost");
        assert_ne!(text_of.verdict.class, Class::Version);
    }
}

/// The alerts about the victim's news, which it publishes after its first poll.
fn alerts(beside: bool) -> Vec<Value> {
    let is_out = Arc::new(AtomicBool::new(false));
    let out = is_out.clone();
    let victim = Loopback::answering(move |asked| match asked.path.as_str() {
        "/feed" => {
            let site = format!("http://{}", asked.host);
            rss(&site, if out.load(Ordering::Relaxed) { 20 } else { 10 }, None)
        }
        _ => Answer::status(404),
    });
    let pages = victim.url("");
    let hostile = Loopback::answering(move |asked| match asked.path.as_str() {
        // The victim's later news under its addresses, as old items.
        "/feed" => rss(pages.trim_end_matches('/'), 20, None),
        _ => Answer::status(404),
    });
    let subscription = "[[subscription]]\nname = \"All\"\nquery = \"*\"\ngroup_by = \"story\"\n\
        group_wait = \"0s\"\nupdate_interval = \"0s\"\n";
    let settings = format!("{SETTINGS}{subscription}");
    let folder = Folder::with(&[(CONFIG, settings.as_bytes())]);
    let (up, _) = watching(&folder, beside.then_some(&hostile), &victim);
    is_out.store(true, Ordering::Relaxed);
    let all = up.get_until("/api/v1/alerts", |page| {
        page["alerts"].as_array().is_some_and(|alerts| alerts.len() as u64 == ITEMS)
    });
    assert_eq!(up.terminate().code, Some(0));
    all["alerts"].as_array().expect("a list").clone()
}

#[test]
fn items_listed_first_by_a_stranger_do_not_silence_the_site() {
    let said = |beside: bool| -> Vec<String> {
        let text_of = |row: &Value| {
            let alert = &row["alert"];
            format!("{} {} {}", alert["volume"], alert["state"], alert["headline"]["title"])
        };
        let mut said: Vec<String> = alerts(beside).iter().map(text_of).collect();
        said.sort();
        said
    };
    let alone = said(false);
    assert!(alone.iter().all(|alert| alert.starts_with("\"loud\" \"new\"")), "{alone:?}");
    assert_eq!(said(true), alone);
}
