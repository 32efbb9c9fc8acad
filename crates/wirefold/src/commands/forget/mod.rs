//! `wirefold forget`: removes an article, or all articles of an outlet, from all files of wirefold, and
//! refuses it from then on.

mod alerts;
mod change;
mod erase;
mod over_nats;
mod plan;
mod records;
mod scrub;
mod store;

use std::collections::BTreeSet;
use std::path::Path;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use wirefold_flow::{Clock as _, SystemClock};
use wirefold_flow_sqlite::{Offline, OpenError};
use wirefold_proto::streams::FORGOTTEN;
use wirefold_proto::{FORGETTING, ForgottenRecord, forgotten_address, forgotten_outlet};

use super::ask::{ask, can_ask};
use super::print_line;
use crate::client::{ClientError, ClientOptions};
use crate::columns::{Cell, Columns};
use crate::exit::{Exit, Stop};
use crate::global::Global;
use crate::local_time::LocalTime;
use crate::output::{self, clean, count};
use over_nats::OverNats;
use plan::{Plan, RemovedCounts};
use store::{OfflineStore, Order};

/// The number of articles that are named before the question.
const NAMED: usize = 10;

/// Arguments of `forget`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  wirefold forget --dry-run https://harbour.example/ferry    what would be removed
  wirefold forget https://harbour.example/ferry
  wirefold forget --outlet harbour.example
  wirefold forget --list                                     what wirefold refuses
  wirefold forget --allow https://harbour.example/ferry      accept it again

`up` must not run meanwhile; on a NATS server no stage. Copies elsewhere stay as they are: backups, sent messages, files in
watched folders.")]
pub(crate) struct ForgetArguments {
    #[command(flatten)]
    options: ClientOptions,
    /// The address of the article, in any spelling.
    #[arg(value_name = "URL", required_unless_present_any = ["outlet", "list"])]
    addresses: Vec<String>,
    /// All articles of this outlet; wirefold still polls its feeds.
    #[arg(long, value_name = "NAME")]
    outlet: Vec<String>,
    /// Show what would be removed, and remove nothing.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
    /// Show the list of articles and outlets that wirefold refuses, as hashes.
    #[arg(long, conflicts_with_all = ["addresses", "outlet", "dry_run", "allow"])]
    list: bool,
    /// Accept it again; this does not bring back the removed articles.
    #[arg(long, conflicts_with = "dry_run")]
    allow: bool,
}

/// The output of `--json`.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    counts: &'a RemovedCounts,
    /// Whether it was carried out.
    done: bool,
    /// Milliseconds that it took.
    took_ms: u64,
}

#[derive(Serialize)]
struct Listed {
    key: String,
    #[serde(flatten)]
    record: ForgottenRecord,
}

/// Runs `forget`.
pub(crate) fn run(arguments: &ForgetArguments, global: &Global) -> anyhow::Result<Exit> {
    let instance = &arguments.options.instance;
    let folder = instance.folder()?;
    let keys = keys(arguments)?;
    let mut store: Box<dyn OfflineStore> = match instance.is_over_nats(&folder) {
        true => {
            let changes = !(arguments.list || arguments.allow || arguments.dry_run);
            Box::new(OverNats::open(instance, changes)?)
        }
        false => Box::new(open(&folder)?),
    };
    if arguments.list {
        return list(arguments, &mut *store, global);
    }
    if arguments.allow {
        let listed = store.allow(&keys)?;
        let what = count(listed, "entry is off the list", "entries are off the list");
        global
            .note(format_args!("{what}: wirefold accepts it when it is published or pushed again"));
        return Ok(if listed == 0 { Exit::NotFound } else { Exit::Ok });
    }
    forget(arguments, &keys, &mut *store, &folder, global)
}

fn open(folder: &Path) -> anyhow::Result<Offline> {
    if !folder.join(wirefold_flow_sqlite::FILE).exists() {
        return Err(ClientError::NoData { folder: folder.to_owned() }.into());
    }
    match Offline::open(folder) {
        Err(OpenError::InUse { .. }) => {
            let what = format!(
                "{} is in use by another process, such as `up` or `backup`: stop it first, because `forget` \
                 needs the data folder for itself",
                folder.display()
            );
            anyhow::bail!(Stop::new(Exit::Failure, what))
        }
        opened => Ok(opened?),
    }
}

/// The keys of the requested articles and outlets.
fn keys(arguments: &ForgetArguments) -> anyhow::Result<BTreeSet<String>> {
    let mut keys = BTreeSet::new();
    for address in &arguments.addresses {
        let canonical = wirefold_address::canonical(address).ok_or_else(|| {
            let what =
                format!("{address:?} is not the address of a page, which begins with https://");
            Stop::new(Exit::Usage, what)
        })?;
        keys.insert(forgotten_address(&canonical));
    }
    for name in &arguments.outlet {
        let outlet = wirefold_address::outlet_from_name(name).ok_or_else(|| {
            Stop::new(Exit::Usage, format!("{name:?} is not the name of an outlet"))
        })?;
        keys.insert(forgotten_outlet(&outlet));
    }
    Ok(keys)
}

fn forget(
    arguments: &ForgetArguments,
    keys: &BTreeSet<String>,
    store: &mut dyn OfflineStore,
    folder: &Path,
    global: &Global,
) -> anyhow::Result<Exit> {
    let mut wanted = keys.clone();
    if store.is_unfinished()? {
        let what =
            if arguments.dry_run { "run it again to finish it" } else { "this run finishes it" };
        global.note(format_args!("note: an earlier `forget` was interrupted; {what}"));
        wanted.extend(store.list_keys()?);
    }
    let plan = Plan::of(&wanted, store)?;
    print_plan(&plan, global);
    if arguments.dry_run {
        return report(arguments, &plan, None);
    }
    if !arguments.yes && !is_sure()? {
        global.note("nothing was removed");
        return Ok(Exit::Interrupted);
    }
    let began = SystemClock.now();
    let now = Timestamp::from_millisecond(i64::try_from(began.0)?)?;
    let articles = plan.counts.articles as u64;
    let (edits, changes) = (&plan.edits, &plan.changes);
    store.carry_out(&Order { edits, changes, articles, keys, folder, now })?;
    let took = SystemClock.now().since(began);
    global.note(format_args!(
        "done in {:.1} s; the next start reads {} again and rebuilds the tables of the page",
        took.as_secs_f64(),
        count(plan.counts.stay, "article", "articles")
    ));
    report(arguments, &plan, Some(u64::try_from(took.as_millis())?))
}

fn is_sure() -> anyhow::Result<bool> {
    if !can_ask() {
        let what = "this is not a terminal, so wirefold cannot ask: confirm with --yes";
        anyhow::bail!(Stop::new(Exit::Usage, what));
    }
    let answer = ask("Remove all of this for good? [y/N]")?;
    Ok(answer.is_some_and(|answer| answer == "y" || answer == "yes"))
}

fn print_plan(plan: &Plan, global: &Global) {
    let RemovedCounts { articles, decisions, output, alerts, dead, records, scrubbed, .. } =
        plan.counts;
    if articles == 0 {
        global.note("no stored article has this address or outlet; from now on wirefold refuses such articles");
    }
    for shown in plan.shown.iter().take(NAMED) {
        global.note(format_args!("  {}", clean(shown)));
    }
    if plan.shown.len() > NAMED {
        global.note(format_args!("  and {} more", plan.shown.len() - NAMED));
    }
    let parts = [
        count(articles, "article", "articles"),
        count(decisions, "decision", "decisions"),
        count(output, "output message", "output messages"),
        count(alerts, "alert", "alerts"),
        count(dead, "dead letter", "dead letters"),
    ];
    global.note(format_args!("goes: {}", parts.join(", ")));
    global.note(format_args!(
        "stays without words of these: {}; {} of feeds and deliveries",
        count(scrubbed, "message or alert of others", "messages and alerts of others"),
        count(records, "record", "records")
    ));
}

fn report(arguments: &ForgetArguments, plan: &Plan, took: Option<u64>) -> anyhow::Result<Exit> {
    if arguments.options.json {
        let (done, took_ms) = (took.is_some(), took.unwrap_or(0));
        print_line("wirefold.cli.forget/1", &Report { counts: &plan.counts, done, took_ms })?;
    }
    Ok(Exit::Ok)
}

fn list(
    arguments: &ForgetArguments,
    store: &mut dyn OfflineStore,
    global: &Global,
) -> anyhow::Result<Exit> {
    let entries = store.entries(FORGOTTEN.name)?;
    let entries = entries.into_iter().filter_map(|entry| Some((entry.key, entry.value?)));
    let mut listed: Vec<Listed> = entries
        .filter_map(|(key, value)| {
            Some(Listed { key, record: serde_json::from_slice(&value).ok()? })
        })
        .collect();
    if listed.iter().any(|it| it.key == FORGETTING) {
        global.note("note: a `forget` was interrupted: run it again to finish it");
    }
    listed.retain(|it| it.key != FORGETTING);
    if arguments.options.json {
        listed.iter().try_for_each(|it| print_line("wirefold.cli.forgotten/1", it))?;
        return Ok(Exit::Ok);
    }
    if listed.is_empty() {
        global.note("nothing was forgotten");
        return Ok(Exit::Ok);
    }
    let (time, mut table) = (LocalTime::system(), Columns::new(&["when", "articles", "hash"]));
    for Listed { key, record } in &listed {
        table.push(vec![
            Cell::new(time.minute(record.at)),
            Cell::new(record.articles.to_string()),
            Cell::faint(key.clone()),
        ]);
    }
    output::print_styled(&table.render())?;
    Ok(Exit::Ok)
}
