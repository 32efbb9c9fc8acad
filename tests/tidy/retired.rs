//! Checks that retired words are not used in new code. docs/glossary.md has the words to use instead.
//!
//! `retired/words.tsv` lists the words. `retired/places.tsv` counts the occurrences that must stay: names on
//! the wire, former names that are still accepted, and words of news articles. That list may only shrink: more
//! occurrences are refused, and so are fewer until the list is lowered. `WIREFOLD_BLESS=1` lowers it and never
//! raises it.

use std::collections::BTreeMap;
use std::fmt;

use super::tree::{File, Tree, root};
use super::{Finding, assert_none, places_of, planted, real_tree};

const WORDS: &str = include_str!("retired/words.tsv");
const PLACES: &str = "tests/tidy/retired/places.tsv";
const HEAD: &str = "word\tpath\tcount\n";

/// Files that must contain retired words, because they name them.
const EXEMPT: [&str; 4] =
    ["CHANGELOG.md", "docs/glossary.md", "docs/style-of-text.md", "tests/tidy/retired"];

/// The scope in which a word is retired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// In any text and in paths of files, in either case. Names are read by their parts.
    Word,
    /// In names that Rust code defines: the name, or a part of it between underscores.
    Name,
    /// As the whole name of a function.
    Function,
    /// At the start of the name of a function.
    Start,
    /// As the whole name of a type.
    Type,
    /// In any text and in paths of files, in either case. `_` and `-` count as spaces.
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
            "word" => Kind::Word,
            "name" => Kind::Name,
            "function" => Kind::Function,
            "start" => Kind::Start,
            "type" => Kind::Type,
            "phrase" => Kind::Phrase,
            other => panic!("words.tsv: no kind {other:?}"),
        };
        Retired { kind, word, instead }
    };
    WORDS.lines().skip(1).map(row).collect()
}

/// Every retired word in the tree, in the order of files and lines. Those in the path come first, in line 1.
fn occurrences(tree: &Tree) -> Vec<Occurrence> {
    // Most files have few of the words, and most lines none: a search in the whole text finds that out quickly.
    let words: Vec<(Retired, String)> =
        retired_words().into_iter().map(|retired| (retired, spaced(retired.word))).collect();
    let is_exempt = |path: &str| EXEMPT.iter().any(|exempt| path.starts_with(exempt));
    let mut found = Vec::new();
    for file in tree.files.iter().filter(|file| is_text(file) && !is_exempt(&file.path)) {
        let (is_rust, whole) =
            (file.path.ends_with(".rs"), spaced(&file.text) + &spaced(&file.path));
        let near: Vec<_> = words.iter().filter(|(_, needle)| whole.contains(needle)).collect();
        let lines = (1..).zip(file.text.lines()).map(|(line, text)| (line, text, is_rust));
        for (line, text, is_code) in [(1, file.path.as_str(), false)].into_iter().chain(lines) {
            let plain = spaced(text);
            for (retired, _) in near.iter().filter(|(_, needle)| plain.contains(needle)) {
                let one = |_| Occurrence { retired: *retired, path: file.path.clone(), line };
                found.extend((0..times(*retired, text, is_code)).map(one));
            }
        }
    }
    found
}

/// A text in lower case, with spaces for `_` and `-`.
fn spaced(text: &str) -> String {
    text.to_lowercase().replace(['_', '-'], " ")
}

/// Whether people write in files of this kind. Seeds are news articles, which may use any words.
fn is_text(file: &File) -> bool {
    let kinds = [
        ".rs", ".md", ".in", ".toml", ".yml", ".yaml", ".conf", ".css", ".html", ".js", ".json",
        ".py", ".sh",
    ];
    let data = ["seeds/", "services/fetcher/fixtures/"];
    kinds.iter().any(|kind| file.path.ends_with(kind))
        && !data.iter().any(|folder| file.path.starts_with(folder))
}

/// Runs of letters in lower case. A capital inside a run begins a new one.
fn words_of(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for c in text.chars() {
        if c.is_alphabetic() {
            if !before.is_alphabetic() || before.is_lowercase() && c.is_uppercase() {
                words.push(String::new());
            }
            words.last_mut().expect("one was just begun").extend(c.to_lowercase());
        }
        before = c;
    }
    words
}

fn count_phrase(text: &str, phrase: &str) -> usize {
    let text = spaced(text);
    let is_whole = |at: &usize| {
        let end = at + phrase.len();
        let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        !is_letter(text[..*at].chars().next_back()) && !is_letter(text[end..].chars().next())
    };
    text.match_indices(phrase).map(|(at, _)| at).filter(is_whole).count()
}

/// The number of occurrences of a word on a line, which is code or not.
fn times(retired: Retired, line: &str, is_code: bool) -> usize {
    let word = retired.word;
    let names = || DefinedNames::of(line, is_code);
    match retired.kind {
        Kind::Word => words_of(line).iter().filter(|found| *found == word).count(),
        Kind::Name => names().all.iter().filter(|name| has_part(name, word)).count(),
        Kind::Type => names().all.iter().filter(|name| **name == word).count(),
        Kind::Function => names().functions.iter().filter(|name| **name == word).count(),
        Kind::Start => names().functions.iter().filter(|name| name.starts_with(word)).count(),
        Kind::Phrase => count_phrase(line, word),
    }
}

/// Whether a word is a name or a part of it between underscores.
fn has_part(name: &str, word: &str) -> bool {
    format!("_{}_", name.to_lowercase()).contains(&format!("_{word}_"))
}

/// The names that a line of Rust defines.
#[derive(Default)]
struct DefinedNames<'a> {
    functions: Vec<&'a str>,
    /// Functions, types, modules, constants, variables, and what has a type or value after a colon: fields and
    /// parameters.
    all: Vec<&'a str>,
}

impl<'a> DefinedNames<'a> {
    fn of(line: &'a str, is_code: bool) -> DefinedNames<'a> {
        const KEYWORDS: [&str; 10] =
            ["fn", "mod", "struct", "enum", "type", "trait", "const", "static", "let", "mut"];
        let mut names = DefinedNames::default();
        if !is_code || line.trim_start().starts_with("//") {
            return names;
        }
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let mut before = "";
        for word in line.split(|c| !is_part(c)).filter(|word| !word.is_empty()) {
            let end = word.as_ptr() as usize - line.as_ptr() as usize + word.len();
            let after = &line[end..];
            if before == "fn" {
                names.functions.push(word);
            }
            let has_colon = after.starts_with(':') && !after.starts_with("::");
            if KEYWORDS.contains(&before) || has_colon {
                names.all.push(word);
            }
            before = word;
        }
        names
    }
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
            let what = format!("`{word}` is retired, and occurs here {now} times; {then} may stay");
            let remedy = format!("write `{instead}` (docs/glossary.md)");
            findings.push(Finding::new(&one.path, one.line, what, remedy));
        }
    }
    for ((word, path), then) in &allowed {
        let now = counts.get(&(word.clone(), path.clone())).copied().unwrap_or(0);
        if now < *then {
            let line =
                super::line_where(list, |line| line.starts_with(&format!("{word}\t{path}\t")));
            let what = format!("`{word}` occurs {now} times in {path}, not {then} times");
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
    let is_listed = |it: &Retired| matches!(it.kind, Kind::Type | Kind::Phrase);
    for Retired { word, .. } in retired_words().into_iter().filter(is_listed) {
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
    let plain = |text: &str| text.to_lowercase().replace('\'', "");
    let (cell, word) = (plain(cell), plain(word));
    let (singular, first) =
        (word.trim_end_matches('s'), word.split(' ').next().unwrap_or_default());
    let is_it = |old: &str| old == word || old == singular || old == first || word.ends_with(old);
    cell.split(", ").any(|old| !old.is_empty() && is_it(old))
}

const SOME: &str =
    "mod shelf;\nfn obey() {}\nstruct Known;\n// people's word\nlet text = LateWords::take();\n";

#[test]
fn finds_each_planted_word_with_what_to_write() {
    let tree = planted(&[("src/a.rs", SOME), ("docs/a.md", "At rest, an article rings\nnothing.")]);
    let findings = retired_again(&tree, HEAD);
    // The last line has two: `At rest` and `rings`.
    let expected =
        ["src/a.rs:1", "src/a.rs:2", "src/a.rs:3", "src/a.rs:4", "docs/a.md:1", "docs/a.md:1"];
    assert_eq!(places_of(&findings), expected);
    assert!(findings[1].remedy.contains("`apply_command`"), "{}", findings[1]);
    assert!(findings[4..].iter().any(|it| it.remedy.contains("`packed`")), "{}", findings[4]);
}

#[test]
fn words_are_found_in_text_names_and_paths() {
    let planted_texts = [
        (
            "src/shelf.rs",
            "let x = self.is_settled;\n// It rings.\nPoint::Settled\nlet settlement = 1;\n",
        ),
        ("deploy/a.json", "\"title\": \"Trouble\""),
        ("docs/adr/0012-peoples-word.md", "Unsettled, unheeded"),
        ("seeds/a.md", "at rest"),
        ("src/a.txt", SOME),
    ];
    let found = retired_again(&planted(&planted_texts), HEAD);
    let expected = [
        "src/shelf.rs:1",
        "src/shelf.rs:1",
        "src/shelf.rs:2",
        "src/shelf.rs:3",
        "deploy/a.json:1",
        "docs/adr/0012-peoples-word.md:1",
        "docs/adr/0012-peoples-word.md:1",
    ];
    assert_eq!(places_of(&found), expected);
}

#[test]
fn names_are_found_by_their_parts_and_types_and_functions_as_a_whole() {
    let text = "pub(crate) const fn doubt_of() {}\nstruct KnownFeed;\nfn undoubted() {}\n\
                let mut doubt = take(); give(doubt);\nstruct A { doubt: u8 }\nfn take() {}\n\
                fn take_all() {}\nfn what_is_so() {}\nfn whatsoever() {}\nfn unknown() {}\n";
    let tree = planted(&[("src/a.rs", text)]);
    let expected = ["src/a.rs:1", "src/a.rs:4", "src/a.rs:5", "src/a.rs:6", "src/a.rs:8"];
    assert_eq!(places_of(&retired_again(&tree, HEAD)), expected);
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
