//! Reads the body of an answer.
//!
//! Comes in: an answer and the cap of its body. Goes out: the decoded body, or that it is too large. It never holds
//! more than the cap.

use bytes::{Bytes, BytesMut};
use reqwest::header::HeaderValue;

use crate::encoding::Encoding;
use crate::error::SendError;

/// Reads the body and decodes it, both of at most `limit` bytes.
pub(crate) async fn read(answer: &mut reqwest::Response, limit: u64) -> Result<Bytes, SendError> {
    let named = answer.headers().get("content-encoding").map(HeaderValue::as_bytes);
    let encoding = Encoding::named(named)?;
    let body = received(answer, limit).await?;
    let Some(encoding) = encoding else {
        return Ok(body);
    };
    // It may take a tenth of a second, which others need not wait.
    let decoding = tokio::task::spawn_blocking(move || encoding.decode(&body, limit));
    decoding.await.unwrap_or_else(|_| Err(SendError::broken("it breaks the decoder")))
}

/// Reads chunk by chunk and stops at the limit.
async fn received(answer: &mut reqwest::Response, limit: u64) -> Result<Bytes, SendError> {
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

fn root_of(error: &reqwest::Error) -> String {
    let mut root: &dyn std::error::Error = error;
    while let Some(source) = root.source() {
        root = source;
    }
    root.to_string()
}
