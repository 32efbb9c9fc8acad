//! Splits an article off its story, and merges the two again. It works without JavaScript: a form posts the
//! command, and the answer is the page of the story with the outcome.

use std::collections::HashMap;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::post;
use maud::{Markup, html};
use wirefold_proto::{Command, OutputCommand, StoryChange, StoryId, Target};

use crate::api::{Api, layers, request};
use crate::page::layout::{Frame, NavEntry};
use crate::page::{layout, words};
use crate::projection::ProjectionError;
use crate::refusal::Refusal;
use crate::{AppState, refusal};

/// The most bytes of a form.
const MOST: usize = 4 * 1024;

/// The routes. Forms must come from a page of this server.
pub(super) fn router(api: Api) -> Router {
    let guarded = |methods: axum::routing::MethodRouter<Api>| {
        methods.route_layer(from_fn(layers::own_form_only))
    };
    Router::new()
        .route("/stories/{id}/split", guarded(post(split)))
        .route("/stories/{id}/merge", guarded(post(merge)))
        .method_not_allowed_fallback(refusal::other_method)
        .with_state(api)
}

async fn split(State(api): State<Api>, Path(given): Path<String>, request: Request) -> Response {
    let command = async {
        let form = form_of(request).await?;
        let story = request::story_id(&api.app, &given).await?;
        let article = request::article_id(&api.app, of(&form, "article")).await?;
        Ok(Command::Split { story, articles: vec![article] })
    };
    carry_out(&api, &given, command.await).await
}

async fn merge(State(api): State<Api>, Path(given): Path<String>, request: Request) -> Response {
    let command = async {
        let form = form_of(request).await?;
        let into = Target::Story(request::story_id(&api.app, &given).await?);
        let from = Target::Story(request::story_id(&api.app, of(&form, "other")).await?);
        Ok(Command::Merge { into, from })
    };
    carry_out(&api, &given, command.await).await
}

async fn form_of(request: Request) -> Result<HashMap<String, String>, Refusal> {
    let body = request::body_of(request, MOST).await?;
    Ok(url::form_urlencoded::parse(&body).into_owned().collect())
}

fn of<'f>(form: &'f HashMap<String, String>, name: &str) -> &'f str {
    form.get(name).map_or("", |value| value.trim())
}

/// Stores a command, waits for its outcome, and redirects to the story.
async fn carry_out(api: &Api, given: &str, command: Result<Command, Refusal>) -> Response {
    let done = async {
        let (stored, _) = api.regroup(command?).await?;
        let story = request::story_id(&api.app, given).await?;
        Ok::<String, Refusal>(format!("/stories/{story}?command={}", escaped(&stored.id)))
    };
    match done.await {
        Ok(place) => Redirect::to(&place).into_response(),
        Err(refusal) => refused(&api.app, given, refusal),
    }
}

fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn refused(app: &AppState, given: &str, refusal: Refusal) -> Response {
    let problem = refusal.problem();
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
    let why = problem.detail.unwrap_or(problem.title);
    let main = html! {
        h1 { "Not done" }
        p.notice.warn role="alert" { (why) }
        p { a href={ "/stories/" (escaped(given)) } { "Back to the story" } }
    };
    let frame = Frame::of(&app.settings, "Not done", NavEntry::Elsewhere);
    (status, Html(layout::page(&frame, &main).into_string())).into_response()
}

/// The form that splits an article off its story.
pub(super) fn form(story: StoryId, article: impl std::fmt::Display) -> Markup {
    html! {
        form.deeds method="post" action={ "/stories/" (story) "/split" } {
            input type="hidden" name="article" value=(article);
            button type="submit" { "Split off" }
            " " span.faint { "The article becomes its own story, and copies of it will join that one." }
        }
    }
}

/// The outcome of a command for this story.
pub(super) async fn notice(
    app: &AppState,
    story: StoryId,
    command: Option<String>,
) -> Result<Markup, ProjectionError> {
    let Some(id) = command else { return Ok(html! {}) };
    Ok(outcome(story, app.projection.command(id).await?.as_ref()))
}

fn outcome(story: StoryId, done: Option<&OutputCommand>) -> Markup {
    let Some(done) = done else {
        return html! {
            p.notice role="status" { "The command is stored but not carried out yet: reload the page in a moment." }
        };
    };
    html! {
        @for change in &done.changes {
            @match change {
                StoryChange::Split { from, into, articles } if *from == story => div.notice role="status" {
                    (words::count(articles.len() as u64, "article is", "articles are"))
                    " split off into " a href={ "/stories/" (into) } { "another story" } "."
                    form method="post" action={ "/stories/" (story) "/merge" } {
                        input type="hidden" name="other" value=(into);
                        button type="submit" { "Undo" }
                    }
                },
                StoryChange::Merged { into: Target::Story(into), .. } if *into == story => {
                    p.notice role="status" { "The two are one story again." }
                },
                _ => {},
            }
        }
    }
}
