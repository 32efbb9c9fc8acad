//! Checks the bans of deny.toml: crates on which no crate may depend, or only their wrappers.

use toml::{Table, Value};

use super::graph::Graph;
use super::{Finding, assert_none, line_where, places_of, real_tree};

const LIST: &str = "deny.toml";

#[derive(Debug)]
struct Ban {
    name: String,
    /// The only crates that may depend on it. If empty, it may not be in the lock file at all.
    wrappers: Vec<String>,
    reason: String,
}

fn bans(deny: &str) -> Vec<Ban> {
    let deny: Table = deny.parse().expect("deny.toml is TOML");
    let list = deny.get("bans").and_then(|bans| bans.get("deny")).and_then(Value::as_array);
    let text =
        |ban: &Value, key| ban.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let to_ban = |ban: &Value| {
        let wrappers = ban.get("wrappers").and_then(Value::as_array).into_iter().flatten();
        let wrappers = wrappers.filter_map(Value::as_str).map(str::to_owned).collect();
        Ban { name: text(ban, "crate"), wrappers, reason: text(ban, "reason") }
    };
    list.into_iter().flatten().map(to_ban).collect()
}

/// Crates that depend on a banned one without being its wrapper.
fn unwrapped(graph: &Graph, bans: &[Ban]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for ban in bans {
        let uses = |(_, krate): &(&String, &super::graph::Crate)| {
            krate.normal.contains(&ban.name) || krate.other.contains(&ban.name)
        };
        for (user, _) in graph.crates.iter().filter(uses) {
            if !ban.wrappers.contains(user) {
                let what = format!("{user} depends on {}, which {LIST} bans", ban.name);
                findings.push(graph.finding(user, &ban.name, what, &ban.reason));
            }
        }
    }
    findings
}

/// Crates without wrappers that are in the lock file, which covers every platform.
fn locked(lock: &str, bans: &[Ban]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for ban in bans.iter().filter(|ban| ban.wrappers.is_empty()) {
        let named = format!("name = \"{}\"", ban.name);
        if lock.lines().any(|line| line == named) {
            let line = line_where(lock, |line| line == named);
            let what = format!("{} is in the graph of some platform", ban.name);
            findings.push(Finding::new("Cargo.lock", line, what, &ban.reason));
        }
    }
    findings
}

fn text_of(path: &str) -> String {
    let file = real_tree().files.into_iter().find(|file| file.path == path);
    file.unwrap_or_else(|| panic!("{path} is gone")).text
}

#[test]
fn banned_crates_stay_with_their_wrappers() {
    let bans = bans(&text_of(LIST));
    assert!(!bans.is_empty(), "{LIST}:1: no [[bans.deny]]");
    assert!(bans.iter().all(|ban| !ban.name.is_empty()), "{LIST}: `crate` names a banned crate");
    let mut findings = unwrapped(&Graph::read(), &bans);
    findings.extend(locked(&text_of("Cargo.lock"), &bans));
    assert_none(&findings);
}

const PLANTED: &str = "\
[[bans.deny]]\n\
crate = \"reqwest\"\n\
wrappers = [\"wirefold-fetcher\"]\n\
reason = \"one guard\"\n\
[[bans.deny]]\n\
crate = \"openssl-sys\"\n";

#[test]
fn finds_a_planted_banned_dependency() {
    let graph = Graph::planted(&[
        ("wirefold-fetcher", "services/fetcher", &["reqwest"]),
        ("wirefold-gateway", "services/gateway", &["reqwest"]),
        ("curl", "", &["openssl-sys"]),
    ]);
    let findings = unwrapped(&graph, &bans(PLANTED));
    assert_eq!(places_of(&findings), ["services/gateway/Cargo.toml:1", "Cargo.lock:1"]);
    assert_eq!(findings[0].remedy, "one guard");
}

#[test]
fn finds_a_planted_banned_crate_in_the_lock_file() {
    let lock = "[[package]]\nname = \"openssl-sys\"\n[[package]]\nname = \"reqwest\"\n";
    assert_eq!(places_of(&locked(lock, &bans(PLANTED))), ["Cargo.lock:2"]);
}
