//! The layers that requests pass: access, tokens in addresses, entity tags, and the count of requests.
//!
//! Every web page in a browser on this machine can reach a server on loopback. Two checks protect it. Against
//! DNS rebinding, the `Host` header must name a known host. Against cross-site requests, a write must have a
//! content type that no form can send, and its origin, if it has one, must be this server.

use std::hash::{DefaultHasher, Hasher as _};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower::ServiceExt as _;

use crate::api::{Access, Api, ApiResult};
use crate::metrics;
use crate::refusal::Refusal;
use crate::tokens::{Holder, Peer};

/// The content types of JSON. A parameter such as a charset may follow.
const JSON_TYPES: [&str; 3] = ["application/json", "application/x-ndjson", "application/jsonl"];

/// The content type of forms.
const FORM_TYPE: &str = "application/x-www-form-urlencoded";

/// Lets allowed requests through.
pub(super) async fn checked(api: Api, mut request: Request, next: Next) -> Response {
    if api.access == Access::Network {
        match admit(&api, &request) {
            Ok(holder) => drop(request.extensions_mut().insert(holder)),
            Err(refusal) => return refused(&api, &request, refusal),
        }
    }
    request.extensions_mut().insert(api.access);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in SAFE {
        headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// The headers of every answer for browsers.
const SAFE: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
];

fn admit(api: &Api, request: &Request) -> ApiResult<Holder> {
    let settings = &api.app.settings;
    check_request(request, &settings.hosts, settings.gate.is_some())?;
    let now = api.app.now();
    settings.gate.as_ref().map_or(Ok(Holder(None)), |gate| gate.admit(request, now))
}

/// Answers people with a page that asks them to sign in, and programs with a problem.
fn refused(api: &Api, request: &Request, refusal: Refusal) -> Response {
    let accepted = text_of(request.headers(), "accept");
    let is_page = !["/api/", "/feeds/"].iter().any(|it| request.uri().path().starts_with(it));
    let is_browser = accepted.is_some_and(|accepted| accepted.contains("text/html"));
    if refusal.asks_to_sign_in() && is_page && is_browser {
        return (api.sign_in_wanted)(&api.app);
    }
    refusal.into_response()
}

/// With tokens, an IP address is allowed as host too: an attacker who rebinds a name needs a name, and has no
/// session under it.
fn check_request(request: &Request, hosts: &[String], has_tokens: bool) -> ApiResult<()> {
    let asked = host_of(request.headers(), request.uri())?;
    if !(is_known(&asked, hosts) || has_tokens && is_address(&asked)) {
        return Err(Refusal::host(format!("{asked:?} is not a name of this server")));
    }
    // A link of a message proves that its user has the message. A page of another site does not have it.
    if is_read(request.method()) || request.uri().path().starts_with("/links/") {
        return Ok(());
    }
    check_origin(request.headers(), &asked)
}

/// Lets a request through that comes with JSON. It runs directly before the handlers, so that a wrong method is
/// reported first.
pub(super) async fn json_only(request: Request, next: Next) -> Response {
    guarded(request, next, check_media_type).await
}

/// Lets a request through that reads, or a form that a page of this server sends. The browser must say that
/// it is the same site; [`checked`] has already refused other sites.
pub(crate) async fn own_form_only(request: Request, next: Next) -> Response {
    guarded(request, next, check_form).await
}

async fn guarded(request: Request, next: Next, check: fn(&HeaderMap) -> ApiResult<()>) -> Response {
    let is_trusted = request.extensions().get::<Access>() == Some(&Access::Socket);
    if is_trusted || is_read(request.method()) {
        return next.run(request).await;
    }
    match check(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// The text of a header.
pub(crate) fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The media type of the body without its parameters; empty if there is none.
fn media_type(headers: &HeaderMap) -> &str {
    let given = text_of(headers, "content-type").unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim()
}

fn check_form(headers: &HeaderMap) -> ApiResult<()> {
    let site = text_of(headers, "sec-fetch-site");
    if !headers.contains_key(header::ORIGIN) && site != Some("same-origin") {
        return Err(Refusal::origin(
            "the request does not show that a page of this server sent this form",
        ));
    }
    let kind = media_type(headers);
    match kind.eq_ignore_ascii_case(FORM_TYPE) {
        true => Ok(()),
        false => Err(Refusal::form_type(format!("{kind:?} is not a form"))),
    }
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// The host and port of the request. An absolute address outranks the header (RFC 9112, section 3.2.2).
fn host_of(headers: &HeaderMap, uri: &Uri) -> ApiResult<String> {
    let mut given = headers.get_all(header::HOST).iter();
    let (first, second) = (given.next(), given.next());
    if second.is_some() {
        return Err(Refusal::host("two Host headers"));
    }
    if let Some(authority) = uri.authority() {
        return Ok(authority.as_str().to_ascii_lowercase());
    }
    let host = first.and_then(|host| host.to_str().ok()).filter(|host| !host.is_empty());
    host.map(str::to_ascii_lowercase).ok_or_else(|| Refusal::host("no Host header"))
}

/// Whether the host is a name of the loopback or an allowed name, with any port.
fn is_known(asked: &str, hosts: &[String]) -> bool {
    let name = host_name(asked);
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
        || hosts.iter().any(|host| host.eq_ignore_ascii_case(name))
}

/// Whether the host is an IP address, not a name.
fn is_address(asked: &str) -> bool {
    let name = host_name(asked);
    let bare = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    bare.map_or(name.parse::<Ipv4Addr>().is_ok(), |six| six.parse::<Ipv6Addr>().is_ok())
}

/// The name in a Host header, without the port and a dot at its end.
#[must_use]
pub fn host_name(host: &str) -> &str {
    // Not `[::1]` without a port, nor `::1`, which is not a valid host.
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let name =
        host.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(host, |(name, _)| name);
    name.strip_suffix('.').unwrap_or(name)
}

fn check_origin(headers: &HeaderMap, asked: &str) -> ApiResult<()> {
    let site = text_of(headers, "sec-fetch-site");
    if matches!(site, Some("cross-site" | "same-site")) {
        return Err(Refusal::origin("the browser says that a page of another site writes"));
    }
    for origin in headers.get_all(header::ORIGIN) {
        let origin = origin.to_str().unwrap_or_default().to_ascii_lowercase();
        let own = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        if own != Some(asked) {
            return Err(Refusal::origin(format!("a page of {origin} writes to {asked}")));
        }
    }
    Ok(())
}

fn check_media_type(headers: &HeaderMap) -> ApiResult<()> {
    if JSON_TYPES.iter().any(|json| json.eq_ignore_ascii_case(media_type(headers))) {
        return Ok(());
    }
    Err(Refusal::media_type(match text_of(headers, "content-type") {
        Some(given) => format!("{given:?} is not JSON"),
        None => "there is no Content-Type header".to_owned(),
    }))
}

pub(super) async fn feed_by_path(
    State(router): State<Router>,
    Path((token, _)): Path<(String, String)>,
    request: Request,
) -> Response {
    let Some((uri, bearer)) = without_token(request.uri(), &token) else {
        return Refusal::bad_request("the token in the address cannot be read").into_response();
    };
    let (mut head, body) = request.into_parts();
    head.uri = uri;
    head.headers.insert(header::AUTHORIZATION, bearer);
    // The match of this route must not affect the next one.
    let peer = head.extensions.get::<Peer>().copied();
    head.extensions.clear();
    if let Some(peer) = peer {
        head.extensions.insert(peer);
    }
    match router.oneshot(Request::from_parts(head, body)).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// The address without its token, and the header with the token.
fn without_token(uri: &Uri, token: &str) -> Option<(Uri, HeaderValue)> {
    let path = uri.path_and_query()?.as_str();
    let feeds = path.get(path.find("/feeds/")?..)?;
    let mut bearer = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
    bearer.set_sensitive(true);
    Some((feeds.parse().ok()?, bearer))
}

/// The content type of server-sent events.
pub(super) const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");

/// A larger answer is a mistake.
const LARGEST_ANSWER: usize = 64 * 1024 * 1024;

/// Adds `ETag` to answers to GET, and answers 304 if the client has the same tag. It applies to whole
/// answers, not to streams.
pub(super) async fn tagged(request: Request, next: Next) -> Response {
    let is_get = matches!(*request.method(), Method::GET | Method::HEAD);
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    let is_stream = response.headers().get(header::CONTENT_TYPE) == Some(&EVENT_STREAM);
    let is_tagged = response.headers().contains_key(header::ETAG);
    if !is_get || is_stream || is_tagged || response.status() != StatusCode::OK {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, LARGEST_ANSWER).await else {
        return Refusal::failed("the answer broke off").into_response();
    };
    let mut hasher = DefaultHasher::new();
    hasher.write(&bytes);
    let tag = format!("\"{:016x}\"", hasher.finish());
    set_tag(&mut head.headers, &tag);
    if known.is_some_and(|known| names(&known, &tag)) {
        head.status = StatusCode::NOT_MODIFIED;
        head.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(head, Body::empty());
    }
    Response::from_parts(head, Body::from(bytes))
}

/// Sets the tag of an answer that is made only if the client does not have it: 304 if it does.
pub(crate) async fn tagged_before(
    asked: &HeaderMap,
    tag: &str,
    make: impl Future<Output = ApiResult<Response>>,
) -> ApiResult<Response> {
    let is_known = asked.get(header::IF_NONE_MATCH).is_some_and(|known| names(known, tag));
    let mut response = match is_known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => make.await?,
    };
    set_tag(response.headers_mut(), tag);
    Ok(response)
}

/// Lets browsers store the answer under its tag but check it each time.
fn set_tag(headers: &mut HeaderMap, tag: &str) {
    headers.extend(HeaderValue::from_str(tag).ok().map(|tag| (header::ETAG, tag)));
    let ask = HeaderValue::from_static("private, no-cache");
    headers.entry(header::CACHE_CONTROL).or_insert(ask);
}

/// Whether a list of tags contains this one. Weak tags compare as strong ones (RFC 9110, section 13.1.2).
fn names(list: &HeaderValue, tag: &str) -> bool {
    let tags = list.to_str().unwrap_or_default().split(',').map(str::trim);
    tags.into_iter().any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

/// The longest time until the head of an answer.
const ANSWER_TIME: Duration = Duration::from_secs(60);

pub(super) async fn watched(api: Api, request: Request, next: Next) -> Response {
    let route = route_class(request.uri().path());
    let begun = api.app.clock.now();
    let answered = tokio::time::timeout(ANSWER_TIME, next.run(request)).await;
    let response = answered
        .unwrap_or_else(|_| Refusal::busy("the answer took longer than a minute").into_response());
    let took = api.app.clock.now().since(begun);
    metrics::REQUESTS.add(1, &[route, status_class(response.status())]);
    metrics::REQUEST_SECONDS.record(took.as_secs_f64(), &[route]);
    response
}

/// The class of a route, for metrics: only a few values for all addresses.
fn route_class(path: &str) -> &'static str {
    match path {
        "/api/v1/stream" => "stream",
        "/healthz" | "/readyz" => "health",
        _ if path.starts_with("/api/") => "api",
        _ if path.starts_with("/feeds/") => "feeds",
        _ => "page",
    }
}

fn status_class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_hosts() {
        let hosts = ["news.example".to_owned()];
        for known in [
            "localhost", "localhost:8787", "127.0.0.1:1", "[::1]", "[::1]:8787",
            "news.example:443", "localhost.",
        ] {
            assert!(is_known(known, &hosts), "{known}");
        }
        for stranger in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example:8787",
            "",
            "localhost:x",
            "::1",
            "news.example.evil.example",
            "0.0.0.0:8787",
            "localhost@evil.example",
        ] {
            assert!(!is_known(stranger, &hosts), "{stranger}");
        }
    }
}

#[cfg(test)]
mod tests_of_entity_tag {
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
