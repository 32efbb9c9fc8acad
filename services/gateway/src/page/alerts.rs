//! The page of alerts: sent alerts, copies folded, and held revisions with the reasons. And that of the hand-over.

use jiff::Timestamp;
use maud::{Markup, html};
use wirefold_proto::{AlertHandlingRecord, Hold, ReasonKind, SubscriptionRecord, Volume};

use crate::page::river::{folded_counts, title_of};
use crate::page::{acknowledged, words};
use crate::shapes::{
    AlertCounts, AlertPage, AlertRevision, AlertRow, CommandRow, Handover, describe_hold,
};

/// The page's main part.
pub(super) fn main(alerts: &AlertPage, subscriptions: &[SubscriptionRecord]) -> Markup {
    html! {
        h1 { "Alerts" }
        p { a href="/handover" { "Hand-over" } ": the alerts and commands of the last hours. " a href="/kept" { "Kept events" } ": the events of earlier alerts." }
        (summary(alerts, subscriptions))
        @if alerts.alerts.is_empty() { (empty(subscriptions)) }
        @else {
            section #sent aria-labelledby="sent-title" {
                h2 #sent-title { "Newest alerts" }
                @for row in &alerts.alerts { (alert(row, subscriptions)) }
                @if let Some(next) = &alerts.next {
                    p.more { a rel="next" href={ "/alerts?cursor=" (next) } { "Older alerts" } }
                }
            }
        }
    }
}

fn summary(alerts: &AlertPage, subscriptions: &[SubscriptionRecord]) -> Markup {
    let AlertCounts { alerts: all, notified, held } = alerts.counts;
    let copies: u64 = subscriptions.iter().map(|record| record.copies_folded).sum();
    html! {
        @if all > 0 {
            p.lede {
                b { (words::count(all, "alert", "alerts")) } ", " b { (notified) " notified" }
                @if held > 0 { ", " (held) " held so far" }
                ". " b { (words::count(copies, "copy", "copies")) } " folded into them, with no alerts of their own."
            }
        }
    }
}

fn empty(subscriptions: &[SubscriptionRecord]) -> Markup {
    html! {
        div.empty {
            @if subscriptions.is_empty() {
                h2 { "No subscriptions yet" }
                p { "A subscription is a saved query. You get one alert for each event, with the reason, and another only if something material changes." }
                p { a.button href="/subscriptions/new" { "New subscription" } }
                p { "Or at the command line:" }
                pre { code { "wirefold sub add harbour --query 'strike AND (port OR dock)'" } }
            } @else {
                h2 { "No alerts yet" }
                p { "Your " a href="/subscriptions" { "subscriptions" } " are watching. Their pages and " code { "wirefold sub test" } " say what one would have sent." }
            }
        }
    }
}

/// An alert with its revisions.
fn alert(row: &AlertRow, subscriptions: &[SubscriptionRecord]) -> Markup {
    let alert = &row.alert;
    let name = subscriptions
        .iter()
        .find(|record| record.subscription.id == alert.subscription)
        .map_or(alert.subscription.as_str(), |record| record.subscription.name.as_str());
    html! {
        article.card.alert {
            h3 lang=[words::lang(Some(&alert.headline.language))] dir=(words::direction(Some(&alert.headline.language))) {
                a href=(words::page_path(&alert.target.to_string())) { (title_of(&alert.headline.title)) }
            }
            p.counts {
                span.state { (alert.state.as_str()) }
                span.outlets { (words::count(alert.outlets.into(), "outlet", "outlets")) }
                (folded_counts(alert.copies, alert.versions))
            }
            p.about {
                "For " b { (name) } ", " (words::time(alert.at))
                @if !alert.matched.is_empty() { " · matched " (alert.matched.join(", ")) }
                @if let Some(held) = &alert.held { " · " (hold_markup(held)) }
                @if let Some(record) = &row.handling { (muted(record)) }
                @if let Some(into) = &alert.merged_into { " · became part of " a href=(words::page_path(&into.to_string())) { "another" } }
            }
            (acknowledged::line(row.acknowledgement.as_ref()))
            (acknowledged::button(alert.target, row.acknowledgement.is_some()))
            ol.revisions reversed {
                @for revision in row.revisions.iter().rev() { (one(revision)) }
            }
        }
    }
}

fn one(revision: &AlertRevision) -> Markup {
    let mut reasons: Vec<&str> =
        revision.reasons.iter().map(|reason| reason.words.as_str()).collect();
    if reasons.is_empty() {
        // People changed the event.
        reasons.push("corrected in place");
    }
    let is_loud = revision.volume == Volume::Loud;
    let is_again = revision.reasons.iter().any(|reason| reason.kind == ReasonKind::Repeated)
        && revision.reasons.len() == 1;
    let became = match (revision.held, is_loud) {
        (true, _) => "held",
        (false, true) if revision.told_by.is_some() => "told with another subscription",
        (false, true) => "notified",
        (false, false) if is_again => "escalated",
        (false, false) => "silent",
    };
    html! {
        li.loud[is_loud && !revision.held] value=(revision.revision) {
            b { (became) } " " (words::time(revision.at)) ": " (reasons.join("; "))
        }
    }
}

fn hold_markup(hold: &Hold) -> Markup {
    html! { (describe_hold(hold.reason)) @if let Some(until) = hold.until { ", until " (words::time(until)) } }
}

/// The mute of an alert.
fn muted(record: &AlertHandlingRecord) -> Markup {
    html! {
        @if let Some(until) = record.muted_until {
            @if record.except_corrections { " · only corrections until " } @else { " · muted until " }
            (words::time(until))
        }
    }
}

/// The main part of the page of the hand-over: the alerts and commands since a time.
pub(super) fn handover(found: &Handover, subscriptions: &[SubscriptionRecord]) -> Markup {
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

#[cfg(test)]
mod tests {
    use wirefold_proto::AlertState;

    use super::*;

    #[test]
    fn one_that_was_held_is_not_called_notified() {
        let of = |volume, held| {
            let (at, state, reasons) = (Timestamp::UNIX_EPOCH, AlertState::New, Vec::new());
            one(&AlertRevision { revision: 1, at, state, volume, reasons, held, told_by: None })
                .into_string()
        };
        let held = of(Volume::Loud, true);
        assert!(held.contains("<b>held</b>") && !held.contains("notified"), "{held}");
        assert!(of(Volume::Loud, false).contains("<b>notified</b>"));
        let silent = of(Volume::Silent, false);
        assert!(silent.contains("<b>silent</b>") && silent.contains("corrected in place"));
    }
}
