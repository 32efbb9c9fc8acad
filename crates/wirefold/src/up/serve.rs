//! HTTP servers with limits. A client that opens connections and sends nothing, or does not read, uses up a
//! connection for a while, but cannot block the page for others.
//!
//! The server closes a connection if the head of a request does not come in time or its answer is not read.
//! Connections use at most half of the files that the process may open, so that stages always have some.
//! Further clients wait. One address has at most half of the connections.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::Request;
use axum::response::Response;
use axum::{Extension, Router};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use rustix::process::{Resource, getrlimit};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_io_timeout::TimeoutWriter;
use tokio_util::sync::CancellationToken;
use tower::{Layer as _, Service};
use wirefold_gateway::tokens::Peer;

use crate::telemetry::CONNECTIONS_REFUSED;

/// The most connections of one listener, even if the process may open more files.
const MAX_CONNECTIONS: usize = 1024;
/// The pause after a failure to accept, for example if the process has no free file.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

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
    let server = Server::new(router, bounds);
    let peers = Peers::new(bounds.places / 2);
    loop {
        let Some((place, accepted)) = server.next(&stop, listener.accept()).await else {
            return server.end().await;
        };
        match accepted {
            Ok((stream, peer)) => match peers.enter(peer.ip()) {
                Some(held) => {
                    let told = Extension(Peer(peer.ip())).layer(server.router.clone());
                    server.serve(stream, told, (place, held));
                }
                None => CONNECTIONS_REFUSED.add(1, &[]),
            },
            Err(error) => wait_after_failure(&error).await,
        }
    }
}

/// Serves a router on a socket of this machine. Its users may use all connections.
pub(super) async fn unix(listener: UnixListener, router: Router, stop: CancellationToken) {
    let server = Server::new(router, Bounds::of_process());
    loop {
        let Some((place, accepted)) = server.next(&stop, listener.accept()).await else {
            return server.end().await;
        };
        match accepted {
            Ok((stream, _)) => server.serve(stream, server.router.clone(), place),
            Err(error) => wait_after_failure(&error).await,
        }
    }
}

/// Waits after a failed accept, unless only that connection broke off. A file may be free soon.
async fn wait_after_failure(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::warn!(%error, "no connection can be accepted now");
        let _ = tokio::time::timeout(ACCEPT_PAUSE, std::future::pending::<()>()).await;
    }
}

struct Server {
    router: Router,
    bounds: Bounds,
    free: Arc<Semaphore>,
    graceful: GracefulShutdown,
}

impl Server {
    fn new(router: Router, bounds: Bounds) -> Self {
        let free = Arc::new(Semaphore::new(bounds.places));
        Self { router, bounds, free, graceful: GracefulShutdown::new() }
    }

    /// A free place with the connection that is accepted on it. `None` after `stop`.
    async fn next<T>(
        &self,
        stop: &CancellationToken,
        accept: impl Future<Output = io::Result<T>>,
    ) -> Option<(OwnedSemaphorePermit, io::Result<T>)> {
        let taken = async {
            // The semaphore is never closed.
            let place = self.free.clone().acquire_owned().await.ok()?;
            Some((place, accept.await))
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => None,
            next = taken => next,
        }
    }

    /// Serves one connection in a task of its own, which drops `held` at its end.
    fn serve<S, A, H>(&self, stream: S, answers: A, held: H)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
        A: RouterFor,
        H: Send + 'static,
    {
        let (watcher, bounds) = (self.graceful.watcher(), self.bounds);
        tokio::spawn(async move {
            serve_connection(stream, answers, watcher, bounds).await;
            drop(held);
        });
    }

    async fn end(self) {
        self.graceful.shutdown().await;
    }
}

/// A router, or one that gets the address of the client with each request.
trait RouterFor:
    Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send>
    + Clone
    + Send
    + 'static
{
}

impl<A> RouterFor for A where
    A: Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static
{
}

async fn serve_connection<S, A>(stream: S, answers: A, watcher: Watcher, bounds: Bounds)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    A: RouterFor,
{
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

/// The number of connections of each address.
struct Peers {
    most: usize,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One connection of an address, counted until it is dropped.
struct PeerGuard {
    peer: IpAddr,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Peers {
    fn new(most: usize) -> Self {
        Self { most: most.max(1), open: Arc::default() }
    }

    /// Counts a connection. `None` if its address has the most that it may have.
    fn enter(&self, peer: IpAddr) -> Option<PeerGuard> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(peer).or_default();
        (*count < self.most).then(|| {
            *count += 1;
            PeerGuard { peer, open: self.open.clone() }
        })
    }
}

impl Drop for PeerGuard {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.peer);
            }
        }
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
