//! `wirefold sub test`.

use std::fmt::Write as _;

use serde::Deserialize;
use wirefold_gateway::shapes::{RehearsalReport, RehearsalRequest};
use wirefold_proto::SubscriptionSettings;

use super::{query, subscriptions};
use crate::client::{Client, ClientError};
use crate::exit::Exit;
use crate::output::{self, clean, count};

/// The hours of a day.
const DAY: u32 = 24;

/// What the alerter says, as far as it is shown. More may stand in the report.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Rehearsal {
    /// Articles that were tried.
    articles: usize,
    /// Articles that match.
    matching: usize,
    /// Events they belong to.
    events: usize,
    /// Alerts it would have opened.
    alerts: usize,
    /// Loud messages among their revisions.
    loud: usize,
    /// Copies folded into them. Version 1 called it `saved`.
    #[serde(alias = "saved")]
    copies_folded: usize,
    /// Some of the alerts.
    samples: Vec<Sample>,
}

/// An alert that would have been sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sample {
    /// Its headline.
    title: String,
    /// Its outlets.
    outlets: usize,
    /// Its separately written texts: an upper bound.
    origins: usize,
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
        output::print_styled(&in_words(&report)?)?;
    }
    Ok(Exit::Ok)
}

/// What a subscription would have sent in the last day, in words; none where nothing was read.
pub(super) async fn last_day(
    client: &Client,
    subscription: SubscriptionSettings,
) -> anyhow::Result<Option<String>> {
    let report = rehearse(client, subscription, DAY).await?;
    let found: Rehearsal = serde_json::from_value(report.report.clone())?;
    if found.articles == 0 { Ok(None) } else { in_words(&report).map(Some) }
}

async fn rehearse(
    client: &Client,
    subscription: SubscriptionSettings,
    hours: u32,
) -> Result<RehearsalReport, ClientError> {
    let request = RehearsalRequest { subscription, hours };
    client.post("/api/v1/subscriptions/test", &request).await
}

/// The subscription of this id, else a bare one with this query.
async fn subscription(client: &Client, what: &str) -> anyhow::Result<SubscriptionSettings> {
    let all = subscriptions(client).await?;
    let known =
        all.subscriptions.into_iter().find(|record| record.subscription.id.as_str() == what);
    if let Some(known) = known {
        return Ok(known.subscription);
    }
    query::check(what)?;
    Ok(SubscriptionSettings::new("test".parse()?, "test", what))
}

/// `the last 24 h: 41 articles match → 3 events → 3 alerts, 4 loud messages (38 copies folded)`.
fn in_words(report: &RehearsalReport) -> anyhow::Result<String> {
    let found: Rehearsal = serde_json::from_value(report.report.clone())?;
    let hours = report.hours;
    if found.matching == 0 {
        return Ok(format!("the last {hours} h: no article matches\n"));
    }
    let mut out = format!(
        "the last {hours} h: {} → {} → {}, {} ({} folded)\n",
        count(found.matching, "article matches", "articles match"),
        count(found.events, "event", "events"),
        count(found.alerts, "alert", "alerts"),
        count(found.loud, "loud message", "loud messages"),
        count(found.copies_folded, "copy", "copies"),
    );
    for sample in &found.samples {
        let outlets = count(sample.outlets, "outlet", "outlets");
        let origins = count(sample.origins, "origin", "origins");
        writeln!(out, "  {} · {outlets} · at most {origins}", clean(&sample.title))?;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use wirefold_proto::Tag;

    #[test]
    fn what_would_have_been_sent_is_one_line_and_headlines() {
        let report = RehearsalReport {
            schema: Tag::new(),
            hours: 24,
            report: json!({
                "articles": 99, "matching": 41, "events": 3, "alerts": 3, "loud": 4, "copies_folded": 38,
                "samples": [{"title": "Storm\u{1b}[2J", "outlets": 14, "origins": 2, "more": 1}],
            }),
        };
        let line = "the last 24 h: 41 articles match → 3 events → 3 alerts, 4 loud messages (38 \
                    copies folded)\n  Storm[2J · 14 outlets · at most 2 origins\n";
        assert_eq!(in_words(&report).unwrap(), line);
    }
}
