//! Text that an outlet prints under all its articles makes no copies of them.

use serde_json::json;

use super::{ORCHARD, STORM, article_with};
use crate::program::fold_lines;
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

/// Fails unless each of the articles is a story of its own.
#[track_caller]
fn check_apart(lines: &[String]) {
    let lines = fold_lines(&lines.concat(), &[]).code(0).lines();
    assert!(lines.iter().all(|line| line.story == line.id), "{lines:?}");
}

#[test]
fn a_frame_folds_nothing_at_one_outlet_at_two_or_without_one() {
    let framed = framed();
    let of = |outlet: Option<&str>| -> Vec<String> {
        let fields = json!({"outlet": outlet});
        let line =
            |(at, text): (usize, &String)| article_with(&at.to_string(), text, fields.clone());
        framed.iter().enumerate().map(line).collect()
    };
    let (here, without) = (of(Some("harbor.example")), of(None));
    check_apart(&here);
    check_apart(&without);
    let there = of(Some("quay.example"));
    check_apart(&[&here[..2], &there[2..3], &here[3..]].concat());
}
