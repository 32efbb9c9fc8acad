//! `stream`: the output as it comes, as server-sent events (WHATWG HTML, section 9.2).
//!
//! The `id` of each event is its sequence in `WF_OUTPUT`. A client that comes back with its last id continues
//! right behind it. All events are read from the bus, so there is no seam between old and new ones. If the
//! stream cannot continue, it says why: `gap` if messages were dropped, `reset` if the stream has not reached
//! that id. The server reads the bus as slowly as the client reads, and buffers nothing for it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::unfold;
use schemars::{JsonSchema, json_schema};
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;
use wirefold_flow::{BusError, OrderedReader, Stored};
use wirefold_proto::{
    Message as _, OutputArticle, OutputCommand, OutputForgotten, TextPolicy, decode, encode,
    name_of, streams,
};

use crate::api::articles::show_text;
use crate::api::layers::EVENT_STREAM;
use crate::api::openapi::{Description, Input, Output};
use crate::api::request::Query;
use crate::api::{Api, ApiResult, Refusal};
use crate::metrics;
use crate::state::AppState;

/// The number of messages in one read.
const BATCH: usize = 64;
/// The longest time without anything sent.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How long an event waits for the projection, so that clients find the articles that it names.
const SHOWN_TIME: Duration = Duration::from_secs(5);

/// The header with the last id that a client has.
const LAST_EVENT_ID: &str = "Last-Event-ID";
const NO_BUFFER: header::HeaderName = header::HeaderName::from_static("x-accel-buffering");

/// The position to begin at. The header `Last-Event-ID` outranks it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StreamQuery {
    /// The sequence after which it begins; absent: with what comes next.
    after: Option<u64>,
}

pub(super) async fn open(
    api: Api,
    Query(query): Query<StreamQuery>,
    LastEventId(last): LastEventId,
) -> ApiResult<EventStream> {
    let app = api.app.clone();
    let busy = |_| Refusal::busy("too many streams are open");
    let permit = Some(Arc::clone(&app.streams).try_acquire_owned().map_err(busy)?);
    let open = Open { app: app.clone(), permit };
    count_open(&app);
    let state = app.bus.stream_state(streams::OUTPUT.name).await?;
    let asked = last.or(query.after).unwrap_or(state.last);
    let after = asked.min(state.last);
    let mut waiting = VecDeque::from([Bytes::from_static(b"retry: 2000\n: wirefold\n\n")]);
    if asked > state.last {
        waiting.push_back(reset(asked, state.last));
    }
    if after + 1 < state.first {
        waiting.push_back(gap(after + 1, state.first - 1));
    }
    let alerts = app.bus.stream_state(streams::ALERTS.name).await?;
    let live = Live {
        output: app.bus.read(streams::OUTPUT.name, ">", after + 1).await?,
        alerts: app.bus.read(streams::ALERTS.name, ">", alerts.last + 1).await?,
        policy: api.text_policy(),
        _open: open,
        app,
        waiting,
    };
    let body = unfold(live, |mut live| async move {
        let next = live.next().await?;
        Some((Ok::<Bytes, BusError>(next), live))
    });
    Ok(EventStream(Body::from_stream(body)))
}

/// An endless answer.
pub(super) struct EventStream(Body);

impl IntoResponse for EventStream {
    fn into_response(self) -> Response {
        let head = [
            (header::CONTENT_TYPE, EVENT_STREAM),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            // Asks proxies not to buffer the stream.
            (NO_BUFFER, HeaderValue::from_static("no")),
        ];
        (head, self.0).into_response()
    }
}

impl Output for EventStream {
    fn describe(to: &mut Description<'_>) {
        to.answer(StatusCode::OK, "text/event-stream", json_schema!({ "type": "string" }));
    }
}

/// The id of the last event that a client has, if it comes back.
pub(super) struct LastEventId(Option<u64>);

impl<S: Sync> FromRequestParts<S> for LastEventId {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> ApiResult<Self> {
        let Some(given) = parts.headers.get(LAST_EVENT_ID) else { return Ok(Self(None)) };
        let id = given.to_str().unwrap_or("?").trim();
        let wrong = |_| Refusal::bad_request("not an id of this stream").about_field(LAST_EVENT_ID);
        let id = (!id.is_empty()).then(|| id.parse()).transpose();
        id.map(Self).map_err(wrong)
    }
}

impl Input for LastEventId {
    fn describe(to: &mut Description<'_>) {
        let schema = to.schemas.subschema_for::<Option<u64>>();
        to.parameter("header", LAST_EVENT_ID, schema, false);
    }
}

/// Reports messages that are no longer stored.
fn gap(from: u64, through: u64) -> Bytes {
    let data =
        serde_json::json!({"schema": "wirefold.api.gap/1", "from": from, "through": through});
    Bytes::from(format!("event: gap\ndata: {data}\n\n"))
}

/// Reports an id that the stream has not reached, such as one from before the stream was created anew. The
/// stream continues from its end, with the id of the end.
fn reset(asked: u64, end: u64) -> Bytes {
    let data = serde_json::json!({"schema": "wirefold.api.reset/1", "asked": asked, "from": end});
    Bytes::from(format!("id: {end}\nevent: reset\ndata: {data}\n\n"))
}

/// An open stream.
struct Live {
    app: Arc<AppState>,
    output: Box<dyn OrderedReader>,
    alerts: Box<dyn OrderedReader>,
    policy: TextPolicy,
    waiting: VecDeque<Bytes>,
    _open: Open,
}

impl Live {
    /// The next bytes to send; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.waiting.pop_front() {
                return Some(bytes);
            }
            let app = self.app.clone();
            let silent_until = app.clock.now().plus(KEEP_ALIVE);
            let messages = tokio::select! {
                biased;
                () = app.closing.cancelled() => return None,
                output = self.output.next(BATCH) => output,
                alerts = self.alerts.next(BATCH) => alerts,
                () = app.clock.sleep_until(silent_until) => {
                    return Some(Bytes::from_static(b": keep-alive\n\n"));
                }
            };
            // The client reconnects by itself, with the last id.
            let messages = messages.ok()?;
            until_shown(&app, &messages).await;
            let made = messages.iter().map(|it| app.recent_events.get(it, self.policy, event));
            self.waiting.extend(made);
        }
    }
}

/// Waits until the projection has the messages, but only for a while.
async fn until_shown(app: &AppState, messages: &[Stored]) {
    let output = |message: &&Stored| message.stream == streams::OUTPUT.name;
    let Some(last) = messages.iter().rfind(output).map(|message| message.sequence) else { return };
    let patience = app.clock.now().plus(SHOWN_TIME);
    let mut projected = app.projected_sequence.subscribe();
    tokio::select! {
        biased;
        _ = projected.wait_for(|applied| *applied >= last) => {}
        () = app.closing.cancelled() => {}
        () = app.clock.sleep_until(patience) => {}
    }
}

/// A message as an event. An event for an unreadable message has only its id.
fn event(message: &Stored, policy: TextPolicy) -> Bytes {
    if message.stream == streams::ALERTS.name {
        return match std::str::from_utf8(&message.body) {
            Ok(data) if is_one_line(data) => Bytes::from(format!("event: alert\ndata: {data}\n\n")),
            _ => Bytes::new(),
        };
    }
    let id = message.sequence;
    match encode_event(message, policy) {
        Some((name, data)) => Bytes::from(format!("id: {id}\nevent: {name}\ndata: {data}\n\n")),
        None => Bytes::from(format!("id: {id}\n\n")),
    }
}

fn encode_event(message: &Stored, policy: TextPolicy) -> Option<(&'static str, String)> {
    let (name, body) = match &*name_of(&message.body).ok()? {
        OutputArticle::NAME => {
            let mut article: OutputArticle = decode(&message.body).ok()?;
            let policy = policy.min(article.text_policy);
            show_text(&mut article, policy);
            ("article", encode(&article).ok()?)
        }
        OutputCommand::NAME => ("command", message.body.to_vec()),
        OutputForgotten::NAME => ("forgotten", message.body.to_vec()),
        _ => return None,
    };
    let data = String::from_utf8(body).ok()?;
    is_one_line(&data).then_some((name, data))
}

/// Whether the data fits in one field: a line break would end it.
fn is_one_line(data: &str) -> bool {
    !data.contains(['\n', '\r'])
}

/// Counts a stream while it is open.
struct Open {
    app: Arc<AppState>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.permit.take();
        count_open(&self.app);
    }
}

fn count_open(app: &AppState) {
    let open = crate::state::STREAMS.saturating_sub(app.streams.available_permits());
    metrics::STREAMS.set(open as f64, &[]);
}
