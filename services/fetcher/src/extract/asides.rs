//! Removes small parts of a page that are not its article: hidden elements, boxes named for
//! something else, labels of advertisements, notices of rights, and links to other articles between
//! paragraphs.

use trafilatura::dom::{Document, NodeId};

use super::boxes::{Limits, letters, may_go, share_of_links};
use super::labels::has_word;

/// Parts of names of elements that are only for screen readers.
const HIDDEN_NAMES: &[&str] = &[
    "visually-hidden", "visuallyhidden", "visually_hidden", "sr-only", "screen-reader",
    "screenreader", "hidden-visually",
];
/// Parts of names of boxes about pictures, authors, advertisements, videos and the site.
#[rustfmt::skip]
const NAMES: &[&str] = &[
    "photo-credit", "photocredit", "photo_credit", "image-credit", "imagecredit", "img-credit", "picture-credit",
    "photo-caption", "image-caption", "img-caption", "author-bio", "authorbio", "author_bio", "author-box", "authorbox",
    "about-author", "about-the-author", "advertisement", "ad-label", "ad-slot", "adslot", "donation", "donate-",
    "reader-support", "support-banner", "app-promo", "app-banner", "app-download", "video-player", "videoplayer",
    "share-tools", "share-bar", "sharebar", "social-share", "read-time", "reading-time", "readtime",
];
/// Whole words in such names.
const WORDS: &[&str] = &["advert", "bio"];
/// The most letters of such a box.
const LONGEST_BOX: usize = 600;
/// Labels of advertisements, in lower case. Each is the whole text of a paragraph.
#[rustfmt::skip]
const LABELS: &[&str] = &[
    "advertisement", "advertising", "ad", "sponsored", "sponsored content", "article continues below", "story continues below",
    "article continues below advertisement", "story continues below advertisement", "continue reading below",
    "article continues after advertisement", "anzeige", "werbung", "publicité", "publicidad", "pubblicità", "publicidade",
    "advertentie", "annons", "annonse", "annonce", "mainos", "reklama", "reklam", "hirdetés", "реклама", "広告", "广告", "광고",
];
/// The longest notice of rights, in letters.
const LONGEST_NOTICE: usize = 220;
/// The fewest letters of a headline in a link.
const HEADLINE: usize = 20;
/// A paragraph with at least this share of its letters in links is only a link.
const ALL_LINK: f64 = 0.95;
/// Signs at the end of a sentence, which a headline does not have.
const ENDS: &[char] = &['.', '!', ':', '…', '”', '"', '»', '。'];

/// Whether a browser does not show an element.
pub(super) fn is_hidden(page: &Document, id: NodeId, names: &str, limits: Limits) -> bool {
    let hidden = page.get_attribute(id, "hidden");
    let is_hidden = hidden.is_some_and(|how| !how.eq_ignore_ascii_case("until-found"));
    (is_hidden || HIDDEN_NAMES.iter().any(|sign| names.contains(sign))) && may_go(page, id, limits)
}

/// Whether an element is named for something other than the article, and is short enough for it.
pub(super) fn is_named_aside(page: &Document, id: NodeId, names: &str, limits: Limits) -> bool {
    let is_named = NAMES.iter().any(|sign| names.contains(sign)) || has_word(page, id, WORDS);
    is_named && letters(&page.text_content(id)) <= LONGEST_BOX && may_go(page, id, limits)
}

/// Removes labels of advertisements, notices of rights and links to other articles.
pub(super) fn remove_lines(page: &mut Document, limits: Limits) {
    for id in page.iter_descendants(limits.body, &["div", "p", "span"]) {
        if !page.iter_descendants(id, &["div", "p"]).is_empty() {
            continue;
        }
        let line = page.text_content(id);
        let line = line.trim();
        if is_label(line) || is_notice(line) || is_other_article(page, id, line) {
            page.remove(id, true);
        }
    }
}

/// Whether a line is the label of an advertisement.
fn is_label(line: &str) -> bool {
    let words = line.trim_matches(|c: char| !c.is_alphanumeric());
    words.len() <= 60 && LABELS.contains(&words.to_lowercase().as_str())
}

/// Whether a line is a notice of rights.
fn is_notice(line: &str) -> bool {
    let lower = line.to_lowercase();
    let begins = ["©", "copyright ©", "copyright 20", "(c) 20", "all rights reserved"];
    begins.iter().any(|begin| lower.starts_with(begin)) && letters(&lower) <= LONGEST_NOTICE
}

/// Whether a paragraph between others is only a link with the headline of another article.
fn is_other_article(page: &Document, id: NodeId, line: &str) -> bool {
    let is_paragraph = |other: Option<NodeId>| other.is_some_and(|it| page.tag_name(it) == "p");
    page.tag_name(id) == "p"
        && letters(line) >= HEADLINE
        && !line.ends_with(ENDS)
        && share_of_links(page, id) >= ALL_LINK
        && is_paragraph(page.next_element_sibling(id))
        && is_paragraph(page.prev_element_sibling(id))
}
