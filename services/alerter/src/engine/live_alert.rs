//! One alert in memory: its last revision, its pending changes, and the time when it is due.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wirefold_envelope::{timestamp, unix_millis};
use wirefold_flow::{Stored, UnixMillis};
use wirefold_proto::{
    Alert, AlertArticle, AlertId, AlertReason, AlertState, ArticleId, Class, Headline, Hold,
    HoldReason, REVISION_HEADER, ReasonKind, StoryId, SubscriptionId, Target, Volume, WaitingAlert,
};

use super::corrections::{Notes, retracts};
use super::handling::Handling;
use super::incoming::{InStory, IncomingArticle, Mention};
use super::numbers::{Baselines, Tally};
use crate::subscription::{QUIET, Rules};

/// The most articles of an alert that are listed as waiting.
const WAITING: usize = 20;
/// How long the same event in another language waits.
pub(super) const HELD: Duration = Duration::from_hours(2);

/// An alert. Everything except `news` and `closing` is rebuilt from its published revisions.
#[derive(Debug, Clone, Default)]
pub(crate) struct LiveAlert {
    /// The last published revision. One that escalates the alert changes only its number.
    pub(crate) last: Option<Box<Alert>>,
    /// The time of the last revision that reported something new.
    pub(crate) active_at: UnixMillis,
    /// The subscriptions that its last loud message told, too.
    pub(crate) also: Vec<SubscriptionId>,
    /// The number of loud revisions.
    pub(crate) loud: u32,
    /// When the last of them notified.
    pub(crate) notified_at: Option<UnixMillis>,
    /// The numbers that the next revision is compared with.
    pub(crate) measured: Baselines,
    pub(crate) has_notified_of_velocity: bool,
    /// Whether all that it reported was retracted before anybody was told.
    pub(crate) is_void: bool,
    /// The sequence in the output of the change that merged it into another alert.
    pub(crate) merged_at: u64,
    /// The notes that were reported.
    pub(crate) notes: Notes,
    /// The news since the last revision.
    pub(crate) news: Vec<PendingChange>,
    /// Set when it must close because it was merged into another alert.
    pub(crate) closing: Option<Closing>,
    /// People's handling of it; a copy of the engine's record.
    pub(crate) handling: Handling,
    /// Its escalation to a second delivery.
    pub(crate) escalation: EscalationState,
    /// When its next revision is due; a copy of the entry in the engine's list.
    pub(crate) due: Option<UnixMillis>,
    /// The first sequence in the output that its next revision needs; a copy of the entry in the engine's
    /// list.
    pub(crate) needed: Option<u64>,
    /// The sequence of the last revision in the stream; 0 if it is not known.
    pub(crate) sequence: u64,
}

/// Something new since the last revision.
#[derive(Debug, Clone, Default)]
pub(crate) struct PendingChange {
    pub(crate) place: u64,
    /// The first position that must be read again after a restart.
    pub(crate) from: u64,
    pub(crate) seen: UnixMillis,
    pub(crate) tally: Tally,
    /// When the first article of the alert's event or story was seen, if this is known with it.
    pub(crate) first_seen: Option<UnixMillis>,
    /// Its reasons, without the numbers.
    pub(crate) reasons: Vec<AlertReason>,
    /// How its article mentions the subject.
    pub(super) mention: Mention,
    pub(crate) matched: Vec<String>,
    pub(crate) headline: Option<Headline>,
    /// The story of its article, if there is an article.
    pub(crate) in_story: Option<InStory>,
    pub(crate) articles: Vec<AlertArticle>,
    /// Whether it only updates the numbers, and neither opens an alert nor notifies.
    pub(crate) only_counts: bool,
    /// Whether its article is within the budget of its site and feed.
    pub(super) allowance: Allowance,
    /// Set if it comes from a merge or a split.
    pub(crate) silent: Option<Silent>,
    /// The class of its article.
    pub(crate) class: Option<Class>,
    /// The article that its article is a new version of.
    pub(crate) version_of: Option<ArticleId>,
    /// The notes of its article.
    pub(crate) notes: Notes,
    /// The event of its article, if that is another one, which joined the alert.
    pub(crate) joined: Option<Target>,
    /// The alert of its subscription that has told the same in another language: a new alert waits with it.
    pub(crate) translates: Option<AlertId>,
    /// Whether its article states a decisive turn.
    pub(crate) is_decisive: bool,
}

/// Whether an article may notify at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Allowance {
    /// No limit is reached.
    #[default]
    Within,
    /// Its site has reached the limit in this hour.
    SiteSpent,
    /// It is above the budget of its feed.
    BeyondBudget,
}

/// News from merged or split stories and events. It never notifies by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Silent {
    /// It takes over the reports of another alert, silently and immediately.
    Inherits,
    /// People changed the numbers, and these articles left the alert.
    Recounts(Leaving),
}

/// Articles that leave a story or event: by their ids, or all of some stories.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Leaving {
    pub(crate) articles: Vec<ArticleId>,
    pub(crate) stories: Vec<StoryId>,
}

impl Leaving {
    pub(crate) fn has(&self, article: &AlertArticle) -> bool {
        self.articles.contains(&article.id)
            || article.story.is_some_and(|story| self.stories.contains(&story))
    }
}

impl PendingChange {
    /// Whether one of its reasons is of this kind. An entry of a live page may state something beside a correction.
    pub(super) fn has(&self, kind: ReasonKind) -> bool {
        self.reasons.iter().any(|reason| reason.kind == kind)
    }

    /// Whether it brings a material change.
    pub(super) fn is_material(&self) -> bool {
        self.has(ReasonKind::Material) || self.has(ReasonKind::Correction)
    }

    /// When a new alert need no longer wait with it.
    fn free_at(&self) -> UnixMillis {
        self.seen.plus(if self.translates.is_some() { HELD } else { Duration::ZERO })
    }

    /// Whether it takes over what another alert reported.
    pub(crate) fn inherits(&self) -> bool {
        self.silent == Some(Silent::Inherits)
    }

    /// Whether this article left the alert.
    pub(crate) fn lacks(&self, article: &AlertArticle) -> bool {
        matches!(&self.silent, Some(Silent::Recounts(gone)) if gone.has(article))
    }

    /// Whether its numbers replace all earlier ones instead of adding to them.
    pub(crate) fn recounts(&self) -> bool {
        matches!(self.silent, Some(Silent::Recounts(_)))
    }
}

/// The end of an alert whose event or story was merged into another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Closing {
    pub(crate) into: Target,
    pub(crate) at: UnixMillis,
    pub(crate) place: u64,
    pub(crate) by_people: bool,
}

impl LiveAlert {
    /// The number of the last revision; 0 if there is none.
    pub(super) fn revision(&self) -> u64 {
        self.last.as_ref().map_or(0, |last| last.revision)
    }

    pub(super) fn state(&self) -> Option<AlertState> {
        self.last.as_ref().map(|last| last.state)
    }

    /// The time of the last revision.
    pub(super) fn last_at(&self) -> UnixMillis {
        self.last.as_ref().map_or(UnixMillis(0), |last| unix_millis(last.at))
    }

    /// The position up to which the last revision covers the output.
    pub(super) fn covered(&self) -> u64 {
        self.last.as_ref().map_or(0, |last| last.output)
    }

    /// The numbers of the last revision.
    pub(super) fn now(&self) -> Tally {
        self.last.as_deref().map(Tally::of_alert).unwrap_or_default()
    }

    /// The hold on the last revision.
    pub(super) fn hold(&self) -> Option<&Hold> {
        self.last.as_ref()?.held.as_ref()
    }

    /// The reasons of the last revision, if that is held.
    pub(super) fn carried(&self) -> &[AlertReason] {
        let held = self.last.as_ref().filter(|last| last.held.is_some());
        held.map_or(&[], |held| &held.reasons)
    }

    /// Whether all reported articles only mention the subject in passing.
    pub(super) fn in_passing(&self) -> bool {
        self.last.as_ref().is_some_and(|last| last.has(ReasonKind::Passing))
    }

    pub(super) fn first_seen(&self) -> Option<UnixMillis> {
        self.last.as_ref().map(|last| unix_millis(last.first_seen))
    }

    pub(super) fn merged_into(&self) -> Option<Target> {
        self.last.as_ref()?.merged_into
    }

    /// The articles of the last revision.
    pub(super) fn told_articles(&self) -> &[AlertArticle] {
        self.last.as_ref().map_or(&[], |last| &last.articles)
    }

    /// The articles of the last revision and of the news.
    pub(super) fn articles(&self) -> impl DoubleEndedIterator<Item = &AlertArticle> {
        let told = self.told_articles().iter();
        told.chain(self.news.iter().flat_map(|news| &news.articles))
    }
}

impl LiveAlert {
    /// Lets waiting news say what the newest version of its article says: its outlet no longer says the other. News of a
    /// story that it withdraws says nothing.
    pub(super) fn restate(&mut self, newest: &IncomingArticle) {
        if let Some(story) = self.withdrawn_untold(newest) {
            self.withdraw(story);
        }
        let mut before = newest.output.article.version_of;
        for news in self.news.iter_mut().rev() {
            if before.is_none() {
                return;
            }
            if news.articles.first().map(|article| article.id) != before {
                continue;
            }
            before = news.version_of;
            let is_said =
                |it: &&mut AlertReason| it.kind == ReasonKind::Material && it.new.is_none();
            let said = news.reasons.iter_mut().filter(is_said).map(|reason| &mut reason.words);
            let lede = news.headline.as_mut().and_then(|headline| headline.lede.as_mut());
            for words in said.chain(lede) {
                *words = newest.said_instead(words).unwrap_or_else(|| std::mem::take(words));
            }
        }
    }

    /// Drops what news that waits would have said of a story that was withdrawn.
    fn withdraw(&mut self, story: StoryId) {
        let is_of = |news: &&mut PendingChange| {
            news.articles.first().is_some_and(|it| it.story == Some(story))
        };
        for news in self.news.iter_mut().filter(is_of) {
            news.reasons.retain(|reason| reason.kind != ReasonKind::Material);
            (news.headline, news.is_decisive) = (None, false);
        }
    }

    /// Accepts its next revision.
    pub(crate) fn accept(&mut self, alert: &Alert, metadata: &RevisionMetadata) {
        self.escalation = self.escalation.after(alert, metadata);
        self.sequence = 0;
        if let Some(last) = self.last.as_mut().filter(|_| alert.is_escalation()) {
            // A hold and news go on as before.
            last.revision = alert.revision;
            return;
        }
        let (now, at) = (Tally::of_alert(alert), unix_millis(alert.at));
        let has_notified = alert.volume == Volume::Loud && alert.held.is_none();
        self.measured = metadata.measured.unwrap_or(self.measured);
        if alert.held.is_none() {
            // After a merge, the first revision counts as reported although it is silent.
            if has_notified || self.measured.told.is_none() {
                self.measured.notified = now;
            }
            self.measured.told = Some(now);
        }
        self.has_notified_of_velocity |= alert.has(ReasonKind::Velocity);
        let is_untold = self.notified_at.is_none() && alert.volume == Volume::Silent;
        self.is_void = is_untold && (self.is_void || alert.reasons.iter().any(retracts));
        if !alert.has(ReasonKind::Repeated) {
            self.active_at = at;
        }
        if has_notified {
            self.loud += 1;
            self.also = metadata.also.keys().cloned().collect();
            self.notified_at = Some(at);
        }
        (self.merged_at, self.notes) = (metadata.merged_at, metadata.notes);
        self.closing = self.closing.filter(|_| alert.merged_into.is_none());
        self.news.retain(|news| news.place > alert.output);
        self.last = Some(Box::new(alert.clone()));
    }

    /// The first sequence in the output that its unpublished news needs after a restart.
    pub(crate) fn needs(&self) -> Option<u64> {
        let closing = self.closing.map(|closing| closing.place);
        self.news.iter().map(|news| news.from).chain(closing).min()
    }

    /// When the first article of its event or story was seen, by the latest news that knows.
    pub(super) fn first_seen_with_news(&self) -> Option<UnixMillis> {
        self.news.iter().rev().find_map(|news| news.first_seen).or(self.first_seen())
    }

    /// Whether it has nothing to report: it is quiet or merged, and has no news.
    pub(crate) fn is_idle(&self) -> bool {
        let is_over = self.state() == Some(AlertState::Quiet) || self.merged_into().is_some();
        is_over && self.hold().is_none() && self.news.is_empty() && self.closing.is_none()
    }

    /// Whether it was published and is neither quiet nor merged.
    pub(crate) fn is_open(&self) -> bool {
        self.revision() > 0
            && self.state() != Some(AlertState::Quiet)
            && self.merged_into().is_none()
    }

    /// Whether it has something that may notify: fresh news, or a held revision.
    pub(crate) fn may_notify(&self) -> bool {
        self.hold().is_some() || self.news.iter().any(|news| !news.only_counts)
    }

    /// When its next revision is due by the rules of its subscription; `None` if that was removed. `hour_over` is
    /// when its deliveries may hear of its event again.
    pub(crate) fn next_due(
        &self,
        rules: Option<&Rules>,
        hour_over: UnixMillis,
    ) -> Option<UnixMillis> {
        if self.merged_into().is_some() {
            return None;
        }
        if let Some(closing) = self.closing {
            return Some(closing.at);
        }
        let rules = rules?;
        // News held for a digest waits only for the digest.
        if let Some(until) = self.in_digest() {
            return self.fresh_due(rules).or(Some(until));
        }
        match self.news.first() {
            Some(first) if self.revision() == 0 => Some(self.first_due(first, rules, hour_over)),
            Some(first) => Some(self.update_due(first, rules, hour_over)),
            None if self.revision() == 0 => None,
            None => self.due_without_news(rules),
        }
    }

    /// When news of an open alert is due: a correction at once, a decisive turn at once unless its deliveries heard
    /// enough of the event in this hour, other news after the interval since the last loud revision, which grows
    /// with each, and changes of the counts after `update_interval`.
    fn update_due(
        &self,
        first: &PendingChange,
        rules: &Rules,
        hour_over: UnixMillis,
    ) -> UnixMillis {
        let first_with = |kind| self.news.iter().find(|news| news.has(kind));
        if let Some(correction) = first_with(ReasonKind::Correction) {
            return correction.seen.max(self.last_at());
        }
        // An edit by hand corrects the message at once.
        if self.news.iter().all(|news| news.silent.is_some()) {
            return first.seen.max(self.last_at());
        }
        // After mentions in passing, the first text about the subject opens the alert like a new event.
        let about = self.news.iter().find(|news| news.mention == Mention::Prominent);
        if let Some(opening) = about.filter(|_| self.in_passing() || self.is_void) {
            return opening.seen.plus(rules.group_wait).max(self.last_at());
        }
        let Some(material) = first_with(ReasonKind::Material) else {
            return self.last_at().plus(rules.update_interval).max(first.seen).max(hour_over);
        };
        let doublings = self.loud.saturating_sub(1).min(DOUBLINGS);
        let interval = rules.update_interval * 2_u32.pow(doublings);
        let since = self.notified_at.map_or(material.seen, |at| at.plus(interval));
        let waits = since.max(material.seen);
        let decisive = self.news.iter().find(|news| news.is_decisive).map(|news| news.seen);
        // Several within a minute are one message: six an hour are soon gone.
        let pause = self.notified_at.map_or(material.seen, |at| at.plus(rules.group_wait * 2));
        decisive.map_or(waits, |seen| waits.min(seen.max(pause))).max(self.last_at()).max(hour_over)
    }

    fn first_due(&self, first: &PendingChange, rules: &Rules, hour_over: UnixMillis) -> UnixMillis {
        if first.inherits() {
            return first.seen;
        }
        match self.ready(rules) {
            Some(ready) => {
                let due = first.seen.plus(rules.group_wait).max(ready.seen).max(hour_over);
                let free = || self.news.iter().map(PendingChange::free_at);
                if free().any(|at| at <= due) { due } else { free().min().unwrap_or(due) }
            }
            None => first.seen.plus(QUIET),
        }
    }

    /// Why news waits until it is due.
    fn waits_for(&self, rules: &Rules, hour_over: UnixMillis, due: UnixMillis) -> &'static str {
        let is_free = |news: &PendingChange| news.translates.is_none() || news.free_at() < due;
        match self.ready(rules) {
            _ if self.in_digest().is_some() => "its digest is not due",
            _ if due <= hour_over => "at most six loud messages about an event come in an hour",
            None if self.revision() == 0 => "min_outlets or min_origins is not reached",
            _ if self.revision() > 0 => "its update_interval is not over",
            _ if self.news.iter().any(is_free) => "its group_wait is not over",
            _ => "another alert told the same in another language",
        }
    }

    /// The news that waits, if some may notify.
    pub(super) fn waiting(
        &self,
        target: Target,
        rules: &Rules,
        hour_over: UnixMillis,
    ) -> Option<WaitingAlert> {
        let due = self.next_due(Some(rules), hour_over).filter(|_| self.closing.is_none())?;
        let news = self.news.iter().rev().filter(|news| !news.only_counts);
        let articles = news.flat_map(|news| &news.articles).map(|article| article.id);
        let articles: Vec<ArticleId> = articles.take(WAITING).collect();
        let why = self.waits_for(rules, hour_over, due).to_owned();
        let waiting = WaitingAlert { target, articles, why, until: timestamp(due) };
        (!waiting.articles.is_empty()).then_some(waiting)
    }

    /// The news with which the alert may open.
    pub(crate) fn ready(&self, rules: &Rules) -> Option<&PendingChange> {
        let is_enough = |news: &&PendingChange| {
            let Tally { outlets, origins, .. } = news.tally;
            let are_many = outlets >= rules.min_outlets && origins >= rules.min_origins;
            (are_many && !news.only_counts) || news.inherits()
        };
        self.news.iter().find(is_enough)
    }

    fn due_without_news(&self, rules: &Rules) -> Option<UnixMillis> {
        match self.hold() {
            Some(hold) if hold.reason == HoldReason::Muted => self.unmuted_at(rules),
            Some(hold) => hold.until.map(unix_millis),
            None if self.state() == Some(AlertState::Quiet) => None,
            None => {
                let over = self.active_at.plus(QUIET);
                Some(self.repeated_at(rules).map_or(over, |again| again.min(over)))
            }
        }
    }

    /// When the mutes of its subscription and of itself end; `None` if one has no end.
    fn unmuted_at(&self, rules: &Rules) -> Option<UnixMillis> {
        let until = match rules.mute {
            Some(mute) => mute.until?,
            None => self.last_at().max(rules.changed),
        };
        Some(self.handling.muted_until.map_or(until, |own| own.max(until)))
    }

    /// When it is repeated if nothing comes. Never while it is muted or after it was acknowledged.
    fn repeated_at(&self, rules: &Rules) -> Option<UnixMillis> {
        let notified = self.notified_at.filter(|at| self.handling.acknowledged < Some(*at))?;
        let again = notified.plus(rules.repeat?).max(self.last_at());
        Some(self.handling.muted_until.map_or(again, |until| again.max(until)))
    }

    /// When the digest that holds its last revision is due.
    pub(crate) fn in_digest(&self) -> Option<UnixMillis> {
        let hold = self.hold().filter(|hold| hold.reason == HoldReason::Digest)?;
        hold.until.map(unix_millis)
    }
}

/// The escalation of one alert, as its revisions say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct EscalationState {
    /// Since when people know of it; `None` if they do not, if all was retracted since, or if its subscription had no
    /// escalation then.
    pub(super) told_since: Option<UnixMillis>,
    /// When it was escalated.
    pub(super) at: Option<UnixMillis>,
}

impl EscalationState {
    /// The state after a revision in the stream.
    fn after(self, alert: &Alert, metadata: &RevisionMetadata) -> Self {
        let is_told = alert.volume == Volume::Loud && alert.held.is_none();
        let told_since = match is_told {
            false => self.told_since,
            true if alert.reasons.iter().any(retracts) || !metadata.escalates => None,
            true => self.told_since.or(Some(unix_millis(alert.at))),
        };
        Self { told_since, at: alert.escalated.map(unix_millis) }
    }

    /// The state of an alert that another one became part of.
    pub(super) fn and(self, other: Self) -> Self {
        let told_since = self.told_since.into_iter().chain(other.told_since).min();
        Self { told_since, at: self.at.or(other.at) }
    }
}

/// How often the interval between loud revisions doubles: 5, 10, 20 and 40 minutes by default.
const DOUBLINGS: u32 = 3;

/// The data that rebuilds an alert from its revisions, in addition to the visible part.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RevisionMetadata {
    /// The sequence in the output of the merge that closes the alert; 0 if there is none.
    pub(crate) merged_at: u64,
    /// The numbers that the next revision is compared with, if people changed the stories.
    pub(crate) measured: Option<Baselines>,
    /// The notes that were reported.
    pub(crate) notes: Notes,
    /// Whether its subscription has an escalation.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) escalates: bool,
    /// The events that joined the alert since the last revision.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) joined: Vec<Target>,
    /// Other subscriptions of a delivery whose alerts about the same target this message tells, too, with the words that
    /// they match.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) also: BTreeMap<SubscriptionId, Vec<String>>,
    /// The revision whose message tells this one, too, where both subscriptions name the delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) told_by: Option<ToldBy>,
}

impl RevisionMetadata {
    /// The data of a stored revision; none if it has none.
    pub(crate) fn of(stored: &Stored) -> Option<Self> {
        serde_json::from_str(stored.headers.get(REVISION_HEADER)?).ok()
    }
}

/// A revision of another subscription's alert about the same target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ToldBy {
    pub(crate) subscription: SubscriptionId,
    pub(crate) revision: u64,
}

impl LiveAlert {
    /// How the reported articles mention the subject.
    pub(super) fn mention(&self) -> Mention {
        match (self.revision(), self.in_passing()) {
            (0, _) => Mention::None,
            (_, true) => Mention::Passing,
            (_, false) => Mention::Prominent,
        }
    }

    /// Whether news reports the subject after everything was retracted before anybody was told.
    pub(super) fn opens_anew(&self) -> bool {
        self.is_void && self.news.iter().any(|news| news.mention == Mention::Prominent)
    }

    /// Whether everything reported and to be reported only mentions the subject in passing.
    pub(super) fn mentions_in_passing(&self) -> bool {
        let news = self.news.iter().map(|news| news.mention);
        news.fold(self.mention(), Mention::max) <= Mention::Passing
    }
}
