//! A feed that sends too much, or is too slow, harms only itself.

use wirefold_proto::{ArticleFetched, Command, FeedFinding, TextSource};

use super::bench::{Bench, MINUTE, configured, feed, until};
use super::feeds::{Entry, entry, rss, text};
use super::server::{Reply, Server};
use crate::Budget;

fn flood(names: std::ops::Range<usize>) -> Reply {
    let entries: Vec<Entry> = names.map(|number| entry(&number.to_string(), 100)).collect();
    Reply::ok(rss(&entries))
}

fn beyond(articles: &[ArticleFetched]) -> usize {
    articles.iter().filter(|article| article.article.beyond_budget).count()
}

#[tokio::test]
async fn items_over_budget_are_published_and_marked() {
    let server = Server::start().await;
    server.put("/feed", flood(0..10));
    let mut bench = Bench::with(&[("harbour", server.url("/feed"))]).await;
    bench.settings.budget = Budget { articles_per_hour: 6, ..Budget::default() };
    let running = bench.start().await;
    let record = bench.polled("harbour").await;
    let articles = bench.articles().await;
    assert_eq!(
        (articles.len(), beyond(&articles), record.articles),
        (10, 4, 10),
        "nothing is lost"
    );
    assert!(record.needs_a_look());
    assert_eq!(record.findings, [FeedFinding::OverBudget]);
    let problem = record.problem.unwrap();
    assert!(problem.contains("sent 10 articles in this hour, 4 of them beyond"), "{problem}");
    // The count is the same after a kill.
    running.kill().await;
    server.put("/feed", flood(0..12));
    let again = bench.start().await;
    bench.next_poll("harbour").await;
    assert_eq!(beyond(&bench.articles().await), 6);
    // In the next hour it has a new budget, and no problem is reported.
    bench.clock.advance(60 * MINUTE);
    bench.polled("harbour").await;
    server.put("/feed", flood(0..13));
    let well = bench.next_poll("harbour").await;
    let all = bench.articles().await;
    assert_eq!((all.len(), beyond(&all)), (13, 6));
    assert_eq!((well.problem, well.findings), (None, Vec::new()));
    again.stop().await;
}

/// Feeds of one site whose items link to more hosts than there are slots, all of which hang.
#[tokio::test]
async fn slow_pages_of_one_sites_feeds_delay_no_other_sites_page() {
    const SHARE: usize = 3;
    let (hostile, victim) = (Server::start().await, Server::start().await);
    let mut bench = Bench::new().await;
    bench.settings.extract = Some(crate::extract::tests::settings());
    bench.settings.concurrency = 6;
    bench.settings.budget.site_pages = SHARE;
    let mut slow = Vec::new();
    for number in 0..8 {
        let host = Server::start().await;
        host.put("/page", Reply::Hang);
        let link = Some(host.url("/page"));
        let name = format!("slow-{number}");
        let path = format!("/{name}");
        hostile.put(&path, Reply::ok(rss(&[Entry { link, ..entry(&name, 20) }])));
        bench.settings.feeds.push(configured(&name, &hostile.url(&path)));
        slow.push(host);
    }
    let open = || slow.iter().map(|host| host.times("/page")).sum::<usize>();
    let link = Some(victim.url("/page"));
    victim.put("/feed", Reply::ok(rss(&[Entry { link, ..entry("ferry", 20) }])));
    let page = format!("<article><h1>Ferry</h1><p>{}</p></article>", text("ferry", 300));
    victim.put("/page", Reply::ok(page).with("content-type", "text/html"));
    let running = bench.start().await;
    bench.clock.advance(MINUTE);
    until("hosts hang", || open() >= SHARE).await;
    let victims = feed("victim", &victim.url("/feed"));
    bench.command("1", Command::FeedAdd { feed: victims }).await;
    bench.polled("victim").await;
    let articles = bench.articles().await;
    assert_eq!(articles.len(), 1, "the hostile ones wait: {articles:#?}");
    assert_eq!(articles[0].text_source, TextSource::Page);
    assert_eq!(open(), SHARE);
    running.stop().await;
}
