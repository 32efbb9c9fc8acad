//! An article as it comes in, and the steps of its decision.

/// An article as it comes in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Incoming<'a> {
    /// What tells its item from others: its id, its canonical URL. An earlier article with one of
    /// them is an earlier version.
    pub items: &'a [&'a str],
    /// The outlet; without one nothing is learned as boilerplate.
    pub outlet: Option<&'a str>,
    /// The site whose feed says so, where that is not the outlet or the page is another site's.
    pub via: Option<&'a str>,
    /// Its page, by the name under which it stands among the items of the site's own articles.
    pub page: Option<&'a str>,
    /// The title, or "".
    pub title: &'a str,
    /// The byline, or "".
    pub byline: &'a str,
    /// The text.
    pub text: &'a str,
    /// Stream time, in seconds; must not run back.
    pub time: i64,
    /// When it claims to be published, in seconds.
    pub published: i64,
}

/// What the detector does with an article, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// All that can be said of it without any other article.
    Prepare,
    /// Boilerplate, and what the index has under its shingles.
    Fingerprint,
    /// The earlier articles worth comparing.
    Candidates,
    /// Alignment, and which story it belongs to.
    Judgement,
    /// Credit, novelty, the event; entering all that.
    Rest,
}
