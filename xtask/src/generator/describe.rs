//! Measures the generated news, for the table of the generator.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use wirefold_score::Label;

use super::words::{SCRIPTS, WORDS};
use super::{Article, Generator, Kind, labels};

/// Zipf's slope is that of the line through the words of these ranks. The earlier ones are function words of
/// the grammars, and the later ones are too rare.
const SLOPE_RANKS: std::ops::Range<usize> = 100..10_000;

/// The properties of the first articles of a stream.
#[derive(Debug, Default)]
pub(crate) struct Description {
    articles: usize,
    /// The count of each word in scripts with spaces.
    counts: HashMap<String, u32>,
    /// The lengths of whole texts in words, and of those of articles alone, with hostile ones separate.
    lengths: Vec<u32>,
    of_news: Vec<u32>,
    scripts: BTreeMap<&'static str, usize>,
    kinds: BTreeMap<Kind, usize>,
    outlets: BTreeSet<usize>,
    /// The number of pairs that must fold and that may fold, and of the articles of the former.
    must: usize,
    may: usize,
    reprinted: BTreeSet<usize>,
    /// The largest number of articles with one main text.
    largest: usize,
}

/// Measures the first `count` articles.
pub(crate) fn describe(generator: &Generator, count: u64) -> Description {
    let mut description = Description::default();
    let mut families: HashMap<u64, usize> = HashMap::new();
    for article in generator.articles().take(usize::try_from(count).unwrap_or(usize::MAX)) {
        *families.entry(article.main).or_default() += 1;
        description.add(&article);
    }
    for ((a, b), (label, _)) in labels(generator, count) {
        match label {
            Label::Reprint => {
                description.must += 1;
                description.reprinted.extend([a, b]);
            }
            Label::Partial => description.may += 1,
        }
    }
    description.largest = families.into_values().max().unwrap_or_default();
    description.lengths.sort_unstable();
    description.of_news.sort_unstable();
    description
}

impl Description {
    fn add(&mut self, article: &Article) {
        self.articles += 1;
        self.outlets.insert(article.outlet);
        *self.scripts.entry(article.script.name()).or_default() += 1;
        *self.kinds.entry(article.kind).or_default() += 1;
        if article.kind == Kind::Hostile {
            return;
        }
        self.lengths.push(article.words());
        if matches!(article.kind, Kind::Original | Kind::OwnWords | Kind::Copy | Kind::Version) {
            self.of_news.push(article.words());
        }
        if article.script.has_spaces() {
            let text = article.text();
            let words = text.split(|letter: char| !letter.is_alphanumeric());
            for word in words.filter(|word| !word.is_empty()) {
                *self.counts.entry(word.to_lowercase()).or_default() += 1;
            }
        }
    }

    /// The number of different words in scripts with spaces.
    pub(crate) fn vocabulary(&self) -> usize {
        self.counts.len()
    }

    /// The slope of the logarithm of a word's count over that of its rank. By Zipf's law it is near -1.
    pub(crate) fn slope(&self) -> f64 {
        let mut counts: Vec<u32> = self.counts.values().copied().collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        // Ranks at equal logarithmic distances, so that the many rare words do not dominate.
        let ranks = (0..)
            .map(|step| SLOPE_RANKS.start as f64 * 1.1_f64.powi(step))
            .map(|rank| rank as usize);
        let ranks = ranks.take_while(|rank| *rank < SLOPE_RANKS.end.min(counts.len()));
        let points: Vec<(f64, f64)> =
            ranks.map(|rank| ((rank as f64).ln(), f64::from(counts[rank - 1]).ln())).collect();
        let count = points.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
        let (x, y) = (mean(|point| point.0), mean(|point| point.1));
        let covariance: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
        covariance / points.iter().map(|point| (point.0 - x).powi(2)).sum::<f64>()
    }

    /// The quantile of the lengths in words, of news articles or of all except hostile ones.
    pub(crate) fn length(&self, share: f64, of_news: bool) -> u32 {
        let all = if of_news { &self.of_news } else { &self.lengths };
        let place = (all.len() as f64 * share) as usize;
        all.get(place.min(all.len().saturating_sub(1))).copied().unwrap_or_default()
    }

    /// The share of articles in scripts without spaces, 0 to 1.
    pub(crate) fn without_spaces(&self) -> f64 {
        let scripts = SCRIPTS.iter().filter(|script| !script.has_spaces());
        let count: usize = scripts.filter_map(|script| self.scripts.get(script.name())).sum();
        self.share(count)
    }

    /// The share of articles of a kind, 0 to 1.
    #[cfg(test)]
    pub(crate) fn of_kind(&self, kind: Kind) -> f64 {
        self.share(self.kinds.get(&kind).copied().unwrap_or_default())
    }

    /// The number of outlets with articles.
    pub(crate) fn outlets(&self) -> usize {
        self.outlets.len()
    }

    fn share(&self, count: usize) -> f64 {
        count as f64 / self.articles.max(1) as f64
    }

    /// The properties as rows of a table.
    pub(crate) fn rows(&self) -> Vec<(String, String)> {
        let percent = |share: f64| format!("{:.1} %", 100.0 * share);
        let mut rows = vec![
            ("articles".to_owned(), self.articles.to_string()),
            ("content words of a script with spaces".to_owned(), WORDS.to_string()),
            (
                "different words seen, forms and names included".to_owned(),
                self.vocabulary().to_string(),
            ),
            ("Zipf slope, ranks 100 to 10,000".to_owned(), format!("{:.2}", self.slope())),
        ];
        for (name, of_news) in [("an article", true), ("any text but hostile ones", false)] {
            for (which, share) in [("median", 0.5), ("95th of a hundred", 0.95), ("longest", 1.0)] {
                let words = self.length(share, of_news);
                rows.push((format!("words of {name}: {which}"), words.to_string()));
            }
        }
        rows.push(("outlets".to_owned(), self.outlets().to_string()));
        rows.push(("scripts without spaces".to_owned(), percent(self.without_spaces())));
        for (script, count) in &self.scripts {
            rows.push((format!("in {script}"), percent(self.share(*count))));
        }
        for (kind, count) in &self.kinds {
            rows.push((format!("kind {kind:?}"), percent(self.share(*count))));
        }
        rows.push((
            "with a pair that must fold".to_owned(),
            percent(self.share(self.reprinted.len())),
        ));
        rows.push(("most articles with one main text".to_owned(), self.largest.to_string()));
        rows.push(("pairs that must fold".to_owned(), self.must.to_string()));
        rows.push(("pairs that may fold".to_owned(), self.may.to_string()));
        rows
    }
}
