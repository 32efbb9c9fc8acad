//! `wirefold alert`: what was told, and why.

use anstyle::{AnsiColor, Style};
use clap::{Args, Subcommand};
use wirefold_gateway::shapes::{AlertPage, AlertRow};
use wirefold_proto::{AlertState, Volume};

use super::{PAGE, page, print_line};
use crate::cli::Global;
use crate::client::{Asking, Client, Need, block_on};
use crate::columns::{Cell, Columns};
use crate::exit::Exit;
use crate::local_time::LocalTime;
use crate::output;

const LOUD: Style = AnsiColor::Yellow.on_default();

/// Arguments of `alert`.
#[derive(Debug, Args)]
pub(crate) struct AlertArguments {
    #[command(flatten)]
    asking: Asking,
    #[command(subcommand)]
    command: AlertCommand,
}

#[derive(Debug, Subcommand)]
enum AlertCommand {
    /// List alerts, the last changed first, each with the reasons of its last revision.
    #[command(after_help = "Examples:\n  wirefold alert ls\n  wirefold alert ls --limit 5 --json")]
    Ls {
        /// How many at most.
        #[arg(long, default_value_t = 20, value_name = "N")]
        limit: u32,
    },
}

/// Runs an `alert` command.
pub(crate) fn run(arguments: &AlertArguments, global: &Global) -> anyhow::Result<Exit> {
    let AlertCommand::Ls { limit } = arguments.command;
    block_on(async {
        let client = Client::connect(&arguments.asking.place, Need::Data).await?;
        let alerts = alerts(&client, limit).await?;
        if arguments.asking.json {
            alerts.iter().try_for_each(|row| print_line("wirefold.cli.alert/1", row))?;
        } else if alerts.is_empty() {
            global.note(format_args!(
                "no alerts yet: say what to be told about with `wirefold sub add NAME --query \
                 QUERY`; where `wirefold sub ls` names a subscription, an alert comes once its \
                 group_wait is over"
            ));
        } else {
            output::print_styled(&table(&alerts, &LocalTime::system()).render())?;
        }
        Ok(Exit::Ok)
    })
}

fn table(alerts: &[AlertRow], time: &LocalTime) -> Columns {
    let heading =
        ["when", "state", "revisions", "subscription", "outlets", "origins", "why", "headline"];
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
            Cell::faint(time.minute(alert.at)),
            Cell::styled(state(alert.state), LOUD),
            Cell::new(revisions),
            Cell::new(alert.subscription.as_str()),
            Cell::new(alert.outlets.to_string()),
            Cell::new(format!("at most {}", alert.origins)),
            Cell::new(reasons.join(", ")),
            Cell::new(&alert.headline.title),
        ]);
    }
    table
}

fn state(state: AlertState) -> &'static str {
    match state {
        AlertState::New => "new",
        AlertState::Growing => "growing",
        AlertState::Updated => "updated",
        AlertState::Quiet => "quiet",
    }
}

/// The alerts that changed last, at most so many.
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
