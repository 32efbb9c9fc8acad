//! An allowed private network is allowed only for feeds in it.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::routing::any;
use tokio::net::TcpListener;

use super::{client_that_allows, get};
use crate::{Client, Request, SendError, Settings};

const NETS: [&str; 2] = ["127.0.0.1/32", "127.0.0.2/32"];

/// A server at an address of loopback; `/to/…` redirects.
async fn at(ip: &str) -> String {
    let listener = TcpListener::bind((ip, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let lead = async |axum::extract::Path(to): axum::extract::Path<String>| {
        (axum::http::StatusCode::FOUND, [(header::LOCATION, to)]).into_response()
    };
    let routes = Router::new().route("/to/{*place}", any(lead)).route("/end", any(async || "end"));
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    format!("http://{address}")
}

fn led_by(url: &str, home: &str) -> Request {
    Request { home: home.parse().ok(), ..get(url) }
}

async fn is_refused(client: &Client, request: Request) -> bool {
    let checked = client.check(&request).await.is_err();
    let sent = client.send(request).await;
    assert!(matches!(sent, Ok(_) | Err(SendError::Refused { .. })), "{sent:?}");
    assert_eq!(checked, sent.is_err(), "asked before and asked are one");
    sent.is_err()
}

#[tokio::test]
async fn a_network_is_let_in_for_its_own() {
    let (one, two) = (at("127.0.0.1").await, at("127.0.0.2").await);
    let client = client_that_allows(&NETS);
    for (url, home, refused) in [
        (format!("{one}/end"), one.clone(), false),
        (format!("{two}/end"), one.clone(), true),
        (format!("{two}/end"), two.clone(), false),
        // A feed in the public network.
        (format!("{one}/end"), "http://1.1.1.1/feed".to_owned(), true),
    ] {
        assert_eq!(is_refused(&client, led_by(&url, &home)).await, refused, "{home} to {url}");
    }
}

#[tokio::test]
async fn a_redirect_stays_in_its_network() {
    let (one, again, two) = (at("127.0.0.1").await, at("127.0.0.1").await, at("127.0.0.2").await);
    let client = client_that_allows(&NETS);
    let inside = client.send(get(&format!("{one}/to/{again}/end"))).await.unwrap();
    assert_eq!(inside.url.as_str(), format!("{again}/end"));
    let outside = client.send(get(&format!("{one}/to/{two}/end"))).await.unwrap_err();
    assert!(
        outside.to_string().contains("127.0.0.2 is not in a public or allowed network"),
        "{outside}"
    );
}

#[tokio::test]
async fn one_port_of_an_address_is_let_in() {
    let (own, other) = (at("127.0.0.1").await, at("127.0.0.1").await);
    let host = own.trim_start_matches("http://").to_owned();
    let client = Client::new(Settings { allow_hosts: vec![host], ..Settings::default() }).unwrap();
    assert!(client.send(get(&format!("{own}/end"))).await.unwrap().is_success());
    for request in [get(&format!("{other}/end")), get(&format!("{own}/to/{other}/end"))] {
        let url = request.url.clone();
        assert!(matches!(client.send(request).await, Err(SendError::Refused { .. })), "{url}");
    }
}
