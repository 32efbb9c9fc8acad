//! What the detector stores of an article. It stores a million of them: parts that few articles have are
//! separate, and parts that are seldom read are packed.

use std::ops::Deref;

use wirefold_text::Text;
use wirefold_text::extract::AgencyTrace;

use crate::body::Body;
use crate::body::fingerprint::Exact;
use crate::codec::bits::{Bits, PackedBits};
use crate::codec::written;
use crate::ids::{DocId, OutletId, StoryId};
use crate::judge::Article;
use crate::judge::notes::Notes;
use crate::store::text_store::Resting;

/// What the detector keeps of an article.
#[derive(Debug, Clone)]
pub(crate) struct Doc {
    pub(crate) at_rest: Resting,
    pub(crate) exact: Exact,
    pub(crate) counted_shingles: u32,
    pub(crate) story: StoryId,
    /// The member that it joined its story through; itself where it opened one.
    pub(crate) joined: DocId,
    /// The weight of its words inside quotation marks.
    pub(crate) quoted: u32,
    pub(crate) outlet: Option<OutletId>,
    pub(crate) time: i64,
    /// When it claims to be published, in seconds.
    pub(crate) published: i64,
    /// Words that other members of the story have too.
    pub(crate) common: PackedBits,
    kin: Vec<Relative>,
    rare: Option<Box<Rare>>,
}

/// What few articles have.
#[derive(Debug, Clone, Default)]
struct Rare {
    traces: Vec<AgencyTrace>,
    /// Words that stand in other stories.
    foreign: PackedBits,
    /// Stories that it turned out to hold.
    holds: Vec<StoryId>,
}

/// An article that shares a substantial part with another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Relative {
    pub(crate) doc: DocId,
    /// The share of this article's counted words that stand in the other, 0 to 1.
    pub(crate) covered: f64,
    pub(crate) shared_words: u32,
}

/// What is known of a new article before it is judged.
#[derive(Clone, Copy)]
pub(crate) struct Beginnings {
    pub(crate) exact: Option<u128>,
    pub(crate) counted_shingles: u32,
    pub(crate) quoted: u32,
    pub(crate) outlet: Option<OutletId>,
    pub(crate) time: i64,
    pub(crate) published: i64,
}

impl Doc {
    /// A new article, in a story of its own. What is kept of its text comes once it is judged.
    pub(crate) fn new(number: DocId, of: Beginnings) -> Doc {
        Doc {
            at_rest: Resting::default(),
            exact: Exact::new(of.exact),
            counted_shingles: of.counted_shingles,
            story: StoryId::of(number),
            joined: number,
            quoted: of.quoted,
            outlet: of.outlet,
            time: of.time,
            published: of.published,
            common: PackedBits::default(),
            kin: Vec::new(),
            rare: None,
        }
    }

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

    /// Articles before and after that share a substantial part.
    pub(crate) fn kin(&self) -> &[Relative] {
        &self.kin
    }

    pub(crate) fn add_kin(&mut self, relatives: &[Relative]) {
        // Most have one or two; a story of thousands must not be copied for each.
        if self.kin.len() < FEW {
            self.kin.reserve_exact(relatives.len());
        }
        self.kin.extend_from_slice(relatives);
    }

    /// The agencies that it names, the byline's first.
    pub(crate) fn traces(&self) -> &[AgencyTrace] {
        self.rare.as_ref().map_or(&[], |rare| &rare.traces)
    }

    pub(crate) fn set_traces(&mut self, traces: Vec<AgencyTrace>) {
        if !traces.is_empty() {
            self.rare_mut().traces = traces;
        }
    }

    /// Marks words that other members of the story have too.
    pub(crate) fn mark_common(&mut self, words: &Bits) {
        if words.count() > 0 {
            let mut marked = self.common.open();
            marked.extend(words);
            self.common = marked.pack();
        }
    }

    /// Marks words that stand in other stories.
    pub(crate) fn mark_foreign(&mut self, words: &Bits) {
        if words.count() > 0 {
            let mut marked = self.foreign();
            marked.extend(words);
            self.set_foreign(&marked);
        }
    }

    /// Words that stand in other stories.
    pub(crate) fn foreign(&self) -> Bits {
        self.rare.as_ref().map_or_else(Bits::default, |rare| rare.foreign.open())
    }

    pub(crate) fn set_foreign(&mut self, foreign: &Bits) {
        if self.rare.is_some() || foreign.count() > 0 {
            self.rare_mut().foreign = foreign.pack();
        }
    }

    /// Stories that it turned out to hold.
    pub(crate) fn holds(&self) -> &[StoryId] {
        self.rare.as_ref().map_or(&[], |rare| &rare.holds)
    }

    pub(crate) fn add_held(&mut self, story: StoryId) {
        self.rare_mut().holds.push(story);
    }

    fn rare_mut(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }
}

/// So many relatives are kept in no more room than they take.
const FEW: usize = 4;

written!(Doc {
    at_rest,
    exact,
    counted_shingles,
    story,
    joined,
    quoted,
    outlet,
    time,
    published,
    common,
    kin,
    rare,
});
written!(Rare { traces, foreign, holds });
written!(Relative { doc, covered, shared_words });

#[cfg(test)]
mod tests {
    use super::*;

    /// A million of them are kept.
    #[test]
    fn an_article_is_small_and_its_few_relatives_take_no_more_room_than_they_need() {
        assert!(size_of::<Doc>() <= 144, "{}", size_of::<Doc>());
        let beginnings = Beginnings {
            exact: None,
            counted_shingles: 0,
            quoted: 0,
            outlet: None,
            time: 0,
            published: 0,
        };
        let mut doc = Doc::new(DocId(7), beginnings);
        for relative in 0..4 {
            doc.add_kin(&[Relative { doc: DocId(relative), covered: 0.5, shared_words: 9 }]);
            assert_eq!(doc.kin.capacity(), doc.kin.len());
        }
        assert_eq!((doc.exact.get(), doc.traces().len(), doc.foreign().count()), (None, 0, 0));
        doc.mark_foreign(&Bits::default());
        assert!(doc.rare.is_none(), "nothing was marked");
    }
}
