//! Sends requests for pages and robots.txt. If a host garbles its answer, the request is repeated in
//! compatibility mode, and later requests to that host use it from the start.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use wirefold_http_client::{Client, Request, Response, SendError};

use crate::answer::send;

/// How many hosts are remembered.
const MOST_HOSTS: usize = 10_000;

/// Asks, and remembers who must be asked plainly.
pub(crate) struct Courier {
    client: Client,
    /// Origins that broke what was not asked for plainly.
    plain: Mutex<HashSet<String>>,
}

impl Courier {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, plain: Mutex::default() }
    }

    /// Whether a request may be sent where it leads.
    pub(crate) async fn check(&self, request: &Request) -> Result<(), SendError> {
        self.client.check(request).await
    }

    /// Asks as polls do, and in the plainest way at once where that was what helped.
    pub(crate) async fn send(&self, request: Request) -> Result<Response, SendError> {
        let origin = request.url.origin().ascii_serialization();
        let was_plain = request.is_plain || self.plain().contains(&origin);
        let request = Request { is_plain: was_plain, ..request };
        let (answer, is_plain) = send(&self.client, request).await;
        if is_plain && !was_plain && answer.is_ok() {
            self.remember(origin);
        }
        answer
    }

    fn remember(&self, origin: String) {
        let mut plain = self.plain();
        if plain.len() >= MOST_HOSTS {
            plain.clear();
        }
        plain.insert(origin);
    }

    fn plain(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.plain.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
