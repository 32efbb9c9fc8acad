//! An open element, and the text that stands in it.

use std::rc::Rc;

use url::Url;
use wirefold_proto::LanguageTag;

use super::names::{Name, Space};
use crate::feed::language;
use crate::html;

/// An element that has started and not ended.
#[derive(Debug)]
pub(super) struct Element {
    /// As it is written, for its end.
    written: String,
    name: Name,
    attributes: Vec<(String, String)>,
    /// Where its namespace declarations begin.
    mark: usize,
    text: String,
    role: Role,
    base: Option<Rc<Url>>,
    own_language: Option<LanguageTag>,
}

/// What an element does with what stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Elements in it have a meaning of their own.
    Plain,
    /// Elements in it are markup of its text; none has come so far.
    Text,
    /// Elements in it are markup of its text, which is HTML by now.
    Html,
    /// It is markup itself.
    Markup,
}

impl Element {
    pub(super) fn new(
        written: &str,
        name: Name,
        attributes: Vec<(String, String)>,
        mark: usize,
    ) -> Self {
        let mut element = Self {
            written: written.to_owned(),
            name,
            attributes,
            mark,
            text: String::new(),
            role: Role::Plain,
            base: None,
            own_language: None,
        };
        element.own_language = element.attribute("xml:lang").and_then(language);
        element
    }

    /// A piece of markup inside this element.
    pub(super) fn inside(&self, written: &str) -> Self {
        let local = written.rsplit(':').next().unwrap_or(written).to_ascii_lowercase();
        let name = Name { space: Space::Xhtml, local };
        let element = Self::new(written, name, Vec::new(), self.mark);
        Self { role: Role::Markup, ..element }
    }

    /// Takes over the base address of its parent, changed by its own `xml:base`.
    pub(super) fn inherit(&mut self, parent: Option<&Element>, document: &Rc<Url>) {
        let outer = parent.and_then(|parent| parent.base.clone());
        let own = self.attribute("xml:base").and_then(|base| {
            outer.as_ref().unwrap_or(document).join(base.trim()).ok().map(Rc::new)
        });
        self.base = own.or(outer);
    }

    /// From now on elements in it are markup of its text.
    pub(super) fn take_markup(&mut self) {
        self.role = Role::Text;
    }

    pub(super) fn takes_markup(&self) -> bool {
        self.role != Role::Plain
    }

    pub(super) fn is_markup(&self) -> bool {
        self.role == Role::Markup
    }

    pub(super) fn is_written(&self, name: &str) -> bool {
        self.written.eq_ignore_ascii_case(name)
    }

    pub(super) fn space(&self) -> Space {
        self.name.space
    }

    pub(super) fn local(&self) -> &str {
        &self.name.local
    }

    pub(super) fn mark(&self) -> usize {
        self.mark
    }

    /// The base address in force, where it is not the document's.
    pub(super) fn base(&self) -> Option<&Rc<Url>> {
        self.base.as_ref()
    }

    pub(super) fn own_language(&self) -> Option<&LanguageTag> {
        self.own_language.as_ref()
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let named = self.attributes.iter().find(|(key, _)| key == name);
        named.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    pub(super) fn add_text(&mut self, text: &str) {
        match self.role {
            Role::Html => self.text.push_str(&escaped(text)),
            _ => self.text.push_str(text),
        }
    }

    pub(super) fn add_markup(&mut self, tag: &str) {
        if self.role != Role::Html {
            self.text = escaped(&self.text);
            self.role = Role::Html;
        }
        self.text.push_str(tag);
    }

    /// Its text as it stands, trimmed.
    pub(super) fn raw(&self) -> &str {
        self.text.trim()
    }

    /// How its text is to be read.
    fn reading(&self) -> Reading {
        let is_atom = self.name.space == Space::Atom;
        match self.attribute("type").map(str::to_ascii_lowercase).as_deref() {
            _ if self.role == Role::Html => Reading::Html,
            Some("html" | "text/html" | "xhtml" | "application/xhtml+xml") => Reading::Html,
            Some("text" | "text/plain" | "plain") if is_atom => Reading::Plain,
            _ => Reading::Loose,
        }
    }

    /// Its text in one line, plain.
    pub(super) fn line(&self) -> Option<String> {
        let line = match self.reading() {
            Reading::Plain => html::one_line(&self.text),
            Reading::Html => html::one_line(&html::to_text(&self.text)),
            Reading::Loose => html::loose_to_line(&self.text),
        };
        (!line.is_empty()).then_some(line)
    }

    /// Its text in paragraphs, plain.
    pub(super) fn paragraphs(&self) -> Option<String> {
        let text = match self.reading() {
            Reading::Plain => html::plain_to_text(&self.text),
            Reading::Html => html::to_text(&self.text),
            Reading::Loose => html::loose_to_text(&self.text),
        };
        (!text.is_empty()).then_some(text)
    }
}

/// How a text is to be read.
enum Reading {
    /// As it stands.
    Plain,
    /// As HTML.
    Html,
    /// As HTML if it looks like it.
    Loose,
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
