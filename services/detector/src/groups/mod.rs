//! Keeps the counts of stories and events: revisions, articles, outlets, origins.
//!
//! The groups found by `fold` come in; the states of stories and events and their changes go out.
//! The tables are keyed by the ids of `fold` (`fold::StoryId`), which are numbers. Messages name
//! stories and events by the ids of the contract. This module never sees a text.

mod former_ids;
mod splits;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use wirefold_fold as fold;
use wirefold_fold::{IdTable, Merge, OutletId};
use wirefold_proto::{
    ArticleId, EventId, EventState, OutputArticle, StoryChange, StoryId, StoryState, Target,
};

use crate::lead::{Claim, confidence};
use former_ids::{FormerEvent, FormerIds};
pub(crate) use splits::{Member, SplitMembers};

/// A story with its lead and its counts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Story {
    pub(crate) id: StoryId,
    /// The article that represents it.
    pub(crate) lead: ArticleId,
    /// The evidence for the lead.
    claim: Claim,
    /// Whether people chose the lead.
    is_preferred: bool,
    /// Whether an agency is known to be behind it.
    pub(crate) is_credited: bool,
    event: fold::EventId,
    revision: u64,
    articles: u32,
    /// How many of the articles are later versions of another one.
    versions: u32,
    /// Its outlets, and how many articles each has in it.
    outlets: BTreeMap<OutletId, u32>,
    first_seen: Timestamp,
    /// How many of the texts are long enough to be compared. A story without any does not count as
    /// an origin.
    comparable: u32,
    /// The stream time of its last article, in seconds.
    last: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Event {
    id: EventId,
    stories: BTreeSet<fold::StoryId>,
    revision: u64,
    first_seen: Timestamp,
    continues: Option<EventId>,
    /// Whether its id is of the command that took it out of another event.
    is_taken_out: bool,
}

impl Event {
    /// Lets another event go on under this one's id.
    fn swap_identity(&mut self, other: &mut Self) {
        std::mem::swap(&mut self.id, &mut other.id);
        std::mem::swap(&mut self.continues, &mut other.continues);
        std::mem::swap(&mut self.is_taken_out, &mut other.is_taken_out);
    }
}

/// The data of an article by which its story counts it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct CountedArticle {
    pub(crate) id: ArticleId,
    pub(crate) seen: Timestamp,
    pub(crate) time: i64,
    pub(crate) outlet: OutletId,
    pub(crate) comparable: bool,
    /// Whether it is a later version of another article.
    pub(crate) is_version: bool,
    /// The evidence that it is the source of its text.
    pub(crate) claim: Claim,
}

impl CountedArticle {
    /// Whether it comes from its outlet's own feed, rather than from another site's.
    pub(crate) fn is_outlets_own(&self) -> bool {
        self.claim.is_outlets_own
    }
}

/// All stories and events of the window.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Groups {
    stories: IdTable<fold::StoryId, Story>,
    events: IdTable<fold::EventId, Event>,
    /// Events that were merged into others.
    redirects: fold::Redirects<fold::EventId>,
    /// The ids of stories and events that were merged into others.
    former_ids: FormerIds,
}

impl Groups {
    pub(crate) fn story(&self, story: fold::StoryId) -> Option<&Story> {
        self.stories.get(story)
    }

    pub(crate) fn story_mut(&mut self, story: fold::StoryId) -> Option<&mut Story> {
        self.stories.get_mut(story)
    }

    /// The contract's id of an event.
    pub(crate) fn event_id(&self, event: fold::EventId) -> Option<EventId> {
        self.events.get(self.resolve(event)).map(|event| event.id)
    }

    /// The event of a story.
    pub(crate) fn event_of(&self, story: fold::StoryId) -> fold::EventId {
        let own = fold::EventId::of(story);
        self.resolve(self.stories.get(story).map_or(own, |found| found.event))
    }

    fn resolve(&self, event: fold::EventId) -> fold::EventId {
        self.redirects.resolve(event)
    }

    /// Adds a new story to an event. Creates the event if it does not exist.
    pub(crate) fn open_story(
        &mut self,
        story: fold::StoryId,
        event: fold::EventId,
        first: &CountedArticle,
        continues: Option<EventId>,
    ) {
        let event = self.resolve(event);
        self.stories.insert(story, Story::of(first, event));
        let new_event = || Event {
            id: first.id.into(),
            stories: BTreeSet::new(),
            revision: 0,
            first_seen: first.seen,
            continues,
            is_taken_out: false,
        };
        if !self.events.contains(event) {
            self.events.insert(event, new_event());
        }
        if let Some(event) = self.events.get_mut(event) {
            event.stories.insert(story);
        }
    }

    /// Counts an article in its story and event.
    pub(crate) fn count_article(&mut self, story: fold::StoryId, article: &CountedArticle) {
        if let Some(found) = self.stories.get_mut(story) {
            found.add(article);
        }
        let event = self.event_of(story);
        if let Some(event) = self.events.get_mut(event) {
            event.revision += 1;
        }
    }

    /// Makes an article the lead of its story if its evidence is stronger, unless people chose the
    /// lead.
    pub(crate) fn update_lead(
        &mut self,
        story: fold::StoryId,
        article: &CountedArticle,
    ) -> Option<StoryChange> {
        let found = self.stories.get_mut(story)?;
        found.lead_if_stronger(article.id, article.claim)
    }

    /// The event's id in the contract, and its stories.
    pub(crate) fn stories_of(&self, event: fold::EventId) -> Option<(EventId, Vec<fold::StoryId>)> {
        let found = self.events.get(self.resolve(event))?;
        Some((found.id, found.stories.iter().copied().collect()))
    }

    /// Merges two events, unless they are one already. `link` is the article that caused the merge,
    /// if it was no person.
    pub(crate) fn merge_events(
        &mut self,
        merge: Merge<fold::EventId>,
        link: Option<ArticleId>,
    ) -> Option<StoryChange> {
        let (one, other) = (self.resolve(merge.older), self.resolve(merge.younger));
        let (older, younger) = (one.min(other), one.max(other));
        self.absorb_event(older, younger, link)
    }

    fn absorb_event(
        &mut self,
        into: fold::EventId,
        from: fold::EventId,
        link: Option<ArticleId>,
    ) -> Option<StoryChange> {
        if into == from || !self.events.contains(into) {
            return None;
        }
        let mut gone = self.events.remove(from)?;
        let kept = self.events.get_mut(into)?;
        let mut owner = from;
        // An event that was taken out gives up its id, whichever story is in it: so this undoes taking it out.
        if kept.is_taken_out && !gone.is_taken_out {
            kept.swap_identity(&mut gone);
            owner = into;
        }
        kept.revision = kept.revision.max(gone.revision) + 1;
        kept.first_seen = kept.first_seen.min(gone.first_seen);
        kept.stories.extend(gone.stories);
        self.redirects.insert(from, into);
        let owner = owner.first_story();
        let former = FormerEvent { owner, is_taken_out: gone.is_taken_out };
        self.former_ids.events.insert(gone.id, former);
        let links = link.into_iter().collect();
        Some(StoryChange::Merged {
            from: Target::Event(gone.id),
            into: Target::Event(kept.id),
            links,
        })
    }

    /// Merges two stories, and also their events if one of these has no other story. `link` is the
    /// article that caused the merge, if it was no person.
    pub(crate) fn merge_stories(
        &mut self,
        merge: Merge<fold::StoryId>,
        link: Option<ArticleId>,
    ) -> Vec<StoryChange> {
        let Merge { older, younger } = merge;
        let (left, taken) = (self.event_of(younger), self.event_of(older));
        if older == younger || !self.stories.contains(older) {
            return Vec::new();
        }
        let Some(gone) = self.stories.remove(younger) else {
            return Vec::new();
        };
        let Some(kept) = self.stories.get_mut(older) else {
            return Vec::new();
        };
        kept.revision = kept.revision.max(gone.revision) + 1;
        kept.articles += gone.articles;
        kept.versions += gone.versions;
        kept.first_seen = kept.first_seen.min(gone.first_seen);
        kept.last = kept.last.max(gone.last);
        kept.comparable += gone.comparable;
        kept.is_credited |= gone.is_credited;
        for (outlet, articles) in gone.outlets {
            *kept.outlets.entry(outlet).or_default() += articles;
        }
        let (from, into) = (Target::Story(gone.id), Target::Story(kept.id));
        self.former_ids.redirect_story(gone.id, younger, older);
        let links = link.into_iter().collect();
        let mut changes = vec![StoryChange::Merged { from, into, links }];
        changes.extend(kept.lead_if_stronger(gone.lead, gone.claim));
        changes.extend(self.leave_event(younger, left, taken, link));
        changes
    }

    /// Removes a merged story from its former event, and merges that into `taken` if it is empty.
    fn leave_event(
        &mut self,
        story: fold::StoryId,
        left: fold::EventId,
        taken: fold::EventId,
        link: Option<ArticleId>,
    ) -> Option<StoryChange> {
        let event = self.events.get_mut(left)?;
        event.stories.remove(&story);
        event.revision += 1;
        if left == taken || !event.stories.is_empty() {
            return None;
        }
        self.absorb_event(taken, left, link)
    }

    pub(crate) fn story_state(&self, story: fold::StoryId) -> Option<StoryState> {
        let story = self.stories.get(story)?;
        Some(StoryState {
            revision: story.revision,
            articles: story.articles,
            versions: story.versions,
            outlets: count(story.outlets.len()),
            first_seen: story.first_seen,
        })
    }

    pub(crate) fn event_state(&self, event: fold::EventId) -> Option<EventState> {
        let event = self.events.get(self.resolve(event))?;
        let stories = || event.stories.iter().filter_map(|story| self.stories.get(*story));
        let outlets: BTreeSet<OutletId> =
            stories().flat_map(|story| story.outlets.keys()).copied().collect();
        Some(EventState {
            revision: event.revision,
            stories: count(event.stories.len()),
            articles: stories().map(|story| story.articles).sum(),
            versions: stories().map(|story| story.versions).sum(),
            outlets: count(outlets.len()),
            origins: count(stories().filter(|story| story.comparable > 0).count()),
            // Of the articles that are in it now, not of those that left it.
            first_seen: stories().map(|it| it.first_seen).min().unwrap_or(event.first_seen),
            continues: event.continues,
        })
    }

    /// Takes over the ids and counts that a committed decision gives its story and event. An id is
    /// taken over only if no other story or event has it.
    pub(crate) fn adopt_decision(&mut self, story: fold::StoryId, record: &OutputArticle) {
        let event = self.event_of(story);
        let verdict = &record.verdict;
        let is_free = self.stories.values().all(|other| other.id != verdict.story);
        if let Some(found) = self.stories.get_mut(story) {
            if is_free {
                (found.id, found.lead) = (verdict.story, verdict.lead);
            }
            if found.id == verdict.story {
                let StoryState { revision, articles, versions, first_seen, .. } =
                    record.story_state;
                (found.revision, found.articles, found.versions) = (revision, articles, versions);
                found.first_seen = first_seen;
            }
        }
        let is_free_event = self.events.values().all(|other| other.id != verdict.event);
        if let Some(found) = self.events.get_mut(event) {
            if is_free_event {
                found.id = verdict.event;
                self.former_ids.events.remove(&found.id);
            }
            if found.id == verdict.event {
                let EventState { revision, first_seen, continues, .. } = record.event_state;
                (found.revision, found.first_seen, found.continues) =
                    (revision, first_seen, continues);
            }
        }
    }

    /// Removes events without a story that `is_known` and has an article since `oldest` (seconds),
    /// together with their stories.
    pub(crate) fn forget(&mut self, oldest: i64, is_known: impl Fn(fold::StoryId) -> bool) {
        let stories = &self.stories;
        let is_alive = |story: &fold::StoryId| {
            is_known(*story) && stories.get(*story).is_some_and(|found| found.last >= oldest)
        };
        self.events.retain(|_, event| event.stories.iter().any(is_alive));
        let kept: BTreeSet<fold::StoryId> =
            self.events.values().flat_map(|event| &event.stories).copied().collect();
        self.stories.retain(|story, _| kept.contains(&story));
        self.redirects.retain(|event| self.events.contains(event));
        let mut former = std::mem::take(&mut self.former_ids);
        former.stories.retain(|_, into| self.stories.contains(*into));
        former.events.retain(|_, event| self.events.contains(self.event_of(event.owner)));
        self.former_ids = former;
    }
}

impl Story {
    /// The story of this first article, which is not counted yet.
    fn of(first: &CountedArticle, event: fold::EventId) -> Story {
        Story {
            id: first.id.into(),
            lead: first.id,
            claim: first.claim,
            is_preferred: false,
            is_credited: false,
            event,
            revision: 0,
            articles: 0,
            versions: 0,
            outlets: BTreeMap::new(),
            first_seen: first.seen,
            comparable: 0,
            last: first.time,
        }
    }

    /// Counts an article.
    fn add(&mut self, article: &CountedArticle) {
        self.revision += 1;
        self.articles += 1;
        self.versions += u32::from(article.is_version);
        *self.outlets.entry(article.outlet).or_default() += 1;
        self.comparable += u32::from(article.comparable);
        self.last = self.last.max(article.time);
        self.first_seen = self.first_seen.min(article.seen);
    }

    /// Makes another article the lead if its evidence is stronger, unless people chose the lead.
    fn lead_if_stronger(&mut self, lead: ArticleId, claim: Claim) -> Option<StoryChange> {
        let by = claim.exceeds(&self.claim).filter(|_| !self.is_preferred)?;
        (self.lead, self.claim) = (lead, claim);
        Some(StoryChange::Lead { story: self.id, lead, by, confidence: confidence(by) })
    }
}

pub(crate) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(number: u32, outlet: u32) -> CountedArticle {
        CountedArticle {
            id: format!("a-{number:026}").parse().unwrap(),
            seen: Timestamp::UNIX_EPOCH,
            time: i64::from(number),
            outlet: OutletId::of(&outlet.to_string()),
            comparable: true,
            is_version: false,
            claim: Claim { is_outlets_own: true, ..Claim::default() },
        }
    }

    fn story_merge(older: u32, younger: u32) -> Merge<fold::StoryId> {
        Merge { older: fold::StoryId(older), younger: fold::StoryId(younger) }
    }

    fn event_merge(older: u32, younger: u32) -> Merge<fold::EventId> {
        Merge { older: fold::EventId(older), younger: fold::EventId(younger) }
    }

    /// Three stories. The first two are one event.
    fn three_stories() -> Groups {
        let mut groups = Groups::default();
        for (number, event) in [(0, 0), (1, 0), (2, 2)] {
            let (story, first) = (fold::StoryId(number), counted(number, number));
            groups.open_story(story, fold::EventId(event), &first, None);
            groups.count_article(story, &first);
        }
        groups
    }

    #[test]
    fn counts_belong_to_events() {
        let mut groups = three_stories();
        groups.count_article(
            fold::StoryId(1),
            &CountedArticle { comparable: false, ..counted(3, 0) },
        );
        let version = CountedArticle { is_version: true, ..counted(4, 0) };
        groups.count_article(fold::StoryId(1), &version);
        let story = groups.story_state(fold::StoryId(1)).unwrap();
        assert_eq!((story.revision, story.articles, story.outlets), (3, 3, 2));
        assert_eq!((story.versions, story.copies()), (1, 1));
        let event = groups.event_state(fold::EventId(0)).unwrap();
        let counts = (event.stories, event.articles, event.outlets, event.origins, event.revision);
        assert_eq!(counts, (2, 4, 2, 2, 4));
        assert_eq!((event.versions, event.copies()), (1, 1));
    }

    #[test]
    fn an_event_is_first_seen_with_the_earliest_of_its_articles() {
        let mut groups = three_stories();
        let first = groups.event_state(fold::EventId(0)).unwrap().first_seen;
        let earlier = first - jiff::SignedDuration::from_mins(5);
        let late_news = CountedArticle { seen: earlier, ..counted(5, 1) };
        groups.count_article(fold::StoryId(1), &late_news);
        assert_eq!(groups.event_state(fold::EventId(0)).unwrap().first_seen, earlier);
        groups.merge_stories(story_merge(1, 2), None);
        assert_eq!(groups.event_state(fold::EventId(2)).unwrap().first_seen, earlier);
    }

    #[test]
    fn a_merged_story_merges_its_event_if_that_is_empty() {
        let mut groups = three_stories();
        let link = counted(9, 0).id;
        let changes = groups.merge_stories(story_merge(1, 2), Some(link));
        let sorts: Vec<&str> = changes
            .iter()
            .map(|change| match change {
                StoryChange::Merged { from: Target::Story(_), .. } => "story",
                StoryChange::Merged { from: Target::Event(_), .. } => "event",
                _ => "other",
            })
            .collect();
        assert_eq!(sorts, ["story", "event"]);
        assert_eq!(groups.event_id(fold::EventId(2)), groups.event_id(fold::EventId(0)));
        let state = groups.event_state(fold::EventId(2)).unwrap();
        assert_eq!((state.stories, state.articles, state.outlets), (2, 3, 3));
        assert!(groups.merge_events(event_merge(0, 2), Some(link)).is_none());
    }

    #[test]
    fn events_that_were_joined_come_apart_with_their_ids() {
        let mut groups = Groups::default();
        let stories = [0, 1, 2].map(fold::StoryId);
        let ids = [0, 1, 2].map(|number| EventId::from(counted(number, 0).id));
        for story in stories {
            groups.open_story(story, fold::EventId::of(story), &counted(story.0, 0), None);
        }
        groups.merge_events(event_merge(1, 2), None);
        groups.merge_events(event_merge(0, 1), None);
        let fresh = counted(9, 0).id.into();
        assert!(groups.take_out(&stories[1..], fresh).is_some());
        let found = |of: &Groups| ids.map(|id| of.event_with_id(id).unwrap().0);
        assert_eq!(found(&groups), [0, 1, 1]);
        assert_eq!(groups.event_id(fold::EventId(1)), Some(ids[1]));
        assert!(groups.take_out(&stories[2..], fresh).is_some());
        assert_eq!(found(&groups), [0, 1, 2]);
        assert!(groups.former_ids.events.is_empty());
    }

    #[test]
    fn stories_that_left_the_window_are_forgotten_with_their_redirects() {
        let mut groups = three_stories();
        groups.merge_events(event_merge(0, 2), None);
        let former = counted(2, 0).id.into();
        assert_eq!(groups.event_with_id(former), Some(fold::EventId(0)));
        groups.forget(2, |_| true);
        assert_eq!(groups.stories.len(), 3, "the event of the last story lives");
        groups.forget(3, |_| true);
        assert!(groups.stories.is_empty() && groups.redirects.is_empty());
        assert_eq!(groups.event_with_id(former), None);
    }
}
