//! The loop of a writer.
//!
//! Comes in: a [`Decide`], its settings and a lease. Goes out: the decisions in the output stream. Nobody else writes
//! there.

mod alone;
mod deciding;
mod life;
mod standby;

use std::collections::BTreeSet;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::flight::{Flight, WrittenBatch};
use super::inputs::{Inputs, Offsets};
use super::suspects::Suspects;
use super::{CommittedDecision, Decide, EPOCH, WriterConfig};
use crate::backoff::Backoff;
use crate::bus::ChainedPublisher;
use crate::error::BusError;
use crate::lease::{Leadership, Lease};
use crate::loops::{Event, HEARTBEAT, LoopError, Point, RETRY, StageContext};
use crate::message::{Outgoing, Stored};
use crate::position::{Position, rolled_back};
use deciding::BatchDecision;
use life::Life;

/// How many inputs are decided on before their decisions are written.
const BATCH: usize = 100;
/// While a batch is being written, others are decided on until so many decisions wait: they are written
/// together, which costs little more than one of them.
const WAITING: usize = 500;
/// Before an input that went back in time is looked at again.
const AGAIN: Duration = Duration::from_millis(100);

/// Runs a writer until it is told to stop; then writes what is decided and returns.
///
/// # Errors
/// [`LoopError::Fenced`] once another has taken over, [`LoopError::Bus`] where something must be mended.
/// Whatever may pass is waited out, by taking over anew; so is a stream that went back in time, which is
/// told, and read from what is there.
pub async fn run_writer(
    context: StageContext,
    config: WriterConfig,
    decide: Box<dyn Decide>,
    stop: CancellationToken,
) -> Result<(), LoopError> {
    run_leased_writer(context, config, decide, Lease::alone(), stop).await
}

/// Does as [`run_writer`] where the lease is this process's, and otherwise stands by: learns what another
/// decides, to take over from it. Who has been overtaken stands by, too.
///
/// # Errors
/// As [`run_writer`]; [`LoopError::Fenced`] only where there is no lease.
pub async fn run_leased_writer(
    context: StageContext,
    config: WriterConfig,
    decide: Box<dyn Decide>,
    lease: Lease,
    stop: CancellationToken,
) -> Result<(), LoopError> {
    let mut writer = Writer {
        suspects: Suspects::new(&*context.bus, &config)?,
        context,
        config,
        decide,
        lease,
        learnt: None,
        poisonous: BTreeSet::new(),
        own_epoch: None,
        stood: None,
    };
    let mut backoff = RETRY;
    while !stop.is_cancelled() {
        let error = match writer.live(&stop, &mut backoff).await {
            Ok(()) => continue,
            Err(LoopError::Bus(error)) => error,
            Err(end) => return Err(end),
        };
        // What it learnt may have gone with the stream.
        writer.learnt = None;
        let anew = match error {
            BusError::Fenced(stream) if writer.is_overtaken().await => {
                if !writer.lease.is_shared() {
                    return Err(LoopError::Fenced(stream));
                }
                writer.lease.resign();
                continue;
            }
            // Ours are the only records, and yet one was refused: a write of ours was cut short.
            BusError::Fenced(_) | BusError::Refused { .. } => {
                BusError::Unavailable(error.to_string())
            }
            BusError::RolledBack { stream, read, last } => {
                writer.observe(Event::RolledBack { stream: &stream, read, last });
                writer.context.wait(AGAIN).await;
                continue;
            }
            other => other,
        };
        writer.context.retry_or_fail(&mut backoff, &writer.config.name, anew, &stop).await?;
    }
    Ok(())
}

struct Writer {
    context: StageContext,
    config: WriterConfig,
    decide: Box<dyn Decide>,
    lease: Lease,
    /// The decision up to which it knows what stands, and nothing else.
    learnt: Option<Position>,
    /// Inputs on which it panicked, or that end the process: stream, sequence, id.
    poisonous: BTreeSet<(String, u64, String)>,
    suspects: Suspects,
    own_epoch: Option<u64>,
    /// The last decision that stood in any life of this writer.
    stood: Option<CommittedDecision>,
}

impl Writer {
    /// From taking over to the stop signal, or the first failure.
    ///
    /// While a batch of decisions is being written the next one is decided on. What a failed write
    /// leaves learnt but not written is forgotten with this life.
    async fn live(
        &mut self,
        stop: &CancellationToken,
        backoff: &mut Backoff,
    ) -> Result<(), LoopError> {
        if !self.stand_by(stop).await? {
            return Ok(());
        }
        let mut life = self.begin().await?;
        self.observe(Event::Alive);
        backoff.reset();
        loop {
            if self.is_led_by_another(stop).await {
                return Ok(());
            }
            let at_once = self.at_once();
            let inputs = tokio::select! {
                biased;
                () = stop.cancelled() => {
                    self.write_rest(&mut life).await?;
                    self.mark_rest(&mut life).await?;
                    return self.leave(life).await;
                }
                () = self.lease.other_than(&Leadership::Leads) => continue,
                () = life.flight.over() => {
                    self.land(&mut life).await?;
                    if !life.decided.is_empty() {
                        life.start(false);
                    }
                    continue;
                }
                inputs = life.inputs.next(at_once) => inputs?,
                () = self.context.wait(HEARTBEAT) => {
                    self.observe(Event::Alive);
                    self.mark_rest(&mut life).await?;
                    self.keep(&mut life).await?;
                    self.note_survival(&mut life).await;
                    continue;
                }
            };
            self.observe(Event::Alive);
            self.keep(&mut life).await?;
            let BatchDecision { records, panicked } = self.decide_on(&mut life, &inputs).await?;
            self.context.pass(Point::Decided)?;
            life.decided.extend(records);
            life.unmarked += 1;
            let are_more_to_come = inputs.len() == BATCH && !panicked;
            if are_more_to_come && life.decided.len() < WAITING && life.flight.is_underway().await {
                continue;
            }
            self.land(&mut life).await?;
            life.start(inputs.len() < BATCH);
            if panicked {
                return self.land(&mut life).await;
            }
        }
    }

    /// Waits until what is being written stands, then marks how far the inputs were read for it.
    async fn land(&mut self, life: &mut Life) -> Result<(), LoopError> {
        let Some(WrittenBatch { appended, marks }) = life.flight.land().await? else {
            return Ok(());
        };
        if appended.is_some() {
            self.stood.clone_from(&appended);
            life.last = appended;
            self.context.pass(Point::Appended)?;
        }
        match marks {
            Some(marks) => self.mark(&marks).await,
            None => Ok(()),
        }
    }

    /// Waits until everything that was decided stands.
    async fn write_rest(&mut self, life: &mut Life) -> Result<(), LoopError> {
        self.land(life).await?;
        if !life.decided.is_empty() {
            life.start(false);
            self.land(life).await?;
        }
        Ok(())
    }

    /// Has it kept what is known, where that is wanted: once nothing is under way.
    async fn keep(&mut self, life: &mut Life) -> Result<(), LoopError> {
        if self.decide.is_to_be_kept() {
            self.write_rest(life).await?;
            if let Some(last) = &life.last {
                self.decide.keep(last);
            }
        }
        Ok(())
    }

    async fn leave(&mut self, mut life: Life) -> Result<(), LoopError> {
        self.note_survival(&mut life).await;
        // Who takes over need not wait for what is kept.
        self.lease.release().await;
        if let Some(last) = life.last {
            self.decide.leave(last).await;
        }
        Ok(())
    }

    /// Marks what full batches have left unmarked, where nothing is being written.
    async fn mark_rest(&mut self, life: &mut Life) -> Result<(), LoopError> {
        if life.unmarked == 0 || !life.flight.is_idle() || !life.decided.is_empty() {
            return Ok(());
        }
        life.unmarked = 0;
        self.mark(&life.offsets).await
    }

    async fn mark(&mut self, offsets: &Offsets) -> Result<(), LoopError> {
        for (stream, sequence) in offsets.iter() {
            self.context.bus.mark_read(stream, &self.config.name, sequence).await?;
        }
        Ok(())
    }

    async fn begin(&mut self) -> Result<Life, LoopError> {
        let (epoch, chain, epoch_at) = self.take_over().await?;
        self.observe(Event::TakenOver { epoch });
        self.context.pass(Point::TakenOver)?;
        let bus = self.context.bus.clone();
        self.check_output().await?;
        let last = bus.last(&self.config.output, &self.config.decisions).await?;
        let mut offsets = last.as_ref().map(Offsets::of).unwrap_or_default();
        let config = &self.config;
        let inputs =
            Inputs::open(&self.context, &config.name, &config.sources, &mut offsets).await?;
        self.replay(epoch_at).await?;
        self.note_start(epoch, &offsets).await?;
        self.poisonous.extend(self.suspects.set_aside());
        let last = last.map(|Stored { sequence, id, .. }| CommittedDecision { sequence, id });
        let (flight, decided) = (Flight::new(chain), Vec::new());
        Ok(Life { epoch, flight, decided, offsets, inputs, last, unmarked: 0 })
    }

    /// Tells where what stood in an earlier life stands no more.
    async fn check_output(&mut self) -> Result<(), BusError> {
        let Some(CommittedDecision { sequence, id }) = self.stood.take() else {
            return Ok(());
        };
        let output = &self.config.output;
        let read = Position { id, ..Position::at_sequence(sequence) };
        if let Some(how) = rolled_back(&*self.context.bus, output, &read).await? {
            self.observe(Event::rolled_back(output, how));
        }
        Ok(())
    }

    /// Writes the epoch record after the last one. The epoch, the chain from it on, its sequence.
    async fn take_over(&mut self) -> Result<(u64, Box<dyn ChainedPublisher>, u64), LoopError> {
        let bus = self.context.bus.clone();
        let last = bus.last(&self.config.output, &self.config.epochs).await?;
        // Never one of ours again, also where the record of it is gone.
        let epoch = last.as_ref().map_or(0, epoch_of).max(self.own_epoch.unwrap_or(0)) + 1;
        let expected = last.map_or(0, |last| last.sequence);
        let record = self.decide.epoch_record(epoch, self.context.clock.now());
        let mut headers = record.headers;
        headers.set(EPOCH, epoch.to_string());
        let (subject, id) = (self.config.epochs.clone(), format!("epoch-{epoch}"));
        let record = Outgoing { subject, id, headers, body: record.body };
        self.own_epoch = Some(epoch);
        let chain = bus.take_over(record, expected).await?;
        let stands = bus.last(&self.config.output, &self.config.epochs).await?;
        let stands = stands.filter(|stands| epoch_of(stands) == epoch);
        let fenced = || BusError::Fenced(self.config.output.clone());
        Ok((epoch, chain, stands.ok_or_else(fenced)?.sequence))
    }

    async fn is_overtaken(&mut self) -> bool {
        self.has_a_later_one().await.unwrap_or(false)
    }

    /// Whether the last epoch record is that of a later writer.
    async fn has_a_later_one(&mut self) -> Result<bool, BusError> {
        let last = self.context.bus.last(&self.config.output, &self.config.epochs).await?;
        // One that has aged out, or that a store put back to an older copy has, says nothing of another.
        Ok(last.is_some_and(|last| Some(epoch_of(&last)) > self.own_epoch))
    }

    fn observe(&self, event: Event<'_>) {
        self.context.observer.observe(&self.config.name, event);
    }
}

fn epoch_of(record: &Stored) -> u64 {
    record.headers.get(EPOCH).and_then(|epoch| epoch.parse().ok()).unwrap_or(0)
}
