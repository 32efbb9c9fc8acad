//! `eval`: reads labelled articles and prints figures and the worst errors.

use serde_json::{Value, json};

use super::{ORCHARD, STORM, STORM_REPRINT, article, article_with};
use crate::program::Folder;

/// A text, its reprint, a copy of the reprint, and an unrelated text.
fn articles() -> String {
    let first = article("first", STORM);
    let reprint = article_with("reprint", STORM_REPRINT, json!({"title": "Boats sent away"}));
    first + &reprint + &article("again", STORM_REPRINT) + &article("orchard", ORCHARD)
}

fn folder(labels: &str) -> Folder {
    let folder = Folder::with(&[("labels.tsv", labels.as_bytes())]);
    folder.write("docs.jsonl", articles().as_bytes());
    folder
}

const RIGHT: &str = "a\tb\tlabel\tkind\nfirst\treprint\tR\tbase+newlede\nfirst\tagain\tR\tbase+\
    newlede\nreprint\tagain\tR\texact\n";

#[track_caller]
fn report(folder: &Folder, arguments: &[&str], code: i32) -> Value {
    let run = folder.run(&[&["eval", "--json"], arguments].concat()).code(code);
    serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {}", run.out))
}

#[test]
fn right_pairs_are_counted_by_kind() {
    let found = report(&folder(RIGHT), &["labels.tsv", "docs.jsonl"], 0);
    assert_eq!(found["schema"], "wirefold.eval/2");
    assert_eq!((&found["articles"], &found["pairs"]), (&json!(4), &json!(3)));
    for state in ["at_arrival", "settled"] {
        assert_eq!(found[state]["found"], 3, "{found:#}");
        assert_eq!((&found[state]["f1"], &found[state]["rand_index"]), (&json!(1.0), &json!(1.0)));
    }
    assert_eq!(
        found["kinds"][0],
        json!({"kind": "base+newlede", "pairs": 2, "found": 2, "recall": 1.0})
    );
    assert_eq!((&found["false_folds"], &found["missed"]), (&json!([]), &json!([])));
}

#[test]
fn articles_beside_the_labels_are_the_default() {
    let folder = folder(RIGHT);
    let given = report(&folder, &["labels.tsv", "docs.jsonl"], 0);
    assert_eq!(report(&folder, &["labels.tsv"], 0), given);
    assert_eq!(report(&folder, &["."], 0), given);
    let alone = Folder::with(&[("labels.csv", b"first,reprint,R\n")]);
    let run = alone.run(&["eval", "labels.csv"]).code(2);
    assert!(run.err.contains("no articles: name them after the labels"), "{}", run.err);
}

#[test]
fn a_false_fold_and_a_miss_come_with_their_evidence() {
    let labels = "first\torchard\tR\tmade up\nreprint\tagain\tR\texact\n";
    let folder = folder(labels);
    let found = report(&folder, &["labels.tsv"], 0);
    let missed = &found["missed"][0];
    assert_eq!(
        (&missed["earlier"]["id"], &missed["later"]["id"]),
        (&json!("first"), &json!("orchard"))
    );
    assert_eq!((&missed["kind"], &missed["alone"]["together"]), (&json!("made up"), &json!(false)));
    let classes = found["classes"].as_array().expect("a list");
    let count = |class: &str| {
        let counted = classes.iter().find(|counted| counted["class"] == class);
        counted.map(|counted| (counted["false"].as_u64(), counted["missed"].as_u64()))
    };
    assert_eq!(count("likely"), Some((Some(2), Some(0))), "{classes:#?}");
    assert_eq!(count("not_compared"), Some((Some(0), Some(1))), "{classes:#?}");
    assert_eq!(missed["class"], "not_compared");
    let wrong = found["false_folds"].as_array().expect("a list");
    assert_eq!(wrong.len(), 2, "first with each of the others: {found:#}");
    assert_eq!(wrong[0]["alone"]["together"], true);
    assert!(wrong[0]["alone"]["shared_words"].as_f64() > Some(40.0), "{wrong:#?}");

    let said = folder.run(&["eval", "labels.tsv"]).code(0).out;
    for part in [
        "4 articles, 2 pairs that must be one story; order: file",
        "TOGETHER AND SHOULD NOT BE, least alike first (2 of 2)",
        "NOT TOGETHER AND SHOULD BE, most alike first (1 of 1)",
        "Boats sent away",
        "kind: made up",
        "not_compared     0      1       too little in common to be compared",
        "class: likely: likely one text",
        "by themselves: together: ",
        "by themselves: apart: ",
        "among all: when reprint came, ",
        "it joined the story of first, most alike first",
        "when orchard came, it was not compared with first; it opened a story",
    ] {
        assert!(said.contains(part), "lacks {part:?}\n{said}");
    }
    let few = report(&folder, &["labels.tsv", "--worst", "1"], 0);
    assert_eq!(few["false_folds"].as_array().map(Vec::len), Some(1));
}

#[test]
fn clusters_leave_out_what_has_no_label() {
    let folder = folder("id,cluster\nfirst,storm\nreprint,storm\norchard,trees\n");
    let run = folder.run(&["eval", "--json", "labels.tsv"]).code(0);
    let found: Value = serde_json::from_str(&run.out).expect("one object");
    assert_eq!((&found["labels"], &found["pairs"]), (&json!("clusters"), &json!(1)));
    assert_eq!((&found["settled"]["found"], &found["settled"]["false"]), (&json!(1), &json!(0)));
    assert!(run.err.contains("1 article without a label: judged, and not counted"), "{}", run.err);
}

#[test]
fn events_are_held_against_labels_of_events() {
    let seeds = "../../seeds";
    let arguments = [&format!("{seeds}/expected.json"), &format!("{seeds}/articles.jsonl")];
    let arguments = ["eval", "--json", "--by", "event", arguments[0], arguments[1]];
    let run = crate::program::wirefold(&arguments).code(0);
    let found: Value = serde_json::from_str(&run.out).expect("one object");
    assert_eq!((&found["by"], &found["labels"]), (&json!("event"), &json!("clusters")));
    let at_end = &found["settled"];
    assert!(at_end["f1"].as_f64() >= Some(0.93), "{at_end:#}");
    let missed = &found["missed"][0];
    let words = missed["alone"]["in_words"].as_str();
    assert!(words.is_some_and(|words| words.contains("is one event")), "{missed:#}");
    let at_arrival = missed["among_all"].as_str();
    assert!(at_arrival.is_some_and(|said| said.contains(", its similarity to ")), "{missed:#}");
}

#[test]
fn orders_are_accepted_and_repeatable() {
    let folder = folder(RIGHT);
    for order in ["reversed", "shuffle:3"] {
        let found = report(&folder, &["labels.tsv", "--order", order], 0);
        assert_eq!((&found["order"], &found["settled"]["found"]), (&json!(order), &json!(3)));
        assert_eq!(report(&folder, &["labels.tsv", "--order", order], 0), found);
    }
    let run = folder.run(&["eval", "labels.tsv", "--order", "random"]).code(2);
    assert!(run.err.contains("file, reversed, or shuffle:SEED"), "{}", run.err);
}

#[test]
fn the_order_reaches_the_detector() {
    let folder = folder("first\torchard\tR\n");
    let first_of = |order: &str| {
        let found = report(&folder, &["labels.tsv", "--order", order], 0);
        found["missed"][0]["earlier"]["id"].clone()
    };
    assert_eq!((first_of("file"), first_of("reversed")), (json!("first"), json!("orchard")));
}

#[test]
fn a_setting_reaches_the_detector() {
    let folder = folder("first\treprint\tR\n");
    let at = |id: &str, day: &str, text: &str| {
        article_with(id, text, json!({"published": format!("2026-05-{day}T00:00:00Z")}))
    };
    let apart = at("first", "01", STORM) + &at("reprint", "04", STORM_REPRINT);
    folder.write("apart.jsonl", apart.as_bytes());
    for (window, missed) in [("7d", 0), ("1d", 1)] {
        let set = format!("window={window}");
        let found = report(&folder, &["labels.tsv", "apart.jsonl", "--set", &set], 0);
        assert_eq!(found["at_arrival"]["missed"], missed, "{found:#}");
    }
    let other = folder.run(&["eval", "labels.tsv", "--set", "page.listen=1"]).code(2);
    assert!(other.err.contains("changes no verdict"), "{}", other.err);
}

#[test]
fn a_baseline_is_scored_on_the_same_articles() {
    let labels = "first\treprint\tR\nfirst\tagain\tR\nreprint\tagain\tR\n";
    let folder = folder(labels);
    let found = report(&folder, &["labels.tsv", "--against", "simhash"], 0);
    let against = &found["against"];
    assert_eq!((&against["method"], &against["found"]), (&json!("simhash:3"), &json!(1)));
    assert_eq!((&against["missed"], &found["at_arrival"]["missed"]), (&json!(2), &json!(0)));
    let reversed = ["labels.tsv", "--against", "exact", "--order", "reversed"];
    assert_eq!(report(&folder, &reversed, 0)["against"]["found"], 1);
    let shown = folder.run(&["eval", "labels.tsv", "--against", "simhash:64"]).code(0);
    assert!(shown.out.contains("\nsimhash:64 "), "{}", shown.out);
    let refused = folder.run(&["eval", "labels.tsv", "--against", "passages"]).code(2);
    assert!(refused.err.contains("no baseline \"passages\""), "{}", refused.err);
}

#[test]
fn broken_lines_are_named_with_file_and_line() {
    let folder = folder("first\treprint\tR\nfirst\tnobody\tR\nfirst\tagain\tX\n");
    folder.write("docs.jsonl", (articles() + "{\"id\":\n" + &article("first", ORCHARD)).as_bytes());
    let run = folder.run(&["eval", "labels.tsv"]).code(5);
    for said in [
        "error: docs.jsonl:5: EOF while parsing",
        "error: docs.jsonl:6: id \"first\" again, left out",
        "error: labels.tsv:2: no article \"nobody\", line left out",
        "error: labels.tsv:3: the label \"X\" is not R, P or N, line left out",
    ] {
        assert!(run.err.contains(said), "lacks {said:?}\n{}", run.err);
    }
    assert!(run.out.contains("1 pair that must be one story"), "{}", run.out);
}

#[test]
fn labels_without_pairs_are_reported() {
    let folder = folder("");
    let empty = folder.run(&["eval", "labels.tsv"]).code(3);
    assert!(empty.err.contains("labels.tsv: no labels in it"), "{}", empty.err);
    let gone = folder.run(&["eval", "none.tsv", "docs.jsonl"]).code(3);
    assert!(gone.err.contains("none.tsv: "), "{}", gone.err);
    folder.write("bytes.tsv", b"first\treprint\tR\n\xff\tb\tR\n");
    let bytes = folder.run(&["eval", "bytes.tsv", "docs.jsonl"]).code(1);
    assert!(bytes.err.contains("bytes.tsv:2: the labels are not UTF-8"), "{}", bytes.err);
    folder.write("no.jsonl", b"");
    folder.run(&["eval", "labels.tsv", "no.jsonl"]).code(3);
}

#[test]
fn the_host_stands_in_for_the_outlet() {
    let lines = article_with("a", STORM, json!({"host": "wire.example"}))
        + &article_with("b", ORCHARD, json!({"host": 7}));
    let folder = Folder::with(&[("all.jsonl", lines.as_bytes()), ("labels.csv", b"a,b,R\n")]);
    let found = report(&folder, &["labels.csv", "all.jsonl"], 0);
    assert_eq!(found["missed"][0]["earlier"]["outlet"], "wire.example");
    assert_eq!(found["missed"][0]["later"].get("outlet"), None);
}

#[test]
fn labels_that_are_not_there_are_named() {
    let run = Folder::with(&[]).run(&["eval", "nosuch"]).code(3);
    assert_eq!(run.err.trim(), "error: nosuch: no such file or folder");
}
