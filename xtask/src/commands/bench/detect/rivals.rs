//! The published methods with which the detector is compared. None of them finds events, credit, novelty or
//! evidence, and none forgets old articles.

use super::{Article, Method, Wirefold};
use crate::minhash::{self, MinHash};

/// The name of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum MethodName {
    Wirefold,
    Simhash,
    OnePermutation,
}

impl MethodName {
    /// The name in the arguments of the child.
    pub(super) fn name(self) -> &'static str {
        match self {
            MethodName::Wirefold => "wirefold",
            MethodName::Simhash => "simhash",
            MethodName::OnePermutation => "one-permutation",
        }
    }

    /// The name in tables.
    pub(super) fn title(self) -> &'static str {
        match self {
            MethodName::Wirefold => "wirefold, all steps",
            MethodName::Simhash => "SimHash, at most 3 bits apart",
            MethodName::OnePermutation => "MinHash by one permutation, 64×2, J ≥ .15",
        }
    }

    /// The method.
    pub(super) fn method(self) -> Box<dyn Method> {
        match self {
            MethodName::Wirefold => Box::new(Wirefold::new()),
            MethodName::Simhash => Box::new(NearSignatures::new()),
            MethodName::OnePermutation => Box::new(OnePermutation {
                index: MinHash::new(LEAST, ROWS, MAX_SHARED),
                stories: Stories::default(),
            }),
        }
    }
}

/// The stories of a method that puts each article with the most similar earlier one.
#[derive(Default)]
struct Stories {
    of: Vec<u32>,
    named: Option<u32>,
}

impl Stories {
    /// Puts an article into the story of the most similar one, and returns that story.
    fn join(&mut self, article: &Article, likeliest: Option<u32>) -> u32 {
        let story = likeliest.map_or(article.number, |other| self.of[other as usize]);
        self.of.push(story);
        self.named = likeliest;
        story
    }
}

/// The bands of a signature.
const BANDS: usize = 64;
/// The hashes of a band.
const ROWS: usize = 2;
/// The least estimated Jaccard index.
const LEAST: f64 = 0.15;
/// Of the articles that share a band, so many are compared.
const MAX_SHARED: usize = 64;

/// Folds with the most similar earlier article.
struct OnePermutation {
    index: MinHash,
    stories: Stories,
}

impl Method for OnePermutation {
    fn story(&mut self, article: &Article) -> u32 {
        let own = minhash::of_one_permutation(&article.text, BANDS * ROWS);
        let likeliest = self.index.likeliest(article.number, own);
        self.stories.join(article, likeliest)
    }

    fn earlier_article(&self, _article: &Article, _story: u32) -> Option<u32> {
        self.stories.named
    }
}

/// The most bits that may differ.
const BITS: u32 = 3;
/// With this many parts of a signature, one part is equal if no more bits differ.
const PARTS: usize = 4;
/// The number of values of a part.
const VALUES: usize = 1 << 16;

/// Folds with the nearest earlier article whose signature differs in at most three bits.
struct NearSignatures {
    signatures: Vec<u64>,
    stories: Stories,
    /// The articles under each value of each part.
    maps: Vec<Vec<u32>>,
}

impl NearSignatures {
    fn new() -> NearSignatures {
        let maps = vec![Vec::new(); PARTS * VALUES];
        NearSignatures { signatures: Vec::new(), stories: Stories::default(), maps }
    }
}

impl Method for NearSignatures {
    fn story(&mut self, article: &Article) -> u32 {
        let signature = simhash::simhash(&article.text);
        let key = |part: usize| part * VALUES + (signature >> (16 * part)) as usize % VALUES;
        let places: [usize; PARTS] = std::array::from_fn(key);
        let near = places.iter().flat_map(|place| &self.maps[*place]);
        let apart = |other: &u32| (self.signatures[*other as usize] ^ signature).count_ones();
        let nearest = near.map(|other| (apart(other), *other)).min();
        let found = nearest.filter(|(bits, _)| *bits <= BITS).map(|(_, other)| other);
        self.signatures.push(signature);
        places.iter().for_each(|place| self.maps[*place].push(article.number));
        self.stories.join(article, found)
    }

    fn earlier_article(&self, _article: &Article, _story: u32) -> Option<u32> {
        self.stories.named
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn every_method_is_asked_for_by_its_name_and_finds_what_is_equal() {
        let words = |from: usize| (from..from + 200).map(|n| format!("word{n} ")).collect();
        for name in MethodName::value_variants() {
            assert_eq!(MethodName::from_str(name.name(), false).as_ref(), Ok(name));
            let mut method = name.method();
            let mut story = |number: u32, text: String| {
                let (outlet, url) = (format!("paper{number}.example"), number.to_string());
                let (title, byline) = (String::new(), String::new());
                let article = Article { number, outlet, url, title, byline, text, time: 0 };
                let story = method.story(&article);
                (story, method.earlier_article(&article, story))
            };
            let stories = [story(0, words(0)), story(1, words(500)), story(2, words(0))];
            assert_eq!(stories, [(0, None), (1, None), (0, Some(0))], "{name:?}");
        }
    }

    /// A method that is only quick would not be an anchor. Those with shingles find a reprint with another
    /// beginning and without its end.
    #[test]
    fn those_with_shingles_find_two_thirds_of_a_text() {
        let text = |words: &[usize]| words.iter().map(|n| format!("w{n:x} ")).collect::<String>();
        for name in [MethodName::OnePermutation] {
            let mut method = name.method();
            let mut story = |number: u32, words: &[usize]| {
                let (outlet, url) = ("paper.example".to_owned(), number.to_string());
                let (title, byline) = (String::new(), String::new());
                let text = text(words);
                method.story(&Article { number, outlet, url, title, byline, text, time: 0 })
            };
            for number in 0..200 {
                let own: Vec<usize> = (0..500).map(|at| number as usize * 500 + at).collect();
                assert_eq!(story(number, &own), number, "{name:?}");
            }
            let copied: Vec<usize> = (900_000..900_100).chain(35_100..35_400).collect();
            assert_eq!(story(200, &copied), 70, "{name:?}");
        }
    }
}
