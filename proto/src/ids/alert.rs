//! Ids of alerts and their targets.

use std::fmt;
use std::str::FromStr;

use super::{EventId, StoryId, SubscriptionId, refused};
use crate::string_form::{FormError, string_form};

/// The story or event of an alert or a change, distinguished by the id's first letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// An event.
    Event(EventId),
    /// A story.
    Story(StoryId),
}

/// One alert: `<subscription>:<story or event>`, the same through all its revisions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertId {
    /// The subscription.
    pub subscription: SubscriptionId,
    /// The story or event.
    pub target: Target,
}

impl From<StoryId> for Target {
    fn from(story: StoryId) -> Self {
        Self::Story(story)
    }
}

impl From<EventId> for Target {
    fn from(event: EventId) -> Self {
        Self::Event(event)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(event) => event.fmt(f),
            Self::Story(story) => story.fmt(f),
        }
    }
}

impl FromStr for Target {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        if text.starts_with("e-") {
            return text.parse().map(Self::Event);
        }
        if text.starts_with("s-") {
            return text.parse().map(Self::Story);
        }
        Err(refused("story or event id", text, "does not start with `s-` or `e-`"))
    }
}

impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.subscription, self.target)
    }
}

impl FromStr for AlertId {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let refuse = || refused("alert id", text, "expected `<subscription>:<story or event>`");
        let (subscription, target) = text.split_once(':').ok_or_else(refuse)?;
        Ok(Self { subscription: subscription.parse()?, target: target.parse()? })
    }
}

string_form!(Target, "^[es]-[0-7][0-9a-hjkmnp-tv-z]{25}$", "A story (`s-…`) or an event (`e-…`).");
string_form!(
    AlertId,
    "^[a-z0-9][a-z0-9._-]{0,99}:[es]-[0-7][0-9a-hjkmnp-tv-z]{25}$",
    "An alert: `<subscription>:<story or event>`, the same through all its revisions."
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        for text in ["floods:e-00000000000000000000000001", "a.b-c:s-7zzzzzzzzzzzzzzzzzzzzzzzzz"] {
            assert_eq!(text.parse::<AlertId>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn nonsense_is_refused_with_its_reason() {
        let cases = [
            ("floods", "alert id \"floods\": expected `<subscription>:<story or event>`"),
            ("Floods:e-1", "subscription id \"Floods\": 'F' does not belong in it"),
            ("floods:e-1", "event id \"e-1\": expected 26 digits after the prefix"),
            ("floods:a-1", "story or event id \"a-1\": does not start with `s-` or `e-`"),
        ];
        for (text, reason) in cases {
            assert_eq!(text.parse::<AlertId>().unwrap_err().to_string(), reason);
        }
    }
}
