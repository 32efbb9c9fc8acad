//! Applies manual overrides of stories, in order among the articles.
//!
//! A command comes in; its record goes out, with the changes or with the reason why it is refused. A command is
//! applied whole or not at all. It moves no clock, and its effect depends only on earlier inputs, so that a replay
//! has the same effect. It never knows who sent the command.

use std::collections::BTreeMap;

use thiserror::Error;
use wirefold_dedup::{self as dedup, DocId, Merge, OutletId, Split, word_hash};
use wirefold_proto::{
    ArticleId, Command, CommandJudged, CommandOutcome, ControlCommand, DecisionId, EventId,
    Offsets, Outlet, StoryChange, StoryId, Tag, Target,
};

use super::Learning;
use crate::groups::{Leaving, Member};
use crate::window_article::WindowArticle;

/// Commands that are known when they come again.
const REMEMBERED: usize = 4_096;
/// The most articles that change their story by one command: the record of it must fit a message.
const MOST_MOVED: usize = 2_000;

/// Why a command is not applied.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
enum Refusal {
    #[error("no articles are named")]
    Nothing,
    #[error("no article {0} in the window")]
    Article(ArticleId),
    #[error("no story {0} in the window")]
    Story(StoryId),
    #[error("no event {0} in the window")]
    Event(EventId),
    #[error("article {article} is not in story {story} but in {found}")]
    Elsewhere { article: ArticleId, story: StoryId, found: StoryId },
    #[error("these are all the articles of story {0}: nothing would be left of it")]
    All(StoryId),
    #[error("{0} and {1} are one already")]
    One(Target, Target),
    #[error("{0} is one article: it cannot be kept apart from itself")]
    Itself(ArticleId),
    #[error("{0} and {1} are a story and an event: only two of a sort can be made one")]
    Sorts(Target, Target),
    #[error("story {story} has no article from {outlet} itself in the window")]
    Outlet { story: StoryId, outlet: Outlet },
    #[error("up to {0} articles would change their story: at most {MOST_MOVED} can at once")]
    Many(usize),
    #[error("that is no command about stories")]
    Foreign,
}

/// What a command brought about.
#[derive(Debug, Default)]
struct Done {
    changes: Vec<StoryChange>,
    /// The stories and events concerned.
    stories: Vec<dedup::StoryId>,
    events: Vec<dedup::EventId>,
}

impl Learning {
    /// Whether a command was applied or refused already.
    pub(crate) fn has_applied(&self, command: &ControlCommand) -> bool {
        self.applied.contains(&word_hash(&command.id))
    }

    /// Applies a command, or refuses it; either is remembered.
    pub(crate) fn apply_command(
        &mut self,
        command: ControlCommand,
        decision: DecisionId,
        input: Offsets,
    ) -> CommandJudged {
        self.applied.push_back(word_hash(&command.id));
        if self.applied.len() > REMEMBERED {
            self.applied.pop_front();
        }
        let (outcome, done) = match self.carry_out(&command.command) {
            Ok(done) => (CommandOutcome::Applied, done),
            Err(refusal) => {
                (CommandOutcome::Refused { reason: refusal.to_string() }, Done::default())
            }
        };
        let mut changes = Vec::new();
        if !done.changes.is_empty() {
            // Those that wait were made before, and are told before.
            changes.extend(self.waiting.drain(..));
            changes.extend(done.changes);
        }
        CommandJudged {
            schema: Tag::new(),
            decision,
            input,
            command,
            outcome,
            changes,
            stories: self.groups.stories_after(&done.stories),
            events: self.groups.events_after(&done.events),
        }
    }

    fn carry_out(&mut self, command: &Command) -> Result<Done, Refusal> {
        match command {
            Command::Split { story, articles } => self.split(*story, articles),
            Command::Merge { into: Target::Story(one), from: Target::Story(other) } => {
                self.unite_stories(*one, *other)
            }
            Command::Merge { into: Target::Event(one), from: Target::Event(other) } => {
                self.unite_events(*one, *other)
            }
            Command::Merge { into, from } => Err(Refusal::Sorts(*into, *from)),
            Command::Prefer { story, outlet } => self.prefer(*story, outlet),
            Command::NotTheSame { one, other } => self.keep_apart(*one, *other),
            _ => Err(Refusal::Foreign),
        }
    }

    fn split(&mut self, id: StoryId, articles: &[ArticleId]) -> Result<Done, Refusal> {
        if articles.is_empty() {
            return Err(Refusal::Nothing);
        }
        let story = self.story(id)?;
        let leaving = self.numbers(articles)?;
        for (article, number) in &leaving {
            let found = self.dedup.story_with(*number).filter(|found| *found != story);
            if let Some(found) = found {
                let name = self.groups.story(found).map_or(id, |other| other.id);
                return Err(Refusal::Elsewhere { article: *article, story: id, found: name });
            }
        }
        let leaving: Vec<DocId> = leaving.into_values().collect();
        let rest = self.dedup.members(story).len().saturating_sub(leaving.len());
        // The first article keeps the id: where it leaves, the others are the new story.
        let moves = if leaving.contains(&story.first_article()) { rest } else { leaving.len() };
        if moves > MOST_MOVED {
            return Err(Refusal::Many(moves));
        }
        let split = self.dedup.split(story, &leaving).ok_or(Refusal::All(id))?;
        Ok(self.follow(&split))
    }

    fn keep_apart(&mut self, one: ArticleId, other: ArticleId) -> Result<Done, Refusal> {
        if one == other {
            return Err(Refusal::Itself(one));
        }
        let numbers = self.numbers(&[one, other])?;
        let (Some(first), Some(second)) = (numbers.get(&one), numbers.get(&other)) else {
            return Err(Refusal::Article(one));
        };
        // How many of them leave is known only once they do.
        let shared = self.dedup.story_with(*second);
        let shared = shared.filter(|shared| self.dedup.story_with(*first) == Some(*shared));
        let members = shared.map(|shared| self.dedup.members(shared).len());
        if let Some(members) = members.filter(|members| *members > MOST_MOVED) {
            return Err(Refusal::Many(members));
        }
        let split = self.dedup.keep_apart(*first, *second);
        let done = split.map(|split| self.follow(&split));
        Ok(done.unwrap_or_else(|| {
            let story = |number: &DocId| self.dedup.story_with(*number);
            let stories = [first, second].into_iter().filter_map(story).collect();
            Done { stories, ..Done::default() }
        }))
    }

    /// Counts anew what dedup has split.
    fn follow(&mut self, split: &Split) -> Done {
        let rest = self.dedup.members(split.from);
        let leaving =
            Leaving { split, moved: self.members(&split.moved), rest: self.members(rest) };
        let changes = self.groups.split(&leaving);
        let stories = vec![split.from, split.into];
        Done { changes, stories, events: vec![self.groups.event_of(split.from)] }
    }

    fn unite_stories(&mut self, one: StoryId, other: StoryId) -> Result<Done, Refusal> {
        let (first, second) = (self.story(one)?, self.story(other)?);
        let left = [first, second].map(|story| self.groups.event_of(story));
        let merge = self.dedup.unite_stories(first, second);
        let merge = merge.ok_or(Refusal::One(Target::Story(one), Target::Story(other)))?;
        let changes = self.groups.merge_stories(merge, None);
        Ok(Done { changes, stories: vec![merge.older], events: left.to_vec() })
    }

    fn unite_events(&mut self, one: EventId, other: EventId) -> Result<Done, Refusal> {
        let event = |id| self.groups.event_called(id).ok_or(Refusal::Event(id));
        let (first, second) = (event(one)?, event(other)?);
        if first == second {
            return Err(Refusal::One(Target::Event(one), Target::Event(other)));
        }
        // dedup may have made them one, or know one of them as another: what counts is said here.
        self.dedup.unite_events(first, second);
        let merge = Merge { older: first.min(second), younger: first.max(second) };
        let changes = self.groups.merge_events(merge, None).into_iter().collect();
        Ok(Done { changes, stories: Vec::new(), events: vec![merge.older] })
    }

    fn prefer(&mut self, id: StoryId, outlet: &Outlet) -> Result<Done, Refusal> {
        let story = self.story(id)?;
        let wanted = OutletId::of(outlet.as_str());
        let members = self.dedup.members(story).iter();
        let mut places = members.filter_map(|member| self.places.get(*member));
        let is_wanted = |place: &&WindowArticle| {
            place.article.outlet == wanted && place.article.is_outlets_own()
        };
        let last = places.rfind(is_wanted);
        let last = last.map(|place| (place.article.id, place.article.fetched));
        let (lead, at) = last.ok_or(Refusal::Outlet { story: id, outlet: outlet.clone() })?;
        // What people prefer as one is one.
        self.dedup.keep_whole(story);
        let changes = self.groups.prefer(story, lead, at).into_iter().collect();
        Ok(Done { changes, stories: vec![story], events: Vec::new() })
    }

    fn story(&self, id: StoryId) -> Result<dedup::StoryId, Refusal> {
        // Its event may live on in other stories when the last of its articles has left.
        let story = self.groups.story_called(id);
        let story = story.filter(|story| !self.dedup.members(*story).is_empty());
        story.ok_or(Refusal::Story(id))
    }

    /// The numbers of articles; all of them are in the window.
    fn numbers(&self, articles: &[ArticleId]) -> Result<BTreeMap<ArticleId, DocId>, Refusal> {
        let mut wanted: BTreeMap<ArticleId, Option<DocId>> =
            articles.iter().map(|article| (*article, None)).collect();
        for (number, place) in self.places.iter() {
            if let Some(found) = wanted.get_mut(&place.article.id)
                && self.dedup.story_with(number).is_some()
            {
                *found = Some(number);
            }
        }
        let found = |(article, number): (ArticleId, Option<DocId>)| {
            number.map(|number| (article, number)).ok_or(Refusal::Article(article))
        };
        wanted.into_iter().map(found).collect()
    }

    /// What stories count of these, as far as they are in the window.
    pub(super) fn members(&self, docs: &[DocId]) -> Vec<Member> {
        let member = |doc: &DocId| {
            let article = self.places.get(*doc)?.article;
            let is_credited = !self.dedup.agency_traces(*doc).is_empty();
            Some(Member { article, is_credited })
        };
        docs.iter().filter_map(member).collect()
    }
}
