//! Answers the loop of the writer: decides an input, replays a decision, starts from a snapshot.
//!
//! Stored inputs and earlier decisions come in; records of decisions go out. It never reads or acknowledges a
//! message itself: the loop does that.

use std::sync::Arc;

use tracing::{info, warn};
use wirefold_dedup::{Settings, word_hash};
use wirefold_envelope::{Sender, decode_judged, timestamp, trace_of};
use wirefold_flow::{
    BoxFuture, Bus, CommittedDecision, Decide, Headers, REFERENCE, Reason, Record, Stored,
    UnixMillis,
};
use wirefold_proto::streams;
use wirefold_proto::{
    ArticleFetched, ArticleJudged, CommandJudged, ControlCommand, DecisionId, EpochTaken, Input,
    Judged, Message, Offsets, StoryChange, Tag, decode, encode,
};

use crate::ahead::{Ahead, Ready};
use crate::clock::Clocks;
use crate::learning::{DetectorConfig, Learning};
use crate::metrics::{
    ARTICLES, COMMANDS, DIFFERENCES, DUPLICATES, EXPIRED, IN_WINDOW, REGROUPED, REPLAYED,
};
use crate::snapshot::{Keeping, SnapshotState};

const SENDER: Sender = Sender { source: "/wirefold/detector" };
/// The most bytes of a command: there is room for it in its own record, beside what came of it.
const LARGEST_COMMAND: usize = 256 * 1024;

/// Who writes.
pub(crate) struct Writer {
    /// The instance, such as `detector-1`.
    pub(crate) name: String,
    /// The release of wirefold.
    pub(crate) release: String,
}

/// Decides on articles and commands.
pub(crate) struct Decider {
    ground: DetectorConfig,
    writer: Writer,
    known: SnapshotState,
    /// What is decided on next, prepared.
    ahead: Ahead,
    keeping: Keeping,
    /// What was kept and is to be gone back to, with the last decision that it knows.
    recalled: Option<(u64, SnapshotState)>,
    /// Whether a decision was learnt anew without its text.
    clocks: Clocks,
    lacks_texts: bool,
    /// Whether a difference has been told.
    has_warned: bool,
}

impl Decider {
    pub(crate) fn new(
        ground: DetectorConfig,
        writer: Writer,
        bus: Arc<dyn Bus>,
        snapshot_after: usize,
    ) -> Self {
        Self {
            known: nothing(&ground),
            ahead: Ahead::new(ground.settings.clone()),
            keeping: Keeping::new(
                bus,
                ground.folder.clone(),
                digest(&ground.settings),
                snapshot_after,
            ),
            ground,
            writer,
            recalled: None,
            clocks: Clocks::default(),
            lacks_texts: false,
            has_warned: false,
        }
    }

    /// Notes the record after which it goes on, for the first epoch record.
    pub(crate) fn goes_on_from(&mut self, last: &Judged) {
        (self.known.last, self.known.offsets) = (Some(last.decision()), last.input());
    }

    fn article(&mut self, epoch: u64, input: &Stored) -> Result<Option<Record>, Reason> {
        let (mut fetched, prepared) = match self.ahead.take_prepared(input.sequence) {
            Some(Ready { fetched, prepared }) => (fetched, Some(prepared)),
            None => (read(input)?, None),
        };
        self.clocks.correct(&mut fetched, input);
        if self.known.learning.knows(fetched.id) {
            DUPLICATES.add(1, &[]);
            return Ok(None);
        }
        let decision = DecisionId { epoch, input: Input::Article(input.sequence) };
        let offsets = Offsets { fetched: input.sequence, ..self.known.offsets };
        let learnt = self.known.learning.learn(&fetched, prepared, decision, offsets);
        (self.known.last, self.known.offsets) = (Some(decision), offsets);
        self.keeping.decided();
        ARTICLES.add(1, &[learnt.record.verdict.class.as_str()]);
        REGROUPED.add(regrouped(&learnt.record), &[]);
        IN_WINDOW.set(self.known.learning.articles() as f64, &[]);
        let mut headers = headers(&learnt.record, learnt.record.seen, input);
        headers.set(REFERENCE, input.reference());
        Ok(Some(Record { headers, body: learnt.body.into() }))
    }

    fn command(&mut self, epoch: u64, input: &Stored) -> Result<Option<Record>, Reason> {
        if input.body.len() > LARGEST_COMMAND {
            return Err(Reason::rejected(format!("a command of over {LARGEST_COMMAND} bytes")));
        }
        let command: ControlCommand = read(input)?;
        if self.known.learning.has_applied(&command) {
            DUPLICATES.add(1, &[]);
            return Ok(None);
        }
        let decision = DecisionId { epoch, input: Input::Command(input.sequence) };
        self.known.offsets.control = input.sequence;
        self.known.last = Some(decision);
        self.keeping.decided();
        let at = command.at;
        let record = self.known.learning.apply_command(command, decision, self.known.offsets);
        COMMANDS.add(1, &[record.outcome.as_str()]);
        let body = encode(&record).map_err(|error| Reason::rejected(error.to_string()))?;
        Ok(Some(Record { headers: headers(&record, at, input), body: body.into() }))
    }

    fn replay_article(&mut self, standing: &ArticleJudged, input: Option<&Stored>) {
        let kept = input.and_then(|input| decode::<ArticleFetched>(&input.body).ok());
        let Some(mut fetched) = kept.filter(|fetched| fetched.id == standing.id) else {
            EXPIRED.add(1, &[]);
            self.lacks_texts = true;
            return self.known.learning.note(standing.id, standing.seen);
        };
        // As it was decided on, also by a release that believed each clock.
        fetched.article.seen = standing.seen;
        let learnt = self.known.learning.learn(&fetched, None, standing.decision, standing.input);
        if learnt.record == *standing {
            return;
        }
        let (ours, theirs) = (&learnt.record.verdict, &standing.verdict);
        self.known.learning.adopt(&learnt, standing);
        if (ours.class, ours.story, ours.event) == (theirs.class, theirs.story, theirs.event) {
            return;
        }
        let article = standing.id.to_string();
        self.differs(&article, theirs.class.as_str(), ours.class.as_str());
    }

    /// Applies a command once more. Of what left the window since, it has no more to say.
    fn replay_command(&mut self, standing: &CommandJudged) {
        let CommandJudged { command, decision, input, .. } = standing.clone();
        let id = command.id.clone();
        let ours = self.known.learning.apply_command(command, decision, input);
        if ours.outcome == standing.outcome && ours.changes == standing.changes {
            return;
        }
        if self.lacks_texts {
            EXPIRED.add(1, &[]);
            return;
        }
        self.differs(&id, standing.outcome.as_str(), ours.outcome.as_str());
    }

    fn differs(&mut self, what: &str, decided: &str, now: &str) {
        DIFFERENCES.add(1, &[]);
        if !self.has_warned {
            self.has_warned = true;
            warn!(what, decided, now, "decisions would be others now, as after new settings");
        }
    }
}

impl Decide for Decider {
    fn recall(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            self.recalled = self.keeping.recall(&self.ground).await;
        })
    }

    fn restart(&mut self) -> u64 {
        let (sequence, known) = self.recalled.take().unwrap_or_else(|| (0, nothing(&self.ground)));
        self.known = known;
        sequence
    }

    fn replay(&mut self, decision: &Stored, input: Option<&Stored>) {
        REPLAYED.add(1, &[]);
        // No snapshot knows it, or it would not be read again.
        self.keeping.decided();
        let judged = match decode_judged(decision) {
            Ok(judged) => judged,
            Err(error) => {
                let sequence = decision.sequence;
                warn!(sequence, ?error, "a decision cannot be read and is passed over");
                return;
            }
        };
        (self.known.last, self.known.offsets) = (Some(judged.decision()), judged.input());
        match judged {
            Judged::Article(standing) => self.replay_article(&standing, input),
            Judged::Command(standing) => self.replay_command(&standing),
            Judged::Epoch(_) => {}
        }
    }

    fn epoch_record(&mut self, epoch: u64, at: UnixMillis) -> Record {
        info!(epoch, writer = self.writer.name, "the detector takes over");
        let at = timestamp(at);
        let record = EpochTaken {
            schema: Tag::new(),
            decision: DecisionId { epoch, input: Input::Epoch },
            input: self.known.offsets,
            previous: self.known.last,
            writer: self.writer.name.clone(),
            release: self.writer.release.clone(),
            settings: format!("{:016x}", digest(&self.ground.settings)),
            at,
        };
        let body = encode(&record).expect("names of instances and releases are short");
        Record { headers: SENDER.headers(&record, at, None), body: body.into() }
    }

    fn look_ahead(&mut self, inputs: &[Stored]) {
        self.ahead.prepare(inputs);
    }

    fn decide(&mut self, epoch: u64, input: &Stored) -> Result<Option<Record>, Reason> {
        match input.stream == streams::CONTROL.name {
            true => self.command(epoch, input),
            false => self.article(epoch, input),
        }
    }

    fn is_to_be_kept(&self) -> bool {
        self.keeping.is_due(self.known.learning.articles())
    }

    fn keep(&mut self, last: &CommittedDecision) {
        self.keeping.begin(last, self.known.clone());
    }

    fn leave(&mut self, last: CommittedDecision) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.keeping.rest().await;
            if self.keeping.has_news() {
                let known = std::mem::replace(&mut self.known, nothing(&self.ground));
                self.keeping.begin(&last, known);
                self.keeping.rest().await;
            }
        })
    }
}

/// The articles that a decision takes out of stories.
fn regrouped(record: &ArticleJudged) -> u64 {
    let moved = |change: &StoryChange| match change {
        StoryChange::Regrouped { articles, .. } => articles.len() as u64,
        _ => 0,
    };
    record.changes.iter().map(moved).sum()
}

/// What is known before anything was learnt.
fn nothing(ground: &DetectorConfig) -> SnapshotState {
    let (learning, offsets) = (Learning::new(ground), Offsets { fetched: 0, control: 0 });
    SnapshotState { learning, last: None, offsets }
}

/// What tells settings from others.
fn digest(settings: &Settings) -> u64 {
    word_hash(&format!("{settings:?}"))
}

fn read<M: Message>(input: &Stored) -> Result<M, Reason> {
    decode(&input.body).map_err(|error| Reason::rejected(error.to_string()))
}

/// The headers of a record, in the trace of its input. The span is told by the input alone, so that
/// a decision made twice is the same.
fn headers<M: wirefold_proto::Published>(
    record: &M,
    time: jiff::Timestamp,
    input: &Stored,
) -> Headers {
    let span = word_hash(&format!("detector {}", input.reference())) | 1;
    let trace = trace_of(input).and_then(|trace| trace.child(span).ok());
    SENDER.headers(record, time, trace)
}
