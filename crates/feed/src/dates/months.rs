//! Names of months, as feeds in several languages write them.

/// What names of months begin with, in small letters: English, French, Spanish, Italian, Portuguese, German,
/// Dutch, Polish, Russian and Ukrainian. Names that mean another month in a neighbour's language, as
/// `listopad` does, are left out.
#[rustfmt::skip]
const MONTHS: [&[&str]; 12] = [
    &["jan", "jän", "ene", "gen", "sty", "янв", "січ"],
    &["feb", "fév", "fev", "lut", "фев", "лют"],
    &["mar", "mär", "mrz", "mrt", "maart", "мар", "бер"],
    &["apr", "avr", "abr", "kwi", "апр", "кві"],
    &["may", "mai", "maj", "mag", "mei", "май", "мая", "тра"],
    &["jun", "juin", "giu", "cze", "июн", "чер"],
    &["jul", "juil", "lug", "lip", "июл", "лип"],
    &["aug", "aoû", "aou", "ago", "sie", "авг", "сер"],
    &["sep", "set", "wrz", "сен", "вер"],
    &["oct", "okt", "out", "ott", "paź", "paz", "окт", "жов"],
    &["nov", "ноя", "лис"],
    &["dec", "déc", "dez", "dic", "gru", "дек", "гру"],
];

/// The number of a month by its name or the beginning of it, from 1 on.
pub(super) fn month(word: &str) -> Option<i8> {
    let word = word.to_lowercase();
    let begins = |names: &&[&str]| names.iter().any(|name| word.starts_with(name));
    let at = MONTHS.iter().position(begins)?;
    i8::try_from(at + 1).ok()
}

/// Whether a word may be Tuesday as well as March: `mar.`, `mardi`, `martes`, `martedì`.
pub(super) fn may_be_tuesday(word: &str) -> bool {
    let word = word.to_lowercase();
    word == "mar" || ["mard", "marte"].iter().any(|name| word.starts_with(name))
}
