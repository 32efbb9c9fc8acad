//! The record of an article. The detector stores a million of them, so the parts that few articles
//! have are separate, and the parts that are seldom read are packed.

use std::ops::Deref;

use wirefold_text::Text;
use wirefold_text::extract::AgencyTrace;

use crate::body::Body;
use crate::body::fingerprint::ExactHash;
use crate::codec::bits::{Bits, PackedBits};
use crate::codec::written;
use crate::ids::{DocId, OutletId, StoryId};
use crate::judge::Article;
use crate::judge::notes::Notes;
use crate::store::text_store::StoredParts;

/// The record of an article.
#[derive(Debug, Clone)]
pub(crate) struct Doc {
    pub(crate) stored: StoredParts,
    pub(crate) exact: ExactHash,
    pub(crate) counted_shingles: u32,
    pub(crate) story: StoryId,
    /// The member through which it joined its story; its own number if it opened the story.
    pub(crate) joined: DocId,
    /// The weight of its words inside quotation marks.
    pub(crate) quoted: u32,
    pub(crate) outlet: Option<OutletId>,
    /// When it arrived, in seconds of stream time.
    pub(crate) time: i64,
    /// When it claims to be published, in seconds.
    pub(crate) published: i64,
    /// The positions of its words that other members of the story have too.
    pub(crate) common: PackedBits,
    relatives: Vec<Relative>,
    rare: Option<Box<RareParts>>,
}

/// The parts that few articles have.
#[derive(Debug, Clone, Default)]
struct RareParts {
    traces: Vec<AgencyTrace>,
    /// The positions of its words that are in other stories.
    foreign: PackedBits,
    /// The stories that it holds as a digest.
    holds: Vec<StoryId>,
}

/// Another article that shares a substantial part with this one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Relative {
    pub(crate) doc: DocId,
    /// The share of this article's counted words that are in the other, 0 to 1.
    pub(crate) covered: f64,
    pub(crate) shared_words: u32,
}

/// The facts about a new article before it is judged.
#[derive(Clone, Copy)]
pub(crate) struct NewDoc {
    pub(crate) exact: Option<u128>,
    pub(crate) counted_shingles: u32,
    pub(crate) quoted: u32,
    pub(crate) outlet: Option<OutletId>,
    pub(crate) time: i64,
    pub(crate) published: i64,
}

impl Doc {
    /// A new article in a story of its own. Its text is stored after it is judged.
    pub(crate) fn new(number: DocId, of: NewDoc) -> Doc {
        Doc {
            stored: StoredParts::default(),
            exact: ExactHash::new(of.exact),
            counted_shingles: of.counted_shingles,
            story: StoryId::of(number),
            joined: number,
            quoted: of.quoted,
            outlet: of.outlet,
            time: of.time,
            published: of.published,
            common: PackedBits::default(),
            relatives: Vec::new(),
            rare: None,
        }
    }

    /// The article as the judge sees it.
    pub(crate) fn article<'a>(
        &self,
        text: &'a (dyn Deref<Target = Text> + 'a),
        body: &'a Body,
        notes: &'a Notes,
    ) -> Article<'a> {
        Article {
            text,
            body,
            exact: self.exact.get(),
            counted_shingles: self.counted_shingles,
            simhash: notes.simhash,
            figures: &notes.figures,
            facts: &notes.facts,
            title: &notes.title,
        }
    }

    /// The earlier and later articles that share a substantial part with it.
    pub(crate) fn relatives(&self) -> &[Relative] {
        &self.relatives
    }

    pub(crate) fn add_relatives(&mut self, relatives: &[Relative]) {
        // Most articles have one or two. For a story of thousands, an exact reservation would copy
        // the whole list for each new one.
        if self.relatives.len() < MAX_EXACT_RELATIVES {
            self.relatives.reserve_exact(relatives.len());
        }
        self.relatives.extend_from_slice(relatives);
    }

    /// The agencies that its text credits or mentions, that of the byline first.
    pub(crate) fn traces(&self) -> &[AgencyTrace] {
        self.rare.as_ref().map_or(&[], |rare| &rare.traces)
    }

    pub(crate) fn set_traces(&mut self, traces: Vec<AgencyTrace>) {
        if !traces.is_empty() {
            self.rare_mut().traces = traces;
        }
    }

    /// Marks the positions of words that other members of the story have too.
    pub(crate) fn mark_common(&mut self, words: &Bits) {
        if words.count() > 0 {
            let mut marked = self.common.open();
            marked.extend(words);
            self.common = marked.pack();
        }
    }

    /// Marks the positions of words that are in other stories.
    pub(crate) fn mark_foreign(&mut self, words: &Bits) {
        if words.count() > 0 {
            let mut marked = self.foreign();
            marked.extend(words);
            self.set_foreign(&marked);
        }
    }

    /// The positions of its words that are in other stories.
    pub(crate) fn foreign(&self) -> Bits {
        self.rare.as_ref().map_or_else(Bits::default, |rare| rare.foreign.open())
    }

    pub(crate) fn set_foreign(&mut self, foreign: &Bits) {
        if self.rare.is_some() || foreign.count() > 0 {
            self.rare_mut().foreign = foreign.pack();
        }
    }

    /// The stories that it holds as a digest.
    pub(crate) fn holds(&self) -> &[StoryId] {
        self.rare.as_ref().map_or(&[], |rare| &rare.holds)
    }

    pub(crate) fn add_held(&mut self, story: StoryId) {
        self.rare_mut().holds.push(story);
    }

    fn rare_mut(&mut self) -> &mut RareParts {
        self.rare.get_or_insert_default()
    }
}

/// Up to this number of relatives, the list has no spare capacity.
const MAX_EXACT_RELATIVES: usize = 4;

written!(Doc {
    stored,
    exact,
    counted_shingles,
    story,
    joined,
    quoted,
    outlet,
    time,
    published,
    common,
    relatives,
    rare,
});
written!(RareParts { traces, foreign, holds });
written!(Relative { doc, covered, shared_words });

#[cfg(test)]
mod tests {
    use super::*;

    /// The detector stores a million of them.
    #[test]
    fn an_article_is_small_and_a_short_list_of_relatives_has_no_spare_capacity() {
        assert!(size_of::<Doc>() <= 144, "{}", size_of::<Doc>());
        let beginnings = NewDoc {
            exact: None,
            counted_shingles: 0,
            quoted: 0,
            outlet: None,
            time: 0,
            published: 0,
        };
        let mut doc = Doc::new(DocId(7), beginnings);
        for relative in 0..4 {
            doc.add_relatives(&[Relative { doc: DocId(relative), covered: 0.5, shared_words: 9 }]);
            assert_eq!(doc.relatives.capacity(), doc.relatives.len());
        }
        assert_eq!((doc.exact.get(), doc.traces().len(), doc.foreign().count()), (None, 0, 0));
        doc.mark_foreign(&Bits::default());
        assert!(doc.rare.is_none(), "nothing was marked");
    }
}
