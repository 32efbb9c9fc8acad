//! Measures all sets by the processor time of one thread on one core.

use std::hint::black_box;
use std::io::Write as _;

use serde::{Deserialize, Serialize};
use wirefold_enricher::{Step, findings_in_steps};
use wirefold_proto::{AboutArticle, Findings, OutputArticle, TextPolicy};

use super::hostile::{Hostile, hostile};
use super::sets::{Article, Set, sets};
use crate::machine::{self, ThreadWatch};

/// The names of the steps in tables: the steps of the enricher, and writing the JSON of the output.
pub(super) const STEPS: [&str; Step::ALL.len() + 1] = [
    "analysis", "reading", "language", "names", "quotations", "figures", "dateline, credit",
    "extract", "JSON",
];
/// The number of passes over all articles of a set. The quickest pass of each article counts.
const PASSES: usize = 3;

/// The arguments of the child.
#[derive(clap::Args)]
pub(crate) struct Child {
    #[arg(long)]
    texts: usize,
}

/// The results of the child.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Results {
    pub(super) sets: Vec<MeasuredSet>,
    pub(super) hostile: Vec<MeasuredHostile>,
}

/// The means of a set.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct MeasuredSet {
    pub(super) name: String,
    pub(super) is_english: bool,
    pub(super) texts: usize,
    pub(super) words: f64,
    pub(super) bytes: f64,
    /// Microseconds for an article, over all steps.
    pub(super) micros: f64,
    pub(super) steps: [f64; STEPS.len()],
    /// Microseconds for a copy, if the set has copies.
    pub(super) micros_of_copies: Option<f64>,
}

/// The times of a bad input.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct MeasuredHostile {
    pub(super) name: String,
    pub(super) bytes: usize,
    pub(super) milliseconds: f64,
}

/// Measures and prints the results as a line of JSON.
pub(in crate::commands::bench) fn run_child(child: &Child) -> anyhow::Result<()> {
    machine::stay_on_one_core()?;
    let bench = Bench::new()?;
    let sets = sets(child.texts)?;
    // The first text unpacks models and tables.
    bench.measure(&sets[0].articles[..1]);
    let results = Results {
        sets: sets.iter().map(|set| bench.set(set)).collect(),
        hostile: hostile().iter().map(|one| bench.hostile(one)).collect(),
    };
    writeln!(std::io::stdout().lock(), "{}", serde_json::to_string(&results)?)?;
    Ok(())
}

/// The times of one article by step, in microseconds.
type Times = [f64; STEPS.len()];

struct Bench {
    /// The rest of the output message around the findings.
    output: OutputArticle,
    /// The cost of reading the clock.
    cost: f64,
}

impl Bench {
    fn new() -> anyhow::Result<Self> {
        let sample =
            include_bytes!("../../../../../proto/samples/wirefold.output.article.2.minimal.json");
        let output = wirefold_proto::decode(sample)?;
        Ok(Self { output, cost: ThreadWatch::cost() })
    }

    fn set(&self, set: &Set) -> MeasuredSet {
        let measured = self.measure(&set.articles);
        let count = set.articles.len().max(1) as f64;
        let mean = |all: usize| all as f64 / count;
        let words = |article: &Article| wirefold_text::Text::new(&article.text).words().len();
        MeasuredSet {
            name: set.name.clone(),
            is_english: set.is_english,
            texts: set.articles.len(),
            words: mean(set.articles.iter().map(words).sum()),
            bytes: mean(set.articles.iter().map(|article| article.text.len()).sum()),
            micros: measured.iter().sum(),
            steps: measured,
            micros_of_copies: (!set.copies.is_empty())
                .then(|| self.measure(&set.copies).iter().sum()),
        }
    }

    /// The mean of each step over some articles.
    fn measure(&self, articles: &[Article]) -> Times {
        let mut quickest = vec![[f64::INFINITY; STEPS.len()]; articles.len()];
        let total = |times: &Times| times.iter().sum::<f64>();
        for _ in 0..PASSES {
            for (article, before) in articles.iter().zip(&mut quickest) {
                let times = self.time(&article.title, &article.text);
                if total(&times) < total(before) {
                    *before = times;
                }
            }
        }
        let count = articles.len().max(1) as f64;
        std::array::from_fn(|step| quickest.iter().map(|times| times[step]).sum::<f64>() / count)
    }

    fn time(&self, title: &str, text: &str) -> Times {
        let about = AboutArticle { title: title.to_owned(), ..self.output.article.clone() };
        let mut times = [0.0; STEPS.len()];
        let mut at = 0;
        let mut watch = ThreadWatch::start();
        let mut note = || {
            times[at] = (watch.micros() - self.cost).max(0.0);
            at += 1;
            watch = ThreadWatch::start();
        };
        let findings = findings_in_steps(text, &about, |_| note());
        black_box(self.json(about, findings));
        note();
        times
    }

    /// The body of the output message, with the beginning of the text.
    fn json(&self, article: AboutArticle, findings: Findings) -> Vec<u8> {
        let text_policy = TextPolicy::Lead;
        let output = OutputArticle { article, findings, text_policy, ..self.output.clone() };
        serde_json::to_vec(&output).expect("an output has no key that is no string")
    }

    fn hostile(&self, one: &Hostile) -> MeasuredHostile {
        let seconds = || self.time(&one.title, &one.text).iter().sum::<f64>() / 1e3;
        MeasuredHostile {
            name: one.name.to_owned(),
            bytes: one.text.len() + one.title.len(),
            milliseconds: (0..PASSES).map(|_| seconds()).fold(f64::INFINITY, f64::min),
        }
    }
}
