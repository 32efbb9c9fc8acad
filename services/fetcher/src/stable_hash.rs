//! Hashes that are stored, and therefore never change.

use std::hash::Hasher as _;

use siphasher::sip::SipHasher24;

/// A 64-bit hash of texts and their lengths. It is the same in every version of wirefold.
pub(crate) fn hash(parts: &[&str]) -> u64 {
    let mut hasher = SipHasher24::new_with_key(b"wirefold fetcher");
    for part in parts {
        hasher.write_u64(part.len() as u64);
        hasher.write(part.as_bytes());
    }
    hasher.finish()
}
