//! The fingerprint of an article: the hash of the whole text, the sampled shingles and the SimHash.

use siphasher::sip128::SipHasher13;
use wirefold_text::Text;

use crate::body::Body;
use crate::body::simhash::{simhash, simhash_of_word};
use crate::codec::{Encode, Reader, Writer};
use crate::settings::Settings;

/// One shingle in this many is an index key.
pub const SAMPLE: u64 = 8;
/// In a short text, one shingle in this many is an index key. With [`SAMPLE`] it would have too few keys to be
/// found.
const DENSE_SAMPLE: u64 = 2;
/// A text with fewer shingles than this is short.
const MIN_LONG_SHINGLES: usize = 128;

/// A text needs at least this many counted shingles to be in the index: a flash of a dozen words has them.
const MIN_FINDABLE_SHINGLES: u32 = 8;

/// The hashes that represent a text: in the index, and in the search for equal texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fingerprint {
    /// 128-bit SipHash-1-3 of the hashes of the normalised words without page chrome; `None` if there are no
    /// words. The detector leaves the dateline and the credit of a flash out of it.
    pub exact: Option<u128>,
    /// The sampled shingles (hash below 2^64 / 8, or 2^64 / 2 for short texts), sorted, each once.
    pub keys: Vec<u64>,
    /// Whether the text is short, so that its keys are sampled more densely.
    pub is_dense: bool,
    /// The number of shingles that the counted words would have as one run. It decides whether the text is long
    /// enough to be compared.
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
        let whole = WholeTextHashes {
            exact: exact_hash(&Body::new(text)),
            simhash: simhash(kept.map(simhash_of_word)),
        };
        Fingerprint::from_shingles(whole, body, &body.shingles())
    }

    /// The fingerprint of a body, given its shingles and the hashes of its whole text.
    pub(crate) fn from_shingles(
        whole: WholeTextHashes,
        body: &Body,
        shingles: &[u64],
    ) -> Fingerprint {
        let is_dense = shingles.len() < MIN_LONG_SHINGLES;
        let below = u64::MAX / if is_dense { DENSE_SAMPLE } else { SAMPLE };
        let mut keys = vec![0; shingles.len()];
        let mut count = 0;
        // Every shingle is written, and the next one overwrites it if it is not a key. A branch would be
        // mispredicted often, because keys are random.
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

    /// The same fingerprint with the counted shingles of `body`, in which more words are marked as boilerplate.
    pub(crate) fn with_counts_of(self, body: &Body) -> Fingerprint {
        Fingerprint { counted_shingles: counted_shingles(body), ..self }
    }

    /// Whether the text is long enough to be in the index, where takes of one item are found.
    #[must_use]
    pub fn is_findable(&self) -> bool {
        self.counted_shingles >= MIN_FINDABLE_SHINGLES
    }

    /// Whether the text is long enough to be compared.
    #[must_use]
    pub fn is_comparable(&self, settings: &Settings) -> bool {
        self.counted_shingles >= settings.comparable_shingles
    }
}

/// The hash of the whole text as it is stored with each article: two numbers of 64 bits need no padding in a
/// struct, where a `u128` would. Zero means no hash.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ExactHash([u64; 2]);

impl ExactHash {
    pub(crate) fn new(hash: Option<u128>) -> ExactHash {
        let hash = hash.unwrap_or_default();
        ExactHash([(hash >> 64) as u64, hash as u64])
    }

    pub(crate) fn get(self) -> Option<u128> {
        let [upper, lower] = self.0.map(u128::from);
        Some(upper << 64 | lower).filter(|hash| *hash != 0)
    }
}

/// Hashes of a text without its page chrome, before learned boilerplate is removed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WholeTextHashes {
    pub(crate) exact: Option<u128>,
    pub(crate) simhash: u64,
}

/// Whether a shingle is an index key in every text that has it, long or short.
pub(crate) fn is_sampled(hash: u64) -> bool {
    hash < u64::MAX / SAMPLE
}

/// The hash of all words of `whole`, a body from which only page chrome was removed; `None` if it is empty.
pub(crate) fn exact_hash(whole: &Body) -> Option<u128> {
    // SipHash is several times faster on one long message than on hundreds of short ones.
    let mut hashes = Vec::with_capacity(size_of::<u64>() * whole.len());
    whole.words.iter().for_each(|word| hashes.extend_from_slice(&word.hash.to_le_bytes()));
    (!hashes.is_empty()).then(|| SipHasher13::new().hash(&hashes).as_u128())
}

/// The number of shingles in a run as long as the counted words.
fn counted_shingles(body: &Body) -> u32 {
    body.counted_words().saturating_sub(crate::body::SHINGLE_WORDS - 1)
}

impl Encode for ExactHash {
    fn write_to(&self, to: &mut Writer<'_>) {
        self.get().unwrap_or_default().write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<ExactHash> {
        u128::read_from(from).map(|hash| ExactHash::new(Some(hash)))
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
