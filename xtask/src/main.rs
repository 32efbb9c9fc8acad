//! Tasks of developers, such as `cargo xtask test`.
//!
//! A command is a module in `commands` with its arguments as a type and a function `run`, one line here in
//! [`Task`], and one in [`main`].

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod commands;
mod enriched;
mod examiner;
mod generator;
mod labelled_names;
#[allow(dead_code, reason = "tests use more of it")]
#[path = "../../tests/pipeline/loopback.rs"]
mod loopback;
mod machine;
mod minhash;
#[path = "../../crates/flow-nats/tests/server/find.rs"]
mod nats_server;
#[path = "../../crates/flow-nats/tests/server/port.rs"]
mod port;
mod running;
mod statistics;
mod table;
mod tree;

use commands::{
    accuracy, attack, bench, chaos, compose_test, dist, faults, fuzz, test, tools, train,
};

#[derive(Parser)]
#[command(bin_name = "cargo xtask", about = "Developers' tasks of wirefold", max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run everything that must always hold, and say what did not run.
    Test,
    /// Examine the detector on labelled sets and write docs/accuracy.md.
    Accuracy(accuracy::Arguments),
    /// Attack the real binary by hostile feeds and clients, beside a victim.
    Attack(attack::Arguments),
    /// Measure what is shipped: `bench pipeline`, `detect`, `alerts`, `soak`.
    Bench(bench::Arguments),
    /// Kill everything over NATS, seed by seed, and see that nothing is lost or repeated.
    Chaos(chaos::Arguments),
    /// Bring the containers up with Docker, kill each, and see that nothing is lost.
    ComposeTest(compose_test::Arguments),
    /// Pack a static binary into a tarball, a .deb and a wheel.
    Dist(dist::Arguments),
    /// Fuzz every parser of untrusted input, a minute each: `fuzz feed --seconds 600`.
    Fuzz(fuzz::Arguments),
    /// Install missing test tools into target/tools.
    Tools,
    /// Train what is learned: `train fold` writes crates/fold/src/table.rs, `train names`
    /// crates/names/data/model.bin.
    Train(train::Arguments),
    /// Inject faults into the real binary: kills, power cuts, damaged files; write docs/reliability.md.
    Faults(faults::Arguments),
}

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().task {
        Task::Test => test::run(),
        Task::Accuracy(arguments) => accuracy::run(&arguments),
        Task::Attack(arguments) => attack::run(&arguments),
        Task::Bench(arguments) => bench::run(&arguments),
        Task::Chaos(arguments) => chaos::run(&arguments),
        Task::ComposeTest(arguments) => compose_test::run(&arguments),
        Task::Dist(arguments) => dist::run(&arguments),
        Task::Fuzz(arguments) => fuzz::run(&arguments),
        Task::Tools => tools::run(),
        Task::Train(arguments) => train::run(&arguments),
        Task::Faults(arguments) => faults::run(&arguments),
    }
}
