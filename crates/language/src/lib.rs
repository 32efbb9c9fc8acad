//! Identifies the language of a text: by its script, then by a naive Bayes model of byte n-grams, then by
//! words that distinguish closely related languages.
//!
//! The result for a text in two languages is one of them, or no language. The crate has no I/O.
//!
//! Only the enricher uses it. It is a crate of its own because `cargo xtask accuracy` measures it
//! without the service, and because its model is optimised apart from the service.

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
use crate::script::{MainScript, Script};

/// How a language was identified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// By its script, or by letters that only this language has.
    Script,
    /// By the model.
    Model,
}

/// The language of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Identified {
    /// The code of ISO 639-1, or of ISO 639-3 if there is none of two letters. Norwegian is `no` in both
    /// forms.
    pub code: String,
    /// The probability that it is right, 0 to 1, measured on sentences: of ten with 0.9, nine are
    /// right.
    pub confidence: f32,
    /// How it was identified.
    pub by: Method,
}

/// The most bytes that are read.
const MAX_BYTES: usize = 600;
/// For most texts this many bytes are enough, …
const USUAL_BYTES: usize = 250;
/// … namely if the confidence is then at least this.
const SURE_EARLY: f32 = 0.97;
/// The fewest letters of an alphabet for an answer.
const FEWEST_LETTERS: usize = 8;
/// The fewest letters of a script with one language for an answer.
const FEWEST_OF_A_SCRIPT: usize = 2;
/// The least confidence of an answer. With it, one answer in a hundred is wrong on sentences of
/// eld's test (Apache-2.0), cut to the length of titles.
const SURE: f32 = 0.47;
/// The least confidence if the second-best language is not in a group of [`ALIKE`].
const SURE_OF_OTHERS: f32 = 0.43;
/// Function words are counted in texts of at most this many bytes.
const MAX_SHORT_BYTES: usize = 120;
/// Naive Bayes is overconfident, the more so the longer the text, because n-grams are not
/// independent. The log-posterior is divided by this power of the length.
const OVERCONFIDENCE: f32 = 0.4;
/// The weight of a declared language, in nats: as much as three function words.
const DECLARED_WEIGHT: f32 = 5.0;

/// Identifies the language of `text`. `declared` is the language that the feed or the page declares
/// (`pt`). It counts if the text itself is ambiguous. `None` if the language is not certain.
#[must_use]
pub fn identify(text: &str, declared: Option<&str>) -> Option<Identified> {
    if text.len() > USUAL_BYTES {
        let found = of_part(sample(text, USUAL_BYTES), declared);
        if found.as_ref().is_some_and(|found| found.confidence >= SURE_EARLY) {
            return found;
        }
    }
    of_part(sample(text, MAX_BYTES), declared)
}

fn of_part(part: &str, declared: Option<&str>) -> Option<Identified> {
    let MainScript { script, letters } = script::main_script(part)?;
    if let Some(code) = script::by_letters(script, part) {
        let is_enough = letters >= FEWEST_OF_A_SCRIPT;
        // Titles in Japanese may have no kana.
        let code = if script == Script::Han && declared == Some("ja") { "ja" } else { code };
        let code = code.to_owned();
        return is_enough.then_some(Identified { code, confidence: 1.0, by: Method::Script });
    }
    if letters < FEWEST_LETTERS {
        return None;
    }
    if script == Script::Latin && oceanic::is_oceanic(part) {
        let code = "mi".to_owned();
        return oceanic::is_maori(part).then_some(Identified {
            code,
            confidence: SURE,
            by: Method::Model,
        });
    }
    by_model(part, script, declared)
}

/// The part of a text that is read. It starts a little after the beginning, because a headline and
/// a dateline in capitals are poor evidence.
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
        let declared = if declared == Some(language) { DECLARED_WEIGHT } else { 0.0 };
        (language, scores[*at] + prior + declared)
    };
    let mut languages: Vec<(&str, f32)> = candidates.iter().map(total).collect();
    let (best, _) = languages.iter().max_by(|a, b| a.1.total_cmp(&b.1)).copied()?;
    match script {
        Script::Latin => {
            if part.len() <= MAX_SHORT_BYTES {
                function_words::adjust_scores(part, &mut languages);
            }
            relatives::adjust_scores(best, part, &mut languages);
        }
        Script::Cyrillic => alphabet::adjust_scores(part, &mut languages),
        _ => {}
    }
    most_likely(&languages, bytes.len())
}

/// The index of a language in the model, and its prior in nats.
type Candidate = (usize, f32);

/// The languages of the model that use a script, with their priors.
fn candidates(model: &'static Model, script: Script) -> &'static [Candidate] {
    static BY_SCRIPT: OnceLock<Vec<(Script, Vec<Candidate>)>> = OnceLock::new();
    let of_script = |shared| {
        let all = model.languages.iter().enumerate();
        let written = all.filter(|(_, language)| script::is_written_in(language, shared));
        (shared, written.map(|(at, language)| (at, prior(language))).collect())
    };
    // In all other scripts, letters alone identify the language.
    let shared = [Script::Latin, Script::Cyrillic, Script::Arabic, Script::Devanagari];
    let all = BY_SCRIPT.get_or_init(|| shared.into_iter().map(of_script).collect());
    all.iter().find(|(own, _)| *own == script).map_or(&[], |(_, languages)| languages)
}

/// The language with the best score, if it is certain enough.
fn most_likely(languages: &[(&str, f32)], bytes: usize) -> Option<Identified> {
    let (best, most) = languages.iter().max_by(|a, b| a.1.total_cmp(&b.1)).copied()?;
    let flat = (bytes as f32).powf(OVERCONFIDENCE);
    let total: f32 = languages.iter().map(|(_, score)| ((score - most) / flat).exp()).sum();
    let confidence = 1.0 / total;
    let found = Identified { code: best.to_owned(), confidence, by: Method::Model };
    let others = languages.iter().filter(|(language, _)| *language != best);
    let next = others.max_by(|a, b| a.1.total_cmp(&b.1)).map_or("", |(language, _)| language);
    let least = if are_alike(best, next) { SURE } else { SURE_OF_OTHERS };
    (confidence >= least).then_some(found)
}

/// Groups of languages so similar that a short text may be in either.
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

/// Converts text to the form of the training data: composed, and in lower case if it is all
/// capitals.
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

/// The prior of a language, in nats: how much rarer it is than the main languages of news.
fn prior(language: &str) -> f32 {
    match language {
        "bs" | "gl" => -5.0,
        _ if WITH_MUCH_NEWS.contains(&language) => 0.0,
        _ if WITH_LITTLE_NEWS.contains(&language) => -5.0,
        _ => -3.0,
    }
}

/// Languages with many news sites.
const WITH_MUCH_NEWS: &[&str] = &[
    "ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he", "hi",
    "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl",
    "sr", "sv", "sw", "ta", "th", "tr", "uk", "ur", "vi", "zh",
];

/// Languages with hardly any news sites.
const WITH_LITTLE_NEWS: &[&str] = &[
    "ba", "br", "eo", "fo", "fy", "gd", "gug", "jv", "ky", "la", "lb", "lg", "ln", "nso", "oc",
    "qu", "rw", "se", "st", "tg", "tk", "tt", "ug", "xh", "zu",
];

#[cfg(test)]
mod tests;
