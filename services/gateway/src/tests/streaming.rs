//! The event stream, over real sockets.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Method};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use wirefold_proto::Alert;
use wirefold_proto::decode;

use super::samples::article;
use super::world::{DEADLINE, World, request};
use crate::Access;

const ALERT: &[u8] = include_bytes!("../../../../proto/samples/wirefold.alert.2.new.json");

/// The gateway on a real port.
struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Server {
    async fn start(world: &World) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (router, stop) = (world.gateway.router(Access::Network), CancellationToken::new());
        let stopped = stop.clone().cancelled_owned();
        let serve = axum::serve(listener, router).with_graceful_shutdown(stopped);
        Self { address, stop, task: tokio::spawn(async move { serve.await }) }
    }

    /// Ends once every request is answered completely.
    async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(DEADLINE, self.task).await.unwrap().unwrap().unwrap();
    }
}

/// A client of the stream.
struct Client {
    lines: tokio::io::Lines<BufReader<TcpStream>>,
}

/// An event as a browser reads it.
#[derive(Debug, Default, PartialEq)]
struct Told {
    id: Option<u64>,
    event: String,
    data: String,
    comment: String,
}

impl Client {
    async fn open(address: SocketAddr, query: &str, headers: &str) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head =
            format!("GET /api/v1/stream{query} HTTP/1.1\r\nHost: {address}\r\n{headers}\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut client = Self { lines: BufReader::new(stream).lines() };
        while client.line().await.is_some_and(|line| !line.is_empty()) {}
        client
    }

    async fn line(&mut self) -> Option<String> {
        tokio::time::timeout(DEADLINE, self.lines.next_line()).await.unwrap().unwrap()
    }

    /// The next event or comment; `None` at the end of the stream.
    async fn next(&mut self) -> Option<Told> {
        let mut told = Told::default();
        loop {
            let line = self.line().await?;
            match line.split_once(": ") {
                Some(("id", id)) => told.id = Some(id.parse().unwrap()),
                Some(("event", event)) => told.event = event.to_owned(),
                Some(("data", data)) => told.data = data.to_owned(),
                Some(("", comment)) => told.comment = comment.to_owned(),
                // An empty line ends an event; the lines between are the sizes of chunks.
                _ if line.is_empty() && told != Told::default() => return Some(told),
                _ => {}
            }
        }
    }

    async fn next_id(&mut self) -> u64 {
        loop {
            if let Some(id) = self.next().await.unwrap().id {
                return id;
            }
        }
    }
}

#[tokio::test]
async fn a_reconnecting_client_continues_after_its_last_event() {
    let mut world = World::new().await;
    let articles: Vec<_> = (1..=30).map(|number| article(number, number, number)).collect();
    world.publish_articles(&articles[..10]).await;
    let server = Server::start(&world).await;
    let mut client = Client::open(server.address, "?after=0", "").await;
    let mut seen = Vec::new();
    for _ in 0..7 {
        seen.push(client.next_id().await);
    }
    drop(client);
    world.stop().await;
    server.stop().await;
    // The rest comes while the gateway is down, and after it is up again.
    for article in &articles[10..20] {
        world.publish(article).await;
    }
    world.start_again().await;
    let second = Server::start(&world).await;
    let last = format!("Last-Event-ID: {}\r\n", seen.last().unwrap());
    let mut returned = Client::open(second.address, "?after=0", &last).await;
    for _ in 7..15 {
        seen.push(returned.next_id().await);
    }
    world.publish_articles(&articles[20..]).await;
    for _ in 15..30 {
        seen.push(returned.next_id().await);
    }
    assert_eq!(seen, (1..=30).collect::<Vec<u64>>());
    // Stopping ends the stream, so that the server can stop.
    world.stop().await;
    second.stop().await;
    assert_eq!(returned.next().await, None);
}

#[tokio::test]
async fn without_an_id_only_what_is_new_comes() {
    let world = World::new().await;
    world.publish_articles(&[article(1, 1, 1), article(2, 2, 2)]).await;
    let server = Server::start(&world).await;
    let mut client = Client::open(server.address, "", "").await;
    assert_eq!(client.next().await.unwrap().comment, "wirefold");
    world.publish_articles(&[article(3, 3, 3)]).await;
    let told = client.next().await.unwrap();
    assert_eq!((told.id, told.event.as_str()), (Some(3), "article"));
    let shown: wirefold_proto::OutputArticle = decode(told.data.as_bytes()).unwrap();
    assert_eq!(shown.id, super::samples::id(3));
    // The data that an event names can be requested when the event comes.
    assert_eq!(*world.gateway.app.projected_sequence.borrow(), 3);
}

#[tokio::test]
async fn alerts_come_between_without_an_id_and_silence_is_kept_alive() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let mut client = Client::open(server.address, "", "").await;
    client.next().await.unwrap();
    let alert: Alert = decode(ALERT).unwrap();
    world.publish(&alert).await;
    let told = client.next().await.unwrap();
    assert_eq!((told.id, told.event.as_str()), (None, "alert"));
    assert_eq!(decode::<Alert>(told.data.as_bytes()).unwrap(), alert);
    // The stream may not be waiting yet: the time advances until it sends something.
    let silence = async {
        loop {
            world.clock.advance(Duration::from_secs(16));
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        silent = client.next() => assert_eq!(silent.unwrap().comment, "keep-alive"),
        () = silence => {}
    }
}

#[tokio::test]
async fn expired_events_are_reported_as_a_gap() {
    let world = World::new().await;
    world.publish_articles(&[article(1, 1, 1), article(2, 2, 2)]).await;
    world.clock.advance(Duration::from_hours(31 * 24));
    world.publish_articles(&[article(3, 3, 3)]).await;
    let server = Server::start(&world).await;
    let mut client = Client::open(server.address, "?after=0", "").await;
    client.next().await.unwrap();
    let gap = client.next().await.unwrap();
    assert_eq!(gap.event, "gap");
    assert!(gap.data.contains(r#""from":1,"through":2"#), "{}", gap.data);
    assert_eq!(client.next_id().await, 3);
    let mut bad = request(Method::GET, "/api/v1/stream", Body::empty());
    bad.headers_mut().insert("last-event-id", HeaderValue::from_static("x"));
    assert_eq!(world.send(Access::Network, bad).await.status, 400);
}

#[tokio::test]
async fn an_id_that_the_stream_has_not_come_to_is_told_and_it_goes_on_from_the_end() {
    let world = World::new().await;
    world.publish_articles(&[article(1, 1, 1), article(2, 2, 2)]).await;
    let server = Server::start(&world).await;
    for (query, last) in [("", "Last-Event-ID: 900\r\n"), ("?after=900", "")] {
        let mut client = Client::open(server.address, query, last).await;
        assert_eq!(client.next().await.unwrap().comment, "wirefold");
        let reset = client.next().await.unwrap();
        assert_eq!((reset.event.as_str(), reset.id), ("reset", Some(2)));
        assert!(reset.data.contains(r#""asked":900,"from":2"#), "{}", reset.data);
    }
    let mut client = Client::open(server.address, "", "Last-Event-ID: 900\r\n").await;
    for _ in 0..2 {
        client.next().await.unwrap();
    }
    world.publish_articles(&[article(3, 3, 3)]).await;
    assert_eq!(client.next_id().await, 3);
    let mut at_the_end = Client::open(server.address, "", "Last-Event-ID: 3\r\n").await;
    at_the_end.next().await.unwrap();
    world.publish_articles(&[article(4, 4, 4)]).await;
    assert_eq!(at_the_end.next().await.unwrap().id, Some(4), "nothing is reset there");
}

#[tokio::test]
async fn a_client_that_does_not_read_delays_no_other() {
    let world = World::new().await;
    let server = Server::start(&world).await;
    let _asleep = Client::open(server.address, "?after=0", "").await;
    let articles: Vec<_> = (1..=300).map(|number| article(number, number, number)).collect();
    let mut awake = Client::open(server.address, "?after=0", "").await;
    world.publish_articles(&articles).await;
    for expected in 1..=300 {
        assert_eq!(awake.next_id().await, expected);
    }
    assert_eq!(world.get("/readyz").await.status, 200);
}
