//! Writes the tables of docs/scale.md.

use std::fmt::Write as _;

use super::bus::Exchange;
use super::compare::{ComparisonResults, Sample};
use super::simulate::{Outcome, Plan, Service, bytes, on_paper, simulate};
use crate::commands::bench::document;
use crate::machine;

const DOCUMENT: &str = "docs/scale.md";

/// Days of the window.
const WINDOW: f64 = 7.0;
/// The seconds of a day, and the rate of the busiest hour divided by the mean.
const DAY: f64 = 86_400.0;
const PEAK: f64 = 3.0;
/// The share of articles in the largest language.
const LARGEST: f64 = 0.4;
/// The microseconds that a network adds to a round trip on one machine.
const NETWORK: f64 = 200.0;
/// The memory of a machine for the detector in bytes, and its cores.
const MACHINE: f64 = 48e9;
const CORES: f64 = 16.0;
/// The sizes, in articles a day, with the shards of each language.
const SIZES: [(f64, usize); 2] = [(10e6, 2), (100e6, 8)];
const SIMULATED: usize = 200_000;
const SEED: u64 = 20_260_301;

/// All tables of a run.
pub(super) fn block(compared: &ComparisonResults) -> String {
    let head = format!(
        "`cargo xtask bench scale --articles {} --shards {} --write`, {}, {} cores, load average {:.1} at the end. \
         All {} verdicts were equal byte for byte, and all counts of work.\n\n",
        compared.samples.len(),
        compared.articles.len(),
        machine::today(),
        machine::cores(),
        machine::load(),
        compared.samples.len(),
    );
    let tables = [measured(compared), memory(compared), totals(compared), plans(compared)];
    head + &tables.join("\n")
}

/// Writes the tables into the document.
pub(super) fn write(block: &str) -> anyhow::Result<()> {
    document::put(DOCUMENT, "scale", block)
}

fn mean(compared: &ComparisonResults, of: impl Fn(&Sample) -> f64) -> f64 {
    compared.samples.iter().map(of).sum::<f64>() / compared.samples.len().max(1) as f64
}

fn exchanges_named<'a>(
    compared: &'a ComparisonResults,
    name: &'a str,
) -> impl Iterator<Item = &'a Exchange> {
    let all = compared.samples.iter().flat_map(|sample| &sample.exchanges);
    all.filter(move |exchange| exchange.name == name)
}

/// The median round trip of a look-up without the shard's own time, in microseconds.
fn trip(compared: &ComparisonResults) -> f64 {
    let mut trips: Vec<f64> =
        exchanges_named(compared, "look-up").map(|it| (it.waited - it.service).max(0.0)).collect();
    trips.sort_unstable_by(f64::total_cmp);
    trips.get(trips.len() / 2).copied().unwrap_or_default()
}

fn measured(compared: &ComparisonResults) -> String {
    let mut table = format!(
        "| measured, mean of an article | |\n|---|--:|\n\
         | preparing, µs of a core | {:.0} |\n\
         | deciding with all documents here, µs | {:.0} |\n\
         | deciding with documents on shards, µs of the writer | {:.0} |\n\
         | a round trip on one machine without the shard's time, median, µs | {:.0} |\n",
        mean(compared, |sample| sample.prepare),
        mean(compared, |sample| sample.alone),
        mean(compared, |sample| sample.writer),
        trip(compared),
    );
    let articles = compared.samples.len().max(1) as f64;
    table += "\n| question | asked for each article | bytes asked | bytes answered | µs of the shard |\n\
              |---|--:|--:|--:|--:|\n";
    for name in ["look-up", "read", "insert", "expire"] {
        let count = exchanges_named(compared, name).count() as f64;
        let of = |value: fn(&Exchange) -> f64| {
            exchanges_named(compared, name).map(value).sum::<f64>() / count.max(1.0)
        };
        let _ = writeln!(
            table,
            "| {name} | {:.4} | {:.0} | {:.0} | {:.0} |",
            count / articles,
            of(|it| it.asked as f64),
            of(|it| it.answered as f64),
            of(|it| it.service),
        );
    }
    table
}

/// The bytes that an article of the window takes.
struct Stored {
    index: f64,
    texts: f64,
    writer: f64,
}

impl Stored {
    fn of(compared: &ComparisonResults) -> Stored {
        // Shards store a day more than the window, and the run spans one day more.
        let kept = compared.articles.iter().sum::<usize>().max(1) as f64;
        let in_window = (compared.samples.len() as f64 * WINDOW / 8.0).max(1.0);
        Stored {
            index: compared.index as f64 / kept,
            texts: compared.texts as f64 / kept,
            writer: compared.writer as f64 / in_window,
        }
    }
}

/// The costs of all languages together in the busiest hour: cores, network and machines.
fn totals(compared: &ComparisonResults) -> String {
    let services: Vec<Service> = compared.samples.iter().map(Service::of).collect();
    let Stored { index, writer: state, .. } = Stored::of(compared);
    let columns = SIZES.map(|(daily, shards)| {
        let rate = daily / DAY * PEAK;
        let busy = |of: &dyn Fn(&Service) -> f64| {
            services.iter().map(of).sum::<f64>() / services.len().max(1) as f64 * rate / 1e6
        };
        let prepare = busy(&|service| service.prepare);
        let shard = busy(&|service| {
            service.look_up * shards as f64 + service.reads.0 * service.reads.1 + service.insert
        });
        let writer = busy(&|service| service.writer);
        let network = busy(&|service| bytes(service, shards));
        let machines = |bytes: f64| (daily * WINDOW * bytes / MACHINE).ceil();
        let (of_index, of_state) = (machines(index), machines(state));
        let by_cores = ((prepare + shard + writer) / CORES).ceil();
        let all = (of_index + of_state).max(by_cores);
        [prepare, shard, writer, network, of_index, of_state, by_cores, all]
    });
    let mut table =
        "| calculated, all languages, busiest hour | 10 M a day | 100 M a day |\n|---|--:|--:|\n"
            .to_owned();
    let [small, large] = columns;
    let rows = [
        ("shards of each language", SIZES.map(|(_, shards)| shards as f64), 0),
        ("cores that prepare", [small[0], large[0]], 1),
        ("cores of the shards", [small[1], large[1]], 1),
        ("cores of the writers", [small[2], large[2]], 1),
        ("network between writers and shards, MB/s", [small[3], large[3]], 0),
        ("machines for the memory of the shards", [small[4], large[4]], 0),
        ("machines for the memory of the writers", [small[5], large[5]], 0),
        ("machines for all these cores", [small[6], large[6]], 0),
        ("machines in all: the more of memory and cores", [small[7], large[7]], 0),
    ];
    for (what, [first, second], digits) in rows {
        let _ = writeln!(table, "| {what} | {first:.digits$} | {second:.digits$} |");
    }
    table
}

/// The bytes of the window: of the indexes, of the texts, and of the writer.
fn memory(compared: &ComparisonResults) -> String {
    let Stored { index, texts, writer } = Stored::of(compared);
    let mut table = format!(
        "| calculated | of an article | 10 M a day | 100 M a day | largest language of 100 M |\n|---|--:|--:|--:|--:|\n\
         | articles in the window | | {:.0} M | {:.0} M | {:.0} M |\n",
        10.0 * WINDOW,
        100.0 * WINDOW,
        100.0 * WINDOW * LARGEST,
    );
    let sizes = [10e6, 100e6, 100e6 * LARGEST].map(|daily| daily * WINDOW);
    for (what, bytes) in
        [("index, shards", index), ("texts, shards' disks", texts), ("writer", writer)]
    {
        let all = sizes.map(|articles| format!("{:.0} GB", articles * bytes / 1e9)).join(" | ");
        let _ = writeln!(table, "| {what} | {bytes:.0} B | {all} |");
    }
    let machines = |bytes: f64| sizes.map(|all| format!("{:.0}", (all * bytes / MACHINE).ceil()));
    let _ = writeln!(table, "| machines for the index | | {} |", machines(index).join(" | "));
    let _ = writeln!(
        table,
        "| machines that the writer's memory would fill | | {} |",
        machines(writer).join(" | ")
    );
    let mean_rates = sizes.map(|all| format!("{:.0}", all / WINDOW / DAY)).join(" | ");
    let peak_rates = sizes.map(|all| format!("{:.0}", all / WINDOW / DAY * PEAK)).join(" | ");
    let _ = writeln!(table, "| articles a second, mean | | {mean_rates} |");
    let _ = writeln!(table, "| articles a second, busiest hour | | {peak_rates} |");
    table
}

/// The plans: the name, articles a second, shards, look-ups under way.
fn planned() -> [(&'static str, f64, usize, usize); 7] {
    let busiest = |daily: f64| daily / DAY * PEAK;
    let largest = busiest(100e6 * LARGEST);
    [
        ("10 M, mean of the day", 10e6 / DAY, 2, 1),
        ("10 M, busiest hour", busiest(10e6), 2, 1),
        ("10 M, busiest hour, 8 look-ups sent early", busiest(10e6), 2, 8),
        ("largest language of 100 M, mean, 8 look-ups sent early", 100e6 * LARGEST / DAY, 8, 8),
        ("largest language of 100 M, busiest hour, 8 look-ups sent early", largest, 8, 8),
        ("most that one writer decides", f64::INFINITY, 8, 1),
        ("most that one writer decides, 32 look-ups sent early", f64::INFINITY, 8, 32),
    ]
}

/// The calculated and simulated figures of each plan.
fn plans(compared: &ComparisonResults) -> String {
    let services: Vec<Service> = compared.samples.iter().map(Service::of).collect();
    let trip = trip(compared);
    let mut table = "| plan | shards | calculated articles/s | mean, ms | MB/s | simulated articles/s | mean, ms | p99, ms | MB/s |\n\
                     |---|--:|--:|--:|--:|--:|--:|--:|--:|\n"
        .to_owned();
    for (name, rate, shards, ahead) in planned() {
        let plan = Plan { shards, rate, ahead, network: NETWORK, articles: SIMULATED };
        let paper = on_paper(&services, trip, &plan);
        let found = simulate(&services, trip, &plan, SEED);
        // Above the writer's capacity, the figures depend only on the end of the run.
        let is_bounded = rate.is_finite() && paper.mean.is_finite();
        let delay = |outcome: &Outcome, value: fn(&Outcome) -> f64| match is_bounded {
            true => format!("{:.1}", value(outcome)),
            false => "queue grows without end".to_owned(),
        };
        let _ = writeln!(
            table,
            "| {name} | {shards} | {:.0} | {} | {:.1} | {:.0} | {} | {} | {:.1} |",
            paper.throughput,
            delay(&paper, |it| it.mean),
            paper.megabytes,
            found.throughput,
            delay(&found, |it| it.mean),
            delay(&found, |it| it.p99),
            found.megabytes,
        );
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_costs_of_all_languages_are_those_of_one_article_times_the_rate() {
        let exchange =
            |name, service, asked| Exchange { name, asked, answered: 0, waited: service, service };
        let exchanges = vec![
            exchange("look-up", 100.0, 1_000),
            exchange("look-up", 100.0, 1_000),
            exchange("read", 20.0, 500),
            exchange("insert", 80.0, 500),
        ];
        let sample = Sample { prepare: 500.0, alone: 0.0, writer: 1_000.0, exchanges };
        let compared = ComparisonResults {
            samples: vec![sample; 8],
            copies: 0,
            articles: vec![4, 4],
            index: 8 * 1_000,
            texts: 0,
            writer: 7 * 2_000,
        };
        let table = totals(&compared);
        // 347.2 articles a second, and ten times as many.
        for row in [
            "| cores that prepare | 0.2 | 1.7 |",
            "| cores of the shards | 0.1 | 3.1 |",
            "| cores of the writers | 0.3 | 3.5 |",
            "| network between writers and shards, MB/s | 1 | 31 |",
            "| machines for the memory of the shards | 2 | 15 |",
            "| machines for the memory of the writers | 3 | 30 |",
            "| machines for all these cores | 1 | 1 |",
            "| machines in all: the more of memory and cores | 5 | 45 |",
        ] {
            assert!(table.contains(row), "{row}\n{table}");
        }
    }
}
