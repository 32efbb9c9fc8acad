//! The map as tables: which text has which passage, the shares, and which outlet was first.

use jiff::Timestamp;
use maud::{Markup, html};
use wirefold_proto::{Class, DateProblem};

use super::map::{MapInput, Strip, colour, letter};
use super::river::outward;
use super::story_comparison::{ComparedArticle, LeftOut, StoryComparison};
use super::words;
use crate::shapes::ArticleBrief;

/// The claimed time is shown beside the time seen if they differ by this many seconds.
const WORTH_SAYING: i64 = 90;
/// The most articles in the list of those not on the map.
pub(super) const MAX_LISTED: usize = 200;

/// The articles with their shares and passages: the content of the map as a table.
pub(super) fn articles(stories: &[StoryComparison], map: &MapInput) -> Markup {
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
                b { (article.outlet_label()) } " " span.faint { (words::role(article, Some(&study.story))) (words::remarks(true, article.paywalled)) } br;
                span.title lang=[words::lang(Some(&article.language))] dir=(words::direction(Some(&article.language))) { (outward(article)) }
            }
            td { (words::time(article.seen)) }
            @match overlap {
                Some(overlap) => {
                    td.num { (words::percent(overlap.contained)) }
                    td.num { (words::percent(overlap.containing)) }
                    td.num { (overlap.longest) }
                },
                None => { td.num { "–" } td.num { "–" } td.num { "–" } },
            }
            td.pieces {
                @if let Some(strip) = strip {
                    @for piece in &strip.pieces { (swatch(piece.number, piece.moved)) " " }
                    @for quoted in &strip.quoted { i { (letter(quoted.which)) } " " }
                    @if strip.pieces.is_empty() && strip.quoted.is_empty() { "own words" }
                } @else { span.gone { "text has expired" } }
            }
        }
    }
}

/// The articles that are too many for map and table.
pub(super) fn left_out(LeftOut { count, listed }: &LeftOut) -> Markup {
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
                            " " span.faint { (words::role(article, None)) (words::remarks(true, article.paywalled)) " · " (words::time(article.seen)) }
                        }
                    }
                    @if more > 0 { li { "and " (more) " more" } }
                }
            }
        }
    }
}

/// The numbered passages of a story: length, beginning, articles.
pub(super) fn passages(study: &StoryComparison, map: &MapInput) -> Markup {
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
    all.sort_by_key(|(_, article)| (article.seen, article.id));
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
                        (versions(article))
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

fn versions(article: &ArticleBrief) -> Markup {
    html! {
        @if let Some(before) = &article.version_of {
            br; span.faint { "a later version of " a href={ "#" (before) } { "this" } }
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
