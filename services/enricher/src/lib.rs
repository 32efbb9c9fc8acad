//! The enricher: finds language, dateline, names, quotations and figures in fetched articles.
//!
//! It reads the articles of `WF_FETCHED` in order, and writes each with its findings to `WF_ENRICHED`, in their
//! order, in which they are then decided. One enricher at a time writes, and uses all cores; others stand by.
//! Its output depends only on one article. The enricher never judges articles and never compares them.

mod claims;
mod clock;
mod cues;
mod dateline;
mod entities;
mod figures;
mod findings;
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
use wirefold_flow::{Lease, LoopError, Source, StageContext, WriterConfig, run_writer};
use wirefold_proto::streams::{self, Stage};
use wirefold_proto::{AboutArticle, EntityKind, Findings, FoundBy, Subject};
use wirefold_text::Text;

use crate::reading::Reading;

pub use findings::editor_note;
pub use metrics::METRICS;

/// The settings of the enricher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The instance that writes, such as `enricher-1`.
    pub writer: String,
    /// The release of wirefold that writes.
    pub release: String,
}

/// Enriches articles until `stop`, while it has the lease; then writes its last output and returns.
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
    let enricher = stage::Enricher::new(settings, cores);
    run_writer(context, writer_config(), Box::new(enricher), lease, stop).await
}

/// The streams and subjects that the enricher reads and writes.
fn writer_config() -> WriterConfig {
    WriterConfig {
        name: Stage::Enricher.as_str().to_owned(),
        sources: vec![Source {
            stream: streams::FETCHED.name.to_owned(),
            filter: ">".to_owned(),
            mark: String::new(),
        }],
        output: streams::ENRICHED.name.to_owned(),
        decisions: Subject::enriched().into_text(),
        epochs: Subject::enriched_epoch().into_text(),
        dead: dead_letters(Stage::Enricher),
    }
}

/// The findings of a text, without I/O.
#[must_use]
pub fn findings(text: &str, about: &AboutArticle) -> Findings {
    findings::find(&Text::new(text), about)
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
