//! `replay`: the verdicts that another window would give.

use serde_json::{Value, json};

use super::{ORCHARD, STORM, STORM_REPRINT, article_with};
use crate::program::Folder;

fn folder() -> Folder {
    let lines = at("first", "01", "Storm shuts harbour", STORM)
        + &at("reprint", "04", "Boats sent away", STORM_REPRINT)
        + &at("orchard", "05", "", ORCHARD);
    Folder::with(&[("all.jsonl", lines.as_bytes())])
}

/// An article of this day.
fn at(id: &str, day: &str, title: &str, text: &str) -> String {
    let published = format!("2026-05-{day}T00:00:00Z");
    article_with(id, text, json!({"title": title, "published": published}))
}

const STRICT: [&str; 2] = ["--set", "window=1d"];

fn replay<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&["replay", "--dry-run", "--from", "all.jsonl"], arguments].concat()
}

#[test]
fn a_fold_that_vanishes_is_reported_with_its_numbers() {
    let run = folder().run(&replay(&STRICT)).code(0);
    for part in [
        "3 articles judged with window=1d",
        "0 folds appear, 1 vanish, 0 lead to another story",
        "VANISHES",
        "reprint  Boats sent away",
        "from the story of first  Storm shuts harbour",
        "with first: contained ",
    ] {
        assert!(run.out.contains(part), "lacks {part:?}\n{}", run.out);
    }
}

#[test]
fn a_fold_appears_where_the_window_in_force_is_short() {
    let folder = folder();
    folder.write("wirefold.toml", b"window = \"1d\"\n");
    let run = folder.run(&replay(&["--json", "--set", "window=7d"])).code(0);
    let lines: Vec<Value> =
        run.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let [change, sums] = lines.as_slice() else { panic!("{}", run.out) };
    assert_eq!(change["schema"], "wirefold.replay.change/1");
    assert_eq!((&change["what"], &change["id"]), (&json!("appears"), &json!("reprint")));
    assert_eq!(change["to"], json!({"story": "first", "title": "Storm shuts harbour"}));
    assert!(change.get("from").is_none() && change["shares"]["contained"].is_number());
    assert_eq!(sums["schema"], "wirefold.replay/1");
    assert_eq!((&sums["now"]["folded"], &sums["then"]["folded"]), (&json!(0), &json!(1)));
}

#[test]
fn the_settings_in_force_change_nothing_and_say_so() {
    let run = folder().run(&replay(&["--set", "window=7d"])).code(0);
    assert!(run.out.contains("No fold would change."), "{}", run.out);
    assert!(run.err.contains("the settings in force already have these values"), "{}", run.err);
}

#[test]
fn without_dry_run_it_says_why_not() {
    let run = folder().run(&["replay", "--from", "all.jsonl", "--set", "window=1d"]).code(2);
    assert!(run.err.contains("stored decisions never change"), "{}", run.err);
    assert!(run.err.contains("add --dry-run"), "{}", run.err);
}

#[test]
fn other_settings_are_refused_by_name() {
    for (set, said) in [
        ("window=many", "`window`"),
        ("bus.nats=x", "`bus.nats` changes no verdict: only `window` does"),
        ("window", "is not key=value"),
    ] {
        let run = folder().run(&replay(&["--set", set])).code(2);
        assert!(run.err.contains(said), "lacks {said:?}\n{}", run.err);
    }
}

#[test]
fn since_leaves_out_what_is_older() {
    let lines = at("old", "01", "", STORM)
        + &at("new", "04", "", STORM_REPRINT)
        + &at("last", "05", "", ORCHARD);
    let folder = Folder::with(&[("all.jsonl", lines.as_bytes())]);
    let run = folder.run(&replay(&[&STRICT[..], &["--since", "2d"]].concat())).code(0);
    assert!(run.out.starts_with("2 articles judged with"), "{}", run.out);
    assert!(run.out.contains("No fold would change."), "{}", run.out);
}

#[test]
fn an_empty_input_is_reported() {
    let folder = Folder::with(&[("none.jsonl", b"")]);
    let set = ["--set", "window=1d"];
    let none = [&["replay", "--dry-run", "--from", "none.jsonl"], &set[..]].concat();
    assert!(folder.run(&none).code(3).err.contains("no articles to judge again"));
    let empty =
        folder.run(&[&["replay", "--dry-run", "--data", "data"], &set[..]].concat()).code(3);
    assert!(
        empty.err.contains("nothing has been collected yet in data: `wirefold feed add URL`, then")
    );
    assert!(!folder.path().join("data").exists());
}
