//! The output in the order of the decisions.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use wirefold_flow::UnixMillis;
use wirefold_proto::{DecisionId, Input};

use crate::gaps::Gaps;

/// So many wait for one gap at most.
const MOST_WAITING: usize = 4_096;

/// Gives what enrichers published in whatever order back in the order of the decisions, each once.
///
/// What a decision brought about comes as messages of their own, and not all at once where an
/// enricher was killed between two of them: they are given together, when all have come.
///
/// A decision follows another where its article follows in `WF_FETCHED`, or itself in `WF_JUDGED`:
/// what came twice has no second decision, and a take-over stands between decisions without an
/// article. Where neither is so, one is missing. It is in the hands of an enricher, or of one that
/// was killed; or it is a dead letter. It is waited for `patience`, or until very many wait for it,
/// and then passed, and so is the rest of a decision. What comes later than that is given at once:
/// late is better than lost. An article that neither is awaited nor was passed has been given: a
/// stream forgets ids, so it may stand there twice, and is left out.
#[derive(Debug)]
pub struct InOrder<T> {
    patience: Duration,
    next: Option<u64>,
    /// The decision given last.
    judged: Option<u64>,
    /// Inputs behind `next` that were given already.
    given: BTreeSet<u64>,
    /// Inputs before `next` that were passed.
    passed: Gaps,
    waiting: BTreeMap<u64, Decided<T>>,
    count: usize,
    /// What was expected next when waiting began, and when that was.
    gap: Option<(Option<u64>, UnixMillis)>,
}

/// What a message is of its decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The article.
    Article {
        /// How many changes come with it.
        changes: u32,
    },
    /// A change.
    Change {
        /// Its place among them.
        index: u32,
    },
}

/// What came of one decision, or of all commands.
#[derive(Debug)]
struct Decided<T> {
    judged: u64,
    /// How many changes come with the article, where that has come.
    changes: Option<u32>,
    indexes: BTreeSet<u32>,
    items: Vec<T>,
}

impl<T> Decided<T> {
    fn is_whole(&self) -> bool {
        self.changes.is_some_and(|changes| self.indexes.len() as u64 >= u64::from(changes))
    }

    /// Whether this part is here already; if not, it is now.
    fn has(&mut self, part: Part) -> bool {
        match part {
            Part::Article { changes } => self.changes.replace(changes).is_some(),
            Part::Change { index } => !self.indexes.insert(index),
        }
    }
}

impl<T> InOrder<T> {
    /// Nothing waits yet; `next` is the input expected first, where that is known.
    #[must_use]
    pub fn new(patience: Duration, next: Option<u64>) -> Self {
        Self {
            patience,
            next,
            judged: None,
            given: BTreeSet::new(),
            passed: Gaps::default(),
            waiting: BTreeMap::new(),
            count: 0,
            gap: None,
        }
    }

    /// Goes on after another: the decision before `next`, where that is known; the inputs behind
    /// `next` that were given already and do not come again; and [those passed](Self::passed).
    #[must_use]
    pub fn going_on(
        self,
        judged: Option<u64>,
        given: impl IntoIterator<Item = u64>,
        passed: impl IntoIterator<Item = (u64, u64)>,
    ) -> Self {
        let (given, passed) = (given.into_iter().collect(), passed.into_iter().collect());
        Self { judged, given, passed, ..self }
    }

    /// The inputs that were passed and have not come since: the first and the last of each range.
    pub fn passed(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.passed.iter()
    }

    /// Takes in one of a decision that stands at `judged`. Commands and take-overs have no place
    /// among the articles: they come with the next [`ready`](Self::ready).
    pub fn push(&mut self, decision: DecisionId, judged: u64, part: Part, item: T) {
        let place = match decision.input {
            Input::Article(sequence) => sequence,
            Input::Command(_) | Input::Epoch => 0,
        };
        if matches!(part, Part::Article { .. }) && self.was_given(place) {
            return;
        }
        let fresh =
            || Decided { judged, changes: None, indexes: BTreeSet::new(), items: Vec::new() };
        let decided = self.waiting.entry(place).or_insert_with(fresh);
        // Those of several commands stand together.
        if place == 0 || !decided.has(part) {
            decided.items.push(item);
            self.count += 1;
        }
    }

    fn was_given(&self, place: u64) -> bool {
        let is_before = self.next.is_some_and(|next| place < next);
        self.given.contains(&place) || (is_before && !self.passed.contains(place))
    }

    /// What can be given now, in order.
    pub fn ready(&mut self, now: UnixMillis) -> Vec<T> {
        let mut ready = Vec::new();
        loop {
            while self.next.is_some_and(|next| self.given.remove(&next)) {
                self.next = self.next.map(|next| next + 1);
            }
            let Some((place, decided)) = self.waiting.first_key_value() else {
                self.gap = None;
                return ready;
            };
            let place = *place;
            // What comes late comes piece by piece.
            let is_late = place == 0 || self.next.is_some_and(|next| place < next);
            let is_next = self.next.is_none_or(|next| place <= next);
            let follows = self.judged.is_some_and(|last| decided.judged <= last + 1);
            let is_due = is_late || ((is_next || follows) && decided.is_whole());
            if !is_due && !self.has_waited(now) {
                return ready;
            }
            if !is_late && !is_next && !follows {
                self.passed.add(self.next.unwrap_or(place), place - 1);
            }
            if let Some(first) = self.waiting.remove(&place) {
                ready.extend(self.give(place, first, is_late));
            }
        }
    }

    fn give(&mut self, place: u64, decided: Decided<T>, is_late: bool) -> Vec<T> {
        self.count -= decided.items.len();
        if place > 0 {
            self.next = Some(self.next.unwrap_or(0).max(place + 1));
            self.judged = self.judged.max(Some(decided.judged));
            match decided.changes {
                Some(_) => self.passed.remove(place),
                // Its article may come yet.
                None if !is_late => self.passed.add(place, place),
                None => {}
            }
        }
        decided.items
    }

    /// When [`ready`](Self::ready) gives more even if nothing comes.
    #[must_use]
    pub fn due(&self) -> Option<UnixMillis> {
        self.gap.map(|(_, since)| since.plus(self.patience))
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

    /// Whether what is expected next has been waited for long enough. What is given meanwhile,
    /// commands and what comes late, changes nothing about that.
    fn has_waited(&mut self, now: UnixMillis) -> bool {
        let since = match self.gap {
            Some((next, since)) if next == self.next => since,
            _ => now,
        };
        self.gap = Some((self.next, since));
        now.since(since) >= self.patience || self.count > MOST_WAITING
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(2);
    const ALONE: Part = Part::Article { changes: 0 };

    fn article(sequence: u64) -> DecisionId {
        DecisionId { epoch: 1, input: Input::Article(sequence) }
    }

    #[test]
    fn gaps_are_waited_for_and_then_passed() {
        let mut order = InOrder::new(PATIENCE, Some(1));
        for sequence in [2, 1, 5, 4] {
            order.push(article(sequence), sequence, ALONE, sequence);
        }
        assert_eq!(order.ready(UnixMillis(1_000)), [1, 2]);
        assert_eq!(order.due(), Some(UnixMillis(3_000)));
        assert!(order.ready(UnixMillis(2_999)).is_empty());
        assert_eq!(order.ready(UnixMillis(3_000)), [4, 5]);
        order.push(article(3), 3, ALONE, 3);
        assert_eq!(order.ready(UnixMillis(3_000)), [3], "late is better than lost");
        order.push(article(6), 6, ALONE, 6);
        assert_eq!(order.ready(UnixMillis(3_000)), [6]);
        assert!(order.is_empty());
    }

    #[test]
    fn what_is_known_to_be_no_gap_is_not_waited_for() {
        let mut order = InOrder::new(PATIENCE, Some(1));
        // 2 and 3 came before under another id; between 5 and 6 somebody took over.
        for (fetched, judged) in [(1, 2), (4, 3), (5, 4), (6, 6)] {
            order.push(article(fetched), judged, ALONE, fetched);
        }
        assert_eq!(order.ready(UnixMillis(0)), [1, 4, 5, 6]);
        // A take-over beside what came before: it cannot be told from one that is missing.
        order.push(article(8), 8, ALONE, 8);
        assert!(order.ready(UnixMillis(0)).is_empty());
        assert_eq!(order.ready(UnixMillis(2_000)), [8]);
    }

    #[test]
    fn what_was_given_before_a_restart_is_not_waited_for() {
        let mut order = InOrder::new(PATIENCE, Some(2)).going_on(None, [3, 5], []);
        for sequence in [2, 4, 6] {
            order.push(article(sequence), 2 * sequence, ALONE, sequence);
        }
        assert_eq!(order.ready(UnixMillis(0)), [2, 4, 6]);
        let mut later = InOrder::new(PATIENCE, Some(2)).going_on(Some(7), [], []);
        later.push(article(3), 8, ALONE, 3);
        assert_eq!(later.ready(UnixMillis(0)), [3], "2 came twice");
    }

    #[test]
    fn not_too_many_wait_for_one() {
        let mut order = InOrder::new(PATIENCE, Some(1));
        let most = MOST_WAITING as u64;
        (2..most + 2).for_each(|sequence| order.push(article(sequence), sequence, ALONE, sequence));
        assert!(order.ready(UnixMillis(0)).is_empty());
        order.push(article(most + 2), most + 2, ALONE, most + 2);
        assert_eq!(order.ready(UnixMillis(0)).len(), MOST_WAITING + 1);
        assert_eq!(order.len(), 0);
    }

    #[test]
    fn what_belongs_to_one_decision_stays_together_and_commands_do_not_wait() {
        let mut order = InOrder::new(PATIENCE, Some(8));
        order.push(article(9), 9, Part::Article { changes: 1 }, "9");
        order.push(article(9), 9, Part::Change { index: 0 }, "9.0");
        order.push(
            DecisionId { epoch: 1, input: Input::Command(3) },
            10,
            Part::Change { index: 0 },
            "c3",
        );
        assert_eq!(order.ready(UnixMillis(0)), ["c3"]);
        order.push(article(8), 8, ALONE, "8");
        assert_eq!(order.ready(UnixMillis(0)), ["8", "9", "9.0"]);
    }

    #[test]
    fn nothing_comes_between_an_article_and_what_it_brought_about() {
        let mut order = InOrder::new(PATIENCE, Some(1));
        order.push(article(1), 1, Part::Article { changes: 2 }, "1");
        order.push(article(1), 1, Part::Change { index: 0 }, "1.0");
        order.push(article(2), 2, ALONE, "2");
        assert!(order.ready(UnixMillis(0)).is_empty());
        order.push(article(1), 1, Part::Change { index: 1 }, "1.1");
        assert_eq!(order.ready(UnixMillis(0)), ["1", "1.0", "1.1", "2"]);
        // A change before its article, as where that comes late; neither is waited for for ever.
        order.push(article(3), 3, Part::Change { index: 0 }, "3.0");
        assert!(order.ready(UnixMillis(0)).is_empty());
        assert_eq!(order.due(), Some(UnixMillis(2_000)));
        assert_eq!(order.ready(UnixMillis(2_000)), ["3.0"]);
        order.push(article(3), 3, Part::Article { changes: 1 }, "3");
        assert_eq!(order.ready(UnixMillis(2_000)), ["3"]);
        // The article stood before the place at which reading began again.
        let mut later = InOrder::new(PATIENCE, Some(4)).going_on(None, [4], []);
        later.push(article(4), 4, Part::Change { index: 0 }, "4.0");
        assert_eq!(later.ready(UnixMillis(0)), ["4.0"]);
    }

    #[test]
    fn what_stands_twice_is_given_once() {
        let mut order = InOrder::new(PATIENCE, Some(1));
        let with_change = Part::Article { changes: 1 };
        order.push(article(1), 1, with_change, "1");
        order.push(article(1), 1, with_change, "1 again");
        assert!(order.ready(UnixMillis(0)).is_empty(), "its change has not come");
        order.push(article(1), 1, Part::Change { index: 0 }, "1.0");
        order.push(article(3), 3, ALONE, "3");
        assert_eq!(order.ready(UnixMillis(0)), ["1", "1.0"]);
        assert_eq!(order.ready(UnixMillis(2_000)), ["3"], "2 was passed");
        let passed: Vec<_> = order.passed().collect();
        let mut later = InOrder::new(PATIENCE, Some(4)).going_on(None, [5], passed);
        for (sequence, name) in [(1, "1 again"), (3, "3 again"), (5, "5 again"), (2, "2")] {
            later.push(article(sequence), sequence, ALONE, name);
        }
        assert_eq!(later.ready(UnixMillis(0)), ["2"]);
        later.push(article(2), 2, ALONE, "2 again");
        assert!(later.ready(UnixMillis(9_000)).is_empty() && later.is_empty());
    }

    #[test]
    fn what_is_given_meanwhile_draws_no_waiting_out() {
        let mut order = InOrder::new(PATIENCE, Some(1));
        order.push(article(2), 2, ALONE, 2);
        for second in 0..2 {
            let command = DecisionId { epoch: 1, input: Input::Command(second) };
            order.push(command, 3 + second, Part::Change { index: 0 }, 0);
            assert_eq!(order.ready(UnixMillis(second * 1_000)), [0]);
        }
        assert_eq!(order.due(), Some(UnixMillis(2_000)));
        assert_eq!(order.ready(UnixMillis(2_000)), [2]);
        assert_eq!(order.due(), None);
        order.push(article(4), 9, ALONE, 4);
        assert!(order.ready(UnixMillis(2_500)).is_empty(), "3 is another gap");
        assert_eq!(order.ready(UnixMillis(4_500)), [4]);
    }

    #[test]
    fn the_first_may_be_any() {
        let mut order = InOrder::new(PATIENCE, None);
        order.push(article(70), 70, ALONE, 70);
        assert_eq!(order.ready(UnixMillis(0)), [70]);
        assert_eq!(order.len(), 0);
    }
}
