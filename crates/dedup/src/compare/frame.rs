//! The frame of a page: what two pages of one outlet share around something of their own.

use std::ops::Range;

use crate::body::{Body, WORD_WEIGHT};
use crate::codec::bits::Bits;
use crate::compare::overlap::Passage;

/// Words of its own that a page must have in one piece for what is around it to be a frame.
const OWN_WORDS: u32 = 40;

/// Whether the passages that two pages of one outlet share are only their frame: they come in the
/// same order, and at one place, before, between or behind them, both pages have a long piece that
/// the other has not. Each body comes with the words of it that do not count.
pub(crate) fn is_frame(passages: &[Passage], here: (&Body, &Bits), there: (&Body, &Bits)) -> bool {
    let mut ends = (0, 0);
    let mut found = false;
    for passage in passages {
        let (mine, theirs) = (passage.here(), passage.there());
        if mine.start < ends.0 || theirs.start < ends.1 {
            return false;
        }
        found |= both_own((ends.0..mine.start, here), (ends.1..theirs.start, there));
        ends = (mine.end, theirs.end);
    }
    found || both_own((ends.0..here.0.len(), here), (ends.1..there.0.len(), there))
}

type Piece<'a> = (Range<usize>, (&'a Body, &'a Bits));

fn both_own(mine: Piece<'_>, theirs: Piece<'_>) -> bool {
    [mine, theirs].into_iter().all(|(range, (body, void))| {
        let counted = range.filter(|at| body.words[*at].counts() && !void.contains(*at));
        let weight: u32 = counted.map(|at| u32::from(body.words[at].weight)).sum();
        weight >= OWN_WORDS * WORD_WEIGHT
    })
}
