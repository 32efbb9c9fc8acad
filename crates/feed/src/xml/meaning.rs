//! The meaning of elements. One table serves all formats, because feeds mix them.

use super::names::{Name, Space};
use crate::document::Format;

/// The role of a person in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Author,
    Contributor,
    Publisher,
}

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
    Image,
    TextInput,
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
    Person(Part),
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
    Place(&'static str),
    Coordinates,
    /// A value that is an address.
    Address,
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
        Space::Known("rdf") if local == "rdf" => Meaning::Root(Format::Rss10),
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
        Space::Known("georss" | "gml") => geo_meaning(local),
        Space::Known("wfw") => Meaning::Address,
        _ => Meaning::Other,
    }
}

fn core(local: &str, parent: Option<&Name>) -> Meaning {
    let is_inside = |names: &[&str]| {
        parent.is_some_and(|parent| parent.is_core() && names.contains(&parent.local.as_str()))
    };
    match local {
        "rss" => Meaning::Root(Format::Rss),
        "rdf" => Meaning::Root(Format::Rss10),
        "feed" => Meaning::Root(Format::Atom),
        "urlset" => Meaning::Root(Format::Sitemap),
        "sitemapindex" => Meaning::Root(Format::SitemapIndex),
        "channel" => Meaning::Channel,
        "item" | "entry" => Meaning::Entry,
        "url" if is_inside(&["urlset"]) => Meaning::Entry,
        "sitemap" if is_inside(&["sitemapindex"]) => Meaning::Entry,
        "source" => Meaning::Source,
        "image" => Meaning::Image,
        "textinput" => Meaning::TextInput,
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
        "author" | "managingeditor" => Meaning::Person(Part::Author),
        "contributor" => Meaning::Person(Part::Contributor),
        "webmaster" => Meaning::Person(Part::Publisher),
        "name" => Meaning::PersonName,
        "email" => Meaning::PersonMail,
        "uri" | "homepage" | "url" => Meaning::PersonPage,
        "category" => Meaning::Category,
        "keywords" => Meaning::Category,
        "tags" => Meaning::Keywords,
        "enclosure" => Meaning::Enclosure,
        "language" => Meaning::Language,
        "hour" if is_inside(&["skiphours"]) => Meaning::Hour,
        "day" if is_inside(&["skipdays"]) => Meaning::Day,
        "skiphours" | "skipdays" => Meaning::Group,
        "docs" | "comments" | "icon" | "logo" => Meaning::Address,
        _ => Meaning::Other,
    }
}

fn dublin(local: &str) -> Meaning {
    match local {
        "creator" | "author" => Meaning::Person(Part::Author),
        "contributor" => Meaning::Person(Part::Contributor),
        "publisher" => Meaning::Person(Part::Publisher),
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
        "author" => Meaning::Person(Part::Author),
        "owner" => Meaning::Person(Part::Publisher),
        "name" => Meaning::PersonName,
        "email" => Meaning::PersonMail,
        "subtitle" => Meaning::Text("subtitle", Usually::Plain),
        "summary" => Meaning::Short(Usually::Plain),
        "keywords" => Meaning::Keywords,
        "category" => Meaning::Category,
        "image" | "link" => Meaning::Image,
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

fn geo_meaning(local: &str) -> Meaning {
    match local {
        "point" => Meaning::Place("Point"),
        "line" | "linestring" => Meaning::Place("LineString"),
        "polygon" => Meaning::Place("Polygon"),
        "box" | "envelope" => Meaning::Place("Box"),
        "pos" | "poslist" => Meaning::Coordinates,
        "where" | "exterior" | "linearring" => Meaning::Group,
        _ => Meaning::Other,
    }
}

impl Meaning {
    /// Whether elements inside are markup of its text.
    pub(super) fn takes_markup(self) -> bool {
        matches!(self, Self::Text(..) | Self::Short(_) | Self::Full(_))
    }
}
