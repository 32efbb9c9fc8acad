//! Versions of HTTP over TLS, and redirects between `https` and `http`.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request as Asking;
use axum::routing::any;
use h2::Reason;
use url::Url;

use super::get;
use super::server::{ReceivedRequests, serve};
use super::tls::{Breakage, Server};
use crate::resolve::System;
use crate::{Client, Request, SendError, Settings};

/// A client that trusts this server.
fn client(server: &Server) -> Client {
    let allow = vec!["127.0.0.0/8".parse().unwrap()];
    let settings = Settings { allow, ..Settings::default() };
    Client::with(settings, Arc::new(System), vec![server.certificate.clone()]).unwrap()
}

#[tokio::test]
async fn the_best_version_is_spoken_that_both_know() {
    for (versions, expected) in [
        (&["h2"][..], "two"),
        (&["h2", "http/1.1"], "two"),
        (&["http/1.1"], "one"),
        (&["http/1.1", "h2"], "one"),
        (&[], "one"),
    ] {
        let server = Server::start(versions, Breakage::Nothing, "").await;
        let answer = client(&server).send(get(&server.url("/feed"))).await.unwrap();
        assert_eq!((answer.status, &answer.body[..]), (200, expected.as_bytes()), "{versions:?}");
        assert_eq!(server.heard().len(), 1, "{versions:?}");
    }
}

#[tokio::test]
async fn a_plain_question_is_put_in_the_old_version() {
    let plain = |server: &Server| Request { is_plain: true, ..get(&server.url("/feed")) };
    let both = Server::start(&["h2", "http/1.1"], Breakage::Nothing, "").await;
    assert_eq!(client(&both).send(plain(&both)).await.unwrap().body, "one");
    let new = Server::start(&["h2"], Breakage::Nothing, "").await;
    let refused = client(&new).send(plain(&new)).await.unwrap_err();
    assert!(matches!(refused, SendError::CannotConnect { .. }), "{refused:?}");
}

/// So the caller knows that compatibility mode is worth a try.
#[tokio::test]
async fn a_broken_new_version_is_told_from_a_host_that_is_away_and_the_old_one_works() {
    for breakage in [
        Breakage::SpeaksOne,
        Breakage::HangsUp,
        Breakage::Resets(Reason::INTERNAL_ERROR),
        Breakage::Resets(Reason::HTTP_1_1_REQUIRED),
        Breakage::CutsBody,
    ] {
        let server = Server::start(&["h2", "http/1.1"], breakage, "").await;
        let client = client(&server);
        let broken = client.send(get(&server.url("/feed"))).await.unwrap_err();
        assert!(matches!(broken, SendError::Broken { .. }), "{breakage:?}: {broken:?}");
        let plain = Request { is_plain: true, ..get(&server.url("/feed")) };
        assert_eq!(client.send(plain).await.unwrap().body, "one", "{breakage:?}");
    }
}

#[tokio::test]
async fn a_host_without_a_trusted_certificate_is_refused() {
    let mut server = Server::start(&["h2", "http/1.1"], Breakage::Nothing, "").await;
    let stranger = include_bytes!("../../../../tests/tls/stranger.pem");
    server.certificate = reqwest::Certificate::from_pem(stranger).unwrap();
    let error = client(&server).send(get(&server.url("/feed"))).await.unwrap_err();
    assert!(
        matches!(&error, SendError::CannotConnect { why } if why.contains("https")),
        "{error:?}"
    );
    assert_eq!(server.heard(), <[String; 0]>::default());
}

#[tokio::test]
async fn from_https_to_http_is_followed_without_secrets_and_seen() {
    let asked = ReceivedRequests::default();
    let noted = asked.clone();
    let routes = Router::new().fallback(any(async move |request: Asking| {
        noted.note(&request);
        "plain"
    }));
    let open = serve(routes).await;
    for versions in [&["h2"][..], &["http/1.1"]] {
        let server =
            Server::start(versions, Breakage::Nothing, &format!("http://{open}/end")).await;
        let mut request = get(&server.url("/moved")).with_header("Authorization", "Bearer secret");
        request.secrets.add("X-Plain", "a key");
        let answer = client(&server).send(request).await.unwrap();
        assert_eq!(answer.body, "plain");
        assert_eq!(answer.url.scheme(), "http");
        assert_eq!(answer.redirects.len(), 1);
        let url = Url::parse(&server.url("/moved")).unwrap();
        let post = client(&server).send(Request::post(url, "body")).await.unwrap();
        assert_eq!(post.status, 301, "a body stays with its origin");
    }
    assert_eq!(asked.lines(), ["GET /end user-agent=wirefold"; 2]);
}

#[tokio::test]
async fn from_http_to_https_is_followed() {
    let server = Server::start(&["h2", "http/1.1"], Breakage::Nothing, "").await;
    let to = server.url("/feed");
    let routes =
        Router::new().fallback(any(async move || axum::response::Redirect::permanent(&to)));
    let open = serve(routes).await;
    let answer = client(&server).send(get(&format!("http://{open}/feed"))).await.unwrap();
    assert_eq!(
        (&answer.body[..], answer.url.as_str()),
        (&b"two"[..], server.url("/feed").as_str())
    );
    assert_eq!(server.heard(), ["h2 /feed"]);
}
