//! `fold --json`: the evaluation interface that other programs read.

use serde_json::Value;
use wirefold_proto::{AgencyHow, Class, CopyKind};

use super::{ORCHARD, STORM, STORM_REPRINT, article, article_with};
use crate::program::{Folder, fold_lines, wirefold};

/// The field names in the published order. Those with `?` are only present if they have a value.
const FIELDS: [&str; 14] = [
    "schema", "id", "class", "kind?", "comparable", "story", "event", "lead", "origin", "matches",
    "holds?", "shared_quotations", "agency?", "simhash",
];
const MATCH_FIELDS: [&str; 6] =
    ["id", "contained", "containing", "passages", "longest", "probability"];
const AGENCY_FIELDS: [&str; 3] = ["name", "how", "confidence"];

/// Fails unless the object has exactly these names in this order.
#[track_caller]
fn check_names(object: &Value, wanted: &[&str]) {
    let names: Vec<&String> = object.as_object().expect("an object").keys().collect();
    let kept = wanted.iter().filter_map(|name| match name.strip_suffix('?') {
        Some(optional) => object.get(optional).map(|_| optional),
        None => Some(*name),
    });
    assert_eq!(names, kept.collect::<Vec<&str>>(), "{object}");
}

#[test]
fn one_line_an_input_in_order_and_nothing_else() {
    let run = wirefold(&["fold", "--json", "../../seeds/articles.jsonl"]).code(0);
    let articles = std::fs::read_to_string("../../seeds/articles.jsonl").unwrap();
    let id = |line: &str| serde_json::from_str::<Value>(line).unwrap()["id"].clone();
    let given: Vec<Value> = articles.lines().map(id).collect();
    assert_eq!(run.ids(), given);
    assert_eq!(run.err, "");
    assert!(run.out.ends_with('\n'));
}

#[test]
fn fields_are_the_published_ones_in_their_order() {
    let run = wirefold(&["fold", "--json", "../../seeds/articles.jsonl"]);
    let (mut kinds, mut holds, mut agencies, mut matches) = (0, 0, 0, 0);
    for line in run.out.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        check_names(&line, &FIELDS);
        assert_eq!(line["schema"], "wirefold.verdict/1");
        assert_eq!(line["class"] == "copy", line.get("kind").is_some(), "{line}");
        kinds += usize::from(line.get("kind").is_some());
        holds += usize::from(line.get("holds").is_some());
        if let Some(agency) = line.get("agency") {
            check_names(agency, &AGENCY_FIELDS);
            agencies += 1;
        }
        for found in line["matches"].as_array().unwrap() {
            check_names(found, &MATCH_FIELDS);
            matches += 1;
        }
    }
    // The fixtures must have some of each, or this test would check nothing.
    assert!(kinds > 10 && holds > 0 && agencies > 10 && matches > 10);
}

#[test]
fn a_reprint_names_its_story_and_what_they_share() {
    let lines = article("first", STORM) + &article("other", ORCHARD) + &article("later", STORM);
    let run = fold_lines(&(lines + &article("reprint", STORM_REPRINT)), &[]).code(0);
    let later = run.line("later");
    assert_eq!((later.class, later.kind), (Class::Copy, Some(CopyKind::Exact)));
    let reprint = run.line("reprint");
    assert_eq!((reprint.class, reprint.kind), (Class::Copy, Some(CopyKind::Reprint)));
    for named in [&reprint.story, &reprint.event, &reprint.lead, &reprint.origin] {
        assert_eq!(named, "first");
    }
    let found = &reprint.matches[0];
    assert_eq!((found.id.as_str(), found.passages), ("first", 1));
    assert!(found.contained.get() > 0.8 && found.containing.get() < 0.75, "{found:?}");
    // The number of words that the two constants share.
    assert_eq!(found.longest, 56);
    let other = run.line("other");
    assert_eq!((other.class, other.story.as_str()), (Class::New, "other"));
}

#[test]
fn final_has_facts_that_only_later_articles_revealed() {
    let credited = format!("BRENMOUTH (AP) — {STORM}");
    let lines = article("bare", STORM_REPRINT) + &article("credited", &credited);
    let arrival = fold_lines(&lines, &[]);
    assert_eq!(arrival.line("bare").agency, None);
    let at_end = fold_lines(&lines, &["--final"]).code(0);
    assert_eq!(at_end.ids(), ["bare", "credited"]);
    let agency = at_end.line("bare").agency.expect("inferred through the credited one");
    assert_eq!((agency.name.as_str(), agency.how), ("AP", AgencyHow::Inferred));
    assert_eq!(at_end.line("credited"), arrival.line("credited"));
}

#[test]
fn notes_go_to_standard_error_unless_quiet() {
    let lines = article("a", "") + &article("b", STORM);
    let loud = fold_lines(&lines, &[]).code(0);
    let quiet = fold_lines(&lines, &["--quiet"]).code(0);
    assert_eq!(loud.out, quiet.out);
    assert!(loud.err.starts_with("note: standard input:1: "), "{}", loud.err);
    assert_eq!(quiet.err, "");
}

#[test]
fn standard_input_takes_lines_or_one_text() {
    let folder = Folder::with(&[]);
    let lines = article("a", STORM);
    // White space before the first brace does not make it a text.
    for input in [lines.clone(), format!("\n \r\n{lines}")] {
        assert_eq!(folder.run_on(input.as_bytes(), &["fold", "--json", "-"]).ids(), ["a"]);
    }
    let text = folder.run_on(STORM.as_bytes(), &["fold", "--json", "-"]).code(0);
    assert_eq!(text.ids(), ["standard input"]);
    assert!(text.lines()[0].comparable);
}

#[test]
fn a_folder_is_its_texts_and_lines_by_name() {
    let lines = article("in-lines", STORM_REPRINT);
    let folder = Folder::with(&[
        ("c.txt", STORM.as_bytes()),
        ("b.jsonl", lines.as_bytes()),
        ("a.md", ORCHARD.as_bytes()),
        ("picture.png", b"\x89PNG"),
    ]);
    std::fs::create_dir(folder.path().join("d.txt")).unwrap();
    let run = folder.run(&["fold", "--json", "."]).code(0);
    assert_eq!(run.ids(), ["a", "in-lines", "c"]);
    assert_eq!(run.line("c").story, "in-lines");
    assert_eq!(run.err, "note: .: 2 other files or folders passed over\n");
}

#[test]
fn paths_are_read_in_the_order_given() {
    let folder = Folder::with(&[("a.txt", STORM.as_bytes()), ("b.txt", STORM.as_bytes())]);
    let run = folder.run_on(STORM.as_bytes(), &["fold", "--json", "b.txt", "-", "a.txt"]);
    assert_eq!(run.ids(), ["b", "standard input", "a"]);
    assert!(run.lines().iter().all(|line| line.story == "b"));
}

#[test]
fn unknown_fields_are_passed_over() {
    let fields = serde_json::json!({"score": 1, "tags": ["x"], "lang": null, "title": null});
    let run = fold_lines(&article_with("a", STORM, fields), &[]).code(0);
    assert_eq!((run.ids(), run.err.as_str()), (vec!["a".to_owned()], ""));
}
