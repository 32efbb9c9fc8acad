//! Input that cannot be used is reported with file and line, and the rest is handled.

use std::fs::File;

use super::{ORCHARD, STORM};
use crate::program::Folder;

/// Files, the output of fold, and the expected results.
struct Case<'a> {
    files: &'a [(&'a str, &'a [u8])],
    paths: &'a [&'a str],
    /// The ids of the verdicts, in order.
    ids: &'a [&'a str],
    /// Standard error, line by line; `*` matches anything.
    said: &'a [&'a str],
    code: i32,
}

impl Case<'_> {
    #[track_caller]
    fn check(&self) {
        let arguments = [&["fold", "--json"], self.paths].concat();
        let run = Folder::with(self.files).run(&arguments);
        assert_eq!(run.ids(), self.ids, "{}", run.err);
        check_said(&run.err, self.said);
        assert_eq!(run.code, self.code, "{}", run.err);
    }
}

/// Compares messages; `*` matches anything. No message contains Rust types.
#[track_caller]
fn check_said(err: &str, said: &[&str]) {
    assert_eq!(err.lines().count(), said.len(), "{err}");
    for (line, pattern) in err.lines().zip(said) {
        let (start, end) = pattern.split_once('*').unwrap_or((*pattern, ""));
        let is_said = line.starts_with(start) && line[start.len()..].ends_with(end);
        assert!(is_said && (pattern.contains('*') || line == start), "{line}\n{pattern}");
        for inside in ["struct", "enum", "variant", "serde", "panicked"] {
            assert!(!line.contains(inside), "{line}");
        }
    }
}

/// Checks a text file among good ones.
#[track_caller]
fn check_text(bytes: &[u8], said: &[&str], code: i32) {
    let files = [("a.txt", STORM.as_bytes()), ("b.txt", bytes), ("c.txt", STORM.as_bytes())];
    let paths = ["a.txt", "b.txt", "c.txt"];
    Case { files: &files, paths: &paths, ids: &["a", "b", "c"], said, code }.check();
}

/// Checks a line among good ones, which is left out.
#[track_caller]
fn check_line(line: &str, said: &str) {
    let good = |id: &str| format!("{{\"id\":\"{id}\",\"text\":\"Good words.\"}}\n");
    let lines = format!("{}{line}\n{}", good("a"), good("c"));
    let files = [("l.jsonl", lines.as_bytes())];
    let said = format!("error: l.jsonl:2: {said}, line left out");
    Case { files: &files, paths: &["l.jsonl"], ids: &["a", "c"], said: &[&said], code: 5 }.check();
}

#[test]
fn texts_without_words_are_judged_and_noted() {
    check_text(b"", &["note: b.txt: empty, nothing to compare"], 0);
    check_text(b" \r\n\t\n", &["note: b.txt: no words in it, nothing to compare"], 0);
    let marks = "!!! … —\n\n«»“”、。\u{200b}".as_bytes();
    check_text(marks, &["note: b.txt: no words in it, nothing to compare"], 0);
    check_text(b"Word", &[], 0);
    check_text("\u{feff}".as_bytes(), &["note: b.txt: no words in it, nothing to compare"], 0);
}

#[test]
fn invalid_utf8_is_replaced_and_reported() {
    let said = |at: &str| format!("error: b.txt:{at}: not UTF-8, replaced by U+FFFD");
    check_text(b"caf\xe9 au lait", &[&said("1: byte 4")], 5);
    check_text(b"one\ntwo\nthr\xffee\xff", &[&said("3: byte 12")], 5);
    // The file ends within a character.
    check_text(b"caf\xc3", &[&said("1: byte 4")], 5);
    let none = "note: b.txt: no words in it, nothing to compare";
    check_text(&[0, 0xfe, 0xff, 0x80], &[&said("1: byte 2"), none], 5);
}

#[test]
fn broken_lines_are_left_out() {
    check_line("{\"id\":\"b\",", "* (column 10)");
    check_line("not JSON", "no JSON object");
    check_line("{\"id\":\"b\",\"text\":\"x\"} more", "trailing characters (column 23)");
    check_line("{\"id\":\"b\"}", "no \"text\"");
    check_line("{\"text\":\"x\"}", "no \"id\"");
    check_line("{\"id\":\"b\",\"text\":5}", "invalid type: integer `5`, expected a string (*");
    check_line("{\"id\":\"b\",\"text\":null}", "no \"text\"");
    check_line("{\"id\":\"b\",\"text\":\"x\",\"title\":[1]}", "invalid type: *");
    check_line("\u{1}\u{2}", "no JSON object");
    check_line(&"[".repeat(100_000), "no JSON object: write each object on a line, without a list");
}

#[test]
fn ids_and_lines_of_the_wrong_kind_are_left_out() {
    check_line("{\"id\":null,\"text\":\"x\"}", "*");
    check_line("{\"id\":true,\"text\":\"x\"}", "*");
    check_line("{\"id\":[\"b\"],\"text\":\"x\"}", "*");
    check_line("5", "*");
    check_line("[1]", "*");
    // An array of seven values, as many as a line has fields, is not an article.
    check_line("[\"b\",\"text\",null,null,null,null,null]", "*");
}

#[test]
fn a_line_that_is_not_utf8_is_left_out() {
    let files =
        [("l.jsonl", &b"{\"id\":\"a\",\"text\":\"caf\xe9\"}\n{\"id\":\"b\",\"text\":\"x\"}"[..])];
    let said = ["error: l.jsonl:1: invalid unicode code point (column 22), line left out"];
    Case { files: &files, paths: &["l.jsonl"], ids: &["b"], said: &said, code: 5 }.check();
}

#[test]
fn blank_lines_line_ends_and_marks_are_no_fault() {
    let lines = "\u{feff}\r\n{\"id\":\"a\",\"text\":\"One two.\"}\r\n\r\n  \n\
                 {\"id\":\"b\",\"text\":\"Three.\"}\r\n\t\n{\"id\":\"c\",\"text\":\"No end of line.\"}";
    let files = [("l.jsonl", lines.as_bytes())];
    let ids = ["a", "b", "c"];
    Case { files: &files, paths: &["l.jsonl"], ids: &ids, said: &[], code: 0 }.check();
    let broken = lines.replace("Three.\"", "Three.");
    let broken = [("l.jsonl", broken.as_bytes())];
    let said = ["error: l.jsonl:5: * line left out"];
    Case { files: &broken, paths: &["l.jsonl"], ids: &["a", "c"], said: &said, code: 5 }.check();
}

#[test]
fn an_invalid_time_is_ignored() {
    let times = ["\"soon\"", "\"2026-02-30\"", "\"\"", "true", "1763600000000000", "1e300", "{}"];
    for time in times {
        let line = format!("{{\"id\":\"a\",\"text\":\"One two.\",\"published\":{time}}}\n");
        let files = [("l.jsonl", line.as_bytes())];
        let said = ["error: l.jsonl:1: \"published\": *, ignored"];
        Case { files: &files, paths: &["l.jsonl"], ids: &["a"], said: &said, code: 5 }.check();
    }
    for time in ["null", "0", "-5", "1.5", "\"2026-03-05\"", "\"2026-03-05T14:00:00+02:00\""] {
        let line = format!("{{\"id\":\"a\",\"text\":\"One two.\",\"published\":{time}}}\n");
        let files = [("l.jsonl", line.as_bytes())];
        Case { files: &files, paths: &["l.jsonl"], ids: &["a"], said: &[], code: 0 }.check();
    }
}

#[test]
fn a_missing_path_is_named() {
    let files = [("a.txt", STORM.as_bytes()), ("b.txt", ORCHARD.as_bytes())];
    let said = ["error: gone.txt: no such file or folder"];
    let paths = ["a.txt", "gone.txt", "b.txt"];
    Case { files: &files, paths: &paths, ids: &["a", "b"], said: &said, code: 5 }.check();
    Case { files: &files, paths: &["gone.txt"], ids: &[], said: &said, code: 3 }.check();
}

#[test]
fn a_folder_without_texts_is_named() {
    let folder = Folder::with(&[("a.txt", STORM.as_bytes())]);
    std::fs::create_dir(folder.path().join("none")).unwrap();
    std::fs::write(folder.path().join("none/picture.png"), b"\x89PNG").unwrap();
    let run = folder.run(&["fold", "--json", "none", "a.txt"]).code(5);
    check_said(&run.err, &["error: none: no .txt, * file in it"]);
    assert_eq!(run.ids(), ["a"]);
    assert_ne!(folder.run(&["fold", "--json", "none"]).code, 0);
}

#[test]
fn nothing_usable_is_no_success() {
    let files = [("empty.jsonl", &b""[..]), ("broken.jsonl", b"x\ny\n")];
    let nothing = ["note: empty.jsonl: empty, no articles in it", "note: no articles in the input"];
    Case { files: &files, paths: &["empty.jsonl"], ids: &[], said: &nothing, code: 3 }.check();
    let said = ["error: broken.jsonl:1: *", "error: broken.jsonl:2: *"];
    Case { files: &files, paths: &["broken.jsonl"], ids: &[], said: &said, code: 1 }.check();
}

#[test]
fn empty_standard_input_is_an_empty_text() {
    let run = Folder::with(&[]).run_on(b"", &["fold", "--json", "-"]).code(0);
    assert!(!run.line("standard input").comparable);
    check_said(&run.err, &["note: standard input: empty, nothing to compare"]);
}

#[test]
fn unreadable_input_is_named() {
    let folder = Folder::with(&[("a.txt", STORM.as_bytes())]);
    let directory = File::open(folder.path()).unwrap();
    let run = folder.run_from(directory, &["fold", "--json", "-", "a.txt"]).code(5);
    check_said(&run.err, &["error: standard input: *"]);
    assert_eq!(run.ids(), ["a"]);
}
