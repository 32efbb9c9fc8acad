//! Identifies the language of a text: by its script, then by a naive Bayes model of byte n-grams,
//! then by words that separate close relatives. A text comes in, a language or none goes out.
//!
//! A text in two languages gives one of them or none. Pure, without I/O.

mod alphabet;
mod function_words;
mod model;
mod oceanic;
mod relatives;
mod script;

use std::borrow::Cow;
use std::sync::OnceLock;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::model::Model;
use crate::script::{Script, Writing};

/// What told a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Its script, or letters that it alone writes.
    Script,
    /// The model.
    Model,
}

/// The language of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Identified {
    /// ISO 639-1 where there is a code of two letters, else ISO 639-3. Norwegian is `no` in both forms.
    pub code: String,
    /// How sure that is, 0 to 1, as measured on sentences: of ten with .9, nine are right.
    pub confidence: f32,
    /// What told it.
    pub by: By,
}

/// So many bytes of a text are enough to know its language; no more are read.
const ENOUGH: usize = 600;
/// Of most texts so many are enough, …
const OFTEN_ENOUGH: usize = 250;
/// … which is those whose language is then as sure as this.
const SURE_AT_ONCE: f32 = 0.97;
/// Fewer letters of an alphabet do not say.
const FEWEST_LETTERS: usize = 8;
/// Fewer of a script with one language do not.
const FEWEST_OF_A_SCRIPT: usize = 2;
/// The least confidence of an answer. On sentences of eld's test (Apache-2.0), cut to the length of
/// titles, one answer in a hundred is wrong then.
const SURE: f32 = 0.47;
/// The same where the next best is no close relative, or one of those that words tell apart.
const SURE_OF_OTHERS: f32 = 0.43;
/// In texts of at most so many bytes, small words are looked at.
const SHORT: usize = 120;
/// The posterior of naive Bayes is far too sure, the more the longer the text, since n-grams are not
/// independent: it is divided by this power of the length.
const OVERCONFIDENCE: f32 = 0.4;
/// What a declaration adds to its language, in nats: as much as two words.
const DECLARED: f32 = 5.0;

/// The language of `text`; `declared` is what feed or page say (`pt`), and counts where the text
/// itself is in doubt. None where it is not sure.
#[must_use]
pub fn identify(text: &str, declared: Option<&str>) -> Option<Identified> {
    if text.len() > OFTEN_ENOUGH {
        let found = of_part(sample(text, OFTEN_ENOUGH), declared);
        if found.as_ref().is_some_and(|found| found.confidence >= SURE_AT_ONCE) {
            return found;
        }
    }
    of_part(sample(text, ENOUGH), declared)
}

fn of_part(part: &str, declared: Option<&str>) -> Option<Identified> {
    let Writing { script, letters } = script::writing(part)?;
    if let Some(code) = script::by_letters(script, part) {
        let is_enough = letters >= FEWEST_OF_A_SCRIPT;
        // Titles in Japanese may do without kana.
        let code = if script == Script::Han && declared == Some("ja") { "ja" } else { code };
        let code = code.to_owned();
        return is_enough.then_some(Identified { code, confidence: 1.0, by: By::Script });
    }
    if letters < FEWEST_LETTERS {
        return None;
    }
    if script == Script::Latin && oceanic::is_oceanic(part) {
        let code = "mi".to_owned();
        return oceanic::is_maori(part).then_some(Identified {
            code,
            confidence: SURE,
            by: By::Model,
        });
    }
    by_model(part, script, declared)
}

/// A part of a text that tells its language. A little behind its beginning: that says more than a
/// headline and a dateline in capitals.
fn sample(text: &str, bytes: usize) -> &str {
    let start = text.floor_char_boundary(text.len().saturating_sub(bytes) / 4);
    let rest = &text[start..];
    &rest[..rest.floor_char_boundary(bytes)]
}

fn by_model(part: &str, script: Script, declared: Option<&str>) -> Option<Identified> {
    let bytes = as_trained(part);
    let model = Model::embedded();
    let scores = model.scores(bytes.as_bytes())?;
    let candidates = candidates(model, script);
    let total = |(at, prior): &(usize, f32)| {
        let language = model.languages[*at].as_str();
        let declared = if declared == Some(language) { DECLARED } else { 0.0 };
        (language, scores[*at] + prior + declared)
    };
    let mut languages: Vec<(&str, f32)> = candidates.iter().map(total).collect();
    let (best, _) = languages.iter().max_by(|a, b| a.1.total_cmp(&b.1)).copied()?;
    match script {
        Script::Latin => {
            if part.len() <= SHORT {
                function_words::weigh(part, &mut languages);
            }
            relatives::weigh(best, part, &mut languages);
        }
        Script::Cyrillic => alphabet::weigh(part, &mut languages),
        _ => {}
    }
    most_likely(&languages, bytes.len())
}

/// The index of a language in the model, and its prior.
type Candidate = (usize, f32);

/// The languages of the model that are written in a script, by their index, with their priors.
fn candidates(model: &'static Model, script: Script) -> &'static [Candidate] {
    static BY_SCRIPT: OnceLock<Vec<(Script, Vec<Candidate>)>> = OnceLock::new();
    let of_script = |shared| {
        let all = model.languages.iter().enumerate();
        let written = all.filter(|(_, language)| script::is_written_in(language, shared));
        (shared, written.map(|(at, language)| (at, prior(language))).collect())
    };
    // Of all other scripts the letters tell the language.
    let shared = [Script::Latin, Script::Cyrillic, Script::Arabic, Script::Devanagari];
    let all = BY_SCRIPT.get_or_init(|| shared.into_iter().map(of_script).collect());
    all.iter().find(|(own, _)| *own == script).map_or(&[], |(_, languages)| languages)
}

/// The best of the scores, where it is sure enough.
fn most_likely(languages: &[(&str, f32)], bytes: usize) -> Option<Identified> {
    let (best, most) = languages.iter().max_by(|a, b| a.1.total_cmp(&b.1)).copied()?;
    let flat = (bytes as f32).powf(OVERCONFIDENCE);
    let total: f32 = languages.iter().map(|(_, score)| ((score - most) / flat).exp()).sum();
    let confidence = 1.0 / total;
    let found = Identified { code: best.to_owned(), confidence, by: By::Model };
    let others = languages.iter().filter(|(language, _)| *language != best);
    let next = others.max_by(|a, b| a.1.total_cmp(&b.1)).map_or("", |(language, _)| language);
    let least = if are_alike(best, next) { SURE } else { SURE_OF_OTHERS };
    (confidence >= least).then_some(found)
}

/// Languages so close that a short text may be in either.
const ALIKE: &[&[&str]] = &[
    &["cs", "sk"],
    &["da", "no", "sv"],
    &["es", "gl", "pt"],
    &["bs", "hr"],
    &["gom", "hi", "mr", "ne", "sa"],
    &["id", "jv", "ms", "su"],
    &["be", "ru", "uk"],
    &["bg", "mk"],
    &["xh", "zu"],
];

fn are_alike(one: &str, other: &str) -> bool {
    ALIKE.iter().any(|group| group.contains(&one) && group.contains(&other))
}

/// Text as the model was trained on it: composed, and in small letters where all were capitals.
fn as_trained(part: &str) -> Cow<'_, str> {
    let is_shouted = part.chars().any(char::is_uppercase) && !part.chars().any(char::is_lowercase);
    let part = if is_shouted { Cow::Owned(part.to_lowercase()) } else { Cow::Borrowed(part) };
    if part.is_ascii() {
        return part;
    }
    match is_nfc_quick(part.chars()) {
        IsNormalized::Yes => part,
        _ => Cow::Owned(part.nfc().collect()),
    }
}

/// The logarithm of how much rarer than the great languages of news a language is, in nats.
fn prior(language: &str) -> f32 {
    match language {
        "bs" | "gl" => -5.0,
        _ if OF_NEWS.contains(&language) => 0.0,
        _ if OF_LITTLE_NEWS.contains(&language) => -5.0,
        _ => -3.0,
    }
}

/// Languages with many news sites.
const OF_NEWS: &[&str] = &[
    "ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi",
    "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl",
    "sr", "sv", "sw", "ta", "th", "tr", "uk", "ur", "vi", "zh",
];

/// Languages with hardly any.
const OF_LITTLE_NEWS: &[&str] = &[
    "ba", "br", "eo", "fo", "fy", "gd", "gug", "jv", "ky", "la", "lb", "lg", "ln", "nso", "oc",
    "qu", "rw", "se", "st", "tg", "tk", "tt", "ug", "xh", "zu",
];

#[cfg(test)]
mod tests;
