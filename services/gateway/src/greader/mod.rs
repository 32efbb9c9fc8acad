//! The API for reader apps: that of Google Reader, as FreshRSS serves it. An item is a story.
//!
//! No specification of it exists. The calls are those of `p/api/greader.php` in FreshRSS that real apps send. Apps
//! cannot add, change or remove feeds.

mod view;

use std::collections::{BTreeMap, HashMap, HashSet};

use axum::extract::{Path, Request};
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::api::{Api, ApiResult, Reply};
use crate::feeds::{Entry, LISTED, entries_of, entry_html, mark_of_demo, marked, people};
use crate::greader::view::{Call, Feed, Stream, View, fields_of, first, parse_number};
use crate::projection::{Opening, number_of};
use crate::reading::Marks;
use crate::refusal::Refusal;
use crate::tokens::{Peer, gate_failed};

pub(crate) fn routes() -> Router<Api> {
    let calls = Router::new()
        .route("/token", get(token))
        .route("/user-info", get(user_info))
        .route("/tag/list", get(tags))
        .route("/subscription/list", get(subscriptions))
        .route("/unread-count", get(unread_counts))
        .route("/stream/contents", get(contents))
        .route("/stream/contents/{*stream}", get(contents))
        .route("/stream/items/ids", get(ids).post(ids))
        .route("/stream/items/contents", get(items).post(items))
        .route("/edit-tag", post(edit_tag))
        .route("/mark-all-as-read", post(mark_all_as_read));
    Router::new().route("/accounts/ClientLogin", post(login)).nest("/reader/api/0", calls)
}

/// The most stories in an answer.
const MOST_ITEMS: usize = 1_000;
/// The most ids in an answer.
const MOST_IDS: usize = 10_000;

/// Logs in with a token as the password, under any name. The app sends the token with each call from then on.
async fn login(api: Api, request: Request) -> Reply {
    let peer = request.extensions().get::<Peer>().copied();
    let fields = fields_of(request).await?;
    let given = first(&fields, "Passwd").unwrap_or_default().trim();
    let auth = match &api.app.settings.gate {
        None => "open",
        Some(gate) => match gate.tokens.holder(given, api.app.now()) {
            Ok(Some(_)) => given,
            Ok(None) => return Err(gate.count_failure(peer, "the password is not a token")),
            Err(error) => return Err(gate_failed(&error)),
        },
    };
    let text = format!("SID={auth}\nLSID=null\nAuth={auth}\n");
    Ok(([(header::CACHE_CONTROL, "no-store")], text).into_response())
}

/// Apps send this back with each change, as Google required. Here, the Authorization header protects changes.
async fn token(_: Call) -> String {
    format!("{:Z<57}", "wirefold")
}

async fn user_info(call: Call) -> Reply {
    let name = call.reader.name().unwrap_or("wirefold");
    Ok(Json(json!({ "userId": name, "userName": name, "userProfileId": name, "userEmail": "" }))
        .into_response())
}

async fn tags(call: Call) -> Reply {
    let view = View::load(&call).await?;
    let starred = json!({ "id": Stream::Starred.to_string() });
    let group = |group| json!({ "id": Stream::Label(group).to_string(), "type": "folder" });
    let tags = std::iter::once(starred).chain(view.groups().into_iter().map(group));
    Ok(Json(json!({ "tags": tags.collect::<Vec<_>>() })).into_response())
}

async fn subscriptions(call: Call) -> Reply {
    let view = View::load(&call).await?;
    let base = call.api.app.settings.base_url.trim_end_matches('/');
    let feed = |(id, feed): (&str, &Feed)| {
        let label = |group: &String| {
            let stream = Stream::Label(group.clone()).to_string();
            json!({ "id": stream, "label": group })
        };
        json!({
            "id": Stream::Feed(id.to_owned()).to_string(),
            "title": feed.title,
            "categories": feed.group.iter().map(label).collect::<Vec<_>>(),
            "url": format!("{base}/feeds/feed/{id}.atom"),
            "htmlUrl": format!("{base}/"),
        })
    };
    Ok(Json(json!({ "subscriptions": view.feeds().map(feed).collect::<Vec<_>>() })).into_response())
}

async fn unread_counts(call: Call) -> Reply {
    let view = View::load(&call).await?;
    let feeds = view.feeds().map(|(id, _)| Stream::Feed(id.to_owned()));
    let streams = feeds.chain(view.groups().into_iter().map(Stream::Label)).chain([Stream::All]);
    let mut counts: BTreeMap<_, _> = streams.map(|stream| (stream, (0, 0))).collect();
    for row in view.rows.iter().filter(|row| view.is_in(row, &Stream::Unread)) {
        for stream in view.streams_of(row) {
            let (count, newest) = counts.entry(stream).or_default();
            (*count, *newest) = (*count + 1, row.arrived.max(*newest));
        }
    }
    let shown = |(stream, (count, newest)): (Stream, (u64, i64))| {
        let newest = (newest * 1000).to_string();
        json!({ "id": stream.to_string(), "count": count, "newestItemTimestampUsec": newest })
    };
    let counts: Vec<_> = counts.into_iter().map(shown).collect();
    Ok(Json(json!({ "max": MOST_IDS, "unreadcounts": counts })).into_response())
}

async fn contents(stream: Option<Path<String>>, call: Call) -> Reply {
    let view = View::load(&call).await?;
    let stream = stream.map_or(Stream::All, |Path(stream)| Stream::parse(&stream));
    let (rows, next) = view.page(&call, &stream, MOST_ITEMS);
    answer_items(&call, &view, (&stream, &rows), next).await
}

async fn answer_items(
    call: &Call,
    view: &View,
    (stream, rows): (&Stream, &[&Opening]),
    next: Option<String>,
) -> Reply {
    let (updated, items) = (call.api.app.now().as_second(), items_of(&call.api, view, rows).await?);
    let id = stream.to_string();
    answer_page(json!({ "id": id, "updated": updated, "items": items }), next)
}

/// Answers a page. Some apps would take `null` for a continuation, so it is left out at the end.
fn answer_page(mut page: Value, next: Option<String>) -> Reply {
    if let Some(next) = next {
        page["continuation"] = next.into();
    }
    Ok(Json(page).into_response())
}

async fn ids(call: Call) -> Reply {
    let view = View::load(&call).await?;
    let stream = Stream::parse(call.first("s").unwrap_or_default());
    let (rows, next) = view.page(&call, &stream, MOST_IDS);
    let reference = |row: &&Opening| {
        let (id, time) = (number_of(row.story).to_string(), (row.arrived * 1000).to_string());
        json!({ "id": id, "directStreamIds": [], "timestampUsec": time })
    };
    answer_page(json!({ "itemRefs": rows.iter().map(reference).collect::<Vec<_>>() }), next)
}

async fn items(call: Call) -> Reply {
    let view = View::load(&call).await?;
    let numbers = numbers_in(&call);
    let wanted = view.rows.iter().filter(|row| numbers.contains(&number_of(row.story)));
    let rows: Vec<_> = wanted.take(MOST_ITEMS).collect();
    answer_items(&call, &view, (&Stream::All, &rows), None).await
}

/// The numbers of the stories that a call is about.
fn numbers_in(call: &Call) -> HashSet<u64> {
    call.all("i").flat_map(parse_number).collect()
}

async fn edit_tag(call: Call) -> Result<&'static str, Refusal> {
    let numbers = numbers_in(&call);
    let added = call.all("a").map(|tag| (Stream::parse(tag), true));
    let removed = call.all("r").map(|tag| (Stream::parse(tag), false));
    let tags: Vec<_> = added.chain(removed).collect();
    let rows = call.api.app.projection.openings_numbered(numbers.into_iter().collect()).await?;
    let change = |marks: &mut Marks| {
        for row in &rows {
            for (tag, is_set) in &tags {
                match tag {
                    Stream::Read => marks.set_read(row, *is_set),
                    Stream::Starred => marks.set_starred(row, *is_set),
                    // Apps send `kept-unread` besides the removal of `read`.
                    _ => {}
                }
            }
        }
    };
    call.reader.change(&call.api.app, change).await?;
    Ok("OK")
}

async fn mark_all_as_read(call: Call) -> Result<&'static str, Refusal> {
    let stream = Stream::parse(call.first("s").unwrap_or_default());
    // In microseconds; the app has seen nothing that came later.
    let given = call.number("ts").map_or(i64::MAX, |it| it / 1000);
    let until = given.min(call.api.app.now().as_millisecond());
    let app = &call.api.app;
    if stream == Stream::All {
        call.reader.change(app, |marks| marks.read_all_until(until)).await?;
        return Ok("OK");
    }
    let view = View::load(&call).await?;
    let is_meant = |row: &&Opening| row.arrived <= until && view.is_in(row, &stream);
    let rows: Vec<&Opening> = view.rows.iter().filter(is_meant).collect();
    let change = |marks: &mut Marks| rows.iter().for_each(|row| marks.set_read(row, true));
    call.reader.change(app, change).await?;
    Ok("OK")
}

/// The stories as items, in this order. A story whose lead has expired is left out.
async fn items_of(api: &Api, view: &View, rows: &[&Opening]) -> ApiResult<Vec<Value>> {
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
