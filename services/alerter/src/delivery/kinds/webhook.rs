//! A channel to a webhook, as Standard Webhooks 1.0.0 describes it.
//!
//! Comes in: a message. Goes out: whether the receiver took it. It never follows a redirect.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use thiserror::Error;
use url::Url;
use wirefold_flow::{BoxFuture, UnixMillis};
use wirefold_http_client::{Client, Request};
use wirefold_proto::Secret;

use crate::delivery::retry::of_answer;
use crate::delivery::{Channel, Opening, Sent, Target, ToSend};
use crate::error::AlerterError;

/// How long one attempt may take; the standard says 15 to 30 seconds.
const TOTAL: Duration = Duration::from_secs(20);
/// The most bytes that are read of an answer.
const ANSWER: u64 = 1024 * 1024;

/// An HTTP POST, signed by Standard Webhooks.
#[derive(Debug, Clone)]
pub struct WebhookTarget {
    /// The address.
    pub url: Url,
    /// `whsec_…` secrets; several while one replaces another. If there are none, requests are unsigned.
    pub secrets: Vec<Secret>,
    /// Additional headers, by name.
    pub headers: BTreeMap<String, Secret>,
}

impl Target for WebhookTarget {
    fn address(&self) -> String {
        self.url.to_string()
    }

    fn check(&self) -> Result<(), String> {
        self.headers.iter().try_for_each(check_header)
    }

    fn open(&self, opening: &mut Opening<'_>) -> Result<Box<dyn Channel>, AlerterError> {
        let keys = self.secrets.iter().map(Key::read).collect::<Result<Vec<_>, _>>();
        let keys = keys.map_err(|error| opening.refuse(error.to_string()))?;
        Ok(Box::new(Webhook { client: opening.client()?, target: self.clone(), keys }))
    }
}

struct Webhook {
    client: Client,
    target: WebhookTarget,
    keys: Vec<Key>,
}

impl Webhook {
    /// A signed request with this body and time.
    fn signed(&self, id: &str, body: Vec<u8>, now: UnixMillis) -> Request {
        let seconds = now.0 / 1_000;
        let signature = signatures(&self.keys, id, seconds, &body);
        let request = Request::post(self.target.url.clone(), body);
        let mut request = Request { max_body: ANSWER, total: TOTAL, ..request };
        for (name, value) in &self.target.headers {
            request = request.with_header(name, value.expose());
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

/// Checks that a header can be sent. Its value is not shown.
fn check_header((name, value): (&String, &Secret)) -> Result<(), String> {
    let is_of_names = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(is_of_names) {
        return Err(format!("headers: {name:?} is not a header name, such as \"Authorization\""));
    }
    match value.expose().chars().any(|c| c.is_control() && c != '\t') {
        true => Err(format!(
            "headers: the value of {name} has a line break or another control character"
        )),
        false => Ok(()),
    }
}

impl Channel for Webhook {
    fn send<'a>(&'a self, message: ToSend<'a>) -> BoxFuture<'a, Sent> {
        Box::pin(async move {
            let request = self.signed(&message.id(), message.json()?, message.now());
            of_answer(self.client.send(request).await, message.now()).map(|()| None)
        })
    }
}

/// The secret is malformed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a secret is not of the form \"whsec_…\" with base64 after it")]
pub(super) struct BadSecret;

/// A key to sign with.
#[derive(Clone)]
pub(super) struct Key(Hmac<Sha256>);

impl Key {
    /// Reads `whsec_…`.
    pub(super) fn read(secret: &Secret) -> Result<Self, BadSecret> {
        let encoded = secret.expose().trim().strip_prefix("whsec_").ok_or(BadSecret)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| BadSecret)?;
        if bytes.is_empty() {
            return Err(BadSecret);
        }
        Hmac::new_from_slice(&bytes).map(Self).map_err(|_| BadSecret)
    }
}

/// The header `webhook-signature`: one signature for each key, separated by spaces.
pub(super) fn signatures(keys: &[Key], id: &str, seconds: u64, body: &[u8]) -> String {
    let one = |key: &Key| {
        let mut mac = key.0.clone();
        mac.update(format!("{id}.{seconds}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    };
    keys.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vector of the standard's own libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn signs_as_the_standard_says() {
        let key = Key::read(&Secret::new(SECRET)).expect("a secret");
        let other = Key::read(&Secret::new("whsec_aGFyYm91cg==")).expect("a secret");
        let body = br#"{"test": 2432232314}"#;
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let signed = signatures(&[key, other], id, 1_614_265_330, body);
        let (first, second) = signed.split_once(' ').expect("two");
        assert_eq!(first, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert!(second.starts_with("v1,") && second != first);
    }

    #[test]
    fn invalid_secrets_are_refused() {
        for bad in ["", "whsec_", "whsec_***", "aGFyYm91cg=="] {
            assert!(Key::read(&Secret::new(bad)).is_err(), "{bad}");
        }
    }
}
