//! Fetchers whose clocks are wrong.

use std::time::Duration;

use wirefold_proto::Class;

use super::people::Desk;
use super::stand::seeds;

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
