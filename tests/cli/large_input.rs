//! Input of any size ends in good time. Long texts are cut and long lines are left out, both with a note.

use super::{STORM, article};
use crate::program::{Folder, fold_lines};

const CUT: usize = 512 * 1024;

/// A million words with some variety, 7 MB.
fn million_words() -> String {
    (0_u64..1_000_000).map(|at| format!("w{} ", at * at % 99_991)).collect()
}

#[test]
fn a_million_words_are_cut_and_judged() {
    let words = million_words();
    let (whole, start) = (words.as_bytes(), &words.as_bytes()[..CUT]);
    let folder = Folder::with(&[("whole.txt", whole), ("start.txt", start)]);
    let run = folder.run(&["fold", "--json", "whole.txt", "start.txt"]).code(0);
    let size = whole.len();
    assert_eq!(run.err, format!("note: whole.txt: {size} bytes, cut to the first 512 KiB\n"));
    assert_eq!(run.line("start").story, "whole");
}

#[test]
fn a_long_text_in_a_line_is_cut_too() {
    let words = million_words();
    let lines = article("whole", &words) + &article("start", &words[..CUT]);
    let run = fold_lines(&lines, &[]).code(0);
    let said = format!("{} bytes, cut to the first 512 KiB", words.len());
    assert_eq!(run.err, format!("note: standard input:1: {said}\n"));
    assert_eq!(run.line("start").story, "whole");
}

#[test]
fn a_cut_within_a_character_is_no_fault() {
    // Three bytes a character: the limit is within one.
    let text = "泽".repeat(CUT / 3 + 10);
    let folder = Folder::with(&[("a.txt", text.as_bytes())]);
    let run = folder.run(&["fold", "--json", "a.txt"]).code(0);
    assert!(run.err.starts_with("note: a.txt: ") && run.err.lines().count() == 1, "{}", run.err);
    // Broken bytes after the cut are not read, so they are not reported.
    let text = [text.as_bytes(), b"\xff"].concat();
    folder.write("a.txt", &text);
    assert_eq!(folder.run(&["fold", "--json", "a.txt"]).code(0).err.lines().count(), 1);
}

#[test]
fn a_line_of_17_mib_is_left_out() {
    let lines = [
        article("a", STORM),
        article("long", &"y".repeat(17 * 1024 * 1024)),
        article("c", STORM),
        "broken\n".to_owned(),
    ];
    let run = fold_lines(&lines.concat(), &[]).code(5);
    assert_eq!(run.ids(), ["a", "c"]);
    let said: Vec<&str> = run.err.lines().collect();
    assert_eq!(said[0], "error: standard input:2: longer than 16 MiB, left out");
    // Later lines keep their numbers.
    assert!(said[1].starts_with("error: standard input:4: "), "{}", said[1]);
}

#[test]
fn a_line_of_17_mib_that_does_not_end_is_left_out() {
    let lines = article("a", STORM) + "{\"id\":\"" + &"y".repeat(17 * 1024 * 1024);
    let run = fold_lines(&lines, &[]).code(5);
    assert_eq!(run.ids(), ["a"]);
    assert_eq!(run.err, "error: standard input:2: longer than 16 MiB, left out\n");
}

#[test]
fn an_id_of_two_megabytes_does_not_end_the_run() {
    let id = "i".repeat(2_000_000);
    let lines = article("a", STORM) + &article(&id, STORM) + &article("c", STORM);
    let run = fold_lines(&lines, &[]).code(5);
    assert_eq!(run.ids(), ["a", "c"]);
    assert!(run.err.starts_with("error: standard input:2: "), "{}", run.err);
    // The message does not contain the long id.
    assert!(run.err.len() < 1_000, "{} bytes of message", run.err.len());
}

#[test]
fn texts_without_any_variety_end_in_good_time() {
    let texts = [
        "word ".repeat(CUT / 5),
        "\"a b\" ".repeat(CUT / 6),
        "“".repeat(CUT / 3),
        "泽连斯基总统".repeat(CUT / 18),
        "x".repeat(64 * 1024),
        "\u{301}".repeat(CUT / 2),
        "a. ".repeat(CUT / 3),
        "A\n\n".repeat(CUT / 3),
    ];
    let twice = texts.iter().chain(&texts).enumerate();
    let lines: String = twice.map(|(at, text)| article(&at.to_string(), text)).collect();
    let run = fold_lines(&lines, &["--quiet"]).code(0);
    assert_eq!(run.lines().len(), 2 * texts.len());
}
