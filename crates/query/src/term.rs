//! The single conditions of a query.

use std::borrow::Cow;

/// The part of an article that a term searches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Field {
    /// Title and text.
    Text,
    Title,
    Entity,
    Place,
    Outlet,
    Site,
    Agency,
    Lang,
    Cites,
    Note,
    Class,
    Feed,
    /// Title and text, where a mention in passing counts fully.
    Anywhere,
    /// Stems of words of title and text. No query names it.
    Stem,
}

/// The fields that queries name, in the order of [`Field`].
const NAMED: [(&str, Field); 12] = [
    ("title", Field::Title),
    ("entity", Field::Entity),
    ("place", Field::Place),
    ("outlet", Field::Outlet),
    ("site", Field::Site),
    ("agency", Field::Agency),
    ("lang", Field::Lang),
    ("cites", Field::Cites),
    ("note", Field::Note),
    ("class", Field::Class),
    ("feed", Field::Feed),
    ("anywhere", Field::Anywhere),
];

/// The values that `note:` allows.
pub(crate) const NOTES: [&str; 3] = ["correction", "clarification", "retraction"];

/// The values that `class:` allows.
pub(crate) const CLASSES: [&str; 4] = ["new", "related", "copy", "version"];

impl Field {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        NAMED.iter().find(|(other, _)| *other == name).map(|(_, field)| *field)
    }

    /// The field of a number.
    pub(crate) fn from_number(number: usize) -> Self {
        let named = number.checked_sub(1).and_then(|at| NAMED.get(at));
        named.map_or(Self::Text, |(_, field)| *field)
    }

    /// All names, for an error message.
    pub(crate) fn all_names() -> String {
        let names: Vec<String> = NAMED.iter().map(|(name, _)| format!("{name}:")).collect();
        format!("one of {}", names.join(" "))
    }

    /// The field under which the percolator files the words of this field. Title and text are filed
    /// together.
    pub(crate) fn filed(self) -> Self {
        if matches!(self, Self::Anywhere | Self::Title) { Self::Text } else { self }
    }

    /// Whether it is title and text, or a part of them.
    pub(crate) fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Anywhere | Self::Title)
    }

    /// Whether its words are searched, and not its value as a whole.
    pub(crate) fn has_words(self) -> bool {
        matches!(
            self,
            Self::Text
                | Self::Anywhere
                | Self::Title
                | Self::Entity
                | Self::Place
                | Self::Agency
                | Self::Cites
        )
    }
}

/// The words of a term and how they must occur.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// These words next to each other. For fields without words, the one value.
    Words(Vec<String>),
    /// The words next to each other. The last one is only the beginning of a word.
    Prefix(Vec<String>),
    /// One word in any of its forms: its stem by each stemmer, and at the end the word itself.
    Stems(Vec<String>),
}

impl Wanted {
    pub(crate) fn words(&self) -> &[String] {
        let (Self::Words(words) | Self::Prefix(words) | Self::Stems(words)) = self;
        words
    }
}

/// A single condition on the words of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Term {
    pub(crate) field: Field,
    pub(crate) wanted: Wanted,
    /// Whether it is a run of characters. A run does not continue across a space or a mark.
    pub(crate) is_run: bool,
    /// The term as written in the query, for people.
    pub(crate) written: String,
}

/// Words of title and text are stored unchanged, those of other fields after a mark for the field.
pub(crate) fn marked(field: Field, word: &str) -> Cow<'_, str> {
    match field.filed() {
        Field::Text => Cow::Borrowed(word),
        other => Cow::Owned(format!("{}{word}", char::from(other as u8))),
    }
}
