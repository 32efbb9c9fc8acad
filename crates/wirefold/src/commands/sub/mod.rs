//! `wirefold sub`: what to be told about.

mod list;
mod query;
mod rehearse;
mod show;

use clap::{Args, Subcommand, ValueEnum};
use wirefold_gateway::shapes::{Accepted, SubscriptionList};
use wirefold_proto::{GroupBy, Interval, SubscriptionId, SubscriptionRecord, SubscriptionSettings};

use crate::cli::Global;
use crate::client::{Asking, Client, ClientError, Need, block_on, escaped};
use crate::exit::{Exit, Stop};
use crate::output;

/// Arguments of `sub`.
#[derive(Debug, Args)]
pub(crate) struct SubArguments {
    #[command(flatten)]
    asking: Asking,
    #[command(subcommand)]
    command: SubCommand,
}

#[derive(Debug, Subcommand)]
enum SubCommand {
    /// List subscriptions with their queries, alerts, and how many copies they folded.
    #[command(after_help = "Example:\n  wirefold sub ls")]
    Ls,
    /// Show a subscription with every setting in force, defaults too.
    #[command(after_help = "Example:\n  wirefold sub show harbour")]
    Show {
        /// Its id from `sub ls`.
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Add a subscription, or change one that you added with this command.
    #[command(after_help = "\
Examples:
  wirefold sub add Harbour --query 'harbour AND (storm OR strike) -football'
  wirefold sub add Kyiv --query 'entity:Zelensky \"peace plan\"' --min-origins 2 --to phone
  wirefold sub add Everything --query '*' --group-wait 0s

The query: words, \"phrases\", prefix*, AND OR NOT -, ( ), NEAR/5, fields such as title: entity:
outlet: agency: lang:, and numbers such as origins>=2. `wirefold sub test QUERY` tries one first.")]
    Add(Box<AddArguments>),
    /// Remove a subscription; its alerts stay.
    #[command(after_help = "Example:\n  wirefold sub rm harbour")]
    Rm {
        /// Its id from `sub ls`.
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Say what a subscription or a query would have sent, and how many copies it would have folded.
    #[command(after_help = "\
Examples:
  wirefold sub test 'harbour storm'
  wirefold sub test harbour --hours 72")]
    Test {
        /// The id of a subscription, or a query.
        #[arg(value_name = "QUERY|ID")]
        what: String,
        /// How many hours back, at most 720.
        #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=720))]
        hours: u32,
    },
}

/// Arguments of `sub add`.
#[derive(Debug, Args)]
struct AddArguments {
    /// Its name; the id is made from it.
    #[arg(value_name = "NAME")]
    name: String,
    /// The query; `*` matches everything.
    #[arg(long)]
    query: String,
    /// Its id; by default made from the name.
    #[arg(long)]
    id: Option<SubscriptionId>,
    /// A delivery of the settings to send to; repeatable; by default all of them.
    #[arg(long, value_name = "DELIVERY")]
    to: Vec<String>,
    /// What one alert is about.
    #[arg(long, value_enum, value_name = "WHAT")]
    group_by: Option<Group>,
    /// What notifies: `new`, `origins+2`, `velocity>5/10m`, `material`; repeatable.
    #[arg(long, value_name = "CONDITION")]
    on: Vec<String>,
    /// The fewest outlets before it alerts.
    #[arg(long, value_name = "N")]
    min_outlets: Option<u32>,
    /// The fewest separately written texts (origins) before it alerts.
    #[arg(long, value_name = "N")]
    min_origins: Option<u32>,
    /// How long the first message waits for more, such as 30s.
    #[arg(long, value_name = "TIME")]
    group_wait: Option<Interval>,
    /// The shortest time between two revisions of one alert, such as 15m.
    #[arg(long, value_name = "TIME")]
    update_interval: Option<Interval>,
    /// After this time, send an unchanged alert again, such as 12h; by default never.
    #[arg(long, value_name = "TIME")]
    repeat_interval: Option<Interval>,
    /// The most loud messages a day.
    #[arg(long, value_name = "N")]
    max_per_day: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Group {
    /// An event: several texts about one happening.
    Event,
    /// A story: one text and its copies.
    Story,
}

/// Runs a `sub` command.
pub(crate) fn run(arguments: &SubArguments, global: &Global) -> anyhow::Result<Exit> {
    let (place, json) = (&arguments.asking.place, arguments.asking.json);
    block_on(async {
        match &arguments.command {
            SubCommand::Ls => {
                let client = Client::connect(place, Need::Data).await?;
                list::run(&client, json, global).await
            }
            SubCommand::Show { id } => {
                let client = Client::connect(place, Need::Data).await?;
                let (record, waits) = one(&client, id).await?;
                if json {
                    output::print_json(&record)?;
                } else {
                    show::print(&record, waits)?;
                }
                Ok(Exit::Ok)
            }
            SubCommand::Add(wanted) => {
                query::check(&wanted.query)?;
                let settings = settings(wanted)?;
                let client = Client::connect(place, Need::Nothing).await?;
                add(&client, &settings, json, global).await
            }
            SubCommand::Rm { id } => {
                let client = Client::connect(place, Need::Data).await?;
                let path = format!("/api/v1/subscriptions/{}", escaped(id));
                let removed = client.delete(&path).await;
                let accepted: Accepted = removed.map_err(|error| error.see("wirefold sub ls"))?;
                if json {
                    output::print_json(&accepted)?;
                } else {
                    global.note(format_args!("{id} sends no more alerts{}", when(&client)));
                }
                Ok(Exit::Ok)
            }
            SubCommand::Test { what, hours } => {
                let client = Client::connect(place, Need::Data).await?;
                rehearse::run(&client, what, *hours, json).await
            }
        }
    })
}

/// When a command takes effect, as the end of a sentence.
fn when(client: &Client) -> &'static str {
    if client.is_running() { "" } else { ", from the next `wirefold up` on" }
}

/// Every subscription, and which of them wait for the next `up`.
async fn subscriptions(client: &Client) -> Result<SubscriptionList, ClientError> {
    let mut list: SubscriptionList = client.get("/api/v1/subscriptions").await?;
    if client.is_running() {
        // In a moment they wait no more.
        list.waiting.clear();
    }
    Ok(list)
}

/// A subscription, and whether it waits for the next `up`.
async fn one(client: &Client, id: &str) -> anyhow::Result<(SubscriptionRecord, bool)> {
    let SubscriptionList { subscriptions, waiting, .. } = subscriptions(client).await?;
    let found = subscriptions.into_iter().find(|record| record.subscription.id.as_str() == id);
    let waits = waiting.iter().any(|one| one == id);
    found.map(|record| (record, waits)).ok_or_else(|| {
        let what = format!("no subscription {id}: see `wirefold sub ls`");
        Stop::new(Exit::NotFound, what).into()
    })
}

async fn add(
    client: &Client,
    settings: &SubscriptionSettings,
    json: bool,
    global: &Global,
) -> anyhow::Result<Exit> {
    let accepted: Accepted = client.post("/api/v1/subscriptions", settings).await?;
    if json {
        output::print_json(&accepted)?;
    } else {
        let id = &settings.id;
        let from = if client.is_running() { "article" } else { "`wirefold up`" };
        global.note(format_args!("{id} alerts from the next {from} on"));
        match rehearse::last_day(client, settings.clone()).await {
            Ok(Some(sent)) => global.note(format_args!("{}", sent.trim_end())),
            Ok(None) => global.note(format_args!(
                "no article was read in the last 24 h: `wirefold sub test {id}` tries it later"
            )),
            // It is added all the same.
            Err(error) => global.note(format_args!("note: not tried on the last 24 h: {error}")),
        }
    }
    Ok(Exit::Ok)
}

fn settings(wanted: &AddArguments) -> anyhow::Result<SubscriptionSettings> {
    let id = match &wanted.id {
        Some(id) => id.clone(),
        None => slug(&wanted.name).parse().map_err(|_| {
            let what = format!("no id can be made from {:?}: give --id", wanted.name);
            Stop::new(Exit::Usage, what)
        })?,
    };
    Ok(SubscriptionSettings {
        group_by: wanted.group_by.map(|group| match group {
            Group::Event => GroupBy::Event,
            Group::Story => GroupBy::Story,
        }),
        on: wanted.on.clone(),
        min_outlets: wanted.min_outlets,
        min_origins: wanted.min_origins,
        group_wait: wanted.group_wait,
        update_interval: wanted.update_interval,
        repeat_interval: wanted.repeat_interval,
        max_per_day: wanted.max_per_day,
        deliveries: wanted.to.clone(),
        ..SubscriptionSettings::new(id, &wanted.name, &wanted.query)
    })
}

/// The letters and digits of a name in lower case, `-` between its words.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= 60 {
            break;
        }
    }
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_made_from_names() {
        assert_eq!(slug("  Harbour & Sea "), "harbour-sea");
        assert_eq!(slug("泽连斯基"), "");
        assert!(slug(&"long name ".repeat(20)).parse::<SubscriptionId>().is_ok());
    }
}
