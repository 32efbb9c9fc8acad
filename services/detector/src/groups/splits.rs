//! Splits stories and changes their leads, because of a manual override.
//!
//! Splits and preferred articles come in; the changes and the new states go out. This module never
//! decides whether a change is right.

use wirefold_fold::{self as fold, Split};
use wirefold_proto::{ArticleId, EventAfter, EventId, StoryAfter, StoryChange, StoryId};

use super::{CountedArticle, Event, Groups, Story, count};
use crate::lead::Claim;

/// A member of a story that is in the window.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    pub(crate) article: CountedArticle,
    /// Whether it names an agency.
    pub(crate) is_credited: bool,
}

/// A split of a story with the data of its articles that are in the window.
pub(crate) struct SplitMembers<'a> {
    pub(crate) split: &'a Split,
    pub(crate) moved: Vec<Member>,
    pub(crate) rest: Vec<Member>,
}

impl Groups {
    /// The story with this id, or the story that it was merged into.
    pub(crate) fn story_with_id(&self, id: StoryId) -> Option<fold::StoryId> {
        let mut found = self.stories.iter().filter(|(_, story)| story.id == id);
        found.next().map(|(number, _)| number).or_else(|| self.former_ids.stories.get(&id).copied())
    }

    /// The event with this id, or the event that it was merged into.
    pub(crate) fn event_with_id(&self, id: EventId) -> Option<fold::EventId> {
        let mut found = self.events.iter().filter(|(_, event)| event.id == id);
        let found = found.next().map(|(number, _)| number);
        let former = || self.former_ids.events.get(&id).map(|event| self.event_of(event.owner));
        found.or_else(former)
    }

    /// Moves articles from their story to a new one in the same event, because of a manual override. Returns the
    /// changes to report.
    pub(crate) fn split_by_override(&mut self, leaving: &SplitMembers<'_>) -> Vec<StoryChange> {
        let SplitMembers { split, moved, rest } = leaving;
        let (Some(first), Some(from)) = (moved.first(), self.stories.get_mut(split.from)) else {
            return Vec::new();
        };
        let before = from.lead;
        let into = from.split_off(first, moved, rest);
        let articles = moved.iter().map(|member| member.article.id).collect();
        let mut changes = vec![StoryChange::Split { from: from.id, into: into.id, articles }];
        let preferred =
            |story: &Story| StoryChange::Preferred { story: story.id, lead: story.lead };
        changes.extend((into.lead != first.article.id).then(|| preferred(&into)));
        changes.extend((from.lead != before).then(|| preferred(from)));
        let event = from.event;
        self.former_ids.stories.remove(&into.id);
        self.stories.insert(split.into, into);
        let resolved = self.resolve(event);
        if let Some(found) = self.events.get_mut(resolved) {
            found.stories.insert(split.into);
            found.revision += 1;
        }
        changes
    }

    /// Takes stories out of their event, into an event of their own, with the id of the event that they were before, or
    /// else with this one; the event that they leave keeps its id. Returns the stories whose event has another number
    /// now, or `None` if the event has no others.
    pub(crate) fn take_out(
        &mut self,
        stories: &[fold::StoryId],
        fresh: EventId,
    ) -> Option<Vec<fold::StoryId>> {
        let from = self.event_of(*stories.first()?);
        let found = self.events.get_mut(from)?;
        // The number of an event is that of its first story. If that one leaves, the others get another number.
        let is_first = stories.iter().any(|story| fold::EventId::of(*story) == from);
        let all = found.stories.iter().copied();
        let leaving: Vec<fold::StoryId> =
            all.filter(|it| stories.contains(it) != is_first).collect();
        let into = fold::EventId::of(*leaving.first()?);
        if leaving.len() == found.stories.len() || into == from {
            return None;
        }
        found.revision += 1;
        found.stories.retain(|it| !leaving.contains(it));
        let before = self.former_ids.take_event(stories);
        let (id, is_taken_out) = before.map_or((fresh, true), |(id, it)| (id, it.is_taken_out));
        let mut divided = Event {
            id,
            stories: leaving.iter().copied().collect(),
            revision: found.revision,
            first_seen: found.first_seen,
            continues: None,
            is_taken_out,
        };
        if is_first {
            found.swap_identity(&mut divided);
        }
        self.redirects.split(from, into);
        self.events.insert(into, divided);
        for left in &leaving {
            if let Some(left) = self.stories.get_mut(*left) {
                left.event = into;
            }
        }
        Some(leaving)
    }

    /// Makes an article the lead of its story by a manual override; `None` if it leads already.
    pub(crate) fn prefer(&mut self, story: fold::StoryId, lead: ArticleId) -> Option<StoryChange> {
        let found = self.stories.get_mut(story)?;
        found.is_preferred = true;
        if found.lead == lead {
            return None;
        }
        found.lead = lead;
        found.revision += 1;
        Some(StoryChange::Preferred { story: found.id, lead })
    }

    /// The present states of stories.
    pub(crate) fn stories_after(&self, stories: &[fold::StoryId]) -> Vec<StoryAfter> {
        let after = |story: &fold::StoryId| {
            let found = self.stories.get(*story)?;
            Some(StoryAfter {
                story: found.id,
                event: self.event_id(found.event)?,
                lead: found.lead,
                state: self.story_state(*story)?,
            })
        };
        stories.iter().filter_map(after).collect()
    }

    /// The present states of events, each once.
    pub(crate) fn events_after(&self, events: &[fold::EventId]) -> Vec<EventAfter> {
        let mut events: Vec<fold::EventId> =
            events.iter().map(|event| self.resolve(*event)).collect();
        events.sort_unstable();
        events.dedup();
        let after = |event: &fold::EventId| {
            Some(EventAfter { event: self.event_id(*event)?, state: self.event_state(*event)? })
        };
        events.iter().filter_map(after).collect()
    }
}

impl Story {
    /// Chooses the lead among these members, which are in the order in which they were seen.
    fn choose_lead(&mut self, members: &[Member]) {
        let Some((first, others)) = members.split_first() else { return };
        (self.lead, self.claim) = (first.article.id, first.article.claim);
        for other in others {
            self.lead_if_stronger(other.article.id, other.article.claim);
        }
    }

    /// Moves articles out of this story and returns the new story that they form. `rest` has the
    /// remaining articles that are in the window. Both lists are in order, and `first` is the first
    /// article that moved.
    fn split_off(&mut self, first: &Member, moved: &[Member], rest: &[Member]) -> Story {
        let mut into = Story::of(&first.article, self.event);
        into.is_credited = moved.iter().any(|member| member.is_credited);
        for member in moved {
            into.add(&member.article);
            if let Some(articles) = self.outlets.get_mut(&member.article.outlet) {
                *articles = articles.saturating_sub(1);
            }
        }
        into.revision = 1;
        // The first article of a story is no version there, even if it was one in the old story.
        into.versions -= u32::from(first.article.is_version);
        self.outlets.retain(|_, articles| *articles > 0);
        self.revision += 1;
        self.articles = self.articles.saturating_sub(into.articles);
        self.versions = self.versions.saturating_sub(versions(moved));
        self.comparable = self.comparable.saturating_sub(into.comparable);
        if rest.first().is_some_and(|member| StoryId::from(member.article.id) == self.id) {
            let seen = rest.iter().map(|member| member.article.seen).min();
            self.first_seen = seen.unwrap_or(self.first_seen);
        }
        self.last = rest.iter().map(|member| member.article.time).max().unwrap_or(self.last);
        if into.is_credited {
            self.is_credited = rest.iter().any(|member| member.is_credited);
        }
        into.choose_lead(moved);
        if moved.iter().any(|member| member.article.id == self.lead) {
            if self.is_preferred {
                // People chose this article for its text, which is now in the new story.
                (into.lead, into.claim) = (self.lead, self.claim);
            }
            into.is_preferred = std::mem::take(&mut self.is_preferred);
            (self.lead, self.claim) = (self.id.into(), Claim::default());
            self.choose_lead(rest);
        }
        into
    }
}

/// How many of these articles are later versions of another one.
fn versions(members: &[Member]) -> u32 {
    count(members.iter().filter(|member| member.article.is_version).count())
}
