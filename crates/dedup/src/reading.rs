//! Articles while they are looked at: the new one, and earlier ones of which mostly the body will do.

use std::cell::OnceCell;
use std::ops::Deref;
use std::sync::Arc;

use wirefold_text::Text;

use crate::bits::Bits;
use crate::body::Body;
use crate::detector::Detector;
use crate::doc::Doc;
use crate::fingerprint::Fingerprint;
use crate::index::{DocId, UnderKeys};
use crate::lexicon::{Lexicon, Listed};
use crate::material::Known;
use crate::notes::Notes;
use crate::shelf::{Held, TextBytes};

/// A text, the part of it that is compared, and what the index has under its keys.
#[derive(Debug)]
pub(crate) struct Analysed {
    pub(crate) text: Arc<Text>,
    pub(crate) body: Body,
    pub(crate) notes: Notes,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) under_keys: UnderKeys,
    /// All words of the text.
    pub(crate) listed: Vec<Listed>,
}

impl Analysed {
    /// What is kept of it.
    pub(crate) fn at_rest(&self) -> Held {
        Held {
            text: TextBytes::new(self.text.original()),
            body: Lexicon::pack(&self.body, &self.listed),
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
    pub(crate) fn known(&self) -> Known<'_> {
        Known { text: self, body: &self.body, figures: &self.notes.figures }
    }
}

impl Deref for AtRest<'_> {
    type Target = Text;

    fn deref(&self) -> &Text {
        // An article that left the window has no text; nobody compares with one.
        self.text.get_or_init(|| self.detector.open(self.number).unwrap_or_default())
    }
}
