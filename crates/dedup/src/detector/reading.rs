//! Articles while the detector compares them: the new one, and earlier ones, whose text is opened only if needed.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Deref;
use std::sync::Arc;

use wirefold_text::Text;

use crate::body::Body;
use crate::body::fingerprint::Fingerprint;
use crate::body::lexicon::Lexicon;
use crate::body::terms::Terms;
use crate::body::word_cache::Hashes;
use crate::codec::bits::Bits;
use crate::detector::Detector;
use crate::ids::DocId;
use crate::index::UnderKeys;
use crate::judge::material::StoryMember;
use crate::judge::notes::Notes;
use crate::store::doc::Doc;
use crate::store::text_store::{Held, TextBytes};

/// A text, the part of it that is compared, and what the index has under its keys.
#[derive(Debug)]
pub(crate) struct Analysed {
    pub(crate) text: Arc<Text>,
    pub(crate) body: Body,
    pub(crate) notes: Notes,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) under_keys: UnderKeys,
    /// Of the text without its page chrome, of which nothing learned is left out.
    pub(crate) terms: Terms,
    pub(crate) words: Words,
}

/// All words of a text, page chrome too.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) hashes: Vec<Hashes>,
    /// Their numbers in the lexicon.
    pub(crate) numbers: Vec<u32>,
    /// How many numbers were new there.
    pub(crate) new: u32,
    /// How many of them are no page chrome.
    pub(crate) kept: usize,
}

impl Words {
    /// Whether anything else than page chrome is left out of a body of them, or is boilerplate there.
    pub(crate) fn are_masked_in(&self, body: &Body) -> bool {
        body.len() < self.kept || body.words.iter().any(|word| word.boilerplate)
    }
}

impl Analysed {
    /// What events look at in it, under its title: nothing of what is left out or boilerplate.
    pub(crate) fn terms(&self, title: &str) -> Cow<'_, Terms> {
        if !self.words.are_masked_in(&self.body) {
            return Cow::Borrowed(&self.terms);
        }
        Cow::Owned(self.terms.masked(&self.text, &self.body, title, &self.words.hashes))
    }

    /// What is kept of it.
    pub(crate) fn at_rest(&self) -> Held {
        Held {
            text: TextBytes::new(self.text.original()),
            body: Lexicon::pack(&self.body, &self.words.numbers),
            notes: self.notes.pack(),
        }
    }
}

/// An earlier article, of which the text is opened when somebody looks at it.
pub(crate) struct AtRest<'a> {
    pub(crate) number: DocId,
    pub(crate) doc: &'a Doc,
    pub(crate) body: Body,
    pub(crate) notes: Notes,
    /// Its words that other members of its story have too.
    pub(crate) common: Bits,
    /// Its words that stand in other stories.
    pub(crate) foreign: Bits,
    detector: &'a Detector,
    text: OnceCell<Arc<Text>>,
}

impl<'a> AtRest<'a> {
    /// Opens an article that is in the window.
    pub(crate) fn new(detector: &'a Detector, number: DocId) -> Option<AtRest<'a>> {
        let doc = detector.docs.get(number)?;
        let held = doc.at_rest.open();
        Some(AtRest {
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

    /// What tells whether a later copy is material.
    pub(crate) fn story_member(&self) -> StoryMember<'_> {
        StoryMember { text: self, body: &self.body, figures: &self.notes.figures }
    }
}

impl Deref for AtRest<'_> {
    type Target = Text;

    fn deref(&self) -> &Text {
        // An article that left the window has no text; nobody compares with one.
        self.text.get_or_init(|| self.detector.open(self.number).unwrap_or_default())
    }
}
