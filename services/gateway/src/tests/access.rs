//! DNS rebinding and cross-site writes.

use axum::body::Body;
use axum::http::{Method, Request};

use super::world::{World, request};
use crate::Access;

/// The headers of a browser or a program.
struct Case {
    method: Method,
    uri: &'static str,
    headers: &'static [(&'static str, &'static str)],
    status: u16,
}

const JSON: (&str, &str) = ("content-type", "application/json");
const HOST: (&str, &str) = ("host", "127.0.0.1:8787");

fn case(
    method: Method,
    uri: &'static str,
    headers: &'static [(&'static str, &'static str)],
    status: u16,
) -> Case {
    Case { method, uri, headers, status }
}

#[tokio::test]
async fn strangers_are_refused() {
    let world = World::new().await;
    let (get, post, delete) = (Method::GET, Method::POST, Method::DELETE);
    let cases = [
        case(get.clone(), "/api/v1/status", &[HOST], 200),
        case(get.clone(), "/api/v1/status", &[("host", "news.example")], 200),
        case(get.clone(), "/api/v1/status", &[("host", "[::1]:1")], 200),
        // A name that points to the loopback only now.
        case(get.clone(), "/api/v1/status", &[("host", "rebound.example:8787")], 421),
        case(get.clone(), "/", &[("host", "rebound.example:8787")], 421),
        case(get.clone(), "/feeds/all.atom", &[("host", "rebound.example:8787")], 421),
        case(get.clone(), "/healthz", &[], 421),
        case(get.clone(), "/api/v1/status", &[HOST, ("host", "rebound.example")], 421),
        case(get.clone(), "http://rebound.example/api/v1/status", &[HOST], 421),
        case(get, "/api/v1/status", &[HOST, ("origin", "https://evil.example")], 200),
        // The headers of a form or a script on another site.
        case(post.clone(), "/api/v1/compare", &[HOST], 415),
        case(post.clone(), "/api/v1/compare", &[HOST, ("content-type", "text/plain")], 415),
        case(
            post.clone(),
            "/api/v1/compare",
            &[HOST, ("content-type", "application/x-www-form-urlencoded")],
            415,
        ),
        case(
            post.clone(),
            "/api/v1/compare",
            &[HOST, JSON, ("origin", "http://evil.example")],
            403,
        ),
        case(post.clone(), "/api/v1/compare", &[HOST, JSON, ("origin", "null")], 403),
        case(
            post.clone(),
            "/api/v1/compare",
            &[HOST, JSON, ("origin", "http://127.0.0.1:9999")],
            403,
        ),
        case(post.clone(), "/api/v1/compare", &[HOST, JSON, ("sec-fetch-site", "cross-site")], 403),
        case(delete.clone(), "/api/v1/feeds/x", &[HOST, ("origin", "http://evil.example")], 403),
        case(delete, "/api/v1/feeds/x", &[HOST, JSON], 404),
        // Requests of the page itself, and of a program: they are read, and refused for their content.
        case(post.clone(), "/api/v1/compare", &[HOST, JSON], 400),
        case(post, "/api/v1/compare", &[HOST, JSON, ("origin", "http://127.0.0.1:8787")], 400),
    ];
    for case in cases {
        let mut request = Request::builder().method(case.method.clone()).uri(case.uri);
        for (name, value) in case.headers {
            request = request.header(*name, *value);
        }
        let answer = world.send(Access::Network, request.body(Body::empty()).unwrap()).await;
        let about = format!("{} {} {:?}", case.method, case.uri, case.headers);
        assert_eq!(answer.status, case.status, "{about}");
        if answer.status.as_u16() >= 400 {
            assert_eq!(answer.headers["content-type"], "application/problem+json", "{about}");
            assert_eq!(answer.json()["status"], case.status, "{about}");
        }
    }
}

#[tokio::test]
async fn a_method_that_an_address_does_not_take_is_named_with_those_it_takes() {
    let world = World::new().await;
    let cases = [
        (Method::DELETE, "/api/v1/events", "GET,HEAD"),
        (Method::PUT, "/api/v1/feeds", "GET,HEAD,POST"),
        (Method::PATCH, "/api/v1/subscriptions/x", "DELETE"),
        (Method::POST, "/api/v1/stream", "GET,HEAD"),
        (Method::POST, "/feeds/all.atom", "GET,HEAD"),
        (Method::DELETE, "/readyz", "GET,HEAD"),
        (Method::POST, "/", "GET,HEAD"),
        (Method::PUT, "/subscriptions", "GET,HEAD,POST"),
    ];
    for (method, path, allowed) in cases {
        let answer = world.send(Access::Network, request(method.clone(), path, Body::empty()));
        let answer = answer.await;
        assert_eq!(answer.status, 405, "{method} {path}");
        assert_eq!(answer.headers["allow"], allowed, "{method} {path}");
    }
    let nowhere = request(Method::POST, "/api/v1/nothing", Body::empty());
    assert_eq!(world.send(Access::Network, nowhere).await.status, 404);
}

#[tokio::test]
async fn the_socket_may_do_everything() {
    let world = World::new().await;
    let request = Request::post("/api/v1/compare").header("origin", "http://evil.example");
    let body = r#"{"a":{"text":"one"},"b":{"text":"two"}}"#;
    let answer = world.send(Access::Socket, request.body(Body::from(body)).unwrap()).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn answers_forbid_what_browsers_would_do() {
    let world = World::new().await;
    let answer = world.get("/api/v1/status").await;
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    assert_eq!(answer.headers["cross-origin-resource-policy"], "same-origin");
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
}
