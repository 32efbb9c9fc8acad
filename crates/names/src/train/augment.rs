//! Augments the training data: varies sentences as other newsrooms would write them, with other
//! names, other capitals, datelines and results. So the weights do not depend on one kind of text.

use super::Lists;
use super::Random;
use super::Sample;
use crate::Kind;

/// Sentences of a thousand that get other names.
const RENAMED: usize = 300;
/// Sentences of a thousand, in Slavic languages with Latin letters, that become Cyrillic.
const CYRILLIC: usize = 330;
/// Cyrillic sentences of a thousand that get other names. There are more, because the names in them
/// are in no list.
const RENAMED_CYRILLIC: usize = 800;
/// Sentences of a thousand that become all capitals.
const UPPERCASED: usize = 40;
/// Sentences of a thousand that become title case.
const TITLE_CASED: usize = 40;
/// Sentences of a thousand that are replaced by a generated line.
const GENERATED: usize = 30;

/// Returns a sample, changed at random or as it is.
pub(super) fn augment(sample: &Sample, lists: &Lists, random: &mut Random) -> Sample {
    if random.happens(GENERATED) {
        return generate(lists, random);
    }
    let mut changed = sample.clone();
    let is_slavic = matches!(sample.language.as_str(), "hr" | "sr" | "sk");
    if is_slavic && random.happens(CYRILLIC) {
        changed = map_letters(sample, |_, letter| to_cyrillic(letter));
    }
    let renamed_of_thousand = if is_cyrillic(&changed.text) { RENAMED_CYRILLIC } else { RENAMED };
    if random.happens(renamed_of_thousand) {
        changed = replace_names(&changed, lists, random);
    }
    if random.happens(UPPERCASED) {
        changed = map_letters(&changed, |_, c| c.to_uppercase().collect());
    } else if random.happens(TITLE_CASED) {
        changed =
            map_letters(
                &changed,
                |opens, c| {
                    if opens { c.to_uppercase().collect() } else { c.to_string() }
                },
            );
    }
    changed
}

/// A sample with other people and places.
fn replace_names(sample: &Sample, lists: &Lists, random: &mut Random) -> Sample {
    let mut line = Line::default();
    let mut at = 0;
    for (start, end, kind) in &sample.spans {
        line.text.push_str(&sample.text[at..*start]);
        let old = &sample.text[*start..*end];
        let words = old.split(' ').count();
        let is_ascii_like = old.chars().next().is_some_and(|c| c < '\u{370}');
        let fits = |name: &String| name.chars().all(|c| c < '\u{370}') == is_ascii_like;
        let new = match kind {
            Kind::Person if words <= 2 => {
                let first = random.pick(&lists.first_names).filter(|name| fits(name));
                let last = random.pick(&lists.surnames).filter(|name| fits(name));
                match (first, last) {
                    (Some(first), Some(last)) if words == 2 => Some(format!("{first} {last}")),
                    (_, Some(last)) if words == 1 => Some(last.clone()),
                    _ => None,
                }
            }
            Kind::Place if words == 1 => {
                let stock = if random.happens(400) { &lists.countries } else { &lists.cities };
                random.pick(stock).filter(|name| fits(name)).cloned()
            }
            _ => None,
        };
        let mut new = new.unwrap_or_else(|| old.to_owned());
        if !is_ascii_like && new != old && random.happens(500) {
            decline(&mut new, random);
        }
        line.name(&new, *kind);
        at = *end;
    }
    line.text.push_str(&sample.text[at..]);
    line.sample()
}

/// Replaces each letter of a sample. `spell` gets a letter and whether it begins a word.
fn map_letters(sample: &Sample, spell: impl Fn(bool, char) -> String) -> Sample {
    let mut text = String::with_capacity(sample.text.len());
    let mut offsets = Vec::with_capacity(sample.text.len() + 1);
    let mut is_inside = false;
    for (at, letter) in sample.text.char_indices() {
        offsets.resize(at, 0);
        offsets.push(text.len());
        text.push_str(&spell(!is_inside, letter));
        is_inside = letter.is_alphanumeric() || matches!(letter, '\'' | '’');
    }
    offsets.resize(sample.text.len(), 0);
    offsets.push(text.len());
    let spans =
        sample.spans.iter().map(|(start, end, kind)| (offsets[*start], offsets[*end], *kind));
    Sample { spans: spans.collect(), text, language: sample.language.clone() }
}

/// Whether a text begins in Cyrillic letters.
fn is_cyrillic(text: &str) -> bool {
    text.chars().find(|c| c.is_alphabetic()).is_some_and(|c| ('\u{400}'..'\u{500}').contains(&c))
}

/// Puts a Russian name in another case, roughly.
fn decline(name: &mut String, random: &mut Random) {
    const ENDINGS: [&str; 6] = ["а", "у", "ом", "е", "ой", "и"];
    let vowels = ['а', 'я', 'о', 'ь', 'й', 'е', 'и', 'ы'];
    let stem = name.trim_end_matches(vowels).len();
    name.truncate(stem);
    name.push_str(ENDINGS[random.below(ENDINGS.len())]);
}

/// Converts a Latin letter of Croatian, Serbian or Slovak to Cyrillic.
fn to_cyrillic(letter: char) -> String {
    let small = letter.to_lowercase().next().unwrap_or(letter);
    let latin = "abcčćdđefghijklmnopqrsštuvwyzžáéíóúýäôľňťď";
    let cyrillic = "абцччддефгхийклмнопкрсштуввызжаеиоуыеолнтд";
    let at = latin.chars().position(|c| c == small);
    let Some(other) = at.and_then(|at| cyrillic.chars().nth(at)) else {
        return letter.to_string();
    };
    if letter.is_uppercase() { other.to_uppercase().collect() } else { other.to_string() }
}

/// A line under construction.
#[derive(Default)]
struct Line {
    text: String,
    spans: Vec<(usize, usize, Kind)>,
}

impl Line {
    fn name(&mut self, name: &str, kind: Kind) {
        let start = self.text.len();
        self.text.push_str(name);
        self.spans.push((start, self.text.len(), kind));
    }

    fn sample(self) -> Sample {
        Sample { text: self.text, spans: self.spans, language: String::new() }
    }
}

/// Generates a dateline, a result or a list, as agencies send them.
fn generate(lists: &Lists, random: &mut Random) -> Sample {
    // A pattern has `C` for a city, `N` for a nation, `P` for a person, `U` for a city in capitals, `T`
    // for a team of a city's name, and `0` for a number.
    const PATTERNS: [&str; 14] = [
        "U, March 0 -",
        "U 0-0-0",
        "U, Dec 0 -",
        "U (N), May 0.",
        "T 0 T 0",
        "T 0, T 0",
        "0. P (N) 0:0.0",
        "P (N) beat P (N) 0-0 0-0",
        "P, N, 0",
        "0. P, N",
        "1. P (N) 0 points",
        "C, N:",
        "in C, N, on Monday",
        "P of N won ahead of P of N",
    ];
    let pattern = PATTERNS[random.below(PATTERNS.len())];
    let mut line = Line::default();
    let pick = |stock: &Vec<String>, chance: &mut Random| {
        let is_latin = |name: &String| name.chars().all(|c| c < '\u{370}');
        let found = (0..20).find_map(|_| chance.pick(stock).filter(|name| is_latin(name)).cloned());
        found.unwrap_or_else(|| "Port".to_owned())
    };
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_alone = !letters.peek().is_some_and(|next| next.is_alphabetic());
        let is_first = !line.text.ends_with(|c: char| c.is_alphabetic());
        match letter {
            'C' if is_alone && is_first => line.name(&pick(&lists.cities, random), Kind::Place),
            'N' if is_alone && is_first => line.name(&pick(&lists.countries, random), Kind::Place),
            'U' if is_alone && is_first => {
                line.name(&pick(&lists.cities, random).to_uppercase(), Kind::Place);
            }
            'T' if is_alone && is_first => {
                line.name(&pick(&lists.cities, random), Kind::Organisation);
            }
            'P' if is_alone && is_first => {
                let first = pick(&lists.first_names, random);
                let last = pick(&lists.surnames, random);
                line.name(&format!("{first} {last}"), Kind::Person);
            }
            '0' => line.text.push_str(&random.below(90).to_string()),
            other => line.text.push(other),
        }
    }
    line.sample()
}
