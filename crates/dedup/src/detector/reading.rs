//! Articles during a comparison: the new one, and earlier ones, whose text is analysed again only
//! if needed.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Deref;
use std::sync::Arc;

use wirefold_text::Text;

use crate::body::Body;
use crate::body::fingerprint::Fingerprint;
use crate::body::lexicon::Lexicon;
use crate::body::terms::Terms;
use crate::body::word_cache::WordHashes;
use crate::codec::bits::Bits;
use crate::detector::Detector;
use crate::ids::DocId;
use crate::index::KeyPostings;
use crate::judge::material::StoryMember;
use crate::judge::notes::Notes;
use crate::store::doc::Doc;
use crate::store::text_store::{PackedParts, TextBytes};

/// The new article: its text, the body that is compared, and the postings under its keys.
#[derive(Debug)]
pub(crate) struct Analysed {
    pub(crate) text: Arc<Text>,
    pub(crate) body: Body,
    pub(crate) notes: Notes,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) key_postings: KeyPostings,
    /// The terms of the text without its page chrome, before learned boilerplate is removed.
    pub(crate) terms: Terms,
    pub(crate) words: TextWords,
}

/// All words of a text, page chrome included.
#[derive(Debug)]
pub(crate) struct TextWords {
    pub(crate) hashes: Vec<WordHashes>,
    /// The number of each word in the lexicon.
    pub(crate) numbers: Vec<u32>,
    /// How many of the words were not in the lexicon before.
    pub(crate) added: u32,
    /// How many words are not page chrome.
    pub(crate) without_chrome: usize,
}

impl TextWords {
    /// Whether `body`, made of these words, lacks more than page chrome or has words marked as
    /// boilerplate.
    pub(crate) fn are_masked_in(&self, body: &Body) -> bool {
        body.len() < self.without_chrome || body.words.iter().any(|word| word.boilerplate)
    }
}

impl Analysed {
    /// The terms by which events compare the article, without boilerplate.
    pub(crate) fn terms(&self, title: &str) -> Cow<'_, Terms> {
        if !self.words.are_masked_in(&self.body) {
            return Cow::Borrowed(&self.terms);
        }
        Cow::Owned(self.terms.masked(&self.text, &self.body, title, &self.words.hashes))
    }

    /// Packs the article for storage.
    pub(crate) fn pack(&self) -> PackedParts {
        PackedParts {
            text: TextBytes::new(self.text.original()),
            body: Lexicon::pack(&self.body, &self.words.numbers),
            notes: self.notes.pack(),
        }
    }
}

/// An earlier article, loaded for the comparison. It dereferences to its text, which is analysed at
/// the first use.
pub(crate) struct EarlierArticle<'a> {
    pub(crate) number: DocId,
    pub(crate) doc: &'a Doc,
    pub(crate) body: Body,
    pub(crate) notes: Notes,
    /// The words that other members of its story have too.
    pub(crate) common: Bits,
    /// The words that other stories have too.
    pub(crate) foreign: Bits,
    detector: &'a Detector,
    text: OnceCell<Arc<Text>>,
}

impl<'a> EarlierArticle<'a> {
    /// Loads an article; `None` if it is not in the window.
    pub(crate) fn new(detector: &'a Detector, number: DocId) -> Option<EarlierArticle<'a>> {
        let doc = detector.docs.get(number)?;
        let held = doc.stored.open();
        Some(EarlierArticle {
            number,
            doc,
            body: detector.lexicon.open(&held.body),
            notes: held.notes.open(),
            common: doc.common.open(),
            foreign: doc.foreign(),
            detector,
            text: OnceCell::new(),
        })
    }

    /// The data that decides whether a later copy is material.
    pub(crate) fn story_member(&self) -> StoryMember<'_> {
        StoryMember { text: self, body: &self.body, figures: &self.notes.figures }
    }
}

impl Deref for EarlierArticle<'_> {
    type Target = Text;

    fn deref(&self) -> &Text {
        // Only articles of the window are loaded, so their text exists.
        self.text.get_or_init(|| self.detector.open_text(self.number).unwrap_or_default())
    }
}
