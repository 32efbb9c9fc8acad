//! The README shows the real output of its commands.

use crate::program::wirefold;
use crate::tidy::tree;

/// The fenced block of the README that begins with `start`.
fn sample<'a>(readme: &'a str, start: &str) -> &'a str {
    let from = readme.find(start).expect("the README has the sample");
    readme[from..].split("```").next().expect("a split has a first part")
}

#[test]
fn the_sample_is_what_fold_prints() {
    let root = tree::root();
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let seeds = root.join("seeds/articles.jsonl");
    let printed =
        wirefold(&["fold", seeds.to_str().expect("the checkout's path is UTF-8")]).code(0);
    for line in sample(&readme, "78 articles").lines() {
        let is_printed = printed.out.lines().any(|other| other.trim_end() == line.trim_end());
        assert!(is_printed, "README.md shows a line that fold does not print: {line:?}");
    }
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
