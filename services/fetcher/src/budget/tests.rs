use std::collections::BTreeMap;

use wirefold_address::{Arrival, Authority, identify, site_of};
use wirefold_proto::{SubmittedArticle, TextSource};

use super::*;

const NOW: UnixMillis = UnixMillis(1_800_000_000_000);
const LARGE: Budget = Budget {
    articles_per_hour: 1_000,
    bytes_per_hour: 1_000_000,
    outlets_per_hour: 1_000,
    site_articles_per_hour: 1_000,
    site_bytes_per_hour: 1_000_000,
    site_pages: 1,
    host_requests: 1,
    sites: BTreeMap::new(),
};

fn feed(id: &str) -> FeedSettings {
    FeedSettings::new(id.parse().unwrap(), format!("https://{id}.harbour.example/feed"))
}

/// An item that its feed attributes to this site.
fn article(number: usize, site: &str) -> ArticleFetched {
    let given = SubmittedArticle {
        title: Some(format!("Number {number:04}")),
        url: Some(format!("https://{site}/{number}")),
        text: "w".repeat(89),
        ..SubmittedArticle::default()
    };
    let arrival = Arrival {
        feed: "a".parse().unwrap(),
        authority: Authority::of_feed("https://harbour.example/feed"),
        outlet: site_of("https://harbour.example/feed"),
        text_source: TextSource::Feed,
        seen: wirefold_envelope::timestamp(NOW),
    };
    identify(given, &arrival).unwrap()
}

/// How many of this many articles, of 100 bytes each, are within the budget.
fn within(account: &mut Account<'_>, count: usize) -> usize {
    let articles = (0..count).map(|number| article(number, "harbour.example"));
    articles.filter(|article| !account.is_beyond(article)).count()
}

fn problem_of(account: Account<'_>) -> String {
    account.spent().problem(NOW).unwrap_or_default()
}

#[test]
fn articles_bytes_and_outlets_have_a_budget_each() {
    let check = |budget: Budget, expected: usize, said: &str| {
        let budgets = Budgets::new(budget);
        let mut account = budgets.account(&feed("a"), None, NOW);
        assert_eq!(within(&mut account, 10), expected, "{said}");
        let problem = problem_of(account);
        assert!(problem.contains(said), "{problem}");
        assert!(problem.contains("sent 10 articles"), "{problem}");
    };
    check(Budget { articles_per_hour: 4, ..LARGE }, 4, "6 of them beyond its budget");
    check(Budget { articles_per_hour: 4, ..LARGE }, 4, "beyond its budget (articles)");
    check(Budget { bytes_per_hour: 500, ..LARGE }, 5, "its budget (bytes)");
    let budgets = Budgets::new(Budget { outlets_per_hour: 3, ..LARGE });
    let mut account = budgets.account(&feed("a"), None, NOW);
    let sites = ["one", "two", "one", "three", "four", "two"].map(|name| format!("{name}.example"));
    let beyond: Vec<bool> =
        (0..).zip(&sites).map(|(number, site)| account.is_beyond(&article(number, site))).collect();
    assert_eq!(beyond, [false, false, false, false, true, false], "those it has named it may name");
    assert!(!account.is_beyond(&article(9, "harbour.example")), "its own name is none of them");
    assert!(problem_of(account).contains("its budget (outlets)"));
}

#[test]
fn the_feeds_of_a_site_have_one_budget_together() {
    let budgets = Budgets::new(Budget { articles_per_hour: 4, site_articles_per_hour: 6, ..LARGE });
    let (mut one, mut two) =
        (budgets.account(&feed("a"), None, NOW), budgets.account(&feed("b"), None, NOW));
    assert_eq!((within(&mut one, 4), within(&mut two, 4)), (4, 2));
    assert!(problem_of(two).contains("its budget (site_articles)"));
    let elsewhere = FeedSettings::new("c".parse().unwrap(), "https://ferry.example/feed");
    assert_eq!(within(&mut budgets.account(&elsewhere, None, NOW), 4), 4);
    let shared = |id: &str| {
        let url = format!("https://feeds.feedburner.com/{id}");
        within(&mut budgets.account(&FeedSettings::new(id.parse().unwrap(), url), None, NOW), 4)
    };
    assert_eq!([shared("d"), shared("e")], [4, 4], "strangers share a host");
}

#[test]
fn a_budget_is_of_one_hour_and_outlives_the_process() {
    let budget = Budget { articles_per_hour: 4, site_articles_per_hour: 6, ..LARGE };
    let before = Budgets::new(budget.clone());
    let mut account = before.account(&feed("a"), None, NOW);
    assert_eq!(within(&mut account, 3), 3);
    let first = account.spent();
    let after = Budgets::new(budget);
    let mut again = after.account(&feed("a"), Some(&first), NOW);
    assert_eq!(within(&mut again, 3), 1);
    let mut other = after.account(&feed("b"), None, NOW);
    assert_eq!(within(&mut other, 4), 0, "the site has sent six");
    let later = UnixMillis(NOW.0 + HOUR);
    assert_eq!(again.spent().problem(later), None);
    assert_eq!(within(&mut after.account(&feed("a"), Some(&first), later), 5), 4);
}

#[test]
fn a_poll_that_is_cut_short_and_done_again_counts_once() {
    let budgets = Budgets::new(Budget { articles_per_hour: 4, site_articles_per_hour: 6, ..LARGE });
    within(&mut budgets.account(&feed("a"), None, NOW), 4);
    assert_eq!(within(&mut budgets.account(&feed("a"), None, NOW), 4), 4);
    assert_eq!(within(&mut budgets.account(&feed("b"), None, NOW), 4), 2);
}

#[test]
fn items_that_never_alert_use_no_budget() {
    let budgets = Budgets::new(Budget { articles_per_hour: 1, ..LARGE });
    let mut account = budgets.account(&feed("a"), None, NOW);
    let mut old = article(1, "harbour.example");
    old.article.baseline = true;
    assert!((0..10).all(|_| !account.is_beyond(&old)));
    assert_eq!(within(&mut account, 2), 1);
}

#[test]
fn a_site_that_is_trusted_has_a_multiple_of_the_budgets() {
    let sites = BTreeMap::from([("harbour.example".to_owned(), 3)]);
    let budget = Budget { articles_per_hour: 4, site_articles_per_hour: 6, sites, ..LARGE };
    let budgets = Budgets::new(budget.clone());
    assert_eq!(within(&mut budgets.account(&feed("a"), None, NOW), 20), 12);
    // All its feeds together also have three times as much: 18. The first sent 12 …
    let (site_budgets, mut sent) = (Budgets::new(budget.clone()), 0);
    for id in ["a", "b", "c"] {
        sent += within(&mut site_budgets.account(&feed(id), None, NOW), 12);
    }
    assert_eq!(sent, 18);
    // … and others have their usual budget.
    let stranger = FeedSettings::new("s".parse().unwrap(), "https://pier.example/feed");
    assert_eq!(within(&mut Budgets::new(budget).account(&stranger, None, NOW), 20), 4);
}
