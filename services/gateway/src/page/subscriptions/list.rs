//! The list of subscriptions: the state of each, and buttons to change it.

use jiff::Timestamp;
use maud::{Markup, html};
use wirefold_proto::SubscriptionRecord;

use crate::page::words;

/// The result of an action, above the list.
#[derive(Debug)]
pub(super) enum Notice {
    /// The action, with the id of the subscription.
    Done(Deed, String),
    /// Why an action was refused.
    Refused(String),
}

/// An action on a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Saved,
    Muted,
    Unmuted,
    Removed,
    Restored,
}

impl Notice {
    /// Parses it from the address.
    pub(super) fn read(word: Option<&str>, id: Option<String>) -> Option<Self> {
        let deed = match word? {
            "saved" => Deed::Saved,
            "muted" => Deed::Muted,
            "unmuted" => Deed::Unmuted,
            "removed" => Deed::Removed,
            "restored" => Deed::Restored,
            _ => return None,
        };
        Some(Self::Done(deed, id?))
    }
}

/// The page's main part.
pub(super) fn main(
    records: &[SubscriptionRecord],
    waiting: &[String],
    notice: Option<&Notice>,
) -> Markup {
    html! {
        h1 { "Subscriptions" }
        @if let Some(notice) = notice { (notice_markup(notice, records)) }
        p.lede {
            "A subscription is a saved query. You get one alert for each event, with the reason, and another only if "
            "something material changes."
        }
        p { a.button href="/subscriptions/new" { "New subscription" } }
        @for record in records { (card(record, waiting)) }
        @if records.is_empty() {
            div.empty {
                h2 { "No subscriptions yet" }
                p { "Write a query, see what it would have sent, then save it." }
            }
        }
    }
}

fn notice_markup(notice: &Notice, records: &[SubscriptionRecord]) -> Markup {
    let (deed, id) = match notice {
        Notice::Refused(why) => return html! { p.notice.warn role="alert" { "Not done: " (why) } },
        Notice::Done(deed, id) => (*deed, id),
    };
    let known = records.iter().find(|record| record.subscription.id.as_str() == id);
    if known.is_some() == (deed == Deed::Removed) {
        // Something else was done since.
        return html! {};
    }
    let name = known.map_or(id.as_str(), |record| record.subscription.name.as_str());
    html! {
        div.notice role="status" {
            b { (name) } " "
            @match deed {
                Deed::Saved => "is saved. It alerts from the next article on.",
                Deed::Muted => "is muted. After the mute, one message for each alert follows.",
                Deed::Unmuted => "sends again.",
                Deed::Restored => "is back.",
                Deed::Removed => {
                    "is removed; its alerts stay."
                    form method="post" action="/subscriptions/restore" {
                        input type="hidden" name="id" value=(id);
                        button type="submit" { "Undo" }
                    }
                },
            }
        }
    }
}

fn card(record: &SubscriptionRecord, waiting: &[String]) -> Markup {
    let settings = &record.subscription;
    let id = settings.id.as_str();
    let is_waiting = waiting.iter().any(|it| it == id);
    html! {
        article.card.subscription data-card id=(id) aria-labelledby={ "t-" (id) } {
            h2 id={ "t-" (id) } { a href={ "/subscriptions/" (id) } { (words::cut(&settings.name, 120)) } }
            p.query { code { (words::cut(&settings.query, 400)) } }
            p.counts {
                (state(record, is_waiting))
                span { (words::count(record.alerts, "alert", "alerts")) }
                span { (words::count(record.copies_folded, "copy", "copies")) " folded" }
                span.about {
                    "to " @if settings.deliveries.is_empty() { "the terminal" } @else { (settings.deliveries.join(", ")) }
                }
                span { a href={ "/feeds/sub/" (id) ".atom" } { "Atom" } }
            }
            @if let Some(place) = &record.managed_by { p.about { "Defined in " (place) ": change it there." } }
            (deeds(record))
        }
    }
}

fn state(record: &SubscriptionRecord, is_waiting: bool) -> Markup {
    html! {
        @match (&record.problem, record.muted_until) {
            (Some(problem), _) => span.warn { "problem: " (problem) },
            (None, Some(until)) if until == Timestamp::MAX => span.warn { "muted until unmuted" },
            (None, Some(until)) => span.warn { "muted until " (words::time(until)) },
            (None, None) if is_waiting => span.state { "on in a moment" },
            (None, None) => span.state { "on" },
        }
    }
}

fn deeds(record: &SubscriptionRecord) -> Markup {
    let (id, name) = (record.subscription.id.as_str(), &record.subscription.name);
    html! {
        div.deeds role="group" aria-label={ "What to do with " (name) } {
            @if record.managed_by.is_some() { a.button href={ "/subscriptions/" (id) } { "Look" } }
            @else { a.button href={ "/subscriptions/" (id) } { "Edit" } }
            @if record.muted_until.is_some() {
                form method="post" action={ "/subscriptions/" (id) "/unmute" } { button type="submit" { "Unmute" } }
            } @else {
                form method="post" action={ "/subscriptions/" (id) "/mute" } {
                    button type="submit" name="for" value="1h" { "Mute 1\u{a0}h" } " "
                    button type="submit" name="for" value="8h" { "8\u{a0}h" } " "
                    button type="submit" name="for" value="" { "until unmuted" }
                }
            }
            @if record.managed_by.is_none() {
                form method="post" action={ "/subscriptions/" (id) "/remove" } { button type="submit" { "Remove" } }
            }
        }
    }
}
