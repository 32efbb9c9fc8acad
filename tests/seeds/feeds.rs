//! `feeds/`: the same articles as eight outlets would publish them.

use std::fs;

use jiff::Timestamp;

use super::articles::{Article, latest_versions};
use super::{seeds, split_words, text_of};

mod atom;
mod element;
mod html;
mod json;
mod rss;

/// Feeds by format, which is also the extension of the file.
const RSS: [&str; 4] = ["al-marsa", "coast-dispatch", "harbor-ledger", "vale-herald"];
const ATOM: [&str; 2] = ["meridian-post", "ridnyi-visnyk"];
const JSON: [&str; 2] = ["capital-watch", "jianghai-bao"];

/// The fields that all three formats have.
#[derive(Debug)]
struct Feed {
    title: String,
    /// The feed's own address.
    own_url: String,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    /// guid, atom:id or id.
    id: String,
    url: String,
    title: String,
    author: Option<String>,
    published: Timestamp,
    /// That of the entry, or else of the feed.
    lang: String,
    summary: String,
    /// The whole article without its markup.
    text: String,
}

/// Every feed with the stem of its file, in the format of its extension.
fn feeds() -> Vec<(&'static str, Feed)> {
    let mut feeds = Vec::new();
    for stem in RSS {
        feeds.push((stem, rss::parse(&text_of(&format!("feeds/{stem}.xml")))));
    }
    for stem in ATOM {
        feeds.push((stem, atom::parse(&text_of(&format!("feeds/{stem}.atom")))));
    }
    for stem in JSON {
        feeds.push((stem, json::parse(&text_of(&format!("feeds/{stem}.json")))));
    }
    feeds
}

/// Checks each listed entry against its article. Fails if a feed lists anything else.
#[track_caller]
fn check_each(check: impl Fn(&Entry, &Article)) {
    let articles = latest_versions();
    for (stem, feed) in feeds() {
        for entry in &feed.entries {
            let is_its = |article: &&Article| article.feed == stem && article.url == entry.url;
            let article = articles.iter().find(is_its);
            check(entry, article.unwrap_or_else(|| panic!("{stem}: {}", entry.url)));
        }
    }
}

#[test]
fn are_these_files_and_no_others() {
    let expected = RSS
        .map(|stem| format!("{stem}.xml"))
        .into_iter()
        .chain(ATOM.map(|stem| format!("{stem}.atom")))
        .chain(JSON.map(|stem| format!("{stem}.json")));
    let mut expected: Vec<String> = expected.collect();
    expected.sort();
    let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
    let mut found: Vec<String> =
        fs::read_dir(seeds("feeds")).unwrap().map(|entry| name(entry.unwrap())).collect();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn say_where_they_are() {
    for (stem, feed) in feeds() {
        let ending = format!(".example/{stem}.");
        assert!(feed.own_url.contains(&ending), "{stem}: {}", feed.own_url);
        assert!(!feed.title.is_empty(), "{stem}");
    }
}

#[test]
fn list_every_article_once() {
    let mut listed: Vec<String> =
        feeds().into_iter().flat_map(|(_, feed)| feed.entries).map(|entry| entry.url).collect();
    listed.sort();
    let mut urls: Vec<String> = latest_versions().into_iter().map(|article| article.url).collect();
    urls.sort();
    assert_eq!(listed, urls);
}

#[test]
fn list_the_newest_first_under_ids_of_their_own() {
    for (stem, feed) in feeds() {
        let newest_first = |pair: &[Entry]| pair[0].published > pair[1].published;
        assert!(feed.entries.windows(2).all(newest_first), "{stem}");
        let mut ids: Vec<&str> = feed.entries.iter().map(|entry| entry.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), feed.entries.len(), "{stem}");
    }
}

#[test]
fn tell_of_an_article_what_the_stream_tells() {
    check_each(|entry, article| {
        assert_eq!(entry.title, article.title, "{}", article.id);
        assert_eq!(entry.author, article.author, "{}", article.id);
        assert_eq!(entry.published, article.published, "{}", article.id);
        assert_eq!(entry.lang, article.lang, "{}", article.id);
    });
}

#[test]
fn carry_the_whole_text_and_nothing_else() {
    check_each(|entry, article| {
        assert_eq!(split_words(&entry.text), split_words(&article.text), "{}", article.id);
    });
}

#[test]
fn summarise_in_words_of_the_text() {
    check_each(|entry, article| {
        assert!(!entry.summary.is_empty(), "{}", article.id);
        assert!(article.text.contains(&entry.summary), "{}", article.id);
    });
}
