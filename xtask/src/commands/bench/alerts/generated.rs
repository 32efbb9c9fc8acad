//! Generates subscriptions and articles from a seed.

use wirefold_query::{Document, Prepared};
use wirefold_score::Random;

use crate::generator::{Script, Zipf};

const SEED: u64 = 20_261_123;
/// The number of given names.
const GIVEN_NAMES: usize = 3_000;
/// The number of people of one rank. In all there are two million people.
const PEOPLE_OF_A_RANK: usize = 5;
/// The number of words of an article, like those of agencies.
const LENGTHS: std::ops::Range<usize> = 300..901;
/// One word in this many is the name of a person, which has two words.
const NAME_EVERY: usize = 40;
/// The percentage of function words.
const FUNCTION_WORDS: usize = 45;
const FUNCTION: [&str; 24] = [
    "the", "of", "and", "to", "in", "a", "that", "for", "it", "was", "on", "with", "as", "by",
    "he", "at", "from", "said", "has", "is", "its", "which", "but", "not",
];
const TITLE: usize = 9;
const PARAGRAPH: usize = 45;

/// The kind of queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Kind {
    /// Names of two million people, most of them rare, some with another word.
    LongTail,
    /// Content words, as often as articles have them.
    Frequent,
}

impl Kind {
    /// The name in the arguments of the child and in tables.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::LongTail => "long-tail",
            Self::Frequent => "frequent",
        }
    }
}

/// Generates both. The same seed gives the same results.
pub(super) struct Maker {
    zipf: Zipf,
}

impl Maker {
    pub(super) fn new() -> Self {
        Self { zipf: Zipf::new() }
    }

    /// The queries of a set, from its beginning.
    pub(super) fn queries(&self, kind: Kind) -> impl Iterator<Item = String> {
        let mut random = Random::for_purpose(SEED, kind.name());
        std::iter::from_fn(move || {
            Some(match kind {
                Kind::LongTail => self.name_query(&mut random),
                Kind::Frequent => self.word_query(&mut random),
            })
        })
    }

    fn name_query(&self, random: &mut Random) -> String {
        let (given, family) = self.person(random);
        let (word, other) = (self.word(random), self.word(random));
        match random.below(100) {
            0..35 => format!("\"{given} {family}\""),
            35..55 => family,
            55..70 => format!("{family} {word}"),
            70..80 => format!("\"{given} {family}\" ({word} OR {other})"),
            80..90 => {
                let (second, third) = (self.person(random).1, self.person(random).1);
                format!("{family} OR {second} OR {third}")
            }
            90..95 => format!("{family} -{word}"),
            95..98 => format!("title:{family}"),
            _ => format!("{}* {word}", &family[..family.len().min(5)]),
        }
    }

    fn word_query(&self, random: &mut Random) -> String {
        let [one, two, three] = [(); 3].map(|()| self.word(random));
        match random.below(100) {
            0..10 => one,
            10..55 => format!("{one} {two}"),
            55..80 => format!("{one} {two} {three}"),
            80..90 => format!("{one} ({two} OR {three})"),
            90..95 => format!("{one} {two} -{three}"),
            _ => format!("\"{one} {two}\""),
        }
    }

    fn word(&self, random: &mut Random) -> String {
        Script::Latin.word(self.zipf.rank(random))
    }

    /// Given name and family name.
    fn person(&self, random: &mut Random) -> (String, String) {
        let number = self.zipf.rank(random) * PEOPLE_OF_A_RANK + random.below(PEOPLE_OF_A_RANK);
        let given = Script::Latin.name_of(number % GIVEN_NAMES);
        (given, Script::Latin.name_of(GIVEN_NAMES + number))
    }

    /// The article with this number, not yet prepared.
    pub(super) fn article(&self, number: usize) -> Article {
        let mut random = Random::new(SEED ^ (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut article = Article::default();
        for _ in 0..TITLE {
            let word = self.next_word(&mut random, &mut article.people);
            article.title.extend([word.as_str(), " "]);
        }
        let words = random.within(LENGTHS);
        for at in 1..=words {
            let word = self.next_word(&mut random, &mut article.people);
            let end = if at % PARAGRAPH == 0 { ".\n" } else { " " };
            article.text.extend([word.as_str(), end]);
        }
        article
    }

    fn next_word(&self, random: &mut Random, people: &mut Vec<String>) -> String {
        if random.below(NAME_EVERY) == 0 {
            let (given, family) = self.person(random);
            let name = format!("{given} {family}");
            people.push(name.to_lowercase());
            return name;
        }
        match random.chance(FUNCTION_WORDS) {
            true => (*random.pick(&FUNCTION)).to_owned(),
            false => self.word(random),
        }
    }
}

/// A generated article.
#[derive(Debug, Default)]
pub(super) struct Article {
    title: String,
    text: String,
    people: Vec<String>,
}

impl Article {
    /// The number of words in title and text.
    pub(super) fn words(&self) -> usize {
        self.title.split_whitespace().count() + self.text.split_whitespace().count()
    }

    /// The article prepared for any number of queries.
    pub(super) fn prepared(&self) -> Prepared {
        let people: Vec<&str> = self.people.iter().map(String::as_str).collect();
        Prepared::new(&Document {
            title: &self.title,
            text: &self.text,
            outlet: "paper.example",
            site: "news.paper.example",
            language: "en-gb",
            class: "new",
            feeds: &["paper"],
            entities: &people,
            ..Document::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use wirefold_query::{Numbers, Query};

    use super::*;

    #[test]
    fn every_query_is_one_and_some_are_matched() {
        let maker = Maker::new();
        let articles: Vec<Prepared> = (0..20).map(|at| maker.article(at).prepared()).collect();
        for (kind, least) in [(Kind::LongTail, 3), (Kind::Frequent, 100)] {
            let queries = maker.queries(kind).take(2_000).map(|text| Query::parse(&text));
            let queries: Vec<Query> = queries.collect::<Result<_, _>>().unwrap();
            let matched = articles.iter().flat_map(|article| {
                queries.iter().filter(|query| query.matches(article, &Numbers::default()).is_some())
            });
            let count = matched.count();
            assert!((least..8_000).contains(&count), "{}: {count} matches", kind.name());
        }
        assert_eq!(maker.article(7).text, maker.article(7).text);
        assert_ne!(maker.article(7).text, maker.article(8).text);
    }
}
