//! Checks the targets of Prometheus, and whether the alert rules and the dashboard get answers.

use std::collections::BTreeSet;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::compose::{Container, Stack};
use crate::running::{ask, escaped};
use crate::table::Table;
use crate::tree;

/// Pruner, alerter and gateway, and the stages that run several times.
const TARGETS: usize = 10;
/// The shortest interval that Grafana uses with scrapes 15 s apart.
const RATE_INTERVAL: &str = "1m";
/// Metrics that the demo's articles may not produce.
const RARE: [&str; 1] = ["wirefold_alerter_held_total"];

/// Whether every stage is a target that answers.
pub(super) fn sees_all(stack: &Stack) -> anyhow::Result<bool> {
    let told = api(stack, "targets", &[("state", "active")])?;
    let targets = told["activeTargets"].as_array().context("no targets in the answer")?;
    Ok(targets.len() == TARGETS && targets.iter().all(|it| it["health"] == "up"))
}

/// Whether every rule has been evaluated. Fails if one cannot be.
pub(super) fn rules_hold(stack: &Stack) -> anyhow::Result<bool> {
    let told = api(stack, "rules", &[])?;
    let groups = told["groups"].as_array().context("no groups in the answer")?;
    let mut rules = groups.iter().flat_map(|group| group["rules"].as_array().into_iter().flatten());
    Ok(rules.clone().next().is_some() && rules.all(|rule| rule["health"] == "ok"))
}

/// The firing alerts by name.
pub(super) fn firing(stack: &Stack) -> anyhow::Result<BTreeSet<String>> {
    let told = api(stack, "alerts", &[])?;
    let alerts = told["alerts"].as_array().context("no alerts in the answer")?;
    let firing = alerts.iter().filter(|alert| alert["state"] == "firing");
    Ok(firing.map(|alert| alert["labels"]["alertname"].to_string()).collect())
}

/// Runs the tests of the rules with the tool in the Prometheus image.
pub(super) fn test_rules(prometheus: &Container) -> anyhow::Result<String> {
    // The root of the container is read-only, and the tests need a folder.
    prometheus.inside("TMPDIR=/prometheus promtool test rules /etc/prometheus/rules.test.yml")
}

/// The sum of a metric in each process of a stage.
pub(super) fn by_process(stack: &Stack, stage: &str, metric: &str) -> anyhow::Result<Vec<u64>> {
    let query = format!("sum by (instance) ({metric}{{stage=\"{stage}\"}})");
    values(stack, &query)?
        .iter()
        .map(|value| Ok(value.parse::<f64>().map(|count| count as u64)?))
        .collect()
}

/// Runs the queries of every panel as Grafana would, and lists the values.
pub(super) fn dashboard(stack: &Stack) -> anyhow::Result<Table> {
    let path = tree::root().join("deploy/grafana/dashboards/wirefold.json");
    let dashboard: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let mut table = Table::new("panel | series | first value");
    for panel in dashboard["panels"].as_array().context("no panels")? {
        let title = panel["title"].as_str().context("a panel without a title")?;
        for target in panel["targets"].as_array().context("a panel without queries")? {
            let query = target["expr"].as_str().context("a target without a query")?;
            let query = query.replace("$__rate_interval", RATE_INTERVAL);
            let values = values(stack, &query).with_context(|| format!("{title}: {query}"))?;
            let is_rare = RARE.iter().any(|name| query.contains(name));
            ensure!(is_rare || !values.is_empty(), "the panel {title} shows nothing: {query}");
            let first = values.first().cloned().unwrap_or_default();
            table.row([title.to_owned(), values.len().to_string(), first]);
        }
    }
    Ok(table)
}

/// The values of an instant query, one for each series.
fn values(stack: &Stack, query: &str) -> anyhow::Result<Vec<String>> {
    let told = api(stack, "query", &[("query", query)])?;
    let series = told["result"].as_array().context("no result in the answer")?;
    let value = |it: &Value| it["value"][1].as_str().map(str::to_owned);
    series.iter().map(|it| value(it).context("a series without a value")).collect()
}

fn api(stack: &Stack, what: &str, arguments: &[(&str, &str)]) -> anyhow::Result<Value> {
    let pairs = arguments.iter().map(|(name, value)| format!("{name}={}", escaped(value)));
    let query = pairs.collect::<Vec<_>>().join("&");
    let answer = ask(&stack.prometheus, "GET", &format!("/api/v1/{what}?{query}"), "")?;
    let mut answer: Value = serde_json::from_str(&answer)?;
    ensure!(answer["status"] == "success", "{what}: {answer}");
    Ok(answer["data"].take())
}
