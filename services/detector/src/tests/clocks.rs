//! Fetchers whose clocks are wrong.

use std::time::Duration;

use wirefold_envelope::{sent, unix_millis};
use wirefold_flow::Outgoing;
use wirefold_proto::Class;

use super::people::Desk;
use super::stand::{outgoing, seeds};

/// Ten years, in seconds.
const TEN_YEARS: i64 = 10 * 365 * 24 * 3_600;

#[tokio::test]
async fn one_article_from_a_clock_that_is_years_ahead_changes_nothing_for_others() {
    let mut desk = Desk::open().await;
    let texts = seeds();
    let now = desk.now().as_second();
    let first = desk.give(&[texts[0].fetched(now), texts[1].fetched(now + TEN_YEARS)]).await;
    assert_eq!(first[1].seen, desk.now(), "the time of storing");
    let copy = |outlet: &str| {
        let mut told = texts[0].clone();
        (told.outlet, told.url, told.id) = (outlet.to_owned(), None, outlet.to_owned());
        told.fetched(now)
    };
    let copies = [copy("one.example"), copy("two.example")];
    for judged in desk.give(&copies).await {
        assert_eq!(judged.verdict.class, Class::Copy);
        assert_eq!(judged.verdict.story, first[0].verdict.story);
    }
    let later = desk.give(&[copy("three.example")]).await;
    assert_eq!(later[0].verdict.story, first[0].verdict.story, "the desk starts anew each time");
}

#[tokio::test]
async fn a_clock_that_is_a_little_ahead_is_believed() {
    let mut desk = Desk::open().await;
    let ahead = desk.now() + Duration::from_secs(60);
    let judged = desk.give(&[seeds()[0].fetched(ahead.as_second())]).await;
    assert_eq!(judged[0].seen, ahead);
}

/// A fetcher whose clock is an hour behind says when it sends: its articles are seen when they are, and only what
/// really waited looks so.
#[tokio::test]
async fn a_clock_that_is_behind_is_corrected_by_what_it_says_when_it_sends() {
    let mut desk = Desk::open().await;
    let hour = Duration::from_hours(1);
    let texts = seeds();
    let late = |seconds: u64| desk.now() - hour - Duration::from_secs(seconds);
    let sent_at = unix_millis(late(0));
    let articles = [texts[0].fetched(late(0).as_second()), texts[1].fetched(late(120).as_second())];
    let messages: Vec<Outgoing> =
        articles.iter().map(|article| sent(&outgoing(article), sent_at)).collect();
    let (now, waited) = (desk.now(), desk.now() - Duration::from_secs(120));
    let judged = desk.give_sent(messages).await;
    let seen: Vec<_> = judged.iter().map(|judged| judged.seen).collect();
    assert_eq!(seen, [now, waited]);
}
