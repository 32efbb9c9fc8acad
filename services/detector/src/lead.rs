//! Which article stands for a story: the one that speaks most for being the source of its text.
//!
//! Who was seen first decides only where nothing else does: two polls that end 2 ms apart say nothing
//! about who wrote a text. What counts is, in this order, a credit to an agency, a dateline, a believable
//! time of publication, and whether the outlet itself says so.

use wirefold_proto::{Confidence, LeadEvidence};

/// Times of publication this near each other, in seconds, say nothing about who was first.
const SAME_TIME: i64 = 15 * 60;
/// A time of publication so long before the article was seen is not believed, in seconds.
const LONG_AGO: i64 = 7 * 24 * 3600;
/// The share of the present lead's text that must stand in an article which takes its place.
pub(crate) const LEAD_SHARE: f64 = 0.6;

/// What speaks for an article being the source of its text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Claim {
    /// Whether its byline, dateline or credit line names an agency.
    pub(crate) is_credited: bool,
    pub(crate) has_dateline: bool,
    /// When it was published, in seconds, where that can be believed.
    pub(crate) published: Option<i64>,
    /// Whether its outlet itself says so, rather than a stranger's feed.
    pub(crate) is_outlets_own: bool,
}

impl Claim {
    /// The time of publication of an article seen at `seen`, where it can be believed. What a stranger
    /// says of another's page cannot.
    pub(crate) fn believable(
        published: Option<i64>,
        seen: i64,
        is_outlets_own: bool,
    ) -> Option<i64> {
        published.filter(|time| is_outlets_own && *time <= seen && seen - *time <= LONG_AGO)
    }

    /// What makes this article more likely the source than the one with the other claim; none where
    /// nothing does.
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
        times.is_some_and(|(ours, theirs)| ours + SAME_TIME < theirs)
    }
}

/// How sure a lead is that was chosen by this.
pub(crate) fn confidence(evidence: LeadEvidence) -> Confidence {
    match evidence {
        LeadEvidence::Credit | LeadEvidence::Dateline => Confidence::Probably,
        LeadEvidence::Published | LeadEvidence::Attribution => Confidence::Possibly,
    }
}

wirefold_dedup::written!(Claim { is_credited, has_dateline, published, is_outlets_own });

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: i64 = 1_772_496_000;

    fn claim(is_credited: bool, has_dateline: bool, minutes: Option<i64>) -> Claim {
        let published = minutes.map(|minutes| SEEN - minutes * 60);
        let published = Claim::believable(published, SEEN, true);
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
    fn a_time_of_publication_is_believed_within_bounds_and_from_the_outlet_alone() {
        for (published, is_outlets_own, expected) in [
            (SEEN - 60, true, true),
            (SEEN, true, true),
            (SEEN + 1, true, false),
            (SEEN - LONG_AGO - 1, true, false),
            (SEEN - 60, false, false),
        ] {
            let believed = Claim::believable(Some(published), SEEN, is_outlets_own);
            assert_eq!(believed.is_some(), expected, "{published}");
        }
    }
}
