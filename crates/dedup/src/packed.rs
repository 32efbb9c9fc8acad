//! Articles at rest: the text and a few bits, from which everything that is compared is made
//! again. An analysed article is some fifteen times its text, and most are never compared again.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use wirefold_text::Text;

use crate::bits::Bits;
use crate::body::Body;
use crate::index::DocId;

/// A text and the part of it that is compared.
#[derive(Debug)]
pub(crate) struct Analysed {
    pub(crate) text: Text,
    pub(crate) body: Body,
}

/// An [`Analysed`] article at rest.
#[derive(Debug)]
pub(crate) struct Packed {
    original: Box<str>,
    /// Which words of the text are in the body.
    kept: Bits,
    /// Which words of the text are boilerplate in the body.
    boilerplate: Bits,
}

impl Packed {
    pub(crate) fn new(analysed: &Analysed) -> Packed {
        let (mut kept, mut boilerplate) = (Bits::default(), Bits::default());
        for word in &analysed.body.words {
            kept.insert(word.index as usize);
            if word.boilerplate {
                boilerplate.insert(word.index as usize);
            }
        }
        Packed { original: analysed.text.original().into(), kept, boilerplate }
    }

    /// The article as it was.
    pub(crate) fn open(&self) -> Analysed {
        let text = Text::new(&self.original);
        let mut body = Body::unmasked(&text);
        body.words.retain(|word| self.kept.contains(word.index as usize));
        for word in &mut body.words {
            word.boilerplate = self.boilerplate.contains(word.index as usize);
        }
        Analysed { text, body }
    }
}

/// The articles that were compared last, analysed: copies come in swarms.
#[derive(Debug, Default)]
pub(crate) struct Opened {
    held: FxHashMap<DocId, (u64, Arc<Analysed>)>,
    /// By the time of their last use.
    order: BTreeMap<u64, DocId>,
    uses: u64,
}

/// Analysed articles held at once: some 12 MB.
const HELD: usize = 256;

impl Opened {
    /// The article, analysed anew where it is not held.
    pub(crate) fn get(&mut self, doc: DocId, packed: &Packed) -> Arc<Analysed> {
        let analysed = match self.held.get(&doc) {
            Some((_, analysed)) => analysed.clone(),
            None => Arc::new(packed.open()),
        };
        self.hold(doc, analysed.clone());
        analysed
    }

    /// Holds an article, and lets go of the one that was not used for longest.
    pub(crate) fn hold(&mut self, doc: DocId, analysed: Arc<Analysed>) {
        self.uses += 1;
        if let Some((used, _)) = self.held.insert(doc, (self.uses, analysed)) {
            self.order.remove(&used);
        }
        self.order.insert(self.uses, doc);
        if self.held.len() > HELD
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.held.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_opened_article_is_as_it_was(text in "([A-Za-z0-9]{1,8}[ .,“”\n]{1,2}){0,60}", hidden in 0u32..5) {
            let text = Text::new(&text);
            let mut body = Body::masked(&text, |paragraph| paragraph == hidden);
            body.words.iter_mut().step_by(3).for_each(|word| word.boilerplate = true);
            let before = Analysed { text, body };
            let after = Packed::new(&before).open();
            prop_assert_eq!(&after.body, &before.body);
            prop_assert_eq!(after.text.words(), before.text.words());
        }
    }

    #[test]
    fn the_least_used_is_let_go() {
        let article = || Analysed { text: Text::new("one two"), body: Body::default() };
        let packed = Packed::new(&article());
        let mut opened = Opened::default();
        for doc in 0..u32::try_from(HELD).unwrap() {
            opened.hold(doc, Arc::new(article()));
        }
        let first = opened.get(0, &packed);
        opened.hold(9_999, Arc::new(article()));
        assert_eq!(opened.held.len(), HELD);
        assert!(Arc::ptr_eq(&first, &opened.get(0, &packed)), "it was used a moment ago");
        assert!(!opened.held.contains_key(&1));
    }
}
