//! The pool of child processes that extract pages.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use rustix::process::Signal;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::frame::{LONGEST_PAGE, Limits, Reply, Request};
use super::worker::Worker;
use super::{ExtractError, Page, Rule, Sandbox, Settings, depth};

/// The deepest nesting that is extracted. Browsers flatten deeper elements.
const MAX_DEPTH: usize = 512;
/// A child is replaced after this many pages, which bounds memory leaks.
const PAGES_OF_ONE_CHILD: u32 = 500;

/// Extracts pages in child processes, which clones share. Children are started when they are needed, and
/// killed when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Extractor {
    pool: Arc<Pool>,
}

#[derive(Debug)]
struct Pool {
    settings: Settings,
    permits: Semaphore,
    idle: Mutex<Vec<Worker>>,
}

impl Extractor {
    /// Creates an extractor without starting a child.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let permits = Semaphore::new(settings.workers.max(1));
        let pool = Pool { settings, permits, idle: Mutex::default() };
        Self { pool: Arc::new(pool) }
    }

    /// Extracts the article of a page from the address `url`, by the `rule` of its feed. Waits while all
    /// children are busy. The time limit starts when one is free. The future may be dropped at any time.
    ///
    /// # Errors
    /// An [`ExtractError`] that tells whether the page or the machine is the cause.
    pub async fn extract(&self, html: Bytes, url: &str, rule: &Rule) -> Result<Page, ExtractError> {
        let page = html.slice(..html.len().min(LONGEST_PAGE));
        if depth::is_deeper_than(&page, MAX_DEPTH) {
            return Err(ExtractError::TooDeep);
        }
        self.pool.extract(&page, url, rule).await
    }

    /// The sandbox of the children on this system. Starts a child to find out, and kills it.
    ///
    /// # Errors
    /// [`ExtractError::Unavailable`] if it cannot be started or does not answer in time.
    pub async fn sandbox(&self) -> Result<Sandbox, ExtractError> {
        let settings = &self.pool.settings;
        let mut worker = Worker::start(settings).map_err(ExtractError::Unavailable)?;
        let answer = timeout(settings.wall, worker.read_hello()).await;
        worker.kill().await;
        let answer = answer.map_err(|_elapsed| io::Error::from(io::ErrorKind::TimedOut));
        answer.flatten().map_err(ExtractError::Unavailable)
    }

    /// [`Extractor::extract`] without the check of the nesting.
    #[cfg(test)]
    pub(super) async fn extract_unseen(&self, page: &Bytes) -> Result<Page, ExtractError> {
        self.pool.extract(page, "https://harbour.example/", &Rule::default()).await
    }
}

impl Pool {
    async fn extract(&self, page: &Bytes, url: &str, rule: &Rule) -> Result<Page, ExtractError> {
        let _permit = self.permits.acquire().await.expect("the semaphore is never closed");
        let Settings { memory, cpu, wall, .. } = self.settings;
        let limits = Some(Limits { memory, cpu });
        let (url, rule) = (url.to_owned(), rule.clone());
        let request = Request { url, rule, bytes: page.len(), limits };
        loop {
            let idle = self.idle().pop();
            let was_idle = idle.is_some();
            let started = || Worker::start(&self.settings).map_err(ExtractError::Unavailable);
            let mut worker = idle.map_or_else(started, Ok)?;
            let answer = timeout(wall, worker.request(&request, page)).await;
            match answer {
                Ok(Ok(reply)) => {
                    if worker.pages() < PAGES_OF_ONE_CHILD {
                        self.idle().push(worker);
                    }
                    return match reply {
                        Reply::Page(found) => Ok(*found),
                        Reply::Nothing => Err(ExtractError::Nothing),
                        Reply::Crashed => Err(ExtractError::Crashed),
                    };
                }
                Ok(Err(error)) => {
                    let was_known = worker.has_hello();
                    let status = worker.kill().await;
                    // The cause may be an earlier page: try again with a new child.
                    if !was_idle {
                        return Err(failure(was_known, status, error));
                    }
                }
                Err(_elapsed) => {
                    worker.kill().await;
                    return Err(ExtractError::TimedOut);
                }
            }
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Worker>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a child ended before it answered.
fn failure(was_known: bool, status: Option<ExitStatus>, error: io::Error) -> ExtractError {
    let signal = status.and_then(|status| status.signal());
    if !was_known {
        ExtractError::Unavailable(error)
    } else if signal == Some(Signal::XCPU.as_raw()) {
        ExtractError::TimedOut
    } else {
        ExtractError::Crashed
    }
}
