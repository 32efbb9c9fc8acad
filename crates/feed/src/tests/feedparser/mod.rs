//! Converts a document to the form of Python's feedparser, so that its tests can run on this parser.

mod clean;
mod examined;
mod harmless;

use serde_json::{Value, json};

use crate::document::{Attributes, Date, Document, Link, Person, Record, Text, Writing};
use crate::{decode, document, resolve};

/// The answer to one file of feedparser's tests, in one line of JSON: `{"p", "ok", "d"}`. The text after
/// `Header:` in the file's first comment counts as the header of an HTTP answer.
pub(super) fn answer(path: &str, bytes: &[u8]) -> String {
    let headers = headers_of(&decode::decode(bytes, None));
    let header = |name: &str| {
        let named = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    };
    let base = resolve("", header("content-location").unwrap_or_default());
    let read = document(bytes, header("content-type"), &base);
    let is_ok = read.is_ok();
    let mut result = read.map_or_else(|_| nothing(), |read| shape_of(&read));
    let modified = header("last-modified");
    insert(&mut result, "etag", header("etag").map(text));
    insert(&mut result, "modified", modified.map(text));
    let time = modified.and_then(|it| crate::dates::read(it, Default::default()));
    insert(&mut result, "modified_parsed_ts", time.map(|time| number(time.as_second())));
    let lower = |(name, value): &(String, String)| (name.to_ascii_lowercase(), text(value));
    insert(&mut result, "headers", Some(Value::Object(headers.iter().map(lower).collect())));
    json!({ "p": path, "ok": is_ok, "d": result }).to_string()
}

type Members = serde_json::Map<String, Value>;

/// The headers that the first comment of a test gives.
fn headers_of(document: &str) -> Attributes {
    let comment = document.split_once("<!--").and_then(|(_, rest)| rest.split_once("-->"));
    let lines = comment.map_or("", |(comment, _)| comment).lines();
    let given = lines.filter_map(|line| {
        let (name, value) = line.trim().strip_prefix("Header:")?.trim().split_once(':')?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    });
    given.collect()
}

fn members(value: Value) -> Members {
    match value {
        Value::Object(members) => members,
        _ => Members::new(),
    }
}

fn nothing() -> Members {
    members(json!({ "bozo": 1, "feed": {}, "entries": [] }))
}

fn shape_of(document: &Document) -> Members {
    let entries = document.entries.iter().map(|entry| record(entry, Role::Entry));
    let is_bozo = !document.is_sound;
    members(json!({
        "bozo": i64::from(is_bozo),
        "version": document.format.as_str(),
        "encoding": document.encoding,
        "feed": record(&document.feed, Role::Feed),
        "entries": entries.collect::<Vec<_>>(),
    }))
}

/// The part of the document that a record describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Feed,
    Entry,
    Source,
}

/// Texts that have a twin with all that is known of them.
const DETAILED: &[&str] = &["title", "subtitle", "summary", "rights", "info"];

fn record(record: &Record, role: Role) -> Value {
    let mut members = Members::new();
    for (name, said) in &record.texts {
        // feedparser's name for the description of a feed is subtitle.
        let is_feed = matches!(role, Role::Feed | Role::Source);
        let name = match name.as_ref() {
            "summary" if is_feed && record.texts.contains_key("subtitle") => continue,
            "summary" if is_feed => "subtitle",
            name => name,
        };
        insert(&mut members, name, Some(typed(name, said)));
        if DETAILED.contains(&name) && said.media_type.is_some() {
            insert(&mut members, &format!("{name}_detail"), Some(detail(said)));
        }
    }
    if let Some(id) = &record.id {
        insert(&mut members, "id", Some(text(id)));
        insert(&mut members, "guidislink", Some(Value::Bool(record.id_is_link)));
    }
    insert(&mut members, "link", record.link.as_deref().map(text));
    insert(&mut members, "href", record.link.as_deref().filter(|_| role == Role::Source).map(text));
    put_list(&mut members, "links", record.links.iter().map(link));
    put_contents(&mut members, record);
    put_people(&mut members, record);
    let dates = &record.dates;
    for (name, date) in [
        ("published", &dates.published),
        ("created", &dates.created),
        ("updated", &dates.updated),
        ("expired", &dates.expired),
    ] {
        put_date(&mut members, name, date.as_ref());
    }
    let tags = record.categories.iter().map(|category| {
        let mut tag = Members::new();
        insert(&mut tag, "term", Some(category.term.as_deref().map_or(Value::Null, text)));
        insert(&mut tag, "scheme", Some(category.scheme.as_deref().map_or(Value::Null, text)));
        insert(&mut tag, "label", Some(category.label.as_deref().map_or(Value::Null, text)));
        Value::Object(tag)
    });
    put_list(&mut members, "tags", tags);
    put_parts(&mut members, record);
    Value::Object(members)
}

/// The value of a text. In some positions feedparser does not treat it as a text.
fn typed(name: &str, said: &Text) -> Value {
    let is = |words: &[&str]| words.iter().any(|word| said.value.eq_ignore_ascii_case(word));
    match name {
        "itunes_block" => number(i64::from(is(&["yes"]))),
        "itunes_explicit" if is(&["yes", "true"]) => Value::Bool(true),
        "itunes_explicit" if is(&["no", "false", "clean"]) => Value::Bool(false),
        "itunes_explicit" => Value::Null,
        _ => text(&value_of(said)),
    }
}

fn put_parts(members: &mut Members, whole: &Record) {
    let source = whole.source.as_deref().map(|source| record(source, Role::Source));
    insert(members, "source", source);
    for element in ["content", "thumbnail"] {
        let media = whole.media.iter().filter(|medium| medium.element == element);
        let media = media.map(|medium| pairs(&medium.attributes));
        put_list(members, &format!("media_{element}"), media);
    }
    put_list(members, "skiphours", whole.skip_hours.iter().map(|hour| text(hour)));
    put_list(members, "skipdays", whole.skip_days.iter().map(|day| text(day)));
}

/// The texts, and the first of them as summary if there is no other.
fn put_contents(members: &mut Members, record: &Record) {
    put_list(members, "content", record.content.iter().map(detail));
    let is_short = members.contains_key("summary");
    let textual = record.content.iter().find(|content| {
        let kind = content.media_type.as_deref();
        matches!(kind, Some("text/plain" | "text/html" | "application/xhtml+xml"))
    });
    if !is_short {
        insert(members, "summary", textual.map(|content| text(&value_of(content))));
    }
}

fn put_people(members: &mut Members, record: &Record) {
    if let Some(person) = record.authors.last() {
        let parted = parted(person);
        let both = parted.name.as_ref().zip(parted.email.as_ref());
        let both = both.map(|(who, email)| format!("{who} ({email})"));
        let one = parted.name.clone().or(parted.email.clone());
        let said = person.written.clone().or(both).or(one);
        insert(members, "author", said.as_deref().map(text));
        insert(members, "author_detail", Some(one_person(&parted)));
    }
    put_list(members, "authors", record.authors.iter().map(|one| one_person(&parted(one))));
}

/// A person with name and address apart.
fn parted(person: &Person) -> Person {
    let Some(written) = person.written.as_deref().filter(|_| person.name.is_none()) else {
        return person.clone();
    };
    let is_end = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '<' | '>' | ',' | ';');
    let email = written.split(is_end).find(|word| is_mail(word));
    let rest = email.map_or_else(|| written.to_owned(), |email| written.replace(email, " "));
    let name = rest.replace("()", "").replace("<>", "").replace("( )", "").replace("< >", "");
    let name = name.trim().trim_start_matches('(').trim_end_matches(')').trim().to_owned();
    Person {
        name: (!name.is_empty()).then_some(name),
        email: email.map(str::to_owned),
        ..person.clone()
    }
}

fn is_mail(word: &str) -> bool {
    word.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.'))
}

fn one_person(person: &Person) -> Value {
    let mut members = Members::new();
    for (name, said) in [("name", &person.name), ("email", &person.email), ("href", &person.href)] {
        insert(&mut members, name, said.as_deref().map(text));
    }
    Value::Object(members)
}

fn link(link: &Link) -> Value {
    let mut members = Members::new();
    insert(&mut members, "rel", Some(text(&link.relation)));
    let usual = match link.relation.as_str() {
        "enclosure" => None,
        "self" => Some("application/atom+xml"),
        _ => Some("text/html"),
    };
    insert(&mut members, "type", link.media_type.as_deref().or(usual).map(text));
    insert(&mut members, "href", link.href.as_deref().map(text));
    for (name, value) in &link.more {
        insert(&mut members, name, Some(text(value)));
    }
    Value::Object(members)
}

fn put_date(members: &mut Members, name: &str, date: Option<&Date>) {
    if let Some(date) = date {
        insert(members, name, Some(text(&date.written)));
        let time = date.time.map_or(Value::Null, |time| number(time.as_second()));
        insert(members, &format!("{name}_parsed_ts"), Some(time));
    }
}

fn detail(said: &Text) -> Value {
    let mut members = Members::new();
    insert(&mut members, "type", Some(text(media_type(said))));
    insert(&mut members, "language", Some(said.language.as_deref().map_or(Value::Null, text)));
    insert(&mut members, "base", Some(text(said.base.as_deref().unwrap_or_default())));
    insert(&mut members, "src", said.src.as_deref().map(text));
    insert(&mut members, "value", Some(text(&value_of(said))));
    Value::Object(members)
}

fn media_type(said: &Text) -> &str {
    said.media_type.as_deref().unwrap_or("text/plain")
}

/// The media type of HTML.
const HTML: &str = "text/html";

/// A text as it may be shown: HTML without what does something.
fn value_of(said: &Text) -> String {
    let is_html = matches!(media_type(said), HTML | "application/xhtml+xml");
    let is_words = said.writing == Writing::Unknown && !may_have_tags(&said.value);
    if said.media_type.is_some() && is_html && !is_words {
        clean::clean(&said.value, said.base.as_deref().unwrap_or_default())
    } else {
        said.value.clone()
    }
}

/// Whether anything in the text may be taken for a tag.
fn may_have_tags(text: &str) -> bool {
    let mut after = text.match_indices('<').map(|(at, _)| &text[at + 1..]);
    after.any(|rest| rest.starts_with(|c: char| c == '/' || c.is_ascii_alphabetic()))
}

fn pairs(attributes: &Attributes) -> Value {
    Value::Object(attributes.iter().map(|(name, value)| (name.clone(), text(value))).collect())
}

fn insert(members: &mut Members, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        members.insert(name.to_owned(), value);
    }
}

fn put_list(members: &mut Members, name: &str, values: impl Iterator<Item = Value>) {
    let values: Vec<Value> = values.collect();
    if !values.is_empty() {
        insert(members, name, Some(Value::Array(values)));
    }
}

fn text(value: &str) -> Value {
    value.into()
}

fn number(value: i64) -> Value {
    value.into()
}
