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

use std::fmt;

use thiserror::Error;

pub use alert::{AlertId, Target};
pub use article::{ArticleId, ContentHash, EventId, ItemAddress, StoryId};
pub use decision::{DecisionId, Input};
pub use names::{FeedId, LanguageTag, Outlet, SubscriptionId};

/// An id that was refused: which kind of id, the text, and the reason.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what} {found:?}: {kind}")]
pub struct IdError {
    what: &'static str,
    found: String,
    kind: IdErrorKind,
}

impl IdError {
    pub(crate) fn new(what: &'static str, found: &str, kind: IdErrorKind) -> Self {
        Self { what, found: shortened(found), kind }
    }

    /// The reason.
    #[must_use]
    pub fn kind(&self) -> IdErrorKind {
        self.kind
    }
}

/// Why an id was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdErrorKind {
    /// There is no text.
    Empty,
    /// The text does not start as this kind of id does.
    Prefix(&'static str),
    /// The text has more bytes than the number given.
    TooLong(usize),
    /// The text has not as many digits as the number given.
    Length(usize),
    /// The character does not belong in it.
    Character(char),
    /// The number is larger than its type holds.
    Range,
    /// The text is not of the form given.
    Form(&'static str),
}

impl fmt::Display for IdErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty"),
            Self::Prefix(wanted) => write!(f, "does not start with `{wanted}`"),
            Self::TooLong(bytes) => write!(f, "longer than {bytes} bytes"),
            Self::Length(digits) => write!(f, "expected {digits} digits after the prefix"),
            Self::Character(character) => write!(f, "{character:?} does not belong in it"),
            Self::Range => f.write_str("the number is too large"),
            Self::Form(wanted) => write!(f, "expected {wanted}"),
        }
    }
}

/// Cuts hostile input before it goes into an error text.
pub(crate) fn shortened(text: &str) -> String {
    const KEPT: usize = 60;
    match text.char_indices().nth(KEPT) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
