//! `wirefold forget`: removes an article, or all articles of an outlet, from all files of wirefold, and
//! refuses it from then on.

mod plan;
mod scrub;
mod store;

use std::collections::BTreeSet;
use std::path::Path;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use wirefold_flow::{Clock as _, SystemClock};
use wirefold_proto::streams::{ALERTS, DEAD, ENRICHED, FETCHED, FORGOTTEN, OUTPUT};
use wirefold_proto::{FORGETTING, ForgottenRecord, forgotten_address, forgotten_outlet};

use super::print_line;
use super::{ask, can_ask};
use crate::client::ClientOptions;
use crate::columns::{Cell, Columns};
use crate::exit::{Exit, stop};
use crate::global::Global;
use crate::local_time::LocalTime;
use crate::output::{self, clean, count};
use crate::up::in_runtime;
use plan::{Plan, RemovedCounts, TABLES, read_kept};
use store::Store;

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

/// An entry of the list of forgotten articles and outlets.
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
    in_runtime(async {
        let changes = !(arguments.list || arguments.allow || arguments.dry_run);
        let mut store = Store::open(instance, &folder, changes).await?;
        let done = match (arguments.list, arguments.allow) {
            (true, _) => list(arguments, &mut store, global).await,
            (_, true) => allow(&keys, &mut store, global).await,
            _ => forget(arguments, &keys, &mut store, &folder, global).await,
        };
        store.close(done).await
    })
}

/// Takes the requested articles and outlets off the list.
async fn allow(
    keys: &BTreeSet<String>,
    store: &mut Store,
    global: &Global,
) -> anyhow::Result<Exit> {
    let listed: Vec<String> = store.list_keys().await?.intersection(keys).cloned().collect();
    store.change_list(listed.iter().map(String::as_str), None).await?;
    let what = count(listed.len(), "entry is off the list", "entries are off the list");
    global.note(format_args!("{what}: wirefold accepts it when it is published or pushed again"));
    Ok(if listed.is_empty() { Exit::NotFound } else { Exit::Ok })
}

/// The keys of the requested articles and outlets.
fn keys(arguments: &ForgetArguments) -> anyhow::Result<BTreeSet<String>> {
    let mut keys = BTreeSet::new();
    for address in &arguments.addresses {
        let Some(canonical) = wirefold_address::canonical(address) else {
            stop!(Usage, "{address:?} is not the address of a page, which begins with https://");
        };
        keys.insert(forgotten_address(&canonical));
    }
    for name in &arguments.outlet {
        let Some(outlet) = wirefold_address::outlet_from_name(name) else {
            stop!(Usage, "{name:?} is not the name of an outlet");
        };
        keys.insert(forgotten_outlet(&outlet));
    }
    Ok(keys)
}

async fn forget(
    arguments: &ForgetArguments,
    keys: &BTreeSet<String>,
    store: &mut Store,
    folder: &Path,
    global: &Global,
) -> anyhow::Result<Exit> {
    let mut wanted = keys.clone();
    let mut listed = store.list_keys().await?;
    if listed.remove(FORGETTING) {
        let what =
            if arguments.dry_run { "run it again to finish it" } else { "this run finishes it" };
        global.note(format_args!("note: an earlier `forget` was interrupted; {what}"));
        wanted.extend(listed);
    }
    let plan = find(&wanted, store, folder).await?;
    print_plan(&plan, global);
    if arguments.dry_run {
        return report(arguments, &plan, None);
    }
    if !arguments.yes && !is_sure()? {
        global.note("nothing was removed");
        return Ok(Exit::Interrupted);
    }
    let began = SystemClock.now();
    let at = Timestamp::from_millisecond(i64::try_from(began.0)?)?;
    let record = ForgottenRecord { at, articles: plan.counts.articles as u64 };
    let record = serde_json::to_vec(&record)?.into();
    store.carry_out(&plan, folder, keys, &record).await?;
    let took = SystemClock.now().since(began);
    global.note(format_args!(
        "done in {:.1} s; the next start reads {} again and rebuilds the tables of the page",
        took.as_secs_f64(),
        count(plan.counts.stay, "article", "articles")
    ));
    report(arguments, &plan, Some(u64::try_from(took.as_millis())?))
}

/// Finds everything about the articles that have one of these keys, by reading everything that is stored.
async fn find(keys: &BTreeSet<String>, store: &mut Store, folder: &Path) -> anyhow::Result<Plan> {
    let mut plan = Plan::default();
    let note_kept = &mut |name: &str, object: &[u8]| {
        for it in read_kept(name, object)?.export.articles {
            plan.note(it.output.id, &it.output.article, keys);
        }
        Ok(())
    };
    store.each_kept(folder, note_kept).await?;
    for stream in [FETCHED.name, ENRICHED.name, OUTPUT.name] {
        store.each(stream, &mut |stored| plan.article(stream, &stored, keys)).await?;
    }
    plan.counts.articles = plan.ids.len();
    store.each(OUTPUT.name, &mut |stored| plan.other_output(&stored)).await?;
    store.each(ALERTS.name, &mut |stored| plan.note_alert(&stored)).await?;
    store.each(ALERTS.name, &mut |stored| plan.alert(&stored)).await?;
    plan.counts.alerts = plan.alerts.deleted().count();
    plan.counts.scrubbed += plan.alerts.scrubbed().count();
    store.each(DEAD.name, &mut |stored| plan.dead(&stored)).await?;
    for bucket in TABLES {
        plan.table(bucket, store.entries(bucket).await?);
    }
    plan.counts.records = plan.changes.len();
    let (mut kept, mut own) = (Vec::new(), Vec::new());
    let edit_kept = &mut |name: &str, object: &[u8]| {
        let event = read_kept(name, object)?;
        let is_own = event.export.articles.iter().any(|it| plan.has(it.output.id));
        let list = if is_own { &mut own } else { &mut kept };
        list.extend(plan.kept_event(event)?.map(|edit| (name.to_owned(), edit)));
        Ok(())
    };
    store.each_kept(folder, edit_kept).await?;
    kept.append(&mut own);
    (plan.counts.kept, plan.kept) = (kept.len(), kept);
    Ok(plan)
}

fn is_sure() -> anyhow::Result<bool> {
    if !can_ask() {
        stop!(Usage, "this is not a terminal, so wirefold cannot ask: confirm with --yes");
    }
    let answer = ask("Remove all of this for good? [y/N]")?;
    Ok(answer.is_some_and(|answer| answer == "y" || answer == "yes"))
}

fn print_plan(plan: &Plan, global: &Global) {
    let RemovedCounts { articles, output, alerts, dead, records, scrubbed, kept, .. } = plan.counts;
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
        count(output, "output message", "output messages"),
        count(alerts, "alert", "alerts"),
        count(dead, "dead letter", "dead letters"),
    ];
    global.note(format_args!("goes: {}", parts.join(", ")));
    global.note(format_args!(
        "stays without words of these: {}; {} of feeds and deliveries; {}",
        count(scrubbed, "message or alert of others", "messages and alerts of others"),
        count(records, "record", "records"),
        count(kept, "kept event", "kept events")
    ));
}

fn report(arguments: &ForgetArguments, plan: &Plan, took: Option<u64>) -> anyhow::Result<Exit> {
    if arguments.options.json {
        let (done, took_ms) = (took.is_some(), took.unwrap_or(0));
        print_line("wirefold.cli.forget/1", &Report { counts: &plan.counts, done, took_ms })?;
    }
    Ok(Exit::Ok)
}

async fn list(
    arguments: &ForgetArguments,
    store: &mut Store,
    global: &Global,
) -> anyhow::Result<Exit> {
    let entries = store.entries(FORGOTTEN.name).await?;
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
