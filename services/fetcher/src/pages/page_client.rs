//! Sends requests for pages and robots.txt. If the answer of a host is broken, the request is repeated in
//! compatibility mode, and later requests to that host use this mode from the start.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use wirefold_http_client::{Client, Request, Response, SendError};

use crate::answer::send;

/// The most hosts that are remembered.
const MOST_HOSTS: usize = 10_000;

/// Sends requests, and remembers the hosts that need compatibility mode.
pub(crate) struct PageClient {
    client: Client,
    /// Origins that need compatibility mode.
    plain: Mutex<HashSet<String>>,
}

impl PageClient {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, plain: Mutex::default() }
    }

    /// Checks whether the request may be sent to its address.
    pub(crate) async fn check(&self, request: &Request) -> Result<(), SendError> {
        self.client.check(request).await
    }

    /// Sends a request as polls do, from the start in compatibility mode if the host needs it.
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
