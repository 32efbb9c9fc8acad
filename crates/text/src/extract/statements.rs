//! Statements: the sentences of a text without page chrome and dateline, and whether one is about another time.

use crate::Text;

/// The sentences of a text from its lede on, without page chrome before them and without the dateline.
pub fn statements(text: &Text) -> impl Iterator<Item = &str> {
    let lede = text.lede().start;
    let found = text.sentences().into_iter().filter(move |it| it.words.end > lede);
    let said = found.map(|it| {
        let chrome = it.words.take_while(|word| text.words()[*word].is_chrome).last();
        let start = chrome.map_or(it.span.start, |word| text.words()[word].span.end);
        text.original()[start..it.span.end].trim()
    });
    let said = said.filter(|said| !said.is_empty()).enumerate();
    said.map(|(place, said)| if place == 0 { without_dateline(said) } else { said })
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

/// Years, which are no counts. A sentence with one is about another time.
pub const YEARS: std::ops::Range<u64> = 1_800..2_200;

/// Whether a sentence is about another time: it has a year, or words such as `last winter`.
#[must_use]
pub fn is_of_the_past(said: &str) -> bool {
    let mut digits = said.split(|c: char| !c.is_numeric());
    let has_year = digits.any(|part| part.parse().is_ok_and(|value| YEARS.contains(&value)));
    has_year || is_of_before(said)
}

/// Whether a sentence has words for another time, such as `last winter`.
#[must_use]
pub fn is_of_before(said: &str) -> bool {
    #[rustfmt::skip]
    const PAST: [&str; 15] = [
        "last winter", "last year", "last month", "last week", "last summer", " ago",
        "anniversary", "previous", "since ", "earlier storm", "history", "vergangen",
        "letztes jahr", "l’année dernière", "año pasado",
    ];
    let said = said.to_lowercase();
    PAST.iter().any(|word| said.contains(word))
}
