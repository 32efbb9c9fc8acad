//! Generates articles from a seed. Words are invented, so two texts share a run of words only if one is based
//! on the other.

use serde_json::json;
use wirefold_flow::sim::Random;

/// Numbers from a seed: SplitMix64 (Steele, Lea, Flood 2014).
pub(super) struct Numbers(Random);

impl Numbers {
    pub(super) fn from_seed(seed: u64) -> Numbers {
        Numbers(Random::new(seed))
    }

    /// The next, below `bound`.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.0.below(bound as u64)).expect("it is below a usize")
    }

    fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

/// A word in a third of the happenings.
pub(super) const WORD: &str = "regatta";
/// The number of separately written texts of one happening.
const ORIGINALS: usize = 2;
/// The number of reprints of each.
const REPRINTS: usize = 3;
const SENTENCES: usize = 10;
const STARTS: [&str; 16] = [
    "bal", "cor", "dan", "fel", "gim", "hul", "jor", "kam", "lor", "mun", "nar", "pol", "ras",
    "sul", "tam", "vek",
];
const MIDDLES: [&str; 12] =
    ["ado", "eri", "ima", "ola", "unne", "ata", "esto", "ivo", "orra", "ulme", "arbe", "ente"];
const ENDS: [&str; 10] = ["n", "s", "th", "ver", "ling", "dor", "mer", "stan", "wick", "ford"];
const JOINTS: [&str; 8] =
    ["of the", "and a", "with", "before", "under the", "for", "near", "after"];

/// One article.
#[derive(Debug, Clone)]
pub(super) struct GeneratedArticle {
    pub(super) id: String,
    pub(super) outlet: String,
    pub(super) title: String,
    pub(super) text: String,
}

impl GeneratedArticle {
    /// The article as a line of JSON.
    pub(super) fn line(&self) -> String {
        let GeneratedArticle { id, outlet, title, text } = self;
        json!({"id": id, "outlet": outlet, "title": title, "text": text}).to_string() + "\n"
    }
}

/// This many articles: happenings with two originals each, and three reprints of each original some articles
/// later.
pub(super) fn articles(count: usize, numbers: &mut Numbers) -> Vec<GeneratedArticle> {
    let mut articles = Vec::new();
    while articles.len() < count {
        let happening = articles.len();
        let names: Vec<String> = (0..4).map(|_| capital(&word(numbers))).collect();
        for original in 0..ORIGINALS {
            let text = text(happening, &names, numbers);
            for copy in 0..=REPRINTS {
                let id = format!("{happening:05}-{original}-{copy}");
                let outlet = format!("{}-{copy}.example", word(numbers));
                let title = format!("{} {}", names[copy], sentence(numbers, &names));
                let text = if copy == 0 { text.clone() } else { reprint(&text, numbers, &names) };
                articles.push(GeneratedArticle { id, outlet, title, text });
            }
        }
    }
    articles.truncate(count);
    // Neighbours are swapped, so that happenings overlap and reprints are among other articles.
    for place in 0..articles.len() {
        let other = (place + numbers.below(60)).min(articles.len() - 1);
        articles.swap(place, other);
    }
    articles
}

/// A text of about 120 words.
pub(super) fn text(happening: usize, names: &[String], numbers: &mut Numbers) -> String {
    let mut sentences: Vec<String> = (0..SENTENCES).map(|_| sentence(numbers, names)).collect();
    if happening.is_multiple_of(3) {
        sentences[1].insert_str(0, &format!("The {WORD} goes on. "));
    }
    let halves = sentences.split_at(SENTENCES / 2);
    format!("{}\n\n{}", halves.0.join(" "), halves.1.join(" "))
}

/// The text with another opening, and sometimes without its end.
pub(super) fn reprint(text: &str, numbers: &mut Numbers, names: &[String]) -> String {
    let (_, rest) = text.split_once(". ").unwrap_or(("", text));
    let end = match numbers.below(3) {
        0 => rest.rfind(". ").unwrap_or(rest.len()),
        _ => rest.len(),
    };
    format!("{} {}", sentence(numbers, names), &rest[..end])
}

/// A sentence of about 12 words with one of the names.
pub(super) fn sentence(numbers: &mut Numbers, names: &[String]) -> String {
    let name = &names[numbers.below(names.len())];
    let mut words = vec![capital(&word(numbers)), name.clone()];
    for _ in 0..4 {
        words.extend([word(numbers), numbers.one_of(&JOINTS).to_owned()]);
    }
    words.push(word(numbers));
    words.join(" ") + "."
}

pub(super) fn word(numbers: &mut Numbers) -> String {
    let (middle, other) = (numbers.one_of(&MIDDLES), numbers.one_of(&MIDDLES));
    let middle = if numbers.below(2) == 0 { middle.to_owned() } else { middle.to_owned() + other };
    format!("{}{middle}{}", numbers.one_of(&STARTS), numbers.one_of(&ENDS))
}

pub(super) fn capital(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}
