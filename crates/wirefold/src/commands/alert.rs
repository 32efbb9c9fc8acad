//! `wirefold alert`: the alerts that were sent and why, and whether a delivery works.

use anstyle::{AnsiColor, Style};
use clap::{Args, Subcommand};
use wirefold_gateway::shapes::{AlertPage, AlertRow};
use wirefold_proto::{AlertId, Interval, Volume};

use super::alert_mute::Change;
use super::words::short;
use super::{PAGE, alert_life, alert_mute, alert_test, page, print_line};
use crate::client::{Client, ClientOptions, block_on};
use crate::columns::{Cell, Columns};
use crate::exit::Exit;
use crate::global::Global;
use crate::local_time::LocalTime;
use crate::output;

const LOUD: Style = AnsiColor::Yellow.on_default();

/// Arguments of `alert`.
#[derive(Debug, Args)]
pub(crate) struct AlertArguments {
    #[command(flatten)]
    options: ClientOptions,
    #[command(subcommand)]
    command: AlertCommand,
}

#[derive(Debug, Subcommand)]
enum AlertCommand {
    /// List alerts, the last changed first, each with the reasons of its last revision.
    #[command(after_help = "Examples:\n  wirefold alert ls\n  wirefold alert ls --limit 5 --json")]
    Ls {
        /// How many at most.
        #[arg(
            long,
            default_value_t = 20,
            value_name = "N",
            value_parser = clap::value_parser!(u32).range(1..)
        )]
        limit: u32,
    },
    /// Show the life of an alert: each revision with its reasons, and the outcome of its deliveries.
    #[command(after_help = "\
Examples:
  wirefold alert show harbour:e-4ktq2v
  wirefold alert show e-4ktq2v --json")]
    Show {
        /// Its id, the beginning of one, or that of its event or story.
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Send the newest revision of an alert again, marked as a repetition.
    #[command(after_help = "\
Examples:
  wirefold alert replay harbour:e-4ktq2v
  wirefold alert replay harbour:e-4ktq2v --delivery phone

Exit codes: 0 each target accepted it, 1 none did, 3 there is no such alert, 5 some did not.")]
    Replay {
        /// Its id, the beginning of one, or that of its event or story.
        #[arg(value_name = "ID")]
        id: String,
        /// Send it only to this delivery; by default to each that its subscription names.
        #[arg(long, value_name = "DELIVERY")]
        delivery: Option<String>,
    },
    /// Mute one alert; its subscription still sends others. The held revisions follow in one message.
    #[command(after_help = "\
Examples:
  wirefold alert mute e-7p4k2m --for 8h
  wirefold alert mute harbour:e-7p4k2m3v9c1x5b8n0q2r4s6t8w --corrections")]
    Mute {
        /// Its id, the beginning of one, or the id or page of its event or story.
        #[arg(value_name = "ALERT")]
        alert: String,
        /// For how long, such as 30m, 8h or 7d; by default until it is over.
        #[arg(long = "for", value_name = "TIME", value_parser = super::words::span_above_zero)]
        span: Option<Interval>,
        /// Corrections and retractions still notify.
        #[arg(long)]
        corrections: bool,
    },
    /// Let a muted alert notify again.
    #[command(after_help = "Example:\n  wirefold alert unmute e-7p4k2m")]
    Unmute {
        /// Its id, the beginning of one, or the id or page of its event or story.
        #[arg(value_name = "ALERT")]
        alert: String,
    },
    /// Acknowledge an alert: `repeat_interval` sends it again only if something new comes.
    #[command(after_help = "Example:\n  wirefold alert ack e-7p4k2m")]
    Ack {
        /// Its id, the beginning of one, or the id or page of its event or story.
        #[arg(value_name = "ALERT")]
        alert: String,
    },
    /// Send a marked sample to a delivery of the settings, and report whether it arrived.
    #[command(after_help = "\
Examples:
  wirefold alert test phone
  wirefold alert test desk --config /etc/wirefold/wirefold.toml

Exit codes: 0 the target accepted it, 1 it did not, 2 the settings are wrong, 3 there is no such delivery.")]
    Test {
        /// The name of the delivery.
        #[arg(value_name = "DELIVERY")]
        delivery: String,
    },
}

/// Runs an `alert` command.
pub(crate) fn run(arguments: &AlertArguments, global: &Global) -> anyhow::Result<Exit> {
    let options = &arguments.options;
    match &arguments.command {
        AlertCommand::Ls { limit } => list(arguments, global, *limit),
        AlertCommand::Show { id } => {
            block_on(async { alert_life::show(&options.client().await?, id, options.json).await })
        }
        AlertCommand::Replay { id, delivery } => block_on(async {
            let client = options.client().await?;
            alert_life::replay(&client, id, delivery.clone(), options.json).await
        }),
        AlertCommand::Mute { alert, span, corrections } => {
            let change = Change::Mute { span: *span, except_corrections: *corrections };
            alert_mute::run(options, global, alert, change)
        }
        AlertCommand::Unmute { alert } => alert_mute::run(options, global, alert, Change::Unmute),
        AlertCommand::Ack { alert } => alert_mute::run(options, global, alert, Change::Acknowledge),
        AlertCommand::Test { delivery } => alert_test::run(options, global, delivery),
    }
}

fn list(arguments: &AlertArguments, global: &Global, limit: u32) -> anyhow::Result<Exit> {
    block_on(async {
        let client = arguments.options.client().await?;
        let alerts = alerts(&client, limit).await?;
        if arguments.options.json {
            alerts.iter().try_for_each(|row| print_line("wirefold.cli.alert/1", row))?;
        } else if alerts.is_empty() {
            global.note(format_args!(
                "no alerts yet: add a subscription with `wirefold sub add NAME --query QUERY`; if `wirefold sub ls` lists one, its first alert comes after its group_wait"
            ));
        } else {
            output::print_styled(&table(&alerts, &LocalTime::system()).render())?;
        }
        Ok(Exit::Ok)
    })
}

fn table(alerts: &[AlertRow], time: &LocalTime) -> Columns {
    let heading = ["id", "when", "state", "revisions", "outlets", "origins", "why", "headline"];
    let mut table = Columns::new(&heading);
    for row in alerts {
        let alert = &row.alert;
        let reasons: Vec<&str> = alert.reasons.iter().map(|reason| reason.words.as_str()).collect();
        let loud = row.revisions.iter().filter(|revision| revision.volume == Volume::Loud).count();
        let revisions = match row.revisions.len() - loud {
            0 => format!("{loud} loud"),
            silent => format!("{loud} loud, {silent} silent"),
        };
        let revisions = if alert.held.is_some() { format!("{revisions}, held") } else { revisions };
        table.push(vec![
            Cell::new(short_id(&alert.id)),
            Cell::faint(time.minute(alert.at)),
            Cell::styled(alert.state.as_str(), LOUD),
            Cell::new(revisions),
            Cell::new(alert.outlets.to_string()),
            Cell::new(format!("at most {}", alert.origins)),
            Cell::new(reasons.join(", ")),
            Cell::new(&alert.headline.title),
        ]);
    }
    table
}

/// The part of an id that is shown: enough for `alert show`.
pub(super) fn short_id(id: &AlertId) -> String {
    format!("{}:{}", id.subscription, short(&id.target.to_string()))
}

/// The alerts that changed last, at most `limit`.
async fn alerts(client: &Client, limit: u32) -> anyhow::Result<Vec<AlertRow>> {
    let mut alerts: Vec<AlertRow> = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let wanted = limit.saturating_sub(u32::try_from(alerts.len()).unwrap_or(u32::MAX));
        if wanted == 0 {
            return Ok(alerts);
        }
        let path = page("/api/v1/alerts", wanted.min(PAGE), cursor.as_deref());
        let found: AlertPage = client.get(&path).await?;
        alerts.extend(found.alerts);
        match found.next {
            Some(next) => cursor = Some(next),
            None => return Ok(alerts),
        }
    }
}
