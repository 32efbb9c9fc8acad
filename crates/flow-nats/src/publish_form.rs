//! Chooses the form in which many messages are published: an atomic batch, or concurrent single messages. It
//! usually chooses the cheaper form, by the measured times, and now and then tries the other one.
//!
//! For a batch the server creates a file and syncs it a few times, whatever its settings. If it syncs each
//! write, that costs a fraction of single messages; otherwise a multiple. The server does not tell this
//! setting, so both forms are timed.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// From this number of messages on a batch can be the cheaper form.
pub(crate) const MANY: usize = 32;
/// The more expensive form is tried once in this many times, more often at first, with [`MANY`] messages.
pub(crate) const TRIAL_EVERY: u32 = 64;
/// The weight of a new time that is longer than the known one: a disk may have stalled. A shorter time
/// replaces the known one.
const SMOOTHING: f64 = 0.25;

/// The form in which messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PublishForm {
    Batch,
    Singles,
}

/// The new estimate in seconds, from the known one and a new time.
pub(crate) fn smoothed(known: Option<f64>, taken: f64) -> f64 {
    known.map_or(taken, |known| taken.min(known + (taken - known) * SMOOTHING))
}

/// The measured cost of each form.
#[derive(Default)]
pub(crate) struct FormCosts(Mutex<Costs>);

#[derive(Default)]
struct Costs {
    /// Seconds for a message.
    batch: Option<f64>,
    singles: Option<f64>,
    choices: u32,
}

impl FormCosts {
    /// The form for many messages, and how many of them to send in it: fewer for a trial.
    pub(crate) fn choose(&self, count: usize) -> (PublishForm, usize) {
        let mut costs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        costs.choices = costs.choices.wrapping_add(1);
        let (Some(batch), Some(singles)) = (costs.batch, costs.singles) else {
            return match costs.batch {
                None => (PublishForm::Batch, count),
                Some(_) => (PublishForm::Singles, MANY.min(count)),
            };
        };
        let is_early = costs.choices.is_power_of_two();
        let is_trial = is_early || costs.choices.is_multiple_of(TRIAL_EVERY);
        let form =
            if (batch <= singles) == is_trial { PublishForm::Singles } else { PublishForm::Batch };
        (form, if is_trial { MANY.min(count) } else { count })
    }

    /// Records the time of a write. Ignores writes of fewer than [`MANY`] messages.
    pub(crate) fn took(&self, form: PublishForm, count: usize, time: Duration) {
        if count < MANY {
            return;
        }
        let mut costs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = match form {
            PublishForm::Batch => &mut costs.batch,
            PublishForm::Singles => &mut costs.singles,
        };
        let each = time.as_secs_f64() / count as f64;
        *known = Some(smoothed(*known, each));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often each form was chosen for this many messages, if a message costs this much in each.
    fn chosen(forms: &FormCosts, times: u32, batch: u64, singles: u64) -> (u32, u32) {
        let mut counts = (0, 0);
        for _ in 0..times {
            let (form, count) = forms.choose(100);
            let each = match form {
                PublishForm::Batch => {
                    counts.0 += 1;
                    batch
                }
                PublishForm::Singles => {
                    counts.1 += 1;
                    singles
                }
            };
            let count_of_all = u32::try_from(count).unwrap();
            forms.took(form, count, Duration::from_micros(each) * count_of_all);
        }
        counts
    }

    #[test]
    fn the_cheaper_form_is_chosen_and_the_other_tried_now_and_then() {
        let forms = FormCosts::default();
        assert_eq!(forms.choose(100), (PublishForm::Batch, 100));
        forms.took(PublishForm::Batch, 100, Duration::from_millis(5));
        assert_eq!(forms.choose(100), (PublishForm::Singles, MANY));
        forms.took(PublishForm::Singles, MANY, Duration::from_millis(6));
        // At 4, 8, 16 and 32, and at each 64.
        let (_, singles) = chosen(&forms, 640, 50, 190);
        assert_eq!(singles, 14);
    }

    #[test]
    fn a_server_that_is_set_otherwise_is_noticed() {
        let forms = FormCosts::default();
        chosen(&forms, 100, 50, 190);
        let (batches, singles) = chosen(&forms, 1_000, 40, 15);
        assert!(singles > batches, "{singles} {batches}");
        assert!(chosen(&forms, 640, 40, 15).0 <= 10);
    }

    #[test]
    fn a_disk_that_stalled_once_is_given_another_chance_soon() {
        let forms = FormCosts::default();
        forms.took(PublishForm::Batch, 100, Duration::from_secs(10));
        let (_, singles) = chosen(&forms, 100, 50, 190);
        assert!(singles < 10, "{singles}");
        forms.took(PublishForm::Batch, 100, Duration::from_millis(40));
        assert_eq!(forms.choose(100).0, PublishForm::Batch, "a stall among many good ones");
    }

    #[test]
    fn few_messages_say_nothing() {
        let forms = FormCosts::default();
        forms.took(PublishForm::Singles, MANY - 1, Duration::ZERO);
        forms.took(PublishForm::Batch, 100, Duration::from_millis(1));
        assert_eq!(forms.choose(100), (PublishForm::Singles, MANY));
    }
}
