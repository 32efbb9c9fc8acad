//! Converts a document to the form of Python's feedparser, so that its tests can run on this parser.

mod clean;
mod examined;
mod harmless;

use serde_json::{Value, json};

use crate::document::{
    Attributes, Date, Document, Format, GeoShape, Link, Person, Record, Text, Writing,
};
use crate::{decode, document, html, resolve};

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
    let entries = document.entries.iter().map(|entry| record(entry, document.format, Role::Entry));
    let is_bozo = !document.is_sound;
    members(json!({
        "bozo": i64::from(is_bozo),
        "version": document.format.as_str(),
        "encoding": document.encoding,
        "feed": record(&document.feed, document.format, Role::Feed),
        "entries": entries.collect::<Vec<_>>(),
    }))
}

/// The part of the document that a record describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Feed,
    Entry,
    Source,
    Part,
}

/// Texts that have a twin with all that is known of them.
const DETAILED: &[&str] = &["title", "subtitle", "summary", "rights", "info"];

fn record(record: &Record, format: Format, role: Role) -> Value {
    let mut members = Members::new();
    for (name, said) in &record.texts {
        // feedparser's name for the description of a feed is subtitle.
        let is_feed = matches!(role, Role::Feed | Role::Source | Role::Part);
        let name = match name.as_ref() {
            "summary" if is_feed && record.texts.contains_key("subtitle") => continue,
            "summary" if is_feed => "subtitle",
            "href" if role == Role::Feed => "url",
            name => name,
        };
        insert(&mut members, name, Some(typed(name, role, said, format)));
        if DETAILED.contains(&name) && said.media_type.is_some() {
            insert(&mut members, &format!("{name}_detail"), Some(detail(said, format)));
        }
    }
    put_marks(&mut members, record);
    if let Some(id) = &record.id {
        insert(&mut members, "id", Some(text(id)));
        insert(&mut members, "guidislink", Some(Value::Bool(record.id_is_link)));
    }
    insert(&mut members, "link", record.link.as_deref().map(text));
    insert(&mut members, "href", record.link.as_deref().filter(|_| role == Role::Source).map(text));
    put_list(&mut members, "links", record.links.iter().map(link));
    put_contents(&mut members, record, format);
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
    put_parts(&mut members, record, format);
    Value::Object(members)
}

/// The value of a text. In some positions feedparser does not treat it as a text.
fn typed(name: &str, role: Role, said: &Text, format: Format) -> Value {
    let is = |words: &[&str]| words.iter().any(|word| said.value.eq_ignore_ascii_case(word));
    match name {
        "width" | "height" if role == Role::Part => number(said.value.parse().unwrap_or(0)),
        "itunes_block" => number(i64::from(is(&["yes"]))),
        "itunes_explicit" if is(&["yes", "true"]) => Value::Bool(true),
        "itunes_explicit" if is(&["no", "false", "clean"]) => Value::Bool(false),
        "itunes_explicit" => Value::Null,
        _ => text(&value_of(said, format)),
    }
}

/// The values of elements with attributes, beside their text if they have one.
fn put_marks(members: &mut Members, record: &Record) {
    for (name, attributes) in &record.marks {
        if !record.texts.contains_key(name) {
            insert(members, name, Some(pairs(attributes)));
            continue;
        }
        let mut detail = Members::new();
        for (key, value) in attributes {
            let key = if matches!(key.as_str(), "uri" | "url") { "href" } else { key };
            insert(&mut detail, key, Some(text(value)));
        }
        insert(&mut detail, "name", record.text(name).map(text));
        insert(members, &format!("{name}_detail"), Some(Value::Object(detail)));
    }
}

fn put_parts(members: &mut Members, whole: &Record, format: Format) {
    for (name, part, role) in [
        ("source", &whole.source, Role::Source),
        ("image", &whole.image, Role::Part),
        ("textinput", &whole.text_input, Role::Part),
    ] {
        insert(members, name, part.as_deref().map(|part| record(part, format, role)));
    }
    for element in ["content", "thumbnail"] {
        let media = whole.media.iter().filter(|medium| medium.element == element);
        let media = media.map(|medium| pairs(&medium.attributes));
        put_list(members, &format!("media_{element}"), media);
    }
    put_list(members, "skiphours", whole.skip_hours.iter().map(|hour| text(hour)));
    put_list(members, "skipdays", whole.skip_days.iter().map(|day| text(day)));
    insert(members, "where", whole.place.as_ref().map(geo_shape));
}

fn geo_shape(place: &GeoShape) -> Value {
    let mut members = Members::new();
    if !place.kind.is_empty() {
        insert(&mut members, "type", Some(text(place.kind)));
        let numbers = |pair: &Vec<f64>| Value::Array(pair.iter().map(|n| json!(n)).collect());
        let all = Value::Array(place.coordinates.iter().map(numbers).collect());
        let coordinates = match place.kind {
            "Point" => place.coordinates.first().map_or(Value::Null, numbers),
            "Polygon" => Value::Array(vec![all]),
            _ => all,
        };
        insert(&mut members, "coordinates", Some(coordinates));
    }
    Value::Object(members)
}

/// The texts, and the first of them as summary if there is no other.
fn put_contents(members: &mut Members, record: &Record, format: Format) {
    put_list(members, "content", record.content.iter().map(|content| detail(content, format)));
    let is_short = members.contains_key("summary");
    let textual = record.content.iter().find(|content| {
        let kind = content.media_type.as_deref();
        matches!(kind, Some("text/plain" | "text/html" | "application/xhtml+xml"))
    });
    if !is_short {
        insert(members, "summary", textual.map(|content| text(&value_of(content, format))));
    }
}

fn put_people(members: &mut Members, record: &Record) {
    for (name, person) in
        [("author", record.authors.last()), ("publisher", record.publisher.as_ref())]
    {
        let Some(person) = person else {
            continue;
        };
        let parted = parted(person);
        let both = parted.name.as_ref().zip(parted.email.as_ref());
        let both = both.map(|(who, email)| format!("{who} ({email})"));
        let one = parted.name.clone().or(parted.email.clone());
        let said = person.written.clone().or(both).or(one);
        insert(members, name, said.as_deref().map(text));
        insert(members, &format!("{name}_detail"), Some(one_person(&parted)));
    }
    let detailed = |people: &[Person]| -> Vec<Value> {
        people.iter().map(|one| one_person(&parted(one))).collect()
    };
    put_list(members, "authors", detailed(&record.authors).into_iter());
    put_list(members, "contributors", detailed(&record.contributors).into_iter());
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

fn detail(said: &Text, format: Format) -> Value {
    let mut members = Members::new();
    insert(&mut members, "type", Some(text(media_type(said, format))));
    insert(&mut members, "language", Some(said.language.as_deref().map_or(Value::Null, text)));
    insert(&mut members, "base", Some(text(said.base.as_deref().unwrap_or_default())));
    insert(&mut members, "src", said.src.as_deref().map(text));
    insert(&mut members, "value", Some(text(&value_of(said, format))));
    Value::Object(members)
}

/// The type of a text; if the format leaves it open, the type that it looks like.
fn media_type(said: &Text, format: Format) -> &str {
    let kind = said.media_type.as_deref().unwrap_or("text/plain");
    let is_html = !format.is_atom() && kind == "text/plain" && html::looks_like_html(&said.value);
    if is_html { HTML } else { kind }
}

/// The media type of HTML.
const HTML: &str = "text/html";

/// A text as it may be shown: HTML without what does something.
fn value_of(said: &Text, format: Format) -> String {
    let is_html = matches!(media_type(said, format), HTML | "application/xhtml+xml");
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
