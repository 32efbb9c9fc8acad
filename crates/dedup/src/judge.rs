//! The judgement: what one article is, given the earlier articles it may come from.

use crate::bits::Bits;
use crate::body::{Body, SHINGLE_WORDS};
use crate::facts::{ShortFacts, facts_agree};
use crate::figures::Figures;
use crate::holding::{are_items_of, is_held, is_second_text};
use crate::index::DocId;
use crate::overlap::Overlap;
use crate::settings::Settings;
use std::ops::Deref;
use wirefold_text::Text;

/// An article as the judge sees it.
#[derive(Clone, Copy)]
pub struct Article<'a> {
    /// The analysed text, which may be opened only now: most comparisons do without.
    pub text: &'a (dyn Deref<Target = Text> + 'a),
    /// What of it is compared.
    pub body: &'a Body,
    /// The hash of its normalised words, as [`Fingerprint::exact`] has it.
    ///
    /// [`Fingerprint::exact`]: crate::Fingerprint::exact
    pub exact: Option<u128>,
    /// Shingles made of counted words only.
    pub counted_shingles: u32,
    /// Its numbers.
    pub figures: &'a Figures,
    /// Numbers and names, for short texts.
    pub facts: &'a ShortFacts,
}

impl Article<'_> {
    /// Whether there is enough counted text to compare.
    #[must_use]
    pub fn is_comparable(&self, settings: &Settings) -> bool {
        self.counted_shingles >= settings.comparable_shingles
    }
}

/// An earlier article that the new one may come from.
#[derive(Clone, Copy)]
pub struct Prior<'a> {
    /// Its number in the order of arrival.
    pub doc: DocId,
    /// The article.
    pub article: Article<'a>,
    /// Whether it is an earlier version of the same item.
    pub same_item: bool,
    /// Whether both come from one outlet.
    pub same_outlet: bool,
    /// Whether both have titles, and other ones.
    pub other_title: bool,
    /// Its words that other members of its story have too.
    pub common: &'a Bits,
    /// Its words that stand in other stories.
    pub foreign: &'a Bits,
}

/// How much of one text stands in the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CopyKind {
    /// The same text after normalising.
    Exact,
    /// Most of one text stands in the other.
    Reprint,
    /// A substantial part does.
    Partial,
}

/// What the new article is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Its own text.
    Own,
    /// A copy of an earlier article.
    Copy {
        /// The member it joins through.
        of: DocId,
        /// How much of it.
        kind: CopyKind,
    },
    /// A changed text of the same item.
    Version {
        /// The version before.
        of: DocId,
    },
}

/// An earlier article with what it has in common with the new one.
#[derive(Debug, Clone)]
pub struct Match {
    /// The earlier article.
    pub doc: DocId,
    /// What both have in common.
    pub overlap: Overlap,
}

/// The judge's answer.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// What the article is.
    pub decision: Decision,
    /// Every prior compared, most shared words first.
    pub matches: Vec<Match>,
    /// Earlier articles that the new one holds while being mostly its own text.
    pub holds: Vec<DocId>,
    /// Earlier articles (digests) that turn out to hold the new one.
    pub held_by: Vec<DocId>,
    /// Earlier articles that the new one could have joined through: links between their stories.
    pub foldable: Vec<DocId>,
}

/// Judges an article against all priors. Ties break by order of arrival.
#[must_use]
pub fn judge(new: &Article<'_>, priors: &[Prior<'_>], settings: &Settings) -> Judgement {
    let mut compared: Vec<(&Prior<'_>, Overlap)> =
        priors.iter().map(|prior| (prior, compare(new, prior, settings))).collect();
    compared.sort_by(|(a, x), (b, y)| {
        y.shared_words
            .cmp(&x.shared_words)
            .then(y.contained.total_cmp(&x.contained))
            .then(a.doc.cmp(&b.doc))
    });
    let mut judgement = Judgement {
        decision: Decision::Own,
        matches: Vec::new(),
        holds: Vec::new(),
        held_by: Vec::new(),
        foldable: Vec::new(),
    };
    for (prior, overlap) in &compared {
        take(&mut judgement, new, prior, overlap, settings);
    }
    if let Some(decision) = by_identity(new, priors, new.is_comparable(settings)) {
        judgement.decision = decision;
    }
    judgement.matches =
        compared.into_iter().map(|(prior, overlap)| Match { doc: prior.doc, overlap }).collect();
    judgement
}

fn compare(new: &Article<'_>, prior: &Prior<'_>, settings: &Settings) -> Overlap {
    let (here, there) = (new.body, prior.article.body);
    if prior.same_outlet && !prior.same_item {
        return Overlap::within_outlet(here, there, settings);
    }
    Overlap::between(here, there, settings)
}

/// Folds by identity, whatever the texts share: the same normalised text, or the same item.
fn by_identity(new: &Article<'_>, priors: &[Prior<'_>], comparable: bool) -> Option<Decision> {
    let same_text = |prior: &&Prior<'_>| new.exact.is_some() && new.exact == prior.article.exact;
    let exact = |prior: &Prior<'_>| Decision::Copy { of: prior.doc, kind: CopyKind::Exact };
    let versions = || priors.iter().filter(|prior| prior.same_item);
    if let Some(same) = versions().find(same_text) {
        return Some(exact(same));
    }
    if let Some(before) = versions().max_by_key(|prior| prior.doc) {
        return Some(Decision::Version { of: before.doc });
    }
    // One short text under several titles at one outlet is what stands in the place of articles:
    // a wall, a blurb, a player.
    let is_wall = |prior: &&Prior<'_>| !comparable && prior.same_outlet && prior.other_title;
    let others = priors.iter().filter(same_text).filter(|prior| !is_wall(prior));
    others.min_by_key(|prior| (prior.other_title, prior.doc)).map(exact)
}

/// What one prior is to the new article.
fn take(
    judgement: &mut Judgement,
    new: &Article<'_>,
    prior: &Prior<'_>,
    overlap: &Overlap,
    settings: &Settings,
) {
    if !new.is_comparable(settings) || !prior.article.is_comparable(settings) {
        return;
    }
    // What the other text marks as a quotation is gone by now: enough must be left to compare.
    let least = settings.comparable_shingles + SHINGLE_WORDS - 1;
    if overlap.own_words.0.min(overlap.own_words.1) < least {
        return;
    }
    if overlap.contained < settings.partial_contained {
        if overlap.containing >= settings.holds_containing {
            judgement.holds.push(prior.doc);
        }
        return;
    }
    let Some(kind) = kind(overlap, settings) else {
        return;
    };
    if kind == CopyKind::Partial && are_items_of(new, overlap, settings) {
        // Of a whole text the digest is the holder; of a part of one it is just not a copy.
        if overlap.containing >= settings.holds_containing {
            judgement.holds.push(prior.doc);
        }
        return;
    }
    if is_held(prior, overlap, settings) {
        judgement.held_by.push(prior.doc);
        return;
    }
    if !facts_agree(new, &prior.article, overlap, settings) {
        return;
    }
    if !may_join(prior, overlap, settings) {
        if is_second_text(prior, overlap) {
            judgement.held_by.push(prior.doc);
        }
        return;
    }
    judgement.foldable.push(prior.doc);
    if judgement.decision == Decision::Own {
        judgement.decision = Decision::Copy { of: prior.doc, kind };
    }
}

/// The class thresholds.
fn kind(overlap: &Overlap, settings: &Settings) -> Option<CopyKind> {
    let is_reprint = overlap.larger() >= settings.reprint_larger
        && overlap.contained >= settings.reprint_contained
        && overlap.shared_words >= settings.reprint_words;
    let is_partial = overlap.contained >= settings.partial_contained
        && overlap.shared_words >= settings.partial_words;
    match (is_reprint, is_partial) {
        (true, _) => Some(CopyKind::Reprint),
        (false, true) => Some(CopyKind::Partial),
        (false, false) => None,
    }
}

/// A story is *one* text: a member that holds two texts must not draw the second one in. So of
/// what the new article shares with the member, or else of what makes the member a member, a good
/// part must be common to both. A member that shares nothing with any other is a lone lead, and
/// free.
fn may_join(prior: &Prior<'_>, overlap: &Overlap, settings: &Settings) -> bool {
    let shared = overlap.there.count();
    let both = overlap.there.common(prior.common) as f64;
    prior.common.count() == 0
        || both >= settings.join_share * shared as f64
        || (both > 0.0 && both >= settings.join_share * prior.common.count() as f64)
}
