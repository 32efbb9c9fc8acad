//! Measures one method over all articles in a process of its own.

use std::io::Write as _;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wirefold_dedup::Work;
use wirefold_score::{Label, Pair};

use super::article::Article;
use super::folds::{Folds, NamedCounts};
use super::method::SnapshotCosts;
use super::rivals::MethodName;
use super::set::{Set, Stream};
use super::times::{Spread, Times};
use crate::machine;

/// The window of the detector.
const WINDOW: Duration = Duration::from_hours(7 * 24);
/// The time over which the articles are spread. None leaves the window, and most are in sealed segments.
const SPAN: Duration = Duration::from_hours(6 * 24);
/// The same in days.
const DAYS: usize = 6;
/// The time of the first article.
const START: i64 = 1_770_000_000 / 86_400 * 86_400;
/// The arguments of the child: the method and its input.
#[derive(clap::Args)]
pub(crate) struct Child {
    #[arg(long, value_enum)]
    method: MethodName,
    #[arg(long, value_enum)]
    set: Set,
    #[arg(long)]
    articles: usize,
    /// The number of times that the window passes over as many articles.
    #[arg(long, default_value_t = 1)]
    windows: usize,
}

impl Child {
    /// The time between two articles. If the window slides, the requested number of articles fills it.
    fn interval(&self) -> Duration {
        let articles = u32::try_from(self.articles).unwrap_or(u32::MAX).max(1);
        if self.windows > 1 { WINDOW / articles } else { SPAN / articles }
    }
}

/// The results of the child.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Results {
    pub(super) articles: usize,
    /// The distribution of times, by the processor time of the thread.
    pub(super) spread: Spread,
    /// How often the detector did each piece of work, over all articles.
    pub(super) work: Vec<(String, u64)>,
    /// The resident memory of a stored article in bytes: of all; and for a run over several days, those of
    /// the first day while it lasted, and those of days that are over.
    pub(super) bytes: f64,
    pub(super) open: f64,
    pub(super) sealed: f64,
    /// The bytes of each table for an article of days that are over, as they are written into a snapshot.
    pub(super) tables: Vec<(String, f64)>,
    /// The same for all articles after each window, divided by the articles of one.
    pub(super) by_window: Vec<f64>,
    /// The bytes of an article's text.
    pub(super) text_bytes: f64,
    pub(super) snapshot_costs: Option<SnapshotCosts>,
    pub(super) folds: Folds,
    pub(super) names: NamedCounts,
}

impl Results {
    /// Articles a second of processor time.
    pub(super) fn speed(&self) -> f64 {
        1e6 / self.spread.mean
    }
}

/// The resident memory of a method in bytes during the run.
#[derive(Default)]
struct MemorySamples {
    before: u64,
    /// After the first day and at the end of each window.
    first_day: f64,
    windows: Vec<f64>,
}

impl MemorySamples {
    fn now(&self) -> anyhow::Result<f64> {
        let bytes = machine::resident_memory(std::process::id())?;
        Ok(bytes.saturating_sub(self.before) as f64)
    }

    /// Measures at the end of a day or of a window of `articles`.
    fn sample(&mut self, seen: usize, articles: usize) -> anyhow::Result<()> {
        if seen == articles / DAYS {
            self.first_day = self.now()?;
        }
        if seen.is_multiple_of(articles) {
            self.windows.push(self.now()?);
        }
        Ok(())
    }
}

/// By how many bytes each table has grown for each of these articles.
fn grown(
    before: &[(&'static str, u64)],
    after: &[(&'static str, u64)],
    articles: usize,
) -> Vec<(String, f64)> {
    let growth = |((name, then), (_, now)): (&(&str, u64), &(&str, u64))| {
        ((*name).to_owned(), (*now as f64 - *then as f64) / articles.max(1) as f64)
    };
    before.iter().zip(after).map(growth).collect()
}

/// Measures and prints the results as a line of JSON.
pub(in crate::commands::bench) fn run_child(child: &Child) -> anyhow::Result<()> {
    machine::stay_on_one_core()?;
    let stream = Stream::new(child.set);
    let before = machine::resident_memory(std::process::id())?;
    let mut held = MemorySamples { before, ..MemorySamples::default() };
    let (all, apart) = (child.articles * child.windows, child.interval());
    let mut method = child.method.method(child.articles);
    let (mut times, mut names) = (Times::new(all), NamedCounts::default());
    let (mut stories, mut roots, mut text_bytes) = (Vec::new(), Vec::new(), 0);
    let mut first_day = Vec::new();
    for number in 0..all {
        let (made, root) = stream.article(number as u64);
        let seen = apart.saturating_mul(u32::try_from(number)?).as_secs();
        let kind = made.kind;
        let article = Article::new(made, START.saturating_add_unsigned(seen));
        let story = times.time(kind, || method.story(&article));
        times.steps(kind, method.steps());
        names.count(number, method.earlier_article(&article, story), root, &roots);
        stories.push(story);
        roots.push(root);
        text_bytes += article.text.len();
        held.sample(stories.len(), child.articles)?;
        if stories.len() == child.articles / DAYS {
            first_day = method.tables();
        }
    }
    let bytes = held.now()?;
    let day = child.articles / DAYS;
    let labelled = if child.windows > 1 { 0 } else { all };
    let results = Results {
        articles: all,
        spread: times.spread(),
        work: method.work().map_or_else(Vec::new, |work| name_counts(&work)),
        bytes: bytes / child.articles as f64,
        open: held.first_day / day.max(1) as f64,
        // At the end the last day is open, as the first one was at its end.
        sealed: (bytes - held.first_day) / (child.articles - day) as f64,
        tables: grown(&first_day, &method.tables(), child.articles - day),
        by_window: held.windows.iter().map(|it| it / child.articles as f64).collect(),
        text_bytes: text_bytes as f64 / all as f64,
        snapshot_costs: (child.windows == 1 && child.set == Set::News)
            .then(|| method.snapshot_costs())
            .flatten(),
        folds: folds(&stream, &stories[..labelled], &roots[..labelled]),
        names,
    };
    writeln!(std::io::stdout().lock(), "{}", serde_json::to_string(&results)?)?;
    Ok(())
}

/// The accuracy of the stories, by the planted reprints or by the labels of the news.
fn folds(stream: &Stream, stories: &[u32], roots: &[u64]) -> Folds {
    match stream.labels(stories.len() as u64) {
        Some(labels) => Folds::count(stories, labels),
        None => Folds::count(stories, planted_pairs(roots).into_iter()),
    }
}

/// All pairs of articles that have one text.
fn planted_pairs(roots: &[u64]) -> Vec<(Pair, Label)> {
    let mut places: Vec<usize> = (0..roots.len()).collect();
    places.sort_by_key(|place| roots[*place]);
    let families = places.chunk_by(|one, other| roots[*one] == roots[*other]);
    let pairs = families.flat_map(|family| {
        let pair = move |at: usize| family[..at].iter().map(move |one| (*one, family[at]));
        (0..family.len()).flat_map(pair)
    });
    pairs.map(|pair| (pair, Label::Reprint)).collect()
}

/// The counts of work with their names.
pub(super) fn name_counts(work: &Work) -> Vec<(String, u64)> {
    work.counts().into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_articles_of_one_window_fill_it_where_it_slides() {
        let (method, set) = (MethodName::Wirefold, Set::Plain);
        let child = |windows| Child { method, set, articles: 1_000, windows };
        assert_eq!(child(3).interval() * 1_000, WINDOW);
        assert_eq!(child(1).interval() * 1_000, SPAN);
    }

    #[test]
    fn articles_with_their_text_from_one_are_pairs() {
        let pairs: Vec<Pair> = planted_pairs(&[0, 1, 0, 3, 0]).into_iter().map(|it| it.0).collect();
        assert_eq!(pairs, [(0, 2), (0, 4), (2, 4)]);
    }
}
