//! The enricher: finds language, dateline, names, quotations and figures in what was judged, and
//! writes the output stream.
//!
//! Its output depends only on one decision and the article that it names, so enrichers are many. They
//! keep the last texts, so that copies are not read again. It judges nothing and joins no articles.

mod copies;
mod cues;
mod dateline;
mod entities;
mod figures;
mod findings;
mod keyphrases;
mod language;
mod lead;
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

pub use copies::Copies;
pub use findings::Step;
pub use metrics::METRICS;

/// What the enricher lets out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How much of a text stands in the output.
    pub text_policy: TextPolicy,
}

/// How many decisions are in its hands: enough that their output is written in whole batches.
const AT_ONCE: usize = 256;

/// How long what was in hand waits after a kill: readers in order wait for it. An article may take
/// longer: the loop says that it goes on.
const ACK_DEADLINE: Duration = Duration::from_secs(5);

/// Enriches what is judged until told to stop; then finishes what was taken and returns.
///
/// # Errors
/// [`LoopError::Bus`] where the streams or the configuration must be mended. Whatever may pass is
/// waited out.
pub async fn run(
    context: StageContext,
    settings: Settings,
    stop: CancellationToken,
) -> Result<(), LoopError> {
    run_stage(context, stage(settings), consumer(), AT_ONCE, stop).await
}

/// The stage by itself, for whoever has a dead letter handled anew.
#[must_use]
pub fn stage(settings: Settings) -> Arc<dyn Stage> {
    Arc::new(stage::Enricher { settings, copies: Copies::default() })
}

/// What is found in a text. Pure; the verdict says which agency it is from.
#[must_use]
pub fn findings(text: &str, about: &AboutArticle, verdict: &Verdict) -> Findings {
    in_steps(text, about, agency_of(verdict), |_| {})
}

/// The same, where what was found in a copy before is taken over.
#[must_use]
pub fn findings_with(
    copies: &Copies,
    text: &str,
    about: &AboutArticle,
    verdict: &Verdict,
) -> Findings {
    copies.findings(&Text::new(text), about, agency_of(verdict))
}

/// The same of a text that comes from no agency, where `done` is told after each step: what a benchmark asks.
#[must_use]
pub fn findings_in_steps(text: &str, about: &AboutArticle, done: impl FnMut(Step)) -> Findings {
    in_steps(text, about, "", done)
}

fn in_steps(
    text: &str,
    about: &AboutArticle,
    agency: &str,
    mut done: impl FnMut(Step),
) -> Findings {
    let text = Text::new(text);
    done(Step::Analysis);
    findings::find(&text, about, agency, done)
}

/// The agency behind a text, empty where none is known.
fn agency_of(verdict: &Verdict) -> &str {
    verdict.agency.as_ref().map_or("", |agency| &agency.name)
}

/// A name in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Where it stands, in bytes.
    pub span: Range<usize>,
    /// What it names.
    pub kind: EntityKind,
    /// How it was found.
    pub how: FoundBy,
}

/// The names in a text, in order, each where it stands.
#[must_use]
pub fn mentions(text: &str) -> Vec<Mention> {
    let text = Text::new(text);
    let found = entities::found(&Reading::new(&text));
    found.into_iter().map(|one| Mention { span: one.span, kind: one.kind, how: one.how }).collect()
}

/// The durable reader that all enrichers share.
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
