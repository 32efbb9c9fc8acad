//! The command lines of `up`, `demo`, `run` and `setup`.

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use wirefold_proto::rights::Service;

use crate::config::Instance;

/// Arguments of `up`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  wirefold up                      watch your feeds; without feeds, run the demo
  wirefold up --data ./news        store everything in ./news
  wirefold up --set window=3d      one setting, for this run
  wirefold up --nats               one process for each stage, over a nats-server

The first Ctrl-C or SIGTERM finishes the messages in hand, the second ends at once.")]
#[command(mut_arg("nats", |nats| nats.help(
    "Run each stage as its own process over this NATS server; without URL over the configured one, or \
     nats://127.0.0.1:4222"
)))]
pub(crate) struct UpArguments {
    #[command(flatten)]
    pub(crate) flags: SettingsFlags,
    /// Run the demo, whatever is configured.
    #[arg(long, conflicts_with = "nats")]
    pub(crate) demo: bool,
    /// Run no demo although there is no feed yet, such as for articles that programs push to the API.
    #[arg(long, conflicts_with = "demo")]
    pub(crate) no_demo: bool,
}

/// The flags of a process that change its settings.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SettingsFlags {
    #[command(flatten)]
    pub(crate) instance: Instance,
    /// The address of the page and the API; by default 127.0.0.1:8787.
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
    /// The address of health and metrics; by default 127.0.0.1:9787.
    #[arg(long, value_name = "ADDR")]
    pub(crate) operations: Option<String>,
    /// Change a setting for this run, as TOML: `--set fetcher.min_interval=20m`. Repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// The NATS server; without URL the configured one, or nats://127.0.0.1:4222.
    #[arg(long, value_name = "URL", num_args = 0..=1, default_missing_value = "")]
    pub(crate) nats: Option<String>,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  wirefold demo                    print one table, and store nothing
  wirefold demo --serve 127.0.0.1:8080
                                   serve only the feeds of the demo, for a fetcher elsewhere

`wirefold up` without feeds shows the same articles on a page as they come in, with alerts.")]
pub(crate) struct DemoArguments {
    /// Print one JSON object for each article: the verdict at arrival.
    #[arg(long)]
    pub(crate) json: bool,
    /// Serve the feeds of the demo at an address instead, until stopped: /feeds/NAME.xml. They grow for
    /// a minute.
    #[arg(long, value_name = "ADDR", conflicts_with = "json")]
    pub(crate) serve: Option<std::net::SocketAddr>,
    /// The beginning of the addresses of those feeds and pages, if it is not the address that they are
    /// served at: `http://demo-feeds:8080`.
    #[arg(long, value_name = "URL", requires = "serve")]
    pub(crate) origin: Option<String>,
}

/// Arguments of `run`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  wirefold setup --nats nats://localhost:4222
  wirefold run detector --nats nats://localhost:4222

Over NATS only the gateway stores files: `nats/gateway.db` and its socket in the data folder. You can run
several fetchers, which share the feeds, and several detectors, enrichers and alerters: one of each leads, and
the others stand by. On the embedded bus only one process at a time can use the data folder. There, use this
to look at one stage; `wirefold up` runs them all.")]
pub(crate) struct RunArguments {
    /// The stage.
    #[arg(value_name = "STAGE", value_parser = stage())]
    pub(crate) stage: Service,
    #[command(flatten)]
    pub(crate) flags: SettingsFlags,
    /// `up --nats` started it: it ends with its parent.
    #[arg(long, hide = true)]
    pub(crate) supervised: bool,
}

/// Arguments of `setup`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  wirefold setup --nats nats://localhost:4222
  wirefold setup --passwords deploy/passwords && nats-server -c deploy/nats.conf
  wirefold setup --repair          after a check found damaged messages

Run it once before the stages, and again if you change settings of the retention. It leaves existing
streams as they are.

With --repair it reads all streams of a data folder once, which takes about a second for ten thousand
articles, and removes damaged messages. Articles without output come in again at the next start; alerts
for them come late. `up` must not run.

With --passwords each user's password is in DIR/USER, for `bus.password`; all of them are in
DIR/nats.conf, for the server. DIR/signing.key is for `bus.signing_key_file` of detector, alerter and gateway.
Existing files stay. Only the owner may read the files.

Exit codes: 0 all is there, 4 the server cannot be reached or refuses.")]
pub(crate) struct SetupArguments {
    #[command(flatten)]
    pub(crate) instance: Instance,
    /// The NATS server; without URL the configured one, or nats://127.0.0.1:4222.
    #[arg(long, value_name = "URL", num_args = 0..=1, default_missing_value = "")]
    pub(crate) nats: Option<String>,
    /// Change a setting for this run, as TOML. Repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Only write a random password for each user of a NATS server into this folder, before the server starts.
    #[arg(long, value_name = "DIR", conflicts_with = "repair")]
    pub(crate) passwords: Option<std::path::PathBuf>,
    /// Remove damaged messages from a data folder, and let articles without output come in again.
    #[arg(long)]
    pub(crate) repair: bool,
}

/// Reads the name of a stage or of the pruner.
fn stage() -> impl TypedValueParser<Value = Service> {
    let names = [
        ("fetcher", "Polls feeds and reads local sources"),
        ("detector", "Compares each article with all before it and decides"),
        ("enricher", "Finds language, names, places and quotations"),
        ("alerter", "Matches subscriptions and delivers alerts"),
        ("gateway", "Serves the page, the API and the feeds for feed readers"),
        (
            "pruner",
            "Over NATS: deletes the oldest messages that every reader has read from full streams. It \
             handles no articles",
        ),
    ];
    let names = names.map(|(name, help)| PossibleValue::new(name).help(help));
    PossibleValuesParser::new(names)
        .try_map(|name| Service::from_word(&name).ok_or("no such stage"))
}
