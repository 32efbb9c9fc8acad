//! A server that misbehaves byte by byte, and logs each request with its time.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use wirefold_flow::sim::VirtualClock;
use wirefold_flow::{Clock as _, UnixMillis};

/// The server's script for a connection, which it closes at the end.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Send(Vec<u8>),
    /// These bytes again and again, until the client closes.
    Repeat(Vec<u8>),
    /// One byte at each interval.
    Drip,
    /// Nothing more, for as long as the client waits.
    Hang,
}

/// A request.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub(super) at: UnixMillis,
    /// The path with its query.
    pub(super) path: String,
    /// The headers, with names in lower case.
    pub(super) headers: BTreeMap<String, String>,
}

pub(super) type Log = Arc<Mutex<Vec<Question>>>;

/// Answers every connection in the same way; returns its address.
pub(super) async fn serve(
    clock: VirtualClock,
    log: Log,
    answer: impl Fn(&Question) -> Vec<Step> + Send + Sync + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    tokio::spawn(async move {
        loop {
            let (connection, _) = listener.accept().await.unwrap();
            let (clock, log, answer) = (clock.clone(), log.clone(), answer.clone());
            tokio::spawn(async move {
                let mut connection = connection;
                // A client that has read enough closes the connection.
                let _ = converse(&mut connection, &clock, &log, &*answer).await;
            });
        }
    });
    address
}

async fn converse(
    connection: &mut TcpStream,
    clock: &VirtualClock,
    log: &Log,
    answer: &(dyn Fn(&Question) -> Vec<Step> + Send + Sync),
) -> std::io::Result<()> {
    let head = head(connection).await?;
    let mut lines = head.lines();
    let path = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    let question = Question {
        at: clock.now(),
        path: path.to_owned(),
        headers: lines.filter_map(header).collect(),
    };
    // Other protocols are not counted as requests.
    if head.starts_with("GET ") {
        log.lock().unwrap().push(question.clone());
    }
    for step in answer(&question) {
        match step {
            Step::Send(bytes) => connection.write_all(&bytes).await?,
            Step::Repeat(bytes) => loop {
                connection.write_all(&bytes).await?;
            },
            Step::Drip => {
                let mut beats = tokio::time::interval(Duration::from_millis(50));
                loop {
                    beats.tick().await;
                    connection.write_all(b" ").await?;
                }
            }
            Step::Hang => std::future::pending().await,
        }
    }
    connection.shutdown().await
}

async fn head(connection: &mut TcpStream) -> std::io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = connection.read(&mut byte).await?;
        if read == 0 {
            break;
        }
        head.extend_from_slice(&byte[..read]);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}
