//! An article of the window, beside what dedup keeps of it.

use wirefold_dedup::snapshot::{Reader, Writer, Written};

use crate::groups::Entering;
use crate::snapshot::{read_id, read_time, write_id, write_time};

/// Where an article of the window stands.
#[derive(Debug, Clone)]
pub(crate) struct WindowArticle {
    pub(crate) article: Entering,
    pub(super) byline: String,
}

/// What is written of a place in one byte: whether its text can be compared …
const COMPARABLE: u8 = 1;
/// … and whether a stranger's feed says whose it is.
const STRANGERS: u8 = 2;

impl Written for WindowArticle {
    fn write_to(&self, to: &mut Writer<'_>) {
        let Entering { id, fetched, seen, time, outlet, comparable, is_outlets_own } = self.article;
        write_id(id, to);
        (fetched, time).write_to(to);
        write_time(seen, to);
        // Of versions that knew no strangers, every article is its outlet's own.
        let flags = u8::from(comparable) * COMPARABLE + u8::from(!is_outlets_own) * STRANGERS;
        (outlet, flags).write_to(to);
        self.byline.write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        let id = read_id(from)?;
        let (fetched, time) = Written::read_from(from)?;
        let seen = read_time(from)?;
        let (outlet, flags): (u64, u8) = Written::read_from(from)?;
        let comparable = flags & COMPARABLE != 0;
        let is_outlets_own = flags & STRANGERS == 0;
        if flags > COMPARABLE + STRANGERS {
            return None;
        }
        let article = Entering { id, fetched, seen, time, outlet, comparable, is_outlets_own };
        Some(Self { article, byline: Written::read_from(from)? })
    }
}
