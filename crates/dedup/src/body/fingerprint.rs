//! The fingerprint of an article: exact hash, sampled shingles, SimHash.

use siphasher::sip128::SipHasher13;
use wirefold_text::Text;

use crate::body::Body;
use crate::body::simhash::{simhash, simhash_of_word};
use crate::codec::{Reader, Writer, Written};
use crate::settings::Settings;

/// One shingle in this many is an index key. A shard may keep a nested half of them.
pub const SAMPLE: u64 = 8;
/// The same for short texts, which else would have too few keys to be found by.
const DENSE_SAMPLE: u64 = 2;
/// Texts of fewer shingles than this are short.
const SHORT: usize = 128;

/// Shingles of the shortest text that the index holds: a flash of a dozen words.
const FINDABLE_SHINGLES: u32 = 8;

/// What the index and the exact match look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fingerprint {
    /// 128-bit SipHash-1-3 of the hashes of the normalised words without page chrome; `None` without
    /// words. Of a flash the detector leaves out its dateline and its credit.
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
        let words = text.words().iter().zip(text.normal_words());
        let kept = words.filter(|(word, _)| !word.is_chrome).map(|(_, normal)| normal);
        let whole = Whole {
            exact: exact_hash(&Body::new(text)),
            simhash: simhash(kept.map(simhash_of_word)),
        };
        Fingerprint::with(whole, body, &body.shingles())
    }

    /// The same, where the body's shingles and the hashes of the whole text are known.
    pub(crate) fn with(whole: Whole, body: &Body, shingles: &[u64]) -> Fingerprint {
        let is_dense = shingles.len() < SHORT;
        let below = u64::MAX / if is_dense { DENSE_SAMPLE } else { SAMPLE };
        let mut keys = vec![0; shingles.len()];
        let mut count = 0;
        // The next is written over what is no key: nobody can tell which are, and to be wrong takes longer.
        for hash in shingles {
            keys[count] = *hash;
            count += usize::from(*hash < below);
        }
        keys.truncate(count);
        keys.shrink_to_fit();
        keys.sort_unstable();
        keys.dedup();
        Fingerprint {
            exact: whole.exact,
            keys,
            is_dense,
            counted_shingles: counted_shingles(body),
            simhash: whole.simhash,
        }
    }

    /// The same, of whose body words have been marked since.
    pub(crate) fn recounted(self, body: &Body) -> Fingerprint {
        Fingerprint { counted_shingles: counted_shingles(body), ..self }
    }

    /// Whether there is enough text for takes of one item to be found by it.
    #[must_use]
    pub fn is_findable(&self) -> bool {
        self.counted_shingles >= FINDABLE_SHINGLES
    }

    /// Whether there is enough text to compare.
    #[must_use]
    pub fn is_comparable(&self, settings: &Settings) -> bool {
        self.counted_shingles >= settings.comparable_shingles
    }
}

/// The exact hash as it is kept: in words of 64 bits, which leave no gap beside other values. Zero
/// stands for none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exact([u64; 2]);

impl Exact {
    pub(crate) fn new(hash: Option<u128>) -> Exact {
        let hash = hash.unwrap_or_default();
        Exact([(hash >> 64) as u64, hash as u64])
    }

    pub(crate) fn get(self) -> Option<u128> {
        let [upper, lower] = self.0.map(u128::from);
        Some(upper << 64 | lower).filter(|hash| *hash != 0)
    }
}

/// What is said of a text with all its words but page chrome.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whole {
    pub(crate) exact: Option<u128>,
    pub(crate) simhash: u64,
}

/// Whether a shingle is an index key of any text.
pub(crate) fn is_sampled(hash: u64) -> bool {
    hash < u64::MAX / SAMPLE
}

/// The hash of a body from which nothing but page chrome was left out.
pub(crate) fn exact_hash(whole: &Body) -> Option<u128> {
    // One long message is hashed several times faster than hundreds of short ones.
    let mut hashes = Vec::with_capacity(size_of::<u64>() * whole.len());
    whole.words.iter().for_each(|word| hashes.extend_from_slice(&word.hash.to_le_bytes()));
    (!hashes.is_empty()).then(|| SipHasher13::new().hash(&hashes).as_u128())
}

/// Counted words less what the last shingle needs, in words.
fn counted_shingles(body: &Body) -> u32 {
    body.counted_words().saturating_sub(crate::body::SHINGLE_WORDS - 1)
}

impl Written for Exact {
    fn write_to(&self, to: &mut Writer<'_>) {
        self.get().unwrap_or_default().write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Exact> {
        u128::read_from(from).map(|hash| Exact::new(Some(hash)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(text: &str) -> Fingerprint {
        let text = Text::new(text);
        Fingerprint::new(&text, &Body::new(&text))
    }

    #[test]
    fn page_chrome_and_spelling_do_not_change_the_exact_hash() {
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
