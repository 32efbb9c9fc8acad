//! The list entries of some words, for names without a sentence around them.

use wirefold_text::Text;

use crate::gazetteer::{
    CITY, COMMON, COUNTRY, FIRST_NAME, HOW_COMMON, ORGANISATION, PERSON, PLACE,
};
use crate::model::Model;
use crate::token;

/// The entries of words in the lists of names and of common words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Listing {
    /// Whether it is the name of a country, a city or a state.
    pub is_place: bool,
    /// Whether it is a first name, or the name of a known person or organisation.
    pub is_other_name: bool,
    /// The commonness of the most common word, 0 to 4.
    pub common: u8,
}

/// The longest run of words that is looked up.
const LONGEST: usize = 4;

/// Looks up a word or a run of words, in any case.
///
/// ```
/// assert!(wirefold_names::listing("BUENOS AIRES").is_place);
/// assert!(!wirefold_names::listing("BREAKING NEWS").is_place);
/// assert!(wirefold_names::listing("BREAKING NEWS").common > 0);
/// ```
#[must_use]
pub fn listing(words: &str) -> Listing {
    let text = Text::new(words);
    let tokens = token::hashed_tokens(&text);
    if tokens.is_empty() || tokens.len() > LONGEST {
        return Listing::default();
    }
    let gazetteer = &Model::embedded().gazetteer;
    let flags = gazetteer.flags(token::run_hash(&tokens));
    let common_of = |at: usize| {
        let alone = gazetteer.flags(token::run_hash(&tokens[at..=at]));
        u8::try_from((alone & HOW_COMMON) / COMMON).unwrap_or(u8::MAX)
    };
    Listing {
        is_place: flags & (COUNTRY | CITY | PLACE) != 0,
        is_other_name: flags & (FIRST_NAME | PERSON | ORGANISATION) != 0,
        common: (0..tokens.len()).map(common_of).max().unwrap_or_default(),
    }
}
