//! Closely related languages, which n-grams confuse: words that one of them has and another has
//! not, from `data/relatives.tsv`.
//!
//! The words of each group are common knowledge from grammars and dictionaries, not counted in a
//! corpus. In Latin script, Serbian has `e` where Croatian and Bosnian have `ije` or `je` (the
//! reflex of yat). Croatian has words of its own where the other two share one.

use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The weight of one marker, in nats.
const MARKER: f32 = 3.0;
/// The most markers that count for one language: a few words prove nothing.
const MAX_COUNTED: usize = 3;
/// The weight of each word for Serbian in a text without `ije`, in nats. In Croatian and Bosnian
/// one word in seven has it.
const NO_YAT: f32 = 0.15;
/// The number of words that are read.
const MAX_READ: usize = 60;

const TABLE: &str = include_str!("../data/relatives.tsv");

/// The markers of one language: a line of the table.
struct Markers {
    group: &'static str,
    /// The language, or a feature of the group of Serbian.
    of: &'static str,
    /// Patterns of a whole word or its start, by their first byte.
    by_first: BTreeMap<u8, Vec<Pattern>>,
    /// All other patterns.
    inner: Vec<Pattern>,
}

impl Markers {
    fn new(group: &'static str, of: &'static str, patterns: &'static str) -> Self {
        let mut markers = Self { group, of, by_first: BTreeMap::new(), inner: Vec::new() };
        for pattern in patterns.split(' ').map(Pattern::new) {
            match pattern {
                Pattern::Word(part) | Pattern::Start(part) => {
                    let first = part.bytes().next().unwrap_or_default();
                    markers.by_first.entry(first).or_default().push(pattern);
                }
                Pattern::Inside(_) | Pattern::End(_) => markers.inner.push(pattern),
            }
        }
        markers
    }

    fn matches(&self, word: &str) -> bool {
        let first = word.bytes().next().and_then(|first| self.by_first.get(&first));
        let mut patterns = first.into_iter().flatten().chain(&self.inner);
        patterns.any(|pattern| pattern.matches(word))
    }
}

#[derive(Clone, Copy)]
enum Pattern {
    Word(&'static str),
    Inside(&'static str),
    End(&'static str),
    Start(&'static str),
}

impl Pattern {
    fn new(written: &'static str) -> Self {
        match written.split_at_checked(1) {
            Some(("=", word)) => Self::Word(word),
            Some(("~", part)) => Self::Inside(part),
            Some(("$", end)) => Self::End(end),
            _ => Self::Start(written),
        }
    }

    fn matches(self, word: &str) -> bool {
        let word = word.as_bytes();
        match self {
            Self::Word(whole) => word == whole.as_bytes(),
            Self::Inside(part) => word.windows(part.len()).any(|some| some == part.as_bytes()),
            Self::End(end) => word.len() > end.len() && word.ends_with(end.as_bytes()),
            Self::Start(start) => word.starts_with(start.as_bytes()),
        }
    }
}

fn table() -> &'static [Markers] {
    static MARKERS: OnceLock<Vec<Markers>> = OnceLock::new();
    MARKERS.get_or_init(|| {
        let markers = |row: &'static str| {
            let mut columns = row.split('\t');
            let (group, of, patterns) = (columns.next()?, columns.next()?, columns.next()?);
            Some(Markers::new(group, of, patterns))
        };
        TABLE.lines().filter(|row| !row.starts_with('#')).filter_map(markers).collect()
    })
}

/// Adjusts the scores of languages close to `best` by the words of a text.
pub(crate) fn adjust_scores(best: &str, text: &str, scores: &mut [(&str, f32)]) {
    let found = evidence(best, text);
    let bosnian = scores.iter().find(|(language, _)| *language == "bs").map(|(_, score)| *score);
    // The model was trained on little Serbian in Latin letters. Without an `ije`, a text that it
    // identifies as Bosnian may also be Serbian.
    let bosnian = bosnian.filter(|_| found.iter().any(|(of, _)| *of == NO_IJE));
    for (language, score) in scores {
        if let (&mut "sr", Some(bosnian)) = (&mut *language, bosnian) {
            *score = score.max(bosnian);
        }
        let added = found.iter().filter(|(of, _)| of == language);
        *score += added.map(|(_, nats)| nats).sum::<f32>();
    }
}

/// The entry in the evidence for a text without the reflex of yat that Croatian and Bosnian have.
const NO_IJE: &str = "no ije";

fn evidence(best: &str, text: &str) -> Vec<(&'static str, f32)> {
    let is_of = |group: &str| group.split('-').any(|of| of == best);
    let Some(Markers { group, .. }) = table().iter().find(|markers| is_of(markers.group)) else {
        return Vec::new();
    };
    // Letters of names are no evidence for these: `Köln` occurs in Norwegian too.
    let with_names = !matches!(*group, "no-da-sv" | "cs-sk");
    let lower = if with_names { text.to_lowercase() } else { without_names(text) };
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '·');
    let all: Vec<&str> = lower
        .split(|c| !is_part(c))
        .filter(|word| word.contains(char::is_alphabetic))
        .take(MAX_READ)
        .collect();
    let mut words = all.clone();
    words.sort_unstable();
    words.dedup();
    let fitting = |markers: &Markers| {
        words.iter().filter(|word| markers.matches(word)).count().min(MAX_COUNTED)
    };
    let found = table().iter().filter(|markers| markers.group == *group);
    let found = found.map(|markers| (markers.of, fitting(markers)));
    if *group == SOUTH_SLAVIC {
        return south_slavic(&found.collect::<Vec<_>>(), &words, &all);
    }
    found.map(|(of, count)| (of, MARKER * count as f32)).collect()
}

/// The text in lower case, without capitalised words except the first word.
fn without_names(text: &str) -> String {
    let is_name = |word: &str| {
        let letter = word.chars().find(|c| c.is_alphabetic());
        letter.is_some_and(char::is_uppercase) && word.chars().any(char::is_lowercase)
    };
    let words = text.split_whitespace().enumerate();
    let others = words.filter(|(at, word)| *at == 0 || !is_name(word));
    others.map(|(_, word)| word.to_lowercase()).collect::<Vec<_>>().join(" ")
}

const SOUTH_SLAVIC: &str = "hr-sr-bs";

fn south_slavic(
    found: &[(&'static str, usize)],
    words: &[&str],
    all: &[&str],
) -> Vec<(&'static str, f32)> {
    let count = |of: &str| found.iter().find(|(name, _)| *name == of).map_or(0, |(_, n)| *n) as f32;
    let yat = words.iter().filter(|word| has_yat(word)).count() as f32;
    let yat = (count("ijekavian") + yat).min(MAX_COUNTED as f32);
    let with_infinitive = all.windows(2).any(|pair| pair[1] == "da" && MODAL.contains(&pair[0]));
    let east = count("east") + if with_infinitive { 1.0 } else { 0.0 };
    let (ekavian, east) = (count("ekavian"), east - count("west"));
    // Serbian transcribes foreign names by sound, without these letters.
    let foreign =
        if words.iter().any(|word| word.contains(['q', 'w', 'x', 'y'])) { 0.5 } else { 0.0 };
    let is_yat = yat > ekavian;
    let bare = if is_yat { 0.0 } else { NO_YAT * all.len() as f32 };
    let eastern = if is_yat { 0.5 } else { 1.0 } * east;
    let missing = if is_yat { 0.0 } else { 1.5 } + if count("east") > 0.0 { 0.0 } else { 1.0 };
    let mut evidence = vec![
        ("sr", MARKER * (ekavian - yat + eastern - foreign) + bare),
        ("hr", MARKER * (-east - ekavian) - bare),
        ("bs", MARKER * (0.5 * east + 0.5 * yat.min(1.0) - 2.0 * ekavian - missing) - bare),
    ];
    if !is_yat {
        evidence.push((NO_IJE, 0.0));
    }
    evidence
}

/// Verbs that take `da` in Serbian and an infinitive in Croatian.
const MODAL: &[&str] = &[
    "treba", "može", "mogu", "mogao", "mogla", "mogle", "mogli", "želi", "žele", "hoće", "mora",
    "moraju", "morao", "neće",
];

/// Whether a word has `ije` or `je` after a consonant where Serbian has `e`.
fn has_yat(word: &str) -> bool {
    // These words, as in the names of the United States and Nations, are the same in all three
    // languages.
    let is_of_all = ["obje", "subje", "sjedinj"].iter().any(|start| word.starts_with(start));
    if is_of_all {
        return false;
    }
    let is_ending = |rest: &str| matches!(rest, "" | "g" | "m" | "mu" | "ga" | "h");
    word.match_indices("je").any(|(at, _)| {
        let rest = &word[at + 2..];
        let mut before = word[..at].chars().rev();
        let goes_on = rest.starts_with(char::is_alphabetic)
            && !rest.starts_with("nt")
            && !rest.starts_with("tn")
            && !rest.starts_with("vsk");
        goes_on
            && match before.next() {
                // Not `premijer`, `karijera`.
                Some('i') => {
                    !is_ending(rest)
                        && !rest.starts_with('r')
                        && before.next().is_some_and(|c| !"aeiou".contains(c))
                }
                Some(c) => "bvmpdtscčšrk".contains(c),
                None => false,
            }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_well_formed() {
        for markers in table() {
            assert!(!markers.by_first.is_empty(), "{}", markers.of);
            let is_known = markers.group.split('-').any(|of| of == markers.of);
            assert!(is_known || markers.group == SOUTH_SLAVIC, "{}", markers.of);
        }
        assert_eq!(table().iter().filter(|markers| markers.group == SOUTH_SLAVIC).count(), 4);
    }

    #[test]
    fn yat_inside_a_word() {
        for word in ["vrijeme", "djeca", "mjesto", "lijepi", "uvjet"] {
            assert!(has_yat(word), "{word}");
        }
        for word in [
            "premijerka", "vreme", "objekat", "klijent", "srbije", "novijeg", "njegov", "je",
            "vijetnam", "sjedinjene",
        ] {
            assert!(!has_yat(word), "{word}");
        }
    }

    #[test]
    fn words_tell_relatives_apart() {
        let best = |group: &str, text: &str| {
            let found = evidence(group, text);
            found.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(of, _)| of)
        };
        assert_eq!(best("hr", "Luka je zatvorena poslije oluje u srijedu"), Some("hr"));
        assert_eq!(best("hr", "Luka je zatvorena posle oluje u sredu"), Some("sr"));
        assert_eq!(best("bs", "Luka je poslije oluje zatvorena, hiljadu ljudi čeka"), Some("bs"));
        assert_eq!(best("da", "Havnen blev lukket efter ugen"), Some("da"));
        assert_eq!(best("da", "Havnen ble stengt etter uken, sier politiet"), Some("no"));
        assert_eq!(best("cs", "Přístav byl uzavřen při bouři"), Some("cs"));
        assert_eq!(best("sr", "Sjedinjene Države, poverenje je uništeno"), Some("sr"));
        assert_eq!(best("ms", "Kemalangan di tarikh yang sama, kata peguam"), Some("ms"));
        assert_eq!(best("zu", "Inkqubo iphelile kwaye abantu bemkile"), Some("xh"));
        assert_eq!(best("xh", "Inqubo iphelile futhi abantu bahambile"), Some("zu"));
        assert_eq!(best("fo", "Höfnin er lokuð og skipið fer ekki"), Some("is"));
        assert_eq!(best("is", "Havnin er stongd og skipið fer ikki"), Some("fo"));
        assert_eq!(best("en", "The harbour"), None);
    }
}
