//! Finds the services that are running.

use std::collections::BTreeSet;
use std::time::Duration;

use async_nats::StatusCode;
use bytes::Bytes;
use futures_util::StreamExt as _;
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};
use wirefold_flow::BusError;

use crate::NatsBus;
use crate::link::closed;

#[derive(Deserialize)]
struct Pong {
    name: String,
}

impl NatsBus {
    /// The names of all services of which an instance answers a PING within this time.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] if the connection is closed.
    pub async fn services(&self, within: Duration) -> Result<BTreeSet<String>, BusError> {
        let client = &self.0.link.client;
        let inbox = client.new_inbox();
        let mut answers = client.subscribe(inbox.clone()).await.map_err(|_| closed())?;
        let sent = client.publish_with_reply("$SRV.PING", inbox, Bytes::new());
        sent.await.map_err(|_| closed())?;
        let (mut names, end) = (BTreeSet::new(), Instant::now() + within);
        while let Ok(answer) = timeout_at(end, answers.next()).await {
            let answer = answer.ok_or_else(closed)?;
            if answer.status == Some(StatusCode::NO_RESPONDERS) {
                break;
            }
            names.extend(serde_json::from_slice(&answer.payload).map(|Pong { name }| name));
        }
        Ok(names)
    }
}
