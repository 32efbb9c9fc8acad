//! The client against a real server on loopback.

mod addresses;
mod bodies;
mod homes;
mod proxies;
mod redirects;
mod server;
mod tls;
mod versions;

use std::time::Duration;

use url::Url;

use crate::{Client, Request, SendError, Settings};

/// A client that allows loopback.
fn client() -> Client {
    client_that_allows(&["127.0.0.0/8"])
}

fn client_that_allows(nets: &[&str]) -> Client {
    let allow = nets.iter().map(|net| net.parse().unwrap()).collect();
    let user_agent = "guard-test/1".to_owned();
    Client::new(Settings { user_agent, allow, ..Settings::default() }).unwrap()
}

fn get(url: &str) -> Request {
    Request { total: Duration::from_mins(1), ..Request::get(Url::parse(url).unwrap()) }
}

async fn refusal(client: &Client, url: &str) -> String {
    match client.send(get(url)).await {
        Err(SendError::Refused { why }) => why,
        other => panic!("{url}: expected a refusal, got {other:?}"),
    }
}
