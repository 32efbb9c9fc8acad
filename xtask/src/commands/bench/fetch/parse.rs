//! Megabytes of feeds that one core parses in a second.

use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::super::report::Report;
use super::generated;
use crate::machine::Stopwatch;
use crate::tree;

const MEGA: f64 = 1e6;

/// A parser of feeds. Returns the number of items, or `None` if it fails.
type Parser = (&'static str, fn(&[u8]) -> Option<usize>);

const PARSERS: [Parser; 3] = [
    ("wirefold", |bytes| {
        let feed = wirefold_feed::parse(bytes, None, "https://paper.example/feed").ok()?;
        Some(feed.items.len())
    }),
    ("feed-rs", |bytes| Some(feed_rs::parser::parse(bytes).ok()?.entries.len())),
    ("feedparser-rs", |bytes| Some(feedparser_rs::parse(bytes).ok()?.entries.len())),
];

/// Measures each parser on the same documents.
pub(super) fn run(report: &mut Report) -> anyhow::Result<()> {
    let seconds = if report.is_quick() { 1.0 } else { 5.0 };
    // A panic of another parser counts as its result and is not printed.
    let panic_hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let outcome = measure(report, seconds);
    std::panic::set_hook(panic_hook);
    outcome
}

fn measure(report: &mut Report, seconds: f64) -> anyhow::Result<()> {
    let generated = generated::feeds(40);
    let suites = suites().context("read ../shared/suites/feedparser")?;
    for (name, documents) in [("made-up feeds", &generated), ("feeds of the suites", &suites)] {
        let [own, rivals @ ..] = PARSERS.map(|(_, parse)| speed(documents, parse, seconds));
        for ((rival, _), speed) in PARSERS[1..].iter().zip(rivals) {
            report.add(format!("parsed, {name}"), own / MEGA, "MB/s").beside(rival, speed / MEGA);
        }
    }
    let [own, rivals @ ..] = PARSERS.map(|(_, parse)| {
        suites.iter().filter(|document| attempt(document, parse).is_some()).count()
    });
    for ((rival, _), read) in PARSERS[1..].iter().zip(rivals) {
        let name = format!("of {} files, read", suites.len());
        report.add(name, own as f64, "files").beside(rival, read as f64);
    }
    Ok(())
}

/// Bytes a second.
fn speed(documents: &[Vec<u8>], parse: fn(&[u8]) -> Option<usize>, seconds: f64) -> f64 {
    let bytes: usize = documents.iter().map(Vec::len).sum();
    let watch = Stopwatch::start();
    let mut rounds = 0_u32;
    while rounds == 0 || watch.seconds() < seconds {
        for document in documents {
            black_box(attempt(black_box(document), parse));
        }
        rounds += 1;
    }
    bytes as f64 * f64::from(rounds) / watch.seconds()
}

fn attempt(document: &[u8], parse: fn(&[u8]) -> Option<usize>) -> Option<usize> {
    catch_unwind(AssertUnwindSafe(|| parse(document))).ok().flatten()
}

/// All feeds of the suites, except those that make other parsers abort.
fn suites() -> anyhow::Result<Vec<Vec<u8>>> {
    let mut waiting = vec![tree::root().join("../shared/suites/feedparser/tests")];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                waiting.push(path);
            } else if is_feed(&path) {
                files.push(path);
            }
        }
    }
    files.sort();
    files.iter().map(|file| Ok(std::fs::read(file)?)).collect()
}

fn is_feed(path: &Path) -> bool {
    let ends = ["xml", "json", "rss", "atom", "rdf"];
    path.extension().and_then(|end| end.to_str()).is_some_and(|end| ends.contains(&end))
}
