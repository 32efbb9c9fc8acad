//! A remote list of feeds that claims the victim's items for a stranger's feed.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use super::super::loopback::Answer;
use super::super::scene::Attack;
use super::super::victim::rss;
use super::claim;
use crate::machine::Stopwatch;
use crate::running::{MAX_WAIT, Running};

static POLLS: AtomicUsize = AtomicUsize::new(0);
const FEED: &str = "listed";

pub(super) const ATTACK: Attack = Attack {
    name: "list",
    aim: "speak for the victim by what a list of feeds says",
    settings: |sites| format!("[[opml]]\nurl = \"{}/list.opml\"\n", sites.hostile),
    feeds: |_| Vec::new(),
    answer: |asked, sites| match asked.path.as_str() {
        "/list.opml" => {
            let site = sites.victim.trim_start_matches("http://");
            let host = site.split(':').next().unwrap_or_default();
            let list = format!(
                "<opml version=\"2.0\" xmlns:wirefold=\"urn:wirefold\"><body><outline text=\"News\" \
                 xmlUrl=\"{}/claims\" wirefold:id=\"{FEED}\" wirefold:outlet=\"{host}\" \
                 wirefold:speaksFor=\"{host}\"/></body></opml>",
                sites.hostile
            );
            Answer::ok("text/x-opml", list)
        }
        "/claims" => rss(&claim::claims(&sites.victim, POLLS.fetch_add(1, Ordering::Relaxed) == 0)),
        _ => Answer::status(404),
    },
    connect: |running| {
        wait_for_it(running);
        Vec::new()
    },
    faults: |running, requests| {
        let was_polled = requests.hostile.iter().any(|asked| asked.path == "/claims");
        let mut faults: Vec<String> = Vec::new();
        if !was_polled {
            faults.push("the listed feed was not polled: nothing shown".to_owned());
        }
        for article in articles(running)? {
            if article["via"].is_null() && article["title"].as_str().is_some_and(claim::is_claim) {
                faults.push(format!("{} counts as the victim's own", article["title"]));
            }
        }
        Ok(faults)
    },
    ..Attack::PLAIN
};

/// All articles of all stories.
fn articles(running: &Running) -> anyhow::Result<Vec<Value>> {
    let mut all = Vec::new();
    let stories = running.json("/api/v1/stories?limit=100")?;
    for story in stories["stories"].as_array().into_iter().flatten() {
        let id = story["id"].as_str().unwrap_or_default();
        let found = running.json(&format!("/api/v1/stories/{id}"))?;
        all.extend(found["articles"].as_array().cloned().unwrap_or_default());
    }
    Ok(all)
}

/// Waits until the feed of the list was polled, before the victim's feed is added.
fn wait_for_it(running: &Running) {
    let watch = Stopwatch::start();
    let is_polled = || {
        let feeds = running.json("/api/v1/feeds").unwrap_or_default();
        let all = feeds["feeds"].as_array();
        all.into_iter().flatten().any(|it| it["feed"]["id"] == FEED && it["last_poll"].is_string())
    };
    while watch.elapsed() < MAX_WAIT && !is_polled() {
        std::thread::park_timeout(std::time::Duration::from_millis(50));
    }
}
