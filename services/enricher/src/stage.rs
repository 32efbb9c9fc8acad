//! The writer of the output: makes the message of each decision from the decision and its article.
//!
//! Comes in: decisions in order, and the bus with their articles. Goes out: one record for each. The record
//! depends on nothing else, so a batch is made on all cores at once.

use std::any::Any;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use wirefold_envelope::{Sender, timestamp};
use wirefold_flow::{
    Answer, Bus, BusError, Cause, INPUT, Outgoing, REFERENCE, Reason, Record, StateMachine, Stored,
    UnixMillis, first_after, parse_reference,
};
use wirefold_proto::{
    ArticleFetched, ArticleJudged, CommandJudged, Judged, LEAD_CHARACTERS, LEAD_WORDS,
    OutputArticle, OutputCommand, OutputEpoch, Published, StoryChange, Tag, TextPolicy, decode,
    encode, streams,
};
use wirefold_text::Text;

use crate::findings_cache::FindingsCache;
use crate::metrics::{ARTICLES, CHANGES, COMMANDS};
use crate::title::title;
use crate::{Settings, agency_of};

const SENDER: Sender = Sender { source: "/wirefold/enricher" };
/// For fewer decisions than this on a core, handing them over takes as long as making their output.
const MIN_PER_CORE: usize = 4;
/// How many messages one read of the output returns.
const READ_AT_ONCE: usize = 256;

/// Enriches decisions. Its output depends on no state between them.
pub(crate) struct Enricher {
    bus: Arc<dyn Bus>,
    settings: Settings,
    cores: usize,
    /// The findings of recent texts, so that their copies are not analysed again.
    cache: Arc<FindingsCache>,
    /// The output of the next decisions, by the sequence of the decision.
    prepared: HashMap<u64, Prepared>,
}

/// The record of a decision, `None` for a take-over, or why there is none; or the panic that making it caused.
type Prepared = Result<Made, Box<dyn Any + Send>>;
type Made = Result<Option<Record>, Reason>;

/// A decision with the article that it names.
type Decision = (Stored, Article);

/// The article that a decision names.
enum Article {
    Stored(Stored),
    /// It is no longer stored.
    Gone,
    /// The decision names none, as one on a command.
    Unnamed,
}

impl Enricher {
    /// `cores`: how many threads make output. 1: no other thread than the caller's.
    pub(crate) fn new(bus: Arc<dyn Bus>, settings: Settings, cores: usize) -> Self {
        let (cache, prepared) = Default::default();
        Self { bus, settings, cores, cache, prepared }
    }

    /// Loads the articles that decisions name.
    async fn load(bus: &dyn Bus, decisions: &[Stored]) -> Result<Vec<Decision>, BusError> {
        let named = |message: &Stored| {
            let (stream, sequence) = parse_reference(message.headers.get(REFERENCE)?)?;
            (stream == streams::FETCHED.name).then_some(sequence)
        };
        let wanted: Vec<u64> = decisions.iter().filter_map(named).collect();
        let mut found = bus.get_each(streams::FETCHED.name, &wanted).await?.into_iter();
        let with_article = |message: &Stored| {
            let article = match named(message).and_then(|_| found.next()) {
                Some(Ok(article)) => Article::Stored(article),
                Some(Err(BusError::Gone { .. } | BusError::NotYet { .. })) => Article::Gone,
                Some(Err(error)) => return Err(error),
                None => Article::Unnamed,
            };
            Ok((message.clone(), article))
        };
        decisions.iter().map(with_article).collect()
    }

    /// Makes the output of decisions, on all cores if there are enough of them.
    async fn enrich(&mut self, decisions: Vec<Decision>) -> Result<(), BusError> {
        let threads = self.cores.min(decisions.len() / MIN_PER_CORE);
        let (policy, cache) = (self.settings.text_policy, &self.cache);
        if threads < 2 {
            let made = decisions.into_iter().map(|one| enriched(one, policy, cache));
            self.prepared.extend(made);
            return Ok(());
        }
        let on_each = decisions.len().div_ceil(threads);
        let mut decisions = decisions.into_iter();
        let mut parts = Vec::with_capacity(threads);
        loop {
            let part: Vec<Decision> = decisions.by_ref().take(on_each).collect();
            if part.is_empty() {
                break;
            }
            let cache = cache.clone();
            let make = move || part.into_iter().map(|one| enriched(one, policy, &cache)).collect();
            parts.push(tokio::task::spawn_blocking::<_, Vec<_>>(make));
        }
        for part in parts {
            // Panics are caught inside; only the end of the runtime ends it.
            let ended = |error: tokio::task::JoinError| BusError::Unavailable(error.to_string());
            self.prepared.extend(part.await.map_err(ended)?);
        }
        Ok(())
    }

    /// The record of a decision that was prepared.
    fn prepared_record(&mut self, sequence: u64) -> Made {
        match self.prepared.remove(&sequence) {
            Some(Ok(made)) => made,
            Some(Err(panic)) => resume_unwind(panic),
            None => Err(Reason::rejected("it was not prepared")),
        }
    }
}

impl StateMachine for Enricher {
    fn has_state(&self) -> bool {
        false
    }

    fn restart(&mut self) -> u64 {
        0
    }

    fn replay(&mut self, _decision: &Stored, _input: Option<&Stored>) {}

    fn epoch_record(&mut self, epoch: u64, at: UnixMillis) -> Record {
        let Settings { writer, release, .. } = self.settings.clone();
        let at = timestamp(at);
        let record = OutputEpoch { schema: Tag::new(), epoch, writer, release, at };
        let body = encode(&record).expect("names of instances and releases are short");
        SENDER.record(&record, at, body)
    }

    fn prepare<'a>(&'a mut self, inputs: &'a [Stored]) -> Answer<'a, ()> {
        Box::pin(async move {
            self.prepared.clear();
            let decisions = Self::load(&*self.bus, inputs).await?;
            self.enrich(decisions).await
        })
    }

    fn decide(&mut self, _epoch: u64, input: &Stored) -> Result<Option<Record>, Reason> {
        self.prepared_record(input.sequence)
    }
}

/// Makes the output of a decision that has none, given its sequence in `WF_JUDGED`, as when a person replays
/// a dead letter. It is written behind the output that there is.
///
/// # Errors
/// For people: why there is still none.
pub async fn enrich_again(
    bus: Arc<dyn Bus>,
    settings: Settings,
    sequence: u64,
) -> Result<(), String> {
    let stored = bus.get(streams::JUDGED.name, sequence).await;
    let message = stored.map_err(|error| error.to_string())?;
    let id = format!("again-{sequence}");
    if has_output(&*bus, &message, &id).await.map_err(|error| error.to_string())? {
        return Ok(());
    }
    let mut enricher = Enricher::new(bus.clone(), settings, 1);
    let prepared = enricher.prepare(std::slice::from_ref(&message)).await;
    prepared.map_err(|error| error.to_string())?;
    let made = enricher.prepared_record(sequence).map_err(|reason| reason.text)?;
    let Record { subject, headers, body } = made.ok_or("a take-over has no output")?;
    let published = bus.publish(Outgoing { subject, id, headers, body }).await;
    published.map(|_| ()).map_err(|error| error.to_string())
}

/// Whether the output has this decision: among the others in their order, or late, under the id `late`.
async fn has_output(bus: &dyn Bus, decision: &Stored, late: &str) -> Result<bool, BusError> {
    let before = decision.at.minus(Duration::from_millis(1));
    let from = first_after(bus, streams::OUTPUT.name, before).await?;
    let mut reader = bus.read(streams::OUTPUT.name, ">", from).await?;
    loop {
        let output = reader.ready(READ_AT_ONCE).await?;
        if output.is_empty() {
            return Ok(false);
        }
        for stored in output {
            let input = stored.headers.get(INPUT).and_then(parse_reference);
            match input.map(|(_, sequence)| sequence.cmp(&decision.sequence)) {
                Some(Ordering::Equal) => return Ok(true),
                Some(Ordering::Greater) => return Ok(false),
                Some(Ordering::Less) | None if stored.id == late => return Ok(true),
                Some(Ordering::Less) | None => {}
            }
        }
    }
}

/// The record of a decision, by the decision's sequence.
fn enriched(
    (message, article): Decision,
    policy: TextPolicy,
    cache: &FindingsCache,
) -> (u64, Prepared) {
    // The cache recovers from a panic: see its lock.
    let made = catch_unwind(AssertUnwindSafe(|| output(&message, article, policy, cache)));
    (message.sequence, made)
}

fn output(message: &Stored, article: Article, policy: TextPolicy, cache: &FindingsCache) -> Made {
    match Judged::decode(&message.body).map_err(|error| Reason::rejected(error.to_string()))? {
        Judged::Article(record) => {
            let stored = match article {
                Article::Stored(stored) => stored,
                Article::Gone => {
                    let text = "text expired".to_owned();
                    return Err(Reason { cause: Cause::Expired, text });
                }
                Article::Unnamed => return Err(Reason::rejected("names no article")),
            };
            let fetched: ArticleFetched =
                decode(&stored.body).map_err(|error| Reason::rejected(error.to_string()))?;
            article_output(message, *record, fetched, policy, cache).map(Some)
        }
        Judged::Command(record) => command_output(message, *record).map(Some),
        Judged::Epoch(_) => Ok(None),
    }
}

fn article_output(
    message: &Stored,
    record: ArticleJudged,
    fetched: ArticleFetched,
    policy: TextPolicy,
    cache: &FindingsCache,
) -> Result<Record, Reason> {
    if fetched.id != record.id {
        return Err(Reason::rejected("the message is not the article that the decision names"));
    }
    let text = Text::new(&fetched.text);
    let findings = cache.findings(&text, &fetched.article, agency_of(&record.verdict));
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
    made(&output, record.seen)
}

/// The outcome of a command, with the changes that it caused.
fn command_output(message: &Stored, record: CommandJudged) -> Result<Record, Reason> {
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
    made(&output, at)
}

fn count_changes(changes: &[StoryChange]) {
    for change in changes {
        CHANGES.add(1, &[change.kind()]);
    }
}

fn made<M: Published>(output: &M, time: Timestamp) -> Result<Record, Reason> {
    let body = encode(output).map_err(|error| Reason::rejected(error.to_string()))?;
    Ok(SENDER.record(output, time, body))
}
