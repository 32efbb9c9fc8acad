//! Checks that the repository contains no sentence of other people's texts.
//!
//! The news articles and the acceptance prose in `../shared` belong to others and are read there. Every run
//! of words in them is hashed; every run of the same length in a file of this repository is looked up. A run
//! is ten words of a seed article, or twelve of the public-domain prose, in which shorter ones are common
//! phrases.

use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::str::Chars;

use super::tree::{File, Tree};
use super::{Finding, assert_none, places_of, planted, real_tree, tree};

const SEED_RUN: usize = 10;
const PROSE_RUN: usize = 12;
/// Rows of figures are not sentences.
const LETTERED_WORDS: usize = 6;

/// The runs of some texts: the text of each hash.
struct Runs {
    length: usize,
    owner: HashMap<u64, String>,
}

struct Word {
    hash: u64,
    line: usize,
    lettered: bool,
}

impl Runs {
    fn of(length: usize, texts: &[File]) -> Runs {
        let mut owner = HashMap::new();
        for text in texts {
            for (hash, _) in runs(&split_words(&text.text), length) {
                owner.entry(hash).or_insert_with(|| text.path.clone());
            }
        }
        Runs { length, owner }
    }

    /// One finding for each pair of file and text, at the first of their shared runs.
    fn found_in(&self, tree: &Tree) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        for file in &tree.files {
            for (hash, line) in runs(&split_words(&file.text), self.length) {
                let Some(owner) = self.owner.get(&hash) else {
                    continue;
                };
                let what = format!("{} words in a row from {owner}", self.length);
                let known = |found: &Finding| found.path == file.path && found.what == what;
                if !findings.iter().any(known) {
                    let remedy = "that text is not ours: write your own";
                    findings.push(Finding::new(&file.path, line, what, remedy));
                }
            }
        }
        findings
    }
}

/// Each run's hash, and the line on which it begins.
fn runs(words: &[Word], length: usize) -> impl Iterator<Item = (u64, usize)> {
    let prose = words
        .windows(length)
        .filter(|run| run.iter().filter(|word| word.lettered).count() >= LETTERED_WORDS);
    prose.map(|run| (run.iter().fold(0, |hash, word| mix(hash, word.hash)), run[0].line))
}

/// Lower-case runs of letters and digits. Apostrophes are removed, because they have several spellings.
fn split_words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut line = 1;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let c = if c == '\\' { escaped(&mut chars) } else { c };
        if c.is_alphanumeric() {
            let word = word.get_or_insert(Word { hash: 0, line, lettered: false });
            word.lettered |= c.is_alphabetic();
            word.hash = c.to_lowercase().fold(word.hash, |hash, c| mix(hash, u64::from(c)));
        } else if !matches!(c, '\'' | '’' | '‘') {
            words.extend(word.take());
        }
        line += usize::from(c == '\n');
    }
    words.extend(word);
    words
}

/// The character of an escape in a JSON or Rust string, or a space if it only separates words. Letters of the
/// escape that are not words of the text are removed from `rest`.
fn escaped(rest: &mut Chars<'_>) -> char {
    let ahead = rest.as_str();
    let unicode = ahead.strip_prefix('u').and_then(|hex| hex.get(..4));
    if let Some(code) = unicode.and_then(|hex| u32::from_str_radix(hex, 16).ok()) {
        *rest = ahead[5..].chars();
        return char::from_u32(code).unwrap_or(' ');
    }
    if ahead.starts_with(['n', 'r', 't']) {
        *rest = ahead[1..].chars();
    }
    ' '
}

/// One step of a 64-bit hash: add, spread by an odd constant, fold the high half into the low.
fn mix(hash: u64, value: u64) -> u64 {
    let spread = (hash ^ value).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    spread ^ (spread >> 29)
}

/// The texts of others. If they are absent, prints that the test is skipped, past the test harness, and
/// returns `None`.
fn texts_of_others() -> Option<(Vec<File>, Vec<File>)> {
    let shared = tree::root().join("../shared");
    if !shared.is_dir() {
        let said = writeln!(std::io::stderr(), "SKIPPED: ../shared is absent");
        said.expect("standard error is open");
        return None;
    }
    let prose = fs::read_to_string(shared.join("suites/synthetic-wire/docs.jsonl"));
    let prose = prose.expect("../shared is here, so it holds suites/synthetic-wire/docs.jsonl");
    let prose = prose.lines().enumerate().map(|(index, line)| File {
        path: format!("../shared/suites/synthetic-wire/docs.jsonl:{}", index + 1),
        text: line.into(),
    });
    Some((articles(&shared), prose.collect()))
}

fn articles(shared: &Path) -> Vec<File> {
    let folder = fs::read_dir(shared.join("seeds")).expect("../shared is here, so it holds seeds");
    let paths = folder.flatten().map(|entry| entry.path());
    let texts = paths.map(|path| File {
        path: format!("../shared/seeds/{}", path.file_name().unwrap_or_default().display()),
        text: String::from_utf8_lossy(&fs::read(&path).expect("a readable seed")).into_owned(),
    });
    texts.collect()
}

#[test]
fn no_text_of_others_stands_here() {
    let Some((seeds, prose)) = texts_of_others() else {
        return;
    };
    assert!(!seeds.is_empty(), "../shared/seeds holds no articles");
    let tree = real_tree();
    let mut findings = Runs::of(SEED_RUN, &seeds).found_in(&tree);
    findings.extend(Runs::of(PROSE_RUN, &prose).found_in(&tree));
    assert_none(&findings);
}

#[test]
fn finds_a_planted_run_in_any_dress() {
    let theirs = "The mayor’s office said on Monday it won't reopen the old bridge before June 3.";
    let text = File { path: "theirs.txt".into(), text: theirs.into() };
    let runs = Runs::of(SEED_RUN, &[text]);
    let tree = planted(&[
        ("in_prose.md", "One.\n\nTwo: THE MAYORS OFFICE said\non Monday — it won’t reopen. The"),
        ("in_comment.rs", "// x\n/// office said on Monday it won't\n/// reopen the old bridge"),
        (
            "in_json.jsonl",
            "{\"text\": \"\\nOn monday it won\\u2019t reopen\\nthe old bridge before\\tJune\"}",
        ),
        ("nine_words.md", "The mayor's office said on Monday it won't reopen a bridge before"),
    ]);
    let expected = ["in_prose.md:3", "in_comment.rs:2", "in_json.jsonl:1"];
    assert_eq!(places_of(&runs.found_in(&tree)), expected);
}

#[test]
fn leaves_rows_of_figures_alone() {
    let row = "1 2 3 4 5 6 7 8 9 10 11 12";
    let text = File { path: "theirs.txt".into(), text: row.into() };
    assert_eq!(Runs::of(SEED_RUN, &[text]).found_in(&planted(&[("a.md", row)])), []);
}
