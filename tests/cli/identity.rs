//! A repeated id or address is not an error: another text is a version, the same text a copy.

use serde_json::json;
use wirefold_proto::{Class, CopyKind};

use super::{ORCHARD, STORM, STORM_REPRINT, article, article_with};
use crate::program::{Folder, fold_lines};

#[test]
fn another_text_under_one_id_is_a_version() {
    let lines = article("a", STORM) + &article("b", ORCHARD) + &article("a", STORM_REPRINT);
    let run = fold_lines(&lines, &[]).code(0);
    assert_eq!(run.ids(), ["a", "b", "a"]);
    let version = &run.lines()[2];
    assert_eq!((version.class, version.kind), (Class::Version, None));
    assert_eq!(version.story, "a");
    assert_eq!(run.err, "note: standard input:3: id \"a\" again, first at standard input:1\n");
}

#[test]
fn wholly_other_and_short_texts_are_versions_too() {
    for text in [ORCHARD, "Withdrawn."] {
        let run = fold_lines(&(article("a", STORM) + &article("a", text)), &[]).code(0);
        assert_eq!(run.lines()[1].class, Class::Version, "{text}");
    }
}

#[test]
fn the_same_text_under_one_id_is_an_exact_copy() {
    for text in [STORM, "Three short words."] {
        let run = fold_lines(&article("a", text).repeat(3), &[]).code(0);
        for line in &run.lines()[1..] {
            assert_eq!((line.class, line.kind), (Class::Copy, Some(CopyKind::Exact)), "{text}");
            assert_eq!(line.story, "a");
        }
        assert_eq!(run.err.lines().count(), 2, "{}", run.err);
    }
}

#[test]
fn files_of_one_stem_are_one_id() {
    let folder = Folder::with(&[("a.txt", STORM.as_bytes()), ("a.md", ORCHARD.as_bytes())]);
    let run = folder.run(&["fold", "--json", "a.txt", "a.md"]).code(0);
    assert_eq!(run.lines()[1].class, Class::Version);
    assert_eq!(run.err, "note: a.md: id \"a\" again, first at a.txt\n");
}

#[test]
fn one_address_makes_versions_under_two_ids() {
    let url = json!({"url": "https://www.harbor.example/storm"});
    let lines =
        article_with("a", STORM, url.clone()) + &article_with("b", STORM_REPRINT, url.clone());
    let run = fold_lines(&(lines + &article_with("c", STORM, url)), &[]).code(0);
    assert_eq!((run.line("b").class, run.line("b").story.as_str()), (Class::Version, "a"));
    assert_eq!(run.line("c").kind, Some(CopyKind::Exact));
    assert_eq!(run.err, "");
}

#[test]
fn an_id_is_no_address() {
    let lines = article("x", STORM) + &article_with("b", ORCHARD, json!({"url": "x"}));
    assert_eq!(fold_lines(&lines, &[]).line("b").class, Class::New);
}

#[test]
fn blank_addresses_are_none() {
    let blank = json!({"url": " ", "outlet": ""});
    let lines = article_with("a", STORM, blank.clone()) + &article_with("b", ORCHARD, blank);
    assert_eq!(fold_lines(&lines, &[]).code(0).line("b").class, Class::New);
}

#[test]
fn numbers_are_ids_as_they_are_written() {
    let lines = "{\"id\":7,\"text\":\"One two.\"}\n{\"id\":\"7\",\"text\":\"One two.\"}\n";
    let run = fold_lines(lines, &[]).code(0);
    assert_eq!(run.ids(), ["7", "7"]);
    assert_eq!(run.lines()[1].kind, Some(CopyKind::Exact));
}

#[test]
fn the_final_state_has_a_line_for_each_of_one_id() {
    let lines = article("a", STORM) + &article("a", ORCHARD) + &article("a", STORM);
    let run = fold_lines(&lines, &["--final", "--quiet"]).code(0);
    assert_eq!(run.ids(), ["a", "a", "a"]);
    let table = Folder::with(&[]).run_on(lines.as_bytes(), &["fold", "-"]).code(0);
    assert!(table.out.starts_with("3 articles → 1 story → 1 event, 2 folded\n"), "{}", table.out);
}

#[test]
fn one_short_text_under_two_titles_at_one_outlet_stands_for_none() {
    let line = |id: &str, outlet: &str, title: &str| {
        let text = "This story is for members only. Please log in to go on reading it.";
        let id = format!("\"id\":\"{id}\",\"outlet\":\"{outlet}\",\"title\":\"{title}\"");
        format!("{{{id},\"text\":\"{text}\"}}\n")
    };
    let lines = line("a", "o.example", "One") + &line("b", "o.example", "Two");
    let lines = lines + &line("c", "o.example", "One") + &line("d", "p.example", "One");
    let run = fold_lines(&lines, &[]).code(0);
    let stories: Vec<String> = run.lines().into_iter().map(|found| found.story).collect();
    assert_eq!(stories, ["a", "b", "a", "a"]);
}
