//! Puts the messages of the output into the order of their decisions. Messages come in as they
//! arrive, and go out in order; a missing one is waited for only for some time.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
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
/// was killed; or it is a dead letter. It is waited for `patience` since something behind it came, or
/// until very many wait for it, and then passed, and so is the rest of a decision. Several that are
/// missing are waited for side by side. What comes later than that is given at once:
/// late is better than lost. An article that neither is awaited nor was passed has been given: a
/// stream forgets ids, so it may stand there twice, and is left out. Where its decision is a later one
/// than any given, `WF_FETCHED` went back in time: inputs are counted anew from there.
///
/// A command comes behind the articles that had been decided on before it, and so do its changes, each
/// as it comes. Nothing waits for it: before something of it has come, it cannot be told from a
/// take-over.
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
    waiting: BTreeMap<DecisionOrder, Decided<T>>,
    count: usize,
    /// What came since it was last asked for what is ready.
    fresh: Vec<DecisionOrder>,
    /// When what waits came, the first first; also of some that waits no more.
    came: VecDeque<(UnixMillis, DecisionOrder)>,
    /// What waited when the inputs went back in time.
    overdue: Vec<T>,
}

/// Where a message stands among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stand {
    /// Its decision.
    pub decision: DecisionId,
    /// The sequence of that in `WF_JUDGED`.
    pub judged: u64,
    /// The sequence in `WF_FETCHED` up to which articles had been decided on.
    pub fetched: u64,
    /// What it is of the decision.
    pub part: Part,
}

/// The place of a decision among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct DecisionOrder {
    /// Its article, or the last one before a command.
    fetched: u64,
    /// Where a command stands in `WF_JUDGED`; 0 for an article.
    command: u64,
}

impl DecisionOrder {
    /// What must be next for it to have its turn.
    fn first(self) -> u64 {
        if self.command > 0 { self.fetched + 1 } else { self.fetched }
    }

    /// What is next behind it.
    fn behind(self) -> u64 {
        self.fetched + 1
    }
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// What comes behind it was given already.
    Late,
    /// Everything before it was given.
    Next,
    /// Something before it was not.
    Later,
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
    /// What came of a command.
    Command,
}

impl Part {
    /// An article goes before its changes, and what came of a command behind them.
    fn rank(self) -> u64 {
        match self {
            Self::Article { .. } => 0,
            Self::Change { index } => 1 + u64::from(index),
            Self::Command => u64::MAX,
        }
    }
}

/// What came of one decision.
#[derive(Debug)]
struct Decided<T> {
    judged: u64,
    /// When its first message came, once that is noted.
    came: Option<UnixMillis>,
    /// How many changes come with the article or command, where that has come.
    changes: Option<u32>,
    indexes: BTreeSet<u32>,
    /// With their ranks.
    items: Vec<(u64, T)>,
}

impl<T> Decided<T> {
    fn is_whole(&self) -> bool {
        self.changes.is_some_and(|changes| self.indexes.len() as u64 >= u64::from(changes))
    }

    /// Whether this part is here already; if not, it is now.
    fn has(&mut self, part: Part) -> bool {
        match part {
            Part::Article { changes } => self.changes.replace(changes).is_some(),
            Part::Command => self.changes.replace(0).is_some(),
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
            fresh: Vec::new(),
            came: VecDeque::new(),
            overdue: Vec::new(),
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

    /// Takes in one.
    pub fn push(&mut self, stand: Stand, item: T) {
        let Stand { decision, judged, fetched, part } = stand;
        let place = match decision.input {
            Input::Article(sequence) => DecisionOrder { fetched: sequence, command: 0 },
            Input::Command(_) | Input::Epoch => DecisionOrder { fetched, command: judged },
        };
        if matches!(part, Part::Article { .. }) && self.was_given(place.fetched) {
            // A later decision on an input from before: the inputs went back in time, and this is another.
            if self.judged.is_none_or(|last| judged <= last) {
                return;
            }
            self.turn_back();
        }
        let decided = self.waiting.entry(place).or_insert_with(|| {
            self.fresh.push(place);
            let (indexes, items) = (BTreeSet::new(), Vec::new());
            Decided { judged, came: None, changes: None, indexes, items }
        });
        if !decided.has(part) {
            decided.items.push((part.rank(), item));
            self.count += 1;
        }
    }

    /// From here on inputs are counted anew. What waited is of before, and waits no more.
    fn turn_back(&mut self) {
        let waited = std::mem::take(&mut self.waiting);
        for mut decided in waited.into_values() {
            decided.items.sort_by_key(|(rank, _)| *rank);
            self.overdue.extend(decided.items.into_iter().map(|(_, item)| item));
        }
        self.count = 0;
        self.fresh.clear();
        self.came.clear();
        self.given.clear();
        self.passed = Gaps::default();
        self.next = Some(1);
    }

    fn was_given(&self, article: u64) -> bool {
        let is_before = self.next.is_some_and(|next| article < next);
        self.given.contains(&article) || (is_before && !self.passed.contains(article))
    }

    /// What can be given now, in order.
    pub fn ready(&mut self, now: UnixMillis) -> Vec<T> {
        self.note_arrivals(now);
        let mut ready = std::mem::take(&mut self.overdue);
        loop {
            while self.next.is_some_and(|next| self.given.remove(&next)) {
                self.next = self.next.map(|next| next + 1);
            }
            let Some((place, decided)) = self.waiting.first_key_value() else {
                self.came.clear();
                return ready;
            };
            let (place, turn) = (*place, self.turn_of(*place, decided));
            let is_due = match turn {
                // What comes late comes piece by piece.
                Turn::Late => true,
                Turn::Next => place.command > 0 || decided.is_whole(),
                Turn::Later => false,
            };
            if !is_due && !self.has_waited(now) {
                return ready;
            }
            if turn == Turn::Later {
                self.passed.add(self.next.unwrap_or(place.first()), place.first() - 1);
            }
            if let Some(first) = self.waiting.remove(&place) {
                ready.extend(self.release(place, first, turn));
            }
        }
    }

    fn turn_of(&self, place: DecisionOrder, decided: &Decided<T>) -> Turn {
        let follows = self.judged.is_some_and(|last| decided.judged <= last + 1);
        match self.next {
            Some(next) if place.first() < next => Turn::Late,
            Some(next) if next < place.first() && !follows => Turn::Later,
            _ => Turn::Next,
        }
    }

    fn release(
        &mut self,
        place: DecisionOrder,
        mut decided: Decided<T>,
        turn: Turn,
    ) -> impl Iterator<Item = T> + use<T> {
        self.count -= decided.items.len();
        let is_command = place.command > 0;
        if !is_command || self.next.is_some() {
            self.next = Some(self.next.unwrap_or(0).max(place.behind()));
        }
        // Before the first article nothing is known of what follows.
        if place.fetched > 0 {
            self.judged = self.judged.max(Some(decided.judged));
        }
        match decided.changes {
            _ if is_command => {}
            Some(_) => self.passed.remove(place.fetched),
            // Its article may come yet.
            None if turn != Turn::Late => self.passed.add(place.fetched, place.fetched),
            None => {}
        }
        decided.items.sort_by_key(|(rank, _)| *rank);
        decided.items.into_iter().map(|(_, item)| item)
    }

    /// When [`ready`](Self::ready) gives more even if nothing comes.
    #[must_use]
    pub fn due(&self) -> Option<UnixMillis> {
        let mut came = self.came.iter();
        came.find(|came| self.waits_since(came)).map(|(since, _)| since.plus(self.patience))
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
        self.waiting.values().flat_map(|decided| &decided.items).map(|(_, item)| item)
    }

    /// Whether what is expected next has been waited for long enough: since the first of all that wait
    /// came, as all of them stand behind it.
    fn has_waited(&mut self, now: UnixMillis) -> bool {
        while self.came.front().is_some_and(|came| !self.waits_since(came)) {
            self.came.pop_front();
        }
        let since = self.came.front().map_or(now, |(since, _)| *since);
        now.since(since) >= self.patience || self.count > MOST_WAITING
    }

    /// Notes the time at which the new ones came.
    fn note_arrivals(&mut self, now: UnixMillis) {
        for place in std::mem::take(&mut self.fresh) {
            if let Some(decided) = self.waiting.get_mut(&place) {
                decided.came = Some(now);
                self.came.push_back((now, place));
            }
        }
    }

    fn waits_since(&self, (since, place): &(UnixMillis, DecisionOrder)) -> bool {
        self.waiting.get(place).is_some_and(|decided| decided.came == Some(*since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(2);
    const ALONE: Part = Part::Article { changes: 0 };

    fn article(sequence: u64, judged: u64, part: Part) -> Stand {
        let decision = DecisionId { epoch: 1, input: Input::Article(sequence) };
        Stand { decision, judged, fetched: sequence, part }
    }

    /// Of a command behind this article.
    fn command(fetched: u64, judged: u64, part: Part) -> Stand {
        let decision = DecisionId { epoch: 1, input: Input::Command(judged) };
        Stand { decision, judged, fetched, part }
    }

    #[test]
    fn gaps_are_waited_for_and_then_passed() {
        let mut order = InOrder::new(PATIENCE, Some(1));
        for sequence in [2, 1, 5, 4] {
            order.push(article(sequence, sequence, ALONE), sequence);
        }
        assert_eq!(order.ready(UnixMillis(1_000)), [1, 2]);
        assert_eq!(order.due(), Some(UnixMillis(3_000)));
        assert!(order.ready(UnixMillis(2_999)).is_empty());
        assert_eq!(order.ready(UnixMillis(3_000)), [4, 5]);
        order.push(article(3, 3, ALONE), 3);
        assert_eq!(order.ready(UnixMillis(3_000)), [3], "late is better than lost");
        order.push(article(6, 6, ALONE), 6);
        assert_eq!(order.ready(UnixMillis(3_000)), [6]);
        assert!(order.is_empty());
    }

    #[test]
    fn several_gaps_are_waited_for_side_by_side() {
        let mut order = InOrder::new(PATIENCE, Some(1));
        for sequence in [2, 4, 6] {
            order.push(article(sequence, sequence, ALONE), sequence);
        }
        assert!(order.ready(UnixMillis(1_000)).is_empty());
        order.push(article(8, 8, ALONE), 8);
        assert!(order.ready(UnixMillis(2_500)).is_empty());
        assert_eq!(order.due(), Some(UnixMillis(3_000)));
        assert_eq!(order.ready(UnixMillis(3_000)), [2, 4, 6]);
        // What is missing before 8 was missed only since 8 came.
        assert_eq!(order.due(), Some(UnixMillis(4_500)));
        order.push(article(7, 7, ALONE), 7);
        assert_eq!(order.ready(UnixMillis(3_100)), [7, 8]);
        assert_eq!(order.due(), None);
    }

    #[test]
    fn what_is_known_to_be_no_gap_is_not_waited_for() {
        let mut order = InOrder::new(PATIENCE, Some(1));
        // 2 and 3 came before under another id; between 5 and 6 somebody took over.
        for (fetched, judged) in [(1, 2), (4, 3), (5, 4), (6, 6)] {
            order.push(article(fetched, judged, ALONE), fetched);
        }
        assert_eq!(order.ready(UnixMillis(0)), [1, 4, 5, 6]);
        // A take-over beside what came before: it cannot be told from one that is missing.
        order.push(article(8, 8, ALONE), 8);
        assert!(order.ready(UnixMillis(0)).is_empty());
        assert_eq!(order.ready(UnixMillis(2_000)), [8]);
    }

    #[test]
    fn what_was_given_before_a_restart_is_not_waited_for() {
        let mut order = InOrder::new(PATIENCE, Some(2)).going_on(None, [3, 5], []);
        for sequence in [2, 4, 6] {
            order.push(article(sequence, 2 * sequence, ALONE), sequence);
        }
        assert_eq!(order.ready(UnixMillis(0)), [2, 4, 6]);
        let mut later = InOrder::new(PATIENCE, Some(2)).going_on(Some(7), [], []);
        later.push(article(3, 8, ALONE), 3);
        assert_eq!(later.ready(UnixMillis(0)), [3], "2 came twice");
    }

    #[test]
    fn not_too_many_wait_for_one() {
        let mut order = InOrder::new(PATIENCE, Some(1));
        let most = MOST_WAITING as u64;
        (2..most + 2).for_each(|sequence| order.push(article(sequence, sequence, ALONE), sequence));
        assert!(order.ready(UnixMillis(0)).is_empty());
        order.push(article(most + 2, most + 2, ALONE), most + 2);
        assert_eq!(order.ready(UnixMillis(0)).len(), MOST_WAITING + 1);
        assert_eq!(order.len(), 0);
    }

    #[test]
    fn what_belongs_to_one_decision_stays_together() {
        let mut order = InOrder::new(PATIENCE, Some(8));
        order.push(article(9, 9, Part::Change { index: 0 }), "9.0");
        order.push(article(9, 9, Part::Article { changes: 1 }), "9");
        assert!(order.ready(UnixMillis(0)).is_empty());
        order.push(article(8, 8, ALONE), "8");
        assert_eq!(order.ready(UnixMillis(0)), ["8", "9", "9.0"]);
    }

    #[test]
    fn a_command_comes_behind_the_articles_before_it() {
        let mut order = InOrder::new(PATIENCE, Some(8));
        let (change, outcome) = (Part::Change { index: 0 }, Part::Command);
        order.push(command(9, 12, outcome), "c");
        order.push(article(10, 13, ALONE), "10");
        order.push(command(9, 12, change), "c.0");
        order.push(command(8, 9, outcome), "b");
        order.push(article(9, 11, ALONE), "9");
        assert!(order.ready(UnixMillis(0)).is_empty(), "8 has not come");
        order.push(article(8, 8, ALONE), "8");
        assert_eq!(order.ready(UnixMillis(0)), ["8", "b", "9", "c.0", "c", "10"]);
        // One that comes late, or twice, or piece by piece, waits for nothing.
        for (part, name) in [(change, "d.0"), (outcome, "d"), (outcome, "d again")] {
            order.push(command(10, 14, part), name);
            assert_eq!(order.ready(UnixMillis(0)), [name]);
        }
        order.push(command(3, 4, change), "a.0");
        assert_eq!(order.ready(UnixMillis(0)), ["a.0"]);
        // What came twice in between has no decision of its own.
        order.push(command(12, 15, outcome), "e");
        order.push(article(13, 16, ALONE), "13");
        assert_eq!(order.ready(UnixMillis(0)), ["e", "13"]);
        // Articles that do not come are waited for, and then passed.
        order.push(command(15, 19, outcome), "f");
        assert!(order.ready(UnixMillis(0)).is_empty());
        assert_eq!(order.ready(UnixMillis(2_000)), ["f"]);
        assert_eq!(order.passed().collect::<Vec<_>>(), [(14, 15)]);
        order.push(article(15, 18, ALONE), "15");
        assert_eq!(order.ready(UnixMillis(2_000)), ["15"], "late is better than lost");
    }

    #[test]
    fn nothing_comes_between_an_article_and_what_it_brought_about() {
        let mut order = InOrder::new(PATIENCE, Some(1));
        order.push(article(1, 1, Part::Article { changes: 2 }), "1");
        order.push(article(1, 1, Part::Change { index: 0 }), "1.0");
        order.push(article(2, 2, ALONE), "2");
        assert!(order.ready(UnixMillis(0)).is_empty());
        order.push(article(1, 1, Part::Change { index: 1 }), "1.1");
        assert_eq!(order.ready(UnixMillis(0)), ["1", "1.0", "1.1", "2"]);
        // A change before its article, as where that comes late; neither is waited for for ever.
        order.push(article(3, 3, Part::Change { index: 0 }), "3.0");
        assert!(order.ready(UnixMillis(0)).is_empty());
        assert_eq!(order.due(), Some(UnixMillis(2_000)));
        assert_eq!(order.ready(UnixMillis(2_000)), ["3.0"]);
        order.push(article(3, 3, Part::Article { changes: 1 }), "3");
        assert_eq!(order.ready(UnixMillis(2_000)), ["3"]);
        // The article stood before the place at which reading began again.
        let mut later = InOrder::new(PATIENCE, Some(4)).going_on(None, [4], []);
        later.push(article(4, 4, Part::Change { index: 0 }), "4.0");
        assert_eq!(later.ready(UnixMillis(0)), ["4.0"]);
    }

    #[test]
    fn what_stands_twice_is_given_once() {
        let mut order = InOrder::new(PATIENCE, Some(1));
        let with_change = Part::Article { changes: 1 };
        order.push(article(1, 1, with_change), "1");
        order.push(article(1, 1, with_change), "1 again");
        assert!(order.ready(UnixMillis(0)).is_empty(), "its change has not come");
        order.push(article(1, 1, Part::Change { index: 0 }), "1.0");
        order.push(article(3, 3, ALONE), "3");
        assert_eq!(order.ready(UnixMillis(0)), ["1", "1.0"]);
        assert_eq!(order.ready(UnixMillis(2_000)), ["3"], "2 was passed");
        let passed: Vec<_> = order.passed().collect();
        let mut later = InOrder::new(PATIENCE, Some(4)).going_on(None, [5], passed);
        for (sequence, name) in [(1, "1 again"), (3, "3 again"), (5, "5 again"), (2, "2")] {
            later.push(article(sequence, sequence, ALONE), name);
        }
        assert_eq!(later.ready(UnixMillis(0)), ["2"]);
        later.push(article(2, 2, ALONE), "2 again");
        assert!(later.ready(UnixMillis(9_000)).is_empty() && later.is_empty());
    }

    #[test]
    fn inputs_that_went_back_are_other_articles() {
        let mut order = InOrder::new(PATIENCE, Some(1));
        for sequence in [1, 2, 3, 5] {
            order.push(article(sequence, sequence, ALONE), format!("{sequence}"));
        }
        assert_eq!(order.ready(UnixMillis(0)), ["1", "2", "3"]);
        // Somebody took over at 6 in WF_JUDGED, and WF_FETCHED ended at 1 before that.
        for (fetched, judged) in [(3, 8), (2, 7), (4, 9)] {
            order.push(article(fetched, judged, ALONE), format!("new {fetched}"));
        }
        assert_eq!(order.ready(UnixMillis(0)), ["5"], "what waited waits no more");
        assert_eq!(order.ready(UnixMillis(2_000)), ["new 2", "new 3", "new 4"]);
        order.push(article(3, 8, ALONE), "new 3 again".to_owned());
        assert!(order.ready(UnixMillis(9_000)).is_empty());
        // A restart knows no more than the last decision, and how far inputs were counted before.
        let mut later = InOrder::new(PATIENCE, Some(6)).going_on(Some(9), [], []);
        later.push(article(5, 10, ALONE), "new 5");
        assert_eq!(later.ready(UnixMillis(0)), ["new 5"], "it follows in WF_JUDGED");
    }

    #[test]
    fn what_is_given_meanwhile_draws_no_waiting_out() {
        let mut order = InOrder::new(PATIENCE, Some(1));
        order.push(article(2, 2, ALONE), 2);
        for second in 0..2 {
            order.push(command(0, 3 + second, Part::Change { index: 0 }), 0);
            assert_eq!(order.ready(UnixMillis(second * 1_000)), [0]);
        }
        assert_eq!(order.due(), Some(UnixMillis(2_000)));
        assert_eq!(order.ready(UnixMillis(2_000)), [2]);
        assert_eq!(order.due(), None);
        order.push(article(4, 9, ALONE), 4);
        assert!(order.ready(UnixMillis(2_500)).is_empty(), "3 is another gap");
        assert_eq!(order.ready(UnixMillis(4_500)), [4]);
    }

    #[test]
    fn the_first_may_be_any() {
        let mut order = InOrder::new(PATIENCE, None);
        order.push(article(70, 70, ALONE), 70);
        assert_eq!(order.ready(UnixMillis(0)), [70]);
        assert_eq!(order.len(), 0);
    }
}
