//! Which form the next write of a chain takes: an atomic batch, or single messages one after the other.
//!
//! Comes in: how many messages wait, and how long each form took before. Goes out: the cheaper form, and now and then
//! the other one, as a trial. It never writes.
//!
//! A batch costs the server some syncs of its own, nearly the same for ten messages as for a hundred. A single
//! message costs a round trip, and a sync where the server syncs each write. So what a whole batch has
//! taken is held against as many single messages as there are: where each write is synced a batch pays from
//! eight messages on, by the server's own settings from some fifteen to thirty (nats-server 2.15.1).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::publish_form::{PublishForm, TRIED_EACH, believed};

/// Fewer messages go singly.
pub(crate) const FEW: usize = 8;

/// What each form has cost.
#[derive(Default)]
pub(crate) struct ChainCosts(Mutex<Costs>);

#[derive(Default)]
struct Costs {
    /// Seconds a batch.
    batch: Option<f64>,
    /// Seconds a message.
    single: Option<f64>,
    choices: u32,
}

impl ChainCosts {
    /// The form for so many messages, no fewer than [`FEW`], and for how many of them: a trial of the
    /// dearer form takes a few.
    pub(crate) fn choose(&self, count: usize) -> (PublishForm, usize) {
        let mut costs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        costs.choices = costs.choices.wrapping_add(1);
        let (Some(batch), Some(single)) = (costs.batch, costs.single) else {
            return match costs.batch {
                None => (PublishForm::Batch, count),
                Some(_) => (PublishForm::Singles, FEW),
            };
        };
        let is_trial = costs.choices.is_multiple_of(TRIED_EACH);
        match batch <= single * count as f64 {
            true if is_trial => (PublishForm::Singles, FEW),
            false if !is_trial => (PublishForm::Singles, count),
            _ => (PublishForm::Batch, count),
        }
    }

    /// So many messages took so long. That one took longer than known is believed in part: a disk may stall.
    pub(crate) fn took(&self, form: PublishForm, count: usize, time: Duration) {
        let mut costs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, seconds) = match form {
            PublishForm::Batch => (&mut costs.batch, time.as_secs_f64()),
            PublishForm::Singles => (&mut costs.single, time.as_secs_f64() / count.max(1) as f64),
        };
        *known = Some(believed(*known, seconds));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The form for so many messages on a server where a batch and a single message take so many
    /// microseconds, once both are known.
    fn chosen(batch: u64, single: u64, count: usize) -> PublishForm {
        let costs = ChainCosts::default();
        costs.took(PublishForm::Batch, 100, Duration::from_micros(batch));
        costs.took(PublishForm::Singles, 10, Duration::from_micros(10 * single));
        costs.choose(count).0
    }

    #[test]
    fn a_batch_is_held_against_as_many_single_messages() {
        // Where each write is synced.
        assert_eq!(chosen(4_000, 520, FEW), PublishForm::Batch);
        // By the server's own settings.
        assert_eq!(chosen(4_000, 150, 20), PublishForm::Singles);
        assert_eq!(chosen(4_000, 150, 40), PublishForm::Batch);
    }

    #[test]
    fn both_are_tried_at_first_and_the_dearer_one_now_and_then() {
        let costs = ChainCosts::default();
        assert_eq!(costs.choose(100), (PublishForm::Batch, 100));
        costs.took(PublishForm::Batch, 100, Duration::from_millis(4));
        assert_eq!(costs.choose(100), (PublishForm::Singles, FEW));
        costs.took(PublishForm::Singles, FEW, Duration::from_millis(2));
        let singles = (0..640).filter(|_| costs.choose(100).0 == PublishForm::Singles).count();
        assert_eq!(singles, 10);
        let batches = (0..640).filter(|_| costs.choose(FEW).0 == PublishForm::Batch).count();
        assert_eq!(batches, 10);
    }

    #[test]
    fn a_disk_that_stalled_once_is_soon_forgotten() {
        let costs = ChainCosts::default();
        costs.took(PublishForm::Batch, 100, Duration::from_secs(10));
        costs.took(PublishForm::Batch, 100, Duration::from_millis(4));
        costs.took(PublishForm::Singles, 1, Duration::from_micros(200));
        assert_eq!(costs.choose(100).0, PublishForm::Batch);
        costs.took(PublishForm::Batch, 100, Duration::from_millis(40));
        assert_eq!(costs.choose(100).0, PublishForm::Batch, "a stall among good ones");
    }
}
