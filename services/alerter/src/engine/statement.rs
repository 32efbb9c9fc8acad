//! The statement of a title: its words by their weight, its names and numbers.
//!
//! Comes in: a title. Goes out: whether another title may tell of the same happening, and whether texts state all of
//! it. It knows no article and no alert.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use wirefold_fold::{rarity, stem};
use wirefold_proto::{Entity, EntityKind};
use wirefold_text::extract::numbers;
use wirefold_text::{Text, Word};

use crate::wording;

/// The weight of a number. That of a word is its rarity, from 0 to about 5.
const NUMBER: f64 = 3.0;
/// A word of less weight is in every report.
const LEAST: f64 = 1.0;
/// A word of less weight says nothing of what happened, such as `after`, `could` or `people`.
pub(super) const TELLING: f64 = 1.6;
/// The most weight of a word that is no name.
const WORD: f64 = 4.0;
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
    /// The first word. Its capital marks no name.
    first: Option<String>,
}

impl Statement {
    pub(super) fn of(title: &str) -> Self {
        let text = Text::new(without_outlet(title));
        // A number word with a capital may be a name elsewhere, but begins many titles.
        let lower = Text::new(&text.original().to_lowercase());
        let is_title_case = is_title_case(&text);
        let (mut words, mut names, mut first) = (BTreeMap::new(), BTreeSet::new(), None);
        for (stem, weight, place) in weighed_words(&text, &lower) {
            let name = place.filter(|place| {
                let word = &text.words()[*place];
                let is_marked = *place > 0 && !is_title_case;
                let is_day = DAYS.contains(&text.normal(word));
                word.capital && (is_marked || weight >= UNKNOWN) && !is_day
            });
            if name.is_some() {
                names.insert(stem.clone().into_owned());
            }
            if place == Some(0) {
                first = Some(stem.clone().into_owned());
            }
            let weight = if name.is_some() { weight } else { weight.min(WORD) };
            words.insert(stem.into_owned(), weight);
        }
        Self { words, names, first }
    }

    fn weight(&self) -> f64 {
        self.words.values().sum()
    }

    /// The weight of what two titles share, if they may tell of one happening: they share enough, with a
    /// name, and no names of one stand against others of the other. `known` are the statements of the other's event.
    pub(super) fn shared(&self, other: &Self, known: &[Self]) -> Option<f64> {
        let both = || self.words.iter().filter(|(word, _)| other.words.contains_key(*word));
        let weight: f64 = both().map(|(_, weight)| weight).sum();
        let is_name = |word: &str| self.names.contains(word) || other.names.contains(word);
        let is_much = weight >= AT_ONCE
            && weight >= self.weight() * SHARE
            && weight >= other.weight() * SHARE;
        (is_much && !self.is_apart(other, known) && both().any(|(word, _)| is_name(word)))
            .then_some(weight)
    }

    /// Whether both have names that the other lacks. `known` are the statements of the other's event.
    pub(super) fn is_apart(&self, other: &Self, known: &[Self]) -> bool {
        self.names.iter().any(|name| known.iter().all(|it| !it.words.contains_key(name)))
            && other.names.iter().any(|name| !self.words.contains_key(name))
    }

    pub(super) fn shares_name(&self, other: &Self) -> bool {
        !self.names.is_disjoint(&other.names)
    }

    /// Whether a title in another language may state the same: they share a name and all numbers, and no names of one stand
    /// against others of the other. A title without numbers must share a turn.
    pub(super) fn agrees_with(&self, other: &Self, has_turn: bool) -> bool {
        let numbers = self.numbers();
        let agree = if numbers.is_empty() { has_turn } else { numbers == other.numbers() };
        let has_own = |it: &Self, of: &Self| {
            let mut names = it.names.iter().filter(|name| it.first.as_ref() != Some(name));
            names.any(|name| !of.words.contains_key(name))
        };
        agree && self.shares_name(other) && !(has_own(self, other) && has_own(other, self))
    }

    fn numbers(&self) -> Vec<&String> {
        self.words.keys().filter(|word| word.starts_with('#')).collect()
    }
}

/// The numbers and stems of a text that carry its meaning, with their weights; of a word, also its place. `lower` is the
/// text in which numbers are searched.
pub(super) fn weighed_words<'a>(
    text: &'a Text,
    lower: &Text,
) -> impl Iterator<Item = (Cow<'a, str>, f64, Option<usize>)> {
    let all = numbers(lower, 0..lower.words().len());
    let in_numbers: Vec<usize> = all.iter().flat_map(|number| number.words.clone()).collect();
    let found = all.into_iter().map(|it| (Cow::Owned(format!("#{}", it.value)), NUMBER, None));
    let mut in_numbers = in_numbers.into_iter().peekable();
    found.chain(text.words().iter().enumerate().filter_map(move |(place, word)| {
        let is_number = in_numbers.next_if_eq(&place).is_some();
        let normal = text.normal(word);
        let is_short = normal.is_ascii() && normal.len() < 3;
        let weight = if is_number || is_short { 0.0 } else { rarity(normal) };
        (weight >= LEAST).then(|| (Cow::Borrowed(stem(normal)), weight, Some(place)))
    }))
}

/// The words of the persons among the entities of a text, as stems.
pub(super) fn stems_of_persons(entities: &[Entity]) -> BTreeSet<String> {
    let persons = entities.iter().filter(|it| it.kind == EntityKind::Person);
    let names = persons.map(|it| Text::new(&it.name));
    let stems = |text: Text| {
        text.words().iter().map(|word| stem(text.normal(word)).to_owned()).collect::<Vec<_>>()
    };
    names.flat_map(stems).collect()
}

/// The parts of a country that a statement names: `northern`, `südlichen`. Two of them in one country are two places.
pub(super) fn parts_of_country(said: &str) -> BTreeSet<String> {
    #[rustfmt::skip]
    const PARTS: [&str; 32] = [
        "north", "south", "east", "west", "northeast", "northwest", "southeast", "southwest", "northern", "southern", "eastern",
        "western", "northeastern", "northwestern", "southeastern", "southwestern", "central", "norden", "süden", "osten",
        "westen", "nord", "süd", "sud", "ouest", "norte", "oeste", "nördlichen", "südlichen", "östlichen", "westlichen",
        "septentrional",
    ];
    let said = said.to_lowercase();
    let words = said.split(|c: char| !c.is_alphanumeric());
    let parts = words.filter(|word| PARTS.contains(word));
    parts.map(|word| word.trim_end_matches("ern").to_owned()).collect()
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

/// Whether a sentence limits what the one before it says.
pub(super) fn makes_exception(said: &str) -> bool {
    const EXCEPTIONS: [&str; 14] = [
        " except", " but not ", " apart from ", " other than ", " unless ", "however", "only ",
        "but ", "außer ", " ausgenommen", "jedoch ", "excepto", "salvo ", "sauf ",
    ];
    let said = said.to_lowercase();
    EXCEPTIONS.iter().any(|word| match word.starts_with(' ') {
        true => said.contains(word),
        false => said.starts_with(word),
    })
}

/// The longest sentence in an alert, in characters. Its end may limit what its beginning says.
const LONGEST: usize = 360;

/// A sentence cut to a length that alerts show.
pub(super) fn shortened(said: &str) -> String {
    wording::shortened(said, LONGEST)
}
