//! Verdicts, agencies and changes in words, the same in every command.

use wirefold_gateway::shapes::ArticleBrief;
use wirefold_proto::{
    Agency, Class, Confidence, CopyKind, Interval, LeadEvidence, MaterialReason, Materiality,
};

use crate::fold::agency_in_words;
use crate::output::percent;

/// An id as it is shown in a list: long enough to be unique in practice, and to be given back.
pub(super) fn short(id: &str) -> String {
    let sort = id.find('-').map_or(0, |at| at + 1);
    id.chars().take(sort + SHOWN).collect()
}

/// Reads for how long something is muted: none at all is a slip of the pen.
pub(super) fn span_above_zero(text: &str) -> Result<Interval, String> {
    let span: Interval = text.parse().map_err(|error| format!("{error}"))?;
    match span.duration().is_zero() {
        true => Err("0 mutes nothing: give a time such as 2h".to_owned()),
        false => Ok(span),
    }
}

/// The digits of an id that are shown.
const SHOWN: usize = 8;

/// What an article is to its story.
pub(super) fn class(class: Class, kind: Option<CopyKind>) -> &'static str {
    match (class, kind) {
        (Class::New, _) => "own text",
        (Class::Related, _) => "own text, known event",
        (Class::Copy, Some(CopyKind::Exact)) => "the same text",
        (Class::Copy, Some(CopyKind::Partial)) => "a part copied",
        (Class::Copy, _) => "reprint",
        (Class::Version, _) => "new version",
    }
}

/// `AP (credited)`, `probably AP (mentioned)`.
pub(super) fn agency(agency: &Agency) -> String {
    agency_in_words(&agency.name, agency.how, agency.confidence)
}

/// Why an article stands for its story: `probably the source: it credits an agency`.
pub(super) fn lead(by: LeadEvidence, confidence: Confidence) -> String {
    let sure = match confidence {
        Confidence::Possibly => "possibly the source",
        Confidence::Probably => "probably the source",
        Confidence::Certainly => "the source",
    };
    let why = match by {
        LeadEvidence::Credit => "it credits an agency",
        LeadEvidence::Dateline => "it has a dateline",
        LeadEvidence::Published => "it was published earlier",
        LeadEvidence::Attribution => "its outlet says so itself",
    };
    format!("{sure}: {why}")
}

/// What an article changes in what is known: `new number in the lede: 28`.
pub(super) fn change(materiality: &Materiality) -> String {
    let what = match materiality.reason {
        MaterialReason::NewNumber => "new number in the lede",
        MaterialReason::NewName => "new name in the lede",
        MaterialReason::NewAct => "new act in the lede",
        MaterialReason::LedeRewritten => "lede rewritten",
        MaterialReason::Correction => "correction",
        MaterialReason::FollowUp => "most of it is new",
        MaterialReason::Cosmetic => "only wording changed",
    };
    match &materiality.detail {
        Some(detail) => format!("{what}: {detail}"),
        None => what.to_owned(),
    }
}

/// `71 % of it stands in harbour.example`, by the article it shares most with.
pub(super) fn contained(article: &ArticleBrief, others: &[ArticleBrief]) -> Option<String> {
    let found = article.strongest.as_ref()?;
    let other = others.iter().find(|other| other.id == found.id);
    let other = other.map_or_else(|| short(&found.id.to_string()), |it| it.outlet_in_words());
    let share = percent(found.contained.get());
    Some(format!("{share} of it stands in {other}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_shortened_after_their_sort() {
        assert_eq!(short("s-abcdefghijklmnop"), "s-abcdefgh");
        assert_eq!(short("abcdefghijklmnop"), "abcdefgh");
        assert_eq!(short("abc"), "abc");
    }
}
