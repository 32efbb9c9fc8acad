//! Targets that merge, split or are regrouped, and what this does to their alerts.

use wirefold_envelope::unix_millis;
use wirefold_flow::UnixMillis;
use wirefold_proto::{
    AlertArticle, AlertFirst, AlertId, AlertReason, ArticleId, EventAfter, GroupBy, OutputCommand,
    OutputPosition, OutputStory, ReasonKind, StoryAfter, StoryChange, StoryId, Target,
};

use super::Engine;
use super::draft::reason;
use super::live_alert::{self, Closing, LastRevision, LiveAlert, Mention, PendingChange, Silent};
use super::numbers::Tally;

impl Engine {
    /// Closes the alerts of `from` silently into those of `into`. Doing it again changes nothing.
    pub(crate) fn merge(
        &mut self,
        from: Target,
        into: Target,
        at: UnixMillis,
        place: OutputPosition,
    ) {
        self.applied_through = self.applied_through.max(place);
        self.time = self.time.max(at);
        let subscriptions = self.by_target.get(&from).cloned().unwrap_or_default();
        for subscription in subscriptions {
            let absorbed = AlertId { subscription: subscription.clone(), target: from };
            let survivor = self.routed(AlertId { subscription, target: into }, place);
            if survivor != absorbed {
                self.close_into(&absorbed, &survivor, Closing { into, at, place });
            }
        }
    }

    /// The alert that news at this position belongs to. After a merge, that is the surviving alert.
    pub(super) fn routed(&self, mut id: AlertId, place: OutputPosition) -> AlertId {
        // Merges go into older targets, so this ends. The limit is a safeguard.
        for _ in 0..64 {
            let life = self.lives.get(&id).filter(|life| place.output > life.merged_at);
            let Some(into) = life.and_then(|life| life.merged_into) else {
                break;
            };
            id.target = into;
        }
        id
    }

    fn close_into(&mut self, absorbed: &AlertId, survivor: &AlertId, closing: Closing) {
        let survives_silently = self.lives.get(survivor).is_none_or(|other| other.revision == 0);
        let Some(life) = self.lives.get_mut(absorbed) else {
            return;
        };
        let mut moved = std::mem::take(&mut life.news);
        // Counts of one target alone do not apply to both together.
        moved.retain(|news| !news.recounts());
        let has_spoken = life.revision > 0;
        if has_spoken && survives_silently {
            moved.push(inheritance(absorbed, life, closing));
        }
        // The other alert already knows of the merge: people undid it, and it is read again.
        let is_taken_back = closing.place.is_covered_by(life.covered);
        if has_spoken && life.merged_into.is_none() && !is_taken_back {
            life.closing = Some(closing);
        }
        if has_spoken && survives_silently {
            self.hand_over(absorbed, survivor);
        }
        match has_spoken {
            true => self.reschedule(absorbed),
            false => drop(self.forget(absorbed)),
        }
        if let Some(news) = moved.into_iter().reduce(together) {
            // The numbers at the merge, since the surviving alert may have reported later ones already.
            let tally = news.tally.max(self.recent.of(survivor.target));
            // The first outlet of the merged target was not the first of both.
            let first = None;
            let news =
                PendingChange { place: closing.place, seen: closing.at, tally, first, ..news };
            self.add_news(survivor, news);
        }
    }
}

/// The news that gives the surviving alert what another has reported, so that it need not notify again.
fn inheritance(absorbed: &AlertId, life: &LiveAlert, closing: Closing) -> PendingChange {
    let LastRevision { headline, articles, matched, .. } =
        life.shown.as_deref().cloned().unwrap_or_else(LastRevision::nothing);
    PendingChange {
        place: closing.place,
        from: closing.place,
        seen: closing.at,
        tally: life.now,
        first_seen: life.first_seen.unwrap_or(closing.at),
        reasons: vec![reason(ReasonKind::Merged, another(absorbed.target))],
        mention: life.mention(),
        matched,
        headline,
        articles,
        notes: life.notes,
        silent: Some(Silent::Inherits),
        ..PendingChange::default()
    }
}

/// The reason for readers of the surviving alert.
fn another(absorbed: Target) -> &'static str {
    match absorbed {
        Target::Event(_) => "another event became part of it",
        Target::Story(_) => "another story became part of it",
    }
}

fn together(one: PendingChange, other: PendingChange) -> PendingChange {
    PendingChange {
        from: one.from.min(other.from),
        tally: one.tally.max(other.tally),
        first_seen: one.first_seen.min(other.first_seen),
        reasons: [one.reasons, other.reasons].concat(),
        mention: live_alert::together([one.mention, other.mention]),
        matched: [one.matched, other.matched].concat(),
        articles: [one.articles, other.articles].concat(),
        only_counts: one.only_counts && other.only_counts,
        notes: one.notes.and(other.notes),
        silent: other.silent.or(one.silent),
        ..one
    }
}

/// The effect on alerts of a person's command or of a regrouping.
#[derive(Debug, Clone)]
pub(crate) struct StoryOverride {
    place: OutputPosition,
    at: UnixMillis,
    by: By,
    /// The stories and events concerned, with their numbers.
    tallies: Vec<(Target, Tally)>,
    /// The stories that articles were taken out of.
    pub(crate) partings: Vec<Parting>,
}

/// The author of the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    People,
    /// The detector, because what was reported was wrong.
    Regrouping,
}

/// Articles that left a story for one of their own.
#[derive(Debug, Clone)]
pub(crate) struct Parting {
    pub(crate) from: StoryId,
    into: StoryId,
    articles: Vec<ArticleId>,
}

impl StoryOverride {
    /// The effect of a command at this position.
    pub(crate) fn of(command: &OutputCommand, place: OutputPosition) -> Self {
        let parting = |change: &StoryChange| match change {
            StoryChange::Split { from, into, articles } => {
                Some(Parting { from: *from, into: *into, articles: articles.clone() })
            }
            _ => None,
        };
        Self {
            place,
            at: unix_millis(command.command.at),
            by: By::People,
            tallies: tallies(&command.stories, &command.events),
            partings: command.changes.iter().filter_map(parting).collect(),
        }
    }

    /// The effect of a change at this position, if it regrouped stories.
    pub(crate) fn of_regrouping(told: &OutputStory, place: OutputPosition) -> Option<Self> {
        let StoryChange::Regrouped { from, into, articles, stories, events, .. } = &told.change
        else {
            return None;
        };
        Some(Self {
            place,
            at: unix_millis(told.at),
            by: By::Regrouping,
            tallies: tallies(stories, events),
            partings: vec![Parting { from: *from, into: *into, articles: articles.clone() }],
        })
    }

    /// All events and stories concerned.
    pub(crate) fn targets(&self) -> Vec<Target> {
        self.tallies.iter().map(|(target, _)| *target).collect()
    }

    fn tally(&self, target: Target) -> Option<Tally> {
        self.tallies.iter().find(|(other, _)| *other == target).map(|(_, tally)| *tally)
    }

    /// News with these numbers, which never notifies by itself.
    fn news(&self, tally: Tally, silent: Silent, why: Option<AlertReason>) -> PendingChange {
        let LastRevision { headline, articles, matched, .. } = LastRevision::nothing();
        PendingChange {
            place: self.place,
            from: self.place,
            seen: self.at,
            tally,
            first_seen: self.at,
            reasons: why.into_iter().collect(),
            mention: Mention::None,
            matched,
            headline,
            in_story: None,
            articles,
            only_counts: true,
            silent: Some(silent),
            ..PendingChange::default()
        }
    }
}

impl Engine {
    /// Adds what people changed to the alerts concerned: silently, since nothing happened in the news.
    /// Applying it again changes nothing.
    pub(crate) fn apply_override(&mut self, change: &StoryOverride) {
        self.applied_through = self.applied_through.max(change.place);
        self.time = self.time.max(change.at);
        for parting in &change.partings {
            if change.by == By::Regrouping {
                self.set_free(change, parting);
            }
            self.hand_on(change, parting);
        }
        for (target, tally) in &change.tallies {
            self.recent.note(*target, *tally);
            self.recount(change, *target, *tally);
        }
    }

    /// An article that left a story notifies as any new article while it is fresh, if it was only counted as
    /// a copy so far. It does not if an alert began with it.
    fn set_free(&mut self, change: &StoryOverride, parting: &Parting) {
        let (from, into) = (Target::Story(parting.from), Target::Story(parting.into));
        let Some(tally) = change.tally(into) else { return };
        for article in &parting.articles {
            let Some(folded) = self.copies.fresh(*article, change.at).cloned() else { continue };
            for (subscription, matched) in folded.hits {
                let told = AlertId { subscription: subscription.clone(), target: from };
                let rules = self.rules.get(&subscription);
                let asks = rules.is_some_and(|rules| {
                    rules.group_by == GroupBy::Story && folded.place.output > rules.since
                });
                let fresh = AlertId { subscription, target: into };
                let was_told = self.lives.get(&told).is_some_and(|life| began_with(life, *article));
                if !asks || was_told || self.lives.contains_key(&fresh) {
                    continue;
                }
                let news = PendingChange {
                    place: change.place,
                    from: folded.place.min(change.place),
                    seen: change.at,
                    tally,
                    first_seen: folded.seen,
                    reasons: Vec::new(),
                    mention: Mention::of(&matched),
                    matched: matched.words,
                    headline: folded.headline.clone(),
                    in_story: None,
                    articles: vec![folded.article.clone()],
                    first: (into == Target::Story((*article).into()))
                        .then(|| first(&folded.article)),
                    ..PendingChange::default()
                };
                self.add_news(&fresh, news);
            }
        }
    }

    /// A story that was reported as part of another does not notify again by itself.
    fn hand_on(&mut self, change: &StoryOverride, parting: &Parting) {
        let (from, into) = (Target::Story(parting.from), Target::Story(parting.into));
        let Some(tally) = change.tally(into) else { return };
        for subscription in self.by_target.get(&from).cloned().unwrap_or_default() {
            let told = AlertId { subscription: subscription.clone(), target: from };
            let fresh = AlertId { subscription, target: into };
            let Some(life) = self.lives.get(&told).filter(|life| life.revision > 0) else {
                continue;
            };
            // It may have been a story of its own before, whose alert was merged into the other's.
            let is_open = self.lives.get(&fresh).is_some_and(|other| other.merged_into.is_none());
            if is_open {
                continue;
            }
            let words = match change.by {
                By::People => "split off from another story by hand".to_owned(),
                By::Regrouping => "counted with another story until now".to_owned(),
            };
            let news = change.news(tally, Silent::Inherits, Some(reason(ReasonKind::New, words)));
            let LastRevision { headline, articles, matched, .. } = taken_along(life, parting);
            let first_seen = life.first_seen.unwrap_or(change.at);
            let mention = life.mention();
            let news = PendingChange { headline, articles, matched, mention, first_seen, ..news };
            self.reopen(&fresh);
            self.hand_over(&told, &fresh);
            self.add_news(&fresh, news);
        }
    }

    /// Opens an alert again that was merged into another.
    fn reopen(&mut self, id: &AlertId) {
        if let Some(life) = self.lives.get_mut(id) {
            (life.merged_into, life.merged_at, life.closing) = (None, 0, None);
        }
    }

    fn recount(&mut self, change: &StoryOverride, target: Target, tally: Tally) {
        let gone = change.partings.iter().find(|parting| Target::Story(parting.from) == target);
        let gone = gone.map_or_else(Vec::new, |parting| parting.articles.clone());
        for subscription in self.by_target.get(&target).cloned().unwrap_or_default() {
            let id = AlertId { subscription, target };
            let Some(life) = self.lives.get(&id) else { continue };
            let before = life.sums().all;
            let is_told =
                life.merged_into.is_none() && (life.revision > 0 || !life.news.is_empty());
            if before.says_the_same_as(tally) || !is_told {
                continue;
            }
            let news = change.news(tally, Silent::Recounts(gone.clone()), None);
            self.add_news(&id, news);
        }
    }
}

/// The numbers of stories, and of events.
fn tallies(stories: &[StoryAfter], events: &[EventAfter]) -> Vec<(Target, Tally)> {
    let stories =
        stories.iter().map(|after| (Target::Story(after.story), Tally::of_story(&after.state)));
    let events =
        events.iter().map(|after| (Target::Event(after.event), Tally::of_event(&after.state)));
    stories.chain(events).collect()
}

fn first(article: &AlertArticle) -> AlertFirst {
    let AlertArticle { outlet, via, agency, .. } = article.clone();
    AlertFirst { outlet, via, agency }
}

/// Whether an alert was published, and first about this article.
fn began_with(life: &LiveAlert, article: ArticleId) -> bool {
    let first = life.shown.as_deref().and_then(|shown| shown.articles.first());
    life.revision > 0 && first.is_some_and(|first| first.id == article)
}

/// The visible part of an alert for the articles that left its story.
fn taken_along(life: &LiveAlert, parting: &Parting) -> LastRevision {
    let Some(shown) = life.shown.as_deref() else {
        return LastRevision::nothing();
    };
    let left = |article: &&AlertArticle| parting.articles.contains(&article.id);
    let articles: Vec<AlertArticle> = shown.articles.iter().filter(left).cloned().collect();
    let mut headline = shown.headline.clone();
    if let Some(first) = articles.first() {
        headline.title.clone_from(&first.title);
    }
    LastRevision { headline, articles, matched: shown.matched.clone(), ..LastRevision::nothing() }
}
