//! Feeds for feed readers: Atom (RFC 4287) and JSON Feed 1.1, with one entry for each story. A reader may
//! follow one of them instead of forty feeds.

use std::collections::BTreeSet;

use axum::Router;
use axum::extract::Path;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use jiff::Timestamp;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};
use wirefold_proto::{
    FeedId, LanguageTag, Media, OutputArticle, StoryId, SubscriptionId, Target, TextPolicy,
};

use crate::api::request::Query;
use crate::api::{Api, ApiResult, Reply};
use crate::page::is_web;
use crate::projection::{Paging, lead};
use crate::refusal::Refusal;
use crate::shapes::{ArticleBrief, StoryWithArticles};

pub(crate) fn routes() -> Router<Api> {
    Router::new()
        .route("/{file}", get(all_stories))
        .route("/sub/{file}", get(of_subscription))
        .route("/feed/{file}", get(of_feed))
}

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

pub(super) async fn all_stories(
    api: Api,
    Path(file): Path<String>,
    Query(Search { q }): Query<Search>,
) -> Reply {
    let (name, form) = parse_file_name(&file)?;
    let words = q.filter(|words| !words.trim().is_empty());
    if name != "all" {
        return Err(Refusal::not_found(format!("no feed {name:?}: /feeds/all.atom is one")));
    }
    let paging = Paging::first(ENTRIES);
    let stories = api.app.projection.latest_stories(paging, words.clone(), LISTED + 1).await?;
    let mut entries = Vec::with_capacity(stories.len());
    for story in stories {
        entries.extend(entry_of(&api, &story).await?);
    }
    match words {
        Some(words) => {
            let query: String = form_urlencoded::byte_serialize(words.as_bytes()).collect();
            let title = format!("all stories with {words}");
            answer_feed(&api, Name { path: "all", query: Some(&query) }, &title, form, entries)
        }
        None => answer_feed(&api, Name { path: "all", query: None }, "all stories", form, entries),
    }
}

pub(super) async fn of_subscription(api: Api, Path(file): Path<String>) -> Reply {
    let (name, form) = parse_file_name(&file)?;
    let none = || Refusal::not_found(format!("no subscription {name:?}"));
    let asked: SubscriptionId = name.parse().map_err(|_| none())?;
    let record = api.app.subscription(name).await?;
    let alerts = api.app.projection.alerts(Paging::first(ENTRIES), Some(asked)).await?.alerts;
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
        if let Some(story) = api.app.projection.story_on_page(story, LISTED + 1).await? {
            entries.extend(entry_of(&api, &story).await?);
        }
    }
    let title = record.map_or_else(|| name.to_owned(), |record| record.subscription.name);
    answer_feed(&api, Name { path: &format!("sub/{name}"), query: None }, &title, form, entries)
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
    let mut told = BTreeSet::new();
    let mut entries = Vec::new();
    for article in articles {
        let story = article.verdict.story;
        if told.insert(story) {
            let host = host(&api);
            entries.push(Entry::of(&host, story, article, api.app.settings.text_policy));
        }
    }
    let title = record.and_then(|record| record.feed.title.or(record.feed_title));
    let title = title.unwrap_or_else(|| name.to_owned());
    let name = format!("feed/{name}");
    let title = format!("{title}, without copies");
    answer_feed(&api, Name { path: &name, query: None }, &title, form, entries)
}

/// The story of an alert: its target, or the story of its first article.
async fn story_of(api: &Api, alert: &wirefold_proto::Alert) -> ApiResult<Option<StoryId>> {
    if let Target::Story(story) = alert.target {
        return Ok(Some(story));
    }
    let Some(article) = alert.articles.first() else {
        return Ok(None);
    };
    Ok(api.app.projection.article(article.id).await?.map(|detail| detail.story))
}

async fn entry_of(api: &Api, with: &StoryWithArticles) -> ApiResult<Option<Entry>> {
    let detail = api.app.projection.article(with.story.lead).await?;
    let policy = api.app.settings.text_policy;
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
    let url = Url::parse(&api.app.settings.base_url).ok();
    let host = url.as_ref().and_then(|url| url.host_str());
    host.unwrap_or("localhost").to_owned()
}

/// The name of a feed.
struct Name<'a> {
    path: &'a str,
    /// The query as it is in an address.
    query: Option<&'a str>,
}

fn answer_feed(
    api: &Api,
    Name { path, query }: Name<'_>,
    title: &str,
    form: Form,
    entries: Vec<Entry>,
) -> Reply {
    let query = query.map(|query| format!("?q={query}")).unwrap_or_default();
    let settings = &api.app.settings;
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
            ("application/atom+xml; charset=utf-8", write_atom(&document).map_err(|_| failed())?)
        }
        Form::Json => ("application/feed+json", write_json(&document).map_err(|_| failed())?),
    };
    Ok(([(header::CONTENT_TYPE, kind)], body).into_response())
}

/// Marks the title of each entry of a demonstration, since readers mix the entries of feeds.
fn marked(mut entry: Entry, demo: &str) -> Entry {
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
    pub(super) fn of(
        host: &str,
        story: StoryId,
        article: OutputArticle,
        policy: TextPolicy,
    ) -> Self {
        let about = article.article;
        let text = match policy {
            TextPolicy::None => None,
            TextPolicy::Lead | TextPolicy::Full => article.text.as_deref().map(lead),
        };
        Self {
            id: tag(host, &format!("story/{story}")),
            outlet: about.outlet_label(),
            title: about.title,
            language: article.findings.language.map_or_else(LanguageTag::unknown, |l| l.tag),
            url: about.url.filter(|url| is_web(url)),
            authors: about.authors,
            published: about.published.unwrap_or(about.seen),
            updated: about.seen,
            text: text.or(about.teaser.as_deref().map(lead)).filter(|_| policy != TextPolicy::None),
            media: about.media.into_iter().filter(|media| is_web(&media.url)).collect(),
            others: Vec::new(),
            other_count: 0,
        }
    }

    /// The entry with the first other articles of the story, at most this many.
    pub(super) fn with_others(self, with: &StoryWithArticles, most: usize) -> Self {
        let StoryWithArticles { story, articles } = with;
        let others = articles.iter().filter(|other| other.id != story.lead).take(most);
        Self {
            updated: story.changed.max(self.updated),
            others: others.map(Other::of).collect(),
            other_count: u64::from(story.articles).saturating_sub(1),
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
pub(super) fn entry_html(entry: &Entry) -> String {
    let text = entry.text.as_deref().unwrap_or_default();
    let paragraphs = text.split("\n\n").map(str::trim).filter(|part| !part.is_empty());
    let mut html: String = paragraphs.map(|part| format!("<p>{}</p>", escape(part))).collect();
    if let Some(url) = &entry.url {
        let outlet = escape(&entry.outlet);
        html.push_str(&format!("<p><a href=\"{}\">{outlet}</a></p>", escape(url)));
    }
    if !entry.others.is_empty() {
        let count = entry.other_count;
        let title =
            if count == 1 { "1 more article".into() } else { format!("{count} more articles") };
        let items: String = entry.others.iter().map(item).collect();
        html.push_str(&format!("<p>{title} of this story:</p><ul>{items}</ul>"));
        if count > entry.others.len() as u64 {
            html.push_str(&format!("<p>These are the first {}.</p>", entry.others.len()));
        }
    }
    html
}

fn item(other: &Other) -> String {
    let (outlet, title) = (escape(&other.outlet), escape(&other.title));
    match &other.url {
        Some(url) => format!("<li>{outlet}: <a href=\"{}\">{title}</a></li>", escape(url)),
        None => format!("<li>{outlet}: {title}</li>"),
    }
}

/// Text escaped for HTML and XML, also in attributes. Characters that XML 1.0 does not allow (section 2.2)
/// are left out.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other if is_xml(other) => escaped.push(other),
            _ => {}
        }
    }
    escaped
}

/// Whether XML 1.0 allows it.
pub(super) fn is_xml(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => true,
        '\u{FFFE}' | '\u{FFFF}' => false,
        other => other >= ' ',
    }
}

/// The result of writing. Writing to memory cannot fail, but quick-xml's functions may.
type Written = std::io::Result<()>;

/// The whole feed.
pub(super) fn write_atom(document: &Document) -> std::io::Result<Vec<u8>> {
    let mut xml = Xml(Writer::new(Vec::new()));
    xml.0.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    xml.open("feed", &[("xmlns", "http://www.w3.org/2005/Atom")])?;
    xml.text("id", &document.id)?;
    xml.text("title", &document.title)?;
    xml.text("updated", &atom_time(document.updated))?;
    xml.empty("link", &[("rel", "self"), ("href", &document.own_url)])?;
    xml.empty("link", &[("rel", "alternate"), ("href", &document.home_url)])?;
    xml.text("generator", "wirefold")?;
    for entry in &document.entries {
        write_entry(&mut xml, entry)?;
    }
    xml.close("feed")?;
    Ok(xml.0.into_inner())
}

fn write_entry(xml: &mut Xml, entry: &Entry) -> Written {
    xml.open("entry", &[("xml:lang", &entry.language.to_string())])?;
    xml.text("id", &entry.id)?;
    xml.text("title", &entry.title)?;
    xml.text("published", &atom_time(entry.published))?;
    xml.text("updated", &atom_time(entry.updated))?;
    // An entry must have an author: the outlet if no person is named.
    let people =
        if entry.authors.is_empty() { std::slice::from_ref(&entry.outlet) } else { &entry.authors };
    for person in people {
        xml.open("author", &[])?;
        xml.text("name", person)?;
        xml.close("author")?;
    }
    if let Some(url) = &entry.url {
        xml.empty("link", &[("rel", "alternate"), ("href", url)])?;
    }
    for other in &entry.others {
        if let Some(url) = &other.url {
            xml.empty("link", &[("rel", "related"), ("href", url), ("title", &other.title)])?;
        }
    }
    for media in &entry.media {
        let length = media.bytes.map(|bytes| bytes.to_string());
        let mut attributes = vec![("rel", "enclosure"), ("href", media.url.as_str())];
        attributes.extend(media.media_type.as_deref().map(|kind| ("type", kind)));
        attributes.extend(length.as_deref().map(|length| ("length", length)));
        xml.empty("link", &attributes)?;
    }
    xml.open("content", &[("type", "entry_html")])?;
    xml.put(&entry_html(entry))?;
    xml.close("content")?;
    xml.close("entry")
}

fn atom_time(time: Timestamp) -> String {
    time.to_string()
}

struct Xml(Writer<Vec<u8>>);

impl Xml {
    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) -> Written {
        self.0.write_event(Event::Start(start(name, attributes)))
    }

    fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> Written {
        self.0.write_event(Event::Empty(start(name, attributes)))
    }

    fn close(&mut self, name: &str) -> Written {
        self.0.write_event(Event::End(BytesEnd::new(name)))
    }

    fn text(&mut self, name: &str, text: &str) -> Written {
        self.open(name, &[])?;
        self.put(text)?;
        self.close(name)
    }

    fn put(&mut self, text: &str) -> Written {
        self.0.write_event(Event::Text(BytesText::new(&clean(text))))
    }
}

fn start<'a>(name: &'a str, attributes: &[(&str, &str)]) -> BytesStart<'a> {
    let mut start = BytesStart::new(name);
    for (attribute, value) in attributes {
        start.push_attribute((*attribute, clean(value).as_str()));
    }
    start
}

/// The text without characters that XML does not allow. quick-xml escapes the rest.
fn clean(text: &str) -> String {
    text.chars().filter(|character| is_xml(*character)).collect()
}

#[derive(Serialize)]
struct JsonFeed<'a> {
    version: &'static str,
    title: &'a str,
    home_page_url: &'a str,
    feed_url: &'a str,
    items: Vec<JsonItem<'a>>,
}

#[derive(Serialize)]
struct JsonItem<'a> {
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
pub(super) fn write_json(document: &Document) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&JsonFeed {
        version: "https://jsonfeed.org/version/1.1",
        title: &document.title,
        home_page_url: &document.home_url,
        feed_url: &document.own_url,
        items: document.entries.iter().map(json_item).collect(),
    })
}

fn json_item(entry: &Entry) -> JsonItem<'_> {
    let people =
        if entry.authors.is_empty() { std::slice::from_ref(&entry.outlet) } else { &entry.authors };
    let attachments = entry.media.iter().map(|media| Attachment {
        url: &media.url,
        mime_type: media.media_type.as_deref().unwrap_or("application/octet-stream"),
        size_in_bytes: media.bytes,
    });
    JsonItem {
        id: &entry.id,
        url: entry.url.as_deref(),
        title: &entry.title,
        content_html: entry_html(entry),
        date_published: entry.published.to_string(),
        date_modified: entry.updated.to_string(),
        authors: people.iter().map(|name| Author { name }).collect(),
        language: (entry.language != LanguageTag::unknown()).then(|| entry.language.to_string()),
        attachments: attachments.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_text() {
        let text = "<script>alert('x')</script> & \u{0}\u{8}\"é\"";
        let escaped = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;é&quot;";
        assert_eq!(escape(text), escaped);
    }
}
