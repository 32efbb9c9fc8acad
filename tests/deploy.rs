//! Files in `deploy` only name things that exist: metrics of the catalogue, images under one tag.

use std::collections::BTreeSet;
use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The metrics of the catalogue. A histogram has three series.
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

/// Words in the expressions of a file that look like wirefold's metrics.
fn find_metric_names(expressions: &[String]) -> BTreeSet<String> {
    let is_other = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    let words = expressions.iter().flat_map(|text| text.split(is_other));
    words.filter(|word| word.starts_with("wirefold_")).map(str::to_owned).collect()
}

#[track_caller]
fn check_metrics(expressions: &[String], least: usize) {
    let named = find_metric_names(expressions);
    let unknown: Vec<_> = named.difference(&catalogue()).cloned().collect();
    assert!(unknown.is_empty(), "docs/metrics.md has no {unknown:?}");
    assert!(named.len() >= least, "only {named:?}");
}

#[test]
fn alert_rules_name_metrics_that_there_are() {
    check_metrics(&[read("deploy/prometheus/rules.yml")], 8);
}

#[test]
fn every_alert_has_a_test() {
    let (rules, tests) =
        (read("deploy/prometheus/rules.yml"), read("deploy/prometheus/rules.test.yml"));
    let names: Vec<_> =
        rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(names.len() > 9, "{names:?}");
    for name in names {
        assert!(tests.contains(&format!("alertname: {name}\n        exp_alerts:")), "{name}");
    }
}

#[test]
fn prometheus_asks_services_that_there_are() {
    let (asked, compose) = (read("deploy/prometheus/prometheus.yml"), read("docker-compose.yml"));
    let stages = blocks(&compose).into_iter().filter(|(_, body)| body.contains("<<: *stage"));
    let stages: Vec<_> = stages.map(|(name, _)| name).collect();
    assert_eq!(stages.len(), 6, "{stages:?}");
    let (_, named) = asked.split_once("- names: [").expect("it resolves names");
    let (named, _) = named.split_once(']').expect("a list ends");
    for stage in stages {
        let by_name = asked.contains(&format!("{stage}:9787"));
        let as_many = named.split(", ").any(|name| name == stage) && asked.contains("port: 9787");
        assert!(by_name != as_many, "{stage} is asked once");
    }
    assert!(compose.contains("WIREFOLD_OPERATIONS__LISTEN: 0.0.0.0:9787"));
}

#[test]
fn the_dashboard_names_metrics_that_there_are() {
    let expressions: Vec<_> = panels()
        .iter()
        .flat_map(|panel| panel["targets"].as_array().unwrap().clone())
        .map(|target| target["expr"].as_str().unwrap().to_owned())
        .collect();
    check_metrics(&expressions, 15);
}

/// Mistakes that Grafana would refuse or draw wrongly. No Grafana runs here.
#[test]
fn the_dashboard_is_one_that_loads() {
    let mut ids = BTreeSet::new();
    let mut taken = BTreeSet::new();
    for panel in panels() {
        let title = panel["title"].as_str().unwrap();
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{title}: an id twice");
        assert!(["stat", "timeseries"].contains(&panel["type"].as_str().unwrap()), "{title}");
        let [x, y, w, h] =
            ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().unwrap());
        assert!(w > 0 && h > 0 && x + w <= 24, "{title} is beyond the 24 columns");
        for cell in (x..x + w).flat_map(|column| (y..y + h).map(move |row| (column, row))) {
            assert!(taken.insert(cell), "{title} covers another panel");
        }
        let targets = panel["targets"].as_array().unwrap();
        let letters: BTreeSet<_> = targets.iter().map(|it| it["refId"].as_str().unwrap()).collect();
        assert_eq!(letters.len(), targets.len(), "{title}: a refId twice");
        for of in targets.iter().chain([&panel]) {
            assert_eq!(of["datasource"]["type"], "prometheus", "{title}");
            assert_eq!(of["datasource"]["uid"], "wirefold-prometheus", "{title}");
        }
    }
    let dashboard = dashboard();
    assert_eq!(dashboard["uid"], "wirefold");
    assert!(dashboard.get("id").is_none_or(serde_json::Value::is_null), "Grafana gives the id");
}

#[test]
fn grafana_is_given_the_dashboard_and_the_source_that_it_names() {
    let compose = read("docker-compose.yml");
    let (_, grafana) = blocks(&compose).into_iter().find(|(name, _)| name == "grafana").unwrap();
    for mount in [
        "./deploy/grafana/provisioning:/etc/grafana/provisioning:ro",
        "./deploy/grafana/dashboards:/etc/wirefold/dashboards:ro",
        "HOME_DASHBOARD_PATH: /etc/wirefold/dashboards/wirefold.json",
    ] {
        assert!(grafana.contains(mount), "{mount}");
    }
    let source = read("deploy/grafana/provisioning/datasources/prometheus.yml");
    for line in ["uid: wirefold-prometheus", "type: prometheus", "url: http://prometheus:9090"] {
        assert!(source.contains(line), "{line}");
    }
    let provider = read("deploy/grafana/provisioning/dashboards/wirefold.yml");
    assert!(provider.contains("path: /etc/wirefold/dashboards "), "{provider}");
}

fn dashboard() -> serde_json::Value {
    serde_json::from_str(&read("deploy/grafana/dashboards/wirefold.json")).expect("it is JSON")
}

fn panels() -> Vec<serde_json::Value> {
    dashboard()["panels"].as_array().expect("it has panels").clone()
}

/// Our image in the compose file: built here, or the one in WIREFOLD_IMAGE.
const OUR_IMAGE: &str = "${WIREFOLD_IMAGE:-wirefold:local}";

#[test]
fn every_container_of_ours_can_run_a_prebuilt_image() {
    let compose = read("docker-compose.yml");
    let (_, ours) = compose.split_once("\nx-wirefold: &wirefold\n").unwrap();
    let (ours, _) = ours.split_once("\n\n").unwrap();
    assert!(ours.contains(&format!("\n  image: {OUR_IMAGE}\n")), "{ours}");
    assert!(ours.contains("\n  pull_policy: never\n"), "{ours}");
    let (_, stage) = compose.split_once("\nx-stage: &stage\n").unwrap();
    assert!(stage.starts_with("  <<: *wirefold\n"), "{stage}");
    let foreign = ["nats", "prometheus", "grafana"];
    for (name, body) in
        blocks(&compose).iter().filter(|(name, _)| !foreign.contains(&name.as_str()))
    {
        assert!(body.contains("<<: *wirefold") || body.contains("<<: *stage"), "{name}");
        assert!(!body.contains("image:"), "{name} has an image of its own");
    }
    let receiver = read("xtask/src/commands/compose_test/receiver.yml");
    assert!(receiver.contains(&format!("image: {OUR_IMAGE}\n")), "{receiver}");
    assert!(read("README.md").contains("WIREFOLD_IMAGE="), "README.md says how");
}

#[test]
fn the_image_ships_the_profile_that_is_measured() {
    let dockerfile = read("deploy/Dockerfile");
    assert_eq!(dockerfile.matches("cargo auditable build --profile dist --locked").count(), 2);
    assert!(dockerfile.contains("/bin target/dist/wirefold"), "{dockerfile}");
    assert!(!dockerfile.contains("release"), "that profile is quick to build, not to run");
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
        let is_ours = name == OUR_IMAGE;
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

/// The builder without BuildKit loses a layer between two such copies.
#[test]
fn the_image_copies_from_its_build_once() {
    let dockerfile = read("deploy/Dockerfile");
    let (_, image) = dockerfile.rsplit_once("\nFROM ").unwrap();
    assert_eq!(image.matches("COPY --from=").count(), 1, "{image}");
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
