//! The kinds of articles.

/// The kind of an article: how its text came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// A separately written text.
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
