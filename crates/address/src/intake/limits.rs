//! Limits for the parts of a submitted article.

use jiff::Timestamp;
use wirefold_proto::{ItemSource, MAX_TEXT_BYTES, Media};

use crate::canonical;

/// The most bytes of a text in the JSON of its message. With the other fields, the message stays
/// under the limit of the bus, however many characters must be escaped.
const MOST_IN_JSON: usize = 640 * 1024;
/// The most bytes of a title.
pub(super) const LONGEST_TITLE: usize = 2 * 1024;
/// The most bytes of a teaser.
pub(super) const LONGEST_TEASER: usize = 8 * 1024;
/// The most bytes of an author's name, or of the title or type of a medium.
pub(super) const LONGEST_NAME: usize = 256;
/// The most bytes of an address. Longer ones are left out.
pub(super) const LONGEST_URL: usize = 2 * 1024;
/// The most bytes of an item key. Of a longer one, both ends are used.
const LONGEST_KEY: usize = 512;

/// The key of an item in its feed: its id, else its canonical link, else its title and day.
#[must_use]
pub fn item_key(
    id: Option<&str>,
    link: Option<&str>,
    title: &str,
    published: Option<Timestamp>,
) -> String {
    let link = || link.map(|link| canonical(link).unwrap_or_else(|| link.to_owned()));
    let title = || {
        let day = published.map(|at| at.strftime("%F").to_string()).unwrap_or_default();
        format!("{} {day}", wirefold_text::normalise(title)).trim().to_owned()
    };
    let key = id.map(str::to_owned).or_else(link).unwrap_or_else(title);
    if key.len() <= LONGEST_KEY {
        return key;
    }
    let half = LONGEST_KEY / 2 - 2;
    let (start, end) = (key.floor_char_boundary(half), key.ceil_char_boundary(key.len() - half));
    format!("{}…{}", &key[..start], &key[end..])
}

pub(super) fn source(source: &ItemSource) -> ItemSource {
    let url = source.url.clone().filter(|url| url.len() <= LONGEST_URL);
    ItemSource { name: cut(&source.name, LONGEST_NAME), url }
}

pub(super) fn medium(medium: &Media) -> Option<Media> {
    (medium.url.len() <= LONGEST_URL).then(|| Media {
        title: medium.title.as_deref().map(|title| cut(title, LONGEST_NAME)),
        media_type: medium.media_type.as_deref().map(|kind| cut(kind, LONGEST_NAME)),
        ..medium.clone()
    })
}

pub(super) fn cut(text: &str, most: usize) -> String {
    text[..text.floor_char_boundary(most)].trim_end().to_owned()
}

/// Cuts a text that is too long for its message. Returns whether it was cut.
pub(super) fn cut_text(mut text: String) -> (String, bool) {
    let mut in_json = 0;
    let end = text.char_indices().find_map(|(at, character)| {
        in_json += match character {
            '"' | '\\' | '\n' | '\r' | '\t' => 2,
            other if other.is_control() => 6,
            other => other.len_utf8(),
        };
        (at + character.len_utf8() > MAX_TEXT_BYTES || in_json > MOST_IN_JSON).then_some(at)
    });
    if let Some(end) = end {
        text.truncate(end);
    }
    (text, end.is_some())
}
