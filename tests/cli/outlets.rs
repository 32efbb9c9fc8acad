//! Text that an outlet prints under all its articles is learned and does not count.

use serde_json::json;

use super::{ORCHARD, STORM, article, article_with};
use crate::program::{Run, fold_lines};
use crate::seeds::articles::articles;

/// The text under every article, too short to make a copy of it.
const FRAME: &str = "Our reporters read every letter that you send us. Write to the night desk \
    above the old chandlery, and say what we got wrong today.";

/// Four unrelated articles, each with the frame under it.
fn framed() -> Vec<String> {
    let articles = articles();
    let fixture = |id: &str| {
        let article = articles.iter().find(|article| article.id == id);
        article.expect("the fixtures have it").text.clone()
    };
    let own = [STORM.to_owned(), ORCHARD.to_owned(), fixture("football-02"), fixture("br-03")];
    own.iter().map(|text| format!("{text}\n\n{FRAME}")).collect()
}

/// The number of earlier articles with shared passages, for each article.
fn matches(run: Run) -> Vec<usize> {
    let lines = run.code(0).lines();
    assert!(lines.iter().all(|line| line.story == line.id), "{lines:?}");
    lines.iter().map(|line| line.matches.len()).collect()
}

#[test]
fn a_frame_is_learned_from_two_articles_of_its_outlet() {
    let outlet = json!({"outlet": "harbor.example"});
    let lines = (0..).zip(framed());
    let lines: String = lines
        .map(|(at, text): (u32, _)| article_with(&at.to_string(), &text, outlet.clone()))
        .collect();
    // The second may still match: one earlier article is not enough to learn from.
    assert_eq!(matches(fold_lines(&lines, &[]))[2..], [0, 0]);
}

#[test]
fn without_an_outlet_nothing_is_learned() {
    let lines = (0..).zip(framed());
    let lines: String = lines.map(|(at, text): (u32, _)| article(&at.to_string(), &text)).collect();
    assert_eq!(matches(fold_lines(&lines, &[])), [0, 1, 2, 3]);
}

#[test]
fn learned_boilerplate_counts_at_no_outlet() {
    let outlet = json!({"outlet": "harbor.example"});
    let mut lines: Vec<String> = (0..)
        .zip(framed())
        .map(|(at, text): (u32, _)| article_with(&at.to_string(), &text, outlet.clone()))
        .collect();
    // The third is at another outlet, with the same words under it.
    lines[2] = article("2", &framed()[2]);
    assert_eq!(matches(fold_lines(&lines.concat(), &[]))[3], 0);
}
