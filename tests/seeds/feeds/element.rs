//! Reads XML strictly as a tree: the fixtures must be well-formed.

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesStart, Event};

/// An element with its attributes, child elements and own text.
#[derive(Debug, Default)]
pub(super) struct Element {
    /// With its prefix, as written.
    pub(super) name: String,
    attributes: Vec<(String, String)>,
    pub(super) children: Vec<Element>,
    /// Its own characters with entities resolved, without those of its children.
    pub(super) text: String,
}

impl Element {
    #[track_caller]
    pub(super) fn parse(xml: &str) -> Element {
        let mut reader = Reader::from_str(xml);
        let mut open = vec![Element::default()];
        while let Some(event) = next(&mut reader) {
            add_event(event, &mut open);
        }
        assert_eq!(open.len(), 1, "<{}> never ends", innermost(&mut open).name);
        let document = open.pop().expect("the document is never closed");
        let root = document.children.into_iter().next();
        root.expect("a document has a root element")
    }

    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.all(name).next()
    }

    /// The text of the only child with this name.
    #[track_caller]
    pub(super) fn text_of(&self, name: &str) -> String {
        assert_eq!(self.all(name).count(), 1, "{name} in {}", self.name);
        self.child(name).map(|child| child.text.clone()).unwrap_or_default()
    }

    #[track_caller]
    pub(super) fn attribute(&self, name: &str) -> &str {
        self.find_attribute(name).unwrap_or_else(|| panic!("no {name} in {}", self.name))
    }

    pub(super) fn find_attribute(&self, name: &str) -> Option<&str> {
        let named = self.attributes.iter().find(|(known, _)| known == name);
        named.map(|(_, value)| value.as_str())
    }
}

#[track_caller]
fn next<'a>(reader: &mut Reader<&'a [u8]>) -> Option<Event<'a>> {
    let at = reader.buffer_position();
    match reader.read_event() {
        Ok(Event::Eof) => None,
        Ok(event) => Some(event),
        Err(error) => panic!("byte {at}: {error}"),
    }
}

/// Adds an event to the innermost of the open elements.
#[track_caller]
fn add_event(event: Event<'_>, open: &mut Vec<Element>) {
    match event {
        Event::Start(start) => open.push(opened(&start)),
        Event::Empty(start) => {
            let element = opened(&start);
            innermost(open).children.push(element);
        }
        Event::End(_) => {
            let element = open.pop().expect("the reader refuses unmatched ends");
            innermost(open).children.push(element);
        }
        Event::Text(text) => innermost(open).text.push_str(&text),
        Event::CData(data) => innermost(open).text.push_str(&data),
        Event::GeneralRef(reference) => {
            let entity = format!("&{};", &*reference);
            let resolved = unescape(&entity).expect("only the five entities of XML");
            innermost(open).text.push_str(&resolved);
        }
        Event::Decl(_) => {}
        other => panic!("no fixture needs {other:?}"),
    }
}

fn innermost(open: &mut [Element]) -> &mut Element {
    open.last_mut().expect("the document is never closed")
}

#[track_caller]
fn opened(start: &BytesStart<'_>) -> Element {
    let attribute = |attribute: Attribute<'_>| {
        let value = unescape(&attribute.value).expect("only the five entities of XML");
        (attribute.key.0.to_owned(), value.into_owned())
    };
    Element {
        name: start.name().0.to_owned(),
        attributes: start
            .attributes()
            .map(|found| attribute(found.expect("attributes are well-formed")))
            .collect(),
        ..Element::default()
    }
}
