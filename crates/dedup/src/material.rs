//! Whether a copy or version brings something new that its readers should hear of, and what.

use std::collections::BTreeSet;

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
    let old_numbers: BTreeSet<String> = known
        .iter()
        .flat_map(|text| numbers(text, 0..text.words().len()))
        .map(|number| number.value)
        .collect();
    let mut fresh = numbers(new, lede.clone()).into_iter().map(|number| number.value);
    if let Some(number) = fresh.find(|value| !old_numbers.contains(value)) {
        return Some(Reason::NewNumber(number));
    }
    let old_words: BTreeSet<&str> = known.iter().flat_map(|text| text.normal_words()).collect();
    let in_lede = names(new).into_iter().flat_map(|name| name.words).filter(|at| lede.contains(at));
    let mut forms = in_lede.map(|index| &new.words()[index]);
    if let Some(word) = forms.find(|word| !old_words.contains(new.normal(word))) {
        return Some(Reason::NewName(word.span.of(new.original()).to_owned()));
    }
    (novelty >= settings.material_novelty).then_some(Reason::MostlyNew(novelty))
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
