//! Converts types of `dedup` to types of the contract. Neither crate knows the other.

use wirefold_fold as dedup;
use wirefold_proto::{AgencyHow, Class, Confidence, Containment, CopyKind};

/// Converts the class of an article.
#[must_use]
pub fn class(class: dedup::Class) -> Class {
    match class {
        dedup::Class::New => Class::New,
        dedup::Class::Related => Class::Related,
        dedup::Class::Copy => Class::Copy,
        dedup::Class::Version => Class::Version,
    }
}

/// Converts how much of a text is copied.
#[must_use]
pub fn kind(kind: dedup::CopyKind) -> CopyKind {
    match kind {
        dedup::CopyKind::Exact => CopyKind::Exact,
        dedup::CopyKind::Reprint => CopyKind::Reprint,
        dedup::CopyKind::Partial => CopyKind::Partial,
    }
}

/// Converts how an agency is known.
#[must_use]
pub fn how(how: dedup::How) -> AgencyHow {
    match how {
        dedup::How::Credited => AgencyHow::Credited,
        dedup::How::Mentioned => AgencyHow::Mentioned,
        dedup::How::Inferred => AgencyHow::Inferred,
    }
}

/// Converts how sure a judgement is.
#[must_use]
pub fn confidence(confidence: dedup::Confidence) -> Confidence {
    match confidence {
        dedup::Confidence::Certainly => Confidence::Certainly,
        dedup::Confidence::Probably => Confidence::Probably,
        dedup::Confidence::Possibly => Confidence::Possibly,
    }
}

/// Converts a share of a text, limited to the range 0 to 1.
#[must_use]
pub fn containment(share: f64) -> Containment {
    Containment::new(share.clamp(0.0, 1.0)).unwrap_or_default()
}
