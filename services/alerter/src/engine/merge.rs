//! Targets that merge or split, and what this does to their alerts.

use wirefold_envelope::unix_millis;
use wirefold_flow::UnixMillis;
use wirefold_proto::{
    AlertArticle, AlertId, AlertState, EventAfter, OutputCommand, ReasonKind, StoryAfter,
    StoryChange, Target,
};

use super::Engine;
use super::draft::{reason, sort_of};
use super::incoming::Mention;
use super::live_alert::{Closing, Leaving, LiveAlert, PendingChange, Silent};
use super::numbers::Tally;

impl Engine {
    /// Closes the alerts of `from` silently into those of `into`. Doing it again changes nothing.
    pub(crate) fn merge(
        &mut self,
        [from, into]: [Target; 2],
        (at, place): (UnixMillis, u64),
        by_people: bool,
    ) {
        self.applied_through = self.applied_through.max(place);
        self.time = self.time.max(at);
        let subscriptions = self.by_target.get(&from).cloned().unwrap_or_default();
        for subscription in subscriptions {
            let absorbed = AlertId { subscription: subscription.clone(), target: from };
            let survivor = self.routed(AlertId { subscription, target: into }, place);
            if survivor != absorbed {
                self.close_into(&absorbed, &survivor, Closing { into, at, place, by_people });
            }
        }
    }

    /// The alert that news at this position belongs to. After a merge, that is the surviving alert.
    pub(super) fn routed(&self, mut id: AlertId, place: u64) -> AlertId {
        // Merges go into older targets, so this ends. The limit is a safeguard.
        for _ in 0..64 {
            let life = self.lives.get(&id).filter(|life| place > life.merged_at);
            let Some(into) = life.and_then(|life| life.merged_into()) else {
                break;
            };
            id.target = into;
        }
        id
    }

    fn close_into(&mut self, absorbed: &AlertId, survivor: &AlertId, closing: Closing) {
        let survives_silently = self.lives.get(survivor).is_none_or(|other| other.revision() == 0);
        let Some(life) = self.lives.get_mut(absorbed) else {
            return;
        };
        let mut moved = std::mem::take(&mut life.news);
        // Counts of one target alone do not apply to both together.
        moved.retain(|news| !news.recounts());
        let has_spoken = life.revision() > 0;
        if has_spoken && (survives_silently || closing.by_people) {
            moved.push(inheritance(absorbed, life, closing));
        }
        // The other alert already knows of the merge: people undid it, and it is read again.
        let is_taken_back = closing.place <= life.covered();
        if has_spoken && life.merged_into().is_none() && !is_taken_back {
            life.closing = Some(closing);
        }
        if has_spoken && survives_silently {
            self.hand_over_merged(absorbed, survivor);
        }
        match has_spoken {
            true => self.reschedule(absorbed),
            false => drop(self.forget(absorbed)),
        }
        if let Some(news) = moved.into_iter().reduce(together) {
            // The numbers at the merge, since the surviving alert may have reported later ones already.
            let last = self.last.iter().flatten().find(|(target, _)| *target == survivor.target);
            let tally = last.map_or(news.tally, |(_, tally)| news.tally.max(*tally));
            let other = self.lives.get(survivor).and_then(LiveAlert::first_seen_with_news);
            let first_seen = news.first_seen.into_iter().chain(other).min();
            let (place, seen) = (closing.place, closing.at);
            let news = PendingChange { place, seen, tally, first_seen, ..news };
            self.add_news(survivor, news);
        }
    }
}

/// The news that gives the surviving alert the articles of another, and what that has reported, so that it need not
/// notify again. Mentions in passing have told nobody.
fn inheritance(absorbed: &AlertId, life: &LiveAlert, closing: Closing) -> PendingChange {
    let last = life.last.as_deref();
    let has_told = closing.by_people || life.mention() == Mention::Prominent;
    PendingChange {
        place: closing.place,
        from: closing.place,
        seen: closing.at,
        tally: life.now(),
        first_seen: life.first_seen(),
        reasons: vec![reason(
            ReasonKind::Merged,
            format!("another {} became part of it", sort_of(absorbed.target)),
        )],
        mention: life.mention(),
        matched: last.map_or_else(Vec::new, |last| last.matched.clone()),
        headline: last.map(|last| last.headline.clone()),
        articles: life.told_articles().to_vec(),
        notes: life.notes,
        only_counts: !has_told,
        silent: has_told.then_some(Silent::Inherits),
        ..PendingChange::default()
    }
}

fn together(one: PendingChange, other: PendingChange) -> PendingChange {
    PendingChange {
        from: one.from.min(other.from),
        tally: one.tally.max(other.tally),
        first_seen: one.first_seen.into_iter().chain(other.first_seen).min(),
        reasons: [one.reasons, other.reasons].concat(),
        mention: one.mention.max(other.mention),
        matched: [one.matched, other.matched].concat(),
        articles: [one.articles, other.articles].concat(),
        only_counts: one.only_counts && other.only_counts,
        notes: one.notes.and(other.notes),
        silent: other.silent.or(one.silent),
        ..one
    }
}

/// The effect on alerts of a person's command.
#[derive(Debug, Clone)]
pub(crate) struct StoryOverride {
    place: u64,
    at: UnixMillis,
    /// The stories and events concerned, with their numbers and when each was first seen.
    tallies: Vec<(Target, Tally, UnixMillis)>,
    /// The stories and events that articles were taken out of.
    partings: Vec<Parting>,
}

/// Articles that left a story or event for another.
#[derive(Debug, Clone)]
struct Parting {
    from: Target,
    into: Target,
    leaving: Leaving,
}

impl StoryOverride {
    /// The effect of a command at this position.
    pub(crate) fn of(command: &OutputCommand, place: u64) -> Self {
        let (events, stories) = (&command.events, &command.stories);
        let split = |change: &StoryChange| {
            let StoryChange::Split { from, into, articles } = change else { return None };
            let leaving = Leaving { articles: articles.clone(), ..Leaving::default() };
            Some(Parting { from: Target::Story(*from), into: Target::Story(*into), leaving })
        };
        // The stories that are in one of the events now may have been in the other.
        let parting = |from: &EventAfter, into: &EventAfter| {
            let inside = stories.iter().filter(|story| story.event == into.event);
            let inside = inside.map(|story| story.story).collect();
            let leaving = Leaving { stories: inside, ..Leaving::default() };
            Parting { from: Target::Event(from.event), into: Target::Event(into.event), leaving }
        };
        let pairs = events.iter().flat_map(|from| events.iter().map(move |into| (from, into)));
        let pairs = pairs.filter(|(from, into)| from.event != into.event);
        let of_events = pairs.map(|(from, into)| parting(from, into));
        Self {
            place,
            at: unix_millis(command.command.at),
            tallies: tallies(stories, events),
            partings: command.changes.iter().filter_map(split).chain(of_events).collect(),
        }
    }

    /// All events and stories concerned.
    pub(crate) fn targets(&self) -> Vec<Target> {
        self.tallies.iter().map(|(target, ..)| *target).collect()
    }

    /// News with the numbers of this target, which never notifies by itself.
    fn news(&self, about: Target, silent: Silent) -> Option<PendingChange> {
        let (_, tally, first_seen) = *self.tallies.iter().find(|(it, ..)| *it == about)?;
        Some(PendingChange {
            place: self.place,
            from: self.place,
            seen: self.at,
            tally,
            first_seen: Some(first_seen),
            only_counts: true,
            silent: Some(silent),
            ..PendingChange::default()
        })
    }
}

impl Engine {
    /// Adds what people changed to the alerts concerned: silently, since nothing happened in the news.
    /// Applying it again changes nothing.
    pub(crate) fn apply_override(&mut self, change: &StoryOverride) {
        self.applied_through = self.applied_through.max(change.place);
        self.time = self.time.max(change.at);
        for parting in &change.partings {
            self.hand_on(change, parting);
        }
        for target in change.targets() {
            self.recount(change, target);
        }
    }

    /// A story that was reported as part of another story or event does not notify again by itself.
    fn hand_on(&mut self, change: &StoryOverride, parting: &Parting) {
        let (from, into) = (parting.from, parting.into);
        let Some(news) = change.news(into, Silent::Inherits) else { return };
        for subscription in self.by_target.get(&from).cloned().unwrap_or_default() {
            let told = AlertId { subscription: subscription.clone(), target: from };
            let fresh = AlertId { subscription, target: into };
            let Some(life) = self.lives.get(&told) else { continue };
            let taken = taken_along(life, parting, news.clone());
            let escalated = life.escalation.at;
            // It may have been on its own before, with an alert that was merged into the other's.
            let is_again = match self.lives.get(&fresh) {
                Some(other) if other.merged_into().is_none() => continue,
                other => other.is_some(),
            };
            let is_empty = matches!(into, Target::Event(_)) && taken.articles.is_empty();
            if !is_again && (is_empty || taken.headline.is_none()) {
                continue;
            }
            self.reopen(&fresh, change, parting);
            self.hand_over_merged(&told, &fresh);
            self.add_news(&fresh, taken);
            if let Some(opened) = self.lives.get_mut(&fresh) {
                opened.escalation.at = opened.escalation.at.or(escalated);
            }
        }
    }

    /// Opens an alert again that was merged into another, without its articles that stay there.
    fn reopen(&mut self, id: &AlertId, change: &StoryOverride, parting: &Parting) {
        let Some(life) = self.lives.get_mut(id) else { return };
        (life.merged_at, life.closing) = (0, None);
        if let Some(last) = &mut life.last {
            // It was not over: only its closing revision was quiet.
            (last.merged_into, last.state) = (None, AlertState::Growing);
        }
        let stays = life.articles().filter(|article| !parting.leaving.has(article));
        let articles = stays.map(|article| article.id).collect();
        let leaving = Leaving { articles, ..Leaving::default() };
        if let Some(counted) = change.news(id.target, Silent::Recounts(leaving)) {
            self.add_news(id, counted);
        }
    }

    fn recount(&mut self, change: &StoryOverride, target: Target) {
        let gone = change.partings.iter().find(|parting| parting.from == target);
        let gone = gone.map(|parting| parting.leaving.clone()).unwrap_or_default();
        let silent = Silent::Recounts(gone.clone());
        let Some(counted) = change.news(target, silent) else { return };
        for id in self.about(target) {
            let Some(life) = self.lives.get_mut(&id) else { continue };
            // News that waits leaves with its articles.
            let stays = |news: &PendingChange| {
                let articles = &news.articles;
                articles.is_empty() || articles.iter().any(|it| !gone.has(it))
            };
            life.news.retain(stays);
            let before = life.sums().all;
            let is_told =
                life.merged_into().is_none() && (life.revision() > 0 || !life.news.is_empty());
            let lacks_none = !life.articles().any(|article| gone.has(article));
            let is_same =
                before == counted.tally && life.first_seen_with_news() == counted.first_seen;
            if (is_same && lacks_none) || !is_told {
                continue;
            }
            self.add_news(&id, counted.clone());
        }
    }
}

/// The numbers of stories, and of events, and when each was first seen.
fn tallies(stories: &[StoryAfter], events: &[EventAfter]) -> Vec<(Target, Tally, UnixMillis)> {
    let stories = stories.iter().map(|StoryAfter { story, state, .. }| {
        (Target::Story(*story), Tally::of_story(state), unix_millis(state.first_seen))
    });
    let events = events.iter().map(|EventAfter { event, state }| {
        (Target::Event(*event), Tally::of_event(state), unix_millis(state.first_seen))
    });
    stories.chain(events).collect()
}

/// News for another alert: the articles that left this one, told or not.
fn taken_along(life: &LiveAlert, parting: &Parting, news: PendingChange) -> PendingChange {
    let articles: Vec<_> = life.articles().filter(|it| parting.leaving.has(it)).cloned().collect();
    let mut headline = life.last.as_ref().map(|last| last.headline.clone());
    if let (Some(headline), Some(newest)) = (&mut headline, newest_of_first(&articles))
        && newest.title != headline.title
    {
        (headline.title, headline.lede) = (newest.title.clone(), None);
    }
    let matched = life.last.as_ref().map_or_else(Vec::new, |last| last.matched.clone());
    PendingChange { headline, articles, matched, mention: life.mention(), ..news }
}

/// The first article in its newest version: an older one may state what was corrected since.
fn newest_of_first(articles: &[AlertArticle]) -> Option<&AlertArticle> {
    let first = articles.first()?;
    articles.iter().rfind(|it| it.outlet == first.outlet && it.story == first.story)
}

#[cfg(test)]
mod tests {
    use wirefold_proto::{ArticleId, StoryId};

    use super::*;

    #[test]
    fn a_story_that_moves_has_the_headline_of_its_newest_version() {
        let article = |(number, outlet, title): (u128, &str, &str)| -> AlertArticle {
            serde_json::from_value(serde_json::json!({
                "id": ArticleId::from_number(number), "story": StoryId::from_number(1), "outlet": outlet,
                "title": title, "seen": "2026-03-01T00:00:00Z", "enriched": 1,
            }))
            .unwrap()
        };
        let all =
            [(1, "a.example", "Nine dead"), (2, "b.example", "Fog"), (3, "a.example", "Six dead")];
        let title = |some: &[_]| newest_of_first(some).map(|it: &AlertArticle| it.title.clone());
        assert_eq!(title(&all.map(article)).as_deref(), Some("Six dead"));
        assert_eq!(title(&[]), None);
    }
}
