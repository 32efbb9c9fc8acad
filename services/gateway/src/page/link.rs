//! The pages behind links in messages. A page first says what the link does, and a button does it, because
//! mail programs and scanners follow links that nobody clicked. The button of a phone, and a mail program
//! that unsubscribes, send the request of the button at once (RFC 8058).

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};
use wirefold_flow::BusError;
use wirefold_proto::{
    AlertLink, Command, ControlCommand, LINK_KEY, LinkAction, LinkError, LinkKey, Tag,
    link_command_id, streams,
};

use crate::AppState;
use crate::api::SENDER;
use crate::page::layout::{Frame, NavEntry, page};
use crate::page::{PageError, layout};

/// Shows what the link will do.
pub(super) async fn ask(State(app): State<Arc<AppState>>, Path(given): Path<String>) -> Response {
    match read(&app, &given).await {
        Ok(Ok(link)) => match is_used(&app, &link, &given).await {
            Ok(false) => respond(&app, StatusCode::OK, &question(&link)),
            Ok(true) => respond(&app, StatusCode::GONE, &used()),
            Err(error) => layout::answer_error(&app, &PageError::Bus(error)),
        },
        Ok(Err(error)) => refused(&app, error),
        Err(error) => layout::answer_error(&app, &PageError::Bus(error)),
    }
}

/// Does what the link says.
pub(super) async fn follow(
    State(app): State<Arc<AppState>>,
    Path(given): Path<String>,
) -> Response {
    let link = match read(&app, &given).await {
        Ok(Ok(link)) => link,
        Ok(Err(error)) => return refused(&app, error),
        Err(error) => return layout::answer_error(&app, &PageError::Bus(error)),
    };
    match carry_out(&app, &link, &given).await {
        Ok(true) => respond(&app, StatusCode::OK, &done(&link)),
        Ok(false) => respond(&app, StatusCode::GONE, &used()),
        Err(error) => layout::answer_error(&app, &PageError::Bus(error)),
    }
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

/// Stores the command; false if it was stored before.
async fn carry_out(app: &AppState, link: &AlertLink, given: &str) -> Result<bool, BusError> {
    if is_used(app, link, given).await? {
        return Ok(false);
    }
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
    app.bus.publish(message).await?;
    Ok(true)
}

fn question(link: &AlertLink) -> Markup {
    let (title, button, words) = confirmation_texts(link.action);
    html! {
        h1 { (title) }
        p { (words) }
        form method="post" { button type="submit" { (button) } }
    }
}

fn confirmation_texts(action: LinkAction) -> (&'static str, &'static str, &'static str) {
    match action {
        LinkAction::Mute => (
            "Mute this alert?",
            "Mute",
            "It does not notify again until it is over. The other alerts of its subscription still do.",
        ),
        LinkAction::CorrectionsOnly => (
            "Hear only of corrections?",
            "Only corrections",
            "Until this alert is over, only corrections and retractions notify.",
        ),
        LinkAction::Unsubscribe => (
            "Mute the whole subscription?",
            "Mute it",
            "None of its alerts notifies until somebody unmutes it.",
        ),
    }
}

fn done(link: &AlertLink) -> Markup {
    let subscription = &link.alert.subscription;
    let (title, back) = match link.action {
        LinkAction::Mute => ("Muted", format!("wirefold alert unmute {}", link.alert)),
        LinkAction::CorrectionsOnly => {
            ("Only corrections now", format!("wirefold alert unmute {}", link.alert))
        }
        LinkAction::Unsubscribe => ("Muted", format!("wirefold sub unmute {subscription}")),
    };
    html! {
        h1 { (title) }
        p { "To undo this: " code { (back) } ". " a href="/alerts" { "All alerts" } }
    }
}

fn used() -> Markup {
    html! {
        h1 { "This link has been used" }
        p { "Each link works once. " a href="/alerts" { "All alerts" } }
    }
}

fn refused(app: &AppState, error: LinkError) -> Response {
    let status = match error {
        LinkError::Unknown => StatusCode::NOT_FOUND,
        LinkError::Expired => StatusCode::GONE,
    };
    let main = html! {
        h1 { "This link does nothing" }
        p { (error.to_string()) ". " a href="/alerts" { "All alerts" } }
    };
    respond(app, status, &main)
}

fn respond(app: &AppState, status: StatusCode, main: &Markup) -> Response {
    let frame = Frame::of(&app.settings, "Alert", NavEntry::Elsewhere);
    (status, Html(page(&frame, main).into_string())).into_response()
}
