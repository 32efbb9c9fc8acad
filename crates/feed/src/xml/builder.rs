//! Builds the document from elements as they end.

use std::rc::Rc;

use super::element::{Element, Inherited};
use super::fill;
use super::meaning::{Meaning, Part};
use crate::address::resolve;
use crate::document::{Document, Format, Person, Record, Text};
use crate::limits::{LONGEST_BASE, MAX_ITEMS, MOST_OF_A_KIND, MOST_REPEATED};

/// A part of the document that is being filled, by its open element.
#[derive(Debug)]
enum Holder {
    Entry(Record),
    Source(Record),
    Image(Record),
    TextInput(Record),
    Person(Part, Person),
}

/// The document under construction.
#[derive(Debug)]
pub(super) struct Builder {
    has_root: bool,
    /// Whether an entry is the outermost element.
    is_bare: bool,
    document: Document,
    /// The open parts inside the feed, with their depth.
    open: Vec<(usize, Holder)>,
    base: Rc<str>,
    /// The number of repeated elements in the entries so far.
    repeated: usize,
    /// The limit that was exceeded, if any.
    too_much: Option<String>,
    /// The title of the medium whose element is open.
    medium_title: Option<String>,
    coordinates: Option<String>,
}

impl Builder {
    pub(super) fn new(base: &str) -> Self {
        Self {
            has_root: false,
            is_bare: false,
            document: Document { is_sound: true, ..Document::default() },
            open: Vec::new(),
            base: base.into(),
            repeated: 0,
            too_much: None,
            medium_title: None,
            coordinates: None,
        }
    }

    pub(super) fn has_root(&self) -> bool {
        self.has_root
    }

    /// Whether the end of the outermost element is the end of the document. Without a feed around
    /// them, several entries may follow one another.
    pub(super) fn is_root_over(&self) -> bool {
        self.has_root && !self.is_bare
    }

    pub(super) fn inherited(&self) -> Inherited {
        Inherited { base: Rc::clone(&self.base), language: None }
    }

    /// Notes that the document breaks the rules of XML.
    pub(super) fn mark_unsound(&mut self) {
        self.document.is_sound = false;
    }

    /// Whether a limit was exceeded. Nothing more is read then.
    pub(super) fn is_full(&self) -> bool {
        self.too_much.is_some()
    }

    pub(super) fn open_root(&mut self, format: Format, element: &Element) {
        self.has_root = true;
        self.is_bare = element.meaning() == Meaning::Entry;
        self.document.format = format;
        self.language(element.language());
    }

    fn language(&mut self, language: Option<&str>) {
        if let Some(language) = language {
            let text = Text { value: language.to_owned(), ..Text::default() };
            self.document.feed.texts.insert("language".into(), text);
        }
    }

    fn is_in_entry(&self) -> bool {
        self.open.iter().any(|(_, holder)| matches!(holder, Holder::Entry(_)))
    }

    fn is_in_person(&self) -> bool {
        matches!(self.open.last(), Some((_, Holder::Person(..))))
    }

    /// Handles the start of an element inside `outer`.
    pub(super) fn open(&mut self, element: &Element, outer: &[Element]) {
        let depth = outer.len();
        let is_entry = element.meaning() == Meaning::Entry && !self.is_in_entry();
        if is_entry && self.document.entries.len() >= MAX_ITEMS {
            self.too_much = Some(format!("lists more than {MAX_ITEMS} items"));
            return;
        }
        let holder = match element.meaning() {
            Meaning::Entry if is_entry => Holder::Entry(Record::default()),
            Meaning::Source => Holder::Source(Record::default()),
            Meaning::Image => Holder::Image(Record::default()),
            Meaning::TextInput => Holder::TextInput(Record::default()),
            Meaning::Person(part) if !self.is_in_person() => {
                Holder::Person(part, Person::default())
            }
            Meaning::Channel => return fill::attributes(&mut self.document.feed, element),
            _ => return,
        };
        self.open.push((depth, holder));
        if let Some((_, Holder::Entry(entry))) = self.open.last_mut() {
            fill::attributes(entry, element);
        }
    }

    /// Handles the end of an element inside `outer`.
    pub(super) fn close(&mut self, element: &Element, outer: &mut [Element]) {
        match self.open.last() {
            Some((depth, _)) if *depth == outer.len() => {
                if let Some((_, holder)) = self.open.pop() {
                    self.store(holder, element);
                }
            }
            _ => self.add_element(element, outer),
        }
    }

    /// Stores the content of an element that ended in the record around it.
    fn store(&mut self, holder: Holder, element: &Element) {
        match holder {
            Holder::Entry(entry) => self.put_entry(entry),
            Holder::Person(part, person) => self.put_person(part, person, element),
            Holder::Source(mut source) => {
                if let Some(url) = element.attribute("url") {
                    source.link = Some(resolve(element.base(), url));
                }
                let name = element.value();
                if !name.is_empty() {
                    let title = Text { value: name, ..Text::default() };
                    source.texts.insert("title".into(), title);
                }
                self.record().source = Some(Box::new(source));
            }
            Holder::Image(mut image) => {
                let href = element.attribute("href").or_else(|| element.attribute("url"));
                let written = element.value();
                let href = href.unwrap_or(&written);
                if !href.is_empty() && image.text("href").is_none() {
                    let value = resolve(element.base(), href);
                    image.texts.insert("href".into(), Text { value, ..Text::default() });
                }
                self.record().image = Some(Box::new(image));
            }
            Holder::TextInput(input) => self.record().text_input = Some(Box::new(input)),
        }
    }

    fn put_entry(&mut self, entry: Record) {
        self.repeated += repeated_of(&entry);
        self.document.entries.push(entry);
        if self.repeated > MOST_REPEATED {
            self.too_much =
                Some(format!("lists more than {MOST_REPEATED} links, people and media"));
        }
    }

    fn put_person(&mut self, part: Part, mut person: Person, element: &Element) {
        let written = element.value();
        if !written.is_empty() {
            person.written = Some(written);
        }
        if person == Person::default() {
            return;
        }
        let record = self.record();
        let people = match part {
            Part::Author => &mut record.authors,
            Part::Contributor => &mut record.contributors,
            Part::Publisher => {
                record.publisher = Some(person);
                return;
            }
        };
        if people.len() < MOST_OF_A_KIND {
            people.push(person);
        }
    }

    /// The record that is being filled.
    fn record(&mut self) -> &mut Record {
        let holders = self.open.iter_mut().rev().map(|(_, holder)| holder);
        let mut records = holders.filter_map(|holder| match holder {
            Holder::Entry(record)
            | Holder::Source(record)
            | Holder::Image(record)
            | Holder::TextInput(record) => Some(record),
            Holder::Person(..) => None,
        });
        records.next().unwrap_or(&mut self.document.feed)
    }

    /// Adds an element that has only text.
    fn add_element(&mut self, element: &Element, outer: &mut [Element]) {
        if let Some((_, Holder::Person(_, person))) = self.open.last_mut() {
            return add_to_person(person, element);
        }
        let depth = outer.len();
        let is_atom = self.document.format == Format::Atom10;
        match element.meaning() {
            Meaning::Link => self.link(element, outer),
            Meaning::Language => self.language_of(element, outer),
            Meaning::MediumTitle => {
                self.medium_title = element.as_text(super::meaning::Usually::Html, 0, false).line();
            }
            Meaning::Medium => {
                let title = self.medium_title.take();
                fill::add_medium(self.record(), element, title);
            }
            Meaning::Coordinates => self.coordinates = Some(element.value()),
            Meaning::Place(kind) => {
                let written = self.coordinates.take().unwrap_or_else(|| element.value());
                fill::add_place(self.record(), kind, &written, element.attribute("srsname"));
            }
            Meaning::Date(when) => fill::date(self.record(), when, &element.value(), depth),
            _ => fill::add_element(self.record(), element, depth, is_atom),
        }
    }

    fn link(&mut self, element: &Element, outer: &mut [Element]) {
        let is_of_image = matches!(self.open.last(), Some((_, Holder::Image(_))));
        fill::link(self.record(), element, is_of_image);
        // Relative links of RSS belong to the site, which may have another address than the feed.
        let is_of_channel = outer.last().is_some_and(|parent| parent.meaning() == Meaning::Channel);
        let is_plain = element.attribute("href").is_none() && !self.document.format.is_atom();
        if !is_of_channel || !is_plain || !self.open.is_empty() || self.base.is_empty() {
            return;
        }
        let site = resolve(&self.base, &element.value());
        if crate::is_web(&site) && site.len() <= LONGEST_BASE {
            for open in outer.iter_mut().filter(|open| *open.base() == *self.base) {
                open.set_base(&site);
            }
            self.base = site.into();
        }
    }

    fn language_of(&mut self, element: &Element, outer: &mut [Element]) {
        let value = element.value().replace('_', "-");
        if value.is_empty() {
            return;
        }
        if let Some(parent) = outer.last_mut() {
            parent.set_language(&value);
        }
        let text = Text { value, ..Text::default() };
        self.record().texts.insert("language".into(), text);
    }

    /// The document as far as it was read.
    pub(super) fn finish(mut self) -> Document {
        if let Some(what) = self.too_much {
            let read = self.document.entries.len();
            let what = format!("{what}; the first {read} items were read");
            self.document.problems.push(what.clone());
            self.document.cut_short = Some(what);
        }
        self.document
    }

    /// Notes that the document was cut off. Its open elements will be closed.
    pub(super) fn mark_cut(&mut self) {
        self.document.is_sound = false;
        self.document.is_cut = self.is_in_entry();
    }
}

/// The number of repeated elements in a record.
fn repeated_of(record: &Record) -> usize {
    let Record { links, content, authors, contributors, categories, media, .. } = record;
    let people = authors.len() + contributors.len();
    links.len() + content.len() + people + categories.len() + media.len()
}

fn add_to_person(person: &mut Person, element: &Element) {
    let value = element.value();
    let field = match element.meaning() {
        Meaning::PersonName => &mut person.name,
        Meaning::PersonMail => &mut person.email,
        Meaning::PersonPage => &mut person.href,
        _ => return,
    };
    if !value.is_empty() {
        *field = Some(match element.meaning() {
            Meaning::PersonPage => resolve(element.base(), &value),
            _ => value,
        });
    }
}
