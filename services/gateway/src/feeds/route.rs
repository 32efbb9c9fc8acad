//! The routes of feeds, and the stories in each feed.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use url::{Url, form_urlencoded};
use wirefold_proto::{FeedId, StoryId, SubscriptionId, Target};

use super::document::{Document, Entry, tag};
use super::{atom, json_feed};
use crate::api::request::QueryParameters;
use crate::api::{Api, ApiResult};
use crate::projection::Paging;
use crate::refusal::Refusal;
use crate::shapes::StoryWithArticles;

/// Stories in a feed.
const ENTRIES: usize = 50;
/// The most other articles of a story that an entry lists.
const LISTED: usize = 40;

/// The format of a feed.
#[derive(Debug, Clone, Copy)]
enum Form {
    Atom,
    Json,
}

/// The query of a feed. Feed readers and trackers add their own fields.
#[derive(Debug, Deserialize)]
pub(super) struct Search {
    /// Words that an article of each story must have.
    q: Option<String>,
}

pub(super) async fn all(
    State(api): State<Api>,
    Path(file): Path<String>,
    QueryParameters(Search { q }): QueryParameters<Search>,
) -> ApiResult<Response> {
    let (name, form) = parse_file_name(&file)?;
    let words = q.filter(|words| !words.trim().is_empty());
    if name != "all" {
        return Err(Refusal::not_found(format!("no feed {name:?}: /feeds/all.atom is one")));
    }
    let paging = Paging::first(ENTRIES);
    let stories = api.inner.projection.latest_stories(paging, words.clone(), LISTED + 1).await?;
    let mut entries = Vec::with_capacity(stories.len());
    for story in stories {
        entries.extend(entry(&api, &story).await?);
    }
    match words {
        Some(words) => {
            let query: String = form_urlencoded::byte_serialize(words.as_bytes()).collect();
            let title = format!("all stories with {words}");
            write(&api, Name { path: "all", query: Some(&query) }, &title, form, entries)
        }
        None => write(&api, Name { path: "all", query: None }, "all stories", form, entries),
    }
}

pub(super) async fn subscription(
    State(api): State<Api>,
    Path(file): Path<String>,
) -> ApiResult<Response> {
    let (name, form) = parse_file_name(&file)?;
    let none = || Refusal::not_found(format!("no subscription {name:?}"));
    let asked: SubscriptionId = name.parse().map_err(|_| none())?;
    let record = api.inner.subscription(name).await?;
    let alerts = api.inner.projection.alerts(Paging::first(ENTRIES), Some(asked)).await?.alerts;
    if record.is_none() && alerts.is_empty() {
        return Err(none());
    }
    let mut told = BTreeSet::new();
    let mut entries = Vec::new();
    for row in alerts {
        let Some(story) = story_of(&api, &row.alert).await?.filter(|story| told.insert(*story))
        else {
            continue;
        };
        if let Some(story) = api.inner.projection.story_on_page(story, LISTED + 1).await? {
            entries.extend(entry(&api, &story).await?);
        }
    }
    let title = record.map_or_else(|| name.to_owned(), |record| record.subscription.name);
    write(&api, Name { path: &format!("sub/{name}"), query: None }, &title, form, entries)
}

pub(super) async fn feed(State(api): State<Api>, Path(file): Path<String>) -> ApiResult<Response> {
    let (name, form) = parse_file_name(&file)?;
    let none = || Refusal::not_found(format!("no feed {name:?}"));
    let id: FeedId = name.parse().map_err(|_| none())?;
    let record = api.inner.feed(name).await?;
    let articles = api.inner.projection.originals_of(id, Paging::first(ENTRIES)).await?;
    if record.is_none() && articles.is_empty() {
        return Err(none());
    }
    let mut told = BTreeSet::new();
    let mut entries = Vec::new();
    for article in articles {
        let story = article.verdict.story;
        if told.insert(story) {
            let host = host(&api);
            entries.push(Entry::of(&host, story, article, api.inner.settings.text_policy));
        }
    }
    let title = record.and_then(|record| record.feed.title.or(record.feed_title));
    let title = title.unwrap_or_else(|| name.to_owned());
    let name = format!("feed/{name}");
    let title = format!("{title}, without copies");
    write(&api, Name { path: &name, query: None }, &title, form, entries)
}

/// The story of an alert: its target, or the story of its first article.
async fn story_of(api: &Api, alert: &wirefold_proto::Alert) -> ApiResult<Option<StoryId>> {
    if let Target::Story(story) = alert.target {
        return Ok(Some(story));
    }
    let Some(article) = alert.articles.first() else {
        return Ok(None);
    };
    Ok(api.inner.projection.article(article.id).await?.map(|detail| detail.story))
}

async fn entry(api: &Api, with: &StoryWithArticles) -> ApiResult<Option<Entry>> {
    let detail = api.inner.projection.article(with.story.lead).await?;
    let policy = api.inner.settings.text_policy;
    Ok(detail.map(|detail| {
        let entry = Entry::of(&host(api), with.story.id, detail.output, policy);
        entry.with_others(with, LISTED)
    }))
}

/// The name and format of a file such as `all.atom`.
fn parse_file_name(file: &str) -> ApiResult<(&str, Form)> {
    if let Some(name) = file.strip_suffix(".atom") {
        return Ok((name, Form::Atom));
    }
    if let Some(name) = file.strip_suffix(".json") {
        return Ok((name, Form::Json));
    }
    Err(Refusal::not_found(format!("{file:?} ends neither in .atom nor in .json")))
}

/// The host in ids: that of this server's public address.
fn host(api: &Api) -> String {
    let url = Url::parse(&api.inner.settings.base_url).ok();
    let host = url.as_ref().and_then(|url| url.host_str());
    host.unwrap_or("localhost").to_owned()
}

/// The name of a feed.
struct Name<'a> {
    path: &'a str,
    /// The query as it is in an address.
    query: Option<&'a str>,
}

fn write(
    api: &Api,
    Name { path, query }: Name<'_>,
    title: &str,
    form: Form,
    entries: Vec<Entry>,
) -> ApiResult<Response> {
    let query = query.map(|query| format!("?q={query}")).unwrap_or_default();
    let settings = &api.inner.settings;
    let base = settings.base_url.trim_end_matches('/');
    let ending = match form {
        Form::Atom => "atom",
        Form::Json => "json",
    };
    let demo = if settings.demo { "DEMO · " } else { "" };
    let document = Document {
        id: tag(&host(api), &format!("feed/{path}{query}")),
        title: format!("{demo}wirefold: {title}"),
        own_url: format!("{base}/feeds/{path}.{ending}{query}"),
        home_url: format!("{base}/"),
        // The time of the newest entry, so that an unchanged feed has the same bytes.
        updated: entries.iter().map(|entry| entry.updated).max().unwrap_or_default(),
        entries: entries.into_iter().map(|entry| marked(entry, demo)).collect(),
    };
    let failed = || Refusal::failed("the feed cannot be written");
    let (kind, body) = match form {
        Form::Atom => {
            ("application/atom+xml; charset=utf-8", atom::write(&document).map_err(|_| failed())?)
        }
        Form::Json => ("application/feed+json", json_feed::write(&document).map_err(|_| failed())?),
    };
    Ok(([(header::CONTENT_TYPE, kind)], body).into_response())
}

/// Marks the title of each entry of a demonstration, since readers mix the entries of feeds.
fn marked(mut entry: Entry, demo: &str) -> Entry {
    entry.title.insert_str(0, demo);
    entry
}
