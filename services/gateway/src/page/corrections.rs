//! The corrections and retractions, and the articles that still have the error.

use maud::{Markup, html};
use wirefold_proto::NoteKind;

use super::diff;
use super::words;
use crate::analysed_text::AnalysedText;
use crate::shapes::{Carrier, CorrectedPassage, CorrectionRecord, Corrections};

/// The most outlets in a list.
const NAMED: usize = 40;
/// The most characters of a sentence.
const SENTENCE: usize = 600;

/// The section; empty without corrections.
pub(super) fn section(corrections: &Corrections) -> Markup {
    html! {
        @if !corrections.corrections.is_empty() {
            section #corrections {
                h2 { "Corrections" }
                p.faint { "Corrections and retractions by outlets, and the articles that still had the error when wirefold last read them." }
                @for record in &corrections.corrections { (correction(record)) }
            }
        }
    }
}

fn correction(record: &CorrectionRecord) -> Markup {
    html! {
        article.correction {
            h3 { (sort(record.kind)) " by " (record.by.outlet_label()) ", " (words::time(record.by.seen)) }
            blockquote dir="auto" { p { "“" (record.words) "”" } }
            @for passage in &record.passages { (changed(passage)) }
            (still_carried(record))
            @if !record.corrected.is_empty() {
                p.faint { (corrected_by(record.kind)) " " (outlets(record.corrected.iter())) }
            }
        }
    }
}

fn sort(kind: NoteKind) -> &'static str {
    match kind {
        NoteKind::Correction => "Correction",
        NoteKind::Clarification => "Clarification",
        NoteKind::Retraction => "Retraction",
    }
}

fn corrected_by(kind: NoteKind) -> &'static str {
    if kind == NoteKind::Retraction { "Also withdrawn by" } else { "Also corrected by" }
}

/// The sentence before and after the correction.
fn changed(passage: &CorrectedPassage) -> Markup {
    let old = words::cut(&passage.old, SENTENCE);
    html! {
        div.passage dir="auto" {
            @match &passage.new {
                Some(new) => {
                    (diff::draw(&diff::forms(&AnalysedText::new(&old), &AnalysedText::new(&words::cut(new, SENTENCE))), "before"))
                }
                None => p.diff { del { (old) } },
            }
        }
    }
}

fn still_carried(record: &CorrectionRecord) -> Markup {
    let what = match record.kind {
        NoteKind::Retraction => "These still have the report",
        _ => "These still have the old passage",
    };
    let is_known = !record.passages.is_empty() || record.kind == NoteKind::Retraction;
    html! {
        @if !record.carried.is_empty() {
            p { b { (what) } " (" (words::count(record.carried.len() as u64, "article", "articles")) "):" }
            ul.values {
                @for carrying in record.carried.iter().take(NAMED) {
                    li {
                        a href={ "/stories/" (carrying.carrier.story) } { (carrying.carrier.outlet_label()) }
                        ", " (words::time(carrying.carrier.seen))
                        @if carrying.after { " " span.what { "came after the correction" } }
                    }
                }
            }
            @if record.carried.len() > NAMED {
                p.faint { "and " (words::number((record.carried.len() - NAMED) as u64)) " more" }
            }
        } @else if is_known {
            p.faint { "No other article here has it." }
        } @else {
            p.faint { "The texts do not show which passage this is about." }
        }
    }
}

/// The outlets in order, each once.
fn outlets<'a>(carriers: impl Iterator<Item = &'a Carrier>) -> String {
    let mut outlets: Vec<String> = Vec::new();
    for outlet in carriers.map(Carrier::outlet_label) {
        if !outlets.contains(&outlet) {
            outlets.push(outlet);
        }
    }
    outlets.truncate(NAMED);
    outlets.join(", ")
}
