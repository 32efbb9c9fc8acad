//! Measures one set of subscriptions in a process of its own.

use std::io::Write as _;

use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use wirefold_proto::SubscriptionId;
use wirefold_query::{Numbers, Percolator, Prepared, Query};

use super::generated::{Kind, Maker};
use super::times::{Time, TimeSpread, quantile};
use crate::machine::{self, ThreadWatch};

/// A loop over all queries is timed for this many query evaluations, but for at least three articles.
const NAIVE_EVALUATIONS: usize = 10_000_000;
const NAIVE_ARTICLES: std::ops::Range<usize> = 3..51;
/// The number of subscriptions that are added and removed among the others.
const CHANGED_SUBSCRIPTIONS: usize = 2_000;
/// The number of passes over all articles.
const PASSES: usize = 3;

/// The arguments of the child: the set and its size.
#[derive(clap::Args)]
pub(crate) struct Child {
    #[arg(long, value_enum)]
    kind: Kind,
    #[arg(long)]
    subscriptions: usize,
    #[arg(long)]
    articles: usize,
}

/// The results of the child.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Results {
    pub(super) subscriptions: usize,
    pub(super) spread: TimeSpread,
    /// Microseconds to prepare an article, the mean. They are not part of the times.
    pub(super) preparing: f64,
    /// Resident memory of all subscriptions with their ids.
    pub(super) megabytes: f64,
    pub(super) megabytes_of_tenth: f64,
    /// Microseconds, the mean, for a query that is already parsed.
    pub(super) adding: f64,
    pub(super) removing: f64,
    pub(super) naive: NaiveTimes,
}

/// The times of a loop that evaluates each query, on the first articles.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct NaiveTimes {
    pub(super) articles: usize,
    /// In milliseconds.
    pub(super) p50: f64,
}

type Subscriptions = Percolator<SubscriptionId>;
/// The ids of the subscriptions that an article matched.
type Matches = Vec<SubscriptionId>;

/// Measures and prints the results as a line of JSON.
pub(in crate::commands::bench) fn run_child(child: &Child) -> anyhow::Result<()> {
    machine::stay_on_one_core()?;
    let maker = Maker::new();
    let before = megabytes()?;
    let mut subscriptions = Subscriptions::new();
    for (number, text) in maker.queries(child.kind).take(child.subscriptions).enumerate() {
        subscriptions.insert(id(number)?, &Query::parse(&text)?);
    }
    let full = megabytes()? - before;
    let articles = (NAIVE_EVALUATIONS / child.subscriptions.max(1))
        .clamp(NAIVE_ARTICLES.start, NAIVE_ARTICLES.end)
        .min(child.articles);
    let (spread, preparing, found) = time(child, &maker, &subscriptions, articles);
    let (adding, removing) = change(child, &maker, &mut subscriptions)?;
    for number in (0..child.subscriptions).filter(|number| number % 10 > 0) {
        subscriptions.remove(&id(number)?);
    }
    let tenth = megabytes()? - before;
    drop(subscriptions);
    let results = Results {
        subscriptions: child.subscriptions,
        spread,
        preparing,
        megabytes: full,
        megabytes_of_tenth: tenth,
        adding,
        removing,
        naive: naive(child, &maker, &found)?,
    };
    writeln!(std::io::stdout().lock(), "{}", serde_json::to_string(&results)?)?;
    Ok(())
}

fn id(number: usize) -> anyhow::Result<SubscriptionId> {
    format!("subscription-{number:07}").parse().context("an id")
}

fn megabytes() -> anyhow::Result<f64> {
    Ok(machine::resident_memory(std::process::id())? as f64 / 1e6)
}

/// The times of all articles, the time to prepare one, and the matches of the first `kept`. For each article
/// the quickest pass counts: the others include other work of the machine. Between two passes, the words and
/// queries of an article leave the caches.
fn time(
    child: &Child,
    maker: &Maker,
    subscriptions: &Subscriptions,
    kept: usize,
) -> (TimeSpread, f64, Vec<Matches>) {
    let cost = ThreadWatch::cost();
    let (mut times, mut found) = (Vec::<Time>::new(), Vec::new());
    let mut preparing = vec![f64::INFINITY; child.articles];
    for number in (0..PASSES).flat_map(|_| 0..child.articles) {
        let article = maker.article(number);
        let making = ThreadWatch::start();
        let prepared = article.prepared();
        preparing[number] = preparing[number].min(making.micros() - cost);
        let watch = ThreadWatch::start();
        let hits = subscriptions.matches(&prepared, |_| Numbers::default());
        let micros = watch.micros() - cost;
        if let Some(before) = times.get_mut(number) {
            before.micros = before.micros.min(micros);
            continue;
        }
        times.push(Time { micros, words: article.words() as f64, matches: hits.len() as f64 });
        if number < kept {
            found.push(hits.into_iter().map(|hit| hit.id).collect());
        }
    }
    let made_ready = preparing.iter().sum::<f64>() / child.articles.max(1) as f64;
    (TimeSpread::of(&times), made_ready, found)
}

/// The times to add one subscription among all others and to remove it again.
fn change(
    child: &Child,
    maker: &Maker,
    subscriptions: &mut Subscriptions,
) -> anyhow::Result<(f64, f64)> {
    let fresh = maker.queries(child.kind).skip(child.subscriptions).take(CHANGED_SUBSCRIPTIONS);
    let fresh: Vec<Query> = fresh.map(|text| Query::parse(&text)).collect::<Result<_, _>>()?;
    let ids = (child.subscriptions..).take(CHANGED_SUBSCRIPTIONS).map(id);
    let ids: Vec<SubscriptionId> = ids.collect::<anyhow::Result<_>>()?;
    let watch = ThreadWatch::start();
    for (one, query) in ids.iter().zip(&fresh) {
        subscriptions.insert(one.clone(), query);
    }
    let adding = watch.micros() / CHANGED_SUBSCRIPTIONS as f64;
    let removing = ThreadWatch::start();
    ids.iter().for_each(|one| subscriptions.remove(one));
    Ok((adding, removing.micros() / CHANGED_SUBSCRIPTIONS as f64))
}

/// Times a loop over the same queries, which must find the same matches.
fn naive(child: &Child, maker: &Maker, found: &[Matches]) -> anyhow::Result<NaiveTimes> {
    let texts = maker.queries(child.kind).take(child.subscriptions);
    let queries: Vec<Query> = texts.map(|text| Query::parse(&text)).collect::<Result<_, _>>()?;
    let mut times = Vec::new();
    for (number, expected) in found.iter().enumerate() {
        let prepared = maker.article(number).prepared();
        let watch = ThreadWatch::start();
        let matching = evaluate_all(&queries, &prepared);
        times.push(watch.micros() / 1e3);
        let ids = matching.into_iter().map(id).collect::<anyhow::Result<Matches>>()?;
        ensure!(ids == *expected, "a loop finds others in article {number}");
    }
    Ok(NaiveTimes { articles: times.len(), p50: quantile(&times, 0.5) })
}

fn evaluate_all(queries: &[Query], article: &Prepared) -> Vec<usize> {
    let asked = queries.iter().enumerate();
    let matching = asked.filter(|(_, query)| query.matches(article, &Numbers::default()).is_some());
    matching.map(|(number, _)| number).collect()
}
