//! The bounds of the goals of whole pipelines, calculated from the tables of `bench pipeline`.

use super::super::goal::Goal;
use super::super::marks::block;
use super::tables::tables;
use super::{NATS_ALWAYS, NATS_CHAIN, PIPELINE};

const BENCH: &str = "pipeline";
/// The stages that run alone, in the order of an article's way.
const STAGES: [&str; 5] = ["publish", "detector", "enricher", "alerter", "projection"];
/// The cores of the goal.
const CORES: f64 = 2.0;

/// The bounds as lines of a list.
pub(super) fn bounds(page: &str) -> String {
    let nats = [("default", NATS_CHAIN), ("always", NATS_ALWAYS)];
    let lines = nats.into_iter().filter_map(|(sync, goal)| nats_bound(page, sync, goal));
    embedded_bound(page).into_iter().chain(lines).collect()
}

/// The time of all stages, beside the time that the goal leaves.
fn embedded_bound(page: &str) -> Option<String> {
    let micros = |stage: &str| figure(page, &format!("{stage} alone"), "µs an article");
    let each: Vec<f64> = STAGES.iter().map(|stage| micros(stage)).collect::<Option<_>>()?;
    let all: f64 = each.iter().sum();
    let parts: Vec<String> =
        STAGES.iter().zip(&each).map(|(stage, time)| format!("{stage} {time:.0}")).collect();
    let left = CORES * 1e6 / PIPELINE.bound();
    Some(format!(
        "- Embedded pipeline: each stage alone takes, in µs an article, {}: together {all:.0}. The goal leaves {left:.0} on \
         two cores.\n",
        parts.join(", "),
    ))
}

/// The share of JetStream alone that the detector's process, on one core, allows the whole chain.
fn nats_bound(page: &str, sync: &str, goal: Goal) -> Option<String> {
    let raw = figure(page, &format!("NATS, sync {sync}: JetStream alone"), "articles/s")?;
    let start = format!("NATS, sync {sync}: ours, fetched to output: of a core: ");
    let shares = block(page, BENCH).lines().find_map(|line| line.strip_prefix(&start))?;
    let detector = shares.split(", ").find(|share| share.starts_with("detector "))?;
    let (_, micros) = detector.split_once('(')?;
    let micros: f64 = micros.split(' ').next()?.parse().ok()?;
    let (share, left) = (1e6 / micros / raw, 1e6 / (goal.bound() * raw));
    Some(format!(
        "- NATS, sync {sync}, whole chain: the detector's process takes {micros:.0} µs an article, on one core for the most \
         part. So the ratio is at most {share:.2}; the goal leaves {left:.0} µs.\n"
    ))
}

fn figure(page: &str, name: &str, unit: &str) -> Option<f64> {
    let tables = tables(page, BENCH);
    let mut rows = tables.iter().flat_map(|table| table.rows_of(name));
    rows.find(|row| row.get(2) == Some(&unit))?.get(1)?.parse().ok()
}

#[test]
fn bounds_are_calculated_from_the_stages_and_the_detectors_process() {
    let rows =
        STAGES.map(|stage| format!("| {stage} alone | 100 | µs an article | | | | |\n")).concat();
    let page = format!(
        "<!-- bench pipeline: begin -->\n| measure | figure | unit | goal | b | is | ratio |\n|---|---|---|---|---|---|---|\n\
         {rows}| NATS, sync default: JetStream alone, three hops | 20000 | articles/s | | | | |\n\n\
         NATS, sync default: ours, fetched to output: of a core: detector 90 % (500 µs an article), enricher 1 % (2 µs \
         an article)\n<!-- bench pipeline: end -->\n"
    );
    let bounds = bounds(&page);
    assert!(
        bounds.contains("projection 100: together 500. The goal leaves 400 on two cores."),
        "{bounds}"
    );
    assert!(bounds.contains("takes 500 µs"), "{bounds}");
    assert!(bounds.contains("at most 0.10; the goal leaves 143 µs"), "{bounds}");
    assert_eq!(bounds.lines().count(), 2);
}
