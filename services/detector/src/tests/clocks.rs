//! Fetchers whose clocks are wrong.

use std::time::Duration;

use wirefold_envelope::{sent, unix_millis};
use wirefold_flow::Outgoing;
use wirefold_proto::Class;

use super::harness::{outgoing, seeds};
use super::overrides::TestDetector;

/// Ten years, in seconds.
const TEN_YEARS: i64 = 10 * 365 * 24 * 3_600;

#[tokio::test]
async fn one_article_from_a_clock_that_is_years_ahead_changes_nothing_for_others() {
    let mut detector = TestDetector::start().await;
    let texts = seeds();
    let now = detector.now().as_second();
    let first = detector.judge(&[texts[0].fetched(now), texts[1].fetched(now + TEN_YEARS)]).await;
    assert_eq!(first[1].seen, detector.now(), "the time of storing");
    let copy = |outlet: &str| {
        let mut article = texts[0].clone();
        (article.outlet, article.url, article.id) = (outlet.to_owned(), None, outlet.to_owned());
        article.fetched(now)
    };
    let copies = [copy("one.example"), copy("two.example")];
    for judged in detector.judge(&copies).await {
        assert_eq!(judged.verdict.class, Class::Copy);
        assert_eq!(judged.verdict.story, first[0].verdict.story);
    }
    let later = detector.judge(&[copy("three.example")]).await;
    assert_eq!(
        later[0].verdict.story, first[0].verdict.story,
        "the detector starts anew each time"
    );
}

#[tokio::test]
async fn a_clock_that_is_a_little_ahead_is_believed() {
    let mut detector = TestDetector::start().await;
    let ahead = detector.now() + Duration::from_secs(60);
    let judged = detector.judge(&[seeds()[0].fetched(ahead.as_second())]).await;
    assert_eq!(judged[0].seen, ahead);
}

/// If a fetcher's clock is an hour behind, the time at which it sends tells by how much. Only an
/// article that really waited before it was sent is seen earlier.
#[tokio::test]
async fn a_clock_that_is_behind_is_corrected_by_the_time_of_sending() {
    let mut detector = TestDetector::start().await;
    let hour = Duration::from_hours(1);
    let texts = seeds();
    let late = |seconds: u64| detector.now() - hour - Duration::from_secs(seconds);
    let sent_at = unix_millis(late(0));
    let articles = [texts[0].fetched(late(0).as_second()), texts[1].fetched(late(120).as_second())];
    let messages: Vec<Outgoing> =
        articles.iter().map(|article| sent(&outgoing(article), sent_at)).collect();
    let (now, waited) = (detector.now(), detector.now() - Duration::from_secs(120));
    let judged = detector.judge_messages(messages).await;
    let seen: Vec<_> = judged.iter().map(|judged| judged.seen).collect();
    assert_eq!(seen, [now, waited]);
}
