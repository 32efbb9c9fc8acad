//! `bench fetch`: parsing feeds, polling feeds, attacks, and extracting pages, each compared with another
//! program that does the same with the same input.

mod attacks;
mod bombs;
pub(super) mod extract;
mod generated;
mod parse;
mod poll;
mod poll_child;
mod server;

use std::path::Path;

use super::report::Report;
use crate::machine;

pub(super) use poll_child::{Child, run as run_child};

/// The arguments of `bench fetch`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) common: super::Common,
    /// Only these parts.
    #[arg(long, value_enum, value_delimiter = ',', conflicts_with = "write")]
    only: Vec<Part>,
}

/// A part of the benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Megabytes of feeds a second, beside feed-rs and feedparser-rs.
    Parse,
    /// 10,000 feeds on loopback, beside plain sockets.
    Poll,
    /// Bombs and hostile feeds beside a healthy feed.
    Attacks,
    /// Pages a second and F1, beside `dom_smoothie`.
    Extract,
}

impl Arguments {
    fn has(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

/// Measures in this folder, which is on a disk.
pub(super) async fn run(arguments: &Arguments, folder: &Path) -> anyhow::Result<()> {
    let is_quick = arguments.common.quick;
    let file_system = machine::file_system(folder)?;
    let mut report = Report::new("wirefold.bench.fetch/1", is_quick, file_system);
    if arguments.has(Part::Parse) {
        parse::run(&mut report)?;
    }
    if arguments.has(Part::Poll) {
        poll::run(&mut report, folder).await?;
    }
    if arguments.has(Part::Attacks) {
        attacks::run(&mut report).await?;
    }
    if arguments.has(Part::Extract) {
        extract::run(&mut report).await?;
    }
    report.print_and_write("fetch", arguments.common.write)
}
