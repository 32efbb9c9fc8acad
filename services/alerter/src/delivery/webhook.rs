//! Webhooks as Standard Webhooks 1.0.0 has them.

use std::time::Duration;

use serde::Serialize;
use url::Url;
use wirefold_flow::{BoxFuture, UnixMillis};
use wirefold_guard::{Client, Request};
use wirefold_proto::{Alert, FeedDigest, Published};

use super::retry::of_answer;
use super::sign::{Key, signatures};
use super::{Channel, Failure, Message, Notice};
use crate::settings::Header;

/// How long one attempt may take; the standard says 15 to 30 seconds.
const TOTAL: Duration = Duration::from_secs(20);
/// What is read of an answer.
const ANSWER: u64 = 1024 * 1024;

pub(super) struct Webhook {
    client: Client,
    url: Url,
    keys: Vec<Key>,
    headers: Vec<Header>,
}

/// The body: the alert, and where to read on.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(flatten)]
    alert: &'a Alert,
    subscription_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    demo: bool,
}

/// The body of a digest, and where to read on.
#[derive(Serialize)]
struct DigestBody<'a> {
    #[serde(flatten)]
    digest: &'a FeedDigest,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<&'a str>,
}

impl Webhook {
    pub(super) fn new(client: Client, url: Url, keys: Vec<Key>, headers: Vec<Header>) -> Self {
        Self { client, url, keys, headers }
    }

    fn request(&self, message: &Message<'_>) -> Result<Request, Failure> {
        let body = Body {
            alert: message.alert,
            subscription_name: message.subscription,
            page: message.page.as_deref(),
            demo: message.demo,
        };
        let never = |error: serde_json::Error| Failure::Never { why: error.to_string() };
        let body = serde_json::to_vec(&body).map_err(never)?;
        Ok(self.signed(&message.alert.message_id(), body, message.now))
    }

    /// A body on its way, signed at this time.
    fn signed(&self, id: &str, body: Vec<u8>, now: UnixMillis) -> Request {
        let seconds = now.0 / 1_000;
        let signature = signatures(&self.keys, id, seconds, &body);
        let mut request =
            Request { max_body: ANSWER, total: TOTAL, ..Request::post(self.url.clone(), body) };
        for Header { name, value } in &self.headers {
            request = request.with_header(name, value.reveal());
        }
        request = request
            .with_header("content-type", "application/json")
            .with_header("webhook-id", id)
            .with_header("webhook-timestamp", seconds.to_string());
        match self.keys.is_empty() {
            true => request,
            false => request.with_header("webhook-signature", signature),
        }
    }
}

impl Channel for Webhook {
    fn kind(&self) -> &'static str {
        "webhook"
    }

    fn takes_silent(&self) -> bool {
        true
    }

    fn send<'a>(&'a self, message: Message<'a>) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let request = self.request(&message)?;
            of_answer(self.client.send(request).await, message.now)
        })
    }

    fn tell<'a>(&'a self, notice: Notice<'a>) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(async move {
            let Notice { digest, page, now } = notice;
            let never = |error: serde_json::Error| Failure::Never { why: error.to_string() };
            let body = DigestBody { digest, page: page.as_deref() };
            let body = serde_json::to_vec(&body).map_err(never)?;
            let request = self.signed(&digest.id, body, now);
            of_answer(self.client.send(request).await, now)
        })
    }
}
