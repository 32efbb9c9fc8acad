//! `wirefold sub test`.

use std::fmt::Write as _;

use wirefold_gateway::shapes::{RehearsalReport, RehearsalRequest};
use wirefold_proto::{Interval, RehearsedMessage, SubscriptionSettings};

use super::{check_query, subscriptions};
use crate::client::{Client, ClientError};
use crate::exit::Exit;
use crate::output::{self, clean, count};

/// The hours of a week.
pub(super) const WEEK: u32 = 168;
/// The most messages of a subscription that was just added.
const FEW: usize = 3;

/// Reads a time such as `24h` as whole hours.
pub(super) fn hours_of(text: &str) -> Result<u32, String> {
    let span: Interval = text.parse().map_err(|error| format!("{error}"))?;
    let hours = span.duration().as_secs().div_ceil(3_600);
    match u32::try_from(hours) {
        Ok(hours @ 1..=720) => Ok(hours),
        _ => Err("use a time up to 30d: articles are not stored longer".to_owned()),
    }
}

pub(super) async fn run(
    client: &Client,
    what: &str,
    hours: u32,
    json: bool,
) -> anyhow::Result<Exit> {
    let report = rehearse(client, subscription(client, what).await?, hours).await?;
    if json {
        output::print_json(&report)?;
    } else {
        output::print_styled(&describe(&report, usize::MAX)?)?;
    }
    Ok(Exit::Ok)
}

/// The result of a rehearsal over the last week, in words. `None` if no article was read.
pub(super) async fn last_week(
    client: &Client,
    subscription: SubscriptionSettings,
) -> anyhow::Result<Option<String>> {
    let report = rehearse(client, subscription, WEEK).await?;
    if report.report.articles == 0 { Ok(None) } else { describe(&report, FEW).map(Some) }
}

async fn rehearse(
    client: &Client,
    subscription: SubscriptionSettings,
    hours: u32,
) -> Result<RehearsalReport, ClientError> {
    let request = RehearsalRequest { subscription, hours };
    client.post("/api/v1/subscriptions/test", &request).await
}

/// The subscription with this id, or else one with this query.
async fn subscription(client: &Client, what: &str) -> anyhow::Result<SubscriptionSettings> {
    let all = subscriptions(client).await?;
    if let Some(known) = super::find_subscription(all.subscriptions, what)? {
        return Ok(known.subscription);
    }
    check_query(what)?;
    Ok(SubscriptionSettings::new("test".parse()?, "test", what))
}

/// `14 loud in the last 7 days, 5 at night: 41 articles match → 3 events → 3 alerts (38 copies folded)`, and the
/// last messages.
fn describe(report: &RehearsalReport, most: usize) -> anyhow::Result<String> {
    let (hours, found) = (report.hours, &report.report);
    if found.matching == 0 {
        let warning = found.warning(hours).map(|it| format!("  {it}\n")).unwrap_or_default();
        let matches = match found.only_baseline() {
            Some(baseline) => format!("no new article matches; {baseline}"),
            None => "no article matches".to_owned(),
        };
        return Ok(format!("{}: {matches}\n{warning}", found.loud_in(hours)));
    }
    let mut out = format!(
        "{}: {} → {} → {} ({} folded)\n",
        found.loud_in(hours),
        count(found.matching, "article matches", "articles match"),
        count(found.events, "event", "events"),
        count(found.alerts, "alert", "alerts"),
        count(found.copies_folded, "copy", "copies"),
    );
    if let Some(warning) = found.warning(hours) {
        writeln!(out, "  {warning}")?;
    }
    if found.in_passing > 0 {
        let alerts = count(found.in_passing, "alert", "alerts");
        writeln!(out, "  {alerts} silent: texts only mention it")?;
    }
    let told = &found.messages[found.messages.len().saturating_sub(most)..];
    match found.loud.saturating_sub(u64::try_from(told.len())?) {
        0 => {}
        more => writeln!(out, "  {} before these", count(more, "message", "messages"))?,
    }
    for message in told {
        write_message(&mut out, message)?;
    }
    for unready in &found.unready_samples {
        writeln!(out, "  {} · no alert yet: {}", clean(&unready.title), unready.why)?;
    }
    Ok(out)
}

/// A message as a delivery would have sent it, below its time.
fn write_message(out: &mut String, told: &RehearsedMessage) -> anyhow::Result<()> {
    let night = if told.at_night { ", at night" } else { "" };
    let more = match told.others {
        0 => String::new(),
        others => format!(" · with {}", count(others, "more alert", "more alerts")),
    };
    writeln!(out, "  {}{night}{more}", told.at.strftime("%a %-d %b %H:%M UTC"))?;
    for line in std::iter::once(&told.title).chain(&told.lines) {
        writeln!(out, "    {}", clean(line))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use wirefold_proto::{Rehearsal, Tag};

    const EVENT: &str = "e-00000000000000000000000001";

    fn rehearsal(report: serde_json::Value) -> Rehearsal {
        serde_json::from_value(report).unwrap()
    }

    #[test]
    fn a_rehearsal_is_one_line_and_its_messages() {
        let report = RehearsalReport {
            schema: Tag::new(),
            hours: 24,
            report: rehearsal(json!({
                "articles": 99, "matching": 41, "events": 3, "alerts": 3, "loud": 4, "copies_folded": 38,
                "at_night": 1, "in_passing": 1,
                "messages": [{"at": "2026-03-01T02:00:00Z", "at_night": true, "target": EVENT, "title": "Storm\u{1b}[2J",
                    "lines": ["A storm hit Pell.", "new for Storms"]}],
                "unready": 1, "unready_samples": [{"target": EVENT, "title": "Tide", "why": "1 of 2 outlets"}],
            })),
        };
        let line = "4 loud in the last 24 h, 1 at night: 41 articles match → 3 events → 3 alerts (38 \
                    copies folded)\n  1 alert silent: texts only mention it\n  3 messages before these\n  \
                    Sun 1 Mar 02:00 UTC, at night\n    Storm[2J\n    A storm hit Pell.\n    new for \
                    Storms\n  Tide · no alert yet: 1 of 2 outlets\n";
        assert_eq!(describe(&report, 3).unwrap(), line);
    }

    #[test]
    fn a_time_is_whole_hours() {
        assert_eq!(["24h", "90m", "30d", "1s"].map(hours_of), [Ok(24), Ok(2), Ok(720), Ok(1)],);
        assert!(hours_of("0h").is_err() && hours_of("31d").is_err() && hours_of("soon").is_err());
    }

    #[test]
    fn a_broad_query_is_warned_of_also_where_nothing_came_as_news() {
        let report = RehearsalReport {
            schema: Tag::new(),
            hours: 24,
            report: rehearsal(json!({"articles": 99, "matching": 0, "matching_with_baseline": 99})),
        };
        let warning = describe(&report, 3).unwrap();
        assert!(warning.contains("\n  broad: it matches 100 % of all articles"), "{warning}");
    }
}
