//! Whether a copy or version brings something new that its readers should hear of, and what.

use std::collections::BTreeSet;
use std::ops::Range;

use rustc_hash::FxHashSet;
use wirefold_text::Text;
use wirefold_text::extract::{names, numbers};

use crate::settings::Settings;

/// A reason why a copy or version is material.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// It says that it corrects something.
    Correction,
    /// Its lede has a number that the story did not have.
    NewNumber(String),
    /// Its lede has a name that the story did not have.
    NewName(String),
    /// At least this share of it is new to the story.
    MostlyNew(f64),
}

/// The first words of a paragraph that announces a correction, in normal form.
const CORRECTIONS: &[&str] = &[
    "correction",
    "corrected",
    "corrects",
    "clarification",
    "berichtigung",
    "korrektur",
    "rectificatif",
    "corrección",
    "errata",
    "correzione",
    "correção",
    "исправление",
    "поправка",
    "виправлення",
    "уточнення",
    "تصحيح",
];

/// Why `new` is material to a story of which `known` are the members that share text with it; `novelty` is the share of
/// its words that the story does not have.
#[must_use]
pub fn material(new: &Text, known: &[&Text], novelty: f64, settings: &Settings) -> Option<Reason> {
    if corrects(new) && !known.iter().any(|text| corrects(text)) {
        return Some(Reason::Correction);
    }
    let lede = new.lede();
    if let Some(number) = new_number(new, lede.clone(), known) {
        return Some(Reason::NewNumber(number));
    }
    if let Some(name) = new_name(new, &lede, known) {
        return Some(Reason::NewName(name));
    }
    (novelty >= settings.material_novelty).then_some(Reason::MostlyNew(novelty))
}

fn new_number(new: &Text, lede: Range<usize>, known: &[&Text]) -> Option<String> {
    let mut fresh = numbers(new, lede);
    if fresh.is_empty() {
        return None;
    }
    let old = known.iter().flat_map(|text| numbers(text, 0..text.words().len()));
    let old: BTreeSet<String> = old.map(|number| number.value).collect();
    fresh.retain(|number| !old.contains(&number.value));
    fresh.into_iter().next().map(|number| number.value)
}

fn new_name(new: &Text, lede: &Range<usize>, known: &[&Text]) -> Option<String> {
    let capital = |at: &usize| new.words()[*at].capital;
    if !lede.clone().any(|at| capital(&at)) {
        return None;
    }
    let old: FxHashSet<&str> = known.iter().flat_map(|text| text.normal_words()).collect();
    // Most words of a lede are known: only those that are not are worth reading for names.
    let unknown = |at: &usize| !old.contains(new.normal(&new.words()[*at]));
    if !lede.clone().any(|at| capital(&at) && unknown(&at)) {
        return None;
    }
    let in_lede = names(new).into_iter().flat_map(|name| name.words);
    let mut fresh = in_lede.filter(|at| lede.contains(at) && unknown(at));
    fresh.next().map(|at| new.words()[at].span.of(new.original()).to_owned())
}

fn corrects(text: &Text) -> bool {
    text.paragraphs().iter().any(|paragraph| {
        let first = text.words().get(paragraph.words.start);
        let is_label = first.is_some_and(|word| CORRECTIONS.contains(&text.normal(word)));
        let raw = paragraph.span.of(text.original());
        (is_label || raw.starts_with("更正")) && raw.contains([':', '：', '—', '–'])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(new: &str, known: &str, expected: Option<&Reason>) {
        let found = material(&Text::new(new), &[&Text::new(known)], 0.1, &Settings::default());
        assert_eq!(found.as_ref(), expected, "{new:?}");
    }

    #[test]
    fn what_is_new_in_the_lede_is_material() {
        let known = "At least 26 people died in the Orla valley flood on Tuesday, police said.";
        check(known, known, None);
        check(&known.replace("26", "28"), known, Some(&Reason::NewNumber("28".to_owned())));
        check(
            &known.replace("police", "Mayor Lund"),
            known,
            Some(&Reason::NewName("Mayor".to_owned())),
        );
        check(&format!("{known}\nCorrection: it was Monday."), known, Some(&Reason::Correction));
    }
}
