//! The alerts and their lives, without I/O.
//!
//! Comes in: articles, changes of stories, subscriptions. Goes out: the revisions that are due. It never
//! reads a clock.
//!
//! The engine's time is the time of the output, and never runs back. Before an article is applied, all
//! revisions that are due before it are published. So the same output gives the same revisions, however late
//! it is read. A clock counts only at the end of the output. Applying an article twice changes nothing, since
//! each revision says up to which position it covers the output.

mod claims;
mod corrections;
mod draft;
mod escalation;
mod facts;
mod figures;
mod handling;
mod happening;
mod holds;
mod incoming;
mod live_alert;
mod merge;
mod news;
mod numbers;
mod statement;
mod told_together;
mod turns;
mod unload;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use wirefold_envelope::unix_millis;
use wirefold_flow::UnixMillis;
use wirefold_proto::{
    AcknowledgementRecord, Alert, AlertHandlingRecord, AlertId, AlertReason, GroupBy, ReasonKind,
    SubscriptionId, Target, Volume, WaitingAlert,
};
use wirefold_query::{Hit, Matched, Numbers, Percolator};

use crate::subscription::Rules;
pub(crate) use corrections::retracts;
pub(crate) use draft::{Draft, left_out, reason};
pub(crate) use facts::{ReadText, StoredText};
use happening::Happenings;
pub use holds::SiteAlerts;
use holds::SiteBudget;
use incoming::{InStory, Mention};
pub(crate) use incoming::{IncomingArticle, language_of};
pub(crate) use live_alert::RevisionMetadata;
use live_alert::{LiveAlert, PendingChange};
pub(crate) use merge::StoryOverride;
pub(crate) use numbers::Tally;
use numbers::Velocity;
use told_together::{Heard, ToldTogether};
use unload::FinishedAlerts;
pub(crate) use unload::Revision;

/// How long later articles of an event join the alert that the first one joined.
const JOINED: Duration = Duration::from_hours(24 * 8);

/// All subscriptions and their alerts.
#[derive(Default)]
pub(crate) struct Engine {
    /// The subscriptions in force.
    pub(crate) rules: BTreeMap<SubscriptionId, Rules>,
    percolator: Percolator<SubscriptionId>,
    lives: BTreeMap<AlertId, LiveAlert>,
    by_target: BTreeMap<Target, Vec<SubscriptionId>>,
    due: BTreeSet<(UnixMillis, AlertId)>,
    /// Alerts with unpublished news, by the first sequence in the output that it needs.
    needed: BTreeSet<(u64, AlertId)>,
    /// Alerts that were unloaded completely, and their counts.
    pub(crate) finished_alerts: FinishedAlerts,
    /// The numbers of each subscription.
    pub(crate) scores: BTreeMap<SubscriptionId, Score>,
    /// When all alerts were last checked for something to unload.
    unloaded_at: UnixMillis,
    /// The mutes of alerts.
    pub(crate) handled: BTreeMap<AlertId, AlertHandlingRecord>,
    /// The last acknowledgement or release of each event or story.
    pub(crate) acknowledged: BTreeMap<Target, AcknowledgementRecord>,
    /// Handling that merged alerts gave to others, still to be stored.
    pub(crate) handed_over: Vec<AlertHandlingRecord>,
    /// How many loud revisions each subscription had on a day.
    notified: BTreeMap<(SubscriptionId, UnixMillis), u32>,
    /// How often each site has notified in an hour.
    pub(crate) site_budget: SiteBudget,
    /// When late revisions are sent, while it catches up. At the end of the output, later news is not late.
    pub(crate) catch_up: Option<UnixMillis>,
    /// Whether a subscription has used velocity since the start.
    uses_velocity: bool,
    velocity: Velocity,
    /// The numbers of the last article's event and story: a merge follows the article that caused it.
    last: [Option<(Target, Tally)>; 2],
    /// The titles of recent alerts, and the events that joined them.
    happenings: Happenings,
    /// Alerts that the message of another subscription told, and that follow it.
    told_together: BTreeMap<AlertId, ToldTogether>,
    /// When deliveries heard of events.
    heard: Heard,
    /// The latest position that was applied, by either order.
    applied_through: u64,
    time: UnixMillis,
}

impl Engine {
    /// Adds a subscription, or replaces the one with the same id.
    pub(crate) fn put(&mut self, rules: Rules) {
        let id = rules.settings.id.clone();
        self.percolator.insert(id.clone(), &rules.query);
        self.uses_velocity |= rules.asks_for_velocity();
        self.rules.insert(id.clone(), rules);
        self.reschedule_all(&id);
    }

    /// Removes a subscription. Its alerts have no more revisions.
    pub(crate) fn remove(&mut self, id: &SubscriptionId) {
        self.percolator.remove(id);
        self.rules.remove(id);
        for alert in self.of(id) {
            if let Some(life) = self.lives.get_mut(&alert) {
                life.news.clear();
            }
            self.reschedule(&alert);
        }
    }

    /// How many alerts are open.
    pub(crate) fn open(&self) -> usize {
        self.lives.values().filter(|life| life.is_open()).count()
    }

    /// An engine that applies the output after this position.
    pub(crate) fn after(applied_through: u64) -> Self {
        Self { applied_through, ..Self::default() }
    }

    /// Applies an article of the output. An article of a baseline opens no alert and notifies nobody, but
    /// open alerts count it.
    pub(crate) fn apply(&mut self, incoming: &IncomingArticle) {
        self.applied_through = self.applied_through.max(incoming.place);
        self.time = self.time.max(incoming.seen);
        let targets = incoming.targets();
        self.last = targets.map(|target| Some((target, incoming.tally(target))));
        if self.uses_velocity && !incoming.is_baseline() {
            targets.into_iter().for_each(|target| self.velocity.note(target, incoming.seen));
        }
        let mut concerned: BTreeMap<AlertId, Option<Matched>> = BTreeMap::new();
        for target in targets {
            for subscription in self.by_target.get(&target).into_iter().flatten() {
                let alert = AlertId { subscription: subscription.clone(), target };
                let alert = self.routed(alert, incoming.place);
                // People may have taken all its articles out of it: what else happens to its target is not its news.
                let is_empty = |last: &Alert| last.articles.is_empty();
                let life = self.lives.get(&alert);
                if !life.is_some_and(|life| life.last.as_deref().is_some_and(is_empty)) {
                    concerned.insert(alert, None);
                }
            }
        }
        let hits = if incoming.is_baseline() { Vec::new() } else { self.hits(incoming) };
        for Hit { id, matched } in hits {
            let group_by = self.rules.get(&id).map_or(GroupBy::Event, |rules| rules.group_by);
            let alert = AlertId { subscription: id, target: incoming.target(group_by) };
            let alert = self.joined(alert, incoming);
            concerned.insert(self.routed(alert, incoming.place), Some(matched));
        }
        for alert in self.decisive_joins(incoming) {
            concerned.entry(alert).or_default();
        }
        let elsewhere = self.retracted_elsewhere(incoming);
        for (alert, matched) in &concerned {
            self.add_article(alert, matched.clone(), incoming, false);
        }
        // One loud message retracts all that a subscription told.
        let notified =
            |id: &&AlertId| self.lives.get(*id).is_some_and(|life| life.notified_at.is_some());
        let mut told: BTreeSet<SubscriptionId> =
            concerned.keys().filter(notified).map(|id| id.subscription.clone()).collect();
        for alert in elsewhere.into_iter().filter(|alert| !concerned.contains_key(alert)) {
            let is_told = !told.insert(alert.subscription.clone());
            self.add_article(&alert, None, incoming, is_told);
        }
    }

    fn hits(&self, incoming: &IncomingArticle) -> Vec<Hit<SubscriptionId>> {
        let ages_of = |by| self.velocity.ages(incoming.target(by), incoming.seen);
        let (event_ages, story_ages) = (ages_of(GroupBy::Event), ages_of(GroupBy::Story));
        self.percolator.matches(&incoming.prepared, |id| {
            let by = self.rules.get(id).map_or(GroupBy::Event, |rules| rules.group_by);
            let ages = if by == GroupBy::Event { &event_ages } else { &story_ages };
            Numbers { ages, ..incoming.tally(incoming.target(by)).numbers() }
        })
    }

    /// Adds an article to the news of an alert. `matched` is set if the article itself matches. If the subscription
    /// was told of it in another alert, it does not notify.
    fn add_article(
        &mut self,
        id: &AlertId,
        matched: Option<Matched>,
        incoming: &IncomingArticle,
        is_told_elsewhere: bool,
    ) {
        let Some(rules) = self.rules.get(&id.subscription) else { return };
        let opens =
            matched.is_some() && incoming.place > rules.since && !incoming.is_edit_of_baseline();
        let is_concerned =
            |life: &LiveAlert| !incoming.is_baseline() || life.is_open() || life.revision() == 0;
        if !self.lives.get(id).is_some_and(is_concerned) && !opens {
            return;
        }
        let life = self.lives.get(id);
        let is_told = life.is_some_and(|life| life.has_told_note_of(incoming));
        // An article of another event that joined.
        let own = incoming.target(GroupBy::Event);
        let joined =
            Some(own).filter(|own| matches!(id.target, Target::Event(_)) && *own != id.target);
        let joined = joined.filter(|event| self.happenings.is_joined(*event, &id.subscription));
        let tally = match life.filter(|_| joined.is_some()) {
            Some(life) => life.tally_with(incoming),
            None => incoming.tally(id.target),
        };
        let mention = incoming.mention(matched.as_ref());
        let is_untold = life.is_some_and(|life| life.withdrawn_untold(incoming).is_some());
        let reasons = match incoming.is_baseline() || is_untold {
            true => Vec::new(),
            false => self.reasons(id, rules, incoming, (is_told, mention)),
        };
        let news = PendingChange {
            place: incoming.place,
            from: incoming.place,
            seen: incoming.seen,
            tally,
            // An article that joined is of another event.
            first_seen: joined.is_none().then(|| incoming.first_seen(id.target)),
            reasons,
            mention,
            matched: matched.unwrap_or_default().words,
            headline: (!is_untold).then(|| incoming.headline().clone()),
            in_story: Some(InStory::of(incoming)),
            articles: vec![incoming.article().clone()],
            only_counts: incoming.is_baseline() || is_told_elsewhere,
            allowance: self.site_budget.allowance(&id.subscription, incoming),
            silent: None,
            class: Some(incoming.output.verdict.class),
            // A live page still has its earlier entries.
            version_of: incoming.output.article.version_of.filter(|_| !incoming.is_live),
            notes: incoming.notes(),
            joined,
            translates: self.translated(id, incoming),
            is_decisive: incoming.is_decisive(),
        };
        if let Some(waiting) = self.lives.get_mut(id) {
            waiting.restate(incoming);
        }
        self.add_news(id, news);
    }

    /// The reasons that an article gives an alert, without the numbers: whether the alert has reported its
    /// note, and how the article itself mentions the subject.
    fn reasons(
        &self,
        id: &AlertId,
        rules: &Rules,
        incoming: &IncomingArticle,
        (is_told, mention): (bool, Mention),
    ) -> Vec<AlertReason> {
        let corrects = incoming.put_right().filter(|_| !is_told);
        let is_beside = corrects.is_none() || incoming.is_live;
        let news = incoming.material(mention).filter(|_| is_beside);
        let mut reasons: Vec<_> = corrects.into_iter().chain(news).collect();
        // A correction has both numbers itself.
        if reasons.iter().all(|it| it.kind != ReasonKind::Correction) {
            reasons.extend(incoming.changed_claim(mention, !reasons.is_empty()));
        }
        let ages = self.velocity.ages(id.target, incoming.seen);
        let numbers = Numbers { ages: &ages, ..incoming.tally(id.target).numbers() };
        let has_notified = self.lives.get(id).is_some_and(|life| life.has_notified_of_velocity);
        if !has_notified && rules.on.is_fast(&numbers) {
            reasons.push(reason(ReasonKind::Velocity, "articles are coming fast"));
        }
        reasons
    }

    fn add_news(&mut self, id: &AlertId, news: PendingChange) {
        let life = self.lives.entry(id.clone()).or_default();
        // One command may both give it news of another alert and change its counts.
        let is_same = |other: &PendingChange| {
            other.place == news.place && other.recounts() == news.recounts()
        };
        // News is in the order of the output.
        let mut last = life.news.iter().rev().take_while(|other| other.place >= news.place);
        let is_acknowledged = news.place <= life.covered() || last.any(is_same);
        if !is_acknowledged {
            self.happenings.note_news(id.target, &news);
            life.news.push(news);
        }
        self.remember(id);
        self.reschedule(id);
    }

    /// The first revision that is due by this time. A revision due at the time of an article comes before the
    /// article, as with a clock.
    pub(crate) fn next(&mut self, limit: UnixMillis) -> Option<Draft> {
        loop {
            let (at, id) = self.first_due(limit)?.clone();
            // Another subscription may have told the deliveries enough since.
            self.reschedule(&id);
            if self.lives.get(&id).and_then(|life| life.due) != Some(at) {
                continue;
            }
            let draft = self.escalation_of(&id, at).or_else(|| self.draft_of(&id, at));
            if let Some(mut made) = draft {
                self.complete_digest(&mut made.alert);
                self.tell_together(&mut made, at);
                return Some(made);
            }
            // It never had enough to open, or another alert has told of it.
            self.forget(&id);
        }
    }

    /// The revision that is due first by this time. The time of the output never runs back, although articles may be
    /// decided in another order than they were fetched.
    fn first_due(&self, limit: UnixMillis) -> Option<&(UnixMillis, AlertId)> {
        self.due.first().filter(|(at, _)| *at <= self.time.max(limit))
    }

    /// The revision of an alert at this time; `None` if it has nothing to report.
    pub(super) fn draft_of(&self, id: &AlertId, at: UnixMillis) -> Option<Draft> {
        let life = self.lives.get(id)?;
        if life.closing.is_some() {
            return draft::closing(id, life);
        }
        let rules = self.rules.get(&id.subscription)?;
        if self.is_overtaken(life) {
            return None;
        }
        let inhibited_by = self.inhibitor(rules, id.target);
        let now = draft::Now { at, applied_through: self.applied_through, inhibited_by };
        let mut made = draft::next(id, life, rules, self.notified_on(rules, at), now)?;
        self.hold_flood(&mut made.alert);
        Some(made)
    }

    /// When the next revision is due.
    pub(crate) fn next_due(&self) -> Option<UnixMillis> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Accepts a revision that is in the stream, whoever published it.
    pub(crate) fn accept(&mut self, alert: &Alert, metadata: &RevisionMetadata) {
        // Old alerts are dropped after a start too, although nothing new may come.
        self.time = self.time.max(unix_millis(alert.at));
        let life = self.lives.entry(alert.id.clone()).or_default();
        if alert.revision <= life.revision() {
            return;
        }
        let (is_first, before) = (life.revision() == 0, life.now().copies);
        life.accept(alert, metadata);
        let score = self.scores.entry(alert.subscription.clone()).or_default();
        score.alerts += u64::from(is_first);
        score.copies_folded += u64::from(life.now().copies);
        score.copies_folded -= u64::from(before);
        self.join_escalations(alert);
        self.note_told(alert, &metadata.joined, self.time);
        self.note_told_together(alert, metadata, unix_millis(alert.at));
        self.note_heard(alert, metadata);
        self.site_budget.accept(alert);
        self.count_if_notified(alert);
        self.remember(&alert.id);
        self.reschedule(&alert.id);
    }

    /// The first sequence in the output that an unpublished revision needs.
    pub(crate) fn needs(&self) -> Option<u64> {
        self.needed.first().map(|(output, _)| *output)
    }

    fn notified_on(&self, rules: &Rules, at: UnixMillis) -> u32 {
        let key = (rules.settings.id.clone(), rules.day(at).start);
        self.notified.get(&key).copied().unwrap_or(0)
    }

    fn count_if_notified(&mut self, alert: &Alert) {
        let has_notified = alert.volume == Volume::Loud && alert.held.is_none();
        if let Some(rules) = self.rules.get(&alert.subscription).filter(|_| has_notified) {
            let day = rules.day(unix_millis(alert.at)).start;
            *self.notified.entry((alert.subscription.clone(), day)).or_default() += 1;
        }
    }
}

impl Engine {
    /// The alerts of a subscription.
    pub(super) fn of(&self, subscription: &SubscriptionId) -> Vec<AlertId> {
        let ids = self.lives.keys().filter(|id| id.subscription == *subscription);
        ids.cloned().collect()
    }

    /// Sorts all alerts of a subscription in again.
    pub(super) fn reschedule_all(&mut self, subscription: &SubscriptionId) {
        for id in self.of(subscription) {
            self.reschedule(&id);
        }
    }

    /// Sorts an alert in again, after something about it changed.
    pub(super) fn reschedule(&mut self, id: &AlertId) {
        let handling = self.handling_of(id);
        let follows = self.follows_at(id);
        let hour_over = self.hour_over(id);
        let escalates = self.escalates_at(id);
        let Some(life) = self.lives.get_mut(id) else {
            return;
        };
        life.handling = handling;
        let by_rules = life.next_due(self.rules.get(&id.subscription), hour_over);
        let by_rules = by_rules.map(|at| follows.map_or(at, |earlier| at.min(earlier)));
        move_in(&mut self.due, id, &mut life.due, by_rules.into_iter().chain(escalates).min());
        let needs = life.needs();
        move_in(&mut self.needed, id, &mut life.needed, needs);
    }

    /// Stores that this subscription has an alert about this target.
    pub(super) fn remember(&mut self, id: &AlertId) {
        let subscriptions = self.by_target.entry(id.target).or_default();
        if let Err(place) = subscriptions.binary_search(&id.subscription) {
            subscriptions.reserve_exact(1);
            subscriptions.insert(place, id.subscription.clone());
        }
    }

    /// Removes an alert from all tables.
    pub(super) fn forget(&mut self, id: &AlertId) -> Option<LiveAlert> {
        let mut life = self.lives.remove(id)?;
        move_in(&mut self.due, id, &mut life.due, None);
        move_in(&mut self.needed, id, &mut life.needed, None);
        if let Some(subscriptions) = self.by_target.get_mut(&id.target) {
            subscriptions.retain(|subscription| *subscription != id.subscription);
            if subscriptions.is_empty() {
                self.by_target.remove(&id.target);
            }
        }
        Some(life)
    }
}

/// Moves an alert in a list, from its place to another one; `None` is outside.
fn move_in<K: Ord + Copy>(
    list: &mut BTreeSet<(K, AlertId)>,
    id: &AlertId,
    place: &mut Option<K>,
    to: Option<K>,
) {
    if *place != to {
        list.extend(to.map(|key| (key, id.clone())));
        let before = std::mem::replace(place, to);
        before.map(|key| list.remove(&(key, id.clone())));
    }
}

/// The numbers of one subscription.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Score {
    /// The alerts it has opened.
    pub(crate) alerts: u64,
    /// The copies in the stories of these alerts.
    pub(crate) copies_folded: u64,
}

/// The most alerts of a subscription that are listed as waiting.
const WAITING: usize = 50;

impl Engine {
    /// The alerts of each subscription with news that waits, those that have waited longest first.
    pub(crate) fn waiting(&self) -> BTreeMap<SubscriptionId, Vec<WaitingAlert>> {
        let mut waiting: BTreeMap<SubscriptionId, Vec<WaitingAlert>> = BTreeMap::new();
        for (_, id) in &self.needed {
            let all = waiting.entry(id.subscription.clone()).or_default();
            let found = self.lives.get(id).zip(self.rules.get(&id.subscription));
            let found = found.filter(|_| all.len() < WAITING);
            let hour_over = self.hour_over(id);
            all.extend(found.and_then(|(life, rules)| life.waiting(id.target, rules, hour_over)));
        }
        waiting
    }
}
