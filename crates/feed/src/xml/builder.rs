//! Builds the document from elements as they end.

use std::borrow::Cow;
use std::rc::Rc;

use super::element::{Element, Inherited};
use super::meaning::{Meaning, Usually, When};
use super::text::decoded_twice;
use crate::address::resolve;
use crate::document::{Category, Date, Document, Format, Link, Medium, Person, Record, Text};
use crate::limits::{LONGEST_BASE, MAX_ITEMS, MOST_NAMES, MOST_OF_A_KIND, MOST_REPEATED};

/// A part of the document that is being filled, by its open element.
#[derive(Debug)]
enum Holder {
    Entry(Record),
    Source(Record),
    Unread(Record),
    Person(Person),
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
        matches!(self.open.last(), Some((_, Holder::Person(_))))
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
            Meaning::Unread => Holder::Unread(Record::default()),
            Meaning::Person if !self.is_in_person() => Holder::Person(Person::default()),
            Meaning::Channel => return add_attributes(&mut self.document.feed, element),
            _ => return,
        };
        self.open.push((depth, holder));
        if let Some((_, Holder::Entry(entry))) = self.open.last_mut() {
            add_attributes(entry, element);
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
            Holder::Person(person) => self.put_person(person, element),
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
            Holder::Unread(_) => {}
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

    fn put_person(&mut self, mut person: Person, element: &Element) {
        let written = element.value();
        if !written.is_empty() {
            person.written = Some(written);
        }
        if person != Person::default() {
            push(&mut self.record().authors, person);
        }
    }

    /// The record that is being filled.
    fn record(&mut self) -> &mut Record {
        let holders = self.open.iter_mut().rev().map(|(_, holder)| holder);
        let mut records = holders.filter_map(|holder| match holder {
            Holder::Entry(record) | Holder::Source(record) | Holder::Unread(record) => Some(record),
            Holder::Person(_) => None,
        });
        records.next().unwrap_or(&mut self.document.feed)
    }

    /// Adds an element that has only text.
    fn add_element(&mut self, element: &Element, outer: &mut [Element]) {
        if let Some((_, Holder::Person(person))) = self.open.last_mut() {
            return add_to_person(person, element);
        }
        let depth = outer.len();
        let is_atom = self.document.format == Format("atom10");
        match element.meaning() {
            Meaning::Link => self.link(element, outer),
            Meaning::Language => self.language_of(element, outer),
            Meaning::MediumTitle => {
                self.medium_title = element.as_text(Usually::Html, 0, false).line();
            }
            Meaning::Medium => {
                let title = self.medium_title.take();
                add_medium(self.record(), element, title);
            }
            Meaning::Date(when) => add_date(self.record(), when, &element.value(), depth),
            _ => add_element(self.record(), element, depth, is_atom),
        }
    }

    fn link(&mut self, element: &Element, outer: &mut [Element]) {
        add_link(self.record(), element);
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
    let Record { links, content, authors, categories, media, .. } = record;
    links.len() + content.len() + authors.len() + categories.len() + media.len()
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

/// Adds the attributes of the element of a feed or an item.
fn add_attributes(record: &mut Record, element: &Element) {
    if let Some(about) = element.attribute("rdf:about").or_else(|| element.attribute("about")) {
        record.id = Some(about.to_owned());
    }
    // The Channel Definition Format uses attributes where RSS uses elements.
    if element.attribute("href").is_some() {
        add_link(record, element);
    }
    if let Some(changed) = element.attribute("lastmod") {
        add_date(record, When::Updated, changed, usize::MAX);
    }
}

/// Adds an element whose content a record stores itself.
fn add_element(record: &mut Record, element: &Element, depth: usize, is_atom: bool) {
    match element.meaning() {
        Meaning::Text("title", usually) => {
            let title = element.as_text(usually, depth, is_atom);
            let is_better = record.texts.get("title").is_none_or(|known| depth < known.depth);
            if is_better && !title.value.is_empty() {
                record.texts.insert("title".into(), title);
            }
        }
        Meaning::Text(name, usually) => {
            text(record, name.into(), element.as_text(usually, depth, is_atom));
        }
        Meaning::Short(usually) => short(record, element.as_text(usually, depth, is_atom)),
        Meaning::Full(usually) => full(record, element.as_text(usually, depth, is_atom)),
        Meaning::Id => id(record, element, depth),
        Meaning::TrueLink => {
            plain(record, element, resolve(element.base(), &element.value()), depth);
        }
        Meaning::Category => categories(record, element),
        Meaning::Keywords => keywords(record, element),
        Meaning::Enclosure => {
            let relation = "enclosure".to_owned();
            push(&mut record.links, Link { relation, ..link_of(element) });
        }
        Meaning::Hour => push(&mut record.skip_hours, element.value()),
        Meaning::Day => push(&mut record.skip_days, element.value()),
        Meaning::PersonName | Meaning::PersonMail | Meaning::PersonPage | Meaning::Other => {
            add_unknown(record, element, depth);
        }
        _ => {}
    }
}

/// Adds a value to a list that is not full.
fn push<T>(list: &mut Vec<T>, value: T) {
    if list.len() < MOST_OF_A_KIND {
        list.push(value);
    }
}

/// Adds a text, unless one with its name is nested less deeply.
fn text(record: &mut Record, name: Cow<'static, str>, text: Text) {
    let is_better = record.texts.get(&name).is_none_or(|known| text.depth <= known.depth);
    if is_better && (record.texts.len() < MOST_NAMES || record.texts.contains_key(&name)) {
        record.texts.insert(name, text);
    }
}

fn plain(record: &mut Record, element: &Element, value: String, depth: usize) {
    text(record, element.name().joined().into(), Text { value, depth, ..Text::default() });
}

/// Adds the text of an unknown element, unless only its attributes say something.
fn add_unknown(record: &mut Record, element: &Element, depth: usize) {
    let value = element.value();
    if !value.is_empty() || element.attributes().is_empty() {
        plain(record, element, value, depth);
    }
}

fn short(record: &mut Record, short: Text) {
    let is_second = record.texts.get("summary").is_some_and(|first| first.depth >= short.depth);
    if is_second && record.content.is_empty() && !short.value.is_empty() {
        full(record, short);
    } else {
        text(record, "summary".into(), short);
    }
}

fn full(record: &mut Record, full: Text) {
    if !full.value.is_empty() || full.src.is_some() {
        push(&mut record.content, full);
    }
}

fn id(record: &mut Record, element: &Element, depth: usize) {
    let value = element.value();
    let known_depth = record.texts.get("id").map_or(usize::MAX, |text| text.depth);
    if value.is_empty() || depth > known_depth {
        return;
    }
    let is_permanent =
        element.attribute("ispermalink").is_none_or(|is| is.eq_ignore_ascii_case("true"));
    // Only in RSS may an id be an address. Atom's ids are opaque.
    let is_link = is_permanent && (element.name().local == "guid");
    let id = if is_link { resolve(element.base(), &value) } else { value };
    record.id_is_link = is_link && record.link.is_none();
    if record.id_is_link {
        record.link = Some(id.clone());
    }
    record.texts.insert("id".into(), Text { value: id.clone(), depth, ..Text::default() });
    record.id = Some(id);
}

/// Adds a `<link>` with its address inside, as in RSS, or as an attribute, as in Atom.
fn add_link(record: &mut Record, element: &Element) {
    let mut link = link_of(element);
    let is_by_attribute = link.href.is_some();
    let value = element.value();
    if !is_by_attribute && !value.is_empty() {
        link.href = Some(resolve(element.base(), &without_entities(&decoded_twice(&value))));
    }
    let is_page = link.media_type.as_deref().is_none_or(|kind| kind.contains("html"));
    let is_main = link.relation.eq_ignore_ascii_case("alternate") && (is_page || !is_by_attribute);
    if is_main && link.href.is_some() {
        record.link.clone_from(&link.href);
    }
    push(&mut record.links, link);
}

/// The link of an element.
fn link_of(element: &Element) -> Link {
    let mut link = Link { relation: "alternate".to_owned(), ..Link::default() };
    for (key, value) in element.attributes() {
        match key.as_str() {
            "href" | "url" | "uri" => {
                if !value.is_empty() && (key == "url" || link.href.is_none()) {
                    link.href = Some(resolve(element.base(), &value));
                }
            }
            "rel" => link.relation = value,
            "type" => link.media_type = Some(value),
            _ => link.more.push((key, value)),
        }
    }
    link
}

/// Repairs a link whose writer mistook names in its query for entities: `?a=1&b;=2`.
fn without_entities(link: &str) -> String {
    let mut pieces = link.split('&');
    let mut mended = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        mended.push('&');
        match piece.split_once(';') {
            Some((name, rest)) if name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') => {
                mended.push_str(name);
                mended.push_str(rest);
            }
            _ => mended.push_str(piece),
        }
    }
    mended
}

/// Adds a date in its written form.
fn add_date(record: &mut Record, when: When, written: &str, depth: usize) {
    let dates = &mut record.dates;
    let field = match when {
        When::Published => &mut dates.published,
        When::Created => &mut dates.created,
        When::Updated => &mut dates.updated,
        When::Expired => &mut dates.expired,
    };
    if !written.is_empty() && field.as_ref().is_none_or(|date| date.depth >= depth) {
        *field = Some(Date { written: written.to_owned(), time: None, depth });
    }
}

fn categories(record: &mut Record, element: &Element) {
    let attribute = |names: &[&str]| names.iter().find_map(|name| element.attribute(name));
    let mut category = Category {
        term: attribute(&["term", "text"]).map(str::to_owned),
        scheme: attribute(&["scheme", "domain"]).map(str::to_owned),
        label: attribute(&["label"]).map(str::to_owned),
    };
    let value = element.value();
    let is_of_podcasts = element.name().prefix() == "itunes";
    if is_of_podcasts && category.scheme.is_none() {
        category.scheme = Some("http://www.itunes.com/".to_owned());
    }
    let is_written = !value.is_empty();
    if is_written && category.term.is_none() {
        category.term = Some(value);
        add(record, category);
    } else {
        add(record, category);
        if is_written {
            add(record, Category { term: Some(value), ..Category::default() });
        }
    }
}

fn add(record: &mut Record, category: Category) {
    if !record.categories.contains(&category) && category != Category::default() {
        push(&mut record.categories, category);
    }
}

fn keywords(record: &mut Record, element: &Element) {
    let value = element.value();
    let is_listed = value.contains(',');
    let words = value.split(|c: char| if is_listed { c == ',' } else { c.is_whitespace() });
    let scheme = (element.name().prefix() == "itunes").then(|| "http://www.itunes.com/".to_owned());
    for word in words.map(str::trim).filter(|word| !word.is_empty()) {
        let term = Some(word.to_owned());
        add(record, Category { term, scheme: scheme.clone(), label: None });
    }
}

/// Adds an image or a video.
fn add_medium(record: &mut Record, element: &Element, title: Option<String>) {
    let mut attributes = element.attributes();
    for (_, url) in attributes.iter_mut().filter(|(key, _)| key == "url") {
        *url = resolve(element.base(), url);
    }
    let (local, text) = (element.name().local.clone(), element.value());
    push(&mut record.media, Medium { element: local, attributes, text, title });
}
