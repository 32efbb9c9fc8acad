//! HTTP servers with limits. A client that opens connections and sends nothing, or does not read, uses up a
//! connection for a while, but cannot block the page for others.
//!
//! The server closes a connection if the head of a request does not come in time or its answer is not read.
//! Connections use at most half of the files that the process may open, so that stages always have some.
//! Further clients wait. One address has at most half of the connections.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use rustix::process::{Resource, getrlimit};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutWriter;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use wirefold_gateway::tokens::Peer;

use crate::telemetry::CONNECTIONS_REFUSED;

/// The most connections of one listener, even if the process may open more files.
const MAX_CONNECTIONS: usize = 1024;

/// The limits of one listener.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    /// The number of connections at one time.
    places: usize,
    /// How long the head of a request may take, including the wait for the next request.
    head: Duration,
    /// How long a write may wait for the client to read.
    write: Duration,
}

impl Bounds {
    /// The limits for this process.
    fn of_process() -> Self {
        let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let places =
            usize::try_from(files / 2).unwrap_or(MAX_CONNECTIONS).clamp(8, MAX_CONNECTIONS);
        Self { places, head: Duration::from_secs(15), write: Duration::from_secs(30) }
    }
}

/// Serves a router on a port until `stop`, then finishes the requests that have begun.
pub(super) async fn tcp(listener: TcpListener, router: Router, stop: CancellationToken) {
    tcp_within(Bounds::of_process(), listener, router, stop).await;
}

async fn tcp_within(
    bounds: Bounds,
    listener: TcpListener,
    router: Router,
    stop: CancellationToken,
) {
    serve(bounds, listener, |peer| Some(peer.ip()), router, stop).await;
}

/// Serves a router on a socket of this machine. Its users may use all connections.
pub(super) async fn unix(listener: UnixListener, router: Router, stop: CancellationToken) {
    serve(Bounds::of_process(), listener, |_| None, router, stop).await;
}

/// Accepts connections until `stop`, each in a task of its own.
async fn serve<L: Listener>(
    bounds: Bounds,
    mut listener: L,
    ip: fn(&L::Addr) -> Option<IpAddr>,
    router: Router,
    stop: CancellationToken,
) {
    let free = Arc::new(Semaphore::new(bounds.places));
    let mut peers = Peers::new(bounds.places / 2);
    let graceful = GracefulShutdown::new();
    loop {
        let accepting = async {
            // The semaphore is never closed.
            let place = free.clone().acquire_owned().await.ok()?;
            Some((place, listener.accept().await))
        };
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => None,
            accepted = accepting => accepted,
        };
        let Some((place, (stream, address))) = accepted else {
            return graceful.shutdown().await;
        };
        let peer = ip(&address);
        let held = peer.map(|peer| peers.enter(peer));
        if let Some(None) = held {
            CONNECTIONS_REFUSED.add(1, &[]);
            continue;
        }
        let (router, watcher) = (router.clone(), graceful.watcher());
        tokio::spawn(async move {
            serve_connection(stream, router, peer, watcher, bounds).await;
            drop((place, held));
        });
    }
}

async fn serve_connection(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    router: Router,
    peer: Option<IpAddr>,
    watcher: Watcher,
    bounds: Bounds,
) {
    let answers = router.map_request(move |mut request: Request<Incoming>| {
        if let Some(peer) = peer {
            request.extensions_mut().insert(Peer(peer));
        }
        request
    });
    let mut bounded = TimeoutWriter::new(stream);
    bounded.set_timeout(Some(bounds.write));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(bounds.head);
    let io = TokioIo::new(Box::pin(bounded));
    let served = watcher.watch(http.serve_connection(io, TowerToHyperService::new(answers))).await;
    if let Err(error) = served {
        tracing::trace!(%error, "a connection broke off");
    }
}

/// The connections of each address. Each holds a clone.
struct Peers {
    most: usize,
    open: HashMap<IpAddr, Arc<()>>,
}

impl Peers {
    fn new(most: usize) -> Self {
        Self { most: most.max(1), open: HashMap::new() }
    }

    /// Counts a connection until the result is dropped. `None` if its address has the most that it may have.
    fn enter(&mut self, peer: IpAddr) -> Option<Arc<()>> {
        self.open.retain(|_, held| Arc::strong_count(held) > 1);
        let held = self.open.entry(peer).or_default();
        (Arc::strong_count(held) <= self.most).then(|| held.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpSocket, TcpStream};

    use super::*;

    /// No event of these tests takes longer.
    const LONGEST: Duration = Duration::from_secs(30);
    const FEW: Bounds =
        Bounds { places: 4, head: Duration::from_hours(1), write: Duration::from_hours(1) };

    async fn served(bounds: Bounds) -> (SocketAddr, CancellationToken) {
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let answer = get(async || "x".repeat(64 << 20));
        let router = Router::new().route("/", get(async || "well")).route("/much", answer);
        let stop = CancellationToken::new();
        tokio::spawn(tcp_within(bounds, listener, router, stop.clone()));
        (SocketAddr::from(([127, 0, 0, 1], port)), stop)
    }

    async fn connect_from(from: [u8; 4], to: SocketAddr) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from((from, 0))).unwrap();
        socket.connect(to).await.unwrap()
    }

    /// Everything that arrives until the other end closes.
    async fn rest(mut stream: TcpStream) -> String {
        let mut text = Vec::new();
        let read = tokio::time::timeout(LONGEST, stream.read_to_end(&mut text)).await;
        // A connection that is closed with unread data may be reset.
        let _ = read.expect("it stays open");
        String::from_utf8(text).unwrap()
    }

    async fn answer(mut stream: TcpStream) -> String {
        let request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        // A refused connection may be closed before the write.
        let _ = stream.write_all(request).await;
        rest(stream).await
    }

    #[tokio::test]
    async fn one_address_leaves_connections_for_others() {
        let (to, _stop) = served(FEW).await;
        let serve_connection = connect_from([127, 0, 0, 2], to).await;
        let _two = connect_from([127, 0, 0, 2], to).await;
        assert_eq!(rest(connect_from([127, 0, 0, 2], to).await).await, "", "closed at once");
        assert!(answer(connect_from([127, 0, 0, 1], to).await).await.ends_with("well"));
        assert!(answer(serve_connection).await.ends_with("well"), "it had a place");
        let gone = tokio::time::timeout(LONGEST, async {
            // Its place is free again once the server notices that the connection is closed.
            while !answer(connect_from([127, 0, 0, 2], to).await).await.ends_with("well") {}
        });
        gone.await.unwrap();
    }

    #[tokio::test]
    async fn a_client_that_sends_nothing_is_disconnected() {
        let head = Duration::from_millis(50);
        let (to, _stop) = served(Bounds { head, ..FEW }).await;
        rest(connect_from([127, 0, 0, 1], to).await).await;
        let mut half = connect_from([127, 0, 0, 1], to).await;
        half.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n").await.unwrap();
        assert!(!rest(half).await.contains("200 OK"));
    }

    #[tokio::test]
    async fn a_client_that_reads_nothing_is_disconnected() {
        let write = Duration::from_millis(50);
        let (to, _stop) = served(Bounds { places: 2, write, ..FEW }).await;
        let mut deaf = connect_from([127, 0, 0, 1], to).await;
        deaf.write_all(b"GET /much HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        // The only place of its address is free again, although the client neither reads nor closes.
        let free = tokio::time::timeout(LONGEST, async {
            while !answer(connect_from([127, 0, 0, 1], to).await).await.ends_with("well") {}
        });
        free.await.unwrap();
        drop(deaf);
    }

    #[tokio::test]
    async fn requests_in_progress_end_after_the_stop() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = listener.local_addr().unwrap();
        let (stop, begun) = (CancellationToken::new(), Arc::new(tokio::sync::Notify::new()));
        let (told, seen) = (stop.clone(), begun.clone());
        let slow = get(async move || {
            begun.notify_one();
            told.cancelled().await;
            "late"
        });
        let router = Router::new().route("/", slow);
        let serving = tokio::spawn(tcp_within(FEW, listener, router, stop.clone()));
        let asked =
            tokio::spawn(async move { answer(TcpStream::connect(to).await.unwrap()).await });
        seen.notified().await;
        stop.cancel();
        assert!(asked.await.unwrap().ends_with("late"));
        tokio::time::timeout(LONGEST, serving).await.unwrap().unwrap();
    }
}
