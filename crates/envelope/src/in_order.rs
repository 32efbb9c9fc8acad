//! The output in the order of the decisions.

use std::collections::BTreeMap;
use std::time::Duration;

use wirefold_flow::UnixMillis;
use wirefold_proto::{DecisionId, Input};

/// Gives what enrichers published in whatever order back in the order of the decisions.
///
/// Every article fetched has one decision, so the sequences in `WF_FETCHED` leave no gap but for
/// dead letters and repeats; a gap is waited for `patience` and then passed. What comes later than
/// that is given at once: late is better than lost.
#[derive(Debug)]
pub struct InOrder<T> {
    patience: Duration,
    next: Option<u64>,
    waiting: BTreeMap<u64, Vec<T>>,
    gap_since: Option<UnixMillis>,
}

impl<T> InOrder<T> {
    /// Nothing waits yet; `next` is the input expected first, where that is known.
    #[must_use]
    pub fn new(patience: Duration, next: Option<u64>) -> Self {
        Self { patience, next, waiting: BTreeMap::new(), gap_since: None }
    }

    /// Takes one in. Commands and take-overs have no place among the articles: they come with the
    /// next [`ready`](Self::ready).
    pub fn push(&mut self, decision: DecisionId, item: T) {
        let place = match decision.input {
            Input::Article(sequence) => sequence,
            Input::Command(_) | Input::Epoch => 0,
        };
        self.waiting.entry(place).or_default().push(item);
    }

    /// What can be given now, in order.
    pub fn ready(&mut self, now: UnixMillis) -> Vec<T> {
        let mut given = Vec::new();
        while let Some(place) = self.waiting.keys().next().copied() {
            let comes_later = self.next.is_some_and(|next| place > next);
            if comes_later && !self.has_waited(now) {
                break;
            }
            given.extend(self.waiting.remove(&place).into_iter().flatten());
            self.gap_since = None;
            if place > 0 {
                self.next = Some(self.next.unwrap_or(0).max(place + 1));
            }
        }
        given
    }

    /// When [`ready`](Self::ready) gives more even if nothing comes.
    #[must_use]
    pub fn due(&self) -> Option<UnixMillis> {
        self.gap_since.map(|since| since.plus(self.patience))
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.values().map(Vec::len).sum()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Those that wait, for whoever must know what is not given yet.
    pub fn waiting(&self) -> impl Iterator<Item = &T> {
        self.waiting.values().flatten()
    }

    fn has_waited(&mut self, now: UnixMillis) -> bool {
        let since = *self.gap_since.get_or_insert(now);
        now.since(since) >= self.patience
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(2);

    fn article(sequence: u64) -> DecisionId {
        DecisionId { epoch: 1, input: Input::Article(sequence) }
    }

    #[test]
    fn gaps_are_waited_for_and_then_passed() {
        let mut order = InOrder::new(PATIENCE, Some(1));
        for sequence in [2, 1, 5, 4] {
            order.push(article(sequence), sequence);
        }
        assert_eq!(order.ready(UnixMillis(1_000)), [1, 2]);
        assert_eq!(order.due(), Some(UnixMillis(3_000)));
        assert!(order.ready(UnixMillis(2_999)).is_empty());
        assert_eq!(order.ready(UnixMillis(3_000)), [4, 5]);
        order.push(article(3), 3);
        assert_eq!(order.ready(UnixMillis(3_000)), [3], "late is better than lost");
        order.push(article(6), 6);
        assert_eq!(order.ready(UnixMillis(3_000)), [6]);
        assert!(order.is_empty());
    }

    #[test]
    fn what_belongs_to_one_decision_stays_together_and_commands_do_not_wait() {
        let mut order = InOrder::new(PATIENCE, Some(8));
        order.push(article(9), "9");
        order.push(article(9), "9.0");
        order.push(DecisionId { epoch: 1, input: Input::Command(3) }, "c3");
        assert_eq!(order.ready(UnixMillis(0)), ["c3"]);
        order.push(article(8), "8");
        assert_eq!(order.ready(UnixMillis(0)), ["8", "9", "9.0"]);
    }

    #[test]
    fn the_first_may_be_any() {
        let mut order = InOrder::new(PATIENCE, None);
        order.push(article(70), 70);
        assert_eq!(order.ready(UnixMillis(0)), [70]);
        assert_eq!(order.len(), 0);
    }
}
