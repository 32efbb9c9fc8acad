//! Common rules as baselines, so that people can compare them on their own articles.

use std::str::FromStr;

use wirefold_fold::word_hash;
use wirefold_text::Text;

/// A common rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// 64-bit SimHash at Hamming distance at most this (Manku et al. 2007).
    Simhash(u32),
    /// The same normalised text.
    Exact,
}

impl FromStr for Rule {
    type Err = String;

    /// `simhash` alone is at the distance that Manku et al. chose for web pages.
    fn from_str(name: &str) -> Result<Rule, String> {
        let most = match name {
            "exact" => return Ok(Rule::Exact),
            "simhash" => Some(3),
            _ => name.strip_prefix("simhash:").and_then(|most| most.parse().ok()),
        };
        let refused = || format!("no baseline {name:?}: simhash:0 to simhash:64, or exact");
        most.filter(|most| *most <= 64).map(Rule::Simhash).ok_or_else(refused)
    }
}

impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Rule::Simhash(most) => write!(f, "simhash:{most}"),
            Rule::Exact => f.write_str("exact"),
        }
    }
}

impl Rule {
    /// The story of each text, as the number of its first text.
    ///
    /// A text joins the story of the earlier text at the smallest distance, the first among equals.
    pub(super) fn stories<'a>(self, texts: impl Iterator<Item = &'a str>) -> Vec<usize> {
        let (mut hashes, mut stories): (Vec<u64>, Vec<usize>) = (Vec::new(), Vec::new());
        for text in texts.map(Text::new) {
            let words: Vec<&str> = text.normal_words().collect();
            let (hash, most) = match self {
                Rule::Simhash(most) => (simhash::simhash_stream(words.into_iter()), most),
                Rule::Exact => (word_hash(&words.join(" ")), 0),
            };
            let distances = hashes.iter().map(|known| simhash::hamming_distance(*known, hash));
            let near = distances.zip(0_usize..).filter(|(distance, _)| *distance <= most).min();
            stories.push(near.map_or(stories.len(), |(_, nearest)| stories[nearest]));
            hashes.push(hash);
        }
        stories
    }
}

#[cfg(test)]
mod tests {
    use super::Rule;

    #[test]
    fn rules_have_names() {
        for name in ["simhash:3", "simhash"] {
            assert_eq!(name.parse(), Ok(Rule::Simhash(3)), "{name}");
        }
        assert_eq!("exact".parse(), Ok(Rule::Exact));
        for wrong in ["simhash:65", "minhash", "simhash:x", "simhash:-1", ""] {
            assert!(wrong.parse::<Rule>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_nearest_earlier_text_decides() {
        let texts = ["a b c", "x y z", "A, b. C!"];
        assert_eq!(Rule::Simhash(0).stories(texts.into_iter()), [0, 1, 0]);
        assert_eq!(Rule::Exact.stories(texts.into_iter()), [0, 1, 0]);
        assert_eq!(Rule::Simhash(64).stories(texts.into_iter()), [0, 0, 0]);
    }
}
