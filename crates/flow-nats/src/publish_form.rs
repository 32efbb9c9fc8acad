//! Chooses the form in which several messages are written: an atomic batch, or single messages. It usually chooses
//! the cheaper form, by the measured times, and now and then tries the other one.
//!
//! For a batch the server creates a file and syncs it a few times, whatever its settings: nearly as long for ten
//! messages as for a hundred. A single message costs a sync if the server syncs each write, and else much less. So the
//! time of a batch is compared with that of as many single messages as wait. The server does not tell this setting, so
//! both forms are timed. In a chain, where single messages follow each other, a batch is cheaper from eight messages on
//! if each write is synced, and with the server's default settings from about fifteen to thirty (nats-server 2.15.1).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The more expensive form is tried once in this many times, more often at first.
const TRIAL_EVERY: u32 = 64;
/// The weight of a new time that is longer than the known one: a disk may have stalled. A shorter time
/// replaces the known one.
const SMOOTHING: f64 = 0.25;

/// The form in which messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PublishForm {
    Batch,
    Singles,
}

/// The measured cost of each form, for writes of at least so many messages.
pub(crate) struct FormCosts(usize, Mutex<Costs>);

#[derive(Default)]
struct Costs {
    /// Seconds for a batch.
    batch: Option<f64>,
    /// Seconds for a single message.
    single: Option<f64>,
    choices: u32,
}

impl FormCosts {
    /// Nothing is measured yet. Fewer than `few` messages are always sent singly, and a trial of single messages has
    /// that many.
    pub(crate) fn new(few: usize) -> Self {
        Self(few, Mutex::default())
    }

    /// The form for this many messages, and how many of them to send in it.
    pub(crate) fn choose(&self, count: usize) -> (PublishForm, usize) {
        if count < self.0 {
            return (PublishForm::Singles, count);
        }
        let mut costs = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        costs.choices = costs.choices.wrapping_add(1);
        let (Some(batch), Some(single)) = (costs.batch, costs.single) else {
            return match costs.batch {
                None => (PublishForm::Batch, count),
                Some(_) => (PublishForm::Singles, self.0),
            };
        };
        let is_trial = costs.choices.is_power_of_two() || costs.choices.is_multiple_of(TRIAL_EVERY);
        match batch <= single * count as f64 {
            true if is_trial => (PublishForm::Singles, self.0),
            false if !is_trial => (PublishForm::Singles, count),
            _ => (PublishForm::Batch, count),
        }
    }

    /// Records the time of a write. Writes of few messages say nothing.
    pub(crate) fn took(&self, form: PublishForm, count: usize, time: Duration) {
        if count < self.0 {
            return;
        }
        let mut costs = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, seconds) = match form {
            PublishForm::Batch => (&mut costs.batch, time.as_secs_f64()),
            PublishForm::Singles => (&mut costs.single, time.as_secs_f64() / count as f64),
        };
        let smoothed = |before: f64| seconds.min(before + (seconds - before) * SMOOTHING);
        *known = Some(known.map_or(seconds, smoothed));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEW: usize = 32;

    /// How often each form was chosen for this many messages on a server where a batch and a single message take
    /// these many microseconds.
    fn chosen(costs: &FormCosts, times: u32, count: usize, batch: u64, single: u64) -> (u32, u32) {
        let mut counts = (0, 0);
        for _ in 0..times {
            let (form, sent) = costs.choose(count);
            let time = match form {
                PublishForm::Batch => {
                    counts.0 += 1;
                    batch
                }
                PublishForm::Singles => {
                    counts.1 += 1;
                    single * sent as u64
                }
            };
            costs.took(form, sent, Duration::from_micros(time));
        }
        counts
    }

    #[test]
    fn the_cheaper_form_is_chosen_and_the_other_tried_now_and_then() {
        let costs = FormCosts::new(FEW);
        assert_eq!(costs.choose(100), (PublishForm::Batch, 100));
        costs.took(PublishForm::Batch, 100, Duration::from_millis(5));
        assert_eq!(costs.choose(100), (PublishForm::Singles, FEW));
        costs.took(PublishForm::Singles, FEW, Duration::from_millis(6));
        // At 4, 8, 16 and 32, and at each 64.
        let (_, singles) = chosen(&costs, 640, 100, 5_000, 190);
        assert_eq!(singles, 14);
    }

    #[test]
    fn a_batch_is_held_against_as_many_single_messages() {
        let chosen = |batch: u64, single: u64, count: usize| {
            let costs = FormCosts::new(8);
            costs.took(PublishForm::Batch, 100, Duration::from_micros(batch));
            costs.took(PublishForm::Singles, 10, Duration::from_micros(10 * single));
            // The first two choices are trials.
            [costs.choose(count), costs.choose(count), costs.choose(count)][2].0
        };
        // A server that syncs each write.
        assert_eq!(chosen(4_000, 520, 8), PublishForm::Batch);
        // By the server's own settings.
        assert_eq!(chosen(4_000, 150, 20), PublishForm::Singles);
        assert_eq!(chosen(4_000, 150, 40), PublishForm::Batch);
        assert_eq!(chosen(4_000, 520, 7), PublishForm::Singles);
    }

    #[test]
    fn a_server_that_is_set_otherwise_is_noticed() {
        let costs = FormCosts::new(FEW);
        chosen(&costs, 100, 100, 5_000, 190);
        let (batches, singles) = chosen(&costs, 1_000, 100, 4_000, 15);
        assert!(singles > batches, "{singles} {batches}");
        assert!(chosen(&costs, 640, 100, 4_000, 15).0 <= 10);
    }

    #[test]
    fn a_disk_that_stalled_once_is_given_another_chance_soon() {
        let costs = FormCosts::new(FEW);
        costs.took(PublishForm::Batch, 100, Duration::from_secs(10));
        let (_, singles) = chosen(&costs, 100, 100, 5_000, 190);
        assert!(singles < 10, "{singles}");
        costs.took(PublishForm::Batch, 100, Duration::from_millis(40));
        let next = [costs.choose(100), costs.choose(100)][1].0;
        assert_eq!(next, PublishForm::Batch, "a stall among many good ones");
    }

    #[test]
    fn few_messages_say_nothing() {
        let costs = FormCosts::new(FEW);
        costs.took(PublishForm::Singles, FEW - 1, Duration::ZERO);
        costs.took(PublishForm::Batch, 100, Duration::from_millis(1));
        assert_eq!(costs.choose(100), (PublishForm::Singles, FEW));
    }
}
