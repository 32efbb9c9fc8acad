//! Names of elements with their vocabulary (namespace).

use crate::limits::MAX_SPACES;

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
