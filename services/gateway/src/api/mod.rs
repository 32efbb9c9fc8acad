//! The routes of the API, and the layers that every request passes.

pub(crate) mod alerts;
mod articles;
mod compare;
mod deliveries;
pub(crate) mod export;
mod feeds;
pub(crate) mod handover;
pub(crate) mod kept;
pub(crate) mod layers;
pub(crate) mod openapi;
pub(crate) mod report;
pub(crate) mod request;
mod status;
pub(crate) mod stories;
mod stream;
mod subscriptions;

use std::fmt::Display;
use std::sync::{Arc, LazyLock};

use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::Value;
use wirefold_proto::{EventId, StoryId};

use crate::api::openapi::{Table, operation};
pub(crate) use crate::api::status::status;
pub(crate) use crate::api::stories::SENDER;
use crate::refusal;
pub(crate) use crate::refusal::ApiResult;
use crate::refusal::Refusal;
use crate::state::AppState;
use crate::tokens::Holder;

/// The state of all handlers.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) app: Arc<AppState>,
    pub(crate) access: Access,
    /// The sender of the request, in its commands.
    pub(crate) holder: Holder,
    /// Draws the page that asks people to sign in.
    pub(crate) sign_in_wanted: fn(&AppState) -> Response,
}

/// Where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// A port. The host must be a known one, and writes must be JSON of the same origin.
    Network,
    /// The socket in the data folder. Everybody who can open it may do everything.
    Socket,
}

/// An answer as JSON.
pub(crate) type Answer<T> = ApiResult<Json<T>>;

/// An answer that is not described.
pub(crate) type Reply = ApiResult<Response>;

/// Refuses to change what a file defines.
fn refuse_managed(by: Option<&str>, what: &str, id: &impl Display) -> ApiResult<()> {
    let defined = |place| Refusal::managed(format!("{what} {id} is defined by {place}"));
    by.map_or(Ok(()), |place| Err(defined(place)))
}

/// All routes: the API, what feed readers ask for, and the pages.
pub(crate) fn router(api: Api, for_readers: Router<Api>, pages: Router) -> Router {
    let answers = Router::new()
        .nest(openapi::BASE, openapi::router(tables()))
        .route(openapi::ADDRESS, get(get_description))
        .merge(for_readers)
        .layer(from_fn(layers::tagged))
        .route("/healthz", get(status::alive))
        .route("/readyz", get(status::ready))
        .method_not_allowed_fallback(refusal::other_method)
        .with_state(api.clone());
    let checked = Router::new()
        .merge(answers)
        .merge(pages)
        .fallback(refusal::no_route)
        .layer(from_fn_with_state(api.clone(), layers::checked));
    let asked_by_path = Router::new()
        .route("/t/{token}/feeds/{*feed}", get(layers::feed_by_path))
        .with_state(checked.clone());
    checked.merge(asked_by_path).layer(from_fn_with_state(api, layers::watched))
}

/// A table of operations: method, path, handler, purpose, and the statuses of refusals that do not follow from what the
/// handler takes.
macro_rules! table {
    ($tag:literal: $($method:ident $path:literal $handler:path, $summary:literal $(, $status:literal)*;)+) => {
        Table {
            tag: $tag,
            operations: vec![
                $(operation(Method::$method, $path, $summary, &[$($status),*], $handler)),+
            ],
        }
    };
}

/// The routes below [`openapi::BASE`].
fn tables() -> [Table; 6] {
    [events_and_stories(), articles(), alerts(), subscriptions(), feeds(), installation()]
}

fn events_and_stories() -> Table {
    table! { "Events and stories":
        GET "/events" stories::list_events, "Events, the last changed first";
        GET "/events/{event}" stories::one_event, "An event with a page of its stories", 409;
        GET "/events/{event}/statements" stories::statements_of_event, "The quotations, figures and names of an event", 409;
        GET "/events/{event}/corrections" stories::corrections_of_event, "The corrections and retractions of an event", 409;
        GET "/events/{event}/export" export::get, "An event as it was known at a moment, with texts and evidence", 409;
        POST "/events/{event}/acknowledge" alerts::acknowledge_one::<EventId>, "Acknowledge an event, or release it", 409, 422;
        POST "/events/{event}/merge" stories::merge::<EventId>, "Merge another event into this one", 409;
        GET "/stories" stories::list_stories, "Stories, the last changed first";
        GET "/stories/{story}" stories::one_story, "A story with a page of its articles", 409;
        GET "/stories/{story}/statements" stories::statements_of_story, "The quotations, figures and names of a story", 409;
        GET "/stories/{story}/corrections" stories::corrections_of_story, "The corrections and retractions of a story", 409;
        POST "/stories/{story}/acknowledge" alerts::acknowledge_one::<StoryId>, "Acknowledge a story, or release it", 409, 422;
        POST "/stories/{story}/split" stories::split, "Take articles out of a story", 409;
        POST "/stories/{story}/merge" stories::merge::<StoryId>, "Merge another story into this one", 409;
        POST "/stories/{story}/prefer" stories::prefer, "Choose the outlet whose article leads a story", 409;
        POST "/stories/{story}/move" stories::move_story, "Move a story out of its event, or into another", 409;
        GET "/commands/{command}" stories::one_command, "The outcome of a command about stories";
        GET "/report" report::get, "Who reprints whom, by outlet or by agency";
    }
}

fn articles() -> Table {
    table! { "Articles":
        GET "/articles" articles::at, "The articles behind a link", 404;
        POST "/articles" articles::push, "Push articles: all are stored, or none", 422;
        GET "/articles/{article}" articles::one, "Everything about an article", 409, 410;
        GET "/articles/{article}/alerts" alerts::of_article, "Why each subscription did or did not alert on an article", 409, 410;
        POST "/articles/{article}/not-the-same" stories::not_the_same, "Say that two articles are not one text", 409;
        GET "/compare" compare::stored, "Compare two stored articles", 404, 409, 410;
        POST "/compare" compare::given, "Compare two given texts";
        GET "/stream" stream::open, "The output as it comes, as server-sent events";
    }
}

fn alerts() -> Table {
    table! { "Alerts":
        GET "/alerts" alerts::list, "Alerts, the last changed first";
        GET "/alerts/{alert}" alerts::one, "The history of an alert, and what its deliveries accepted", 409;
        POST "/alerts/{alert}/mute" alerts::mute, "Mute or unmute an alert", 409;
        POST "/alerts/{alert}/acknowledge" alerts::acknowledge, "Acknowledge the event or story of an alert, or release it", 409, 422;
        POST "/alerts/{alert}/replay" alerts::replay, "Send an alert again", 409, 410, 422;
        GET "/kept" kept::list, "The events whose exports are kept, the last changed first";
        GET "/handover" handover::get, "The alerts and commands since a time";
        GET "/dead" alerts::list_dead, "Dead letters, the newest first";
        GET "/dead/{sequence}" alerts::one_dead, "A dead letter with its message", 410;
        POST "/dead/{sequence}/replay" alerts::replay_dead, "Replay a dead letter", 410, 422;
    }
}

fn subscriptions() -> Table {
    table! { "Subscriptions and deliveries":
        GET "/subscriptions" subscriptions::list, "The subscriptions";
        POST "/subscriptions" subscriptions::put, "Add or replace a subscription", 409, 422;
        POST "/subscriptions/test" subscriptions::rehearse, "The alerts that a subscription would have sent", 422;
        DELETE "/subscriptions/{subscription}" subscriptions::remove, "Remove a subscription", 409;
        POST "/subscriptions/{subscription}/mute" subscriptions::mute, "Mute or unmute a subscription";
        GET "/deliveries" deliveries::list, "The deliveries";
        POST "/deliveries" deliveries::put, "Add a delivery, or change an added one", 409, 422;
        DELETE "/deliveries/{delivery}" deliveries::remove, "Remove an added delivery", 409, 422;
        POST "/deliveries/{delivery}/test" deliveries::test, "Send a marked sample", 422;
        POST "/deliveries/{delivery}/switch-on" deliveries::switch_on, "Switch on a delivery whose target was gone", 422;
    }
}

fn feeds() -> Table {
    table! { "Feeds":
        GET "/feeds" feeds::list, "The feeds with their settings and health";
        POST "/feeds" feeds::add, "Add a feed, or change its settings", 409, 422;
        POST "/feeds/probe" feeds::probe, "Examine an address that may be a feed or name one", 422;
        DELETE "/feeds/{feed}" feeds::remove, "Remove a feed", 409;
        POST "/feeds/{feed}/poll" feeds::poll, "Poll a feed now";
    }
}

fn installation() -> Table {
    table! { "Installation":
        GET "/status" status::get_status, "The state of the whole installation";
        GET "/storage" status::get_storage, "What the streams hold";
    }
}

/// The description of the API.
pub(crate) static DESCRIPTION: LazyLock<Value> =
    LazyLock::new(|| openapi::description(tables().into()));

async fn get_description() -> Json<&'static Value> {
    Json(&*DESCRIPTION)
}
