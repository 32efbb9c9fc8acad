//! Signatures of Standard Webhooks 1.0.0: `v1`, HMAC-SHA256 over id, timestamp and body.
//!
//! Comes in: keys and a body. Goes out: signatures. It never shows a key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use thiserror::Error;
use wirefold_proto::Secret;

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
