//! What elements mean for an item.

use jiff::Timestamp;
use url::Url;
use wirefold_proto::{ItemSource, Media};

use super::element::Element;
use super::names::Space;
use crate::feed::{Item, MAX_AUTHORS, MAX_MEDIA, dates, language, resolve, some};
use crate::html;

/// A date was given that cannot be read.
#[derive(Debug)]
pub(super) struct BadDate;

/// An item in the making.
#[derive(Debug)]
pub(super) struct Draft {
    depth: usize,
    item: Item,
    /// The links found, by how much they are trusted.
    links: [Option<String>; LINKS],
    dates: [Option<Timestamp>; DATES],
    content: Option<String>,
    description: Option<String>,
    /// The author as podcasts name him, where nobody else does.
    other_author: Option<String>,
    other_title: Option<String>,
    source: ItemSource,
    /// What is said of the medium whose element is open.
    medium_title: Option<String>,
}

/// Links by trust: kept by a go-between, the item's own, any other alternate, the guid.
const LINKS: usize = 4;
/// Dates by trust: published, issued, changed.
const DATES: usize = 3;

impl Draft {
    /// The item whose element starts, under so many others.
    pub(super) fn new(element: &Element, depth: usize) -> Self {
        let about = element.attribute("rdf:about").map(str::to_owned);
        let item = Item {
            guid: about.clone(),
            language: element.own_language().cloned(),
            ..Item::default()
        };
        Self {
            depth,
            item,
            links: [None, None, None, about.filter(|about| about.starts_with("http"))],
            dates: [None; DATES],
            content: None,
            description: None,
            other_author: None,
            other_title: None,
            source: ItemSource { name: String::new(), url: None },
            medium_title: None,
        }
    }

    /// Under how many elements the item stands.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// Takes an element of the item that has ended.
    pub(super) fn take(
        &mut self,
        element: &Element,
        parent: Option<&Element>,
        base: &Url,
    ) -> Result<(), BadDate> {
        let parent = parent.map_or("", Element::local);
        let is_direct = matches!(parent, "item" | "entry");
        match element.space() {
            Space::Media => self.media(element, parent, base),
            Space::Plain | Space::Atom if parent == "source" => self.source(element, base),
            Space::Plain | Space::Atom if parent == "author" => self.person(element),
            Space::Plain | Space::Atom if is_direct => return self.own(element, base),
            Space::Dc if is_direct => return self.dublin(element),
            Space::Content if element.local() == "encoded" => {
                keep_longer(&mut self.content, element);
            }
            Space::Xhtml if matches!(element.local(), "body" | "div") => {
                keep_longer(&mut self.content, element);
            }
            Space::Itunes => match element.local() {
                "author" => self.other_author = element.line(),
                "summary" => keep_longer(&mut self.description, element),
                "title" => self.other_title = element.line(),
                _ => {}
            },
            Space::Original if element.local().starts_with("orig") => {
                self.link(0, element.raw(), base);
            }
            _ => {}
        }
        Ok(())
    }

    /// An element of RSS or Atom, right under the item.
    fn own(&mut self, element: &Element, base: &Url) -> Result<(), BadDate> {
        match element.local() {
            "title" => {
                if let Some(title) = element.line() {
                    self.item.title = title;
                }
            }
            "link" => self.links(element, base),
            "guid" | "id" => self.guid(element, base),
            "description" | "summary" => keep_longer(&mut self.description, element),
            "content" | "encoded" | "fulltext" => keep_longer(&mut self.content, element),
            "author" => self.author(element),
            "pubdate" | "published" => return self.date(0, element),
            "issued" | "created" | "date" => return self.date(1, element),
            "updated" | "modified" => return self.date(2, element),
            "enclosure" => self.enclosure(element, "url", base),
            "source" => {
                if let Some(name) = element.line() {
                    self.source.name = name;
                }
                if let Some(url) = element.attribute("url") {
                    self.source.url = resolve(base, url);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn dublin(&mut self, element: &Element) -> Result<(), BadDate> {
        match element.local() {
            "creator" => self.author(element),
            "date" | "issued" | "created" | "available" => return self.date(1, element),
            "modified" => return self.date(2, element),
            "title" => self.other_title = element.line(),
            "description" => keep_longer(&mut self.description, element),
            "language" => {
                self.item.language = language(element.raw()).or(self.item.language.take());
            }
            _ => {}
        }
        Ok(())
    }

    /// `<link>` with its address inside, as in RSS, or as an attribute, as in Atom.
    fn links(&mut self, element: &Element, base: &Url) {
        let Some(href) = element.attribute("href") else {
            return self.link(1, element.raw(), base);
        };
        match element.attribute("rel").unwrap_or("alternate").to_ascii_lowercase().as_str() {
            "alternate" => {
                let is_page = element.attribute("type").is_none_or(|kind| kind.contains("html"));
                self.link(if is_page { 1 } else { 2 }, href, base);
            }
            "enclosure" => self.enclosure(element, "href", base),
            _ => {}
        }
    }

    /// Keeps the first link of a kind.
    fn link(&mut self, trust: usize, href: &str, base: &Url) {
        if self.links[trust].is_none() && !href.is_empty() {
            self.links[trust] = resolve(base, href);
        }
    }

    fn guid(&mut self, element: &Element, base: &Url) {
        let guid = element.raw();
        if guid.is_empty() {
            return;
        }
        self.item.guid = Some(guid.to_owned());
        let is_link = element.local() == "guid"
            && guid.starts_with("http")
            && !element.attribute("ispermalink").is_some_and(|is| is.eq_ignore_ascii_case("false"));
        if is_link {
            self.link(3, guid, base);
        }
    }

    fn date(&mut self, trust: usize, element: &Element) -> Result<(), BadDate> {
        if element.raw().is_empty() {
            return Ok(());
        }
        let date = dates::parse(element.raw()).ok_or(BadDate)?;
        self.dates[trust].get_or_insert(date);
        Ok(())
    }

    /// `<author>` or `<dc:creator>` with the name inside: of `a@b.example (Name)` the name.
    fn author(&mut self, element: &Element) {
        let Some(line) = element.line() else {
            return;
        };
        let in_brackets = line.split_once('(').and_then(|(before, rest)| {
            let name = rest.split(')').next()?.trim();
            (before.contains('@') && !name.is_empty()).then(|| name.to_owned())
        });
        let before_address = line.split_once('<').map(|(before, _)| before.trim());
        let before_address = before_address.filter(|name| !name.is_empty()).map(str::to_owned);
        self.add_author(in_brackets.or(before_address).unwrap_or(line));
    }

    /// An element of a person in Atom.
    fn person(&mut self, element: &Element) {
        if element.local() == "name"
            && let Some(name) = element.line()
        {
            self.add_author(name);
        }
    }

    fn add_author(&mut self, name: String) {
        let authors = &mut self.item.authors;
        if authors.len() < MAX_AUTHORS && !authors.contains(&name) {
            authors.push(name);
        }
    }

    /// An element of the feed that the item was taken from, as Atom keeps it.
    fn source(&mut self, element: &Element, base: &Url) {
        match element.local() {
            "title" => self.source.name = element.line().unwrap_or_default(),
            "link" => {
                let href = element.attribute("href").unwrap_or(element.raw());
                if self.source.url.is_none() && !href.is_empty() {
                    self.source.url = resolve(base, href);
                }
            }
            _ => {}
        }
    }

    fn media(&mut self, element: &Element, parent: &str, base: &Url) {
        match element.local() {
            "title" | "description" if parent == "content" => {
                self.medium_title = element.line();
            }
            "title" if matches!(parent, "item" | "entry") => self.other_title = element.line(),
            "description"
                if self.description.is_none() && matches!(parent, "item" | "entry" | "group") =>
            {
                self.description = element.paragraphs();
            }
            "content" | "thumbnail" => self.enclosure(element, "url", base),
            _ => {}
        }
    }

    fn enclosure(&mut self, element: &Element, address: &str, base: &Url) {
        let title = self.medium_title.take();
        let Some(url) = element.attribute(address).and_then(|href| resolve(base, href)) else {
            return;
        };
        if self.item.media.len() >= MAX_MEDIA || self.item.media.iter().any(|m| m.url == url) {
            return;
        }
        let bytes = element.attribute("length").or_else(|| element.attribute("filesize"));
        self.item.media.push(Media {
            url,
            media_type: element.attribute("type").map(html::one_line),
            bytes: bytes.and_then(|bytes| bytes.parse().ok()).filter(|bytes| *bytes > 0),
            title: title.or_else(|| element.attribute("title").map(html::one_line)),
        });
    }

    /// The item, once its element has ended.
    pub(super) fn finish(self) -> Item {
        let Self { mut item, source, .. } = self;
        item.link = self.links.into_iter().flatten().next();
        item.published = self.dates.into_iter().flatten().next();
        if item.title.is_empty() {
            item.title = self.other_title.unwrap_or_default();
        }
        if item.authors.is_empty() {
            item.authors.extend(self.other_author);
        }
        let is_named = !source.name.is_empty() || source.url.is_some();
        item.source = is_named.then_some(source);
        item.guid = item.guid.and_then(some);
        item.take_texts(self.content, self.description);
        item
    }
}

/// Keeps the longer of two texts, since feeds repeat themselves with less.
fn keep_longer(kept: &mut Option<String>, element: &Element) {
    let length = kept.as_ref().map_or(0, String::len);
    if let Some(text) = element.paragraphs().filter(|text| text.len() > length) {
        *kept = Some(text);
    }
}
