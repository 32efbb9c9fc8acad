//! The page of an event: the map of its texts, its stories, and which outlet was first.

use maud::{Markup, html};

use super::river::{folded_counts, title_of};
use super::story::{copies, map_section};
use super::story_comparison::{LeftOut, StoryComparison, map_of};
use super::{corrections, spark, statements, tables, words};
use crate::shapes::{Corrections, EventBrief, Statements};

/// The page's main part. The `left_out` articles are too many for the map, and are listed.
pub(super) fn main(
    event: &EventBrief,
    stories: &[StoryComparison],
    left_out: &LeftOut,
    (said, put_right): (&Statements, &Corrections),
) -> Markup {
    let map = map_of(stories);
    html! {
        div data-watch=(event.id) {
            (head(event))
            div.sheet {
                div.body {
                    (corrections::section(put_right))
                    (map_section(&map))
                    (tables::articles(stories, &map))
                    (tables::left_out(left_out))
                    (statements::sections(said))
                    section #stories {
                        h2 { "Stories" }
                        p.faint { "Each is one text and its copies. Texts of one event are grouped, never folded." }
                        @for study in stories { (story(study)) }
                    }
                }
                aside { (tables::timeline(stories)) }
            }
        }
    }
}

fn head(event: &EventBrief) -> Markup {
    html! {
        p.crumbs { a href="/" { "River" } " › Event" }
        h1 lang=[words::lang(Some(&event.language))] dir=(words::direction(Some(&event.language))) { (title_of(&event.title)) }
        p.counts {
            span.outlets { (words::count(event.outlets.into(), "outlet", "outlets")) }
            span.origins { a href="/about#origin" { "at most\u{a0}" (words::count(event.origins.into(), "origin", "origins")) } }
            span { (words::count(event.story_count.into(), "story", "stories")) }
            span { (words::count(event.articles.into(), "article", "articles")) }
            (folded_counts(event.copies, event.versions))
            @if event.quiet { span.state { "quiet" } }
            (spark::draw(&event.velocity, "in the three hours before the last one"))
        }
        p.about {
            "First seen at " b { (event.first_outlet_label()) } ", " (words::time(event.first_seen))
            ", last article " (words::time(event.changed))
            @if let Some(agency) = &event.agency { " · " span.agency { (agency.describe()) } }
            @if let Some(before) = &event.continues { " · " a href={ "/events/" (before) } { "continues an earlier event" } }
        }
    }
}

fn story(study: &StoryComparison) -> Markup {
    let story = &study.story;
    html! {
        article.story {
            h3 lang=[words::lang(Some(&story.language))] dir=(words::direction(Some(&story.language))) {
                a href={ "/stories/" (story.id) } { (title_of(&story.title)) }
            }
            p.about {
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
