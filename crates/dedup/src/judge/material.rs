//! Decides whether a copy or version is material, and why: a correction, a new number or name in
//! its lede, or mostly new text.

use std::ops::Deref;

use rustc_hash::FxHashSet;
use wirefold_text::Text;
use wirefold_text::extract::names;

use crate::body::figures::Figures;
use crate::body::titles::CORRECTIONS;
use crate::body::{Body, word_hash};
use crate::judge::corrected::corrected_words;
use crate::judge::lede::Lede;
use crate::settings::Settings;

/// A reason why a copy or version is material.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// It says that it is a correction. The text is the change, such as `14 → 28`, if it was found.
    Correction(Option<String>),
    /// Its lede has a number that the story did not have.
    NewNumber(String),
    /// Its lede has a name that the story did not have.
    NewName(String),
    /// Much of it is new to the story: this share of its words, 0 to 1.
    MostlyNew(f64),
}

impl Reason {
    /// The reason for a text that corrects the story of these members.
    #[must_use]
    pub fn of_correction(new: &Text, known: &[StoryMember<'_>]) -> Reason {
        Reason::Correction(known.first().and_then(|member| corrected_words(new, member.text)))
    }
}

/// An earlier member of a story. Its text is only analysed if body and figures do not decide.
#[derive(Clone, Copy)]
pub struct StoryMember<'a> {
    /// The text, analysed when it is first used.
    pub text: &'a (dyn Deref<Target = Text> + 'a),
    /// The words of the text that are compared.
    pub body: &'a Body,
    /// Its numbers.
    pub figures: &'a Figures,
}

/// Why the article `new` is material to its story. `None` if it is not. `known` are the members
/// that share text with it, and `novelty` is the share of its words that the story does not have, 0
/// to 1.
#[must_use]
pub fn material(
    new: &Text,
    known: &[StoryMember<'_>],
    novelty: f64,
    settings: &Settings,
) -> Option<Reason> {
    if corrects(new) && !known.iter().any(|member| corrects(member.text)) {
        return Some(Reason::of_correction(new, known));
    }
    let lede = Lede::of(new);
    let has_number = |number: &str| known.iter().any(|member| member.figures.contains(number));
    if let Some(number) = lede.new_number(has_number) {
        return Some(Reason::NewNumber(number));
    }
    if let Some(name) = new_name(new, &lede, known) {
        return Some(Reason::NewName(name));
    }
    (novelty >= settings.material_novelty).then_some(Reason::MostlyNew(novelty))
}

fn new_name(new: &Text, lede: &Lede<'_>, known: &[StoryMember<'_>]) -> Option<String> {
    let capital = |at: &usize| new.words()[*at].capital;
    let mut capitals: Vec<u64> =
        lede.words().filter(capital).map(|at| word_hash(lede.normal(at))).collect();
    // The bodies have nearly all words of the texts, so most names are found without the texts.
    for word in known.iter().flat_map(|member| &member.body.words) {
        if capitals.is_empty() {
            break;
        }
        capitals.retain(|sought| *sought != word.hash);
    }
    if capitals.is_empty() {
        return None;
    }
    let old: FxHashSet<&str> = known.iter().flat_map(|member| member.text.normal_words()).collect();
    // Names are only extracted if the story does not have all words with a capital. Mostly it has.
    let unknown = |at: &usize| lede.is_new_word(*at, |word| old.contains(word));
    if !lede.words().any(|at| capital(&at) && unknown(&at)) {
        return None;
    }
    let in_lede = names(new).into_iter().flat_map(|name| name.words);
    let mut fresh = in_lede.filter(|at| lede.words().contains(at) && unknown(at));
    let word = fresh.next()?;
    Some(lede.as_written(word, word).to_owned())
}

/// Whether a text says that it corrects an earlier one.
#[must_use]
pub fn corrects(text: &Text) -> bool {
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
        let text = Text::new(known);
        let member =
            StoryMember { text: &&text, body: &Body::new(&text), figures: &Figures::new(&text) };
        let found = material(&Text::new(new), &[member], 0.1, &Settings::default());
        assert_eq!(found.as_ref(), expected, "{new:?}");
    }

    #[test]
    fn new_facts_in_the_lede_are_material() {
        let known = "At least 26 people died in the Orla valley flood on Tuesday, police said.";
        check(known, known, None);
        check(&known.replace("26", "28"), known, Some(&Reason::NewNumber("28".to_owned())));
        check(
            &known.replace("police", "Mayor Lund"),
            known,
            Some(&Reason::NewName("Mayor".to_owned())),
        );
        let correction = format!("{known}\nCorrection: it was Monday.");
        check(&correction, known, Some(&Reason::Correction(None)));
        let changed = Reason::Correction(Some("26 → 28".to_owned()));
        check(&correction.replace("26", "28"), known, Some(&changed));
        let (long, short) =
            (known.replace("police", "the United States"), |name| known.replace("police", name));
        check(&short("the U.S."), &long, None);
        check(&short("the US"), &long, None);
        check(&short("the U.K."), &long, Some(&Reason::NewName("U.K.".to_owned())));
    }

    #[test]
    fn a_date_in_the_lede_is_not_news() {
        let known = "At least 26 people died in the Orla valley flood, the police said there.";
        let dated = |date: &str| {
            format!(
                "At least 26 people died in the Orla valley flood {date}, the police said there."
            )
        };
        for date in [
            "on Wednesday",
            "on Wednesday's evening",
            "in 2024",
            "on 2026-03-05",
            "on 03/05/2026",
            "on March 5",
            "on March 5-7",
            "on Nov. 3",
            "on the 5th of March 2026",
            "on 5 and 6 March",
            "am Mittwoch, dem 5. März",
            "am 05.03.2026",
            "le Mercredi 5 février",
            "el 5 de marzo de 2026",
            "il 5 maggio",
            "op 5 maart",
            "5 марта 2026",
            "5 березня",
        ] {
            check(&dated(date), known, None);
        }
        check(&format!("QUAYTON, March 5 (Reuters) - {known}"), known, None);
        check(&format!("TARROW — {known}"), known, None);
    }

    #[test]
    fn a_number_next_to_a_date_is_news() {
        let known = "At least 26 people died in the Orla valley flood, the police said there.";
        for (lede, number) in [
            ("In March, 28 people died in the Orla valley flood, the police said.", "28"),
            ("On March 5, 28 people died in the Orla valley flood, the police said.", "28"),
            ("At least 28 may have died in the Orla valley flood, the police said.", "28"),
            ("The Orla valley flood, the police said there, cost at least $2000 so far.", "2000"),
            ("At least 2,026 people died in the Orla valley flood, the police said.", "2026"),
            ("At least 26 people died in the Orla valley flood of 7.5 metres.", "7.5"),
        ] {
            check(lede, known, Some(&Reason::NewNumber(number.to_owned())));
        }
    }
}
