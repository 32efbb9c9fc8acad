//! One method over all articles, in a process of its own.

use std::io::Write as _;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::folds::Folds;
use super::rivals::Name;
use crate::commands::bench::machine::{self, Stopwatch};
use crate::commands::bench::texts::{Newsroom, Piece};

const SEED: u64 = 20_260_301;
/// Outlets that print the articles.
const OUTLETS: u64 = 120;
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
    pub(super) piece: Piece,
    pub(super) text: String,
    pub(super) time: i64,
}

/// A way to find which earlier article an article has its text from.
pub(super) trait Method {
    /// The story of an article: the number of the first article of that text.
    fn story(&mut self, article: &Article) -> u32;

    /// What keeping all that it knows takes, where that can be kept.
    fn kept(&self) -> Option<Kept> {
        None
    }

    /// Microseconds of the steps of all articles so far, where there are such.
    fn steps(&self) -> [f64; STEPS] {
        [0.0; STEPS]
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
    /// The mean, in microseconds.
    pub(super) mean: f64,
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

/// Measures, and tells the parent in one line of JSON.
pub(in crate::commands::bench) fn run_child(child: &Child) -> anyhow::Result<()> {
    let mut newsroom = Newsroom::new(SEED, 500, 400);
    let mut method = child.method.method();
    let before = machine::resident_memory(std::process::id())?;
    let mut micros = Vec::with_capacity(child.articles);
    let mut folds = Vec::with_capacity(child.articles);
    let (mut by_size, mut by_window, mut text_bytes) = (Vec::new(), Vec::new(), 0);
    let (all, apart) = (child.articles * child.windows, child.apart());
    let held = || machine::resident_memory(std::process::id()).map(|it| it.saturating_sub(before));
    for number in 0..u32::try_from(all)? {
        let article = next(&mut newsroom, number, apart);
        let watch = Stopwatch::start();
        let story = method.story(&article);
        micros.push(watch.seconds() * 1e6);
        folds.push((article.piece.family, story));
        text_bytes += article.text.len();
        if SIZES.contains(&micros.len()) {
            by_size.push((micros.len(), mean(&micros[micros.len() - SAMPLE..])));
        }
        if micros.len().is_multiple_of(child.articles) {
            by_window.push(held()? as f64 / child.articles as f64);
        }
    }
    let held = held()?;
    let count = all as f64;
    let steps = method.steps().map(|step| step / count);
    let mean = mean(&micros);
    micros.sort_unstable_by(f64::total_cmp);
    let told = Told {
        articles: all,
        mean,
        p50: micros[micros.len() / 2] / 1e3,
        p99: micros[micros.len() * 99 / 100] / 1e3,
        steps,
        by_size,
        bytes: held as f64 / count,
        by_window,
        text_bytes: text_bytes as f64 / count,
        kept: method.kept(),
        folds: Folds::count(&folds),
    };
    writeln!(std::io::stdout().lock(), "{}", serde_json::to_string(&told)?)?;
    Ok(())
}

fn next(newsroom: &mut Newsroom, number: u32, apart: Duration) -> Article {
    let piece = newsroom.next();
    let outlet = format!("paper{:03}.example", newsroom.below(OUTLETS));
    let seen = apart.saturating_mul(number).as_secs();
    let time = START.saturating_add_unsigned(seen);
    Article { number, outlet, text: piece.text(), piece, time }
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
