//! The enricher: finds language, dateline, names, quotations and figures in judged articles.
//!
//! It reads decisions from `WF_JUDGED` in order and the articles that they name, and writes one message for
//! each to `WF_OUTPUT`, in their order. One enricher at a time writes, and uses all cores; others stand by.
//! The output depends only on one decision and its article. The enricher never judges articles and never
//! compares them. It caches the findings of recent texts, so that copies are not analysed again.

mod cues;
mod dateline;
mod entities;
mod figures;
mod findings;
mod findings_cache;
mod language;
mod metrics;
mod quotations;
mod reading;
mod stage;
#[cfg(test)]
mod tests;
mod title;
mod word_set;

use std::num::NonZeroUsize;
use std::ops::Range;

use tokio_util::sync::CancellationToken;
use wirefold_envelope::dead_letters;
use wirefold_flow::{Lease, LoopError, Source, StageContext, WriterConfig, run_leased_writer};
use wirefold_proto::streams::{self, Stage};
use wirefold_proto::{AboutArticle, EntityKind, Findings, FoundBy, Subject, TextPolicy, Verdict};
use wirefold_text::Text;

use crate::reading::Reading;

pub use findings_cache::FindingsCache;
pub use metrics::METRICS;
pub use stage::enrich_again;

/// The settings of the enricher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How much of each text the output has.
    pub text_policy: TextPolicy,
    /// The instance that writes, such as `enricher-1`.
    pub writer: String,
    /// The release of wirefold that writes.
    pub release: String,
}

/// Enriches judged articles until `stop`, while it has the lease; then writes its last output and returns.
///
/// # Errors
/// [`LoopError::Fenced`] if another enricher has taken over and the lease is [`Lease::alone`];
/// [`LoopError::Bus`] if the streams or the configuration must be corrected. Errors that may pass are
/// retried.
pub async fn run(
    context: StageContext,
    settings: Settings,
    lease: Lease,
    stop: CancellationToken,
) -> Result<(), LoopError> {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let enricher = stage::Enricher::new(context.bus.clone(), settings, cores);
    run_leased_writer(context, writer_config(), Box::new(enricher), lease, stop).await
}

/// The streams and subjects that the enricher reads and writes.
fn writer_config() -> WriterConfig {
    WriterConfig {
        name: Stage::Enricher.as_str().to_owned(),
        sources: vec![Source {
            stream: streams::JUDGED.name.to_owned(),
            filter: ">".to_owned(),
            mark: String::new(),
        }],
        output: streams::OUTPUT.name.to_owned(),
        decisions: streams::OUTPUT_DECISIONS.to_owned(),
        epochs: Subject::output_epoch().into_text(),
        dead: dead_letters(Stage::Enricher),
        notes: Some(streams::TRIES.name.to_owned()),
    }
}

/// The findings of a text, without I/O. The verdict gives the agency behind the text.
#[must_use]
pub fn findings(text: &str, about: &AboutArticle, verdict: &Verdict) -> Findings {
    findings::find(&Text::new(text), about, agency_of(verdict))
}

/// The agency behind a text. Empty if unknown.
fn agency_of(verdict: &Verdict) -> &str {
    verdict.agency.as_ref().map_or("", |agency| &agency.name)
}

/// A name in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Its position, in bytes.
    pub span: Range<usize>,
    /// The kind of the named entity.
    pub kind: EntityKind,
    /// How it was found.
    pub how: FoundBy,
}

/// The names in a text, in order, with their positions.
#[must_use]
pub fn mentions(text: &str) -> Vec<Mention> {
    let text = Text::new(text);
    let found = entities::find_names(&Reading::new(&text));
    found.into_iter().map(|one| Mention { span: one.span, kind: one.kind, how: one.how }).collect()
}
