//! Chooses the lead of a story: the article with the strongest evidence that it is the source of
//! the text.
//!
//! The first article seen leads only if no other evidence differs: two polls that end 2 ms apart
//! say nothing about who wrote a text. The evidence is, strongest first, a credit to an agency, a
//! dateline, a plausible time of publication, and whether the article comes from the outlet's own
//! feed.

use serde::{Deserialize, Serialize};
use wirefold_proto::{Confidence, LeadEvidence};

/// Times of publication that differ by less, in seconds, do not decide who was first.
const MIN_SECONDS_BETWEEN: i64 = 15 * 60;
/// A time of publication earlier than this many seconds before the article was seen is ignored.
const MAX_SECONDS_BEFORE_SEEN: i64 = 7 * 24 * 3600;
/// An article must contain at least this share of the present lead's text to replace it.
pub(crate) const MIN_LEAD_SHARE: f64 = 0.6;

/// The evidence that an article is the source of its text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claim {
    /// Whether its byline, dateline or credit line names an agency.
    pub(crate) is_credited: bool,
    pub(crate) has_dateline: bool,
    /// When it was published, in seconds, if the time is plausible.
    pub(crate) published: Option<i64>,
    /// Whether it comes from its outlet's own feed, rather than from another site's.
    pub(crate) is_outlets_own: bool,
}

impl Claim {
    /// The time of publication of an article seen at `seen`, if it is plausible. Times from another
    /// site's feed are never used.
    pub(crate) fn plausible_time(
        published: Option<i64>,
        seen: i64,
        is_outlets_own: bool,
    ) -> Option<i64> {
        published.filter(|time| {
            is_outlets_own && *time <= seen && seen - *time <= MAX_SECONDS_BEFORE_SEEN
        })
    }

    /// The strongest kind of evidence that differs, if it makes this article more likely the source
    /// than the other one. `None` if nothing differs, or the other one is more likely.
    pub(crate) fn exceeds(&self, other: &Claim) -> Option<LeadEvidence> {
        let mut kinds = [
            (LeadEvidence::Credit, self.is_credited, other.is_credited),
            (LeadEvidence::Dateline, self.has_dateline, other.has_dateline),
            (LeadEvidence::Published, self.is_before(other), other.is_before(self)),
            (LeadEvidence::Attribution, self.is_outlets_own, other.is_outlets_own),
        ]
        .into_iter();
        let (evidence, is_ours, _) = kinds.find(|(_, ours, theirs)| ours != theirs)?;
        is_ours.then_some(evidence)
    }

    fn is_before(&self, other: &Claim) -> bool {
        let times = self.published.zip(other.published);
        times.is_some_and(|(ours, theirs)| ours + MIN_SECONDS_BETWEEN < theirs)
    }
}

/// How sure the choice of a lead is that was made by this kind of evidence.
pub(crate) fn confidence(evidence: LeadEvidence) -> Confidence {
    match evidence {
        LeadEvidence::Credit | LeadEvidence::Dateline => Confidence::Probably,
        LeadEvidence::Published | LeadEvidence::Attribution => Confidence::Possibly,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: i64 = 1_772_496_000;

    fn claim(is_credited: bool, has_dateline: bool, minutes: Option<i64>) -> Claim {
        let published = minutes.map(|minutes| SEEN - minutes * 60);
        let published = Claim::plausible_time(published, SEEN, true);
        Claim { is_credited, has_dateline, published, is_outlets_own: true }
    }

    #[test]
    fn the_strongest_kind_of_evidence_that_differs_decides() {
        let plain = claim(false, false, Some(60));
        let cases = [
            (claim(true, false, None), Some(LeadEvidence::Credit)),
            (claim(false, true, Some(0)), Some(LeadEvidence::Dateline)),
            (claim(false, false, Some(90)), Some(LeadEvidence::Published)),
            (claim(false, false, Some(70)), None),
            (claim(false, false, Some(30)), None),
            (claim(false, false, None), None),
            (Claim { is_outlets_own: false, ..plain }, None),
            (plain, None),
        ];
        for (other, expected) in cases {
            assert_eq!(other.exceeds(&plain), expected, "{other:?}");
        }
        let told = Claim { is_outlets_own: false, ..plain };
        assert_eq!(plain.exceeds(&told), Some(LeadEvidence::Attribution));
        let credited = claim(true, false, Some(0));
        assert_eq!(plain.exceeds(&credited), None, "an earlier time is less than a credit");
    }

    #[test]
    fn a_time_of_publication_must_be_plausible_and_from_the_outlet() {
        for (published, is_outlets_own, expected) in [
            (SEEN - 60, true, true),
            (SEEN, true, true),
            (SEEN + 1, true, false),
            (SEEN - MAX_SECONDS_BEFORE_SEEN - 1, true, false),
            (SEEN - 60, false, false),
        ] {
            let believed = Claim::plausible_time(Some(published), SEEN, is_outlets_own);
            assert_eq!(believed.is_some(), expected, "{published}");
        }
    }
}
