//! The rows of the table of goals, each with the place of its figure.

use super::super::goal::Goal;
use super::tables::{Table, tables};
use super::{
    ALL_STEPS, BUS, DETECTOR, ENRICHER, GROWTH, JUDGED, JUDGED_OF_MINHASH, LATENCY, NATS_ALWAYS,
    NATS_CHAIN, NATS_LOOPS, NATS_PLAINER, OPEN, PIPELINE, PREPARING, READERS, RESTART, SEALED,
    SERIAL, STAGE, VERDICT_P99,
};

/// A goal, the bench that measures it, and how to find the figure among the tables of that bench.
pub(super) struct Row {
    pub(super) what: &'static str,
    pub(super) goal: Goal,
    pub(super) block: &'static str,
    find: Find,
}

/// Where a figure is.
#[derive(Clone, Copy)]
enum Find {
    /// The row that begins so and has this unit.
    Figure(&'static str, &'static str),
    /// The ratio of the row that begins so.
    Ratio(&'static str),
    /// The row of a table of all methods, and the column.
    Cell(&'static str, &'static str),
    /// Calculated from the tables.
    Calculated(fn(&[Table]) -> Option<f64>),
    /// The row of the detector's own table, and which of its comma-separated figures.
    Part(&'static str, usize),
}

/// A figure as the page shows it.
pub(super) struct Figure {
    pub(super) value: f64,
    pub(super) shown: String,
}

impl Row {
    /// The figure, if the page has it.
    pub(super) fn figure(&self, page: &str) -> Option<Figure> {
        let tables = tables(page, self.block);
        let shown = match self.find {
            Find::Figure(name, unit) => {
                let mut all = tables.iter().flat_map(|table| table.rows_of(name));
                all.find(|row| row.get(2) == Some(&unit))?.get(1)?.to_string()
            }
            Find::Ratio(name) => {
                let mut all = tables.iter().flat_map(|table| table.rows_of(name));
                all.find_map(|row| row.get(6).filter(|ratio| !ratio.is_empty()))?.to_string()
            }
            Find::Cell(name, column) => tables.first()?.cell(name, column)?.to_owned(),
            Find::Calculated(from) => format!("{:.2}", from(&tables)?),
            Find::Part(name, part) => {
                let cell = tables.iter().find_map(|table| table.cell(name, "plain"))?;
                cell.split(", ").nth(part)?.to_owned()
            }
        };
        Some(Figure { value: shown.parse().ok()?, shown })
    }
}

const fn row(what: &'static str, goal: Goal, block: &'static str, find: Find) -> Row {
    Row { what, goal, block, find }
}

const DETECT: &str = "detect 20000";
const MILLION: &str = "detect 1000000";
const UNTIL_JUDGED: &str = "wirefold, until the story is judged";
const MEMORY: &str = "KB an article, of days that are over and of the open day";
const MICROS: &str = "µs an article";

/// All goals.
pub(super) const ROWS: [Row; 27] = [
    row(
        "the detector until a story is judged, of SimHash with a map",
        JUDGED,
        DETECT,
        Find::Cell(UNTIL_JUDGED, "of SimHash"),
    ),
    row(
        "… of the quickest MinHash with a recall of .9",
        JUDGED_OF_MINHASH,
        DETECT,
        Find::Calculated(of_minhash),
    ),
    row("… articles/s", Goal::AtLeast(25_000.0), DETECT, Find::Cell(UNTIL_JUDGED, "articles/s")),
    row(
        "all steps, of SimHash",
        ALL_STEPS,
        DETECT,
        Find::Cell("wirefold, all steps", "of SimHash"),
    ),
    row(
        "… articles/s",
        Goal::AtLeast(15_000.0),
        DETECT,
        Find::Cell("wirefold, all steps", "articles/s"),
    ),
    row(
        "… articles/s, at the least",
        Goal::AtLeast(8_000.0),
        DETECT,
        Find::Cell("wirefold, all steps", "articles/s"),
    ),
    row("growth from 50,000 to a million articles", GROWTH, MILLION, Find::Calculated(growth)),
    row("p99 of a verdict at a million, ms", VERDICT_P99, MILLION, Find::Part("p50, p99, ms", 1)),
    row("memory at a million: sealed days, KB an article", SEALED, MILLION, Find::Part(MEMORY, 0)),
    row("memory at a million: open day, KB an article", OPEN, MILLION, Find::Part(MEMORY, 1)),
    row(
        "writer's step of a prepared article, µs",
        SERIAL,
        "cores",
        Find::Figure("the writer's step", "µs"),
    ),
    row("two cores by one: preparing alone", PREPARING, "cores", Find::Ratio("preparing alone, ")),
    row(
        "two cores by one: the detector's stage",
        STAGE,
        "cores",
        Find::Ratio("the detector's stage, "),
    ),
    row(
        "restart of all stages over a million articles, until the first new one is in the tables, after a stop, s",
        RESTART,
        "restart",
        Find::Figure("… until the article that waited is in its tables, after a stop", "s"),
    ),
    row(
        "… after a kill, s",
        RESTART,
        "restart",
        Find::Figure("… until the article that waited is in its tables, after a kill", "s"),
    ),
    row(
        "embedded pipeline, all stages, articles/s",
        PIPELINE,
        "pipeline",
        Find::Figure("all stages, until nothing lags", "articles/s"),
    ),
    row(
        "NATS, default sync, of JetStream alone: loops",
        NATS_LOOPS,
        "pipeline",
        Find::Ratio("NATS, sync default: ours, loops alone"),
    ),
    row(
        "… without enrichment",
        NATS_PLAINER,
        "pipeline",
        Find::Ratio("NATS, sync default: ours without enrichment"),
    ),
    row(
        "… whole chain",
        NATS_CHAIN,
        "pipeline",
        Find::Ratio("NATS, sync default: ours, fetched to output"),
    ),
    row(
        "NATS, `sync_interval: always`, of JetStream alone: whole chain",
        NATS_ALWAYS,
        "pipeline",
        Find::Ratio("NATS, sync always: ours, fetched to output"),
    ),
    row(
        "publish to output at 20 articles a second, p99, ms",
        LATENCY,
        "pipeline",
        Find::Figure("publish to output at 20/s, p99", "ms"),
    ),
    row(
        "… over NATS, default sync",
        LATENCY,
        "pipeline",
        Find::Figure("NATS, sync default: publish to output at 20/s, p99", "ms"),
    ),
    row(
        "… over NATS, `sync_interval: always`",
        LATENCY,
        "pipeline",
        Find::Figure("NATS, sync always: publish to output at 20/s, p99", "ms"),
    ),
    row(
        "budget of an article, µs: detector",
        DETECTOR,
        "pipeline",
        Find::Figure("detector alone", MICROS),
    ),
    row("… enricher", ENRICHER, "pipeline", Find::Figure("enricher alone", MICROS)),
    row(
        "… fetch to output with empty loops in place of these two",
        BUS,
        "pipeline",
        Find::Figure("fetch to output with empty loops", MICROS),
    ),
    row(
        "… alerter and projection",
        READERS,
        "pipeline",
        Find::Figure("alerter and projection", MICROS),
    ),
];

/// The speed until the story is judged, by that of the quickest MinHash that finds nine of ten reprints.
fn of_minhash(tables: &[Table]) -> Option<f64> {
    let table = tables.first()?;
    let number = |name: &str, column: &str| table.cell(name, column)?.parse::<f64>().ok();
    let names =
        table.names().filter(|name| name.starts_with("MinHash") || name.starts_with("gaoya"));
    let finds = |name: &&str| number(name, "recall").is_some_and(|recall| recall >= 0.9);
    let quickest =
        names.filter(finds).filter_map(|name| number(name, "articles/s")).reduce(f64::max)?;
    Some(number(UNTIL_JUDGED, "articles/s")? / quickest)
}

/// The time of an article with a million stored, by that with 50,000.
fn growth(tables: &[Table]) -> Option<f64> {
    let rates =
        tables.iter().find_map(|table| table.cell("by articles held, articles/s", "plain"))?;
    let rate = |held: &str| {
        let found = rates.split(", ").find_map(|part| part.strip_prefix(held)?.strip_prefix(": "));
        found?.parse::<f64>().ok()
    };
    Some(rate("50000")? / rate("1000000")?)
}
