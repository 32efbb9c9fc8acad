//! The single conditions of a query.

use std::borrow::Cow;

/// What an article is searched in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Field {
    /// Title and text.
    Text,
    /// Title and text, where a mention in passing will do.
    Anywhere,
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
    /// Stems of words of title and text. No query names it.
    Stem,
}

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

/// What `note:` may name.
pub(crate) const NOTES: [&str; 3] = ["correction", "clarification", "retraction"];

/// What `class:` may name.
pub(crate) const CLASSES: [&str; 4] = ["new", "related", "copy", "version"];

impl Field {
    pub(crate) fn named(name: &str) -> Option<Self> {
        NAMED.iter().find(|(known, _)| *known == name).map(|(_, field)| *field)
    }

    /// All names, for people.
    pub(crate) fn all_names() -> String {
        let names: Vec<String> = NAMED.iter().map(|(name, _)| format!("{name}:")).collect();
        format!("one of {}", names.join(" "))
    }

    /// The field under whose words a query is filed: those of title and text stand together.
    pub(crate) fn filed(self) -> Self {
        if matches!(self, Self::Anywhere | Self::Title) { Self::Text } else { self }
    }

    /// Whether it is title and text, or a part of them.
    pub(crate) fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Anywhere | Self::Title)
    }

    /// Whether words of it are looked for, rather than its value as a whole.
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

/// How a term's words must stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// These words next to each other; of fields without words, the one value.
    Words(Vec<String>),
    /// The words next to each other, the last of them only its beginning.
    Prefix(Vec<String>),
    /// One word in any of its forms: its stem by each stemmer, and at the end the word as it is.
    Stems(Vec<String>),
}

impl Wanted {
    pub(crate) fn words(&self) -> &[String] {
        let (Self::Words(words) | Self::Prefix(words) | Self::Stems(words)) = self;
        words
    }

    /// How many words of an article it takes up.
    pub(crate) fn length(&self) -> usize {
        if matches!(self, Self::Stems(_)) { 1 } else { self.words().len() }
    }
}

/// One thing asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Term {
    pub(crate) field: Field,
    pub(crate) wanted: Wanted,
    /// Whether it is a run of characters, which goes across no space and no mark.
    pub(crate) is_run: bool,
    /// As the query writes it, for people.
    pub(crate) written: String,
}

/// Words of title and text stand as they are, those of other fields behind a mark of the field.
pub(crate) fn marked(field: Field, word: &str) -> Cow<'_, str> {
    match field.filed() {
        Field::Text => Cow::Borrowed(word),
        other => Cow::Owned(format!("{}{word}", char::from(other as u8))),
    }
}
