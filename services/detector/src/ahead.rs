//! Articles read and prepared on all cores, before it is decided about them one by one in their order.

use std::collections::HashMap;
use std::num::NonZeroUsize;

use wirefold_dedup::{Incoming, Prepared, Preparer, Settings};
use wirefold_flow::Stored;
use wirefold_proto::{ArticleFetched, Outlet, decode, streams};

/// A core is asked for so many articles at least: for fewer a thread takes as long as they do.
const LEAST: usize = 4;

/// What was prepared and waits for its turn.
pub(crate) struct Ahead {
    settings: Settings,
    /// One for each core.
    preparers: Vec<Preparer>,
    /// By sequence.
    ready: HashMap<u64, Ready>,
}

/// An article that was read and prepared.
pub(crate) struct Ready {
    pub(crate) fetched: ArticleFetched,
    pub(crate) prepared: Prepared,
}

impl Ahead {
    /// One for all cores of this machine.
    pub(crate) fn new(settings: Settings) -> Ahead {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Ahead::on_cores(cores, settings)
    }

    pub(crate) fn on_cores(cores: usize, settings: Settings) -> Ahead {
        let preparers = vec![Preparer::default(); cores];
        Ahead { settings, preparers, ready: HashMap::new() }
    }

    /// Prepares the articles among these inputs, where there are enough of them for two cores. What
    /// cannot be read, or ends a thread, is left to its turn, where that is said of it.
    pub(crate) fn prepare(&mut self, inputs: &[Stored]) {
        self.ready.clear();
        let articles: Vec<&Stored> =
            inputs.iter().filter(|input| input.stream == streams::FETCHED.name).collect();
        let threads = self.preparers.len().min(articles.len() / LEAST);
        if threads < 2 {
            return;
        }
        let parts = articles.chunks(articles.len().div_ceil(threads));
        let settings = &self.settings;
        let found = std::thread::scope(|scope| {
            let mut begun = Vec::new();
            for (preparer, part) in self.preparers.iter_mut().zip(parts) {
                begun.push(scope.spawn(move || prepare_all(preparer, part, settings)));
            }
            begun.into_iter().filter_map(|thread| thread.join().ok()).flatten().collect()
        });
        self.ready = found;
    }

    /// The article of a sequence, if it was prepared.
    pub(crate) fn take(&mut self, sequence: u64) -> Option<Ready> {
        self.ready.remove(&sequence)
    }
}

fn prepare_all(
    preparer: &mut Preparer,
    part: &[&Stored],
    settings: &Settings,
) -> Vec<(u64, Ready)> {
    let prepare = |input: &&Stored| {
        let fetched: ArticleFetched = decode(&input.body).ok()?;
        let byline = byline(&fetched);
        let prepared = preparer.prepare(&incoming(&fetched, &byline), settings);
        Some((input.sequence, Ready { fetched, prepared }))
    };
    part.iter().filter_map(prepare).collect()
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
