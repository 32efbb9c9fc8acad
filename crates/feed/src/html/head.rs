//! The metadata of a page: language, title, links, meta elements and JSON-LD.

use html5gum::State;
use html5gum::emitters::callback::CallbackEvent;

use super::{one_line, tokenize};

/// The most elements of each kind that are read.
const MOST: usize = 500;
/// The longest attribute that is read, in bytes.
const LONGEST_VALUE: usize = 8 * 1024;
/// The most JSON-LD that is read, in bytes.
const MOST_DATA: usize = 2 * 1024 * 1024;

/// The metadata of a page.
#[derive(Debug, Default)]
pub struct Head {
    /// `<html lang>`.
    pub language: Option<String>,
    /// `<title>`, in one line.
    pub title: Option<String>,
    /// `<base href>`.
    pub base: Option<String>,
    /// `<link>` elements.
    pub links: Vec<Link>,
    /// `<meta>` elements: name, property or itemprop in lower case, and content.
    pub metas: Vec<Meta>,
    /// The contents of `<script type="application/ld+json">`.
    pub data: Vec<String>,
    /// The first `<time datetime>`.
    pub time: Option<String>,
}

/// A `<link>`.
#[derive(Debug, Default)]
pub struct Link {
    /// Its relations, in lower case.
    pub relation: String,
    /// Its media type, in lower case.
    pub media_type: String,
    /// The address, as written.
    pub href: String,
}

/// A `<meta>`.
#[derive(Debug)]
pub struct Meta {
    /// The name, in lower case.
    pub name: String,
    /// The content.
    pub content: String,
}

impl Head {
    /// The content of the first non-empty meta element with this name.
    pub fn meta(&self, name: &str) -> Option<&str> {
        // In RDFa, one element may have several names.
        let is_named = |meta: &&Meta| meta.name.split_ascii_whitespace().any(|one| one == name);
        let named = self.metas.iter().filter(is_named);
        named.map(|meta| meta.content.trim()).find(|content| !content.is_empty())
    }

    /// Whether a meta element with one of these names has the word in its content.
    pub fn has_meta(&self, names: &[&str], word: &str) -> bool {
        let mut named = self.metas.iter().filter(|meta| names.contains(&meta.name.as_str()));
        named.any(|meta| {
            let words = meta.content.split(|c: char| c == ',' || c.is_whitespace());
            words.into_iter().any(|found| found.eq_ignore_ascii_case(word))
        })
    }
}

/// Reads the metadata of a page, anywhere in the page.
#[must_use]
pub fn head_of(html: &str) -> Head {
    let mut reader = HeadReader::default();
    tokenize(html, State::Data, |event| reader.handle(&event));
    reader.head
}

/// The elements that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Element {
    Html,
    Title,
    Base,
    Link,
    Meta,
    Script,
    Time,
}

#[derive(Debug, Default)]
struct HeadReader {
    head: Head,
    open: Option<Element>,
    attribute: String,
    attributes: Vec<(String, String)>,
    /// The element whose content is being collected.
    inside: Option<Element>,
    content: String,
    data_bytes: usize,
}

impl HeadReader {
    fn handle(&mut self, event: &CallbackEvent<'_>) {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                self.open = element(name);
                self.attributes.clear();
                self.attribute.clear();
            }
            CallbackEvent::AttributeName { name } if self.open.is_some() => {
                self.attribute = String::from_utf8_lossy(name).into_owned();
            }
            CallbackEvent::AttributeValue { value }
                if self.open.is_some()
                    && self.attributes.len() < 20
                    && value.len() <= LONGEST_VALUE =>
            {
                let value = String::from_utf8_lossy(value).into_owned();
                self.attributes.push((std::mem::take(&mut self.attribute), value));
            }
            CallbackEvent::CloseStartTag { .. } => self.started(),
            CallbackEvent::String { value } if self.inside.is_some() => {
                self.content.push_str(&String::from_utf8_lossy(value));
            }
            CallbackEvent::EndTag { .. } => self.ended(),
            _ => {}
        }
    }

    fn value(&self, name: &str) -> Option<&str> {
        let named = self.attributes.iter().find(|(key, _)| key == name);
        named.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    fn lower(&self, name: &str) -> String {
        self.value(name).unwrap_or_default().to_ascii_lowercase()
    }

    fn started(&mut self) {
        let Some(open) = self.open.take() else {
            return;
        };
        match open {
            Element::Html => {
                if self.head.language.is_none() {
                    let language = self.value("lang").or_else(|| self.value("xml:lang"));
                    self.head.language = language.map(str::to_owned);
                }
            }
            Element::Base => {
                if self.head.base.is_none() {
                    self.head.base = self.value("href").map(str::to_owned);
                }
            }
            Element::Time => {
                if self.head.time.is_none() {
                    self.head.time = self.value("datetime").map(str::to_owned);
                }
            }
            Element::Link => self.link(),
            Element::Meta => self.meta(),
            Element::Title => self.inside = self.head.title.is_none().then_some(open),
            Element::Script => {
                let is_data = self.lower("type").starts_with("application/ld+json");
                self.inside = (is_data && self.head.data.len() < MOST).then_some(open);
            }
        }
    }

    fn link(&mut self) {
        if let Some(href) = self.value("href")
            && self.head.links.len() < MOST
        {
            let href = href.to_owned();
            let (relation, media_type) = (self.lower("rel"), self.lower("type"));
            self.head.links.push(Link { relation, media_type, href });
        }
    }

    fn meta(&mut self) {
        let name = ["name", "property", "itemprop", "http-equiv"];
        let name = name.iter().find_map(|name| self.value(name)).map(str::to_ascii_lowercase);
        if let Some(name) = name
            && let Some(content) = self.value("content")
            && self.head.metas.len() < MOST
        {
            let content = content.to_owned();
            self.head.metas.push(Meta { name, content });
        }
    }

    fn ended(&mut self) {
        let content = std::mem::take(&mut self.content);
        match self.inside.take() {
            Some(Element::Title) => self.head.title = Some(one_line(&content)),
            Some(Element::Script) if self.data_bytes + content.len() <= MOST_DATA => {
                self.data_bytes += content.len();
                self.head.data.push(content);
            }
            _ => {}
        }
    }
}

fn element(name: &[u8]) -> Option<Element> {
    match name {
        b"html" => Some(Element::Html),
        b"title" => Some(Element::Title),
        b"base" => Some(Element::Base),
        b"link" => Some(Element::Link),
        b"meta" => Some(Element::Meta),
        b"script" => Some(Element::Script),
        b"time" => Some(Element::Time),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_metadata_of_a_page() {
        let head = head_of(
            "<!doctype html><HTML lang=de-AT><head><title>Hafen &amp; Meer\n – Blatt</title>\
             <base href='/a/'><link rel='Alternate' TYPE='application/rss+xml' href=/feed>\
             <meta property='x:title og:title' content='Hafen'><meta name=Robots content='noindex, NoArchive'>\
             <script type='application/ld+json'>{\"a\":\"</p>\"}</script><script>var x</script>\
             <body><time datetime=2026-03-01></time><title>no</title>",
        );
        assert_eq!(head.language.as_deref(), Some("de-AT"));
        assert_eq!(head.title.as_deref(), Some("Hafen & Meer – Blatt"));
        assert_eq!(head.base.as_deref(), Some("/a/"));
        assert_eq!(head.links[0].relation, "alternate");
        assert_eq!(head.links[0].href, "/feed");
        assert_eq!(head.meta("og:title"), Some("Hafen"));
        assert_eq!(head.meta("x:title"), Some("Hafen"));
        assert!(head.has_meta(&["robots"], "noarchive") && !head.has_meta(&["robots"], "archive"));
        assert_eq!(head.data, ["{\"a\":\"</p>\"}"]);
        assert_eq!(head.time.as_deref(), Some("2026-03-01"));
    }
}
