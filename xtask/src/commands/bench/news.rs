//! The generator's news as feeds deliver it, without hostile articles: `bench detect` times those separately,
//! and `bench fetch` has attacks of its own.

use crate::generator::{Article, Generator, Kind, Settings};

/// The size limit of hostile articles, of which there are none here.
const LIMIT: usize = 0;
/// Footers change after this many articles.
const FOOTER_LIFE: u64 = 20_000;

/// Makes a sequence of articles. The same seed gives the same articles.
pub(crate) struct News {
    generator: Generator,
    next: u64,
}

impl News {
    /// News with lengths in percent of a median of 500 words.
    pub(crate) fn new(seed: u64, length: usize) -> News {
        let settings = Settings { seed, length, limit: LIMIT, footer_life: FOOTER_LIFE };
        News { generator: Generator::new(settings), next: 0 }
    }

    /// The next article.
    pub(crate) fn next(&mut self) -> Article {
        loop {
            let article = self.generator.article(self.next);
            self.next += 1;
            if article.kind != Kind::Hostile {
                return article;
            }
        }
    }
}

/// The paragraphs of an article as HTML.
pub(super) fn markup(article: &Article) -> String {
    article.lines().iter().map(|line| format!("<p>{}</p>", escaped(line))).collect()
}

/// A text, escaped for XML and HTML.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_brings_the_same_and_nothing_hostile() {
        let bring = || {
            let mut news = News::new(7, 60);
            (0..400).map(|_| news.next()).collect::<Vec<Article>>()
        };
        let (once, again) = (bring(), bring());
        assert!(once.iter().zip(&again).all(|(one, other)| one.text() == other.text()));
        assert!(once.iter().all(|article| article.kind != Kind::Hostile));
        assert!(once[399].number > 399, "hostile ones are passed over");
        let copies = once.iter().filter(|article| article.kind == Kind::Copy).count();
        assert!((80..180).contains(&copies), "{copies} copies");
        let originals = once.iter().filter(|article| article.kind == Kind::Original);
        let mut words: Vec<u32> = originals.map(Article::words).collect();
        words.sort_unstable();
        let median = words[words.len() / 2];
        assert!((220..400).contains(&median), "{median} words");
    }

    #[test]
    fn markup_is_escaped() {
        assert_eq!(escaped("a < b && c > d"), "a &lt; b &amp;&amp; c &gt; d");
    }
}
