//! Draws the map as SVG. Colours are classes of the style sheet, because the content security policy blocks
//! style attributes.

use maud::{Markup, html};

use super::geometry::{Joins, Layout, NumberPlace, Ribbon, Row, STRIP, Stretch, lay_out};
use super::{MapInput, Strip, letter};

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
    let order = |moved: bool| layout.ribbons.iter().filter(move |ribbon| is_moved(ribbon) == moved);
    html! {
        svg.ribbons width="100%" height=(height) viewBox={ "0 0 " (width) " " (height) } preserveAspectRatio="none" aria-hidden="true" {
            @for ribbon in order(false).chain(order(true)) {
                path.(class(ribbon)).moved[is_moved(ribbon)] data-p=[passage(ribbon)] d=(path(ribbon)) {}
            }
        }
    }
}

fn is_moved(ribbon: &Ribbon) -> bool {
    matches!(ribbon.joins, Joins::Passage { moved: true, .. })
}

fn class(ribbon: &Ribbon) -> String {
    match ribbon.joins {
        Joins::Passage { number, .. } => colour(number),
        Joins::Quotation => "quotation".to_owned(),
    }
}

fn passage(ribbon: &Ribbon) -> Option<usize> {
    match ribbon.joins {
        Joins::Passage { number, .. } => Some(number),
        Joins::Quotation => None,
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
        @if let (Some(heading), Some(y)) = (&strip.heading, row.heading_y) {
            text.heading x="0" y=(y) { (heading) }
        }
        text.label x="0" y=(row.label_y) {
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
    use super::super::{MAX_STRIPS, Piece, Quoted};
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
