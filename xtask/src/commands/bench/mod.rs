//! `cargo xtask bench NAME`: measures speed, latency and size. Prints a table, then one line of JSON.
//!
//! It measures what is shipped: from another build, the command builds xtask and the product with `cargo
//! build --profile dist` and runs that xtask.

mod alerts;
mod articles;
mod baseline;
mod cores;
mod detect;
mod document;
mod enrich;
mod fetch;
mod goal;
mod goals;
mod hostile;
mod latency;
mod marks;
mod nats;
pub(crate) mod news;
mod own_process;
mod pipeline;
mod publishing;
mod report;
mod restart;
mod small;
mod stages;
mod watched;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Context;

use crate::tree;

/// The profile of the shipped build, which is measured.
const PROFILE: &str = "dist";

/// The arguments of `bench`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: Bench,
}

#[derive(clap::Subcommand)]
enum Bench {
    /// Articles a second through all stages and through each; latency at 20 articles a second. Then
    /// over NATS, beside JetStream alone.
    Pipeline(Pipeline),
    /// Memory, disk and idle processor of 200 feeds over 30 simulated days.
    Small(Common),
    /// How soon `up` judges again when its window holds a million articles.
    Restart(restart::Arguments),
    /// The detector beside SimHash, MinHash, exact hashing and the floor: speed, memory, accuracy.
    Detect(detect::Arguments),
    /// Preparing, and the detector's stage, on one core and on all of them.
    Cores(Common),
    /// One run of `cores`, in a process of its own.
    #[command(hide = true)]
    CoresStage(cores::Child),
    /// One article against 100,000 and a million subscriptions, beside a loop over the same queries.
    Alerts(BareArguments),
    /// The enricher's time for an article, by language and step, and for bad input.
    Enrich(BareArguments),
    /// All sets of `enrich`, in a process of their own.
    #[command(hide = true)]
    EnrichSets(enrich::Child),
    /// Parsing and polling feeds, withstanding attacks and reading pages, compared with other programs.
    Fetch(fetch::Arguments),
    /// A simulated day of 52 healthy feeds, alone and beside as many hostile ones.
    Hostile(Common),
    /// The pipeline of `hostile`, in a process of its own.
    #[command(hide = true)]
    HostilePipeline(hostile::Child),
    /// The goals for speed beside the figures that docs/performance.md has.
    Goals(Goals),
    /// The fetcher of `fetch`, in a process of its own.
    #[command(hide = true)]
    FetchPoll(fetch::Child),
    /// One method of `detect`, in a process of its own.
    #[command(hide = true)]
    DetectMethod(detect::Child),
    /// One set of `alerts`, in a process of its own.
    #[command(hide = true)]
    AlertsSet(alerts::Child),
    /// The pipeline of `small`, in a process of its own.
    #[command(hide = true)]
    SmallPipeline(small::Child),
    /// A loop of `pipeline` over NATS with nothing in it, in a process of its own.
    #[command(hide = true)]
    NatsPlain(nats::plain::Arguments),
}

#[derive(clap::Args)]
struct Pipeline {
    #[command(flatten)]
    common: Common,
    /// Only the half over NATS.
    #[arg(long, conflicts_with = "write")]
    only_nats: bool,
}

#[derive(clap::Args)]
struct Common {
    /// Less of everything, for a look: no figures to publish.
    #[arg(long)]
    quick: bool,
    /// Writes the tables into docs/performance.md, in place of the last.
    #[arg(long, conflicts_with = "quick")]
    write: bool,
    /// The folder for the data, in a subfolder that is removed again. Use a disk, or the result means little.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

#[derive(clap::Args)]
struct Goals {
    /// Writes the table into docs/performance.md, in place of the last.
    #[arg(long)]
    write: bool,
}

/// The arguments of a bench without a data folder.
#[derive(clap::Args)]
struct BareArguments {
    /// Less of everything, for a look: no figures to publish.
    #[arg(long)]
    quick: bool,
    /// Writes the tables into docs/performance.md, in place of the last.
    #[arg(long, conflicts_with = "quick")]
    write: bool,
}

impl Bench {
    /// Whether it runs only in a build with the profile `dist`. The child of a flame graph has a build of its
    /// own, so children may run in other builds.
    fn needs_dist(&self) -> bool {
        !matches!(
            self,
            Self::Goals(_)
                | Self::DetectMethod(_)
                | Self::AlertsSet(_)
                | Self::CoresStage(_)
                | Self::EnrichSets(_)
        )
    }

    /// Whether it runs the product or its NATS example.
    fn needs_product(&self) -> bool {
        !matches!(self, Self::Alerts(_) | Self::Cores(_) | Self::Detect(_) | Self::Enrich(_))
    }
}

/// Measures in a build with the profile `dist`.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if let Bench::Detect(detect::Arguments { flame: Some(name), articles, .. }) = &arguments.what {
        return detect::flame::run(name, *articles);
    }
    if let Bench::Detect(detect::Arguments { instructions: true, articles, write, .. }) =
        &arguments.what
    {
        return detect::instructions::run(*articles, *write);
    }
    if arguments.what.needs_dist() && !is_dist(&std::env::current_exe()?) {
        return in_dist(arguments.what.needs_product());
    }
    // Created as late as possible: its threads stay on the core of the thread that creates it.
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match &arguments.what {
        Bench::Pipeline(Pipeline { common, only_nats }) => {
            let folder = common.scratch()?;
            runtime()?.block_on(pipeline::run(folder.path(), common, *only_nats))?;
        }
        Bench::Small(common) => {
            let folder = common.scratch()?;
            runtime()?.block_on(small::run(folder.path(), common))?;
        }
        Bench::Restart(arguments) => {
            let folder = arguments.common.scratch()?;
            restart::run(folder.path(), arguments, &runtime()?)?;
        }
        Bench::Hostile(common) => {
            let folder = common.scratch()?;
            runtime()?.block_on(hostile::run(folder.path(), common))?;
        }
        Bench::HostilePipeline(child) => runtime()?.block_on(hostile::run_child(child))?,
        Bench::SmallPipeline(child) => runtime()?.block_on(small::run_child(child))?,
        Bench::Fetch(arguments) => {
            let folder = arguments.common.scratch()?;
            runtime()?.block_on(fetch::run(arguments, folder.path()))?;
        }
        Bench::FetchPoll(child) => runtime()?.block_on(fetch::run_child(child))?,
        Bench::Alerts(arguments) => alerts::run(arguments)?,
        Bench::AlertsSet(child) => alerts::run_child(child)?,
        Bench::Enrich(arguments) => enrich::run(arguments)?,
        Bench::EnrichSets(child) => enrich::run_child(child)?,
        Bench::Detect(arguments) => detect::run(arguments)?,
        Bench::DetectMethod(child) => detect::run_child(child)?,
        Bench::NatsPlain(plain) => runtime()?.block_on(nats::plain::run(plain))?,
        Bench::Goals(arguments) => goals::run(arguments.write)?,
        Bench::Cores(common) => cores::run(common)?,
        Bench::CoresStage(child) => cores::run_child(child)?,
    }
    Ok(ExitCode::SUCCESS)
}

impl Common {
    fn scratch(&self) -> anyhow::Result<tempfile::TempDir> {
        let parent = match &self.folder {
            Some(folder) => folder.clone(),
            None => built(&std::env::current_exe()?)?,
        };
        let folder = tempfile::Builder::new().prefix("bench-").tempdir_in(&parent);
        folder.with_context(|| format!("make a folder in {}", parent.display()))
    }
}

/// The folder of a build, from the path of a program in it.
fn built(program: &Path) -> anyhow::Result<PathBuf> {
    Ok(program.parent().context("a program stands in a folder")?.to_owned())
}

/// Whether a program was built with the profile `dist`, after which Cargo names the folder.
fn is_dist(program: &Path) -> bool {
    program.parent().is_some_and(|folder| folder.ends_with(PROFILE))
}

/// Builds with the profile `dist` and runs the same command there.
fn in_dist(with_product: bool) -> anyhow::Result<ExitCode> {
    let xtask: &[&str] = &["-p", "xtask"];
    let product: &[&str] = &["-p", "xtask", "-p", "wirefold"];
    let raw: &[&str] = &["-p", "wirefold-flow-nats", "--example", "raw"];
    let builds = if with_product { vec![product, raw] } else { vec![xtask] };
    for packages in builds {
        let mut build = Command::new("cargo");
        build.args(["build", "--profile", PROFILE, "--locked"]).args(packages);
        if !build.current_dir(tree::root()).status()?.success() {
            return Ok(ExitCode::FAILURE);
        }
    }
    let own = built(&std::env::current_exe()?)?;
    let folder = own.parent().context("no folder for all profiles")?.join(PROFILE);
    let dist = folder.join("xtask");
    let status = Command::new(&dist)
        .args(std::env::args_os().skip(1))
        .status()
        .with_context(|| format!("run {}", dist.display()))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::is_dist;

    #[test]
    fn only_a_program_of_the_shipped_profile_measures_itself() {
        assert!(is_dist(Path::new("/w/target/dist/xtask")));
        assert!(!is_dist(Path::new("/w/target/release/xtask")));
        assert!(!is_dist(Path::new("/dist/target/debug/xtask")));
    }
}
