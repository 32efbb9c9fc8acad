//! What a page says when it cannot be shown.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};

use super::layout::{Frame, Here, page};
use super::load::PageError;
use crate::Inner;

/// The page for an error, with its status.
pub(super) fn answer(inner: &Inner, error: &PageError) -> Response {
    let (status, title, advice) = explain(error);
    if status.is_server_error() {
        tracing::warn!(error = %error, "a page could not be shown");
    }
    let frame = Frame::of(&inner.settings, title, Here::Elsewhere);
    let main = html! {
        h1 { (title) }
        (advice)
        p { a href="/" { "To the river" } }
    };
    (status, Html(page(&frame, &main).into_string())).into_response()
}

fn explain(error: &PageError) -> (StatusCode, &'static str, Markup) {
    match error {
        PageError::Nothing => (
            StatusCode::NOT_FOUND,
            "Nothing here",
            html! { p { "There is no such event or story, or it is older than what is kept." } },
        ),
        PageError::Many(ids) => (
            StatusCode::CONFLICT,
            "Several begin so",
            html! { p { "These have the same first digits; choose one:" } ul { @for id in ids { li { a href=(place(id)) { (id) } } } } },
        ),
        PageError::Projection(_) | PageError::Bus(_) | PageError::Status(_) | PageError::Ending => {
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "Not just now",
                html! { p { "What is kept cannot be read at the moment. Reload in a few seconds; if it stays so, the log says why." } },
            )
        }
    }
}

fn place(id: &str) -> String {
    let folder = if id.starts_with("e-") { "events" } else { "stories" };
    format!("/{folder}/{id}")
}
