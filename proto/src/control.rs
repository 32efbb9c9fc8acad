//! `wirefold.control/2`: commands of people to a running system.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codec::message;
use crate::ids::{AlertId, ArticleId, FeedId, Outlet, StoryId, SubscriptionId, Target};
use crate::published::Published;
use crate::settings::{FeedSettings, SubscriptionSettings};
use crate::streams::{self, Stream};
use crate::subjects::Subject;
use crate::tag::Tag;
use crate::verb::Verb;

/// A command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ControlCommand {
    /// `wirefold.control/2`.
    pub schema: Tag<Self>,
    /// An id that the sender chooses and keeps when it sends again.
    pub id: String,
    /// When it was given.
    pub at: Timestamp,
    /// Who gave it: a token's name, or `cli`.
    pub by: String,
    /// What is to be done.
    pub command: Command,
}

message!(ControlCommand = "wirefold.control" / 2, oldest 1);

impl Published for ControlCommand {
    const STREAM: Stream = streams::CONTROL;

    /// By the verb.
    fn subject(&self) -> Subject {
        Subject::control(self.command.verb())
    }

    fn message_id(&self) -> String {
        self.id.clone()
    }
}

/// What is to be done. The field `do` names the verb.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "do")]
pub enum Command {
    /// Take articles out of a story; they form one of their own. Where the story's first article is
    /// among them, they keep its id and the others have the new one.
    #[serde(rename = "story.split")]
    Split {
        /// The story.
        story: StoryId,
        /// The articles to take out.
        articles: Vec<ArticleId>,
    },
    /// Make two stories, or two events, one. The older id stays, whichever is named first.
    #[serde(rename = "story.merge")]
    Merge {
        /// One of them.
        into: Target,
        /// The other, of the same sort.
        from: Target,
    },
    /// Let an outlet's article stand for a story: the last one it has there. Later ones change
    /// nothing about that.
    #[serde(rename = "story.prefer")]
    Prefer {
        /// The story.
        story: StoryId,
        /// The outlet.
        outlet: Outlet,
    },
    /// Never fold two articles into one story. Where they are in one, the later one leaves it with
    /// those that joined through it.
    #[serde(rename = "story.not_the_same")]
    NotTheSame {
        /// One of them.
        one: ArticleId,
        /// The other.
        other: ArticleId,
    },
    /// Poll a new feed.
    #[serde(rename = "feed.add")]
    FeedAdd {
        /// The feed.
        feed: FeedSettings,
    },
    /// Change a feed's settings: all of them are replaced.
    #[serde(rename = "feed.change")]
    FeedChange {
        /// The feed with its new settings.
        feed: FeedSettings,
    },
    /// Poll a feed no more.
    #[serde(rename = "feed.remove")]
    FeedRemove {
        /// The feed.
        feed: FeedId,
    },
    /// Poll a feed now, whenever its next poll is due.
    #[serde(rename = "feed.poll")]
    FeedPoll {
        /// The feed.
        feed: FeedId,
    },
    /// Read a feed's archive, as far as it names one (RFC 5005): what stands there is taken in, and
    /// alerts nobody.
    #[serde(rename = "feed.backfill")]
    FeedBackfill {
        /// The feed.
        feed: FeedId,
        /// The most pages that are read.
        pages: u32,
        /// The most items that are taken.
        items: u32,
    },
    /// Add a subscription, or replace the one with the same id.
    #[serde(rename = "subscription.put")]
    SubscriptionPut {
        /// The subscription.
        subscription: Box<SubscriptionSettings>,
    },
    /// Remove a subscription.
    #[serde(rename = "subscription.remove")]
    SubscriptionRemove {
        /// The subscription.
        subscription: SubscriptionId,
    },
    /// Keep a subscription silent.
    #[serde(rename = "subscription.mute")]
    SubscriptionMute {
        /// The subscription.
        subscription: SubscriptionId,
        /// Until when; absent: until it is put again. A time in the past unmutes.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// Keep one alert silent, and what becomes part of it, while its subscription goes on.
    #[serde(rename = "alert.mute")]
    AlertMute {
        /// The alert.
        alert: AlertId,
        /// Until when; absent: until it is over, which is at most 30 days. A time in the past unmutes.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        /// Whether corrections and retractions notify all the same.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        except_corrections: bool,
    },
    /// Somebody knows of an alert: it is told again only when something new comes.
    #[serde(rename = "alert.acknowledge")]
    AlertAcknowledge {
        /// The alert.
        alert: AlertId,
    },
}

impl Command {
    /// The verb.
    #[must_use]
    pub fn verb(&self) -> Verb {
        match self {
            Self::Split { .. } => Verb::StorySplit,
            Self::Merge { .. } => Verb::StoryMerge,
            Self::Prefer { .. } => Verb::StoryPrefer,
            Self::NotTheSame { .. } => Verb::StoryNotTheSame,
            Self::FeedAdd { .. } => Verb::FeedAdd,
            Self::FeedChange { .. } => Verb::FeedChange,
            Self::FeedRemove { .. } => Verb::FeedRemove,
            Self::FeedPoll { .. } => Verb::FeedPoll,
            Self::FeedBackfill { .. } => Verb::FeedBackfill,
            Self::SubscriptionPut { .. } => Verb::SubscriptionPut,
            Self::SubscriptionRemove { .. } => Verb::SubscriptionRemove,
            Self::SubscriptionMute { .. } => Verb::SubscriptionMute,
            Self::AlertMute { .. } => Verb::AlertMute,
            Self::AlertAcknowledge { .. } => Verb::AlertAcknowledge,
        }
    }
}
