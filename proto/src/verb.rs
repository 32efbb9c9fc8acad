//! The verbs of commands.

use crate::words::words;

/// The verb of a command, as in JSON and in subjects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// [`Command::Split`](crate::Command::Split).
    StorySplit,
    /// [`Command::Merge`](crate::Command::Merge).
    StoryMerge,
    /// [`Command::Prefer`](crate::Command::Prefer).
    StoryPrefer,
    /// [`Command::NotTheSame`](crate::Command::NotTheSame).
    StoryNotTheSame,
    /// [`Command::FeedAdd`](crate::Command::FeedAdd).
    FeedAdd,
    /// [`Command::FeedChange`](crate::Command::FeedChange).
    FeedChange,
    /// [`Command::FeedRemove`](crate::Command::FeedRemove).
    FeedRemove,
    /// [`Command::FeedPoll`](crate::Command::FeedPoll).
    FeedPoll,
    /// [`Command::FeedBackfill`](crate::Command::FeedBackfill).
    FeedBackfill,
    /// [`Command::SubscriptionPut`](crate::Command::SubscriptionPut).
    SubscriptionPut,
    /// [`Command::SubscriptionRemove`](crate::Command::SubscriptionRemove).
    SubscriptionRemove,
    /// [`Command::SubscriptionMute`](crate::Command::SubscriptionMute).
    SubscriptionMute,
    /// [`Command::AlertMute`](crate::Command::AlertMute).
    AlertMute,
    /// [`Command::AlertAcknowledge`](crate::Command::AlertAcknowledge).
    AlertAcknowledge,
}

words! {
    Verb:
    StorySplit = "story.split",
    StoryMerge = "story.merge",
    StoryPrefer = "story.prefer",
    StoryNotTheSame = "story.not_the_same",
    FeedAdd = "feed.add",
    FeedChange = "feed.change",
    FeedRemove = "feed.remove",
    FeedPoll = "feed.poll",
    FeedBackfill = "feed.backfill",
    SubscriptionPut = "subscription.put",
    SubscriptionRemove = "subscription.remove",
    SubscriptionMute = "subscription.mute",
    AlertMute = "alert.mute",
    AlertAcknowledge = "alert.acknowledge",
}
