//! `wirefold handover`: the alerts and commands since a time, for the next shift.

use clap::Args;
use jiff::Timestamp;
use wirefold_gateway::shapes::{AlertRevision, AlertRow, CommandRow, Handover};
use wirefold_proto::{AcknowledgementRecord, Interval};

use super::{Session, alert};
use crate::client::{ClientOptions, Need, block_on, escaped};
use crate::exit::{Exit, stop};
use crate::global::Global;
use crate::local_time::LocalTime;
use crate::output::clean;

/// Arguments of `handover`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  wirefold handover
  wirefold handover --since 22:00
  wirefold handover --since 2026-11-30T22:00:00Z --json

It lists the alerts that notified, those that were held back with the reason, and the commands of people
about alerts, subscriptions, stories and events.")]
pub(crate) struct HandoverArguments {
    #[command(flatten)]
    options: ClientOptions,
    /// The beginning: a time of day such as 22:00 (the last one, local time), a span such as 8h, a day in UTC
    /// such as 2026-11-30, or a time such as 2026-11-30T22:00:00Z.
    #[arg(long, value_name = "TIME", default_value = "8h")]
    since: String,
}

/// Runs `handover`.
pub(crate) fn run(arguments: &HandoverArguments, global: &Global) -> anyhow::Result<Exit> {
    let time = LocalTime::system();
    let since = beginning(&arguments.since, &time);
    block_on(async {
        let session = Session::open(&arguments.options, Need::Data, global).await?;
        let path = format!("/api/v1/handover?since={}", escaped(&since));
        let found: Handover = match session.client.get(&path).await {
            Err(error) if error.exit() == Exit::Usage => stop!(
                Usage,
                "--since {:?}: write a time of day such as 22:00, a span such as 8h, a day such as 2026-11-30, \
                 or a time such as 2026-11-30T22:00:00Z",
                arguments.since
            ),
            found => found?,
        };
        session.show(&found, |found| Ok(describe(found, &time)))
    })
}

/// The beginning as the API takes it. Anything that is neither a time of day nor a span is left to the API.
pub(super) fn beginning(given: &str, time: &LocalTime) -> String {
    let clock = given.parse().ok().filter(|_| given.contains(':') && !given.contains('-'));
    let last = clock.and_then(|clock| time.last(clock));
    let ago = || given.parse::<Interval>().ok().map(|span| time.ago(span));
    last.or_else(ago).map_or_else(|| given.to_owned(), |since| since.to_string())
}

fn describe(found: &Handover, time: &LocalTime) -> String {
    let mut text = format!("Since {}: {}\n", time.minute(found.since), found.describe());
    if found.has_more {
        text.push_str("Only the newest 1,000 alerts and commands are listed.\n");
    }
    let sections = [
        ("Notified", found.notified.iter().map(|row| notified(row, time)).collect::<String>()),
        ("Held back", found.held.iter().map(|row| held(row, time)).collect()),
        ("Commands", found.commands.iter().map(|row| command(row, time)).collect()),
    ];
    for (title, lines) in sections.iter().filter(|(_, lines)| !lines.is_empty()) {
        text.push_str(&format!("\n{title}\n{lines}"));
    }
    text
}

/// `2026-03-01 22:10 +01:00  floods:e-4t21bmkk  Storm hits Pell: new`, a line for each message.
fn notified(row: &AlertRow, time: &LocalTime) -> String {
    let messages = row.revisions.iter().filter(|revision| revision.notified());
    messages.map(|it| alert_line((row, it.at), &words(it), time)).collect()
}

/// The same with the reason of the hold; of an alert that is no longer held, with the reasons of its last revision.
fn held(row: &AlertRow, time: &LocalTime) -> String {
    let reason = match &row.alert.held {
        Some(hold) => alert::describe_held(hold, time),
        None => format!("held no more: {}", row.revisions.last().map_or_else(String::new, words)),
    };
    alert_line((row, row.alert.at), &reason, time)
}

fn words(revision: &AlertRevision) -> String {
    revision.reasons.iter().map(|it| it.words.as_str()).collect::<Vec<_>>().join("; ")
}

fn alert_line((row, at): (&AlertRow, Timestamp), reason: &str, time: &LocalTime) -> String {
    let alert = &row.alert;
    let taken = row.acknowledgement.as_ref().map(AcknowledgementRecord::describe);
    let taken = taken.map(|taken| format!(" · {taken}")).unwrap_or_default();
    let line = format!("{}  {}: {reason}{taken}", alert::short_id(&alert.id), alert.headline.title);
    format!("{}  {}\n", time.minute(at), clean(&line))
}

/// `2026-03-01 22:10 +01:00  Mute the alert of floods until 2026-03-02 07:00 +01:00: Storm hits Pell (command line)`.
fn command(row: &CommandRow, time: &LocalTime) -> String {
    let until = row.until.map(|until| format!(" until {}", time.minute(until)));
    let title = row.title.as_ref().map(|title| format!(": {title}"));
    let refused = row.refusal().map(|reason| format!("; not done: {reason}"));
    let rest = [until, title, refused].map(Option::unwrap_or_default).concat();
    let line = format!("{}{rest} ({})", row.words, row.sender());
    format!("{}  {}\n", time.minute(row.command.at), clean(&line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_a_time_of_day_a_span_or_anything_that_the_api_takes() {
        let time = LocalTime::fixed("2026-03-01T06:00:00Z".parse().unwrap());
        let cases = [
            ("22:00", "2026-02-28T22:00:00Z"),
            ("05:30", "2026-03-01T05:30:00Z"),
            ("8h", "2026-02-28T22:00:00Z"),
            ("2026-02-28", "2026-02-28"),
            ("2026-02-28T22:00:00+01:00", "2026-02-28T22:00:00+01:00"),
            ("yesterday", "yesterday"),
        ];
        for (given, expected) in cases {
            assert_eq!(beginning(given, &time), expected);
        }
    }
}
