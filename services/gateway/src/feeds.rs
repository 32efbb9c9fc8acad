//! Feeds for feed readers: Atom (RFC 4287), RSS 2.0 and JSON Feed 1.1, with one entry for each story. A reader may
//! follow one of them instead of forty feeds.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use axum::routing::get;
use jiff::Timestamp;
use maud::{Markup, PreEscaped, html};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};
use wirefold_proto::{
    Class, FeedId, FeedRecord, LanguageTag, Media, OutputArticle, StoryId, SubscriptionId,
    SubscriptionSettings, Target, TextPolicy, streams,
};

use crate::adapters::Settings;
use crate::api::request::{Query, read_filters};
use crate::api::{Api, ApiResult, Reply, layers};
use crate::page::is_web;
use crate::projection::{Paging, StoryQuery, lead};
use crate::refusal::Refusal;
use crate::shapes::{ArticleBrief, StoryWithArticles};

pub(crate) fn routes() -> Router<Api> {
    Router::new()
        .route("/feeds.opml", get(list_as_opml))
        .route("/{file}", get(all_stories))
        .route("/sub/{file}", get(of_subscription))
        .route("/feed/{file}", get(of_feed))
}

/// Stories in a feed.
const ENTRIES: usize = 50;
/// The most other articles of a story that an entry lists.
pub(crate) const LISTED: usize = 40;

/// The format of a feed: the ending of its files, its media type, and its writer.
type Form = (&'static str, &'static str, fn(&Document) -> Vec<u8>);

const FORMS: [Form; 3] = [
    ("atom", "application/atom+xml; charset=utf-8", write_atom),
    ("rss", "application/rss+xml; charset=utf-8", write_rss),
    ("json", "application/feed+json", write_json),
];

/// All stories, or those of a query. Feed readers and trackers add fields of their own.
pub(super) async fn all_stories(
    api: Api,
    Path(file): Path<String>,
    Query(asked): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Reply {
    let (name, form) = parse_file_name(&file)?;
    let query: StoryQuery = read_filters(&asked)?;
    let made = stories_of(&api, (name, form), query.clone());
    if name != "all" || !query.fields().is_empty() {
        return made.await;
    }
    // Readers poll this feed most, and it follows from the output alone.
    let reached = api.app.projection.reached(streams::OUTPUT.name).await?;
    let mut hasher = DefaultHasher::new();
    (api.app.started.0, reached.to_string(), &file).hash(&mut hasher);
    let tag = format!("\"{:016x}\"", hasher.finish());
    layers::tagged_before(&headers, &tag, made).await
}

async fn stories_of(api: &Api, (name, form): (&str, Form), query: StoryQuery) -> Reply {
    if !["all", "query"].contains(&name) {
        return Err(Refusal::not_found(format!("no feed {name:?}: /feeds/all.atom is one")));
    }
    let fields = query.fields();
    let title: String = ["all stories".to_owned()]
        .into_iter()
        .chain(fields.iter().map(|(filter, value)| match *filter {
            "q" => format!(" with {value}"),
            filter => format!(", {filter} {value}"),
        }))
        .collect();
    let address = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    let address = if address.is_empty() { address } else { format!("?{address}") };
    let query = api.app.with_feeds(query).await?;
    let page = api.app.projection.stories(Paging::first(ENTRIES), query).await?;
    let stories = api.app.projection.with_first_articles(page.stories, LISTED + 1).await?;
    let entries = entries_of(api, &stories).await?;
    answer_feed(api, (name, &address), &title, form, entries)
}

pub(super) async fn of_subscription(api: Api, Path(file): Path<String>) -> Reply {
    let (name, form) = parse_file_name(&file)?;
    let none = || Refusal::not_found(format!("no subscription {name:?}"));
    let asked: SubscriptionId = name.parse().map_err(|_| none())?;
    let record = api.app.subscription(name).await?;
    let only = StoryQuery { subscription: Some(asked.to_string()), ..StoryQuery::default() };
    let alerts = api.app.projection.alerts(Paging::first(ENTRIES), only).await?.alerts;
    if record.is_none() && alerts.is_empty() {
        return Err(none());
    }
    let mut told = BTreeSet::new();
    let mut stories = Vec::new();
    for row in alerts {
        let story = story_of(&api, &row.alert).await?;
        if let Some(story) = story.filter(|story| told.insert(*story)) {
            stories.extend(api.app.projection.story_on_page(story, LISTED + 1).await?);
        }
    }
    let entries = entries_of(&api, &stories).await?;
    let title = record.map_or_else(|| name.to_owned(), |record| record.subscription.name);
    answer_feed(&api, (&format!("sub/{name}"), ""), &title, form, entries)
}

pub(super) async fn of_feed(api: Api, Path(file): Path<String>) -> Reply {
    let (name, form) = parse_file_name(&file)?;
    let none = || Refusal::not_found(format!("no feed {name:?}"));
    let id: FeedId = name.parse().map_err(|_| none())?;
    let record = api.app.feed(name).await?;
    let articles = api.app.projection.originals_of(id, Paging::first(ENTRIES)).await?;
    if record.is_none() && articles.is_empty() {
        return Err(none());
    }
    let (mut told, host) = (BTreeSet::new(), host(&api));
    let articles = api.app.outputs(articles).await?.into_iter().map(|(_, article)| article);
    let entry =
        |it: OutputArticle| Entry::of(&host, it.verdict.story, it, api.app.settings.text_policy);
    let entries = articles.filter(|it| told.insert(it.verdict.story)).map(entry).collect();
    let title = record.as_ref().map_or_else(|| name.to_owned(), title_of);
    let name = format!("feed/{name}");
    let title = format!("{title}, without copies");
    answer_feed(&api, (&name, ""), &title, form, entries)
}

/// The title of a feed: its own one, or the one that it gives, or its id.
pub(crate) fn title_of(record: &FeedRecord) -> String {
    let title = record.feed.title.clone().or_else(|| record.feed_title.clone());
    title.unwrap_or_else(|| record.feed.id.to_string())
}

/// The story of an alert: its target, or the story of its first article.
async fn story_of(api: &Api, alert: &wirefold_proto::Alert) -> ApiResult<Option<StoryId>> {
    if let Target::Story(story) = alert.target {
        return Ok(Some(story));
    }
    let first = alert.articles.first().map(|article| article.id);
    let found = api.app.projection.articles(first.into_iter().collect()).await?;
    Ok(found.first().map(|it| it.story))
}

/// An entry for each story whose lead has not expired.
pub(crate) async fn entries_of(api: &Api, stories: &[StoryWithArticles]) -> ApiResult<Vec<Entry>> {
    let leads = stories.iter().map(|with| with.story.lead).collect();
    let leads = api.app.outputs(api.app.projection.newest(leads).await?).await?;
    let mut leads: HashMap<_, _> = leads.into_iter().collect();
    let (host, policy) = (host(api), api.app.settings.text_policy);
    let entry = |with: &StoryWithArticles| {
        let lead = leads.remove(&with.story.id)?;
        Some(Entry::of(&host, with.story.id, lead, policy).with_others(with, LISTED))
    };
    Ok(stories.iter().filter_map(entry).collect())
}

/// The name and format of a file such as `all.atom`.
fn parse_file_name(file: &str) -> ApiResult<(&str, Form)> {
    let named = |form: Form| Some((file.strip_suffix(form.0)?.strip_suffix('.')?, form));
    let none = || Refusal::not_found(format!("{file:?} does not end in .atom, .rss or .json"));
    FORMS.into_iter().find_map(named).ok_or_else(none)
}

/// The host in ids: that of this server's public address.
fn host(api: &Api) -> String {
    let url = Url::parse(&api.app.settings.base_url).ok();
    let host = url.as_ref().and_then(|url| url.host_str());
    host.unwrap_or("localhost").to_owned()
}

fn answer_feed(
    api: &Api,
    (path, query): (&str, &str),
    title: &str,
    (ending, media_type, write): Form,
    entries: Vec<Entry>,
) -> Reply {
    let settings = &api.app.settings;
    let base = settings.base_url.trim_end_matches('/');
    let demo = mark_of_demo(settings);
    let document = Document {
        id: tag(&host(api), &format!("feed/{path}{query}")),
        title: format!("{demo}wirefold: {title}"),
        own_url: format!("{base}/feeds/{path}.{ending}{query}"),
        home_url: format!("{base}/"),
        // The time of the newest entry, so that an unchanged feed has the same bytes.
        updated: entries.iter().map(|entry| entry.updated).max().unwrap_or_default(),
        entries: entries.into_iter().map(|entry| marked(entry, demo)).collect(),
    };
    Ok(([(header::CONTENT_TYPE, media_type)], write(&document)).into_response())
}

/// The beginning of titles in a demonstration.
pub(crate) fn mark_of_demo(settings: &Settings) -> &'static str {
    if settings.demo { "DEMO · " } else { "" }
}

/// Marks the title of each entry of a demonstration, since readers mix the entries of feeds.
pub(crate) fn marked(mut entry: Entry, demo: &str) -> Entry {
    entry.title.insert_str(0, demo);
    entry
}

/// The year in the ids (RFC 4151): the year in which their form was fixed.
const YEAR: u32 = 2026;

/// A feed.
pub(super) struct Document {
    /// The id, which never changes.
    pub(super) id: String,
    pub(super) title: String,
    /// Its own address.
    pub(super) own_url: String,
    /// The address of the page.
    pub(super) home_url: String,
    pub(super) updated: Timestamp,
    pub(super) entries: Vec<Entry>,
}

/// A story.
pub(super) struct Entry {
    pub(super) story: StoryId,
    /// The id, which never changes while the story exists.
    pub(super) id: String,
    pub(super) title: String,
    pub(super) language: LanguageTag,
    pub(super) url: Option<String>,
    pub(super) outlet: String,
    pub(super) authors: Vec<String>,
    pub(super) published: Timestamp,
    pub(super) updated: Timestamp,
    /// The text, as much as may be shown.
    pub(super) text: Option<String>,
    pub(super) media: Vec<Media>,
    pub(super) others: Vec<Other>,
    /// How many other articles the story has.
    pub(super) other_count: u64,
}

/// Another article of the story.
pub(super) struct Other {
    pub(super) outlet: String,
    pub(super) title: String,
    pub(super) url: Option<String>,
}

impl Entry {
    /// The story as an entry of this article.
    pub(super) fn of(host: &str, story: StoryId, from: OutputArticle, policy: TextPolicy) -> Self {
        let about = from.article;
        let text = from.text.as_deref().or(about.teaser.as_deref());
        Self {
            story,
            id: tag(host, &format!("story/{story}")),
            outlet: about.outlet_label(),
            title: about.title,
            language: from.findings.language.map_or_else(LanguageTag::unknown, |l| l.tag),
            url: about.url.filter(|url| is_web(url)),
            authors: about.authors,
            published: about.published.unwrap_or(about.seen),
            updated: about.seen,
            text: text.filter(|_| policy != TextPolicy::None).map(lead),
            media: about.media.into_iter().filter(|media| is_web(&media.url)).collect(),
            others: Vec::new(),
            other_count: 0,
        }
    }

    /// The entry with the first other articles of the story, at most this many. Versions of its own article are none.
    pub(super) fn with_others(self, with: &StoryWithArticles, most: usize) -> Self {
        let StoryWithArticles { story, articles } = with;
        let is_own = |it: &&ArticleBrief| {
            it.id == story.lead || (it.class == Class::Version && it.outlet_label() == self.outlet)
        };
        let (own, others): (Vec<_>, Vec<_>) = articles.iter().partition(is_own);
        Self {
            updated: story.changed.max(self.updated),
            others: others.into_iter().take(most).map(Other::of).collect(),
            other_count: u64::from(story.articles).saturating_sub(own.len().max(1) as u64),
            ..self
        }
    }
}

impl Other {
    fn of(article: &ArticleBrief) -> Self {
        Self {
            outlet: article.outlet_label(),
            title: article.title.clone(),
            url: article.url.clone().filter(|url| is_web(url)),
        }
    }
}

/// An id that never changes (RFC 4151).
pub(super) fn tag(host: &str, specific: &str) -> String {
    format!("tag:{host},{YEAR}:{specific}")
}

/// The first words, then the other articles with their links.
pub(crate) fn entry_html(entry: &Entry) -> String {
    let text = entry.text.as_deref().unwrap_or_default();
    let (count, listed) = (entry.other_count, entry.others.len());
    let html = html! {
        @for part in text.split("\n\n").map(str::trim).filter(|part| !part.is_empty()) { p { (part) } }
        @if let Some(url) = &entry.url { p { a href=(url) { (entry.outlet) } } }
        @if listed > 0 {
            p { (count) @if count == 1 { " more article" } @else { " more articles" } " of this story:" }
            ul {
                @for Other { outlet, title, url } in &entry.others {
                    li { (outlet) ": " @if let Some(url) = url { a href=(url) { (title) } } @else { (title) } }
                }
            }
            @if count > listed as u64 { p { "These are the first " (listed) "." } }
        }
    };
    without_control_characters(&html.into_string())
}

/// The text without the characters that XML 1.0 does not allow (section 2.2).
fn without_control_characters(text: &str) -> String {
    let is_xml = |c: &char| {
        matches!(c, '\t' | '\n' | '\r') || *c >= ' ' && !matches!(c, '\u{FFFE}' | '\u{FFFF}')
    };
    text.chars().filter(is_xml).collect()
}

/// The people who wrote an entry, or its outlet: Atom requires an author.
pub(crate) fn people(entry: &Entry) -> &[String] {
    if entry.authors.is_empty() { std::slice::from_ref(&entry.outlet) } else { &entry.authors }
}

/// The feed as Atom. Elements without content have an end tag, as XML requires.
fn write_atom(document: &Document) -> Vec<u8> {
    let xml = html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"utf-8\"?>"))
        feed xmlns="http://www.w3.org/2005/Atom" {
            id { (document.id) }
            title { (document.title) }
            updated { (document.updated) }
            (atom_link("self", &document.own_url, &[]))
            (atom_link("alternate", &document.home_url, &[]))
            generator { "wirefold" }
            @for entry in &document.entries { (atom_entry(entry)) }
        }
    };
    without_control_characters(&xml.into_string()).into_bytes()
}

fn atom_entry(entry: &Entry) -> Markup {
    html! {
        entry xml:lang=(entry.language) {
            id { (entry.id) }
            title { (entry.title) }
            published { (entry.published) }
            updated { (entry.updated) }
            @for person in people(entry) { author { name { (person) } } }
            @if let Some(url) = &entry.url { (atom_link("alternate", url, &[])) }
            @for Other { title, url, .. } in &entry.others {
                @if let Some(url) = url { (atom_link("related", url, &[("title", Some(title.clone()))])) }
            }
            @for Media { url, media_type, bytes, .. } in &entry.media {
                (atom_link("enclosure", url, &[("type", media_type.clone()), ("length", bytes.map(|it| it.to_string()))]))
            }
            content type="html" { (entry_html(entry)) }
        }
    }
}

/// In HTML, a link has no end tag, so it is not written with the macro.
fn atom_link(rel: &str, href: &str, more: &[(&str, Option<String>)]) -> Markup {
    let more: String = more
        .iter()
        .filter_map(|(name, value)| Some(format!(" {name}=\"{}\"", html! { (value.as_ref()?) }.0)))
        .collect();
    PreEscaped(format!("<link rel=\"{rel}\" href=\"{}\"{more}/>", html! { (href) }.0))
}

/// The feed as RSS 2.0, with the extensions for authors and for its own address.
fn write_rss(document: &Document) -> Vec<u8> {
    let xml = html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"utf-8\"?>"))
        rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/" {
            channel {
                title { (document.title) }
                // In HTML, `link` has no content.
                (PreEscaped("<link>")) (document.home_url) (PreEscaped("</link>"))
                description { "Stories, each with its copies" }
                atom:link rel="self" type="application/rss+xml" href=(document.own_url) {}
                lastBuildDate { (rfc2822(document.updated)) }
                generator { "wirefold" }
                @for entry in &document.entries {
                    item {
                        title { (entry.title) }
                        @if let Some(url) = &entry.url { (PreEscaped("<link>")) (url) (PreEscaped("</link>")) }
                        guid isPermaLink="false" { (entry.id) }
                        pubDate { (rfc2822(entry.published)) }
                        @for person in people(entry) { dc:creator { (person) } }
                        @for Media { url, media_type, bytes, .. } in entry.media.iter().take(1) {
                            enclosure url=(url) length=(bytes.unwrap_or_default()) type=(media_type.as_deref().unwrap_or("application/octet-stream")) {}
                        }
                        description { (entry_html(entry)) }
                    }
                }
            }
        }
    };
    without_control_characters(&xml.into_string()).into_bytes()
}

/// A time as RSS has it (RFC 2822).
fn rfc2822(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// The feeds of this server as OPML 2.0: all stories, the subscriptions, and the feeds without copies by their groups.
async fn list_as_opml(api: Api) -> Reply {
    let base = api.app.settings.base_url.trim_end_matches('/');
    let one_feed = |path: String, title: &str| {
        let address = format!("{base}/feeds/{path}.atom");
        html! { outline type="rss" text=(title) title=(title) xmlUrl=(address) htmlUrl=(base) {} }
    };
    let mut groups: BTreeMap<String, Vec<Markup>> = BTreeMap::new();
    for record in api.app.subscriptions().await?.into_records() {
        let SubscriptionSettings { id, name, .. } = record.subscription;
        let outlines = groups.entry("Subscriptions".to_owned()).or_default();
        outlines.push(one_feed(format!("sub/{id}"), &name));
    }
    for record in api.app.feeds().await?.records() {
        let outlines = groups.entry(record.feed.group.clone().unwrap_or_default()).or_default();
        outlines.push(one_feed(format!("feed/{}", record.feed.id), &title_of(record)));
    }
    let opml = html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"utf-8\"?>"))
        opml version="2.0" {
            head { title { (mark_of_demo(&api.app.settings)) "wirefold" } }
            body {
                (one_feed("all".to_owned(), "All stories"))
                @for (group, outlines) in &groups {
                    @if group.is_empty() { @for feed in outlines { (feed) } }
                    @else { outline text=(group) title=(group) { @for feed in outlines { (feed) } } }
                }
            }
        }
    };
    let body = without_control_characters(&opml.into_string());
    Ok(([(header::CONTENT_TYPE, "text/x-opml; charset=utf-8")], body).into_response())
}

/// The feed as JSON Feed 1.1. Absent values are left out.
fn write_json(document: &Document) -> Vec<u8> {
    let items: Vec<Value> = document.entries.iter().map(json_item).collect();
    let feed = json!({
        "version": "https://jsonfeed.org/version/1.1",
        "title": document.title,
        "home_page_url": document.home_url,
        "feed_url": document.own_url,
        "items": items,
    });
    feed.to_string().into_bytes()
}

fn json_item(entry: &Entry) -> Value {
    let attachment = |media: &Media| {
        let kind = media.media_type.as_deref().unwrap_or("application/octet-stream");
        let mut attachment = json!({ "url": media.url, "mime_type": kind });
        if let Some(bytes) = media.bytes {
            attachment["size_in_bytes"] = bytes.into();
        }
        attachment
    };
    let mut item = json!({
        "id": entry.id,
        "title": entry.title,
        "content_html": entry_html(entry),
        "date_published": entry.published,
        "date_modified": entry.updated,
        "authors": people(entry).iter().map(|name| json!({ "name": name })).collect::<Vec<_>>(),
    });
    if let Some(url) = &entry.url {
        item["url"] = url.as_str().into();
    }
    if entry.language != LanguageTag::unknown() {
        item["language"] = entry.language.to_string().into();
    }
    if !entry.media.is_empty() {
        item["attachments"] = entry.media.iter().map(attachment).collect();
    }
    item
}
