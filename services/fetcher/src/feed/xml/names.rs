//! Names of elements with the vocabulary that they belong to.

/// The most namespace declarations that are kept at a time.
const MAX_SPACES: usize = 128;

/// The vocabularies that feeds use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// RSS and RDF's items, and whatever has no prefix.
    Plain,
    /// Atom.
    Atom,
    /// Dublin Core.
    Dc,
    /// RSS's content module.
    Content,
    /// Media RSS.
    Media,
    /// Podcasts.
    Itunes,
    /// XHTML.
    Xhtml,
    /// RDF itself.
    Rdf,
    /// RSS's syndication module.
    Syndication,
    /// FeedBurner and Pheedo, which keep the true link.
    Original,
    /// Anything else.
    Other,
}

/// A name: its vocabulary and its last part, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) space: Space,
    pub(super) local: String,
}

/// The namespace declarations in force.
#[derive(Debug, Default)]
pub(super) struct Names {
    declared: Vec<(String, Space)>,
}

impl Names {
    /// Takes the declarations among an element's attributes; gives where they began.
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
            if self.declared.len() < MAX_SPACES {
                self.declared.push((prefix.to_owned(), of_address(value, prefix)));
            }
        }
        mark
    }

    /// Forgets the declarations of an element that ended.
    pub(super) fn forget(&mut self, mark: usize) {
        self.declared.truncate(mark);
    }

    /// The name of an element as it is written.
    pub(super) fn name(&self, written: &str) -> Name {
        let (prefix, local) = written.rsplit_once(':').unwrap_or(("", written));
        let prefix = prefix.to_ascii_lowercase();
        let declared = self.declared.iter().rev().find(|(known, _)| *known == prefix);
        // Many forget to declare what everybody uses.
        let space = declared.map_or_else(|| of_prefix(&prefix), |(_, space)| *space);
        Name { space, local: local.to_ascii_lowercase() }
    }
}

fn of_address(address: &str, prefix: &str) -> Space {
    let address = address.trim().to_ascii_lowercase();
    let has = |part: &str| address.contains(part);
    if has("w3.org/2005/atom") || has("purl.org/atom/ns") {
        Space::Atom
    } else if has("purl.org/dc/") {
        Space::Dc
    } else if has("modules/content") {
        Space::Content
    } else if has("search.yahoo.com/mrss") {
        Space::Media
    } else if has("itunes.com/dtds") {
        Space::Itunes
    } else if has("w3.org/1999/xhtml") {
        Space::Xhtml
    } else if has("22-rdf-syntax-ns") {
        Space::Rdf
    } else if has("modules/syndication") {
        Space::Syndication
    } else if has("feedburner") || has("pheedo") {
        Space::Original
    } else if prefix.is_empty() || has("purl.org/rss") || has("netscape.com/rdf") {
        Space::Plain
    } else {
        Space::Other
    }
}

fn of_prefix(prefix: &str) -> Space {
    match prefix {
        "" | "rss" => Space::Plain,
        "atom" | "atom10" | "a10" => Space::Atom,
        "dc" | "dcterms" => Space::Dc,
        "content" => Space::Content,
        "media" => Space::Media,
        "itunes" => Space::Itunes,
        "xhtml" => Space::Xhtml,
        "rdf" => Space::Rdf,
        "sy" => Space::Syndication,
        "feedburner" | "pheedo" => Space::Original,
        _ => Space::Other,
    }
}
