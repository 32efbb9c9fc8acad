//! Draws a flame graph (Gregg 2016): a rectangle for each function on a stack, as wide as its share of
//! samples, with its callees above it in order of names.

use std::fmt::Write as _;

use super::stacks::{Frame, Stacks};
use crate::commands::bench::news::escaped;

const WIDTH: f64 = 1_200.0;
const ROW: f64 = 17.0;
/// The space above and below the flames.
const MARGIN: f64 = 30.0;
/// Narrower rectangles are left out.
const NARROWEST: f64 = 0.6;
/// The width of a letter, to compute how many fit into a rectangle.
const LETTER: f64 = 6.6;

/// The picture of all stacks.
pub(super) fn drawn(stacks: &Stacks, title: &str) -> String {
    let scale = WIDTH / stacks.samples().max(1) as f64;
    let height = 2.0 * MARGIN + ROW * depth(&stacks.bottom, scale) as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"monospace\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fffdf7\"/>\n\
         <text x=\"{}\" y=\"20\" text-anchor=\"middle\" font-size=\"15\">{}</text>\n",
        WIDTH / 2.0,
        escaped(title)
    );
    let all = stacks.samples();
    draw_called(&mut svg, &stacks.bottom, 0.0, height - MARGIN, scale, all);
    let _ = writeln!(
        svg,
        "<text x=\"4\" y=\"{}\">{all} looks. Orange: crates/dedup; blue: crates/text; red: memory asked for, \
         given back or copied; grey: all else.</text>\n</svg>",
        height - 10.0
    );
    svg
}

/// The number of rows with a rectangle that is wide enough.
fn depth(frame: &Frame, scale: f64) -> usize {
    let wide = frame.called.values().filter(|its| its.samples as f64 * scale >= NARROWEST);
    wide.map(|its| 1 + depth(its, scale)).max().unwrap_or(0)
}

/// Draws the callees of a frame from `x` on, with their lower edge at `y`.
fn draw_called(svg: &mut String, frame: &Frame, x: f64, y: f64, scale: f64, all: u64) {
    let mut left = x;
    for (name, called) in &frame.called {
        let width = called.samples as f64 * scale;
        if width >= NARROWEST {
            let share = 100.0 * called.samples as f64 / all as f64;
            let top = y - ROW;
            let _ = writeln!(
                svg,
                "<g><title>{} ({share:.1} %)</title><rect x=\"{left:.1}\" y=\"{top:.1}\" \
                 width=\"{:.1}\" height=\"{:.1}\" fill=\"{}\"/>{}</g>",
                escaped(name),
                (width - 0.4).max(0.2),
                ROW - 1.0,
                colour(name),
                label(name, left, y, width)
            );
            draw_called(svg, called, left, top, scale, all);
        }
        left += width;
    }
}

/// As much of a name as fits, with its end, which says what the function does.
fn label(name: &str, x: f64, y: f64, width: f64) -> String {
    let room = (width / LETTER) as usize;
    if room < 4 {
        return String::new();
    }
    let last = name.rmatch_indices("::").nth(1).map_or(name, |(at, _)| &name[at + 2..]);
    let shown: String = last.chars().take(room - 1).collect();
    format!("<text x=\"{:.1}\" y=\"{:.1}\">{}</text>", x + 2.0, y - 5.0, escaped(&shown))
}

fn colour(name: &str) -> &'static str {
    const MEMORY: [&str; 5] = ["alloc", "free", "memmove", "memset", "memcpy"];
    // Functions of the C library have no module.
    let is_of_memory = !name.contains("::") && MEMORY.iter().any(|part| name.contains(part));
    match name {
        _ if name.starts_with("text::") => "#8fb8de",
        _ if name.starts_with("dedup::") => "#f3b167",
        _ if is_of_memory => "#e58a7b",
        _ => "#cfcfc8",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_function_is_as_wide_as_it_was_often_there() {
        let script = "1 a::inner\n2 observe\n\n1 text::b\n2 observe\n\n1 text::b\n2 observe\n\n2 observe\n\n";
        let svg = drawn(&Stacks::read(script, "observe"), "a < b");
        assert!(svg.contains("<title>observe (100.0 %)</title>"), "{svg}");
        assert!(svg.contains("<title>text::b (50.0 %)</title><rect x=\"300.0\""), "{svg}");
        assert!(svg.contains("a &lt; b"), "{svg}");
    }
}
