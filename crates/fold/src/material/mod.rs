//! Decides whether a copy or version is material, and why: a correction, a new number or name in
//! its lede, or mostly new text.

pub(crate) mod corrected;
pub(crate) mod dates;
pub(crate) mod lede;
pub(crate) mod name_variants;

use rustc_hash::FxHashSet;
use wirefold_text::Text;
use wirefold_text::extract::{names, numbers};

use crate::hash::hash_str;
use crate::material::corrected::corrected_words;
use crate::material::lede::Lede;

/// A title is marked as a correction by a marker word among this many first words.
const MAX_MARKER_WORDS: usize = 2;
/// The first words of a paragraph or a title that announces a correction, in normal form.
const CORRECTIONS: &[&str] = &[
    "correction",
    "corrected",
    "corrects",
    "clarification",
    "berichtigt",
    "berichtigung",
    "korrigiert",
    "korrektur",
    "rettifica",
    "correctif",
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
/// A copy or version is material if this share of its words is new to its story.
pub(crate) const MOSTLY_NEW: f64 = 0.5;

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
    pub(crate) fn of_correction(
        new: &Text,
        mut known: EarlierTexts<impl Iterator<Item = Text>>,
    ) -> Reason {
        Reason::Correction(known.get(0).and_then(|text| corrected_words(new, text)))
    }
}

/// The earlier texts of a story, read as far as they are asked for.
pub(crate) struct EarlierTexts<I> {
    read: Vec<Text>,
    unread: I,
}

impl<I: Iterator<Item = Text>> EarlierTexts<I> {
    pub(crate) fn new(texts: I) -> EarlierTexts<I> {
        EarlierTexts { read: Vec::new(), unread: texts }
    }

    fn get(&mut self, at: usize) -> Option<&Text> {
        if self.read.len() <= at {
            self.read.extend(self.unread.next());
        }
        self.read.get(at)
    }

    /// Whether `is` is true for a text.
    fn any(&mut self, is: impl Fn(&Text) -> bool) -> bool {
        (0..).map_while(|at| self.get(at).map(&is)).any(|found| found)
    }
}

/// Why the article `new`, with this lede, is material to its story. `None` if it is not. `known` are the members
/// that share text with it, and `novelty` is the share of its words that the story does not have, 0
/// to 1.
pub(crate) fn material(
    new: &Text,
    lede: &Lede<'_>,
    mut known: EarlierTexts<impl Iterator<Item = Text>>,
    novelty: f64,
) -> Option<Reason> {
    if corrects(new) && !known.any(corrects) {
        return Some(Reason::of_correction(new, known));
    }
    if let Some(number) = new_number(lede, &mut known) {
        return Some(Reason::NewNumber(number));
    }
    if let Some(name) = new_name(new, lede, &mut known) {
        return Some(Reason::NewName(name));
    }
    (novelty >= MOSTLY_NEW).then_some(Reason::MostlyNew(novelty))
}

/// The first number of a lede that no known text has.
fn new_number(
    lede: &Lede<'_>,
    known: &mut EarlierTexts<impl Iterator<Item = Text>>,
) -> Option<String> {
    let mut old: FxHashSet<String> = FxHashSet::default();
    let mut texts = 0;
    loop {
        let number = lede.new_number(|value| old.contains(value))?;
        let Some(text) = known.get(texts) else { return Some(number) };
        old.extend(numbers(text, 0..text.words().len()).into_iter().map(|found| found.value));
        texts += 1;
    }
}

/// Whether a title says that its article is a correction.
pub(crate) fn is_title_of_correction(title: &Text) -> bool {
    let mut first = title.normal_words().take(MAX_MARKER_WORDS);
    first.any(|word| CORRECTIONS.contains(&word))
}

/// The first word of a name in the lede that no known text has.
fn new_name(
    new: &Text,
    lede: &Lede<'_>,
    known: &mut EarlierTexts<impl Iterator<Item = Text>>,
) -> Option<String> {
    let capital = |at: &usize| new.words()[*at].capital;
    let mut old: FxHashSet<u64> = FxHashSet::default();
    let is_new = |words: &FxHashSet<u64>, at: &usize| {
        lede.is_new_word(*at, |word| words.contains(&hash_str(word)))
    };
    // Names are only extracted if the story does not have all words with a capital. Mostly it has.
    let mut texts = 0;
    while lede.words().any(|at| capital(&at) && is_new(&old, &at)) {
        let Some(text) = known.get(texts) else {
            let in_lede = names(new).into_iter().flat_map(|name| name.words);
            let mut fresh = in_lede.filter(|at| lede.words().contains(at) && is_new(&old, at));
            return fresh.next().map(|word| lede.as_written(word, word).to_owned());
        };
        old.extend(text.normal_words().map(hash_str));
        texts += 1;
    }
    None
}

/// Whether a text says that it corrects an earlier one.
pub(crate) fn corrects(text: &Text) -> bool {
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
        let known = EarlierTexts::new(std::iter::once(Text::new(known)));
        let text = Text::new(new);
        let found = material(&text, &Lede::of(&text), known, 0.1);
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
            "at 10:28",
        ] {
            check(&dated(date), known, None);
        }
        check(&format!("10:28 {known}"), known, None);
        check(&format!("10.28 {known}"), known, None);
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
