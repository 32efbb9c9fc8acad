//! A real server on loopback. A test sets its answers and reads its requests.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, StatusCode, header};
use tokio::net::TcpListener;

/// The answer of a path.
#[derive(Clone)]
pub(super) enum Reply {
    /// Status, headers and body; 304 if the request has the `etag` or `last-modified`.
    Answer { status: u16, headers: Vec<(&'static str, String)>, body: Vec<u8> },
    /// The first for a request that accepts no encoding, the second for others.
    Plain(Box<Reply>, Box<Reply>),
    /// No answer.
    Hang,
}

impl Reply {
    pub(super) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::status(200).with_body(body)
    }

    pub(super) fn status(status: u16) -> Self {
        Self::Answer { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name, value.into()));
        }
        self
    }

    pub(super) fn if_plain(plain: Reply, other: Reply) -> Self {
        Self::Plain(Box::new(plain), Box::new(other))
    }

    pub(super) fn with_body(mut self, given: impl Into<Vec<u8>>) -> Self {
        if let Self::Answer { body, .. } = &mut self {
            *body = given.into();
        }
        self
    }

    /// Whether the request has this answer's validators.
    fn is_known(&self, question: &HeaderMap) -> bool {
        let Self::Answer { headers, .. } = self else { return false };
        let names = |asked: header::HeaderName, given: &str| {
            let value = headers.iter().find(|(name, _)| *name == given);
            value.is_some_and(|(_, value)| question.get(asked).is_some_and(|asked| asked == value))
        };
        names(header::IF_NONE_MATCH, "etag") || names(header::IF_MODIFIED_SINCE, "last-modified")
    }
}

type Replies = Arc<Mutex<HashMap<String, Reply>>>;
type ReceivedRequests = Arc<Mutex<Vec<(String, HeaderMap)>>>;
type Gone = Arc<Mutex<Vec<String>>>;

/// Records that a waiting client has closed its connection.
struct Left {
    path: String,
    left: Gone,
}

impl Drop for Left {
    fn drop(&mut self) {
        self.left.lock().unwrap().push(std::mem::take(&mut self.path));
    }
}

pub(super) struct Server {
    address: SocketAddr,
    replies: Replies,
    asked: ReceivedRequests,
    left: Gone,
}

impl Server {
    pub(super) async fn start() -> Self {
        Self::start_at("127.0.0.1").await
    }

    /// At another address of loopback.
    pub(super) async fn start_at(ip: &str) -> Self {
        let listener = TcpListener::bind((ip, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (replies, asked, left) =
            (Replies::default(), ReceivedRequests::default(), Gone::default());
        let state = (replies.clone(), asked.clone(), left.clone());
        let routes = Router::new().fallback(answer).with_state(state);
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { address, replies, asked, left }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Sets the answer of a path from now on.
    pub(super) fn put(&self, path: &str, reply: Reply) {
        self.replies.lock().unwrap().insert(path.to_owned(), reply);
    }

    /// How often a path was requested.
    pub(super) fn times(&self, path: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|(asked, _)| asked == path).count()
    }

    /// The headers of all requests for a path, in order.
    pub(super) fn questions(&self, path: &str) -> Vec<HeaderMap> {
        let asked = self.asked.lock().unwrap();
        asked
            .iter()
            .filter(|(asked, _)| asked == path)
            .map(|(_, headers)| headers.clone())
            .collect()
    }

    /// Whether a client that waited at a path has given up.
    pub(super) fn was_left(&self, path: &str) -> bool {
        self.left.lock().unwrap().iter().any(|left| left == path)
    }

    /// A header of the last request for a path.
    pub(super) fn last_header(&self, path: &str, name: &str) -> Option<String> {
        let asked = self.asked.lock().unwrap();
        let (_, headers) = asked.iter().rev().find(|(asked, _)| asked == path)?;
        headers.get(name).map(|value| value.to_str().unwrap().to_owned())
    }
}

async fn answer(
    State((replies, asked, left)): State<(Replies, ReceivedRequests, Gone)>,
    request: Request,
) -> Response<Body> {
    let path = request.uri().path().to_owned();
    asked.lock().unwrap().push((path.clone(), request.headers().clone()));
    let reply = replies.lock().unwrap().get(&path).cloned().unwrap_or(Reply::status(404));
    let is_plain =
        request.headers().get("accept-encoding").is_some_and(|named| named == "identity");
    let reply = match reply {
        Reply::Plain(plain, other) => *if is_plain { plain } else { other },
        other => other,
    };
    let is_known = reply.is_known(request.headers());
    match reply {
        Reply::Plain(..) => Response::default(),
        Reply::Hang => {
            let _left = Left { path, left };
            std::future::pending().await
        }
        Reply::Answer { status, headers, body } => {
            let status = if is_known { 304 } else { status };
            let mut response = Response::builder().status(StatusCode::from_u16(status).unwrap());
            for (name, value) in headers {
                response = response.header(name, value);
            }
            let body = if is_known { Body::empty() } else { Body::from(body) };
            response.body(body).unwrap()
        }
    }
}
