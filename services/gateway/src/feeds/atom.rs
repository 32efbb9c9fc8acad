//! Writes Atom (RFC 4287).

use jiff::Timestamp;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::content::{html, is_xml};
use super::document::{Document, Entry};

/// The result of writing. Writing to memory cannot fail, but quick-xml's functions may.
type Written = std::io::Result<()>;

/// The whole feed.
pub(super) fn write(document: &Document) -> std::io::Result<Vec<u8>> {
    let mut xml = Xml(Writer::new(Vec::new()));
    xml.0.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    xml.open("feed", &[("xmlns", "http://www.w3.org/2005/Atom")])?;
    xml.text("id", &document.id)?;
    xml.text("title", &document.title)?;
    xml.text("updated", &time(document.updated))?;
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
    xml.text("published", &time(entry.published))?;
    xml.text("updated", &time(entry.updated))?;
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
    xml.open("content", &[("type", "html")])?;
    xml.put(&html(entry))?;
    xml.close("content")?;
    xml.close("entry")
}

fn time(time: Timestamp) -> String {
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
