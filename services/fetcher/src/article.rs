//! Turns items of feeds into submitted articles, and computes the keys of items.

use wirefold_address::canonical;
use wirefold_proto::{ItemIdentity, SubmittedArticle};

use wirefold_feed::Item;

/// The key of an item in its feed: guid, else canonical link, else title and day. `identity` says with
/// which of these to start.
#[must_use]
pub(crate) fn item_key(item: &Item, identity: ItemIdentity) -> String {
    let is_by_id = matches!(identity, ItemIdentity::Auto | ItemIdentity::Guid);
    let id = item.guid.as_deref().filter(|_| is_by_id);
    let link = item.link.as_deref().filter(|_| identity != ItemIdentity::Title);
    wirefold_address::item_key(id, link, &item.title, item.published)
}

/// The canonical address of the page and the normalised title, if the item has both.
pub(crate) fn page_and_title(item: &Item) -> Option<(String, String)> {
    let page = |link: &str| canonical(link).unwrap_or_else(|| link.to_owned());
    let title = wirefold_text::normalise(&item.title);
    (!title.is_empty()).then(|| Some((page(item.link.as_deref()?), title))).flatten()
}

/// The submitted article of an item with this text.
pub(crate) fn to_submitted(item: &Item, text: String) -> SubmittedArticle {
    // Other links than web addresses are dropped.
    let is_web = |link: &&String| link.starts_with("http://") || link.starts_with("https://");
    SubmittedArticle {
        id: item.guid.clone(),
        url: item.link.as_ref().filter(is_web).cloned(),
        title: Some(item.title.clone()),
        text,
        author: None,
        authors: item.authors.clone(),
        outlet: None,
        source: item.source.clone(),
        feed: None,
        published: item.published,
        language: item.language.clone(),
        teaser: item.teaser.clone(),
        media: item.media.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_the_guid_else_the_link_else_the_title() {
        let mut item = Item { guid: Some("g".repeat(2000)), ..Item::default() };
        let item_key = |of: &Item| item_key(of, ItemIdentity::Auto);
        assert!(item_key(&item).len() <= 512);
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
