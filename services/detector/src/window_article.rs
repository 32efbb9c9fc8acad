//! What the service stores of each article of the window, beside what `dedup` stores.

use wirefold_dedup::codec::{Reader, Writer, Written};
use wirefold_dedup::{DocId, Numbered};

use crate::groups::Entering;
use crate::packed::{read_id, read_time, write_id, write_time};

/// The articles of the window, as dedup numbers them.
pub(crate) type WindowArticles = Numbered<DocId, WindowArticle>;

/// Where an article of the window stands.
#[derive(Debug, Clone)]
pub(crate) struct WindowArticle {
    pub(crate) article: Entering,
    pub(crate) byline: String,
}

impl Written for WindowArticle {
    fn write_to(&self, to: &mut Writer<'_>) {
        let Entering { id, fetched, seen, time, outlet, comparable, is_version, claim } =
            self.article;
        write_id(id, to);
        (fetched, time).write_to(to);
        write_time(seen, to);
        (outlet, comparable).write_to(to);
        is_version.write_to(to);
        claim.write_to(to);
        self.byline.write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        let id = read_id(from)?;
        let (fetched, time) = Written::read_from(from)?;
        let seen = read_time(from)?;
        let (outlet, comparable) = Written::read_from(from)?;
        let (is_version, claim) = (Written::read_from(from)?, Written::read_from(from)?);
        let article = Entering { id, fetched, seen, time, outlet, comparable, is_version, claim };
        Some(Self { article, byline: Written::read_from(from)? })
    }
}
