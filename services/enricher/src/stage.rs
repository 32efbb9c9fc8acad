//! The stage: reads a decision and its article, and publishes the messages of the output.

use jiff::Timestamp;
use wirefold_envelope::{Sender, decode, decode_judged};
use wirefold_flow::{BoxFuture, Emit, Input, Outgoing, Stage, StageError, Stored};
use wirefold_proto::{
    ArticleFetched, ArticleJudged, CommandJudged, DecisionId, Judged, LEAD_CHARACTERS, LEAD_WORDS,
    Offsets, OutputArticle, OutputCommand, OutputStory, Published, StoryChange, Tag, TextPolicy,
    streams,
};
use wirefold_text::Text;

use crate::findings_cache::FindingsCache;
use crate::metrics::{ARTICLES, CHANGES, COMMANDS};
use crate::title::title;
use crate::{Settings, agency_of};

const SENDER: Sender = Sender { source: "/wirefold/enricher" };

/// Enriches one decision after the other. The output depends on no state between them.
pub(crate) struct Enricher {
    pub(crate) settings: Settings,
    /// The findings of recent texts, so that their copies are not analysed again.
    pub(crate) cache: FindingsCache,
}

impl Stage for Enricher {
    fn handle(&self, input: Input) -> BoxFuture<'_, Result<Vec<Emit>, StageError>> {
        Box::pin(async move { self.enrich(&input) })
    }

    fn output(&self) -> Option<&str> {
        Some(streams::OUTPUT.name)
    }
}

impl Enricher {
    fn enrich(&self, input: &Input) -> Result<Vec<Emit>, StageError> {
        match decode_judged(&input.message)? {
            Judged::Article(decision) => {
                let referred = input.referred.as_ref();
                let stored = referred.ok_or_else(|| StageError::reject("names no article"))?;
                let fetched: ArticleFetched = decode(stored)?;
                self.article(&input.message, *decision, fetched)
            }
            Judged::Command(record) => command(&input.message, *record),
            Judged::Epoch(_) => Ok(Vec::new()),
        }
    }

    fn article(
        &self,
        message: &Stored,
        record: ArticleJudged,
        fetched: ArticleFetched,
    ) -> Result<Vec<Emit>, StageError> {
        if fetched.id != record.id {
            return Err(StageError::reject(
                "the message is not the article that the decision names",
            ));
        }
        let text = Text::new(&fetched.text);
        let policy = self.settings.text_policy;
        let findings = self.cache.findings(&text, &fetched.article, agency_of(&record.verdict));
        let mut article = fetched.article;
        // The detector corrects wrong clocks.
        article.seen = record.seen;
        if article.title.trim().is_empty() {
            // A missing title is generated only here, because the detector counts the words of a
            // title twice.
            article.title = title(&text, &article.item_key);
        }
        let output = OutputArticle {
            schema: Tag::new(),
            id: record.id,
            decision: record.decision,
            judged: message.sequence,
            changes: u32::try_from(record.changes.len()).unwrap_or(u32::MAX),
            fetched: record.input.fetched,
            findings,
            text: match policy {
                TextPolicy::None => None,
                TextPolicy::Lead => Some(text.opening(LEAD_WORDS, LEAD_CHARACTERS).to_owned()),
                TextPolicy::Full => Some(fetched.text),
            },
            article,
            text_policy: policy,
            verdict: record.verdict,
            story_state: record.story_state,
            event_state: record.event_state,
        };
        ARTICLES.add(1, &[output.verdict.class.as_str()]);
        let mut emits = vec![Emit::Message(outgoing(&output, record.seen)?)];
        let cause = Cause { decision: record.decision, input: record.input, at: record.seen };
        emits.extend(changes(message, cause, record.changes)?);
        Ok(emits)
    }
}

/// The outcome of a command, after the changes that it caused.
fn command(message: &Stored, record: CommandJudged) -> Result<Vec<Emit>, StageError> {
    let CommandJudged { decision, input, command, outcome, stories, events, .. } = record;
    let at = command.at;
    let cause = Cause { decision, input, at };
    let mut emits = changes(message, cause, record.changes.clone())?;
    COMMANDS.add(1, &[outcome.as_str()]);
    let output = OutputCommand {
        schema: Tag::new(),
        decision,
        judged: message.sequence,
        fetched: input.fetched,
        command,
        outcome,
        changes: record.changes,
        stories,
        events,
    };
    emits.push(Emit::Message(outgoing(&output, at)?));
    Ok(emits)
}

/// The cause of changes: a decision, with the positions up to which it had read, and its time.
#[derive(Clone, Copy)]
struct Cause {
    decision: DecisionId,
    input: Offsets,
    at: Timestamp,
}

/// One message for each change, numbered from 0.
fn changes(
    message: &Stored,
    cause: Cause,
    changes: Vec<StoryChange>,
) -> Result<Vec<Emit>, StageError> {
    let Cause { decision, input: Offsets { fetched, .. }, at } = cause;
    let emit = |(change, index): (StoryChange, u32)| {
        CHANGES.add(1, &[change.kind()]);
        let judged = message.sequence;
        let schema = Tag::new();
        let output = OutputStory { schema, decision, judged, index, fetched, at, change };
        Ok(Emit::Message(outgoing(&output, at)?))
    };
    changes.into_iter().zip(0..).map(emit).collect()
}

fn outgoing<M: Published>(output: &M, time: Timestamp) -> Result<Outgoing, StageError> {
    SENDER.outgoing(output, time).map_err(|error| StageError::reject(error.to_string()))
}
