//! Signs a browser in, by a link that works once or by a token, and out again.

use axum::extract::{Path, Request};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use maud::{Markup, html};
use serde::Deserialize;

use crate::AppState;
use crate::api::{Api, layers};
use crate::page::layout::{self, NavEntry};
use crate::page::marking::is_prefetch;
use crate::tokens::{COOKIE, Gate, Kind, Peer, SESSION, TokenError, gate_failed, session_of};

/// The routes. Forms must come from a page of this server.
pub(super) fn router() -> Router<Api> {
    let own = || from_fn(layers::own_form_only);
    Router::new()
        .route("/sign-in", get(ask).post(by_token).route_layer(own()))
        .route("/sign-in/{code}", get(by_link))
        .route("/sign-out", post(out).route_layer(own()))
}

/// The page that asks people to sign in.
pub(super) fn wanted(app: &AppState) -> Response {
    respond(app, StatusCode::UNAUTHORIZED, &question(None))
}

async fn ask(api: Api, request: Request) -> Response {
    let Some(gate) = &api.app.settings.gate else { return home() };
    let session = session_of(request.headers());
    match session.map(|secret| gate.tokens.holder(secret, api.app.now())).transpose() {
        Ok(Some(Some(holder))) => respond(&api.app, StatusCode::OK, &signed_in(&holder.name)),
        Ok(_) => respond(&api.app, StatusCode::OK, &question(None)),
        Err(error) => gate_failed(&error).into_response(),
    }
}

#[derive(Deserialize)]
struct Given {
    token: String,
}

async fn by_token(api: Api, peer: Option<Extension<Peer>>, Form(given): Form<Given>) -> Response {
    let Some(gate) = &api.app.settings.gate else { return home() };
    let now = api.app.now();
    let session = match gate.tokens.holder(given.token.trim(), now) {
        Ok(Some(token)) if token.kind == Kind::Token => {
            gate.tokens.session_of(&token, now).map(Some)
        }
        Ok(_) => Ok(None),
        Err(error) => Err(error),
    };
    let why = "This is not a token of this wirefold, or it was revoked.";
    signed(&api.app, gate, peer.map(|it| it.0), session, why)
}

/// Prefetching by a browser does not use the link up.
async fn by_link(
    api: Api,
    Path(code): Path<String>,
    peer: Option<Extension<Peer>>,
    request: Request,
) -> Response {
    let Some(gate) = &api.app.settings.gate else { return home() };
    if request.method() == Method::HEAD || is_prefetch(request.headers()) {
        return StatusCode::NO_CONTENT.into_response();
    }
    let session = gate.tokens.redeem(&code, api.app.now());
    let why = "This link has been used, or is older than an hour.";
    signed(&api.app, gate, peer.map(|it| it.0), session, why)
}

/// Redirects to the page with the cookie of the session, or says why there is none.
fn signed(
    app: &AppState,
    gate: &Gate,
    peer: Option<Peer>,
    session: Result<Option<String>, TokenError>,
    why: &str,
) -> Response {
    match session {
        Ok(Some(secret)) => with_cookie(app, &secret, SESSION.as_secs()),
        Ok(None) => match gate.count_failure(peer, why) {
            refusal if refusal.asks_to_sign_in() => {
                respond(app, StatusCode::FORBIDDEN, &question(Some(why)))
            }
            too_often => too_often.into_response(),
        },
        Err(error) => gate_failed(&error).into_response(),
    }
}

async fn out(api: Api, headers: HeaderMap) -> Response {
    let Some(gate) = &api.app.settings.gate else { return home() };
    if let Some(secret) = session_of(&headers)
        && let Err(error) = gate.tokens.end(secret, api.app.now())
    {
        return gate_failed(&error).into_response();
    }
    with_cookie(&api.app, "", 0)
}

fn home() -> Response {
    Redirect::to("/").into_response()
}

/// Redirects to the page with a cookie that scripts cannot read and other sites' forms do not send.
fn with_cookie(app: &AppState, secret: &str, seconds: u64) -> Response {
    let is_secure = app.settings.base_url.starts_with("https://");
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

fn respond(app: &AppState, status: StatusCode, main: &Markup) -> Response {
    let mut response = layout::respond(app, status, (NavEntry::Elsewhere, "Sign in"), main);
    let kept_nowhere = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, kept_nowhere);
    response
}
