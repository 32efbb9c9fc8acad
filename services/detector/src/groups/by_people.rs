//! Changes of stories and events by people, and by division.
//!
//! Splits and preferred articles come in; the changes and the new states go out. It never decides who is right.

use wirefold_dedup::{self as dedup, Split};
use wirefold_proto::{ArticleId, EventAfter, EventId, StoryAfter, StoryChange, StoryId};

use super::{Entering, Groups, Story, count};
use crate::lead::Claim;

/// A member of a story that is in the window.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    pub(crate) article: Entering,
    /// Whether it names an agency.
    pub(crate) is_credited: bool,
}

/// Articles that leave a story, and those that stay and are in the window.
pub(crate) struct Leaving<'a> {
    pub(crate) split: &'a Split,
    pub(crate) moved: Vec<Member>,
    pub(crate) rest: Vec<Member>,
}

/// Two stories that were one.
pub(crate) struct Parted {
    pub(crate) from: StoryId,
    pub(crate) into: StoryId,
    /// Those that left.
    pub(crate) articles: Vec<ArticleId>,
    /// The articles that stand for one of the two from now on.
    leads: Vec<(StoryId, ArticleId)>,
}

impl Groups {
    /// The story of this id, or what it became part of.
    pub(crate) fn story_called(&self, id: StoryId) -> Option<dedup::StoryId> {
        let mut found = self.stories.iter().filter(|(_, story)| story.id == id);
        found.next().map(|(number, _)| number).or_else(|| self.former.stories.get(&id).copied())
    }

    /// The event of this id, or what it became part of.
    pub(crate) fn event_called(&self, id: EventId) -> Option<dedup::EventId> {
        let mut found = self.events.iter().filter(|(_, event)| event.id == id);
        let found = found.next().map(|(number, _)| number);
        let former = || self.former.events.get(&id).map(|event| self.resolve(*event));
        found.or_else(former)
    }

    /// Has articles leave their story for one of their own, in the same event, since people say so.
    pub(crate) fn split(&mut self, leaving: &Leaving<'_>) -> Vec<StoryChange> {
        let Some(Parted { from, into, articles, leads }) = self.part(leaving) else {
            return Vec::new();
        };
        let mut changes = vec![StoryChange::Split { from, into, articles }];
        let preferred = leads.into_iter();
        changes.extend(preferred.map(|(story, lead)| StoryChange::Preferred { story, lead }));
        changes
    }

    /// Has articles leave their story for one of their own, in the same event.
    pub(crate) fn part(&mut self, leaving: &Leaving<'_>) -> Option<Parted> {
        let Leaving { split, moved, rest } = leaving;
        let first = moved.first()?;
        let from = self.stories.get_mut(split.from)?;
        let before = from.lead;
        let into = from.split_off(first, moved, rest);
        let kept = (from.lead != before).then_some((from.id, from.lead));
        let (from, event) = (from.id, from.event);
        let (id, lead) = (into.id, into.lead);
        self.former.stories.remove(&id);
        self.stories.insert(split.into, into);
        let event = self.resolve(event);
        if let Some(found) = self.events.get_mut(event) {
            found.stories.insert(split.into);
            found.revision += 1;
        }
        let articles = moved.iter().map(|member| member.article.id).collect();
        let chosen = (lead != first.article.id).then_some((id, lead));
        let leads = chosen.into_iter().chain(kept).collect();
        Some(Parted { from, into: id, articles, leads })
    }

    /// Has an article stand for its story; none where it does.
    pub(crate) fn prefer(
        &mut self,
        story: dedup::StoryId,
        lead: ArticleId,
        at: u64,
    ) -> Option<StoryChange> {
        let found = self.stories.get_mut(story)?;
        found.is_preferred = true;
        if found.lead == lead {
            return None;
        }
        (found.lead, found.lead_fetched) = (lead, Some(at));
        found.revision += 1;
        Some(StoryChange::Preferred { story: found.id, lead })
    }

    /// How stories stand.
    pub(crate) fn stories_after(&self, stories: &[dedup::StoryId]) -> Vec<StoryAfter> {
        let after = |story: &dedup::StoryId| {
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

    /// How events stand, each once.
    pub(crate) fn events_after(&self, events: &[dedup::EventId]) -> Vec<EventAfter> {
        let mut events: Vec<dedup::EventId> =
            events.iter().map(|event| self.resolve(*event)).collect();
        events.sort_unstable();
        events.dedup();
        let after = |event: &dedup::EventId| {
            Some(EventAfter { event: self.event_id(*event)?, state: self.event_state(*event)? })
        };
        events.iter().filter_map(after).collect()
    }
}

impl Story {
    /// Chooses among these, in the order in which they were seen.
    fn lead_by_evidence(&mut self, members: &[Member]) {
        let of = |member: &Member| {
            let Entering { id, fetched, claim, .. } = member.article;
            (id, Some(fetched), claim)
        };
        let Some((first, others)) = members.split_first() else { return };
        (self.lead, self.lead_fetched, self.claim) = of(first);
        for other in others {
            self.follow(of(other));
        }
    }

    /// The story that these form, which are taken out of it; `rest` stays, as far as it is in the
    /// window. Both are in order, and `first` is the first that moved.
    fn split_off(&mut self, first: &Member, moved: &[Member], rest: &[Member]) -> Story {
        let mut into = Story {
            id: first.article.id.into(),
            lead: first.article.id,
            lead_fetched: Some(first.article.fetched),
            claim: first.article.claim,
            is_preferred: false,
            is_credited: moved.iter().any(|member| member.is_credited),
            event: self.event,
            revision: 1,
            articles: count(moved.len()),
            // The first of a story is its own text, whatever it was in the other.
            versions: versions(moved.get(1..).unwrap_or_default()),
            outlets: Default::default(),
            first_seen: first.article.seen,
            comparable: 0,
            last: first.article.time,
        };
        for member in moved {
            *into.outlets.entry(member.article.outlet).or_default() += 1;
            into.comparable += u32::from(member.article.comparable);
            into.first_seen = into.first_seen.min(member.article.seen);
            into.last = into.last.max(member.article.time);
            if let Some(articles) = self.outlets.get_mut(&member.article.outlet) {
                *articles = articles.saturating_sub(1);
            }
        }
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
        into.lead_by_evidence(moved);
        if moved.iter().any(|member| member.article.id == self.lead) {
            if self.is_preferred {
                // It was chosen to stand for its text, and that moved with it.
                (into.lead, into.lead_fetched, into.claim) =
                    (self.lead, self.lead_fetched, self.claim);
            }
            into.is_preferred = std::mem::take(&mut self.is_preferred);
            (self.lead, self.lead_fetched, self.claim) = (self.id.into(), None, Claim::default());
            self.lead_by_evidence(rest);
        }
        into
    }
}

/// How many of these are later versions of another.
fn versions(members: &[Member]) -> u32 {
    count(members.iter().filter(|member| member.article.is_version).count())
}
