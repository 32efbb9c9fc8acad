//! Measures the generated news.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::words::Script;
use super::{Article, Generator, Kind};

/// Zipf's slope is that of the line through the words of these ranks. The earlier ones are function words of
/// the grammars, and the later ones are too rare.
const SLOPE_RANKS: std::ops::Range<usize> = 100..10_000;

/// The properties of the first articles of a stream.
#[derive(Debug, Default)]
pub(crate) struct Description {
    articles: usize,
    /// The number of different words in scripts with spaces.
    pub(crate) vocabulary: usize,
    /// The slope of the logarithm of a word's count over that of its rank. By Zipf's law it is near -1.
    pub(crate) slope: f64,
    /// The lengths in words of news articles, and of all except hostile ones.
    of_news: Vec<u32>,
    lengths: Vec<u32>,
    scripts: BTreeMap<Script, usize>,
    kinds: BTreeMap<Kind, usize>,
    /// The outlets with articles.
    pub(crate) outlets: BTreeSet<usize>,
}

/// Measures the first `count` articles.
pub(crate) fn describe(generator: &Generator, count: u64) -> Description {
    let mut its = Description::default();
    let mut words: HashMap<String, u32> = HashMap::new();
    for article in generator.articles().take(usize::try_from(count).unwrap_or(usize::MAX)) {
        its.add(&article);
        if article.script.has_spaces() && article.kind != Kind::Hostile {
            let text = article.text().to_lowercase();
            for word in text.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty()) {
                *words.entry(word.to_owned()).or_default() += 1;
            }
        }
    }
    its.lengths.sort_unstable();
    its.of_news.sort_unstable();
    its.vocabulary = words.len();
    its.slope = slope(words.into_values().collect());
    its
}

fn slope(mut counts: Vec<u32>) -> f64 {
    counts.sort_unstable_by(|a, b| b.cmp(a));
    // Ranks at equal logarithmic distances, so that the many rare words do not dominate.
    let ranks = (0..).map(|step| (SLOPE_RANKS.start as f64 * 1.1_f64.powi(step)) as usize);
    let ranks = ranks.take_while(|rank| *rank < SLOPE_RANKS.end.min(counts.len()));
    let points: Vec<(f64, f64)> =
        ranks.map(|rank| ((rank as f64).ln(), f64::from(counts[rank - 1]).ln())).collect();
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let covariance: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    covariance / points.iter().map(|point| (point.0 - x).powi(2)).sum::<f64>()
}

impl Description {
    fn add(&mut self, article: &Article) {
        self.articles += 1;
        self.outlets.insert(article.outlet);
        *self.scripts.entry(article.script).or_default() += 1;
        *self.kinds.entry(article.kind).or_default() += 1;
        if article.kind != Kind::Hostile {
            self.lengths.push(article.words());
        }
        if matches!(article.kind, Kind::Original | Kind::OwnWords | Kind::Copy | Kind::Version) {
            self.of_news.push(article.words());
        }
    }

    /// The quantile of the lengths in words, of news articles or of all except hostile ones.
    pub(crate) fn length(&self, share: f64, of_news: bool) -> u32 {
        let all = if of_news { &self.of_news } else { &self.lengths };
        let place = (all.len() as f64 * share) as usize;
        all.get(place.min(all.len().saturating_sub(1))).copied().unwrap_or_default()
    }

    /// The share of articles in scripts without spaces, 0 to 1.
    pub(crate) fn without_spaces(&self) -> f64 {
        let scripts = self.scripts.iter().filter(|(script, _)| !script.has_spaces());
        self.share(scripts.map(|(_, count)| count).sum())
    }

    /// The share of articles of a kind, 0 to 1.
    pub(crate) fn of_kind(&self, kind: Kind) -> f64 {
        self.share(self.kinds.get(&kind).copied().unwrap_or_default())
    }

    fn share(&self, count: usize) -> f64 {
        count as f64 / self.articles.max(1) as f64
    }
}
