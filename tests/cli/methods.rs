//! `fold --method`: the baselines.

use wirefold_proto::{Class, CopyKind};

use super::{ORCHARD, STORM, STORM_REPRINT, article};
use crate::program::{Folder, fold_lines};

/// Checks the stories of: a text, its reprint, another text, and the first text in other letters.
#[track_caller]
fn check(method: &str, expected: [&str; 4]) {
    let lines = article("a", STORM)
        + &article("reprint", STORM_REPRINT)
        + &article("other", ORCHARD)
        + &article("shouted", &STORM.to_uppercase());
    for state in [&["--method", method][..], &["--method", method, "--final"]] {
        let run = fold_lines(&lines, state).code(0);
        let stories: Vec<String> = run.lines().into_iter().map(|line| line.story).collect();
        assert_eq!(stories, expected, "{method}");
    }
}

#[test]
fn each_folds_what_its_rule_says() {
    check("passages", ["a", "a", "other", "a"]);
    check("exact", ["a", "reprint", "other", "a"]);
    check("simhash", ["a", "reprint", "other", "a"]);
    check("simhash:3", ["a", "reprint", "other", "a"]);
    check("simhash:64", ["a", "a", "a", "a"]);
}

#[test]
fn baselines_print_the_same_lines() {
    let lines = article("a", STORM) + &article("b", &STORM.to_uppercase());
    let run = fold_lines(&lines, &["--method", "exact"]);
    let (first, copy) = (run.line("a"), run.line("b"));
    assert_eq!((first.class, first.kind), (Class::New, None));
    assert_eq!((copy.class, copy.kind), (Class::Copy, Some(CopyKind::Exact)));
    assert_eq!(first.simhash, copy.simhash);
}

#[test]
fn a_table_can_be_had_of_baselines_too() {
    let lines = article("a", STORM) + &article("b", STORM);
    let run = Folder::with(&[]).run_on(lines.as_bytes(), &["fold", "--method", "simhash:3", "-"]);
    assert!(run.code(0).out.starts_with("2 articles → 1 story → 1 event, 1 folded\n"));
}

#[test]
fn others_are_refused_by_name() {
    for method in ["minhash", "simhash:65", "simhash:x", "simhash:-1", ""] {
        let run = fold_lines(&article("a", STORM), &["--method", method]).code(2);
        assert_eq!(run.out, "", "{method}");
        let said = "passages, simhash:0 to simhash:64, or exact";
        assert!(run.err.contains(&format!("no method {method:?}: {said}")), "{}", run.err);
    }
}
