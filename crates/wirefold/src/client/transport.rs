//! One request and its answer, over the socket of a running `up` or directly to a router.

use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tower::ServiceExt;

use super::ClientError;

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
                let answer = tokio::time::timeout(HEAD_TIMEOUT, over_socket(path, request)).await;
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

async fn over_socket(path: &Path, request: Request<Body>) -> anyhow::Result<Response<Body>> {
    let stream = UnixStream::connect(path).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // The connection also reads the body. It ends with the body or with this process.
    tokio::spawn(connection);
    let answer = sender.send_request(request).await?;
    Ok(answer.map(Body::new))
}

/// Whether a process answers on the socket.
pub(crate) async fn answers(path: &Path) -> bool {
    let connected = tokio::time::timeout(CONNECT_TIMEOUT, UnixStream::connect(path)).await;
    matches!(connected, Ok(Ok(_)))
}
