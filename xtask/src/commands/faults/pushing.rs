//! Pushes articles over HTTP one after the other, each until it is acknowledged, and waits for their alerts.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::ensure;
use serde_json::{Value, json};

use super::examine::Control;
use crate::commands::attack::receiver::Receiver;
use crate::commands::attack::running::Running;
use crate::commands::bench::machine::Stopwatch;
use crate::commands::bench::news::News;

/// Articles of a run.
pub(super) const ARTICLES: usize = 200;
/// The lengths of texts, in percent of 500 words.
const LENGTH: usize = 60;
/// So many articles come only after the fault, and the others with a pause after each: a fault must find something under
/// way, and something must be left to come.
const LEFT: usize = 20;
const PAUSE: Duration = Duration::from_millis(10);
/// So many articles behind a fault are asked for, until one of them is there.
const FIRST: usize = 10;
/// An article that is not taken for so long is never taken.
const PATIENCE: Duration = Duration::from_secs(120);
/// Nothing more comes where nothing came for so long.
const QUIET: Duration = Duration::from_secs(25);
const EVERY: Duration = Duration::from_millis(50);

/// The articles of a seed, in order.
pub(super) fn articles(seed: u64) -> Vec<Value> {
    let mut news = News::new(seed, LENGTH);
    let made = (0..ARTICLES).map(|_| news.next());
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

/// Whoever pushes.
pub(super) struct Pushing<'a> {
    page: Mutex<String>,
    articles: &'a [Value],
    acknowledged: Mutex<Vec<String>>,
    is_past: AtomicBool,
    is_over: AtomicBool,
}

impl<'a> Pushing<'a> {
    pub(super) fn new(page: &str, articles: &'a [Value]) -> Self {
        Pushing {
            page: Mutex::new(page.to_owned()),
            articles,
            acknowledged: Mutex::default(),
            is_past: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
        }
    }

    /// Pushes all of them, or until it is told to stop.
    pub(super) fn push(&self) {
        for (number, article) in self.articles.iter().enumerate() {
            let is_left = number + LEFT >= self.articles.len();
            while is_left && !self.is_past.load(Ordering::Relaxed) && !self.is_over() {
                std::thread::park_timeout(EVERY);
            }
            std::thread::park_timeout(PAUSE);
            let watch = Stopwatch::start();
            while !self.is_over() && !self.push_one(article) && watch.elapsed() < PATIENCE {
                std::thread::park_timeout(EVERY);
            }
            if self.is_over() || watch.elapsed() >= PATIENCE {
                break;
            }
        }
        self.stop();
    }

    fn push_one(&self, article: &Value) -> bool {
        let page = lock(&self.page).clone();
        let is_taken = Running::post_to(&page, "/api/v1/articles", article).is_ok();
        if is_taken {
            lock(&self.acknowledged).push(id_of(article));
        }
        is_taken
    }

    /// The page is at another address from now on.
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

    /// Waits until so many are acknowledged.
    pub(super) fn wait_for(&self, count: usize) -> anyhow::Result<()> {
        while self.count() < count {
            ensure!(!self.is_over(), "no more articles are taken");
            std::thread::park_timeout(EVERY);
        }
        Ok(())
    }

    /// The fault is past. Seconds until an article that is acknowledged from now on is on the page; none if that never
    /// happens.
    pub(super) fn recovery(&self, running: &mut Running, control: &Control) -> Option<f64> {
        let watch = Stopwatch::start();
        let before = self.count();
        self.is_past.store(true, Ordering::Relaxed);
        while watch.elapsed() < PATIENCE && running.is_alive() {
            let is_over = self.is_over();
            // What breaks a stream may take the first of them, too.
            let next: Vec<String> =
                lock(&self.acknowledged).iter().skip(before).take(FIRST).cloned().collect();
            let mut ids = next.iter().filter_map(|item| control.output.id_of(item));
            if ids.any(|id| running.get(&format!("/api/v1/articles/{id}")).is_ok()) {
                return Some(watch.elapsed().as_secs_f64());
            }
            if is_over && next.is_empty() {
                return None;
            }
            std::thread::park_timeout(EVERY);
        }
        None
    }
}

/// How many articles the page shows.
fn shown(running: &Running) -> usize {
    let status = running.json("/api/v1/status").ok();
    let shown = status.and_then(|it| it["articles"].as_u64());
    shown.and_then(|it| usize::try_from(it).ok()).unwrap_or(0)
}

/// Waits until all is on the page and all is told, or nothing more comes.
pub(super) fn wait_for_alerts(
    running: &mut Running,
    receiver: &mut Receiver,
    articles: usize,
    control: &Control,
) {
    let is_told = |told: &Receiver| control.alerts.is_subset(&told.alerts());
    wait(running, receiver, articles, QUIET, is_told);
}

/// Waits until all is on the page, and nothing more is told.
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
        let now = (shown(running), receiver.alerts().len());
        if now.0 >= articles && is_told(receiver) {
            return;
        }
        if now != last {
            (quiet, last) = (Stopwatch::start(), now);
        }
        std::thread::park_timeout(EVERY);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
