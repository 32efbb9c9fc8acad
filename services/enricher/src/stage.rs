//! The writer of `WF_ENRICHED`: finds what stands in each fetched article.
//!
//! Comes in: articles in the order in which they were stored. Goes out: one record for each, in that order.
//! A record depends on nothing else, so a batch is made on all cores at once.

use std::any::Any;
use std::collections::HashMap;
use std::future::ready;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use wirefold_envelope::{Sender, timestamp};
use wirefold_flow::{
    Answer, BoxFuture, BusError, Reason, Record, StateMachine, Stored, UnixMillis,
};
use wirefold_proto::{ArticleEnriched, ArticleFetched, EnrichedEpoch, Tag, decode, encode};
use wirefold_text::Text;

use crate::Settings;
use crate::clock::ClockCorrector;
use crate::entities::find_names;
use crate::findings::find;
use crate::language::language;
use crate::metrics::ARTICLES;
use crate::reading::Reading;
use crate::title::title;

const SENDER: Sender = Sender { source: "/wirefold/enricher" };
/// For fewer articles than this on a core, handing them over takes as long as reading them.
const MIN_PER_CORE: usize = 4;

/// Enriches articles. Its output depends on no state between them.
pub(crate) struct Enricher {
    settings: Settings,
    cores: usize,
    clocks: Arc<ClockCorrector>,
    /// The records of the next articles, by the sequence of the article.
    prepared: HashMap<u64, Prepared>,
}

/// The record of an article, or why there is none; or the panic that making it caused.
type Prepared = Result<Made, Box<dyn Any + Send>>;
type Made = Result<Record, Reason>;

impl Enricher {
    /// `cores`: how many threads make output. 1: no other thread than the caller's.
    pub(crate) fn new(settings: Settings, cores: usize) -> Self {
        let (clocks, prepared) = Default::default();
        Self { settings, cores, clocks, prepared }
    }

    /// Makes the records of articles, on all cores if there are enough of them.
    async fn enrich(&mut self, articles: &[Stored]) -> Result<(), BusError> {
        let threads = self.cores.min(articles.len() / MIN_PER_CORE);
        if threads < 2 {
            let made = articles.iter().map(|one| prepared(one, &self.clocks));
            self.prepared.extend(made);
            return Ok(());
        }
        let parts = articles.chunks(articles.len().div_ceil(threads)).map(|part| {
            let (part, clocks) = (part.to_vec(), self.clocks.clone());
            let make = move || part.iter().map(|one| prepared(one, &clocks)).collect();
            tokio::task::spawn_blocking::<_, Vec<_>>(make)
        });
        for part in parts.collect::<Vec<_>>() {
            // Panics are caught inside; only the end of the runtime ends it.
            let ended = |error: tokio::task::JoinError| BusError::Unavailable(error.to_string());
            self.prepared.extend(part.await.map_err(ended)?);
        }
        Ok(())
    }
}

impl StateMachine for Enricher {
    fn has_state(&self) -> bool {
        false
    }

    fn recall(&mut self) -> BoxFuture<'_, ()> {
        // The models are unpacked at their first use, which takes longer than many articles.
        let specimen = Text::new("The ferry to Brightlingsea was late on Monday.");
        find_names(&Reading::new(&specimen));
        language("", specimen.original(), None);
        Box::pin(ready(()))
    }

    fn restart(&mut self) -> u64 {
        0
    }

    fn replay(&mut self, _decision: &Stored, _input: Option<&Stored>) {}

    fn epoch_record(&mut self, epoch: u64, at: UnixMillis) -> Record {
        let Settings { writer, release } = self.settings.clone();
        let at = timestamp(at);
        let record = EnrichedEpoch { schema: Tag::new(), epoch, writer, release, at };
        let body = encode(&record).expect("names of instances and releases are short");
        SENDER.record(&record, at, body)
    }

    fn prepare<'a>(&'a mut self, inputs: &'a [Stored]) -> Answer<'a, ()> {
        self.prepared.clear();
        Box::pin(self.enrich(inputs))
    }

    fn decide(&mut self, _epoch: u64, input: &Stored) -> Result<Option<Record>, Reason> {
        match self.prepared.remove(&input.sequence) {
            Some(Ok(made)) => made.map(Some),
            Some(Err(panic)) => resume_unwind(panic),
            None => Err(Reason::rejected("it was not prepared")),
        }
    }
}

/// The record of an article, by the article's sequence.
fn prepared(input: &Stored, clocks: &ClockCorrector) -> (u64, Prepared) {
    let made = catch_unwind(AssertUnwindSafe(|| enriched(input, clocks)));
    (input.sequence, made)
}

fn enriched(input: &Stored, clocks: &ClockCorrector) -> Made {
    let mut fetched: ArticleFetched =
        decode(&input.body).map_err(|error| Reason::rejected(error.to_string()))?;
    clocks.correct(&mut fetched, input);
    let mut record = with_findings(fetched);
    let body = loop {
        match encode(&record) {
            Ok(body) => break body,
            // The findings and the escapes of JSON can take more room than the text.
            Err(_) if !record.text.is_empty() => {
                let half = record.text.floor_char_boundary(record.text.len() / 2);
                record.text.truncate(half);
                record.article.truncated = true;
                record = with_findings(record.into_fetched());
            }
            Err(error) => return Err(Reason::rejected(error.to_string())),
        }
    };
    ARTICLES.add(1, &[]);
    let seen = record.article.seen;
    Ok(SENDER.record(&record, seen, body))
}

/// The article with the findings in its text.
fn with_findings(fetched: ArticleFetched) -> ArticleEnriched {
    let ArticleFetched { id, article, text, text_source, .. } = fetched;
    let words = Text::new(&text);
    let findings = find(&words, &article);
    let lacks_title = article.title.trim().is_empty();
    let made_title = lacks_title.then(|| title(&words, &article.item_key));
    drop(words);
    ArticleEnriched { schema: Tag::new(), id, article, text, text_source, made_title, findings }
}
