//! JSON Feed 1.1, with its content either as HTML or as plain text.

use jiff::Timestamp;
use serde::Deserialize;

use super::{Entry, Feed, html};

const VERSION: &str = "https://jsonfeed.org/version/1.1";

#[derive(Deserialize)]
struct JsonFeed {
    version: String,
    title: String,
    feed_url: String,
    language: String,
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    id: String,
    url: String,
    title: String,
    summary: String,
    content_html: Option<String>,
    content_text: Option<String>,
    date_published: Timestamp,
    #[serde(default)]
    authors: Vec<Author>,
    language: Option<String>,
}

#[derive(Deserialize)]
struct Author {
    name: String,
}

#[track_caller]
pub(super) fn parse(json: &str) -> Feed {
    let feed: JsonFeed = serde_json::from_str(json).expect("a JSON Feed");
    assert_eq!(feed.version, VERSION);
    let entries = feed.items.into_iter();
    Feed {
        title: feed.title,
        own_url: feed.feed_url,
        entries: entries.map(|item| entry(item, &feed.language)).collect(),
    }
}

#[track_caller]
fn entry(item: Item, language: &str) -> Entry {
    let text = match (item.content_html, item.content_text) {
        (Some(html), None) => html::text_of(&html),
        (None, Some(text)) => text,
        _ => panic!("{}: HTML or text, not both", item.id),
    };
    Entry {
        id: item.id,
        url: item.url,
        title: item.title,
        author: item.authors.into_iter().next().map(|author| author.name),
        published: item.date_published,
        lang: item.language.unwrap_or_else(|| language.into()),
        summary: item.summary,
        text,
    }
}
