//! `wirefold alert`: the alerts that were sent and why, what people do about them, and whether a delivery works.

use std::sync::Arc;

use anstyle::{AnsiColor, Style};
use anyhow::Context as _;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;
use wirefold_alerter::{Failure, Printer, Settings, send_sample, switch_on};
use wirefold_flow::{Clock as _, SystemClock};
use wirefold_gateway::shapes::{
    Accepted, AcknowledgeRequest, AlertDelivery, AlertDetail, AlertPage, AlertRevision, AlertRow,
    DeadRow, MuteAlertRequest, ResendReport, ResendRequest, SwitchedOn, describe_hold,
};
use wirefold_proto::{Alert, AlertAttempt, AlertId, AttemptOutcome, Hold, Interval, Volume};

use super::words::short;
use super::{Session, print_line};
use crate::client::{Client, ClientError, ClientOptions, Need, block_on, escaped};
use crate::columns::{Cell, Columns};
use crate::config::{Config, Overrides, load_here, suggestion};
use crate::exit::{Exit, stop};
use crate::global::Global;
use crate::local_time::LocalTime;
use crate::output::{self, clean, count};
use crate::up::{StandardOutput, subjects};

const LOUD: Style = AnsiColor::Yellow.on_default();
const BAD: Style = AnsiColor::Red.on_default();
/// The command that lists the ids of alerts.
const LIST: &str = "wirefold alert ls";

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
    /// Acknowledge an event or a story with all alerts about it: page and hand-over say that you have it, and
    /// `repeat_interval` sends an alert again only if something new comes. The event need not have an alert.
    #[command(after_help = "\
Examples:
  wirefold alert ack e-7p4k2m --note 'calls the port'
  wirefold alert ack e-7p4k2m --release")]
    Ack {
        /// The id or page of the event or story, the beginning of an id, or that of an alert about it.
        #[arg(value_name = "ALERT")]
        alert: String,
        /// A note for the others, at most 200 characters.
        #[arg(long, value_name = "TEXT", conflicts_with = "release")]
        note: Option<String>,
        /// Take the acknowledgement of anybody back instead.
        #[arg(long)]
        release: bool,
    },
    /// Send a marked sample to a delivery, and report whether it arrived. One that was added needs a running `up`.
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
    let session = || Session::open(options, Need::Data, global);
    let mute = |until, except_corrections| MuteAlertRequest { until, except_corrections };
    block_on(async {
        match &arguments.command {
            AlertCommand::Ls { limit } => session().await?.list_alerts(*limit).await,
            AlertCommand::Show { id } => session().await?.show_alert(id).await,
            AlertCommand::Replay { id, delivery } => {
                session().await?.send_again(id, delivery).await
            }
            AlertCommand::Mute { alert, span, corrections } => {
                let until = span.map(|span| LocalTime::system().in_a(span));
                let end =
                    until.map_or("it is over".to_owned(), |at| LocalTime::system().minute(at));
                let what = if *corrections { "only corrections notify" } else { "muted" };
                let outcome = format!("{what} until {end}; `wirefold alert unmute` ends this");
                let request = mute(until, *corrections);
                session().await?.change_alert(alert, "mute", &request, &outcome).await
            }
            AlertCommand::Unmute { alert } => {
                let outcome = "notifies again; the held revisions come now";
                let request = mute(Some(Timestamp::UNIX_EPOCH), false);
                session().await?.change_alert(alert, "mute", &request, outcome).await
            }
            AlertCommand::Ack { alert, note, release } => {
                let outcome = match release {
                    true => "released",
                    false => "acknowledged: it is sent again only if something new comes",
                };
                let request = AcknowledgeRequest { note: note.clone(), release: *release };
                session().await?.change_alert(alert, "acknowledge", &request, outcome).await
            }
            AlertCommand::Test { delivery } => test(options, global, delivery).await,
        }
    })
}

impl Session<'_> {
    async fn list_alerts(&self, limit: u32) -> anyhow::Result<Exit> {
        let rows = |page: AlertPage| (page.alerts, page.next);
        let alerts = self.pages("/api/v1/alerts", "", limit, rows).await?;
        let none = "no alerts yet: add a subscription with `wirefold sub add NAME --query QUERY`; if \
            `wirefold sub ls` lists one, its first alert comes after its group_wait";
        self.list("wirefold.cli.alert/1", &alerts, none, |all| table(all, &LocalTime::system()))
    }

    async fn show_alert(&self, id: &str) -> anyhow::Result<Exit> {
        let found = self.client.get(&format!("/api/v1/alerts/{}", escaped(id))).await;
        let found: AlertDetail = found.map_err(|error| error.see(LIST))?;
        self.show(&found, |it| Ok(describe(it, &LocalTime::system())))
    }

    /// Sends a change of an alert, or of an event or story. The address of its page also names it.
    async fn change_alert(
        &self,
        alert: &str,
        change: &str,
        request: &impl Serialize,
        outcome: &str,
    ) -> anyhow::Result<Exit> {
        let id = alert.rsplit('/').next().unwrap_or(alert);
        let of = match change {
            "acknowledge" if id.starts_with("e-") => "events",
            "acknowledge" if id.starts_with("s-") => "stories",
            _ => "alerts",
        };
        let path = format!("/api/v1/{of}/{}/{change}", escaped(id));
        let accepted: Result<Accepted, ClientError> = self.client.post(&path, request).await;
        let accepted = accepted.map_err(|error| error.see(LIST))?;
        self.answer(&accepted, format_args!("{id}: {outcome}"))
    }

    /// Sends the newest revision of an alert again.
    async fn send_again(&self, id: &str, delivery: &Option<String>) -> anyhow::Result<Exit> {
        self.client.must_run("alert replay")?;
        let path = format!("/api/v1/alerts/{}/replay", escaped(id));
        let sent = self.client.post(&path, &ResendRequest { delivery: delivery.clone() }).await;
        let sent: ResendReport = sent.map_err(|error| error.see(LIST))?;
        let revision = sent.revision;
        let lines = sent.deliveries.iter().map(|it| match &it.why {
            None => format!("✓ {} accepted revision {revision}", it.delivery),
            Some(why) => format!("✗ {} did not accept revision {revision}: {why}", it.delivery),
        });
        let lines: String = lines.map(|line| format!("{}\n", clean(&line))).collect();
        self.show(&sent, |_| Ok(lines))?;
        let taken = sent.deliveries.iter().filter(|it| it.taken).count();
        Ok(match taken {
            taken if taken == sent.deliveries.len() => Exit::Ok,
            0 => Exit::Failure,
            _ => Exit::Partial,
        })
    }
}

fn table(alerts: &[AlertRow], time: &LocalTime) -> Columns {
    let heading = ["id", "when", "state", "revisions", "outlets", "why", "headline"];
    let mut table = Columns::new(&heading);
    for row in alerts {
        let alert = &row.alert;
        let revisions = messages(&row.revisions);
        let revisions = if alert.held.is_some() { format!("{revisions}, held") } else { revisions };
        table.push(vec![
            Cell::new(short_id(&alert.id)),
            Cell::faint(time.minute(alert.at)),
            Cell::styled(alert.state.as_str(), LOUD),
            Cell::new(revisions),
            Cell::new(alert.outlets.to_string()),
            Cell::new(reasons(alert).join(", ")),
            Cell::new(&alert.headline.title),
        ]);
    }
    table
}

/// `1 loud, 1 told with another, 2 silent`: the messages that went out. A held revision went out with a later one.
fn messages(revisions: &[AlertRevision]) -> String {
    let loud = revisions.iter().filter(|it| it.is_message()).count();
    let told = revisions.iter().filter(|it| it.told_by.is_some()).count();
    let silent = revisions.iter().filter(|it| it.volume == Volume::Silent).count();
    let others = [(told, "told with another"), (silent, "silent")];
    let others = others.iter().filter(|(count, _)| *count > 0);
    let others: String = others.map(|(count, what)| format!(", {count} {what}")).collect();
    format!("{loud} loud{others}")
}

/// The reasons of a revision. One without any shows what people changed.
fn reasons(alert: &Alert) -> Vec<&str> {
    match alert.reasons.is_empty() {
        true => vec!["corrected in place"],
        false => alert.reasons.iter().map(|reason| reason.words.as_str()).collect(),
    }
}

/// The part of an id that is shown: enough for `alert show`.
pub(super) fn short_id(id: &AlertId) -> String {
    format!("{}:{}", id.subscription, short(id.target))
}

/// An alert with its revisions, deliveries and attempts.
fn describe(found: &AlertDetail, time: &LocalTime) -> String {
    let alert = &found.alert;
    let mut text = format!("{}\n{}\n\n", clean(&alert.headline.title), alert.id);
    text.extend(found.revisions.iter().map(|it| revision(it, time)));
    let hidden = alert.revision.saturating_sub(found.revisions.len() as u64);
    if hidden > 0 {
        text.push_str(&format!("{hidden} older revisions are not shown\n"));
    }
    if !found.deliveries.is_empty() {
        let table = deliveries(found, time).render();
        text.push_str(&format!("\n{table}{}", attempts(&found.deliveries, time)));
    }
    text
}

/// `2  12:04  updated  loud · 5 outlets, 2 copies folded`, and the reasons below it.
fn revision(alert: &Alert, time: &LocalTime) -> String {
    let volume = match (&alert.held, alert.volume) {
        (Some(hold), _) => describe_held(hold, time),
        (None, Volume::Loud) => format!("{LOUD}loud{LOUD:#}"),
        (None, Volume::Silent) => "silent".to_owned(),
    };
    let outlets = count(alert.outlets, "outlet", "outlets");
    let copies = count(alert.copies, "copy", "copies");
    format!(
        "{:>4}  {}  {}  {volume} · {outlets}, {copies} folded\n      {}\n",
        alert.revision,
        time.minute(alert.at),
        alert.state.as_str(),
        clean(&reasons(alert).join("; "))
    )
}

/// `held: quiet hours until 2026-03-02 07:00 +01:00`.
pub(super) fn describe_held(hold: &Hold, time: &LocalTime) -> String {
    let until = hold.until.map(|until| format!(" until {}", time.minute(until)));
    format!("{}{}", describe_hold(hold.reason), until.unwrap_or_default())
}

fn deliveries(found: &AlertDetail, time: &LocalTime) -> Columns {
    let mut table = Columns::new(&["delivery", "took", "what"]);
    for delivery in &found.deliveries {
        let took = match delivery.taken {
            0 => "nothing".to_owned(),
            taken => format!("revision {taken}"),
        };
        let cells = [delivery.delivery.clone(), took, describe_delivery(found, delivery)];
        table.push(cells.map(Cell::new).into());
    }
    for dead in &found.dead {
        let what = gave_up(dead, time);
        let who = dead.letter.delivery.as_deref().unwrap_or("(one of them)");
        table.push(vec![Cell::new(who), Cell::new("gave up"), Cell::styled(what, BAD)]);
    }
    table
}

/// The stored attempts of all deliveries, in order of time. Empty if there was none.
fn attempts(deliveries: &[AlertDelivery], time: &LocalTime) -> String {
    let each = |it: &'_ AlertDelivery| {
        it.attempts.iter().map(|attempt| (it.delivery.clone(), attempt.clone())).collect::<Vec<_>>()
    };
    let mut all: Vec<(String, AlertAttempt)> = deliveries.iter().flat_map(each).collect();
    if all.is_empty() {
        return String::new();
    }
    all.sort_by_key(|(_, attempt)| attempt.at);
    let lines: String =
        all.iter().map(|(delivery, it)| format!("  {}\n", attempt(delivery, it, time))).collect();
    format!("\nattempts\n{lines}")
}

/// `2026-03-01 14:02:10 +01:00  desk: revision 2: 503 Service Unavailable, next try 14:02:41`.
fn attempt(delivery: &str, attempt: &AlertAttempt, time: &LocalTime) -> String {
    let why = attempt.why.as_deref().map(clean).unwrap_or_default();
    let outcome_words = match (attempt.outcome, attempt.next) {
        (AttemptOutcome::Taken, _) => "taken".to_owned(),
        (AttemptOutcome::Open, _) => "no answer yet, or wirefold ended before one came".to_owned(),
        (AttemptOutcome::Failed, Some(next)) => {
            format!("{why}, next try {}", time.second_after(next, attempt.at))
        }
        (AttemptOutcome::Failed, None) => format!("{why}, is tried again"),
        (AttemptOutcome::GivenUp, _) => format!("{BAD}{why}, given up{BAD:#}"),
    };
    let (at, delivery) = (time.second(attempt.at), clean(delivery));
    format!("{at}  {delivery}: revision {}: {outcome_words}", attempt.revision)
}

/// The state of a delivery with the newest revision that notifies.
fn describe_delivery(found: &AlertDetail, delivery: &AlertDelivery) -> String {
    let is_sent = |alert: &&Alert| alert.volume == Volume::Loud && alert.held.is_none();
    let Some(newest) = found.revisions.iter().rev().find(is_sent) else {
        let what = match delivery.taken {
            0 => "no loud revision was due yet",
            _ => "has the silent revisions; no loud one was sent yet",
        };
        return what.to_owned();
    };
    match delivery.taken_loud >= newest.revision {
        true => "has all that notified".to_owned(),
        false => format!("revision {} is under way, or was given up on", newest.revision),
    }
}

/// `revision 3 at 12:04 after 5 tries: 503; wirefold dead show 7`.
fn gave_up(dead: &DeadRow, time: &LocalTime) -> String {
    let letter = &dead.letter;
    let revision = letter.subject.rsplit('.').next().unwrap_or_default();
    let tries = count(letter.attempts, "try", "tries");
    let (at, reason) = (time.minute(letter.at), &letter.reason);
    format!(
        "revision {revision} at {at} after {tries}: {reason}; wirefold dead show {}",
        dead.sequence
    )
}

/// The result for a sample.
#[derive(Serialize)]
struct SampleReport<'a> {
    delivery: &'a str,
    kind: &'a str,
    /// `taken`, `later` or `refused`.
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
}

/// Sends a marked sample to the delivery with this name.
async fn test(options: &ClientOptions, global: &Global, name: &str) -> anyhow::Result<Exit> {
    let loaded = load_here(&options.instance, Overrides::default())?;
    let config = &loaded.config;
    let address = config.page_address(config.page.listen);
    let subjects = Some(subjects::targets(config));
    let settings = Settings { subjects, ..config.alerter(&loaded.origins, address) };
    let Some(delivery) = settings.deliveries.iter().find(|it| it.name == name) else {
        // It may be an added one, which only wirefold itself knows.
        if let Some(client) = Client::running(&options.instance).await? {
            return Session { client, json: options.json, global }.test_delivery(name).await;
        }
        stop!(NotFound, "{}", not_there(config, name));
    };
    let printer: Arc<dyn Printer> = Arc::new(StandardOutput);
    let sent = send_sample(delivery, &settings, &printer, SystemClock.now());
    let sent = sent.await.context("the sample cannot be sent")?;
    let is_taken = sent.is_ok();
    if is_taken && switch_on_again(options, name).await? {
        global
            .note(format_args!("note: {name} was off because its target was gone: it is on again"));
    }
    let kind = delivery.target.kind();
    let is = format!("{name} ({kind})");
    let (outcome, why, after, words) = match &sent {
        Ok(()) => {
            ("taken", None, None, format!("✓ {is} accepted the sample: check that it arrived"))
        }
        Err(Failure::Later { after, why }) => {
            let wait = after.map(|wait| format!(" (it asks to wait {} s)", wait.as_secs()));
            let wait = wait.unwrap_or_default();
            let words =
                format!("did not accept it: {why}{wait}; wirefold would try an alert again");
            ("later", Some(why), *after, format!("✗ {is} {words}"))
        }
        Err(Failure::Never { why } | Failure::Gone { why }) => {
            let words = format!("✗ {is} refused it: {why}; an alert would not be tried again");
            ("refused", Some(why), None, words)
        }
    };
    if options.json {
        let retry_after_seconds = after.map(|wait| wait.as_secs());
        let why = why.map(String::as_str);
        let report = SampleReport { delivery: name, kind, outcome, why, retry_after_seconds };
        print_line("wirefold.cli.alert-test/1", &report)?;
    } else if !is_taken || !global.quiet {
        output::print(format!("{}\n", clean(&words)).as_bytes())?;
    }
    Ok(if is_taken { Exit::Ok } else { Exit::Failure })
}

/// Switches the delivery on: through a running `up`, or else in the data folder. Says whether it was off.
async fn switch_on_again(options: &ClientOptions, name: &str) -> anyhow::Result<bool> {
    if let Some(client) = Client::running(&options.instance).await? {
        let path = format!("/api/v1/deliveries/{}/switch-on", escaped(name));
        return match client.post::<SwitchedOn>(&path, &serde_json::Map::new()).await {
            Ok(switched) => Ok(switched.was_off),
            // The running process does not have this delivery yet, or is an older version.
            Err(ClientError::Refused(problem)) if problem.status == 404 => Ok(false),
            Err(error) => Err(error.into()),
        };
    }
    let folder = options.instance.folder()?;
    if options.instance.is_over_nats(&folder) || !folder.join(wirefold_flow_sqlite::FILE).exists() {
        return Ok(false);
    }
    let bus = wirefold_flow_sqlite::open(&folder, Arc::new(SystemClock))?;
    Ok(switch_on(&*bus, name).await?)
}

/// The message that the settings have no delivery with this name, with the names of those they have.
pub(super) fn not_there(config: &Config, name: &str) -> String {
    let names: Vec<&str> = config.delivery.iter().map(|it| it.name.as_str()).collect();
    format!("no [[delivery]] is named {name:?}; {}", suggestion(name, &names))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_counts_the_messages_that_went_out() {
        let one = |volume: &str, held: bool, told_by: Option<&str>| {
            let revision = json!({
                "revision": 1, "at": "2026-03-01T14:00:00Z", "state": "growing", "volume": volume, "reasons": [],
                "held": held, "told_by": told_by,
            });
            serde_json::from_value::<AlertRevision>(revision).unwrap()
        };
        let all = [
            one("loud", true, None),
            one("loud", false, None),
            one("loud", false, Some("docks")),
            one("silent", false, None),
        ];
        assert_eq!(messages(&all), "1 loud, 1 told with another, 1 silent");
        assert_eq!(messages(&all[1..2]), "1 loud");
    }

    #[test]
    fn attempts_are_listed_in_order_of_time() {
        let at = |text: &str| format!("2026-03-01T{text}Z").parse().unwrap();
        let one = |time: &str, outcome, why: Option<&str>, next: Option<&str>| AlertAttempt {
            revision: 1,
            at: at(time),
            outcome,
            why: why.map(str::to_owned),
            next: next.map(at),
        };
        let of = |name: &str, attempts| AlertDelivery {
            delivery: name.to_owned(),
            taken: 0,
            taken_loud: 0,
            attempts,
        };
        let busy = Some("503 Service Unavailable");
        let deliveries = [
            of(
                "desk",
                vec![
                    one("14:02:10", AttemptOutcome::Failed, busy, Some("14:02:41")),
                    one("14:02:41", AttemptOutcome::Open, None, None),
                    one("14:02:50", AttemptOutcome::Taken, None, None),
                ],
            ),
            of(
                "phone",
                vec![one("14:02:11", AttemptOutcome::GivenUp, Some("410: gone\u{1b}"), None)],
            ),
        ];
        let lines = attempts(&deliveries, &LocalTime::fixed(at("15:00:00")));
        let lines = anstream::adapter::strip_str(&lines).to_string();
        let lines: Vec<&str> = lines.lines().collect();
        assert_eq!(
            lines,
            [
                "",
                "attempts",
                "  2026-03-01 14:02:10 +00:00  desk: revision 1: 503 Service Unavailable, next try 14:02:41",
                "  2026-03-01 14:02:11 +00:00  phone: revision 1: 410: gone, given up",
                "  2026-03-01 14:02:41 +00:00  desk: revision 1: no answer yet, or wirefold ended before one came",
                "  2026-03-01 14:02:50 +00:00  desk: revision 1: taken",
            ]
        );
        assert_eq!(attempts(&[of("desk", Vec::new())], &LocalTime::fixed(at("15:00:00"))), "");
    }
}
