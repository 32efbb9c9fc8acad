//! Whether the passages that two texts share are about the topic of their titles.
//!
//! A headline is written anew by each outlet, yet its words come from the text. A wall, a teaser for
//! subscribers or a list of blurbs stands under any title: what two pages share speaks of neither, and
//! what they speak of stands in the parts that they do not share.

use std::collections::BTreeSet;
use std::ops::Range;

use wirefold_text::Text;

use crate::body::BodyWord;
use crate::body::titles::{TOLD, TitleWords, key};
use crate::compare::overlap::{Overlap, Passage};
use crate::judge::{Article, Prior};

/// A part of a text speaks of its title that has this share of those of its telling words that the whole
/// text has.
const OF_WHOLE: f64 = 0.5;
/// Above a wall or among blurbs a page has so many words of its own at most.
const MOST_OF_TEASER: u32 = 120;
/// Parts of an article have so many telling words in common, …
const LEAST_COMMON: f64 = 2.0;
/// … which are this share of those of its own part, …
const OF_ONE_PIECE: f64 = 0.1;
/// … or so many.
const ENOUGH_COMMON: f64 = 5.0;
/// A text that has this share of the telling words of a title tells what the title does.
const TELLS: f64 = 0.5;

/// Whether what two texts share speaks of neither's title. Of a title without telling words nobody knows.
/// What they share stands in the new text, so that alone is read for it.
pub(crate) fn is_about_neither(new: &Article<'_>, prior: &Prior<'_>, overlap: &Overlap) -> bool {
    let shared = || {
        let words = overlap.passages.iter().flat_map(|passage| &new.body.words[passage.here()]);
        normal_words(new, words)
    };
    let own = overlap.own_words.0.saturating_sub(overlap.shared_words);
    if own > MOST_OF_TEASER || prior.article.title.is_told_by(shared()) {
        return false;
    }
    let ours = new.title.share_told_by(shared()).unwrap_or(1.0);
    (ours < TOLD || ours < OF_WHOLE * told_in(new.title, new).unwrap_or_default())
        && !is_of_one_piece(new, overlap, Passage::here)
        && !is_of_one_piece(&prior.article, overlap, Passage::there)
}

/// Whether the part of a text that another does not share speaks of the same as the part that it does: an
/// article under a lede of its own.
fn is_of_one_piece(
    article: &Article<'_>,
    overlap: &Overlap,
    range: fn(&Passage) -> Range<usize>,
) -> bool {
    let is_shared = |at: usize| overlap.passages.iter().any(|passage| range(passage).contains(&at));
    let (mut own, mut shared) = (BTreeSet::new(), BTreeSet::new());
    let words = article.body.words.iter().enumerate();
    for (at, word) in words.filter(|(_, word)| !word.boilerplate) {
        let of = if is_shared(at) { &mut shared } else { &mut own };
        of.extend(normal_words(article, [word]).filter_map(key));
    }
    let common = own.intersection(&shared).count();
    let share = OF_ONE_PIECE * own.len() as f64;
    common as f64 >= share.clamp(LEAST_COMMON, ENOUGH_COMMON)
}

/// Whether one text, which stands under two titles, speaks of neither.
pub(crate) fn is_equal_about_neither(new: &Article<'_>, prior: &Prior<'_>) -> bool {
    let is_told = |title: &TitleWords| title.is_told_by(normal_words(new, &new.body.words));
    !is_told(new.title) && !is_told(prior.article.title)
}

/// Whether one text, which stands under two titles, tells what both do.
pub(crate) fn tells_both(new: &Article<'_>, prior: &Prior<'_>) -> bool {
    let tells = |title| told_in(title, new).is_some_and(|told| told >= TELLS);
    tells(new.title) && tells(prior.article.title)
}

/// Whether the titles of one text name two things that it does not: a form, whose only names stand in
/// its titles.
pub(crate) fn name_others(new: &Article<'_>, prior: &Prior<'_>) -> bool {
    let words = || normal_words(new, &new.body.words);
    let old = prior.article.title;
    new.title.names_beside(old, words()) && old.names_beside(new.title, words())
}

fn told_in(title: &TitleWords, article: &Article<'_>) -> Option<f64> {
    title.share_told_by(normal_words(article, &article.body.words))
}

fn normal_words<'a>(
    article: &'a Article<'_>,
    words: impl IntoIterator<Item = &'a BodyWord>,
) -> impl Iterator<Item = &'a str> {
    let text: &Text = article.text;
    words.into_iter().map(|word| word.normal(text))
}
