//! One method over all articles, in a process of its own.

use std::io::Write as _;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wirefold_dedup::Work;
use wirefold_proto::MAX_TEXT_BYTES;

use super::folds::Folds;
use super::rivals::Name;
use crate::commands::bench::machine::{self, Stopwatch};
use crate::generator::{self, Generator, Kind, Settings, labels};

/// The articles of `bench detect`: hostile ones are as long as a text may be.
pub(super) const NEWS: Settings =
    Settings { seed: 20_260_301, length: 100, limit: MAX_TEXT_BYTES, footer_life: 20_000 };
/// The articles are seen so far apart: a million in a window of seven days.
const APART: Duration = Duration::from_millis(600);
/// How far back the detector compares.
const WINDOW: Duration = Duration::from_hours(7 * 24);
/// The time of the first one.
const START: i64 = 1_770_000_000;
/// The steps of ours: fingerprint, candidates, judgement, all else.
pub(super) const STEPS: usize = 4;
/// Speed is told where so many articles are held, over the last so many before.
const SIZES: [usize; 4] = [4_000, 20_000, 100_000, 1_000_000];
const SAMPLE: usize = 2_000;

/// Which method, on how much.
#[derive(clap::Args)]
pub(crate) struct Child {
    #[arg(long, value_enum)]
    method: Name,
    #[arg(long)]
    articles: usize,
    /// Goes on until the window has passed over so many times these articles.
    #[arg(long, default_value_t = 1)]
    windows: usize,
}

impl Child {
    /// How far apart articles are seen: as many as are asked for fill the window where it slides.
    fn apart(&self) -> Duration {
        let articles = u32::try_from(self.articles).unwrap_or(u32::MAX).max(1);
        if self.windows > 1 { WINDOW / articles } else { APART }
    }
}

/// What a method is given.
pub(super) struct Article {
    pub(super) number: u32,
    pub(super) outlet: String,
    /// Its address, one for all versions of an item.
    pub(super) url: String,
    pub(super) title: String,
    pub(super) byline: String,
    pub(super) text: String,
    pub(super) time: i64,
}

impl Article {
    /// An article of the generator at its place in the stream, seen at `time`.
    pub(super) fn new(article: generator::Article, time: i64) -> Article {
        Article {
            number: u32::try_from(article.number).unwrap_or(u32::MAX),
            url: article.url(),
            text: article.text(),
            outlet: article.host,
            title: article.title,
            byline: article.byline,
            time,
        }
    }
}

/// A way to find which earlier article an article has its text from.
pub(super) trait Method {
    /// The story of an article: the number of the first article of that text.
    fn story(&mut self, article: &Article) -> u32;

    /// What keeping all that it knows takes, where that can be kept.
    fn kept(&self) -> Option<Kept> {
        None
    }

    /// Microseconds of the steps of the last article, where there are such.
    fn steps(&self) -> [f64; STEPS] {
        [0.0; STEPS]
    }

    /// The work of all articles so far, where it is counted.
    fn work(&self) -> Option<Work> {
        None
    }
}

/// What it takes to keep what is known, in a snapshot.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Kept {
    /// How long no article can be judged, in milliseconds.
    pub(super) stall: f64,
    /// Of the snapshot.
    pub(super) bytes: f64,
    /// Of it without the texts, which a start reads only where it does not find their files.
    pub(super) tables: f64,
    /// To make its bytes, beside other work, in seconds.
    pub(super) write: f64,
    /// To know all again from its bytes where the files of texts are there, in seconds.
    pub(super) read: f64,
    /// The same where they are made again from the snapshot.
    pub(super) read_texts: f64,
}

/// What the child found.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Told {
    pub(super) articles: usize,
    /// The mean over all but hostile articles, in microseconds.
    pub(super) mean: f64,
    /// How many articles are hostile, their mean in microseconds and the slowest in milliseconds.
    pub(super) hostile: (usize, f64, f64),
    /// Of all articles, by name: how often the detector did a piece of work.
    pub(super) work: Vec<(String, u64)>,
    /// In milliseconds.
    pub(super) p50: f64,
    pub(super) p99: f64,
    /// The mean by step, in microseconds.
    pub(super) steps: [f64; STEPS],
    /// By articles held, the mean in microseconds.
    pub(super) by_size: Vec<(usize, f64)>,
    /// Resident memory of an article held, texts to come and words to make them of apart.
    pub(super) bytes: f64,
    /// The same after each window, by the articles of one.
    pub(super) by_window: Vec<f64>,
    /// Bytes of an article's text.
    pub(super) text_bytes: f64,
    pub(super) kept: Option<Kept>,
    pub(super) folds: Folds,
}

impl Told {
    /// Articles a second.
    pub(super) fn speed(&self) -> f64 {
        1e6 / self.mean
    }
}

/// What was timed, article by article.
#[derive(Default)]
struct Times {
    /// Microseconds of all articles but hostile ones, in order.
    news: Vec<f64>,
    hostile: Vec<f64>,
    steps: [f64; STEPS],
    /// By articles held, the mean in microseconds.
    by_size: Vec<(usize, f64)>,
}

impl Times {
    fn take(&mut self, kind: Kind, micros: f64, steps: [f64; STEPS]) {
        if kind == Kind::Hostile {
            self.hostile.push(micros);
            return;
        }
        self.news.push(micros);
        self.steps.iter_mut().zip(steps).for_each(|(all, step)| *all += step);
    }

    fn mark_size(&mut self, held: usize) {
        if SIZES.contains(&held) {
            self.by_size.push((held, mean(&self.news[self.news.len().saturating_sub(SAMPLE)..])));
        }
    }
}

/// Measures, and tells the parent in one line of JSON.
pub(in crate::commands::bench) fn run_child(child: &Child) -> anyhow::Result<()> {
    let generator = Generator::new(NEWS);
    let mut method = child.method.method();
    let before = machine::resident_memory(std::process::id())?;
    let (all, apart) = (child.articles * child.windows, child.apart());
    let (mut times, mut stories) = (Times::default(), Vec::with_capacity(all));
    let (mut by_window, mut text_bytes) = (Vec::new(), 0);
    let held = || machine::resident_memory(std::process::id()).map(|it| it.saturating_sub(before));
    for made in generator.articles().take(all) {
        let seen = apart.saturating_mul(u32::try_from(made.number)?).as_secs();
        let kind = made.kind;
        let article = Article::new(made, START.saturating_add_unsigned(seen));
        let watch = Stopwatch::start();
        stories.push(method.story(&article));
        times.take(kind, watch.seconds() * 1e6, method.steps());
        text_bytes += article.text.len();
        times.mark_size(stories.len());
        if stories.len().is_multiple_of(child.articles) {
            by_window.push(held()? as f64 / child.articles as f64);
        }
    }
    let bytes = held()? as f64 / all as f64;
    let labelled = if child.windows > 1 { 0 } else { all as u64 };
    let found = labels(&generator, labelled).map(|(pair, (label, _))| (pair, label));
    let folds = Folds::count(&stories, found);
    let mut every: Vec<f64> = times.news.iter().chain(&times.hostile).copied().collect();
    every.sort_unstable_by(f64::total_cmp);
    let slowest = times.hostile.iter().copied().fold(0.0, f64::max) / 1e3;
    let told = Told {
        articles: all,
        mean: mean(&times.news),
        hostile: (times.hostile.len(), mean(&times.hostile), slowest),
        work: method.work().map_or_else(Vec::new, |work| named(&work)),
        p50: every[every.len() / 2] / 1e3,
        p99: every[every.len() * 99 / 100] / 1e3,
        steps: times.steps.map(|step| step / times.news.len() as f64),
        by_size: times.by_size,
        bytes,
        by_window,
        text_bytes: text_bytes as f64 / all as f64,
        kept: method.kept(),
        folds,
    };
    writeln!(std::io::stdout().lock(), "{}", serde_json::to_string(&told)?)?;
    Ok(())
}

/// Work by its names.
pub(super) fn named(work: &Work) -> Vec<(String, u64)> {
    work.counts().into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_articles_of_one_window_fill_it_where_it_slides() {
        let child = |windows| Child { method: Name::Wirefold, articles: 1_000, windows };
        assert_eq!(child(3).apart() * 1_000, WINDOW);
        assert_eq!(child(1).apart(), APART);
    }
}
