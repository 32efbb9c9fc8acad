//! The names and the meaning of elements. One table serves all formats, because feeds mix them.

use crate::document::Format;
use crate::limits::MAX_SPACES;

/// The kind of a date of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Published,
    Created,
    Updated,
    Expired,
}

/// The meaning of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The outermost element of a feed.
    Root(Format),
    Channel,
    Entry,
    Source,
    /// A part that is not read, with elements like those of its record: an image, a search field, another person.
    Unread,
    /// A text whose elements are markup, by its name and its usual markup.
    Text(&'static str, Usually),
    /// A description or summary. The second of them counts as the full text.
    Short(Usually),
    Full(Usually),
    Id,
    Link,
    /// The original of a link that a redirecting service replaced.
    TrueLink,
    Date(When),
    Person,
    PersonName,
    PersonMail,
    PersonPage,
    Category,
    Keywords,
    Enclosure,
    /// The language of everything after it.
    Language,
    Hour,
    Day,
    Medium,
    MediumTitle,
    /// Groups other elements and has no meaning itself.
    Group,
    Other,
}

/// The markup of a text without a declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Usually {
    Plain,
    Html,
    Xhtml,
}

/// The meaning of an element, given its parent.
pub(super) fn meaning(name: &Name, parent: Option<&Name>) -> Meaning {
    let local = name.local.as_str();
    match &name.space {
        Space::Plain | Space::Atom => core(local, parent),
        Space::Known("dc") => dublin(local),
        Space::Known("content") => match local {
            "encoded" => Meaning::Full(Usually::Html),
            _ => Meaning::Other,
        },
        Space::Known("xhtml") => match local {
            "body" | "div" => Meaning::Full(Usually::Xhtml),
            _ => Meaning::Other,
        },
        Space::Known("rdf") if local == "rdf" => Meaning::Root(Format("rss10")),
        Space::Known("rdf") => Meaning::Group,
        Space::Known("media") => media(local, parent),
        Space::Known("itunes") => itunes(local),
        Space::Known("feedburner" | "pheedo") if local.starts_with("orig") => Meaning::TrueLink,
        Space::Known("feedburner") if local == "browserfriendly" => {
            Meaning::Text("info", Usually::Plain)
        }
        Space::Known("news") => news(local),
        Space::Known("image") => match local {
            "loc" => Meaning::Medium,
            "image" => Meaning::Group,
            _ => Meaning::Other,
        },
        _ => Meaning::Other,
    }
}

fn core(local: &str, parent: Option<&Name>) -> Meaning {
    let is_inside = |names: &[&str]| {
        parent.is_some_and(|parent| parent.is_core() && names.contains(&parent.local.as_str()))
    };
    match local {
        "rss" => Meaning::Root(Format("rss")),
        "rdf" => Meaning::Root(Format("rss10")),
        "feed" => Meaning::Root(Format("atom")),
        "urlset" => Meaning::Root(Format::SITEMAP),
        "sitemapindex" => Meaning::Root(Format::SITEMAP_INDEX),
        "channel" => Meaning::Channel,
        "item" | "entry" => Meaning::Entry,
        "url" if is_inside(&["urlset"]) => Meaning::Entry,
        "sitemap" if is_inside(&["sitemapindex"]) => Meaning::Entry,
        "source" => Meaning::Source,
        "image" | "textinput" | "contributor" | "webmaster" => Meaning::Unread,
        "title" => Meaning::Text("title", Usually::Plain),
        "subtitle" | "tagline" => Meaning::Text("subtitle", Usually::Plain),
        "rights" | "copyright" => Meaning::Text("rights", Usually::Plain),
        "info" => Meaning::Text("info", Usually::Plain),
        "description" => Meaning::Short(Usually::Html),
        "summary" | "abstract" => Meaning::Short(Usually::Plain),
        "content" => Meaning::Full(Usually::Plain),
        "encoded" | "fullitem" | "fulltext" => Meaning::Full(Usually::Html),
        "body" => Meaning::Full(Usually::Xhtml),
        "guid" | "id" => Meaning::Id,
        "link" | "loc" => Meaning::Link,
        "pubdate" | "published" | "issued" => Meaning::Date(When::Published),
        "created" => Meaning::Date(When::Created),
        "updated" | "modified" | "lastbuilddate" | "lastmod" | "date" => {
            Meaning::Date(When::Updated)
        }
        "expirationdate" => Meaning::Date(When::Expired),
        "author" | "managingeditor" => Meaning::Person,
        "name" => Meaning::PersonName,
        "email" => Meaning::PersonMail,
        "uri" | "homepage" | "url" => Meaning::PersonPage,
        "category" | "keywords" => Meaning::Category,
        "tags" => Meaning::Keywords,
        "enclosure" => Meaning::Enclosure,
        "language" => Meaning::Language,
        "hour" if is_inside(&["skiphours"]) => Meaning::Hour,
        "day" if is_inside(&["skipdays"]) => Meaning::Day,
        "skiphours" | "skipdays" => Meaning::Group,
        _ => Meaning::Other,
    }
}

fn dublin(local: &str) -> Meaning {
    match local {
        "creator" | "author" => Meaning::Person,
        "contributor" | "publisher" => Meaning::Unread,
        "title" => Meaning::Text("title", Usually::Plain),
        "description" => Meaning::Short(Usually::Html),
        "rights" => Meaning::Text("rights", Usually::Plain),
        "subject" => Meaning::Category,
        "language" => Meaning::Language,
        "issued" | "available" => Meaning::Date(When::Published),
        "created" => Meaning::Date(When::Created),
        "date" | "modified" => Meaning::Date(When::Updated),
        _ => Meaning::Other,
    }
}

fn media(local: &str, parent: Option<&Name>) -> Meaning {
    let is_of_medium = parent
        .is_some_and(|parent| parent.space == Space::Known("media") && parent.local == "content");
    match local {
        "content" | "thumbnail" | "player" => Meaning::Medium,
        "title" | "description" if is_of_medium => Meaning::MediumTitle,
        "title" => Meaning::Text("title", Usually::Plain),
        "description" => Meaning::Text("media_description", Usually::Html),
        "keywords" => Meaning::Keywords,
        "category" => Meaning::Category,
        "group" => Meaning::Group,
        _ => Meaning::Other,
    }
}

fn itunes(local: &str) -> Meaning {
    match local {
        "author" => Meaning::Person,
        "owner" | "image" | "link" => Meaning::Unread,
        "name" => Meaning::PersonName,
        "email" => Meaning::PersonMail,
        "subtitle" => Meaning::Text("subtitle", Usually::Plain),
        "summary" => Meaning::Short(Usually::Plain),
        "keywords" => Meaning::Keywords,
        "category" => Meaning::Category,
        _ => Meaning::Other,
    }
}

/// The vocabulary of Google's news sitemaps.
fn news(local: &str) -> Meaning {
    match local {
        "news" => Meaning::Group,
        "title" => Meaning::Text("title", Usually::Plain),
        "publication_date" => Meaning::Date(When::Published),
        "publication" => Meaning::Source,
        "name" => Meaning::Text("title", Usually::Plain),
        "language" => Meaning::Language,
        "keywords" => Meaning::Keywords,
        _ => Meaning::Other,
    }
}

impl Meaning {
    /// Whether elements inside are markup of its text.
    pub(super) fn takes_markup(self) -> bool {
        matches!(self, Self::Text(..) | Self::Short(_) | Self::Full(_))
    }
}

/// The vocabularies that feeds use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Space {
    /// RSS, RDF's items, sitemaps, and all elements without a prefix.
    Plain,
    /// Atom.
    Atom,
    /// A known one, by its usual prefix.
    Known(&'static str),
    /// Another one, by its prefix in this feed.
    Other(String),
}

/// Known vocabularies, by a part of their address, with their usual prefix.
const KNOWN: &[(&str, &str)] = &[
    ("purl.org/dc/", "dc"),
    ("modules/dc", "dc"),
    ("modules/content", "content"),
    ("search.yahoo.com/mrss", "media"),
    ("itunes.com/dtds", "itunes"),
    ("w3.org/1999/xhtml", "xhtml"),
    ("22-rdf-syntax-ns", "rdf"),
    ("modules/syndication", "sy"),
    ("feedburner", "feedburner"),
    ("pheedo", "pheedo"),
    ("schemas/sitemap-news", "news"),
    ("schemas/sitemap-image", "image"),
    ("georss.org/georss", "georss"),
    ("opengis.net/gml", "gml"),
    ("w3.org/2003/01/geo", "geo"),
    ("modules/slash", "slash"),
    ("wellformedweb.org/commentapi", "wfw"),
    ("purl.org/syndication/thread", "thr"),
    ("creativecommonsrssmodule", "creativecommons"),
    ("web.resource.org/cc", "cc"),
    ("webns.net/mvcb", "admin"),
];

/// Prefixes that many feeds do not declare.
const BY_PREFIX: &[&str] = &[
    "dc", "content", "media", "itunes", "xhtml", "rdf", "sy", "feedburner", "pheedo", "news",
    "image", "georss", "gml", "geo", "slash", "wfw", "thr",
];

/// A name: its vocabulary and its last part, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) space: Space,
    pub(super) local: String,
}

impl Name {
    /// Whether it belongs to the format of the feed itself.
    pub(super) fn is_core(&self) -> bool {
        matches!(self.space, Space::Plain | Space::Atom)
    }

    /// The usual prefix of its vocabulary. Empty for the format of the feed.
    pub(super) fn prefix(&self) -> &str {
        match &self.space {
            Space::Plain | Space::Atom => "",
            Space::Known(prefix) => prefix,
            Space::Other(prefix) => prefix,
        }
    }

    /// Prefix and last part in one word, as in `dc_relation`.
    pub(super) fn joined(&self) -> String {
        match self.prefix() {
            "" => self.local.clone(),
            prefix => format!("{prefix}_{}", self.local),
        }
    }
}

/// The namespace declarations in force.
#[derive(Debug, Default)]
pub(super) struct Names {
    declared: Vec<(String, Space)>,
    /// The addresses that the root declares.
    root_addresses: Vec<String>,
}

impl Names {
    /// Adds the declarations among an element's attributes. Returns the index of the first.
    pub(super) fn declare(&mut self, attributes: &[(String, String)]) -> usize {
        let mark = self.declared.len();
        for (key, value) in attributes {
            let prefix = match key.as_str() {
                "xmlns" => "",
                key => match key.strip_prefix("xmlns:") {
                    Some(prefix) => prefix,
                    None => continue,
                },
            };
            if mark == 0 && self.root_addresses.len() < MAX_SPACES {
                self.root_addresses.push(value.trim().to_ascii_lowercase());
            }
            if self.declared.len() < MAX_SPACES {
                self.declared.push((prefix.to_owned(), of_address(value, prefix)));
            }
        }
        mark
    }

    /// Removes the declarations of an element that ended.
    pub(super) fn forget(&mut self, mark: usize) {
        self.declared.truncate(mark);
    }

    /// Resolves the written name of an element.
    pub(super) fn name(&self, written: &str) -> Name {
        let (prefix, local) = written.rsplit_once(':').unwrap_or(("", written));
        let prefix = prefix.to_ascii_lowercase();
        let declared = self.declared.iter().rev().find(|(name, _)| *name == prefix);
        // Many feeds do not declare usual prefixes.
        let space = declared.map_or_else(|| of_prefix(&prefix), |(_, space)| space.clone());
        Name { space, local: local.to_ascii_lowercase() }
    }

    /// Whether the root declares a vocabulary with `part` in its address.
    pub(super) fn root_declares(&self, part: &str) -> bool {
        self.root_addresses.iter().any(|address| address.contains(part))
    }

    /// Whether a name has an undeclared prefix.
    pub(super) fn is_undeclared(&self, written: &str) -> bool {
        let Some((prefix, _)) = written.rsplit_once(':') else {
            return false;
        };
        let is_known = |(known, _): &(String, Space)| known.eq_ignore_ascii_case(prefix);
        !prefix.eq_ignore_ascii_case("xml") && !self.declared.iter().any(is_known)
    }
}

fn of_address(address: &str, prefix: &str) -> Space {
    let address = address.trim().to_ascii_lowercase();
    let has = |part: &str| address.contains(part);
    if has("w3.org/2005/atom") || has("purl.org/atom/ns") {
        return Space::Atom;
    }
    let is_plain = prefix.is_empty() || has("purl.org/rss/1.0/modules/rss091");
    if let Some((_, known)) = KNOWN.iter().find(|(part, _)| has(part)) {
        return Space::Known(known);
    }
    let is_core = (has("purl.org/rss") && !has("/modules/"))
        || has("netscape.com/rdf")
        || has("backend.userland.com/rss")
        || has("blogs.law.harvard.edu/tech/rss")
        || has("schemas/sitemap")
        || has("purl.org/pie")
        || has("purl.org/echo")
        || has("newformat#")
        || has("necho");
    if is_plain || is_core { Space::Plain } else { of_prefix(prefix) }
}

fn of_prefix(prefix: &str) -> Space {
    match prefix {
        "" | "rss" => Space::Plain,
        "atom" | "atom10" | "a10" => Space::Atom,
        "dcterms" => Space::Known("dc"),
        prefix => match BY_PREFIX.iter().find(|known| **known == prefix) {
            Some(known) => Space::Known(known),
            None => Space::Other(prefix.to_owned()),
        },
    }
}
