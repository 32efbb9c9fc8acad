//! The table of findings in docs/health.md.

use serde_json::Value;
use wirefold_proto::FeedFinding;

use crate::{check_generated, folder, read};

const BEGIN: &str = "<!-- findings: begin -->";
const END: &str = "<!-- findings: end -->";

#[test]
fn the_page_about_health_lists_every_finding_about_a_feed() {
    let path = folder("../docs/health.md");
    let page = read(&path);
    let (before, rest) = page.split_once(BEGIN).expect("the page has a place for the table");
    let (_, after) = rest.split_once(END).expect("the place ends");
    check_generated(&path, &format!("{before}{BEGIN}\n{}{END}{after}", table()));
}

fn table() -> String {
    let schema = schemars::schema_for!(FeedFinding).to_value();
    let variants = schema["oneOf"].as_array().expect("each variant is described");
    let rows = variants.iter().map(row).collect::<String>();
    format!("| finding | means | what wirefold says |\n|---|---|---|\n{rows}")
}

fn row(variant: &Value) -> String {
    let finding: FeedFinding = serde_json::from_value(variant["const"].clone()).expect("its name");
    let name = finding.name();
    assert_eq!(variant["const"].as_str(), Some(name.as_str()));
    let meaning = variant["description"].as_str().expect("a description");
    // The names of an earlier version are not needed here.
    let meaning = meaning.split(" Version 1").next().unwrap_or(meaning).replace('\n', " ");
    format!("| `{name}` | {meaning} | {} |\n", finding.describe())
}
