//! The detector, the API, `why` and `eval` all compare two articles in the same way.

use serde_json::{Value, json};

use super::generated::{Numbers, text, word};
use super::up::{CONFIG, Up};
use crate::program::{Folder, Run};

const SETTINGS: &str = "data = \"data\"\n[[source]]\npath = \"dropped\"\n";

fn folder() -> Folder {
    let folder = Folder::with(&[(CONFIG, SETTINGS.as_bytes())]);
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

#[test]
fn all_programs_give_one_relation() {
    let (folder, [one, two]) = (folder(), pair());
    let up = Up::start(&folder);
    folder.write("dropped/one.txt", one.as_bytes());
    up.events(0).articles(1);
    folder.write("dropped/two.txt", two.as_bytes());
    let [a, b] = stored(&up).try_into().expect("two were dropped");

    let found = up.get(&format!("/api/v1/compare?a={a}&b={b}"));
    assert_eq!(found["stored"], "same_story", "the detector: {found:#}");
    assert_eq!(found["relation"], "same_story", "the API on stored articles: {found:#}");
    let given = json!({"a": {"text": one}, "b": {"text": two}});
    let given = up.post("/api/v1/compare", &given);
    assert_eq!(given["relation"], "same_story", "the API on texts");
    let why = run(&folder, &["why", &a, &b]).code(0);
    assert!(why.out.contains("SAME STORY"), "{}", why.out);
    assert!(!why.err.contains("the exit code gives their relation among all"), "{}", why.err);
    assert_eq!(up.terminate().code, Some(0));

    let later = run(&folder, &["why", &a, &b, "--json"]).code(0);
    let later: Value = serde_json::from_str(&later.out).expect("one object");
    assert_eq!(later["relation"], "same_story", "the API where nothing runs");
    run(&folder, &["why", "dropped/one.txt", "dropped/two.txt"]).code(0);
    folder.write("labels.tsv", b"one\ttwo\tR\n");
    let labels = ["eval", "--json", "labels.tsv", "dropped/one.txt", "dropped/two.txt"];
    let scored = folder.run(&labels).code(0);
    let scored: Value = serde_json::from_str(&scored.out).expect("one object");
    assert_eq!(scored["settled"]["found"], 1, "eval: {scored:#}");
}

#[test]
fn two_stored_pages_of_one_outlet_are_judged_as_the_pipeline_judges_them() {
    let folder = folder();
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
    assert_eq!(found["relation"], found["stored"], "{found:#}");
    assert_eq!(found["grounds"], "unlikely", "{found:#}");
    let words = found["words"].as_str().and_then(|said| said.split_once("not one story: "));
    let (_, words) = words.expect("it says why not");
    let why = run(&folder, &["why", &a, &b]);
    assert!(why.code != 0 && why.out.contains(words), "{}", why.out);
    assert_eq!(up.terminate().code, Some(0));
}

#[test]
fn a_broken_config_is_named() {
    let folder = Folder::with(&[(CONFIG, b"[retention]\nmax_bytes = 7\n")]);
    folder.write("one.txt", pair()[0].as_bytes());
    let json = run(&folder, &["why", "one.txt", "one.txt", "--json"]).code(2);
    assert!(json.err.contains(&format!("{CONFIG}:2")), "{}", json.err);
}
