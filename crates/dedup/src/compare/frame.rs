//! Recognises the frame of a page: words that two pages of one outlet share around texts of their
//! own.

use std::ops::Range;

use crate::body::{Body, WORD_WEIGHT};
use crate::codec::bits::Bits;
use crate::compare::passage::Passage;

/// Words in one piece that each page must have for itself. With fewer, what surrounds them is not a
/// frame.
const MIN_OWN_WORDS: u32 = 40;

/// Whether the passages that two pages of one outlet share are only their frame. They are if they
/// come in the same order in both, and both pages have a long piece of their own in one gap: before
/// the passages, between two of them or after them. The [`Bits`] mark words that do not count.
pub(crate) fn is_frame(passages: &[Passage], here: (&Body, &Bits), there: (&Body, &Bits)) -> bool {
    let mut ends = (0, 0);
    let mut found = false;
    for passage in passages {
        let (mine, theirs) = (passage.here(), passage.there());
        if mine.start < ends.0 || theirs.start < ends.1 {
            return false;
        }
        found |= both_have_own_text((ends.0..mine.start, here), (ends.1..theirs.start, there));
        ends = (mine.end, theirs.end);
    }
    found || both_have_own_text((ends.0..here.0.len(), here), (ends.1..there.0.len(), there))
}

type Piece<'a> = (Range<usize>, (&'a Body, &'a Bits));

fn both_have_own_text(mine: Piece<'_>, theirs: Piece<'_>) -> bool {
    [mine, theirs].into_iter().all(|(range, (body, uncounted))| {
        let counted = range.filter(|at| body.words[*at].is_counted() && !uncounted.contains(*at));
        let weight: u32 = counted.map(|at| u32::from(body.words[at].weight)).sum();
        weight >= MIN_OWN_WORDS * WORD_WEIGHT
    })
}
