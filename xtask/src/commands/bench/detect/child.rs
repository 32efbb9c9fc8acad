//! Measures one method over all articles in a process of its own.

use std::io::Write as _;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wirefold_dedup::Work;
use wirefold_score::{Label, Pair};

use super::article::Article;
use super::folds::{Folds, NamedCounts};
use super::rivals::MethodName;
use super::set::{Set, Stream};
use super::times::{Spread, Times};
use crate::machine;

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
    pub(super) folds: Folds,
    pub(super) names: NamedCounts,
}

impl Results {
    /// Articles a second of processor time.
    pub(super) fn speed(&self) -> f64 {
        1e6 / self.spread.mean
    }
}

/// Measures and prints the results as a line of JSON.
pub(in crate::commands::bench) fn run_child(child: &Child) -> anyhow::Result<()> {
    machine::stay_on_one_core()?;
    let stream = Stream::new(child.set);
    let count = child.articles;
    let before = machine::resident_memory(std::process::id())?;
    let held = || machine::resident_memory(std::process::id());
    let apart = SPAN / u32::try_from(count)?.max(1);
    let mut method = child.method.method(count);
    let (mut times, mut names) = (Times::new(count), NamedCounts::default());
    let (mut stories, mut roots, mut first_day) = (Vec::new(), Vec::new(), before);
    for number in 0..count {
        let (made, root) = stream.article(number as u64);
        let seen = apart.saturating_mul(u32::try_from(number)?).as_secs();
        let kind = made.kind;
        let article = Article::new(made, START.saturating_add_unsigned(seen));
        let story = times.time(kind, || method.story(&article));
        times.steps(kind, method.steps());
        names.count(number, method.earlier_article(&article, story), root, &roots);
        stories.push(story);
        roots.push(root);
        if stories.len() == count / DAYS {
            first_day = held()?;
        }
    }
    let bytes = held()?;
    let (day, above) = (count / DAYS, |end: u64, start: u64| end.saturating_sub(start) as f64);
    let results = Results {
        articles: count,
        spread: times.spread(),
        work: method.work().map_or_else(Vec::new, |work| name_counts(&work)),
        bytes: above(bytes, before) / count as f64,
        open: above(first_day, before) / day.max(1) as f64,
        // At the end the last day is open, as the first one was at its end.
        sealed: above(bytes, first_day) / (count - day) as f64,
        folds: folds(&stream, &stories, &roots),
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
    fn articles_with_their_text_from_one_are_pairs() {
        let pairs: Vec<Pair> = planted_pairs(&[0, 1, 0, 3, 0]).into_iter().map(|it| it.0).collect();
        assert_eq!(pairs, [(0, 2), (0, 4), (2, 4)]);
    }
}
