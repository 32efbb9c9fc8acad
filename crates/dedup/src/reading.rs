//! Articles while they are looked at: the new one, and earlier ones of which mostly the body will do.

use std::cell::OnceCell;
use std::ops::Deref;
use std::sync::Arc;

use wirefold_text::Text;

use crate::body::Body;
use crate::detector::Detector;
use crate::index::DocId;

/// A text and the part of it that is compared.
#[derive(Debug)]
pub(crate) struct Analysed {
    pub(crate) text: Arc<Text>,
    pub(crate) body: Body,
}

/// The text of an earlier article, which is opened when somebody looks at it.
pub(crate) struct AtRest<'a> {
    detector: &'a Detector,
    doc: DocId,
    text: OnceCell<Arc<Text>>,
}

impl<'a> AtRest<'a> {
    pub(crate) fn new(detector: &'a Detector, doc: DocId) -> AtRest<'a> {
        AtRest { detector, doc, text: OnceCell::new() }
    }
}

impl Deref for AtRest<'_> {
    type Target = Text;

    fn deref(&self) -> &Text {
        // An article that left the window has no text; nobody compares with one.
        self.text.get_or_init(|| self.detector.open(self.doc).unwrap_or_default())
    }
}
