//! Adds the content of an element to the record around it.

use std::borrow::Cow;

use super::element::Element;
use super::meaning::{Meaning, When};
use crate::address::resolve;
use crate::document::{Category, Date, GeoShape, Link, Medium, Record, Text};
use crate::limits::{MOST_NAMES, MOST_NUMBERS, MOST_OF_A_KIND};

/// Adds the attributes of the element of a feed or an item.
pub(super) fn attributes(record: &mut Record, element: &Element) {
    if let Some(about) = element.attribute("rdf:about").or_else(|| element.attribute("about")) {
        record.id = Some(about.to_owned());
    }
    // The Channel Definition Format uses attributes where RSS uses elements.
    if element.attribute("href").is_some() {
        link(record, element, false);
    }
    if let Some(changed) = element.attribute("lastmod") {
        date(record, When::Updated, changed, usize::MAX);
    }
}

/// Adds an element whose content a record stores itself.
pub(super) fn add_element(record: &mut Record, element: &Element, depth: usize, is_atom: bool) {
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
        Meaning::Address => {
            let value = element.value();
            let absolute = resolve(element.base(), &value);
            plain(record, element, if value.is_empty() { value } else { absolute }, depth);
        }
        Meaning::PersonPage => {
            let value = resolve(element.base(), &element.value());
            text(record, "href".into(), Text { value, depth, ..Text::default() });
        }
        Meaning::Category => categories(record, element),
        Meaning::Keywords => keywords(record, element),
        Meaning::Enclosure if record.links.len() < MOST_OF_A_KIND => {
            record.links.push(link_of(element, Some("enclosure")));
        }
        Meaning::Hour => push(&mut record.skip_hours, element.value()),
        Meaning::Day => push(&mut record.skip_days, element.value()),
        Meaning::PersonName | Meaning::PersonMail | Meaning::Other => {
            add_unknown(record, element, depth);
        }
        _ => {}
    }
}

fn push(list: &mut Vec<String>, value: String) {
    if list.len() < MOST_OF_A_KIND && !value.is_empty() {
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

/// Adds an unknown element: its text, or its attributes.
fn add_unknown(record: &mut Record, element: &Element, depth: usize) {
    let mut attributes = element.attributes();
    for (_, address) in attributes.iter_mut().filter(|(key, _)| matches!(&**key, "uri" | "url")) {
        *address = resolve(element.base(), address);
    }
    let name = element.name().joined();
    if !attributes.is_empty() && record.marks.len() < MOST_NAMES {
        record.marks.insert(name.clone().into(), attributes);
    }
    let value = element.value();
    if !value.is_empty() || element.attributes().is_empty() {
        text(record, name.into(), Text { value, depth, ..Text::default() });
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
    let says_something = !full.value.is_empty() || full.src.is_some();
    if record.content.len() < MOST_OF_A_KIND && says_something {
        record.content.push(full);
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
pub(super) fn link(record: &mut Record, element: &Element, is_of_image: bool) {
    let mut link = link_of(element, None);
    let is_by_attribute = link.href.is_some();
    let value = element.value();
    if !is_by_attribute && !value.is_empty() {
        link.href = Some(resolve(element.base(), &without_entities(&value)));
    }
    let is_page = link.media_type.as_deref().is_none_or(|kind| kind.contains("html"));
    let is_main = link.relation.eq_ignore_ascii_case("alternate") && (is_page || !is_by_attribute);
    if is_main && link.href.is_some() {
        record.link.clone_from(&link.href);
    }
    if record.links.len() < MOST_OF_A_KIND && !is_of_image {
        record.links.push(link);
    }
}

/// The link of an element.
fn link_of(element: &Element, relation: Option<&str>) -> Link {
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
    if let Some(relation) = relation {
        relation.clone_into(&mut link.relation);
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
pub(super) fn date(record: &mut Record, when: When, written: &str, depth: usize) {
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
    let is_new = !record.categories.contains(&category) && category != Category::default();
    if is_new && record.categories.len() < MOST_OF_A_KIND {
        record.categories.push(category);
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
pub(super) fn add_medium(record: &mut Record, element: &Element, title: Option<String>) {
    let mut attributes = element.attributes();
    for (_, url) in attributes.iter_mut().filter(|(key, _)| key == "url") {
        *url = resolve(element.base(), url);
    }
    if record.media.len() < MOST_OF_A_KIND {
        let text = element.value();
        record.media.push(Medium {
            element: element.name().local.clone(),
            attributes,
            text,
            title,
        });
    }
}

/// Adds a place, given by its coordinates.
pub(super) fn add_place(
    record: &mut Record,
    kind: &'static str,
    written: &str,
    system: Option<&str>,
) {
    let numbers: Vec<f64> = written
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter_map(|number| number.parse().ok())
        .take(MOST_NUMBERS)
        .collect();
    let is_spatial = kind == "Point" && numbers.len() == 3;
    let coordinates: Vec<Vec<f64>> =
        numbers.chunks_exact(if is_spatial { 3 } else { 2 }).map(<[f64]>::to_vec).collect();
    let least = match kind {
        "Point" => 1,
        "Polygon" => 4,
        _ => 2,
    };
    let is_place = coordinates.len() >= least;
    record.place = Some(match is_place {
        true => GeoShape { kind, coordinates, system: system.map(str::to_owned) },
        false => GeoShape::default(),
    });
}
