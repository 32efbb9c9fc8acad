//! RSS 2.0 with content:encoded, dc:creator and atom:link.

use jiff::fmt::rfc2822;

use super::element::Element;
use super::{Entry, Feed, html};

const NAMESPACES: [(&str, &str); 3] = [
    ("xmlns:atom", "http://www.w3.org/2005/Atom"),
    ("xmlns:content", "http://purl.org/rss/1.0/modules/content/"),
    ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
];

#[track_caller]
pub(super) fn parse(xml: &str) -> Feed {
    let root = Element::parse(xml);
    assert_eq!((root.name.as_str(), root.attribute("version")), ("rss", "2.0"));
    for (prefix, namespace) in NAMESPACES {
        assert_eq!(root.attribute(prefix), namespace);
    }
    let channel = root.child("channel").expect("RSS has a channel");
    let own_link = channel.child("atom:link").expect("a link to itself");
    assert_eq!(own_link.attribute("rel"), "self");
    let language = channel.text_of("language");
    Feed {
        title: channel.text_of("title"),
        own_url: own_link.attribute("href").into(),
        entries: channel.all("item").map(|item| entry(item, &language)).collect(),
    }
}

#[track_caller]
fn entry(item: &Element, language: &str) -> Entry {
    let date = item.text_of("pubDate");
    let published = rfc2822::parse(&date).unwrap_or_else(|error| panic!("{date}: {error}"));
    let own_language = item.child("dc:language").map(|child| child.text.as_str());
    Entry {
        id: item.text_of("guid"),
        url: item.text_of("link"),
        title: item.text_of("title"),
        author: item.child("dc:creator").map(|child| child.text.clone()),
        published: published.timestamp(),
        lang: own_language.unwrap_or(language).into(),
        summary: item.text_of("description"),
        text: html::text_of(&item.text_of("content:encoded")),
    }
}
