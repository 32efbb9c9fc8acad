//! Numbers in words, by the grammar of their language: `trente et un`, `einundzwanzig`, `ventitré`,
//! `сто двадцать три`. Also fractions and collectives: `two thirds`, `half a million`, `una
//! decena`.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use wirefold_text::Span;
use wirefold_text::extract::Number;

use super::lexicon::{LANGUAGES, Numerals};
use crate::reading::Reading;
use crate::word_set::{WordMap, word_sets};

/// The part that a word plays in a number.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    /// Less than a hundred, or whole hundreds in one word.
    Small(f64),
    /// `hundred`, which multiplies the number before it.
    Hundred,
    Scale(f64),
    And,
    /// `half`, before a scale.
    Half(f64),
    /// `dozen`, `dizaine`: alone or multiplied.
    Collective(f64),
    /// `third`, after a number.
    Fraction(f64),
    /// `a`, which is not a number alone.
    Article,
}

static WORDS: LazyLock<FxHashMap<&str, WordMap<Part>>> = LazyLock::new(|| {
    LANGUAGES.iter().map(|numerals| (numerals.language, map_words(numerals))).collect()
});

fn map_words(numerals: &Numerals) -> WordMap<Part> {
    let mut all = WordMap::default();
    let mut put = |table: &[(f64, &str)], part: fn(f64) -> Part| {
        for (value, words) in table {
            for word in words.split_whitespace() {
                all.insert(word, part(*value));
            }
        }
    };
    put(numerals.small, Part::Small);
    put(numerals.scales, |value| if value < 1000.0 { Part::Hundred } else { Part::Scale(value) });
    put(numerals.collective, Part::Collective);
    put(numerals.fractions, Part::Fraction);
    put(numerals.halves, Part::Half);
    put(&[(0.0, numerals.and)], |_| Part::And);
    put(&[(0.0, numerals.articles)], |_| Part::Article);
    let compounds = match numerals.language {
        "de" => german(),
        "it" => italian(),
        _ => Vec::new(),
    };
    for (word, part) in compounds {
        all.insert(&word, part);
    }
    all
}

const GERMAN_UNITS: [&str; 9] =
    ["ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"];
const GERMAN_TENS: [&str; 8] =
    ["zwanzig", "dreissig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"];

/// `einundzwanzig`, `zweihundert`, `dreihundertfünfzig`.
fn german() -> Vec<(String, Part)> {
    let mut all = Vec::new();
    for (ten, tens) in (2_u32..).zip(GERMAN_TENS) {
        for (unit, word) in (1_u32..).zip(GERMAN_UNITS) {
            all.push((format!("{word}und{tens}"), Part::Small(f64::from(ten * 10 + unit))));
        }
        all.push((tens.to_owned(), Part::Small(f64::from(ten * 10))));
    }
    with_hundreds(&mut all, &GERMAN_UNITS, "hundert");
    all
}

const ITALIAN_UNITS: [&str; 9] =
    ["uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove"];
const ITALIAN_TENS: [&str; 8] =
    ["venti", "trenta", "quaranta", "cinquanta", "sessanta", "settanta", "ottanta", "novanta"];

/// `ventuno`, `ventitré`, `centocinquanta`.
fn italian() -> Vec<(String, Part)> {
    let mut all = Vec::new();
    for (ten, tens) in (2_u32..).zip(ITALIAN_TENS) {
        for (unit, word) in (1_u32..).zip(ITALIAN_UNITS) {
            let is_vowel = matches!(unit, 1 | 8);
            let stem = if is_vowel { &tens[..tens.len() - 1] } else { tens };
            let part = Part::Small(f64::from(ten * 10 + unit));
            all.push((format!("{stem}{word}"), part));
            if unit == 3 {
                all.push((format!("{stem}tré"), part));
            }
        }
        all.push((tens.to_owned(), Part::Small(f64::from(ten * 10))));
    }
    with_hundreds(&mut all, &ITALIAN_UNITS, "cento");
    all
}

fn with_hundreds(all: &mut Vec<(String, Part)>, units: &[&str], hundred: &str) {
    let smaller = all.clone();
    for (count, unit) in (1_u32..).zip(units) {
        let unit = if count == 1 && hundred == "cento" { "" } else { unit };
        let value = f64::from(count * 100);
        all.push((format!("{unit}{hundred}"), Part::Small(value)));
        for (word, part) in &smaller {
            let Part::Small(small) = part else { continue };
            all.push((format!("{unit}{hundred}{word}"), Part::Small(value + small)));
        }
    }
}

word_sets! {
    /// Whether a word stands between a fraction and the whole.
    fn is_after_fraction = "of de des del dei delle degli della dos das do da du";
}

/// Whether the grammar of numbers in words of `language` is known.
pub(super) fn is_spelled_language(language: &str) -> bool {
    WORDS.contains_key(language)
}

/// The numbers in words of a text in `language`, in order.
pub(super) fn spelled(reading: &Reading<'_>, language: &str) -> Vec<Number> {
    let Some(lexicon) = WORDS.get(language) else { return Vec::new() };
    let reader = Reader { reading, lexicon, language };
    let (mut found, mut at) = (Vec::new(), 0);
    let words = reading.text.words();
    while at < words.len() {
        let number = reader.number(at);
        let Some((value, end)) = number.filter(|_| !words[at].is_chrome) else {
            at += 1;
            continue;
        };
        let span = Span { start: words[at].span.start, end: words[end - 1].span.end };
        let value = (value * 1e4).round() / 1e4;
        found.push(Number { value: value.to_string(), words: at..end, span });
        at = end;
    }
    found
}

struct Reader<'a> {
    reading: &'a Reading<'a>,
    lexicon: &'a WordMap<Part>,
    language: &'a str,
}

impl Reader<'_> {
    fn part_at(&self, at: usize) -> Option<Part> {
        let text = self.reading.text;
        let word = text.words().get(at)?;
        let (bytes, length) = text.normal_with_tail(word);
        let is_candidate = self.lexicon.may_contain(bytes.get(..length)?);
        if is_candidate { self.lexicon.get(text.normal(word)).copied() } else { None }
    }

    fn normal(&self, at: usize) -> &str {
        let text = self.reading.text;
        text.words().get(at).map_or("", |word| text.normal(word))
    }

    /// A part that touches the word before it.
    fn next(&self, at: usize) -> Option<Part> {
        self.part_at(at).filter(|_| self.reading.touches(at))
    }

    /// The number that begins at a word, and the index after its last word.
    fn number(&self, at: usize) -> Option<(f64, usize)> {
        let first = self.part_at(at)?;
        if first == Part::And || (first == Part::Article && self.is_mere_article(at)) {
            return None;
        }
        let is_scale = matches!(first, Part::Scale(_) | Part::Hundred);
        let before = at.checked_sub(1).filter(|_| self.reading.touches(at));
        let before = before.map_or("", |index| self.normal(index));
        // `25 mil` is one number with its digits, and `por ciento` is not a number.
        let is_behind_digits = is_scale && before.contains(|c: char| c.is_ascii_digit());
        if is_behind_digits || matches!(before, "por" | "per" | "pour") {
            return None;
        }
        self.half(at)
            .or_else(|| self.collective(at))
            .or_else(|| self.fraction(at))
            .or_else(|| self.share(at))
            .or_else(|| self.cardinal(at).filter(|(value, _)| *value > 1.0))
    }

    /// Whether an article has no number after it, as most have. In some languages the article is a
    /// number itself.
    fn is_mere_article(&self, at: usize) -> bool {
        !matches!(self.language, "fr" | "es" | "pt" | "it") && self.part_at(at + 1).is_none()
    }

    /// `half a million`, `eine halbe Million`, `medio centenar`, `un demi-million`.
    fn half(&self, at: usize) -> Option<(f64, usize)> {
        let half_at = if self.part_at(at) == Some(Part::Article) { at + 1 } else { at };
        let half = match self.part_at(half_at)? {
            Part::Half(half) if half_at == at || self.reading.touches(half_at) => half,
            _ => return None,
        };
        let is_article = matches!(self.next(half_at + 1), Some(Part::Article));
        let end = half_at + 1 + usize::from(is_article);
        match self.next(end) {
            Some(Part::Scale(scale) | Part::Collective(scale)) => Some((half * scale, end + 1)),
            _ if is_article && self.normal(end).starts_with("percentage") => Some((half, end)),
            _ => None,
        }
    }

    /// `a dozen`, `une dizaine`, `dos docenas`.
    fn collective(&self, at: usize) -> Option<(f64, usize)> {
        match (self.part_at(at)?, self.next(at + 1)) {
            (Part::Article | Part::Small(1.0), Some(Part::Collective(value))) => {
                Some((value, at + 2))
            }
            (Part::Small(count), Some(Part::Collective(value))) => Some((count * value, at + 2)),
            _ => None,
        }
    }

    /// `two thirds of`, `un tiers des`, `треть`, `three quarters of a million`.
    fn fraction(&self, at: usize) -> Option<(f64, usize)> {
        let alone = match self.part_at(at)? {
            Part::Fraction(value) if matches!(self.language, "ru" | "ar") => Some((value, at + 1)),
            Part::Article => match self.next(at + 1) {
                Some(Part::Fraction(value)) => Some((value, at + 2)),
                _ => None,
            },
            _ => None,
        };
        let counted = || {
            let (count, end) = self.cardinal(at)?;
            let Some(Part::Fraction(value)) = self.next(end) else { return None };
            Some((count * value, end + 1))
        };
        let (value, end) = alone.or_else(counted)?;
        if let ("of", Some(Part::Article), Some(Part::Scale(scale))) =
            (self.normal(end), self.next(end + 1), self.next(end + 2))
        {
            return Some((value * scale, end + 3));
        }
        let is_of =
            matches!(self.language, "ru" | "ar" | "de") || is_after_fraction(self.normal(end));
        is_of.then_some((value, end))
    }

    /// `two in five`, `un sur cinq`, `uno de cada cinco`.
    fn share(&self, at: usize) -> Option<(f64, usize)> {
        let (count, end) = self.cardinal(at)?;
        let joints: &[&str] = match self.language {
            "en" => &["in"],
            "fr" => &["sur"],
            "it" => &["su"],
            "es" => &["de", "cada"],
            "pt" => &["em", "cada"],
            _ => return None,
        };
        let is_joined = (end..).zip(joints).all(|(index, joint)| self.normal(index) == *joint);
        let (all, last) = self.cardinal(end + joints.len()).filter(|_| is_joined)?;
        (count < all && all <= 20.0).then(|| (count / all, last))
    }

    /// A whole number: the longest run of words that form one.
    fn cardinal(&self, start: usize) -> Option<(f64, usize)> {
        let (mut total, mut group, mut end) = (0.0, None::<f64>, start);
        let mut at = start;
        while let Some(part) = if at == start { self.part_at(at) } else { self.next(at) } {
            // `trente et un`, `un sur cinq`
            let is_one =
                part == Part::Article && matches!(self.language, "fr" | "es" | "pt" | "it");
            let part = if is_one { Part::Small(1.0) } else { part };
            match (part, group) {
                (Part::And, _) if at > start => {
                    at += 1;
                    continue;
                }
                (Part::Small(value), None) => group = Some(value),
                (Part::Small(value), Some(before)) => match self.joined(before, value) {
                    Some(both) => group = Some(both),
                    None => break,
                },
                (Part::Hundred, before) if before.unwrap_or(1.0) < 10.0 => {
                    group = Some(before.unwrap_or(1.0) * 100.0);
                }
                (Part::Scale(scale), None) if total > 0.0 => total *= scale,
                (Part::Scale(scale), before) if before.is_some() || scale <= 1000.0 => {
                    total += before.unwrap_or(1.0) * scale;
                    group = None;
                }
                _ => break,
            }
            at += 1;
            end = at;
        }
        (end > start).then(|| (total + group.unwrap_or_default(), end))
    }

    /// Joins two parts of one number. The larger part comes first, except in Arabic. In
    /// `quatre-vingt` the parts are multiplied.
    fn joined(&self, before: f64, value: f64) -> Option<f64> {
        let is_french = self.language == "fr";
        let (tens, hundreds) = (before % 100.0, before % 1000.0);
        if is_french && before % 100.0 == 4.0 && value == 20.0 {
            return Some(before - 4.0 + 80.0);
        }
        let fits = (hundreds == 0.0 && value < 1000.0)
            || (tens == 0.0 && value < 100.0)
            || (tens >= 20.0 && tens % 10.0 == 0.0 && value < 10.0)
            || (is_french && matches!(tens, 60.0 | 80.0) && value < 20.0)
            || (self.language == "ar" && tens < 10.0 && value < 100.0 && value % 10.0 == 0.0);
        fits.then_some(before + value)
    }
}
