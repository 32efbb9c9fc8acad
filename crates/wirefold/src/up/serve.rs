//! HTTP within bounds. A client that opens connections and says nothing, or does not read, costs a connection
//! for a while, but nobody loses the page.
//!
//! A head that does not come, or an answer that nobody reads, ends its connection. At most half of the files
//! that the process may open are connections, so that stages always find some. Further clients wait for a
//! place. One address has at most half of the places.

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

/// The most connections of one listener, however many files the process may have open.
const MOST: usize = 1024;
/// After a failure to accept, as where no file is left.
const AGAIN: Duration = Duration::from_millis(500);

/// What one listener bears.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    /// Connections at once.
    places: usize,
    /// How long the head of a request may take, the wait for the next one included.
    head: Duration,
    /// How long an answer may wait for somebody to read on.
    write: Duration,
}

impl Bounds {
    /// Those of this process.
    fn of_process() -> Self {
        let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let places = usize::try_from(files / 2).unwrap_or(MOST).clamp(8, MOST);
        Self { places, head: Duration::from_secs(15), write: Duration::from_secs(30) }
    }
}

/// Serves a router on a port until told to stop, then lets what was begun end.
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
            Err(error) => wait_behind(&error).await,
        }
    }
}

/// Serves a router on a socket of this machine: its users are trusted with all places.
pub(super) async fn unix(listener: UnixListener, router: Router, stop: CancellationToken) {
    let server = Server::new(router, Bounds::of_process());
    loop {
        let Some((place, accepted)) = server.next(&stop, listener.accept()).await else {
            return server.end().await;
        };
        match accepted {
            Ok((stream, _)) => server.serve(stream, server.router.clone(), place),
            Err(error) => wait_behind(&error).await,
        }
    }
}

/// A connection that broke off before it was taken is nothing; where no file is left, one may be soon.
async fn wait_behind(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::warn!(%error, "no connection can be accepted now");
        let _ = tokio::time::timeout(AGAIN, std::future::pending::<()>()).await;
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

    /// A place and what is accepted on it; none once it is told to stop.
    async fn next<T>(
        &self,
        stop: &CancellationToken,
        accept: impl Future<Output = io::Result<T>>,
    ) -> Option<(OwnedSemaphorePermit, io::Result<T>)> {
        let taken = async {
            // It is never closed.
            let place = self.free.clone().acquire_owned().await.ok()?;
            Some((place, accept.await))
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => None,
            next = taken => next,
        }
    }

    /// Serves one connection in a task of its own, which holds something until the end.
    fn serve<S, A, H>(&self, stream: S, answers: A, held: H)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
        A: Answers,
        H: Send + 'static,
    {
        let (watcher, bounds) = (self.graceful.watcher(), self.bounds);
        tokio::spawn(async move {
            one(stream, answers, watcher, bounds).await;
            drop(held);
        });
    }

    async fn end(self) {
        self.graceful.shutdown().await;
    }
}

/// A router, or one that is told more about each request.
trait Answers:
    Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send>
    + Clone
    + Send
    + 'static
{
}

impl<A> Answers for A where
    A: Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static
{
}

async fn one<S, A>(stream: S, answers: A, watcher: Watcher, bounds: Bounds)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    A: Answers,
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

/// How many connections each address has.
struct Peers {
    most: usize,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One connection of an address, until it is dropped.
struct Held {
    peer: IpAddr,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Peers {
    fn new(most: usize) -> Self {
        Self { most: most.max(1), open: Arc::default() }
    }

    /// Takes a connection in; none where its address has as many as one may have.
    fn enter(&self, peer: IpAddr) -> Option<Held> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(peer).or_default();
        (*count < self.most).then(|| {
            *count += 1;
            Held { peer, open: self.open.clone() }
        })
    }
}

impl Drop for Held {
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

    /// No event of these tests takes as long.
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

    /// What comes until the other end closes.
    async fn rest(mut stream: TcpStream) -> String {
        let mut text = Vec::new();
        let read = tokio::time::timeout(LONGEST, stream.read_to_end(&mut text)).await;
        // Closed with something unread, it may be reset.
        let _ = read.expect("it stays open");
        String::from_utf8(text).unwrap()
    }

    async fn answer(mut stream: TcpStream) -> String {
        let request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        // One that was refused may be closed before it is written to.
        let _ = stream.write_all(request).await;
        rest(stream).await
    }

    #[tokio::test]
    async fn one_address_leaves_places_for_others() {
        let (to, _stop) = served(FEW).await;
        let one = connect_from([127, 0, 0, 2], to).await;
        let _two = connect_from([127, 0, 0, 2], to).await;
        assert_eq!(rest(connect_from([127, 0, 0, 2], to).await).await, "", "closed at once");
        assert!(answer(connect_from([127, 0, 0, 1], to).await).await.ends_with("well"));
        assert!(answer(one).await.ends_with("well"), "it had a place");
        let gone = tokio::time::timeout(LONGEST, async {
            // Its place is free again once the server has seen it go.
            while !answer(connect_from([127, 0, 0, 2], to).await).await.ends_with("well") {}
        });
        gone.await.unwrap();
    }

    #[tokio::test]
    async fn who_says_nothing_is_sent_away() {
        let head = Duration::from_millis(50);
        let (to, _stop) = served(Bounds { head, ..FEW }).await;
        rest(connect_from([127, 0, 0, 1], to).await).await;
        let mut half = connect_from([127, 0, 0, 1], to).await;
        half.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n").await.unwrap();
        assert!(!rest(half).await.contains("200 OK"));
    }

    #[tokio::test]
    async fn who_reads_nothing_is_sent_away() {
        let write = Duration::from_millis(50);
        let (to, _stop) = served(Bounds { places: 2, write, ..FEW }).await;
        let mut deaf = connect_from([127, 0, 0, 1], to).await;
        deaf.write_all(b"GET /much HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        // The one place of its address is free again although it neither reads nor goes.
        let free = tokio::time::timeout(LONGEST, async {
            while !answer(connect_from([127, 0, 0, 1], to).await).await.ends_with("well") {}
        });
        free.await.unwrap();
        drop(deaf);
    }

    #[tokio::test]
    async fn what_was_begun_ends_after_it_is_told_to_stop() {
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
