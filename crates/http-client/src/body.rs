//! Reads and decodes the body of a response, without ever holding more than its limit.

use bytes::{Bytes, BytesMut};

use crate::encoding::decode;
use crate::error::SendError;

/// Reads the body and decodes it, both of at most `limit` bytes.
pub(crate) async fn read(answer: &mut reqwest::Response, limit: u64) -> Result<Bytes, SendError> {
    let named = answer.headers().get_all("content-encoding").iter();
    let named: Vec<String> =
        named.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect();
    let body = receive(answer, limit).await?;
    // Decoding may take a tenth of a second, which must not block the async runtime.
    let decoding = tokio::task::spawn_blocking(move || decode(&named.join(","), body, limit));
    decoding.await.unwrap_or_else(|_| Err(SendError::broken("it breaks the decoder")))
}

/// Reads the body chunk by chunk, and stops at the limit.
async fn receive(answer: &mut reqwest::Response, limit: u64) -> Result<Bytes, SendError> {
    let too_large = SendError::TooLarge { limit };
    if answer.content_length().is_some_and(|length| length > limit) {
        return Err(too_large);
    }
    let mut body = BytesMut::new();
    loop {
        let chunk = answer.chunk().await.map_err(|error| SendError::broken(root_of(&error)))?;
        let Some(chunk) = chunk else {
            return Ok(body.freeze());
        };
        if (body.len() + chunk.len()) as u64 > limit {
            return Err(too_large);
        }
        body.extend_from_slice(&chunk);
    }
}

/// The text of the innermost cause of an error.
fn root_of(error: &reqwest::Error) -> String {
    let mut root: &dyn std::error::Error = error;
    while let Some(source) = root.source() {
        root = source;
    }
    root.to_string()
}
