//! The schedule of the demo: the fixture articles, released over a minute.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

/// The articles of `seeds/articles.jsonl`, one JSON object a line.
const ARTICLES: &str = include_str!("../../../../../seeds/articles.jsonl");

/// The fixture articles as JSON lines.
pub(in crate::up) fn articles() -> &'static str {
    ARTICLES
}

/// A fixture article.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Article {
    pub(super) feed: String,
    pub(super) outlet: String,
    /// Versions of one item have the same address.
    pub(super) url: String,
    pub(super) title: String,
    #[serde(default)]
    pub(super) author: String,
    pub(super) published: Timestamp,
    pub(super) lang: String,
    pub(super) text: String,
}

/// The articles in the order in which they are released.
#[derive(Debug)]
pub(super) struct Script {
    articles: Vec<Article>,
    length: Duration,
}

impl Script {
    /// The fixtures, spread over this time. Their times are moved so that the last one is published at `now`.
    pub(super) fn new(length: Duration, now: Timestamp) -> serde_json::Result<Self> {
        let lines = ARTICLES.lines().filter(|line| !line.trim().is_empty());
        let mut articles: Vec<Article> =
            lines.map(serde_json::from_str).collect::<Result<_, _>>()?;
        let last = articles.iter().map(|article| article.published).max().unwrap_or(now);
        let shift = now.duration_since(last);
        for article in &mut articles {
            article.published = article.published.saturating_add(shift).unwrap_or(now);
        }
        Ok(Self { articles, length })
    }

    /// The names of the feeds, in order of their first article.
    pub(super) fn feeds(&self) -> Vec<&Article> {
        let mut first: Vec<&Article> = Vec::new();
        for article in &self.articles {
            if first.iter().all(|known| known.feed != article.feed) {
                first.push(article);
            }
        }
        first
    }

    /// The items of a feed this long after the start, newest first, with the last version of each.
    pub(super) fn list_items(&self, feed: &str, after: Duration) -> Vec<&Article> {
        let mut listed: Vec<&Article> = Vec::new();
        for article in self.released(after).iter().filter(|article| article.feed == feed) {
            listed.retain(|other| other.url != article.url);
            listed.push(article);
        }
        listed.reverse();
        listed
    }

    /// The last released version of the article at this path.
    pub(super) fn page(&self, path: &str, after: Duration) -> Option<&Article> {
        self.released(after).iter().rev().find(|article| local_path(article) == path)
    }

    fn released(&self, after: Duration) -> &[Article] {
        let share = after.as_secs_f64() / self.length.as_secs_f64().max(f64::MIN_POSITIVE);
        let all = self.articles.len();
        // The first few are released together, so that a copy folds immediately.
        let count = AT_ONCE + (share * (all - AT_ONCE.min(all)) as f64) as usize;
        &self.articles[..count.min(all)]
    }
}

/// The number of articles that are released at the start: the first event with its copies.
const AT_ONCE: usize = 8;

/// The path of an article on the demo's server.
pub(super) fn local_path(article: &Article) -> String {
    let path = article.url.split("://").nth(1).and_then(|rest| rest.split_once('/'));
    format!("/{}/{}", article.feed, path.map_or("", |(_, path)| path))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn script() -> Script {
        Script::new(MINUTE, "2026-11-20T12:00:00Z".parse().unwrap()).unwrap()
    }

    #[test]
    fn everything_is_released_over_the_minute_and_a_correction_replaces_the_first_version() {
        let script = script();
        let listed = |after| -> usize {
            script.feeds().iter().map(|first| script.list_items(&first.feed, after).len()).sum()
        };
        assert_eq!(script.feeds().len(), 8);
        assert_eq!(listed(Duration::ZERO), AT_ONCE);
        assert!(listed(MINUTE / 2) < listed(MINUTE));
        let items: std::collections::BTreeSet<_> =
            script.articles.iter().map(|article| &article.url).collect();
        assert_eq!(listed(MINUTE), items.len());
        assert!(items.len() < script.articles.len(), "one item has two versions");
    }

    #[test]
    fn times_end_now_and_keep_their_distances() {
        let script = script();
        let last = script.articles.iter().map(|article| article.published).max().unwrap();
        assert_eq!(last.to_string(), "2026-11-20T12:00:00Z");
        let first = script.articles.iter().map(|article| article.published).min().unwrap();
        assert!(last.duration_since(first).as_hours() > 150);
    }

    #[test]
    fn pages_are_served_at_the_addresses_in_feeds() {
        let script = script();
        let feed = &script.feeds()[0].feed;
        let first = script.list_items(feed, MINUTE)[0];
        assert_eq!(
            script.page(&local_path(first), MINUTE).map(|page| &page.title),
            Some(&first.title)
        );
        assert!(script.page("/nowhere", MINUTE).is_none());
    }
}
