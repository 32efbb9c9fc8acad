//! `scripts.jsonl` and `scripts.tsv`: copies, separately written texts and unrelated ones in several scripts.

use std::collections::BTreeMap;

use super::text_of;
use crate::program::wirefold;

/// The story of each id in the labels, named by its first id in the file.
fn labelled() -> BTreeMap<String, String> {
    let file = text_of("scripts.tsv");
    let mut lines = file.lines();
    assert_eq!(lines.next(), Some("id\tstory\tevent\tkind"));
    let mut firsts: BTreeMap<String, String> = BTreeMap::new();
    let mut stories = BTreeMap::new();
    for line in lines {
        let fields: Vec<&str> = line.split('\t').collect();
        let [id, story, ..] = fields.as_slice() else { panic!("{line}") };
        let first = firsts.entry((*story).to_owned()).or_insert_with(|| (*id).to_owned());
        stories.insert((*id).to_owned(), first.clone());
    }
    stories
}

#[test]
fn copies_fold_and_nothing_else_in_every_script() {
    let run = wirefold(&["fold", "--json", "../../seeds/scripts.jsonl"]).code(0);
    let found: BTreeMap<String, String> =
        run.lines().into_iter().map(|line| (line.id, line.story)).collect();
    assert_eq!(found, labelled());
    assert!(found.len() >= 30, "{}", found.len());
}
