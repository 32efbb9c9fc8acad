//! Real servers on loopback: one with routes, one that sends the bytes of a test.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// A request: method, path, headers.
#[derive(Clone, Default)]
pub(super) struct ReceivedRequests(Arc<Mutex<Vec<String>>>);

impl ReceivedRequests {
    pub(super) fn note(&self, request: &Request) {
        let mut line = format!("{} {}", request.method(), request.uri().path());
        for name in ["authorization", "cookie", "user-agent", "x-plain"] {
            if let Some(value) = request.headers().get(name) {
                line.push_str(&format!(" {name}={}", value.to_str().unwrap()));
            }
        }
        self.0.lock().unwrap().push(line);
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Serves routes, and returns the address.
pub(super) async fn serve(routes: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    address
}

async fn read_question(connection: &mut TcpStream) {
    let mut head = [0; 4096];
    let _ = connection.read(&mut head).await;
}

/// Answers each connection with the bytes, then leaves it open.
pub(super) async fn serve_bytes(answer: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut open: Vec<TcpStream> = Vec::new();
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            read_question(&mut connection).await;
            let _ = connection.write_all(&answer).await;
            open.push(connection);
        }
    });
    address
}

/// Answers one connection with a head and the same part of a body again and again, until the client closes;
/// then returns the number of bytes sent.
pub(super) async fn serve_for_ever(
    head: &'static [u8],
    piece: Vec<u8>,
) -> (SocketAddr, oneshot::Receiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (done, written) = oneshot::channel();
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        read_question(&mut connection).await;
        connection.write_all(head).await.unwrap();
        let mut bytes = 0;
        while connection.write_all(&piece).await.is_ok() {
            bytes += piece.len();
        }
        done.send(bytes).unwrap();
    });
    (address, written)
}

/// Answers each connection with a head and then one byte at each interval.
pub(super) async fn serve_drops(head: &'static [u8], beat: Duration) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        read_question(&mut connection).await;
        connection.write_all(head).await.unwrap();
        let mut beats = tokio::time::interval(beat);
        while connection.write_all(b"x").await.is_ok() {
            beats.tick().await;
        }
    });
    address
}
