//! The reasons for a revision in words, the most important first.
//!
//! Comes in: the news of an alert. Goes out: reasons. It never decides whether to notify.

use wirefold_proto::{AlertReason, ReasonKind};

use super::incoming::Tally;
use super::life::News;

/// The most reasons of one revision.
const MOST: usize = 8;

pub(super) fn reason(kind: ReasonKind, words: impl Into<String>) -> AlertReason {
    AlertReason {
        kind,
        words: words.into(),
        sources: Vec::new(),
        old: None,
        new: None,
        carriers: Vec::new(),
    }
}

/// Whether it is a material change.
pub(super) fn is_material(kind: ReasonKind) -> bool {
    matches!(kind, ReasonKind::Material | ReasonKind::Correction)
}

/// The reasons that follow from the numbers.
pub(super) fn counts(before: Tally, now: Tally, came: &[&News]) -> Vec<AlertReason> {
    let mut reasons = Vec::new();
    let origins = now.origins.saturating_sub(before.origins);
    if origins > 0 {
        let sources = few(came.iter().filter_map(|news| news.writes.as_ref()));
        let words = more(origins, "origin", "origins");
        reasons.push(AlertReason { sources, ..reason(ReasonKind::Origins, words) });
    }
    let outlets = now.outlets.saturating_sub(before.outlets);
    let copies = now.copies.saturating_sub(before.copies);
    let versions = now.versions.saturating_sub(before.versions);
    let words = match (carried(came), outlets, copies, versions) {
        (Some(agency), 1.., _, _) if origins == 0 => {
            let many = if outlets == 1 { "outlet" } else { "outlets" };
            let genitive = if agency.ends_with('s') { "'" } else { "'s" };
            format!("{agency}{genitive} text reached {outlets} more {many}")
        }
        (_, 1.., _, _) => more(outlets, "outlet", "outlets"),
        (_, 0, 1.., _) => more(copies, "copy", "copies"),
        (_, 0, 0, 1..) => more(versions, "version", "versions"),
        (_, 0, 0, 0) if origins == 0 && !came.is_empty() => {
            more(u32::try_from(came.len()).unwrap_or(u32::MAX), "article", "articles")
        }
        _ => return reasons,
    };
    // Outlets with their own text are named with the origins.
    let copying = came.iter().filter(|news| news.writes.is_none());
    let sources = few(copying.filter_map(|news| news.outlet.as_ref()));
    reasons.push(AlertReason { sources, ..reason(ReasonKind::Outlets, words) });
    reasons
}

/// The agency whose text all new articles copy.
fn carried<'a>(came: &[&'a News]) -> Option<&'a str> {
    let first = came.first()?.carries.as_deref()?;
    came.iter().all(|news| news.carries.as_deref() == Some(first)).then_some(first)
}

/// The most sources of a reason.
const SOURCES: usize = 4;

/// The first names, each once.
fn few<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut few: Vec<String> = Vec::new();
    for name in names {
        if few.len() < SOURCES && !few.contains(name) {
            few.push(name.clone());
        }
    }
    few
}

fn more(count: u32, one: &str, many: &str) -> String {
    format!("+{count} {}", if count == 1 { one } else { many })
}

/// The most important reasons, each once.
pub(super) fn weighed(mut reasons: Vec<AlertReason>) -> Vec<AlertReason> {
    reasons.sort_by_key(|reason| weight(reason.kind));
    let mut kept: Vec<AlertReason> = Vec::new();
    for reason in reasons {
        if kept.len() < MOST && !kept.contains(&reason) {
            kept.push(reason);
        }
    }
    kept
}

fn weight(kind: ReasonKind) -> u8 {
    match kind {
        ReasonKind::New | ReasonKind::Again | ReasonKind::Passing => 0,
        ReasonKind::Correction => 1,
        ReasonKind::Material => 2,
        ReasonKind::Velocity => 3,
        ReasonKind::Claimed => 4,
        ReasonKind::Origins => 5,
        ReasonKind::Outlets => 6,
        ReasonKind::Merged => 7,
        ReasonKind::Quiet | ReasonKind::Repeated | ReasonKind::Inhibited => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason_texts(reasons: &[AlertReason]) -> Vec<&str> {
        reasons.iter().map(|reason| reason.words.as_str()).collect()
    }

    #[test]
    fn counts_say_what_grew() {
        let before = Tally { outlets: 2, origins: 1, copies: 1, ..Tally::default() };
        let cases: [(Tally, &[&str]); 5] = [
            (Tally { outlets: 5, origins: 3, copies: 2, ..before }, &["+2 origins", "+3 outlets"]),
            (Tally { outlets: 3, origins: 2, ..before }, &["+1 origin", "+1 outlet"]),
            (Tally { copies: 2, ..before }, &["+1 copy"]),
            (Tally { versions: 1, ..before }, &["+1 version"]),
            (before, &["+1 article"]),
        ];
        for (now, expected) in cases {
            assert_eq!(reason_texts(&counts(before, now, &[&News::default()])), expected);
        }
    }

    #[test]
    fn copies_of_an_agency_say_whose_text_it_is() {
        let before = Tally { outlets: 2, origins: 1, copies: 1, ..Tally::default() };
        let now = Tally { outlets: 8, copies: 7, ..before };
        let copy = News { carries: Some("AP".to_owned()), ..News::default() };
        assert_eq!(
            reason_texts(&counts(before, now, &[&copy])),
            ["AP's text reached 6 more outlets"]
        );
        let all = counts(before, now, &[&copy, &News::default()]);
        assert_eq!(reason_texts(&all), ["+6 outlets"]);
    }

    #[test]
    fn the_weightiest_comes_first_and_none_twice() {
        let given = [
            reason(ReasonKind::Outlets, "+3 outlets"),
            reason(ReasonKind::Material, "its opening was rewritten"),
            reason(ReasonKind::Material, "its opening was rewritten"),
            reason(ReasonKind::New, "new"),
        ];
        let weighed = weighed(given.to_vec());
        assert_eq!(reason_texts(&weighed), ["new", "its opening was rewritten", "+3 outlets"]);
    }
}
