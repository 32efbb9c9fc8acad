//! The pages of a story and of an event: the map of the texts, the same as tables, the changes of each copy, the
//! reason of the fold, and the first outlet.
//!
//! The comparisons are pure functions, limited by the number of articles and words.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use maud::{Markup, html};
use wirefold_fold::{Change, Changes, Overlap};
use wirefold_proto::{Agency, ArticleId, Class, Correction, DateProblem, Target};

use crate::page::diff::WordDiff;
use crate::page::map::{MapInput, Strip, colour, letter, shared, story_strips};
use crate::page::marks::MarksOn;
use crate::page::river::{folded_counts, outward, title_of};
use crate::page::{diff, map, marks, regroup, statements, words};
use crate::shapes::{
    ArticleBrief, Corrections, EventBrief, Statements, StoryBrief, StoryWithArticles,
};
use crate::text::AnalysedText;

/// The most changed sentences in the list for one copy.
const MAX_SENTENCES: usize = 40;
/// The most characters of a sentence.
const SENTENCE: usize = 400;

/// The page's main part. The `left_out` articles are too many for the map, and are listed. `taken` is the acknowledgement.
pub(super) fn story_main(
    (study, marks, taken): (&StoryComparison, &MarksOn, &Markup),
    left_out: &LeftOut,
    (said, put_right): (&Statements, &Corrections),
) -> Markup {
    let map = map_of(std::slice::from_ref(study));
    html! {
        div data-watch=(study.story.event) {
            (story_head(study, marks))
            (taken)
            div.sheet {
                div.body {
                    (statements::corrections_section(put_right))
                    (map_section(&map))
                    (article_table(std::slice::from_ref(study), &map))
                    (left_out_list(left_out))
                    (passage_list(study, &map))
                    @if study.articles.len() > 1 {
                        section #changes {
                            h2 { "What changed" }
                            p.faint { "Compared with the lead; a new version is compared with the one before." }
                            (copies(study, true))
                        }
                    }
                    (statements::sections(said, &texts_of(std::slice::from_ref(study))))
                }
                aside {
                    (timeline(std::slice::from_ref(study)))
                    (credit(study))
                }
            }
        }
    }
}

/// The title of the lead, if its newest version has another one.
fn earlier_title(study: &StoryComparison) -> Markup {
    let lead = study.lead().filter(|lead| lead.article.title != study.story.title);
    html! { @if let Some(lead) = lead { p.faint { "was: " (title_of(&lead.article.title)) } } }
}

fn story_head(study: &StoryComparison, marks: &MarksOn) -> Markup {
    let story = &study.story;
    let members = study.articles.iter().map(|it| &it.article);
    let first = members.min_by_key(|article| (article.seen, article.enriched));
    html! {
        p.crumbs { a href="/" { "River" } " › " a href={ "/events/" (story.event) } { "Event" } " › Story" }
        h1 id={ "t-" (story.id) } lang=[words::lang(Some(&story.language))] dir=(words::direction(Some(&story.language))) { (title_of(&story.title)) }
        (earlier_title(study))
        p.counts {
            span.outlets { (words::count(story.outlets.into(), "outlet", "outlets")) }
            span.origins { "1\u{a0}text" }
            (folded_counts(story.copies, story.versions))
            @if story.quiet { span.state { "quiet" } }
        }
        p.about {
            @if let Some(first) = first {
                "First seen at " b { (first.outlet_label()) } ", " (words::time(first.seen))
            }
            @if let Some(agency) = &story.agency { " · " span.agency { (agency.describe()) } }
        }
        (marks::buttons(Target::Story(story.id), marks))
    }
}

/// The map with its legend.
pub(super) fn map_section(map: &MapInput) -> Markup {
    html! {
        section #map {
            h2 { "Reprint map" }
            @if map.strips.is_empty() {
                p.gone { "There is no text to draw: these are headlines alone, or their texts have expired. The verdicts on them are below." }
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
                        " " (count_changes(changes))
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
        @if let Some(corrected) = copy.article.correction.as_ref().map(Correction::describe) {
            p { (corrected) }
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
            p.gone { "A text is a headline alone or has expired, so its words cannot be compared here." }
        }
        (regroup::form(study.story.id, copy.article.id))
    }
}

fn count_changes(changes: &Changes) -> Markup {
    html! {
        span.changes {
            @for (number, what) in crate::change_counts(changes) { span.(what) { (number) "\u{a0}" (what) } }
        }
    }
}

fn explain_copy(study: &StoryComparison, copy: &ComparedArticle) -> Markup {
    let strongest = copy.article.strongest.as_ref();
    let through = strongest.filter(|found| found.id != study.story.lead);
    let through =
        through.and_then(|through| study.articles.iter().find(|it| it.article.id == through.id));
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
        @if let Some(member) = through {
            p { "When it came in, it shared most with the text at " b { (member.article.outlet_label()) } "." }
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
        h3 { "Sentences " (count_changes(changes)) }
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

/// The same of an event.
pub(super) fn event_main(
    (event, marks, taken): (&EventBrief, &MarksOn, &Markup),
    stories: &[StoryComparison],
    left_out: &LeftOut,
    (said, put_right): (&Statements, &Corrections),
    export: &Markup,
) -> Markup {
    let map = map_of(stories);
    let texts = words::texts(event.origins, sharing(event, stories), event.not_compared);
    html! {
        div data-watch=(event.id) {
            (event_head((event, marks), stories, &texts))
            (taken)
            div.sheet {
                div.body {
                    (statements::corrections_section(put_right))
                    (map_section(&map))
                    (article_table(stories, &map))
                    (left_out_list(left_out))
                    (text_list(&texts, stories))
                    (statements::sections(said, &texts_of(stories)))
                    section #stories {
                        h2 { "Stories" }
                        p.faint { "Each is one text and its copies. Texts of one event are grouped, never folded." }
                        @for study in stories {
                            (event_story(study, marks.new.contains(&study.story.id)))
                            @if event.story_count > 1 { (regroup::take_out_form(study.story.id)) }
                        }
                        (regroup::join_form(event.id))
                    }
                }
                aside { (timeline(stories)) (export) }
            }
        }
    }
}

fn event_head(
    (event, marks): (&EventBrief, &MarksOn),
    stories: &[StoryComparison],
    texts: &str,
) -> Markup {
    // A story that people moved changes the event, too. Of many articles, only some are here.
    let seen: Vec<_> =
        stories.iter().flat_map(|study| &study.articles).map(|it| it.article.seen).collect();
    let last = seen.iter().max().filter(|_| seen.len() == event.articles as usize);
    let last = last.copied().unwrap_or(event.changed);
    html! {
        p.crumbs { a href="/" { "River" } " › Event" }
        h1 id={ "t-" (event.id) } lang=[words::lang(Some(&event.language))] dir=(words::direction(Some(&event.language))) { (title_of(&event.title)) }
        @if let Some(first) = stories.first() { (earlier_title(first)) }
        p.counts {
            (marks::new_stories(marks))
            span.outlets { (words::count(event.outlets.into(), "outlet", "outlets")) }
            span.origins { a href="#texts" { (texts) } }
            span { (words::count(event.story_count.into(), "story", "stories")) }
            span { (words::count(event.articles.into(), "article", "articles")) }
            (folded_counts(event.copies, event.versions))
            @if event.quiet { span.state { "quiet" } }
            (words::sparkline(&event.velocity, "in the three hours before the last one"))
        }
        p.about {
            "First seen at " b { (event.first_outlet_label()) } ", " (words::time(event.first_seen))
            ", last article " (words::time(last))
            @if let Some(agency) = &event.agency { " · " span.agency { (agency.describe()) } }
            @if let Some(before) = &event.continues { " · " a href={ "/events/" (before) } { "continues an earlier event" } }
        }
        (marks::buttons(Target::Event(event.id), marks))
    }
}

/// The texts, each with the text that is nearest to it, and the stories that are too short to compare. A link to the list
/// opens the whole part.
fn text_list(summary: &str, stories: &[StoryComparison]) -> Markup {
    let (texts, short): (Vec<_>, Vec<_>) = stories.iter().partition(|study| is_text(study));
    let listed = |study: &StoryComparison| {
        let story = &study.story;
        html! {
            b { (story.outlet_label()) } " "
            a href={ "/stories/" (story.id) } lang=[words::lang(Some(&story.language))] dir=(words::direction(Some(&story.language))) { (title_of(&story.title)) }
        }
    };
    html! {
        details.passages {
            summary { (summary) }
            p.faint { "An upper bound: two texts may rest on one source. " a href="/about#origin" { "What this means" } }
            ol #texts { @for study in texts { li { (listed(study)) " " span.faint { (nearest(study, stories)) } } } }
            @if !short.is_empty() {
                p { "Too short to compare:" }
                ul { @for study in short { li { (listed(study)) } } }
            }
        }
    }
}

/// The articles of stories whose texts are stored.
fn texts_of(stories: &[StoryComparison]) -> statements::Texts<'_> {
    let articles = stories.iter().flat_map(|study| &study.articles);
    let with_text = articles.filter_map(|it| Some((&it.article, it.reading.as_ref()?)));
    with_text.map(|(article, text)| (article.id, (article, text))).collect()
}

/// Whether one of its articles is long enough to be compared.
fn is_text(study: &StoryComparison) -> bool {
    study.articles.iter().any(|it| it.article.comparable)
}

/// How many texts have passages of an earlier one, although they are no copies of it; `None` if not all of them are at
/// hand.
fn sharing(event: &EventBrief, stories: &[StoryComparison]) -> Option<u32> {
    let texts = stories.iter().filter(|study| is_text(study)).map(lead_text);
    let texts: Vec<&AnalysedText> = texts.take(NEIGHBOURS + 1).collect::<Option<_>>()?;
    if texts.len() > NEIGHBOURS || texts.len() != event.origins as usize {
        return None;
    }
    let shares = |at: &usize| {
        let has_passage = |earlier: &&AnalysedText| {
            !Overlap::between(&texts[*at].body, &earlier.body).passages.is_empty()
        };
        texts[..*at].iter().any(has_passage)
    };
    u32::try_from((1..texts.len()).filter(shares).count()).ok()
}

/// The text of the event that shares most words in a row with the lead of a story, and these words.
fn nearest(study: &StoryComparison, stories: &[StoryComparison]) -> String {
    let others = stories.iter().filter(|other| other.story.id != study.story.id).take(NEIGHBOURS);
    let shared = others.filter_map(|other| {
        let (length, words) = longest_shared(lead_text(study)?, lead_text(other)?)?;
        Some((length, other.story.outlet_label(), words))
    });
    match shared.max_by_key(|(length, ..)| *length) {
        Some((SAID.., outlet, words)) => {
            format!("nearest to {outlet}: \u{201c}{}\u{201d}", words::cut(&words, SENTENCE))
        }
        _ => "shares no statement with another text".to_owned(),
    }
}

/// The most texts that one is compared with to find its nearest.
const NEIGHBOURS: usize = 30;
/// The least words in a row that are a statement.
const SAID: usize = 5;

/// The longest run of words that two texts share, quotations included, with its length.
fn longest_shared(here: &AnalysedText, there: &AnalysedText) -> Option<(usize, String)> {
    let overlap = Overlap::between(&here.body, &there.body);
    let quoted = overlap.shared_quotations.into_iter();
    let blocks = overlap.passages.into_iter().flat_map(|passage| passage.blocks).chain(quoted);
    let longest = blocks.max_by_key(|block| block.len).filter(|block| block.len > 0)?;
    let start = longest.here as usize;
    let span = here.stretch(&(start..start + longest.len as usize));
    Some((longest.len as usize, span.of(here.text.original()).to_owned()))
}

fn event_story(study: &StoryComparison, is_new: bool) -> Markup {
    let story = &study.story;
    html! {
        article.story {
            h3 lang=[words::lang(Some(&story.language))] dir=(words::direction(Some(&story.language))) {
                a href={ "/stories/" (story.id) } { (title_of(&story.title)) }
            }
            p.about {
                @if is_new { span.since { "new" } " · " }
                b { (story.outlet_label()) } ", " (words::time(story.first_seen))
                @if let Some(agency) = &story.agency { " · " span.agency { (agency.describe()) } }
                @match story.copies {
                    0 => " · no copies",
                    many => { " · " (words::count(many.into(), "copy", "copies")) " folded" },
                }
                @if let Some(lead) = study.lead() { (words::remarks(lead.article.comparable, false)) }
            }
            (copies(study, false))
        }
    }
}

/// The claimed time is shown beside the time seen if they differ by this many seconds.
const WORTH_SAYING: i64 = 90;
/// The most articles in the list of those not on the map.
pub(super) const MAX_LISTED: usize = 200;

/// The articles with their shares and passages: the content of the map as a table.
pub(super) fn article_table(stories: &[StoryComparison], map: &MapInput) -> Markup {
    let mut strips = map.strips.iter();
    html! {
        div.wide role="region" aria-label="Articles" tabindex="0" {
            table.articles {
                thead { tr {
                    th scope="col" { "Article" }
                    th scope="col" { "Seen" }
                    th.num scope="col" { "In the lead" }
                    th.num scope="col" { "Of the lead" }
                    th.num scope="col" { "Longest run" }
                    th scope="col" { "Passages in its order" }
                } }
                @for study in stories {
                    tbody {
                        @for member in &study.articles {
                            @let strip = if is_drawn(study, member) { strips.next() } else { None };
                            (article_row(study, member, strip))
                        }
                    }
                }
            }
        }
    }
}

/// Whether it has copies.
fn is_lead(study: &StoryComparison, article: &ArticleBrief) -> bool {
    article.id == study.story.lead && study.articles.len() > 1
}

/// Whether the map has a strip for it.
fn is_drawn(study: &StoryComparison, member: &ComparedArticle) -> bool {
    let is_lead = study.lead().is_some_and(|lead| std::ptr::eq(lead, member));
    member.reading.is_some() && (is_lead || member.against.is_some())
}

fn article_row(study: &StoryComparison, member: &ComparedArticle, strip: Option<&Strip>) -> Markup {
    let article = &member.article;
    let overlap = member.against.as_ref().map(|against| &against.overlap);
    html! {
        tr id=(article.id) {
            th scope="row" {
                b { (article.outlet_label()) } " " span.faint { (words::role(article, Some(&study.story))) (words::remarks(article.comparable, article.paywalled)) } br;
                span.title lang=[words::lang(Some(&article.language))] dir=(words::direction(Some(&article.language))) { (outward(article)) }
            }
            td { (words::time(article.seen)) }
            @match overlap {
                Some(it) => { td.num { (words::percent(it.contained)) } td.num { (words::percent(it.containing)) } td.num { (it.longest) } },
                None => { td.num { "–" } td.num { "–" } td.num { "–" } },
            }
            td.pieces {
                @if let Some(strip) = strip {
                    @for piece in &strip.pieces { (swatch(piece.number, piece.moved)) " " }
                    @for quoted in &strip.quoted { i { (letter(quoted.which)) } " " }
                    @if strip.pieces.is_empty() && strip.quoted.is_empty() { "own words" }
                } @else if article.comparable { span.gone { "text has expired" } }
            }
        }
    }
}

/// The articles that are too many for map and table.
pub(super) fn left_out_list(LeftOut { count, listed }: &LeftOut) -> Markup {
    let listed = &listed[..listed.len().min(MAX_LISTED)];
    let more = count.saturating_sub(listed.len() as u64);
    html! {
        @if *count > 0 {
            details.passages {
                summary { (words::count(*count, "more article, not drawn", "more articles, not drawn")) }
                ul.copies {
                    @for article in listed {
                        li id=(article.id) {
                            a href={ "/stories/" (article.story) } { b { (article.outlet_label()) } } " "
                            span lang=[words::lang(Some(&article.language))] dir=(words::direction(Some(&article.language))) { (outward(article)) }
                            " " span.faint { (words::role(article, None)) (words::remarks(article.comparable, article.paywalled)) " · " (words::time(article.seen)) }
                        }
                    }
                    @if more > 0 { li { "and " (more) " more" } }
                }
            }
        }
    }
}

/// The numbered passages of a story: length, beginning, articles.
pub(super) fn passage_list(study: &StoryComparison, map: &MapInput) -> Markup {
    let Some(lead) = study.lead().and_then(|lead| lead.reading.as_ref()) else { return html! {} };
    let Some(strip) = map.strips.first().filter(|strip| !strip.pieces.is_empty()) else {
        return html! {};
    };
    let holders = |number: usize| {
        let has = move |copy: &&Strip| copy.pieces.iter().any(|piece| piece.number == number);
        map.strips.iter().skip(1).filter(has).map(|copy| copy.label.as_str()).collect::<Vec<_>>()
    };
    html! {
        details.passages {
            summary { "The passages in words" }
            ol {
                @for piece in &strip.pieces {
                    li {
                        (swatch(piece.number, false)) " "
                        span.faint { (words::count(piece.words.len() as u64, "word", "words")) ", also at " (holders(piece.number).join(", ")) }
                        p lang=[words::lang(Some(&study.story.language))] dir=(words::direction(Some(&study.story.language))) { (words::cut(&lead.printed(&piece.words), 240)) }
                    }
                }
            }
        }
    }
}

/// Which outlet was first: every article by the time it was seen here, with the claimed time.
pub(super) fn timeline(stories: &[StoryComparison]) -> Markup {
    let mut all: Vec<(&StoryComparison, &ArticleBrief)> = stories
        .iter()
        .flat_map(|study| study.articles.iter().map(move |member| (study, &member.article)))
        .collect();
    all.sort_by_key(|(_, article)| (article.seen, article.enriched));
    let first = all.first().map_or(Timestamp::UNIX_EPOCH, |(_, article)| article.seen);
    html! {
        section #timeline {
            h2 { "Who was first" }
            ol.timeline {
                @for (study, article) in all {
                    @let is_lead = is_lead(study, article);
                    li.own[matches!(article.class, Class::New | Class::Related) || is_lead] {
                        b { a href={ "#" (article.id) } { (article.outlet_label()) } } " "
                        span.faint { (words::role(article, Some(&study.story))) } br;
                        (words::time(article.seen))
                        @if let Some(lag) = words::lag(first, article.seen) { " " span.lag { (lag) } }
                        (claim(article))
                        @if let Some(before) = &article.version_of { br; span.faint { "a later version of " a href={ "#" (before) } { "this" } } }
                    }
                }
            }
            p.faint { "Times at which wirefold first saw each text. First does not mean source." }
        }
    }
}

fn claim(article: &ArticleBrief) -> Markup {
    let differs = |published: &Timestamp| {
        (published.as_second() - article.seen.as_second()).abs() > WORTH_SAYING
    };
    let problem = article.date_problem.map(|problem| match problem {
        DateProblem::Missing => "claims no time",
        DateProblem::Implausible => "claims an impossible time",
        DateProblem::Redated => "an old item with a new time",
    });
    html! {
        @match (problem, article.published.filter(differs)) {
            (Some(problem), _) => { br; span.faint { (problem) } },
            (None, Some(published)) => { br; span.faint { "claims " (words::time(published)) } },
            (None, None) => {},
        }
    }
}

/// A swatch with its number.
fn swatch(number: usize, moved: bool) -> Markup {
    html! {
        span.swatch.(colour(number)).moved[moved] data-p=(number) {
            (number) @if moved { span.hidden { " moved" } }
        }
    }
}

/// The most copies on a page whose sentences are compared.
const MAX_CHANGES: usize = 12;

/// The most characters of a heading on the map, which fit on a phone.
const MAX_HEADING: usize = 46;

/// The stored texts of articles.
pub(super) type Texts = HashMap<ArticleId, String>;

/// A story with the comparisons of its texts.
pub(super) struct StoryComparison {
    /// The story.
    pub story: StoryBrief,
    /// Its articles: the lead, and then the others, the first seen first.
    pub articles: Vec<ComparedArticle>,
}

/// An article with the analysis of its text.
pub(super) struct ComparedArticle {
    /// The article.
    pub article: ArticleBrief,
    /// Its text; `None` if it is no longer stored, or was not read.
    pub reading: Option<AnalysedText>,
    /// Its comparison with the lead; `None` for the lead itself, or if one of the texts is missing.
    pub against: Option<LeadComparison>,
}

/// The comparison of an article with the lead. The changes of a version are against the version before.
pub(super) struct LeadComparison {
    /// The parts that it shares with the lead.
    pub overlap: Overlap,
    /// The index of the story's article that changes are against; 0 for the lead.
    pub base: usize,
    /// The changes of the opening.
    pub lede: WordDiff,
    /// The changes of the sentences; `None` if there are too many copies.
    pub changes: Option<Changes>,
}

impl StoryComparison {
    /// The lead.
    pub(super) fn lead(&self) -> Option<&ComparedArticle> {
        self.articles.first()
    }
}

/// Compares the articles of stories. Sentences are compared only for the first copies.
pub(super) fn compare_all(stories: Vec<StoryWithArticles>, texts: &Texts) -> Vec<StoryComparison> {
    let mut left = MAX_CHANGES;
    let compare_one = |StoryWithArticles { story, mut articles }| {
        lead_first(&story, &mut articles);
        let mut compared: Vec<ComparedArticle> = Vec::with_capacity(articles.len());
        for article in articles {
            let reading = texts.get(&article.id).map(|text| AnalysedText::beginning(text));
            let compare = |text| compare(&compared, &article, text, &mut left);
            let against = reading.as_ref().and_then(compare);
            compared.push(ComparedArticle { article, reading, against });
        }
        StoryComparison { story, articles: compared }
    };
    stories.into_iter().map(compare_one).collect()
}

/// Sorts the articles of a story: the lead, and then the others, the first seen first.
fn lead_first(story: &StoryBrief, articles: &mut [ArticleBrief]) {
    articles.sort_by_key(|article| (article.id != story.lead, article.seen, article.enriched));
}

fn compare(
    before: &[ComparedArticle],
    article: &ArticleBrief,
    text: &AnalysedText,
    left: &mut usize,
) -> Option<LeadComparison> {
    let lead = before.first()?.reading.as_ref()?;
    let is_earlier =
        |it: &ComparedArticle| it.reading.is_some() && article.version_of == Some(it.article.id);
    let base = before.iter().position(is_earlier).unwrap_or(0);
    let old = before[base].reading.as_ref()?;
    let is_asked = *left > 0;
    *left = left.saturating_sub(1);
    Some(LeadComparison {
        overlap: Overlap::between(&text.body, &lead.body),
        base,
        lede: diff::ledes(old, text),
        changes: is_asked.then(|| Changes::between(&old.text, &text.text)),
    })
}

/// The map of these stories; articles without text have no strip.
pub(super) fn map_of(stories: &[StoryComparison]) -> MapInput {
    let leads: Vec<&AnalysedText> = stories.iter().filter_map(lead_text).collect();
    let mut quoted = shared(&leads).into_iter();
    let mut strips = Vec::new();
    let mut first = 1;
    for study in stories {
        let Some(lead) = lead_text(study) else { continue };
        let (of_story, next) = strips_of(study, lead, first);
        first = next;
        let from = strips.len();
        strips.extend(of_story);
        if let (Some(strip), Some(quoted)) = (strips.get_mut(from), quoted.next()) {
            strip.quoted = quoted;
            let heading = || words::cut(&study.story.title, MAX_HEADING);
            strip.heading = (stories.len() > 1).then(heading);
        }
    }
    let summary = summary(stories, &strips);
    MapInput { summary, strips }
}

fn lead_text(study: &StoryComparison) -> Option<&AnalysedText> {
    study.lead()?.reading.as_ref()
}

fn strips_of(study: &StoryComparison, lead: &AnalysedText, first: usize) -> (Vec<Strip>, usize) {
    let copies = || study.articles.iter().skip(1).filter(|studied| studied.against.is_some());
    let pairs: Vec<(&AnalysedText, &Overlap)> = copies()
        .filter_map(|studied| Some((studied.reading.as_ref()?, &studied.against.as_ref()?.overlap)))
        .collect();
    let (mut strips, next) = story_strips(lead, &pairs, first);
    for (strip, studied) in strips.iter_mut().zip(study.lead().into_iter().chain(copies())) {
        strip.label = studied.article.outlet_label();
        strip.note = note(study, studied);
    }
    (strips, next)
}

fn note(study: &StoryComparison, studied: &ComparedArticle) -> String {
    let article = &studied.article;
    let length = studied.reading.as_ref().map_or(0, AnalysedText::len);
    let mut note = words::count(length as u64, "word", "words");
    if study.articles.len() > 1 {
        note = format!("{} · {note}", words::role(article, Some(&study.story)));
    }
    if let Some(against) = &studied.against {
        note.push_str(&format!(" · {} in the lead", words::percent(against.overlap.contained)));
    }
    note
}

fn summary(stories: &[StoryComparison], strips: &[Strip]) -> String {
    let moved = strips.iter().flat_map(|strip| &strip.pieces).filter(|piece| piece.moved).count();
    let numbers = strips.iter().flat_map(|strip| &strip.pieces).map(|piece| piece.number).max();
    format!(
        "Reprint map: {} of {}, {} shared by lead and copies, {moved} moved. The table below says \
         the same.",
        words::count(strips.len() as u64, "text", "texts"),
        words::count(stories.len() as u64, "story", "stories"),
        words::count(numbers.unwrap_or(0) as u64, "passage", "passages"),
    )
}

/// The articles of a page that are too many to be compared.
pub(super) struct LeftOut {
    /// How many.
    pub(super) count: u64,
    /// The first seen of them.
    pub(super) listed: Vec<ArticleBrief>,
}

impl LeftOut {
    /// The articles of `all` that are not in these stories. `first` are the first seen of all.
    pub(super) fn of(all: u32, kept: &[StoryWithArticles], first: Vec<ArticleBrief>) -> Self {
        let kept = || kept.iter().flat_map(|with| &with.articles);
        let ids: HashSet<ArticleId> = kept().map(|article| article.id).collect();
        let mut listed = first;
        listed.retain(|article| !ids.contains(&article.id));
        listed.sort_by_key(|article| (article.seen, article.enriched));
        Self { count: u64::from(all).saturating_sub(ids.len() as u64), listed }
    }
}

/// Limits the articles to [`map::MAX_STRIPS`] in all: every lead, and of each story as many others as there
/// is room for, the first seen first.
pub(super) fn limit_articles(stories: &mut Vec<StoryWithArticles>) {
    stories.truncate(map::MAX_STRIPS);
    let kept = |most| stories.iter().map(|with| with.articles.len().min(most)).sum::<usize>();
    let each = (1..=map::MAX_STRIPS).rev().find(|most| kept(*most) <= map::MAX_STRIPS).unwrap_or(1);
    for StoryWithArticles { story, articles } in stories {
        lead_first(story, articles);
        articles.truncate(each);
    }
}

#[cfg(test)]
mod tests {
    use wirefold_proto::Class;

    use super::*;

    fn story(number: u64, articles: u64) -> StoryWithArticles {
        let brief = |nth: u64| ArticleBrief {
            id: format!("a-{:026}", number * 1_000 + nth).parse().unwrap(),
            enriched: nth,
            story: format!("s-{number:026}").parse().unwrap(),
            outlet: "harbour.example".parse().unwrap(),
            via: None,
            title: String::new(),
            language: "en".parse().unwrap(),
            url: None,
            // The lead is not the first seen.
            seen: Timestamp::from_second(1_000 - nth.cast_signed()).unwrap(),
            published: None,
            date_problem: None,
            class: Class::Copy,
            kind: None,
            comparable: true,
            strongest: None,
            agency: None,
            version_of: None,
            correction: None,
            baseline: false,
            paywalled: false,
        };
        let articles: Vec<ArticleBrief> = (0..articles).map(brief).collect();
        let story = StoryBrief {
            id: articles[0].story,
            event: format!("e-{number:026}").parse().unwrap(),
            lead: articles[0].id,
            title: String::new(),
            language: "en".parse().unwrap(),
            outlet: "harbour.example".parse().unwrap(),
            via: None,
            url: None,
            articles: 1,
            outlets: 1,
            copies: 0,
            versions: 0,
            first_seen: articles[0].seen,
            changed: articles[0].seen,
            agency: None,
            revision: 1,
            quiet: false,
        };
        StoryWithArticles { story, articles }
    }

    #[test]
    fn every_lead_is_kept_and_no_more_articles_than_the_map_has_strips() {
        for (sizes, left_out) in [(vec![3, 2], 0), (vec![60, 1, 1], 22), (vec![5; 50], 210)] {
            let mut stories: Vec<StoryWithArticles> =
                (1..).zip(&sizes).map(|(number, size)| story(number, *size)).collect();
            let first: Vec<ArticleBrief> =
                stories.iter().flat_map(|with| with.articles.clone()).collect();
            let all = u32::try_from(first.len()).unwrap();
            limit_articles(&mut stories);
            let found = LeftOut::of(all, &stories, first);
            assert_eq!(
                (found.count, found.listed.len()),
                (left_out, left_out as usize),
                "{sizes:?}"
            );
            assert!(stories.iter().all(|with| with.articles[0].id == with.story.lead));
        }
    }

    #[test]
    fn sentences_are_compared_for_the_first_copies_only() {
        let with = story(1, 20);
        let texts: Texts = with
            .articles
            .iter()
            .map(|article| (article.id, "The ferry sank at noon near the old pier.".to_owned()))
            .collect();
        let studied = compare_all(vec![with], &texts);
        let asked = studied[0].articles.iter().filter_map(|studied| studied.against.as_ref());
        assert_eq!(asked.clone().count(), 19);
        assert_eq!(asked.filter(|against| against.changes.is_some()).count(), MAX_CHANGES);
    }

    #[test]
    fn a_new_version_is_compared_with_the_one_before() {
        let mut with = story(1, 3);
        with.articles.sort_by_key(|article| article.seen);
        let (lead, first, second) = (with.story.lead, with.articles[0].id, with.articles[1].id);
        with.articles[1].version_of = Some(first);
        let text = |number: &str| format!("The ferry sank at noon with {number} people aboard.");
        let texts = Texts::from([
            (lead, "Snow lay on the quay when the pupils came out of school.".to_owned()),
            (first, text("fourteen")),
            (second, text("forty-one")),
        ]);
        let studied = compare_all(vec![with], &texts);
        let version = studied[0].articles[2].against.as_ref().unwrap();
        assert_eq!((version.base, studied[0].articles[1].article.id), (1, first));
        assert!(matches!(&version.lede, WordDiff::Edited(runs) if runs.len() == 4));
        assert_eq!(studied[0].articles[1].against.as_ref().unwrap().base, 0);
    }

    #[test]
    fn an_article_without_text_has_no_strip() {
        let with = story(1, 3);
        let lead = with.story.lead;
        let only_copies: Texts = with.articles[1..]
            .iter()
            .map(|article| (article.id, "The ferry sank at noon.".to_owned()))
            .collect();
        let study = |story, texts| compare_all(vec![story], texts);
        assert!(map_of(&study(with.clone(), &only_copies)).strips.is_empty());
        let only_lead = Texts::from([(lead, "The ferry sank at noon.".to_owned())]);
        assert_eq!(map_of(&study(with, &only_lead)).strips.len(), 1);
    }
}
