//! Feeds that list one item at first and then very many items as news: some of one word each, some with texts
//! that are compared and alert.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use super::super::loopback::Answer;
use super::super::scene::Attack;
use super::super::victim::{rss, text};
use crate::running::Running;

/// The most loud alerts that one feed may cause in one go.
const LOUD: usize = 100;
/// The beginning of each title.
const TITLE: &str = "Flood";

static SHORT_POLLS: AtomicUsize = AtomicUsize::new(0);
static LONG_POLLS: AtomicUsize = AtomicUsize::new(0);

pub(super) const SHORT: Attack = Attack {
    name: "flood-short",
    aim: "alert loudly 2,000 times at once, with one word each",
    answer: |asked, sites| match asked.path.as_str() {
        "/feed" => flood(&SHORT_POLLS, &sites.hostile, 2_000, |at| format!("word{at}")),
        _ => Answer::status(404),
    },
    faults: |running, _| faults(running, 900),
    ..Attack::PLAIN
};

pub(super) const LONG: Attack = Attack {
    name: "flood-long",
    aim: "alert loudly 300 times at once, with whole texts",
    answer: |asked, sites| match asked.path.as_str() {
        "/feed" => flood(&LONG_POLLS, &sites.hostile, 300, |at| text(1_000 + at)),
        _ => Answer::status(404),
    },
    faults: |running, _| faults(running, 300),
    weakened: Some(|attack| Attack {
        settings: |_| {
            LONG_POLLS.store(0, Ordering::Relaxed);
            "[budget]\narticles_per_hour = 100000\nsite_alerts_per_hour = 100000\n".to_owned()
        },
        ..attack
    }),
    ..Attack::PLAIN
};

fn flood(polls: &AtomicUsize, site: &str, count: u64, text_of: impl Fn(u64) -> String) -> Answer {
    // The first items of a feed never alert. If a feed lists nothing at first, its next items do not alert
    // either.
    let last = if polls.fetch_add(1, Ordering::Relaxed) == 0 { 1 } else { count };
    items(site, 0..last, text_of)
}

/// A feed with items of these numbers.
pub(super) fn items(site: &str, numbers: Range<u64>, text_of: impl Fn(u64) -> String) -> Answer {
    let item = |at| {
        format!(
            "<item><guid>{at}</guid><title>{TITLE} {at}</title><link>{site}/{at}</link>\
             <description>{}</description></item>",
            text_of(at)
        )
    };
    rss(&numbers.map(item).collect::<String>())
}

/// Waits until this many articles are in the output and all stages are done, then checks.
pub(super) fn faults(running: &mut Running, articles: u64) -> anyhow::Result<Vec<String>> {
    let mut status = Value::Null;
    running.until(|it| {
        status = it.json("/api/v1/status").unwrap_or_default();
        status["articles"].as_u64().is_some_and(|count| count >= articles) && status["lag"] == 0
    });
    if status["articles"].as_u64().is_none_or(|count| count < articles) {
        return Ok(vec![format!("{} articles came out: nothing shown", status["articles"])]);
    }
    // Alerts follow the articles: wait until there was none for a second.
    let (mut last, mut times) = (Value::Null, 0);
    running.until(|it| {
        let now = it.json("/api/v1/status").unwrap_or_default()["alerts"]["alerts"].clone();
        times = if now == last { times + 1 } else { 0 };
        last = now;
        times == 20
    });
    let loud = loud(running)?;
    Ok((loud > LOUD).then(|| format!("{loud} loud alerts of one feed")).into_iter().collect())
}

/// The number of the feed's alerts that notify a subscriber to everything. Held ones come as one message.
fn loud(running: &Running) -> anyhow::Result<usize> {
    let (mut loud, mut cursor) = (0, String::new());
    loop {
        let page = running.json(&format!("/api/v1/alerts?subscription=all&limit=100{cursor}"))?;
        let alerts = page["alerts"].as_array().into_iter().flatten().map(|it| &it["alert"]);
        let is_flood = |alert: &&Value| {
            let title = alert["headline"]["title"].as_str().unwrap_or_default();
            let notifies = alert["volume"] == "loud" && alert["held"].is_null();
            notifies && title.starts_with(TITLE)
        };
        loud += alerts.filter(is_flood).count();
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(loud),
        }
    }
}
