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

/// Members without a rule may use all others: the binary and xtask.
const WALLS: [Wall; 16] = [
    Wall {
        folder: "services",
        may_know: &[
            "wirefold-address",
            "wirefold-corrections",
            "wirefold-dedup",
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
    wall("crates/feed", &[], "feed is pure and stands alone"),
    wall("crates/language", &[], "language is pure and stands alone"),
    wall("crates/names", &["wirefold-text"], "names is pure and knows only text"),
    wall("crates/text", &[], "text is pure and stands alone"),
    wall("crates/corrections", &["wirefold-text"], "corrections is pure and knows only text"),
    wall("crates/dedup", &["wirefold-text"], "dedup is pure and knows only text"),
    wall("crates/query", &["wirefold-text"], "query is pure and knows only text"),
    wall("crates/score", &[], "score is pure and stands alone: articles are numbers to it"),
    wall("proto", &[], "the contract stands alone, so that others can use it"),
];

const fn wall(folder: &'static str, may_know: &'static [&'static str], why: &'static str) -> Wall {
    Wall { folder, may_know, never: &[], why }
}

fn breaches(graph: &Graph) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, folder, krate) in graph.members() {
        let stands_under = |wall: &&Wall| {
            folder
                .strip_prefix(wall.folder)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        for wall in WALLS.iter().filter(stands_under) {
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
fn finds_planted_breaches() {
    let graph = Graph::planted(&[
        ("wirefold", "crates/wirefold", &["wirefold-detector", "wirefold-flow-nats", "clap"]),
        ("wirefold-detector", "services/detector", &["wirefold-flow", "wirefold-dedup", "serde"]),
        ("wirefold-alerter", "services/alerter", &["wirefold-detector", "wirefold-flow"]),
        ("wirefold-gateway", "services/gateway", &["wirefold-flow-nats", "clap"]),
        ("wirefold-flow", "crates/flow", &["wirefold-proto"]),
        ("wirefold-flow-nats", "crates/flow-nats", &["wirefold-flow"]),
        ("wirefold-dedup", "crates/dedup", &["wirefold-proto"]),
        ("wirefold-proto", "proto", &["serde"]),
    ]);
    let expected = [
        "services/alerter/Cargo.toml",
        "crates/dedup/Cargo.toml",
        "crates/flow/Cargo.toml",
        "services/gateway/Cargo.toml",
        "services/gateway/Cargo.toml",
    ];
    let findings = breaches(&graph);
    let places: Vec<String> = findings.iter().map(|finding| finding.path.clone()).collect();
    assert_eq!(places, expected, "{:?}", places_of(&findings));
}
