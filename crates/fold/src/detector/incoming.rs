//! [`Incoming`]: an article as it comes in. [`Prepared`]: it with the values that depend on no other article.

use std::sync::Arc;

use wirefold_text::Text;
use wirefold_text::extract::{AgencyTrace, agencies, byline_agencies};

use crate::correction::is_correction;
use crate::headline::Headline;
use crate::page::{Page, counted};

/// An article as it comes in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Incoming<'a> {
    /// The names of its item, such as its id and its canonical URL. An earlier article with one of them is an
    /// earlier version, unless the name is that of the page.
    pub items: &'a [&'a str],
    /// The outlet.
    pub outlet: Option<&'a str>,
    /// The site whose feed brought the article, if that is not the outlet, or if the page is on another site.
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

/// An article with the values that depend on no other article.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub(crate) text: Arc<Text>,
    pub(crate) page: Arc<Page>,
    /// The different terms of the text, each with how often it stands.
    pub(crate) counted: Vec<(u32, u32)>,
    pub(crate) title: Headline,
    /// Whether the article says that it is a correction.
    pub(crate) is_correction: bool,
    /// The agencies that the article names as its source, those of the byline first.
    pub(crate) traces: Vec<AgencyTrace>,
    pub(crate) simhash: u64,
}

impl Prepared {
    /// Computes the values of an article that depend on no other article. Any thread can do it, in any order.
    #[must_use]
    pub fn new(incoming: &Incoming<'_>) -> Prepared {
        let text = Arc::new(Text::new(incoming.text));
        let page = Arc::new(Page::of(&text));
        let title = Text::new(incoming.title);
        let mut traces = byline_agencies(incoming.byline);
        traces.extend(agencies(&text));
        Prepared {
            title: Headline::new(&title),
            is_correction: is_correction(&title, &text),
            traces,
            simhash: page.simhash(),
            counted: counted(&page.terms),
            page,
            text,
        }
    }
}
