//! `bench alerts`: one article against 100,000 and a million subscriptions, compared with a loop over the
//! same queries. Each set has a process of its own on one core, so that its memory can be measured.

use anyhow::{Context, ensure};
use clap::ValueEnum as _;
use serde::{Deserialize, Serialize};
use wirefold_proto::SubscriptionId;
use wirefold_query::{Document, Numbers, Percolator, Prepared, Query};
use wirefold_score::Random;

use super::{Common, in_child, name_of, on_one_core, report};
use crate::commands::say;
use crate::generator::{Script, Zipf};
use crate::machine::{self, ThreadWatch};
use crate::statistics::{mean, quantile, slope};
use crate::table::Table;

/// The number of subscriptions in each set, also for a quick run.
const SIZES: [usize; 2] = [100_000, 1_000_000];
const QUICK: [usize; 1] = [20_000];
/// The number of articles that are matched against each set.
const ARTICLES: usize = 2_000;

/// Measures all sets, in turn.
pub(super) fn run(arguments: &Common) -> anyhow::Result<()> {
    let sizes: &[usize] = if arguments.quick { &QUICK } else { &SIZES };
    let mut measured = Vec::new();
    for kind in Kind::value_variants() {
        for size in sizes {
            let (name, count) = (name_of(kind), size.to_string());
            let results = in_child("alerts-set", &["--kind", &name, "--subscriptions", &count])?;
            measured.push((format!("{count} {name}"), results));
        }
    }
    report(arguments, "alerts", ("alerts", &on_one_core()), &tables(&measured))
}

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
}

/// The results of the child.
#[derive(Debug, Serialize, Deserialize)]
struct Results {
    spread: TimeSpread,
    /// Microseconds to prepare an article, the mean. They are not part of the times.
    preparing: f64,
    /// Resident memory of all subscriptions with their ids.
    megabytes: f64,
    megabytes_of_tenth: f64,
    /// Microseconds, the mean, for a query that is already parsed.
    adding: f64,
    removing: f64,
    /// The milliseconds of a loop that evaluates each query, on the first articles.
    naive: Vec<f64>,
}

type Subscriptions = Percolator<SubscriptionId>;
/// The ids of the subscriptions that an article matched.
type Matches = Vec<SubscriptionId>;

/// Measures and prints the results as a line of JSON.
pub(super) fn run_child(child: &Child) -> anyhow::Result<()> {
    machine::stay_on_one_core()?;
    let maker = Maker { zipf: Zipf::new() };
    let before = megabytes()?;
    let mut subscriptions = Subscriptions::default();
    for (number, text) in maker.queries(child.kind).take(child.subscriptions).enumerate() {
        subscriptions.insert(id(number)?, &Query::parse(&text)?);
    }
    let full = megabytes()? - before;
    let articles = (NAIVE_EVALUATIONS / child.subscriptions.max(1))
        .clamp(NAIVE_ARTICLES.start, NAIVE_ARTICLES.end);
    let (times, preparing, found) = time(&maker, &subscriptions, articles);
    let (adding, removing) = change(child, &maker, &mut subscriptions)?;
    for number in (0..child.subscriptions).filter(|number| number % 10 > 0) {
        subscriptions.remove(&id(number)?);
    }
    let tenth = megabytes()? - before;
    drop(subscriptions);
    let results = Results {
        spread: TimeSpread::of(&times),
        preparing,
        megabytes: full,
        megabytes_of_tenth: tenth,
        adding,
        removing,
        naive: naive(child, &maker, &found)?,
    };
    say(&serde_json::to_string(&results)?)
}

fn id(number: usize) -> anyhow::Result<SubscriptionId> {
    format!("subscription-{number:07}").parse().context("an id")
}

fn megabytes() -> anyhow::Result<f64> {
    Ok(machine::resident_memory(rustix::process::getpid())? as f64 / 1e6)
}

/// The times of all articles, the time to prepare one, and the matches of the first `kept`. For each article
/// the quickest pass counts: the others include other work of the machine. Between two passes, the words and
/// queries of an article leave the caches.
fn time(maker: &Maker, subscriptions: &Subscriptions, kept: usize) -> (Times, f64, Vec<Matches>) {
    let cost = ThreadWatch::cost();
    let (mut times, mut found) = (Times::default(), Vec::new());
    let mut preparing = vec![f64::INFINITY; ARTICLES];
    for number in (0..PASSES).flat_map(|_| 0..ARTICLES) {
        let article = maker.article(number);
        let making = ThreadWatch::start();
        let prepared = article.prepared();
        preparing[number] = preparing[number].min(making.micros() - cost);
        let watch = ThreadWatch::start();
        let hits = subscriptions.matches(&prepared, |_| Numbers::default());
        let micros = watch.micros() - cost;
        if let Some(before) = times.micros.get_mut(number) {
            *before = before.min(micros);
            continue;
        }
        times.micros.push(micros);
        times.words.push(article.words() as f64);
        times.matches.push(hits.len() as f64);
        if number < kept {
            found.push(hits.into_iter().map(|hit| hit.id).collect());
        }
    }
    (times, mean(&preparing), found)
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
fn naive(child: &Child, maker: &Maker, found: &[Matches]) -> anyhow::Result<Vec<f64>> {
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
    Ok(times)
}

fn evaluate_all(queries: &[Query], article: &Prepared) -> Vec<usize> {
    let asked = queries.iter().enumerate();
    let matching = asked.filter(|(_, query)| query.matches(article, &Numbers::default()).is_some());
    matching.map(|(number, _)| number).collect()
}

fn tables(measured: &[(String, Results)]) -> String {
    let mut table = Table::new(
        "subscriptions | p50, ms | p99, ms | p99 less 1 µs a match above 100, ms | matches an article | a \
         further match, ns | MB | MB, nine of ten removed | add, remove, µs | loop p50, ms | loop by p50",
    );
    for (name, results) in measured {
        let Results { spread, megabytes, megabytes_of_tenth, adding, removing, naive, .. } =
            results;
        let millis = [spread.p50, spread.p99, spread.p99_of_few].map(|it| format!("{it:.3}"));
        let counts = [spread.matches, spread.further, *megabytes, *megabytes_of_tenth];
        let by_loop = quantile(naive, 0.5);
        let beside = [
            format!("{adding:.1}, {removing:.1}"),
            format!("{by_loop:.1}"),
            format!("{:.0}", by_loop / spread.p50),
        ];
        let counts = counts.map(|count| format!("{count:.0}"));
        table.row([name.clone()].into_iter().chain(millis).chain(counts).chain(beside));
    }
    let preparing = measured.iter().map(|(_, results)| results.preparing).fold(0.0, f64::max);
    let articles: Vec<String> =
        measured.iter().map(|(_, results)| results.naive.len().to_string()).collect();
    format!(
        "{}\nTo make an article ready takes up to {preparing:.0} µs in the mean, and is not in these times. The \
         loop ran over {} articles of each set, and found the same subscriptions in all of them.\n",
        table.markdown(),
        articles.join(", "),
    )
}

const SEED: u64 = 20_261_123;
/// The number of given names.
const GIVEN_NAMES: usize = 3_000;
/// The number of people of one rank. In all there are two million people.
const PEOPLE_OF_A_RANK: usize = 5;
/// The number of words of an article, like those of agencies.
const LENGTHS: std::ops::Range<usize> = 300..901;
/// One word in this many is the name of a person, which has two words.
const NAME_EVERY: usize = 40;
/// The percentage of function words.
const FUNCTION_WORDS: usize = 45;
const FUNCTION: [&str; 24] = [
    "the", "of", "and", "to", "in", "a", "that", "for", "it", "was", "on", "with", "as", "by",
    "he", "at", "from", "said", "has", "is", "its", "which", "but", "not",
];
const TITLE: usize = 9;
const PARAGRAPH: usize = 45;

/// The kind of queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// Names of two million people, most of them rare, some with another word.
    LongTail,
    /// Content words, as often as articles have them.
    Frequent,
}

/// Generates both. The same seed gives the same results.
struct Maker {
    zipf: Zipf,
}

impl Maker {
    /// The queries of a set, from its beginning.
    fn queries(&self, kind: Kind) -> impl Iterator<Item = String> {
        let mut random = Random::for_purpose(SEED, &name_of(&kind));
        std::iter::from_fn(move || {
            Some(match kind {
                Kind::LongTail => self.name_query(&mut random),
                Kind::Frequent => self.word_query(&mut random),
            })
        })
    }

    fn name_query(&self, random: &mut Random) -> String {
        let (given, family) = self.person(random);
        let (word, other) = (self.word(random), self.word(random));
        match random.below(100) {
            0..35 => format!("\"{given} {family}\""),
            35..55 => family,
            55..70 => format!("{family} {word}"),
            70..80 => format!("\"{given} {family}\" ({word} OR {other})"),
            80..90 => {
                let (second, third) = (self.person(random).1, self.person(random).1);
                format!("{family} OR {second} OR {third}")
            }
            90..95 => format!("{family} -{word}"),
            95..98 => format!("title:{family}"),
            _ => format!("{}* {word}", &family[..family.len().min(5)]),
        }
    }

    fn word_query(&self, random: &mut Random) -> String {
        let [one, two, three] = [(); 3].map(|()| self.word(random));
        match random.below(100) {
            0..10 => one,
            10..55 => format!("{one} {two}"),
            55..80 => format!("{one} {two} {three}"),
            80..90 => format!("{one} ({two} OR {three})"),
            90..95 => format!("{one} {two} -{three}"),
            _ => format!("\"{one} {two}\""),
        }
    }

    fn word(&self, random: &mut Random) -> String {
        Script::Latin.word(self.zipf.rank(random))
    }

    /// Given name and family name.
    fn person(&self, random: &mut Random) -> (String, String) {
        let number = self.zipf.rank(random) * PEOPLE_OF_A_RANK + random.below(PEOPLE_OF_A_RANK);
        let given = Script::Latin.name_of(number % GIVEN_NAMES);
        (given, Script::Latin.name_of(GIVEN_NAMES + number))
    }

    /// The article with this number, not yet prepared.
    fn article(&self, number: usize) -> Article {
        let mut random = Random::new(SEED ^ (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut article = Article::default();
        for _ in 0..TITLE {
            let word = self.next_word(&mut random, &mut article.people);
            article.title.extend([word.as_str(), " "]);
        }
        let words = random.within(LENGTHS);
        for at in 1..=words {
            let word = self.next_word(&mut random, &mut article.people);
            let end = if at % PARAGRAPH == 0 { ".\n" } else { " " };
            article.text.extend([word.as_str(), end]);
        }
        article
    }

    fn next_word(&self, random: &mut Random, people: &mut Vec<String>) -> String {
        if random.below(NAME_EVERY) == 0 {
            let (given, family) = self.person(random);
            let name = format!("{given} {family}");
            people.push(name.to_lowercase());
            return name;
        }
        match random.chance(FUNCTION_WORDS) {
            true => (*random.pick(&FUNCTION)).to_owned(),
            false => self.word(random),
        }
    }
}

/// A generated article.
#[derive(Debug, Default)]
struct Article {
    title: String,
    text: String,
    people: Vec<String>,
}

impl Article {
    /// The number of words in title and text.
    fn words(&self) -> usize {
        self.title.split_whitespace().count() + self.text.split_whitespace().count()
    }

    /// The article prepared for any number of queries.
    fn prepared(&self) -> Prepared {
        let people: Vec<&str> = self.people.iter().map(String::as_str).collect();
        Prepared::new(&Document {
            title: &self.title,
            text: &self.text,
            outlet: "paper.example",
            site: "news.paper.example",
            language: "en-gb",
            class: "new",
            feeds: &["paper"],
            entities: &people,
            ..Document::default()
        })
    }
}

/// With up to this many matches, an article may not take longer.
const FREE_MATCHES: f64 = 100.0;
/// The time that each further match may take, in microseconds.
const MICROS_PER_MATCH: f64 = 1.0;

/// For each article the processor time in microseconds, its words, and the number of matching subscriptions.
#[derive(Debug, Default)]
struct Times {
    micros: Vec<f64>,
    words: Vec<f64>,
    matches: Vec<f64>,
}

/// The distribution of all times.
#[derive(Debug, Serialize, Deserialize)]
struct TimeSpread {
    /// In milliseconds.
    p50: f64,
    p99: f64,
    /// In milliseconds, less one microsecond for each match above a hundred.
    p99_of_few: f64,
    /// The mean number of matches of an article.
    matches: f64,
    /// The nanoseconds of a further match, among articles of one length. It is the slope of time over matches by
    /// least squares, after the part that depends on the length is removed from both.
    further: f64,
}

impl TimeSpread {
    fn of(Times { micros, words, matches }: &Times) -> Self {
        let few = micros
            .iter()
            .zip(matches)
            .map(|(micros, matches)| micros - (matches - FREE_MATCHES).max(0.0) * MICROS_PER_MATCH);
        let beyond_length = |of: &[f64]| -> Vec<f64> {
            let slope = slope(words, of);
            words.iter().zip(of).map(|(words, value)| value - slope * words).collect()
        };
        Self {
            p50: quantile(micros, 0.5) / 1e3,
            p99: quantile(micros, 0.99) / 1e3,
            p99_of_few: quantile(&few.collect::<Vec<f64>>(), 0.99) / 1e3,
            matches: mean(matches),
            further: slope(&beyond_length(matches), &beyond_length(micros)) * 1e3,
        }
    }
}

#[cfg(test)]
mod generated_tests {
    use wirefold_query::{Numbers, Query};

    use super::*;

    #[test]
    fn every_query_is_one_and_some_are_matched() {
        let maker = Maker { zipf: Zipf::new() };
        let articles: Vec<Prepared> = (0..20).map(|at| maker.article(at).prepared()).collect();
        for (kind, least) in [(Kind::LongTail, 3), (Kind::Frequent, 100)] {
            let queries = maker.queries(kind).take(2_000).map(|text| Query::parse(&text));
            let queries: Vec<Query> = queries.collect::<Result<_, _>>().unwrap();
            let matched = articles.iter().flat_map(|article| {
                queries.iter().filter(|query| query.matches(article, &Numbers::default()).is_some())
            });
            let count = matched.count();
            assert!((least..8_000).contains(&count), "{}: {count} matches", name_of(&kind));
        }
        assert_eq!(maker.article(7).text, maker.article(7).text);
        assert_ne!(maker.article(7).text, maker.article(8).text);
    }
}

#[cfg(test)]
mod times_tests {
    use super::*;

    #[test]
    fn a_further_match_is_the_slope() {
        let words: Vec<f64> = (0..1_000).map(|at| f64::from(at * 7 % 600)).collect();
        let matches: Vec<f64> = (0..1_000).map(f64::from).collect();
        let micros = words.iter().zip(&matches);
        let micros = micros.map(|(length, found)| 50.0 + 0.1 * length + 0.5 * found).collect();
        let times = Times { micros, words, matches };
        let spread = TimeSpread::of(&times);
        assert!((spread.further - 500.0).abs() < 1e-6, "{spread:?}");
        assert!((0.32..0.34).contains(&spread.p50), "{spread:?}");
        assert!((0.55..0.61).contains(&spread.p99), "{spread:?}");
        assert!((0.1..0.17).contains(&spread.p99_of_few), "{spread:?}");
        assert!((spread.matches - 499.5).abs() < 1e-9, "{spread:?}");
    }
}
