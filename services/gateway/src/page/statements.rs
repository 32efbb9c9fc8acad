//! The statements and corrections of an event: quotations with their wordings and carriers, figures with their
//! sentences, names with their spellings, and the articles that still have an error.

use std::collections::HashMap;

use maud::{Markup, html};
use wirefold_proto::{ArticleId, EntityKind, FigureRole, NoteKind, Qualifier};

use crate::page::{diff, words};
use crate::shapes::{
    ArticleBrief, Carrier, CorrectedPassage, CorrectionRecord, Corrections, Difference,
    FigureRecord, FigureStanding, FigureValue, NameRecord, QuotationRecord, Statements, Wording,
};
use crate::text::AnalysedText;

/// The quotations that are visible at first. Others can be opened.
const SHOWN: usize = 8;
/// The most names of one kind.
const SHOWN_NAMES: usize = 12;
/// The most characters of a name.
const NAME: usize = 80;
/// The most carriers in a list.
const NAMED: usize = 6;
/// The most characters of a wording.
const WORDING: usize = 600;

/// All sections. Quotations and names with one carrier are left out. The texts have the sentences.
pub(super) fn sections(statements: &Statements, texts: &Texts<'_>) -> Markup {
    let shared: Vec<&QuotationRecord> =
        statements.quotations.iter().filter(|it| it.outlets > 1 || it.wordings.len() > 1).collect();
    html! {
        @if !statements.cited_agencies.is_empty() {
            section #cited {
                h2 { "Agencies cited" }
                p.faint { "The sources that texts name for facts. The story shows who wrote a text." }
                ul.values {
                    @for cited in &statements.cited_agencies {
                        @let more = u64::from(cited.texts).saturating_sub(cited.carriers.len() as u64);
                        li { b { (cited.name) } " by " (list_outlets(&cited.carriers, more)) }
                    }
                }
            }
        }
        @if !statements.figures.is_empty() {
            section #figures {
                h2 { "Figures" }
                p.faint { "Numbers of people, by text. A value is contradicted if a text gives it after a newer one that rules it out. A number is not compared if it may be of another time or place, of some of them, or not certain." }
                @for figure in &statements.figures { (figure_record(figure, texts)) }
            }
        }
        @if !shared.is_empty() {
            section #quotations {
                h2 { "Quotations" }
                p.faint { "Quotations that several outlets print, or print differently. They never count as copying." }
                @for record in shared.iter().take(SHOWN) { (quotation(record)) }
                @if shared.len() > SHOWN {
                    details {
                        summary { (words::count((shared.len() - SHOWN) as u64, "more quotation", "more quotations")) }
                        @for record in shared.iter().skip(SHOWN) { (quotation(record)) }
                    }
                }
            }
        }
        (names(statements))
        @if statements.unread_articles > 0 {
            p.faint { (words::count(statements.unread_articles.into(), "article is", "articles are")) " not in these lists: there are too many, or their records have expired." }
        }
    }
}

/// The names that several outlets have, in any spelling.
fn names(statements: &Statements) -> Markup {
    let of_kind = |title, kind| {
        let names = statements.names.iter().filter(|it| it.outlets > 1 && it.kind == kind);
        (title, names.take(SHOWN_NAMES).collect::<Vec<_>>())
    };
    let kinds = [
        of_kind("People", EntityKind::Person),
        of_kind("Organisations", EntityKind::Organisation),
        of_kind("Places", EntityKind::Place),
    ];
    html! {
        @if kinds.iter().any(|(_, names)| !names.is_empty()) {
            section #names {
                h2 { "Names" }
                p.faint { "People, organisations and places that several outlets name. All spellings of a name count as one." }
                dl.names {
                    @for (title, names) in kinds.iter().filter(|(_, names)| !names.is_empty()) {
                        dt { (title) }
                        dd { @for name in names { (named_entity(name)) " " } }
                    }
                }
            }
        }
    }
}

fn named_entity(name: &NameRecord) -> Markup {
    let others =
        (!name.other_names.is_empty()).then(|| format!("also: {}", name.other_names.join(", ")));
    html! {
        span.name title=[others] {
            b { bdi { (words::cut(&name.name, NAME)) } }
            " " span.faint { (words::count(name.outlets.into(), "outlet", "outlets")) }
        }
    }
}

fn quotation(record: &QuotationRecord) -> Markup {
    let language = Some(&record.language);
    let Some((fullest, others)) = record.wordings.split_first() else { return html! {} };
    html! {
        article.quotation {
            blockquote lang=[words::lang(language)] dir=(words::direction(language)) { p { "“" (words::cut(&fullest.words, WORDING)) "”" } }
            p.about {
                @if let Some(speaker) = &record.speaker { b { (speaker) } @if record.inferred { " (inferred)" } " · " }
                (words::count(record.outlets.into(), "outlet", "outlets"))
                ", " (words::count(record.texts.into(), "text", "texts"))
                " · first at " b { (record.first.outlet_label()) } ", " (words::time(record.first.seen))
                @if !record.other_speakers.is_empty() { " · elsewhere ascribed to " (record.other_speakers.join(", ")) }
            }
            @if others.is_empty() {
                p.faint { (wording_outlets(fullest)) }
            } @else {
                ul.wordings {
                    li { span.what { "in full" } " " (wording_outlets(fullest)) }
                    @for wording in others { (other(fullest, wording, record)) }
                }
            }
        }
    }
}

fn other(fullest: &Wording, wording: &Wording, record: &QuotationRecord) -> Markup {
    let language = Some(&record.language);
    let what = match wording.difference {
        Difference::Fullest => "in full",
        Difference::Shortened => "shortened",
        Difference::Overlapping => "another part",
        Difference::Reworded => "other words",
    };
    html! {
        li {
            span.what { (what) } " " (wording_outlets(wording))
            div lang=[words::lang(language)] dir=(words::direction(language)) {
                @match wording.difference {
                    Difference::Reworded => (changed(&fullest.words, &wording.words)),
                    _ => p { "“" (words::cut(&wording.words, WORDING)) "”" },
                }
            }
        }
    }
}

/// A wording compared with the fullest one.
fn changed(full: &str, other: &str) -> Markup {
    diff::draw(&diff::forms(&AnalysedText::new(full), &AnalysedText::new(other)), "in full")
}

fn wording_outlets(wording: &Wording) -> Markup {
    list_outlets(&wording.carriers, wording.more_carriers.into())
}

/// The outlets of carriers in order, each once.
fn list_outlets(carriers: &[Carrier], more: u64) -> Markup {
    let mut outlets = distinct_outlets(carriers);
    let left_out = outlets.len().saturating_sub(NAMED) as u64 + more;
    outlets.truncate(NAMED);
    html! {
        span.carriers {
            (outlets.join(", "))
            @if left_out > 0 { " and " (words::number(left_out)) " more" }
        }
    }
}

/// The articles of the page whose texts are stored.
pub(super) type Texts<'a> = HashMap<ArticleId, (&'a ArticleBrief, &'a AnalysedText)>;

fn figure_record(figure: &FigureRecord, texts: &Texts<'_>) -> Markup {
    html! {
        article.figure-record {
            h3 {
                (role(figure.role))
                @if let Some(unit) = &figure.unit { ", " (unit) }
                @if figure.contradicted { " " span.state { "texts differ" } }
            }
            ul.values {
                @for value in &figure.values { (figure_value(value, figure.role, texts)) }
            }
        }
    }
}

fn figure_value(value: &FigureValue, of: FigureRole, texts: &Texts<'_>) -> Markup {
    let state = describe_standing(value.standing);
    let more = u64::from(value.texts).saturating_sub(value.carriers.len() as u64);
    let qualifier = value.qualifier.map(Qualifier::describe);
    html! {
        li {
            b { @if let Some(qualifier) = qualifier { (qualifier) " " } (value.words) } " " span.what { (state) } " "
            (list_outlets(&value.carriers, more))
            span.faint {
                " · since " (words::time(value.first.seen))
                @if value.last_seen > value.first.seen { ", last " (words::time(value.last_seen)) }
            }
            (figure_sentences(value, of, texts))
        }
    }
}

/// The sentences that give a figure, each once with its first source. A text that expired has none.
fn figure_sentences(value: &FigureValue, of: FigureRole, texts: &Texts<'_>) -> Markup {
    let said = value.sentences_of(of, |id| texts.get(&id).map(|(_, text)| &text.text));
    html! {
        @if !said.is_empty() {
            details {
                summary { (if said.len() == 1 { "The sentence" } else { "The sentences" }) }
                ul.values {
                    @for (carrier, sentence) in said {
                        @if let Some((article, _)) = texts.get(&carrier.article) { li {
                            @if let Some(agency) = &article.agency { b { (agency.describe()) } " at " }
                            b { (article.outlet_label()) } ", " (words::time(article.seen)) ": "
                            span lang=[words::lang(Some(&article.language))] dir="auto" { "“" (words::cut(sentence, SENTENCE)) "”" }
                        } }
                    }
                }
            }
        }
    }
}

/// The relation of a value to the newest one.
pub(super) const fn describe_standing(standing: FigureStanding) -> &'static str {
    match standing {
        FigureStanding::Newest => "newest",
        FigureStanding::Compatible => "agrees",
        FigureStanding::StillTold => "contradicted",
        FigureStanding::Earlier => "earlier",
        FigureStanding::Further => "not compared",
    }
}

/// The fate of those counted.
pub(super) const fn role(role: FigureRole) -> &'static str {
    match role {
        FigureRole::Killed => "Killed",
        FigureRole::Injured => "Injured",
        FigureRole::Missing => "Missing",
        FigureRole::Arrested => "Arrested",
        FigureRole::Rescued => "Rescued",
        FigureRole::Displaced => "Displaced",
    }
}

/// The most outlets in a list.
const NAMED_CARRIERS: usize = 40;
/// The most characters of a sentence.
const SENTENCE: usize = 600;

/// The section; empty without corrections.
pub(super) fn corrections_section(corrections: &Corrections) -> Markup {
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
            @for passage in &record.passages { (corrected_passage(passage)) }
            (still_carried(record))
            @if !record.corrected.is_empty() {
                @let outlets = distinct_outlets(&record.corrected);
                @let what = if record.kind == NoteKind::Retraction { "withdrawn" } else { "corrected" };
                p.faint { "Also " (what) " by " (outlets[..outlets.len().min(NAMED_CARRIERS)].join(", ")) }
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

/// The sentence before and after the correction.
fn corrected_passage(passage: &CorrectedPassage) -> Markup {
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
                @for carrying in record.carried.iter().take(NAMED_CARRIERS) {
                    li {
                        a href={ "/stories/" (carrying.carrier.story) } { (carrying.carrier.outlet_label()) }
                        ", " (words::time(carrying.carrier.seen))
                        @if carrying.after { " " span.what { "came after the correction" } }
                    }
                }
            }
            @if record.carried.len() > NAMED_CARRIERS {
                p.faint { "and " (words::number((record.carried.len() - NAMED_CARRIERS) as u64)) " more" }
            }
        } @else if is_known {
            p.faint { "No other article here has it." }
        } @else {
            p.faint { "The texts do not show which passage this is about." }
        }
    }
}

/// The outlets in order, each once.
fn distinct_outlets(carriers: &[Carrier]) -> Vec<String> {
    let mut outlets: Vec<String> = Vec::new();
    for outlet in carriers.iter().map(Carrier::outlet_label) {
        if !outlets.contains(&outlet) {
            outlets.push(outlet);
        }
    }
    outlets
}
