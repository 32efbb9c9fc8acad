//! [`Headline`]: a headline as it is compared.

use serde::{Deserialize, Serialize};
use wirefold_text::{Text, Word};

use crate::page::{term, term_after};

/// A headline with a word of so many letters in lower case is written as a sentence: in the others, only short words
/// are in lower case.
const LONG: usize = 6;
/// Marks that stand before the name of the outlet.
const DASHES: [&str; 4] = [" - ", " – ", " — ", " | "];

/// The terms of a headline.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Headline {
    /// The different terms, in order.
    pub(crate) terms: Box<[u32]>,
    /// The different terms of the names, in order. In a headline without a text, and in German, nothing else tells a name.
    pub(crate) names: Box<[u32]>,
    /// Whether it is in German, where capitals in the text tell no names either.
    pub(crate) is_german: bool,
}

impl Headline {
    /// Reads a headline.
    pub(crate) fn new(title: &Text) -> Headline {
        let mut before = None;
        let mut terms: Vec<u32> = Vec::new();
        for word in title.words() {
            let normal = title.normal(word);
            terms.push(term_after(normal, before.filter(|_| word.alone)));
            before = Some(normal).filter(|_| word.alone);
        }
        terms.sort_unstable();
        terms.dedup();
        let is_german = is_german(title);
        Headline { terms: terms.into(), names: names(title, is_german).into(), is_german }
    }
}

/// Words of German headlines, where all nouns have capitals.
#[rustfmt::skip]
const GERMAN: [&str; 29] = [
    "bei", "beim", "nach", "im", "der", "und", "von", "vom", "zu", "zum", "zur", "auf", "mit", "für", "vor", "aus", "ist",
    "nahe", "tote", "toter", "verletzte", "verletzter", "zwei", "drei", "vier", "sechs", "sieben", "polizei", "jahre",
];
/// German nouns that stand where the name of a place may stand.
const NO_PLACES: [&str; 20] = [
    "brand", "feuer", "unfall", "explosion", "streik", "bahn", "bahnhof", "autobahn", "haus",
    "wohnhaus", "hochhaus", "fabrik", "schule", "klinik", "krankenhaus", "hotel", "tunnel",
    "innenstadt", "zug", "bus",
];

fn is_german(title: &Text) -> bool {
    let mut words = title.words().iter().map(|word| title.normal(word));
    words.any(|word| GERMAN.contains(&word) || word.contains(['ä', 'ö', 'ü', 'ß']))
}

/// The terms of the names: words with a capital. The word that opens a headline or a part of it is no name, unless
/// another word with a capital follows. If all words or all nouns have capitals, only the last one of each part that stands
/// behind a word such as `in` is a name. The words behind a dash are mostly the outlet.
fn names(title: &Text, is_german: bool) -> Vec<u32> {
    let is_plain = |word: &Word| !word.capital && !title.normal(word).starts_with(char::is_numeric);
    let is_long = |word: &Word| title.normal(word).chars().count() >= LONG;
    let is_sentence =
        !is_german && title.words().iter().any(|word| is_plain(word) && is_long(word));
    let (mut names, mut part) = (Vec::new(), Vec::new());
    for pair in title.words().windows(2) {
        let [before, word] = [pair[0], pair[1]];
        let gap = title.original().get(before.span.end..word.span.start).unwrap_or_default();
        if DASHES.contains(&gap) {
            break;
        }
        if gap != " " {
            names.append(&mut part);
        } else if word.capital && is_sentence {
            let capitals = [before, word].into_iter().filter(|it| it.capital);
            part.extend(capitals.map(|it| term(title.normal(&it))));
        } else if word.capital && is_plain(&before) && !NO_PLACES.contains(&title.normal(&word)) {
            part = vec![term(title.normal(&word))];
        }
    }
    names.append(&mut part);
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_capitals_inside_a_headline() {
        let names = |title: &str| Headline::new(&Text::new(title)).names.into_vec();
        let are = |words: &[&str]| {
            let mut terms: Vec<u32> = words.iter().map(|word| term(word)).collect();
            terms.sort_unstable();
            terms
        };
        for (title, words) in [
            ("Apartment fire in Lindwell kills 4 residents", &["lindwell"][..]),
            ("Residents flee: Fire in Lindwell - Delta Courier", &["lindwell"]),
            ("Ada Ruiz resigns as mayor of Port Orla, Norland", &["ada", "ruiz", "port", "orla"]),
            ("Apartment Fire in Lindwell Kills 4, 12 Hurt", &["lindwell"]),
            ("Zwei Tote bei Brand in Hamburg", &["hamburg"]),
            ("Großbrand zerstört Markthalle in Tarnow", &["tarnow"]),
            ("Lawine am Hochkogel: Drei Tote", &["hochkogel"]),
            ("Explosion in Wohnhaus in Hagen: Zwei Tote", &["hagen"]),
            ("Mayor Quits", &[]),
            ("白鹭县谷仓", &[]),
        ] {
            assert_eq!(names(title), are(words), "{title}");
        }
    }
}
