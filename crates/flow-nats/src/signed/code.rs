//! The codes: HMAC-SHA-256 over everything that a record says, and over where it stands.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use wirefold_flow::{Headers, Outgoing, Stored};

use super::CODE;

/// The fewest bytes of a key.
const SHORTEST: usize = 16;

/// The key that writer and readers of a signed stream share.
#[derive(Clone)]
pub struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    /// A key of these bytes; none where there are fewer than sixteen.
    #[must_use]
    pub fn new(key: &[u8]) -> Option<Self> {
        let is_long = key.len() >= SHORTEST;
        is_long.then(|| Hmac::new_from_slice(key).ok()).flatten().map(Self)
    }

    /// The code of a record that is to stand at a sequence, in hexadecimal.
    pub(super) fn code(&self, stream: &str, sequence: u64, message: &Outgoing) -> String {
        let Outgoing { subject, id, headers, body } = message;
        let said = self.said(stream, sequence, [subject, id], headers, body);
        said.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether a code is that of a record where it stands.
    pub(super) fn is_of(&self, code: &str, stored: &Stored) -> bool {
        let Stored { stream, sequence, subject, id, headers, body, .. } = stored;
        let Some(code) = bytes_of(code) else { return false };
        // Compares in constant time.
        self.said(stream, *sequence, [subject, id], headers, body).verify_slice(&code).is_ok()
    }

    /// Each part after its length, so that no two records say the same. Headers by name: servers and
    /// clients keep no order.
    fn said(
        &self,
        stream: &str,
        sequence: u64,
        names: [&str; 2],
        headers: &Headers,
        body: &[u8],
    ) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        let mut add = |part: &[u8]| {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        };
        add(stream.as_bytes());
        add(&sequence.to_le_bytes());
        names.iter().for_each(|name| add(name.as_bytes()));
        let mut sorted: Vec<(String, &str)> = headers
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value))
            .filter(|(name, _)| !name.eq_ignore_ascii_case(CODE))
            .collect();
        sorted.sort_unstable();
        add(&(sorted.len() as u64).to_le_bytes());
        for (name, value) in sorted {
            add(name.as_bytes());
            add(value.as_bytes());
        }
        add(body);
        mac
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

fn bytes_of(code: &str) -> Option<Vec<u8>> {
    let digits = code.as_bytes();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.len().is_multiple_of(2).then(|| digits.chunks(2).map(pair).collect()).flatten()
}
