//! Verdicts as lines of the evaluation interface, by the ids of the input.

use wirefold_dedup as dedup;
use wirefold_dedup::{DocId, Verdict};
use wirefold_proto::{
    AgencyHow, Class, Confidence, Containment, CopyKind, LineAgency, LineMatch, Simhash, Tag,
    VerdictLine,
};

use super::baseline::BaselineVerdict;
use crate::input::Input;

/// The line for a verdict on one of `articles`.
pub(super) fn verdict_line(verdict: &Verdict, articles: &[Input]) -> VerdictLine {
    let id = |doc: DocId| id_of(articles, doc as usize);
    VerdictLine {
        schema: Tag::new(),
        id: id(verdict.doc),
        class: class(verdict.class),
        kind: verdict.kind.map(kind),
        comparable: verdict.comparable,
        story: id(verdict.story),
        event: id(verdict.event),
        lead: id(verdict.lead),
        origin: id(verdict.origin),
        matches: verdict
            .matches
            .iter()
            .map(|found| LineMatch {
                id: id(found.doc),
                contained: containment(found.contained),
                containing: containment(found.containing),
                passages: u32::try_from(found.passages).unwrap_or(u32::MAX),
                longest: found.longest,
            })
            .collect(),
        holds: verdict.holds.iter().map(|held| id(*held)).collect(),
        shared_quotations: u32::try_from(verdict.shared_quotations).unwrap_or(u32::MAX),
        agency: verdict.agency.as_ref().map(|agency| LineAgency {
            name: agency.name.to_owned(),
            how: how(agency.how),
            confidence: confidence(agency.confidence),
        }),
        simhash: Simhash(verdict.simhash),
    }
}

/// The line for a baseline's verdict: it knows stories only.
pub(super) fn baseline_line(verdict: &BaselineVerdict, articles: &[Input]) -> VerdictLine {
    let story = id_of(articles, verdict.story);
    VerdictLine {
        schema: Tag::new(),
        id: id_of(articles, verdict.doc),
        class: if verdict.doc == verdict.story { Class::New } else { Class::Copy },
        kind: (verdict.doc != verdict.story).then_some(verdict.kind),
        comparable: true,
        story: story.clone(),
        event: story.clone(),
        lead: story.clone(),
        origin: story,
        matches: Vec::new(),
        holds: Vec::new(),
        shared_quotations: 0,
        agency: None,
        simhash: Simhash(verdict.simhash),
    }
}

fn id_of(articles: &[Input], number: usize) -> String {
    articles.get(number).map_or_else(String::new, |article| article.id.clone())
}

fn containment(share: f64) -> Containment {
    Containment::new(share.clamp(0.0, 1.0)).unwrap_or_default()
}

fn class(class: dedup::Class) -> Class {
    match class {
        dedup::Class::New => Class::New,
        dedup::Class::Related => Class::Related,
        dedup::Class::Copy => Class::Copy,
        dedup::Class::Version => Class::Version,
    }
}

fn kind(kind: dedup::CopyKind) -> CopyKind {
    match kind {
        dedup::CopyKind::Exact => CopyKind::Exact,
        dedup::CopyKind::Reprint => CopyKind::Reprint,
        dedup::CopyKind::Partial => CopyKind::Partial,
    }
}

fn how(how: dedup::How) -> AgencyHow {
    match how {
        dedup::How::Credited => AgencyHow::Credited,
        dedup::How::Mentioned => AgencyHow::Mentioned,
        dedup::How::Inferred => AgencyHow::Inferred,
    }
}

fn confidence(confidence: dedup::Confidence) -> Confidence {
    match confidence {
        dedup::Confidence::Certainly => Confidence::Certainly,
        dedup::Confidence::Probably => Confidence::Probably,
        dedup::Confidence::Possibly => Confidence::Possibly,
    }
}
