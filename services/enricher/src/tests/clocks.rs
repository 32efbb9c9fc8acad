//! Fetchers whose clocks are wrong.

use std::time::Duration;

use jiff::Timestamp;
use wirefold_envelope::{sent, timestamp, unix_millis};
use wirefold_flow::{Clock as _, Outgoing};
use wirefold_proto::{ArticleFetched, Class, OutputArticle, TextPolicy};

use super::flowing::through_both;
use super::stand::{behind_the_fixtures, outgoing, seeds};

const TEN_YEARS: Duration = Duration::from_hours(10 * 365 * 24);

/// The time at which the broker stores everything.
fn now() -> Timestamp {
    timestamp(behind_the_fixtures().now())
}

/// A fixture of another outlet, seen at a time.
fn seen(number: usize, outlet: &str, at: Timestamp) -> ArticleFetched {
    let mut article = seeds()[number].of_outlet(outlet).fetched();
    article.article.seen = at;
    article
}

async fn through(messages: Vec<Outgoing>) -> Vec<OutputArticle> {
    through_both(TextPolicy::None, messages).await.1
}

#[tokio::test]
async fn one_article_from_a_clock_that_is_years_ahead_changes_nothing_for_others() {
    let articles = [
        seen(0, "first.example", now()),
        seen(1, "ahead.example", now() + TEN_YEARS),
        seen(0, "one.example", now()),
        seen(0, "two.example", now()),
    ];
    let output = through(articles.iter().map(outgoing).collect()).await;
    assert_eq!(output[1].article.seen, now(), "the time of storing");
    for copy in &output[2..] {
        assert_eq!(copy.verdict.class, Class::Copy);
        assert_eq!(copy.verdict.story, output[0].verdict.story);
    }
}

#[tokio::test]
async fn a_clock_that_is_a_little_ahead_is_believed() {
    let ahead = now() + Duration::from_secs(60);
    let output = through(vec![outgoing(&seen(0, "ahead.example", ahead))]).await;
    assert_eq!(output[0].article.seen, ahead);
}

/// If a fetcher's clock is an hour behind, the time at which it sends tells by how much. Only an
/// article that really waited before it was sent is seen earlier.
#[tokio::test]
async fn a_clock_that_is_behind_is_corrected_by_the_time_of_sending() {
    let late = |seconds: u64| now() - Duration::from_hours(1) - Duration::from_secs(seconds);
    let articles = [seen(0, "one.example", late(0)), seen(1, "two.example", late(120))];
    let sent_at = unix_millis(late(0));
    let messages = articles.iter().map(|article| sent(&outgoing(article), sent_at)).collect();
    let seen: Vec<_> = through(messages).await.iter().map(|output| output.article.seen).collect();
    assert_eq!(seen, [now(), now() - Duration::from_secs(120)]);
}
