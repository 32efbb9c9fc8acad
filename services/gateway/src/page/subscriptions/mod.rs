//! The pages of subscriptions: the list, the form with a preview, mute, remove and undo.
//!
//! Everything works without JavaScript: a form posts, and the answer is a page. With JavaScript the preview
//! follows the typing.

mod editor;
mod fields;
mod list;
mod preview;

use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, get, post};
use maud::Markup;
use serde::Deserialize;
use wirefold_proto::{Interval, SubscriptionRecord, SubscriptionSettings};

use super::error_page;
use super::layout::{self, Frame, NavEntry};
use super::load::PageError;
use crate::api::{Api, access, request};
use crate::refusal::{self, Refusal};
use editor::Editor;
use fields::{Fields, Mistake};
use list::Notice;
use preview::Preview;

/// The most bytes of a form.
const MOST: usize = 128 * 1024;

/// The routes. Forms must come from a page of this server.
pub(super) fn router(api: Api) -> Router {
    let routes: [(&str, MethodRouter<Api>); 9] = [
        ("/subscriptions", get(list_page).post(save)),
        ("/subscriptions/new", get(new_page)),
        ("/subscriptions/preview", post(preview_page)),
        ("/fragments/preview", post(preview_fragment)),
        ("/subscriptions/restore", post(restore)),
        ("/subscriptions/{id}", get(edit_page)),
        ("/subscriptions/{id}/mute", post(mute)),
        ("/subscriptions/{id}/unmute", post(unmute)),
        ("/subscriptions/{id}/remove", post(remove)),
    ];
    let guarded = routes.into_iter().fold(Router::new(), |router, (path, methods)| {
        router.route(path, methods.route_layer(from_fn(access::own_form_only)))
    });
    guarded.method_not_allowed_fallback(refusal::other_method).with_state(api)
}

/// The last action, as the address gives it.
#[derive(Debug, Default, Deserialize)]
struct Done {
    done: Option<String>,
    id: Option<String>,
}

async fn list_page(State(api): State<Api>, Query(done): Query<Done>) -> Response {
    let notice = Notice::read(done.done.as_deref(), done.id);
    shown_list(&api, StatusCode::OK, notice).await
}

async fn shown_list(api: &Api, status: StatusCode, notice: Option<Notice>) -> Response {
    let page = async {
        let (records, waiting) = api.inner.subscriptions().await?.into_parts();
        let records = api.inner.projection.count_for(records).await?;
        Ok(list::main(&records, &waiting, notice.as_ref()))
    };
    answer(api, status, "Subscriptions", page.await)
}

async fn new_page(State(api): State<Api>) -> Response {
    let fields = Fields::blank();
    shown_editor(&api, StatusCode::OK, &fields, Vec::new(), Preview::Untried).await
}

async fn edit_page(State(api): State<Api>, Path(id): Path<String>) -> Response {
    match api.inner.subscription(&id).await {
        Ok(Some(record)) => {
            let fields = Fields::of(&record.subscription);
            let tried = preview::rehearse(&api, &fields).await;
            shown_editor(&api, StatusCode::OK, &fields, Vec::new(), tried).await
        }
        Ok(None) => error_page::answer(&api.inner, &PageError::Nothing),
        Err(error) => error_page::answer(&api.inner, &error.into()),
    }
}

async fn preview_page(State(api): State<Api>, request: Request) -> Response {
    let fields = match fields_of(request).await {
        Ok(fields) => fields,
        Err(refusal) => return refused(&api, refusal).await,
    };
    let tried = preview::rehearse(&api, &fields).await;
    let mistakes = tried.mistakes();
    shown_editor(&api, StatusCode::OK, &fields, mistakes, tried).await
}

/// Only the preview, which the script fetches while somebody types.
async fn preview_fragment(State(api): State<Api>, request: Request) -> Response {
    match fields_of(request).await {
        Ok(fields) => Html(preview::draw(&preview::rehearse(&api, &fields).await).into_string())
            .into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn save(State(api): State<Api>, request: Request) -> Response {
    let fields = match fields_of(request).await {
        Ok(fields) => fields,
        Err(refusal) => return refused(&api, refusal).await,
    };
    let mistakes = match fields.settings() {
        Ok(settings) => match put(&api, &fields, settings).await {
            Ok(id) => return done("saved", &id),
            Err(mistake) => vec![mistake],
        },
        Err(mistakes) => mistakes,
    };
    let tried = preview::rehearse(&api, &fields).await;
    shown_editor(&api, StatusCode::UNPROCESSABLE_ENTITY, &fields, mistakes, tried).await
}

/// Stores a subscription. A new one never replaces another.
async fn put(
    api: &Api,
    fields: &Fields,
    settings: SubscriptionSettings,
) -> Result<String, Mistake> {
    let id = settings.id.to_string();
    let failed = |refusal: Refusal| Mistake::of(&refusal.problem().detail.unwrap_or_default());
    if fields.is_new() {
        let known = api.inner.subscription(&id).await.map_err(|error| failed(error.into()))?;
        if id == "new" || known.is_some() {
            let why = format!("there is already a subscription {id:?}: choose another name");
            return Err(Mistake::new("name", why));
        }
    }
    for other in &settings.inhibited_by {
        let there = api.inner.subscription(other.as_str()).await;
        if there.map_err(|error| failed(error.into()))?.is_none() {
            let why = format!("there is no subscription {other}: add it first");
            return Err(Mistake::new("inhibited_by", why));
        }
    }
    api.put_subscription(settings).await.map_err(failed)?;
    Ok(id)
}

async fn mute(State(api): State<Api>, Path(id): Path<String>, request: Request) -> Response {
    let span = fields_of(request).await.and_then(|fields| span_of(fields.one("for")));
    let span = match span {
        Ok(span) => span,
        Err(refusal) => return refused(&api, refusal).await,
    };
    let until = span.and_then(|span| api.inner.now().checked_add(span.duration()).ok());
    match api.mute_subscription(&id, until).await {
        Ok(_) => done("muted", &id),
        Err(refusal) => refused(&api, refusal).await,
    }
}

/// The length of a mute; `None` without an end.
fn span_of(written: &str) -> Result<Option<Interval>, Refusal> {
    if written.is_empty() {
        return Ok(None);
    }
    let read = written.parse::<Interval>();
    let span = read.map_err(|error| Refusal::unprocessable(format!("for: {error}")))?;
    match span.duration().is_zero() {
        true => Err(Refusal::unprocessable("for: 0 mutes nothing: give a time such as 8h")),
        false => Ok(Some(span)),
    }
}

async fn unmute(State(api): State<Api>, Path(id): Path<String>) -> Response {
    match api.mute_subscription(&id, Some(jiff::Timestamp::UNIX_EPOCH)).await {
        Ok(_) => done("unmuted", &id),
        Err(refusal) => refused(&api, refusal).await,
    }
}

async fn remove(State(api): State<Api>, Path(id): Path<String>) -> Response {
    match api.remove_subscription(&id).await {
        Ok(_) => done("removed", &id),
        Err(refusal) => refused(&api, refusal).await,
    }
}

/// Restores a removed subscription with its last settings.
async fn restore(State(api): State<Api>, request: Request) -> Response {
    let restored = async {
        let id = fields_of(request).await?.one("id").to_owned();
        let gone = || Refusal::not_found(format!("there is no subscription {id:?}"));
        if api.inner.subscription(&id).await?.is_none() {
            let before = api.inner.last_put(&id).await?.ok_or_else(gone)?;
            api.put_subscription(before).await?;
        }
        Ok(id)
    };
    match restored.await {
        Ok(id) => done("restored", &id),
        Err(refusal) => refused(&api, refusal).await,
    }
}

async fn fields_of(request: Request) -> Result<Fields, Refusal> {
    Ok(Fields::read(&request::body_of(request, MOST).await?))
}

async fn shown_editor(
    api: &Api,
    status: StatusCode,
    fields: &Fields,
    mistakes: Vec<Mistake>,
    preview: Preview,
) -> Response {
    let page = async {
        let record: Option<SubscriptionRecord> = match fields.is_new() {
            true => None,
            false => api.inner.subscription(fields.one("id")).await?,
        };
        let deliveries = api.inner.settings.rehearse.deliveries();
        let editor = Editor {
            fields,
            mistakes: &mistakes,
            managed_by: record.and_then(|record| record.managed_by),
            deliveries: &deliveries,
        };
        Ok(editor.main(&preview))
    };
    let title = if fields.is_new() { "New subscription" } else { "Edit a subscription" };
    answer(api, status, title, page.await)
}

/// Redirects to the list, which shows the action. A reload does not repeat it.
fn done(what: &str, id: &str) -> Response {
    let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    Redirect::to(&format!("/subscriptions?done={what}&id={id}")).into_response()
}

/// The list, with the reason of a refusal.
async fn refused(api: &Api, refusal: Refusal) -> Response {
    let problem = refusal.problem();
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
    let why = problem.detail.unwrap_or(problem.title);
    shown_list(api, status, Some(Notice::Refused(why))).await
}

fn answer(api: &Api, status: StatusCode, title: &str, main: Result<Markup, PageError>) -> Response {
    let frame = Frame::of(&api.inner.settings, title, NavEntry::Subscriptions);
    match main {
        Ok(main) => (status, Html(layout::page(&frame, &main).into_string())).into_response(),
        Err(error) => error_page::answer(&api.inner, &error),
    }
}
