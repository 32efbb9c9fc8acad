//! What the loop of a writer asks: decide, replay, begin anew.

use tracing::{info, warn};
use wirefold_dedup::{Settings, word_hash};
use wirefold_envelope::{Sender, decode_judged, timestamp, trace_of};
use wirefold_flow::{Decide, Headers, REFERENCE, Reason, Record, Stored, UnixMillis};
use wirefold_proto::streams;
use wirefold_proto::{
    ArticleFetched, ArticleJudged, CommandJudged, CommandOutcome, ControlCommand, DecisionId,
    EpochTaken, Input, Judged, Message, Offsets, Tag, decode, encode,
};

use crate::learning::Learning;
use crate::metrics::{ARTICLES, COMMANDS, DIFFERENCES, EXPIRED, IN_WINDOW, REPEATS, REPLAYED};

const SENDER: Sender = Sender { source: "/wirefold/detector" };
/// What people read when they ask for what is to come.
const NOT_YET: &str = "this release cannot split, merge or prefer yet";

/// Who writes.
pub(crate) struct Writer {
    /// The instance, such as `detector-1`.
    pub(crate) name: String,
    /// The release of wirefold.
    pub(crate) release: String,
}

/// Decides on articles and commands.
pub(crate) struct Decider {
    settings: Settings,
    writer: Writer,
    learning: Learning,
    /// The last record known to be made, and how far the inputs had been read with it.
    last: Option<DecisionId>,
    offsets: Offsets,
    /// Whether a difference has been told.
    has_warned: bool,
}

impl Decider {
    pub(crate) fn new(settings: Settings, writer: Writer) -> Self {
        Self {
            learning: Learning::new(&settings),
            settings,
            writer,
            last: None,
            offsets: Offsets { fetched: 0, control: 0 },
            has_warned: false,
        }
    }

    /// Notes the record after which it goes on, for the first epoch record.
    pub(crate) fn goes_on_from(&mut self, last: &Judged) {
        (self.last, self.offsets) = (Some(last.decision()), last.input());
    }

    fn article(&mut self, epoch: u64, input: &Stored) -> Result<Option<Record>, Reason> {
        let fetched: ArticleFetched = read(input)?;
        if self.learning.knows(fetched.id) {
            REPEATS.add(1, &[]);
            return Ok(None);
        }
        let decision = DecisionId { epoch, input: Input::Article(input.sequence) };
        let offsets = Offsets { fetched: input.sequence, ..self.offsets };
        let learnt = self.learning.learn(&fetched, decision, offsets);
        (self.last, self.offsets) = (Some(decision), offsets);
        ARTICLES.add(1, &[learnt.record.verdict.class.as_str()]);
        IN_WINDOW.set(self.learning.articles() as f64, &[]);
        let mut headers = headers(&learnt.record, learnt.record.seen, input);
        headers.set(REFERENCE, input.reference());
        Ok(Some(Record { headers, body: learnt.body.into() }))
    }

    fn command(&mut self, epoch: u64, input: &Stored) -> Result<Option<Record>, Reason> {
        let command: ControlCommand = read(input)?;
        let decision = DecisionId { epoch, input: Input::Command(input.sequence) };
        self.offsets.control = input.sequence;
        self.last = Some(decision);
        COMMANDS.add(1, &[]);
        let at = command.at;
        let record = CommandJudged {
            schema: Tag::new(),
            decision,
            input: self.offsets,
            command,
            outcome: CommandOutcome::Refused { reason: NOT_YET.to_owned() },
            changes: Vec::new(),
        };
        let body = encode(&record).map_err(|error| Reason::rejected(error.to_string()))?;
        Ok(Some(Record { headers: headers(&record, at, input), body: body.into() }))
    }

    fn replay_article(&mut self, standing: &ArticleJudged, input: Option<&Stored>) {
        let kept = input.and_then(|input| decode::<ArticleFetched>(&input.body).ok());
        let Some(fetched) = kept.filter(|fetched| fetched.id == standing.id) else {
            EXPIRED.add(1, &[]);
            return self.learning.note(standing.id, standing.seen);
        };
        let learnt = self.learning.learn(&fetched, standing.decision, standing.input);
        if learnt.record == *standing {
            return;
        }
        let (ours, theirs) = (&learnt.record.verdict, &standing.verdict);
        self.learning.adopt(&learnt, standing);
        if (ours.class, ours.story, ours.event) == (theirs.class, theirs.story, theirs.event) {
            return;
        }
        DIFFERENCES.add(1, &[]);
        if !self.has_warned {
            self.has_warned = true;
            let (decided, now) = (theirs.class.as_str(), ours.class.as_str());
            let article = standing.id.to_string();
            warn!(article, decided, now, "decisions would be others now, as after new settings");
        }
    }
}

impl Decide for Decider {
    fn restart(&mut self) -> u64 {
        self.learning = Learning::new(&self.settings);
        self.offsets = Offsets { fetched: 0, control: 0 };
        self.last = None;
        0
    }

    fn replay(&mut self, decision: &Stored, input: Option<&Stored>) {
        REPLAYED.add(1, &[]);
        let judged = match decode_judged(decision) {
            Ok(judged) => judged,
            Err(error) => {
                let sequence = decision.sequence;
                warn!(sequence, ?error, "a decision cannot be read and is passed over");
                return;
            }
        };
        (self.last, self.offsets) = (Some(judged.decision()), judged.input());
        if let Judged::Article(standing) = judged {
            self.replay_article(&standing, input);
        }
    }

    fn epoch_record(&mut self, epoch: u64, at: UnixMillis) -> Record {
        info!(epoch, writer = self.writer.name, "the detector takes over");
        let at = timestamp(at);
        let record = EpochTaken {
            schema: Tag::new(),
            decision: DecisionId { epoch, input: Input::Epoch },
            input: self.offsets,
            previous: self.last,
            writer: self.writer.name.clone(),
            release: self.writer.release.clone(),
            settings: format!("{:016x}", word_hash(&format!("{:?}", self.settings))),
            at,
        };
        let body = encode(&record).expect("names of instances and releases are short");
        Record { headers: SENDER.headers(&record, at, None), body: body.into() }
    }

    fn decide(&mut self, epoch: u64, input: &Stored) -> Result<Option<Record>, Reason> {
        match input.stream == streams::CONTROL.name {
            true => self.command(epoch, input),
            false => self.article(epoch, input),
        }
    }
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
