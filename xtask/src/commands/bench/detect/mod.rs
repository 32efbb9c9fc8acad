//! `bench detect`: the detector and other methods on the same articles and one core. Each method has a
//! process of its own, so that its memory can be measured. Time is the processor time of one thread.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use rivals::MethodName;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use wirefold_detector::TextFolder;
use wirefold_fold::{Detector, Incoming, Prepared, Settings};
use wirefold_proto::MAX_TEXT_BYTES;
use wirefold_score::{Label, Pair};

use super::{own_process, results_of};
use crate::generator::{self, Generator, Kind, Planted, labels};
use crate::machine;
use crate::machine::ThreadWatch;

mod rivals;

/// The number of articles of a run, also for a quick one.
const ARTICLES: usize = 20_000;
const QUICK: usize = 4_000;
/// The arguments of `bench detect`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Less of everything, for a look: no figures to publish.
    #[arg(long, conflicts_with = "articles")]
    quick: bool,
    /// How many articles of each set, up to some millions [default: 20000].
    #[arg(long, value_name = "N")]
    articles: Option<usize>,
    /// Only the detector, on the plain set: for a million articles.
    #[arg(long)]
    alone: bool,
    /// Writes the tables into docs/performance.md, in place of those of as many articles.
    #[arg(long, conflicts_with = "quick")]
    write: bool,
}

/// Measures all methods, in turn.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let count = arguments.articles.unwrap_or(if arguments.quick { QUICK } else { ARTICLES });
    let ours = [(MethodName::Wirefold, Set::Plain)];
    let all = [Set::Plain, Set::Hard].into_iter().flat_map(|set| {
        [MethodName::Simhash, MethodName::OnePermutation, MethodName::Wirefold].map(|it| (it, set))
    });
    let all: Vec<_> = all.chain([(MethodName::Wirefold, Set::News)]).collect();
    let mut measured = Vec::new();
    for &(method, set) in if arguments.alone { &ours[..] } else { &all } {
        measured.push(Measured { method, set, results: measure(method, set, count)? });
    }
    let block = block(count, &measured);
    writeln!(std::io::stdout().lock(), "{block}")?;
    if arguments.write { super::put(&format!("detect {count}"), &block) } else { Ok(()) }
}

/// Measures a method in a child.
fn measure(method: MethodName, set: Set, articles: usize) -> anyhow::Result<Results> {
    let mut child = own_process("detect-method")?;
    child.args(["--method", method.name(), "--set", set.name()]);
    results_of(child.args(["--articles", &articles.to_string()]))
}

/// The input of a method.
pub(super) struct Article {
    pub(super) number: u32,
    pub(super) outlet: String,
    /// Its address, which all versions of an item share.
    pub(super) url: String,
    pub(super) title: String,
    pub(super) byline: String,
    pub(super) text: String,
    pub(super) time: i64,
}

impl Article {
    /// The generated article at its index in the stream, seen at `time`.
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

    /// The input of the detector.
    pub(super) fn incoming<'a>(&'a self, items: &'a [&'a str]) -> Incoming<'a> {
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
struct Results {
    articles: usize,
    /// The distribution of times, by the processor time of the thread.
    spread: Spread,
    /// The resident memory of a stored article in bytes: of all; and for a run over several days, those of
    /// the first day while it lasted, and those of days that are over.
    bytes: f64,
    open: f64,
    sealed: f64,
    folds: Folds,
    names: NamedCounts,
}

impl Results {
    /// Articles a second of processor time.
    fn speed(&self) -> f64 {
        1e6 / self.spread.mean
    }
}

/// Measures and prints the results as a line of JSON.
pub(super) fn run_child(child: &Child) -> anyhow::Result<()> {
    machine::stay_on_one_core()?;
    let stream = Stream::new(child.set);
    let count = child.articles;
    let before = machine::resident_memory(std::process::id())?;
    let held = || machine::resident_memory(std::process::id());
    let apart = SPAN / u32::try_from(count)?.max(1);
    let mut method = child.method.method();
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

/// The results of a method on a set.
struct Measured {
    method: MethodName,
    set: Set,
    results: Results,
}

/// The results of a method on a set, if it was measured.
fn find(measured: &[Measured], method: MethodName, set: Set) -> Option<&Results> {
    let found = measured.iter().find(|one| one.method == method && one.set == set);
    found.map(|one| &one.results)
}

/// The tables of a run over this many articles.
fn block(articles: usize, measured: &[Measured]) -> String {
    let is_alone = measured.iter().all(|one| one.method == MethodName::Wirefold);
    let alone = if is_alone { " --alone" } else { "" };
    let head = format!(
        "`cargo xtask bench detect --articles {articles}{alone} --write`, {}, one of {} cores, load average {:.1} at \
         the end; processor time of one thread, every method pinned to the same core.\n\n",
        machine::today(),
        machine::cores(),
        machine::load(),
    );
    let sets = if is_alone { &[][..] } else { &[Set::Plain, Set::Hard] };
    let tables: String = sets.iter().map(|set| methods(measured, *set)).collect();
    format!("{head}{tables}{}", ours(measured))
}

/// All methods on one set.
fn methods(measured: &[Measured], set: Set) -> String {
    let anchor = find(measured, MethodName::Simhash, set).map_or(f64::NAN, Results::speed);
    let mut table = format!(
        "| {} set | articles/s | of SimHash | p99, ms | KB an article | precision | recall | F1 of pairs |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|\n",
        set.name()
    );
    let mut row = |title: &str, speed: f64, results: &Results| {
        let _ = writeln!(
            table,
            "| {title} | {speed:.0} | {:.2} | {:.2} | {:.1} | {:.2} | {:.2} | {:.2} |",
            speed / anchor,
            results.spread.p99,
            results.bytes / 1e3,
            results.names.precision(),
            results.names.recall(),
            results.folds.f1(),
        );
    };
    for Measured { method, results, .. } in measured.iter().filter(|one| one.set == set) {
        row(method.title(), results.speed(), results);
    }
    table + "\n"
}

/// The detector alone on all sets.
fn ours(measured: &[Measured]) -> String {
    let sets: Vec<&Measured> =
        measured.iter().filter(|one| one.method == MethodName::Wirefold).collect();
    let heads: Vec<&str> = sets.iter().map(|one| one.set.name()).collect();
    let mut table =
        format!("| wirefold | {} |\n|---{}|\n", heads.join(" | "), "|--:".repeat(sets.len()));
    let mut row = |what: &str, value: &dyn Fn(&Results) -> String| {
        let cells: Vec<String> = sets.iter().map(|one| value(&one.results)).collect();
        let _ = writeln!(table, "| {what} | {} |", cells.join(" | "));
    };
    let steps =
        |results: &Results| results.spread.steps.map(|step| format!("{step:.0}")).join(", ");
    row("all steps, articles/s", &|results| format!("{:.0}", results.speed()));
    row(&format!("{}, µs", STEP_NAMES.join(", ")), &steps);
    row("by articles held, articles/s", &|results| {
        let sizes = results.spread.by_size.iter();
        let sizes = sizes.map(|(held, micros)| format!("{held}: {:.0}", 1e6 / micros));
        sizes.collect::<Vec<_>>().join(", ")
    });
    row("time of the last tenth by that of the first", &|results| {
        format!("{:.2}", results.spread.growth)
    });
    row("p50, p99, ms", &|results| format!("{:.2}, {:.2}", results.spread.p50, results.spread.p99));
    row("… p99 of preparing alone, and of all other steps, ms", &|results| {
        let [preparing, others] = results.spread.p99_of_parts;
        format!("{preparing:.2}, {others:.2}")
    });
    row("KB an article, of days that are over and of the open day", &|results| {
        format!("{:.1}, {:.1}", results.sealed / 1e3, results.open / 1e3)
    });
    row("hostile articles: how many, each µs, the slowest ms", &|results| {
        let (count, mean, slowest) = results.spread.hostile;
        if count == 0 { String::new() } else { format!("{count}, {mean:.0}, {slowest:.0}") }
    });
    row("pairs in one story: precision, recall, F1", &|results| {
        let folds = &results.folds;
        format!("{:.3}, {:.3}, {:.3}", folds.precision(), folds.recall(), folds.f1())
    });
    table
}

/// The number of pairs that must fold, that were folded, and that are both. Pairs that may fold do not count.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Folds {
    must: u64,
    folded: u64,
    right: u64,
}

impl Folds {
    /// Counts the pairs, given the story of each article and the labelled pairs.
    fn count(stories: &[u32], labels: impl Iterator<Item = (Pair, Label)>) -> Folds {
        let mut counts: HashMap<u32, u64> = HashMap::new();
        stories.iter().for_each(|story| *counts.entry(*story).or_default() += 1);
        let mut folds = Folds {
            folded: counts.values().map(|count| count * (count - 1) / 2).sum(),
            ..Folds::default()
        };
        for ((a, b), label) in labels {
            let is_folded = u64::from(stories[a] == stories[b]);
            match label {
                Label::Reprint => {
                    folds.must += 1;
                    folds.right += is_folded;
                }
                Label::Partial => folds.folded -= is_folded,
            }
        }
        folds
    }

    fn precision(&self) -> f64 {
        share(self.right, self.folded)
    }

    fn recall(&self) -> f64 {
        share(self.right, self.must)
    }

    /// The harmonic mean of both.
    fn f1(&self) -> f64 {
        share(2 * self.right, self.folded + self.must)
    }
}

/// The number of articles that have their text from an earlier one, that were put with an earlier one, and
/// that were put with one of the same text.
#[derive(Debug, Default, Serialize, Deserialize)]
struct NamedCounts {
    reprints: u64,
    named: u64,
    right: u64,
}

impl NamedCounts {
    /// Counts the article at an index, whose text is that of `root`. `roots` has those of all articles before
    /// it.
    fn count(&mut self, place: usize, named: Option<u32>, root: u64, roots: &[u64]) {
        self.reprints += u64::from(root != place as u64);
        self.named += u64::from(named.is_some());
        let is_right = named.is_some_and(|other| roots.get(other as usize) == Some(&root));
        self.right += u64::from(is_right);
    }

    fn precision(&self) -> f64 {
        share(self.right, self.named)
    }

    fn recall(&self) -> f64 {
        share(self.right, self.reprints)
    }
}

/// The share, or 1 of nothing.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// The steps of a decision, in order.
const STEP_NAMES: [&str; STEPS] = ["preparing", "deciding"];
const STEPS: usize = 2;

/// A method that finds the earlier article from which an article has its text.
trait Method {
    /// The story of an article, given by the number of the first article with its text.
    fn story(&mut self, article: &Article) -> u32;

    /// The earlier article from which the last one, of this story, was found to have its text.
    fn earlier_article(&self, article: &Article, story: u32) -> Option<u32> {
        (story != article.number).then_some(story)
    }

    /// The microseconds of each step of the last article, if the method has steps.
    fn steps(&self) -> [f64; STEPS] {
        [0.0; STEPS]
    }
}

/// The detector with its texts in durable files, as beside snapshots.
struct Wirefold {
    detector: Detector,
    steps: [f64; STEPS],
    _root: TempDir,
}

impl Wirefold {
    fn new() -> Wirefold {
        let root = tempfile::tempdir().expect("there is a place for temporary files");
        let folder = Arc::new(TextFolder::persistent(root.path()));
        let detector = Detector::new(Settings::default()).with_text_files(Some(folder));
        Wirefold { detector, steps: [0.0; STEPS], _root: root }
    }
}

impl Method for Wirefold {
    fn story(&mut self, article: &Article) -> u32 {
        let items = [article.url.as_str()];
        let incoming = article.incoming(&items);
        let watch = ThreadWatch::start();
        let prepared = Prepared::new(&incoming);
        let preparing = watch.micros();
        let verdict = self.detector.decide(&incoming, &prepared);
        self.steps = [preparing, watch.micros() - preparing];
        verdict.story.0
    }

    fn steps(&self) -> [f64; STEPS] {
        self.steps
    }
}

/// The articles of `bench detect`. Hostile ones are as long as a text may be.
pub(super) const NEWS: generator::Settings = generator::Settings {
    seed: 20_260_301,
    length: 100,
    limit: MAX_TEXT_BYTES,
    footer_life: 20_000,
};

/// The name of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Set {
    /// Only texts and planted reprints.
    Plain,
    /// The same with footers, stock sentences and quotations that unrelated articles share.
    Hard,
    /// The generator's news of all kinds. Six of a thousand are hostile.
    News,
}

impl Set {
    /// The name in the arguments of the child and in tables.
    fn name(self) -> &'static str {
        match self {
            Set::Plain => "plain",
            Set::Hard => "hard",
            Set::News => "news",
        }
    }
}

/// The articles of a set.
struct Stream {
    generator: Generator,
    set: Set,
}

impl Stream {
    /// A set from its beginning.
    fn new(set: Set) -> Stream {
        Stream { generator: Generator::new(NEWS), set }
    }

    /// The article at an index, and the number of the one that had its text first.
    fn article(&self, number: u64) -> (generator::Article, u64) {
        match self.set {
            Set::Plain => self.generator.planted(Planted::Plain, number),
            Set::Hard => self.generator.planted(Planted::Hard, number),
            Set::News => {
                let article = self.generator.article(number);
                let main = article.main;
                (article, main)
            }
        }
    }

    /// The labels of pairs of the first articles, if the set has more than texts in common.
    fn labels(&self, count: u64) -> Option<impl Iterator<Item = (Pair, Label)>> {
        let found = (self.set == Set::News).then(|| labels(&self.generator, count))?;
        Some(found.map(|(pair, (label, _))| (pair, label)))
    }
}

/// Whether an article counts as hostile.
fn is_hostile(kind: Kind) -> bool {
    kind == Kind::Hostile
}

/// The speed is reported at these numbers of stored articles, over the last articles before each.
const SIZES: [usize; 5] = [4_000, 20_000, 50_000, 100_000, 1_000_000];
const SAMPLE: usize = 2_000;
/// The growth is the time of the last of this many parts of a run divided by that of the first.
const PARTS: usize = 10;

/// Collects times.
struct Times {
    /// The microseconds of all articles except hostile ones, in order.
    news: Vec<f64>,
    hostile: Vec<f64>,
    steps: [f64; STEPS],
    /// The microseconds of the first step, and of all others together, of each article. Small, because the memory of
    /// a run is measured.
    parts: [Vec<f32>; 2],
    /// The mean in microseconds by the number of stored articles.
    by_size: Vec<(usize, f64)>,
    /// The cost of reading the clock, which is subtracted.
    cost: f64,
}

/// The distribution of the times of a run.
#[derive(Debug, Serialize, Deserialize)]
struct Spread {
    /// The mean over all articles except hostile ones, in microseconds.
    mean: f64,
    /// The number of hostile articles, their mean in microseconds and the slowest in milliseconds.
    hostile: (usize, f64, f64),
    /// In milliseconds, over all articles.
    p50: f64,
    p99: f64,
    /// The p99 of the first step alone, and of all others together.
    p99_of_parts: [f64; 2],
    /// The mean of each step, in microseconds.
    steps: [f64; STEPS],
    /// The mean in microseconds by the number of stored articles.
    by_size: Vec<(usize, f64)>,
    /// The mean of the last tenth divided by that of the first.
    growth: f64,
}

impl Times {
    /// With room for this many, so that it does not grow while memory is measured.
    fn new(articles: usize) -> Times {
        Times {
            news: Vec::with_capacity(articles),
            hostile: Vec::new(),
            steps: [0.0; STEPS],
            parts: [Vec::with_capacity(articles), Vec::with_capacity(articles)],
            by_size: Vec::new(),
            cost: ThreadWatch::cost(),
        }
    }

    /// Does the work for an article and records its time.
    fn time<T>(&mut self, kind: Kind, work: impl FnOnce() -> T) -> T {
        let watch = ThreadWatch::start();
        let done = work();
        let micros = (watch.micros() - self.cost).max(0.0);
        self.note(kind, micros);
        done
    }

    fn note(&mut self, kind: Kind, micros: f64) {
        let of_kind = if is_hostile(kind) { &mut self.hostile } else { &mut self.news };
        of_kind.push(micros);
        let held = self.news.len() + self.hostile.len();
        if SIZES.contains(&held) {
            self.by_size.push((held, mean(&self.news[self.news.len().saturating_sub(SAMPLE)..])));
        }
    }

    /// Records the steps of the last article.
    fn steps(&mut self, kind: Kind, steps: [f64; STEPS]) {
        let [first, others] = &mut self.parts;
        first.push(steps[0] as f32);
        others.push(steps[1..].iter().sum::<f64>() as f32);
        if !is_hostile(kind) {
            self.steps.iter_mut().zip(steps).for_each(|(all, step)| *all += step);
        }
    }

    /// The distribution of all times.
    fn spread(&self) -> Spread {
        let every = sorted(self.news.iter().chain(&self.hostile).copied());
        let slowest = self.hostile.iter().copied().fold(0.0, f64::max) / 1e3;
        let part = self.news.len() / PARTS;
        let last = mean(&self.news[self.news.len() - part..]);
        Spread {
            mean: mean(&self.news),
            hostile: (self.hostile.len(), mean(&self.hostile), slowest),
            p50: percentile(&every, 50) / 1e3,
            p99: percentile(&every, 99) / 1e3,
            p99_of_parts: self
                .parts
                .each_ref()
                .map(|times| percentile(&sorted(times.iter().copied().map(f64::from)), 99) / 1e3),
            steps: self.steps.map(|step| step / self.news.len().max(1) as f64),
            by_size: self.by_size.clone(),
            growth: last / mean(&self.news[..part]).max(f64::MIN_POSITIVE),
        }
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// The value that this many percent of the sorted values do not exceed; 0 if there are none.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    sorted.get(sorted.len() * percent / 100).copied().unwrap_or_default()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod child_tests {
    use super::*;

    #[test]
    fn articles_with_their_text_from_one_are_pairs() {
        let pairs: Vec<Pair> = planted_pairs(&[0, 1, 0, 3, 0]).into_iter().map(|it| it.0).collect();
        assert_eq!(pairs, [(0, 2), (0, 4), (2, 4)]);
    }
}

#[cfg(test)]
mod folds_tests {
    use super::*;

    #[test]
    fn an_article_put_with_a_stranger_counts_against_precision() {
        let (mut names, roots) = (NamedCounts::default(), [0, 1, 0, 1]);
        let named = [None, Some(0), Some(0), None];
        for (place, other) in named.into_iter().enumerate() {
            names.count(place, other, roots[place], &roots[..place]);
        }
        assert!((names.precision() - 0.5).abs() < 1e-9, "the second is no reprint");
        assert!((names.recall() - 0.5).abs() < 1e-9, "the last is one and was not found");
    }

    #[test]
    fn pairs_are_counted_as_by_hand() {
        // The first three are one text, and two of them were folded. The last may be with the first.
        let must = [(0, 1), (0, 2), (1, 2)].map(|pair| (pair, Label::Reprint));
        let may = [((0, 3), Label::Partial)];
        let folds = Folds::count(&[1, 1, 3, 1], must.into_iter().chain(may));
        assert_eq!((folds.must, folds.folded, folds.right), (3, 2, 1));
        assert!((folds.precision() - 0.5).abs() < 1e-9);
        assert!((folds.f1() - 0.4).abs() < 1e-9);
        assert!((Folds::count(&[], [].into_iter()).recall() - 1.0).abs() < 1e-9);
    }
}

#[cfg(test)]
mod times_tests {
    use super::*;

    #[test]
    fn hostile_articles_are_told_apart_and_growth_is_last_by_first() {
        let mut times = Times::new(100);
        for at in 0..100 {
            times.note(Kind::Original, if at < 50 { 10.0 } else { 30.0 });
        }
        times.note(Kind::Hostile, 5_000.0);
        let mut steps = [1.0; STEPS];
        steps[0] = 7_000.0;
        times.steps(Kind::Original, steps);
        let spread = times.spread();
        assert!((spread.mean - 20.0).abs() < 1e-9);
        assert!((spread.growth - 3.0).abs() < 1e-9);
        assert_eq!(spread.hostile, (1, 5_000.0, 5.0));
        assert!((spread.p50 - 0.03).abs() < 1e-9);
        let [first, others] = spread.p99_of_parts;
        assert!((first - 7.0).abs() < 1e-9);
        assert!((others - (STEPS - 1) as f64 / 1e3).abs() < 1e-9);
    }
}
