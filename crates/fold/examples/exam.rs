//! Examines the fold on the suites in `../shared`: `cargo run -p wirefold-fold --example exam`.
//!
//! Prints right, false and missed pairs at arrival for each set, after fitting the judge on the first sets.
//! `errors` lists the wrong pairs with their evidence, `left` leaves each set out of the fit in turn, and
//! `write` writes `src/table.rs`.
#![expect(clippy::disallowed_methods, reason = "this program owns its arguments")]

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

use wirefold_fold::fit::{Row, fit};
use wirefold_fold::{Compared, Detector, Incoming, Weights, climbed};
use wirefold_score::{Group, Label, Labels, Pairs};

#[derive(Default)]
struct Doc {
    id: String,
    outlet: String,
    url: String,
    title: String,
    text: String,
    time: i64,
}

struct Set {
    name: &'static str,
    docs: Vec<Doc>,
    labels: Pairs,
}

const SETS: [(&str, &str, &str); 8] = [
    ("real", "suites/real-shape/docs.jsonl", "suites/real-shape/labels.tsv"),
    ("wire", "suites/wire-shape/docs.jsonl", "suites/wire-shape/labels.tsv"),
    ("ar", "suites/langs-shape/ar.docs.jsonl", "suites/langs-shape/ar.labels.tsv"),
    ("de", "suites/langs-shape/de.docs.jsonl", "suites/langs-shape/de.labels.tsv"),
    ("walls", "../$/crates/fold/data/walls.jsonl", ""),
    ("types", "../$/seeds/archetypes.jsonl", "../$/seeds/archetypes.tsv"),
    ("seeds", "../$/seeds/articles.jsonl", "../$/seeds/expected.json"),
    ("synth", "suites/synthetic-wire/docs.jsonl", "suites/synthetic-wire/labels.tsv"),
];

fn read_docs(path: &Path) -> Result<Vec<Doc>, Box<dyn Error>> {
    let mut docs: Vec<Doc> = Vec::new();
    for line in std::fs::read_to_string(path)?.lines() {
        let value: serde_json::Value = serde_json::from_str(line)?;
        let field = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let published = field("published");
        let time = published.parse::<jiff::Timestamp>().map_or(0, |time| time.as_second());
        let time = time.max(docs.last().map_or(time, |doc| doc.time));
        let host = if value["outlet"].is_null() { field("host") } else { field("outlet") };
        docs.push(Doc {
            id: field("id"),
            outlet: host,
            url: field("url"),
            title: field("title"),
            text: field("text"),
            time,
        });
    }
    Ok(docs)
}

fn read_set((name, docs, labels): (&'static str, PathBuf, PathBuf)) -> Result<Set, Box<dyn Error>> {
    let docs = read_docs(&docs)?;
    let numbers: HashMap<&str, usize> =
        docs.iter().enumerate().map(|(at, doc)| (doc.id.as_str(), at)).collect();
    let labels = read_labels(&labels, &numbers)?;
    Ok(Set { name, docs, labels })
}

fn read_labels(path: &Path, numbers: &HashMap<&str, usize>) -> Result<Pairs, Box<dyn Error>> {
    let mut pairs = Pairs::default();
    if path.is_dir() {
        return Ok(pairs);
    }
    let text = std::fs::read_to_string(path)?;
    if path.extension().is_some_and(|of| of == "json") {
        let value: serde_json::Value = serde_json::from_str(&text)?;
        for story in value["stories"].as_array().into_iter().flatten() {
            let members = story["members"].as_array().into_iter().flatten();
            let members: Vec<usize> =
                members.filter_map(|id| numbers.get(id.as_str()?).copied()).collect();
            for (at, one) in members.iter().enumerate() {
                for other in &members[at + 1..] {
                    let pair = (*one.min(other), *one.max(other));
                    pairs.0.insert(pair, (Label::Reprint, String::new()));
                }
            }
        }
        return Ok(pairs);
    }
    let kept: Vec<&str> =
        text.lines().filter(|line| line.split('\t').nth(2) != Some("N")).collect();
    let file = wirefold_score::read(&kept.join("\n"), Group::Story);
    let (Labels::Pairs(labels), _) = file.resolve(numbers) else { return Err("pairs".into()) };
    Ok(labels)
}

/// The first sets train the judge.
const TRAINED: usize = 7;

struct Run {
    stories: Vec<usize>,
    compared: Vec<Vec<Compared>>,
}

fn run(set: &Set, weights: &Weights) -> Run {
    let mut detector = Detector::new(weights.clone());
    let (mut stories, mut compared) = (Vec::new(), Vec::new());
    for doc in &set.docs {
        let verdict = detector.observe(&Incoming {
            item: &doc.id,
            address: &doc.url,
            outlet: &doc.outlet,
            title: &doc.title,
            text: &doc.text,
            time: doc.time,
        });
        stories.push(verdict.story as usize);
        compared.push(verdict.compared);
    }
    Run { stories, compared }
}

fn rows(set: &Set, run: &Run) -> Vec<Row> {
    let right = set.labels.0.values().filter(|(label, _)| *label == Label::Reprint).count();
    let most = if matches!(set.name, "types" | "seeds") { 1.0 } else { 4.0 };
    let weight = (250.0 / right.max(1) as f64).min(most);
    let mut rows = Vec::new();
    for (new, compared) in run.compared.iter().enumerate() {
        for pair in compared {
            let label = set.labels.0.get(&(pair.article as usize, new)).map(|(label, _)| *label);
            if label != Some(Label::Partial) {
                let is_copy = label == Some(Label::Reprint);
                rows.push(Row { climbed: climbed(&pair.evidence), is_copy, weight });
            }
        }
    }
    rows
}

/// A set with its pairs: those that were compared, whatever the judge says.
struct Gathered {
    run: Run,
    rows: Vec<Row>,
}

fn gather(set: &Set) -> Gathered {
    let nothing = Weights { bias: -9.0, ramps: vec![0.0; wirefold_fold::ramps()] };
    let found = run(set, &nothing);
    Gathered { rows: rows(set, &found), run: found }
}

fn train(gathered: &[Gathered], without: Option<usize>) -> Weights {
    let used = (0..TRAINED).filter(|at| Some(*at) != without);
    let pairs: Vec<Row> = used.flat_map(|at| gathered[at].rows.clone()).collect();
    fit(&pairs)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let flag = |name: &str| arguments.iter().any(|given| given == name);
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = own.join("../../../shared");
    let mut out = std::io::stdout();
    let mut sets = Vec::new();
    for (name, docs, labels) in SETS {
        let at = |path: &str| match path.strip_prefix("../$/") {
            Some(ours) => own.join("../..").join(ours),
            None => shared.join(path),
        };
        sets.push(read_set((name, at(docs), at(labels)))?);
    }
    let gathered: Vec<Gathered> = each(&sets, gather);
    for (set, found) in sets.iter().zip(&gathered) {
        report_candidates(&mut out, set, found)?;
    }
    let weights = train(&gathered, None);
    let source = wirefold_fold::fit::table_source(&weights, &described(&sets, &gathered));
    if flag("write") {
        std::fs::write(own.join("src/table.rs"), &source)?;
    }
    writeln!(out, "{source}")?;
    let runs = each(&sets, |set| run(set, &weights));
    for (set, found) in sets.iter().zip(&runs) {
        report(&mut out, set, found, &weights, flag("errors"))?;
    }
    if flag("left") {
        let numbers = [0, 1, 2, 3];
        let left = each(&numbers, |number| {
            let fitted = train(&gathered, Some(*number));
            (run(&sets[*number], &fitted), fitted)
        });
        for (set, (found, fitted)) in sets.iter().zip(&left) {
            write!(out, "left out ")?;
            report(&mut out, set, found, fitted, false)?;
        }
    }
    Ok(())
}

/// The sets of the fit with their pairs, in words.
fn described(sets: &[Set], gathered: &[Gathered]) -> String {
    let of_set = |(set, found): (&Set, &Gathered)| format!("{} ({})", set.name, found.rows.len());
    let names: Vec<String> = sets[..TRAINED].iter().zip(gathered).map(of_set).collect();
    names.join(", ")
}

fn report_candidates(
    out: &mut impl Write,
    set: &Set,
    found: &Gathered,
) -> Result<(), Box<dyn Error>> {
    let is_right = |pair: &(&(usize, usize), &(Label, String))| pair.1.0 == Label::Reprint;
    let right: Vec<(usize, usize)> =
        set.labels.0.iter().filter(is_right).map(|(pair, _)| *pair).collect();
    let is_compared = |(a, b): &&(usize, usize)| {
        found.run.compared[*b].iter().any(|pair| pair.article as usize == *a)
    };
    let seen = right.iter().filter(is_compared).count();
    let pairs: usize = found.run.compared.iter().map(Vec::len).sum();
    writeln!(out, "{}: {seen} of {} compared, of {pairs} pairs", set.name, right.len())?;
    Ok(())
}

fn each<T: Sync, R: Send>(of: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    std::thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = of.iter().map(|one| scope.spawn(move || work(one))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    })
}

fn report(
    out: &mut impl Write,
    set: &Set,
    run: &Run,
    weights: &Weights,
    errors: bool,
) -> Result<(), Box<dyn Error>> {
    let score = set.labels.score(&run.stories);
    writeln!(
        out,
        "{:6} {}/{}/{}  F1 {:.3}",
        set.name,
        score.found,
        score.false_folds,
        score.missed,
        score.f1()
    )?;
    if !errors {
        return Ok(());
    }
    let mut show = |kind: &str, (a, b): (usize, usize)| -> Result<(), Box<dyn Error>> {
        let pair = run.compared[b].iter().find(|pair| pair.article as usize == a);
        let (one, other) = (&set.docs[a], &set.docs[b]);
        write!(out, "   {kind} {} {} ", one.id, other.id)?;
        match pair {
            None => writeln!(out, "not compared")?,
            Some(pair) => {
                let parts: BTreeMap<String, String> = weights
                    .parts(&pair.evidence)
                    .iter()
                    .map(|(sign, part)| {
                        (format!("{sign:?}"), format!("{:.2}→{part:.1}", sign.of(&pair.evidence)))
                    })
                    .collect();
                writeln!(out, "p {:.2} {parts:?}", pair.probability)?;
            }
        }
        Ok(())
    };
    for pair in set.labels.false_folds(&run.stories, 40) {
        show("false", pair)?;
    }
    for (pair, _) in set.labels.missed(&run.stories) {
        show("missed", pair)?;
    }
    Ok(())
}
