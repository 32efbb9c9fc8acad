//! The layout of a map: horizontally in percent of the width, vertically in pixels.

use std::ops::Range;

use super::{MAX_STRIPS, MapInput, Strip};

/// The height of a strip in pixels.
pub(super) const STRIP: u32 = 22;
const HEADING: u32 = 30;
const LABEL: u32 = 20;
/// The space below a strip for ribbons and the numbers of narrow passages. Crowded maps have less.
const GAP: u32 = 26;
const SMALL_GAP: u32 = 16;
const CROWDED: usize = 12;
/// The width that a passage needs to contain its number, in percent for each digit.
const PER_DIGIT: f64 = 2.2;
/// The least distance between numbers below a strip, in percent.
const APART: f64 = 3.0;

/// A horizontal range, in percent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stretch {
    pub x: f64,
    pub width: f64,
}

impl Stretch {
    pub(super) fn end(self) -> f64 {
        self.x + self.width
    }

    pub(super) fn middle(self) -> f64 {
        self.x + self.width / 2.0
    }
}

/// The place of a passage's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NumberPlace {
    Inside,
    Below,
    /// There is no room. The table has the number.
    Nowhere,
}

/// A strip with its position. `pieces`, `quotations` and `quoted` are in the order of the input.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub heading_y: Option<u32>,
    pub label_y: u32,
    pub y: u32,
    pub strip: Stretch,
    pub pieces: Vec<(Stretch, NumberPlace)>,
    pub quotations: Vec<Stretch>,
    pub quoted: Vec<Stretch>,
}

/// The passage or quotation that a ribbon joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joins {
    /// A passage. `moved` if it is out of order in the lower strip.
    Passage { number: usize, moved: bool },
    /// A quotation.
    Quotation,
}

/// A ribbon from one strip down to a later one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ribbon {
    pub joins: Joins,
    pub from: Stretch,
    pub from_y: u32,
    pub to: Stretch,
    pub to_y: u32,
}

/// The whole map.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub rows: Vec<Row>,
    pub ribbons: Vec<Ribbon>,
    pub height: u32,
}

/// Computes all positions. The longest text has the whole width.
pub(super) fn lay_out(input: &MapInput) -> Layout {
    let strips = &input.strips[..input.strips.len().min(MAX_STRIPS)];
    let longest = strips.iter().map(|strip| strip.words).max().unwrap_or(0).max(1);
    let gap = if strips.len() > CROWDED { SMALL_GAP } else { GAP };
    let mut y = 0;
    let mut rows = Vec::with_capacity(strips.len());
    for strip in strips {
        let heading_y = strip.heading.as_ref().map(|_| {
            y += HEADING;
            y - 10
        });
        rows.push(row(strip, longest, heading_y, y));
        y += LABEL + STRIP + gap;
    }
    let ribbons = ribbons(strips, &rows);
    // The space below the last strip is only for numbers.
    Layout { rows, ribbons, height: y.saturating_sub(gap - SMALL_GAP) }
}

fn row(strip: &Strip, longest: usize, heading_y: Option<u32>, top: u32) -> Row {
    let stretch = |words: &Range<usize>| {
        let at = |word: usize| word.min(strip.words) as f64 * 100.0 / longest as f64;
        Stretch { x: at(words.start), width: (at(words.end) - at(words.start)).max(0.0) }
    };
    let mut below = f64::NEG_INFINITY;
    let pieces = strip.pieces.iter().map(|piece| {
        let place = stretch(&piece.words);
        let digits = if piece.number < 10 { 1.0 } else { 1.7 };
        if place.width >= PER_DIGIT * digits {
            return (place, NumberPlace::Inside);
        }
        if place.middle() < below + APART {
            return (place, NumberPlace::Nowhere);
        }
        below = place.middle();
        (place, NumberPlace::Below)
    });
    Row {
        heading_y,
        label_y: top + LABEL - 6,
        y: top + LABEL,
        strip: stretch(&(0..strip.words)),
        pieces: pieces.collect(),
        quotations: strip.quotations.iter().map(stretch).collect(),
        quoted: strip.quoted.iter().map(|quoted| stretch(&quoted.words)).collect(),
    }
}

/// A ribbon for every passage and quotation, from the nearest strip above that has it.
fn ribbons(strips: &[Strip], rows: &[Row]) -> Vec<Ribbon> {
    let mut ribbons = Vec::new();
    for (at, (strip, row)) in strips.iter().zip(rows).enumerate() {
        let above = Above { strips: &strips[..at], rows: &rows[..at] };
        for (piece, (to, _)) in strip.pieces.iter().zip(&row.pieces) {
            if let Some((from, from_y, was_moved)) = above.passage(piece.number) {
                let moved = piece.moved != was_moved;
                let joins = Joins::Passage { number: piece.number, moved };
                ribbons.push(Ribbon { joins, from, from_y, to: *to, to_y: row.y });
            }
        }
        for (quoted, to) in strip.quoted.iter().zip(&row.quoted) {
            if let Some((from, from_y)) = above.quotation(quoted.which) {
                let joins = Joins::Quotation;
                ribbons.push(Ribbon { joins, from, from_y, to: *to, to_y: row.y });
            }
        }
    }
    ribbons
}

/// The strips above one strip.
struct Above<'a> {
    strips: &'a [Strip],
    rows: &'a [Row],
}

impl Above<'_> {
    fn nearest(&self) -> impl Iterator<Item = (&Strip, &Row)> {
        self.strips.iter().zip(self.rows).rev()
    }

    /// The position of the passage, the lower end of its strip, and whether it is out of order.
    fn passage(&self, number: usize) -> Option<(Stretch, u32, bool)> {
        self.nearest().find_map(|(strip, row)| {
            let at = strip.pieces.iter().position(|piece| piece.number == number)?;
            Some((row.pieces[at].0, row.y + STRIP, strip.pieces[at].moved))
        })
    }

    /// The position of the quotation, and the lower end of its strip.
    fn quotation(&self, which: usize) -> Option<(Stretch, u32)> {
        self.nearest().find_map(|(strip, row)| {
            let at = strip.quoted.iter().position(|quoted| quoted.which == which)?;
            Some((row.quoted[at], row.y + STRIP))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Piece;
    use super::*;

    fn strip(words: usize, pieces: &[(Range<usize>, usize, bool)]) -> Strip {
        let piece = |(place, number, moved): &(Range<usize>, usize, bool)| Piece {
            words: place.clone(),
            number: *number,
            moved: *moved,
        };
        Strip { words, pieces: pieces.iter().map(piece).collect(), ..Strip::default() }
    }

    fn crosses(one: &Ribbon, other: &Ribbon) -> bool {
        (one.from.x - other.from.x) * (one.to.x - other.to.x) < 0.0
    }

    #[test]
    fn a_moved_passage_crosses_and_the_others_do_not() {
        let lead = strip(100, &[(0..30, 1, false), (30..60, 2, false), (60..100, 3, false)]);
        let copy = strip(100, &[(0..30, 1, false), (30..70, 3, false), (70..100, 2, true)]);
        let layout = lay_out(&MapInput { strips: vec![lead, copy], ..MapInput::default() });
        let [one, three, two] = &layout.ribbons[..] else { panic!("{:?}", layout.ribbons) };
        assert_eq!(two.joins, Joins::Passage { number: 2, moved: true });
        assert!(crosses(two, three));
        assert!(!crosses(one, two) && !crosses(one, three));
        assert_eq!((two.from.x, two.to.x), (30.0, 70.0));
    }

    #[test]
    fn a_ribbon_passes_over_strips_that_lack_the_passage() {
        let lead = strip(50, &[(0..20, 1, false)]);
        let other = strip(20, &[]);
        let copy = strip(100, &[(10..30, 1, false)]);
        let layout = lay_out(&MapInput { strips: vec![lead, other, copy], ..MapInput::default() });
        assert_eq!(layout.ribbons.len(), 1);
        assert_eq!(layout.ribbons[0].from_y, layout.rows[0].y + STRIP);
        assert_eq!(layout.ribbons[0].to_y, layout.rows[2].y);
    }

    #[test]
    fn an_empty_map_has_no_rows_and_a_crowd_is_cut() {
        assert!(lay_out(&MapInput::default()).rows.is_empty());
        let strips = vec![strip(10, &[(0..10, 1, false)]); MAX_STRIPS + 5];
        assert_eq!(lay_out(&MapInput { strips, ..MapInput::default() }).rows.len(), MAX_STRIPS);
    }

    #[test]
    fn everything_lies_within_its_strip_whatever_is_claimed() {
        let lengths = [0, 1, 7, 60, 500];
        let claims = [(0, 0), (0, 600), (3, 4), (59, 61), (500, 600)];
        for (words, (from, to)) in lengths.into_iter().flat_map(|l| claims.map(|claim| (l, claim)))
        {
            let claimed = Strip {
                quotations: vec![from..to, to..to + 2],
                ..strip(words, &[(from..to, 1, false), (to..to + 1, 30, true)])
            };
            let strips = vec![strip(120, &[(0..9, 1, false)]), claimed];
            let layout = lay_out(&MapInput { strips, ..MapInput::default() });
            for row in &layout.rows {
                assert!(row.strip.x == 0.0 && row.strip.end() <= 100.0);
                for place in row.pieces.iter().map(|(place, _)| place).chain(&row.quotations) {
                    assert!(place.x >= 0.0 && place.width >= 0.0, "{place:?}");
                    assert!(place.end() <= row.strip.end() + 1e-9, "{place:?}");
                }
                assert!(row.y + STRIP < layout.height);
            }
        }
    }
}
