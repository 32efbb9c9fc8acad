//! Sends a request, and sends it once more in compatibility mode if the answer is unreadable.

use wirefold_http_client::{Client, Request, Response, SendError};

/// Sends a request. Some hosts send broken answers over HTTP/2 or with compression, so it is repeated
/// once in compatibility mode. Returns whether the answer came in that mode.
pub(crate) async fn send(client: &Client, request: Request) -> (Result<Response, SendError>, bool) {
    let is_plain = request.is_plain;
    let again = Request { is_plain: true, ..request.clone() };
    match client.send(request).await {
        Err(SendError::Broken { why }) if !is_plain => {
            tracing::debug!(url = %again.url, why, "requested again in compatibility mode");
            (client.send(again).await, true)
        }
        answer => (answer, is_plain),
    }
}
