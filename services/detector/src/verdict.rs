//! Converts a verdict of `fold` to the form of the contract.
//!
//! A verdict and the counts of its story come in; the verdict with the ids of the contract goes out.

use wirefold_fold as fold;
use wirefold_proto::{
    Agency, Confidence, Correction, MAX_MATCHES, Novelty, Simhash, TextMatch, Verdict,
};

use crate::agency::shorten;
use crate::contract::{class, containment, kind};
use crate::groups::{Groups, count};
use crate::window_article::WindowArticles;

/// The parts of a verdict that this service adds to those of `fold`.
pub(crate) struct VerdictParts {
    /// The story after the decision.
    pub(crate) story: fold::StoryId,
    pub(crate) agency: Option<Agency>,
    pub(crate) correction: Option<Correction>,
}

/// Converts a verdict to the contract's ids; `None` if its story is unknown, which does not happen.
pub(crate) fn verdict(
    judged: &fold::Verdict,
    groups: &Groups,
    window_articles: &WindowArticles,
    parts: VerdictParts,
) -> Option<Verdict> {
    let story = groups.story(parts.story)?;
    let holds = judged.holds.iter().filter_map(|held| groups.story(*held));
    Some(Verdict {
        class: class(judged.class),
        kind: judged.kind.map(kind),
        comparable: judged.comparable,
        story: story.id,
        event: groups.event_id(groups.event_of(parts.story))?,
        lead: story.lead,
        origin: story.id.into(),
        origin_confidence: origin_confidence(judged),
        matches: judged
            .matches
            .iter()
            .filter(|m| m.evidence.passages > 0)
            .filter_map(|m| text_match(m, window_articles))
            .take(MAX_MATCHES)
            .collect(),
        holds: holds.map(|held| held.id).take(MAX_MATCHES).collect(),
        shared_quotations: count(judged.shared_quotations),
        agency: parts.agency,
        novelty: Novelty::new(judged.novelty.clamp(0.0, 1.0)).unwrap_or_default(),
        correction: parts.correction,
        simhash: Simhash(judged.simhash),
    })
}

fn text_match(found: &fold::Match, window_articles: &WindowArticles) -> Option<TextMatch> {
    let article = window_articles.get(found.doc)?;
    Some(TextMatch {
        id: article.counted.id,
        contained: containment(found.evidence.contained),
        containing: containment(found.evidence.containing),
        passages: count(found.evidence.passages),
        longest: found.evidence.longest,
    })
}

/// How sure it is that the text comes from its story's first article, rather than both from a third
/// text that was never seen.
fn origin_confidence(judged: &fold::Verdict) -> Option<Confidence> {
    match (judged.class, judged.kind) {
        (fold::Class::New | fold::Class::Related, _) => None,
        (fold::Class::Version, _) => Some(Confidence::Certainly),
        (fold::Class::Copy, Some(fold::CopyKind::Partial)) => Some(Confidence::Possibly),
        (fold::Class::Copy, _) => Some(Confidence::Probably),
    }
}

/// The correction that a copy or version says it is.
pub(crate) fn correction(judged: &fold::Verdict) -> Option<Correction> {
    let found = judged.correction.as_ref()?;
    Some(Correction { change: found.change.as_deref().map(shorten) })
}
