//! The page of an error.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};

use super::layout::{Frame, NavEntry, page};
use super::load::PageError;
use super::words::page_path;
use crate::Inner;

/// The page of an error, with its status.
pub(super) fn answer(inner: &Inner, error: &PageError) -> Response {
    let (status, title, advice) = explain(error);
    if status.is_server_error() {
        tracing::warn!(error = %error, "a page cannot be shown");
    }
    let frame = Frame::of(&inner.settings, title, NavEntry::Elsewhere);
    let main = html! {
        h1 { (title) }
        (advice)
        p { a href="/" { "Back to events" } }
    };
    (status, Html(page(&frame, &main).into_string())).into_response()
}

fn explain(error: &PageError) -> (StatusCode, &'static str, Markup) {
    match error {
        PageError::Nothing => (
            StatusCode::NOT_FOUND,
            "Nothing here",
            html! { p { "There is no such event or story, or it has expired." } },
        ),
        PageError::Many(ids) => (
            StatusCode::CONFLICT,
            "Several ids begin like this",
            html! { p { "Several ids begin like this. Choose one:" } ul { @for id in ids { li { a href=(page_path(id)) { (id) } } } } },
        ),
        PageError::Projection(_) | PageError::Bus(_) | PageError::Status(_) | PageError::Ending => {
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "Not just now",
                html! { p { "wirefold cannot read its data at the moment. Reload in a few seconds. If this message stays, the log says why." } },
            )
        }
    }
}
