//! Sorts the messages of the output into the order of their decisions. Messages may arrive in any
//! order. A missing one is awaited only for a limited time.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use wirefold_flow::UnixMillis;
use wirefold_proto::{DecisionId, Input};

use crate::gaps::Gaps;

/// The most messages that wait for one gap.
const MAX_WAITING: usize = 4_096;

/// Releases the messages of enrichers, one for each decision, in the order of the decisions and each once.
///
/// A decision follows another if its article follows in `WF_FETCHED`, or if the decision itself
/// follows in `WF_JUDGED`: a duplicate has no second decision, and a take-over may stand between
/// decisions without an article. Otherwise a decision is missing. An enricher has it, or had it and
/// was killed, or it is a dead letter. It is awaited for `patience` after a later message arrived,
/// or until very many messages wait. Then it is skipped. Several missing decisions are awaited at the
/// same time. A message that arrives later is released at once: late is better than lost. An article that is neither awaited nor skipped
/// was released before. A stream forgets ids, so it may contain the article twice, and the second
/// one is dropped. But if its decision is later than any released one, `WF_FETCHED` went back in
/// time: inputs are counted anew from there.
///
/// A command is released after the articles that were decided before it. Nothing waits for a command: before
/// it arrives, it cannot be distinguished from a take-over.
#[derive(Debug)]
pub struct InOrder<T> {
    patience: Duration,
    next: Option<u64>,
    /// The sequence of the decision that was released last.
    judged: Option<u64>,
    /// Inputs after `next` that were released already.
    released: BTreeSet<u64>,
    /// Inputs before `next` that were skipped.
    skipped: Gaps,
    waiting: BTreeMap<DecisionOrder, Decided<T>>,
    /// The decisions that arrived since the last call of [`Self::ready`].
    new_arrivals: Vec<DecisionOrder>,
    /// The arrivals of waiting decisions, the first one first. May contain decisions that no longer
    /// wait.
    arrived: VecDeque<(UnixMillis, DecisionOrder)>,
    /// The messages that waited when the inputs went back in time.
    overdue: Vec<T>,
}

/// The position of a message among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessagePosition {
    /// Its decision.
    pub decision: DecisionId,
    /// The sequence of the decision in `WF_JUDGED`.
    pub judged: u64,
    /// The sequence in `WF_FETCHED` up to which articles had been decided on.
    pub fetched: u64,
}

/// The position of a decision among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct DecisionOrder {
    /// Its article, or the last one before a command.
    fetched: u64,
    /// The sequence of a command in `WF_JUDGED`; 0 for an article.
    command: u64,
}

impl DecisionOrder {
    /// The input that must be next for it to be released.
    fn first(self) -> u64 {
        if self.command > 0 { self.fetched + 1 } else { self.fetched }
    }

    /// The input that is next after it.
    fn behind(self) -> u64 {
        self.fetched + 1
    }
}

/// The message of a decision that arrived.
#[derive(Debug)]
struct Decided<T> {
    judged: u64,
    /// The time at which it arrived, once recorded.
    arrived: Option<UnixMillis>,
    item: T,
}

impl<T> InOrder<T> {
    /// An empty queue. `next` is the first expected input, if known.
    #[must_use]
    pub fn new(patience: Duration, next: Option<u64>) -> Self {
        Self {
            patience,
            next,
            judged: None,
            released: BTreeSet::new(),
            skipped: Gaps::default(),
            waiting: BTreeMap::new(),
            new_arrivals: Vec::new(),
            arrived: VecDeque::new(),
            overdue: Vec::new(),
        }
    }

    /// Resumes after a restart: with the sequence of the last decision, if known; the inputs after
    /// `next` that were released already and do not arrive again; and [those
    /// skipped](Self::skipped).
    #[must_use]
    pub fn resume(
        self,
        judged: Option<u64>,
        released: impl IntoIterator<Item = u64>,
        skipped: impl IntoIterator<Item = (u64, u64)>,
    ) -> Self {
        let (released, skipped) = (released.into_iter().collect(), skipped.into_iter().collect());
        Self { judged, released, skipped, ..self }
    }

    /// The inputs that were skipped and have not arrived since: the first and the last of each
    /// range.
    pub fn skipped(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.skipped.iter()
    }

    /// Adds a message.
    pub fn push(&mut self, position: MessagePosition, item: T) {
        let MessagePosition { decision, judged, fetched } = position;
        let is_article = matches!(decision.input, Input::Article(_));
        let order = match decision.input {
            Input::Article(sequence) => DecisionOrder { fetched: sequence, command: 0 },
            Input::Command(_) | Input::Epoch => DecisionOrder { fetched, command: judged },
        };
        if is_article && self.was_released(order.fetched) {
            // A later decision on an earlier input: the inputs went back in time, and this is
            // another article.
            if self.judged.is_none_or(|last| judged <= last) {
                return;
            }
            self.turn_back();
        }
        if let Entry::Vacant(vacant) = self.waiting.entry(order) {
            self.new_arrivals.push(order);
            vacant.insert(Decided { judged, arrived: None, item });
        }
    }

    /// Restarts the count of inputs. Messages that waited belong to the time before and are released.
    fn turn_back(&mut self) {
        let waited = std::mem::take(&mut self.waiting);
        self.overdue.extend(waited.into_values().map(|decided| decided.item));
        self.new_arrivals.clear();
        self.arrived.clear();
        self.released.clear();
        self.skipped = Gaps::default();
        self.next = Some(1);
    }

    fn was_released(&self, article: u64) -> bool {
        let is_before = self.next.is_some_and(|next| article < next);
        self.released.contains(&article) || (is_before && !self.skipped.contains(article))
    }

    /// The messages that can be released now, in order.
    pub fn ready(&mut self, now: UnixMillis) -> Vec<T> {
        self.note_arrivals(now);
        let mut ready = std::mem::take(&mut self.overdue);
        loop {
            while self.next.is_some_and(|next| self.released.remove(&next)) {
                self.next = self.next.map(|next| next + 1);
            }
            let Some((order, decided)) = self.waiting.first_key_value() else {
                self.arrived.clear();
                return ready;
            };
            let (order, missing) = (*order, self.first_missing_before(*order, decided));
            if let Some(missing) = missing {
                if !self.has_waited(now) {
                    return ready;
                }
                self.skipped.add(missing, order.first() - 1);
            }
            if let Some(first) = self.waiting.remove(&order) {
                ready.push(self.release(order, first));
            }
        }
    }

    /// The first input before a decision that was not released; `None` if the decision is next, or late.
    fn first_missing_before(&self, order: DecisionOrder, decided: &Decided<T>) -> Option<u64> {
        let follows = self.judged.is_some_and(|last| decided.judged <= last + 1);
        self.next.filter(|next| *next < order.first() && !follows)
    }

    fn release(&mut self, order: DecisionOrder, decided: Decided<T>) -> T {
        let is_command = order.command > 0;
        if !is_command || self.next.is_some() {
            self.next = Some(self.next.unwrap_or(0).max(order.behind()));
        }
        // Before the first article, the next input is unknown.
        if order.fetched > 0 {
            self.judged = self.judged.max(Some(decided.judged));
        }
        if !is_command {
            self.skipped.remove(order.fetched);
        }
        decided.item
    }

    /// The time at which [`ready`](Self::ready) releases more, even if nothing arrives.
    #[must_use]
    pub fn due(&self) -> Option<UnixMillis> {
        let mut arrived = self.arrived.iter();
        arrived
            .find(|arrived| self.waits_since(arrived))
            .map(|(since, _)| since.plus(self.patience))
    }

    /// The number of waiting messages.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether no message waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The waiting messages.
    pub fn waiting(&self) -> impl Iterator<Item = &T> {
        self.waiting.values().map(|decided| &decided.item)
    }

    /// Whether the next input has been awaited for long enough. The time counts from the first
    /// arrival among those that wait, because all of them come after the missing input.
    fn has_waited(&mut self, now: UnixMillis) -> bool {
        while self.arrived.front().is_some_and(|arrived| !self.waits_since(arrived)) {
            self.arrived.pop_front();
        }
        let since = self.arrived.front().map_or(now, |(since, _)| *since);
        now.since(since) >= self.patience || self.waiting.len() > MAX_WAITING
    }

    /// Records the time at which new decisions arrived.
    fn note_arrivals(&mut self, now: UnixMillis) {
        for order in std::mem::take(&mut self.new_arrivals) {
            if let Some(decided) = self.waiting.get_mut(&order) {
                decided.arrived = Some(now);
                self.arrived.push_back((now, order));
            }
        }
    }

    fn waits_since(&self, (since, order): &(UnixMillis, DecisionOrder)) -> bool {
        self.waiting.get(order).is_some_and(|decided| decided.arrived == Some(*since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(2);

    fn article(sequence: u64, judged: u64) -> MessagePosition {
        let decision = DecisionId { epoch: 1, input: Input::Article(sequence) };
        MessagePosition { decision, judged, fetched: sequence }
    }

    /// A command after this article.
    fn command(fetched: u64, judged: u64) -> MessagePosition {
        let decision = DecisionId { epoch: 1, input: Input::Command(judged) };
        MessagePosition { decision, judged, fetched }
    }

    #[test]
    fn gaps_are_awaited_and_then_skipped() {
        let mut order = InOrder::new(PATIENCE, Some(1));
        for sequence in [2, 1, 5, 4] {
            order.push(article(sequence, sequence), sequence);
        }
        assert_eq!(order.ready(UnixMillis(1_000)), [1, 2]);
        assert_eq!(order.due(), Some(UnixMillis(3_000)));
        assert!(order.ready(UnixMillis(2_999)).is_empty());
        assert_eq!(order.ready(UnixMillis(3_000)), [4, 5]);
        order.push(article(3, 3), 3);
        assert_eq!(order.ready(UnixMillis(3_000)), [3], "late is better than lost");
        order.push(article(6, 6), 6);
        assert_eq!(order.ready(UnixMillis(3_000)), [6]);
        assert!(order.is_empty());
    }

    #[test]
    fn several_gaps_are_awaited_at_the_same_time() {
        let mut order = InOrder::new(PATIENCE, Some(1));
        for sequence in [2, 4, 6] {
            order.push(article(sequence, sequence), sequence);
        }
        assert!(order.ready(UnixMillis(1_000)).is_empty());
        order.push(article(8, 8), 8);
        assert!(order.ready(UnixMillis(2_500)).is_empty());
        assert_eq!(order.due(), Some(UnixMillis(3_000)));
        assert_eq!(order.ready(UnixMillis(3_000)), [2, 4, 6]);
        // The message missing before 8 was noticed only when 8 arrived.
        assert_eq!(order.due(), Some(UnixMillis(4_500)));
        order.push(article(7, 7), 7);
        assert_eq!(order.ready(UnixMillis(3_100)), [7, 8]);
        assert_eq!(order.due(), None);
    }

    #[test]
    fn known_absences_are_not_awaited() {
        let mut order = InOrder::new(PATIENCE, Some(1));
        // 2 and 3 arrived before under another id; between 5 and 6 somebody took over.
        for (fetched, judged) in [(1, 2), (4, 3), (5, 4), (6, 6)] {
            order.push(article(fetched, judged), fetched);
        }
        assert_eq!(order.ready(UnixMillis(0)), [1, 4, 5, 6]);
        // A take-over beside what arrived before: it cannot be told from one that is missing.
        order.push(article(8, 8), 8);
        assert!(order.ready(UnixMillis(0)).is_empty());
        assert_eq!(order.ready(UnixMillis(2_000)), [8]);
    }

    #[test]
    fn inputs_released_before_a_restart_are_not_awaited() {
        let mut order = InOrder::new(PATIENCE, Some(2)).resume(None, [3, 5], []);
        for sequence in [2, 4, 6] {
            order.push(article(sequence, 2 * sequence), sequence);
        }
        assert_eq!(order.ready(UnixMillis(0)), [2, 4, 6]);
        let mut later = InOrder::new(PATIENCE, Some(2)).resume(Some(7), [], []);
        later.push(article(3, 8), 3);
        assert_eq!(later.ready(UnixMillis(0)), [3], "2 arrived twice");
    }

    #[test]
    fn limits_the_messages_that_wait_for_a_gap() {
        let mut order = InOrder::new(PATIENCE, Some(1));
        let most = MAX_WAITING as u64;
        (2..most + 2).for_each(|sequence| order.push(article(sequence, sequence), sequence));
        assert!(order.ready(UnixMillis(0)).is_empty());
        order.push(article(most + 2, most + 2), most + 2);
        assert_eq!(order.ready(UnixMillis(0)).len(), MAX_WAITING + 1);
        assert_eq!(order.len(), 0);
    }

    #[test]
    fn a_command_is_released_after_the_articles_before_it() {
        let mut order = InOrder::new(PATIENCE, Some(8));
        order.push(command(9, 12), "c");
        order.push(article(10, 13), "10");
        order.push(command(8, 9), "b");
        order.push(article(9, 11), "9");
        assert!(order.ready(UnixMillis(0)).is_empty(), "8 has not come");
        order.push(article(8, 8), "8");
        assert_eq!(order.ready(UnixMillis(0)), ["8", "b", "9", "c", "10"]);
        // One that comes late, or twice, waits for nothing.
        for name in ["d", "d again"] {
            order.push(command(10, 14), name);
            assert_eq!(order.ready(UnixMillis(0)), [name]);
        }
        order.push(command(3, 4), "a");
        assert_eq!(order.ready(UnixMillis(0)), ["a"]);
        // A duplicate that arrived in between has no decision of its own.
        order.push(command(12, 15), "e");
        order.push(article(13, 16), "13");
        assert_eq!(order.ready(UnixMillis(0)), ["e", "13"]);
        // Articles that do not come are waited for, and then skipped.
        order.push(command(15, 19), "f");
        assert!(order.ready(UnixMillis(0)).is_empty());
        assert_eq!(order.ready(UnixMillis(2_000)), ["f"]);
        assert_eq!(order.skipped().collect::<Vec<_>>(), [(14, 15)]);
        order.push(article(15, 18), "15");
        assert_eq!(order.ready(UnixMillis(2_000)), ["15"], "late is better than lost");
    }

    #[test]
    fn duplicates_are_released_once() {
        let mut order = InOrder::new(PATIENCE, Some(1));
        order.push(article(1, 1), "1");
        order.push(article(1, 1), "1 again");
        order.push(article(3, 3), "3");
        assert_eq!(order.ready(UnixMillis(0)), ["1"]);
        assert_eq!(order.ready(UnixMillis(2_000)), ["3"], "2 was skipped");
        let skipped: Vec<_> = order.skipped().collect();
        let mut later = InOrder::new(PATIENCE, Some(4)).resume(None, [5], skipped);
        for (sequence, name) in [(1, "1 again"), (3, "3 again"), (5, "5 again"), (2, "2")] {
            later.push(article(sequence, sequence), name);
        }
        assert_eq!(later.ready(UnixMillis(0)), ["2"]);
        later.push(article(2, 2), "2 again");
        assert!(later.ready(UnixMillis(9_000)).is_empty() && later.is_empty());
    }

    #[test]
    fn inputs_that_went_back_in_time_are_other_articles() {
        let mut order = InOrder::new(PATIENCE, Some(1));
        for sequence in [1, 2, 3, 5] {
            order.push(article(sequence, sequence), format!("{sequence}"));
        }
        assert_eq!(order.ready(UnixMillis(0)), ["1", "2", "3"]);
        // Somebody took over at 6 in WF_JUDGED, and WF_FETCHED ended at 1 before that.
        for (fetched, judged) in [(3, 8), (2, 7), (4, 9)] {
            order.push(article(fetched, judged), format!("new {fetched}"));
        }
        assert_eq!(order.ready(UnixMillis(0)), ["5"], "waiting messages were released");
        assert_eq!(order.ready(UnixMillis(2_000)), ["new 2", "new 3", "new 4"]);
        order.push(article(3, 8), "new 3 again".to_owned());
        assert!(order.ready(UnixMillis(9_000)).is_empty());
        // A restart knows no more than the last decision, and how far inputs were counted before.
        let mut later = InOrder::new(PATIENCE, Some(6)).resume(Some(9), [], []);
        later.push(article(5, 10), "new 5");
        assert_eq!(later.ready(UnixMillis(0)), ["new 5"], "it follows in WF_JUDGED");
    }

    #[test]
    fn releases_in_between_do_not_extend_the_wait() {
        let mut order = InOrder::new(PATIENCE, Some(1));
        order.push(article(2, 2), 2);
        for second in 0..2 {
            order.push(command(0, 3 + second), 0);
            assert_eq!(order.ready(UnixMillis(second * 1_000)), [0]);
        }
        assert_eq!(order.due(), Some(UnixMillis(2_000)));
        assert_eq!(order.ready(UnixMillis(2_000)), [2]);
        assert_eq!(order.due(), None);
        order.push(article(4, 9), 4);
        assert!(order.ready(UnixMillis(2_500)).is_empty(), "3 is another gap");
        assert_eq!(order.ready(UnixMillis(4_500)), [4]);
    }

    #[test]
    fn the_first_input_may_be_any() {
        let mut order = InOrder::new(PATIENCE, None);
        order.push(article(70, 70), 70);
        assert_eq!(order.ready(UnixMillis(0)), [70]);
        assert_eq!(order.len(), 0);
    }
}
