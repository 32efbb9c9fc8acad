//! Signs a browser in, by a link that works once or by a token, and out again.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use maud::{Markup, html};
use serde::Deserialize;

use super::layout::{Frame, NavEntry, page};
use crate::Inner;
use crate::api::access;
use crate::tokens::{COOKIE, Gate, Kind, Peer, SESSION, TokenError, gate_failed, session_of};

/// The routes. Forms must come from a page of this server.
pub(super) fn router(inner: Arc<Inner>) -> Router {
    let own = || from_fn(access::own_form_only);
    Router::new()
        .route("/sign-in", get(ask).post(by_token).route_layer(own()))
        .route("/sign-in/{code}", get(by_link))
        .route("/sign-out", post(out).route_layer(own()))
        .with_state(inner)
}

/// The page that asks people to sign in.
pub(super) fn wanted(inner: &Inner) -> Response {
    respond(inner, StatusCode::UNAUTHORIZED, &question(None))
}

async fn ask(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    let Some(gate) = &inner.settings.gate else { return home() };
    let session = session_of(request.headers());
    let holder = session.map(|secret| gate.tokens.holder(secret, inner.now()));
    match holder {
        Some(Ok(Some(holder))) => respond(&inner, StatusCode::OK, &signed_in(&holder.name)),
        Some(Err(error)) => gate_failed(&error).into_response(),
        Some(Ok(None)) | None => respond(&inner, StatusCode::OK, &question(None)),
    }
}

#[derive(Deserialize)]
struct Given {
    token: String,
}

async fn by_token(
    State(inner): State<Arc<Inner>>,
    peer: Option<Extension<Peer>>,
    Form(given): Form<Given>,
) -> Response {
    let Some(gate) = &inner.settings.gate else { return home() };
    let now = inner.now();
    let session = match gate.tokens.holder(given.token.trim(), now) {
        Ok(Some(token)) if token.kind == Kind::Token => {
            gate.tokens.session_of(&token, now).map(Some)
        }
        Ok(_) => Ok(None),
        Err(error) => Err(error),
    };
    let why = "This is not a token of this wirefold, or it was revoked.";
    signed(&inner, gate, peer.map(|it| it.0), session, why)
}

/// Prefetching by a browser does not use the link up.
async fn by_link(
    State(inner): State<Arc<Inner>>,
    Path(code): Path<String>,
    peer: Option<Extension<Peer>>,
    request: Request,
) -> Response {
    let Some(gate) = &inner.settings.gate else { return home() };
    if request.method() == Method::HEAD || request.headers().contains_key("sec-purpose") {
        return StatusCode::NO_CONTENT.into_response();
    }
    let session = gate.tokens.redeem(&code, inner.now());
    let why = "This link has been used, or is older than an hour.";
    signed(&inner, gate, peer.map(|it| it.0), session, why)
}

/// Redirects to the page with the cookie of the session, or says why there is none.
fn signed(
    inner: &Inner,
    gate: &Gate,
    peer: Option<Peer>,
    session: Result<Option<String>, TokenError>,
    why: &str,
) -> Response {
    let secret = match session {
        Ok(Some(secret)) => secret,
        Ok(None) => match gate.count_failure(peer, why) {
            refusal if refusal.asks_to_sign_in() => {
                return respond(inner, StatusCode::FORBIDDEN, &question(Some(why)));
            }
            too_often => return too_often.into_response(),
        },
        Err(error) => return gate_failed(&error).into_response(),
    };
    with_cookie(inner, &secret, SESSION.as_secs())
}

async fn out(State(inner): State<Arc<Inner>>, headers: HeaderMap) -> Response {
    let Some(gate) = &inner.settings.gate else { return home() };
    if let Some(secret) = session_of(&headers)
        && let Err(error) = gate.tokens.end(secret, inner.now())
    {
        return gate_failed(&error).into_response();
    }
    with_cookie(&inner, "", 0)
}

fn home() -> Response {
    Redirect::to("/").into_response()
}

/// Redirects to the page with a cookie that scripts cannot read and other sites' forms do not send.
fn with_cookie(inner: &Inner, secret: &str, seconds: u64) -> Response {
    let is_secure = inner.settings.base_url.starts_with("https://");
    let secure = if is_secure { "; Secure" } else { "" };
    let cookie =
        format!("{COOKIE}={secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    let mut response = home();
    // A secret consists of letters and digits.
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

fn question(why: Option<&str>) -> Markup {
    html! {
        h1 { "Sign in" }
        @if let Some(why) = why { p.notice.warn role="alert" { (why) } }
        p { "Other machines can reach this wirefold, so you must sign in. On the machine where it runs, "
            code { "wirefold token sign-in" } " prints a link that signs a browser in." }
        form.search method="post" action="/sign-in" {
            input type="password" name="token" required placeholder="Or a token" aria-label="Token"
                autocomplete="current-password";
            " " button type="submit" { "Sign in" }
        }
    }
}

fn signed_in(name: &str) -> Markup {
    html! {
        h1 { "Signed in" }
        p { "Signed in as " strong { (name) } ". " a href="/" { "Back to events" } }
        form method="post" action="/sign-out" { button type="submit" { "Sign out" } }
    }
}

fn respond(inner: &Inner, status: StatusCode, main: &Markup) -> Response {
    let frame = Frame::of(&inner.settings, "Sign in", NavEntry::Elsewhere);
    let mut response = (status, Html(page(&frame, main).into_string())).into_response();
    let kept_nowhere = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, kept_nowhere);
    response
}
