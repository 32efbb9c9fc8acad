//! The detector, the API, `why` and `eval` all use the same settings to compare two articles.

use serde_json::{Value, json};

use super::generated::{Numbers, text, word};
use super::up::{CONFIG, Up};
use crate::program::{Folder, Run};

const SETTINGS: &str = "data = \"data\"\n[[source]]\npath = \"dropped\"\n";
const STRICT: &str = "[detector]\npartial_contained = 1\n";

fn folder(more: &str) -> Folder {
    let folder = Folder::with(&[(CONFIG, format!("{SETTINGS}{more}").as_bytes())]);
    std::fs::create_dir(folder.path().join("dropped")).expect("a temporary folder takes folders");
    folder
}

/// A text and a reprint of two thirds of it.
fn pair() -> [String; 2] {
    let mut numbers = Numbers::from_seed(11);
    let names = [word(&mut numbers), word(&mut numbers)];
    let whole = text(1, &names, &mut numbers);
    let (_, tail) = whole.split_at(whole.len() / 3);
    let reprint = format!("Other words stand here now. {tail}");
    [whole, reprint]
}

fn run(folder: &Folder, arguments: &[&str]) -> Run {
    folder.run(&[arguments, &["--config", CONFIG]].concat())
}

/// The ids of the stored articles, the first seen first.
fn stored(up: &Up) -> Vec<String> {
    let stream = up.events(0).articles(2);
    stream.iter().map(|article| article.id.to_string()).collect()
}

/// Checks whether the two are one story under these settings, for each of the programs.
#[track_caller]
fn check(more: &str, set: &[&str], is_one_story: bool) {
    let (folder, [one, two]) = (folder(more), pair());
    let up = Up::start(&folder);
    folder.write("dropped/one.txt", one.as_bytes());
    up.events(0).articles(1);
    folder.write("dropped/two.txt", two.as_bytes());
    let [a, b] = stored(&up).try_into().expect("two were dropped");

    let found = up.get(&format!("/api/v1/compare?a={a}&b={b}"));
    let expected = if is_one_story { "same_story" } else { "same_event" };
    assert_eq!(found["stored"], expected, "the detector: {found:#}");
    assert_eq!(found["relation"], expected, "the API on stored articles: {found:#}");
    let given = json!({"a": {"text": one}, "b": {"text": two}});
    assert_eq!(up.post("/api/v1/compare", &given)["relation"], expected, "the API on texts");
    let code = if is_one_story { 0 } else { 10 };
    let why = run(&folder, &["why", &a, &b]).code(code);
    assert_eq!(why.out.contains("SAME STORY"), is_one_story, "{}", why.out);
    assert!(!why.err.contains("the exit code gives their relation among all"), "{}", why.err);
    folder.write("other.toml", b"");
    let other = ["why", &a, &b, "--data", "data", "--config", "other.toml"];
    let other = folder.run(&other).code(code);
    let warns = other.err.contains("has other settings than this command");
    assert_eq!(warns, !is_one_story, "{}", other.err);
    assert_eq!(up.terminate().code, Some(0));

    let later = run(&folder, &["why", &a, &b, "--json"]).code(code);
    let later: Value = serde_json::from_str(&later.out).expect("one object");
    assert_eq!(later["relation"], expected, "the API where nothing runs");
    run(&folder, &["why", "dropped/one.txt", "dropped/two.txt"]).code(code);
    folder.write("labels.tsv", b"one\ttwo\tR\n");
    let labels = ["eval", "--json", "labels.tsv", "dropped/one.txt", "dropped/two.txt"];
    let scored = folder.run(&[&labels, set].concat()).code(0);
    let scored: Value = serde_json::from_str(&scored.out).expect("one object");
    assert_eq!(scored["settled"]["found"], u32::from(is_one_story), "eval: {scored:#}");
}

#[test]
fn a_changed_setting_changes_all_comparisons() {
    check("", &[], true);
    check(STRICT, &["--set", "partial_contained=1"], false);
}

#[test]
fn two_stored_pages_of_one_outlet_are_judged_as_the_pipeline_judges_them() {
    let folder = folder("");
    let up = Up::start(&folder);
    let mut numbers = Numbers::from_seed(5);
    let mut sentences = |count: usize| -> String {
        let names = [word(&mut numbers), word(&mut numbers)];
        let made = text(1, &names, &mut numbers);
        made.split_whitespace().take(count).collect::<Vec<_>>().join(" ")
    };
    let blurbs = sentences(70);
    let mut page = |number: usize, title: &str| {
        let text = format!("{}.\n\n{blurbs}.", sentences(30));
        let url = format!("https://pilots.example/{number}");
        let pushed = json!({"url": url, "title": title, "text": text});
        up.post("/api/v1/articles", &pushed);
    };
    page(1, "Lamp on the outer mole mended");
    page(2, "Council votes on a school roof");
    let [a, b] = stored(&up).try_into().expect("two were pushed");
    let found = up.get(&format!("/api/v1/compare?a={a}&b={b}"));
    assert_eq!((&found["rule"], &found["relation"]), (&found["rule"], &found["stored"]));
    assert_eq!(found["rule"], "page_chrome", "{found:#}");
    let words = "pages of one outlet under different titles: too little of both own parts is equal";
    assert!(found["words"].as_str().is_some_and(|said| said.contains(words)), "{found:#}");
    let why = run(&folder, &["why", &a, &b]);
    assert!(why.code != 0 && why.out.contains(words), "{}", why.out);
    assert_eq!(up.terminate().code, Some(0));
}

#[test]
fn a_broken_config_is_named() {
    let folder = Folder::with(&[(CONFIG, b"[detector]\npartial_contained = 7\n")]);
    folder.write("one.txt", pair()[0].as_bytes());
    let broken = run(&folder, &["why", "one.txt", "one.txt"]).code(2);
    assert!(broken.err.contains(&format!("{CONFIG}:2")), "{}", broken.err);
    let json = run(&folder, &["why", "one.txt", "one.txt", "--json"]).code(2);
    assert!(json.err.contains(&format!("{CONFIG}:2")), "{}", json.err);
}
