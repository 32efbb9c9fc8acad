//! Refused addresses.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::get as route;

use super::server::serve;
use super::{client, client_that_allows, get, refusal};
use crate::resolve::{Lookup, LookupFuture};
use crate::{Client, ClientError, Request, SendError, Settings};

/// Spellings of an address that is not public, which `url` and people may read differently.
const PRIVATE: [&str; 72] = [
    "http://127.0.0.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://0/",
    "http://0.0.0.0/",
    "http://127.0.0.1./",
    "http://127.0.0.1:8080/",
    "https://127.0.0.1:443/",
    "http://①②⑦.0.0.1/",
    "http://127。0。0。1/",
    "http://%31%32%37.0.0.1/",
    "http://10.0.0.1/",
    "http://167772161/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://0xa9fea9fe/",
    "http://172.16.0.1/",
    "http://192.0.0.8/",
    "http://192.0.2.1/",
    "http://192.168.1.1/",
    "http://198.18.0.1/",
    "http://198.51.100.7/",
    "http://203.0.113.7/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[fe80::1]/",
    "http://[fd00::1]/",
    "http://[2002:7f00:1::]/",
    "http://0x7f.0x0.0x0.0x1/",
    "http://0x7F.1/",
    "http://0177.1/",
    "http://127.0x0.01/",
    "http://4294967295/",
    "http://0xffffffff/",
    "http://3232235777/",
    "http://0300.0250.1.1/",
    "http://10.1/",
    "http://①⑥⑨.②⑤④.①⑥⑨.②⑤④/",
    "http://１２７.０.０.１/",
    "http://127.0.0.1%2e/",
    "http://0.0.0.0:443/",
    "http://0.1.2.3/",
    "http://100.127.255.254/",
    "http://127.255.255.254/",
    "http://169.254.170.2/v2/credentials",
    "http://172.31.255.255/",
    "http://192.88.99.1/",
    "http://198.19.255.254/",
    "http://239.255.255.250/",
    "http://240.0.0.1/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::127.0.0.1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[::ffff:0:127.0.0.1]/",
    "http://[64:ff9b:1::7f00:1]/",
    "http://[100::1]/",
    "http://[2001::1]/",
    "http://[2001:db8::1]/",
    "http://[3fff::1]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
];

#[tokio::test]
async fn private_literals_in_every_spelling_are_refused() {
    let guarded = client_that_allows(&[]);
    for url in PRIVATE {
        let why = refusal(&guarded, url).await;
        assert!(why.contains("not in a public or allowed network"), "{url}: {why}");
    }
}

#[tokio::test]
async fn names_of_private_addresses_are_refused() {
    for url in ["http://localhost/", "http://localhost:7777/"] {
        let why = refusal(&client_that_allows(&["10.0.0.0/8"]), url).await;
        assert_eq!(why, "localhost is not in a public or allowed network", "{url}");
    }
}

#[tokio::test]
async fn other_schemes_users_and_ports_are_refused() {
    let guarded = client_that_allows(&[]);
    for (url, reason) in [
        ("ftp://wire.example/", "the scheme ftp"),
        ("file:///etc/passwd", "the scheme file"),
        ("data:text/plain,hello", "the scheme data"),
        ("http://user@wire.example/", "carries a user"),
        ("http://:secret@wire.example/", "carries a user"),
        ("http://wire.example:22/", "port 22"),
        ("http://wire.example:6379/", "port 6379"),
        ("http://1.1.1.1:25/", "port 25"),
        ("http://1.1.1.1:0/", "port 0"),
        ("https://wire.example:8444/", "port 8444"),
        ("gopher://wire.example/", "the scheme gopher"),
        ("ws://wire.example/", "the scheme ws"),
        ("http://127.0.0.1@wire.example/", "carries a user"),
    ] {
        let why = refusal(&guarded, url).await;
        assert!(why.contains(reason), "{url}: {why}");
    }
}

#[tokio::test]
async fn a_net_that_is_let_in_opens_itself_and_nothing_else() {
    let address = serve(Router::new().route("/", route(|| async { "hello" }))).await;
    let url = format!("http://{address}/");
    let answer = client_that_allows(&["127.0.0.1/32"]).send(get(&url)).await.unwrap();
    assert_eq!((answer.status, &answer.body[..]), (200, &b"hello"[..]));
    refusal(&client_that_allows(&["127.0.0.2/32", "10.0.0.0/8"]), &url).await;
    let by_name = format!("http://localhost:{}/", address.port());
    let named = client_that_allows(&["127.0.0.0/8", "::1/128"]).send(get(&by_name)).await;
    assert_eq!(named.unwrap().status, 200);
    refusal(&client_that_allows(&["127.0.0.1/32"]), "http://10.0.0.1/").await;
}

/// No request can be made for zones of links and hosts that no parser accepts.
#[test]
fn texts_that_are_not_addresses_are_refused() {
    for text in [
        "http://[fe80::1%25eth0]/",
        "http://[fe80::1%eth0]/",
        "http://127.0.0.1.1.1/",
        "http://256.0.0.1/",
    ] {
        assert!(url::Url::parse(text).is_err(), "{text}");
    }
}

/// Names whose addresses change between two look-ups.
#[derive(Debug, Default)]
struct Rebinding {
    looks: AtomicUsize,
    /// The successive answers; the last one repeats.
    answers: Vec<&'static [&'static str]>,
}

impl Lookup for Rebinding {
    fn lookup(&self, _: String) -> LookupFuture {
        let look = self.looks.fetch_add(1, Ordering::Relaxed).min(self.answers.len() - 1);
        let address = |text: &&str| SocketAddr::new(text.parse().unwrap(), 0);
        let found: Vec<SocketAddr> = self.answers[look].iter().map(address).collect();
        Box::pin(async move { Ok(found) })
    }
}

/// A client that allows `127.0.0.1` and no other address of loopback.
fn rebound(answers: &[&'static [&'static str]]) -> (Client, Arc<Rebinding>) {
    let lookup = Arc::new(Rebinding { answers: answers.to_vec(), ..Rebinding::default() });
    let allow = vec!["127.0.0.1/32".parse().unwrap()];
    let settings = Settings { allow, ..Settings::default() };
    (Client::with(settings, lookup.clone(), Vec::new()).unwrap(), lookup)
}

/// The client connects to the address it checked: there is one look-up for each connection, and nothing
/// between it and the check.
#[tokio::test]
async fn a_name_that_is_bound_anew_gains_nothing() {
    let address = serve(
        Router::new()
            .route("/", route(async || ([(axum::http::header::CONNECTION, "close")], "hello"))),
    )
    .await;
    let url = format!("http://rebind.example:{}/", address.port());
    let (guarded, lookup) = rebound(&[&["127.0.0.1"], &["127.0.0.2"]]);
    assert_eq!(guarded.send(get(&url)).await.unwrap().body, "hello");
    assert_eq!(lookup.looks.load(Ordering::Relaxed), 1);
    let why = refusal(&guarded, &url).await;
    assert!(why.contains("rebind.example is not in a public or allowed network"), "{why}");
    assert_eq!(lookup.looks.load(Ordering::Relaxed), 2);
    for mixed in [&["127.0.0.1", "127.0.0.2"][..], &["127.0.0.1", "::1"], &["169.254.169.254"]] {
        refusal(&rebound(&[mixed.to_vec().leak()]).0, &url).await;
    }
}

#[tokio::test]
async fn a_host_that_is_let_in_by_name_may_be_anywhere() {
    let address = serve(Router::new().route("/", route(|| async { "hello" }))).await;
    let answers: &[&str] = &["127.0.0.1"];
    let lookup = Arc::new(Rebinding { answers: vec![answers], ..Rebinding::default() });
    let allow_hosts = vec!["nas.example".to_owned()];
    let settings = Settings { allow_hosts, ..Settings::default() };
    let guarded = Client::with(settings, lookup, Vec::new()).unwrap();
    let at = |host: &str| format!("http://{host}:{}/", address.port());
    assert_eq!(guarded.send(get(&at("nas.example"))).await.unwrap().body, "hello");
    assert_eq!(guarded.send(get(&at("NAS.Example."))).await.unwrap().body, "hello");
    for other in ["other.example", "x.nas.example", "127.0.0.1"] {
        refusal(&guarded, &at(other)).await;
    }
}

#[tokio::test]
async fn headers_are_sent_as_given() {
    let echo = |headers: HeaderMap| async move {
        let text = |name| headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        format!("{}|{}|{}", text("user-agent"), text("if-none-match"), text("accept-encoding"))
    };
    let address = serve(Router::new().route("/", route(echo))).await;
    let request = get(&format!("http://{address}/")).with_header("If-None-Match", "W/\"5f-a1\"");
    let answer = client().send(request).await.unwrap();
    assert_eq!(answer.body, "guard-test/1|W/\"5f-a1\"|gzip, br, zstd");
    assert!(answer.header("Content-Type").is_some_and(|found| found.starts_with("text/plain")));
}

#[tokio::test]
async fn invalid_header_values_are_refused() {
    let request = Request::get("http://wire.example/".parse().unwrap()).with_header("X", "a\nb");
    let refused = client().send(request).await.unwrap_err();
    assert_eq!(refused, SendError::refused("the value of X cannot be used in a header"));
    let settings = Settings { user_agent: "a\nb".to_owned(), ..Settings::default() };
    assert!(matches!(Client::new(settings), Err(ClientError::UserAgent(_))));
}

#[tokio::test]
async fn a_refused_connection_and_an_unknown_host_are_different_errors() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = client().send(get(&format!("http://{address}/"))).await.unwrap_err();
    assert!(matches!(error, SendError::CannotConnect { .. }), "{error:?}");
    let unknown = client().send(get("http://no-such-host.invalid/")).await.unwrap_err();
    assert_eq!(unknown, SendError::NoSuchHost);
}

#[tokio::test]
async fn other_protocols_reach_the_same_addresses_as_requests() {
    let client = client_that_allows(&["10.1.0.0/16"]);
    let usual = [25, 465];
    assert_eq!(client.resolve("1.1.1.1", 25, &usual).await.unwrap()[0].to_string(), "1.1.1.1:25");
    assert!(client.resolve("10.1.0.9", 2500, &usual).await.is_ok());
    assert!(client.resolve("[2606:4700::1]", 465, &usual).await.is_ok());
    for (host, port) in [("127.0.0.1", 25), ("127.1", 25), ("10.2.0.1", 25), ("1.1.1.1", 22)] {
        let refused = client.resolve(host, port, &usual).await.unwrap_err();
        assert!(matches!(refused, SendError::Refused { .. }), "{host}:{port}: {refused}");
    }
}
