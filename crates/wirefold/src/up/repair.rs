//! `wirefold setup --repair`: makes missing output again.
//!
//! The stages repair the other effects of a lost or older store by themselves: the detector decides about
//! articles without a decision, and alerter and gateway read again. Only output would be missing for ever
//! where later output is stored, because the enricher continues behind the last one.

use std::path::Path;
use std::sync::Arc;

use wirefold_flow_nats::NatsBus;
use wirefold_flow_sqlite::{Inspection, Offline};
use wirefold_proto::streams::JUDGED;

use super::open_bus;
use super::seams::{ask_enricher, enrich};
use crate::config::Loaded;
use crate::contents::{read_all, read_folder};
use crate::exit::{Exit, Stop};
use crate::output::{self, count};

/// The number of failures that are named.
const NAMED: usize = 5;

/// The result.
#[derive(Default)]
struct Repaired {
    made: usize,
    /// Decisions whose output could not be made, each with the reason.
    failed: Vec<String>,
}

/// Repairs the streams of a server, through the enricher.
pub(super) async fn over_nats(bus: &NatsBus) -> anyhow::Result<Exit> {
    let contents = read_all(bus).await.map_err(Stop::bus)?;
    let mut repaired = Repaired::default();
    for sequence in contents.without_output() {
        repaired.note(sequence, ask_enricher(bus, sequence).await);
    }
    repaired.print_result()
}

/// Repairs a data folder on which nothing runs.
pub(super) async fn embedded(loaded: &Loaded) -> anyhow::Result<Exit> {
    let config = &loaded.config;
    let mut inspection = Inspection::open(&config.data)?;
    let contents = read_folder(&mut inspection)?;
    drop(inspection);
    remove_damaged(&config.data, &contents.damaged)?;
    let clock = Arc::new(wirefold_flow::SystemClock);
    let bus = open_bus(&config.data, clock)?;
    let mut repaired = Repaired::default();
    for sequence in contents.without_output() {
        repaired.note(sequence, enrich(&bus, &config.enricher("repair"), sequence).await);
    }
    repaired.print_result()
}

/// Removes damaged messages with their ids, so that output with the same id can be stored again.
fn remove_damaged(folder: &Path, damaged: &[(String, u64)]) -> anyhow::Result<()> {
    if damaged.is_empty() {
        return Ok(());
    }
    let mut offline = Offline::open(folder)?;
    offline.begin()?;
    for (stream, sequence) in damaged {
        offline.erase(stream, *sequence)?;
    }
    offline.commit()?;
    let lines = damaged.iter().map(|(stream, sequence)| {
        format!("removed  {stream}/{sequence}, which differed from what was written\n")
    });
    output::print(lines.collect::<String>().as_bytes())?;
    Ok(())
}

impl Repaired {
    fn note(&mut self, sequence: u64, outcome: Result<String, String>) {
        match outcome {
            Ok(_) => self.made += 1,
            Err(why) => self.failed.push(format!("{}/{sequence}: {why}", JUDGED.name)),
        }
    }

    fn print_result(&self) -> anyhow::Result<Exit> {
        let missing = self.made + self.failed.len();
        let line = match missing {
            0 => "output   nothing was missing\n".to_owned(),
            _ => format!(
                "output   {} had none: {} made again, {} could not be\n",
                count(missing, "decision", "decisions"),
                self.made,
                self.failed.len()
            ),
        };
        output::print(line.as_bytes())?;
        for why in self.failed.iter().take(NAMED) {
            output::print(format!("         {}\n", output::clean(why)).as_bytes())?;
        }
        Ok(if self.failed.is_empty() { Exit::Ok } else { Exit::Failure })
    }
}
