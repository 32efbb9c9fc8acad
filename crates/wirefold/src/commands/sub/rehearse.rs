//! `wirefold sub test`.

use std::fmt::Write as _;

use wirefold_gateway::shapes::{
    RehearsalReport, RehearsalRequest, RehearsedAlert, RehearsedRevision, describe_hold,
};
use wirefold_proto::{Interval, SubscriptionSettings, Volume};

use super::{check_query, subscriptions};
use crate::client::{Client, ClientError};
use crate::exit::Exit;
use crate::output::{self, clean, count};

/// The hours of a day.
const DAY: u32 = 24;

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
        output::print_styled(&describe(&report)?)?;
    }
    Ok(Exit::Ok)
}

/// The result of a rehearsal over the last day, in words. `None` if no article was read.
pub(super) async fn last_day(
    client: &Client,
    subscription: SubscriptionSettings,
) -> anyhow::Result<Option<String>> {
    let report = rehearse(client, subscription, DAY).await?;
    let found = report.read()?;
    if found.articles == 0 { Ok(None) } else { describe(&report).map(Some) }
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

/// `the last 24 h: 41 articles match → 3 events → 3 alerts, 4 loud messages (38 copies folded)`.
fn describe(report: &RehearsalReport) -> anyhow::Result<String> {
    let found = report.read()?;
    let hours = report.hours;
    if found.matching == 0 {
        let warning = found.warning(hours).map(|it| format!("  {it}\n")).unwrap_or_default();
        let matches = match found.only_baseline() {
            Some(baseline) => format!("no new article matches; {baseline}"),
            None => "no article matches".to_owned(),
        };
        return Ok(format!("the last {hours} h: {matches}\n{warning}"));
    }
    let mut out = format!(
        "the last {hours} h: {} → {} → {}, {} ({} folded)\n",
        many(found.matching, "article matches", "articles match"),
        many(found.events, "event", "events"),
        many(found.alerts, "alert", "alerts"),
        many(found.loud, "loud message", "loud messages"),
        many(found.copies_folded, "copy", "copies"),
    );
    if let Some(warning) = found.warning(hours) {
        writeln!(out, "  {warning}")?;
    }
    for sample in &found.samples {
        writeln!(out, "  {}", alert(sample))?;
    }
    for unready in &found.unready_samples {
        writeln!(out, "  {} · no alert yet: {}", clean(&unready.title), unready.why)?;
    }
    Ok(out)
}

/// One alert with its first revision and the number of later ones.
fn alert(sample: &RehearsedAlert) -> String {
    let outlets = many(sample.outlets.into(), "outlet", "outlets");
    let origins = crate::commands::words::origins(" · ", sample.origins);
    let passing = if sample.in_passing { " · silent: mentioned in passing" } else { "" };
    let mut line = format!("{} · {outlets}{origins}{passing}", clean(&sample.title));
    let loud = sample.revisions.iter().filter(|it| it.volume == Volume::Loud && !sample.in_passing);
    for revision in loud {
        line.push_str(&format!(" · {}", describe_reasons(revision)));
    }
    line
}

/// Why a revision would have notified, or would have been held.
fn describe_reasons(revision: &RehearsedRevision) -> String {
    let reasons = clean(&revision.reasons.join("; "));
    match &revision.held {
        Some(hold) => format!("{reasons} ({})", describe_hold(hold.reason)),
        None => reasons,
    }
}

fn many(value: u64, one: &str, several: &str) -> String {
    count(usize::try_from(value).unwrap_or(usize::MAX), one, several)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use wirefold_proto::Tag;

    #[test]
    fn a_rehearsal_is_one_line_and_headlines() {
        let report = RehearsalReport {
            schema: Tag::new(),
            hours: 24,
            report: json!({
                "articles": 99, "matching": 41, "events": 3, "alerts": 3, "loud": 4, "copies_folded": 38,
                "samples": [{"title": "Storm\u{1b}[2J", "outlets": 14, "origins": 2, "more": 1, "revisions": [
                        {"at": "2026-03-01T06:00:00Z", "volume": "loud", "reasons": ["new"],
                            "held": {"reason": "muted"}},
                        {"at": "2026-03-01T06:30:00Z", "volume": "loud", "reasons": ["grown"],
                            "held": {"reason": "digest", "until": "2026-03-01T07:00:00Z"}}]},
                    {"title": "Council", "outlets": 1, "origins": 1, "in_passing": true}],
                "unready": 1, "unready_samples": [{"title": "Tide", "why": "1 of 2 outlets"}],
            }),
        };
        let line = "the last 24 h: 41 articles match → 3 events → 3 alerts, 4 loud messages (38 \
                    copies folded)\n  Storm[2J · 14 outlets · at most 2 origins · new (held: muted) \
                    · grown (held: comes in one message with others)\n  \
                    Council · 1 outlet · at most 1 origin · silent: mentioned in passing\n  \
                    Tide · no alert yet: 1 of 2 outlets\n";
        assert_eq!(describe(&report).unwrap(), line);
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
            report: json!({"articles": 99, "matching": 0, "matching_with_baseline": 99}),
        };
        let warning = describe(&report).unwrap();
        assert!(warning.contains("\n  broad: it matches 100 % of all articles"), "{warning}");
    }
}
