//! Checks which publishes and subscriptions the server permits to its user, without changing anything.
//!
//! The server checks the permission of a publish before it reads the message. So each message sent here
//! fails at its receiver: it expects a stream that does not exist, or it is a request that JetStream
//! cannot read, or one that contradicts itself. A permitted publish of this kind gets no answer, and
//! refusals do not come as answers. So a publish that no user is permitted is sent last. Once the server
//! refuses that one, it has checked all others.

use std::time::Duration;

use async_nats::HeaderMap;
use bytes::Bytes;
use serde_json::Value;
use wirefold_flow::{BusError, check_name};

use crate::NatsBus;
use crate::link::{Link, closed};

/// How many attempts are sent before their refusals are awaited. The log of refusals holds more.
const AT_ONCE: usize = 16;
/// The longest wait for the refusal of the last publish. It never comes if this user may do everything.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);
/// No stream has this name.
const NO_STREAM: &str = "wirefold-check-no-such-stream";

/// A publish or subscription to check.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attempt {
    /// Publish on this subject.
    Publish(String),
    /// Subscribe to this subject or pattern.
    Subscribe(String),
}

impl NatsBus {
    /// Whether the server refuses each of these attempts to this user, in order.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] if there is no connection.
    pub async fn are_refused(&self, attempts: &[Attempt]) -> Result<Vec<bool>, BusError> {
        let mut refused = Vec::new();
        for part in attempts.chunks(AT_ONCE) {
            refused.extend(self.0.link.are_refused(part).await?);
        }
        Ok(refused)
    }

    /// Whether a durable consumer exists.
    ///
    /// # Errors
    /// [`BusError::NotAllowed`] if this role may not ask, or another error of the server.
    pub async fn has_consumer(&self, stream: &str, durable: &str) -> Result<bool, BusError> {
        check_name("stream", stream)?;
        check_name("durable", durable)?;
        Ok(self.0.link.consumer_info::<Value>(stream, durable).await?.is_some())
    }

    /// The version that the server reports.
    #[must_use]
    pub fn server_version(&self) -> String {
        self.0.link.client.server_info().version
    }
}

impl Link {
    async fn are_refused(&self, attempts: &[Attempt]) -> Result<Vec<bool>, BusError> {
        self.connected().await?;
        let mark = self.refusals();
        let mut subscriptions = Vec::new();
        for attempt in attempts {
            match attempt {
                Attempt::Publish(subject) => self.send_without_effect(subject).await?,
                Attempt::Subscribe(pattern) => {
                    let subscribed = self.client.subscribe(pattern.clone()).await;
                    subscriptions.push(subscribed.map_err(|_| closed())?);
                }
            }
        }
        let last = format!("wirefold-check.{}", self.unique_token());
        self.send_without_effect(&last).await?;
        // If the refusal does not come, this user may do everything.
        let _ = tokio::time::timeout(CHECK_TIMEOUT, self.refused(mark, &last)).await;
        let is_refused = |attempt: &Attempt| match attempt {
            Attempt::Publish(subject) => self.was_refused(mark, true, subject),
            Attempt::Subscribe(pattern) => self.was_refused(mark, false, pattern),
        };
        Ok(attempts.iter().map(is_refused).collect())
    }

    async fn send_without_effect(&self, subject: &str) -> Result<(), BusError> {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Expected-Stream", NO_STREAM);
        let body = Bytes::from_static(body_without_effect(subject).as_bytes());
        let sent = self.client.publish_with_headers(subject.to_owned(), headers, body);
        sent.await.map_err(|_| closed())
    }
}

/// A body that has no effect on this subject.
fn body_without_effect(subject: &str) -> &'static str {
    const API: &str = "$JS.API.";
    match subject.strip_prefix(API) {
        // `seq` and `keep` contradict each other. An unreadable body would purge everything.
        Some(rest) if rest.starts_with("STREAM.PURGE.") => r#"{"seq":1,"keep":1}"#,
        // These requests are refused with any body.
        Some(rest) if rest.starts_with("STREAM.DELETE.") => r#"{"wirefold":"check"}"#,
        Some(rest) if rest.starts_with("CONSUMER.DELETE.") => r#"{"wirefold":"check"}"#,
        // Half a request. A pull also has no reply subject.
        Some(_) => "{",
        // Acknowledges a delivery that never happened.
        None if subject.starts_with("$JS.ACK.") => "+WPI",
        None => "",
    }
}
