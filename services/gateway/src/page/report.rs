//! The page that reports who reprints whom.

use maud::{Markup, html};

use crate::page::alerts::since_form;
use crate::page::words;
use crate::shapes::{Report, ReportBy, ReportOther, ReportRow};

/// The page's main part.
pub(super) fn main(report: &Report) -> Markup {
    let (since, by) = (report.since.strftime("%Y-%m-%dT%H:%MZ"), report.by.as_str());
    let (first, own, others) = match report.by {
        ReportBy::Outlet => ("Outlet", "Own texts", "From"),
        ReportBy::Agency => ("Agency", "At its own site", "At"),
    };
    html! {
        h1 { "Reprints" }
        p.lede { "Who reprints whom, from " (words::time(report.since)) " to " (words::time(report.until)) "." }
        (since_form("/report", report.since, &choice(report.by)))
        @if report.rows.is_empty() {
            p.faint {
                @match report.by {
                    ReportBy::Outlet => "No article was seen since then.",
                    ReportBy::Agency => "No text since then is from an agency that wirefold knows.",
                }
            }
        } @else {
            div.wide role="region" aria-label="Reprints" tabindex="0" {
                table {
                    thead { tr {
                        th scope="col" { (first) } th.num scope="col" { "Articles" } th.num scope="col" { "Stories" }
                        th.num scope="col" { (own) } th.num scope="col" { "Versions" } th.num scope="col" { "Copies" }
                        th.num scope="col" { "Median delay" } th scope="col" { (others) }
                    } }
                    tbody { @for row in &report.rows { (line(row)) } }
                }
            }
            @if report.rows.len() < report.total as usize { p.faint { "The first " (report.rows.len()) " of " (words::number(report.total.into())) "." } }
        }
        p.faint { "Copies are texts that were seen first at another outlet, and texts of an agency that is credited or inferred. The delay is the time since the first article with the same text was seen here; it does not say who published first." }
        p.export { a href={ "/api/v1/report?by=" (by) "&since=" (since) "&format=csv" } download="reprints.csv" { "CSV" } " · " a href={ "/api/v1/report?by=" (by) "&since=" (since) } { "JSON" } }
    }
}

/// The choice of the rows.
fn choice(by: ReportBy) -> Markup {
    html! {
        select name="by" aria-label="Rows" {
            @for (value, name) in [(ReportBy::Outlet, "by outlet"), (ReportBy::Agency, "by agency")] {
                option value=(value.as_str()) selected[value == by] { (name) }
            }
        }
    }
}

fn line(row: &ReportRow) -> Markup {
    /// The others that a line names.
    const NAMED: usize = 3;
    let number = |value: u32| words::number(value.into());
    let others = row.others.iter().take(NAMED);
    let others: Vec<String> = others
        .map(|ReportOther { name, articles }| format!("{name} {}", number(*articles)))
        .collect();
    let more = row.other_count.saturating_sub(NAMED as u32);
    html! {
        tr {
            th scope="row" { (row.name) }
            td.num { (number(row.articles)) } td.num { (number(row.stories)) } td.num { (number(row.own)) }
            td.num { (number(row.versions)) } td.num { (number(row.copies)) }
            td.num { @if let Some(delay) = row.median_delay_ms { (words::span(delay)) } @else { "–" } }
            td.others { (others.join(", ")) @if more > 0 { span.faint { " and " (number(more)) " more" } } }
        }
    }
}
