//! `ETag` and status 304: a client that has the answer does not get it again.

use std::hash::{DefaultHasher, Hasher as _};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Refusal;

/// A larger answer is a mistake.
const MOST: usize = 64 * 1024 * 1024;

/// Adds `ETag` to answers to GET, and answers 304 if the client has the same tag. It applies to whole
/// answers, not to streams.
pub(super) async fn tagged(request: Request, next: Next) -> Response {
    let is_get = matches!(*request.method(), Method::GET | Method::HEAD);
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    if !is_get || response.status() != StatusCode::OK {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, MOST).await else {
        return Refusal::failed("the answer broke off").into_response();
    };
    let mut hasher = DefaultHasher::new();
    hasher.write(&bytes);
    let tag = format!("\"{:016x}\"", hasher.finish());
    if let Ok(value) = HeaderValue::from_str(&tag) {
        head.headers.insert(header::ETAG, value);
    }
    keep_fresh(&mut head.headers);
    if known.is_some_and(|known| names(&known, &tag)) {
        head.status = StatusCode::NOT_MODIFIED;
        head.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(head, Body::empty());
    }
    Response::from_parts(head, Body::from(bytes))
}

/// Lets browsers store the answer but check it each time.
fn keep_fresh(headers: &mut HeaderMap) {
    let ask = HeaderValue::from_static("private, no-cache");
    headers.entry(header::CACHE_CONTROL).or_insert(ask);
}

/// Whether a list of tags contains this one. Weak tags compare as strong ones (RFC 9110, section 13.1.2).
fn names(list: &HeaderValue, tag: &str) -> bool {
    let tags = list.to_str().unwrap_or_default().split(',').map(str::trim);
    tags.into_iter().any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_tags() {
        let cases =
            [("\"a\"", true), ("W/\"a\"", true), ("\"b\", \"a\"", true), ("*", true), ("a", false)];
        for (list, expected) in cases {
            assert_eq!(names(&HeaderValue::from_static(list), "\"a\""), expected, "{list}");
        }
    }
}
