//! The methods with which the detector is compared: published methods, each as quick as safe Rust makes it.
//!
//! All except SimHash split words with one quick splitter and make five-word shingles of them. None of them
//! finds events, credit, novelty or evidence, and none forgets old articles.

mod one_permutation;
mod simhash;
mod table;
mod words;

use super::article::Article;
use super::method::Method;
use super::ours::Wirefold;

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

    /// The method, with room for this many articles.
    pub(super) fn method(self, articles: usize) -> Box<dyn Method> {
        match self {
            MethodName::Wirefold => Box::new(Wirefold::new()),
            MethodName::Simhash => Box::new(simhash::NearSignatures::new()),
            MethodName::OnePermutation => Box::new(one_permutation::OnePermutation::new(articles)),
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

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn every_method_is_asked_for_by_its_name_and_finds_what_is_equal() {
        let words = |from: usize| (from..from + 200).map(|n| format!("word{n} ")).collect();
        for name in MethodName::value_variants() {
            assert_eq!(MethodName::from_str(name.name(), false).as_ref(), Ok(name));
            let mut method = name.method(100);
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
            let mut method = name.method(300);
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
