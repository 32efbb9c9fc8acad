//! The output in the order of the decisions.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use wirefold_flow::UnixMillis;
use wirefold_proto::{DecisionId, Input};

/// So many wait for one gap at most.
const MOST_WAITING: usize = 4_096;

/// Gives what enrichers published in whatever order back in the order of the decisions.
///
/// A decision follows another where its article follows in `WF_FETCHED`, or itself in `WF_JUDGED`:
/// what came twice has no second decision, and a take-over stands between decisions without an
/// article. Where neither is so, one is missing. It is in the hands of an enricher, or of one that
/// was killed; or it is a dead letter. It is waited for `patience`, or until very many wait for it,
/// and then passed. What comes later than that is given at once: late is better than lost.
#[derive(Debug)]
pub struct InOrder<T> {
    patience: Duration,
    next: Option<u64>,
    /// The decision given last.
    judged: Option<u64>,
    /// Inputs behind `next` that were given already.
    given: BTreeSet<u64>,
    waiting: BTreeMap<u64, Decided<T>>,
    count: usize,
    gap_since: Option<UnixMillis>,
}

/// What came of one decision, or of all commands.
#[derive(Debug)]
struct Decided<T> {
    judged: u64,
    items: Vec<T>,
}

impl<T> InOrder<T> {
    /// Nothing waits yet; `next` is the input expected first, where that is known.
    #[must_use]
    pub fn new(patience: Duration, next: Option<u64>) -> Self {
        let (judged, given, waiting) = (None, BTreeSet::new(), BTreeMap::new());
        Self { patience, next, judged, given, waiting, count: 0, gap_since: None }
    }

    /// Goes on after another: the decision before `next`, where that is known, and the inputs behind
    /// `next` that were given already and do not come again.
    #[must_use]
    pub fn going_on(self, judged: Option<u64>, given: impl IntoIterator<Item = u64>) -> Self {
        Self { judged, given: given.into_iter().collect(), ..self }
    }

    /// Takes in one of a decision that stands at `judged`. Commands and take-overs have no place
    /// among the articles: they come with the next [`ready`](Self::ready).
    pub fn push(&mut self, decision: DecisionId, judged: u64, item: T) {
        let place = match decision.input {
            Input::Article(sequence) => sequence,
            Input::Command(_) | Input::Epoch => 0,
        };
        let fresh = || Decided { judged, items: Vec::new() };
        self.waiting.entry(place).or_insert_with(fresh).items.push(item);
        self.count += 1;
    }

    /// What can be given now, in order.
    pub fn ready(&mut self, now: UnixMillis) -> Vec<T> {
        let mut given = Vec::new();
        while let Some(first) = self.waiting.first_entry() {
            let (place, judged) = (*first.key(), first.get().judged);
            while self.next.is_some_and(|next| self.given.remove(&next)) {
                self.next = self.next.map(|next| next + 1);
            }
            let comes_later = self.next.is_some_and(|next| place > next);
            let follows = self.judged.is_some_and(|last| judged <= last + 1);
            if comes_later && !follows && !self.has_waited(now) {
                break;
            }
            let items = self.waiting.remove(&place).map(|decided| decided.items);
            let items = items.unwrap_or_default();
            self.count -= items.len();
            given.extend(items);
            self.gap_since = None;
            if place > 0 {
                self.next = Some(self.next.unwrap_or(0).max(place + 1));
                self.judged = self.judged.max(Some(judged));
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
        self.count
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Those that wait, for whoever must know what is not given yet.
    pub fn waiting(&self) -> impl Iterator<Item = &T> {
        self.waiting.values().flat_map(|decided| &decided.items)
    }

    fn has_waited(&mut self, now: UnixMillis) -> bool {
        let since = *self.gap_since.get_or_insert(now);
        now.since(since) >= self.patience || self.count > MOST_WAITING
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
            order.push(article(sequence), sequence, sequence);
        }
        assert_eq!(order.ready(UnixMillis(1_000)), [1, 2]);
        assert_eq!(order.due(), Some(UnixMillis(3_000)));
        assert!(order.ready(UnixMillis(2_999)).is_empty());
        assert_eq!(order.ready(UnixMillis(3_000)), [4, 5]);
        order.push(article(3), 3, 3);
        assert_eq!(order.ready(UnixMillis(3_000)), [3], "late is better than lost");
        order.push(article(6), 6, 6);
        assert_eq!(order.ready(UnixMillis(3_000)), [6]);
        assert!(order.is_empty());
    }

    #[test]
    fn what_is_known_to_be_no_gap_is_not_waited_for() {
        let mut order = InOrder::new(PATIENCE, Some(1));
        // 2 and 3 came before under another id; between 5 and 6 somebody took over.
        for (fetched, judged) in [(1, 2), (4, 3), (5, 4), (6, 6)] {
            order.push(article(fetched), judged, fetched);
        }
        assert_eq!(order.ready(UnixMillis(0)), [1, 4, 5, 6]);
        // A take-over beside what came before: it cannot be told from one that is missing.
        order.push(article(8), 8, 8);
        assert!(order.ready(UnixMillis(0)).is_empty());
        assert_eq!(order.ready(UnixMillis(2_000)), [8]);
    }

    #[test]
    fn what_was_given_before_a_restart_is_not_waited_for() {
        let mut order = InOrder::new(PATIENCE, Some(2)).going_on(None, [3, 5]);
        for sequence in [2, 4, 6] {
            order.push(article(sequence), 2 * sequence, sequence);
        }
        assert_eq!(order.ready(UnixMillis(0)), [2, 4, 6]);
        let mut later = InOrder::new(PATIENCE, Some(2)).going_on(Some(7), []);
        later.push(article(3), 8, 3);
        assert_eq!(later.ready(UnixMillis(0)), [3], "2 came twice");
    }

    #[test]
    fn not_too_many_wait_for_one() {
        let mut order = InOrder::new(PATIENCE, Some(1));
        let most = MOST_WAITING as u64;
        (2..most + 2).for_each(|sequence| order.push(article(sequence), sequence, sequence));
        assert!(order.ready(UnixMillis(0)).is_empty());
        order.push(article(most + 2), most + 2, most + 2);
        assert_eq!(order.ready(UnixMillis(0)).len(), MOST_WAITING + 1);
        assert_eq!(order.len(), 0);
    }

    #[test]
    fn what_belongs_to_one_decision_stays_together_and_commands_do_not_wait() {
        let mut order = InOrder::new(PATIENCE, Some(8));
        order.push(article(9), 9, "9");
        order.push(article(9), 9, "9.0");
        order.push(DecisionId { epoch: 1, input: Input::Command(3) }, 10, "c3");
        assert_eq!(order.ready(UnixMillis(0)), ["c3"]);
        order.push(article(8), 8, "8");
        assert_eq!(order.ready(UnixMillis(0)), ["8", "9", "9.0"]);
    }

    #[test]
    fn the_first_may_be_any() {
        let mut order = InOrder::new(PATIENCE, None);
        order.push(article(70), 70, 70);
        assert_eq!(order.ready(UnixMillis(0)), [70]);
        assert_eq!(order.len(), 0);
    }
}
