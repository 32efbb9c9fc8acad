//! Checks that the pure crates have only a short, explicit list of dependencies: none that reads, waits, logs
//! or fails.

use std::collections::BTreeSet;

use super::graph::Graph;
use super::{Finding, assert_none, places_of};

/// The dependencies of a pure crate, direct and indirect, without other pure crates.
struct Pure {
    name: &'static str,
    own: &'static [&'static str],
    builds_on: Option<&'static Pure>,
}

/// The most crates in the shipped code of a pure crate, including itself. Dependencies of its macros count,
/// although they are not shipped.
const MOST_CRATES: usize = 16;

const OFF_THE_LIST: &str = "the pure crates know no I/O, clock or logging: do it in the caller, \
                            or extend the list in tests/tidy/crates/pure.rs and say why";

const TEXT: Pure = Pure {
    name: "wirefold-text",
    own: &[
        "rustc-hash",
        "tinyvec",
        "tinyvec_macros",
        "unicode-normalization",
        "unicode-segmentation",
    ],
    builds_on: None,
};

/// `aho-corasick` finds all phrases of notes in one pass, with `memchr`.
const CORRECTIONS: Pure = Pure {
    name: "wirefold-corrections",
    own: &["aho-corasick", "memchr", "rustc-hash"],
    builds_on: Some(&TEXT),
};

/// `serde` writes and reads the state of the detector.
const FOLD: Pure = Pure {
    name: "wirefold-fold",
    own: &[
        "proc-macro2", "quote", "rustc-hash", "serde", "serde_core", "serde_derive", "simhash",
        "siphasher", "syn", "unicode-ident",
    ],
    builds_on: Some(&TEXT),
};

/// `snowball_stemmers_rs` stems, and derives `serde` for the names of its algorithms.
const QUERY: Pure = Pure {
    name: "wirefold-query",
    own: &[
        "proc-macro2",
        "quote",
        "rustc-hash",
        "serde",
        "serde_core",
        "serde_derive",
        "snowball_stemmers_rs",
        "syn",
        "thiserror",
        "thiserror-impl",
        "unicode-ident",
        "unicode-normalization",
    ],
    builds_on: Some(&TEXT),
};

/// `flate2` unpacks the embedded model.
const LANGUAGE: Pure = Pure {
    name: "wirefold-language",
    own: &[
        "adler2",
        "cfg-if",
        "crc32fast",
        "flate2",
        "miniz_oxide",
        "simd-adler32",
        "tinyvec",
        "tinyvec_macros",
        "unicode-normalization",
    ],
    builds_on: None,
};

/// `flate2` unpacks the embedded model.
const NAMES: Pure = Pure {
    name: "wirefold-names",
    own: &["adler2", "cfg-if", "crc32fast", "flate2", "miniz_oxide", "simd-adler32"],
    builds_on: Some(&TEXT),
};

/// `csv-core` reads quoted columns. `serde_json`, which keeps the order of keys with `indexmap`, reads labels
/// in JSON.
const SCORE: Pure = Pure {
    name: "wirefold-score",
    own: &[
        "allocator-api2", "csv-core", "equivalent", "foldhash", "hashbrown", "indexmap", "itoa",
        "memchr", "serde_core", "serde_json", "zmij",
    ],
    builds_on: None,
};

impl Pure {
    fn allowed(&self) -> BTreeSet<&'static str> {
        let mut allowed = self.builds_on.map(Pure::allowed).unwrap_or_default();
        allowed.insert(self.name);
        allowed.extend(self.own);
        allowed
    }
}

/// Dependencies that are not on the list, each where it enters the graph. Its own dependencies are left out.
fn impurities(graph: &Graph, pure: &Pure) -> Vec<Finding> {
    let consists_of = graph.builds_on(pure.name);
    let allowed = pure.allowed();
    let mut findings = Vec::new();
    for user in consists_of.iter().filter(|name| allowed.contains(*name)) {
        for stranger in graph.crates.get(*user).into_iter().flat_map(|krate| &krate.normal) {
            if !allowed.contains(stranger.as_str()) {
                let what = format!("{} builds on {stranger}, by {user}", pure.name);
                findings.push(graph.finding(pure.name, stranger, what, OFF_THE_LIST));
            }
        }
    }
    if consists_of.len() > MOST_CRATES {
        let what = format!("{} consists of {} crates", pure.name, consists_of.len());
        let remedy = format!("keep it to {MOST_CRATES}, so that others can use it");
        findings.push(graph.finding(pure.name, "[dep", what, &remedy));
    }
    findings
}

#[test]
fn pure_crates_keep_to_their_list() {
    let graph = Graph::read();
    for pure in [&TEXT, &CORRECTIONS, &FOLD, &QUERY, &LANGUAGE, &NAMES, &SCORE] {
        assert!(graph.crates.contains_key(pure.name), "Cargo.toml:1: {} is gone", pure.name);
        assert_none(&impurities(&graph, pure));
    }
}

#[test]
fn finds_a_planted_impurity_behind_another_crate() {
    let graph = Graph::planted(&[
        ("wirefold-fold", "crates/fold", &["wirefold-text", "siphasher"]),
        ("wirefold-text", "crates/text", &["unicode-normalization"]),
        ("unicode-normalization", "", &["log"]),
        ("log", "", &[]),
    ]);
    assert_eq!(places_of(&impurities(&graph, &TEXT)), ["crates/text/Cargo.toml:1"]);
    assert_eq!(places_of(&impurities(&graph, &FOLD)), ["crates/fold/Cargo.toml:1"]);
}

#[test]
fn finds_a_planted_crowd() {
    let many: Vec<String> = (0..MOST_CRATES).map(|number| format!("tiny-{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let graph = Graph::planted(&[("wirefold-text", "crates/text", &many)]);
    let findings = impurities(&graph, &TEXT);
    assert_eq!(findings.len(), MOST_CRATES + 1, "each stranger, and their number");
}
