//! `wirefold dead`: the dead letters, and handling them again.

use anstyle::{AnsiColor, Style};
use clap::{Args, Subcommand};
use wirefold_gateway::shapes::{DeadDetail, DeadPage, DeadRow, Replayed};
use wirefold_proto::{DeadBody, DeadCause, DeadLetter};

use super::Session;
use crate::client::{ClientError, ClientOptions, Need, block_on};
use crate::columns::{Cell, Columns};
use crate::exit::{Exit, stop};
use crate::global::Global;
use crate::local_time::LocalTime;
use crate::output::{self, clean, count};

const FAINT: Style = Style::new().dimmed();
const WHY: Style = AnsiColor::Yellow.on_default();

/// Arguments of `dead`.
#[derive(Debug, Args)]
pub(crate) struct DeadArguments {
    #[command(flatten)]
    options: ClientOptions,
    #[command(subcommand)]
    command: DeadCommand,
}

#[derive(Debug, Subcommand)]
enum DeadCommand {
    /// List dead letters, the newest first, with the reasons.
    #[command(after_help = "Example:\n  wirefold dead ls")]
    Ls {
        /// How many at most, up to 200.
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: u32,
    },
    /// Show a dead letter with its message.
    #[command(after_help = "Example:\n  wirefold dead show 7")]
    Show {
        /// Its sequence, from `dead ls`.
        #[arg(value_name = "SEQ")]
        sequence: u64,
    },
    /// Try a dead letter again, or all of them. An alert only goes to the delivery that gave up on it.
    #[command(after_help = "Examples:\n  wirefold dead replay 7\n  wirefold dead replay --all")]
    Replay {
        /// Its sequence, from `dead ls`.
        #[arg(value_name = "SEQ", required_unless_present = "all", conflicts_with = "all")]
        sequence: Option<u64>,
        /// All stored dead letters, the oldest first.
        #[arg(long)]
        all: bool,
    },
}

/// Runs a `dead` command.
pub(crate) fn run(arguments: &DeadArguments, global: &Global) -> anyhow::Result<Exit> {
    block_on(async {
        let session = Session::open(&arguments.options, Need::Data, global).await?;
        match &arguments.command {
            DeadCommand::Ls { limit } => session.list_dead(*limit).await,
            DeadCommand::Show { sequence } => {
                let found = session.client.get(&format!("/api/v1/dead/{sequence}")).await;
                let found: DeadDetail = found.map_err(|error| error.see("wirefold dead ls"))?;
                session.show(&found, |it| Ok(describe(it)))
            }
            DeadCommand::Replay { sequence, .. } => {
                session.client.must_run("dead replay")?;
                match sequence {
                    Some(sequence) => {
                        session.print_replayed(&session.replay_dead(*sequence).await?)
                    }
                    None => session.replay_all_dead().await,
                }
            }
        }
    })
}

impl Session<'_> {
    async fn list_dead(&self, limit: u32) -> anyhow::Result<Exit> {
        let page: DeadPage = self.client.get(&format!("/api/v1/dead?limit={limit}")).await?;
        let none = "no dead letters: no message waits to be replayed";
        self.list("wirefold.cli.dead/1", &page.dead, none, |rows| {
            table(rows, &LocalTime::system())
        })?;
        if !self.json && !page.dead.is_empty() {
            let hidden = page.kept.saturating_sub(page.dead.len() as u64);
            if hidden > 0 {
                self.note(format_args!("note: {hidden} older ones are not shown"));
            }
            self.note(
                "note: fix the cause, then run `wirefold dead replay SEQ`, or --all for all of them",
            );
        }
        Ok(Exit::Ok)
    }

    async fn replay_dead(&self, sequence: u64) -> Result<Replayed, ClientError> {
        let path = format!("/api/v1/dead/{sequence}/replay");
        self.client.post(&path, &serde_json::Map::new()).await
    }

    fn print_replayed(&self, replayed: &Replayed) -> anyhow::Result<Exit> {
        self.show(replayed, |it| Ok(format!("{}: {}\n", it.sequence, clean(&it.outcome))))
    }

    async fn replay_all_dead(&self) -> anyhow::Result<Exit> {
        let all = self.dead_sequences().await?;
        if all.is_empty() {
            self.note("no dead letters: nothing to try again");
            return Ok(Exit::Ok);
        }
        let (mut done, mut failed) = (0, 0);
        for sequence in all {
            match self.replay_dead(sequence).await {
                Ok(replayed) => {
                    done += 1;
                    self.print_replayed(&replayed)?;
                }
                Err(ClientError::Refused(problem)) if matches!(problem.status, 404 | 410) => {}
                Err(error @ ClientError::Refused(_)) => {
                    failed += 1;
                    output::note(format_args!("error: {sequence}: {error}"));
                }
                Err(error) => return Err(error.into()),
            }
        }
        match (done, failed) {
            (_, 0) => Ok(Exit::Ok),
            (0, failed) => {
                let what = count(failed, "dead letter was not replayed", "dead letters stay");
                stop!(Failure, "{what}")
            }
            _ => Ok(Exit::Partial),
        }
    }

    /// The sequences of all dead letters that were not replayed, the oldest first.
    async fn dead_sequences(&self) -> Result<Vec<u64>, ClientError> {
        let mut all: Vec<u64> = Vec::new();
        loop {
            let before = all.last().map(|oldest| format!("&before={oldest}")).unwrap_or_default();
            let path = format!("/api/v1/dead?limit={LISTED}{before}");
            let page: DeadPage = self.client.get(&path).await?;
            all.extend(page.dead.iter().map(|row| row.sequence));
            if page.dead.len() < LISTED {
                all.reverse();
                return Ok(all);
            }
        }
    }
}

/// The most dead letters that the API lists.
const LISTED: usize = 200;

fn table(rows: &[DeadRow], time: &LocalTime) -> Columns {
    let mut table = Columns::new(&["seq", "when", "who", "tries", "what", "why"]);
    for row in rows {
        let letter = &row.letter;
        table.push(vec![
            Cell::new(row.sequence.to_string()),
            Cell::faint(time.minute(letter.at)),
            Cell::new(label_origin(letter)),
            Cell::new(letter.attempts.to_string()),
            Cell::faint(label_subject(row)),
            Cell::styled(describe_cause(letter), WHY),
        ]);
    }
    table
}

/// The stage or the delivery that gave up.
fn label_origin(letter: &DeadLetter) -> String {
    match &letter.delivery {
        Some(delivery) => format!("delivery {delivery}"),
        None => letter.stage.as_str().to_owned(),
    }
}

/// The subject of a dead letter: `alert harbour:e-4t21 revision 2`, or the message.
fn label_subject(row: &DeadRow) -> String {
    let letter = &row.letter;
    let Some(alert) = &row.alert else {
        return format!("{}/{}", letter.stream, letter.sequence);
    };
    let revision = letter.subject.rsplit('.').next().unwrap_or_default();
    format!("alert {alert} revision {revision}")
}

fn describe_cause(letter: &DeadLetter) -> String {
    match letter.cause {
        DeadCause::Rejected => letter.reason.clone(),
        DeadCause::MaxDeliver => format!("tried as often as allowed: {}", letter.reason),
        DeadCause::Expired => format!("expired: {}", letter.reason),
        DeadCause::Forged => format!("forged: {}", letter.reason),
    }
}

/// A dead letter with its message.
fn describe(found: &DeadDetail) -> String {
    let letter = &found.letter;
    let mut table = Columns::new(&["", ""]);
    let mut line = |name: &str, value: String| {
        table.push(vec![Cell::faint(name), Cell::new(value)]);
    };
    line("stage", letter.stage.as_str().to_owned());
    if let Some(delivery) = &letter.delivery {
        line("delivery", delivery.clone());
    }
    if let Some(alert) = &found.alert {
        line("alert", format!("{alert}; see `wirefold alert show {alert}`"));
    }
    line("why", describe_cause(letter));
    line("tries", letter.attempts.to_string());
    line("when", LocalTime::system().minute(letter.at));
    line("message", format!("{}/{} on {}", letter.stream, letter.sequence, letter.subject));
    for header in &letter.headers {
        line(&header.name, header.value.clone());
    }
    let body = match &letter.message {
        None => format!("{FAINT}(the message has expired, or is too large){FAINT:#}"),
        Some(DeadBody::Text { data }) => data.lines().map(clean).collect::<Vec<_>>().join("\n"),
        Some(DeadBody::Hex { data }) => format!("{FAINT}hex{FAINT:#} {}", clean(data)),
    };
    format!("{}\n{body}\n", table.render_plain())
}
