//! Whether titles tell of one happening, although the detector made them two events.
//!
//! Comes in: titles of articles, and of those that alerts have told or are about to tell. Goes out: the event
//! whose alert an article joins. The detector compares texts, and titles alone and teasers are too short for
//! it. Two happenings in one alert are worse than two alerts for one, so names that differ keep them apart.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use wirefold_dedup::{rarity, stem};
use wirefold_flow::UnixMillis;
use wirefold_proto::{Alert, AlertId, GroupBy, ReasonKind, SubscriptionId, Target};
use wirefold_text::extract::numbers;
use wirefold_text::{Text, Word};

use super::Engine;
use super::incoming::IncomingArticle;
use super::live_alert::{LiveAlert, PendingChange};
use super::numbers::Tally;

/// The weight of a number. That of a word is its rarity, from 0 to about 5.
const NUMBER: f64 = 3.0;
/// The most weight of a word that is no name.
const WORD: f64 = 4.0;
/// A word of less weight says little: it may be new in a title that says the known.
const PLAIN: f64 = 2.0;
/// A word of at least this weight leads to other titles.
const RARE: f64 = 2.7;
/// A word of at least this weight may be a name wherever it stands, since the table of rarities lacks it.
const UNKNOWN: f64 = 5.0;
/// The least weight that two titles share which come within `group_wait`.
const AT_ONCE: f64 = 7.0;
/// The same for a title that comes later.
const LATER: f64 = 10.0;
/// Two titles share at least this part of the weight of each.
const SHARE: f64 = 0.4;
/// How long an alert may be joined after its last article.
const RECENT: Duration = Duration::from_hours(6);
/// With how many events an article is compared.
const JOINS: usize = 6;
/// The most titles of one event.
const TITLES: usize = 20;
/// The most words of a name of an outlet after a title.
const OUTLET: usize = 4;

/// The words of a title that carry its meaning.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Statement {
    /// The stems and numbers, with their weights.
    words: BTreeMap<String, f64>,
    names: BTreeSet<String>,
    is_denied: bool,
}

impl Statement {
    pub(super) fn of(title: &str) -> Self {
        let text = Text::new(without_outlet(title));
        let all = numbers(&text, 0..text.words().len());
        let is_number = |place: usize| all.iter().any(|number| number.words.contains(&place));
        let is_title_case = is_title_case(&text);
        let mut words: BTreeMap<String, f64> =
            all.iter().map(|number| (format!("#{}", number.value), NUMBER)).collect();
        let mut names = BTreeSet::new();
        for (place, word) in text.words().iter().enumerate().filter(|(at, _)| !is_number(*at)) {
            let normal = text.normal(word);
            let weight = rarity(normal);
            let is_short = normal.is_ascii() && normal.len() < 3;
            if is_short || weight < 1.0 {
                continue;
            }
            let is_marked = place > 0 && !is_title_case;
            let is_name = word.capital && (is_marked || weight >= UNKNOWN);
            if is_name {
                names.insert(stem(normal).to_owned());
            }
            let weight = if is_name { weight } else { weight.min(WORD) };
            words.insert(stem(normal).to_owned(), weight);
        }
        Self { words, names, is_denied: denies(title) }
    }

    fn weight(&self) -> f64 {
        self.words.values().sum()
    }

    /// The weight of what two titles share, if they may tell of one happening: they share enough, with a
    /// name, and no names of one stand against others of the other. `known` are all words of the other's event.
    fn shared(&self, other: &Self, known: &BTreeSet<&str>) -> Option<f64> {
        let both = || self.words.iter().filter(|(word, _)| other.words.contains_key(*word));
        let weight: f64 = both().map(|(_, weight)| weight).sum();
        let is_name = |word: &str| self.names.contains(word) || other.names.contains(word);
        let are_apart = self.names.iter().any(|name| !known.contains(name.as_str()))
            && other.names.iter().any(|name| !self.words.contains_key(name));
        let is_much = weight >= AT_ONCE
            && weight >= self.weight() * SHARE
            && weight >= other.weight() * SHARE;
        (is_much && !are_apart && both().any(|(word, _)| is_name(word))).then_some(weight)
    }

    /// Whether other articles, by title and text, state all that the title states.
    pub(super) fn is_stated_by(&self, known: &[(&str, &str)]) -> bool {
        let words: BTreeSet<String> =
            known.iter().flat_map(|(title, text)| [stems(title), stems(text)]).flatten().collect();
        let is_known = |(word, weight): (&String, &f64)| *weight < PLAIN || words.contains(word);
        let is_said_so = known.iter().any(|(title, _)| denies(title) == self.is_denied);
        self.words.iter().all(is_known) && is_said_so
    }
}

/// The stems and numbers of a text.
fn stems(text: &str) -> BTreeSet<String> {
    Statement::of(text).words.into_keys().collect()
}

/// Whether a title says that something is not so.
fn denies(title: &str) -> bool {
    const DENIALS: [&str; 14] = [
        " not ", " no ", "n’t ", "n't ", " denies ", " denied ", " never ", " nicht ", " kein",
        " ne ", " pas ", " non ", " nunca ", " niega ",
    ];
    let title = format!(" {} ", title.to_lowercase());
    DENIALS.iter().any(|word| title.contains(word))
}

/// A title without the name of its outlet, which aggregators write behind it.
pub(super) fn without_outlet(title: &str) -> &str {
    match title.rsplit_once(" - ") {
        Some((said, outlet)) if outlet.split_whitespace().count() <= OUTLET => said,
        _ => title,
    }
}

/// Whether most words begin with a capital, so that capitals mark no names.
fn is_title_case(text: &Text) -> bool {
    let long = |word: &&Word| text.normal(word).chars().count() > 3;
    let long = || text.words().iter().skip(1).filter(long);
    long().filter(|word| word.capital).count() * 2 > long().count()
}

/// The titles of one event that alerts have told, or are about to tell.
#[derive(Debug)]
struct Happening {
    at: UnixMillis,
    statements: Vec<Statement>,
}

/// The titles of recent alerts. All is read again from their revisions after a start.
#[derive(Debug, Default)]
pub(super) struct Happenings {
    by_target: BTreeMap<Target, Happening>,
    by_word: HashMap<String, BTreeSet<Target>>,
    /// The alerts that others joined, by the event that joined, with the time.
    joined: BTreeMap<Target, BTreeMap<SubscriptionId, (Target, UnixMillis)>>,
}

impl Happenings {
    fn note<'a>(&mut self, target: Target, titles: impl Iterator<Item = &'a str>, at: UnixMillis) {
        let known = self
            .by_target
            .entry(target)
            .or_insert_with(|| Happening { at, statements: Vec::new() });
        known.at = known.at.max(at);
        for title in titles.filter(|title| !title.is_empty()) {
            let statement = Statement::of(title);
            if known.statements.len() == TITLES || known.statements.contains(&statement) {
                continue;
            }
            let rare = statement.words.iter().filter(|(_, weight)| **weight >= RARE);
            for (word, _) in rare {
                self.by_word.entry(word.clone()).or_default().insert(target);
            }
            known.statements.push(statement);
        }
    }

    /// Notes what an alert is about to tell.
    pub(super) fn note_news(&mut self, target: Target, news: &PendingChange) {
        if let Target::Event(_) = target {
            let titles = news.articles.iter().map(|article| article.title.as_str());
            self.note(target, titles, news.seen);
        }
    }

    /// The recent events with titles like this one, the most alike first, with the weight that they share.
    fn alike(&self, own: &Statement, at: UnixMillis) -> Vec<(Target, f64)> {
        let mut candidates: BTreeMap<Target, usize> = BTreeMap::new();
        for target in own.words.keys().filter_map(|word| self.by_word.get(word)).flatten() {
            *candidates.entry(*target).or_default() += 1;
        }
        let several = candidates.into_iter().filter(|(_, shared)| *shared > 1);
        let alike = several.filter_map(|(target, _)| {
            let known = self.by_target.get(&target)?;
            let words = known.statements.iter().flat_map(|it| it.words.keys().map(String::as_str));
            let words: BTreeSet<&str> = words.collect();
            let each = known.statements.iter().filter_map(|it| own.shared(it, &words));
            let most = each.max_by(f64::total_cmp).filter(|_| at.since(known.at) <= RECENT)?;
            Some((target, most))
        });
        let mut alike: Vec<(Target, f64)> = alike.collect();
        alike.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        alike
    }

    /// Whether an event joined another in the alerts of a subscription.
    pub(super) fn is_joined(&self, event: Target, subscription: &SubscriptionId) -> bool {
        self.joined.get(&event).is_some_and(|all| all.contains_key(subscription))
    }

    fn expire(&mut self, at: UnixMillis) {
        self.by_target.retain(|_, known| at.since(known.at) <= RECENT);
        let by_target = &self.by_target;
        self.by_word.retain(|_, targets| {
            targets.retain(|target| by_target.contains_key(target));
            !targets.is_empty()
        });
        let limit = at.minus(super::JOINED);
        self.joined.retain(|_, all| {
            all.retain(|_, (_, joined_at)| *joined_at >= limit);
            !all.is_empty()
        });
    }
}

/// The event whose alerts an article may join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Join {
    pub(crate) into: Target,
    /// Whether it may join an alert that was sent, and not only one that waits.
    is_sure: bool,
    /// Whether it joined before.
    pub(super) is_known: bool,
}

impl Engine {
    /// The events whose alerts an article may join, if its own event has none.
    pub(crate) fn joins_of(&self, incoming: &IncomingArticle) -> Vec<Join> {
        let own = incoming.target(GroupBy::Event);
        let told = &self.happenings;
        if let Some(all) = told.joined.get(&own) {
            let into: BTreeSet<Target> = all.values().map(|(into, _)| *into).collect();
            let join = |event| Join { into: event, is_sure: true, is_known: true };
            return into.into_iter().map(join).collect();
        }
        if self.by_target.contains_key(&own) || !incoming.is_compared() {
            return Vec::new();
        }
        let title = Statement::of(&incoming.output.article.title);
        let is_bare = !incoming.output.verdict.comparable;
        let join = |(into, weight)| {
            let is_sure = is_bare && (weight >= LATER || incoming.is_feature());
            Join { into, is_sure, is_known: false }
        };
        told.alike(&title, incoming.seen).into_iter().take(JOINS).map(join).collect()
    }

    /// The alert that an article belongs to: its own, or that of another event that it joins.
    pub(super) fn joined(&mut self, own: AlertId, incoming: &IncomingArticle) -> AlertId {
        let Target::Event(_) = own.target else { return own };
        let before = self.happenings.joined.get(&own.target);
        let before = before.and_then(|all| all.get(&own.subscription)).map(|(into, _)| *into);
        let may_join = |engine: &Self, join: &Join| {
            let id = AlertId { target: join.into, ..own.clone() };
            let life = engine.lives.get(&engine.routed(id, incoming.place));
            life.is_some_and(|life| match life.revision {
                0 => !life.news.is_empty(),
                _ => join.is_sure && life.is_open(),
            })
        };
        let into = match before {
            _ if self.lives.contains_key(&own) => return own,
            Some(into) => into,
            None => match incoming.joins.iter().find(|join| may_join(self, join)) {
                Some(join) => join.into,
                None => return own,
            },
        };
        self.note_joined(own.target, &own.subscription, into, incoming.seen);
        AlertId { target: into, ..own }
    }

    fn note_joined(
        &mut self,
        from: Target,
        subscription: &SubscriptionId,
        into: Target,
        at: UnixMillis,
    ) {
        let all = self.happenings.joined.entry(from).or_default();
        all.entry(subscription.clone()).or_insert((into, at));
    }

    /// Notes what an alert has told, and which events joined it.
    pub(super) fn note_told(&mut self, alert: &Alert, joined: &[Target], at: UnixMillis) {
        for from in joined {
            self.note_joined(*from, &alert.subscription, alert.target, at);
        }
        if let Target::Event(_) = alert.target {
            let stated = alert.reasons.iter().filter(|it| it.kind == ReasonKind::Material);
            let stated = stated.map(|reason| reason.words.as_str());
            let titles = alert.articles.iter().map(|article| article.title.as_str());
            let last = alert.articles.iter().map(|article| article.seen).max();
            let last = last.map_or(at, wirefold_envelope::unix_millis);
            self.happenings.note(alert.target, titles.chain(stated), last);
        }
    }

    /// Forgets what nothing may join any more.
    pub(super) fn expire_happenings(&mut self) {
        self.happenings.expire(self.time);
    }
}

impl LiveAlert {
    /// The numbers of the alert with an article of another event, which joined it.
    pub(super) fn tally_with(&self, incoming: &IncomingArticle) -> Tally {
        let all = self.sums().all;
        let outlet = &incoming.output.article.outlet;
        let shown = self.shown.iter().flat_map(|shown| &shown.articles);
        let mut known = shown.chain(self.news.iter().flat_map(|news| &news.articles));
        let is_new = known.all(|article| article.outlet != *outlet);
        Tally { outlets: all.outlets + u32::from(is_new), ..all }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a title tells of the happening of others: at all, and so surely that it joins them later.
    fn check(told: &[&str], own: &str, expected: (bool, bool)) {
        let target = Target::Event(wirefold_proto::EventId::from_number(1));
        let at = UnixMillis(1_000);
        let mut happenings = Happenings::default();
        happenings.note(target, told.iter().copied(), at);
        let own = Statement::of(own);
        let most = happenings.alike(&own, at).first().map_or(0.0, |(_, weight)| *weight);
        assert_eq!((most >= AT_ONCE, most >= LATER), expected, "{own:?}");
    }

    const FIRE: &str = "Fire at paint factory in Ostrand";

    #[test]
    fn titles_of_one_happening_join() {
        check(
            &[FIRE],
            "Large blaze breaks out at paint works in Ostrand - Delta Courier",
            (true, false),
        );
        check(&[FIRE], "Explosion rocks Ostrand paint factory", (true, true));
        check(
            &["Nine workers trapped in burning Ostrand factory"],
            "Ostrand fire: nine workers trapped",
            (true, true),
        );
        check(
            &["Brisk resigns over helicopters"],
            "Minister Brisk resigns over helicopters that cannot fly",
            (true, true),
        );
    }

    #[test]
    fn other_places_and_other_happenings_stay_apart() {
        let apart = (false, false);
        check(&[FIRE], "Fire at paint factory in Tessel", apart);
        check(&[FIRE], "Fire in school gym in Tessel", apart);
        check(&[FIRE], "Ostrand wins the cup", apart);
        check(&[FIRE], "Fire in Ostrand flat", apart);
        check(&["Ostrand factory fined over blocked exits"], "Ostrand harbour dredged", apart);
        check(
            &["Three killed in Lowport, Texas, shooting"],
            "Three killed in Kellmar, Texas, shooting",
            apart,
        );
        check(&["Storm Ada kills four in Lowport"], "Storm Ada kills four in Tessel", apart);
        check(&["Zwei Tote nach Brand in Ostrand"], "Zwei Tote nach Unfall in Tessel", apart);
        check(
            &["Fire Destroys Paint Factory in Ostrand"],
            "Fire Destroys Paint Factory in Tessel",
            apart,
        );
        check(
            &["Third patient dies of fever at Lowport clinic"],
            "Third patient dies of fever at Tessel clinic",
            apart,
        );
    }

    #[test]
    fn a_title_is_stated_only_with_all_its_words() {
        let check = |told: &str, own: &str, expected: bool| {
            let is_stated = Statement::of(own).is_stated_by(&[(told, "")]);
            assert_eq!(is_stated, expected, "{own}");
        };
        let told = "Nine workers trapped in burning Ostrand factory as fire spreads";
        check(told, "Ostrand fire: nine workers trapped", true);
        check(told, "Ostrand fire: ten workers trapped", false);
        check(told, "Ostrand fire: nine workers freed", false);
        let arrest = "Gunman arrested in Kelmard arcade shooting";
        check(arrest, "Gunman not arrested in Kelmard arcade shooting", false);
        check(arrest, "Gunman arrested in Kelmard shooting", true);
        let verdict =
            "Court in Lowport finds former minister Aldo Brisk guilty of bribery over helicopters";
        check(
            verdict,
            "Court in Lowport clears former minister Aldo Brisk of bribery over helicopters",
            false,
        );
    }

    #[test]
    fn nothing_joins_an_alert_of_yesterday() {
        let target = Target::Event(wirefold_proto::EventId::from_number(1));
        let mut happenings = Happenings::default();
        happenings.note(target, [FIRE].into_iter(), UnixMillis(0));
        let later = UnixMillis(0).plus(RECENT + Duration::from_secs(1));
        assert!(happenings.alike(&Statement::of(FIRE), later).is_empty());
        happenings.expire(later);
        assert!(happenings.by_word.is_empty());
    }
}
