//! The fingerprint of an article: exact hash, sampled shingles, SimHash.

use siphasher::sip128::{Hasher128, SipHasher13};
use std::hash::Hasher;
use wirefold_text::Text;

use crate::body::Body;
use crate::settings::Settings;
use crate::simhash::simhash;

/// One shingle in this many is an index key. A shard may keep a nested half of them.
pub const SAMPLE: u64 = 8;
/// The same for short texts, which else would have too few keys to be found by.
const DENSE_SAMPLE: u64 = 2;
/// Texts of fewer shingles than this are short.
const SHORT: usize = 128;

/// What the index and the exact match look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fingerprint {
    /// 128-bit SipHash-1-3 of the normalised words without furniture; `None` without words.
    pub exact: Option<u128>,
    /// The sampled shingles (hash below 2^64 / 8, or 2^64 / 2 for short texts), sorted, each once.
    pub keys: Vec<u64>,
    /// Whether the keys are those of a short text.
    pub is_dense: bool,
    /// Shingles made of counted words only: what comparability is measured in.
    pub counted_shingles: u32,
    /// 64-bit SimHash (Charikar 2002) of the normalised words; a hint, never evidence.
    pub simhash: u64,
}

impl Fingerprint {
    /// The fingerprint of a text and its body.
    #[must_use]
    pub fn new(text: &Text, body: &Body) -> Fingerprint {
        Fingerprint::with(text, body, body.shingles())
    }

    /// The same, where the body's shingles are known.
    pub(crate) fn with(text: &Text, body: &Body, shingles: Vec<u64>) -> Fingerprint {
        let kept = text.words().iter().zip(text.normal_words()).filter(|(word, _)| !word.furniture);
        let words = kept.map(|(_, normal)| normal);
        let is_dense = shingles.len() < SHORT;
        let below = u64::MAX / if is_dense { DENSE_SAMPLE } else { SAMPLE };
        let mut keys: Vec<u64> = shingles.into_iter().filter(|hash| *hash < below).collect();
        keys.sort_unstable();
        keys.dedup();
        Fingerprint {
            exact: exact_hash(words.clone()),
            keys,
            is_dense,
            counted_shingles: counted_shingles(body),
            simhash: simhash(words),
        }
    }

    /// Whether there is enough text to compare.
    #[must_use]
    pub fn is_comparable(&self, settings: &Settings) -> bool {
        self.counted_shingles >= settings.comparable_shingles
    }
}

/// Whether a shingle is an index key of any text.
pub(crate) fn is_sampled(hash: u64) -> bool {
    hash < u64::MAX / SAMPLE
}

fn exact_hash<'a>(words: impl Iterator<Item = &'a str>) -> Option<u128> {
    let mut hasher = SipHasher13::new();
    let mut count = 0_usize;
    for word in words {
        hasher.write(word.as_bytes());
        hasher.write_u8(b' ');
        count += 1;
    }
    (count > 0).then(|| hasher.finish128().as_u128())
}

/// Counted words less what the last shingle needs, in words.
fn counted_shingles(body: &Body) -> u32 {
    body.counted_words().saturating_sub(crate::body::SHINGLE_WORDS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(text: &str) -> Fingerprint {
        let text = Text::new(text);
        Fingerprint::new(&text, &Body::new(&text))
    }

    #[test]
    fn furniture_and_spelling_do_not_change_the_exact_hash() {
        let plain = fingerprint("The port’s closed.");
        assert_eq!(plain.exact, fingerprint("Read more\nTHE PORT'S CLOSED").exact);
        assert_ne!(plain.exact, fingerprint("The ports close d").exact);
        assert_eq!(fingerprint("…").exact, None);
    }

    #[test]
    fn about_one_shingle_in_eight_is_a_key() {
        let long: String = (0..4_000).map(|n| format!("w{n} ")).collect();
        let keys = fingerprint(&long).keys.len();
        assert!((400..600).contains(&keys), "{keys}");
    }
}
