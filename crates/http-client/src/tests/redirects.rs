//! Redirects: each is checked, reported and counted.

use axum::Router;
use axum::extract::Request as Asking;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::any;
use url::Url;

use super::server::{ReceivedRequests, serve};
use super::{client, get};
use crate::{Redirect, Request, SendError};

fn moved(status: u16, to: &str) -> axum::response::Response {
    let status = StatusCode::from_u16(status).unwrap();
    (status, [(header::LOCATION, to.to_owned())]).into_response()
}

/// A server whose `/to/<status>/<place>` redirects to that place, percent-decoded by axum.
async fn leading() -> (String, ReceivedRequests) {
    let asked = ReceivedRequests::default();
    let noted = asked.clone();
    let routes = Router::new()
        .route(
            "/to/{status}/{*place}",
            any(
                async |axum::extract::Path((status, place)): axum::extract::Path<(u16, String)>| {
                    moved(status, &place)
                },
            ),
        )
        .route("/loop", any(async || moved(302, "/loop")))
        .route(
            "/hop/{left}",
            any(async |axum::extract::Path(left): axum::extract::Path<u32>| match left {
                0 => "there".into_response(),
                left => moved(301, &format!("/hop/{}", left - 1)),
            }),
        )
        .route("/end", any(async |request: Asking| format!("{} end", request.method())))
        .layer(axum::middleware::map_request(move |request: Asking| {
            noted.note(&request);
            async move { request }
        }));
    let address = serve(routes).await;
    (format!("http://{address}"), asked)
}

#[tokio::test]
async fn chains_are_seen() {
    let (server, _) = leading().await;
    let answer = client().send(get(&format!("{server}/hop/2"))).await.unwrap();
    let to = |path: &str| Url::parse(&format!("{server}{path}")).unwrap();
    let expected =
        [Redirect { status: 301, to: to("/hop/1") }, Redirect { status: 301, to: to("/hop/0") }];
    assert_eq!(answer.redirects, expected);
    assert!(answer.redirects.iter().all(Redirect::is_permanent));
    assert_eq!((answer.url, answer.body), (to("/hop/0"), "there".into()));
}

#[tokio::test]
async fn every_hop_is_checked() {
    let (server, _) = leading().await;
    let client = client();
    for status in [301, 302, 303, 307, 308] {
        for (place, reason) in [
            ("http://10.0.0.1/", "10.0.0.1 is not in a public or allowed network"),
            ("http://0xa9fea9fe/", "169.254.169.254 is not in a public or allowed network"),
            ("http://[::1]/", "::1 is not in a public or allowed network"),
            ("http://localhost.localdomain:1/", ""),
            ("file:///etc/passwd", "the scheme file"),
            ("gopher://wire.example/", "the scheme gopher"),
            ("http://user:word@wire.example/", "carries a user"),
            ("http://1.1.1.1:22/", "port 22"),
        ] {
            let escaped = place.replace('%', "%25").replace('?', "%3F");
            let error = client.send(get(&format!("{server}/to/{status}/{escaped}"))).await;
            match error {
                Err(SendError::Refused { why }) => assert!(why.contains(reason), "{place}: {why}"),
                Err(SendError::NoSuchHost) if reason.is_empty() => {}
                other => panic!("{status} to {place}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn loops_and_long_chains_end() {
    let (server, asked) = leading().await;
    for path in ["/loop", "/hop/11", "/hop/6"] {
        let error = client().send(get(&format!("{server}{path}"))).await.unwrap_err();
        assert_eq!(error, SendError::TooManyRedirects { set_cookies: false }, "{path}");
    }
    assert_eq!(asked.lines().len(), 18, "the first question and five redirects each");
    assert_eq!(client().send(get(&format!("{server}/hop/5"))).await.unwrap().status, 200);
}

#[tokio::test]
async fn an_address_longer_than_any_server_must_take_is_not_followed() {
    let (server, asked) = leading().await;
    let to = |length: usize| {
        let address = format!("/end%3F{}", "x".repeat(length - server.len() - "/end?".len()));
        get(&format!("{server}/to/302/{server}{address}"))
    };
    assert_eq!(client().send(to(8_000)).await.unwrap().status, 200);
    let error = client().send(to(8_001)).await.unwrap_err();
    let said = "the answer is broken: a redirect to an address of more than 8000 bytes";
    assert_eq!(error.to_string(), said);
    assert_eq!(asked.lines().len(), 3, "the second is not followed");
}

#[tokio::test]
async fn secrets_stay_with_their_origin() {
    let (first, asked) = leading().await;
    let (second, strange) = leading().await;
    let with_secrets = |url: &str| {
        get(url)
            .with_header("Authorization", "Bearer secret")
            .with_header("Cookie", "secret=1")
            .with_header("X-Plain", "kept")
    };
    client().send(with_secrets(&format!("{first}/to/302/{first}/end"))).await.unwrap();
    let same = "GET /end authorization=Bearer secret cookie=secret=1 user-agent=guard-test/1 \
                x-plain=kept";
    assert_eq!(asked.lines()[1], same);
    client().send(with_secrets(&format!("{first}/to/302/{second}/end"))).await.unwrap();
    assert_eq!(strange.lines(), ["GET /end user-agent=guard-test/1 x-plain=kept"]);
    // Headers given as secrets are not sent on either, whatever their names.
    let mut keyed = get(&format!("{first}/to/302/{second}/end"));
    keyed.secrets.add("X-Plain", "a key");
    assert!(!format!("{keyed:?}").contains("a key"));
    client().send(keyed).await.unwrap();
    assert!(asked.lines().iter().any(|line| line.ends_with("x-plain=a key")));
    assert_eq!(strange.lines()[1], "GET /end user-agent=guard-test/1");
}

#[tokio::test]
async fn a_body_goes_to_its_own_origin_or_nowhere() {
    let (first, _) = leading().await;
    let (second, strange) = leading().await;
    let post = |url: String| Request::post(Url::parse(&url).unwrap(), "body");
    let answer = client().send(post(format!("{first}/to/307/{first}/end"))).await.unwrap();
    assert_eq!(answer.body, "POST end");
    for (status, place) in [(307, &second), (308, &second), (302, &second), (303, &first)] {
        let request = post(format!("{first}/to/{status}/{place}/end"));
        let stopped = client().send(request).await.unwrap();
        assert_eq!(stopped.status, status);
        assert!(stopped.redirects.is_empty());
    }
    assert!(strange.lines().is_empty());
}

#[tokio::test]
async fn a_redirect_to_nowhere_is_broken_and_one_without_a_place_an_answer() {
    let (server, _) = leading().await;
    let error = client().send(get(&format!("{server}/to/302/http://[bad"))).await.unwrap_err();
    assert!(matches!(error, SendError::Broken { .. }), "{error:?}");
    let plain = Router::new().route("/", any(async || StatusCode::FOUND));
    let address = serve(plain).await;
    assert_eq!(client().send(get(&format!("http://{address}/"))).await.unwrap().status, 302);
}

/// Servers that redirect until a cookie comes back, through another host or not.
#[tokio::test]
async fn cookies_are_kept_within_one_request_only() {
    let cookie_of = |asking: &Asking| {
        asking.headers().get(header::COOKIE).map(|value| value.to_str().unwrap().to_owned())
    };
    let routes = Router::new()
        .route(
            "/gate",
            any(async move |asking: Asking| match cookie_of(&asking) {
                Some(cookies) if cookies.contains("seen=1") => cookies.into_response(),
                _ => {
                    ([(header::SET_COOKIE, "seen=1; Path=/")], moved(302, "/gate")).into_response()
                }
            }),
        )
        .route(
            "/never",
            any(async || ([(header::SET_COOKIE, "a=1")], moved(302, "/never")).into_response()),
        );
    let server = format!("http://{}", serve(routes).await);
    let client = client();
    for _ in 0..2 {
        let answer = client.send(get(&format!("{server}/gate"))).await.unwrap();
        assert_eq!((answer.redirects.len(), answer.body), (1, "seen=1".into()));
    }
    let own = get(&format!("{server}/gate")).with_header("Cookie", "own=2");
    assert_eq!(client.send(own).await.unwrap().body, "own=2; seen=1");
    let endless = client.send(get(&format!("{server}/never"))).await.unwrap_err();
    assert_eq!(endless, SendError::TooManyRedirects { set_cookies: true });
}
