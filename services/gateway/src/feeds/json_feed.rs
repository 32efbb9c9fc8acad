//! Writes JSON Feed 1.1.

use serde::Serialize;
use wirefold_proto::LanguageTag;

use super::content::html;
use super::document::{Document, Entry};

#[derive(Serialize)]
struct Feed<'a> {
    version: &'static str,
    title: &'a str,
    home_page_url: &'a str,
    feed_url: &'a str,
    items: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Item<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    title: &'a str,
    content_html: String,
    date_published: String,
    date_modified: String,
    authors: Vec<Author<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment<'a>>,
}

#[derive(Serialize)]
struct Author<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct Attachment<'a> {
    url: &'a str,
    mime_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_in_bytes: Option<u64>,
}

/// The whole feed.
pub(super) fn write(document: &Document) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&Feed {
        version: "https://jsonfeed.org/version/1.1",
        title: &document.title,
        home_page_url: &document.home_url,
        feed_url: &document.own_url,
        items: document.entries.iter().map(item).collect(),
    })
}

fn item(entry: &Entry) -> Item<'_> {
    let people =
        if entry.authors.is_empty() { std::slice::from_ref(&entry.outlet) } else { &entry.authors };
    let attachments = entry.media.iter().map(|media| Attachment {
        url: &media.url,
        mime_type: media.media_type.as_deref().unwrap_or("application/octet-stream"),
        size_in_bytes: media.bytes,
    });
    Item {
        id: &entry.id,
        url: entry.url.as_deref(),
        title: &entry.title,
        content_html: html(entry),
        date_published: entry.published.to_string(),
        date_modified: entry.updated.to_string(),
        authors: people.iter().map(|name| Author { name }).collect(),
        language: (entry.language != LanguageTag::unknown()).then(|| entry.language.to_string()),
        attachments: attachments.collect(),
    }
}
