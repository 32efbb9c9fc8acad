//! A channel to a webhook, as Standard Webhooks 1.0.0 describes it.
//!
//! Comes in: a message. Goes out: whether the receiver took it. It never follows a redirect.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use url::Url;
use wirefold_http_client::{Client, Request};
use wirefold_proto::Secret;

use crate::delivery::retry::of_answer;
use crate::delivery::{Failure, Sent, ToSend};

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

impl WebhookTarget {
    pub(super) fn check(&self) -> Result<(), String> {
        self.keys()?;
        self.headers.iter().try_for_each(check_header)
    }

    /// The keys to sign with.
    fn keys(&self) -> Result<Vec<Key>, String> {
        self.secrets.iter().map(read_key).collect()
    }

    /// Sends a signed request with the time of this attempt.
    pub(in crate::delivery) async fn send(&self, client: &Client, message: &ToSend<'_>) -> Sent {
        let (id, body, seconds) = (message.id(), message.json()?, message.now().0 / 1_000);
        let keys = self.keys().map_err(Failure::never)?;
        let signature = signatures(&keys, &id, seconds, &body);
        let request = Request::post(self.url.clone(), body);
        let mut request = Request { max_body: ANSWER, total: TOTAL, ..request };
        for (name, value) in &self.headers {
            request = request.with_header(name, value.expose());
        }
        request = request
            .with_header("content-type", "application/json")
            .with_header("webhook-id", id)
            .with_header("webhook-timestamp", seconds.to_string());
        if !keys.is_empty() {
            request = request.with_header("webhook-signature", signature);
        }
        of_answer(client.send(request).await, message.now())
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

/// A key to sign with.
type Key = Hmac<Sha256>;

/// Reads `whsec_…`.
fn read_key(secret: &Secret) -> Result<Key, String> {
    let encoded = secret.expose().trim().strip_prefix("whsec_");
    let bytes = encoded.and_then(|encoded| STANDARD.decode(encoded).ok());
    let key = bytes.filter(|bytes| !bytes.is_empty()).and_then(|it| Hmac::new_from_slice(&it).ok());
    key.ok_or_else(|| "a secret is not of the form \"whsec_…\" with base64 after it".to_owned())
}

/// The header `webhook-signature`: one signature for each key, separated by spaces.
fn signatures(keys: &[Key], id: &str, seconds: u64, body: &[u8]) -> String {
    let one = |key: &Key| {
        let mut mac = key.clone();
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
        let key = read_key(&Secret::new(SECRET)).expect("a secret");
        let other = read_key(&Secret::new("whsec_aGFyYm91cg==")).expect("a secret");
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
            assert!(read_key(&Secret::new(bad)).is_err(), "{bad}");
        }
    }
}
