//! Dead letters over NATS: listed, shown and replayed through the gateway.

use serde_json::Value;
use wirefold_proto::streams::{DEAD, FETCHED};

use super::over::NatsPipeline;
use crate::pipeline::killed::folder;
use crate::pipeline::targets::Target;
use crate::program::Folder;

fn objects(folder: &Folder, arguments: &[&str]) -> Vec<Value> {
    let printed = folder.run(arguments).code(0).out;
    printed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn a_dead_letter_is_listed_shown_and_tried_again() {
    let target = Target::open();
    let folder = folder(&target, "", "15m");
    let over = NatsPipeline::start(&folder);
    over.publish("wirefold.v1.article.fetched.odd", "odd", "no article");
    over.until(&DEAD, ">", 1);
    let listed = objects(&folder, &["dead", "ls", "--json"]);
    assert_eq!(listed.len(), 1, "{listed:?}");
    let letter = &listed[0]["letter"];
    assert_eq!((&letter["stage"], &letter["stream"]), (&"enricher".into(), &FETCHED.name.into()));
    let shown = folder.run(&["dead", "show", "1"]).code(0).out;
    assert!(shown.contains("no article"), "{shown}");

    folder.run(&["dead", "replay", "1"]).code(0);
    over.until(&DEAD, ">", 2);
    let kept = over.kept();
    let ids: Vec<&str> = kept.fetched.iter().map(|stored| stored.id.as_str()).collect();
    assert_eq!(ids, ["odd", "dead-1"], "it was put back under an id of its own");
    assert_eq!(over.up.terminate().code, Some(0));
    let alone = folder.run(&["dead", "ls"]).code(4);
    assert!(alone.err.contains("wirefold up --nats"), "{}", alone.err);
}
