//! One method over all articles, in a process of its own.

use std::io::Write as _;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wirefold_dedup::{Incoming, Work};
use wirefold_score::{Label, Pair};

use super::folds::{Folds, Names};
use super::rivals::Name;
use super::set::{Set, Stream};
use super::times::{Spread, Times};
use crate::commands::bench::machine;
use crate::generator;

/// How far back the detector compares.
const WINDOW: Duration = Duration::from_hours(7 * 24);
/// The articles of a run are spread over so much of it: none leaves, and most stand in days that are over.
const SPAN: Duration = Duration::from_hours(6 * 24);
/// How many days that is.
const DAYS: usize = 6;
/// The time of the first one.
const START: i64 = 1_770_000_000 / 86_400 * 86_400;
/// The steps of a decision, in order.
pub(super) const STEP_NAMES: [&str; STEPS] =
    ["preparing", "fingerprint", "candidates", "judgement", "recording", "event", "verdict"];
pub(super) const STEPS: usize = 7;
/// The steps until the story of an article is judged.
pub(super) const STEPS_UNTIL_JUDGED: usize = 4;

/// Which method, on how much.
#[derive(clap::Args)]
pub(crate) struct Child {
    #[arg(long, value_enum)]
    method: Name,
    #[arg(long, value_enum)]
    set: Set,
    #[arg(long)]
    articles: usize,
    /// Goes on until the window has passed over so many times these articles.
    #[arg(long, default_value_t = 1)]
    windows: usize,
}

impl Child {
    /// How far apart articles are seen: as many as are asked for fill the window where it slides.
    fn interval(&self) -> Duration {
        let articles = u32::try_from(self.articles).unwrap_or(u32::MAX).max(1);
        if self.windows > 1 { WINDOW / articles } else { SPAN / articles }
    }
}

/// What a method is given.
pub(in crate::commands::bench) struct Article {
    pub(in crate::commands::bench) number: u32,
    pub(in crate::commands::bench) outlet: String,
    /// Its address, one for all versions of an item.
    pub(in crate::commands::bench) url: String,
    pub(in crate::commands::bench) title: String,
    pub(in crate::commands::bench) byline: String,
    pub(in crate::commands::bench) text: String,
    pub(in crate::commands::bench) time: i64,
}

impl Article {
    /// An article of the generator at its place in the stream, seen at `time`.
    pub(in crate::commands::bench) fn new(article: generator::Article, time: i64) -> Article {
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

    /// What the detector is given.
    pub(in crate::commands::bench) fn incoming<'a>(&'a self, items: &'a [&'a str]) -> Incoming<'a> {
        Incoming {
            items,
            outlet: Some(&self.outlet),
            title: &self.title,
            byline: &self.byline,
            text: &self.text,
            time: self.time,
            published: self.time,
            ..Incoming::default()
        }
    }
}

/// A way to find which earlier article an article has its text from.
pub(super) trait Method {
    /// The story of an article: the number of the first article of that text.
    fn story(&mut self, article: &Article) -> u32;

    /// The earlier article that the last one, of that story, was found to have its text from.
    fn named(&self, article: &Article, story: u32) -> Option<u32> {
        (story != article.number).then_some(story)
    }

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
    /// What was timed, by the processor time of the thread.
    pub(super) spread: Spread,
    /// Of all articles, by name: how often the detector did a piece of work.
    pub(super) work: Vec<(String, u64)>,
    /// Resident memory of an article held, in bytes: of all; and for a run over several days of those
    /// of the first day while it lasted, and of those of days that are over.
    pub(super) bytes: f64,
    pub(super) open: f64,
    pub(super) sealed: f64,
    /// The same of all after each window, by the articles of one.
    pub(super) by_window: Vec<f64>,
    /// Bytes of an article's text.
    pub(super) text_bytes: f64,
    pub(super) kept: Option<Kept>,
    pub(super) folds: Folds,
    pub(super) names: Names,
}

impl Told {
    /// Articles a second of processor time.
    pub(super) fn speed(&self) -> f64 {
        1e6 / self.spread.mean
    }
}

/// What a method holds, in bytes of resident memory, as the run goes on.
#[derive(Default)]
struct Held {
    before: u64,
    /// After the first day, and at the end of each window.
    first_day: f64,
    windows: Vec<f64>,
}

impl Held {
    fn now(&self) -> anyhow::Result<f64> {
        let bytes = machine::resident_memory(std::process::id())?;
        Ok(bytes.saturating_sub(self.before) as f64)
    }

    /// Looks where a day or a window of `articles` is full.
    fn look(&mut self, seen: usize, articles: usize) -> anyhow::Result<()> {
        if seen == articles / DAYS {
            self.first_day = self.now()?;
        }
        if seen.is_multiple_of(articles) {
            self.windows.push(self.now()?);
        }
        Ok(())
    }
}

/// Measures, and tells the parent in one line of JSON.
pub(in crate::commands::bench) fn run_child(child: &Child) -> anyhow::Result<()> {
    machine::stay_on_one_core()?;
    let stream = Stream::new(child.set);
    let before = machine::resident_memory(std::process::id())?;
    let mut held = Held { before, ..Held::default() };
    let (all, apart) = (child.articles * child.windows, child.interval());
    let mut method = child.method.method(child.articles);
    let (mut times, mut names) = (Times::new(all), Names::default());
    let (mut stories, mut roots, mut text_bytes) = (Vec::new(), Vec::new(), 0);
    for number in 0..all {
        let (made, root) = stream.article(number as u64);
        let seen = apart.saturating_mul(u32::try_from(number)?).as_secs();
        let kind = made.kind;
        let article = Article::new(made, START.saturating_add_unsigned(seen));
        let story = times.time(kind, || method.story(&article));
        times.steps(kind, method.steps());
        names.count(number, method.named(&article, story), root, &roots);
        stories.push(story);
        roots.push(root);
        text_bytes += article.text.len();
        held.look(stories.len(), child.articles)?;
    }
    let bytes = held.now()?;
    let day = child.articles / DAYS;
    let labelled = if child.windows > 1 { 0 } else { all };
    let told = Told {
        articles: all,
        spread: times.spread(),
        work: method.work().map_or_else(Vec::new, |work| named(&work)),
        bytes: bytes / child.articles as f64,
        open: held.first_day / day.max(1) as f64,
        // The last day is open as the first one was when it was over.
        sealed: (bytes - held.first_day) / (child.articles - day) as f64,
        by_window: held.windows.iter().map(|it| it / child.articles as f64).collect(),
        text_bytes: text_bytes as f64 / all as f64,
        kept: (child.windows == 1 && child.set == Set::News).then(|| method.kept()).flatten(),
        folds: folds(&stream, &stories[..labelled], &roots[..labelled]),
        names,
    };
    writeln!(std::io::stdout().lock(), "{}", serde_json::to_string(&told)?)?;
    Ok(())
}

/// How right the stories are: against the planted reprints, or against the labels of the news.
fn folds(stream: &Stream, stories: &[u32], roots: &[u64]) -> Folds {
    match stream.labels(stories.len() as u64) {
        Some(labels) => Folds::count(stories, labels),
        None => Folds::count(stories, planted_pairs(roots).into_iter()),
    }
}

/// All pairs of articles that have their text from one.
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

/// Work by its names.
pub(super) fn named(work: &Work) -> Vec<(String, u64)> {
    work.counts().into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_articles_of_one_window_fill_it_where_it_slides() {
        let (method, set) = (Name::Wirefold, Set::Plain);
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
