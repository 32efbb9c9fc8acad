//! Reads RSS, RDF, Atom and sitemaps from events, without a tree of the document.

mod builder;
mod element;
mod meaning;
mod text;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::FeedError;
use crate::document::{Attributes, Break, Document, Format};
use crate::limits::{LONGEST_DOCUMENT_TYPE, MAX_ATTRIBUTES, MAX_DEPTH};
use builder::Builder;
use element::{Element, escaped};
use meaning::{Meaning, Names, Space, meaning};
use text::Defined;

pub use text::decoded_twice;

/// Elements of HTML without an end tag.
const VOID: &[&str] =
    &["area", "br", "col", "embed", "hr", "img", "input", "link", "source", "wbr"];
/// HTML elements in which servers write warnings.
const WARNINGS: &[&str] = &[
    "a", "b", "br", "center", "code", "div", "em", "font", "h1", "h2", "hr", "i", "p", "pre",
    "script", "small", "span", "strong", "style", "table", "tbody", "td", "th", "tr", "u", "ul",
];
/// A document begins within this many bytes after such a warning.
const LONGEST_JUNK: usize = 64 * 1024;
/// Elements of HTML that end where the next of their kind begins.
const ENDED_BY_NEXT: &[&str] = &["dd", "dt", "li", "option", "p", "td", "th", "tr"];

/// Parses a text that is neither JSON nor an HTML page.
pub(super) fn parse(text: &str, base: &str) -> Result<Document, FeedError> {
    let Some(start) = beginning(text) else {
        return Err(FeedError::not("plain text"));
    };
    let (repaired, is_repaired) = text::escape_strays(&text[start..]);
    let mut reader = Reader::from_str(&repaired);
    let config = reader.config_mut();
    config.allow_dangling_amp = true;
    config.allow_unmatched_ends = true;
    config.check_end_names = false;
    let mut parsing = Parsing {
        names: Names::default(),
        open: Vec::new(),
        builder: Builder::new(base),
        document_type: String::new(),
        defined: Defined::default(),
        first_error: None,
    };
    if start > 0 || is_repaired {
        parsing.builder.mark_unsound();
    }
    let ending = loop {
        if parsing.builder.is_full() {
            break Ending::Full;
        }
        match reader.read_event() {
            // Entries without a feed: more of them may follow.
            Ok(Event::Eof) if parsing.open.is_empty() && parsing.builder.has_root() => {
                break Ending::Whole;
            }
            Ok(Event::Eof) => break Ending::Early("the document is cut off".to_owned()),
            Ok(event) => {
                if let Some(ending) = parsing.handle(event)? {
                    break ending;
                }
            }
            Err(error) => break Ending::Early(error.to_string()),
        }
    };
    let at_byte = start + usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
    if let Ending::Page = ending {
        return Err(crate::not_a_feed(text, base));
    }
    parsing.finish(ending, at_byte)
}

/// The start of the document. Junk before it, such as the warnings of a broken server, is skipped,
/// even if it is HTML.
fn beginning(text: &str) -> Option<usize> {
    let first = text.find('<')?;
    let is_html = |tag: &&str| {
        let rest = text.get(first + 1..first + 1 + tag.len());
        let end = text.as_bytes().get(first + 1 + tag.len());
        rest.is_some_and(|rest| rest.eq_ignore_ascii_case(tag))
            && end.is_some_and(|end| !end.is_ascii_alphanumeric() && *end != b':')
    };
    if !WARNINGS.iter().any(is_html) {
        return Some(first);
    }
    let junk = &text[first..text.floor_char_boundary(first + LONGEST_JUNK)];
    let roots = ["<?xml", "<!DOCTYPE rss", "<rss", "<feed", "<atom:feed", "<rdf:RDF", "<channel"];
    let roots = roots.iter().chain(&["<urlset", "<sitemapindex", "<entry", "<item"]);
    let begins = roots.filter_map(|root| junk.find(root)).min();
    Some(first + begins.unwrap_or(0))
}

/// The way in which the reading ended.
enum Ending {
    /// With the end of the root element.
    Whole,
    /// A limit was exceeded.
    Full,
    /// Before the end.
    Early(String),
    /// At the start: it is an HTML page after some junk.
    Page,
}

struct Parsing {
    names: Names,
    open: Vec<Element>,
    builder: Builder,
    document_type: String,
    defined: Defined,
    /// The error for the first element, in case it was not a warning.
    first_error: Option<FeedError>,
}

/// Whether servers write warnings in an element.
fn is_warning(element: &Element) -> bool {
    element.name().is_core() && WARNINGS.contains(&element.name().local.as_str())
}

impl Parsing {
    /// Handles an event. Returns the ending if the document ends with it.
    fn handle(&mut self, event: Event<'_>) -> Result<Option<Ending>, FeedError> {
        match event {
            Event::Start(start) => return self.start(&start, false),
            Event::Empty(start) => return self.start(&start, true),
            Event::End(end) => {
                self.end_element(&end);
                let is_over = self.open.is_empty() && self.builder.is_root_over();
                return Ok(is_over.then_some(Ending::Whole));
            }
            Event::Text(text) => {
                // References are events of their own, so this `&` is not one.
                if text.contains('&') {
                    self.builder.mark_unsound();
                }
                self.text(&text);
            }
            Event::CData(text) => self.text(&text),
            Event::GeneralRef(name) => self.reference(&name),
            Event::DocType(document_type) => {
                self.defined = Defined::of(&document_type);
                // It is searched for every unknown entity.
                let start = document_type.floor_char_boundary(LONGEST_DOCUMENT_TYPE);
                self.document_type = document_type[..start].to_lowercase();
            }
            // Declarations and instructions are skipped.
            _ => {}
        }
        Ok(None)
    }

    fn start(
        &mut self,
        start: &BytesStart<'_>,
        is_empty: bool,
    ) -> Result<Option<Ending>, FeedError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(FeedError::TooDeep);
        }
        let written = start.name();
        let written: &str = written.as_ref();
        let attributes = attributes_of(start);
        if self.open.last().is_some_and(Element::takes_markup) {
            self.open_markup(written, &attributes, is_empty);
            return Ok(None);
        }
        let attributes: Attributes =
            attributes.into_iter().map(|(key, value)| (key.to_ascii_lowercase(), value)).collect();
        let mark = self.names.declare(&attributes);
        let name = self.names.name(written);
        if self.names.is_undeclared(written) {
            self.builder.mark_unsound();
        }
        let parent = self.open.last();
        let attributes = self.with_known_prefixes(attributes);
        let outer = parent.map_or_else(|| self.builder.inherited(), Element::inherited);
        let meaning = meaning(&name, parent.map(Element::name));
        let element = Element::new(written, name, meaning, attributes, mark, outer);
        if !self.builder.has_root() {
            if element.name().local == "html" {
                return Ok(Some(Ending::Page));
            }
            let format = match self.format_of(&element) {
                Ok(format) => format,
                // A warning after the declaration. The feed may still follow.
                Err(error) if is_warning(&element) => {
                    self.names.forget(element.mark());
                    self.builder.mark_unsound();
                    self.first_error.get_or_insert(error);
                    return Ok(None);
                }
                Err(error) => return Err(error),
            };
            self.builder.open_root(format, &element);
        }
        self.builder.open(&element, &self.open);
        self.open.push(element);
        if is_empty {
            self.close();
        }
        let is_over = is_empty && self.open.is_empty() && self.builder.is_root_over();
        Ok(is_over.then_some(Ending::Whole))
    }

    /// Replaces the prefixes of known vocabularies in attributes by the usual ones.
    fn with_known_prefixes(&self, mut attributes: Attributes) -> Attributes {
        for (key, _) in &mut attributes {
            if let Some((prefix, local)) = key.split_once(':')
                && !matches!(prefix, "xml" | "xmlns")
                && let Space::Known(known) = self.names.name(key).space
                && known != prefix
            {
                *key = format!("{known}:{local}");
            }
        }
        attributes
    }

    /// The format of a root element.
    fn format_of(&self, root: &Element) -> Result<Format, FeedError> {
        let attribute = |name: &str| root.attribute(name).unwrap_or_default();
        let declares = |address: &str| self.names.root_declares(address);
        Ok(Format(match root.meaning() {
            Meaning::Root(Format("rss")) => match attribute("version") {
                "0.91" if self.document_type.contains("netscape") => "rss091n",
                "0.91" => "rss091u",
                "0.92" => "rss092",
                "0.93" => "rss093",
                "0.94" => "rss094",
                version if version.starts_with("2.") || version == "2" => "rss20",
                _ => "rss",
            },
            Meaning::Root(Format("rss10")) if declares("netscape.com/rdf/simple/0.9") => "rss090",
            Meaning::Root(Format("atom")) => match attribute("version") {
                "0.1" => "atom01",
                "0.2" => "atom02",
                "0.3" => "atom03",
                _ if declares("w3.org/2005/atom") => "atom10",
                _ => "atom",
            },
            Meaning::Root(Format(name)) => name,
            Meaning::Channel if root.attribute("href").is_some() => "cdf",
            Meaning::Channel => "rss",
            // Without a feed around it: RFC 4287, section 2, allows an entry alone.
            Meaning::Entry if root.name().local == "entry" => "atom10",
            Meaning::Entry if root.name().local == "item" => "rss",
            _ if root.name().local == "opml" => {
                return Err(FeedError::not("an OPML list of feeds"));
            }
            _ => {
                let name: String = root.name().local.chars().take(40).collect();
                if name.contains(|c: char| !c.is_ascii() && !c.is_alphanumeric()) {
                    return Err(FeedError::not("binary data"));
                }
                return Err(FeedError::not(&format!("an XML document of <{name}>")));
            }
        }))
    }

    /// Opens markup inside a text. Unescaped HTML in a feed may lack end tags: some elements have
    /// none, and others end where the next of their kind begins.
    fn open_markup(&mut self, written: &str, attributes: &Attributes, is_empty: bool) {
        let Some(inner) = self.open.last().map(|parent| parent.inside(written)) else {
            return;
        };
        let local = inner.name().local.clone();
        let is_next = self.open.last().is_some_and(|open| {
            open.is_markup()
                && open.name().local == local
                && ENDED_BY_NEXT.contains(&local.as_str())
        });
        if is_next {
            self.close();
        }
        let mut tag = format!("<{local}");
        let own = attributes.iter().filter(|(key, _)| !key.starts_with("xmlns"));
        for (key, value) in own {
            tag.push_str(&format!(" {key}=\"{}\"", escaped(value).replace('"', "&quot;")));
        }
        let is_void = VOID.contains(&local.as_str());
        tag.push_str(if is_void { " />" } else { ">" });
        self.markup_of(&tag);
        if is_void {
            return;
        }
        if is_empty {
            self.markup_of(&format!("</{local}>"));
        } else {
            self.open.push(inner);
        }
    }

    /// Closes the innermost open element of this name, and the unclosed ones inside it.
    fn end_element(&mut self, name: &str) {
        let name = name.trim();
        let Some(at) = self.open.iter().rposition(|open| open.is_written(name)) else {
            self.builder.mark_unsound();
            return;
        };
        if at + 1 < self.open.len() {
            self.builder.mark_unsound();
        }
        while self.open.len() > at {
            self.close();
        }
    }

    fn close(&mut self) {
        let Some(element) = self.open.pop() else {
            return;
        };
        if element.is_markup() {
            self.markup_of(&format!("</{}>", element.name().local));
            return;
        }
        self.names.forget(element.mark());
        self.builder.close(&element, &mut self.open);
    }

    fn text(&mut self, text: &str) {
        if let Some(holder) = self.text_holder() {
            match text.contains('\r') {
                true => holder.add_text(&text.replace("\r\n", "\n").replace('\r', "\n")),
                false => holder.add_text(text),
            }
        }
    }

    /// Adds an entity or character reference. An unknown one stays as written.
    fn reference(&mut self, name: &str) {
        if let Some(meaning) = self.defined.meaning(name).map(str::to_owned) {
            return self.text(&meaning);
        }
        if !text::is_of_xml(name) && !self.document_type.contains(&name.to_lowercase()) {
            self.builder.mark_unsound();
        }
        match text::meaning(name) {
            Some(character) => self.text(&character),
            None => self.text(&format!("&{name};")),
        }
    }

    fn markup_of(&mut self, tag: &str) {
        if let Some(holder) = self.text_holder() {
            holder.add_markup(tag);
        }
    }

    /// The element that texts belong to: the innermost one that is not markup.
    fn text_holder(&mut self) -> Option<&mut Element> {
        self.open.iter_mut().rev().find(|open| !open.is_markup())
    }

    fn finish(mut self, ending: Ending, at_byte: usize) -> Result<Document, FeedError> {
        if let Ending::Early(why) = &ending
            && !self.builder.has_root()
        {
            if let Some(first_error) = self.first_error {
                return Err(first_error);
            }
            return Err(FeedError::Broken { at_byte, why: why.clone() });
        }
        if let Ending::Early(_) = ending {
            self.builder.mark_cut();
            while !self.open.is_empty() {
                self.close();
            }
        }
        let mut document = self.builder.finish();
        if let Ending::Early(why) = ending {
            document.broken = Some(Break { at_byte, why });
        }
        Ok(document)
    }
}

/// The attributes of an element, with references decoded.
fn attributes_of(start: &BytesStart<'_>) -> Attributes {
    let mut attributes = start.html_attributes();
    let attributes = attributes.with_checks(false).take(MAX_ATTRIBUTES).flatten();
    let attributes = attributes.map(|attribute| {
        let value = text::repair(&text::decode(&attribute.value));
        let key: &str = attribute.key.as_ref();
        (key.to_owned(), value)
    });
    attributes.collect()
}
