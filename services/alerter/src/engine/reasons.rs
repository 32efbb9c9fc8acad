//! The reasons for a revision in words, the most important first.
//!
//! It never decides whether to notify.

use wirefold_proto::{AlertReason, ReasonKind};

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
