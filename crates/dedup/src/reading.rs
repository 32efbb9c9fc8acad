//! Articles while they are looked at: the new one, and earlier ones of which mostly the body will do.

use std::cell::OnceCell;
use std::ops::Deref;
use std::sync::Arc;

use wirefold_text::Text;

use crate::body::Body;
use crate::detector::Detector;
use crate::doc::Doc;
use crate::fingerprint::Fingerprint;
use crate::index::{DocId, UnderKeys};
use crate::material::Known;
use crate::notes::Notes;

/// A text, the part of it that is compared, and what the index has under its keys.
#[derive(Debug)]
pub(crate) struct Analysed {
    pub(crate) text: Arc<Text>,
    pub(crate) body: Body,
    pub(crate) notes: Notes,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) under_keys: UnderKeys,
}

/// An earlier article, of which the text is opened when somebody looks at it.
pub(crate) struct AtRest<'a> {
    pub(crate) body: Body,
    pub(crate) notes: Notes,
    detector: &'a Detector,
    number: DocId,
    text: OnceCell<Arc<Text>>,
}

impl<'a> AtRest<'a> {
    pub(crate) fn new(detector: &'a Detector, number: DocId, doc: &Doc) -> AtRest<'a> {
        let held = doc.at_rest.open();
        let body = detector.lexicon.open(&held.body);
        AtRest { body, notes: held.notes.open(), detector, number, text: OnceCell::new() }
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
