//! Where the alerts' webhooks arrive: on this machine, at an address that containers reach.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use tokio::net::TcpListener;

/// How often each message came, by its id.
type Came = Arc<Mutex<BTreeMap<String, u32>>>;

/// Listens until it is dropped with the runtime.
pub(super) struct Receiver {
    /// Host and port.
    pub(super) address: String,
    came: Came,
}

impl Receiver {
    pub(super) async fn listen(host: &str) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((host, 0)).await;
        let listener = listener.with_context(|| format!("listen on {host} for webhooks"))?;
        let address = listener.local_addr()?.to_string();
        let came = Came::default();
        let kept = came.clone();
        let take = async move |headers: HeaderMap| {
            let Some(id) = headers.get("webhook-id").and_then(|id| id.to_str().ok()) else {
                return StatusCode::BAD_REQUEST;
            };
            *kept
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(id.to_owned())
                .or_default() += 1;
            StatusCode::NO_CONTENT
        };
        tokio::spawn(
            async move { axum::serve(listener, Router::new().route("/", post(take))).await },
        );
        Ok(Self { address, came })
    }

    /// How many messages came, repeats left out.
    pub(super) fn count(&self) -> usize {
        self.came.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The ids that came more than once.
    pub(super) fn repeated(&self) -> Vec<String> {
        let came = self.came.lock().unwrap_or_else(PoisonError::into_inner);
        came.iter().filter(|(_, times)| **times > 1).map(|(id, _)| id.clone()).collect()
    }
}
