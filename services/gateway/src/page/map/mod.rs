//! The reprint map. Each article is a strip: shared passages are coloured and numbered, quotations hatched,
//! own words plain. Ribbons join equal passages, so ribbons of moved passages cross.
//!
//! The functions are pure: they take texts and give SVG. Positions are percentages of the width, so the map
//! fits its page and its letters stay legible on a phone.

mod draw;
mod geometry;
mod passages;
mod quotations;

use std::ops::Range;

use wirefold_dedup::Overlap;

pub(super) use draw::{colour, draw};
pub(super) use passages::number;
pub(super) use quotations::{Quoted, letter, shared};

use crate::analysed_text::AnalysedText;

/// The most strips on one map; the rest are listed below it.
pub(super) const MAX_STRIPS: usize = 40;

/// The input of a map.
#[derive(Debug, Clone, Default)]
pub(super) struct MapInput {
    /// The content of the map in one sentence, for people who cannot see it.
    pub summary: String,
    /// The strips from top to bottom.
    pub strips: Vec<Strip>,
}

/// One article.
#[derive(Debug, Clone, Default)]
pub(super) struct Strip {
    /// A line above the strip where a new story begins.
    pub heading: Option<String>,
    /// The outlet.
    pub label: String,
    /// The text after the outlet: time, role, share.
    pub note: String,
    /// The words of its text.
    pub words: usize,
    /// Its numbered passages, in order and without overlap.
    pub pieces: Vec<Piece>,
    /// Its quotations, in order and without overlap.
    pub quotations: Vec<Range<usize>>,
    /// The quotations that the lead of another story has too.
    pub quoted: Vec<Quoted>,
}

/// A numbered passage in one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// Its words in the text.
    pub words: Range<usize>,
    /// Its number, which is the same in every text.
    pub number: usize,
    /// Whether it is out of the lead's order.
    pub moved: bool,
}

/// The texts of a story as strips: the lead, then each copy with its overlap. Numbers begin at `first`, and
/// the next free number is returned.
pub(super) fn story_strips(
    lead: &AnalysedText,
    copies: &[(&AnalysedText, &Overlap)],
    first: usize,
) -> (Vec<Strip>, usize) {
    let numbered = number(lead, copies, first);
    let next = numbered.lead.iter().map(|piece| piece.number + 1).max().unwrap_or(first);
    let strip = |reading: &AnalysedText, pieces: Vec<Piece>| Strip {
        words: reading.len(),
        pieces,
        quotations: reading.quotations(),
        ..Strip::default()
    };
    let mut strips = vec![strip(lead, numbered.lead)];
    let copies = copies.iter().zip(numbered.copies);
    strips.extend(copies.map(|((reading, _), pieces)| strip(reading, pieces)));
    (strips, next)
}
