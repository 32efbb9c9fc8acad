//! `wirefold sub`: what to be told about.

mod files;
mod list;
mod mute;
mod query;
mod rehearse;
mod show;
mod why;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use wirefold_gateway::shapes::{Accepted, SubscriptionList};
use wirefold_proto::{
    Digest, GroupBy, Interval, QuietHours, SubscriptionId, SubscriptionRecord, SubscriptionSettings,
};

use crate::cli::Global;
use crate::client::{Asking, Client, ClientError, Need, block_on, escaped};
use crate::exit::{Exit, Stop};
use crate::local_time;
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
        /// Its id or name from `sub ls`.
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Add a subscription, or change one that you added with this command.
    #[command(after_help = "\
Examples:
  wirefold sub add Harbour --query 'harbour AND (storm OR strike) -football'
  wirefold sub add Kyiv --query 'entity:Zelensky \"peace plan\"' --min-origins 2 --to phone
  wirefold sub add Everything --query '*' --group-wait 0s

The query: words, \"phrases\", prefix*, ~strike (strikes and striking too, by the article's language),
AND OR NOT -, ( ), NEAR/5, fields such as title: entity: outlet: agency: lang:, numbers such as
origins>=2, and @ministers for any line of lists/ministers.txt beside the settings. Chinese, Japanese,
Thai and Korean words are found inside longer ones. All of it: docs/queries.md. An article notifies where its title or lede
matches; a mention further down is silent until another text has one too, unless you ask for
anywhere:harbour. `wirefold sub test QUERY` tries a query first.")]
    Add(Box<AddArguments>),
    /// Remove a subscription; its alerts stay.
    #[command(after_help = "Example:\n  wirefold sub rm harbour")]
    Rm {
        /// Its id or name from `sub ls`.
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Print all subscriptions as `[[subscription]]` tables, for a file of settings or `sub import`.
    #[command(after_help = "Example:\n  wirefold sub export > subscriptions.toml")]
    Export,
    /// Add the subscriptions of a file of `[[subscription]]` tables, or change those you have.
    #[command(after_help = "\
Example:
  wirefold sub import subscriptions.toml

Exit codes: 0 all were added, 2 the file cannot be read, 5 some were refused; the others are added.")]
    Import {
        /// The file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Keep a subscription silent; what it would have sent follows in one message an alert once it is not.
    #[command(after_help = "\
Examples:
  wirefold sub mute harbour --for 2h
  wirefold sub mute harbour")]
    Mute {
        /// Its id or name from `sub ls`.
        #[arg(value_name = "ID")]
        id: String,
        /// For how long, such as 30m, 2h or 7d; by default until `sub unmute`.
        #[arg(long = "for", value_name = "TIME")]
        span: Option<Interval>,
    },
    /// Let a muted subscription send again.
    #[command(after_help = "Example:\n  wirefold sub unmute harbour")]
    Unmute {
        /// Its id or name from `sub ls`.
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Say why each subscription did or did not alert on an article.
    #[command(after_help = "\
Examples:
  wirefold sub why a-4ktq2v
  wirefold sub why https://harbour.example/storm --sub harbour")]
    Why {
        /// An id, the beginning of one, or a link.
        #[arg(value_name = "ARTICLE")]
        article: String,
        /// Only this subscription: its id or name.
        #[arg(long = "sub", value_name = "ID")]
        subscription: Option<String>,
    },
    /// Say what a subscription or a query would have sent, and how many copies it would have folded.
    #[command(after_help = "\
Examples:
  wirefold sub test 'harbour storm'
  wirefold sub test harbour --hours 72")]
    Test {
        /// The id or name of a subscription, or a query.
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
    /// A delivery of the settings to send to, such as `phone`; repeatable. Without it, alerts are printed where
    /// `wirefold up` runs, and go nowhere else.
    #[arg(long, value_name = "DELIVERY")]
    to: Vec<String>,
    /// What one alert is about.
    #[arg(long, value_enum, value_name = "WHAT")]
    group_by: Option<Group>,
    /// What notifies: `new`, `origins+2`, `outlets+5`, `velocity>5/10m`, `material`, `correction`,
    /// `retraction`, `quiet`; repeatable.
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
    /// When nothing is sent, such as 22:00-07:00; what was held follows in one message an alert.
    #[arg(long, value_name = "FROM-TO", value_parser = quiet_hours)]
    quiet_hours: Option<(String, String)>,
    /// The time zone of the quiet hours and of digests; by default that of this machine.
    #[arg(long, value_name = "ZONE", requires = "quiet_hours")]
    time_zone: Option<String>,
    /// What is sent in quiet hours all the same, such as 'outlets>=10'.
    #[arg(long, value_name = "CONDITION", requires = "quiet_hours")]
    break_quiet: Option<String>,
    /// A subscription that tells of the same: where it has notified, this one is silent; repeatable.
    #[arg(long, value_name = "ID")]
    inhibited_by: Vec<SubscriptionId>,
    /// Gather messages into one an hour, one a day or one a week.
    #[arg(long, value_enum, value_name = "HOW_OFTEN", conflicts_with = "repeat_interval")]
    digest: Option<HowOften>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Group {
    /// An event: several texts about one happening.
    Event,
    /// A story: one text and its copies.
    Story,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum HowOften {
    /// At each full hour.
    Hourly,
    /// At eight each morning.
    Daily,
    /// At eight each Monday.
    Weekly,
}

/// Reads `22:00-07:00`; the times are checked where they are understood.
fn quiet_hours(text: &str) -> Result<(String, String), &'static str> {
    let times = text.split_once('-').ok_or("expected two times such as 22:00-07:00")?;
    Ok((times.0.trim().to_owned(), times.1.trim().to_owned()))
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
            SubCommand::Rm { id: what } => {
                let client = Client::connect(place, Need::Data).await?;
                let (record, _) = one(&client, what).await?;
                let id = record.subscription.id.as_str();
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
            SubCommand::Export => {
                let client = Client::connect(place, Need::Data).await?;
                files::export(&client, json, global).await
            }
            SubCommand::Import { file } => {
                let client = Client::connect(place, Need::Nothing).await?;
                files::import(&client, file, json, global).await
            }
            SubCommand::Mute { id, span } => {
                let client = Client::connect(place, Need::Data).await?;
                mute::run(&client, id, mute::Change::Mute(*span), json, global).await
            }
            SubCommand::Unmute { id } => {
                let client = Client::connect(place, Need::Data).await?;
                mute::run(&client, id, mute::Change::Unmute, json, global).await
            }
            SubCommand::Why { article, subscription } => {
                let client = Client::connect(place, Need::Data).await?;
                why::run(&client, article, subscription.as_deref(), json).await
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
    let found = named(subscriptions, id)?.ok_or_else(|| {
        let what = format!("no subscription {id}: see `wirefold sub ls`");
        Stop::new(Exit::NotFound, what)
    })?;
    let waits = waiting.iter().any(|one| one == found.subscription.id.as_str());
    Ok((found, waits))
}

/// The subscription with this id, else the only one with this name, however it is capitalised.
fn named(all: Vec<SubscriptionRecord>, what: &str) -> Result<Option<SubscriptionRecord>, Stop> {
    if let Some(place) = all.iter().position(|it| it.subscription.id.as_str() == what) {
        return Ok(all.into_iter().nth(place));
    }
    let name = what.to_lowercase();
    let mut same = all.into_iter().filter(|it| it.subscription.name.to_lowercase() == name);
    match (same.next(), same.next()) {
        (Some(one), Some(other)) => {
            let ids = [one, other].map(|it| it.subscription.id.to_string()).join(" and ");
            let why = format!("several subscriptions are called {what}: name one of {ids}");
            Err(Stop::new(Exit::Usage, why))
        }
        (found, _) => Ok(found),
    }
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
        if settings.deliveries.is_empty() {
            global.note(format_args!(
                "its alerts are printed where `wirefold up` runs; --to DELIVERY sends them elsewhere"
            ));
        }
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
        None => SubscriptionId::from_name(&wanted.name).ok_or_else(|| {
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
        quiet_hours: wanted.quiet_hours.clone().map(|(from, to)| QuietHours {
            from,
            to,
            time_zone: wanted.time_zone.clone().unwrap_or_else(local_time::zone),
        }),
        break_quiet: wanted.break_quiet.clone(),
        inhibited_by: wanted.inhibited_by.clone(),
        digest: wanted.digest.map(|digest| match digest {
            HowOften::Hourly => Digest::Hourly,
            HowOften::Daily => Digest::Daily,
            HowOften::Weekly => Digest::Weekly,
        }),
        deliveries: wanted.to.clone(),
        ..SubscriptionSettings::new(id, &wanted.name, &wanted.query)
    })
}
