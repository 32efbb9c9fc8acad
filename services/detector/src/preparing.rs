//! Decodes and prepares articles on all cores, while the writer decides about them in order.
//!
//! Stored inputs come in; prepared articles go out by their sequence. This module decides nothing
//! and knows no earlier article.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use bytes::Bytes;
use wirefold_flow::Stored;
use wirefold_fold::{Incoming, Prepared};
use wirefold_proto::{ArticleEnriched, Outlet, decode, streams};

/// A thread is started for at least this many articles. For fewer, starting it takes as long as
/// preparing them.
const MIN_PER_THREAD: usize = 4;

/// Prepares a batch of articles on the other cores. The deciding thread helps whenever it would
/// have to wait.
pub(crate) struct ParallelPreparer {
    /// How many threads prepare in addition to the deciding one.
    threads: usize,
    batch: Option<Arc<Batch>>,
    /// The index in the batch of the article with this sequence.
    indices: HashMap<u64, usize>,
}

/// The articles of a batch. Each is prepared once, by the first thread that comes to it.
struct Batch {
    bodies: Vec<Bytes>,
    /// The index of the first article that no thread has begun.
    next: AtomicUsize,
    /// The results that were not taken yet, by index; `None` if an article could not be prepared.
    prepared: Mutex<HashMap<usize, Option<PreparedArticle>>>,
    changed: Condvar,
}

/// An article that was decoded and prepared.
pub(crate) struct PreparedArticle {
    pub(crate) enriched: ArticleEnriched,
    pub(crate) prepared: Prepared,
}

impl ParallelPreparer {
    /// Uses all cores of this machine.
    pub(crate) fn new() -> ParallelPreparer {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        ParallelPreparer::on_cores(cores)
    }

    pub(crate) fn on_cores(cores: usize) -> ParallelPreparer {
        ParallelPreparer { threads: cores.saturating_sub(1), batch: None, indices: HashMap::new() }
    }

    /// Begins to prepare the articles among these inputs, if there are enough of them for two
    /// cores.
    pub(crate) fn prepare(&mut self, inputs: &[Stored]) {
        self.indices.clear();
        if let Some(before) = self.batch.take() {
            before.abandon();
        }
        let articles = inputs.iter().filter(|input| input.stream == streams::ENRICHED.name);
        let mut bodies = Vec::new();
        for input in articles {
            self.indices.insert(input.sequence, bodies.len());
            bodies.push(input.body.clone());
        }
        let threads = self.threads.min((bodies.len() / MIN_PER_THREAD).saturating_sub(1));
        if threads == 0 {
            self.indices.clear();
            return;
        }
        let batch = Arc::new(Batch::new(bodies));
        for _ in 0..threads {
            let batch = batch.clone();
            let work = move || while batch.prepare_next() {};
            // If no thread can be started, the deciding thread prepares all articles.
            let _ = thread::Builder::new().name("prepare".to_owned()).spawn(work);
        }
        self.batch = Some(batch);
    }

    /// Takes the prepared article with this sequence out of the batch, and waits for it if
    /// necessary. `None` if it is not in the batch, or could not be decoded, or its preparation
    /// panicked: the caller then handles it in its turn and reports the error.
    pub(crate) fn take_prepared(&mut self, sequence: u64) -> Option<PreparedArticle> {
        let index = self.indices.remove(&sequence)?;
        let batch = self.batch.as_ref()?;
        loop {
            if let Some(found) = batch.lock().remove(&index) {
                return found;
            }
            if !batch.prepare_next() {
                return batch.wait_for(index);
            }
        }
    }
}

impl ParallelPreparer {
    /// How many articles of the batch were not taken.
    #[cfg(test)]
    pub(crate) fn left(&self) -> usize {
        self.indices.len()
    }
}

impl Drop for ParallelPreparer {
    fn drop(&mut self) {
        if let Some(batch) = &self.batch {
            batch.abandon();
        }
    }
}

impl Batch {
    fn new(bodies: Vec<Bytes>) -> Batch {
        let (next, prepared) = (AtomicUsize::new(0), Mutex::default());
        Batch { bodies, next, prepared, changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<usize, Option<PreparedArticle>>> {
        // No thread panics while it holds this lock.
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Skips the articles that no thread has begun.
    fn abandon(&self) {
        self.next.store(self.bodies.len(), Ordering::Relaxed);
    }

    /// Prepares the first article that no thread has begun; false if none is left.
    fn prepare_next(&self) -> bool {
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        let Some(body) = self.bodies.get(index) else { return false };
        let ready = catch_unwind(AssertUnwindSafe(|| decode_and_prepare(body))).unwrap_or(None);
        self.lock().insert(index, ready);
        self.changed.notify_all();
        true
    }

    fn wait_for(&self, index: usize) -> Option<PreparedArticle> {
        let mut prepared = self.lock();
        loop {
            if let Some(found) = prepared.remove(&index) {
                return found;
            }
            prepared = self.changed.wait(prepared).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn decode_and_prepare(body: &[u8]) -> Option<PreparedArticle> {
    let enriched: ArticleEnriched = decode(body).ok()?;
    let byline = byline(&enriched);
    let prepared = Prepared::new(&incoming(&enriched, &byline));
    Some(PreparedArticle { enriched, prepared })
}

/// The authors of an article as the byline that the detector reads.
pub(crate) fn byline(enriched: &ArticleEnriched) -> String {
    enriched.article.authors.join(", ")
}

/// The article as input of the detector, without the names of its items and its times.
pub(crate) fn incoming<'a>(enriched: &'a ArticleEnriched, byline: &'a str) -> Incoming<'a> {
    let article = &enriched.article;
    Incoming {
        outlet: article.site(),
        via: article.via.as_ref().map(Outlet::as_str),
        page: article.page(),
        title: &article.title,
        byline,
        text: &enriched.text,
        ..Incoming::default()
    }
}
