//! `bench detect`: the detector and other methods on the same articles and one core. Each method has a
//! process of its own, so that its memory can be measured. Time is the processor time of one thread.

use std::time::Duration;

use clap::ValueEnum as _;
use methods::{MethodName, Placed, STEP_NAMES};
use serde::{Deserialize, Serialize};
use wirefold_proto::MAX_TEXT_BYTES;
use wirefold_score::{Label, Pair, Pairs, Share};

use super::{Common, in_child, name_of, on_one_core, report};
use crate::commands::accuracy::set::doc;
use crate::commands::say;
use crate::generator::{self, Generator, Kind, Planted, labels};
use crate::machine::{self, ThreadWatch};
use crate::statistics::{mean, quantile};
use crate::table::Table;

mod methods;

/// The number of articles of a run, also for a quick one.
const ARTICLES: usize = 20_000;
const QUICK: usize = 4_000;

/// The arguments of `bench detect`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    common: Common,
    /// How many articles of each set, up to some millions [default: 20000].
    #[arg(long, value_name = "N", conflicts_with = "quick")]
    articles: Option<usize>,
    /// Only the detector, on the plain set: for a million articles.
    #[arg(long)]
    alone: bool,
}

/// Measures all methods, in turn.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let default = if arguments.common.quick { QUICK } else { ARTICLES };
    let (count, is_alone) = (arguments.articles.unwrap_or(default), arguments.alone);
    let mut measured = Vec::new();
    for &set in Set::value_variants() {
        for &method in MethodName::value_variants() {
            let is_ours = method == MethodName::Wirefold;
            let others_run = !is_alone && set != Set::News;
            if others_run || is_ours && (!is_alone || set == Set::Plain) {
                measured.push(Measured { method, set, results: measure(method, set, count)? });
            }
        }
    }
    let alone = if is_alone { " --alone" } else { "" };
    let command = format!("detect --articles {count}{alone}");
    let conditions = on_one_core() + ", every method pinned to the same core";
    let sets = if is_alone { &[][..] } else { &[Set::Plain, Set::Hard] };
    let tables: String = sets.iter().map(|set| methods(&measured, *set)).collect();
    let tables = tables + &ours(&measured);
    report(&arguments.common, &format!("detect {count}"), (&command, &conditions), &tables)
}

/// Measures a method in a child.
fn measure(method: MethodName, set: Set, articles: usize) -> anyhow::Result<Results> {
    let [method, set] = [name_of(&method), name_of(&set)];
    let articles = articles.to_string();
    in_child("detect-method", &["--method", &method, "--set", &set, "--articles", &articles])
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
    /// The distribution of times, by the processor time of the thread.
    spread: Spread,
    /// The resident memory of a stored article in bytes: of all; and for a run over several days, those of
    /// the first day while it lasted, and those of days that are over.
    bytes: f64,
    open: f64,
    sealed: f64,
    /// Precision, recall and F1 of the pairs that were put into one story.
    pairs: [f64; 3],
    /// Precision and recall of the one earlier article with which each was put.
    named: [f64; 2],
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
    let stream = Stream { generator: Generator::new(NEWS), set: child.set };
    let count = child.articles;
    let held = || machine::resident_memory(rustix::process::getpid());
    let before = held()?;
    let apart = SPAN / u32::try_from(count)?.max(1);
    let (mut method, cost) = (child.method.method(), ThreadWatch::cost());
    // With room for all, so that it does not grow while memory is measured.
    let mut times = Vec::with_capacity(count);
    let (mut roots, mut first_day) = (Vec::new(), before);
    for number in 0..u32::try_from(count)? {
        let (made, root) = stream.article(number.into());
        let is_hostile = made.kind == Kind::Hostile;
        let time = START.saturating_add_unsigned(apart.saturating_mul(number).as_secs());
        let article = doc(made);
        let watch = ThreadWatch::start();
        let placed = method.put(number, &article, time);
        let micros = (watch.micros() - cost).max(0.0) as f32;
        times.push(Time { micros, is_hostile, placed });
        roots.push(root);
        if times.len() == count / DAYS {
            first_day = held()?;
        }
    }
    let bytes = held()?;
    let (day, above) = (count / DAYS, |end: u64, start: u64| end.saturating_sub(start) as f64);
    let results = Results {
        spread: Spread::of(&times),
        bytes: above(bytes, before) / count as f64,
        open: above(first_day, before) / day.max(1) as f64,
        // At the end the last day is open, as the first one was at its end.
        sealed: above(bytes, first_day) / (count - day) as f64,
        pairs: stream.score(&times, &roots),
        named: score_named(&times, &roots),
    };
    say(&serde_json::to_string(&results)?)
}

/// The precision and recall of the earlier articles with which articles were put: right is one of the same text, which
/// `roots` tells. Reprints should be put with one.
fn score_named(times: &[Time], roots: &[u64]) -> [f64; 2] {
    let with = times.iter().zip(roots).filter_map(|(one, root)| Some((one.placed.with?, root)));
    let named = with.clone().count();
    let right = with.filter(|(other, root)| roots[*other as usize] == **root).count();
    let reprints = (0..).zip(roots).filter(|(number, root)| number != *root).count();
    [named, reprints].map(|whole| Share { part: right, whole }.value())
}

/// All pairs of articles that have one text.
fn planted_pairs(roots: &[u64]) -> Vec<Pair> {
    let mut places: Vec<usize> = (0..roots.len()).collect();
    places.sort_by_key(|place| roots[*place]);
    let families = places.chunk_by(|one, other| roots[*one] == roots[*other]);
    let pairs = families.flat_map(|family| {
        let pair = move |at: usize| family[..at].iter().map(move |one| (*one, family[at]));
        (0..family.len()).flat_map(pair)
    });
    pairs.collect()
}

/// The results of a method on a set.
struct Measured {
    method: MethodName,
    set: Set,
    results: Results,
}

/// All methods on one set.
fn methods(measured: &[Measured], set: Set) -> String {
    let of_set = || measured.iter().filter(|one| one.set == set);
    let anchor = of_set().find(|one| one.method == MethodName::Simhash);
    let anchor = anchor.map_or(f64::NAN, |one| one.results.speed());
    let mut table = Table::new(&format!(
        "{} set | articles/s | of SimHash | p99, ms | KB an article | precision | recall | F1 of pairs",
        name_of(&set)
    ));
    for Measured { method, results, .. } in of_set() {
        let Results { spread, bytes, pairs, named: [precision, recall], .. } = results;
        let speed = results.speed();
        let shares = [*precision, *recall, pairs[2]].map(|share| format!("{share:.2}"));
        let figures = [
            format!("{speed:.0}"),
            format!("{:.2}", speed / anchor),
            format!("{:.2}", spread.p99),
            format!("{:.1}", bytes / 1e3),
        ];
        table.row([method.title().to_owned()].into_iter().chain(figures).chain(shares));
    }
    table.markdown() + "\n"
}

/// The detector alone on all sets.
fn ours(measured: &[Measured]) -> String {
    let sets = || measured.iter().filter(|one| one.method == MethodName::Wirefold);
    let heads = sets().map(|one| name_of(&one.set));
    let mut table = Table::new("wirefold").with_columns(heads);
    let mut row = |what: &str, value: &dyn Fn(&Results) -> String| {
        table.row([what.to_owned()].into_iter().chain(sets().map(|one| value(&one.results))));
    };
    let each = |values: &[f64], digits: usize| {
        values.iter().map(|value| format!("{value:.digits$}")).collect::<Vec<_>>().join(", ")
    };
    row("all steps, articles/s", &|results| format!("{:.0}", results.speed()));
    row(&format!("{}, µs", STEP_NAMES.join(", ")), &|results| each(&results.spread.steps, 0));
    row("by articles held, articles/s", &|results| {
        let sizes = results.spread.by_size.iter();
        let sizes = sizes.map(|(held, micros)| format!("{held}: {:.0}", 1e6 / micros));
        sizes.collect::<Vec<_>>().join(", ")
    });
    row("time of the last tenth by that of the first", &|results| {
        each(&[results.spread.growth], 2)
    });
    row("p50, p99, ms", &|results| each(&[results.spread.p50, results.spread.p99], 2));
    row("… p99 of preparing alone, and of all other steps, ms", &|results| {
        each(&results.spread.p99_of_steps, 2)
    });
    row("KB an article, of days that are over and of the open day", &|results| {
        each(&[results.sealed / 1e3, results.open / 1e3], 1)
    });
    row("hostile articles: how many, each µs, the slowest ms", &|results| {
        let (count, mean, slowest) = results.spread.hostile;
        if count == 0 { String::new() } else { format!("{count}, {mean:.0}, {slowest:.0}") }
    });
    row("pairs in one story: precision, recall, F1", &|results| each(&results.pairs, 3));
    table.markdown()
}

/// The articles of `bench detect`. Hostile ones are as long as a text may be.
const NEWS: generator::Settings = generator::Settings {
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

/// The articles of a set.
struct Stream {
    generator: Generator,
    set: Set,
}

impl Stream {
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

    /// Precision, recall and F1 of the stories, by the planted reprints or by the labels of the news.
    fn score(&self, times: &[Time], roots: &[u64]) -> [f64; 3] {
        let labels: Pairs = match self.set {
            Set::News => Pairs(labels(&self.generator, times.len() as u64).collect()),
            Set::Plain | Set::Hard => {
                let label = |pair| (pair, (Label::Reprint, String::new()));
                Pairs(planted_pairs(roots).into_iter().map(label).collect())
            }
        };
        let stories: Vec<usize> = times.iter().map(|one| one.placed.story as usize).collect();
        let score = labels.score(&stories);
        [score.precision(), score.recall(), score.f1()]
    }
}

/// The speed is reported at these numbers of stored articles, over the last articles before each.
const SIZES: [usize; 5] = [4_000, 20_000, 50_000, 100_000, 1_000_000];
const SAMPLE: usize = 2_000;
/// The growth is the time of the last of this many parts of a run divided by that of the first.
const PARTS: usize = 10;

/// The microseconds of an article. Small, because the memory of a run is measured.
struct Time {
    micros: f32,
    is_hostile: bool,
    placed: Placed,
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
    p99_of_steps: [f64; STEP_NAMES.len()],
    /// The mean of each step over all articles except hostile ones, in microseconds.
    steps: [f64; STEP_NAMES.len()],
    /// The mean in microseconds by the number of stored articles.
    by_size: Vec<(usize, f64)>,
    /// The mean of the last tenth divided by that of the first.
    growth: f64,
}

impl Spread {
    fn of(times: &[Time]) -> Spread {
        let values = |all: &[Time], is_hostile: bool, of: &dyn Fn(&Time) -> f32| -> Vec<f64> {
            let of_kind = all.iter().filter(|time| time.is_hostile == is_hostile);
            of_kind.map(|time| of(time).into()).collect()
        };
        let micros = |time: &Time| time.micros;
        let (news, hostile) = (values(times, false, &micros), values(times, true, &micros));
        let all = [news.as_slice(), &hostile].concat();
        let part = news.len() / PARTS;
        let by_size = SIZES.into_iter().filter(|size| *size <= times.len()).map(|size| {
            let held = values(&times[..size], false, &micros);
            (size, mean(&held[held.len().saturating_sub(SAMPLE)..]))
        });
        let step = std::array::from_fn(|step| {
            let of_all: Vec<f64> =
                times.iter().map(|time| time.placed.steps[step].into()).collect();
            (
                mean(&values(times, false, &|time| time.placed.steps[step])),
                quantile(&of_all, 0.99) / 1e3,
            )
        });
        Spread {
            mean: mean(&news),
            hostile: (hostile.len(), mean(&hostile), quantile(&hostile, 1.0) / 1e3),
            p50: quantile(&all, 0.5) / 1e3,
            p99: quantile(&all, 0.99) / 1e3,
            p99_of_steps: step.map(|(_, p99)| p99),
            steps: step.map(|(mean, _)| mean),
            by_size: by_size.collect(),
            growth: mean(&news[news.len() - part..]) / mean(&news[..part]).max(f64::MIN_POSITIVE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(micros: f32, is_hostile: bool, with: Option<u32>) -> Time {
        Time { micros, is_hostile, placed: Placed { story: 0, with, steps: [7_000.0, 1.0] } }
    }

    #[test]
    fn articles_with_their_text_from_one_are_pairs() {
        assert_eq!(planted_pairs(&[0, 1, 0, 3, 0]), [(0, 2), (0, 4), (2, 4)]);
    }

    #[test]
    fn an_article_put_with_a_stranger_counts_against_precision() {
        let times = [None, Some(0), Some(0), None].map(|with| time(1.0, false, with));
        let [precision, recall] = score_named(&times, &[0, 1, 0, 1]);
        assert!((precision - 0.5).abs() < 1e-9, "the second is no reprint");
        assert!((recall - 0.5).abs() < 1e-9, "the last is one and was not found");
    }

    #[test]
    fn hostile_articles_are_told_apart_and_growth_is_last_by_first() {
        let micros = |at| if at < 50 { 10.0 } else { 30.0 };
        let mut times: Vec<Time> = (0..100).map(|at| time(micros(at), false, None)).collect();
        times.push(time(5_000.0, true, None));
        let spread = Spread::of(&times);
        assert!((spread.mean - 20.0).abs() < 1e-9);
        assert!((spread.growth - 3.0).abs() < 1e-9);
        assert_eq!(spread.hostile, (1, 5_000.0, 5.0));
        assert!((spread.p50 - 0.03).abs() < 1e-9);
        assert_eq!(spread.p99_of_steps, [7.0, 1e-3]);
    }
}
