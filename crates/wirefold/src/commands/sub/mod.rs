//! `wirefold sub`: the subscriptions.

mod add;
mod files;
mod list;
mod mute;
mod query;
mod rehearse;
mod show;
mod why;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use wirefold_gateway::shapes::{Accepted, SubscriptionList};
use wirefold_proto::{Interval, SubscriptionRecord};

use crate::client::{Client, ClientError, ClientOptions, Need, block_on, escaped};
use crate::exit::{Exit, Stop};
use crate::global::Global;
use crate::output;

/// Arguments of `sub`.
#[derive(Debug, Args)]
pub(crate) struct SubArguments {
    #[command(flatten)]
    options: ClientOptions,
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
    Add(Box<add::AddArguments>),
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
    /// Mute a subscription. After the mute, one message for each alert follows.
    #[command(after_help = "\
Examples:
  wirefold sub mute harbour --for 2h
  wirefold sub mute harbour")]
    Mute {
        /// Its id or name from `sub ls`.
        #[arg(value_name = "ID")]
        id: String,
        /// For how long, such as 30m, 2h or 7d; by default until `sub unmute`.
        #[arg(long = "for", value_name = "TIME", value_parser = super::words::span_above_zero)]
        span: Option<Interval>,
    },
    /// Let a muted subscription send again.
    #[command(after_help = "Example:\n  wirefold sub unmute harbour")]
    Unmute {
        /// Its id or name from `sub ls`.
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Explain why each subscription did or did not alert on an article.
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
    /// Show what a subscription or a query would have sent, and how many copies it would have folded.
    #[command(after_help = "\
Examples:
  wirefold sub test 'harbour storm'
  wirefold sub test harbour --last 3d
  wirefold sub test '-football harbour' --hours 72")]
    Test {
        /// The id or name of a subscription, or a query.
        #[arg(value_name = "QUERY|ID", allow_hyphen_values = true)]
        what: String,
        /// How many hours back, at most 720.
        #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=720))]
        hours: u32,
        /// How far back, such as 24h or 7d, at most 30d; instead of `--hours`.
        #[arg(long, value_name = "TIME", conflicts_with = "hours", value_parser = rehearse::hours_of)]
        last: Option<u32>,
    },
}

/// Runs a `sub` command.
pub(crate) fn run(arguments: &SubArguments, global: &Global) -> anyhow::Result<Exit> {
    let options = &arguments.options;
    let (place, json) = (&options.instance, options.json);
    block_on(async {
        match &arguments.command {
            SubCommand::Ls => list::run(&options.client().await?, json, global).await,
            SubCommand::Show { id } => {
                let client = options.client().await?;
                let (record, waits) = one(&client, id).await?;
                if json {
                    output::print_json(&record)?;
                } else {
                    show::print(&record, waits)?;
                }
                Ok(Exit::Ok)
            }
            SubCommand::Add(wanted) => add::run(place, wanted, json, global).await,
            SubCommand::Rm { id: what } => {
                let client = options.client().await?;
                let (record, _) = one(&client, what).await?;
                let id = record.subscription.id.as_str();
                let path = format!("/api/v1/subscriptions/{}", escaped(id));
                let removed = client.delete(&path).await;
                let accepted: Accepted = removed.map_err(|error| error.see("wirefold sub ls"))?;
                let message = format_args!("{id} no longer sends alerts{}", client.when());
                global.answer(json, &accepted, message)
            }
            SubCommand::Export => files::export(&options.client().await?, json, global).await,
            SubCommand::Import { file } => {
                files::import(&Client::connect(place, Need::Nothing).await?, file, json, global)
                    .await
            }
            SubCommand::Mute { id, span } => {
                mute::run(&options.client().await?, id, mute::Change::Mute(*span), json, global)
                    .await
            }
            SubCommand::Unmute { id } => {
                mute::run(&options.client().await?, id, mute::Change::Unmute, json, global).await
            }
            SubCommand::Why { article, subscription } => {
                why::run(&options.client().await?, article, subscription.as_deref(), json).await
            }
            SubCommand::Test { what, hours, last } => {
                rehearse::run(&options.client().await?, what, last.unwrap_or(*hours), json).await
            }
        }
    })
}

/// All subscriptions, and the ids of those that wait for the next `up`.
async fn subscriptions(client: &Client) -> Result<SubscriptionList, ClientError> {
    let mut list: SubscriptionList = client.get("/api/v1/subscriptions").await?;
    if client.is_running() {
        // They wait only for a moment.
        list.waiting.clear();
    }
    Ok(list)
}

/// A subscription, and whether it waits for the next `up`.
async fn one(client: &Client, id: &str) -> anyhow::Result<(SubscriptionRecord, bool)> {
    let SubscriptionList { subscriptions, waiting, .. } = subscriptions(client).await?;
    let found = find_subscription(subscriptions, id)?.ok_or_else(|| {
        let what = format!("no subscription {id}: see `wirefold sub ls`");
        Stop::new(Exit::NotFound, what)
    })?;
    let waits = waiting.iter().any(|one| one == found.subscription.id.as_str());
    Ok((found, waits))
}

/// The subscription with this id, or else the only one with this name in any case.
fn find_subscription(
    all: Vec<SubscriptionRecord>,
    what: &str,
) -> Result<Option<SubscriptionRecord>, Stop> {
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
