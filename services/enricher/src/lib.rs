//! The enricher: finds language, dateline, names, quotations and figures in judged articles.
//!
//! It reads decisions from `WF_JUDGED` and the articles that they name, and publishes messages on
//! `WF_OUTPUT`. The output depends only on one decision and its article, so several enrichers can
//! run. The enricher never judges articles and never compares them. It caches the findings of
//! recent texts, so that copies are not analysed again.

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

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use wirefold_envelope::dead_letters;
use wirefold_flow::{ConsumerConfig, LoopError, Stage, StageContext, run_stage};
use wirefold_proto::streams::{self, Stage as Role};
use wirefold_proto::{AboutArticle, EntityKind, Findings, FoundBy, Subject, TextPolicy, Verdict};
use wirefold_text::Text;

use crate::reading::Reading;

pub use findings_cache::FindingsCache;
pub use metrics::METRICS;

/// The settings of the enricher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How much of each text the output has.
    pub text_policy: TextPolicy,
}

/// How many decisions are handled at one time: enough to write their output in whole batches.
const AT_ONCE: usize = 256;

/// After a kill, unfinished decisions are delivered again after this time, and readers in order
/// wait for them. An article may take longer: the loop then asks the bus for more time.
const ACK_DEADLINE: Duration = Duration::from_secs(5);

/// Enriches judged articles until `stop`; then finishes the ones in work and returns.
///
/// # Errors
/// [`LoopError::Bus`] if the streams or the configuration must be corrected. Errors that may pass are
/// retried.
pub async fn run(
    context: StageContext,
    settings: Settings,
    stop: CancellationToken,
) -> Result<(), LoopError> {
    run_stage(context, stage(settings), consumer(), AT_ONCE, stop).await
}

/// The stage by itself, for replaying dead letters.
#[must_use]
pub fn stage(settings: Settings) -> Arc<dyn Stage> {
    Arc::new(stage::Enricher { settings, cache: FindingsCache::default() })
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

/// The durable consumer that all enrichers share.
#[must_use]
pub fn consumer() -> ConsumerConfig {
    let name = Role::Enricher.as_str();
    ConsumerConfig {
        filter: Subject::judged().as_str().to_owned(),
        max_in_flight: 4 * AT_ONCE,
        ack_deadline: ACK_DEADLINE,
        notes: Some(streams::TRIES.name.to_owned()),
        ..ConsumerConfig::new(streams::JUDGED.name, name, dead_letters(Role::Enricher))
    }
}
