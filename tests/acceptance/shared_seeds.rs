//! The user's five articles, `../shared/seeds/*.txt`: the original central case.

use wirefold_proto::{Class, CopyKind};

use super::central::{check_apart, check_one_event, in_all_orders};
use super::shared;
use super::stream::Article;
use super::twins::check_agency_of;
use crate::program::{Run, wirefold};

/// The indices of 001 and 004.
const COPIES: (usize, usize) = (1, 4);

/// The paths by name, so that the number of each article is that at the start of its name.
fn paths() -> Option<Vec<String>> {
    let entries = std::fs::read_dir(shared("seeds")?).expect("../shared holds seeds");
    let names = entries.flatten().map(|entry| entry.path().to_string_lossy().into_owned());
    let mut paths: Vec<String> = names.filter(|path| path.ends_with(".txt")).collect();
    paths.sort();
    assert_eq!(paths.len(), 5);
    Some(paths)
}

fn articles() -> Option<Vec<Article>> {
    let article = |path: &String| Article {
        id: id_of(path).to_owned(),
        text: std::fs::read_to_string(path).expect("a readable seed"),
        ..Article::default()
    };
    Some(paths()?.iter().map(article).collect())
}

/// The first three characters of a file's name.
fn id_of(path: &str) -> &str {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    &name[..3]
}

/// Runs a command on the seeds with these numbers.
fn run(command: &[&str], numbers: &[usize]) -> Option<Run> {
    let paths = paths()?;
    let files: Vec<&str> = numbers.iter().map(|number| paths[*number].as_str()).collect();
    Some(wirefold(&[command, &files].concat()))
}

#[test]
fn fold_in_all_orders_and_nothing_else_does() {
    let Some(articles) = articles() else {
        return;
    };
    let outcomes = in_all_orders(&articles, COPIES);
    check_apart(&outcomes, |one, other| one != 4 && other != 4);
    check_one_event(&outcomes);
    for judged in &outcomes {
        // The share of the later one in the earlier, and the reverse.
        let (later, earlier) = if judged.comes_before(1, 4) { (4, 1) } else { (1, 4) };
        let found = judged.evidence(later, earlier).expect("they share most of their text");
        let (of_001, of_004) = match later {
            1 => (found.evidence.contained, found.evidence.containing),
            _ => (found.evidence.containing, found.evidence.contained),
        };
        assert!((0.75..=0.82).contains(&of_001), "{of_001} of 001 is in 004");
        assert!((0.62..=0.68).contains(&of_004), "{of_004} of 004 is in 001");
        assert!((389..=425).contains(&found.evidence.longest), "{}", found.evidence.longest);
    }
}

#[test]
fn have_their_agency_whoever_comes_first() {
    let Some(articles) = articles() else {
        return;
    };
    for judged in in_all_orders(&articles, COPIES) {
        check_agency_of(&judged, COPIES);
    }
}

/// Checks the lines of the binary on the seeds in this order.
#[track_caller]
fn check_binary(order: &[usize]) {
    let Some(run) = run(&["fold", "--json"], order) else {
        return;
    };
    let lines = run.code(0).lines();
    let first = lines[0].id.clone();
    let mut copies = Vec::new();
    for (line, number) in lines.iter().zip(order) {
        assert_eq!(id_of(&line.id), format!("00{number}"));
        assert_eq!(line.event, first, "one event at arrival, {}", line.id);
        if line.class == Class::Copy {
            copies.push((*number, id_of(&line.story).to_owned(), line.kind));
        } else {
            assert_eq!(line.story, line.id);
        }
    }
    let (second, story) = if order[0] == 0 { (4, "001") } else { (1, "004") };
    assert_eq!(copies, [(second, story.to_owned(), Some(CopyKind::Reprint))]);
}

#[test]
fn are_one_event_at_arrival_in_file_order_and_reversed() {
    check_binary(&[0, 1, 2, 3, 4]);
    check_binary(&[4, 3, 2, 1, 0]);
}

#[test]
fn final_tells_the_agency_of_a_copy_that_came_first() {
    let agency = |command: &[&str]| {
        let run = run(command, &[4, 1])?;
        Some(run.code(0).lines()[0].agency.as_ref().map(|agency| agency.name.clone()))
    };
    let Some(at_arrival) = agency(&["fold", "--json"]) else {
        return;
    };
    assert_eq!(at_arrival, None);
    assert_eq!(agency(&["fold", "--json", "--final"]).flatten().as_deref(), Some("AP"));
}

#[test]
fn compare_shows_the_sentence_that_was_moved_and_reworded() {
    let Some(run) = run(&["why"], &[1, 4]) else {
        return;
    };
    let run = run.code(0);
    for part in ["SAME STORY", "moved and reworded (sentence ", "longest verbatim run 389 words"] {
        assert!(run.out.contains(part), "{part}");
    }
}

#[test]
fn compare_calls_own_words_the_same_event() {
    for order in [[0, 3], [3, 0]] {
        let Some(run) = run(&["why"], &order) else {
            return;
        };
        let run = run.code(10);
        for part in ["SAME EVENT, two stories", "SHARED QUOTATION 1", "0 passages"] {
            assert!(run.out.contains(part), "{part}");
        }
    }
}
