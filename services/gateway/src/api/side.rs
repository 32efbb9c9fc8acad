//! One of two compared articles, with its data and its text.

use wirefold_dedup::{Described, Incoming};
use wirefold_proto::{ArticleFetched, ArticleId};

use crate::shapes::GivenText;

/// One of two compared articles.
#[derive(Debug, Clone, Default)]
pub(super) struct Side {
    pub(super) id: Option<ArticleId>,
    pub(super) title: Option<String>,
    pub(super) outlet: Option<String>,
    pub(super) text: String,
    /// The names of its item.
    items: Vec<String>,
    /// The outlet as the detector uses it; `None` if it has no site.
    site: Option<String>,
    via: Option<String>,
    page: Option<String>,
    byline: String,
    seen: Option<i64>,
    published: Option<i64>,
}

impl Side {
    /// A stored article, as the detector got it.
    pub(super) fn stored(fetched: ArticleFetched) -> Side {
        let about = &fetched.article;
        let seen = about.seen.as_second();
        let published = about.plausible_time().map_or(seen, |time| time.as_second());
        Side {
            id: Some(fetched.id),
            title: Some(about.title.clone()),
            outlet: Some(about.outlet.to_string()),
            items: about.item_names(fetched.id),
            site: about.site().map(str::to_owned),
            via: about.via.as_ref().map(ToString::to_string),
            page: about.page().map(str::to_owned),
            byline: about.authors.join(", "),
            seen: Some(seen),
            published: Some(published),
            text: fetched.text,
        }
    }

    /// A text given in the request.
    pub(super) fn given(given: GivenText) -> Side {
        let published = given.published.map(|time| time.as_second());
        Side {
            title: given.title,
            site: given.outlet.clone().filter(|outlet| !outlet.trim().is_empty()),
            outlet: given.outlet,
            items: given.url.iter().cloned().collect(),
            page: given.url,
            seen: published,
            published,
            text: given.text,
            ..Side::default()
        }
    }

    /// The names of its item. An article without one is an item of its own.
    pub(super) fn items<'a>(&'a self, name: &'a str) -> Vec<&'a str> {
        [name].into_iter().chain(self.items.iter().map(String::as_str)).collect()
    }

    /// The article in the detector's form.
    pub(super) fn described<'a>(&'a self, items: &'a [&'a str]) -> Described<'a> {
        let incoming = Incoming {
            items,
            outlet: self.site.as_deref(),
            via: self.via.as_deref(),
            page: self.page.as_deref(),
            title: self.title.as_deref().unwrap_or_default(),
            byline: &self.byline,
            text: &self.text,
            ..Incoming::default()
        };
        Described { incoming, seen: self.seen, published: self.published }
    }
}
