//! An exported event as one file: it loads nothing, so it can be sent and stored elsewhere.

use std::collections::HashMap;

use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use wirefold_proto::{Agency, AttemptOutcome, Correction, EventId, Qualifier, text_remarks};

use crate::page::layout::STYLE;
use crate::page::river::{is_web, title_of};
use crate::page::{statements, words};
use crate::shapes::{
    ArticleDetail, CommandRow, EventExport, ExportedAlert, ExportedRevision, KeptPage,
};

/// The form that exports an event as it is, or as it was at a moment.
pub(super) fn form(event: EventId, now: Timestamp) -> Markup {
    html! {
        section #export {
            h2 { "Export" }
            form.deeds action={ "/events/" (event) "/export" } {
                p { label { "As of " input type="text" name="as_of" value=(now.strftime("%Y-%m-%dT%H:%M:%SZ")) required; } }
                button type="submit" { "HTML" } " "
                button type="submit" formaction={ "/api/v1/events/" (event) "/export" } { "JSON" }
            }
            p.faint { "One file with the texts, evidence, alerts and commands until then." }
        }
    }
}

/// The list of kept exports.
pub(super) fn kept(found: &KeptPage) -> Markup {
    html! {
        h1 { "Kept events" }
        @if found.kept.is_empty() { p.faint { "None yet. With " code { "keep.alerts" } ", the export of each event that alerted is kept once the event is quiet." } }
        ul.values {
            @for row in &found.kept {
                li {
                    a href={ "/events/" (row.event) "/export" } dir="auto" { (title_of(&row.title)) }
                    ", " (words::time(row.changed)) span.faint { " · " (row.subscriptions.join(", ")) }
                }
            }
        }
        @if let Some(next) = &found.next { p.more { a rel="next" href={ "/kept?cursor=" (next) } { "Older events" } } }
    }
}

/// The file.
pub(super) fn file(export: &EventExport) -> Markup {
    let language = export.articles.first().map(|it| &it.output);
    let language = language.and_then(|it| it.findings.language.as_ref()).map(|it| &it.tag);
    let names = export.articles.iter().zip(1..).map(|(it, number)| {
        (it.output.id.to_string(), format!("{number} ({})", it.output.article.outlet_label()))
    });
    let names: Names = names.collect();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { (export.title) " · " (export.as_of) }
                meta name="viewport" content="width=device-width, initial-scale=1";
                style { (PreEscaped(STYLE.content)) }
            }
            body {
                main {
                    h1 lang=[words::lang(language)] dir=(words::direction(language)) { (export.title) }
                    p.lede { "Event " code { (export.event) } " as of " (at(export.as_of)) ", exported " (at(export.exported)) " by wirefold " (export.release) "." }
                    ul.values { @for remark in &export.remarks { li.faint { (remark) } } }
                    section #timeline { h2 { "In order of time" } (timeline(export)) }
                    (figures(export))
                    section #alerts {
                        h2 { "Alerts" }
                        @if export.alerts.is_empty() { p.faint { "No alert until then." } }
                        @for of in &export.alerts { (alert(of)) }
                    }
                    section #commands {
                        h2 { "Notes and overrides" }
                        @if export.commands.is_empty() { p.faint { "No command until then." } }
                        ul.values { @for row in &export.commands { (command(row)) } }
                    }
                    section #texts {
                        h2 { "Articles" }
                        @for of in &export.articles { (article(of, &names)) }
                    }
                }
            }
        }
    }
}

/// The number and outlet of each article, by its id.
type Names = HashMap<String, String>;

fn at(time: Timestamp) -> Markup {
    html! { time datetime=(time) { (time.strftime("%Y-%m-%d %H:%M:%S UTC")) } }
}

/// Articles, messages and commands in one table.
fn timeline(export: &EventExport) -> Markup {
    let articles = export.articles.iter().zip(1..).map(|(it, number): (_, u32)| {
        let about = &it.output.article;
        let what = html! { a href={ "#" (it.output.id) } { "article " (number) } " " b { (about.outlet_label()) } ": " (about.title) };
        (about.seen, what)
    });
    let messages = export.alerts.iter().flat_map(|alert| {
        alert.revisions.iter().map(|it| {
            let what =
                html! { "alert to " b { (alert.subscription) } ", " (volume(it)) ": " (it.title) };
            (it.alert.at, what)
        })
    });
    let words = |it: &CommandRow| (it.command.at, html! { b { (it.sender()) } ": " (it.words) });
    let commands = export.commands.iter().map(words);
    let mut rows: Vec<(Timestamp, Markup)> = articles.chain(messages).chain(commands).collect();
    rows.sort_by_key(|(time, _)| *time);
    html! {
        div.wide {
            table { tbody { @for (time, what) in rows { tr { td { (at(time)) } td { (what) } } } } }
        }
    }
}

fn volume(revision: &ExportedRevision) -> &'static str {
    use wirefold_proto::Volume::{Loud, Silent};
    match (&revision.alert.held, revision.alert.volume) {
        (Some(hold), _) => crate::shapes::describe_hold(hold.reason),
        (None, Loud) => "notified",
        (None, Silent) => "silent",
    }
}

fn figures(export: &EventExport) -> Markup {
    html! {
        @if !export.statements.figures.is_empty() {
            section #figures {
                h2 { "Figures" }
                @for figure in &export.statements.figures {
                    h3 { (statements::role(figure.role)) @if let Some(unit) = &figure.unit { ", " (unit) } @if figure.contradicted { ": texts differ" } }
                    @for value in &figure.values {
                        p { b { (value.qualifier.map_or("", Qualifier::describe)) " " (value.words) } ", " (statements::describe_standing(value.standing)) ", since " (at(value.first.seen)) " at " (value.first.outlet_label()) }
                        ul.values {
                            @for said in &value.sentences {
                                li { a href={ "#" (said.carrier.article) } { (said.carrier.outlet_label()) } ", " (at(said.carrier.seen)) ": “" span dir="auto" { (said.words) } "”" }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn article(detail: &ArticleDetail, names: &Names) -> Markup {
    let (about, verdict) = (&detail.output.article, &detail.output.verdict);
    let language = detail.output.findings.language.as_ref().map(|it| &it.tag);
    let named = |id: String| names.get(&id).cloned().unwrap_or(id);
    let mut remarks = vec![verdict.class.describe(verdict.kind).to_owned()];
    remarks.extend(about.version_of.map(|it| format!("of {}", named(it.to_string()))));
    remarks.extend(verdict.correction.as_ref().map(Correction::describe));
    remarks.extend(verdict.agency.as_ref().map(Agency::describe));
    remarks
        .extend(text_remarks(verdict.comparable, about.paywalled).iter().map(|&it| it.to_owned()));
    html! {
        article.card id=(detail.output.id) {
            h3 lang=[words::lang(language)] dir=(words::direction(language)) { (about.title) }
            p.about {
                b { (named(detail.output.id.to_string())) } ", first seen " (at(about.seen))
                @if let Some(published) = about.published { ", claims " (at(published)) }
                " · " (remarks.join(" · "))
            }
            @for found in &verdict.matches {
                p.about {
                    (words::percent(found.contained.get())) " of it is in article " a href={ "#" (found.id) } { (named(found.id.to_string())) }
                    ", " (words::percent(found.containing.get())) " of that in it: " (words::count(found.passages.into(), "passage", "passages"))
                    ", longest run " (words::count(found.longest.into(), "word", "words"))
                }
            }
            @if let Some(url) = &about.url { p.faint { @if is_web(url) { a href=(url) rel="noopener noreferrer" { (url) } } @else { (url) } } }
            div lang=[words::lang(language)] dir=(words::direction(language)) {
                @for paragraph in detail.output.text.iter().flat_map(|it| it.split("\n\n")) { p { (paragraph) } }
            }
            p.faint { code { (detail.output.id) } " in story " code { (detail.story) } }
        }
    }
}

fn alert(alert: &ExportedAlert) -> Markup {
    html! {
        article.card {
            h3 { (alert.subscription) " " code.faint { (alert.id) } }
            @for revision in &alert.revisions {
                p { b { (at(revision.alert.at)) ", " (volume(revision)) } ": " span dir="auto" { (revision.title) } }
                ul.values { @for line in &revision.lines { li dir="auto" { (line) } } }
            }
            @for of in &alert.deliveries {
                @for attempt in &of.attempts {
                    p.faint {
                        (at(attempt.at)) ": revision " (attempt.revision) " to " (of.delivery) ", "
                        @match attempt.outcome {
                            AttemptOutcome::Open => "outcome not known",
                            AttemptOutcome::Taken => "accepted",
                            AttemptOutcome::Failed => "failed",
                            AttemptOutcome::GivenUp => "given up",
                        }
                        @if let Some(why) = &attempt.why { ": " (why) }
                    }
                }
            }
        }
    }
}

fn command(row: &CommandRow) -> Markup {
    html! {
        li {
            (at(row.command.at)) " " b { (row.sender()) } ": " (row.words)
            @if let Some(until) = row.until { " until " (at(until)) }
            @if let Some(title) = &row.title { ": " (title) }
            @if let Some(reason) = row.refusal() { " · not done: " (reason) }
        }
    }
}
