//! Pushes articles over HTTP in turn, each until it is acknowledged, and waits for their alerts.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::ensure;
use serde_json::{Value, json};

use super::examine::Control;
use super::receiver::Receiver;
use crate::generator;
use crate::machine::{Stopwatch, lock, poll};
use crate::running::Running;

/// The number of articles in a run.
pub(super) const ARTICLES: usize = 200;
/// The lengths of texts in percent of 500 words.
const LENGTH: usize = 60;
/// The fault comes after at least this many articles, and at most this many more.
pub(super) const BEFORE: usize = 60;
pub(super) const MORE: usize = 80;
/// The number of articles that come only after the fault. The others come with pauses, so that the fault
/// happens while some are being handled and some are still to come.
const AFTER_FAULT: usize = 20;
const PAUSE: Duration = Duration::from_millis(10);
/// The number of articles after a fault of which one must appear.
const FIRST: usize = 10;
/// An article that is not accepted for this long never is.
const MAX_WAIT: Duration = Duration::from_secs(120);
/// If nothing arrived for this long, nothing more will.
const QUIET: Duration = Duration::from_secs(25);
const EVERY: Duration = Duration::from_millis(50);

/// The articles of a seed, in order.
pub(super) fn articles(seed: u64) -> Vec<Value> {
    let made = generator::news(seed, LENGTH).take(ARTICLES);
    let pushed = made.enumerate().map(|(number, article)| {
        json!({
            "id": format!("{number:04}"), "outlet": article.host, "title": article.title,
            "url": format!("https://{}/{number}", article.host), "text": article.text(),
        })
    });
    pushed.collect()
}

pub(super) fn id_of(article: &Value) -> String {
    article["id"].as_str().unwrap_or_default().to_owned()
}

/// Pushes the articles of a run.
pub(super) struct Pusher<'a> {
    page: Mutex<String>,
    articles: &'a [Value],
    acknowledged: Mutex<Vec<String>>,
    is_past: AtomicBool,
    is_over: AtomicBool,
}

impl<'a> Pusher<'a> {
    pub(super) fn new(page: &str, articles: &'a [Value]) -> Self {
        Pusher {
            page: Mutex::new(page.to_owned()),
            articles,
            acknowledged: Mutex::default(),
            is_past: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
        }
    }

    /// Pushes all articles in a thread of their own while a fault happens in this one.
    pub(super) fn push_while<T>(
        &self,
        strike: impl FnOnce() -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        std::thread::scope(|scope| {
            scope.spawn(|| self.push());
            let struck = strike();
            if struck.is_err() {
                self.stop();
            }
            struck
        })
    }

    /// Pushes all articles, or until it is stopped.
    fn push(&self) {
        for (number, article) in self.articles.iter().enumerate() {
            let is_left = number + AFTER_FAULT >= self.articles.len();
            while is_left && !self.is_past.load(Ordering::Relaxed) && !self.is_over() {
                std::thread::park_timeout(EVERY);
            }
            std::thread::park_timeout(PAUSE);
            let taken = poll(MAX_WAIT, || {
                if self.is_over() {
                    return Some(false);
                }
                let page = lock(&self.page).clone();
                Running::post_to(&page, "/api/v1/articles", article).is_ok().then_some(true)
            });
            if taken != Some(true) {
                break;
            }
            lock(&self.acknowledged).push(id_of(article));
        }
        self.stop();
    }

    /// Sets a new address of the page.
    pub(super) fn goes_to(&self, page: &str) {
        page.clone_into(&mut lock(&self.page));
    }

    pub(super) fn stop(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    pub(super) fn acknowledged(&self) -> Vec<String> {
        lock(&self.acknowledged).clone()
    }

    fn count(&self) -> usize {
        lock(&self.acknowledged).len()
    }

    /// Waits until this many articles are acknowledged.
    pub(super) fn wait_for(&self, count: usize) -> anyhow::Result<()> {
        while self.count() < count {
            ensure!(!self.is_over(), "no more articles are taken");
            std::thread::park_timeout(EVERY);
        }
        Ok(())
    }

    /// Call it after the fault. Returns the seconds of the watch when an article that is acknowledged from now on is
    /// on the page. `None` if that never happens.
    pub(super) fn recovery(
        &self,
        running: &mut Running,
        control: &Control,
        watch: &Stopwatch,
    ) -> Option<f64> {
        let before = self.count();
        self.is_past.store(true, Ordering::Relaxed);
        let is_passed = poll(MAX_WAIT, || {
            let is_over = self.is_over();
            // A damaged stream may also lose the first of them.
            let next: Vec<String> =
                lock(&self.acknowledged).iter().skip(before).take(FIRST).cloned().collect();
            let mut ids = next.iter().filter_map(|item| control.output.id_of(item));
            let is_shown = ids.any(|id| running.get(&format!("/api/v1/articles/{id}")).is_ok());
            let never = !running.is_alive() || is_over && next.is_empty();
            (is_shown || never).then_some(is_shown)
        });
        (is_passed == Some(true)).then(|| watch.seconds())
    }
}

/// The number of articles on the page.
fn count_articles(running: &Running) -> usize {
    let status = running.json("/api/v1/status").ok();
    let shown = status.and_then(|it| it["articles"].as_u64());
    shown.and_then(|it| usize::try_from(it).ok()).unwrap_or(0)
}

/// Waits until all articles are on the page and all alerts were sent, or nothing more arrives.
pub(super) fn wait_for_alerts(
    running: &mut Running,
    receiver: &mut Receiver,
    articles: usize,
    control: &Control,
) {
    let is_told = |told: &Receiver| control.alerts.is_subset(&told.alerts());
    wait(running, receiver, articles, QUIET, is_told);
}

/// Waits until all articles are on the page and no more alerts arrive.
pub(super) fn wait_for_quiet(running: &mut Running, receiver: &mut Receiver, articles: usize) {
    wait(running, receiver, articles, Duration::from_secs(3), |_| false);
}

fn wait(
    running: &mut Running,
    receiver: &mut Receiver,
    articles: usize,
    patience: Duration,
    is_told: impl Fn(&Receiver) -> bool,
) {
    let (mut quiet, mut last) = (Stopwatch::start(), (0, 0));
    while quiet.elapsed() < patience && running.is_alive() {
        receiver.receive();
        let now = (count_articles(running), receiver.alerts().len());
        if now.0 >= articles && is_told(receiver) {
            return;
        }
        if now != last {
            (quiet, last) = (Stopwatch::start(), now);
        }
        std::thread::park_timeout(EVERY);
    }
}
