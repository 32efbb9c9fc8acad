//! The drawing of our crates, docs/crates.svg, made from `cargo metadata`.
//!
//! `WIREFOLD_BLESS=1 cargo test -p wirefold --test it drawing` writes it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use super::graph::Graph;
use super::layers::{Layers, Slot};
use super::tree;

const FILE: &str = "docs/crates.svg";
/// Developers' tasks, which use everything and which nothing uses.
const LEFT_OUT: [&str; 1] = ["xtask"];

const WIDTH: usize = 1080;
const BOX: (usize, usize) = (116, 32);
const GAP: usize = 14;
const BETWEEN_LAYERS: usize = 118;
const TOP: usize = 56;

/// The kinds of crates, with colour and meaning.
const KINDS: [(&str, &str, &str); 5] = [
    ("binary", "#3d3a34", "the binary"),
    ("service", "#1f5fa8", "a service"),
    ("bus", "#8a5a00", "the bus, and what uses the network"),
    ("contract", "#8c2f66", "the contract"),
    ("pure", "#2f7040", "a pure crate: no I/O, clock or log"),
];

fn kind_of(folder: &str) -> &'static str {
    match folder {
        "crates/wirefold" => "binary",
        "proto" => "contract",
        _ if folder.starts_with("services/") => "service",
        "crates/flow" | "crates/flow-nats" | "crates/flow-sqlite" | "crates/envelope"
        | "crates/http-client" => "bus",
        _ => "pure",
    }
}

/// The horizontal middle of each slot, by layer.
fn middles<'a>(layers: &Layers<'a>) -> Vec<BTreeMap<Slot<'a>, usize>> {
    let width = |slot: &Slot<'_>| match slot {
        Slot::Crate(_) => BOX.0,
        Slot::Gap(..) => GAP,
    };
    let in_layer = |layer: &Vec<Slot<'a>>| {
        let taken: usize = layer.iter().map(width).sum();
        let space = WIDTH.saturating_sub(taken) / (layer.len() + 1);
        let mut left = space;
        let middle = |slot: &Slot<'a>| {
            let at = left + width(slot) / 2;
            left += width(slot) + space;
            (*slot, at)
        };
        layer.iter().map(middle).collect()
    };
    layers.layers.iter().map(in_layer).collect()
}

fn drawn(graph: &Graph) -> String {
    let layers = Layers::of(graph, &LEFT_OUT);
    let middles = middles(&layers);
    let top_of = |layer: usize| TOP + layer * BETWEEN_LAYERS;
    let height = top_of(layers.layers.len().saturating_sub(1)) + BOX.1 + 24;
    let kinds: BTreeMap<&str, &str> =
        graph.members().map(|(name, folder, _)| (name, kind_of(folder))).collect();
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\" font-family=\"system-ui, sans-serif\">\n\
         <title>The crates of wirefold. An arrow points from a crate to one that it uses; arrows that \
         follow from others are left out.</title>\n\
         <!-- Generated: the test tidy::crates::drawing rewrites this file if WIREFOLD_BLESS=1. -->\n\
         <defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"6\" \
         markerHeight=\"6\" orient=\"auto\"><path d=\"M0 0 8 4 0 8z\" fill=\"#77736a\"/></marker></defs>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fffefa\"/>\n"
    );
    legend(&mut svg);
    for arrow in &layers.arrows {
        let color = color(kinds.get(arrow.0).copied().unwrap_or_default());
        let path = curve(&layers.way(*arrow), &middles, top_of);
        write_line(
            &mut svg,
            format_args!(
                "<path d=\"{path}\" fill=\"none\" stroke=\"{color}\" stroke-opacity=\".55\" \
             stroke-width=\"1.3\" marker-end=\"url(#head)\"/>"
            ),
        );
    }
    for (at, layer) in middles.iter().enumerate() {
        for (slot, middle) in layer {
            if let Slot::Crate(name) = slot {
                let color = color(kinds.get(name).copied().unwrap_or_default());
                draw_box(&mut svg, name, color, middle - BOX.0 / 2, top_of(at));
            }
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn color(kind: &str) -> &'static str {
    KINDS.iter().find(|(name, ..)| *name == kind).map_or("#3d3a34", |(_, color, _)| color)
}

fn write_line(svg: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(svg, "{line}").expect("a String takes all");
}

fn legend(svg: &mut String) {
    let mut left = 24;
    for (_, color, meaning) in KINDS {
        write_line(
            svg,
            format_args!(
                "<rect x=\"{left}\" y=\"16\" width=\"12\" height=\"12\" rx=\"3\" fill=\"{color}\"/>\
             <text x=\"{}\" y=\"26\" font-size=\"12\" fill=\"#3d3a34\">{meaning}</text>",
                left + 18
            ),
        );
        left += 44 + meaning.len() * 13 / 2;
    }
}

/// A curve through the slots of an arrow, vertical at each of them.
fn curve(
    way: &[Slot<'_>],
    middles: &[BTreeMap<Slot<'_>, usize>],
    top_of: impl Fn(usize) -> usize,
) -> String {
    let first = middles.iter().position(|layer| layer.contains_key(&way[0])).unwrap_or_default();
    let mut path = String::new();
    for (step, slot) in way.iter().enumerate() {
        let layer = first + step;
        let x = middles[layer].get(slot).copied().unwrap_or_default();
        let (top, bottom) = (top_of(layer), top_of(layer) + BOX.1);
        if step == 0 {
            write!(path, "M{x} {bottom}").expect("a String takes all");
            continue;
        }
        let above = top_of(layer - 1) + BOX.1;
        let half = (top - above) / 2;
        let before = middles[layer - 1].get(&way[step - 1]).copied().unwrap_or_default();
        write!(path, " C{before} {} {x} {} {x} {top}", above + half, top - half)
            .expect("a String takes all");
        if step + 1 < way.len() {
            write!(path, " V{bottom}").expect("a String takes all");
        }
    }
    path
}

fn draw_box(svg: &mut String, name: &str, color: &str, left: usize, top: usize) {
    let short = name.strip_prefix("wirefold-").unwrap_or(name);
    let (width, height) = BOX;
    write_line(
        svg,
        format_args!(
            "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"#ffffff\" \
         stroke=\"{color}\" stroke-width=\"1.6\"/>\
         <text x=\"{}\" y=\"{}\" font-size=\"14\" font-weight=\"600\" text-anchor=\"middle\" \
         fill=\"{color}\">{short}</text>",
            left + width / 2,
            top + height / 2 + 5
        ),
    );
}

#[expect(clippy::disallowed_methods, reason = "a test asks whether to write the drawing")]
#[test]
fn the_drawing_of_the_crates_is_up_to_date() {
    let (drawing, path) = (drawn(&Graph::read()), tree::root().join(FILE));
    if std::env::var_os("WIREFOLD_BLESS").is_some() {
        fs::write(&path, &drawing).expect("the checkout can be written");
    }
    let stored = fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == drawing, "{FILE} is out of date: run with WIREFOLD_BLESS=1");
}

#[test]
fn a_crate_and_its_arrow_are_drawn() {
    let graph = Graph::planted(&[
        ("wirefold", "crates/wirefold", &["wirefold-text"]),
        ("wirefold-text", "crates/text", &[]),
        ("xtask", "xtask", &["wirefold-text"]),
    ]);
    let svg = drawn(&graph);
    let arrow = "d=\"M540 88 C540 131 540 131 540 174\"";
    assert!(svg.contains(arrow) && svg.contains(">text</text>"), "{svg}");
    assert_eq!((svg.matches("<path").count(), svg.contains("xtask")), (2, false));
}
