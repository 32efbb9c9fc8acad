//! What an article is known by, so that its later versions find it.

use wirefold_proto::{AboutArticle, ArticleId};

/// What tells an article's item from others: its own id (which later versions name), that of the
/// version before, its page, its place in its feed.
///
/// What a stranger's feed says makes no version of what the outlet itself says: all of these names
/// begin with the stranger's there. Only its place in that feed stands without as well, for articles of
/// the time before the feed was known to be a stranger's.
#[must_use]
pub fn items(id: ArticleId, about: &AboutArticle) -> Vec<String> {
    let mut items = vec![id.to_string()];
    items.extend(about.version_of.map(|before| before.to_string()));
    items.extend(page(about).map(str::to_owned));
    let feed = about.feeds.first().map_or("", |feed| feed.as_str());
    let place = format!("{}\u{1f}{feed}\u{1f}{}", about.outlet, about.item_key);
    let Some(via) = &about.via else {
        items.push(place);
        return items;
    };
    items.push(place.clone());
    items.iter_mut().for_each(|item| *item = format!("{via}\u{1f}{item}"));
    items.push(place);
    items
}

/// The page of an article, by the name under which it stands among the items of its site's own.
#[must_use]
pub fn page(about: &AboutArticle) -> Option<&str> {
    about.canonical_url.as_deref().or(about.url.as_deref())
}
