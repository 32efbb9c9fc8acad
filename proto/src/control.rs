//! `wirefold.control/2`: commands of people.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codec::{Tag, message};
use crate::ids::{AlertId, ArticleId, FeedId, Outlet, StoryId, SubscriptionId, Target};
use crate::settings::{FeedSettings, SubscriptionSettings};
use crate::streams::{self, Stream};
use crate::subjects::{Published, Subject};

/// A command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ControlCommand {
    /// `wirefold.control/2`.
    pub schema: Tag<Self>,
    /// An id from the sender, which stays the same if the command is sent again.
    pub id: String,
    /// When it was sent.
    pub at: Timestamp,
    /// The sender: the name of a token, or of a user whom a proxy names; without one, one of [`UNNAMED_SENDERS`].
    pub by: String,
    /// The command itself.
    pub command: Command,
}

/// The senders without a name: the API and the page, the command line, and the link in a message.
pub const UNNAMED_SENDERS: [&str; 3] = ["api", "cli", "link"];

message!(ControlCommand = "wirefold.control" / 2);

impl Published for ControlCommand {
    const STREAM: Stream = streams::CONTROL;

    /// By the verb.
    fn subject(&self) -> Subject {
        Subject::control(&self.command.verb())
    }

    fn message_id(&self) -> String {
        self.id.clone()
    }
}

/// A command. The field `do` is its verb.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "do")]
pub enum Command {
    /// Take articles out of a story. They form a new story. If the story's first article is among them, they
    /// keep its id and the others get the new one.
    #[serde(rename = "story.split")]
    Split {
        /// The story.
        story: StoryId,
        /// The articles to take out.
        articles: Vec<ArticleId>,
    },
    /// Merge two stories, or two events. The older id stays, in either order.
    #[serde(rename = "story.merge")]
    Merge {
        /// One of them.
        into: Target,
        /// The other, of the same kind.
        from: Target,
    },
    /// Make the last article of an outlet the lead of a story. Its later articles do not change that.
    #[serde(rename = "story.prefer")]
    Prefer {
        /// The story.
        story: StoryId,
        /// The outlet.
        outlet: Outlet,
    },
    /// Take a story out of its event, into an event of its own. The two are never merged again by themselves.
    #[serde(rename = "story.move")]
    Move {
        /// The story.
        story: StoryId,
        /// Stories of the same event that go with it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        with: Vec<StoryId>,
    },
    /// Never fold two articles into one story. If they are in one, the later one leaves it together with the
    /// articles that joined through it. If they are in two stories of one event, the later story leaves the event.
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
    /// Stop polling a feed.
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
    /// Mute a subscription.
    #[serde(rename = "subscription.mute")]
    SubscriptionMute {
        /// The subscription.
        subscription: SubscriptionId,
        /// The end of the mute; absent: until the subscription is put again. A time in the past unmutes.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// Mute one alert, and alerts merged into it, but not its subscription.
    #[serde(rename = "alert.mute")]
    AlertMute {
        /// The alert.
        alert: AlertId,
        /// The end of the mute; absent: until the alert is over, at most 30 days. A time in the past unmutes.
        #[serde(skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        /// Whether corrections and retractions still notify.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        except_corrections: bool,
    },
    /// Acknowledge an event or a story with all alerts about it, also those to come: the sender has it, and an alert is
    /// repeated only when there is news.
    #[serde(rename = "alert.acknowledge")]
    AlertAcknowledge {
        /// The event or story.
        of: Target,
        /// A note for the others.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// Take the acknowledgement of anybody back instead.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        release: bool,
    },
}

impl Command {
    /// Its verb, such as `feed.add`: the end of its subject.
    #[must_use]
    pub fn verb(&self) -> String {
        let fields = serde_json::to_value(self).unwrap_or_default();
        fields["do"].as_str().unwrap_or_default().to_owned()
    }
}
