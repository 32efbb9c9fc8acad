//! Why there is a revision, in words, the weightiest first.

use wirefold_proto::{AlertReason, ReasonKind};

use super::piece::Tally;

/// The most reasons that one revision names.
const MOST: usize = 8;

pub(super) fn reason(kind: ReasonKind, words: impl Into<String>) -> AlertReason {
    AlertReason { kind, words: words.into() }
}

/// What the numbers alone say; `articles` have come.
pub(super) fn counts(before: Tally, now: Tally, articles: usize) -> Vec<AlertReason> {
    let mut reasons = Vec::new();
    let origins = now.origins.saturating_sub(before.origins);
    if origins > 0 {
        reasons.push(reason(ReasonKind::Origins, more(origins, "origin", "origins")));
    }
    let outlets = now.outlets.saturating_sub(before.outlets);
    let copies = now.copies.saturating_sub(before.copies);
    if outlets > 0 {
        reasons.push(reason(ReasonKind::Outlets, more(outlets, "outlet", "outlets")));
    } else if copies > 0 {
        reasons.push(reason(ReasonKind::Outlets, more(copies, "copy", "copies")));
    } else if origins == 0 && articles > 0 {
        let articles = u32::try_from(articles).unwrap_or(u32::MAX);
        reasons.push(reason(ReasonKind::Outlets, more(articles, "article", "articles")));
    }
    reasons
}

fn more(count: u32, one: &str, many: &str) -> String {
    format!("+{count} {}", if count == 1 { one } else { many })
}

/// The weightiest first, none twice, and not too many.
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
        ReasonKind::New | ReasonKind::Again => 0,
        ReasonKind::Origins => 1,
        ReasonKind::Material => 2,
        ReasonKind::Correction => 3,
        ReasonKind::Velocity => 4,
        ReasonKind::Outlets => 5,
        ReasonKind::Merged => 6,
        ReasonKind::Quiet => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(reasons: &[AlertReason]) -> Vec<&str> {
        reasons.iter().map(|reason| reason.words.as_str()).collect()
    }

    #[test]
    fn counts_say_what_grew() {
        let before = Tally { outlets: 2, origins: 1, copies: 1 };
        let cases: [(Tally, &[&str]); 4] = [
            (Tally { outlets: 5, origins: 3, copies: 2 }, &["+2 origins", "+3 outlets"]),
            (Tally { outlets: 3, origins: 2, ..before }, &["+1 origin", "+1 outlet"]),
            (Tally { copies: 2, ..before }, &["+1 copy"]),
            (before, &["+1 article"]),
        ];
        for (now, expected) in cases {
            assert_eq!(words(&counts(before, now, 1)), expected);
        }
    }

    #[test]
    fn the_weightiest_comes_first_and_none_twice() {
        let given = [
            reason(ReasonKind::Outlets, "+3 outlets"),
            reason(ReasonKind::Material, "lede rewritten"),
            reason(ReasonKind::Material, "lede rewritten"),
            reason(ReasonKind::New, "new"),
        ];
        let weighed = weighed(given.to_vec());
        assert_eq!(words(&weighed), ["new", "lede rewritten", "+3 outlets"]);
    }
}
