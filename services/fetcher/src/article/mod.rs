//! Items as articles: canonical addresses, keys, outlets, ids and doubts about dates.

mod canonical;
mod draft;
mod outlet;

pub use canonical::canonical;
pub(crate) use draft::{Draft, fetched};
pub(crate) use outlet::named;
pub(crate) use outlet::outlet_of;

use crate::feed::Item;

/// The longest item key, in bytes; of longer ones both ends are kept.
const LONGEST_KEY: usize = 512;

/// What tells an item from the others of its feed: guid, else canonical link, else title and day.
#[must_use]
pub(crate) fn item_key(item: &Item) -> String {
    let link = || item.link.as_deref().map(|link| canonical(link).unwrap_or(link.to_owned()));
    let title = || {
        let day = item.published.map(|at| at.strftime("%F").to_string()).unwrap_or_default();
        format!("{} {day}", wirefold_text::normalise(&item.title)).trim().to_owned()
    };
    let key = item.guid.clone().or_else(link).unwrap_or_else(title);
    if key.len() <= LONGEST_KEY {
        return key;
    }
    let half = LONGEST_KEY / 2 - 2;
    let (start, end) = (key.floor_char_boundary(half), key.ceil_char_boundary(key.len() - half));
    format!("{}…{}", &key[..start], &key[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_what_the_feed_calls_it() {
        let mut item = Item { guid: Some("g".repeat(2000)), ..Item::default() };
        assert!(item_key(&item).len() <= LONGEST_KEY);
        item.guid = None;
        item.link = Some("https://a.example/x?utm_source=y".to_owned());
        assert_eq!(item_key(&item), "https://a.example/x");
        item.link = None;
        item.title = "Ferry, late!".to_owned();
        assert_eq!(item_key(&item), "ferry late");
        item.published = Some("2026-03-05T14:00:00Z".parse().unwrap());
        assert_eq!(item_key(&item), "ferry late 2026-03-05");
    }
}
