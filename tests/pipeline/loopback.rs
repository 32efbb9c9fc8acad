//! A real server on loopback with the responses of a test, which records its requests.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, StatusCode};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// The most bytes of a request that are read.
const LARGEST: usize = 4 << 20;

/// A received request.
#[derive(Debug, Clone)]
pub(super) struct ReceivedRequest {
    /// The host to which it was sent.
    pub(super) host: String,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// A response.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    /// Status, headers, body.
    With(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// None, for ever.
    Hang,
}

impl Answer {
    /// 200 with this body and type.
    pub(super) fn ok(content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        Answer::With(200, vec![("content-type", content_type.to_owned())], body.into())
    }

    /// Only a status.
    pub(super) fn status(status: u16) -> Answer {
        Answer::With(status, Vec::new(), Vec::new())
    }
}

type Answers = Arc<dyn Fn(&ReceivedRequest) -> Answer + Send + Sync>;

/// The server. It ends with the test.
pub(super) struct Loopback {
    pub(super) address: SocketAddr,
    /// Each request, once its response is ready.
    pub(super) asked: Receiver<ReceivedRequest>,
    runtime: Option<Runtime>,
}

impl Loopback {
    /// A server on 127.0.0.1 with these responses.
    pub(super) fn answering(
        answers: impl Fn(&ReceivedRequest) -> Answer + Send + Sync + 'static,
    ) -> Loopback {
        Loopback::on(&["127.0.0.1:0".parse().expect("an address")], answers)
    }

    /// A server on each of these addresses. A port of 0 is replaced by that of the first.
    pub(super) fn on(
        addresses: &[SocketAddr],
        answers: impl Fn(&ReceivedRequest) -> Answer + Send + Sync + 'static,
    ) -> Loopback {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime can be made");
        let (sender, asked) = channel();
        let state = Shared { answers: Arc::new(answers), sender };
        let mut first = None;
        for address in addresses {
            let port = first.map_or(0, |first: SocketAddr| first.port());
            let bound = runtime.block_on(TcpListener::bind((address.ip(), port)));
            let listener = bound.expect("every address in 127.0.0.0/8 is this machine's");
            first = first.or(listener.local_addr().ok());
            let routes = Router::new().fallback(answer).with_state(state.clone());
            runtime.spawn(async move { axum::serve(listener, routes).await });
        }
        Loopback { address: first.expect("one address"), asked, runtime: Some(runtime) }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        // Hanging responses are not awaited.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[derive(Clone)]
struct Shared {
    answers: Answers,
    sender: Sender<ReceivedRequest>,
}

async fn answer(State(shared): State<Shared>, request: Request) -> Response<Body> {
    let (head, rest) = request.into_parts();
    let sent = axum::body::to_bytes(rest, LARGEST).await.unwrap_or_default().to_vec();
    let host = head.headers.get("host").and_then(|host| host.to_str().ok());
    let asked = ReceivedRequest {
        host: host.unwrap_or_default().to_owned(),
        path: head.uri.path().to_owned(),
        headers: head.headers,
        body: sent,
    };
    let answer = (shared.answers)(&asked);
    let _ = shared.sender.send(asked);
    match answer {
        Answer::Hang => std::future::pending().await,
        Answer::With(status, headers, body) => {
            let mut response = Response::builder()
                .status(StatusCode::from_u16(status).expect("a test names a status"));
            for (name, value) in headers {
                response = response.header(name, value);
            }
            response.body(Body::from(body)).expect("a test names headers")
        }
    }
}
