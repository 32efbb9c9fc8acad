//! Reads JSON Feed 1.0 and 1.1, leniently and up to the first error.

use serde_json::Value;

use crate::FeedError;
use crate::address::resolve;
use crate::document::{
    Break, Category, Date, Document, Format, Link, Medium, Person, Record, Text, Writing,
};
use crate::limits::{MAX_DEPTH, MAX_ITEMS, MOST_OF_A_KIND, MOST_VALUES};

/// Parses a text that begins with a brace.
pub(super) fn parse(text: &str, base: &str) -> Result<Document, FeedError> {
    let (value, broken) = read(text)?;
    let version = text_at(&value, "version").unwrap_or_default();
    let is_feed = version.contains("jsonfeed.org");
    let listed = list_at(&value, "items");
    if broken.is_none()
        && !(is_feed && value.get("items").is_some())
        && !listed.iter().any(Value::is_object)
    {
        return Err(FeedError::not("a JSON document"));
    }
    let is_newer = version.contains("version/1.1");
    let mut document = Document {
        format: Format(if is_newer { "json11" } else { "json1" }),
        feed: feed(&value, base),
        is_sound: broken.is_none(),
        ..Document::default()
    };
    let items = listed.iter().filter(|item| item.is_object());
    document.entries = items.take(MAX_ITEMS).map(|item| entry(item, base)).collect();
    if listed.len() > MAX_ITEMS {
        let all = listed.len();
        let what = format!("lists {all} items; the first {MAX_ITEMS} were read");
        document.problems.push(what.clone());
        document.cut_short = Some(what);
    }
    document.broken = broken.map(|at_byte| Break { at_byte, why: "no valid JSON".to_owned() });
    Ok(document)
}

fn feed(value: &Value, base: &str) -> Record {
    let mut record = Record::default();
    insert_text(&mut record, "title", text_at(value, "title"), Writing::Unknown);
    insert_text(&mut record, "subtitle", text_at(value, "description"), Writing::Unknown);
    insert_text(&mut record, "language", text_at(value, "language"), Writing::Plain);
    for (name, relation) in
        [("home_page_url", "alternate"), ("feed_url", "self"), ("next_url", "next")]
    {
        link(&mut record, text_at(value, name), relation, base);
    }
    record.authors = people(value);
    record
}

fn entry(value: &Value, base: &str) -> Record {
    let mut record = Record { id: text_at(value, "id"), ..Record::default() };
    insert_text(&mut record, "title", text_at(value, "title"), Writing::Unknown);
    insert_text(&mut record, "summary", text_at(value, "summary"), Writing::Unknown);
    insert_text(&mut record, "language", text_at(value, "language"), Writing::Plain);
    link(&mut record, text_at(value, "url"), "alternate", base);
    link(&mut record, text_at(value, "external_url"), "related", base);
    let contents = [("content_html", Writing::Html), ("content_text", Writing::Plain)];
    for (name, writing) in contents {
        if let Some(content) = text_at(value, name) {
            record.content.push(text(content, writing));
        }
    }
    let date = |name| Some(Date { written: text_at(value, name)?, ..Date::default() });
    record.dates.published = date("date_published");
    record.dates.updated = date("date_modified");
    record.authors = people(value);
    for tag in list_at(value, "tags").iter().take(MOST_OF_A_KIND) {
        if let Value::String(term) = tag {
            let term = Some(term.trim().to_owned());
            record.categories.push(Category { term, ..Category::default() });
        }
    }
    for name in ["image", "banner_image"] {
        if let Some(url) = text_at(value, name) {
            let attributes = vec![("url".to_owned(), resolve(base, &url))];
            let element = "thumbnail".to_owned();
            record.media.push(Medium { element, attributes, ..Medium::default() });
        }
    }
    for attachment in list_at(value, "attachments").iter().take(MOST_OF_A_KIND) {
        record.links.extend(enclosure(attachment, base));
    }
    record
}

fn enclosure(attachment: &Value, base: &str) -> Option<Link> {
    let fields = [("length", "size_in_bytes"), ("title", "title")];
    let more = fields
        .iter()
        .filter_map(|(name, key)| Some(((*name).to_owned(), text_at(attachment, key)?)));
    Some(Link {
        href: Some(resolve(base, &text_at(attachment, "url")?)),
        relation: "enclosure".to_owned(),
        media_type: text_at(attachment, "mime_type"),
        more: more.collect(),
    })
}

fn text(value: String, writing: Writing) -> Text {
    let media_type = if writing == Writing::Html { "text/html" } else { "text/plain" };
    let media_type = Some(media_type.to_owned());
    Text { value, writing, media_type, ..Text::default() }
}

fn insert_text(record: &mut Record, name: &'static str, value: Option<String>, writing: Writing) {
    if let Some(value) = value {
        record.texts.insert(name.into(), text(value, writing));
    }
}

fn link(record: &mut Record, href: Option<String>, relation: &str, base: &str) {
    let Some(href) = href.map(|href| resolve(base, &href)) else {
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
    let people = value.get("author").into_iter().chain(list_at(value, "authors"));
    let people = people.take(MOST_OF_A_KIND).map(|person| Person {
        name: text_at(person, "name"),
        href: text_at(person, "url"),
        ..Person::default()
    });
    people.filter(|person| *person != Person::default()).collect()
}

/// A text of an object, or a number as a text.
fn text_at(value: &Value, name: &str) -> Option<String> {
    let text = match value.get(name)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

fn list_at<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The value, and the place of the first error. Everything before the error is kept, up to the last
/// whole item.
fn read(text: &str) -> Result<(Value, Option<usize>), FeedError> {
    let whole = Mended::of(text)?.text;
    let error = match serde_json::from_str(&whole) {
        Ok(value) => return Ok((value, None)),
        Err(error) => error,
    };
    let before = whole.split_inclusive('\n').take(error.line().saturating_sub(1));
    let at = (before.map(str::len).sum::<usize>() + error.column()).min(whole.len());
    let read = Mended::of(&whole[..whole.floor_char_boundary(at.saturating_sub(1))])?;
    let kept = format!("{}{}", &read.text[..read.items_end], read.closing);
    Ok((serde_json::from_str(&kept).unwrap_or_default(), Some(at)))
}

/// JSON without what templates leave in it: commas before a closing bracket, line breaks in texts,
/// and anything after the end.
#[derive(Default)]
struct Mended {
    text: String,
    /// The end of the last object or list that closes in the outermost object or one of its lists.
    items_end: usize,
    /// The brackets that close what is open there.
    closing: String,
}

impl Mended {
    fn of(text: &str) -> Result<Self, FeedError> {
        let mut mended = Self { text: String::with_capacity(text.len()), ..Self::default() };
        let mut open = String::new();
        let (mut is_text, mut is_escaped, mut has_comma) = (false, false, false);
        let mut values = 0;
        for sign in text.chars() {
            if is_text {
                is_text = is_escaped || sign != '"';
                is_escaped = !is_escaped && sign == '\\';
                mended.text.push(if sign.is_control() { ' ' } else { sign });
                continue;
            }
            if sign == ',' {
                has_comma = true;
                continue;
            }
            let closes = matches!(sign, '}' | ']');
            if has_comma && !closes && !sign.is_whitespace() {
                mended.text.push(',');
                values += 1;
            }
            has_comma &= sign.is_whitespace();
            mended.text.push(sign);
            match sign {
                '"' => is_text = true,
                '{' => open.insert(0, '}'),
                '[' => open.insert(0, ']'),
                _ if closes && !open.is_empty() => {
                    open.remove(0);
                    if open.len() <= 2 {
                        mended.items_end = mended.text.len();
                        mended.closing.clone_from(&open);
                    }
                }
                _ => {}
            }
            match open.len() {
                0 if closes => break,
                depth if depth > MAX_DEPTH => return Err(FeedError::TooDeep),
                _ if values > MOST_VALUES => break,
                _ => {}
            }
        }
        Ok(mended)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(read(text).unwrap().0.to_string(), expected, "{text}");
    }

    #[test]
    fn reads_what_templates_leave() {
        check(
            r#"{"a":[1,-2.5e3,true,null,"x,]",],"b":{}, } tail"#,
            r#"{"a":[1,-2500.0,true,null,"x,]"],"b":{}}"#,
        );
        check("{\"a\":\"b\nc\\\"d\"}", r#"{"a":"b c\"d"}"#);
    }

    #[test]
    fn reads_broken_documents_up_to_the_last_whole_item() {
        check(r#"{"t":1,"a":[{"b":"c"},{"d":"#, r#"{"t":1,"a":[{"b":"c"}]}"#);
        check(r#"{"a":[{"b":1},{"b":x},{"b":2}]}"#, r#"{"a":[{"b":1}]}"#);
        check(r#"{"a":[{"b":1}],"c":x}"#, r#"{"a":[{"b":1}]}"#);
        assert_eq!(read(r#"{"a":[{"b":"#).unwrap().1, Some(11));
        assert!(read(&format!("{{\"a\":{}", "[".repeat(65))).is_err());
    }

    proptest! {
        #[test]
        fn written_values_are_read_back(text in "\\PC{0,20}", number: i32) {
            let value = serde_json::json!({"t": text, "n": [number, {"x": null}]});
            prop_assert_eq!(read(&value.to_string()).unwrap(), (value, None));
        }
    }
}
