//! Converts a verdict of `dedup` to the form of the contract.
//!
//! A verdict and the counts of its story come in; the verdict with the ids of the contract goes out.

use wirefold_dedup as dedup;
use wirefold_proto::{
    Agency, Confidence, MAX_MATCHES, MaterialReason, Materiality, Novelty, Simhash, TextMatch,
    Verdict,
};

use crate::agency::cut;
use crate::contract::{class, containment, kind};
use crate::groups::{Groups, count};
use crate::window_article::WindowArticles;

/// What stands in a verdict beside dedup's own.
pub(crate) struct Beside {
    /// The story after the decision.
    pub(crate) story: dedup::StoryId,
    pub(crate) agency: Option<Agency>,
    pub(crate) material: Option<Materiality>,
}

/// The verdict with the contract's ids; `None` for one whose story is not known, which cannot be.
pub(crate) fn verdict(
    found: &dedup::Verdict,
    groups: &Groups,
    places: &WindowArticles,
    beside: Beside,
) -> Option<Verdict> {
    let story = groups.story(beside.story)?;
    let holds = found.holds.iter().filter_map(|held| groups.story(*held));
    Some(Verdict {
        class: class(found.class),
        kind: found.kind.map(kind),
        comparable: found.comparable,
        story: story.id,
        event: groups.event_id(groups.event_of(beside.story))?,
        lead: story.lead,
        origin: story.id.into(),
        origin_confidence: origin_confidence(found),
        matches: found
            .matches
            .iter()
            .filter_map(|m| text_match(m, places))
            .take(MAX_MATCHES)
            .collect(),
        holds: holds.map(|held| held.id).take(MAX_MATCHES).collect(),
        shared_quotations: count(found.shared_quotations),
        agency: beside.agency,
        novelty: Novelty::new(found.novelty.clamp(0.0, 1.0)).unwrap_or_default(),
        material: beside.material,
        simhash: Simhash(found.simhash),
    })
}

fn text_match(found: &dedup::Evidence, places: &WindowArticles) -> Option<TextMatch> {
    let place = places.get(found.doc)?;
    Some(TextMatch {
        id: place.article.id,
        contained: containment(found.contained),
        containing: containment(found.containing),
        passages: count(found.passages),
        longest: found.longest,
        fetched: Some(place.article.fetched),
    })
}

/// How sure it is that the text goes back to its story's first article, rather than both to a
/// third that was not seen.
fn origin_confidence(found: &dedup::Verdict) -> Option<Confidence> {
    match (found.class, found.kind) {
        (dedup::Class::New | dedup::Class::Related, _) => None,
        (dedup::Class::Version, _) => Some(Confidence::Certainly),
        (dedup::Class::Copy, Some(dedup::CopyKind::Partial)) => Some(Confidence::Possibly),
        (dedup::Class::Copy, _) => Some(Confidence::Probably),
    }
}

/// Whether a copy or version is material; nothing is said of a plain copy.
pub(crate) fn material(found: &dedup::Verdict) -> Option<Materiality> {
    let material = |reason, detail: Option<&str>| Materiality {
        material: true,
        reason,
        detail: detail.map(cut),
    };
    match (&found.material, found.class) {
        (Some(dedup::Reason::Correction(words)), _) => {
            Some(material(MaterialReason::Correction, words.as_deref()))
        }
        (Some(dedup::Reason::NewNumber(number)), _) => {
            Some(material(MaterialReason::NewNumber, Some(number)))
        }
        (Some(dedup::Reason::NewName(name)), _) => {
            Some(material(MaterialReason::NewName, Some(name)))
        }
        (Some(dedup::Reason::MostlyNew(_)), _) => Some(material(MaterialReason::FollowUp, None)),
        (None, dedup::Class::Version) => {
            let reason = MaterialReason::Cosmetic;
            Some(Materiality { material: false, reason, detail: None })
        }
        (None, _) => None,
    }
}
