//! `why`: two articles and the evidence for and against one story.

use super::{ORCHARD, STORM, article, article_with};
use crate::program::{Folder, Run};
use crate::seeds::articles::articles;
use crate::seeds::seeds;

/// A folder with a text file for each of these fixtures.
fn fixtures(ids: &[&str]) -> Folder {
    let folder = Folder::with(&[]);
    for article in articles().iter().filter(|article| ids.contains(&article.id.as_str())) {
        folder.write(&format!("{}.txt", article.id), article.text.as_bytes());
    }
    folder
}

/// Runs both commands on two fixtures, which must give the same output.
#[track_caller]
fn compared(first: &str, second: &str, code: i32) -> Run {
    let folder = fixtures(&[first, second]);
    let files = [format!("{first}.txt"), format!("{second}.txt")];
    let why = folder.run(&["why", &files[0], &files[1]]).code(code);
    assert_eq!(why.err, "");
    why
}

#[track_caller]
fn check_says(run: &Run, parts: &[&str]) {
    for part in parts {
        assert!(run.out.contains(part), "lacks {part:?}\n{}", run.out);
    }
}

#[test]
fn the_twins_are_one_story_with_their_numbers() {
    for (first, second) in [("ferry-01", "ferry-02"), ("ferry-02", "ferry-01")] {
        let run = compared(first, second, 0);
        check_says(&run, &["SAME STORY", "PASSAGE 1", "SENTENCES"]);
        check_says(
            &run,
            &["probably AP (mentioned)", "probably AP (inferred from shared passages)"],
        );
        check_says(&run, &[" shared words: +", "; p = ", "longest verbatim run"]);
    }
}

#[test]
fn the_twins_have_a_sentence_moved_and_reworded() {
    check_says(&compared("ferry-01", "ferry-02", 0), &["moved and reworded (sentence "]);
    check_says(&compared("ferry-02", "ferry-01", 0), &["moved and reworded (sentence "]);
}

#[test]
fn words_are_shown_with_the_marks_and_spaces_around_them() {
    let text = format!("{STORM}\n\n“We wait,” Quint said. (Nobody else did.) “Then we see.”");
    let folder = Folder::with(&[("a.txt", text.as_bytes()), ("b.txt", text.as_bytes())]);
    let run = folder.run(&["why", "--full", "a.txt", "b.txt"]).code(0);
    check_says(&run, &["“We", "wait,”", "(Nobody", "did.)", "“Then"]);
}

#[test]
fn own_words_on_one_happening_are_the_same_event() {
    let run = compared("ferry-01", "ferry-03", 10);
    check_says(&run, &["SAME EVENT, two stories", "SHARED QUOTATION 1", "not counted"]);
    check_says(&run, &["0 passages", "shared quotation"]);
    assert!(!run.out.contains("SENTENCES"), "nothing was taken over, so nothing was changed");
}

#[test]
fn strangers_are_unrelated() {
    let run = compared("ferry-01", "vh-01", 11);
    check_says(&run, &["UNRELATED", "0 passages"]);
}

/// Two texts of `seeds/scripts.jsonl` as files.
fn scripts(ids: [&str; 2]) -> Folder {
    let folder = Folder::with(&[]);
    for line in std::fs::read_to_string(seeds("scripts.jsonl")).expect("it is there").lines() {
        let text: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let id = text["id"].as_str().expect("an id");
        if ids.contains(&id) {
            folder.write(&format!("{id}.txt"), text["text"].as_str().expect("text").as_bytes());
        }
    }
    folder
}

#[test]
fn scripts_without_spaces_are_shown_without_and_within_the_width() {
    let folder = scripts(["ja-wire", "ja-reprint"]);
    let run = folder.run(&["why", "--full", "ja-wire.txt", "ja-reprint.txt"]).code(0);
    assert!(run.out.contains("工事は二期に分けて行われ、"), "{}", run.out);
    assert!(run.out.contains("[支障]") || run.out.contains("行き来"), "{}", run.out);
    // Without a terminal the width is a hundred columns.
    let wide = |line: &str| line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>();
    let column = run.out.lines().filter(|line| line.contains(" │ "));
    for line in column.filter_map(|line| line.split_once(" │ ")) {
        assert!(wide(line.0.trim_end()) <= 48 && wide(line.1) <= 48, "{line:?}");
    }
    let changed =
        run.out.lines().filter(|line| line.starts_with("    +") || line.starts_with("    -"));
    let widest = changed.map(wide).max();
    assert!(widest.is_some_and(|columns| (60..=100).contains(&columns)), "{widest:?}\n{}", run.out);
}

#[test]
fn it_says_why_two_texts_are_no_story() {
    let own = compared("ferry-01", "ferry-03", 10);
    check_says(&own, &["not one story: ", "; p = 0.0"]);
    let digest = compared("st-01", "digest-01", 11);
    check_says(&digest, &["not one story: "]);
    assert!(!compared("ferry-01", "ferry-02", 0).out.contains("not one story"));
}

#[test]
fn a_text_is_the_same_as_itself() {
    let run = compared("bond-01", "bond-01", 0);
    check_says(&run, &["SAME STORY: the same words in the same order; ", "100 % of B is in A"]);
    let folder = Folder::with(&[("a.txt", b"Three short words.")]);
    check_says(&folder.run(&["why", "a.txt", "a.txt"]).code(0), &["SAME STORY"]);
}

#[test]
fn templates_are_two_stories() {
    let run = compared("bond-01", "bond-02", 11);
    check_says(&run, &["UNRELATED"]);
}

#[test]
fn full_shows_what_is_cut_otherwise() {
    let folder = fixtures(&["ferry-01", "ferry-02"]);
    let files = ["why", "ferry-01.txt", "ferry-02.txt"];
    let short = folder.run(&files).code(0).out;
    let full = folder.run(&[&files[..], &["--full"]].concat()).code(0).out;
    assert!(short.contains(" words …") && !full.contains(" words …"));
    assert!(full.len() > short.len());
}

#[test]
fn the_numbers_agree_with_the_verdict() {
    let ids = ["ferry-01", "ferry-02", "ferry-03", "ferry-04", "ferry-05", "vh-01"];
    let folder = fixtures(&ids);
    for first in ids {
        for second in ids.into_iter().filter(|second| *second != first) {
            let files = [format!("{first}.txt"), format!("{second}.txt")];
            let run = folder.run(&["why", &files[0], &files[1]]);
            if run.code == 0 {
                continue;
            }
            let (_, happening) = run.out.split_once("one happening: ").expect("both are stories");
            let similarity = happening.split_once("; similarity ").expect("a sum").1;
            let similarity = similarity.split(',').next().expect("a number");
            let similarity: f64 = similarity.parse().expect("a number");
            assert_eq!(run.code != 11, similarity >= 0.15, "{first} {second}\n{}", run.out);
        }
    }
}

/// Checks that a comparison is refused with this exit code and message.
#[track_caller]
fn check_refused(first: &str, second: &str, code: i32, said: &str) {
    let lines = article("a", STORM) + &article("b", ORCHARD);
    let one = article("a", STORM);
    let folder = Folder::with(&[
        ("a.txt", STORM.as_bytes()),
        ("one.jsonl", one.as_bytes()),
        ("two.jsonl", lines.as_bytes()),
        ("broken.jsonl", b"x\n"),
    ]);
    let run = folder.run(&["why", first, second]).code(code);
    assert_eq!(run.out, "", "{first} {second}");
    assert!(run.err.contains(said), "{}", run.err);
}

#[test]
fn input_other_than_two_articles_is_refused() {
    check_refused("gone.txt", "a.txt", 3, "error: gone.txt: no such file or folder");
    check_refused("a.txt", "gone.txt", 3, "error: gone.txt: no such file or folder");
    check_refused(
        "two.jsonl",
        "a.txt",
        2,
        "error: two.jsonl: it has 2 articles, but must have one",
    );
    check_refused(
        "a.txt",
        "two.jsonl",
        2,
        "error: two.jsonl: it has 2 articles, but must have one",
    );
    check_refused("a.txt", "broken.jsonl", 1, "error: broken.jsonl:1: ");
    let both = Folder::with(&[]).run(&["why", "gone.txt", "lost.txt"]).code(3);
    assert!(both.err.contains("gone.txt") && both.err.contains("lost.txt"), "{}", both.err);
}

#[test]
fn pages_of_one_outlet_are_judged_by_its_rules() {
    let page = |id: &str, own: &str, title: &str, outlet: &str| {
        let text = format!("{own}\n\n{STORM}");
        let known = serde_json::json!({"title": title, "outlet": outlet});
        article_with(id, &text, known)
    };
    let own = "Pupils of three schools planted hedges along the canal, and the mayor of the town \
        came by with a spade of her own to plant the last one before it rained.";
    let other = "Two engines of a night train stopped in a tunnel, where a guard walked back with a \
        lamp until somebody found the fuse that had blown some hours earlier.";
    let first = page("a", own, "Hedges planted", "a.example");
    let folder = Folder::with(&[
        ("a.jsonl", first.as_bytes()),
        ("b.jsonl", page("b", other, "Train stops", "a.example").as_bytes()),
        (
            "c.jsonl",
            page("c", other, "Train stops, and harbour of Brenmouth closed", "b.example")
                .as_bytes(),
        ),
    ]);
    let apart = folder.run(&["why", "a.jsonl", "b.jsonl"]).code(10);
    check_says(&apart, &["not one story: "]);
    let copied = folder.run(&["why", "a.jsonl", "c.jsonl"]).code(0);
    check_says(&copied, &["SAME STORY"]);
}

#[test]
fn one_article_in_lines_will_do() {
    let folder = Folder::with(&[("a.txt", STORM.as_bytes())]);
    let line = article("in-lines", STORM);
    let run = folder.run_on(line.as_bytes(), &["why", "a.txt", "-"]).code(0);
    check_says(&run, &["SAME STORY", "B  in-lines"]);
}
