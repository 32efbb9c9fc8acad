//! Converts types of `fold` to types of the contract. Neither crate knows the other.

use wirefold_fold as fold;
use wirefold_proto::{AgencyHow, Class, Confidence, Containment, CopyKind};

/// Converts the class of an article.
#[must_use]
pub fn class(class: fold::Class) -> Class {
    match class {
        fold::Class::New => Class::New,
        fold::Class::Related => Class::Related,
        fold::Class::Copy => Class::Copy,
        fold::Class::Version => Class::Version,
    }
}

/// Converts how much of a text is copied.
#[must_use]
pub fn kind(kind: fold::CopyKind) -> CopyKind {
    match kind {
        fold::CopyKind::Exact => CopyKind::Exact,
        fold::CopyKind::Reprint => CopyKind::Reprint,
        fold::CopyKind::Partial => CopyKind::Partial,
    }
}

/// Converts how an agency is known.
#[must_use]
pub fn how(how: fold::How) -> AgencyHow {
    match how {
        fold::How::Credited => AgencyHow::Credited,
        fold::How::Mentioned => AgencyHow::Mentioned,
        fold::How::Inferred => AgencyHow::Inferred,
    }
}

/// Converts how sure a judgement is.
#[must_use]
pub fn confidence(confidence: fold::Confidence) -> Confidence {
    match confidence {
        fold::Confidence::Certainly => Confidence::Certainly,
        fold::Confidence::Probably => Confidence::Probably,
        fold::Confidence::Possibly => Confidence::Possibly,
    }
}

/// Converts a share of a text, limited to the range 0 to 1.
#[must_use]
pub fn containment(share: f64) -> Containment {
    Containment::new(share.clamp(0.0, 1.0)).unwrap_or_default()
}
