//! Checks which requests may ask, and which may write.
//!
//! Every web page in a browser on this machine can reach a server on loopback. Two checks protect it. Against
//! DNS rebinding, the `Host` header must name a known host. Against cross-site requests, a write must have a
//! content type that no form can send, and its origin, if it has one, must be this server.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{Access, Api, ApiResult};
use crate::refusal::Refusal;

/// The content types of JSON. A parameter such as a charset may follow.
const JSON_TYPES: [&str; 3] = ["application/json", "application/x-ndjson", "application/jsonl"];

/// The content type of forms.
const FORM_TYPE: &str = "application/x-www-form-urlencoded";

/// Lets allowed requests through.
pub(super) async fn checked(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    if api.access == Access::Network
        && let Err(refusal) = admit(&api, &request)
    {
        return refused(&api, &request, refusal);
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

fn admit(api: &Api, request: &Request) -> ApiResult<()> {
    let settings = &api.inner.settings;
    check(request, &settings.hosts, settings.gate.is_some())?;
    settings.gate.as_ref().map_or(Ok(()), |gate| gate.admit(request, api.inner.now()))
}

/// Answers people with a page that asks them to sign in, and programs with a problem.
fn refused(api: &Api, request: &Request, refusal: Refusal) -> Response {
    let accepted = request.headers().get(header::ACCEPT).and_then(|it| it.to_str().ok());
    let is_page = !["/api/", "/feeds/"].iter().any(|it| request.uri().path().starts_with(it));
    if refusal.asks_to_sign_in()
        && is_page
        && accepted.is_some_and(|accepted| accepted.contains("text/html"))
    {
        return (api.sign_in_wanted)(&api.inner);
    }
    refusal.into_response()
}

/// With tokens, an IP address is allowed as host too: an attacker who rebinds a name needs a name, and has no
/// session under it.
fn check(request: &Request, hosts: &[String], has_tokens: bool) -> ApiResult<()> {
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

/// Lets a request through that reads, or that comes with JSON. It runs directly before the handlers, so that
/// a wrong method is reported first.
pub(super) async fn json_only(request: Request, next: Next) -> Response {
    let is_trusted = request.extensions().get::<Access>() == Some(&Access::Socket);
    if !is_trusted
        && !is_read(request.method())
        && let Err(refusal) = check_media_type(request.headers())
    {
        return refusal.into_response();
    }
    next.run(request).await
}

/// Lets a request through that reads, or a form that a page of this server sends. The browser must say that
/// it is the same site; [`checked`] has already refused other sites.
pub(crate) async fn own_form_only(request: Request, next: Next) -> Response {
    let is_trusted = request.extensions().get::<Access>() == Some(&Access::Socket);
    if !is_trusted
        && !is_read(request.method())
        && let Err(refusal) = check_form(request.headers())
    {
        return refusal.into_response();
    }
    next.run(request).await
}

fn check_form(headers: &HeaderMap) -> ApiResult<()> {
    let site = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
    if !headers.contains_key(header::ORIGIN) && site != Some("same-origin") {
        return Err(Refusal::origin(
            "the request does not show that a page of this server sent this form",
        ));
    }
    let given = headers.get(header::CONTENT_TYPE).and_then(|given| given.to_str().ok());
    let kind = given.unwrap_or_default().split(';').next().unwrap_or_default().trim();
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
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        // `[::1]` without a port, or `::1`, which is not a valid host.
        _ => host,
    };
    name.strip_suffix('.').unwrap_or(name)
}

fn check_origin(headers: &HeaderMap, asked: &str) -> ApiResult<()> {
    let site = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
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
    let given = headers.get(header::CONTENT_TYPE).and_then(|given| given.to_str().ok());
    let kind = given.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if JSON_TYPES.iter().any(|json| json.eq_ignore_ascii_case(kind)) {
        return Ok(());
    }
    Err(Refusal::media_type(match given {
        Some(given) => format!("{given:?} is not JSON"),
        None => "there is no Content-Type header".to_owned(),
    }))
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
