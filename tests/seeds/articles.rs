//! `articles.jsonl`: one article a line, in order of publication.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;

use super::text_of;

/// The earlier version and the later one that corrects it, at the same URL.
const CORRECTION: [&str; 2] = ["fl-02", "fl-03"];
const FEWEST_ARTICLES: usize = 60;
const FEEDS: usize = 8;

/// One line of the file. Unknown keys are errors.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Article {
    pub(crate) id: String,
    /// The stem of the feed's file.
    pub(crate) feed: String,
    /// The registrable domain of the publisher.
    pub(crate) outlet: String,
    pub(crate) url: String,
    pub(crate) title: String,
    pub(crate) author: Option<String>,
    pub(crate) published: Timestamp,
    /// A BCP 47 tag.
    pub(crate) lang: String,
    /// Paragraphs end with one line break or two, as the outlet prints them.
    pub(crate) text: String,
}

pub(crate) fn articles() -> Vec<Article> {
    let parse = |(index, line): (usize, &str)| {
        serde_json::from_str(line)
            .unwrap_or_else(|error| panic!("seeds/articles.jsonl:{}: {error}", index + 1))
    };
    text_of("articles.jsonl").lines().enumerate().map(parse).collect()
}

/// All except those that a later version at the same URL replaced: a feed has one entry for a URL.
pub(crate) fn latest_versions() -> Vec<Article> {
    let mut latest = articles();
    latest.retain(|article| article.id != CORRECTION[0]);
    latest
}

#[test]
fn stand_in_order_of_publication() {
    let articles = articles();
    let place = |article: &Article| (article.published, article.id.clone());
    for pair in articles.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        assert!(place(before) < place(after), "{} before {}", before.id, after.id);
    }
}

#[test]
fn are_enough_and_from_every_feed() {
    let articles = articles();
    let feeds: BTreeSet<&str> = articles.iter().map(|article| article.feed.as_str()).collect();
    assert!(articles.len() >= FEWEST_ARTICLES, "{}", articles.len());
    assert_eq!(feeds.len(), FEEDS, "{feeds:?}");
}

#[test]
fn have_ids_of_their_own() {
    let mut known = BTreeSet::new();
    for article in articles() {
        assert!(known.insert(article.id.clone()), "{} twice", article.id);
    }
}

#[test]
fn have_urls_of_their_own_but_for_the_correction() {
    let mut ids_by_url: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for article in articles() {
        ids_by_url.entry(article.url).or_default().push(article.id);
    }
    let shared: Vec<Vec<String>> = ids_by_url.into_values().filter(|ids| ids.len() > 1).collect();
    assert_eq!(shared, [CORRECTION]);
}

#[test]
fn stand_at_their_outlet_which_is_no_real_one() {
    let mut outlet_by_feed = BTreeMap::new();
    for article in articles() {
        let site = format!("https://www.{}/", article.outlet);
        let outlet = outlet_by_feed.entry(article.feed).or_insert_with(|| article.outlet.clone());
        assert_eq!(*outlet, article.outlet, "{}", article.id);
        // Reserved by RFC 2606: nobody can ever publish there.
        assert!(article.outlet.ends_with(".example"), "{}", article.id);
        assert!(article.url.starts_with(&site), "{}", article.id);
    }
}

#[test]
fn say_something() {
    for article in articles() {
        let author = article.author.as_deref().unwrap_or("nobody named");
        for value in [&article.title, &article.lang, &article.text, author] {
            assert!(!value.trim().is_empty(), "{}", article.id);
        }
    }
}
