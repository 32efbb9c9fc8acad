//! Checks the dependencies between the crates of the workspace.

use super::graph::Graph;
use super::{Finding, assert_none, places_of};

struct Wall {
    /// The folder of a member or of several members.
    folder: &'static str,
    /// The members that its shipped code may use.
    may_know: &'static [&'static str],
    /// External crates that it may not use.
    never: &'static [&'static str],
    why: &'static str,
}

/// The binary joins all other members, and xtask measures them. Every other member needs a rule in [`WALLS`].
const WITHOUT_RULE: [&str; 2] = [BINARY, "xtask"];
/// The only folder under `crates/` that may depend on services: see docs/adr/0017-one-binary-crate.md.
const BINARY: &str = "crates/wirefold";

const WALLS: [Wall; 16] = [
    Wall {
        folder: "services",
        may_know: &[
            "wirefold-address",
            "wirefold-corrections",
            "wirefold-fold",
            "wirefold-envelope",
            "wirefold-feed",
            "wirefold-flow",
            "wirefold-http-client",
            "wirefold-language",
            "wirefold-names",
            "wirefold-proto",
            "wirefold-query",
            "wirefold-text",
        ],
        never: &["clap", "figment"],
        why: "a service knows flow, proto, envelope, the HTTP client and the pure crates: never another service, a bus, the \
              command line or the environment",
    },
    wall(
        "crates/envelope",
        &["wirefold-flow", "wirefold-proto"],
        "the envelope joins flow and proto and nothing else",
    ),
    wall("crates/http-client", &[], "the HTTP client knows addresses and nothing of ours"),
    wall("crates/flow", &[], "flow knows no articles"),
    wall("crates/flow-nats", &["wirefold-flow"], "a bus knows only the seam"),
    wall("crates/flow-sqlite", &["wirefold-flow"], "a bus knows only the seam"),
    wall(
        "crates/address",
        &["wirefold-feed", "wirefold-proto", "wirefold-text"],
        "address is pure: it gives what comes in its identity by the contract",
    ),
    wall(
        "crates/feed",
        &["wirefold-proto", "wirefold-text"],
        "feed is pure: it reads feeds into the types of the contract",
    ),
    wall("crates/language", &[], "language is pure and stands alone"),
    wall("crates/names", &["wirefold-text"], "names is pure and knows only text"),
    wall("crates/text", &[], "text is pure and stands alone"),
    wall("crates/corrections", &["wirefold-text"], "corrections is pure and knows only text"),
    wall("crates/fold", &["wirefold-text"], "fold is pure and knows only text"),
    wall("crates/query", &["wirefold-text"], "query is pure and knows only text"),
    wall("crates/score", &[], "score is pure and stands alone: articles are numbers to it"),
    wall("proto", &[], "the contract stands alone, so that others can use it"),
];

const fn wall(folder: &'static str, may_know: &'static [&'static str], why: &'static str) -> Wall {
    Wall { folder, may_know, never: &[], why }
}

/// Whether a folder is this one or below it.
fn is_below(folder: &str, above: &str) -> bool {
    folder.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The members for which there is no rule.
fn without_rule(graph: &Graph) -> Vec<Finding> {
    let has_rule = |folder: &str| {
        WITHOUT_RULE.contains(&folder) || WALLS.iter().any(|wall| is_below(folder, wall.folder))
    };
    let members = graph.members().filter(|(_, folder, _)| !has_rule(folder));
    let remedy = "say in tests/tidy/crates/walls.rs what it may know, and why it is a crate";
    members
        .map(|(name, folder, _)| {
            Finding::new(format!("{folder}/Cargo.toml"), 1, format!("{name} has no rule"), remedy)
        })
        .collect()
}

/// The dependencies of libraries on services or the binary, also for tests.
fn arrows_up(graph: &Graph) -> Vec<Finding> {
    let above: Vec<&str> = graph
        .members()
        .filter(|(_, folder, _)| is_below(folder, "services") || *folder == BINARY)
        .map(|(name, ..)| name)
        .collect();
    let is_library =
        |folder: &str| !is_below(folder, "services") && !WITHOUT_RULE.contains(&folder);
    let mut findings = Vec::new();
    for (name, _, krate) in graph.members().filter(|(_, folder, _)| is_library(folder)) {
        let used = krate.normal.iter().chain(&krate.other);
        for known in used.filter(|known| above.contains(&known.as_str())) {
            let remedy = "a library knows no service: move what both need below both";
            findings.push(graph.finding(name, known, format!("{name} depends on {known}"), remedy));
        }
    }
    findings
}

fn breaches(graph: &Graph) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, folder, krate) in graph.members() {
        for wall in WALLS.iter().filter(|wall| is_below(folder, wall.folder)) {
            let is_member = |known: &str| graph.members().any(|(member, ..)| member == known);
            let breach = |known: &&String| {
                let stranger = is_member(known) && !wall.may_know.contains(&known.as_str());
                stranger || wall.never.contains(&known.as_str())
            };
            for known in krate.normal.iter().filter(breach) {
                let what = format!("{name} knows {known}");
                findings.push(graph.finding(name, known, what, wall.why));
            }
        }
    }
    findings
}

#[test]
fn crates_keep_to_their_side() {
    assert_none(&breaches(&Graph::read()));
}

#[test]
fn every_member_has_a_rule() {
    assert_none(&without_rule(&Graph::read()));
}

#[test]
fn no_library_depends_on_a_service_or_the_binary() {
    assert_none(&arrows_up(&Graph::read()));
}

#[test]
fn finds_a_planted_member_without_a_rule_and_planted_arrows_up() {
    let graph = Graph::planted(&[
        ("wirefold", BINARY, &["wirefold-detector", "wirefold-rewind"]),
        ("wirefold-detector", "services/detector", &["wirefold-fold"]),
        ("wirefold-fold", "crates/fold", &["wirefold"]),
        ("wirefold-rewind", "crates/rewind", &["wirefold-detector", "serde"]),
        ("wirefold-wirefold", "crates/wirefold-more", &[]),
        ("xtask", "xtask", &["wirefold-detector"]),
    ]);
    let unruled = ["crates/rewind/Cargo.toml:1", "crates/wirefold-more/Cargo.toml:1"];
    assert_eq!(places_of(&without_rule(&graph)), unruled);
    let arrows = ["crates/fold/Cargo.toml:1", "crates/rewind/Cargo.toml:1"];
    assert_eq!(places_of(&arrows_up(&graph)), arrows);
}

#[test]
fn finds_planted_breaches() {
    let graph = Graph::planted(&[
        ("wirefold", "crates/wirefold", &["wirefold-detector", "wirefold-flow-nats", "clap"]),
        ("wirefold-detector", "services/detector", &["wirefold-flow", "wirefold-fold", "serde"]),
        ("wirefold-alerter", "services/alerter", &["wirefold-detector", "wirefold-flow"]),
        ("wirefold-gateway", "services/gateway", &["wirefold-flow-nats", "clap"]),
        ("wirefold-flow", "crates/flow", &["wirefold-proto"]),
        ("wirefold-flow-nats", "crates/flow-nats", &["wirefold-flow"]),
        ("wirefold-fold", "crates/fold", &["wirefold-proto"]),
        ("wirefold-proto", "proto", &["serde"]),
    ]);
    let expected = [
        "services/alerter/Cargo.toml",
        "crates/flow/Cargo.toml",
        "crates/fold/Cargo.toml",
        "services/gateway/Cargo.toml",
        "services/gateway/Cargo.toml",
    ];
    let findings = breaches(&graph);
    let places: Vec<String> = findings.iter().map(|finding| finding.path.clone()).collect();
    assert_eq!(places, expected, "{:?}", places_of(&findings));
}
