//! A fake of a running `up`: real HTTP on a real socket in a data folder, with responses that a test gives.
//! The commands cannot distinguish it from the real one.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::program::{Folder, Run};

/// A received request.
#[derive(Debug, Clone)]
pub(super) struct ReceivedRequest {
    /// A request such as `POST /api/v1/feeds`.
    pub(super) line: String,
    pub(super) body: Value,
}

/// The response to a request: a status and a body.
type Answers = Arc<dyn Fn(&ReceivedRequest) -> (u16, Value) + Send + Sync>;

#[derive(Clone)]
struct Shared {
    answers: Answers,
    asked: Arc<Mutex<Vec<ReceivedRequest>>>,
}

/// The fake. It ends with the test.
pub(super) struct Api {
    pub(super) folder: Folder,
    asked: Arc<Mutex<Vec<ReceivedRequest>>>,
    _runtime: Runtime,
}

impl Api {
    /// A fake with these responses.
    pub(super) fn answering(
        answers: impl Fn(&ReceivedRequest) -> (u16, Value) + Send + Sync + 'static,
    ) -> Api {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let shared = Shared { answers: Arc::new(answers), asked: asked.clone() };
        Api::serving(Router::new().fallback(answer).with_state(shared), asked)
    }

    /// Serves a router of the test.
    pub(super) fn serving(router: Router, asked: Arc<Mutex<Vec<ReceivedRequest>>>) -> Api {
        let folder = Folder::with(&[]);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime can be made");
        let guard = runtime.enter();
        let listener = tokio::net::UnixListener::bind(folder.path().join("wirefold.sock"));
        let listener = listener.expect("a temporary folder takes a socket");
        runtime.spawn(async move { axum::serve(listener, router).await });
        drop(guard);
        Api { folder, asked, _runtime: runtime }
    }

    /// Runs a command in the data folder.
    pub(super) fn run(&self, arguments: &[&str]) -> Run {
        self.folder.run(&[arguments, &["--data", "."]].concat())
    }

    /// The requests so far that changed something.
    pub(super) fn told(&self) -> Vec<ReceivedRequest> {
        let asked = self.asked.lock().expect("no test panics while it holds this");
        asked.iter().filter(|asked| !asked.line.starts_with("GET ")).cloned().collect()
    }
}

async fn answer(
    State(shared): State<Shared>,
    method: Method,
    uri: Uri,
    body: axum::body::Bytes,
) -> Response {
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let asked = ReceivedRequest { line: format!("{method} {uri}"), body };
    let (status, answered) = (shared.answers)(&asked);
    shared.asked.lock().expect("no test panics while it holds this").push(asked);
    (StatusCode::from_u16(status).expect("a status"), answered.to_string()).into_response()
}

/// A problem as in RFC 9457.
pub(super) fn problem(status: u16, title: &str) -> (u16, Value) {
    (status, json!({"type": "urn:wirefold:problem:test", "status": status, "title": title}))
}

/// The response to a command that was stored.
pub(super) fn accepted(command: &Value) -> (u16, Value) {
    (202, json!({"schema": "wirefold.api.accepted/2", "command": command}))
}

/// A sample of the contract.
pub(super) fn sample(name: &str) -> Value {
    let path = crate::tidy::tree::root().join("proto/samples").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_str(&text).expect("samples are JSON")
}
