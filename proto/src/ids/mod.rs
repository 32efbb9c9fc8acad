//! Ids: what they are made of, how they are written, and what is refused.
//!
//! | id | form | made of |
//! |---|---|---|
//! | [`ArticleId`] | `a-` and 26 digits | outlet, address, content; who says so, where that is a stranger |
//! | [`StoryId`], [`EventId`] | `s-` or `e-` and the digits of the first article | |
//! | [`FeedId`], [`SubscriptionId`] | a lower-case ASCII slug | given by people |
//! | [`Outlet`] | a lower-case domain or name | the feed |
//! | [`AlertId`] | `<subscription>:<story or event>` | |
//! | [`DecisionId`] | `<epoch>-<input sequence>` | the detector's input |
//!
//! The order of ids is the order of their text.

mod alert;
mod article;
mod base32;
mod decision;
mod names;

use std::fmt::Display;

use crate::string_form::{FormError, shortened};

pub use alert::{AlertId, Target};
pub use article::{ArticleId, ContentHash, EventId, ItemAddress, StoryId};
pub use decision::{DecisionId, Input};
pub use names::{FeedId, LanguageTag, Outlet, SubscriptionId};

/// The refusal of an id: its kind, the text, and the reason.
fn refused(what: &str, found: &str, why: impl Display) -> FormError {
    FormError(format!("{what} {:?}: {why}", shortened(found)))
}

/// The reason of a refusal for a character.
fn stranger(character: char) -> String {
    format!("{character:?} does not belong in it")
}
