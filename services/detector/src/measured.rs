//! The detector's own steps without a bus, for benchmarks.
//!
//! Stored articles come in, records go out. No service uses this module.

use std::sync::Arc;

use wirefold_flow::{Bus, Reason, Record, StateMachine as _, Stored};

use crate::decider::{Decider, Writer};
use crate::preparing::ParallelPreparer;
use crate::state::DetectorConfig;
use crate::{Settings, text_folder};

/// The pool that prepares articles ahead of the writer.
pub struct Preparing(ParallelPreparer);

impl Preparing {
    /// A pool for this many cores.
    #[must_use]
    pub fn on_cores(cores: usize) -> Preparing {
        Preparing(ParallelPreparer::on_cores(cores))
    }

    /// Prepares a batch of articles and drops the results. Returns how many could be prepared.
    pub fn prepare(&mut self, inputs: &[Stored]) -> usize {
        self.0.prepare(inputs);
        inputs.iter().filter(|input| self.0.prepare_in_turn(input).is_some()).count()
    }
}

/// The writer's step: the decision about one prepared article, with its story and event, its lead,
/// and the encoded record.
pub struct WriterStep(Decider);

impl WriterStep {
    /// A writer that has decided nothing. It prepares on a thread beside its own.
    #[must_use]
    pub fn new(settings: Settings, bus: Arc<dyn Bus>) -> WriterStep {
        let folder = text_folder(settings.texts, settings.snapshot_after);
        let pool = ParallelPreparer::on_cores(2);
        let config = DetectorConfig { settings: settings.fold, folder: Arc::new(folder) };
        let writer = Writer { name: settings.writer, release: settings.release };
        let decider = Decider::new(config, writer, bus, settings.snapshot_after);
        WriterStep(decider.with_preparer(pool))
    }

    /// Prepares the next batch, and returns once all of it is prepared.
    pub fn prepare(&mut self, inputs: &[Stored]) {
        self.0.look_ahead(inputs);
        self.0.finish_preparing();
    }

    /// Decides about the next article of the batch.
    ///
    /// # Errors
    /// If the article cannot be decided on.
    pub fn decide(&mut self, input: &Stored) -> Result<Option<Record>, Reason> {
        self.0.decide(1, input)
    }
}
