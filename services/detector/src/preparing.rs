//! Decodes and prepares articles on the other cores, while the writer decides about them in order.
//!
//! Stored inputs come in; prepared articles go out by their sequence. This module decides nothing
//! and knows no earlier article.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use bytes::Bytes;
use wirefold_flow::Stored;
use wirefold_fold::{Incoming, Prepared};
use wirefold_proto::{ArticleEnriched, Outlet, decode, streams};

/// A thread is started for at least this many articles. For fewer, starting it takes as long as
/// preparing them.
const MIN_PER_THREAD: usize = 4;

/// Prepares a batch of articles on the cores that do not decide.
pub(crate) struct ParallelPreparer {
    /// How many threads prepare in addition to the deciding one.
    threads: usize,
    /// The articles that each thread has prepared, in their order. A thread ends once nobody receives
    /// from it.
    parts: Vec<Receiver<(u64, Option<PreparedArticle>)>>,
    /// The part that has the article with this sequence.
    part_of: HashMap<u64, usize>,
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
        let (parts, part_of) = Default::default();
        ParallelPreparer { threads: cores.saturating_sub(1), parts, part_of }
    }

    /// Begins to prepare the articles among these inputs, if there are enough of them for two
    /// cores.
    pub(crate) fn prepare(&mut self, inputs: &[Stored]) {
        self.parts.clear();
        self.part_of.clear();
        let articles = inputs.iter().filter(|input| input.stream == streams::ENRICHED.name);
        let articles: Vec<(u64, Bytes)> =
            articles.map(|input| (input.sequence, input.body.clone())).collect();
        let threads = self.threads.min((articles.len() / MIN_PER_THREAD).saturating_sub(1));
        for part in 0..threads {
            let own: Vec<_> = articles.iter().skip(part).step_by(threads).cloned().collect();
            self.part_of.extend(own.iter().map(|(sequence, _)| (*sequence, part)));
            let (sender, prepared) = channel();
            let mut send = move |(sequence, body): (u64, Bytes)| {
                sender.send((sequence, decode_and_prepare(&body))).is_ok()
            };
            let work = move || own.into_iter().all(&mut send);
            // If no thread can be started, the deciding thread prepares its articles.
            let _ = thread::Builder::new().name("prepare".to_owned()).spawn(work);
            self.parts.push(prepared);
        }
    }

    /// The prepared article with this sequence, once it is ready. Articles are taken in the order of
    /// the inputs. `None` if it is not in the batch, or could not be decoded, or if its thread
    /// panicked: the caller then handles it in its turn and reports the error.
    pub(crate) fn take_prepared(&mut self, sequence: u64) -> Option<PreparedArticle> {
        let part = self.parts.get(self.part_of.remove(&sequence)?)?;
        part.iter().find(|(found, _)| *found == sequence)?.1
    }
}

impl ParallelPreparer {
    /// How many articles of the batch were not taken.
    #[cfg(test)]
    pub(crate) fn left(&self) -> usize {
        self.part_of.len()
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
