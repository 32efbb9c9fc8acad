//! Applies manual overrides of stories, in order among the articles.
//!
//! A command comes in; its record goes out, with the changes or with the reason why it is refused.
//! A command is applied as a whole or not at all. It does not advance stream time, and its effect
//! depends only on earlier inputs, so a replay has the same effect. This module never knows who
//! sent the command.

use std::collections::BTreeMap;

use thiserror::Error;
use wirefold_fold::{self as fold, DocId, Merge, OutletId, Split, word_hash};
use wirefold_proto::{
    ArticleId, Command, CommandOutcome, ControlCommand, DecisionId, EventId, Offsets, Outlet,
    OutputCommand, StoryChange, StoryId, Tag, Target,
};

use super::DetectorState;
use crate::groups::{Member, SplitMembers};
use crate::window_article::WindowArticle;

/// How many of the last commands are recognised if they come again.
const MAX_REMEMBERED: usize = 4_096;
/// The most articles that one command may move to another story. The record of the command must fit
/// into a message.
const MAX_MOVED: usize = 2_000;

/// The most stories that the record of two joined events names: those of the one that is gone.
const MAX_NAMED: usize = 200;

/// Why a command is not applied.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
enum Refusal {
    #[error("no articles are named")]
    NoArticles,
    #[error("no article {0} in the window")]
    UnknownArticle(ArticleId),
    #[error("no story {0} in the window")]
    UnknownStory(StoryId),
    #[error("no event {0} in the window")]
    UnknownEvent(EventId),
    #[error("article {article} is not in story {story} but in {found}")]
    InAnotherStory { article: ArticleId, story: StoryId, found: StoryId },
    #[error("these are all the articles of story {0}: nothing would be left of it")]
    AllArticles(StoryId),
    #[error("{0} and {1} are one already")]
    AlreadyOne(Target, Target),
    #[error("story {0} is the only one of its event")]
    OnlyStory(StoryId),
    #[error("these are all the stories of event {0}: nothing would be left of it")]
    AllStories(EventId),
    #[error("story {0} is not in event {1}")]
    InAnotherEvent(StoryId, EventId),
    #[error("{0} is one article: it cannot be kept apart from itself")]
    SameArticle(ArticleId),
    #[error("{0} and {1} are a story and an event: only two of a sort can be made one")]
    DifferentKinds(Target, Target),
    #[error("story {story} has no article from {outlet} itself in the window")]
    NoneOfOutlet { story: StoryId, outlet: Outlet },
    #[error("up to {0} articles would change their story: at most {MAX_MOVED} can at once")]
    TooMany(usize),
    #[error("that is not a command about stories")]
    NotAboutStories,
}

/// The effect of a command.
#[derive(Debug, Default)]
struct Effect {
    changes: Vec<StoryChange>,
    /// The stories and events whose state the record reports.
    stories: Vec<fold::StoryId>,
    events: Vec<fold::EventId>,
}

/// The id of an event that a command makes: no other event ever had it.
fn fresh_event(command: &str) -> EventId {
    let [high, low] =
        ["event", "event of"].map(|of| u128::from(word_hash(&format!("{of} {command}"))));
    EventId::from_number((high << 64) | low)
}

impl DetectorState {
    /// Whether a command was applied or refused before.
    pub(crate) fn has_applied(&self, command: &ControlCommand) -> bool {
        self.recent_commands.contains(&word_hash(&command.id))
    }

    /// Applies a command or refuses it, and remembers its id in both cases.
    pub(crate) fn apply_command(
        &mut self,
        command: ControlCommand,
        decision: DecisionId,
        input: Offsets,
    ) -> OutputCommand {
        self.recent_commands.push_back(word_hash(&command.id));
        if self.recent_commands.len() > MAX_REMEMBERED {
            self.recent_commands.pop_front();
        }
        let (outcome, effect) = match self.execute(&command) {
            Ok(effect) => (CommandOutcome::Applied, effect),
            Err(refusal) => {
                (CommandOutcome::Refused { reason: refusal.to_string() }, Effect::default())
            }
        };
        OutputCommand {
            schema: Tag::new(),
            decision,
            input,
            command,
            outcome,
            changes: effect.changes,
            stories: self.groups.stories_after(&effect.stories),
            events: self.groups.events_after(&effect.events),
        }
    }

    fn execute(&mut self, command: &ControlCommand) -> Result<Effect, Refusal> {
        let fresh = fresh_event(&command.id);
        match &command.command {
            Command::Split { story, articles } => self.split(*story, articles),
            Command::Merge { into: Target::Story(one), from: Target::Story(other) } => {
                self.merge_stories(*one, *other)
            }
            Command::Merge { into: Target::Event(one), from: Target::Event(other) } => {
                self.merge_events(*one, *other)
            }
            Command::Merge { into, from } => Err(Refusal::DifferentKinds(*into, *from)),
            Command::Prefer { story, outlet } => self.prefer(*story, outlet),
            Command::Move { story, with } => self.take_out(*story, with, fresh),
            Command::NotTheSame { one, other } => self.keep_apart(*one, *other, fresh),
            _ => Err(Refusal::NotAboutStories),
        }
    }

    fn split(&mut self, id: StoryId, articles: &[ArticleId]) -> Result<Effect, Refusal> {
        if articles.is_empty() {
            return Err(Refusal::NoArticles);
        }
        let story = self.story(id)?;
        let leaving = self.article_numbers(articles)?;
        for (article, number) in &leaving {
            let found = self.detector.story_with(*number).filter(|found| *found != story);
            if let Some(found) = found {
                let name = self.groups.story(found).map_or(id, |other| other.id);
                return Err(Refusal::InAnotherStory { article: *article, story: id, found: name });
            }
        }
        let leaving: Vec<DocId> = leaving.into_values().collect();
        let rest = self.detector.members(story).len().saturating_sub(leaving.len());
        // The first article keeps the id. If it leaves, the others form the new story.
        let moves = if leaving.contains(&story.first_article()) { rest } else { leaving.len() };
        if moves > MAX_MOVED {
            return Err(Refusal::TooMany(moves));
        }
        let split = self.detector.split(story, &leaving).ok_or(Refusal::AllArticles(id))?;
        Ok(self.update_after_split(&split))
    }

    /// Takes a story out of its event, with others of it.
    fn take_out(
        &mut self,
        id: StoryId,
        with: &[StoryId],
        fresh: EventId,
    ) -> Result<Effect, Refusal> {
        let mut stories = vec![self.story(id)?];
        let event = self.groups.event_of(stories[0]);
        let name = self.groups.event_id(event).ok_or(Refusal::UnknownStory(id))?;
        for other in with {
            let story = self.story(*other)?;
            if self.groups.event_of(story) != event {
                return Err(Refusal::InAnotherEvent(*other, name));
            }
            stories.push(story);
        }
        let none_left = match with {
            [] => Refusal::OnlyStory(id),
            _ => Refusal::AllStories(name),
        };
        self.divide_event(stories, fresh).ok_or(none_left)
    }

    fn divide_event(&mut self, stories: Vec<fold::StoryId>, fresh: EventId) -> Option<Effect> {
        let before = self.groups.event_of(*stories.first()?);
        let leaving = self.groups.take_out(&stories, fresh)?;
        self.detector.divide_event(&leaving);
        let after = self.groups.event_of(*leaving.first()?);
        Some(Effect { changes: Vec::new(), stories, events: vec![before, after] })
    }

    fn keep_apart(
        &mut self,
        one: ArticleId,
        other: ArticleId,
        fresh: EventId,
    ) -> Result<Effect, Refusal> {
        if one == other {
            return Err(Refusal::SameArticle(one));
        }
        let numbers = self.article_numbers(&[one, other])?;
        let (Some(first), Some(second)) = (numbers.get(&one), numbers.get(&other)) else {
            return Err(Refusal::UnknownArticle(one));
        };
        // How many members will leave is known only afterwards, so all members count.
        let shared = self.detector.story_with(*second);
        let shared = shared.filter(|shared| self.detector.story_with(*first) == Some(*shared));
        let members = shared.map(|shared| self.detector.members(shared).len());
        if let Some(members) = members.filter(|members| *members > MAX_MOVED) {
            return Err(Refusal::TooMany(members));
        }
        let split = self.detector.keep_apart(*first, *second);
        if let Some(split) = split {
            return Ok(self.update_after_split(&split));
        }
        let of_article = |number: &DocId| self.detector.story_with(*number);
        let stories: Vec<fold::StoryId> =
            [first, second].into_iter().filter_map(of_article).collect();
        let event_of = |story: &fold::StoryId| self.groups.event_of(*story);
        let is_one_event = stories.first().map(event_of) == stories.last().map(event_of);
        // They were two stories already. If these are in one event, the later one leaves it.
        let later =
            stories.iter().max().filter(|_| is_one_event && stories.first() != stories.last());
        let divided = later.and_then(|later| self.divide_event(vec![*later], fresh));
        let events = divided.map(|it| it.events).unwrap_or_default();
        Ok(Effect { changes: Vec::new(), stories, events })
    }

    /// Updates the counts of two stories that `fold` has split.
    fn update_after_split(&mut self, split: &Split) -> Effect {
        let rest = self.detector.members(split.from);
        let leaving = SplitMembers {
            split,
            moved: self.window_members(&split.moved),
            rest: self.window_members(&rest),
        };
        let changes = self.groups.split_by_override(&leaving);
        let stories = vec![split.from, split.into];
        Effect { changes, stories, events: vec![self.groups.event_of(split.from)] }
    }

    fn merge_stories(&mut self, one: StoryId, other: StoryId) -> Result<Effect, Refusal> {
        let (first, second) = (self.story(one)?, self.story(other)?);
        let left = [first, second].map(|story| self.groups.event_of(story));
        let merge = self.detector.merge_stories(first, second);
        let merge = merge.ok_or(Refusal::AlreadyOne(Target::Story(one), Target::Story(other)))?;
        let changes = self.groups.merge_stories(merge, None);
        Ok(Effect { changes, stories: vec![merge.older], events: left.to_vec() })
    }

    fn merge_events(&mut self, one: EventId, other: EventId) -> Result<Effect, Refusal> {
        let event = |id| self.groups.event_with_id(id).ok_or(Refusal::UnknownEvent(id));
        let (first, second) = (event(one)?, event(other)?);
        if first == second {
            return Err(Refusal::AlreadyOne(Target::Event(one), Target::Event(other)));
        }
        // `fold` may have merged them already, or know one by another id. This service's events
        // decide.
        let before = [first, second].map(|number| self.groups.stories_of(number));
        self.detector.merge_events(first, second);
        let merge = Merge { older: first.min(second), younger: first.max(second) };
        let change = self.groups.merge_events(merge, None);
        let gone = change.iter().find_map(|it| match it {
            StoryChange::Merged { from, .. } => Some(*from),
            _ => None,
        });
        // To take these out again undoes it.
        let joined = before.into_iter().flatten().find(|(id, _)| gone == Some(Target::Event(*id)));
        let joined = joined.filter(|(_, stories)| stories.len() <= MAX_NAMED);
        let stories = joined.map(|(_, stories)| stories).unwrap_or_default();
        Ok(Effect { changes: change.into_iter().collect(), stories, events: vec![merge.older] })
    }

    fn prefer(&mut self, id: StoryId, outlet: &Outlet) -> Result<Effect, Refusal> {
        let story = self.story(id)?;
        let wanted = OutletId::of(outlet.as_str());
        let members = self.detector.members(story).into_iter();
        let mut window_articles = members.filter_map(|member| self.window_articles.get(member));
        let is_wanted = |article: &&WindowArticle| {
            article.counted.outlet == wanted && article.counted.is_outlets_own()
        };
        let last = window_articles.rfind(is_wanted);
        let last = last.map(|article| article.counted.id);
        let lead = last.ok_or(Refusal::NoneOfOutlet { story: id, outlet: outlet.clone() })?;
        let changes = self.groups.prefer(story, lead).into_iter().collect();
        Ok(Effect { changes, stories: vec![story], events: Vec::new() })
    }

    fn story(&self, id: StoryId) -> Result<fold::StoryId, Refusal> {
        // A story without articles in the window may still be known, because its event has other
        // stories.
        let story = self.groups.story_with_id(id);
        let story = story.filter(|story| !self.detector.members(*story).is_empty());
        story.ok_or(Refusal::UnknownStory(id))
    }

    /// The numbers of these articles. Refuses the command if one of them is not in the window.
    fn article_numbers(
        &self,
        articles: &[ArticleId],
    ) -> Result<BTreeMap<ArticleId, DocId>, Refusal> {
        let mut wanted: BTreeMap<ArticleId, Option<DocId>> =
            articles.iter().map(|article| (*article, None)).collect();
        for (number, article) in self.window_articles.iter() {
            if let Some(found) = wanted.get_mut(&article.counted.id)
                && self.detector.story_with(number).is_some()
            {
                *found = Some(number);
            }
        }
        let found = |(article, number): (ArticleId, Option<DocId>)| {
            number.map(|number| (article, number)).ok_or(Refusal::UnknownArticle(article))
        };
        wanted.into_iter().map(found).collect()
    }

    /// The data by which stories count these articles, without those that left the window.
    pub(super) fn window_members(&self, docs: &[DocId]) -> Vec<Member> {
        let member = |doc: &DocId| {
            let article = self.window_articles.get(*doc)?.counted;
            let is_credited = !self.detector.agency_traces(*doc).is_empty();
            Some(Member { article, is_credited })
        };
        docs.iter().filter_map(member).collect()
    }
}
