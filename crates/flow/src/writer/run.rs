//! The loop of a writer: it takes over its output stream, then reads inputs and writes decisions.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::batch_writer::{BatchWriter, WrittenBatch};
use super::inputs::{Inputs, Offsets, inputs_of};
use super::suspects::{Suspects, killed_process_reason};
use super::{
    CommittedDecision, EPOCH, INPUT, INPUTS, Record, StateMachine, TRIES, WriterConfig, epoch_of,
};
use crate::backoff::Backoff;
use crate::bus::{Bus, OrderedReader};
use crate::dead::{DeadLetter, Reason};
use crate::error::BusError;
use crate::lease::{Leadership, Lease};
use crate::loops::{Event, HEARTBEAT, LoopError, Point, RETRY, StageContext};
use crate::message::{Outgoing, Published, Stored};
use crate::panic::panic_message;
use crate::position::{Position, rolled_back};

/// How many inputs are decided on before their decisions are written.
const BATCH: usize = 100;
/// While a batch is being written, the writer decides on more inputs until this many decisions wait.
/// They are written together, which costs little more than writing one.
const MAX_UNWRITTEN: usize = 500;
/// The wait after a stream went back in time, before it is read again.
const RECHECK_AFTER: Duration = Duration::from_millis(100);

/// Runs a writer while this process has the lease, until `stop`; then writes its last decisions and returns. Without the
/// lease it stands by: it learns the decisions of the leader, ready to take over. A writer that was overtaken stands by,
/// too.
///
/// # Errors
/// [`LoopError::Fenced`] once another writer has taken over, only with [`Lease::alone`]. [`LoopError::Bus`] for an error
/// that somebody must repair. After passing errors the writer waits and takes over again. It reports a stream that went
/// back in time, and reads the messages that are there.
pub async fn run_writer(
    context: StageContext,
    config: WriterConfig,
    decide: Box<dyn StateMachine>,
    lease: Lease,
    stop: CancellationToken,
) -> Result<(), LoopError> {
    let mut writer = Writer {
        suspects: Suspects::default(),
        context,
        config,
        decide,
        lease,
        learnt_through: None,
        poison_inputs: BTreeSet::new(),
        own_epoch: None,
        last_committed: None,
    };
    let mut backoff = RETRY;
    while !stop.is_cancelled() {
        let error = match writer.run_term(&stop, &mut backoff).await {
            Ok(()) => continue,
            Err(LoopError::Bus(error)) => error,
            Err(end) => return Err(end),
        };
        // The decisions that it learnt may be gone with the stream.
        writer.learnt_through = None;
        let passing = match error {
            BusError::Fenced(stream) if writer.is_overtaken().await => {
                if !writer.lease.is_shared() {
                    return Err(LoopError::Fenced(stream));
                }
                writer.lease.resign();
                continue;
            }
            // All records are from this writer, so one of its own writes was interrupted.
            BusError::Fenced(_) | BusError::Refused { .. } => {
                BusError::Unavailable(error.to_string())
            }
            BusError::RolledBack { stream, read, last } => {
                writer.observe(Event::RolledBack { stream: &stream, read, last });
                writer.context.wait(RECHECK_AFTER).await;
                continue;
            }
            other => other,
        };
        writer.context.retry_or_fail(&mut backoff, &writer.config.name, passing, &stop).await?;
    }
    Ok(())
}

struct Writer {
    context: StageContext,
    config: WriterConfig,
    decide: Box<dyn StateMachine>,
    lease: Lease,
    /// The last decision that it has learnt, if it has learnt stored decisions only.
    learnt_through: Option<Position>,
    /// Inputs on which it panicked, or that kill the process: stream, sequence, id.
    poison_inputs: BTreeSet<(String, u64, String)>,
    suspects: Suspects,
    own_epoch: Option<u64>,
    /// The last decision that was stored in any term of this writer.
    last_committed: Option<CommittedDecision>,
}

impl Writer {
    /// Runs one term: from taking over to the stop signal or the first failure.
    ///
    /// While a batch of decisions is being written, the writer decides on the next one. Decisions that
    /// were learnt but not written are forgotten with the term.
    async fn run_term(
        &mut self,
        stop: &CancellationToken,
        backoff: &mut Backoff,
    ) -> Result<(), LoopError> {
        if !self.stand_by(stop).await? {
            return Ok(());
        }
        let mut term = self.begin().await?;
        self.observe(Event::Alive);
        backoff.reset();
        loop {
            if self.is_led_by_another(stop).await {
                return Ok(());
            }
            let batch_size = self.batch_size();
            let inputs = tokio::select! {
                biased;
                () = stop.cancelled() => {
                    self.write_rest(&mut term).await?;
                    self.mark_rest(&mut term).await?;
                    return self.save_final(term).await;
                }
                () = self.lease.changed_from(&Leadership::Leads) => continue,
                () = term.batch_writer.finished() => {
                    self.finish(&mut term).await?;
                    if !term.unwritten.is_empty() {
                        term.start(false);
                    }
                    continue;
                }
                inputs = term.inputs.next(batch_size) => inputs?,
                () = self.context.wait(HEARTBEAT) => {
                    self.observe(Event::Alive);
                    self.mark_rest(&mut term).await?;
                    self.save(&mut term).await?;
                    self.note_survival(&mut term).await?;
                    continue;
                }
            };
            self.observe(Event::Alive);
            self.save(&mut term).await?;
            let BatchDecision { records, panicked } = self.decide_on(&mut term, &inputs).await?;
            self.context.check_fail_point(Point::Decided)?;
            term.unwritten.extend(records);
            term.unmarked += 1;
            let are_more_to_come = inputs.len() == BATCH && !panicked;
            if are_more_to_come
                && term.unwritten.len() < MAX_UNWRITTEN
                && term.batch_writer.is_writing().await
            {
                continue;
            }
            self.finish(&mut term).await?;
            term.start(inputs.len() < BATCH);
            if panicked {
                return self.finish(&mut term).await;
            }
        }
    }

    /// Waits until the batch is stored, then marks how far the inputs were read for it.
    async fn finish(&mut self, term: &mut Term) -> Result<(), LoopError> {
        let Some(WrittenBatch { appended, marks }) = term.batch_writer.finish().await? else {
            return Ok(());
        };
        if appended.is_some() {
            self.last_committed.clone_from(&appended);
            term.last = appended;
            self.context.check_fail_point(Point::Appended)?;
        }
        match marks {
            Some(marks) => self.mark(&marks).await,
            None => Ok(()),
        }
    }

    /// Waits until every decision is stored.
    async fn write_rest(&mut self, term: &mut Term) -> Result<(), LoopError> {
        self.finish(term).await?;
        if !term.unwritten.is_empty() {
            term.start(false);
            self.finish(term).await?;
        }
        Ok(())
    }

    /// Saves the state if needed, once every decision is stored.
    async fn save(&mut self, term: &mut Term) -> Result<(), LoopError> {
        if self.decide.needs_save() {
            self.write_rest(term).await?;
            if let Some(last) = &term.last {
                self.decide.save(last);
            }
        }
        Ok(())
    }

    async fn save_final(&mut self, mut term: Term) -> Result<(), LoopError> {
        self.note_survival(&mut term).await?;
        // A standby can take over before the state is saved.
        self.lease.release().await;
        if let Some(last) = term.last {
            self.decide.save_final(last).await;
        }
        Ok(())
    }

    /// Marks the offsets that full batches have left unmarked, unless something is being written.
    async fn mark_rest(&mut self, term: &mut Term) -> Result<(), LoopError> {
        if term.unmarked == 0 || !term.batch_writer.is_idle() || !term.unwritten.is_empty() {
            return Ok(());
        }
        term.unmarked = 0;
        self.mark(&term.offsets).await
    }

    async fn mark(&mut self, offsets: &Offsets) -> Result<(), LoopError> {
        for (stream, sequence) in offsets.iter() {
            self.context.bus.mark_read(stream, &self.config.name, sequence).await?;
        }
        Ok(())
    }

    async fn begin(&mut self) -> Result<Term, LoopError> {
        let (epoch, epoch_at, record) = self.take_over().await?;
        self.observe(Event::TakenOver { epoch });
        self.context.check_fail_point(Point::TakenOver)?;
        self.check_output().await?;
        let last = self.context.bus.last(&self.config.output, &self.config.decisions).await?;
        let mut offsets = last.as_ref().map(Offsets::of).unwrap_or_default();
        let config = &self.config;
        let inputs =
            Inputs::open(&self.context, &config.name, &config.sources, &mut offsets).await?;
        self.replay(epoch_at).await?;
        self.suspects.begun(&offsets);
        self.poison_inputs.extend(self.suspects.set_aside());
        let last = last.map(|Stored { sequence, id, .. }| CommittedDecision { sequence, id });
        let (bus, output) = (self.context.bus.clone(), self.config.output.clone());
        let batch_writer = BatchWriter::new(bus, output, epoch_at);
        let mut term = Term {
            epoch,
            record,
            notes: 0,
            batch_writer,
            unwritten: Vec::new(),
            offsets,
            inputs,
            last,
            unmarked: 0,
        };
        self.write_note(&mut term).await?;
        Ok(term)
    }

    /// Reports it if the last decision of an earlier term is no longer stored.
    async fn check_output(&mut self) -> Result<(), BusError> {
        let Some(CommittedDecision { sequence, id }) = self.last_committed.take() else {
            return Ok(());
        };
        let output = &self.config.output;
        let read = Position { id, ..Position::at_sequence(sequence) };
        if let Some(how) = rolled_back(&*self.context.bus, output, &read).await? {
            self.observe(Event::rolled_back(output, how));
        }
        Ok(())
    }

    /// Writes the next epoch record. Returns the epoch, the sequence of the record, and the record.
    async fn take_over(&mut self) -> Result<(u64, u64, Outgoing), LoopError> {
        let bus = self.context.bus.clone();
        let last = bus.last(&self.config.output, &self.config.epochs).await?;
        let decided = bus.last(&self.config.output, &self.config.decisions).await?;
        // An epoch of this process is never used again, even if its record is gone.
        let epoch = last.as_ref().map_or(0, epoch_of).max(self.own_epoch.unwrap_or(0)) + 1;
        let expected = last.as_ref().map_or(0, |last| last.sequence);
        let record = self.decide.epoch_record(epoch, self.context.clock.now());
        let has_decided = decided.is_some_and(|decided| decided.sequence > expected);
        let note = self.suspects.begin(epoch, last.as_ref(), has_decided);
        let mut headers = record.headers;
        headers.set(EPOCH, epoch.to_string());
        headers.set(TRIES, note);
        let id = format!("epoch-{epoch}");
        let record = Outgoing { subject: record.subject, id, headers, body: record.body };
        self.own_epoch = Some(epoch);
        match bus.publish_if_last(record.clone(), expected).await? {
            Published::New(sequence) => Ok((epoch, sequence, record)),
            // The record belongs to another writer, or to an earlier start of this process.
            Published::Duplicate(found) => Err(BusError::Refused { expected, found }.into()),
        }
    }

    /// Whether the last epoch record is that of a later writer.
    async fn is_overtaken(&mut self) -> bool {
        let last = self.context.bus.last(&self.config.output, &self.config.epochs).await;
        // A record that has expired, or that is older than this writer's, does not belong to a later writer.
        last.is_ok_and(|last| last.is_some_and(|last| Some(epoch_of(&last)) > self.own_epoch))
    }

    fn observe(&self, event: Event<'_>) {
        self.context.observer.observe(&self.config.name, event);
    }
}

/// How many inputs one read returns to be tried alone. Each of them costs some syncs.
const ALONE_BATCH: usize = 10;

impl Writer {
    /// How many inputs one read returns.
    fn batch_size(&self) -> usize {
        if self.suspects.tries_alone() { ALONE_BATCH } else { BATCH }
    }

    /// Decides on inputs in order: first notes a strike, and continues once the decision is stored.
    async fn decide_alone(
        &mut self,
        term: &mut Term,
        inputs: &[Stored],
    ) -> Result<BatchDecision, LoopError> {
        let mut panicked = false;
        self.write_rest(term).await?;
        for input in inputs {
            term.offsets.set(input);
            if self.is_poison(input) {
                continue;
            }
            if self.suspects.has_max_strikes(input) {
                self.dead_letter(input, &killed_process_reason()).await?;
                self.suspects.mark_set_aside(input);
                self.write_note(term).await?;
                self.note_poison(input);
                continue;
            }
            let (strikes, note) = self.suspects.strike(input);
            if self.suspects.must_report(strikes) {
                self.observe(Event::Struck { id: &input.id, strikes });
            }
            term.write_note(note).await?;
            self.decide.prepare(std::slice::from_ref(input)).await?;
            let one = self.decide_on_one(term, input).await?;
            self.context.check_fail_point(Point::Decided)?;
            panicked = matches!(one, InputDecision::Panicked);
            let has_decided = matches!(one, InputDecision::Record(_));
            if let InputDecision::Record(record) = one {
                term.unwritten.push(record);
                self.write_rest(term).await?;
            }
            self.suspects.answered(input, &term.offsets, has_decided);
            if panicked {
                break;
            }
        }
        self.write_note(term).await?;
        Ok(BatchDecision { records: Vec::new(), panicked })
    }

    /// Writes the note on suspects, unless it is written as it is now.
    async fn write_note(&mut self, term: &mut Term) -> Result<(), BusError> {
        match self.suspects.unwritten() {
            Some(note) => term.write_note(note).await,
            None => Ok(()),
        }
    }

    /// If every input is decided on, notes that this process survived them: a later kill has another cause.
    async fn note_survival(&mut self, term: &mut Term) -> Result<(), BusError> {
        if !term.batch_writer.is_idle() || !term.unwritten.is_empty() {
            return Ok(());
        }
        self.suspects.survive();
        self.write_note(term).await
    }
}

/// The result of one input.
enum InputDecision {
    Record(Outgoing),
    Nothing,
    /// The decision panicked.
    Panicked,
}

/// The result of a batch.
struct BatchDecision {
    records: Vec<Outgoing>,
    /// A decision panicked, and the state must be built again.
    panicked: bool,
}

impl Writer {
    async fn decide_on(
        &mut self,
        term: &mut Term,
        inputs: &[Stored],
    ) -> Result<BatchDecision, LoopError> {
        if self.suspects.tries_alone() {
            return self.decide_alone(term, inputs).await;
        }
        let mut records = Vec::new();
        self.prepare(inputs).await?;
        for input in inputs {
            term.offsets.set(input);
            match self.decide_on_one(term, input).await? {
                InputDecision::Record(record) => records.push(record),
                InputDecision::Nothing => {}
                InputDecision::Panicked => return Ok(BatchDecision { records, panicked: true }),
            }
        }
        Ok(BatchDecision { records, panicked: false })
    }

    /// Prepares the inputs, except those that the writer skips.
    async fn prepare(&mut self, inputs: &[Stored]) -> Result<(), BusError> {
        if self.poison_inputs.is_empty() {
            return self.decide.prepare(inputs).await;
        }
        let inputs: Vec<_> =
            inputs.iter().filter(|input| !self.is_poison(input)).cloned().collect();
        self.decide.prepare(&inputs).await
    }

    async fn decide_on_one(
        &mut self,
        term: &mut Term,
        input: &Stored,
    ) -> Result<InputDecision, LoopError> {
        if self.is_poison(input) {
            return Ok(InputDecision::Nothing);
        }
        // After a panic the state is built again, so nobody sees a half-changed one.
        let decide = AssertUnwindSafe(|| self.decide.decide(term.epoch, input));
        match catch_unwind(decide) {
            Ok(Ok(Some(record))) => Ok(InputDecision::Record(self.outgoing(term, input, record))),
            Ok(Ok(None)) => Ok(InputDecision::Nothing),
            Ok(Err(reason)) => {
                self.dead_letter(input, &reason).await.map(|()| InputDecision::Nothing)
            }
            Err(panic) => {
                self.dead_letter(input, &Reason::rejected(panic_message(&*panic))).await?;
                self.note_poison(input);
                Ok(InputDecision::Panicked)
            }
        }
    }

    /// Whether the writer skips this input, because it panicked on it or the process was killed by it.
    fn is_poison(&self, input: &Stored) -> bool {
        self.poison_inputs.contains(&identity_of(input))
    }

    fn note_poison(&mut self, input: &Stored) {
        self.poison_inputs.insert(identity_of(input));
    }

    fn outgoing(&self, term: &Term, input: &Stored, record: Record) -> Outgoing {
        let source = self.config.sources.iter().find(|source| source.stream == input.stream);
        let mark = source.map(|source| source.mark.as_str()).unwrap_or_default();
        let id = format!("{}-{mark}{}", term.epoch, input.sequence);
        let mut headers = record.headers;
        headers.set(EPOCH, term.epoch.to_string());
        headers.set(INPUT, input.reference());
        headers.set(INPUTS, term.offsets.inputs());
        Outgoing { subject: record.subject, id, headers, body: record.body }
    }

    async fn dead_letter(&mut self, input: &Stored, reason: &Reason) -> Result<(), LoopError> {
        self.observe(Event::Rejected { why: &reason.text });
        let letter = DeadLetter {
            stage: &self.config.name,
            reason,
            attempts: 1,
            at: self.context.clock.now(),
            message: input,
            body: Some(&input.body),
        };
        Ok(self.context.publish_letter(&self.config.dead, &letter).await?)
    }
}

/// Stream, sequence and id. Together they identify an input.
fn identity_of(input: &Stored) -> (String, u64, String) {
    (input.stream.clone(), input.sequence, input.id.clone())
}

impl Writer {
    /// Learns the decisions of the leader until this process leads. Returns false if it is stopped before.
    async fn stand_by(&mut self, stop: &CancellationToken) -> Result<bool, LoopError> {
        if !self.lease.is_shared() || self.lease.leadership() == Leadership::Leads {
            return Ok(!stop.is_cancelled());
        }
        let bus = self.context.bus.clone();
        let mut reader = match self.decide.has_state() {
            true => Some(self.learn_rest(&*bus, u64::MAX).await?),
            false => None,
        };
        self.lease.request_lead();
        loop {
            let follows = self.lease.leadership();
            if follows == Leadership::Leads {
                return Ok(true);
            }
            let decisions = tokio::select! {
                biased;
                () = stop.cancelled() => {
                    self.lease.release().await;
                    return Ok(false);
                }
                () = self.lease.changed_from(&follows) => continue,
                decisions = next_of(&mut reader) => decisions?,
                () = self.context.wait(HEARTBEAT) => {
                    self.observe(Event::Alive);
                    continue;
                }
            };
            self.observe(Event::Alive);
            self.learn(&*bus, &decisions, u64::MAX).await?;
        }
    }

    /// Whether another process leads now. While the lease is in doubt it waits, at most until the stop
    /// signal.
    async fn is_led_by_another(&mut self, stop: &CancellationToken) -> bool {
        while self.lease.leadership() == Leadership::InDoubt && !stop.is_cancelled() {
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = self.lease.changed_from(&Leadership::InDoubt) => {}
                () = self.context.wait(HEARTBEAT) => self.observe(Event::Alive),
            }
        }
        matches!(self.lease.leadership(), Leadership::Follows(_))
    }

    /// Loads, and learns every decision before this writer's epoch record. From then on this writer adds its own, so
    /// `learnt_through` no longer applies.
    async fn replay(&mut self, epoch_at: u64) -> Result<(), LoopError> {
        if !self.decide.has_state() {
            self.decide.recall().await;
            return Ok(());
        }
        let bus = self.context.bus.clone();
        self.learn_rest(&*bus, epoch_at).await?;
        self.learnt_through = None;
        Ok(())
    }

    /// Learns the decisions before this sequence that it has not learnt yet. If it has learnt none, it
    /// starts from the loaded state. Returns a reader of the decisions that follow.
    async fn learn_rest(
        &mut self,
        bus: &dyn Bus,
        before: u64,
    ) -> Result<Box<dyn OrderedReader>, LoopError> {
        let (output, subject) = (self.config.output.clone(), self.config.decisions.clone());
        let valid = match self.learnt_through.take() {
            Some(learnt_through) if rolled_back(bus, &output, &learnt_through).await?.is_none() => {
                Some(learnt_through)
            }
            _ => None,
        };
        let known = match valid {
            Some(learnt_through) => learnt_through,
            None => {
                self.decide.recall().await;
                Position::at_sequence(self.decide.restart())
            }
        };
        let from = known.sequence + 1;
        self.learnt_through = Some(known);
        let mut reader = bus.read(&output, &subject, from).await?;
        loop {
            let decisions = reader.ready(BATCH).await?;
            if decisions.is_empty() {
                return Ok(reader);
            }
            self.learn(bus, &decisions, before).await?;
        }
    }

    /// Learns those of the decisions, in order, that are before a sequence.
    async fn learn(
        &mut self,
        bus: &dyn Bus,
        decisions: &[Stored],
        before: u64,
    ) -> Result<(), BusError> {
        let decisions: Vec<&Stored> =
            decisions.iter().filter(|decision| decision.sequence < before).collect();
        let inputs = inputs_of(bus, &decisions).await?;
        let known: Vec<Stored> = inputs.iter().flatten().cloned().collect();
        self.decide.prepare(&known).await?;
        for (decision, input) in decisions.into_iter().zip(inputs) {
            self.decide.replay(decision, input.as_ref());
            self.learnt_through = Some(Position::from(decision));
        }
        Ok(())
    }
}

/// The next decisions; for ever none without a reader.
async fn next_of(reader: &mut Option<Box<dyn OrderedReader>>) -> Result<Vec<Stored>, BusError> {
    match reader {
        Some(reader) => reader.next(BATCH).await,
        None => std::future::pending().await,
    }
}

/// The offsets are marked after this many full batches. Each mark costs a sync, and publishers do not
/// need the room sooner.
const BATCHES_PER_MARK: usize = 10;

/// The state of a writer from taking over to the first failure.
struct Term {
    epoch: u64,
    /// The record of the take-over, which is written again with a note on suspects.
    record: Outgoing,
    /// How often it was written again.
    notes: u64,
    batch_writer: BatchWriter,
    /// The decisions made while the batch before them is being written.
    unwritten: Vec<Outgoing>,
    offsets: Offsets,
    inputs: Inputs,
    /// The last decision that is certainly stored.
    last: Option<CommittedDecision>,
    /// Batches since the offsets were marked.
    unmarked: usize,
}

impl Term {
    /// Writes a note on suspects, when every decision is stored.
    async fn write_note(&mut self, note: String) -> Result<(), BusError> {
        self.notes += 1;
        let mut record = self.record.clone();
        record.id = format!("{}-{}", record.id, self.notes);
        record.headers.set(TRIES, note);
        self.batch_writer.write(record).await
    }

    /// Starts to write the decisions. `is_end`: no more inputs were waiting.
    fn start(&mut self, is_end: bool) {
        let marks = is_end || self.unmarked >= BATCHES_PER_MARK;
        if marks {
            self.unmarked = 0;
        }
        let records = std::mem::take(&mut self.unwritten);
        self.batch_writer.start(records, marks.then(|| self.offsets.clone()));
    }
}
