//! A generated article: sentences, each with its origin.

use super::words::{Script, count_words};

/// The origin of a sentence: the article that wrote it, and its index there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SentenceOrigin {
    /// The article that had it first.
    pub(crate) root: u64,
    /// Its index there.
    pub(crate) number: u16,
}

/// The role of a sentence in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Part of a text, of this article or of the one from which it is copied.
    Own(SentenceOrigin),
    /// Speech in quotation marks with its speaker. It never counts as copied.
    Quoted,
    /// Page chrome.
    Chrome,
}

/// A sentence or a line.
#[derive(Debug, Clone)]
pub(crate) struct Sentence {
    /// Its text.
    pub(crate) text: String,
    /// Its number of words, by one rule for all scripts.
    pub(crate) words: u32,
    /// Its role.
    pub(crate) role: Role,
}

impl Sentence {
    /// A sentence with its words counted by the rule of its script.
    pub(super) fn new(text: String, script: Script, role: Role) -> Sentence {
        let words = u32::try_from(count_words(&text, script)).unwrap_or(u32::MAX);
        Sentence { text, words, role }
    }
}

/// The sentences of one line.
pub(crate) type Paragraph = Vec<Sentence>;

/// An article as in a feed.
#[derive(Debug, Clone)]
pub(crate) struct Article {
    /// Its index in the stream.
    pub(crate) number: u64,
    /// The kind of text that was made.
    pub(crate) kind: Kind,
    /// The name of its kind, or of the edit that made it a copy.
    pub(crate) name: &'static str,
    /// The text of which it is a copy or version, given by the number of the article that had it first.
    pub(crate) main: u64,
    /// The script of most of it.
    pub(crate) script: Script,
    /// The number of its outlet.
    pub(crate) outlet: usize,
    /// The host of its outlet.
    pub(crate) host: String,
    /// The number of its item, which all versions share.
    pub(crate) item: u64,
    /// Its headline.
    pub(crate) title: String,
    /// Its author. Empty if nobody signed it.
    pub(crate) byline: String,
    /// Its paragraphs with page chrome.
    pub(crate) paragraphs: Vec<Paragraph>,
    /// Whether there is an empty line between two paragraphs.
    pub(crate) is_spaced: bool,
}

impl Article {
    /// Its id in labels.
    pub(crate) fn id(&self) -> String {
        format!("{:06}-{}", self.number, self.name)
    }

    /// Its address, which all versions of an item share.
    pub(crate) fn url(&self) -> String {
        format!("https://{}/news/{}", self.host, self.item)
    }

    /// Its paragraphs, one on a line.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |sentences: &Paragraph| {
            let texts: Vec<&str> =
                sentences.iter().map(|sentence| sentence.text.as_str()).collect();
            texts.join(self.script.space())
        };
        self.paragraphs.iter().map(line).collect()
    }

    /// Its text.
    pub(crate) fn text(&self) -> String {
        self.lines().join(if self.is_spaced { "\n\n" } else { "\n" })
    }

    /// All sentences.
    pub(crate) fn sentences(&self) -> impl Iterator<Item = &Sentence> {
        self.paragraphs.iter().flatten()
    }
}

/// The kind of an article: how its text came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) enum Kind {
    /// A separately written text.
    #[default]
    Original,
    /// A separately written text on the happening of another, with which it shares quotations.
    OwnWords,
    /// An agency's text at another outlet, edited.
    Copy,
    /// Another version of the same item: corrected, updated or cut.
    Version,
    /// A new text around a part of another.
    Partial,
    /// Two consecutive texts.
    Merge,
    /// The beginnings of several texts.
    Digest,
    /// A follow-up with background paragraphs of an earlier text.
    FollowUp,
    /// A template with other names and numbers.
    Brief,
    /// A page with a video: a line or two and the page's own text.
    Video,
    /// The beginning of a text above a wall.
    Paywall,
    /// A list of headlines.
    Topic,
    /// The first entries of a live blog.
    Live,
    /// Captions of pictures.
    Gallery,
    /// A list, a table or another page with a fixed form.
    List,
    /// A telegram or a bulletin with a fixed form.
    Serial,
    /// An agency's text in its own archive, with another address and title.
    Archive,
    /// An agency's correction or update of its text, with another address.
    Correction,
    /// Expensive to compare.
    Hostile,
}
