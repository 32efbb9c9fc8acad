//! Examines the fold on the suites in `../shared`: `cargo run -p wirefold-fold --example exam`.
//!
//! Prints right, false and missed pairs at arrival for each set, after fitting the judge on the first sets.
//! `errors` lists the wrong pairs with their evidence, `left` leaves each set out of the fit in turn, and
//! `write` writes `src/table.rs`.
#![expect(clippy::disallowed_methods, reason = "this program owns its arguments")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

use wirefold_fold::fit::{Row, fit};
use wirefold_fold::{Detector, Incoming, Match, Settings, Weights, climbed};
use wirefold_score::{Group, Label, Labels, Pairs, Score};

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

const SETS: [(&str, &str, &str); 9] = [
    ("real", "suites/real-shape/docs.jsonl", "suites/real-shape/labels.tsv"),
    ("wire", "suites/wire-shape/docs.jsonl", "suites/wire-shape/labels.tsv"),
    ("ar", "suites/langs-shape/ar.docs.jsonl", "suites/langs-shape/ar.labels.tsv"),
    ("de", "suites/langs-shape/de.docs.jsonl", "suites/langs-shape/de.labels.tsv"),
    ("walls", "../$/crates/fold/data/walls.jsonl", ""),
    ("types", "../$/seeds/archetypes.jsonl", "../$/seeds/archetypes.tsv"),
    ("seeds", "../$/seeds/articles.jsonl", "../$/seeds/expected.json"),
    ("synth", "suites/synthetic-wire/docs.jsonl", "suites/synthetic-wire/labels.tsv"),
    ("one outlet", "suites/synthetic-wire/docs.jsonl", "suites/synthetic-wire/labels.tsv"),
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
    let mut docs = read_docs(&docs)?;
    if name == "one outlet" {
        docs.iter_mut().for_each(|doc| doc.outlet = name.to_owned());
    }
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
const TRAINED: usize = 8;

#[derive(Default)]
struct Run {
    stories: Vec<usize>,
    events: Vec<usize>,
    at_end: Vec<usize>,
    compared: Vec<Vec<Match>>,
    holds: Vec<Vec<wirefold_fold::StoryId>>,
}

fn run(docs: &[Doc], weights: &Weights) -> Run {
    let mut detector = Detector::with_weights(Settings::default(), weights.clone());
    let mut run = Run::default();
    for doc in docs {
        let verdict = detector.observe(&Incoming {
            items: &[&doc.id],
            page: Some(&*doc.url).filter(|url| !url.is_empty()),
            outlet: Some(&*doc.outlet).filter(|outlet| !outlet.is_empty()),
            title: &doc.title,
            text: &doc.text,
            time: doc.time,
            published: doc.time,
            ..Incoming::default()
        });
        run.stories.push(verdict.story.0 as usize);
        run.events.push(verdict.event.0 as usize);
        run.compared.push(verdict.matches);
        run.holds.push(verdict.holds);
    }
    let at_end = |at: usize| {
        let story = detector.story_with(wirefold_fold::DocId(at as _));
        story.map_or(run.stories[at], |story| story.0 as usize)
    };
    run.at_end = (0..docs.len()).map(at_end).collect();
    run
}

fn rows(set: &Set, run: &Run) -> Vec<Row> {
    let right = set.labels.0.values().filter(|(label, _)| *label == Label::Reprint).count();
    let most = match set.name {
        "walls" => 8.0,
        "types" | "seeds" => 2.0,
        _ => 4.0,
    };
    let weight = (250.0 / right.max(1) as f64).min(most);
    let mut rows = Vec::new();
    for (new, compared) in run.compared.iter().enumerate() {
        for pair in compared {
            let label = set.labels.0.get(&(pair.doc.index(), new)).map(|(label, _)| *label);
            // The labels of this set say nothing about copies of fewer than 60 words.
            let is_unread = set.name == "ar" && label.is_none() && pair.evidence.shared < 60.0;
            if label != Some(Label::Partial) && !is_unread {
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

/// Weights with which nothing folds.
fn nothing() -> Weights {
    Weights { bias: -2.0, ramps: vec![0.0; wirefold_fold::ramps()] }
}

fn gather(set: &Set) -> Gathered {
    let found = run(&set.docs, &nothing());
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
    let mut out = std::io::stdout();
    let mut sets = Vec::new();
    for (name, docs, labels) in SETS {
        sets.push(read_set((name, path_of(docs), path_of(labels)))?);
    }
    let gathered: Vec<Gathered> = each(&sets, gather);
    for (set, found) in sets.iter().zip(&gathered) {
        report_candidates(&mut out, set, found)?;
    }
    let happenings = read_happenings()?;
    let weights = train(&gathered, None);
    let source = wirefold_fold::fit::table_source(&weights, &described(&sets, &gathered));
    if flag("write") {
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/table.rs"), &source)?;
    }
    writeln!(out, "{source}")?;
    let runs = each(&sets, |set| run(&set.docs, &weights));
    for (set, found) in sets.iter().zip(&runs) {
        report(&mut out, set, found, &weights, flag("errors"))?;
    }
    for of in &happenings {
        report_events(&mut out, of, &weights)?;
    }
    if flag("left") {
        report_left_out(&mut out, &sets, &gathered)?;
    }
    Ok(())
}

/// The path of a set: in `../shared`, or in the repository if it begins with `../$/`.
fn path_of(path: &str) -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    match path.strip_prefix("../$/") {
        Some(ours) => own.join(ours),
        None => own.join("../shared").join(path),
    }
}

/// A set whose articles are labelled by event.
struct Happenings {
    name: &'static str,
    docs: Vec<Doc>,
    labels: Labels,
}

const HAPPENINGS: [(&str, &str, &str); 4] = [
    ("event-shape", "suites/event-shape/docs.jsonl", "suites/event-shape/events.tsv"),
    ("events", "../$/seeds/events.jsonl", "../$/seeds/events.tsv"),
    ("english", "../$/seeds/events-english.jsonl", "../$/seeds/events-english.tsv"),
    ("languages", "../$/seeds/events-languages.jsonl", "../$/seeds/events-languages.tsv"),
];

fn read_happenings() -> Result<Vec<Happenings>, Box<dyn Error>> {
    let mut all = Vec::new();
    for (name, docs, events) in HAPPENINGS {
        let docs = read_docs(&path_of(docs))?;
        let numbers: HashMap<&str, usize> =
            docs.iter().enumerate().map(|(at, doc)| (doc.id.as_str(), at)).collect();
        let text = std::fs::read_to_string(path_of(events))?;
        let (mut labels, _) = wirefold_score::read(&text, Group::Event).resolve(&numbers);
        let mut unsure = BTreeSet::new();
        let beside = path_of(events).with_file_name("unsure.tsv");
        for line in std::fs::read_to_string(beside).unwrap_or_default().lines().skip(1) {
            let pair =
                line.split_once('\t').and_then(|(a, b)| Some((numbers.get(a)?, numbers.get(b)?)));
            unsure.extend(pair.map(|(a, b)| (*a.min(b), *a.max(b))));
        }
        let is_ours = name == "event-shape";
        let unsure = if is_ours { unsure } else { BTreeSet::new() };
        labels.leave_out(unsure);
        all.push(Happenings { name, docs, labels });
    }
    Ok(all)
}

fn report_events(
    out: &mut impl Write,
    of: &Happenings,
    weights: &Weights,
) -> Result<(), Box<dyn Error>> {
    let score = of.labels.score(&run(&of.docs, weights).events);
    write_score(out, of.name, &score)
}

fn report_left_out(
    out: &mut impl Write,
    sets: &[Set],
    gathered: &[Gathered],
) -> Result<(), Box<dyn Error>> {
    let numbers = [0, 1, 2, 3, 5, 7];
    let left = each(&numbers, |number| {
        let fitted = train(gathered, Some(*number));
        (run(&sets[*number].docs, &fitted), fitted)
    });
    for (number, (found, fitted)) in numbers.iter().zip(&left) {
        let set = &sets[*number];
        write!(out, "left out ")?;
        report(out, set, found, fitted, false)?;
    }
    Ok(())
}

fn write_score(out: &mut impl Write, name: &str, score: &Score) -> Result<(), Box<dyn Error>> {
    let Score { found, false_folds, missed, .. } = score;
    let (f1, precision) = (score.f1(), score.precision());
    writeln!(out, "{name:6} {found}/{false_folds}/{missed}  F1 {f1:.3}  P {precision:.3}")?;
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
    let is_compared =
        |(a, b): &&(usize, usize)| found.run.compared[*b].iter().any(|pair| pair.doc.index() == *a);
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
    write_score(out, set.name, &set.labels.score(&run.stories))?;
    write_score(out, "   at end", &set.labels.score(&run.at_end))?;
    if !errors {
        return Ok(());
    }
    let mut show = |kind: &str, (a, b): (usize, usize)| -> Result<(), Box<dyn Error>> {
        let pair = run.compared[b].iter().find(|pair| pair.doc.index() == a);
        for of in [a, b] {
            if !run.holds[of].is_empty() {
                write!(out, "   {} HOLDS {:?}", set.docs[of].id, run.holds[of])?;
            }
        }
        let (one, other) = (&set.docs[a], &set.docs[b]);
        for of in [a, b] {
            let id = &set.docs[run.stories[of]].id;
            let size = run.stories.iter().filter(|story| **story == run.stories[of]).count();
            write!(out, " {id}:{size} ")?;
        }
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
