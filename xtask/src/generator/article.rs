//! A made-up article: sentences, each with its origin.

use super::plan::Kind;
use super::words::{Script, count_words};

/// A sentence of an article's own text: which article wrote it, and the how many-th it was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Part {
    /// The article that had it first.
    pub(crate) root: u64,
    /// Its number there.
    pub(crate) number: u16,
}

/// What a sentence is to the text that it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Somebody's own text, this article's or that of the one it is copied from.
    Own(Part),
    /// Speech inside quotation marks with its speaker: never counts as copied.
    Quoted,
    /// What the page has beside the text.
    Chrome,
}

/// A sentence or a line.
#[derive(Debug, Clone)]
pub(crate) struct Sentence {
    /// Its text.
    pub(crate) text: String,
    /// Its words, counted alike in all scripts.
    pub(crate) words: u32,
    /// What it is.
    pub(crate) role: Role,
}

impl Sentence {
    /// A sentence whose words are counted as its script counts them.
    pub(super) fn new(text: String, script: Script, role: Role) -> Sentence {
        let words = u32::try_from(count_words(&text, script)).unwrap_or(u32::MAX);
        Sentence { text, words, role }
    }
}

/// Sentences in one line.
pub(crate) type Paragraph = Vec<Sentence>;

/// An article as a feed has it.
#[derive(Debug, Clone)]
pub(crate) struct Article {
    /// Its place in the stream.
    pub(crate) number: u64,
    /// What was made.
    pub(crate) kind: Kind,
    /// The name of its kind, or of the edit that made a copy.
    pub(crate) name: &'static str,
    /// The text whose copy or version it is, by the number of the article that had it first.
    pub(crate) main: u64,
    /// The script that most of it is written in.
    pub(crate) script: Script,
    /// The number of its outlet, and the host.
    pub(crate) outlet: usize,
    /// The host of its outlet.
    pub(crate) host: String,
    /// The number of its item: versions of one item have one.
    pub(crate) item: u64,
    /// Its headline.
    pub(crate) title: String,
    /// Who signs, or nobody.
    pub(crate) byline: String,
    /// Its paragraphs, those of the page included.
    pub(crate) paragraphs: Vec<Paragraph>,
    /// Whether a line is left free between two paragraphs.
    pub(crate) is_spaced: bool,
}

impl Article {
    /// What labels call it.
    pub(crate) fn id(&self) -> String {
        format!("{:06}-{}", self.number, self.name)
    }

    /// Its address: one for all versions of an item.
    pub(crate) fn url(&self) -> String {
        format!("https://{}/news/{}", self.host, self.item)
    }

    /// Its paragraphs, a line each.
    pub(crate) fn lines(&self) -> Vec<String> {
        let space = if self.script.has_spaces() { " " } else { "" };
        let line = |sentences: &Paragraph| {
            let texts: Vec<&str> =
                sentences.iter().map(|sentence| sentence.text.as_str()).collect();
            texts.join(space)
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

    /// Its words, what the page has beside the text included.
    pub(crate) fn words(&self) -> u32 {
        self.sentences().map(|sentence| sentence.words).sum()
    }
}
