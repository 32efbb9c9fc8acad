//! Stories as items.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::api::{Api, ApiResult};
use crate::feeds::{Entry, LISTED, entries_of, entry_html, mark_of_demo, marked, people};
use crate::greader::names::Stream;
use crate::greader::view::View;
use crate::projection::{Opening, number_of};

/// The stories as items, in this order. A story whose lead has expired is left out.
pub(super) async fn items_of(api: &Api, view: &View, rows: &[&Opening]) -> ApiResult<Vec<Value>> {
    let projection = &api.app.projection;
    let briefs = projection.these_briefs(rows.iter().map(|row| row.story).collect()).await?;
    let stories = projection.with_first_articles(briefs, LISTED + 1).await?;
    let entries = entries_of(api, &stories).await?;
    let mut entries: HashMap<_, _> = entries.into_iter().map(|it| (it.story, it)).collect();
    let demo = mark_of_demo(&api.app.settings);
    let base = &api.app.settings.base_url;
    let item = |row: &&Opening| {
        let entry = marked(entries.remove(&row.story)?, demo);
        Some(item_of(view, row, &entry, base))
    };
    Ok(rows.iter().filter_map(item).collect())
}

fn item_of(view: &View, row: &Opening, entry: &Entry, base: &str) -> Value {
    let (id, feed) = view.feed_of(row);
    let marks = [Stream::Read, Stream::Starred].into_iter().filter(|mark| view.is_in(row, mark));
    let categories = view.streams_of(row).filter(|it| !matches!(it, Stream::Feed(_))).chain(marks);
    // An item without a link has none in apps either.
    let links: Vec<Value> = entry.url.iter().map(|url| json!({ "href": url })).collect();
    let media = entry.media.iter().map(|media| {
        let kind = media.media_type.as_deref().unwrap_or("application/octet-stream");
        json!({ "href": media.url, "type": kind })
    });
    json!({
        "id": format!("tag:google.com,2005:reader/item/{:016x}", number_of(row.story)),
        "crawlTimeMsec": row.arrived.to_string(),
        "timestampUsec": (row.arrived * 1000).to_string(),
        "published": entry.published.as_second(),
        "updated": entry.updated.as_second(),
        // Apps show titles as HTML, each in its own way, so FreshRSS sends these signs instead.
        "title": entry.title.replace('<', "\u{FF1C}").replace('>', "\u{FF1E}"),
        "author": people(entry).join(", "),
        "canonical": links,
        "alternate": links,
        "summary": { "content": entry_html(entry) },
        "enclosure": media.collect::<Vec<_>>(),
        "categories": categories.map(|it| it.to_string()).collect::<Vec<_>>(),
        "origin": {
            "streamId": Stream::Feed(id.to_owned()).to_string(),
            "title": feed.map_or(&entry.outlet, |feed| &feed.title),
            "htmlUrl": base,
        },
    })
}
