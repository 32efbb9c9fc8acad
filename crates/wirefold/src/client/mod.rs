//! How commands reach the API: through the socket of a running `up`, or else in this process over the data
//! folder. Only commands that need a running pipeline notice the difference.

mod error;
mod events;
mod in_process;
mod options;
mod transport;

use std::path::PathBuf;

use anyhow::Context as _;
use axum::body::Body;
use axum::http::{Method, Request, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::TempDir;

pub(crate) use error::{ClientError, Problem, exit_of};
pub(crate) use events::{ServerEvent, ServerEvents};
pub(crate) use options::ClientOptions;

use crate::config::Instance;
use crate::up::SOCKET;
use transport::Transport;

/// The largest answer that is not a stream, in bytes.
const MAX_ANSWER_BYTES: usize = 256 * 1024 * 1024;

/// Whether a command needs a data folder that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// The command shows stored data, so the folder must exist.
    Data,
    /// The command adds something, so the folder is created if it is missing.
    Nothing,
}

/// A client of the API.
pub(crate) struct Client {
    transport: Transport,
    folder: PathBuf,
    /// A temporary folder that is deleted with the client.
    _temporary_folder: Option<TempDir>,
}

impl Client {
    /// Connects to the socket of a running `up`, or else opens the data folder of this instance.
    pub(crate) async fn connect(instance: &Instance, need: Need) -> anyhow::Result<Client> {
        let folder = instance.folder()?;
        let socket = folder.join(SOCKET);
        if transport::answers(&socket).await {
            return Ok(Client::over(Transport::Socket(socket), folder));
        }
        if instance.is_over_nats(&folder) {
            return Err(ClientError::OverNats { folder }.into());
        }
        if need == Need::Data && !folder.join(wirefold_flow_sqlite::FILE).exists() {
            return Err(ClientError::NoData { folder }.into());
        }
        let router = in_process::open(&folder, &socket, instance, instance.method()?).await?;
        Ok(Client::over(Transport::InProcess(router), folder))
    }

    /// When a command takes effect, as the end of a sentence.
    pub(crate) fn when(&self) -> &'static str {
        if self.is_running() { "" } else { ", from the next `wirefold up` on" }
    }

    /// A client of the running `up`, or `None` if none runs.
    pub(crate) async fn running(instance: &Instance) -> anyhow::Result<Option<Client>> {
        let folder = instance.folder()?;
        let socket = folder.join(SOCKET);
        let is_there = transport::answers(&socket).await;
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
        let method = instance.method()?;
        let router = in_process::open(&folder, &folder.join(SOCKET), instance, method).await?;
        let client = Client::over(Transport::InProcess(router), folder);
        Ok(Client { _temporary_folder: Some(temporary_folder), ..client })
    }

    fn over(transport: Transport, folder: PathBuf) -> Client {
        Client { transport, folder, _temporary_folder: None }
    }

    /// Whether a pipeline runs that carries out commands.
    pub(crate) fn is_running(&self) -> bool {
        matches!(self.transport, Transport::Socket(_))
    }

    /// Fails if no pipeline runs.
    pub(crate) fn must_run(&self, what: &'static str) -> Result<(), ClientError> {
        let folder = || self.folder.clone();
        if self.is_running() {
            Ok(())
        } else {
            Err(ClientError::NotRunning { what, folder: folder() })
        }
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
        let unsent = |why: serde_json::Error| ClientError::Garbled {
            path: path.to_owned(),
            why: why.to_string(),
        };
        let body = serde_json::to_vec(body).map_err(unsent)?;
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
        let answer = self.transport.send(request(method, path, body)).await?;
        let status = answer.status();
        let bytes = self.read(path, answer.into_body()).await?;
        if !status.is_success() {
            return Err(ClientError::Refused(Problem::of(status.as_u16(), &bytes)));
        }
        // An empty body means `null`.
        let json: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
        serde_json::from_slice(json)
            .map_err(|error| ClientError::Garbled { path: path.to_owned(), why: error.to_string() })
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
