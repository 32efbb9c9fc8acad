//! An open element and its text so far.

use std::rc::Rc;

use super::meaning::{Meaning, Name, Usually};
use super::text;
use crate::address::resolve;
use crate::document::{Attributes, Text, Writing};
use crate::limits::{LONGEST_BASE, LONGEST_LANGUAGE};

/// An element that has started and not ended.
#[derive(Debug)]
pub(super) struct Element {
    /// The name as written, to find its end tag.
    written: String,
    name: Name,
    meaning: Meaning,
    attributes: Attributes,
    /// The index of its first namespace declaration.
    mark: usize,
    text: String,
    role: Role,
    base: Rc<str>,
    language: Option<Rc<str>>,
}

/// The role of an element for the elements inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Elements inside have a meaning of their own.
    Plain,
    /// Elements inside are markup of its text. There have been none so far.
    Text,
    /// Elements inside are markup of its text, which has become HTML.
    Html,
    /// It is markup itself.
    Markup,
}

/// The properties that an element inherits.
#[derive(Debug, Clone)]
pub(super) struct Inherited {
    pub(super) base: Rc<str>,
    pub(super) language: Option<Rc<str>>,
}

impl Element {
    pub(super) fn new(
        written: &str,
        name: Name,
        meaning: Meaning,
        attributes: Attributes,
        mark: usize,
        outer: Inherited,
    ) -> Self {
        let role = if meaning.takes_markup() { Role::Text } else { Role::Plain };
        let Inherited { base, language } = outer;
        let text = String::new();
        let written = written.to_owned();
        let mut element =
            Self { written, name, meaning, attributes, mark, text, role, base, language };
        if let Some(own) = element.attribute("xml:base") {
            let absolute = resolve(&element.base, own);
            element.set_base(&absolute);
        }
        let tag = element.attributes.iter().find(|(key, _)| key == "xml:lang");
        if let Some((_, tag)) = tag {
            // An empty tag removes the outer language.
            let own = tag.trim().replace('_', "-");
            element.language = None;
            element.set_language(&own);
        }
        element
    }

    /// A piece of markup inside this element.
    pub(super) fn inside(&self, written: &str) -> Self {
        let local = written.rsplit(':').next().unwrap_or(written).to_ascii_lowercase();
        let name = Name { local, ..self.name.clone() };
        let element = Self::new(
            written,
            name,
            Meaning::Other,
            Attributes::new(),
            self.mark,
            self.inherited(),
        );
        Self { role: Role::Markup, ..element }
    }

    pub(super) fn inherited(&self) -> Inherited {
        Inherited { base: Rc::clone(&self.base), language: self.language.clone() }
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

    pub(super) fn name(&self) -> &Name {
        &self.name
    }

    pub(super) fn meaning(&self) -> Meaning {
        self.meaning
    }

    pub(super) fn mark(&self) -> usize {
        self.mark
    }

    pub(super) fn base(&self) -> &str {
        &self.base
    }

    pub(super) fn set_base(&mut self, base: &str) {
        if base.len() <= LONGEST_BASE {
            self.base = base.into();
        }
    }

    pub(super) fn language(&self) -> Option<&str> {
        self.language.as_deref()
    }

    pub(super) fn set_language(&mut self, language: &str) {
        if !language.is_empty() && language.len() <= LONGEST_LANGUAGE {
            self.language = Some(language.into());
        }
    }

    /// An attribute, unless it is empty.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let named = self.attributes.iter().find(|(key, _)| key == name);
        named.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// Its attributes without those that belong to XML itself.
    pub(super) fn attributes(&self) -> Attributes {
        let is_own = |key: &str| !key.starts_with("xml:") && !key.starts_with("xmlns");
        let own = self.attributes.iter().filter(|(key, _)| is_own(key));
        own.map(|(key, value)| (key.clone(), value.trim().to_owned())).collect()
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

    /// Its text, trimmed, and repaired if it was encoded twice.
    pub(super) fn value(&self) -> String {
        text::repair(self.text.trim())
    }

    /// Its text with its markup. `is_atom` means that the format defines the meaning of a missing
    /// type, and that XHTML is wrapped in a `<div>` that is not part of it.
    pub(super) fn as_text(&self, usually: Usually, depth: usize, is_atom: bool) -> Text {
        let declared = self.attribute("type").map(media_type);
        let attribute_of = |name: &str| self.attribute(name).unwrap_or_default();
        let is_encoded =
            ["mode", "encoding", "type"].iter().any(|name| is_base64(attribute_of(name)));
        let kind = declared.as_deref();
        let is_textual = kind.is_none_or(|kind| {
            kind.starts_with("text/") || kind.ends_with("xml") || !kind.contains('/')
        });
        let mut value = self.value();
        let decoded = (is_encoded || !is_textual).then(|| text::decode_base64(&value)).flatten();
        // Many feeds do not declare base 64, or declare something else. A title is always text.
        let is_title = matches!(self.meaning, Meaning::Text(..));
        let decoded =
            decoded.or_else(|| text::decode_undeclared_base64(&value).filter(|_| is_title));
        let is_text = decoded.is_some() || !matches!(self.meaning, Meaning::Full(_));
        if let Some(decoded) = decoded {
            value = decoded;
        }
        let is_own_markup = self.role == Role::Html;
        if is_atom && (is_own_markup || kind == Some(XHTML)) {
            value = without_wrapper(&value).to_owned();
        }
        // Escaped HTML in a `<div>`: a mix of both ways of Atom.
        let is_escaped_inside = is_atom && is_own_markup && kind == Some("text/html");
        let is_escaped_inside = is_escaped_inside && !value.contains('<');
        if is_escaped_inside {
            value = text::decode(&value).into_owned();
        }
        let is_own_markup = is_own_markup && !is_escaped_inside;
        let writing = match (kind, usually) {
            _ if is_own_markup => Writing::Xhtml,
            (Some("text/html"), _) => Writing::Html,
            (Some(XHTML), _) => Writing::Xhtml,
            (Some("text/plain"), _) if is_atom => Writing::Plain,
            (Some(kind), _) if !is_text && !is_textual && kind.contains('/') => Writing::Other,
            (None, Usually::Xhtml) => Writing::Xhtml,
            _ => Writing::Unknown,
        };
        let usual = match usually {
            Usually::Plain => "text/plain",
            Usually::Html => "text/html",
            Usually::Xhtml => XHTML,
        };
        let is_html = kind.unwrap_or(usual) == "text/html" || kind.unwrap_or(usual) == "text/plain";
        let media_type = match is_own_markup && is_html {
            true => XHTML.to_owned(),
            false => declared.unwrap_or_else(|| usual.to_owned()),
        };
        Text {
            value,
            writing,
            media_type: Some(media_type),
            language: self.language().map(str::to_owned),
            base: (!self.base.is_empty()).then(|| self.base.to_string()),
            src: self.attribute("src").map(|src| resolve(&self.base, src)),
            depth,
        }
    }
}

fn is_base64(attribute: &str) -> bool {
    attribute.eq_ignore_ascii_case("base64")
}

/// The media type of XHTML.
const XHTML: &str = "application/xhtml+xml";

/// The media type of each short name in Atom.
fn media_type(kind: &str) -> String {
    let kind = kind.to_ascii_lowercase();
    match kind.as_str() {
        "text" | "plain" => "text/plain".to_owned(),
        "html" => "text/html".to_owned(),
        "xhtml" => XHTML.to_owned(),
        _ => kind,
    }
}

/// Markup without the one `<div>` that is around all of it.
fn without_wrapper(markup: &str) -> &str {
    let is_wrapped = markup.starts_with("<div>") || markup.starts_with("<div ");
    let (Some(start), Some(inner)) = (markup.find('>'), markup.strip_suffix("</div>")) else {
        return markup;
    };
    if !is_wrapped || start >= inner.len() {
        return markup;
    }
    let mut depth = 0_usize;
    for (at, _) in inner.match_indices('<') {
        let tag = &inner[at..];
        let end = tag.find('>').unwrap_or(tag.len());
        if tag.starts_with("</") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return markup;
            }
        } else if !tag[..end].ends_with('/') {
            depth += 1;
        }
    }
    inner[start + 1..].trim()
}

/// Escapes text for markup.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
