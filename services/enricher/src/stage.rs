//! The stage: reads a decision and its article, and publishes the messages of the output.

use jiff::Timestamp;
use wirefold_envelope::{Sender, decode, decode_judged};
use wirefold_flow::{BoxFuture, Emit, Input, Outgoing, Stage, StageError, Stored};
use wirefold_proto::{
    ArticleFetched, ArticleJudged, CommandJudged, Judged, LEAD_CHARACTERS, LEAD_WORDS,
    OutputArticle, OutputCommand, Published, StoryChange, Tag, TextPolicy, streams,
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
            changes: record.changes,
        };
        count_changes(&output.changes);
        ARTICLES.add(1, &[output.verdict.class.as_str()]);
        Ok(vec![Emit::Message(outgoing(&output, record.seen)?)])
    }
}

/// The outcome of a command, with the changes that it caused.
fn command(message: &Stored, record: CommandJudged) -> Result<Vec<Emit>, StageError> {
    let CommandJudged { decision, input, command, outcome, changes, stories, events, .. } = record;
    count_changes(&changes);
    COMMANDS.add(1, &[outcome.as_str()]);
    let at = command.at;
    let output = OutputCommand {
        schema: Tag::new(),
        decision,
        judged: message.sequence,
        fetched: input.fetched,
        command,
        outcome,
        changes,
        stories,
        events,
    };
    Ok(vec![Emit::Message(outgoing(&output, at)?)])
}

fn count_changes(changes: &[StoryChange]) {
    for change in changes {
        CHANGES.add(1, &[change.kind()]);
    }
}

fn outgoing<M: Published>(output: &M, time: Timestamp) -> Result<Outgoing, StageError> {
    SENDER.outgoing(output, time).map_err(|error| StageError::reject(error.to_string()))
}
