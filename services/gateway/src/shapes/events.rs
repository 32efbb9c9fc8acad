//! Events and the stories in them.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::{Agency, EventId, LanguageTag, Outlet, StoryBrief, Tag, outlet_label};

use super::articles::ArticleBrief;

/// `GET /api/v1/events`: events, the last changed first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventPage {
    /// `wirefold.api.events/2`.
    pub schema: Tag<Self>,
    /// The events.
    pub events: Vec<EventBrief>,
    /// Pass it as `cursor` for the events after these; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// How far the list searched, if not everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_through: Option<LookedThrough>,
    /// The sequence in `WF_OUTPUT` up to which this reaches: pass it as `after` to the stream.
    #[serde(alias = "place")]
    pub sequence: u64,
}

/// The limit that ended a search. A search ends early if it costs more than one page may. The rest follows on
/// the page of `next`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LookedThrough {
    /// The kind of entries that it searched, the newest first.
    pub what: LookedAt,
    /// The number of these that it searched; there are more.
    pub count: u32,
}

/// The kind of entries that a list searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LookedAt {
    /// Articles that have the words. Older ones follow on later pages, where an event or a story may appear
    /// again.
    ArticlesWithTheWords,
    /// Events. A page may have fewer than requested, although more follow.
    Events,
    /// Events with several articles. Older ones are ordered by time only.
    EventsWithSeveralArticles,
    /// Stories. A page may have fewer than requested, although more follow.
    Stories,
}

/// An event in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventBrief {
    /// Its id.
    pub id: EventId,
    /// The title of its first story's lead.
    pub title: String,
    /// The language of that title.
    pub language: LanguageTag,
    /// Its stories.
    pub story_count: u32,
    /// The articles of its stories.
    pub articles: u32,
    /// The outlets of its stories.
    pub outlets: u32,
    /// Its separately written texts: an upper bound, not confirmation.
    pub origins: u32,
    /// The articles folded as copies; versions do not count.
    #[serde(default)]
    pub copies: u32,
    /// The later versions of its articles.
    #[serde(default)]
    pub versions: u32,
    /// When its first article was seen here.
    pub first_seen: Timestamp,
    /// The outlet of its first article.
    pub first_outlet: Outlet,
    /// The site of that feed, if it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_via: Option<Outlet>,
    /// When its last article was seen here.
    pub changed: Timestamp,
    /// The agency behind its first story that has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agency: Option<Agency>,
    /// Whether it takes no more stories.
    pub quiet: bool,
    /// The event that it continues.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continues: Option<EventId>,
    /// Articles seen in each five minutes of the three hours before `changed`, the oldest first:
    /// 36 numbers.
    pub velocity: Vec<u32>,
    /// Its stories, the first seen first; at most 12.
    pub stories: Vec<StoryBrief>,
}

impl EventBrief {
    /// The outlet of its first article for people, with the site of the feed if that is another.
    #[must_use]
    pub fn first_outlet_label(&self) -> String {
        outlet_label(&self.first_outlet, self.first_via.as_ref())
    }
}

/// `GET /api/v1/events/{id}`: an event with a page of its stories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// `wirefold.api.event/3`.
    pub schema: Tag<Self>,
    /// The event.
    pub event: EventBrief,
    /// Its stories, the first seen first, each with at most the first 20 of its articles. `GET
    /// /api/v1/stories/{id}` has all.
    pub stories: Vec<StoryWithArticles>,
    /// Pass it as `cursor` for the stories after these; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A story with its articles, or the first of them: `story.articles` says how many it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoryWithArticles {
    /// The story.
    pub story: StoryBrief,
    /// Its articles, the first seen first.
    pub articles: Vec<ArticleBrief>,
}

/// `GET /api/v1/stories`: stories, the last changed first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoryPage {
    /// `wirefold.api.stories/2`.
    pub schema: Tag<Self>,
    /// The stories.
    pub stories: Vec<StoryBrief>,
    /// Pass it as `cursor` for the stories after these; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// How far the list searched, if not everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_through: Option<LookedThrough>,
    /// The sequence in `WF_OUTPUT` up to which this reaches: pass it as `after` to the stream.
    #[serde(alias = "place")]
    pub sequence: u64,
}

/// `GET /api/v1/stories/{id}`: a story with a page of its articles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Story {
    /// `wirefold.api.story/4`.
    pub schema: Tag<Self>,
    /// The story.
    pub story: StoryBrief,
    /// Its articles, the first seen first.
    pub articles: Vec<ArticleBrief>,
    /// Pass it as `cursor` for the articles after these; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The sequence in `WF_OUTPUT` up to which this reaches: pass it as `after` to the stream.
    #[serde(alias = "place")]
    pub sequence: u64,
}

super::api_message!(
    EventPage = "events" / 2,
    Event = "event" / 3,
    StoryPage = "stories" / 2,
    Story = "story" / 4,
);
