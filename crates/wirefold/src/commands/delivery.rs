//! `wirefold delivery`: the targets of alerts; add, change and remove those that the settings do not define.

use clap::{Args, Subcommand};
use serde_json::json;
use wirefold_gateway::shapes::{DeliveryList, DeliveryRow, DeliveryTested};

use super::Session;
use crate::client::{ClientOptions, Need, block_on, escaped};
use crate::columns::{Cell, Columns};
use crate::config::secret_at;
use crate::exit::{Exit, stop};
use crate::global::Global;
use crate::output::clean;

/// The path of the collection.
const PATH: &str = "/api/v1/deliveries";
/// The command that lists them.
const LIST: &str = "wirefold delivery ls";

/// Arguments of `delivery`.
#[derive(Debug, Args)]
pub(crate) struct DeliveryArguments {
    #[command(flatten)]
    options: ClientOptions,
    #[command(subcommand)]
    command: DeliveryCommand,
}

#[derive(Debug, Subcommand)]
enum DeliveryCommand {
    /// List deliveries: those of the settings, and those that were added.
    #[command(after_help = "Example:\n  wirefold delivery ls")]
    Ls,
    /// Add a delivery, or change one that was added.
    #[command(after_help = "\
Kinds: webhook, ntfy, email, slack, telegram, matrix, apprise. The settings may have others (docs/deliveries.md). A change
keeps address and secret if they are not given.

Examples:
  wirefold delivery add phone ntfy --url https://ntfy.sh/your-secret-topic
  wirefold delivery add post email --url smtps://mail.news.example --user desk --secret env:MAIL_PASSWORD \\
    --from 'Desk <desk@news.example>' --to ann@news.example")]
    Add(AddArguments),
    /// Remove an added delivery that no subscription names.
    #[command(after_help = "Example:\n  wirefold delivery rm phone")]
    Rm {
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
    },
}

#[derive(Debug, Args)]
struct AddArguments {
    /// Its name in subscriptions: lower-case letters, digits, `-`, `_`.
    #[arg(value_name = "NAME")]
    name: String,
    /// Its kind, such as ntfy.
    #[arg(value_name = "KIND")]
    kind: String,
    /// Its address.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Where its secret is now: `env:NAME` or `file:PATH`. wirefold stores the secret itself.
    #[arg(long, value_name = "PLACE")]
    secret: Option<String>,
    /// A receiver of mails, the chat of Telegram, or the room of Matrix; may be given several times.
    #[arg(long, value_name = "RECEIVER")]
    to: Vec<String>,
    /// The sender of mails.
    #[arg(long, value_name = "SENDER")]
    from: Option<String>,
    /// The user at the mail server.
    #[arg(long, value_name = "USER")]
    user: Option<String>,
}

/// Runs a `delivery` command.
pub(crate) fn run(arguments: &DeliveryArguments, global: &Global) -> anyhow::Result<Exit> {
    block_on(async {
        let need = match &arguments.command {
            DeliveryCommand::Add(_) => Need::Nothing,
            _ => Need::Data,
        };
        let session = Session::open(&arguments.options, need, global).await?;
        match &arguments.command {
            DeliveryCommand::Ls => {
                let found: DeliveryList = session.client.get(PATH).await?;
                session.list("wirefold.cli.delivery/1", &found.deliveries, "no deliveries", table)
            }
            DeliveryCommand::Add(wanted) => session.add_delivery(wanted).await,
            DeliveryCommand::Rm { name } => {
                let removed = session.client.delete(&format!("{PATH}/{}", escaped(name))).await;
                let left: DeliveryList = removed.map_err(|error| error.see(LIST))?;
                session.answer(&left, format_args!("{name} is removed{}", session.client.when()))
            }
        }
    })
}

impl Session<'_> {
    async fn add_delivery(&self, wanted: &AddArguments) -> anyhow::Result<Exit> {
        let AddArguments { name, kind, url, secret, to, from, user } = wanted;
        let secret = secret.as_deref().map(read_secret).transpose()?;
        let addition = json!({
            "name": name, "kind": kind, "url": url, "secret": secret, "to": to, "from": from, "user": user,
        });
        let all: DeliveryList = self.client.post(PATH, &addition).await?;
        let when = self.client.when();
        self.answer(&all, format_args!("{name} is added{when}; try it: wirefold alert test {name}"))
    }

    /// Sends a sample to an added delivery.
    pub(super) async fn test_delivery(&self, name: &str) -> anyhow::Result<Exit> {
        let path = format!("{PATH}/{}/test", escaped(name));
        let tested = self.client.post(&path, &serde_json::Map::new()).await;
        let tested: DeliveryTested = tested.map_err(|error| error.see(LIST))?;
        self.answer(
            &tested,
            match &tested.result.why {
                None => format!("✓ {name} accepted the sample: check that it arrived"),
                Some(why) => format!("✗ {name} did not accept it: {}", clean(why)),
            },
        )?;
        Ok(if tested.result.taken { Exit::Ok } else { Exit::Failure })
    }
}

/// The secret at a place. A command line is no place, because other users of the machine can see it.
fn read_secret(place: &str) -> anyhow::Result<String> {
    match secret_at(place) {
        Some(Ok(secret)) => Ok(secret),
        Some(Err(why)) => stop!(Usage, "--secret {place}: {why}"),
        None => {
            stop!(Usage, "--secret: write env:NAME or file:PATH, because others see a command line")
        }
    }
}

fn table(rows: &[DeliveryRow]) -> Columns {
    let mut table = Columns::new(&["name", "kind", "defined", "subscriptions", "problem"]);
    for row in rows {
        let defined = match (&row.kind, &row.added) {
            (None, _) => "nowhere",
            (_, Some(_)) => "added",
            (_, None) => "in the settings",
        };
        let named: Vec<&str> = row.subscriptions.iter().map(|id| id.as_str()).collect();
        table.push(vec![
            Cell::new(&row.name),
            Cell::new(row.kind.as_deref().unwrap_or_default()),
            Cell::new(defined),
            Cell::new(named.join(", ")),
            Cell::new(row.problem.as_deref().unwrap_or_default()),
        ]);
    }
    table
}
