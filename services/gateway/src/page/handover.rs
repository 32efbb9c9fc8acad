//! The page of the hand-over: the alerts and commands since a time.

use jiff::Timestamp;
use maud::{Markup, html};
use wirefold_proto::SubscriptionRecord;

use crate::page::alerts::alert;
use crate::page::river::title_of;
use crate::page::words;
use crate::shapes::{AlertRow, CommandRow, Handover};

/// The page's main part.
pub(super) fn main(found: &Handover, subscriptions: &[SubscriptionRecord]) -> Markup {
    let alerts = |title: &str, none: &str, rows: &[AlertRow]| {
        html! {
            section {
                h2 { (title) }
                @if rows.is_empty() { p.faint { (none) } }
                @for row in rows { (alert(row, subscriptions)) }
            }
        }
    };
    html! {
        h1 { "Hand-over" }
        p.lede { "Since " (words::time(found.since)) ": " (found.describe()) "." }
        @if found.has_more { p.warn { "Only the newest 1,000 alerts and commands are listed." } }
        (since_form("/handover", found.since, &html! {}))
        (alerts("Notified", "No alert notified.", &found.notified))
        (alerts("Held back", "No alert was held back.", &found.held))
        section {
            h2 { "Commands" }
            @if found.commands.is_empty() { p.faint { "Nobody gave a command about alerts, subscriptions, stories or events." } }
            ul { @for row in &found.commands { (command(row)) } }
        }
    }
}

/// The form that sets the beginning of a report, and its other fields.
pub(super) fn since_form(path: &str, since: Timestamp, others: &Markup) -> Markup {
    html! {
        form.search action=(path) {
            label for="since" { "Since" }
            input #since type="text" name="since" value=(since.strftime("%Y-%m-%dT%H:%MZ")) placeholder="2026-11-30";
            (others)
            button type="submit" { "Show" }
        }
    }
}

fn command(row: &CommandRow) -> Markup {
    html! {
        li {
            (words::time(row.command.at)) " " (row.words)
            @if let Some(until) = row.until { " until " (words::time(until)) }
            @if let Some(target) = row.target {
                ": " a href=(words::page_path(&target.to_string())) { (title_of(row.title.as_deref().unwrap_or("(expired)"))) }
            }
            @if let Some(reason) = row.refusal() { " · " span.warn { "not done: " (reason) } }
            " " span.faint { "(" (row.sender()) ")" }
        }
    }
}
