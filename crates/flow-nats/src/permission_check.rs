//! Tries what the server lets its user do, without leaving anything behind.
//!
//! Comes in: subjects to publish on or to subscribe to. Goes out: which of them the server refuses to this user. It
//! never stores or changes anything.
//!
//! The server judges a publish before it looks at the message. So each message that is sent here fails at its receiver: it
//! expects a stream that does not exist, or it is a request that JetStream cannot read, or one that contradicts
//! itself. Nobody answers a permitted publish of this kind, and refusals come beside all answers. So a publish that no
//! user may do is sent last. Once the server refuses that one, it has judged all others.

use std::time::Duration;

use async_nats::HeaderMap;
use bytes::Bytes;
use serde_json::Value;
use wirefold_flow::{BusError, check_name};

use crate::NatsBus;
use crate::link::{Link, closed};

/// How many are tried before their refusals are waited for: all of them are remembered.
const AT_ONCE: usize = 16;
/// By then the refusal of what no user may do has come, or this user may do all.
const PATIENCE: Duration = Duration::from_secs(2);
/// No stream has this name.
const NO_STREAM: &str = "wirefold-check-no-such-stream";

/// Something that a user may or may not do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attempt {
    /// Publish on this subject.
    Publish(String),
    /// Subscribe to this subject or pattern.
    Subscribe(String),
}

impl NatsBus {
    /// What of this the server refuses to this user: one answer for each, in order.
    ///
    /// # Errors
    /// [`BusError::Unavailable`] where there is no connection.
    pub async fn are_refused(&self, attempts: &[Attempt]) -> Result<Vec<bool>, BusError> {
        let mut refused = Vec::new();
        for part in attempts.chunks(AT_ONCE) {
            refused.extend(self.0.link.are_refused(part).await?);
        }
        Ok(refused)
    }

    /// Whether a durable reader is there.
    ///
    /// # Errors
    /// [`BusError::NotAllowed`] where this role may not look, or whatever the server says.
    pub async fn has_reader(&self, stream: &str, durable: &str) -> Result<bool, BusError> {
        check_name("stream", stream)?;
        check_name("durable", durable)?;
        Ok(self.0.link.consumer_info::<Value>(stream, durable).await?.is_some())
    }

    /// The server's version, as it says.
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
                Attempt::Publish(subject) => self.send_in_vain(subject).await?,
                Attempt::Subscribe(pattern) => {
                    let subscribed = self.client.subscribe(pattern.clone()).await;
                    subscriptions.push(subscribed.map_err(|_| closed())?);
                }
            }
        }
        let last = format!("wirefold-check.{}", self.unique_token());
        self.send_in_vain(&last).await?;
        // Without it, and with all sent, this user may do what nobody needs.
        let _ = tokio::time::timeout(PATIENCE, self.refused(mark, &last)).await;
        let is_refused = |attempt: &Attempt| match attempt {
            Attempt::Publish(subject) => self.was_refused(mark, true, subject),
            Attempt::Subscribe(pattern) => self.was_refused(mark, false, pattern),
        };
        Ok(attempts.iter().map(is_refused).collect())
    }

    async fn send_in_vain(&self, subject: &str) -> Result<(), BusError> {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Expected-Stream", NO_STREAM);
        let body = Bytes::from_static(in_vain(subject).as_bytes());
        let sent = self.client.publish_with_headers(subject.to_owned(), headers, body);
        sent.await.map_err(|_| closed())
    }
}

/// A body that has no effect on this subject.
fn in_vain(subject: &str) -> &'static str {
    const API: &str = "$JS.API.";
    match subject.strip_prefix(API) {
        // By sequence and by count at once; a body that cannot be read would purge everything.
        Some(rest) if rest.starts_with("STREAM.PURGE.") => r#"{"seq":1,"keep":1}"#,
        // These take no body at all.
        Some(rest) if rest.starts_with("STREAM.DELETE.") => r#"{"wirefold":"check"}"#,
        Some(rest) if rest.starts_with("CONSUMER.DELETE.") => r#"{"wirefold":"check"}"#,
        // Half a request; a pull has nowhere to deliver to, besides.
        Some(_) => "{",
        // For a delivery that was never made.
        None if subject.starts_with("$JS.ACK.") => "+WPI",
        None => "",
    }
}
