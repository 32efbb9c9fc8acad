//! Requests with and without tokens: whether they are allowed, and what they may do.

use std::time::Duration;

use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{HeaderName, Method, Request, header};

use serde_json::json;

use super::world::{Answer, World};
use crate::Access;
use crate::shapes::Handover;
use crate::tokens::{Kind, Peer, Scope, TokenFile, TrustedProxy};

/// An address of the network that can reach the page.
const HOST: &str = "192.0.2.7:8787";
const FORM: &str = "application/x-www-form-urlencoded";

fn tokens(world: &World) -> TokenFile {
    TokenFile::new(world.folder.path())
}

fn make(world: &World, name: &str, kind: Kind, scope: Scope) -> String {
    tokens(world).add(name, kind, scope, None, world.gateway.app.now()).unwrap()
}

fn to(method: Method, path: &str) -> Builder {
    Request::builder().method(method).uri(path).header(header::HOST, HOST)
}

async fn send(world: &World, request: Builder) -> Answer {
    world.send(Access::Network, request.body(Body::empty()).unwrap()).await
}

async fn status(world: &World, request: Builder) -> u16 {
    send(world, request).await.status.as_u16()
}

/// The cookie that an answer sets, as a browser sends it back.
fn cookie(answer: &Answer) -> String {
    let set = answer.headers[header::SET_COOKIE].to_str().unwrap();
    assert!(set.contains("; HttpOnly") && set.contains("; SameSite=Lax"), "{set}");
    set.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn reading_and_writing_need_a_token() {
    let world = World::with_tokens(None).await;
    let paths = [
        "/",
        "/alerts",
        "/feeds",
        "/subscriptions",
        "/subscriptions/new",
        "/about",
        "/events/e-1",
        "/fragments/river",
        "/api/v1/status",
        "/api/v1/stream",
        "/api/v1/events",
        "/api/v1/nothing",
        "/feeds/all.atom",
        "/feeds/all.json",
        "/nothing",
        "/sign-out",
        "/t/wft_wrong/feeds/all.atom",
    ];
    for path in paths {
        let answer = send(&world, to(Method::GET, path)).await;
        assert_eq!(answer.status, 401, "{path}");
        assert_eq!(answer.json()["type"], "urn:wirefold:problem:sign-in", "{path}");
        let asked = answer.headers[header::WWW_AUTHENTICATE].to_str().unwrap();
        assert!(asked.contains("Bearer") && asked.contains("Basic"), "{asked}");
    }
    for path in ["/api/v1/compare", "/api/v1/articles", "/api/v1/feeds", "/subscriptions"] {
        let sent = to(Method::POST, path).header(header::CONTENT_TYPE, "application/json");
        assert_eq!(status(&world, sent).await, 401, "{path}");
    }
    for (path, expected) in [("/healthz", 200), ("/sign-in", 200), ("/links/x", 404)] {
        assert_eq!(status(&world, to(Method::GET, path)).await, expected, "{path}");
    }
    // Only the owner can use the socket.
    let asked = to(Method::GET, "/api/v1/status").body(Body::empty()).unwrap();
    assert_eq!(world.send(Access::Socket, asked).await.status, 200);
}

#[tokio::test]
async fn each_scope_reaches_as_far_as_it_says() {
    let world = World::with_tokens(None).await;
    let json = r#"{"a":{"text":"one"},"b":{"text":"two"}}"#;
    let cases = [
        (Scope::Full, [200, 200, 200, 404]),
        (Scope::Read, [200, 200, 200, 403]),
        (Scope::Feeds, [403, 200, 403, 403]),
    ];
    for (scope, expected) in cases {
        let secret = make(&world, &scope.to_string(), Kind::Token, scope);
        let bearer = format!("Bearer {secret}");
        let with = |method, path| to(method, path).header(header::AUTHORIZATION, &bearer);
        let posted = with(Method::POST, "/api/v1/compare");
        let posted = posted.header(header::CONTENT_TYPE, "application/json");
        let compared = world.send(Access::Network, posted.body(Body::from(json)).unwrap()).await;
        let removal = with(Method::DELETE, "/api/v1/feeds/x");
        let removal = removal.header(header::CONTENT_TYPE, "application/json");
        let found = [
            status(&world, with(Method::GET, "/api/v1/status")).await,
            status(&world, with(Method::GET, "/feeds/all.atom")).await,
            compared.status.as_u16(),
            status(&world, removal).await,
        ];
        assert_eq!(found, expected, "{scope}");
    }
}

#[tokio::test]
async fn a_feed_reader_sends_a_password_or_an_address() {
    let world = World::with_tokens(None).await;
    let secret = make(&world, "reader", Kind::Token, Scope::Feeds);
    let encoded = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(format!("anybody:{secret}"))
    };
    let basic = to(Method::GET, "/feeds/all.atom");
    let basic = basic.header(header::AUTHORIZATION, format!("Basic {encoded}"));
    assert_eq!(status(&world, basic).await, 200);
    let by_path = |rest: &str| to(Method::GET, &format!("/t/{secret}/{rest}"));
    let answer = send(&world, by_path("feeds/all.json?q=ferry")).await;
    assert_eq!(answer.status, 200);
    assert!(answer.json()["title"].as_str().unwrap().contains("ferry"));
    // The address opens only feeds, and ends with its token.
    assert_eq!(status(&world, by_path("api/v1/status")).await, 404);
    assert_eq!(status(&world, by_path("feeds/../api/v1/status")).await, 404);
    tokens(&world).revoke("reader", world.gateway.app.now()).unwrap();
    assert_eq!(status(&world, by_path("feeds/all.json")).await, 401);
}

#[tokio::test]
async fn a_link_signs_a_browser_in_and_it_signs_out() {
    let world = World::with_tokens(None).await;
    let code = make(&world, "ana", Kind::SignIn, Scope::Full);
    let link = format!("/sign-in/{code}");
    // A browser or a chat that loads links in advance.
    assert_eq!(status(&world, to(Method::HEAD, &link)).await, 204);
    let ahead = to(Method::GET, &link).header("sec-purpose", "prefetch");
    assert_eq!(status(&world, ahead).await, 204);
    let answer = send(&world, to(Method::GET, &link)).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.headers[header::LOCATION]),
        (303, &"/".parse().unwrap())
    );
    let session = cookie(&answer);
    let with = |method, path: &str| to(method, path).header(header::COOKIE, &session);
    assert_eq!(status(&world, with(Method::GET, "/")).await, 200);
    assert_eq!(status(&world, to(Method::GET, &link)).await, 403, "the link worked twice");

    // A page of another site sends a write with the browser's cookie.
    let forged = with(Method::POST, "/sign-out").header(header::ORIGIN, "http://evil.example");
    assert_eq!(status(&world, forged.header(header::CONTENT_TYPE, FORM)).await, 403);
    let own = with(Method::POST, "/sign-out").header(header::ORIGIN, format!("http://{HOST}"));
    assert_eq!(status(&world, own.header(header::CONTENT_TYPE, FORM)).await, 303);
    assert_eq!(status(&world, with(Method::GET, "/")).await, 401, "it is still signed in");
}

#[tokio::test]
async fn a_person_without_a_link_is_asked_for_a_token() {
    let world = World::with_tokens(None).await;
    let secret = make(&world, "desk", Kind::Token, Scope::Read);
    let asked = to(Method::GET, "/alerts").header(header::ACCEPT, "text/html,*/*;q=0.8");
    let page = send(&world, asked).await;
    let text = String::from_utf8(page.body).unwrap();
    assert!(page.status == 401 && text.contains("wirefold token sign-in"), "{text}");
    assert!(page.headers.contains_key("content-security-policy"));
    let form = async |token: &str| {
        let sent = to(Method::POST, "/sign-in").header(header::ORIGIN, format!("http://{HOST}"));
        let sent = sent.header(header::CONTENT_TYPE, FORM);
        world.send(Access::Network, sent.body(Body::from(format!("token={token}"))).unwrap()).await
    };
    assert_eq!(form("wft_guess").await.status, 403);
    let session = cookie(&form(&secret).await);
    let read = to(Method::GET, "/").header(header::COOKIE, &session);
    assert_eq!(status(&world, read).await, 200);
    let write = to(Method::POST, "/subscriptions").header(header::COOKIE, &session);
    assert_eq!(status(&world, write).await, 403, "its scope is to read");
}

#[tokio::test]
async fn only_clients_that_guess_are_delayed() {
    let world = World::with_tokens(None).await;
    let secret = make(&world, "desk", Kind::Token, Scope::Full);
    let from = |peer: &str, token: &str| {
        let mut request = to(Method::GET, "/api/v1/status")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Body::empty())
            .unwrap();
        request.extensions_mut().insert(Peer(peer.parse().unwrap()));
        world.send(Access::Network, request)
    };
    let mut refused = None;
    for _ in 0..100 {
        let answer = from("2001:db8::1", "wft_guess").await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("a hundred guesses a minute");
    let wait: u64 = refused.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(from("2001:db8::2", "wft_guess").await.status, 429, "the same /64");
    assert_eq!(from("198.51.100.1", "wft_guess").await.status, 401, "another network");
    assert_eq!(from("2001:db8::1", &secret).await.status, 200, "a client with a token is allowed");
}

#[tokio::test]
async fn a_login_of_a_proxy_counts_from_the_proxy_alone() {
    let header = HeaderName::from_static("remote-user");
    let networks = vec!["198.51.100.0/28".parse().unwrap()];
    let world = World::with_tokens(Some(TrustedProxy { header, networks })).await;
    let from = |peer: &str, names: &[&str]| {
        let asked = to(Method::GET, "/api/v1/status");
        let asked = names.iter().fold(asked, |asked, name| asked.header("Remote-User", *name));
        let mut request = asked.body(Body::empty()).unwrap();
        request.extensions_mut().insert(Peer(peer.parse().unwrap()));
        world.send(Access::Network, request)
    };
    assert_eq!(from("198.51.100.1", &["ana"]).await.status, 200);
    assert_eq!(from("::ffff:198.51.100.1", &["ana"]).await.status, 200);
    assert_eq!(from("198.51.100.1", &[" "]).await.status, 401);
    assert_eq!(from("198.51.100.1", &["ana", "root"]).await.status, 401);
    assert_eq!(from("198.51.100.99", &["ana"]).await.status, 401);
}

#[tokio::test]
async fn a_command_carries_the_name_of_its_sender() {
    let (header, networks) =
        (HeaderName::from_static("remote-user"), vec!["198.51.100.1/32".parse().unwrap()]);
    let world = World::with_tokens(Some(TrustedProxy { header, networks })).await;
    let anna = format!("Bearer {}", make(&world, "anna", Kind::Token, Scope::Full));
    let put = |access, name: &str, value: &str| {
        let put = to(Method::POST, "/api/v1/subscriptions");
        let put = put.header(header::CONTENT_TYPE, "application/json").header(name, value);
        let body = json!({"id": "floods", "name": "Floods", "query": "flood*"}).to_string();
        let mut request = put.body(Body::from(body)).unwrap();
        request.extensions_mut().insert(Peer("198.51.100.1".parse().unwrap()));
        world.clock.advance(Duration::from_secs(1));
        world.send(access, request)
    };
    assert_eq!(put(Access::Network, "authorization", &anna).await.status, 202);
    assert_eq!(put(Access::Network, "remote-user", "José Núñez").await.status, 202);
    assert_eq!(put(Access::Socket, "authorization", &anna).await.status, 202);
    let asked = to(Method::GET, "/api/v1/handover").header(header::AUTHORIZATION, &anna);
    let found: Handover = send(&world, asked).await.shape();
    let senders: Vec<&str> = found.commands.iter().map(|row| row.command.by.as_str()).collect();
    assert_eq!(senders, ["cli", "José Núñez", "anna"]);
    let page = send(&world, to(Method::GET, "/handover").header(header::AUTHORIZATION, &anna));
    let page = String::from_utf8(page.await.body).unwrap();
    for sender in ["(command line)", "(José Núñez)", "(anna)"] {
        assert!(page.contains(sender), "{page}");
    }
}

#[tokio::test]
async fn names_stay_known_ones_with_tokens_too() {
    let world = World::with_tokens(None).await;
    let secret = make(&world, "desk", Kind::Token, Scope::Full);
    let cases = [
        ("192.0.2.7:8787", 200),
        ("[2001:db8::1]", 200),
        ("news.example", 200),
        ("rebound.example", 421),
    ];
    for (host, expected) in cases {
        let asked = Request::builder().uri("/api/v1/status").header(header::HOST, host);
        let asked = asked.header(header::AUTHORIZATION, format!("Bearer {secret}"));
        assert_eq!(status(&world, asked).await, expected, "{host}");
    }
}
