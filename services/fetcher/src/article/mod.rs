//! Items as articles: canonical addresses, keys, outlets, ids and doubts about dates.

mod draft;
mod outlet;

pub(crate) use draft::{Draft, fetched};
pub(crate) use outlet::named;
pub(crate) use outlet::outlet_of;

use wirefold_address::canonical;
use wirefold_proto::ItemIdentity;

use crate::feed::Item;

/// The longest item key, in bytes; of longer ones both ends are kept.
const LONGEST_KEY: usize = 512;

/// What tells an item from the others of its feed: guid, else canonical link, else title and day;
/// from the one on that is named.
#[must_use]
pub(crate) fn item_key(item: &Item, identity: ItemIdentity) -> String {
    let guid = || {
        item.guid.clone().filter(|_| matches!(identity, ItemIdentity::Auto | ItemIdentity::Guid))
    };
    let link = || page(item).filter(|_| identity != ItemIdentity::Title);
    let title = || {
        let day = item.published.map(|at| at.strftime("%F").to_string()).unwrap_or_default();
        format!("{} {day}", wirefold_text::normalise(&item.title)).trim().to_owned()
    };
    let key = guid().or_else(link).unwrap_or_else(title);
    if key.len() <= LONGEST_KEY {
        return key;
    }
    let half = LONGEST_KEY / 2 - 2;
    let (start, end) = (key.floor_char_boundary(half), key.ceil_char_boundary(key.len() - half));
    format!("{}…{}", &key[..start], &key[end..])
}

/// The address of its page, as everybody writes it.
fn page(item: &Item) -> Option<String> {
    item.link.as_deref().map(|link| canonical(link).unwrap_or(link.to_owned()))
}

/// Page and title of an item that has both.
pub(crate) fn page_and_title(item: &Item) -> Option<(String, String)> {
    let title = wirefold_text::normalise(&item.title);
    (!title.is_empty()).then(|| Some((page(item)?, title))).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_what_the_feed_calls_it() {
        let mut item = Item { guid: Some("g".repeat(2000)), ..Item::default() };
        let item_key = |of: &Item| item_key(of, ItemIdentity::Auto);
        assert!(item_key(&item).len() <= LONGEST_KEY);
        item.guid = None;
        item.link = Some("https://a.example/x?utm_source=y".to_owned());
        assert_eq!(item_key(&item), "https://a.example/x");
        item.link = None;
        item.title = "Ferry, late!".to_owned();
        assert_eq!(item_key(&item), "ferry late");
        item.published = Some("2026-03-05T14:00:00Z".parse().unwrap());
        assert_eq!(item_key(&item), "ferry late 2026-03-05");
        item.guid = Some("g".to_owned());
        item.link = Some("https://a.example/x".to_owned());
        for (identity, key) in [
            (ItemIdentity::Guid, "g"),
            (ItemIdentity::Link, "https://a.example/x"),
            (ItemIdentity::Title, "ferry late 2026-03-05"),
        ] {
            assert_eq!(super::item_key(&item, identity), key);
        }
    }
}
