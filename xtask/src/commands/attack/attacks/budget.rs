//! Three feeds of one owner, each within its own budget, that together send many times the budget of their
//! site; and ten feeds whose pages all hang. Without the budgets both attacks succeed.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::super::loopback::{Answer, ReceivedRequest};
use super::super::scene::{Attack, Sites};
use super::super::victim::{rss, text};
use super::flood;
use crate::machine::Stopwatch;
use crate::running::MAX_WAIT;

/// The items of each flooding feed.
const ITEMS: u64 = 80;
const FLOODING: [&str; 3] = ["flood-1", "flood-2", "flood-3"];
const SLOW: [&str; 10] = [
    "slow-1", "slow-2", "slow-3", "slow-4", "slow-5", "slow-6", "slow-7", "slow-8", "slow-9",
    "slow-10",
];
/// The share of one site in the settings.
const SHARE: usize = 4;

static FLOOD_POLLS: AtomicUsize = AtomicUsize::new(0);
static SLOW_POLLS: AtomicUsize = AtomicUsize::new(0);
static SLOW_PAGES: AtomicUsize = AtomicUsize::new(0);

pub(super) const FLOOD: Attack = Attack {
    name: "flood-of-one-owner",
    aim: "alert loudly 240 times at once by three feeds of one site",
    settings: |_| {
        FLOOD_POLLS.store(0, Ordering::Relaxed);
        let budget = "articles_per_hour = 90\nsite_articles_per_hour = 95\n";
        // The limit on alerts of one site would also hold them.
        format!("[budget]\nsite_alerts_per_hour = 100000\n{budget}")
    },
    weakened: Some(|attack| Attack {
        settings: |_| {
            FLOOD_POLLS.store(0, Ordering::Relaxed);
            "[budget]\nsite_alerts_per_hour = 100000\n".to_owned()
        },
        ..attack
    }),
    feeds: |sites| feeds(&FLOODING, sites),
    answer: |asked, sites| match FLOODING.iter().position(|id| asked.path == format!("/{id}")) {
        Some(at) => {
            // The first items of a feed never alert.
            let is_first = FLOOD_POLLS.fetch_add(1, Ordering::Relaxed) < FLOODING.len();
            let from = 10_000 * (at as u64 + 1);
            let count = if is_first { 1 } else { ITEMS };
            flood::items(&sites.hostile, from..from + count, text)
        }
        None => Answer::status(404),
    },
    faults: |running, _| flood::faults(running, FLOODING.len() as u64 * ITEMS),
    ..Attack::PLAIN
};

pub(super) const SLOW_PAGES_OF_ONE_OWNER: Attack = Attack {
    name: "slow-pages",
    aim: "hold all places for pages by ten feeds whose pages never come",
    allowed: "allow_private = [\"127.0.0.0/8\", \"::1/128\"]\nconcurrency = 8\n",
    full_text: "on",
    settings: |_| {
        reset();
        format!("[budget]\nhost_requests = 100\nsite_pages = {SHARE}\n")
    },
    weakened: Some(|attack| Attack {
        settings: |_| {
            reset();
            "[budget]\nhost_requests = 100\nsite_pages = 100\n".to_owned()
        },
        ..attack
    }),
    feeds: |sites| feeds(&SLOW, sites),
    answer: slow,
    connect: |_| {
        wait_for_pages();
        Vec::new()
    },
    faults: |_, requests| {
        let pages = requests.hostile.iter().filter(|asked| is_page(asked)).count();
        Ok((pages < SHARE)
            .then(|| format!("{pages} pages were asked for: nothing shown"))
            .into_iter()
            .collect())
    },
    ..Attack::PLAIN
};

fn feeds(ids: &[&'static str], sites: &Sites) -> Vec<(&'static str, String)> {
    ids.iter().map(|id| (*id, format!("{}/{id}", sites.hostile))).collect()
}

fn reset() {
    SLOW_POLLS.store(0, Ordering::Relaxed);
    SLOW_PAGES.store(0, Ordering::Relaxed);
}

fn is_page(asked: &ReceivedRequest) -> bool {
    asked.path.starts_with("/page-")
}

fn slow(asked: &ReceivedRequest, sites: &Sites) -> Answer {
    if is_page(asked) {
        SLOW_PAGES.fetch_add(1, Ordering::Relaxed);
        return Answer::Hang;
    }
    let Some(id) = asked.path.strip_prefix('/').filter(|path| SLOW.contains(path)) else {
        return Answer::status(404);
    };
    // The first polls end, so that the victim's feed is added at all.
    let is_first = SLOW_POLLS.fetch_add(1, Ordering::Relaxed) < SLOW.len();
    let link =
        if is_first { String::new() } else { format!("<link>{}/page-{id}</link>", sites.hostile) };
    rss(&format!(
        "<item><guid>{id}-{is_first}</guid><title>Slow {id} {is_first}</title>{link}</item>"
    ))
}

/// Waits until the attacker's pages hang, which would block all others.
fn wait_for_pages() {
    let watch = Stopwatch::start();
    while watch.elapsed() < MAX_WAIT && SLOW_PAGES.load(Ordering::Relaxed) < SHARE {
        std::thread::park_timeout(Duration::from_millis(50));
    }
}
