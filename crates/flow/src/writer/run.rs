//! The loop of a writer: it takes over its output stream, then reads inputs and writes decisions.

mod alone;
mod deciding;
mod standby;
mod term;

use std::collections::BTreeSet;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::batch_writer::{BatchWriter, WrittenBatch};
use super::inputs::{Inputs, Offsets};
use super::suspects::Suspects;
use super::{CommittedDecision, EPOCH, StateMachine, WriterConfig};
use crate::backoff::Backoff;
use crate::bus::ChainedPublisher;
use crate::error::BusError;
use crate::lease::{Leadership, Lease};
use crate::loops::{Event, HEARTBEAT, LoopError, Point, RETRY, StageContext};
use crate::message::{Outgoing, Stored};
use crate::position::{Position, rolled_back};
use deciding::BatchDecision;
use term::Term;

/// How many inputs are decided on before their decisions are written.
const BATCH: usize = 100;
/// While a batch is being written, the writer decides on more inputs until this many decisions wait.
/// They are written together, which costs little more than writing one.
const MAX_UNWRITTEN: usize = 500;
/// The wait after a stream went back in time, before it is read again.
const RECHECK_AFTER: Duration = Duration::from_millis(100);

/// Runs a writer until `stop`; then writes its last decisions and returns.
///
/// # Errors
/// [`LoopError::Fenced`] once another writer has taken over, [`LoopError::Bus`] for an error that
/// somebody must repair. After passing errors the writer waits and takes over again. It reports a
/// stream that went back in time, and reads the messages that are there.
pub async fn run_writer(
    context: StageContext,
    config: WriterConfig,
    decide: Box<dyn StateMachine>,
    stop: CancellationToken,
) -> Result<(), LoopError> {
    run_leased_writer(context, config, decide, Lease::alone(), stop).await
}

/// Works as [`run_writer`] while this process has the lease. Otherwise it stands by: it learns the
/// decisions of the leader, ready to take over. A writer that was overtaken stands by, too.
///
/// # Errors
/// As [`run_writer`]; [`LoopError::Fenced`] only with [`Lease::alone`].
pub async fn run_leased_writer(
    context: StageContext,
    config: WriterConfig,
    decide: Box<dyn StateMachine>,
    lease: Lease,
    stop: CancellationToken,
) -> Result<(), LoopError> {
    let mut writer = Writer {
        suspects: Suspects::new(&*context.bus, &config)?,
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
                    self.note_survival(&mut term).await;
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
        self.note_survival(&mut term).await;
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
        let (epoch, chain, epoch_at) = self.take_over().await?;
        self.observe(Event::TakenOver { epoch });
        self.context.check_fail_point(Point::TakenOver)?;
        let bus = self.context.bus.clone();
        self.check_output().await?;
        let last = bus.last(&self.config.output, &self.config.decisions).await?;
        let mut offsets = last.as_ref().map(Offsets::of).unwrap_or_default();
        let config = &self.config;
        let inputs =
            Inputs::open(&self.context, &config.name, &config.sources, &mut offsets).await?;
        self.replay(epoch_at).await?;
        self.note_start(epoch, &offsets).await?;
        self.poison_inputs.extend(self.suspects.set_aside());
        let last = last.map(|Stored { sequence, id, .. }| CommittedDecision { sequence, id });
        let (batch_writer, unwritten) = (BatchWriter::new(chain), Vec::new());
        Ok(Term { epoch, batch_writer, unwritten, offsets, inputs, last, unmarked: 0 })
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

    /// Writes the next epoch record. Returns the epoch, its chain, and the sequence of the record.
    async fn take_over(&mut self) -> Result<(u64, Box<dyn ChainedPublisher>, u64), LoopError> {
        let bus = self.context.bus.clone();
        let last = bus.last(&self.config.output, &self.config.epochs).await?;
        // An epoch of this process is never used again, even if its record is gone.
        let epoch = last.as_ref().map_or(0, epoch_of).max(self.own_epoch.unwrap_or(0)) + 1;
        let expected = last.map_or(0, |last| last.sequence);
        let record = self.decide.epoch_record(epoch, self.context.clock.now());
        let mut headers = record.headers;
        headers.set(EPOCH, epoch.to_string());
        let (subject, id) = (self.config.epochs.clone(), format!("epoch-{epoch}"));
        let record = Outgoing { subject, id, headers, body: record.body };
        self.own_epoch = Some(epoch);
        let chain = bus.take_over(record, expected).await?;
        let stored = bus.last(&self.config.output, &self.config.epochs).await?;
        let ours = stored.filter(|stored| epoch_of(stored) == epoch);
        let fenced = || BusError::Fenced(self.config.output.clone());
        Ok((epoch, chain, ours.ok_or_else(fenced)?.sequence))
    }

    async fn is_overtaken(&mut self) -> bool {
        self.has_later_epoch().await.unwrap_or(false)
    }

    /// Whether the last epoch record is that of a later writer.
    async fn has_later_epoch(&mut self) -> Result<bool, BusError> {
        let last = self.context.bus.last(&self.config.output, &self.config.epochs).await?;
        // A record that has expired, or that is older than this writer's, does not belong to a later writer.
        Ok(last.is_some_and(|last| Some(epoch_of(&last)) > self.own_epoch))
    }

    fn observe(&self, event: Event<'_>) {
        self.context.observer.observe(&self.config.name, event);
    }
}

fn epoch_of(record: &Stored) -> u64 {
    record.headers.get(EPOCH).and_then(|epoch| epoch.parse().ok()).unwrap_or(0)
}
