//! RSS, RDF and Atom, by events: one item at a time, never a tree of the document.

mod build;
mod element;
mod item;
mod names;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use url::Url;

use super::{Feed, FeedError, MAX_DEPTH, MAX_ITEMS, not_a_feed, page};
use build::{Builder, Root};
use element::Element;
use names::Names;

/// The most attributes of one element that are read.
const MAX_ATTRIBUTES: usize = 64;

/// Elements of HTML that have no end.
const VOID: &[&str] =
    &["area", "br", "col", "embed", "hr", "img", "input", "link", "source", "wbr"];
/// Elements of HTML that end where the next of their kind begins.
const ENDED_BY_NEXT: &[&str] = &["dd", "dt", "li", "option", "p", "td", "th", "tr"];

/// Parses a text that is neither JSON nor an HTML page.
pub(super) fn parse(text: &str, base: &Url) -> Result<Feed, FeedError> {
    // Junk before the first tag, such as the warnings of a broken server, is passed over.
    let Some(start) = text.find('<') else {
        return Err(not_a_feed("plain text"));
    };
    let mut reader = Reader::from_str(&text[start..]);
    let config = reader.config_mut();
    config.allow_dangling_amp = true;
    config.allow_unmatched_ends = true;
    config.check_end_names = false;
    config.expand_empty_elements = true;
    let mut parsing =
        Parsing { names: Names::default(), open: Vec::new(), builder: Builder::new(base) };
    let ending = loop {
        if parsing.builder.is_full() {
            break Ending::Full;
        }
        match reader.read_event() {
            Ok(Event::Eof) => break Ending::Early("it ends in the middle".to_owned()),
            Ok(event) => {
                if let Some(ending) = parsing.take(event)? {
                    break ending;
                }
            }
            Err(error) => break Ending::Early(error.to_string()),
        }
    };
    let at_byte = start + usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
    parsing.finish(ending, at_byte, text, base)
}

/// How the reading ended.
enum Ending {
    /// With the end of the root element.
    Whole,
    /// With as many items as are taken.
    Full,
    /// Before that.
    Early(String),
    /// At once: it is an HTML page behind some junk.
    Page,
}

struct Parsing {
    names: Names,
    open: Vec<Element>,
    builder: Builder,
}

impl Parsing {
    /// Takes an event; gives the ending where it is one.
    fn take(&mut self, event: Event<'_>) -> Result<Option<Ending>, FeedError> {
        match event {
            Event::Start(start) => return self.start(&start),
            Event::End(end) => {
                self.end(&end);
                let is_over = self.open.is_empty() && self.builder.root().is_some();
                return Ok(is_over.then_some(Ending::Whole));
            }
            Event::Text(text) => self.text(&text),
            Event::CData(text) => self.text(&text),
            Event::GeneralRef(name) => self.reference(&name),
            // Declarations, also in the middle, instructions and document types say nothing: what
            // a document type defines is never expanded.
            _ => {}
        }
        Ok(None)
    }

    fn start(&mut self, start: &BytesStart<'_>) -> Result<Option<Ending>, FeedError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(FeedError::TooDeep);
        }
        let parent = self.open.last();
        if let Some(parent) = parent.filter(|parent| parent.takes_markup()) {
            let inner = parent.inside(start.name().as_ref());
            self.open_markup(inner);
            return Ok(None);
        }
        let attributes: Vec<(String, String)> = start
            .html_attributes()
            .with_checks(false)
            .take(MAX_ATTRIBUTES)
            .flatten()
            .map(|attribute| {
                let value = crate::html::decode(&attribute.value).into_owned();
                (attribute.key.as_ref().to_ascii_lowercase(), value)
            })
            .collect();
        let mark = self.names.declare(&attributes);
        let name = self.names.name(start.name().as_ref());
        let mut element = Element::new(start.name().as_ref(), name, attributes, mark);
        element.inherit(parent, self.builder.base());
        if self.builder.root().is_none() {
            if element.local() == "html" {
                return Ok(Some(Ending::Page));
            }
            self.builder.open_root(Root::of(&element)?, &element);
        }
        self.builder.open(&mut element, &self.open);
        self.open.push(element);
        Ok(None)
    }

    /// Opens markup inside a text. HTML that was written into the feed as it is leaves ends out:
    /// some elements have none, and others end where the next of their kind begins.
    fn open_markup(&mut self, inner: Element) {
        let is_next = self.open.last().is_some_and(|open| {
            open.is_markup()
                && open.local() == inner.local()
                && ENDED_BY_NEXT.contains(&inner.local())
        });
        if is_next {
            self.close();
        }
        self.markup_of(&format!("<{}>", inner.local()));
        if !VOID.contains(&inner.local()) {
            self.open.push(inner);
        }
    }

    /// Ends the innermost open element of this name, and those inside it that were never ended.
    fn end(&mut self, name: &str) {
        let name = name.trim();
        let Some(at) = self.open.iter().rposition(|open| open.is_written(name)) else {
            return;
        };
        while self.open.len() > at {
            self.close();
        }
    }

    fn close(&mut self) {
        let Some(element) = self.open.pop() else {
            return;
        };
        if element.is_markup() {
            self.markup_of(&format!("</{}>", element.local()));
            return;
        }
        self.names.forget(element.mark());
        self.builder.close(&element, &self.open);
    }

    fn text(&mut self, text: &str) {
        if let Some(taker) = self.taker() {
            taker.add_text(text);
        }
    }

    /// An entity or character reference; what is none of HTML's stays as it is written.
    fn reference(&mut self, name: &str) {
        let written = format!("&{name};");
        let decoded = crate::html::decode(&written).into_owned();
        self.text(&decoded);
    }

    fn markup_of(&mut self, tag: &str) {
        if let Some(taker) = self.taker() {
            taker.add_markup(tag);
        }
    }

    /// The element that takes texts now: the innermost that is no markup inside another.
    fn taker(&mut self) -> Option<&mut Element> {
        self.open.iter_mut().rev().find(|open| !open.is_markup())
    }

    fn finish(
        self,
        ending: Ending,
        at_byte: usize,
        text: &str,
        base: &Url,
    ) -> Result<Feed, FeedError> {
        let had_root = self.builder.root().is_some();
        let mut feed = self.builder.finish();
        match ending {
            Ending::Whole => {}
            Ending::Full => feed
                .problems
                .push(format!("lists more than {MAX_ITEMS} items; the first were read")),
            Ending::Page => return Err(page::not_a_feed(text, base)),
            Ending::Early(why) if !had_root || feed.items.is_empty() => {
                return Err(FeedError::Broken { at_byte, why });
            }
            Ending::Early(why) => {
                let count = feed.items.len();
                feed.problems.push(format!("broken at byte {at_byte}: {why}; {count} items read"));
            }
        }
        Ok(feed)
    }
}
