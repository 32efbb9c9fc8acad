//! The page of a story: its map, the changes of each copy, the reason of the fold, and the first outlet.

use maud::{Markup, html};
use wirefold_dedup::{Change, Changes};
use wirefold_proto::{Agency, ArticleId};

use super::diff;
use super::map::{self, MapInput, Strip};
use super::river::{folded_counts, outward, title_of};
use super::story_comparison::{ComparedArticle, LeadComparison, LeftOut, StoryComparison};
use super::{corrections, split, statements, tables, words};
use crate::analysed_text::AnalysedText;
use crate::shapes::{ArticleBrief, Corrections, Statements, StoryBrief};

/// The most changed sentences in the list for one copy.
const MAX_SENTENCES: usize = 40;
/// The most characters of a sentence.
const SENTENCE: usize = 400;

/// The page's main part. The `left_out` articles are too many for the map, and are listed.
pub(super) fn main(
    study: &StoryComparison,
    left_out: &LeftOut,
    (said, put_right): (&Statements, &Corrections),
) -> Markup {
    let map = super::story_comparison::map_of(std::slice::from_ref(study));
    html! {
        div data-watch=(study.story.event) {
            (head(&study.story))
            div.sheet {
                div.body {
                    (corrections::section(put_right))
                    (map_section(&map))
                    (tables::articles(std::slice::from_ref(study), &map))
                    (tables::left_out(left_out))
                    (tables::passages(study, &map))
                    @if study.articles.len() > 1 {
                        section #changes {
                            h2 { "What changed" }
                            p.faint { "Compared with the lead; a new version is compared with the one before." }
                            (copies(study, true))
                        }
                    }
                    (statements::sections(said))
                }
                aside {
                    (tables::timeline(std::slice::from_ref(study)))
                    (credit(study))
                }
            }
        }
    }
}

fn head(story: &StoryBrief) -> Markup {
    html! {
        p.crumbs { a href="/" { "River" } " › " a href={ "/events/" (story.event) } { "Event" } " › Story" }
        h1 lang=[words::lang(Some(&story.language))] dir=(words::direction(Some(&story.language))) { (title_of(&story.title)) }
        p.counts {
            span.outlets { (words::count(story.outlets.into(), "outlet", "outlets")) }
            span.origins { "1\u{a0}text" }
            (folded_counts(story.copies, story.versions))
            @if story.quiet { span.state { "quiet" } }
        }
        p.about {
            "First seen at " b { (story.outlet_label()) } ", " (words::time(story.first_seen))
            @if let Some(agency) = &story.agency { " · " span.agency { (agency.describe()) } }
            @if let Some(reason) = &story.regrouped { " · regrouped: " (reason.describe()) }
        }
        @if !story.keyphrases.is_empty() {
            p.about { "About " b lang=[words::lang(Some(&story.language))] { (story.keyphrases.join(" · ")) } }
        }
    }
}

/// The map with its legend.
pub(super) fn map_section(map: &MapInput) -> Markup {
    html! {
        section #map {
            h2 { "Reprint map" }
            @if map.strips.is_empty() {
                p.gone { "The texts have expired, so there is nothing to draw. The verdicts on them are below." }
            } @else {
                (legend(map))
                figure { (map::draw(map)) }
            }
        }
    }
}

fn legend(map: &MapInput) -> Markup {
    let has = |found: fn(&Strip) -> bool| map.strips.iter().any(found);
    html! {
        ul.legend {
            @if has(|strip| !strip.pieces.is_empty()) {
                li { span.key.c1 {} span.key.c2 {} span.key.c3 {} " same number, same passage" }
                @if has(|strip| strip.pieces.iter().any(|piece| piece.moved)) {
                    li { span.key.moved {} " moved: crosses" }
                }
            }
            @if has(|strip| !strip.quotations.is_empty()) {
                li { span.key.quote {} " quotation, never counts" }
            }
            @if has(|strip| !strip.quoted.is_empty()) { li { i { "a" } " same quotation" } }
            li { span.key.own {} " own words" }
        }
    }
}

/// The changes of each article except the lead, and why it is folded.
pub(super) fn copies(study: &StoryComparison, is_open: bool) -> Markup {
    html! {
        @for (at, copy) in study.articles.iter().skip(1).enumerate() {
            details.copy open[is_open && at == 0] {
                summary {
                    b { (copy.article.outlet_label()) }
                    " " span.faint { (words::role(&copy.article, Some(&study.story))) }
                    @if let Some(changes) = copy.against.as_ref().and_then(|a| a.changes.as_ref()) {
                        " " (change_counts(changes))
                    }
                }
                div.inside { (copy_inside(study, copy)) }
            }
        }
    }
}

fn copy_inside(study: &StoryComparison, copy: &ComparedArticle) -> Markup {
    html! {
        p.title lang=[words::lang(Some(&copy.article.language))] dir=(words::direction(Some(&copy.article.language))) { (outward(&copy.article)) }
        @if let Some(material) = &copy.article.material {
            p {
                (if material.material { "Material: " } else { "Not material: " })
                (material.reason.describe())
                @if let Some(detail) = &material.detail { " (“" (detail) "”)" }
                "."
            }
        }
        h3 { "Why folded" }
        (explain_copy(study, copy))
        @if let (Some(against), Some(text)) = (&copy.against, &copy.reading) {
            @let base = study.articles.get(against.base).and_then(|base| base.reading.as_ref());
            h3 { (if against.base == 0 { "Lede" } else { "Lede, against the version before" }) }
            div lang=[words::lang(Some(&copy.article.language))] dir=(words::direction(Some(&copy.article.language))) { (diff::draw(&against.lede, if against.base == 0 { "lead" } else { "before" })) }
            @if let (Some(changes), Some(base)) = (&against.changes, base) {
                (sentences(changes, base, text, &copy.article))
            }
        } @else {
            p.gone { "A text has expired, so its words cannot be compared here." }
        }
        (split::form(study.story.id, copy.article.id))
    }
}

fn change_counts(changes: &Changes) -> Markup {
    html! {
        span.changes {
            @for (number, what) in crate::change_counts(changes) { span.(what) { (number) "\u{a0}" (what) } }
        }
    }
}

fn explain_copy(study: &StoryComparison, copy: &ComparedArticle) -> Markup {
    let strongest = copy.article.strongest.as_ref();
    let through = strongest.filter(|found| found.id != study.story.lead);
    html! {
        @match (&copy.against, strongest) {
            (Some(against), _) => (why_words(against)),
            (None, Some(found)) => p {
                "When it came in, " (words::percent(found.contained.get())) " of its own words were in the text that it shares most with, in "
                (words::count(found.passages.into(), "passage", "passages")) ", the longest run "
                (words::count(found.longest.into(), "word", "words")) "."
            },
            (None, None) => p { "It has the same text, or the same address." },
        }
        @if let Some(through) = through {
            @if let Some(member) = study.articles.iter().find(|other| other.article.id == through.id) {
                p { "When it came in, it shared most with the text at " b { (member.article.outlet_label()) } "." }
            }
        }
        @if !copy.article.comparable { p { "Its text is too short to be compared: only the same text or the same address folds it." } }
    }
}

fn why_words(against: &LeadComparison) -> Markup {
    let overlap = &against.overlap;
    html! {
        p {
            b { (words::percent(overlap.contained)) } " of its own words are in the lead, "
            b { (words::percent(overlap.containing)) } " of the lead’s are in it. The longest run word for word is "
            (words::count(overlap.longest.into(), "word", "words")) ". "
            @match overlap.shared_quotations.len() {
                0 => "No shared quotations.",
                1 => "One quotation in common does not count.",
                many => { (many) " shared quotations do not count." },
            }
        }
    }
}

fn sentences(
    changes: &Changes,
    old: &AnalysedText,
    new: &AnalysedText,
    copy: &ArticleBrief,
) -> Markup {
    let changed = || changes.changes.iter().filter(|change| !matches!(change, Change::Kept { .. }));
    let all = changed().count();
    html! {
        h3 { "Sentences " (change_counts(changes)) }
        @if all > 0 {
            ol.sentences lang=[words::lang(Some(&copy.language))] dir=(words::direction(Some(&copy.language))) {
                @for change in changed().take(MAX_SENTENCES) { (sentence(change, changes, old, new)) }
            }
        }
        @if all > MAX_SENTENCES { p.faint { "and " (all - MAX_SENTENCES) " more" } }
    }
}

fn sentence(change: &Change, changes: &Changes, old: &AnalysedText, new: &AnalysedText) -> Markup {
    let before = |at: usize| words::cut(&old.printed(&changes.old[at].words), SENTENCE);
    let after = |at: usize| words::cut(&new.printed(&changes.new[at].words), SENTENCE);
    html! {
        @match *change {
            Change::Kept { .. } => {},
            Change::Moved { old: at, new: to } => li.moved { (label_change("moved", Some(at), Some(to))) p { (after(to)) } },
            Change::Added { new: to } => li.added { (label_change("added", None, Some(to))) p { ins { (after(to)) } } },
            Change::Dropped { old: at } => li.dropped { (label_change("dropped", Some(at), None)) p { del { (before(at)) } } },
            Change::Reworded { old: at, new: to, moved } => li.reworded {
                (label_change(if moved { "moved and reworded" } else { "reworded" }, Some(at), Some(to)))
                (diff::draw(&diff::compare_words(old, changes.old[at].words.clone(), new, changes.new[to].words.clone()), "before"))
            },
        }
    }
}

fn label_change(what: &str, old: Option<usize>, new: Option<usize>) -> Markup {
    html! {
        span.what lang="en" dir="ltr" {
            b { (what) } " "
            @match (old, new) {
                (Some(old), Some(new)) if old != new => { "sentence " (old + 1) " → " (new + 1) },
                (Some(at), _) | (None, Some(at)) => { "sentence " (at + 1) },
                (None, None) => {},
            }
        }
    }
}

/// The agency behind a story, with the evidence.
pub(super) fn credit(study: &StoryComparison) -> Markup {
    html! {
        section #credit {
            h2 { "Agency" }
            @match &study.story.agency {
                None => p { "No agency is named, and none can be inferred." },
                Some(agency) => (evidence(agency, study)),
            }
        }
    }
}

fn evidence(agency: &Agency, study: &StoryComparison) -> Markup {
    let outlet = |id: &ArticleId| {
        study.articles.iter().find(|member| member.article.id == *id).map(|m| &m.article.outlet)
    };
    html! {
        p { b { (agency.describe()) } }
        ul.evidence {
            @for piece in &agency.evidence {
                li {
                    (words::evidence_place(piece.place))
                    @if let Some(outlet) = piece.article.as_ref().and_then(outlet) { " at " (outlet) }
                    ": “" (piece.words) "”"
                }
            }
        }
    }
}
