//! What stands in `deploy` names what there is: metrics of the catalogue, images under one tag.

use std::collections::BTreeSet;
use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The metrics of the catalogue, a histogram with its three series.
fn catalogue() -> BTreeSet<String> {
    let document = read("docs/metrics.md");
    let mut names = BTreeSet::new();
    for row in document.lines().filter_map(|line| line.strip_prefix("| `wirefold_")) {
        let name = format!("wirefold_{}", row.split('`').next().expect("a split has a first part"));
        if row.contains("| histogram |") {
            names.extend(["bucket", "count", "sum"].map(|of| format!("{name}_{of}")));
        }
        names.insert(name);
    }
    assert!(names.len() > 30, "docs/metrics.md is read otherwise: {names:?}");
    names
}

/// Words that look like metrics of ours in the expressions of a file.
fn named(expressions: &[String]) -> BTreeSet<String> {
    let is_other = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    let words = expressions.iter().flat_map(|text| text.split(is_other));
    words.filter(|word| word.starts_with("wirefold_")).map(str::to_owned).collect()
}

#[track_caller]
fn check_metrics(expressions: &[String], least: usize) {
    let named = named(expressions);
    let unknown: Vec<_> = named.difference(&catalogue()).cloned().collect();
    assert!(unknown.is_empty(), "docs/metrics.md has no {unknown:?}");
    assert!(named.len() >= least, "only {named:?}");
}

#[test]
fn alert_rules_name_metrics_that_there_are() {
    check_metrics(&[read("deploy/prometheus/rules.yml")], 8);
}

#[test]
fn the_dashboard_names_metrics_that_there_are() {
    let dashboard: serde_json::Value =
        serde_json::from_str(&read("deploy/grafana/dashboards/wirefold.json")).unwrap();
    let mut expressions = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        assert_eq!(panel["datasource"]["uid"], "wirefold-prometheus", "{panel}");
        for target in panel["targets"].as_array().unwrap() {
            expressions.push(target["expr"].as_str().unwrap().to_owned());
        }
    }
    check_metrics(&expressions, 15);
    let source = read("deploy/grafana/provisioning/datasources/prometheus.yml");
    assert!(source.contains("uid: wirefold-prometheus"));
}

#[test]
fn images_have_exact_tags_and_none_is_fetched_by_a_directive() {
    let dockerfile = read("deploy/Dockerfile");
    assert!(!dockerfile.contains("# syntax="), "a stand-in cannot serve a frontend");
    let compose = read("docker-compose.yml");
    let from = dockerfile.lines().filter_map(|line| line.strip_prefix("FROM "));
    let image = compose.lines().filter_map(|line| line.trim().strip_prefix("image: "));
    for name in from.chain(image).map(|line| line.split(' ').next().unwrap()) {
        let (_, tag) = name.split_once(':').unwrap_or_else(|| panic!("{name} has no tag"));
        assert!(!tag.contains("latest") && !name.contains('@'), "{name}");
        let is_ours = name == "wirefold:local";
        assert!(
            is_ours || tag.contains(|c: char| c.is_ascii_digit()) || tag.contains("slim"),
            "{name}"
        );
    }
}

#[test]
fn every_service_is_hardened_limited_and_looked_after() {
    let compose = read("docker-compose.yml");
    for (name, body) in blocks(&compose) {
        let inherits = ["<<: *hardened", "<<: *wirefold", "<<: *stage"];
        assert!(inherits.iter().any(|what| body.contains(what)), "{name} is not hardened");
        assert!(body.contains("mem_limit:") && body.contains("cpus:"), "{name} has no limits");
        let is_once = body.contains("restart: \"no\"");
        let is_asked = body.contains("healthcheck:") || body.contains("<<: *stage");
        assert!(is_once || is_asked, "{name} has no health check");
        for line in body.lines().filter(|line| line.trim().starts_with("ports:")) {
            assert!(line.contains("\"127.0.0.1:"), "{name} publishes beyond loopback: {line}");
        }
        assert!(!body.contains("container_name"), "{name} cannot be scaled");
    }
}

/// The services of a compose file with their lines.
fn blocks(compose: &str) -> Vec<(String, String)> {
    let services = compose.split("\nservices:\n").nth(1).unwrap_or_default();
    let mut blocks: Vec<(String, String)> = Vec::new();
    for line in services.lines().take_while(|line| !line.starts_with("networks:")) {
        let is_name = line.starts_with("  ") && !line.starts_with("   ") && line.ends_with(':');
        if is_name && !line.trim_start().starts_with('#') {
            blocks.push((line.trim().trim_end_matches(':').to_owned(), String::new()));
        } else if let Some((_, body)) = blocks.last_mut() {
            body.push_str(line);
            body.push('\n');
        }
    }
    assert!(blocks.len() >= 9, "the compose file is read otherwise: {blocks:?}");
    blocks
}
