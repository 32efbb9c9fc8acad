//! Reads and prepares articles on all cores, while the writer decides about them in order.
//!
//! Stored inputs come in; prepared articles go out by their sequence. It never decides, and it knows no earlier
//! article.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use bytes::Bytes;
use wirefold_dedup::{Incoming, Prepared, Preparer, Settings};
use wirefold_flow::Stored;
use wirefold_proto::{ArticleFetched, Outlet, decode, streams};

/// A core is asked for so many articles at least: for fewer a thread takes as long as they do.
const LEAST: usize = 4;

/// Prepares a batch of articles on the other cores, and on the one that decides wherever that would
/// otherwise wait.
pub(crate) struct Ahead {
    shared: Arc<Shared>,
    /// Threads that prepare beside the one that decides.
    threads: usize,
    /// Of the one that decides.
    own: Preparer,
    batch: Option<Arc<Batch>>,
    /// Where the article of a sequence stands in the batch.
    places: HashMap<u64, usize>,
}

/// What all threads use.
struct Shared {
    settings: Settings,
    /// Those that no thread is using.
    preparers: Mutex<Vec<Preparer>>,
}

/// The articles of a batch. Each is prepared once, by whichever thread comes to it first.
struct Batch {
    bodies: Vec<Bytes>,
    /// The first that no thread has begun.
    next: AtomicUsize,
    /// What was prepared and not taken yet; none where it could not be.
    prepared: Mutex<HashMap<usize, Option<Ready>>>,
    changed: Condvar,
}

/// An article that was read and prepared.
pub(crate) struct Ready {
    pub(crate) fetched: ArticleFetched,
    pub(crate) prepared: Prepared,
}

impl Ahead {
    /// One for all cores of this machine.
    pub(crate) fn new(settings: Settings) -> Ahead {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Ahead::on_cores(cores, settings)
    }

    pub(crate) fn on_cores(cores: usize, settings: Settings) -> Ahead {
        let shared = Arc::new(Shared { settings, preparers: Mutex::default() });
        Ahead {
            shared,
            threads: cores.saturating_sub(1),
            own: Preparer::default(),
            batch: None,
            places: HashMap::new(),
        }
    }

    /// Begins to prepare the articles among these inputs, where there are enough of them for two cores.
    pub(crate) fn prepare(&mut self, inputs: &[Stored]) {
        self.places.clear();
        if let Some(before) = self.batch.take() {
            before.abandon();
        }
        let articles = inputs.iter().filter(|input| input.stream == streams::FETCHED.name);
        let mut bodies = Vec::new();
        for input in articles {
            self.places.insert(input.sequence, bodies.len());
            bodies.push(input.body.clone());
        }
        let threads = self.threads.min((bodies.len() / LEAST).saturating_sub(1));
        if threads == 0 {
            self.places.clear();
            return;
        }
        let batch = Arc::new(Batch::new(bodies));
        for _ in 0..threads {
            let (batch, shared) = (batch.clone(), self.shared.clone());
            let work = move || batch.prepare_all(&shared);
            // Where there can be no thread, the one that decides does it all.
            let _ = thread::Builder::new().name("prepare".to_owned()).spawn(work);
        }
        self.batch = Some(batch);
    }

    /// The article of a sequence, if it is one of the batch. What cannot be read, or panics, is none: it
    /// is left to its turn, where that is said of it.
    pub(crate) fn take_prepared(&mut self, sequence: u64) -> Option<Ready> {
        let place = self.places.remove(&sequence)?;
        let batch = self.batch.as_ref()?;
        loop {
            if let Some(found) = batch.lock().remove(&place) {
                return found;
            }
            if !batch.prepare_next(&mut self.own, &self.shared.settings) {
                return batch.wait_for(place);
            }
        }
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        if let Some(batch) = &self.batch {
            batch.abandon();
        }
    }
}

impl Shared {
    fn preparers(&self) -> MutexGuard<'_, Vec<Preparer>> {
        // A list of those that are free is right at any moment.
        self.preparers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Batch {
    fn new(bodies: Vec<Bytes>) -> Batch {
        let (next, prepared) = (AtomicUsize::new(0), Mutex::default());
        Batch { bodies, next, prepared, changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<usize, Option<Ready>>> {
        // No thread panics while it holds this.
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves what no thread has begun.
    fn abandon(&self) {
        self.next.store(self.bodies.len(), Ordering::Relaxed);
    }

    fn prepare_all(&self, shared: &Shared) {
        let free = shared.preparers().pop();
        let mut preparer = free.unwrap_or_default();
        while self.prepare_next(&mut preparer, &shared.settings) {}
        shared.preparers().push(preparer);
    }

    /// Prepares the first article that no thread has begun; false where there is none left.
    fn prepare_next(&self, preparer: &mut Preparer, settings: &Settings) -> bool {
        let place = self.next.fetch_add(1, Ordering::Relaxed);
        let Some(body) = self.bodies.get(place) else { return false };
        let prepare = AssertUnwindSafe(|| read_and_prepare(preparer, body, settings));
        let ready = catch_unwind(prepare).unwrap_or_else(|_| {
            *preparer = Preparer::default();
            None
        });
        self.lock().insert(place, ready);
        self.changed.notify_all();
        true
    }

    fn wait_for(&self, place: usize) -> Option<Ready> {
        let mut prepared = self.lock();
        loop {
            if let Some(found) = prepared.remove(&place) {
                return found;
            }
            prepared = self.changed.wait(prepared).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn read_and_prepare(preparer: &mut Preparer, body: &[u8], settings: &Settings) -> Option<Ready> {
    let fetched: ArticleFetched = decode(body).ok()?;
    let byline = byline(&fetched);
    let prepared = preparer.prepare(&incoming(&fetched, &byline), settings);
    Some(Ready { fetched, prepared })
}

/// Who wrote it, as the detector reads it.
pub(crate) fn byline(fetched: &ArticleFetched) -> String {
    fetched.article.authors.join(", ")
}

/// The article for the detector, but for what its items are called and for its times.
pub(crate) fn incoming<'a>(fetched: &'a ArticleFetched, byline: &'a str) -> Incoming<'a> {
    let about = &fetched.article;
    Incoming {
        outlet: about.site(),
        via: about.via.as_ref().map(Outlet::as_str),
        page: about.page(),
        title: &about.title,
        byline,
        text: &fetched.text,
        ..Incoming::default()
    }
}
