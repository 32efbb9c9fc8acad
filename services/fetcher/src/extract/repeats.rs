//! Removes pull quotes: quotations in larger type that repeat a sentence of the article.

use trafilatura::dom::{Document, NodeId};

use super::boxes::{Limits, letters, may_go};

/// The letters of such a quotation. A shorter one may occur twice by chance.
const LETTERS: std::ops::RangeInclusive<usize> = 16..=400;
/// The most quotations that are examined. Each is searched in the whole text.
const MOST: usize = 40;

/// Removes quotations that are elsewhere on the page too, word by word.
pub(super) fn remove_pull_quotes(page: &mut Document, limits: Limits) {
    let whole = key(&page.text_content(limits.body));
    for id in
        page.iter_descendants(limits.body, &["aside", "blockquote", "q"]).into_iter().take(MOST)
    {
        let quotation_key = key(&page.text_content(id));
        if LETTERS.contains(&quotation_key.chars().count())
            && whole.matches(quotation_key.as_str()).nth(1).is_some()
        {
            let outer = with_its_speaker(page, id, limits);
            page.remove(outer, true);
        }
    }
}

/// The box around a quotation, if it has little more than the name of the speaker.
fn with_its_speaker(page: &Document, id: NodeId, limits: Limits) -> NodeId {
    let size = letters(&page.text_content(id));
    let is_around = |parent: &NodeId| {
        matches!(page.tag_name(*parent), "aside" | "div" | "figure")
            && letters(&page.text_content(*parent)) <= 2 * size
            && may_go(page, *parent, limits)
    };
    page.parent(id).filter(is_around).unwrap_or(id)
}

/// Only the letters and digits, because the marks around a quotation differ.
fn key(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
