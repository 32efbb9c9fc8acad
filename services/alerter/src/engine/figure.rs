//! The figures in the title and lede of one text.

use std::ops::Range;
use std::sync::Arc;

use wirefold_proto::StoryId;
use wirefold_text::Text;
use wirefold_text::extract::numbers;

use super::figure_roles::{Role, noun_at, role_at};

/// The first paragraph with this many words is a lede: see [`Text::lede`].
const LEAST_OF_LEDE: usize = 8;

/// A number in a title or lede.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Figure {
    pub(super) role: Option<Role>,
    /// The counted thing, if the number has no role.
    pub(super) noun: Option<String>,
    pub(super) value: String,
}

impl Figure {
    /// The number, as digits.
    pub(super) fn value(&self) -> String {
        self.value.clone()
    }
}

/// The figures of one article, with its source.
#[derive(Debug, Clone)]
pub(super) struct FigureReport {
    pub(super) figures: Arc<[Figure]>,
    /// The number that the detector found to be new to the event.
    pub(super) new_number: Option<String>,
    pub(super) source: String,
    pub(super) story: StoryId,
    /// Whether this source alone is enough, such as an agency or a correction.
    pub(super) is_enough: bool,
    /// Whether it is a correction, whose reason already gives the figure.
    pub(super) corrects: bool,
}

/// The figures of title and lede.
pub(super) fn figures_of(title: &str, opening: &str) -> Arc<[Figure]> {
    let title = Text::new(title);
    let of_title = 0..title.words().len();
    let mut found = Vec::new();
    for (text, words) in [(title, of_title), with_lede(opening)] {
        add_figures(&text, words, &mut found);
    }
    found.into()
}

fn add_figures(text: &Text, words: Range<usize>, found: &mut Vec<Figure>) {
    let all = numbers(text, words);
    for (at, number) in all.iter().enumerate() {
        let span_of = |place: usize| all.get(place).map(|other| other.span);
        let before = at.checked_sub(1).and_then(span_of).map_or(0, |span| span.end);
        let behind = span_of(at + 1).map_or(text.original().len(), |span| span.start);
        let role = role_at(text.original(), number.span, before..behind);
        let noun = role.is_none().then(|| noun_at(text.original(), number.span)).flatten();
        let figure = Figure { role, noun, value: number.value.clone() };
        if !found.contains(&figure) {
            found.push(figure);
        }
    }
}

/// The part of an opening that its lede needs, and the range of the lede.
fn with_lede(opening: &str) -> (Text, Range<usize>) {
    if let Some(found) = first_paragraph(opening).and_then(lede_of_paragraph) {
        return found;
    }
    let text = Text::new(opening);
    let lede = text.lede();
    (text, lede)
}

/// The first paragraph, if it is one line before an empty line, so that nothing after it can change its end.
fn first_paragraph(opening: &str) -> Option<&str> {
    let (first, _) = opening.split_once("\n\n")?;
    let is_break = |c: char| matches!(c, '\n'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}');
    (!first.contains(is_break)).then_some(first)
}

/// A first paragraph that is the lede whatever follows it: running text of at least a lede's length.
fn lede_of_paragraph(paragraph: &str) -> Option<(Text, Range<usize>)> {
    let text = Text::new(paragraph);
    let lede = text.lede();
    let counted = text.words()[lede.clone()].iter().filter(|word| !word.is_chrome).count();
    (counted >= LEAST_OF_LEDE).then_some((text, lede))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_lede_alone_says_the_same_figures(
            opening in "((The|ferry|hit|14|dead|60|metres|21|per cent|\"|\\.|in|and|men|two|killed|read more) ?|\n|\n\n){0,60}",
        ) {
            let whole = Text::new(&opening);
            let (mut of_whole, mut of_lede) = (Vec::new(), Vec::new());
            add_figures(&whole, whole.lede(), &mut of_whole);
            let (text, words) = with_lede(&opening);
            add_figures(&text, words.clone(), &mut of_lede);
            prop_assert_eq!(of_lede, of_whole);
            prop_assert_eq!(words, whole.lede());
        }
    }

    #[test]
    fn a_lede_before_an_empty_line_is_searched_alone() {
        let long = "A wave of 60 metres hit the harbour of Brenmouth on Monday.";
        for (opening, is_alone) in [
            (format!("{long}\n\nTwo ferries sank."), true),
            (format!("{long}\nTwo ferries sank.\n\nMore."), false),
            (format!("Wave of 60 metres\n\n{long}"), false),
            (long.to_owned(), false),
        ] {
            assert_eq!(with_lede(&opening).0.original() != opening, is_alone, "{opening}");
        }
    }
}
