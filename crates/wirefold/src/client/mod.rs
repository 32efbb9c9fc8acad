//! How commands reach the API: through the socket of a running `up`, or else in this process over the data
//! folder. Only commands that need a running pipeline notice the difference.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, Response, header};
use clap::Args;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use thiserror::Error;
use tokio::net::UnixStream;
use tokio::sync::watch;
use tokio_util::codec::{FramedRead, LinesCodec, LinesCodecError};
use tokio_util::io::StreamReader;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use wirefold_alerter::ConfiguredSubscription;
use wirefold_envelope::{Limits, create_streams};
use wirefold_flow::{BusError, Clock, StageContext, SystemClock};
use wirefold_flow_sqlite::OpenError;
use wirefold_gateway::shapes::Status;
use wirefold_gateway::{Access, Gateway, Settings};
use wirefold_proto::TextPolicy;

use crate::config::{ConfigError, Instance, Loaded, Overrides, load_here};
use crate::exchange::exchange;
use crate::exit::{Exit, Stop, stop};
use crate::output::clean;
use crate::up::SOCKET;
use crate::up::added::{DeliveryService, with_added};
use crate::up::seams::{ProbeService, RehearsalService};

/// The largest answer that is not a stream, in bytes.
const MAX_ANSWER_BYTES: usize = 256 * 1024 * 1024;

/// Whether a command needs a data folder that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// The command shows stored data, so the folder must exist.
    Data,
    /// The command adds something, so the folder is created if it is missing.
    Nothing,
    /// The command says what it would add, so nothing is created: a temporary folder replaces a missing one.
    Preview,
}

/// A client of the API.
pub(crate) struct Client {
    transport: Transport,
    folder: PathBuf,
    /// The subscriptions of the settings, if no `up` has read them.
    pub(crate) configured: Vec<ConfiguredSubscription>,
    /// A temporary folder that is deleted with the client.
    _temporary_folder: Option<TempDir>,
}

impl Client {
    /// Connects to the socket of a running `up`, or else opens the data folder of this instance.
    pub(crate) async fn connect(instance: &Instance, need: Need) -> anyhow::Result<Client> {
        let folder = instance.folder()?;
        let socket = folder.join(SOCKET);
        if answers(&socket).await {
            return Ok(Client::over(Transport::Socket(socket), folder));
        }
        let has_data = has_data(&folder)?;
        if instance.is_over_nats(&folder) {
            stop!(
                Bus,
                "the data of {} is on a NATS server, which only a running wirefold uses: start \
                 `wirefold up --nats`, or `wirefold run gateway --nats` on that folder",
                folder.display()
            );
        }
        match need {
            Need::Data => must_exist(&folder)?,
            Need::Preview if !has_data => return Client::temporary(instance).await,
            Need::Nothing | Need::Preview => {}
        }
        Client::in_process(folder, instance).await
    }

    /// When a command takes effect, as the end of a sentence.
    pub(crate) fn when(&self) -> &'static str {
        if self.is_running() { "" } else { ", from the next `wirefold up` on" }
    }

    /// A client of the running `up`, or `None` if none runs.
    pub(crate) async fn running(instance: &Instance) -> anyhow::Result<Option<Client>> {
        let folder = instance.folder()?;
        let socket = folder.join(SOCKET);
        let is_there = answers(&socket).await;
        Ok(is_there.then(|| Client::over(Transport::Socket(socket), folder)))
    }

    /// A client of the running `up`, or else [`Client::temporary`]. For commands that need no data.
    pub(crate) async fn running_or_temporary(instance: &Instance) -> anyhow::Result<Client> {
        match Client::running(instance).await? {
            Some(client) => Ok(client),
            None => Client::temporary(instance).await,
        }
    }

    /// An API in this process over a temporary folder.
    pub(crate) async fn temporary(instance: &Instance) -> anyhow::Result<Client> {
        let temporary_folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let folder = temporary_folder.path().to_owned();
        let client = Client::in_process(folder, instance).await?;
        Ok(Client { _temporary_folder: Some(temporary_folder), ..client })
    }

    /// Opens the data folder and serves the API to this process only.
    async fn in_process(folder: PathBuf, instance: &Instance) -> anyhow::Result<Client> {
        let is_new = !folder.join(wirefold_flow_sqlite::FILE).exists();
        let clock = Arc::new(SystemClock);
        let bus = match wirefold_flow_sqlite::open(&folder, clock.clone()) {
            Err(OpenError::InUse { .. }) => stop!(
                Bus,
                "{} is in use by a process that does not answer at {}: if `wirefold up` is just \
                 starting or stopping, try again; otherwise stop that process",
                folder.display(),
                folder.join(SOCKET).display()
            ),
            opened => opened.map_err(|error| anyhow!(error.to_string()))?,
        };
        let shown = folder.display().to_string();
        if is_new {
            // If `up` has run on this folder, its streams already have the configured limits.
            create_streams(bus.as_ref(), &Limits::default()).await.context(shown.clone())?;
        }
        let context = StageContext::new(bus, clock.clone());
        let loaded = load_here(instance, Overrides::default())?;
        let configured = loaded.config.subscriptions(&loaded.origins);
        let settings = settings(&folder, loaded, &context).await.context(shown.clone())?;
        let gateway = Arc::new(Gateway::open(context, settings).await.context(shown)?);
        let transport = Transport::InProcess(gateway.router(Access::Socket));
        let client = Client { configured, ..Client::over(transport, folder) };
        // The task ends with this process. The projection can be rebuilt at any time.
        tokio::spawn(async move { gateway.run(CancellationToken::new()).await });
        client.catch_up(&*clock).await?;
        Ok(client)
    }

    /// Waits until the answers include everything that is stored.
    async fn catch_up(&self, clock: &dyn Clock) -> anyhow::Result<()> {
        let given_up = clock.now().plus(CATCH_UP_TIMEOUT);
        while clock.now() < given_up {
            if self.get::<Status>("/api/v1/status").await?.lag == 0 {
                return Ok(());
            }
            clock.sleep_until(clock.now().plus(POLL_INTERVAL)).await;
        }
        let folder = self.folder.display();
        anyhow::bail!("{folder}: the projection does not catch up: start `wirefold up`")
    }

    fn over(transport: Transport, folder: PathBuf) -> Client {
        Client { transport, folder, configured: Vec::new(), _temporary_folder: None }
    }

    /// Whether a pipeline runs that carries out commands.
    pub(crate) fn is_running(&self) -> bool {
        matches!(self.transport, Transport::Socket(_))
    }

    /// Fails if no pipeline runs.
    pub(crate) fn must_run(&self, what: &str) -> anyhow::Result<()> {
        if !self.is_running() {
            let folder = self.folder.display();
            stop!(Bus, "{what} needs a running wirefold: start `wirefold up` on {folder}");
        }
        Ok(())
    }

    /// Sends a GET request.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.ask(Method::GET, path, None).await
    }

    /// Sends a POST request.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, ClientError> {
        let body = serde_json::to_vec(body).map_err(|why| ClientError::garbled(path, &why))?;
        self.ask(Method::POST, path, Some(body)).await
    }

    /// Sends a DELETE request.
    pub(crate) async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.ask(Method::DELETE, path, None).await
    }

    /// Opens a stream of events.
    pub(crate) async fn events(&self, path: &str) -> Result<ServerEvents, ClientError> {
        let answer = self.transport.send(request(Method::GET, path, None)).await?;
        if answer.status().is_success() {
            return Ok(ServerEvents::of(answer.into_body()));
        }
        let status = answer.status().as_u16();
        let body = self.read(path, answer.into_body()).await?;
        Err(ClientError::Refused(Problem::of(status, &body)))
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<T, ClientError> {
        let bytes = self.bytes(method, path, body).await?;
        // An empty body means `null`.
        let json: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
        serde_json::from_slice(json).map_err(|why| ClientError::garbled(path, &why))
    }

    /// The body of an answer, as it is.
    pub(crate) async fn bytes(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Vec<u8>, ClientError> {
        let answer = self.transport.send(request(method, path, body)).await?;
        let status = answer.status();
        let bytes = self.read(path, answer.into_body()).await?;
        match status.is_success() {
            true => Ok(bytes),
            false => Err(ClientError::Refused(Problem::of(status.as_u16(), &bytes))),
        }
    }

    async fn read(&self, path: &str, body: Body) -> Result<Vec<u8>, ClientError> {
        let read = axum::body::to_bytes(body, MAX_ANSWER_BYTES).await;
        let bytes = read.map_err(|error| ClientError::Unreachable {
            place: path.to_owned(),
            why: error.to_string(),
        })?;
        Ok(bytes.into())
    }
}

fn request(method: Method, path: &str, body: Option<Vec<u8>>) -> Request<Body> {
    let builder = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "localhost")
        .header(header::CONTENT_TYPE, "application/json");
    let body = body.map_or_else(Body::empty, Body::from);
    builder.body(body).expect("paths are made of escaped parts")
}

/// Whether anything has ever run on this data folder. Fails if this user may not look into it.
fn has_data(folder: &Path) -> anyhow::Result<bool> {
    let shown = folder.display();
    let found = folder.join(wirefold_flow_sqlite::FILE).try_exists();
    found.map_err(|why| Stop::bus(format!("the data folder {shown} cannot be read: {why}")).into())
}

/// Fails if nothing has ever run on this data folder.
pub(crate) fn must_exist(folder: &Path) -> anyhow::Result<()> {
    if !has_data(folder)? {
        stop!(
            NotFound,
            "nothing has been collected yet in {}: `wirefold feed add URL`, then `wirefold up`",
            folder.display()
        );
    }
    Ok(())
}

/// A part of a path or of a query string, escaped.
pub(crate) fn escaped(part: &str) -> String {
    let mut out = String::with_capacity(part.len());
    for byte in part.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// Runs a future that uses the API to its end.
pub(crate) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(work)
}

/// The largest event in bytes: a message of the bus with its frame.
const MAX_EVENT_BYTES: usize = 4 * 1024 * 1024;

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ServerEvent {
    /// The sequence in the stream, if the event has one.
    pub(crate) id: Option<u64>,
    /// The type: `article`, `story`, `alert`.
    pub(crate) name: String,
    /// The body.
    pub(crate) data: String,
}

/// The events of one connection.
pub(crate) struct ServerEvents {
    lines: Pin<Box<dyn Stream<Item = Result<String, LinesCodecError>> + Send>>,
    event: ServerEvent,
}

impl ServerEvents {
    /// The events in the body of an answer.
    pub(crate) fn of(body: Body) -> ServerEvents {
        let bytes = StreamReader::new(body.into_data_stream().map_err(std::io::Error::other));
        let lines = FramedRead::new(bytes, LinesCodec::new_with_max_length(MAX_EVENT_BYTES));
        ServerEvents { lines: Box::pin(lines), event: ServerEvent::default() }
    }

    /// The next event. `None` if the connection ended or sent something else.
    pub(crate) async fn next(&mut self) -> Option<ServerEvent> {
        loop {
            let line = self.lines.next().await?.ok()?;
            let (field, value) = line.split_once(':').unwrap_or((&line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "" if line.is_empty() => {
                    let event = std::mem::take(&mut self.event);
                    // Without data it is not an event, but its sequence still counts.
                    if !event.data.is_empty() || event.id.is_some() {
                        return Some(event);
                    }
                }
                "id" => self.event.id = value.parse().ok(),
                "event" => value.clone_into(&mut self.event.name),
                "data" => {
                    let gap = if self.event.data.is_empty() { "" } else { "\n" };
                    self.event.data.extend([gap, value]);
                }
                _ => {}
            }
            if self.event.data.len() > MAX_EVENT_BYTES {
                return None;
            }
        }
    }
}

/// The pause between two checks of the projection's progress.
const POLL_INTERVAL: Duration = Duration::from_millis(10);
/// How long the projection may take to catch up with the data folder.
const CATCH_UP_TIMEOUT: Duration = Duration::from_mins(10);

async fn settings(
    folder: &Path,
    loaded: Loaded,
    context: &StageContext,
) -> Result<Settings, BusError> {
    let Loaded { config, lists, origins, .. } = loaded;
    let alerter = config.alerter(&origins, "http://localhost".to_owned());
    let alerter =
        with_added(wirefold_alerter::Settings { lists, ..alerter }, &*context.bus).await?;
    let (_, alerter) = watch::channel(alerter.0);
    let deliveries = DeliveryService {
        context: context.clone(),
        alerter: alerter.clone(),
        may_add: config.page.add_deliveries,
        reload: None,
    };
    let rehearsing = RehearsalService { context: context.clone(), alerter };
    Ok(Settings {
        text_policy: TextPolicy::Full,
        base_url: "http://localhost".to_owned(),
        rehearse: Arc::new(rehearsing),
        deliveries: Arc::new(deliveries),
        probe: Arc::new(ProbeService(config.fetcher(&origins, None))),
        ..Settings::new(folder.to_owned(), env!("CARGO_PKG_VERSION"))
    })
}

/// The options that all these commands have.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ClientOptions {
    #[command(flatten)]
    pub(crate) instance: Instance,
    /// Print one JSON object a line, each with its `schema`.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

impl ClientOptions {
    /// A client for the data of this instance, which must exist.
    pub(crate) async fn client(&self) -> anyhow::Result<Client> {
        Client::connect(&self.instance, Need::Data).await
    }
}

/// How long the head of an answer may take. A rehearsal over many hours takes long.
const HEAD_TIMEOUT: Duration = Duration::from_mins(2);
/// How long a process on this machine may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The way to the API.
pub(crate) enum Transport {
    /// A running `up` answers at this socket.
    Socket(PathBuf),
    /// No `up` runs: this process answers itself.
    InProcess(Router),
}

impl Transport {
    /// Sends a request and returns the answer. The caller reads its body.
    pub(crate) async fn send(&self, request: Request<Body>) -> Result<Response<Body>, ClientError> {
        match self {
            Transport::Socket(path) => {
                let unreachable = |why: String| ClientError::Unreachable {
                    place: path.display().to_string(),
                    why,
                };
                let sent = async { exchange(UnixStream::connect(path).await?, request).await };
                let answer = tokio::time::timeout(HEAD_TIMEOUT, sent).await;
                let answer = answer.map_err(|_| unreachable("no answer in time".to_owned()))?;
                answer.map_err(|error| unreachable(error.to_string()))
            }
            Transport::InProcess(router) => match router.clone().oneshot(request).await {
                Ok(answer) => Ok(answer),
                Err(never) => match never {},
            },
        }
    }
}

/// Whether a process answers on the socket.
pub(crate) async fn answers(path: &Path) -> bool {
    let connected = tokio::time::timeout(CONNECT_TIMEOUT, UnixStream::connect(path)).await;
    matches!(connected, Ok(Ok(_)))
}

#[cfg(test)]
mod events_tests {
    use super::*;

    async fn all(text: &str) -> Vec<ServerEvent> {
        let mut events = ServerEvents::of(Body::from(text.to_owned()));
        let mut found = Vec::new();
        while let Some(event) = events.next().await {
            found.push(event);
        }
        found
    }

    #[tokio::test]
    async fn events_are_read_and_comments_passed_over() {
        let text = ": hello\n\nid: 7\nevent: article\ndata: {\"a\":\ndata: 1}\n\n:\n\r\n\
            event: alert\r\ndata:x\r\n\r\nid: 9\n\nid: 10\nevent: story\ndata: cut off";
        let event = |id, name: &str, data: &str| ServerEvent {
            id,
            name: name.to_owned(),
            data: data.to_owned(),
        };
        let expected = [
            event(Some(7), "article", "{\"a\":\n1}"),
            event(None, "alert", "x"),
            event(Some(9), "", ""),
        ];
        assert_eq!(all(text).await, expected);
    }

    #[tokio::test]
    async fn an_endless_event_ends_the_connection() {
        assert!(
            all(&"data: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n".repeat(150_000)).await.is_empty()
        );
        assert!(all(&"a".repeat(MAX_EVENT_BYTES + 1)).await.is_empty());
    }
}

// Errors between a command and the API, each with advice.

/// Why a command has no usable answer.
#[derive(Debug, Error)]
pub(crate) enum ClientError {
    /// The running process does not accept the connection.
    #[error("cannot talk to `wirefold up` at {place}: {why}")]
    Unreachable {
        /// The socket or address.
        place: String,
        /// The error of the operating system.
        why: String,
    },
    /// The API refused the request.
    #[error("{0}")]
    Refused(Problem),
    /// The answer has a form that this version does not know.
    #[error(
        "the answer of the running wirefold cannot be read: it may be another version; restart it ({path}: {why})"
    )]
    Garbled {
        /// The requested path.
        path: String,
        /// The problem with the answer.
        why: String,
    },
}

impl ClientError {
    /// For a 404, the same error with the command that lists what exists.
    pub(crate) fn see(self, command: &str) -> anyhow::Error {
        match &self {
            Self::Refused(problem) if problem.status == 404 => {
                Stop::new(Exit::NotFound, format!("{problem}: see `{command}`")).into()
            }
            _ => self.into(),
        }
    }

    /// The error if an answer has a form that this version does not know.
    pub(crate) fn garbled(path: &str, why: &serde_json::Error) -> Self {
        Self::Garbled { path: path.to_owned(), why: why.to_string() }
    }

    /// The exit code for scripts.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Unreachable { .. } => Exit::Bus,
            Self::Garbled { .. } => Exit::Failure,
            Self::Refused(problem) => match problem.status {
                404 | 410 => Exit::NotFound,
                502..=504 => Exit::Bus,
                400..=499 => Exit::Usage,
                _ => Exit::Failure,
            },
        }
    }
}

/// The body of a refusal by the API (RFC 9457).
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub(crate) struct Problem {
    /// The HTTP status.
    #[serde(default)]
    pub(crate) status: u16,
    /// The type of the problem.
    #[serde(default, rename = "type")]
    sort: String,
    /// The advice for programs that use the API.
    #[serde(default)]
    title: String,
    /// More about this case.
    #[serde(default)]
    detail: String,
}

impl Problem {
    /// Reads the problem from the body of an answer. Without one, describes the status.
    pub(crate) fn of(status: u16, body: &[u8]) -> Problem {
        let found = serde_json::from_slice::<Problem>(body).ok();
        let found = found.filter(|found| !found.title.is_empty());
        let unreadable = || {
            let title =
                "the running wirefold gave no answer that can be read: see its log, or restart it";
            Problem { title: title.to_owned(), ..Problem::default() }
        };
        Problem { status, ..found.unwrap_or_else(unreadable) }
    }

    /// The advice for a person at a command line. It is empty if the detail already says what to do.
    fn advice(&self) -> String {
        match self.sort.rsplit(':').next().unwrap_or_default() {
            "bad-request" | "unprocessable" | "not-found" | "ambiguous" | "refused" => {
                String::new()
            }
            "method" | "media-type" | "host" | "origin" => {
                "the running wirefold is another version: restart it".to_owned()
            }
            _ => {
                let mut letters = self.title.chars();
                let first = letters.next().into_iter().flat_map(char::to_lowercase);
                first.chain(letters).collect()
            }
        }
    }
}

impl std::fmt::Display for Problem {
    /// One line: the problem and the remedy.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let advice = self.advice();
        let gap = if advice.is_empty() || self.detail.is_empty() { "" } else { ": " };
        out.write_str(&clean(&format!("{}{gap}{advice}", self.detail)))
    }
}

/// The exit code for an error.
pub(crate) fn exit_of(error: &anyhow::Error) -> Exit {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return stop.exit();
    }
    if error.is::<ConfigError>() {
        return Exit::Usage;
    }
    error.downcast_ref::<ClientError>().map_or(Exit::Failure, ClientError::exit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, body: &str, line: &str, exit: Exit) {
        let error = ClientError::Refused(Problem::of(status, body.as_bytes()));
        assert_eq!((error.to_string().as_str(), error.exit()), (line, exit));
    }

    #[test]
    fn a_problem_is_one_line_and_a_code() {
        check(404, r#"{"title":"no such story","status":404}"#, "no such story", Exit::NotFound);
        let both = r#"{"title":"Give more digits","detail":"three begin so"}"#;
        check(409, both, "three begin so: give more digits", Exit::Usage);
        check(400, r#"{"title":"a\nb\u001b[2J"}"#, "a b[2J", Exit::Usage);
        let unread =
            "the running wirefold gave no answer that can be read: see its log, or restart it";
        check(500, "<html>", unread, Exit::Failure);
        check(503, "[]", unread, Exit::Bus);
    }

    #[test]
    fn problems_of_the_api_are_worded_for_people() {
        let problem_of = |sort: &str, title: &str, detail: &str| {
            let body = serde_json::json!({
                "type": format!("urn:wirefold:problem:{sort}"), "title": title, "detail": detail,
            });
            Problem::of(400, body.to_string().as_bytes()).to_string()
        };
        let mend = "Correct the request as the detail says, then send it again";
        assert_eq!(problem_of("bad-request", mend, "\"x\" is too short"), "\"x\" is too short");
        let file = "Change it in the file that defines it";
        assert_eq!(
            problem_of("managed", file, "feed sea is defined by wirefold.toml:14"),
            "feed sea is defined by wirefold.toml:14: change it in the file that defines it"
        );
        let json = "Send JSON with the header Content-Type: application/json";
        let words = problem_of("media-type", json, "there is no Content-Type header");
        assert!(words.ends_with("the running wirefold is another version: restart it"), "{words}");
        assert_eq!(problem_of("of-next-year", "Give more", "it lacks"), "it lacks: give more");
    }
}
