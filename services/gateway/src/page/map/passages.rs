//! Finds equal passages in the texts of a story.
//!
//! The lead is cut wherever a passage of a copy begins or ends. Each part that a copy has gets a number,
//! which is the same in all of them. A moved passage keeps its number.

use std::ops::Range;

use wirefold_dedup::{Overlap, Passage};

use super::Piece;
use crate::analysed_text::AnalysedText;

/// The most numbers on one map. If there are more, cuts that are close together become one.
const MAX_NUMBERS: usize = 24;
/// Cuts within this many words become one.
const NEAR: usize = 8;
/// Shorter parts of a passage are left out; in words.
const SHORTEST: usize = 4;

/// The numbered passages of one story.
#[derive(Debug, Clone, Default)]
pub(in crate::page) struct Numbered {
    /// The pieces of the lead, in its order.
    pub lead: Vec<Piece>,
    /// The pieces of each copy, in its order.
    pub copies: Vec<Vec<Piece>>,
}

/// Numbers the parts that copies share with the lead, from `first` on. `overlaps` compares each copy (here)
/// with the lead (there).
pub(in crate::page) fn number(
    lead: &AnalysedText,
    copies: &[(&AnalysedText, &Overlap)],
    first: usize,
) -> Numbered {
    let parts = cut(copies.iter().map(|(_, overlap)| *overlap));
    let pieces = |(copy, overlap): &(&AnalysedText, &Overlap)| {
        let mut pieces = found(copy, overlap, &parts, first);
        mark_moved(&mut pieces);
        pieces
    };
    let copies: Vec<Vec<Piece>> = copies.iter().map(pieces).collect();
    let is_used = |number: usize| copies.iter().flatten().any(|piece| piece.number == number);
    let lead = parts.iter().enumerate().filter(|(at, _)| is_used(first + at)).map(|(at, part)| {
        Piece { words: lead.body.text_range(part), number: first + at, moved: false }
    });
    Numbered { lead: lead.collect(), copies }
}

/// The parts of the lead that copies have, in words of the lead's body.
fn cut<'a>(overlaps: impl Iterator<Item = &'a Overlap> + Clone) -> Vec<Range<usize>> {
    let passages: Vec<Range<usize>> =
        overlaps.flat_map(|overlap| overlap.passages.iter().map(Passage::there)).collect();
    let mut places: Vec<usize> = passages.iter().flat_map(|p| [p.start, p.end]).collect();
    places.sort_unstable();
    places.dedup();
    let mut carried = vec![false; places.last().copied().unwrap_or(0)];
    passages.iter().for_each(|passage| carried[passage.clone()].fill(true));
    let mut near = NEAR;
    loop {
        let cuts = thinned(&places, near);
        let is_carried = |part: &Range<usize>| {
            let words = carried[part.clone()].iter().filter(|carried| **carried).count();
            words >= SHORTEST && words * 3 >= part.len()
        };
        let parts: Vec<Range<usize>> =
            cuts.windows(2).map(|pair| pair[0]..pair[1]).filter(is_carried).collect();
        if parts.len() <= MAX_NUMBERS {
            return parts;
        }
        near *= 2;
    }
}

/// The cuts without those less than `near` words after another. The last cut always stays.
fn thinned(places: &[usize], near: usize) -> Vec<usize> {
    let mut kept: Vec<usize> = Vec::new();
    for place in places.iter().copied() {
        if kept.last().is_none_or(|last| place >= last + near) {
            kept.push(place);
        }
    }
    if let (Some(last), Some(end)) = (kept.last_mut(), places.last()) {
        *last = *end;
    }
    kept
}

/// The parts in a copy, in its order, without overlap.
fn found(
    copy: &AnalysedText,
    overlap: &Overlap,
    parts: &[Range<usize>],
    first: usize,
) -> Vec<Piece> {
    let mut pieces: Vec<(Range<usize>, usize)> = Vec::new();
    for passage in &overlap.passages {
        for (at, part) in parts.iter().enumerate() {
            if let Some(words) = across(passage, part) {
                pieces.push((words, first + at));
            }
        }
    }
    pieces.sort_unstable_by_key(|(words, number)| (words.start, *number));
    let mut joined: Vec<(Range<usize>, usize)> = Vec::new();
    for (words, number) in pieces {
        match joined.last_mut() {
            Some((last, same)) if *same == number && words.start <= last.end + NEAR => {
                last.end = last.end.max(words.end);
            }
            Some((last, _)) => {
                let start = words.start.max(last.end);
                if start < words.end {
                    joined.push((start..words.end, number));
                }
            }
            None => joined.push((words, number)),
        }
    }
    joined.retain(|(words, _)| words.len() >= SHORTEST);
    let piece = |(words, number): (Range<usize>, usize)| Piece {
        words: copy.body.text_range(&words),
        number,
        moved: false,
    };
    joined.into_iter().map(piece).collect()
}

/// The range of a part of the lead in the copy, by one passage: from its first to its last verbatim word.
fn across(passage: &Passage, part: &Range<usize>) -> Option<Range<usize>> {
    let mut found: Option<Range<usize>> = None;
    for block in &passage.blocks {
        let (there, here) = (block.there as usize, block.here as usize);
        let from = part.start.max(there);
        let to = part.end.min(there + block.len as usize);
        if from < to {
            let words = here + (from - there)..here + (to - there);
            found = Some(found.map_or(words.start, |before| before.start)..words.end);
        }
    }
    found
}

/// Marks the parts out of the lead's order: all but the heaviest run of rising numbers.
fn mark_moved(pieces: &mut [Piece]) {
    let mut best: Vec<(usize, Option<usize>)> = Vec::with_capacity(pieces.len());
    for (at, piece) in pieces.iter().enumerate() {
        let before = (0..at)
            .filter(|before| pieces[*before].number <= piece.number)
            .max_by_key(|before| (best[*before].0, *before));
        let weight = before.map_or(0, |before| best[before].0) + piece.words.len();
        best.push((weight, before));
    }
    let mut next = (0..pieces.len()).max_by_key(|at| best[*at].0);
    pieces.iter_mut().for_each(|piece| piece.moved = true);
    while let Some(at) = next {
        pieces[at].moved = false;
        next = best[at].1;
    }
}

#[cfg(test)]
mod tests {
    use wirefold_dedup::Settings;

    use super::*;

    const A: &str = "The council of the small river town voted on Monday to close the old bridge.";
    const B: &str = "Traders on the north bank fear that the detour will cost them their custom.";
    const C: &str = "An engineer had found long cracks in two of the five iron spans last winter.";

    fn numbered(lead: &str, copies: &[&str]) -> Numbered {
        let lead = AnalysedText::new(lead);
        let readings: Vec<AnalysedText> =
            copies.iter().map(|copy| AnalysedText::new(copy)).collect();
        let compare =
            |copy: &AnalysedText| Overlap::between(&copy.body, &lead.body, &Settings::default());
        let overlaps: Vec<Overlap> = readings.iter().map(compare).collect();
        let pairs: Vec<(&AnalysedText, &Overlap)> = readings.iter().zip(&overlaps).collect();
        number(&lead, &pairs, 1)
    }

    fn numbers(pieces: &[Piece]) -> Vec<(usize, bool)> {
        pieces.iter().map(|piece| (piece.number, piece.moved)).collect()
    }

    #[test]
    fn a_moved_passage_keeps_its_number_and_is_marked() {
        let own = "Nobody had asked the ferryman, who was mending a net at the time.";
        let found = numbered(&format!("{A} {B} {C}"), &[&format!("{A} {own} {C} {own} {B}")]);
        assert_eq!(numbers(&found.lead), [(1, false), (2, false), (3, false)]);
        assert_eq!(numbers(&found.copies[0]), [(1, false), (3, false), (2, true)]);
    }

    #[test]
    fn equal_passages_have_equal_numbers_in_every_copy() {
        let lead = format!("{A} {B} {C}");
        let found = numbered(&lead, &[&format!("{B} {C}"), &format!("{A} {B}"), C]);
        let words = |pieces: &[Piece], number| {
            pieces.iter().find(|piece| piece.number == number).map(|piece| piece.words.len())
        };
        for number in 1..=3 {
            let there = words(&found.lead, number);
            assert!(there.is_some());
            for copy in &found.copies {
                assert!(words(copy, number).is_none_or(|here| Some(here) == there));
            }
        }
        assert_eq!(numbers(&found.copies[2]), [(3, false)]);
    }

    #[test]
    fn pieces_lie_in_their_text_and_apart_however_often_a_passage_repeats() {
        let copy = format!("{B} {B} {A} {C} {A}");
        let found = numbered(&format!("{A} {B} {A}"), &[&copy]);
        let words = AnalysedText::new(&copy).len();
        let pieces = &found.copies[0];
        assert!(!pieces.is_empty());
        assert!(pieces.iter().all(|piece| piece.words.end <= words));
        assert!(pieces.windows(2).all(|pair| pair[0].words.end <= pair[1].words.start));
    }

    #[test]
    fn numbers_are_bounded() {
        let words: Vec<String> = (0..4_000).map(|at| format!("w{at}")).collect();
        let lead = words.join(" ");
        let copy: Vec<String> = words.chunks(20).map(|chunk| chunk[..12].join(" ")).rev().collect();
        let found = numbered(&lead, &[&copy.join(" ")]);
        assert!(found.lead.len() <= MAX_NUMBERS && !found.lead.is_empty(), "{}", found.lead.len());
    }

    #[test]
    fn strangers_share_nothing() {
        let found = numbered(A, &[B]);
        assert!(found.lead.is_empty() && found.copies[0].is_empty());
    }
}
