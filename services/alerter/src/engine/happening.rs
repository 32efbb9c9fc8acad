//! Whether titles tell of one happening, although the detector made them two events.
//!
//! The detector compares texts, and titles alone and teasers are too short for it. Two happenings in one alert are worse than two alerts for one, so names that differ keep them apart.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use wirefold_flow::UnixMillis;
use wirefold_proto::{Alert, AlertId, GroupBy, LanguageTag, ReasonKind, SubscriptionId, Target};

use super::Engine;
use super::incoming::{IncomingArticle, Join, Joining};
use super::live_alert::{HELD, LiveAlert, PendingChange};
use super::news::is_feature;
use super::numbers::Tally;
use super::statement::Statement;
use super::turns::{Turn, turns};

/// The least weight of the words that a title shares with one that was told before, to join its alert.
const LATER: f64 = 10.0;
/// A word of at least this weight leads to other titles.
const RARE: f64 = 2.7;
/// How long an alert may be joined after its last article.
const RECENT: Duration = Duration::from_hours(6);
/// With how many events an article is compared.
const JOINS: usize = 6;
/// The most titles of one event.
const TITLES: usize = 20;

/// The titles of one event that alerts have told, or are about to tell.
#[derive(Debug)]
struct Happening {
    at: UnixMillis,
    /// The language of the first headline.
    language: LanguageTag,
    titles: Vec<String>,
    statements: Vec<Statement>,
    /// The turns that its titles tell.
    turns: Vec<Turn>,
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
    fn note<'a>(
        &mut self,
        target: Target,
        (titles, language): (impl Iterator<Item = &'a str>, &LanguageTag),
        at: UnixMillis,
    ) {
        let known = self.by_target.entry(target).or_insert_with(|| Happening {
            at,
            language: language.clone(),
            titles: Vec::new(),
            statements: Vec::new(),
            turns: Vec::new(),
        });
        known.at = known.at.max(at);
        for title in titles.filter(|title| !title.is_empty()) {
            // The alerts of all subscriptions tell the same titles.
            if known.titles.len() == TITLES || known.titles.iter().any(|it| it == title) {
                continue;
            }
            let statement = Statement::of(title);
            if known.statements.contains(&statement) {
                continue;
            }
            let rare = statement.words.iter().filter(|(_, weight)| **weight >= RARE);
            for (word, _) in rare {
                self.by_word.entry(word.clone()).or_default().insert(target);
            }
            known.titles.push(title.to_owned());
            known.statements.push(statement);
            known.turns.extend(turns(title));
        }
    }

    /// Notes what an alert is about to tell.
    pub(super) fn note_news(&mut self, target: Target, news: &PendingChange) {
        if let (Target::Event(_), Some(headline)) = (target, &news.headline) {
            let titles = news.articles.iter().map(|article| article.title.as_str());
            self.note(target, (titles, &headline.language), news.seen);
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
            let all = &known.statements;
            let each = all.iter().filter_map(|it| own.shared(it, all));
            let most = each.max_by(f64::total_cmp).filter(|_| at.since(known.at) <= RECENT)?;
            Some((target, most))
        });
        let mut alike: Vec<(Target, f64)> = alike.collect();
        alike.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        alike
    }

    /// The recent events with a title that has a name of this one, and no other names against its own.
    fn with_a_name_of(&self, own: &Statement, at: UnixMillis) -> BTreeSet<Target> {
        let mut found = self.named_in(own);
        found.retain(|target| {
            self.by_target.get(target).is_some_and(|known| {
                let all = &known.statements;
                let is_meant = |it: &Statement| own.shares_name(it) && !own.is_apart(it, all);
                at.since(known.at) <= RECENT && all.iter().any(is_meant)
            })
        });
        found
    }

    /// The events that have told a name of this title.
    fn named_in(&self, own: &Statement) -> BTreeSet<Target> {
        own.names.iter().filter_map(|name| self.by_word.get(name)).flatten().copied().collect()
    }

    /// The recent events in another language that a title may tell of: they have a name of it, and all its numbers. Of a
    /// title without numbers they have a turn.
    fn in_another_language(
        &self,
        (own, turns): (&Statement, &[Turn]),
        language: &LanguageTag,
        at: UnixMillis,
    ) -> Vec<Target> {
        let is_one = |target: &Target| {
            self.by_target.get(target).is_some_and(|known| {
                let is_other = known.language != *language && *language != LanguageTag::unknown();
                let is_recent = at.since(known.at) <= HELD;
                let has_turn = turns.iter().any(|turn| known.turns.contains(turn));
                let is_same = |it: &Statement| own.agrees_with(it, has_turn);
                is_other && is_recent && known.statements.iter().any(is_same)
            })
        };
        self.named_in(own).into_iter().filter(is_one).take(JOINS).collect()
    }

    /// The other events that may have told what an article of an event retracts: one of its articles joined them, or they
    /// have a title like one of its own.
    fn retracted_with(&self, own: Target, title: &Statement, at: UnixMillis) -> BTreeSet<Target> {
        let joined = self.joined.get(&own).into_iter().flat_map(BTreeMap::values);
        let titles = self.by_target.get(&own).into_iter().flat_map(|known| &known.statements);
        let alike = titles.chain([title]).flat_map(|title| self.with_a_name_of(title, at));
        let all = joined.map(|(into, _)| *into).chain(alike);
        all.filter(|into| *into != own).take(TITLES).collect()
    }

    /// Whether an event joined another in the alerts of a subscription.
    pub(super) fn is_joined(&self, event: Target, subscription: &SubscriptionId) -> bool {
        self.joined.get(&event).is_some_and(|all| all.contains_key(subscription))
    }

    /// Forgets what nothing may join any more.
    pub(super) fn expire(&mut self, at: UnixMillis) {
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

impl Engine {
    /// The events whose alerts an article may join, if its own event has none.
    pub(crate) fn joins_of(&self, incoming: &IncomingArticle) -> Vec<Join> {
        let own = incoming.target(GroupBy::Event);
        let told = &self.happenings;
        if incoming.retracted().is_some() {
            let title = Statement::of(&incoming.output.article.title);
            let all = told.retracted_with(own, &title, incoming.seen).into_iter();
            return all.map(|into| Join { into, how: Joining::Retraction }).collect();
        }
        if let Some(all) = told.joined.get(&own) {
            let into: BTreeSet<Target> = all.values().map(|(into, _)| *into).collect();
            return into.into_iter().map(|into| Join { into, how: Joining::Known }).collect();
        }
        let is_alone = told.by_target.is_empty() || self.by_target.contains_key(&own);
        if is_alone || incoming.is_baseline() || incoming.is_copy() {
            return Vec::new();
        }
        let title = Statement::of(&incoming.output.article.title);
        let is_bare = !incoming.output.verdict.comparable;
        let join = |(into, weight)| {
            let is_sure =
                is_bare && (weight >= LATER || is_feature(&incoming.output.article.title));
            Join { into, how: if is_sure { Joining::Sure } else { Joining::AtOnce } }
        };
        let alike: Vec<Join> =
            told.alike(&title, incoming.seen).into_iter().take(JOINS).map(join).collect();
        if !alike.is_empty() {
            return alike;
        }
        let language = incoming.language();
        let turns = turns(&incoming.output.article.title);
        let same = told.in_another_language((&title, &turns), &language, incoming.seen).into_iter();
        same.map(|into| Join { into, how: Joining::Translation }).collect()
    }

    /// The alert that an article belongs to: its own, or that of another event that it joins.
    pub(super) fn joined(&mut self, own: AlertId, incoming: &IncomingArticle) -> AlertId {
        let Target::Event(_) = own.target else { return own };
        let before = self.happenings.joined.get(&own.target);
        let before = before.and_then(|all| all.get(&own.subscription)).map(|(into, _)| *into);
        // A title that comes before the next message may, since it is one of the first.
        let interval = self.rules.get(&own.subscription).map(|rules| rules.update_interval);
        let is_bare = !incoming.output.verdict.comparable;
        let is_early = |at: UnixMillis| is_bare && interval > Some(incoming.seen.since(at));
        let may_join = |engine: &Self, join: &Join| {
            let id = AlertId { target: join.into, ..own.clone() };
            let life = engine.lives.get(&engine.routed(id, incoming.place));
            life.is_some_and(|life| match life.revision() {
                0 => !life.news.is_empty(),
                _ if join.how.is_sure() => life.is_open(),
                _ => life.is_open() && life.loud == 1 && life.notified_at.is_some_and(is_early),
            })
        };
        if self.lives.contains_key(&own) {
            return own;
        }
        let into = before.or_else(|| {
            let mut joins = incoming
                .joins
                .iter()
                .filter(|it| !matches!(it.how, Joining::Translation | Joining::Retraction));
            Some(joins.find(|join| may_join(self, join))?.into)
        });
        let Some(into) = into else { return own };
        self.note_joined(own.target, &own.subscription, into, incoming.seen);
        AlertId { target: into, ..own }
    }

    /// The alerts to which a title brings a decisive turn although it has no word of their queries.
    pub(super) fn decisive_joins(&mut self, incoming: &IncomingArticle) -> Vec<AlertId> {
        let own = incoming.target(GroupBy::Event);
        let sure = incoming.joins.iter().find(|join| join.how.is_sure() && incoming.is_decisive());
        let Some(into) = sure.map(|join| join.into) else { return Vec::new() };
        let mut alerts = self.about(into);
        alerts.retain(|id| self.lives.get(id).is_some_and(LiveAlert::is_open));
        for id in &alerts {
            self.note_joined(own, &id.subscription, into, incoming.seen);
        }
        alerts
    }

    pub(super) fn note_joined(
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
            let titles = titles.chain(stated);
            self.happenings.note(alert.target, (titles, &alert.headline.language), last);
        }
    }

    /// The alert that has told in another language what an article states, unless that is a decisive turn.
    pub(super) fn translated(&self, id: &AlertId, incoming: &IncomingArticle) -> Option<AlertId> {
        let is_translation = |join: &&Join| join.how == Joining::Translation;
        let joins = incoming.joins.iter().filter(is_translation);
        let alerts = joins.map(|join| AlertId { target: join.into, ..id.clone() });
        let mut alerts = alerts.map(|other| self.routed(other, incoming.place));
        let told = alerts.find(|it| self.lives.get(it).is_some_and(|it| it.notified_at.is_some()));
        told.filter(|_| !incoming.is_decisive())
    }

    /// Whether an alert has told later news of all that a new one in another language would tell.
    pub(super) fn is_overtaken(&self, life: &LiveAlert) -> bool {
        let is_later = |news: &PendingChange| {
            let told = news.translates.as_ref().and_then(|id| self.lives.get(id));
            told.and_then(|told| told.notified_at) > Some(news.seen)
        };
        life.revision() == 0 && life.news.iter().all(is_later)
    }
}

impl LiveAlert {
    /// The numbers of the alert with an article of another event, which joined it.
    pub(super) fn tally_with(&self, incoming: &IncomingArticle) -> Tally {
        let all = self.sums().all;
        let outlet = &incoming.output.article.outlet;
        let is_new = self.articles().all(|article| article.outlet != *outlet);
        Tally { outlets: all.outlets + u32::from(is_new), ..all }
    }
}

#[cfg(test)]
mod tests {
    use super::super::statement::AT_ONCE;
    use super::*;

    /// Whether a title tells of the happening of others: at all, and so surely that it joins them later.
    fn check(told: &[&str], own: &str, expected: (bool, bool)) {
        let target = Target::Event(wirefold_proto::EventId::from_number(1));
        let at = UnixMillis(1_000);
        let mut happenings = Happenings::default();
        happenings.note(target, (told.iter().copied(), &english()), at);
        let own = Statement::of(own);
        let most = happenings.alike(&own, at).first().map_or(0.0, |(_, weight)| *weight);
        assert_eq!((most >= AT_ONCE, most >= LATER), expected, "{own:?}");
    }

    fn english() -> LanguageTag {
        "en".parse().unwrap()
    }

    #[test]
    fn the_same_in_another_language_has_a_name_and_all_numbers() {
        let target = Target::Event(wirefold_proto::EventId::from_number(1));
        let mut happenings = Happenings::default();
        let told = [
            "Two dead in Ostrand factory fire",
            "Incendio en una fábrica de Valdoro: tres muertos",
        ];
        happenings.note(target, (told.into_iter(), &english()), UnixMillis(0));
        let check = |title: &str, language: &str, expected: bool| {
            let (own, tag) = (Statement::of(title), language.parse().unwrap());
            let found = happenings.in_another_language((&own, &turns(title)), &tag, UnixMillis(0));
            assert_eq!(!found.is_empty(), expected, "{title}");
        };
        check("Zwei Tote bei Brand in Ostrand", "de", true);
        check("Drei Tote bei Brand in Ostrand", "de", false);
        check("Zwei Tote bei Brand in Tessel", "de", false);
        check("Incendio in una fabbrica a Valdoro: tre morti", "it", true);
        check("Incendio in una fabbrica a Montalto: tre morti", "it", false);
        let spanish =
            "Incendio en fábrica de pinturas de Ostrand deja dos muertos - Diario del Canal";
        check(spanish, "es", true);
        check("Ostrand recuerda a sus muertos de 1974", "es", false);
        check("Ostrand wählt einen neuen Rat", "de", false);
        check("Two dead in Ostrand fire", "en", false);
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
    fn nothing_joins_an_alert_of_yesterday() {
        let target = Target::Event(wirefold_proto::EventId::from_number(1));
        let mut happenings = Happenings::default();
        happenings.note(target, ([FIRE].into_iter(), &english()), UnixMillis(0));
        let later = UnixMillis(0).plus(RECENT + Duration::from_secs(1));
        assert!(happenings.alike(&Statement::of(FIRE), later).is_empty());
        happenings.expire(later);
        assert!(happenings.by_word.is_empty());
    }
}
