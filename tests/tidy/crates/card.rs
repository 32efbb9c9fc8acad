//! Checks which libraries the project uses, and where a user finds things.
//!
//! Four crates are normal dependencies (of what ships, not of tests or build scripts) that a service reaches:
//! it names the crate itself, or builds on a crate of the workspace that does. simhash, the method that users may
//! compare ours with, is reached by the binary. The sixth, async-nats, must be reached by no service: each names
//! the seam `wirefold-flow` and runs over any bus. It is reached from the binary that ships, through a crate that
//! builds on the same seam.

use super::graph::{Crate, Graph};
use super::{Finding, assert_none, places_of, real_tree};
use crate::tidy::planted;
use crate::tidy::tree::Tree;

/// Crates that a service must use.
const REACHED: [&str; 4] = ["metrics", "reqwest", "serde_json", "tokio"];
/// A crate that the binary must use.
const METHOD: &str = "simhash";
const BROKER: &str = "async-nats";
const SEAM: &str = "wirefold-flow";
const BINARY: &str = "wirefold";
const SERVICES: &str = "services/";
/// Files and folders at the top that users expect.
const TOP: [&str; 6] =
    ["Cargo.toml", "deploy/", "docker-compose.yml", "proto/", "seeds/", "services/"];

fn services(graph: &Graph) -> Vec<(&str, &Crate)> {
    let is_service = |(name, folder, krate)| {
        let folder: &str = folder;
        folder.starts_with(SERVICES).then_some((name, krate))
    };
    graph.members().filter_map(is_service).collect()
}

fn unreached(graph: &Graph) -> Vec<Finding> {
    let reached = |wanted: &str| {
        services(graph).iter().any(|(service, _)| graph.builds_on(service).contains(wanted))
    };
    let lacking = REACHED.iter().filter(|wanted| !reached(wanted));
    let told = lacking.map(|wanted| {
        let remedy = "a service is to use it in what ships, itself or through a crate of ours";
        Finding::new("Cargo.toml", 1, format!("no service reaches {wanted}"), remedy)
    });
    let mut told: Vec<Finding> = told.collect();
    if !graph.builds_on(BINARY).contains(METHOD) {
        let remedy = "its users are to compare the detector with that method";
        told.push(graph.finding(
            BINARY,
            METHOD,
            format!("{BINARY} does not reach {METHOD}"),
            remedy,
        ));
    }
    told
}

fn beside_the_seam(graph: &Graph) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (service, krate) in services(graph) {
        if !krate.normal.contains(SEAM) {
            let remedy =
                "a service takes its messages from the seam, which any bus can stand behind";
            findings.push(graph.finding(service, SEAM, format!("{service} lacks {SEAM}"), remedy));
        }
        if graph.builds_on(service).contains(BROKER) {
            let remedy = "a service knows the bus only through the seam";
            let what = format!("{service} reaches {BROKER}");
            findings.push(graph.finding(service, BROKER, what, remedy));
        }
    }
    let shipped = graph.builds_on(BINARY);
    let mut wrappers = graph.members().filter(|(_, _, krate)| krate.normal.contains(BROKER));
    if !wrappers.any(|(name, _, krate)| shipped.contains(name) && krate.normal.contains(SEAM)) {
        let remedy = "the binary is to have a bus over it, behind the seam";
        let what = format!("{BINARY} does not reach {BROKER} through {SEAM}");
        findings.push(graph.finding(BINARY, BROKER, what, remedy));
    }
    findings
}

fn missing_at_the_top(tree: &Tree) -> Vec<Finding> {
    let is_there = |name: &&&str| {
        tree.files.iter().any(|file| match name.ends_with('/') {
            true => file.path.starts_with(**name),
            false => file.path == **name,
        })
    };
    let missing = TOP.iter().filter(|name| !is_there(name));
    let told = missing.map(|name| {
        Finding::new(*name, 1, "it is gone", "users and documents look for it at the top")
    });
    told.collect()
}

#[test]
fn services_reach_what_the_project_is_built_with() {
    let graph = Graph::read();
    assert_eq!(services(&graph).len(), 5, "services are those below {SERVICES}");
    assert_none(&unreached(&graph));
    assert_none(&beside_the_seam(&graph));
}

#[test]
fn the_top_has_the_names_that_users_know() {
    assert_none(&missing_at_the_top(&real_tree()));
}

#[test]
fn finds_what_is_planted_out_of_reach() {
    let graph = Graph::planted(&[
        ("wirefold", "crates/wirefold", &["wirefold-fetcher", "metrics", "async-nats"]),
        ("wirefold-fetcher", "services/fetcher", &["wirefold-flow", "wirefold-http-client"]),
        ("wirefold-alerter", "services/alerter", &["async-nats"]),
        ("wirefold-http-client", "crates/http-client", &["reqwest"]),
        ("wirefold-flow", "crates/flow", &["tokio", "serde_json"]),
    ]);
    let what: Vec<String> = unreached(&graph).into_iter().map(|found| found.what).collect();
    assert_eq!(what, ["no service reaches metrics", "wirefold does not reach simhash"]);
    let findings = beside_the_seam(&graph);
    let expected = [
        "services/alerter/Cargo.toml:1",
        "services/alerter/Cargo.toml:1",
        "crates/wirefold/Cargo.toml:1",
    ];
    assert_eq!(places_of(&findings), expected, "{findings:?}");
}

#[test]
fn finds_what_is_planted_to_be_gone() {
    let tree = planted(&[
        ("Cargo.toml", ""),
        ("crates/deploy/a.rs", ""),
        ("proto/a.rs", ""),
        ("seeds/a.jsonl", ""),
        ("services/a/Cargo.toml", ""),
        ("docker-compose.yml", ""),
    ]);
    assert_eq!(places_of(&missing_at_the_top(&tree)), ["deploy/:1"]);
}
