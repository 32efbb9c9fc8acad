//! One HTTP request over a connection of its own.

use anyhow::Context as _;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// Sends one request over a connection and returns the answer. The caller reads its body.
pub(crate) async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Body>,
) -> anyhow::Result<Response<Body>> {
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // The connection also reads the body. It ends with the body or with this process.
    tokio::spawn(connection);
    let answer = sender.send_request(request).await?;
    Ok(answer.map(Body::new))
}

/// The largest part of an answer about readiness that is read, in bytes.
const MAX_READINESS_BYTES: usize = 64 * 1024;

/// The answer of the operations port at this address to `/readyz`.
pub(crate) async fn readiness(address: &str) -> anyhow::Result<(StatusCode, String)> {
    // A server that listens on all addresses also listens on the loopback.
    let address = address.replace("0.0.0.0", "127.0.0.1").replace("[::]", "[::1]");
    let stream = TcpStream::connect(&address).await.context("nothing listens there")?;
    let request = Request::builder().uri("/readyz").header("host", &address).body(Body::empty())?;
    let answer = exchange(stream, request).await?;
    let status = answer.status();
    let bytes = axum::body::to_bytes(answer.into_body(), MAX_READINESS_BYTES).await?;
    Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
}
