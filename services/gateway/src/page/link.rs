//! The pages behind links in messages. A page first says what the link does, and a button does it, because
//! mail programs and scanners follow links that nobody clicked. The button of a phone, and a mail program
//! that unsubscribes, send the request of the button at once (RFC 8058).

use axum::extract::Path;
use axum::http::{Method, StatusCode};
use maud::{Markup, html};
use wirefold_flow::BusError;
use wirefold_proto::{
    AlertLink, Command, ControlCommand, LINK_KEY, LinkAction, LinkError, LinkKey, Tag,
    link_command_id, streams,
};

use crate::AppState;
use crate::api::{Api, SENDER};
use crate::page::layout::NavEntry;
use crate::page::{Page, layout};

/// Says what the link does, and does it if the button is pressed.
pub(super) async fn open(api: Api, method: Method, Path(given): Path<String>) -> Page {
    let (status, main) = match read(&api.app, &given).await? {
        Ok(link) if is_used(&api.app, &link, &given).await? => {
            (StatusCode::GONE, nothing("This link has been used", "Each link works once"))
        }
        Ok(link) if method == Method::POST => {
            carry_out(&api.app, &link, &given).await?;
            (StatusCode::OK, done(&link))
        }
        Ok(link) => (StatusCode::OK, question(&link)),
        Err(error) => {
            let is_over = error == LinkError::Expired;
            let status = if is_over { StatusCode::GONE } else { StatusCode::NOT_FOUND };
            (status, nothing("This link does nothing", &error.to_string()))
        }
    };
    Ok(layout::respond(&api.app, status, (NavEntry::Elsewhere, "Alert"), &main))
}

async fn read(app: &AppState, given: &str) -> Result<Result<AlertLink, LinkError>, BusError> {
    let entry = app.bus.key_value(streams::SUBSCRIPTIONS.name)?.get(LINK_KEY).await?;
    let key = entry.and_then(|entry| LinkKey::from_bytes(&entry.value?));
    // Without a key there are no valid links.
    Ok(key.map_or(Err(LinkError::Unknown), |key| AlertLink::read(given, &key, app.now())))
}

/// Whether the link was used. A link that unsubscribes may be used again, as mail programs do.
async fn is_used(app: &AppState, link: &AlertLink, given: &str) -> Result<bool, BusError> {
    let record = app.handling(&link.alert).await?;
    Ok(record.is_some_and(|record| record.links.contains(&link_command_id(given))))
}

/// Stores the command.
async fn carry_out(app: &AppState, link: &AlertLink, given: &str) -> Result<(), BusError> {
    let alert = link.alert.clone();
    let command = match link.action {
        LinkAction::Mute => Command::AlertMute { alert, until: None, except_corrections: false },
        LinkAction::CorrectionsOnly => {
            Command::AlertMute { alert, until: None, except_corrections: true }
        }
        LinkAction::Unsubscribe => {
            Command::SubscriptionMute { subscription: alert.subscription, until: None }
        }
    };
    let (id, at) = (link_command_id(given), app.now());
    let by = "link".to_owned();
    let command = ControlCommand { schema: Tag::new(), id, at, by, command };
    let message = SENDER.outgoing(&command, at);
    // A command of two ids and a time is never too large.
    let message = message.map_err(|error| BusError::Unavailable(error.to_string()))?;
    app.bus.publish(message).await.map(drop)
}

fn question(link: &AlertLink) -> Markup {
    let (title, button, words, _) = texts(link.action);
    html! {
        h1 { (title) }
        p { (words) }
        form method="post" { button type="submit" { (button) } }
    }
}

/// The question, its button, its consequence, and the outcome.
fn texts(action: LinkAction) -> (&'static str, &'static str, &'static str, &'static str) {
    match action {
        LinkAction::Mute => (
            "Mute this alert?",
            "Mute",
            "It does not notify again until it is over. The other alerts of its subscription still do.",
            "Muted",
        ),
        LinkAction::CorrectionsOnly => (
            "Hear only of corrections?",
            "Only corrections",
            "Until this alert is over, only corrections and retractions notify.",
            "Only corrections now",
        ),
        LinkAction::Unsubscribe => (
            "Mute the whole subscription?",
            "Mute it",
            "None of its alerts notifies until somebody unmutes it.",
            "Muted",
        ),
    }
}

fn done(link: &AlertLink) -> Markup {
    let back = match link.action {
        LinkAction::Unsubscribe => format!("wirefold sub unmute {}", link.alert.subscription),
        _ => format!("wirefold alert unmute {}", link.alert),
    };
    html! {
        h1 { (texts(link.action).3) }
        p { "To undo this: " code { (back) } ". " a href="/alerts" { "All alerts" } }
    }
}

fn nothing(title: &str, why: &str) -> Markup {
    html! { h1 { (title) } p { (why) ". " a href="/alerts" { "All alerts" } } }
}
