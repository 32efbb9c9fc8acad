//! Splits an article off its story, merges the two again, and acknowledges an event. It works without JavaScript: a form
//! posts the command, and the answer is the page with the outcome.

use axum::Router;
use axum::extract::{Path, Request};
use axum::http::HeaderMap;
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, post};
use maud::{Markup, html};
use url::{Position, Url};
use wirefold_proto::{Command, EventId, OutputCommand, StoryChange, StoryId, Target};

use crate::AppState;
use crate::api::alerts::acknowledgement;
use crate::api::stories::Regrouped;
use crate::api::{Api, ApiResult, layers, request};
use crate::page::layout::{self, NavEntry};
use crate::page::river::encoded;
use crate::page::{AddressFields, acknowledged, words};
use crate::projection::ProjectionError;
use crate::refusal::{self, Refusal};
use crate::shapes::{AcknowledgeRequest, MovedStory};

/// The most bytes of a form. To undo a join, it names each story that joined.
const MOST: usize = 16 * 1024;

/// The routes. Forms must come from a page of this server.
pub(super) fn router() -> Router<Api> {
    let guarded = |methods: MethodRouter<Api>| methods.route_layer(from_fn(layers::own_form_only));
    Router::new()
        .route("/stories/{id}/split", guarded(post(split)))
        .route("/stories/{id}/merge", guarded(post(merge)))
        .route("/stories/{id}/move", guarded(post(take_out)))
        .route("/events/{id}/join", guarded(post(join)))
        .route(acknowledged::PATH, guarded(post(acknowledge)))
        .method_not_allowed_fallback(refusal::other_method)
}

async fn split(api: Api, Path(given): Path<String>, request: Request) -> Response {
    let done = async {
        let article = field(request, "article").await?;
        let story = api.app.resolve_id(&given).await?;
        let articles = vec![api.app.resolve_id(&article).await?];
        carry_out(&api, &given, Command::Split { story, articles }).await
    };
    answer(&api, done.await, &format!("/stories/{}", encoded(&given)))
}

async fn merge(api: Api, Path(given): Path<String>, request: Request) -> Response {
    let done = async {
        let other = field(request, "other").await?;
        let into = Target::Story(api.app.resolve_id(&given).await?);
        let from = Target::Story(api.app.resolve_id(&other).await?);
        carry_out(&api, &given, Command::Merge { into, from }).await
    };
    answer(&api, done.await, &format!("/stories/{}", encoded(&given)))
}

/// Takes a story out of its event, into another one if that is named, and shows the event that it left.
async fn take_out(api: Api, Path(given): Path<String>, request: Request) -> Response {
    let done = async {
        let story = api.app.resolve_id(&given).await?;
        let from = api.app.story_brief(story).await?.event;
        let fields = fields(request).await?;
        let named = |wanted| fields.iter().filter(move |(name, _)| name == wanted);
        let into = named("into").next_back().map(|(_, id)| last_part(id).to_owned());
        let with = named("with").map(|(_, id)| id.clone()).collect();
        let wanted = MovedStory { into: into.filter(|id| !id.is_empty()), with };
        let moved = api.move_story(story, &wanted).await?;
        page_after(&api, &from.to_string(), &moved).await
    };
    answer(&api, done.await, &format!("/stories/{}", encoded(&given)))
}

/// The id at the end of an address; an id as it is.
fn last_part(address: &str) -> &str {
    address.rsplit('/').next().unwrap_or_default()
}

/// Makes two events one. The other one is named by its id or its address.
async fn join(api: Api, Path(given): Path<String>, request: Request) -> Response {
    let done = async {
        let other = field(request, "other").await?;
        let into = Target::Event(api.app.resolve_id(&given).await?);
        let from = Target::Event(api.app.resolve_id(last_part(&other)).await?);
        let merged = api.regroup(Command::Merge { into, from }).await?;
        page_after(&api, &given, &merged).await
    };
    answer(&api, done.await, &format!("/events/{}", encoded(&given)))
}

/// Acknowledges an event or a story, or releases it, and shows the page that sent the form.
async fn acknowledge(api: Api, request: Request) -> Response {
    let sender = sender_of(request.headers());
    let back = sender.map_or("/alerts".to_owned(), |url| url[Position::BeforePath..].to_owned());
    let done = async {
        let mut fields: AddressFields = fields(request).await?.into_iter().collect();
        let of = fields.remove("of").unwrap_or_default().parse::<Target>();
        let of = of.map_err(|error| Refusal::bad_request(error.to_string()))?;
        let given = AcknowledgeRequest {
            note: fields.remove("note"),
            release: fields.contains_key("release"),
        };
        // An alert may be older than all articles of its event.
        if api.app.projection.alerts_about(vec![of]).await?.is_empty() {
            match of {
                Target::Event(id) => api.app.resolve_id::<EventId>(&id.to_string()).await.map(drop),
                Target::Story(id) => api.app.resolve_id::<StoryId>(&id.to_string()).await.map(drop),
            }?;
        }
        api.command(acknowledgement(of, given)?).await?;
        Ok(back.clone())
    };
    answer(&api, done.await, &back)
}

/// The page that sent a form, if the browser says which. It is one of this server.
pub(super) fn sender_of(headers: &HeaderMap) -> Option<Url> {
    Url::parse(layers::text_of(headers, "referer")?).ok()
}

/// The page of an event that shows the outcome of a command.
async fn page_after(api: &Api, event: &str, done: &Regrouped) -> ApiResult<String> {
    let event: EventId = api.app.resolve_id(event).await?;
    Ok(format!("/events/{event}?command={}", encoded(&done.accepted.command.id)))
}

/// The fields of a form.
pub(super) async fn fields(request: Request) -> ApiResult<Vec<(String, String)>> {
    let body = request::body_of(request, MOST).await?;
    let fields = url::form_urlencoded::parse(&body);
    Ok(fields.map(|(name, value)| (name.into_owned(), value.trim().to_owned())).collect())
}

/// The last value of a form's field.
async fn field(request: Request, name: &str) -> ApiResult<String> {
    let found = fields(request).await?.into_iter().rfind(|(it, _)| it == name);
    Ok(found.map(|(_, value)| value).unwrap_or_default())
}

/// Stores a command and waits for its outcome. Returns the page of the story that shows it.
async fn carry_out(api: &Api, given: &str, command: Command) -> ApiResult<String> {
    let done = api.regroup(command).await?;
    let story: StoryId = api.app.resolve_id(given).await?;
    Ok(format!("/stories/{story}?command={}", encoded(&done.accepted.command.id)))
}

/// Redirects to the page with the outcome, or says why nothing is done.
pub(super) fn answer(api: &Api, done: ApiResult<String>, back: &str) -> Response {
    let (status, why) = match done {
        Ok(place) => return Redirect::to(&place).into_response(),
        Err(refusal) => refusal.explain(),
    };
    let page = match back.split('/').nth(1) {
        Some("events") => "event",
        Some("stories") => "story",
        _ => "events",
    };
    let main = html! {
        h1 { "Not done" }
        p.notice.warn role="alert" { (why) }
        p { a href=(back) { "Back to the " (page) } }
    };
    layout::respond(&api.app, status, (NavEntry::Elsewhere, "Not done"), &main)
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

/// The form that takes a story out of its event.
pub(super) fn take_out_form(story: StoryId) -> Markup {
    html! {
        form.deeds method="post" action={ "/stories/" (story) "/move" } {
            button type="submit" { "Take out of this event" }
            " " label { span.faint { "or into another: its address or id" } " " input type="text" name="into" autocomplete="off"; }
        }
    }
}

/// The form that makes this event and another one.
pub(super) fn join_form(event: EventId) -> Markup {
    html! {
        form.deeds method="post" action={ "/events/" (event) "/join" } {
            label for="other" { "Another event is the same: its address or id" }
            " " input #other type="text" name="other" required autocomplete="off";
            " " button type="submit" { "Join with it" }
        }
    }
}

/// The outcome of a command for this event.
pub(super) async fn event_notice(
    app: &AppState,
    event: EventId,
    command: Option<String>,
) -> Result<Markup, ProjectionError> {
    let Some(id) = command else { return Ok(html! {}) };
    let Some(done) = app.projection.command(id).await? else { return Ok(html! {}) };
    Ok(match (&done.command.command, done.stories.as_slice()) {
        (Command::Move { .. }, [moved, ..]) if moved.event != event => html! {
            div.notice role="status" {
                "The story is now " a href={ "/events/" (moved.event) } { "an event of its own" } "."
                form method="post" action={ "/events/" (event) "/join" } {
                    input type="hidden" name="other" value=(moved.event);
                    button type="submit" { "Undo" }
                }
            }
        },
        (Command::Merge { .. }, joined) => {
            let into = done.events.first().map(|it| it.event).filter(|into| *into != event);
            html! {
                div.notice role="status" {
                    @match into {
                        Some(into) => { "The story is now part of " a href={ "/events/" (into) } { "another event" } "." },
                        None => "The two are one event.",
                    }
                    @if let [first, others @ ..] = joined {
                        form method="post" action={ "/stories/" (first.story) "/move" } {
                            @for other in others { input type="hidden" name="with" value=(other.story); }
                            @if into.is_some() { input type="hidden" name="into" value=(event); }
                            button type="submit" { "Undo" }
                        }
                    }
                }
            }
        }
        _ => html! {},
    })
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
