//! The statement of a title: its words by their weight, its names and numbers.
//!
//! Comes in: a title. Goes out: whether another title may tell of the same happening, and whether texts state all of
//! it. It knows no article and no alert.

use std::collections::{BTreeMap, BTreeSet};

use wirefold_fold::{rarity, stem};
use wirefold_text::extract::numbers;
use wirefold_text::{Text, Word};

use crate::wording;

/// The weight of a number. That of a word is its rarity, from 0 to about 5.
const NUMBER: f64 = 3.0;
/// The most weight of a word that is no name.
const WORD: f64 = 4.0;
/// A word of less weight says little: it may be new in a title that says the known.
const PLAIN: f64 = 2.0;
/// A word of at least this weight may be a name wherever it stands, since the table of rarities lacks it.
const UNKNOWN: f64 = 5.0;
/// The least weight that two titles share which come within `group_wait`.
pub(super) const AT_ONCE: f64 = 7.0;
/// Two titles share at least this part of the weight of each.
const SHARE: f64 = 0.4;
/// Words with a capital that name a day or a month, in the form of [`Text::normal`].
const DAYS: [&str; 26] = [
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january",
    "february", "march", "april", "june", "july", "august", "september", "october", "november",
    "december", "montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag",
    "sonnabend",
];
/// The most words of a name of an outlet after a title.
const OUTLET: usize = 4;

/// The words of a title that carry its meaning.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Statement {
    /// The stems and numbers, with their weights.
    pub(super) words: BTreeMap<String, f64>,
    pub(super) names: BTreeSet<String>,
    is_denied: bool,
}

impl Statement {
    pub(super) fn of(title: &str) -> Self {
        let text = Text::new(without_outlet(title));
        // A number word with a capital may be a name elsewhere, but begins many titles.
        let lower = Text::new(&text.original().to_lowercase());
        let all = numbers(&lower, 0..lower.words().len());
        let is_number = |place: usize| all.iter().any(|number| number.words.contains(&place));
        let is_title_case = is_title_case(&text);
        let mut words: BTreeMap<String, f64> =
            all.iter().map(|number| (format!("#{}", number.value), NUMBER)).collect();
        let mut names = BTreeSet::new();
        for (place, word) in text.words().iter().enumerate().filter(|(at, _)| !is_number(*at)) {
            let normal = text.normal(word);
            let weight = rarity(normal);
            let is_short = normal.is_ascii() && normal.len() < 3;
            if is_short || weight < 1.0 {
                continue;
            }
            let is_marked = place > 0 && !is_title_case;
            let is_name =
                word.capital && (is_marked || weight >= UNKNOWN) && !DAYS.contains(&normal);
            if is_name {
                names.insert(stem(normal).to_owned());
            }
            let weight = if is_name { weight } else { weight.min(WORD) };
            words.insert(stem(normal).to_owned(), weight);
        }
        Self { words, names, is_denied: denies(title) }
    }

    fn weight(&self) -> f64 {
        self.words.values().sum()
    }

    /// The weight of what two titles share, if they may tell of one happening: they share enough, with a
    /// name, and no names of one stand against others of the other. `known` are all words of the other's event.
    pub(super) fn shared(&self, other: &Self, known: &BTreeSet<&str>) -> Option<f64> {
        let both = || self.words.iter().filter(|(word, _)| other.words.contains_key(*word));
        let weight: f64 = both().map(|(_, weight)| weight).sum();
        let is_name = |word: &str| self.names.contains(word) || other.names.contains(word);
        let are_apart = self.names.iter().any(|name| !known.contains(name.as_str()))
            && other.names.iter().any(|name| !self.words.contains_key(name));
        let is_much = weight >= AT_ONCE
            && weight >= self.weight() * SHARE
            && weight >= other.weight() * SHARE;
        (is_much && !are_apart && both().any(|(word, _)| is_name(word))).then_some(weight)
    }

    /// Whether a title in another language may state the same: they share a name and a number, and all numbers.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        let numbers = |it: &Self| -> BTreeSet<String> {
            it.words.keys().filter(|word| word.starts_with('#')).cloned().collect()
        };
        let (here, there) = (numbers(self), numbers(other));
        !here.is_empty() && here == there && !self.names.is_disjoint(&other.names)
    }

    /// Whether other articles, by title and text, state all that the title states.
    pub(super) fn is_stated_by(&self, known: &[(&str, &str)]) -> bool {
        let words: BTreeSet<String> =
            known.iter().flat_map(|(title, text)| [stems(title), stems(text)]).flatten().collect();
        let is_known = |(word, weight): (&String, &f64)| *weight < PLAIN || words.contains(word);
        let is_said_so = known.iter().any(|(title, _)| denies(title) == self.is_denied);
        self.words.iter().all(is_known) && is_said_so
    }
}

/// The stems and numbers of a text.
fn stems(text: &str) -> BTreeSet<String> {
    Statement::of(text).words.into_keys().collect()
}

/// Whether a title says that something is not so.
fn denies(title: &str) -> bool {
    const DENIALS: [&str; 14] = [
        " not ", " no ", "n’t ", "n't ", " denies ", " denied ", " never ", " nicht ", " kein",
        " ne ", " pas ", " non ", " nunca ", " niega ",
    ];
    let title = format!(" {} ", title.to_lowercase());
    DENIALS.iter().any(|word| title.contains(word))
}

/// A title without the name of its outlet, which aggregators write behind it.
pub(super) fn without_outlet(title: &str) -> &str {
    match title.rsplit_once(" - ") {
        Some((said, outlet)) if outlet.split_whitespace().count() <= OUTLET => said,
        _ => title,
    }
}

/// Whether most words begin with a capital, so that capitals mark no names.
fn is_title_case(text: &Text) -> bool {
    let long = |word: &&Word| text.normal(word).chars().count() > 3;
    let long = || text.words().iter().skip(1).filter(long);
    long().filter(|word| word.capital).count() * 2 > long().count()
}

/// Years, which are no counts. A sentence with one is about another time.
pub(super) const YEARS: std::ops::Range<u64> = 1_800..2_200;

/// Whether a sentence is about another time: it has a year, or words such as `last winter`.
pub(super) fn is_of_the_past(said: &str) -> bool {
    let mut digits = said.split(|c: char| !c.is_numeric());
    let has_year = digits.any(|part| part.parse().is_ok_and(|value| YEARS.contains(&value)));
    has_year || is_of_before(said)
}

/// Whether a sentence has words for another time, such as `last winter`.
pub(super) fn is_of_before(said: &str) -> bool {
    const PAST: [&str; 15] = [
        "last winter",
        "last year",
        "last month",
        "last week",
        "last summer",
        " ago",
        "anniversary",
        "previous",
        "since ",
        "earlier storm",
        "history",
        "vergangen",
        "letztes jahr",
        "l’année dernière",
        "año pasado",
    ];
    let said = said.to_lowercase();
    PAST.iter().any(|word| said.contains(word))
}

/// The longest sentence in an alert, in characters.
const LONGEST: usize = 240;

/// The first sentence of a text.
pub(super) fn first_sentence(text: &str) -> Option<String> {
    sentences(&Text::new(text)).next().map(|said| shortened(&said))
}

/// The sentences of a text from its lede on, without page chrome before them and without the dateline.
pub(super) fn sentences(text: &Text) -> impl Iterator<Item = String> {
    let lede = text.lede().start;
    let found = text.sentences().into_iter().filter(move |it| it.words.end > lede);
    let said = found.map(|it| {
        let chrome = it.words.take_while(|word| text.words()[*word].is_chrome).last();
        let start = chrome.map_or(it.span.start, |word| text.words()[word].span.end);
        text.original()[start..it.span.end].trim()
    });
    let said = said.filter(|said| !said.is_empty()).enumerate();
    said.map(|(place, said)| if place == 0 { without_dateline(said) } else { said }.to_owned())
}

/// The longest dateline, in characters.
const DATELINE: usize = 60;

fn without_dateline(said: &str) -> &str {
    let found = [" — ", " – ", " - "]
        .iter()
        .filter_map(|dash| said.split_once(*dash))
        .min_by_key(|(place, _)| place.len());
    match found {
        Some((place, rest))
            if place.chars().count() < DATELINE
                && (place.ends_with(')') || place.to_uppercase() == place) =>
        {
            rest
        }
        _ => said,
    }
}

/// A sentence cut to a length that alerts show.
pub(super) fn shortened(said: &str) -> String {
    wording::shortened(said, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_quoted_without_what_pages_put_before_it() {
        let check = |text: &str| {
            let expected = Some("The captain of a ferry had reported a fault.".to_owned());
            assert_eq!(first_sentence(text), expected, "{text}");
        };
        check("The captain of a ferry had reported a fault. More.");
        check("date 2026-03-05 The captain of a ferry had reported a fault. More.");
        check("Read more\n\nFerry\n\nThe captain of a ferry had reported a fault.");
        check("LOWPORT (AP) — The captain of a ferry had reported a fault.");
        assert_eq!(first_sentence(""), None);
    }

    #[test]
    fn a_title_is_stated_only_with_all_its_words() {
        let check = |told: &str, own: &str, expected: bool| {
            let is_stated = Statement::of(own).is_stated_by(&[(told, "")]);
            assert_eq!(is_stated, expected, "{own}");
        };
        let told = "Nine workers trapped in burning Ostrand factory as fire spreads";
        check(told, "Ostrand fire: nine workers trapped", true);
        check(told, "Ostrand fire: ten workers trapped", false);
        check(told, "Ostrand fire: nine workers freed", false);
        let arrest = "Gunman arrested in Kelmard arcade shooting";
        check(arrest, "Gunman not arrested in Kelmard arcade shooting", false);
        check(arrest, "Gunman arrested in Kelmard shooting", true);
        let verdict =
            "Court in Lowport finds former minister Aldo Brisk guilty of bribery over helicopters";
        check(
            verdict,
            "Court in Lowport clears former minister Aldo Brisk of bribery over helicopters",
            false,
        );
    }
}
