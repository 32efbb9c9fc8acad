//! The data that the service stores for each article of the window, in addition to the data of
//! `dedup`.

use wirefold_dedup::codec::{Encode, Reader, Writer};
use wirefold_dedup::{DocId, IdTable};

use crate::groups::CountedArticle;
use crate::packed::{read_id, read_time, write_id, write_time};

/// The articles of the window by the numbers that `dedup` gives them.
pub(crate) type WindowArticles = IdTable<DocId, WindowArticle>;

/// An article of the window.
#[derive(Debug, Clone)]
pub(crate) struct WindowArticle {
    pub(crate) counted: CountedArticle,
    pub(crate) byline: String,
}

impl Encode for WindowArticle {
    fn write_to(&self, to: &mut Writer<'_>) {
        let CountedArticle { id, fetched, seen, time, outlet, comparable, is_version, claim } =
            self.counted;
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
        let (fetched, time) = Encode::read_from(from)?;
        let seen = read_time(from)?;
        let (outlet, comparable) = Encode::read_from(from)?;
        let (is_version, claim) = (Encode::read_from(from)?, Encode::read_from(from)?);
        let counted =
            CountedArticle { id, fetched, seen, time, outlet, comparable, is_version, claim };
        Some(Self { counted, byline: Encode::read_from(from)? })
    }
}
