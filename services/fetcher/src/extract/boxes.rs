//! Measures the boxes of a page, and says which of them may be removed.

use trafilatura::dom::{Document, NodeId};

/// The limits of boxes that may be removed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) body: NodeId,
    /// The most letters of a box.
    pub(super) most: usize,
}

/// Whether a box may be removed: it is small enough and has no element that only an article has.
pub(super) fn may_go(page: &Document, id: NodeId, limits: Limits) -> bool {
    let holds_article = || !page.iter(id, &["article", "body", "h1", "main"]).is_empty();
    id != limits.body && letters(&page.text_content(id)) <= limits.most && !holds_article()
}

/// The share of letters in links.
pub(super) fn share_of_links(page: &Document, id: NodeId) -> f64 {
    let all = letters(&page.text_content(id));
    let links = page.iter(id, &["a"]);
    let linked: usize = links.iter().map(|link| letters(&page.text_content(*link))).sum();
    if all == 0 { 0.0 } else { linked as f64 / all as f64 }
}

/// The number of letters and digits of a text.
pub(super) fn letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric()).count()
}
