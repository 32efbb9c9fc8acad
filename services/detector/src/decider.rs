//! Implements [`StateMachine`] for the writer's loop: decides about an input, replays a decision, starts
//! from a snapshot.
//!
//! Stored inputs and earlier decisions come in; records of decisions go out. The loop reads and
//! acknowledges all messages, never this module.

use std::future::ready;
use std::sync::Arc;

use tracing::{info, warn};
use wirefold_envelope::{Sender, decode_output, timestamp};
use wirefold_flow::{
    Answer, BoxFuture, Bus, CommittedDecision, Reason, Record, StateMachine, Stored, UnixMillis,
};
use wirefold_fold::{Prepared, word_hash};
use wirefold_proto::streams;
use wirefold_proto::{
    ArticleEnriched, ControlCommand, DecisionId, Input, Message, Offsets, Output, OutputArticle,
    OutputCommand, OutputEpoch, StoryChange, Tag, decode, encode,
};

use crate::Settings;
use crate::metrics::{
    ARTICLES, CHANGES, COMMANDS, DIFFERENCES, DUPLICATES, EXPIRED, IN_WINDOW, REPLAYED,
};
use crate::preparing::{ParallelPreparer, PreparedArticle};
use crate::snapshot::{SnapshotState, Snapshotter};
use crate::state::{DecidedArticle, DetectorConfig, DetectorState};
use crate::text_file::TextFolder;

const SENDER: Sender = Sender { source: "/wirefold/detector" };
/// The most bytes of a command. Its record repeats the command and adds its effects, and must fit
/// into a message.
const MAX_COMMAND_BYTES: usize = 256 * 1024;

/// Decides about articles and commands.
pub(crate) struct Decider {
    settings: Settings,
    config: DetectorConfig,
    state: SnapshotState,
    /// The next articles, prepared.
    pub(crate) preparer: ParallelPreparer,
    snapshotter: Snapshotter,
    /// The state of the snapshot to start from, with the sequence of its last decision.
    restored: Option<(u64, SnapshotState)>,
    /// Whether a decision was replayed without its article, because the article is no longer stored.
    lacks_texts: bool,
    /// Whether the log already says that a replay gave another result.
    has_warned: bool,
}

impl Decider {
    pub(crate) fn new(settings: Settings, bus: Arc<dyn Bus>) -> Self {
        let folder = settings.texts.as_deref();
        let folder = Arc::new(folder.map(TextFolder::persistent).unwrap_or_default());
        let hash = settings_hash(&settings.fold);
        let config = DetectorConfig { settings: settings.fold.clone(), folder: folder.clone() };
        Self {
            state: empty_state(&config),
            preparer: ParallelPreparer::new(),
            snapshotter: Snapshotter::new(bus, folder, hash, settings.snapshot_after),
            settings,
            config,
            restored: None,
            lacks_texts: false,
            has_warned: false,
        }
    }

    /// Sets the last record of the stream, which the first epoch record names.
    pub(crate) fn set_last_record(&mut self, last: &Output) {
        (self.state.last, self.state.offsets) = (Some(last.decision()), last.input());
    }

    fn decide_article(&mut self, epoch: u64, input: &Stored) -> Result<Option<Record>, Reason> {
        let (enriched, prepared) = match self.preparer.take_prepared(input.sequence) {
            Some(PreparedArticle { enriched, prepared }) => (enriched, Some(prepared)),
            None => (read(input)?, None),
        };
        if self.state.detector.is_decided(enriched.id) {
            DUPLICATES.add(1, &[]);
            return Ok(None);
        }
        let decision = DecisionId { epoch, input: Input::Article(input.sequence) };
        let offsets = Offsets { enriched: input.sequence, ..self.state.offsets };
        let decided = self.state.detector.decide_article(enriched, prepared, decision, offsets);
        (self.state.last, self.state.offsets) = (Some(decision), offsets);
        self.snapshotter.count_decision();
        ARTICLES.add(1, &[decided.record.verdict.class.as_str()]);
        IN_WINDOW.set(self.state.detector.articles() as f64, &[]);
        count_changes(&decided.record.changes);
        let DecidedArticle { mut record, doc, .. } = decided;
        record.text_policy = self.settings.text_policy;
        record.text = self.state.detector.published_text(doc, record.text_policy);
        // The message of the article has room for the verdict.
        let body = encode(&record).expect("a decision fits into a message");
        Ok(Some(SENDER.record(&record, record.article.seen, body)))
    }

    fn decide_command(&mut self, epoch: u64, input: &Stored) -> Result<Option<Record>, Reason> {
        if input.body.len() > MAX_COMMAND_BYTES {
            return Err(Reason::rejected(format!("a command of over {MAX_COMMAND_BYTES} bytes")));
        }
        let command: ControlCommand = read(input)?;
        if self.state.detector.has_applied(&command) {
            DUPLICATES.add(1, &[]);
            return Ok(None);
        }
        let decision = DecisionId { epoch, input: Input::Command(input.sequence) };
        self.state.offsets.control = input.sequence;
        self.state.last = Some(decision);
        self.snapshotter.count_decision();
        let at = command.at;
        let record = self.state.detector.apply_command(command, decision, self.state.offsets);
        COMMANDS.add(1, &[record.outcome.as_str()]);
        count_changes(&record.changes);
        let body = encode(&record).map_err(|error| Reason::rejected(error.to_string()))?;
        Ok(Some(SENDER.record(&record, at, body)))
    }

    fn replay_article(&mut self, committed: &OutputArticle, input: Option<&Stored>) {
        let stored = input.and_then(|input| self.take_or_decode(input));
        let Some((enriched, prepared)) = stored.filter(|(it, _)| it.id == committed.id) else {
            EXPIRED.add(1, &[]);
            self.lacks_texts = true;
            return self.state.detector.record_id(committed.id, committed.article.seen);
        };
        let (decision, offsets) = (committed.decision, committed.input);
        let decided = self.state.detector.decide_article(enriched, prepared, decision, offsets);
        if is_same(&decided.record, committed) {
            return;
        }
        let (ours, theirs) = (&decided.record.verdict, &committed.verdict);
        self.state.detector.adopt_decision(&decided, committed);
        if (ours.class, ours.story, ours.event) == (theirs.class, theirs.story, theirs.event) {
            return;
        }
        let article = committed.id.to_string();
        self.report_difference(&article, theirs.class.as_str(), ours.class.as_str());
    }

    /// The article of a replayed decision; also prepared, if it was among the inputs shown before.
    fn take_or_decode(&mut self, input: &Stored) -> Option<(ArticleEnriched, Option<Prepared>)> {
        match self.preparer.take_prepared(input.sequence) {
            Some(PreparedArticle { enriched, prepared }) => Some((enriched, Some(prepared))),
            None => decode(&input.body).ok().map(|enriched| (enriched, None)),
        }
    }

    /// Applies a command again. It has no effect on articles that have left the window since.
    fn replay_command(&mut self, committed: &OutputCommand) {
        let OutputCommand { command, decision, input, .. } = committed.clone();
        let id = command.id.clone();
        let ours = self.state.detector.apply_command(command, decision, input);
        // The reason of a refusal is for people.
        let same_outcome = ours.outcome.as_str() == committed.outcome.as_str();
        if same_outcome && ours.changes == committed.changes {
            return;
        }
        if self.lacks_texts {
            EXPIRED.add(1, &[]);
            return;
        }
        self.report_difference(&id, committed.outcome.as_str(), ours.outcome.as_str());
    }

    fn report_difference(&mut self, what: &str, decided: &str, now: &str) {
        DIFFERENCES.add(1, &[]);
        if !self.has_warned {
            self.has_warned = true;
            warn!(what, decided, now, "decisions would be others now, as after new settings");
        }
    }
}

impl StateMachine for Decider {
    fn recall(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            self.restored = self.snapshotter.restore(&self.config).await;
        })
    }

    fn restart(&mut self) -> u64 {
        let (sequence, state) =
            self.restored.take().unwrap_or_else(|| (0, empty_state(&self.config)));
        self.state = state;
        sequence
    }

    fn replay(&mut self, decision: &Stored, input: Option<&Stored>) {
        REPLAYED.add(1, &[]);
        // A decision is replayed only if no snapshot includes it.
        self.snapshotter.count_decision();
        let output = match decode_output(decision) {
            Ok(output) => output,
            Err(error) => {
                let sequence = decision.sequence;
                warn!(sequence, ?error, "a decision cannot be read and is passed over");
                return;
            }
        };
        (self.state.last, self.state.offsets) = (Some(output.decision()), output.input());
        match output {
            Output::Article(committed) => self.replay_article(&committed, input),
            Output::Command(committed) => self.replay_command(&committed),
            Output::Forgotten(_) | Output::Epoch(_) => {}
        }
    }

    fn epoch_record(&mut self, epoch: u64, at: UnixMillis) -> Record {
        info!(epoch, writer = self.settings.writer, "the detector takes over");
        let at = timestamp(at);
        let record = OutputEpoch {
            schema: Tag::new(),
            decision: DecisionId { epoch, input: Input::Epoch },
            input: self.state.offsets,
            previous: self.state.last,
            writer: self.settings.writer.clone(),
            release: self.settings.release.clone(),
            settings: format!("{:016x}", settings_hash(&self.config.settings)),
            at,
        };
        let body = encode(&record).expect("names of instances and releases are short");
        SENDER.record(&record, at, body)
    }

    fn prepare<'a>(&'a mut self, inputs: &'a [Stored]) -> Answer<'a, ()> {
        self.preparer.prepare(inputs);
        Box::pin(ready(Ok(())))
    }

    fn decide(&mut self, epoch: u64, input: &Stored) -> Result<Option<Record>, Reason> {
        match input.stream == streams::CONTROL.name {
            true => self.decide_command(epoch, input),
            false => self.decide_article(epoch, input),
        }
    }

    fn needs_save(&self) -> bool {
        self.snapshotter.is_due(self.state.detector.articles())
    }

    fn save(&mut self, last: &CommittedDecision) {
        self.snapshotter.start_writing(last, self.state.clone());
    }

    fn save_final(&mut self, last: CommittedDecision) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.snapshotter.wait_until_written().await;
            if self.snapshotter.has_new_decisions() {
                let state = std::mem::replace(&mut self.state, empty_state(&self.config));
                self.snapshotter.start_writing(&last, state);
                self.snapshotter.wait_until_written().await;
            }
        })
    }
}

/// Whether a decision that was made again is the stored one.
fn is_same(made: &OutputArticle, stored: &OutputArticle) -> bool {
    made.verdict == stored.verdict
        && made.story_state == stored.story_state
        && made.event_state == stored.event_state
        && made.changes == stored.changes
}

fn count_changes(changes: &[StoryChange]) {
    for change in changes {
        CHANGES.add(1, &[change.kind()]);
    }
}

/// The state before the first decision.
fn empty_state(config: &DetectorConfig) -> SnapshotState {
    let (detector, offsets) = (DetectorState::new(config), Offsets { enriched: 0, control: 0 });
    SnapshotState { detector, last: None, offsets }
}

/// A hash of the settings.
fn settings_hash(settings: &wirefold_fold::Settings) -> u64 {
    word_hash(&format!("{settings:?}"))
}

fn read<M: Message>(input: &Stored) -> Result<M, Reason> {
    decode(&input.body).map_err(|error| Reason::rejected(error.to_string()))
}
