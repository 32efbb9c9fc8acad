//! Atom 1.0 (RFC 4287) with its content as escaped HTML.

use super::element::Element;
use super::{Entry, Feed, html};

#[track_caller]
pub(super) fn parse(xml: &str) -> Feed {
    let root = Element::parse(xml);
    assert_eq!(root.name, "feed");
    assert_eq!(root.attribute("xmlns"), "http://www.w3.org/2005/Atom");
    let language = root.attribute("xml:lang");
    Feed {
        title: root.text_of("title"),
        own_url: link(&root, "self"),
        entries: root.all("entry").map(|found| entry(found, language)).collect(),
    }
}

#[track_caller]
fn link(element: &Element, relation: &str) -> String {
    let wanted = |link: &&Element| link.attribute("rel") == relation;
    let found = element.all("link").find(wanted);
    found.expect("a link of this kind").attribute("href").into()
}

#[track_caller]
fn entry(entry: &Element, language: &str) -> Entry {
    let date = entry.text_of("published");
    assert_eq!(entry.text_of("updated"), date);
    let content = entry.child("content").expect("content");
    assert_eq!(content.attribute("type"), "html");
    Entry {
        id: entry.text_of("id"),
        url: link(entry, "alternate"),
        title: entry.text_of("title"),
        author: entry.child("author").map(|author| author.text_of("name")),
        published: date.parse().unwrap_or_else(|error| panic!("{date}: {error}")),
        lang: entry.find_attribute("xml:lang").unwrap_or(language).into(),
        summary: entry.text_of("summary"),
        text: html::text_of(&content.text),
    }
}
