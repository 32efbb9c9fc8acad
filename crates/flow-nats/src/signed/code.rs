//! The codes of records: HMAC-SHA-256 over all parts of a record and its sequence.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use wirefold_flow::{Headers, Outgoing, Stored};

use super::CODE;

/// The fewest bytes of a key.
const SHORTEST: usize = 16;

/// The key that the writer and the readers of a signed stream share.
#[derive(Clone)]
pub struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    /// A key of these bytes; `None` if there are fewer than sixteen.
    #[must_use]
    pub fn new(key: &[u8]) -> Option<Self> {
        let is_long = key.len() >= SHORTEST;
        is_long.then(|| Hmac::new_from_slice(key).ok()).flatten().map(Self)
    }

    /// A stored record with a new code for its present content. A record without a code stays as it is.
    #[must_use]
    pub fn signed_again(&self, stored: Stored) -> Stored {
        if !is_signed(&stored) {
            return stored;
        }
        let Stored { stream, sequence, subject, id, headers, body, .. } = &stored;
        let message =
            Outgoing { headers: headers.clone(), ..Outgoing::new(&**subject, &**id, body.clone()) };
        let code = self.code(stream, *sequence, &message);
        let of_now = |(name, value)| (name, if name == CODE { code.as_str() } else { value });
        let headers = headers.iter().map(of_now).collect();
        Stored { headers, ..stored }
    }

    /// The code of a record for a sequence, in hexadecimal.
    pub(super) fn code(&self, stream: &str, sequence: u64, message: &Outgoing) -> String {
        let Outgoing { subject, id, headers, body } = message;
        let mac = self.mac_of(stream, sequence, [subject, id], headers, body);
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether a code is right for a stored record and its sequence.
    pub(super) fn is_of(&self, code: &str, stored: &Stored) -> bool {
        let Stored { stream, sequence, subject, id, headers, body, .. } = stored;
        let Some(code) = bytes_of(code) else { return false };
        // Compares in constant time.
        self.mac_of(stream, *sequence, [subject, id], headers, body).verify_slice(&code).is_ok()
    }

    /// The code over all parts of a record, each after its length, so that no two records have the same
    /// bytes. Headers are sorted by name, because servers and clients do not preserve their order.
    fn mac_of(
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

/// Whether a record has a code, right or wrong.
#[must_use]
pub fn is_signed(stored: &Stored) -> bool {
    stored.headers.get(CODE).is_some()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_says_something_else_is_signed_again() {
        let key = SigningKey::new(b"sixteen bytes at least").unwrap();
        let headers: Headers = [("a", "1"), (CODE, "")].into_iter().collect();
        let unsigned = Stored { headers, ..stored() };
        let is_genuine =
            |stored: &Stored| key.is_of(stored.headers.get(CODE).unwrap_or_default(), stored);
        let signed = key.signed_again(unsigned);
        assert!(is_genuine(&signed));
        let changed = Stored { body: "none".into(), ..signed };
        assert!(!is_genuine(&changed));
        assert!(is_genuine(&key.signed_again(changed)));
        assert!(!is_signed(&key.signed_again(stored())), "from before there was a key");
    }

    fn stored() -> Stored {
        let message = Outgoing::new("work.a", "1", "words");
        Stored {
            stream: "WORK".to_owned(),
            sequence: 7,
            at: wirefold_flow::UnixMillis(1),
            subject: message.subject,
            id: message.id,
            headers: message.headers,
            body: message.body,
        }
    }
}
