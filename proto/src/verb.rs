//! The verbs of commands.

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

impl Verb {
    /// Every verb.
    pub const ALL: [Self; 14] = [
        Self::StorySplit,
        Self::StoryMerge,
        Self::StoryPrefer,
        Self::StoryNotTheSame,
        Self::FeedAdd,
        Self::FeedChange,
        Self::FeedRemove,
        Self::FeedPoll,
        Self::FeedBackfill,
        Self::SubscriptionPut,
        Self::SubscriptionRemove,
        Self::SubscriptionMute,
        Self::AlertMute,
        Self::AlertAcknowledge,
    ];

    /// The verb as two subject tokens, such as `story.split`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StorySplit => "story.split",
            Self::StoryMerge => "story.merge",
            Self::StoryPrefer => "story.prefer",
            Self::StoryNotTheSame => "story.not_the_same",
            Self::FeedAdd => "feed.add",
            Self::FeedChange => "feed.change",
            Self::FeedRemove => "feed.remove",
            Self::FeedPoll => "feed.poll",
            Self::FeedBackfill => "feed.backfill",
            Self::SubscriptionPut => "subscription.put",
            Self::SubscriptionRemove => "subscription.remove",
            Self::SubscriptionMute => "subscription.mute",
            Self::AlertMute => "alert.mute",
            Self::AlertAcknowledge => "alert.acknowledge",
        }
    }
}
