//! The articles that the methods get.

use wirefold_dedup::Incoming;

use crate::generator;

/// The input of a method.
pub(in crate::commands::bench) struct Article {
    pub(in crate::commands::bench) number: u32,
    pub(in crate::commands::bench) outlet: String,
    /// Its address, which all versions of an item share.
    pub(in crate::commands::bench) url: String,
    pub(in crate::commands::bench) title: String,
    pub(in crate::commands::bench) byline: String,
    pub(in crate::commands::bench) text: String,
    pub(in crate::commands::bench) time: i64,
}

impl Article {
    /// The generated article at its index in the stream, seen at `time`.
    pub(in crate::commands::bench) fn new(article: generator::Article, time: i64) -> Article {
        Article {
            number: u32::try_from(article.number).unwrap_or(u32::MAX),
            url: article.url(),
            text: article.text(),
            outlet: article.host,
            title: article.title,
            byline: article.byline,
            time,
        }
    }

    /// The input of the detector.
    pub(in crate::commands::bench) fn incoming<'a>(&'a self, items: &'a [&'a str]) -> Incoming<'a> {
        Incoming {
            items,
            outlet: Some(&self.outlet),
            title: &self.title,
            byline: &self.byline,
            text: &self.text,
            time: self.time,
            published: self.time,
            ..Incoming::default()
        }
    }
}
