//! New items: keys that change or repeat, dates that move, floods of old items.

use wirefold_proto::{ArticleFetched, DateProblem, FeedFinding, ItemIdentity};

use super::bench::{Bench, MINUTE};
use super::feeds::{Entry, entry, rss};
use super::server::{Reply, Server};

/// An item with a link.
fn item(name: &str) -> Entry {
    let link = Some(format!("https://harbour.example/{name}"));
    Entry { link, ..entry(name, 100) }
}

fn items(names: std::ops::Range<usize>) -> Vec<Entry> {
    names.map(|number| item(&format!("n{number}"))).collect()
}

/// A feed with these successive polls; returns the number of articles after each.
async fn articles_after(
    polls: &[Vec<Entry>],
    identity: ItemIdentity,
) -> (Vec<usize>, Vec<FeedFinding>) {
    let server = Server::start().await;
    let mut bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    bench.settings.feeds[0].feed.identity = identity;
    let mut running = None;
    let mut counts = Vec::new();
    let mut findings = Vec::new();
    for poll in polls {
        server.put("/feed", Reply::ok(rss(poll)));
        let record = match running {
            None => {
                running = Some(bench.start().await);
                bench.polled("harbour").await
            }
            Some(_) => bench.next_poll("harbour").await,
        };
        findings = record.findings;
        counts.push(bench.articles().await.len());
    }
    running.unwrap().stop().await;
    (counts, findings)
}

fn with_guids(entries: &[Entry], guid: impl Fn(usize) -> String) -> Vec<Entry> {
    let entries = entries.iter().enumerate();
    entries.map(|(at, entry)| Entry { guid: guid(at), ..entry.clone() }).collect()
}

#[tokio::test]
async fn guids_that_change_with_each_poll_make_nothing_new() {
    let all = items(0..6);
    let polls: Vec<_> =
        (0..4).map(|poll| with_guids(&all, |at| format!("random-{poll}-{at}"))).collect();
    let (counts, findings) = articles_after(&polls, ItemIdentity::Auto).await;
    assert_eq!(counts, [6, 6, 6, 6]);
    assert_eq!(findings, [FeedFinding::ChangingIds]);
    let mut more = with_guids(&all, |at| format!("other-{at}"));
    more.insert(0, item("news"));
    let (then, _) =
        articles_after(&[polls[0].clone(), polls[1].clone(), more], ItemIdentity::Auto).await;
    assert_eq!(then, [6, 6, 7], "new items are still new");
}

#[tokio::test]
async fn guids_and_links_that_both_change_make_nothing_new() {
    let poll = |poll: usize| {
        let mut all = with_guids(&items(0..6), |at| format!("random-{poll}-{at}"));
        for entry in &mut all {
            entry.link = Some(format!("https://harbour.example/s{poll}/{}", entry.guid));
        }
        all
    };
    let polls: Vec<_> = (0..4).map(poll).collect();
    let (counts, findings) = articles_after(&polls, ItemIdentity::Auto).await;
    assert_eq!(counts, [6, 6, 6, 6]);
    assert_eq!(findings, [FeedFinding::ChangingIds]);
}

/// A daily column has the same words each time. Its link and guid distinguish the issues.
#[tokio::test]
async fn a_column_with_the_same_words_is_new_each_day() {
    let column = |day: usize| Entry {
        guid: format!("tides-{day}"),
        link: Some(format!("https://harbour.example/tides/{day}")),
        ..item("tides")
    };
    let polls: Vec<_> = (0..4).map(|day| (0..=day).rev().map(column).collect()).collect();
    let (counts, findings) = articles_after(&polls, ItemIdentity::Auto).await;
    assert_eq!((counts, findings), (vec![1, 2, 3, 4], vec![]));
}

#[tokio::test]
async fn one_guid_on_all_items_tells_none_from_another() {
    let same = |entries: &[Entry]| with_guids(entries, |_| "harbour".to_owned());
    let polls =
        [same(&items(1..4)), same(&items(0..4)), same(&[item("alone")]), same(&items(0..4))];
    let (counts, findings) = articles_after(&polls, ItemIdentity::Auto).await;
    assert_eq!(counts, [3, 4, 5, 5]);
    assert_eq!(findings, [FeedFinding::ChangingIds]);
}

#[tokio::test]
async fn a_policy_that_is_set_is_kept() {
    let all = items(0..4);
    let polls: Vec<_> =
        (0..3).map(|poll| with_guids(&all, |at| format!("random-{poll}-{at}"))).collect();
    let (counts, findings) = articles_after(&polls, ItemIdentity::Link).await;
    assert_eq!((counts, findings), (vec![4, 4, 4], vec![]));
}

#[tokio::test]
async fn another_date_makes_nothing_new() {
    let mut polls = vec![items(0..3)];
    for date in ["Sun, 01 Mar 2026 10:00:00 GMT", "Fri, 01 Jan 2038 00:00:00 GMT", "soon"] {
        let dated = |entry: Entry| Entry { date: Some(date.to_owned()), ..entry };
        polls.push(items(0..3).into_iter().map(dated).collect());
    }
    let (counts, _) = articles_after(&polls, ItemIdentity::Auto).await;
    assert_eq!(counts, [3, 3, 3, 3]);
}

#[tokio::test]
async fn dates_that_are_none_are_flagged_and_the_first_look_counts() {
    let server = Server::start().await;
    let bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    let dated =
        |date: Option<&str>, name: &str| Entry { date: date.map(str::to_owned), ..item(name) };
    server.put(
        "/feed",
        Reply::ok(rss(&[
            dated(None, "missing"),
            dated(Some("Fri, 01 Jan 2038 00:00:00 GMT"), "future"),
            dated(Some("Thu, 01 Jan 1970 00:00:00 GMT"), "absurd"),
        ])),
    );
    let running = bench.start().await;
    let record = bench.polled("harbour").await;
    running.stop().await;
    for (article, problem) in bench.articles().await.iter().rev().zip([
        DateProblem::Missing,
        DateProblem::Implausible,
        DateProblem::Implausible,
    ]) {
        assert_eq!(article.article.date_problem, Some(problem), "{}", article.article.title);
        assert_eq!(Some(article.article.seen), record.last_poll);
    }
}

#[tokio::test]
async fn a_flood_of_old_items_is_baseline_and_what_is_new_among_them_is_not() {
    let server = Server::start().await;
    let bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    let now = wirefold_envelope::timestamp(wirefold_flow::Clock::now(&bench.clock));
    let ago = |days: i64| {
        let at = now - jiff::SignedDuration::from_hours(24 * days);
        Some(at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
    };
    let recent = |name: &str| Entry { date: ago(0), ..item(name) };
    let old = |number: usize| Entry { date: ago(30), ..item(&format!("old{number}")) };
    server.put("/feed", Reply::ok(rss(&[recent("first")])));
    let running = bench.start().await;
    bench.polled("harbour").await;
    let mut late = vec![recent("second")];
    late.extend((0..3).map(old));
    server.put("/feed", Reply::ok(rss(&late)));
    bench.next_poll("harbour").await;
    assert!(
        bench.articles().await.iter().all(|article| !article.article.baseline),
        "a few are late"
    );
    let mut flood = vec![recent("third")];
    flood.extend((3..23).map(old));
    server.put("/feed", Reply::ok(rss(&flood)));
    bench.next_poll("harbour").await;
    let articles = bench.articles().await;
    let baseline = articles.iter().filter(|article| article.article.baseline).count();
    assert_eq!((articles.len(), baseline), (26, 20));
    assert!(!articles.last().unwrap().article.baseline);
    bench.clock.advance(MINUTE);
    running.stop().await;
}

/// A site moves to another host, and a quarter of its items are news that came meanwhile.
#[tokio::test]
async fn only_news_is_new_when_a_site_moves() {
    let at = |base: &str, names: std::ops::Range<usize>| -> Vec<Entry> {
        let place = |entry: Entry| {
            let link = Some(format!("{base}/{}", entry.guid));
            Entry { guid: format!("{base}/?p={}", entry.guid), link, ..entry }
        };
        items(names).into_iter().rev().map(place).collect()
    };
    let (old, new) = ("http://harbour.example", "https://news.harbour.example/x");
    for base in ["https://harbour.example", "http://www2.harbour.example", new] {
        let polls = [at(old, 0..20), at(base, 5..25), at(base, 5..25), at(base, 6..26)];
        let (counts, findings) = articles_after(&polls, ItemIdentity::Auto).await;
        assert_eq!((counts, findings), (vec![20, 25, 25, 26], vec![]), "{base}");
    }
    // Another feed at the same address: nothing is recognised.
    let other: Vec<Entry> = items(50..70);
    let (counts, _) = articles_after(&[at(old, 0..20), other], ItemIdentity::Auto).await;
    assert_eq!(counts, [20, 40]);
}

/// The articles after a poll of these items, and of those.
async fn after_two_polls(before: &[Entry], after: &[Entry]) -> Vec<ArticleFetched> {
    let server = Server::start().await;
    let bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    server.put("/feed", Reply::ok(rss(before)));
    let running = bench.start().await;
    bench.polled("harbour").await;
    server.put("/feed", Reply::ok(rss(after)));
    bench.next_poll("harbour").await;
    running.stop().await;
    bench.articles().await
}

/// A site that changes addresses, titles and texts at once: what it published before the last poll is not news.
#[tokio::test]
async fn a_move_that_rewrites_titles_makes_no_old_item_news() {
    let dated = |name: usize, title: String, at: &str| {
        let mut entry = items(name..name + 1).remove(0);
        entry.guid = title.replace(' ', "-");
        entry.link = Some(format!("https://harbour.example/{}", entry.guid));
        Entry { title, date: Some(at.to_owned()), ..entry }
    };
    let (old, late) = ("Wed, 31 Dec 2025 10:00:00 GMT", "Thu, 01 Jan 2026 00:30:00 GMT");
    let before: Vec<Entry> =
        (0..20).map(|it| dated(it, format!("The boat {it} is back"), old)).collect();
    let after: Vec<Entry> = (0..20)
        .map(|it| dated(it, format!("Boat {it} back"), if it < 6 { late } else { old }))
        .map(|entry| Entry { text: format!("{} and more", entry.text), ..entry })
        .collect();
    let articles = after_two_polls(&before, &after).await;
    let news = articles[20..].iter().filter(|it| !it.article.baseline).count();
    assert_eq!((articles.len(), news), (40, 6));
}

/// A site that changes addresses, and titles or texts: each item is the one that it was.
#[tokio::test]
async fn a_move_that_changes_titles_or_texts_is_recognised_by_the_other() {
    const DATES: [Option<&str>; 3] =
        [Some("Wed, 31 Dec 2025 10:00:00 GMT"), Some("2025-12-31"), None];
    for (count, date) in [4, 20].into_iter().flat_map(|count| DATES.map(|date| (count, date))) {
        let stored = |it: usize| {
            let mut entry = item(&format!("n{it}"));
            entry.title = format!("The boat {it} is back at its pier");
            entry.date = date.map(str::to_owned);
            entry
        };
        let moved = |entry: &Entry| Entry {
            guid: format!("new-{}", entry.guid),
            link: Some(format!("https://news.harbour.example/{}", entry.guid)),
            ..entry.clone()
        };
        let before: Vec<Entry> = (0..count).map(stored).collect();
        let change_text = |it: &Entry| Entry { text: format!("{} and more", it.text), ..moved(it) };
        let change_title =
            |it: &Entry| Entry { title: it.title.replace("is back", "returns"), ..moved(it) };
        let changes: [&dyn Fn(&Entry) -> Entry; 2] = [&change_text, &change_title];
        for (which, change) in changes.into_iter().enumerate() {
            let after: Vec<Entry> = before.iter().map(change).collect();
            let articles = after_two_polls(&before, &after).await;
            let are_versions = articles[count..].iter().all(|it| it.article.version_of.is_some());
            assert!(articles.len() == 2 * count && are_versions, "{count} of {date:?}, {which}");
        }
    }
}

/// Sections with the same titles and new texts each day are new each day.
#[tokio::test]
async fn sections_with_the_same_titles_are_new_each_day() {
    let sections = |day: usize, date: &str| -> Vec<Entry> {
        let section = |name: &str| Entry {
            title: format!("The {name} along this coast today"),
            date: Some(date.to_owned()),
            ..item(&format!("{name}{day}"))
        };
        ["tides", "winds", "markets"].map(section).to_vec()
    };
    let before = sections(1, "Wed, 31 Dec 2025 10:00:00 GMT");
    let articles = after_two_polls(&before, &sections(2, "Thu, 01 Jan 2026 00:30:00 GMT")).await;
    assert!(articles[3..].iter().all(|it| it.article.version_of.is_none()));
    assert!(articles.len() == 6 && articles[3..].iter().all(|it| !it.article.baseline));
}

/// A small site that changes addresses, titles and texts at once, also with dates without a time.
#[tokio::test]
async fn a_small_move_that_rewrites_everything_makes_no_old_item_news() {
    for old in ["Mon, 29 Dec 2025 10:00:00 GMT", "2025-12-30"] {
        let dated = |name: String| Entry { date: Some(old.to_owned()), ..item(&name) };
        let before: Vec<Entry> = (0..4).map(|it| dated(format!("n{it}"))).collect();
        let after: Vec<Entry> = (0..4).map(|it| dated(format!("m{it}"))).collect();
        let articles = after_two_polls(&before, &after).await;
        assert_eq!(articles.len(), 8);
        assert!(articles[4..].iter().all(|it| it.article.baseline), "{old}");
    }
}

/// A page with the same path and title is the same item, whatever its scheme and its edited text.
#[tokio::test]
async fn another_scheme_makes_nothing_new() {
    let secure = |entry: Entry| Entry {
        guid: entry.guid.replace("harbour-", "https://harbour.example/?p="),
        text: format!("{} and more", entry.text),
        ..entry
    };
    let plain = |entry: Entry| Entry {
        guid: entry.guid.replace("harbour-", "http://harbour.example/?p="),
        link: entry.link.map(|link| link.replace("https:", "http:")),
        ..entry
    };
    let before: Vec<Entry> = items(0..4).into_iter().map(plain).collect();
    let after: Vec<Entry> = items(0..4).into_iter().map(secure).collect();
    let articles = after_two_polls(&before, &after).await;
    assert!(articles[4..].iter().all(|it| it.article.version_of.is_some()), "edited, not new");
}
