//! Compares two openings or two sentences word by word.

use std::ops::Range;

use maud::{Markup, html};

use crate::text::{AnalysedText, Step, align};

/// The most words compared on each side. The work is their product.
const MOST: usize = 120;
/// The words of an opening.
const OPENING: usize = 60;
/// So few common words between longer edits count as edited.
const LONE: usize = 2;
/// If a smaller share is common, the words are not marked.
const ALIKE: f64 = 0.35;

/// A run of words, with the texts that have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Run {
    /// In both.
    Same(String),
    /// In the old text only.
    Dropped(String),
    /// In the new text only.
    Added(String),
}

/// The comparison of two runs of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WordDiff {
    /// Mostly the same words, with these edits.
    Edited(Vec<Run>),
    /// Different words.
    Rewritten {
        /// The words of the old text.
        old: String,
        /// The words of the new text.
        new: String,
    },
}

/// Compares the openings of two texts: the first words from the lede on.
pub(super) fn ledes(old: &AnalysedText, new: &AnalysedText) -> WordDiff {
    let (old_words, new_words) = (opening(old), opening(new));
    let is_cut = old_words.end < old.len() || new_words.end < new.len();
    let mut diff = compare_words(old, old_words, new, new_words);
    match &mut diff {
        WordDiff::Edited(runs) if is_cut => runs.push(Run::Same("…".to_owned())),
        _ => {}
    }
    diff
}

/// Compares words of two texts.
pub(super) fn compare_words(
    old: &AnalysedText,
    old_words: Range<usize>,
    new: &AnalysedText,
    new_words: Range<usize>,
) -> WordDiff {
    let old_words = old_words.start..old_words.end.min(old_words.start + MOST);
    let new_words = new_words.start..new_words.end.min(new_words.start + MOST);
    let mut steps = align(&normals(old, &old_words), &normals(new, &new_words));
    loosen(&mut steps);
    let same = steps.iter().filter(|step| matches!(step, Step::Same { .. })).count();
    let longer = old_words.len().max(new_words.len()).max(1);
    if (same as f64) < ALIKE * longer as f64 {
        return WordDiff::Rewritten { old: old.printed(&old_words), new: new.printed(&new_words) };
    }
    WordDiff::Edited(runs(&steps, (old, old_words.start), (new, new_words.start)))
}

/// Compares a wording with the part of a fuller one that it repeats: from the first to the last word that
/// both have in order.
pub(super) fn forms(full: &AnalysedText, other: &AnalysedText) -> WordDiff {
    let beginning = |of: &AnalysedText| 0..of.len().min(MOST);
    let steps = align(&normals(full, &beginning(full)), &normals(other, &beginning(other)));
    let common = |step: &Step| if let Step::Same { old, .. } = step { Some(*old) } else { None };
    let first = steps.iter().find_map(common).unwrap_or(0);
    let last = steps.iter().rev().find_map(common).unwrap_or(first);
    compare_words(full, first..(last + 1).min(full.len()), other, 0..other.len())
}

fn opening(reading: &AnalysedText) -> Range<usize> {
    let start = reading.text.lede().start;
    start..reading.len().min(start + OPENING)
}

fn normals<'a>(reading: &'a AnalysedText, words: &Range<usize>) -> Vec<&'a str> {
    reading.text.words()[words.clone()].iter().map(|word| reading.text.normal(word)).collect()
}

/// Treats common words that are alone between longer edits as edited, because a lone `the` between other
/// words does not help a reader. In a run of edits, dropped words come first.
fn loosen(steps: &mut Vec<Step>) {
    let is_same = |step: &Step| matches!(step, Step::Same { .. });
    let runs: Vec<(bool, usize)> = steps
        .chunk_by(|a, b| is_same(a) == is_same(b))
        .map(|run| (is_same(&run[0]), run.len()))
        .collect();
    let mut at = 0;
    let mut loose = vec![false; steps.len()];
    for (nth, (same, length)) in runs.iter().enumerate() {
        let before = nth.checked_sub(1).and_then(|before| runs.get(before));
        let edits = before.zip(runs.get(nth + 1)).map(|(before, after)| (before.1, after.1));
        if *same && *length <= LONE && edits.is_some_and(|(a, b)| a.min(b) > *length) {
            loose[at..at + length].fill(true);
        }
        at += length;
    }
    let mut kept = Vec::with_capacity(steps.len() + runs.len());
    let mut added = Vec::new();
    for (step, is_loose) in steps.drain(..).zip(loose) {
        match step {
            Step::Same { old, new } if is_loose => {
                kept.push(Step::Dropped { old });
                added.push(Step::Added { new });
            }
            Step::Same { .. } => {
                kept.append(&mut added);
                kept.push(step);
            }
            Step::Dropped { .. } => kept.push(step),
            Step::Added { .. } => added.push(step),
        }
    }
    kept.append(&mut added);
    *steps = kept;
}

fn runs(steps: &[Step], old: (&AnalysedText, usize), new: (&AnalysedText, usize)) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for step in steps {
        let run = match *step {
            Step::Same { new: at, .. } => Run::Same(new.0.word(new.1 + at)),
            Step::Dropped { old: at } => Run::Dropped(old.0.word(old.1 + at)),
            Step::Added { new: at } => Run::Added(new.0.word(new.1 + at)),
        };
        match (runs.last_mut(), run) {
            (Some(Run::Same(words)), Run::Same(more))
            | (Some(Run::Dropped(words)), Run::Dropped(more))
            | (Some(Run::Added(words)), Run::Added(more)) => words.push_str(&more),
            (_, run) => runs.push(run),
        }
    }
    runs
}

/// The comparison as `ins` and `del`, each announced in words. `old_side` names the old side.
pub(super) fn draw(diff: &WordDiff, old_side: &str) -> Markup {
    match diff {
        WordDiff::Edited(runs) => html! {
            p.diff {
                @for run in runs {
                    @match run {
                        Run::Same(words) => (words),
                        Run::Dropped(words) => { del { (note(" [dropped: ")) (words.trim_end()) (note("] ")) } (space(words)) },
                        Run::Added(words) => { ins { (note(" [added: ")) (words.trim_end()) (note("] ")) } (space(words)) },
                    }
                }
            }
        },
        WordDiff::Rewritten { old, new } => html! {
            div.rewritten {
                p { span.side { (old_side) } (old) }
                p { span.side { "this text" } (new) }
            }
        },
    }
}

/// The space after a run, if its script has spaces.
fn space(words: &str) -> &'static str {
    if words.ends_with(' ') { " " } else { "" }
}

fn note(words: &str) -> Markup {
    html! { span.hidden { (words) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(old: &str, new: &str) -> WordDiff {
        ledes(&AnalysedText::new(old), &AnalysedText::new(new))
    }

    const OLD: &str = "The ferry to the island sank at noon, and 14 people were brought ashore.";

    #[test]
    fn edits_are_marked_word_by_word() {
        let new = "The ferry to the island sank at dawn, and 14 men were brought ashore.";
        let WordDiff::Edited(runs) = diff(OLD, new) else { panic!("much is the same") };
        let expected = [
            Run::Same("The ferry to the island sank at ".into()),
            Run::Dropped("noon, ".into()),
            Run::Added("dawn, ".into()),
            Run::Same("and 14 ".into()),
            Run::Dropped("people ".into()),
            Run::Added("men ".into()),
            Run::Same("were brought ashore.".into()),
        ];
        assert_eq!(runs, expected);
        let drawn = draw(&WordDiff::Edited(runs), "lead").into_string();
        assert_eq!((drawn.matches("<ins>").count(), drawn.matches("<del>").count()), (2, 2));
        assert!(drawn.contains("[added: ") && drawn.contains("[dropped: "));
    }

    #[test]
    fn a_wording_is_compared_with_its_part_of_the_fuller_one() {
        let full =
            AnalysedText::new("It rained. The ferry to the island sank at noon. Nobody was hurt.");
        let other = AnalysedText::new("the ferry to the big island sank at noon");
        let WordDiff::Edited(runs) = forms(&full, &other) else { panic!("much is the same") };
        let expected = [
            Run::Same("the ferry to the ".into()),
            Run::Added("big ".into()),
            Run::Same("island sank at noon".into()),
        ];
        assert_eq!(runs, expected);
        assert!(matches!(forms(&full, &AnalysedText::new("")), WordDiff::Rewritten { .. }));
    }

    #[test]
    fn a_lone_word_between_longer_edits_is_given_up() {
        let new = "The ferry to the island sank in a storm off the long pier at night, and 14 \
            people were brought ashore.";
        let old = "The ferry to the island sank near to shore with the crew asleep below, and 14 \
            people were brought ashore.";
        let WordDiff::Edited(runs) = diff(old, new) else { panic!("much is the same") };
        assert_eq!(runs.len(), 4, "{runs:?}");
        assert_eq!(runs[1], Run::Dropped("near to shore with the crew asleep below, ".into()));
    }

    #[test]
    fn an_opening_of_other_words_is_shown_whole() {
        let found = diff(OLD, "Nobody on the quay could say why it had gone so quiet that day.");
        assert!(matches!(found, WordDiff::Rewritten { .. }), "{found:?}");
    }

    #[test]
    fn markup_in_a_text_stays_text() {
        let new = OLD.replace("noon", "<script>alert(1)</script>");
        let drawn = draw(&diff(OLD, &new), "lead").into_string();
        assert!(!drawn.contains("<script>") && drawn.contains("&lt;script&gt;"), "{drawn}");
    }

    #[test]
    fn empty_texts_have_no_difference() {
        assert_eq!(diff("", ""), WordDiff::Rewritten { old: String::new(), new: String::new() });
    }
}
