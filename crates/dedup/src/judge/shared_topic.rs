//! Decides whether the passages that two texts share are about the topic of their titles.
//!
//! Each outlet writes its own headline, but takes the words of it from the text. A wall, a teaser
//! for subscribers or a list of blurbs is printed under any title: the shared passages are then
//! about neither title, and the parts that are not shared are.

use std::collections::BTreeSet;
use std::ops::Range;

use wirefold_text::Text;

use crate::body::BodyWord;
use crate::body::titles::{MENTIONED_SHARE, TitleWords, telling_key};
use crate::compare::overlap::Overlap;
use crate::compare::passage::Passage;
use crate::judge::{Article, Prior};

/// A part of a text is about its title if it has this share of the telling words of the title that
/// the whole text has.
const MIN_SHARE_OF_WHOLE: f64 = 0.5;
/// The number of words of its own that a page has above a wall or among blurbs. A page with more is
/// an article.
const MAX_TEASER_WORDS: u32 = 120;
/// Two parts of a text are one article if they have in common this share of the telling words of
/// the part that is not shared, …
const MIN_COMMON_SHARE: f64 = 0.1;
/// … but at least this many, …
const MIN_COMMON: f64 = 2.0;
/// … while this many are always enough.
const ENOUGH_COMMON: f64 = 5.0;
/// A text is about a title if it has this share of the telling words of the title.
const MIN_TITLE_SHARE: f64 = 0.5;

/// Whether the shared passages are about neither title. A title without telling words decides
/// nothing. The shared words are read from the new text only, because the old one has the same.
pub(crate) fn is_about_neither_title(
    new: &Article<'_>,
    prior: &Prior<'_>,
    overlap: &Overlap,
) -> bool {
    let shared = || {
        let words = overlap.passages.iter().flat_map(|passage| &new.body.words[passage.here()]);
        normal_words(new, words)
    };
    let own = overlap.own_words.0.saturating_sub(overlap.shared_words);
    if own > MAX_TEASER_WORDS || prior.article.title.is_mentioned_in(shared()) {
        return false;
    }
    let ours = new.title.share_in(shared()).unwrap_or(1.0);
    (ours < MENTIONED_SHARE
        || ours < MIN_SHARE_OF_WHOLE * share_of_title_in(new.title, new).unwrap_or_default())
        && !is_one_topic(new, overlap, Passage::here)
        && !is_one_topic(&prior.article, overlap, Passage::there)
}

/// Whether the shared part of a text and the rest of it are about one topic, as in an article with
/// a lede of its own.
fn is_one_topic(
    article: &Article<'_>,
    overlap: &Overlap,
    range: fn(&Passage) -> Range<usize>,
) -> bool {
    let is_shared = |at: usize| overlap.passages.iter().any(|passage| range(passage).contains(&at));
    let (mut own, mut shared) = (BTreeSet::new(), BTreeSet::new());
    let words = article.body.words.iter().enumerate();
    for (at, word) in words.filter(|(_, word)| !word.boilerplate) {
        let of = if is_shared(at) { &mut shared } else { &mut own };
        of.extend(normal_words(article, [word]).filter_map(telling_key));
    }
    let common = own.intersection(&shared).count();
    let share = MIN_COMMON_SHARE * own.len() as f64;
    common as f64 >= share.clamp(MIN_COMMON, ENOUGH_COMMON)
}

/// Whether a text under two different titles is about neither of them.
pub(crate) fn is_equal_text_about_neither_title(new: &Article<'_>, prior: &Prior<'_>) -> bool {
    let is_told = |title: &TitleWords| title.is_mentioned_in(normal_words(new, &new.body.words));
    !is_told(new.title) && !is_told(prior.article.title)
}

/// Whether a text under two different titles is about both of them.
pub(crate) fn is_about_both_titles(new: &Article<'_>, prior: &Prior<'_>) -> bool {
    let tells = |title| share_of_title_in(title, new).is_some_and(|told| told >= MIN_TITLE_SHARE);
    tells(new.title) && tells(prior.article.title)
}

/// Whether each of two titles of one text has a name that neither the text nor the other title has.
/// The text is then a template whose only names are in its titles.
pub(crate) fn titles_name_others(new: &Article<'_>, prior: &Prior<'_>) -> bool {
    let words = || normal_words(new, &new.body.words);
    let old = prior.article.title;
    new.title.has_telling_word_outside(old, words())
        && old.has_telling_word_outside(new.title, words())
}

/// The share of the telling words of a title that a text has, 0 to 1. `None` if it has none.
fn share_of_title_in(title: &TitleWords, article: &Article<'_>) -> Option<f64> {
    title.share_in(normal_words(article, &article.body.words))
}

fn normal_words<'a>(
    article: &'a Article<'_>,
    words: impl IntoIterator<Item = &'a BodyWord>,
) -> impl Iterator<Item = &'a str> {
    let text: &Text = article.text;
    words.into_iter().map(|word| word.normal(text))
}
