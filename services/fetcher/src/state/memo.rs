//! What a feed's publisher asked for, besides what stands in its record.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// How often in a row a permanent redirect must lead to one place before that is asked at once.
const CONSISTENT: u32 = 3;

/// What a feed's publisher asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Memo {
    /// Where permanent redirects lead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) moved: Option<Moved>,
    /// How long it wants to be left alone, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ttl: Option<u64>,
    /// The hours of the day, UTC, in which it wants no polls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) skip_hours: Vec<u8>,
}

/// Where permanent redirects of a feed's address lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Moved {
    /// The address that leads on.
    pub(crate) from: String,
    /// Where it leads.
    pub(crate) to: String,
    /// How often in a row it did.
    pub(crate) times: u32,
}

impl Memo {
    pub(crate) fn read(value: &[u8]) -> Self {
        serde_json::from_slice(value).unwrap_or_default()
    }

    pub(crate) fn write(&self) -> Bytes {
        serde_json::to_vec(self).map(Bytes::from).unwrap_or_default()
    }

    /// The address to ask for a feed whose settings name `configured`.
    pub(crate) fn address<'a>(&'a self, configured: &'a str) -> &'a str {
        match &self.moved {
            Some(moved) if moved.from == configured && moved.times >= CONSISTENT => &moved.to,
            _ => configured,
        }
    }

    /// Notes where permanent redirects of the configured address led this time, if anywhere.
    pub(crate) fn note_move(&mut self, configured: &str, to: Option<&str>) {
        let Some(to) = to else {
            // An adopted address answers without a redirect, and stays.
            if self.address(configured) == configured {
                self.moved = None;
            }
            return;
        };
        let before = self.moved.take().filter(|moved| moved.from == configured && moved.to == to);
        let times = before.map_or(1, |moved| moved.times.saturating_add(1));
        self.moved = Some(Moved { from: configured.to_owned(), to: to.to_owned(), times });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "http://old.example/feed";
    const NEW: &str = "http://new.example/feed";

    #[test]
    fn a_move_is_adopted_after_three_consistent_answers() {
        let mut memo = Memo::default();
        for _ in 0..3 {
            assert_eq!(memo.address(OLD), OLD);
            memo.note_move(OLD, Some(NEW));
        }
        assert_eq!(memo.address(OLD), NEW);
        memo.note_move(OLD, None);
        assert_eq!(Memo::read(&memo.write()).address(OLD), NEW);
        assert_eq!(memo.address("http://third.example/"), "http://third.example/");
    }

    #[test]
    fn a_move_that_is_taken_back_starts_anew() {
        let mut memo = Memo::default();
        for to in [Some(NEW), Some(NEW), None, Some(NEW), Some("http://x.example/"), Some(NEW)] {
            memo.note_move(OLD, to);
            assert_eq!(memo.address(OLD), OLD);
        }
    }

    #[test]
    fn nonsense_is_as_nothing() {
        assert_eq!(Memo::read(b"oops"), Memo::default());
        assert_eq!(Memo::read(b"{}"), Memo::default());
    }
}
