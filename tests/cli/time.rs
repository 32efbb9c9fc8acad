//! Stream time: the larger of a line's `published` and the time of the previous line; zero at first.

use serde_json::json;
use wirefold_proto::Class;

use super::{STORM, article, article_with};
use crate::program::{Run, fold_lines};
use crate::seeds::articles::articles;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
/// A day in March 2026, at midnight.
const START: i64 = 1_772_496_000;

fn at(id: &str, text: &str, published: i64) -> String {
    article_with(id, text, json!({"published": published}))
}

/// An article that advances stream time.
fn tick(published: i64) -> String {
    at("tick", "Nothing to report.", published)
}

/// Whether `copy` folds with `first`, which means that the seven-day window still contains it.
#[track_caller]
fn check_remembered(lines: &[String], is_remembered: bool) {
    let run = fold_lines(&lines.concat(), &["-q"]).code(0);
    let story = if is_remembered { "first" } else { "copy" };
    assert_eq!(run.line("copy").story, story, "{}", run.out);
}

#[test]
fn the_window_is_seven_days() {
    let copy_after = |time| [at("first", STORM, START), at("copy", STORM, START + time)];
    check_remembered(&copy_after(6 * DAY), true);
    check_remembered(&copy_after(8 * DAY), false);
}

#[test]
fn an_earlier_time_does_not_turn_it_back() {
    // A late article has the time of its arrival and stays for seven days from there.
    let late = [tick(START), at("first", STORM, START - 30 * DAY), tick(START + 6 * DAY)];
    check_remembered(&[&late[..], &[at("copy", STORM, START)]].concat(), true);
    // An article that has left the window does not come back.
    let later = || tick(START + 8 * DAY);
    let gone = [at("first", STORM, START), later(), later(), later(), at("copy", STORM, START)];
    check_remembered(&gone, false);
}

#[test]
fn no_time_is_that_of_the_line_before() {
    let copy_after = |time| [tick(START), article("first", STORM), at("copy", STORM, START + time)];
    check_remembered(&copy_after(6 * DAY), true);
    check_remembered(&copy_after(8 * DAY), false);
}

#[test]
fn no_time_at_first_is_zero_and_not_now() {
    let copy_at = |time| [article("first", STORM), at("copy", STORM, time)];
    check_remembered(&copy_at(6 * DAY), true);
    check_remembered(&copy_at(8 * DAY), false);
    check_remembered(&[article("first", STORM), article("copy", STORM)], true);
}

fn text_of(id: &str) -> String {
    let article = articles().into_iter().find(|article| article.id == id);
    article.expect("the fixtures have it").text
}

/// Two separately written articles on one happening, which quote the same, with these times.
fn two_of_one_happening(first: i64, second: i64) -> Run {
    let quoting =
        |id| format!("“We keep the gates shut until the tide turns,” she said.\n\n{}", text_of(id));
    let first = at("first", &quoting("ferry-04"), first);
    let lines = first + &at("second", &quoting("ferry-03"), second);
    fold_lines(&lines, &[])
}

#[track_caller]
fn check_joins(first: i64, second: i64, joins: bool) {
    let run = two_of_one_happening(first, second).code(0);
    let line = run.line("second");
    let expected = if joins { (Class::Related, "first") } else { (Class::New, "second") };
    assert_eq!((line.class, line.event.as_str()), expected, "{} s", second - first);
    assert_eq!(line.story, "second");
}

#[test]
fn an_event_takes_what_is_near_in_time() {
    check_joins(START, START + 3 * HOUR, true);
    check_joins(START + 3 * HOUR, START, true);
    check_joins(START, START + 25 * HOUR, true);
    check_joins(START, START + 73 * HOUR, false);
    check_joins(START, START + 5 * DAY, false);
    check_joins(START, START + 10 * DAY, false);
}

#[test]
fn a_line_without_time_has_that_of_the_line_before() {
    let first = at("first", &text_of("ferry-04"), START);
    let run = fold_lines(&(first + &article("second", &text_of("ferry-03"))), &[]).code(0);
    assert_eq!(run.line("second").event, "first");
}

#[test]
fn event_bounds_go_by_what_is_published_not_by_arrival() {
    // Both arrive within the window; the second says that it is ten days older.
    check_joins(START, START - 10 * DAY, false);
    check_joins(START, START - 73 * HOUR, false);
}

#[test]
fn times_of_any_size_are_judged() {
    let times = [i64::MIN, i64::MIN + 1, -1, 0, START, i64::MAX - 1, i64::MAX];
    for first in times {
        for second in times {
            let run = two_of_one_happening(first, second);
            assert_eq!(run.ids(), ["first", "second"], "{first} {second}");
        }
    }
}

/// Unrelated lines with this time of publication.
fn others(count: usize, published: i64) -> String {
    (0..count)
        .map(|number| at(&format!("other-{number}"), "Nothing to report.", published))
        .collect()
}

#[test]
fn one_absurd_date_does_not_empty_the_window() {
    for ahead in [9, 400, 4000] {
        let absurd = at("absurd", "Of another time.", START + ahead * DAY);
        let lines = [at("first", STORM, START), others(3, START), absurd, at("copy", STORM, START)];
        check_remembered(&lines, true);
    }
    let absurd = at("absurd", "Of another time.", START + 400 * DAY);
    let lines = [others(3, START), absurd, others(1, START)].concat();
    let said = fold_lines(&lines, &[]).code(0).err;
    let expected =
        "\"published\" is 400 days ahead of the articles before it: the window continues";
    assert!(said.contains(expected), "{said}");
    // Stream time advances if later articles agree.
    let gone = [at("first", STORM, START), others(3, START), others(3, START + 9 * DAY)];
    check_remembered(&[&gone[..], &[at("copy", STORM, START + 9 * DAY)]].concat(), false);
}

#[test]
fn a_copy_with_an_absurd_date_folds_and_so_does_the_next() {
    for absurd in [START + 4000 * DAY, 0, -DAY] {
        let copies = [("first", START), ("absurd", absurd), ("copy", START + HOUR)];
        let copies = copies.map(|(id, time)| at(id, STORM, time)).concat();
        let run = fold_lines(&(others(3, START) + &copies), &["-q"]).code(0);
        assert_eq!(run.ids().len(), 6);
        assert_eq!([&run.line("absurd").story, &run.line("copy").story], ["first", "first"]);
    }
}
