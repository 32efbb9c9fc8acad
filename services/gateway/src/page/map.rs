//! The reprint map. Each article is a strip: shared passages are coloured and numbered, quotations hatched,
//! own words plain. Ribbons join equal passages, so ribbons of moved passages cross.
//!
//! The functions are pure: they take texts and give SVG. Positions are percentages of the width, so the map
//! fits its page and its letters stay legible on a phone. Colours are classes of the style sheet, because the
//! content security policy blocks style attributes.
//!
//! The lead is cut wherever a passage of a copy begins or ends. Each part that a copy has gets a number,
//! which is the same in all of them. A moved passage keeps its number. Quotations that the leads of several
//! stories share are joined too; they never count as copying.

use std::collections::BTreeMap;
use std::ops::Range;

use maud::{Markup, html};
use wirefold_fold::{Body, Overlap, Passage};

use crate::text::AnalysedText;

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
    let (of_lead, of_copies) = number(lead, copies, first);
    let next = of_lead.iter().map(|piece| piece.number + 1).max().unwrap_or(first);
    let strip = |reading: &AnalysedText, pieces: Vec<Piece>| Strip {
        words: reading.len(),
        pieces,
        quotations: reading.quotations(),
        ..Strip::default()
    };
    let mut strips = vec![strip(lead, of_lead)];
    let copies = copies.iter().zip(of_copies);
    strips.extend(copies.map(|((reading, _), pieces)| strip(reading, pieces)));
    (strips, next)
}

/// The most numbers on one map. If there are more, cuts that are close together become one.
const MAX_NUMBERS: usize = 24;
/// Cuts within this many words become one.
const NEAR: usize = 8;
/// Shorter parts of a passage are left out; in words.
const SHORTEST: usize = 4;

/// Numbers the parts that copies share with the lead, from `first` on. Returns the pieces of the lead and those of each
/// copy, in its order. An overlap compares a copy (here) with the lead (there).
fn number(
    lead: &AnalysedText,
    copies: &[(&AnalysedText, &Overlap)],
    first: usize,
) -> (Vec<Piece>, Vec<Vec<Piece>>) {
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
    (lead.collect(), copies)
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
    let piece =
        |(words, number)| Piece { words: copy.body.text_range(&words), number, moved: false };
    joined.into_iter().map(piece).collect()
}

/// The range of a part of the lead in the copy, by one passage: from its first to its last verbatim word.
fn across(passage: &Passage, part: &Range<usize>) -> Option<Range<usize>> {
    let words = passage.blocks.iter().filter_map(|block| {
        let (there, here) = (block.there as usize, block.here as usize);
        let from = part.start.max(there);
        let to = part.end.min(there + block.len as usize);
        (from < to).then(|| here + (from - there)..here + (to - there))
    });
    words.reduce(|first, last| first.start..last.end)
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

/// The most leads that are compared with each other, which limits the work for an event's page.
const MAX_LEADS: usize = 10;
/// A part of a quotation that two leads share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::page) struct Quoted {
    /// Its words in the text.
    pub words: Range<usize>,
    /// The number of the quotation, from 0. It is shown as a letter.
    pub which: usize,
}

/// The letter of a quotation: `a` to `z`, then `a2` and so on.
pub(in crate::page) fn letter(which: usize) -> String {
    let letter = char::from(b'a' + u8::try_from(which % 26).unwrap_or(0));
    match which / 26 {
        0 => letter.to_string(),
        round => format!("{letter}{}", round + 1),
    }
}

/// The quotations that each lead shares with others.
pub(in crate::page) fn shared(leads: &[&AnalysedText]) -> Vec<Vec<Quoted>> {
    let mut found: Vec<Vec<Quoted>> = vec![Vec::new(); leads.len()];
    let mut next = 0;
    for (there, old) in leads.iter().enumerate().take(MAX_LEADS) {
        for (here, new) in leads.iter().enumerate().take(MAX_LEADS).skip(there + 1) {
            for block in &Overlap::quotations_between(&new.body, &old.body) {
                let words = |body: &Body, start: u32| {
                    body.text_range(&(start as usize..(start + block.len) as usize))
                };
                let (left, right) = (words(&old.body, block.there), words(&new.body, block.here));
                let known = which(&found[there], &left).or_else(|| which(&found[here], &right));
                let which = known.unwrap_or(next);
                next = next.max(which + 1);
                add(&mut found[there], left, which);
                add(&mut found[here], right, which);
            }
        }
    }
    found.iter_mut().for_each(|quoted| quoted.sort_by_key(|quoted| quoted.words.start));
    found
}

fn which(quoted: &[Quoted], words: &Range<usize>) -> Option<usize> {
    quoted.iter().find(|known| meet(&known.words, words)).map(|quoted| quoted.which)
}

fn meet(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

fn add(quoted: &mut Vec<Quoted>, words: Range<usize>, which: usize) {
    match quoted.iter_mut().find(|quoted| quoted.which == which) {
        Some(known) if meet(&known.words, &words) => {
            known.words = known.words.start.min(words.start)..known.words.end.max(words.end);
        }
        Some(_) => {}
        None => quoted.push(Quoted { words, which }),
    }
}

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
    /// The upper end of the strip. Its label and heading are above it.
    pub y: u32,
    pub strip: Stretch,
    pub pieces: Vec<(Stretch, NumberPlace)>,
    pub quotations: Vec<Stretch>,
    pub quoted: Vec<Stretch>,
}

/// A ribbon from one strip down to a later one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ribbon {
    /// The passage that it joins; `None` for a quotation.
    pub number: Option<usize>,
    /// Whether the passage is out of order in one of the two strips.
    pub moved: bool,
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
        y += if strip.heading.is_some() { HEADING + LABEL } else { LABEL };
        rows.push(lay_out_row(strip, longest, y));
        y += STRIP + gap;
    }
    let ribbons = lay_out_ribbons(strips, &rows);
    // The space below the last strip is only for numbers.
    Layout { rows, ribbons, height: y.saturating_sub(gap - SMALL_GAP) }
}

fn lay_out_row(strip: &Strip, longest: usize, y: u32) -> Row {
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
        y,
        strip: stretch(&(0..strip.words)),
        pieces: pieces.collect(),
        quotations: strip.quotations.iter().map(stretch).collect(),
        quoted: strip.quoted.iter().map(|quoted| stretch(&quoted.words)).collect(),
    }
}

/// A ribbon for every passage and quotation, from the nearest strip above that has it.
fn lay_out_ribbons(strips: &[Strip], rows: &[Row]) -> Vec<Ribbon> {
    let mut ribbons = Vec::new();
    // Where the nearest strip above has each passage, and whether it is out of order there; and each quotation.
    let (mut passages, mut quotations) = (BTreeMap::new(), BTreeMap::new());
    for (strip, row) in strips.iter().zip(rows) {
        let (to_y, bottom) = (row.y, row.y + STRIP);
        let pieces = || strip.pieces.iter().zip(row.pieces.iter().map(|(place, _)| *place));
        let quoted = || strip.quoted.iter().zip(row.quoted.iter().copied());
        for (piece, to) in pieces() {
            if let Some((from, from_y, was_moved)) = passages.get(&piece.number).copied() {
                let (number, moved) = (Some(piece.number), piece.moved != was_moved);
                ribbons.push(Ribbon { number, moved, from, from_y, to, to_y });
            }
        }
        for (one, to) in quoted() {
            if let Some((from, from_y)) = quotations.get(&one.which).copied() {
                ribbons.push(Ribbon { number: None, moved: false, from, from_y, to, to_y });
            }
        }
        // Of several in a strip, the first counts.
        passages.extend(pieces().rev().map(|(it, place)| (it.number, (place, bottom, it.moved))));
        quotations.extend(quoted().rev().map(|(it, place)| (it.which, (place, bottom))));
    }
    ribbons
}

/// The colours of the style sheet. Numbers distinguish passages of the same colour.
const COLOURS: usize = 8;
/// The horizontal resolution of ribbons.
const FINE: f64 = 100.0;

/// The class of a passage's colour.
pub(in crate::page) fn colour(number: usize) -> String {
    format!("c{}", number.saturating_sub(1) % COLOURS + 1)
}

/// Draws the map.
pub(in crate::page) fn draw(input: &MapInput) -> Markup {
    let layout = lay_out(input);
    html! {
        svg.map width="100%" height=(layout.height) role="img" aria-label=(input.summary) {
            defs {
                pattern #hatch width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    line.hatch x1="0" y1="0" x2="0" y2="6" {}
                }
            }
            (ribbons(&layout))
            @for (strip, row) in input.strips.iter().zip(&layout.rows) {
                (draw_row(strip, row))
            }
        }
    }
}

/// The ribbons are in a drawing of their own, which is stretched to the width.
fn ribbons(layout: &Layout) -> Markup {
    let (width, height) = (100.0 * FINE, layout.height);
    let order = |moved: bool| layout.ribbons.iter().filter(move |ribbon| ribbon.moved == moved);
    let class = |ribbon: &Ribbon| ribbon.number.map_or_else(|| "quotation".to_owned(), colour);
    html! {
        svg.ribbons width="100%" height=(height) viewBox={ "0 0 " (width) " " (height) } preserveAspectRatio="none" aria-hidden="true" {
            @for ribbon in order(false).chain(order(true)) {
                path.(class(ribbon)).moved[ribbon.moved] data-p=[ribbon.number] d=(path(ribbon)) {}
            }
        }
    }
}

/// A band with soft sides from one strip down to the other.
fn path(ribbon: &Ribbon) -> String {
    let x = |at: f64| (at * FINE).round();
    let (y, to_y) = (ribbon.from_y, ribbon.to_y);
    let middle = y.midpoint(to_y);
    let (left, right) = (x(ribbon.from.x), x(ribbon.from.end()));
    let (to_left, to_right) = (x(ribbon.to.x), x(ribbon.to.end()));
    format!(
        "M{left} {y}C{left} {middle} {to_left} {middle} {to_left} {to_y}L{to_right} {to_y}\
         C{to_right} {middle} {right} {middle} {right} {y}Z"
    )
}

fn draw_row(strip: &Strip, row: &Row) -> Markup {
    html! {
        @if let Some(heading) = &strip.heading {
            text.heading x="0" y=(row.y - LABEL - 10) { (heading) }
        }
        text.label x="0" y=(row.y - 6) {
            tspan.outlet { (strip.label) }
            tspan.note { " \u{2002}" (strip.note) }
        }
        (bar("strip", row.strip, row.y))
        @for (piece, (place, number)) in strip.pieces.iter().zip(&row.pieces) {
            g.piece.(colour(piece.number)).moved[piece.moved] data-p=(piece.number) {
                title {
                    "passage " (piece.number) ", " (piece.words.len()) " words"
                    @if piece.moved { ", moved" }
                }
                (bar("", *place, row.y))
                @match number {
                    NumberPlace::Inside => (mark("number", piece.number, *place, row.y + STRIP - 6)),
                    NumberPlace::Below => (mark("number below", piece.number, *place, row.y + STRIP + 12)),
                    NumberPlace::Nowhere => {},
                }
            }
        }
        @for place in &row.quotations {
            (bar("quote", *place, row.y))
        }
        @for (quoted, place) in strip.quoted.iter().zip(&row.quoted) {
            text.letter x=(percent(place.middle())) y=(row.y + STRIP + 12) { (letter(quoted.which)) }
        }
    }
}

fn bar(class: &str, place: Stretch, y: u32) -> Markup {
    html! {
        rect class=[Some(class).filter(|class| !class.is_empty())] x=(percent(place.x)) y=(y) width=(percent(place.width)) height=(STRIP) {}
    }
}

fn mark(class: &str, number: usize, place: Stretch, y: u32) -> Markup {
    html! { text class=(class) x=(percent(place.middle())) y=(y) { (number) } }
}

fn percent(value: f64) -> String {
    format!("{value:.2}%")
}

#[cfg(test)]
mod tests {

    use super::*;

    const A: &str = "The council of the small river town voted on Monday to close the old bridge.";
    const B: &str = "Traders on the north bank fear that the detour will cost them their custom.";
    const C: &str = "An engineer had found long cracks in two of the five iron spans last winter.";

    fn numbered(lead: &str, copies: &[&str]) -> (Vec<Piece>, Vec<Vec<Piece>>) {
        let lead = AnalysedText::new(lead);
        let readings: Vec<AnalysedText> =
            copies.iter().map(|copy| AnalysedText::new(copy)).collect();
        let compare = |copy: &AnalysedText| Overlap::between(&copy.body, &lead.body);
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
        let (of_lead, of_copies) =
            numbered(&format!("{A} {B} {C}"), &[&format!("{A} {own} {C} {own} {B}")]);
        assert_eq!(numbers(&of_lead), [(1, false), (2, false), (3, false)]);
        assert_eq!(numbers(&of_copies[0]), [(1, false), (3, false), (2, true)]);
    }

    #[test]
    fn equal_passages_have_equal_numbers_in_every_copy() {
        let lead = format!("{A} {B} {C}");
        let (of_lead, of_copies) = numbered(&lead, &[&format!("{B} {C}"), &format!("{A} {B}"), C]);
        let words = |pieces: &[Piece], number| {
            pieces.iter().find(|piece| piece.number == number).map(|piece| piece.words.len())
        };
        for number in 1..=3 {
            let there = words(&of_lead, number);
            assert!(there.is_some());
            for copy in &of_copies {
                assert!(words(copy, number).is_none_or(|here| Some(here) == there));
            }
        }
        assert_eq!(numbers(&of_copies[2]), [(3, false)]);
    }

    #[test]
    fn pieces_lie_in_their_text_and_apart_however_often_a_passage_repeats() {
        let copy = format!("{B} {B} {A} {C} {A}");
        let (_, of_copies) = numbered(&format!("{A} {B} {A}"), &[&copy]);
        let words = AnalysedText::new(&copy).len();
        let pieces = &of_copies[0];
        assert!(!pieces.is_empty());
        assert!(pieces.iter().all(|piece| piece.words.end <= words));
        assert!(pieces.windows(2).all(|pair| pair[0].words.end <= pair[1].words.start));
    }

    #[test]
    fn numbers_are_bounded() {
        let words: Vec<String> = (0..4_000).map(|at| format!("w{at}")).collect();
        let lead = words.join(" ");
        let copy: Vec<String> = words.chunks(20).map(|chunk| chunk[..12].join(" ")).rev().collect();
        let (of_lead, _) = numbered(&lead, &[&copy.join(" ")]);
        assert!(of_lead.len() <= MAX_NUMBERS && !of_lead.is_empty(), "{}", of_lead.len());
    }

    #[test]
    fn strangers_share_nothing() {
        let (of_lead, of_copies) = numbered(A, &[B]);
        assert!(of_lead.is_empty() && of_copies[0].is_empty());
    }
}

#[cfg(test)]
mod tests_of_quotations {
    use super::*;

    #[test]
    fn one_quotation_has_one_letter_in_all_leads() {
        let speech = "“We are going to open the harbour again before the first snow comes,”";
        let texts = [
            format!("{speech} the mayor of the island said to us on Monday."),
            format!("In the town hall there was no doubt at all. {speech} said the mayor."),
            format!("It rained. The mayor, asked about it, was short. {speech} she answered."),
            "Nothing that anybody said is in this one.".to_owned(),
        ];
        let readings: Vec<AnalysedText> =
            texts.iter().map(|text| AnalysedText::new(text)).collect();
        let found = shared(&readings.iter().collect::<Vec<_>>());
        for (quoted, reading) in found.iter().zip(&readings).take(3) {
            assert_eq!(quoted.iter().map(|q| q.which).collect::<Vec<_>>(), [0]);
            assert!(quoted[0].words.end <= reading.len());
        }
        assert!(found[3].is_empty());
        assert_eq!((letter(0), letter(27)), ("a".to_owned(), "b2".to_owned()));
    }
}

#[cfg(test)]
mod tests_of_geometry {
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
        assert_eq!((two.number, two.moved), (Some(2), true));
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

#[cfg(test)]
mod tests_of_draw {
    use super::*;

    fn input() -> MapInput {
        let piece = |words, number, moved| Piece { words, number, moved };
        let strip = |pieces| Strip { words: 100, pieces, ..Strip::default() };
        MapInput {
            summary: "two texts".to_owned(),
            strips: vec![
                strip(vec![piece(0..40, 1, false), piece(40..41, 2, false)]),
                strip(vec![piece(0..1, 2, true), piece(10..50, 1, false)]),
            ],
        }
    }

    #[test]
    fn equal_passages_have_equal_numbers_and_colours() {
        let drawn = draw(&input()).into_string();
        for number in [1, 2] {
            let class = format!(r#"c{number}""#);
            assert_eq!(drawn.matches(&format!(r#"data-p="{number}""#)).count(), 3, "{drawn}");
            assert!(drawn.contains(&class), "{drawn}");
            assert_eq!(drawn.matches(&format!(">{number}</text>")).count(), 2, "{drawn}");
        }
        assert_eq!(drawn.matches("moved\"").count(), 2, "the piece and its ribbon: {drawn}");
    }

    #[test]
    fn nothing_is_a_style_and_everything_is_escaped() {
        let mut input = input();
        input.strips[0].label = "<script>alert(1)</script>".to_owned();
        input.strips[0].heading = Some("a < b".to_owned());
        input.strips[1].quoted = vec![Quoted { words: 3..9, which: 0 }];
        let drawn = draw(&input).into_string();
        assert!(!drawn.contains("style="), "{drawn}");
        assert!(!drawn.contains("<script"), "{drawn}");
        assert!(drawn.contains("&lt;script&gt;") && drawn.contains("a &lt; b"));
        assert!(drawn.contains(r#"class="letter""#));
    }

    #[test]
    fn at_most_forty_strips_are_drawn() {
        let strips = vec![input().strips[0].clone(); MAX_STRIPS + 1];
        let drawn = draw(&MapInput { strips, ..MapInput::default() }).into_string();
        assert_eq!(drawn.matches(r#"class="strip""#).count(), MAX_STRIPS);
    }
}
