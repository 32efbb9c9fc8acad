//! Reads JSON Feed 1.0 and 1.1.

mod value;

use crate::address::resolve;
use crate::document::{
    Break, Category, Date, Document, Format, Link, Medium, Person, Record, Text, Writing,
};
use crate::error::FeedError;
use crate::limits::{MAX_DEPTH, MAX_ITEMS, MOST_OF_A_KIND};
pub(crate) use value::Value;

/// Parses a text that begins with a brace.
pub(super) fn parse(text: &str, base: &str) -> Result<Document, FeedError> {
    let read = value::read(text, MAX_DEPTH).map_err(|_| FeedError::TooDeep)?;
    let version = read.value.text("version").unwrap_or_default();
    let is_feed = version.contains("jsonfeed.org");
    let listed = read.value.list("items");
    if read.broken.is_none()
        && !(is_feed && read.value.get("items").is_some())
        && !listed.iter().any(is_object)
    {
        return Err(FeedError::not("a JSON document"));
    }
    let is_newer = version.contains("version/1.1");
    let mut document = Document {
        format: if is_newer { Format::Json11 } else { Format::Json1 },
        feed: feed(&read.value, base),
        is_sound: read.broken.is_none(),
        ..Document::default()
    };
    let items = listed.iter().filter(|item| is_object(item));
    document.entries = items.take(MAX_ITEMS).map(|item| entry(item, base)).collect();
    if listed.len() > MAX_ITEMS {
        let all = listed.len();
        let what = format!("lists {all} items; the first {MAX_ITEMS} were read");
        document.problems.push(what.clone());
        document.cut_short = Some(what);
    }
    if let Some((at_byte, depth)) = read.broken {
        // Deeper than the feed and its list: inside an item.
        document.is_cut = depth > 2;
        document.broken = Some(Break { at_byte, why: "no valid JSON".to_owned() });
    }
    Ok(document)
}

fn is_object(value: &Value) -> bool {
    matches!(value, Value::Object(_))
}

fn feed(value: &Value, base: &str) -> Record {
    let mut record = Record::default();
    insert_text(&mut record, "title", value.text("title"), Writing::Unknown);
    insert_text(&mut record, "subtitle", value.text("description"), Writing::Unknown);
    insert_text(&mut record, "language", value.text("language"), Writing::Plain);
    for (name, relation) in
        [("home_page_url", "alternate"), ("feed_url", "self"), ("next_url", "next")]
    {
        link(&mut record, value.text(name), relation, base);
    }
    record.authors = people(value);
    if let Some(icon) = value.text("icon").or_else(|| value.text("favicon")) {
        let mut image = Record::default();
        insert_text(&mut image, "href", Some(&resolve(base, icon)), Writing::Plain);
        record.image = Some(Box::new(image));
    }
    record
}

fn entry(value: &Value, base: &str) -> Record {
    let mut record = Record { id: value.text("id").map(str::to_owned), ..Record::default() };
    insert_text(&mut record, "title", value.text("title"), Writing::Unknown);
    insert_text(&mut record, "summary", value.text("summary"), Writing::Unknown);
    insert_text(&mut record, "language", value.text("language"), Writing::Plain);
    link(&mut record, value.text("url"), "alternate", base);
    link(&mut record, value.text("external_url"), "related", base);
    let contents = [("content_html", Writing::Html), ("content_text", Writing::Plain)];
    for (name, writing) in contents {
        if let Some(content) = value.text(name) {
            record.content.push(text(content, writing));
        }
    }
    let date = |name| {
        let written = value.text(name)?.to_owned();
        Some(Date { time: None, written, depth: 0 })
    };
    record.dates.published = date("date_published");
    record.dates.updated = date("date_modified");
    record.authors = people(value);
    for tag in value.list("tags").iter().take(MOST_OF_A_KIND) {
        if let Value::Text(term) = tag {
            let term = Some(term.trim().to_owned());
            record.categories.push(Category { term, ..Category::default() });
        }
    }
    for name in ["image", "banner_image"] {
        if let Some(url) = value.text(name) {
            let attributes = vec![("url".to_owned(), resolve(base, url))];
            let element = "thumbnail".to_owned();
            record.media.push(Medium { element, attributes, ..Medium::default() });
        }
    }
    for attachment in value.list("attachments").iter().take(MOST_OF_A_KIND) {
        record.links.extend(enclosure(attachment, base));
    }
    record
}

fn enclosure(attachment: &Value, base: &str) -> Option<Link> {
    let fields = [("length", "size_in_bytes"), ("title", "title")];
    let more = fields
        .iter()
        .filter_map(|(name, key)| Some(((*name).to_owned(), attachment.text(key)?.to_owned())));
    Some(Link {
        href: Some(resolve(base, attachment.text("url")?)),
        relation: "enclosure".to_owned(),
        media_type: attachment.text("mime_type").map(str::to_owned),
        more: more.collect(),
    })
}

fn text(value: &str, writing: Writing) -> Text {
    let media_type = if writing == Writing::Html { "text/html" } else { "text/plain" };
    let media_type = Some(media_type.to_owned());
    Text { value: value.to_owned(), writing, media_type, ..Text::default() }
}

fn insert_text(record: &mut Record, name: &'static str, value: Option<&str>, writing: Writing) {
    if let Some(value) = value {
        record.texts.insert(name.into(), text(value, writing));
    }
}

fn link(record: &mut Record, href: Option<&str>, relation: &str, base: &str) {
    let Some(href) = href.map(|href| resolve(base, href)) else {
        return;
    };
    if relation == "alternate" {
        record.link = Some(href.clone());
    }
    let relation = relation.to_owned();
    record.links.push(Link { href: Some(href), relation, ..Link::default() });
}

/// The author of version 1.0, then the authors of 1.1.
fn people(value: &Value) -> Vec<Person> {
    let people = value.get("author").into_iter().chain(value.list("authors"));
    let people = people.take(MOST_OF_A_KIND).map(|person| Person {
        name: person.text("name").map(str::to_owned),
        href: person.text("url").map(str::to_owned),
        ..Person::default()
    });
    people.filter(|person| *person != Person::default()).collect()
}
