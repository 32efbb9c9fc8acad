//! Articles at rest: the deflated text and a few bits, from which everything that is compared is made
//! again. An analysed article is some thirty times that, and most are never compared again.

use std::collections::BTreeMap;
use std::sync::Arc;

use miniz_oxide::deflate::core::{
    CompressorOxide, TDEFLFlush, compress, create_comp_flags_from_zip_params,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};
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
    /// The text, deflated (RFC 1951): about half.
    original: Box<[u8]>,
    /// The bytes of the text.
    len: u32,
    /// Which words of the text are in the body.
    kept: Bits,
    /// Which words of the text are boilerplate in the body.
    boilerplate: Bits,
}

impl Packed {
    pub(crate) fn new(analysed: &Analysed, press: &mut Press) -> Packed {
        let (mut kept, mut boilerplate) = (Bits::default(), Bits::default());
        for word in &analysed.body.words {
            kept.insert(word.index as usize);
            if word.boilerplate {
                boilerplate.insert(word.index as usize);
            }
        }
        let original = analysed.text.original();
        let len = u32::try_from(original.len()).expect("articles are cut long before 4 GB");
        Packed { original: press.deflate(original), len, kept, boilerplate }
    }

    /// The article as it was.
    pub(crate) fn open(&self, press: &mut Press) -> Analysed {
        let text = Text::new(&press.inflate(&self.original, self.len as usize));
        let mut body = Body::unmasked(&text);
        body.words.retain(|word| self.kept.contains(word.index as usize));
        for word in &mut body.words {
            word.boilerplate = self.boilerplate.contains(word.index as usize);
        }
        Analysed { text, body }
    }
}

/// What texts are deflated and inflated with: each has tables that are larger than most texts.
pub(crate) struct Press {
    deflating: CompressorOxide,
    inflating: DecompressorOxide,
    /// Used anew for each text.
    deflated: Vec<u8>,
}

/// The fastest there is; twice the time would save a tenth more.
const LEVEL: i32 = 1;
/// No header, no checksum: nobody else reads it.
const RAW_WINDOW: i32 = -15;

impl Default for Press {
    fn default() -> Press {
        let flags = create_comp_flags_from_zip_params(LEVEL, RAW_WINDOW, 0);
        Press {
            deflating: CompressorOxide::new(flags),
            inflating: DecompressorOxide::new(),
            deflated: Vec::new(),
        }
    }
}

impl std::fmt::Debug for Press {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Press")
    }
}

impl Press {
    fn deflate(&mut self, text: &str) -> Box<[u8]> {
        self.deflating.reset();
        // More than a text takes that cannot be made smaller.
        self.deflated.resize(text.len() + text.len() / 8 + 64, 0);
        let (text, finish) = (text.as_bytes(), TDEFLFlush::Finish);
        let (_, taken, given) = compress(&mut self.deflating, text, &mut self.deflated, finish);
        assert_eq!(taken, text.len(), "there is room for all of it");
        self.deflated[..given].into()
    }

    fn inflate(&mut self, deflated: &[u8], len: usize) -> String {
        self.inflating.init();
        let mut text = vec![0; len];
        let whole = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let (_, _, given) = decompress(&mut self.inflating, deflated, &mut text, 0, whole);
        assert_eq!(given, len, "it was deflated here");
        String::from_utf8(text).expect("it was a text")
    }
}

/// The articles that were compared last, analysed: copies come in swarms.
#[derive(Debug, Default)]
pub(crate) struct Opened {
    held: FxHashMap<DocId, (u64, Arc<Analysed>)>,
    /// By the time of their last use.
    order: BTreeMap<u64, DocId>,
    uses: u64,
    pub(crate) press: Press,
}

/// Analysed articles held at once: some 7 MB.
const HELD: usize = 160;

impl Opened {
    /// The article, analysed anew where it is not held.
    pub(crate) fn get(&mut self, doc: DocId, packed: &Packed) -> Arc<Analysed> {
        let analysed = match self.held.get(&doc) {
            Some((_, analysed)) => analysed.clone(),
            None => Arc::new(packed.open(&mut self.press)),
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
            let mut press = Press::default();
            let packed = Packed::new(&before, &mut press);
            let after = packed.open(&mut press);
            prop_assert_eq!(after.text.original(), before.text.original());
            prop_assert_eq!(&after.body, &before.body);
            prop_assert_eq!(after.text.words(), before.text.words());
        }
    }

    #[test]
    fn the_least_used_is_let_go() {
        let article = || Analysed { text: Text::new("one two"), body: Body::default() };
        let mut opened = Opened::default();
        let packed = Packed::new(&article(), &mut opened.press);
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
