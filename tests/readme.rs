//! The README shows the real output of its commands.

use std::collections::BTreeSet;

use crate::program::{Run, command, wirefold};
use crate::tidy::tree;

/// The sections whose commands tests run: this file, `pipeline::shown_demo` and `pipeline::shown_commands`.
const RUN: [&str; 3] = ["Try it", "Watch your own feeds", "Get alerts on your phone"];
/// Sections whose commands need Docker, or a build of many minutes. `cargo xtask compose-test` runs the same
/// containers.
const LEFT_OUT: [&str; 2] = ["Install it", "Run it in containers"];

/// The sections of the README with their fenced blocks.
fn sections(readme: &str) -> Vec<(&str, Vec<&str>)> {
    let sections = readme.split("\n## ").skip(1);
    sections
        .map(|section| {
            let heading = section.lines().next().unwrap_or_default();
            (heading, section.split("```").skip(1).step_by(2).collect())
        })
        .collect()
}

fn readme() -> String {
    std::fs::read_to_string(tree::root().join("README.md")).expect("the checkout has it")
}

#[test]
fn every_section_with_commands_is_run_or_left_out_for_a_reason() {
    let readme = readme();
    let with_blocks = sections(&readme).into_iter().filter(|(_, blocks)| !blocks.is_empty());
    let headings: BTreeSet<&str> = with_blocks.map(|(heading, _)| heading).collect();
    assert_eq!(headings, RUN.into_iter().chain(LEFT_OUT).collect());
}

#[test]
fn the_sample_is_what_fold_prints() {
    let readme = readme();
    let [(_, blocks), ..] = &sections(&readme)[..] else { panic!("no section") };
    let shown = blocks[0].trim().strip_prefix("cargo run --release -- ");
    let arguments: Vec<&str> = shown.expect("the first command is shown").split(' ').collect();
    let mut fold = command(&arguments);
    fold.current_dir(tree::root());
    let printed = Run::of(fold).code(0);
    let trimmed =
        |text: &str| text.trim().lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    assert_eq!(trimmed(blocks[1]), trimmed(&printed.out));
}

#[test]
fn fold_shows_one_event_where_a_list_would_fill_the_screen() {
    let seeds = tree::root().join("seeds/articles.jsonl");
    let seeds = seeds.to_str().expect("the checkout's path is UTF-8");
    let events = |out: &str| out.lines().filter(|line| line.starts_with("EVENT")).count();
    let printed = wirefold(&["fold", seeds]).code(0).out;
    assert_eq!(events(&printed), 1, "{printed}");
    assert!(printed.contains("reprint ·") && printed.contains("AP ("), "{printed}");
    assert_eq!(printed.lines().last(), Some("29 more events: -v"));
    let all = wirefold(&["fold", "-v", seeds]).code(0).out;
    assert!(events(&all) > 5 && !all.contains("more events"), "{all}");
}
