//! The input of the detector, and the steps of a decision.

/// An article as it comes in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Incoming<'a> {
    /// The names of its item, such as its id and its canonical URL. An earlier article with one of
    /// them is an earlier version.
    pub items: &'a [&'a str],
    /// The outlet. Without one, no boilerplate is learned.
    pub outlet: Option<&'a str>,
    /// The site whose feed brought the article, if that is not the outlet, or if the page is on
    /// another site.
    pub via: Option<&'a str>,
    /// Its page, by the name that the site's own articles on this page have among their items.
    pub page: Option<&'a str>,
    /// The title, or "".
    pub title: &'a str,
    /// The byline, or "".
    pub byline: &'a str,
    /// The text.
    pub text: &'a str,
    /// Stream time in seconds. It must not decrease.
    pub time: i64,
    /// The claimed time of publication, in seconds.
    pub published: i64,
}

/// The steps of a decision about an article, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Computes the values that depend on no other article.
    Prepare,
    /// Removes boilerplate and looks up the keys in the index.
    Fingerprint,
    /// Finds the earlier articles worth comparing.
    Candidates,
    /// Aligns the texts and decides which story the article belongs to.
    Judgement,
    /// Compares the article with its story, learns boilerplate and stores the article.
    Record,
    /// Finds the event of a new story.
    Event,
    /// Finds the agency, gives the verdict, and merges or regroups stories.
    Verdict,
}
