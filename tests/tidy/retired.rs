//! Checks that retired words are not used in new code. docs/glossary.md has the words to use instead.
//!
//! `retired/words.tsv` lists the words. `retired/places.tsv` lists where they still occur, with a count for
//! each file. That list may only shrink: more occurrences are refused, and so are fewer until the list is
//! lowered. `WIREFOLD_BLESS=1` lowers it and never raises it.

use std::collections::BTreeMap;
use std::fmt;

use super::tree::{File, Tree, root};
use super::{Finding, assert_none, places_of, planted, real_tree};

const WORDS: &str = include_str!("retired/words.tsv");
const PLACES: &str = "tests/tidy/retired/places.tsv";
const HEAD: &str = "word\tpath\tcount\n";

/// Files that must contain retired words.
const EXEMPT: [&str; 2] = ["docs/glossary.md", "tests/tidy/retired"];

/// The scope in which a word is retired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// In names that Rust code defines: the name, or a part of it between underscores.
    Name,
    /// As the whole name of a type.
    Type,
    /// In the text of any file, in either case.
    Phrase,
}

/// A word that is no longer used.
#[derive(Debug, Clone, Copy)]
struct Retired {
    kind: Kind,
    word: &'static str,
    instead: &'static str,
}

/// The number of occurrences of each word in each file, by word and path.
type Counts = BTreeMap<(String, String), usize>;

/// One occurrence of a retired word.
#[derive(Debug)]
struct Occurrence {
    retired: Retired,
    path: String,
    line: usize,
}

impl Occurrence {
    fn key(&self) -> (String, String) {
        (self.retired.word.to_owned(), self.path.clone())
    }
}

/// The words of the list.
fn retired_words() -> Vec<Retired> {
    let row = |line: &'static str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let [kind, word, instead] = cells[..] else { panic!("words.tsv: {line:?}") };
        let kind = match kind {
            "name" => Kind::Name,
            "type" => Kind::Type,
            "phrase" => Kind::Phrase,
            other => panic!("words.tsv: no kind {other:?}"),
        };
        Retired { kind, word, instead }
    };
    WORDS.lines().skip(1).map(row).collect()
}

/// Every retired word in the tree, in the order of files and lines.
fn occurrences(tree: &Tree) -> Vec<Occurrence> {
    let words = retired_words();
    let is_exempt = |path: &str| EXEMPT.iter().any(|exempt| path.starts_with(exempt));
    let mut found = Vec::new();
    for file in tree.files.iter().filter(|file| is_text(file) && !is_exempt(&file.path)) {
        for (index, line) in file.text.lines().enumerate() {
            let names = defined_names(file, line);
            let lower = line.to_lowercase();
            for retired in &words {
                let path = || file.path.clone();
                let times = times(*retired, &names, &lower);
                let one = |_| Occurrence { retired: *retired, path: path(), line: index + 1 };
                found.extend((0..times).map(one));
            }
        }
    }
    found
}

/// Whether people write in files of this kind. Seeds are news articles, which may use any words.
fn is_text(file: &File) -> bool {
    let kinds = [".rs", ".md", ".toml", ".yml", ".yaml", ".conf", ".css", ".html", ".py", ".sh"];
    kinds.iter().any(|kind| file.path.ends_with(kind)) && !file.path.starts_with("seeds/")
}

/// The number of occurrences of a word on a line.
fn times(retired: Retired, names: &[&str], lower: &str) -> usize {
    match retired.kind {
        Kind::Name => names.iter().filter(|name| has_part(name, retired.word)).count(),
        Kind::Type => names.iter().filter(|name| **name == retired.word).count(),
        Kind::Phrase => {
            let is_whole = |at: &usize| {
                let end = at + retired.word.len();
                let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
                !is_letter(lower[..*at].chars().next_back())
                    && !is_letter(lower[end..].chars().next())
            };
            lower.match_indices(retired.word).map(|(at, _)| at).filter(is_whole).count()
        }
    }
}

/// Whether a word is a name or a part of it between underscores.
fn has_part(name: &str, word: &str) -> bool {
    format!("_{}_", name.to_lowercase()).contains(&format!("_{word}_"))
}

/// The names that a line of Rust defines.
fn defined_names<'a>(file: &File, line: &'a str) -> Vec<&'a str> {
    const KEYWORDS: [&str; 8] = ["fn", "mod", "struct", "enum", "type", "trait", "const", "static"];
    if !file.path.ends_with(".rs") || line.trim_start().starts_with("//") {
        return Vec::new();
    }
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let words: Vec<&str> = line.split(|c| !is_part(c)).filter(|word| !word.is_empty()).collect();
    let pairs = words.windows(2).filter(|pair| KEYWORDS.contains(&pair[0]));
    pairs.map(|pair| pair[1]).collect()
}

/// The counts that the list of old places allows.
fn allowed(list: &str) -> Counts {
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let [word, path, count] = cells[..] else { panic!("places.tsv: {line:?}") };
        let count = count.parse().unwrap_or_else(|_| panic!("places.tsv: {line:?}"));
        ((word.to_owned(), path.to_owned()), count)
    };
    list.lines().skip(1).map(row).collect()
}

fn counted(found: &[Occurrence]) -> Counts {
    let mut counts = Counts::new();
    for one in found {
        *counts.entry(one.key()).or_default() += 1;
    }
    counts
}

/// Occurrences above the list, and counts of the list that are too high.
fn retired_again(tree: &Tree, list: &str) -> Vec<Finding> {
    let (found, allowed) = (occurrences(tree), allowed(list));
    let counts = counted(&found);
    let mut findings = Vec::new();
    for one in &found {
        let (now, then) = (counts[&one.key()], allowed.get(&one.key()).copied().unwrap_or(0));
        if now > then {
            let Retired { word, instead, .. } = one.retired;
            let what = format!("`{word}` is retired, and stands here {now} times; {then} are old");
            let remedy = format!("write `{instead}` (docs/glossary.md)");
            findings.push(Finding::new(&one.path, one.line, what, remedy));
        }
    }
    for ((word, path), then) in &allowed {
        let now = counts.get(&(word.clone(), path.clone())).copied().unwrap_or(0);
        if now < *then {
            let line =
                super::line_where(list, |line| line.starts_with(&format!("{word}\t{path}\t")));
            let what = format!("`{word}` stands {now} times in {path}, not {then} times");
            let remedy = "lower the list: run with WIREFOLD_BLESS=1";
            findings.push(Finding::new(PLACES, line, what, remedy));
        }
    }
    findings
}

/// The list lowered to the current counts. Nothing is added to it.
fn lowered(tree: &Tree, list: &str) -> String {
    let counts = counted(&occurrences(tree));
    let lower = |(key, then): (&(String, String), &usize)| {
        let now = counts.get(key).copied().unwrap_or(0).min(*then);
        (now > 0).then(|| Row { key, count: now }.to_string())
    };
    HEAD.to_owned() + &allowed(list).iter().filter_map(lower).collect::<String>()
}

struct Row<'a> {
    key: &'a (String, String),
    count: usize,
}

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\t{}\t{}", self.key.0, self.key.1, self.count)
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a developer's switch, not a setting")]
fn retired_words_do_not_come_back() {
    let (tree, path) = (real_tree(), root().join(PLACES));
    let mut list = std::fs::read_to_string(&path).expect("the list is part of the repository");
    if std::env::var_os("WIREFOLD_BLESS").is_some() {
        list = lowered(&tree, &list);
        std::fs::write(&path, &list).expect("the source tree can be written");
    }
    assert_none(&retired_again(&tree, &list));
}

#[test]
fn each_retired_word_stands_in_the_glossary() {
    let glossary = std::fs::read_to_string(root().join("docs/glossary.md")).expect("it is there");
    let rows: Vec<Vec<&str>> = glossary
        .lines()
        .filter(|line| line.starts_with("| "))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    for Retired { word, .. } in retired_words().into_iter().filter(|it| it.kind != Kind::Name) {
        let word = word.replace('’', "'");
        let has = |row: &Vec<&str>| row.last().is_some_and(|old| is_named(old, &word));
        assert!(
            rows.iter().any(has),
            "docs/glossary.md has no row with `{word}` in its last column"
        );
    }
}

/// Whether a word, or the last word of a phrase, is in a cell: `rings nothing` as `ring`.
fn is_named(cell: &str, word: &str) -> bool {
    let (cell, word) = (cell.to_lowercase(), word.to_lowercase());
    let first = word.split(' ').next().unwrap_or_default().trim_end_matches('s');
    cell.split(", ")
        .any(|old| old == word || old == first || word.ends_with(old) && !old.is_empty())
}

const SOME: &str =
    "mod shelf;\nfn obey() {}\nstruct Known;\n// people's word\nlet shelf = obey();\n";

#[test]
fn finds_each_planted_word_with_what_to_write() {
    let tree = planted(&[("src/a.rs", SOME), ("docs/a.md", "At rest, an article rings\nnothing.")]);
    let findings = retired_again(&tree, HEAD);
    assert_eq!(
        places_of(&findings),
        ["src/a.rs:1", "src/a.rs:2", "src/a.rs:3", "src/a.rs:4", "docs/a.md:1"]
    );
    assert!(findings[1].remedy.contains("`apply_command`"), "{}", findings[1]);
    assert!(findings[4].remedy.contains("`packed`"), "{}", findings[4]);
}

#[test]
fn names_are_found_by_their_parts_and_types_as_a_whole() {
    let text = "pub(crate) const fn keeper_of() {}\nstruct KnownFeed;\nfn forbear() {}\n\
                fn take_shelf() {}\n#[test]\nfn unknown() {}\n";
    let tree = planted(&[("src/a.rs", text), ("src/a.txt", SOME), ("seeds/a.md", "at rest")]);
    assert_eq!(places_of(&retired_again(&tree, HEAD)), ["src/a.rs:1", "src/a.rs:4"]);
}

#[test]
fn the_list_may_only_shrink() {
    let tree = planted(&[("src/a.rs", "fn obey() {}\nfn obey_all() {}\n")]);
    let list = |count: usize| format!("{HEAD}obey\tsrc/a.rs\t{count}\nobey\tsrc/gone.rs\t1\n");
    assert_eq!(places_of(&retired_again(&tree, &format!("{HEAD}obey\tsrc/a.rs\t2\n"))), [""; 0]);
    // More than listed: each occurrence is named, because it is unknown which is new.
    let more = retired_again(&tree, &format!("{HEAD}obey\tsrc/a.rs\t1\n"));
    assert_eq!(places_of(&more), ["src/a.rs:1", "src/a.rs:2"]);
    // Fewer than listed, and a file that no longer exists.
    let fewer = retired_again(&tree, &list(3));
    let places = format!("{PLACES}:2 {PLACES}:3");
    assert_eq!(places_of(&fewer).join(" "), places);
    assert!(fewer[0].remedy.starts_with("lower the list"), "{}", fewer[0]);
    // Blessing lowers and never raises.
    assert_eq!(lowered(&tree, &list(3)), format!("{HEAD}obey\tsrc/a.rs\t2\n"));
    assert_eq!(lowered(&tree, &list(1)), format!("{HEAD}obey\tsrc/a.rs\t1\n"));
    assert_eq!(lowered(&tree, HEAD), HEAD);
}
