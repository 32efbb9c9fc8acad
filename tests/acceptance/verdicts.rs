//! Verdicts stay equal byte for byte from one version to the next.
//!
//! `verdicts.tsv` has a hash of all verdicts of each set in some orders, at arrival and in the end. It contains no
//! word of an article. If verdicts are meant to change, `WIREFOLD_BLESS=1 cargo test -p wirefold --test it
//! acceptance::verdicts` writes new hashes, and the review shows which sets changed.

use std::fmt::Write as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::{orders, say, shared};
use crate::program::{Folder, Run, command};

const DIGESTS: &str = "../../tests/acceptance/verdicts.tsv";
const HEADER: &str = "set\torder\tarticles\tat arrival\tin the end\n";
/// The sets of invented articles in `seeds/`.
const FIXTURES: [&str; 7] = [
    "archetypes", "archetypes-failing", "articles", "events", "events-english", "events-languages",
    "scripts",
];
/// The number of shuffles of a set of fixtures. The large set has none, to be quick.
const SHUFFLES: u64 = 3;
/// Half of a SHA-256 in hexadecimal digits.
const DIGITS: usize = 32;

/// Articles as `fold` reads them.
enum Input {
    /// Lines of JSON.
    Lines(Vec<String>),
    /// Paths of text files.
    Files(Vec<String>),
}

/// A named set of articles, with the number of its shuffles.
struct Set {
    name: &'static str,
    input: Input,
    shuffles: u64,
}

impl Set {
    fn of_lines(name: &'static str, path: &Path, shuffles: u64) -> Set {
        let text = std::fs::read_to_string(path).expect("a readable set");
        let lines = text.lines().map(|line| format!("{line}\n")).collect();
        Set { name, input: Input::Lines(lines), shuffles }
    }

    fn of_files(name: &'static str, folder: &Path, shuffles: u64) -> Set {
        let entries = std::fs::read_dir(folder).expect("a readable folder");
        let paths = entries.flatten().map(|entry| entry.path().to_string_lossy().into_owned());
        let mut texts: Vec<String> = paths.filter(|path| path.ends_with(".txt")).collect();
        texts.sort();
        Set { name, input: Input::Files(texts), shuffles }
    }

    fn len(&self) -> usize {
        match &self.input {
            Input::Lines(all) | Input::Files(all) => all.len(),
        }
    }

    /// File order, reversed, and the shuffles, with their names.
    fn orders(&self) -> Vec<(String, Vec<usize>)> {
        let count = self.len();
        let mut named = vec![
            ("file order".to_owned(), orders::file(count)),
            ("reversed".to_owned(), orders::reversed(count)),
        ];
        named.extend(
            (1..=self.shuffles)
                .map(|seed| (format!("shuffle {seed}"), orders::shuffled(count, seed))),
        );
        named
    }

    /// The hash of the lines that the binary prints on these articles in this order.
    fn digest(&self, order: &[usize], arguments: &[&str]) -> String {
        let arguments = [&["fold", "--json", "--quiet"], arguments].concat();
        let run = match &self.input {
            Input::Lines(lines) => {
                let ordered: String = order.iter().map(|number| lines[*number].as_str()).collect();
                let arguments = [&arguments[..], &["-"]].concat();
                Folder::with(&[]).run_on(ordered.as_bytes(), &arguments)
            }
            Input::Files(paths) => {
                let ordered: Vec<&str> =
                    order.iter().map(|number| paths[*number].as_str()).collect();
                Run::of(command(&[&arguments[..], &ordered].concat()))
            }
        };
        let printed = run.code(0).out;
        assert_eq!(
            printed.lines().count(),
            order.len(),
            "{}: a verdict for each article",
            self.name
        );
        hash(&printed)
    }

    /// The rows of this set.
    fn rows(&self) -> String {
        let mut rows = String::new();
        for (name, order) in self.orders() {
            let (at_arrival, at_end) = std::thread::scope(|scope| {
                let at_end = scope.spawn(|| self.digest(&order, &["--final"]));
                (self.digest(&order, &[]), at_end.join().expect("the other half ends"))
            });
            let (set, count) = (self.name, self.len());
            let _ = writeln!(rows, "{set}\t{name}\t{count}\t{at_arrival}\t{at_end}");
        }
        rows
    }
}

fn hash(text: &str) -> String {
    let bytes = Sha256::digest(text.as_bytes());
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits[..DIGITS].to_owned()
}

/// The names of all sets, and those that are available here.
fn sets() -> (Vec<&'static str>, Vec<Set>) {
    let fixtures = FIXTURES
        .map(|name| Set::of_lines(name, Path::new(&format!("../../seeds/{name}.jsonl")), SHUFFLES));
    let seeds = shared("seeds").map(|folder| Set::of_files("shared seeds", &folder, SHUFFLES));
    let real =
        shared("suites/real-shape/docs.jsonl").map(|path| Set::of_lines("real-shape", &path, 0));
    let names = FIXTURES.into_iter().chain(["shared seeds", "real-shape"]).collect();
    (names, fixtures.into_iter().chain(seeds).chain(real).collect())
}

/// The rows of a set in the stored digests.
fn stored_rows(stored: &str, set: &str) -> String {
    let of_set = |line: &&str| line.split('\t').next() == Some(set);
    stored.lines().filter(of_set).map(|line| format!("{line}\n")).collect()
}

/// The set and order of each row that is in one of the two but not in the other.
fn changed_rows(stored: &str, found: &str) -> Vec<String> {
    let has = |rows: &str, row: &str| rows.lines().any(|line| line == row);
    let named = |row: &str| row.split('\t').take(2).collect::<Vec<_>>().join(", ");
    let mut changed: Vec<String> =
        found.lines().filter(|row| !has(stored, row)).map(named).collect();
    changed.extend(stored.lines().filter(|row| !has(found, row)).map(named));
    changed.sort();
    changed.dedup();
    changed
}

#[test]
#[expect(clippy::disallowed_methods, reason = "whether to write the digests anew")]
fn no_verdict_differs_from_those_of_the_version_before() {
    let stored = std::fs::read_to_string(DIGESTS).unwrap_or_default();
    let (names, sets) = sets();
    let mut found = HEADER.to_owned();
    for name in names {
        match sets.iter().find(|set| set.name == name) {
            Some(set) => found += &set.rows(),
            None => {
                say(format_args!("SKIPPED: verdicts of {name} were not compared"));
                found += &stored_rows(&stored, name);
            }
        }
    }
    if std::env::var_os("WIREFOLD_BLESS").is_some() {
        return std::fs::write(DIGESTS, found).expect("the digests can be written");
    }
    let changed = changed_rows(&stored, &found);
    assert!(
        changed.is_empty() && stored == found,
        "verdicts changed: {changed:#?}\nCompare `wirefold fold --json` of both versions on these sets. If the \
         change is meant, run with WIREFOLD_BLESS=1 and name the changed verdicts in the commit."
    );
}

#[test]
fn other_verdicts_have_other_hashes() {
    let stored = std::fs::read_to_string(DIGESTS).expect("the digests are stored");
    let set = Set::of_lines("articles", Path::new("../../seeds/articles.jsonl"), 0);
    let order = orders::file(set.len());
    assert!(stored.contains(&set.digest(&order, &[])));
    assert!(!stored.contains(&set.digest(&order, &["--method", "simhash:3"])));
}

#[test]
fn a_changed_verdict_is_found_and_its_set_named() {
    let row = |set: &str, hash: &str| format!("{set}\tfile order\t2\t{hash}\t{hash}\n");
    let stored = row("seeds", "aa") + &row("others", "bb");
    assert_eq!(changed_rows(&stored, &stored), [""; 0]);
    let found = row("seeds", "aa") + &row("others", "cc");
    assert_eq!(changed_rows(&stored, &found), ["others, file order"]);
    assert_eq!(changed_rows(&stored, &row("seeds", "aa")), ["others, file order"]);
    assert_eq!(stored_rows(&stored, "others"), row("others", "bb"));
    assert_ne!(hash("{\"story\":\"a\"}\n"), hash("{\"story\":\"b\"}\n"));
}
