//! The names of streams and items in reader apps.

use std::fmt;

/// A list of items: what apps call a stream or a tag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stream {
    All,
    Read,
    Unread,
    Starred,
    Feed(String),
    Label(String),
    /// One that wirefold does not have, such as the items that others share. It is empty.
    Unknown,
}

impl Stream {
    /// Reads `feed/ID`, `user/USER/state/com.google/STATE` or `user/USER/label/GROUP`.
    pub(super) fn parse(text: &str) -> Self {
        if let Some(id) = text.strip_prefix("feed/") {
            return Self::Feed(id.to_owned());
        }
        let of_user = text.strip_prefix("user/").and_then(|text| text.split_once('/'));
        match of_user.and_then(|(_, rest)| rest.split_once('/')) {
            Some(("label", group)) => Self::Label(group.to_owned()),
            Some(("state", "com.google/reading-list")) => Self::All,
            Some(("state", "com.google/read")) => Self::Read,
            Some(("state", "com.google/unread")) => Self::Unread,
            Some(("state", "com.google/starred")) => Self::Starred,
            _ => Self::Unknown,
        }
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self {
            Self::Feed(id) => return write!(f, "feed/{id}"),
            Self::Label(group) => return write!(f, "user/-/label/{group}"),
            Self::All => "reading-list",
            Self::Read => "read",
            Self::Unread => "unread",
            Self::Starred => "starred",
            Self::Unknown => "unknown",
        };
        write!(f, "user/-/state/com.google/{state}")
    }
}

/// The numbers that an app may mean by `tag:google.com,2005:reader/item/HEX`, its digits alone, or a decimal number.
/// Digits alone can be both, but no two stories have such numbers.
pub(super) fn parse_number(given: &str) -> impl Iterator<Item = u64> {
    let digits = given.rsplit('/').next().unwrap_or_default();
    let is_decimal = digits.len() == given.len();
    let decimal = is_decimal.then(|| digits.parse().ok()).flatten();
    [decimal, u64::from_str_radix(digits, 16).ok()].into_iter().flatten()
}
