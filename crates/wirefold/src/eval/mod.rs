//! `wirefold eval`: folds articles and compares the result with labels.

mod errors;
mod origins;
mod report;

use std::collections::{BTreeMap, HashSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;
use wirefold_fold::{Grounds, Settings, Verdict};
use wirefold_score::{Group, Labels, Order, Pair};

use crate::config::{Overrides, of_flags};
use crate::exit::{Exit, stop};
use crate::global::Global;
use crate::input::Input;
use crate::progress::Progress;
use crate::{fold, input, output};

/// Arguments of `eval`.
#[derive(Debug, Args)]
#[command(after_help = "\
The labels are pairs or clusters. wirefold sees which from the file:
  pairs      a, b, R (one text, must fold), P (a part, may fold) or N (must not), and a kind such as
             base+mix; every pair without a label must not fold
  clusters   id, cluster; all of one cluster must fold and nothing else; articles without one do not
             count
in columns separated by tabs or commas, with a head (a b label kind, or id story event cluster kind) or
without; or as JSON lines with these names; or one JSON object of {\"id\": \"cluster\"}. wirefold
reports a line that it cannot use, and continues. Give unsure pairs, two ids a line, with --unsure or in
unsure.tsv beside the labels: they count neither way.

Examples:
  wirefold eval labels.tsv articles.jsonl
  wirefold eval --order shuffle:7 --json FOLDER        with docs.jsonl and labels.tsv in it
  wirefold eval --against simhash FOLDER               and what SimHash makes of them
  wirefold eval --by event seeds/events.tsv seeds/events.jsonl

Exit codes: 0 whatever the figures are, 3 without articles or labels, 5 if some line of either could
not be used.")]
pub(crate) struct EvalArguments {
    /// The labels, or a folder with labels.tsv and docs.jsonl.
    #[arg(value_name = "LABELS")]
    labels: PathBuf,
    /// The articles, as `fold` reads them; `host` may replace `outlet`. By default docs.jsonl or
    /// articles.jsonl beside the labels.
    #[arg(value_name = "ARTICLES")]
    articles: Vec<PathBuf>,
    /// Pairs that count neither way, two ids a line. By default unsure.tsv beside the labels.
    #[arg(long, value_name = "FILE")]
    unsure: Option<PathBuf>,
    /// The order in which they come in: file, reversed, or shuffle:SEED.
    #[arg(long, default_value = "file", value_name = "ORDER")]
    order: Order,
    /// The result to compare with the labels.
    #[arg(long, value_enum, default_value = "story", value_name = "WHAT")]
    by: By,
    /// How many of the worst errors of each kind to show.
    #[arg(long, default_value_t = 10, value_name = "N")]
    worst: usize,
    /// Another window, such as window=3d: the only setting that changes a verdict.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// A baseline to score on the same articles: simhash:K, simhash for simhash:3, or exact.
    #[arg(long, value_name = "METHOD")]
    against: Option<fold::Rule>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// Stories: one text and its copies.
    Story,
    /// Events: stories about one happening.
    Event,
}

impl By {
    fn group(self) -> Group {
        match self {
            By::Story => Group::Story,
            By::Event => Group::Event,
        }
    }
}

/// The largest file of labels, in bytes.
const LARGEST_LABELS: u64 = 512 << 20;
/// The number of problems with labels that are printed one by one.
const MAX_PRINTED_PROBLEMS: usize = 20;

/// Folds, scores and prints.
pub(crate) fn run(arguments: &EvalArguments, global: &Global) -> anyhow::Result<Exit> {
    let settings = of_flags(&Overrides::of_window(&arguments.set)?)?.compared();
    let (labels_path, paths) = paths(arguments)?;
    let labels_text = read_text(&labels_path)?;
    let file = wirefold_score::read(&labels_text, arguments.by.group());
    let shape = file.shape;
    let (mut articles, mut unusable) = input::read_all(&paths, global)?;
    unusable += leave_out_repeated(&mut articles);
    if articles.is_empty() {
        stop!(NotFound, "no articles to judge");
    }
    let arrivals = arguments.order.of(articles.len()).into_iter();
    let articles: Vec<Input> = arrivals.map(|at| std::mem::take(&mut articles[at])).collect();
    let numbered = articles.iter().enumerate();
    let numbers = numbered.map(|(number, article)| (article.id.as_str(), number)).collect();
    let (mut labels, mut problems) = file.resolve(&numbers);
    print_problems(&labels_path, &problems);
    if let Some(path) = unsure_of(arguments, &labels_path) {
        let (unsure, wrong) = wirefold_score::unsure(&read_text(&path)?, &numbers);
        print_problems(&path, &wrong);
        labels.leave_out(unsure);
        problems.extend(wrong);
    }
    let Some(shape) = shape else {
        stop!(NotFound, "{}: no labels in it; see `wirefold eval --help`", labels_path.display());
    };
    let judging = Progress::of_judging(articles.len(), global.quiet);
    let judged = Judged::run(&articles, arguments.order, settings, arguments.by, &judging);
    judging.end();
    let origins = match arguments.by {
        By::Story => None,
        By::Event => origins::Origins::count(&labels_text, &numbers, &labels, &judged),
    };
    let report = report::Report {
        labels: &labels,
        shape,
        at_arrival: labels.score(&judged.at_arrival),
        at_end: labels.score(&judged.at_end),
        against: arguments.against.map(|rule| (rule, labels.score(&judged.by_baseline(rule)))),
        classes: class_counts(&labels, &judged),
        worst: errors::WorstErrors::find(&labels, &judged, arguments.worst),
        origins,
        judged: &judged,
    };
    if arguments.json {
        output::print_json(&report.json()?)?;
    } else {
        output::print_styled(&report.describe()?)?;
    }
    note_unlabelled(&labels, global);
    Ok(if problems.len() + unusable > 0 { Exit::Partial } else { Exit::Ok })
}

/// The paths of the labels and the articles: as given, or else beside the labels.
fn paths(arguments: &EvalArguments) -> anyhow::Result<(PathBuf, Vec<PathBuf>)> {
    let given = &arguments.labels;
    let is_folder = given.is_dir();
    let labels = if is_folder { given.join("labels.tsv") } else { given.clone() };
    if !arguments.articles.is_empty() {
        return Ok((labels, arguments.articles.clone()));
    }
    let folder = if is_folder { given.as_path() } else { given.parent().unwrap_or(Path::new("")) };
    let known = ["docs.jsonl", "articles.jsonl"].map(|name| folder.join(name));
    match known.into_iter().find(|path| path.is_file()) {
        Some(articles) => Ok((labels, vec![articles])),
        None if !given.exists() => {
            stop!(NotFound, "{}: no such file or folder", given.display())
        }
        None => stop!(Usage, "no articles: name them after the labels, or - for standard input"),
    }
}

/// The path of the unsure pairs: as given, or else beside the labels.
fn unsure_of(arguments: &EvalArguments, labels: &Path) -> Option<PathBuf> {
    let beside = labels.with_file_name("unsure.tsv");
    arguments.unsure.clone().or_else(|| beside.is_file().then_some(beside))
}

fn read_text(path: &Path) -> anyhow::Result<String> {
    let shown = path.display();
    let bytes = match input::bytes(path, LARGEST_LABELS + 1) {
        Err(error) if error.kind() == ErrorKind::NotFound => stop!(NotFound, "{shown}: {error}"),
        Err(error) => stop!(Failure, "{shown}: {error}"),
        Ok(bytes) => bytes,
    };
    if bytes.len() as u64 > LARGEST_LABELS {
        stop!(Failure, "{shown}: labels of more than {} MiB", LARGEST_LABELS >> 20);
    }
    String::from_utf8(bytes).or_else(|error| {
        let read = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = read.iter().filter(|byte| **byte == b'\n').count() + 1;
        stop!(Failure, "{shown}:{line}: the labels are not UTF-8")
    })
}

fn print_problems(path: &Path, problems: &[wirefold_score::Problem]) {
    for problem in problems.iter().take(MAX_PRINTED_PROBLEMS) {
        let (shown, line, what) = (path.display(), problem.line, &problem.what);
        output::note(format_args!("error: {shown}:{line}: {what}, line left out"));
    }
    if problems.len() > MAX_PRINTED_PROBLEMS {
        let more = problems.len() - MAX_PRINTED_PROBLEMS;
        output::note(format_args!("error: {}: {more} more such lines", path.display()));
    }
}

fn note_unlabelled(labels: &Labels, global: &Global) {
    let Labels::Clusters(clusters) = labels else { return };
    let without = clusters.of.iter().filter(|cluster| cluster.is_none()).count();
    if without > 0 {
        let articles = output::count(without, "article", "articles");
        global.note(format_args!("note: {articles} without a label: judged, and not counted"));
    }
}

/// Leaves out articles with the id of an earlier one. Returns their number.
fn leave_out_repeated(articles: &mut Vec<Input>) -> usize {
    let (before, mut ids) = (articles.len(), HashSet::new());
    articles.retain_mut(|input| {
        input.outlet = input.outlet.take().or(input.host.take());
        let is_new = ids.insert(input.id.clone());
        if !is_new {
            output::note(format_args!("error: {}: id {:?} again, left out", input.place, input.id));
        }
        is_new
    });
    before - articles.len()
}

// The verdicts of the detector on the articles.

/// The articles in the order in which they arrived, with their verdicts.
struct Judged<'a> {
    articles: &'a [Input],
    by: By,
    order: Order,
    /// The verdict on each at its arrival.
    verdicts: Vec<Verdict>,
    /// The story, or event, of each at its arrival.
    at_arrival: Vec<usize>,
    /// The story, or event, of each at the end.
    at_end: Vec<usize>,
    /// The story of each at the end.
    stories: Vec<usize>,
}

impl Judged<'_> {
    /// Judges all articles and shows the progress.
    fn run<'a>(
        articles: &'a [Input],
        order: Order,
        settings: Settings,
        by: By,
        progress: &Progress,
    ) -> Judged<'a> {
        let fold::Judged { verdicts, stories, events } =
            fold::Judged::with(articles.iter(), settings, progress);
        let of = |verdict: &Verdict| match by {
            By::Story => verdict.story.0 as usize,
            By::Event => verdict.event.0 as usize,
        };
        let at_arrival = verdicts.iter().map(of).collect();
        let at_end = if by == By::Story { stories.clone() } else { events };
        Judged { articles, by, order, verdicts, at_arrival, at_end, stories }
    }

    /// The story of each article by a baseline.
    fn by_baseline(&self, rule: fold::Rule) -> Vec<usize> {
        fold::baseline_stories(rule, self.articles.iter().map(|article| article.text.as_str()))
    }

    /// The groups that are scored first, and whose errors are shown. For stories they are those at arrival,
    /// because the verdict at arrival is never revised. For events they are those at the end.
    fn scored_groups(&self) -> &[usize] {
        match self.by {
            By::Story => &self.at_arrival,
            By::Event => &self.at_end,
        }
    }

    /// The class of a pair in order of arrival: the grounds on which the two are in one story, or not, when the
    /// later one arrived. `None` for events.
    fn class(&self, (earlier, later): (usize, usize)) -> Option<Grounds> {
        let is_one = self.at_arrival[earlier] == self.at_arrival[later];
        let (earlier, later) = (&self.verdicts[earlier], &self.verdicts[later]);
        let grounds = || Grounds::between(later, earlier, is_one);
        (self.by == By::Story).then(grounds)
    }

    /// The id of an article; empty if there is none.
    fn id(&self, article: usize) -> &str {
        self.articles.get(article).map_or("", |article| &article.id)
    }
}

/// The two articles in order of arrival.
fn in_order((a, b): Pair) -> Pair {
    (a.min(b), a.max(b))
}

// Counts all errors by the grounds on which two articles are together or apart.

/// The largest number of wrong pairs of a kind that is counted. A false story of n members has n²/2 of them.
const COUNTED: usize = 100_000;

/// The number of errors of one class.
#[derive(Debug, PartialEq, Serialize)]
struct ClassCount {
    /// The name of the grounds.
    class: &'static str,
    /// Pairs that are together and should not be.
    #[serde(rename = "false")]
    wrong: usize,
    /// Pairs that are apart and should be together.
    missed: usize,
    /// The grounds in words.
    in_words: &'static str,
}

/// The classes of the errors of stories, the largest first. Empty for events.
fn class_counts(labels: &Labels, judged: &Judged<'_>) -> Vec<ClassCount> {
    if judged.by != By::Story {
        return Vec::new();
    }
    let mut counts: BTreeMap<Grounds, (usize, usize)> = BTreeMap::new();
    let grounds_of = |pair: Pair| judged.class(in_order(pair));
    let false_folds = labels.false_folds(judged.scored_groups(), COUNTED);
    for grounds in false_folds.into_iter().filter_map(grounds_of) {
        counts.entry(grounds).or_default().0 += 1;
    }
    let misses = labels.missed(judged.scored_groups(), COUNTED);
    for grounds in misses.into_iter().filter_map(|(pair, _)| grounds_of(pair)) {
        counts.entry(grounds).or_default().1 += 1;
    }
    let count = |(grounds, (wrong, missed)): (Grounds, (usize, usize))| ClassCount {
        class: grounds.name(),
        wrong,
        missed,
        in_words: grounds.words(),
    };
    let mut classes: Vec<ClassCount> = counts.into_iter().map(count).collect();
    classes.sort_by_key(|class| std::cmp::Reverse(class.wrong + class.missed));
    classes
}
