//! JSON Feed 1.0 and 1.1.

use std::time::Duration;

use serde::Deserialize;
use url::Url;
use wirefold_proto::Media;

mod lenient;
mod salvage;

use super::{
    Feed, FeedError, Item, MAX_AUTHORS, MAX_DEPTH, MAX_ITEMS, MAX_MEDIA, dates, language,
    not_a_feed, resolve, some,
};
use crate::html;
use lenient::{Few, Text};

/// A feed; what has another type than it should counts as absent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Document {
    version: Text,
    title: Text,
    language: Text,
    items: Option<Few<Entry, MAX_ITEMS>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry {
    id: Text,
    url: Text,
    external_url: Text,
    title: Text,
    content_html: Text,
    content_text: Text,
    summary: Text,
    image: Text,
    date_published: Text,
    date_modified: Text,
    language: Text,
    #[serde(deserialize_with = "lenient::object")]
    author: Option<Person>,
    authors: Few<Person, MAX_AUTHORS>,
    attachments: Few<Attachment, MAX_MEDIA>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Person {
    name: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Attachment {
    url: Text,
    mime_type: Text,
    title: Text,
    size_in_bytes: Text,
}

/// Parses a text that begins with a brace.
pub(super) fn parse(text: &str, base: &Url) -> Result<Feed, FeedError> {
    if salvage::is_deeper_than(text, MAX_DEPTH) {
        return Err(FeedError::TooDeep);
    }
    let (document, problem) = match serde_json::from_str::<Document>(text) {
        Ok(document) => (document, None),
        Err(error) => salvaged(text, &error)?,
    };
    let is_feed = document.version.0.as_deref().is_some_and(|v| v.contains("jsonfeed.org"));
    let Some(entries) = document.items.filter(|entries| is_feed || !entries.kept.is_empty()) else {
        return Err(not_a_feed("a JSON document"));
    };
    let mut problems: Vec<String> = problem.into_iter().collect();
    if entries.left_out > 0 {
        let all = entries.kept.len() + entries.left_out;
        problems.push(format!("lists {all} items; the first {MAX_ITEMS} were read"));
    }
    let items = entries.kept.into_iter().map(|entry| item(entry, base));
    Ok(Feed {
        title: document.title.line(),
        language: document.language.0.as_deref().and_then(language),
        ttl: None::<Duration>,
        skip_hours: Vec::new(),
        items: items.filter(Item::is_something).collect(),
        problems,
    })
}

/// The whole items of a broken document.
fn salvaged(
    text: &str,
    error: &serde_json::Error,
) -> Result<(Document, Option<String>), FeedError> {
    let kept: Vec<Entry> = salvage::items(text)
        .filter_map(|item| serde_json::from_str(item).ok())
        .take(MAX_ITEMS)
        .collect();
    if kept.is_empty() {
        let before = text.split_inclusive('\n').take(error.line().saturating_sub(1));
        let at_byte = before.map(str::len).sum::<usize>() + error.column();
        return Err(FeedError::Broken { at_byte, why: "no valid JSON".to_owned() });
    }
    let problem = format!("broken JSON at line {}: {} items were read", error.line(), kept.len());
    let document = Document { items: Some(Few { kept, left_out: 0 }), ..Document::default() };
    Ok((document, Some(problem)))
}

fn item(entry: Entry, base: &Url) -> Item {
    let link = [&entry.url.0, &entry.external_url.0];
    let link = link.into_iter().flatten().find_map(|link| resolve(base, link));
    let published = [&entry.date_published.0, &entry.date_modified.0];
    let content = match entry.content_html.0 {
        Some(content) => some(html::to_text(&content)),
        None => entry.content_text.0.and_then(|text| some(html::plain_to_text(&text))),
    };
    let people = entry.author.into_iter().chain(entry.authors.kept);
    let mut authors: Vec<String> = people.filter_map(|person| person.name.line()).collect();
    authors.dedup();
    let image = Attachment { url: entry.image, ..Attachment::default() };
    let media = std::iter::once(image).chain(entry.attachments.kept);
    let mut item = Item {
        guid: entry.id.0.and_then(|id| some(id.trim().to_owned())),
        link,
        title: entry.title.line().unwrap_or_default(),
        authors,
        published: published.into_iter().flatten().find_map(|date| dates::parse(date)),
        language: entry.language.0.as_deref().and_then(language),
        media: media.filter_map(|attachment| medium(attachment, base)).collect(),
        ..Item::default()
    };
    item.take_texts(content, entry.summary.0.and_then(|text| some(html::loose_to_text(&text))));
    item
}

fn medium(attachment: Attachment, base: &Url) -> Option<Media> {
    Some(Media {
        url: resolve(base, attachment.url.0.as_deref()?)?,
        media_type: attachment.mime_type.line(),
        bytes: attachment.size_in_bytes.0.and_then(|size| size.parse().ok()),
        title: attachment.title.line(),
    })
}
