//! Judges an article against the earlier articles that it may come from.
//!
//! Input: an article and its priors. Output: the rule that decides about each pair, and the
//! decision about the article. This folder does not know the decisions about other articles.

pub(crate) mod corrected;
pub(crate) mod dates;
pub(crate) mod decision;
pub(crate) mod digest;
pub(crate) mod expanded;
pub(crate) mod fact_conflict;
pub(crate) mod facts;
pub(crate) mod lede;
pub(crate) mod material;
pub(crate) mod name_variants;
pub(crate) mod notes;
pub(crate) mod rule;
pub(crate) mod same_outlet;
pub(crate) mod shared_topic;
pub(crate) mod takes;
pub(crate) mod template;
pub(crate) mod timing;

use crate::body::figures::Figures;
use crate::body::simhash::is_near;
use crate::body::titles::{TitleRelation, TitleWords};
use crate::body::{Body, SHINGLE_WORDS};
use crate::codec::bits::Bits;
use crate::compare::align::{CellCount, Shingled, align_counted, align_whole};
use crate::compare::overlap::Overlap;
use crate::ids::DocId;
pub use crate::judge::decision::{CopyKind, Decision};
use crate::judge::digest::{are_digest_items, holds_new_text, is_second_text};
use crate::judge::expanded::is_expanded;
use crate::judge::fact_conflict::fact_conflict;
use crate::judge::facts::ShortFacts;
use crate::judge::rule::{Compared, Rule};
use crate::judge::same_outlet::{is_page_chrome, is_same_article, why_equal_is_not_a_copy};
use crate::judge::takes::{is_of_another_day, is_refilled_by_outlet, why_not_takes};
use crate::settings::{Ablation, Settings};
use std::ops::Deref;
use wirefold_text::Text;

/// An article as the judge sees it.
#[derive(Clone, Copy)]
pub struct Article<'a> {
    /// The text, analysed when it is first used: most comparisons do not need it.
    pub text: &'a (dyn Deref<Target = Text> + 'a),
    /// The words of the text that are compared.
    pub body: &'a Body,
    /// The hash of its normalised words; see [`Fingerprint::exact`](crate::Fingerprint::exact).
    pub exact: Option<u128>,
    /// The number of its shingles of counted words.
    pub counted_shingles: u32,
    /// The SimHash of its normalised words: a hint, never evidence.
    pub simhash: u64,
    /// Its numbers.
    pub figures: &'a Figures,
    /// Its numbers and names, if it is short.
    pub facts: &'a ShortFacts,
    /// Its title.
    pub title: &'a TitleWords,
}

impl Article<'_> {
    /// Whether it has enough counted shingles to be compared.
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
    /// Whether it is the same item as the new article, by its id or by its address.
    pub same_item: bool,
    /// Whether it is the same item by its id in the feed. It is then a version, whatever the text.
    pub same_name: bool,
    /// Whether two different sites link both to one page. They are not versions, but equal texts
    /// are one text even if they are short.
    pub same_page: bool,
    /// Whether both come from one outlet.
    pub same_outlet: bool,
    /// How their titles compare.
    pub titles: TitleRelation,
    /// The seconds between them: between their arrivals or their publications, whichever is more.
    pub seconds: i64,
    /// The positions of its words that other members of its story have too.
    pub common: &'a Bits,
    /// The positions of its words that are in other stories.
    pub foreign: &'a Bits,
}

impl Prior<'_> {
    /// Whether both have enough counted shingles to be compared.
    pub(crate) fn is_comparable_with(&self, new: &Article<'_>, settings: &Settings) -> bool {
        self.article.is_comparable(settings) && new.is_comparable(settings)
    }
}

/// The comparison of a new article with one earlier article.
#[derive(Debug, Clone)]
pub struct Match {
    /// The earlier article.
    pub doc: DocId,
    /// The parts that both texts have in common.
    pub overlap: Overlap,
    /// The rule that decided about the pair.
    pub rule: Rule,
}

impl Match {
    /// The match without its overlap.
    pub(crate) fn compared(&self) -> Compared {
        Compared { doc: self.doc, rule: self.rule }
    }
}

/// The result of [`judge`].
#[derive(Debug, Clone, Default)]
pub struct Judgement {
    /// The decision about the article.
    pub decision: Decision,
    /// All priors, those with most shared words first.
    pub matches: Vec<Match>,
    /// Earlier articles that the new one holds. The new one is then a digest.
    pub holds: Vec<DocId>,
    /// Earlier articles that hold the new one, and are digests because of that.
    pub held_by: Vec<DocId>,
    /// All earlier articles whose stories the new one could have joined. They link these stories.
    pub foldable: Vec<DocId>,
}

impl Judgement {
    /// Records the rule that the texts of a pair give.
    fn record(&mut self, prior: &Prior<'_>, overlap: &Overlap, rule: Rule, settings: &Settings) {
        // A digest holds an earlier text only if it has the whole of it.
        let is_whole = overlap.containing >= settings.holds_containing;
        match rule {
            Rule::HeldByTheOther => self.held_by.push(prior.doc),
            Rule::SecondText if is_second_text(prior, overlap) => self.held_by.push(prior.doc),
            Rule::HoldsTheOther => self.holds.push(prior.doc),
            Rule::ItemsOfADigest if is_whole => self.holds.push(prior.doc),
            _ => {
                if let Some(kind) = rule.copy_kind() {
                    self.fold(prior.doc, kind);
                }
            }
        }
    }

    /// Records an earlier article whose story the new one may join. The first one decides.
    fn fold(&mut self, of: DocId, kind: CopyKind) {
        self.foldable.push(of);
        if self.decision == Decision::Own {
            self.decision = Decision::Copy { of, kind };
        }
    }
}

/// Judges an article against all priors. Ties break by order of arrival.
#[must_use]
pub fn judge(new: &Article<'_>, priors: &[Prior<'_>], settings: &Settings) -> Judgement {
    let here = Shingled::new(new.body);
    let mut compared: Vec<(&Prior<'_>, Overlap)> =
        priors.iter().map(|prior| (prior, compare((new, &here), prior, settings))).collect();
    compared.sort_by(|(a, x), (b, y)| {
        y.shared_words
            .cmp(&x.shared_words)
            .then(y.contained.total_cmp(&x.contained))
            .then(a.doc.cmp(&b.doc))
    });
    let mut judgement = Judgement::default();
    let mut rules = Vec::with_capacity(compared.len());
    for (prior, overlap) in &compared {
        let by_text = by_text(new, prior, overlap, settings);
        judgement.record(prior, overlap, by_text, settings);
        rules.push(by_identity(new, prior, overlap, settings, by_text));
    }
    if let Some(decision) = decide_by_identity(&compared, &rules) {
        judgement.decision = decision;
    }
    if let Decision::Copy { of, .. } = judgement.decision {
        let original = compared.iter().zip(&rules).find(|((prior, _), _)| prior.doc == of);
        if original.is_some_and(|(_, rule)| *rule == Rule::Take)
            && new.title.is_update_or_correction()
        {
            judgement.decision = Decision::Version { of };
        }
    }
    for ((prior, overlap), rule) in compared.into_iter().zip(rules) {
        judgement.matches.push(Match { doc: prior.doc, overlap, rule });
    }
    judgement
}

fn compare(
    (new, here): (&Article<'_>, &Shingled<'_>),
    prior: &Prior<'_>,
    settings: &Settings,
) -> Overlap {
    let Article { body: there, simhash, .. } = prior.article;
    // Both functions give the same runs. A wrong hint only costs time.
    let align = if is_near(new.simhash, simhash) { align_whole } else { align_counted };
    let cells = CellCount::default();
    let runs = align(here, there, &cells);
    // If both are the text of one page, equal words around a difference are not a page frame.
    let one_outlet = prior.same_outlet && !prior.same_item && !prior.same_page;
    let overlap = Overlap::from_runs(new.body, there, &runs, settings, one_outlet);
    Overlap { cells: cells.count(), ..overlap }
}

/// The rule for a pair: by identity (same item or same normalised text), otherwise by the texts.
fn by_identity(
    new: &Article<'_>,
    prior: &Prior<'_>,
    overlap: &Overlap,
    settings: &Settings,
    by_text: Rule,
) -> Rule {
    let is_same_text = new.exact.is_some() && new.exact == prior.article.exact;
    let against = match (prior.same_item, is_same_text) {
        (true, true) => return Rule::SameText,
        (true, false) if is_same_article(new, prior, overlap, settings) => return Rule::SameItem,
        (true, false) => Rule::AddressAlone,
        (false, true) => match why_equal_is_not_a_copy(new, prior, settings) {
            Some(_) if by_text == Rule::Take => return by_text,
            why => return why.unwrap_or(Rule::SameText),
        },
        (false, false) => by_text,
    };
    if by_text.folds() { by_text } else { against }
}

/// The decision by identity, which precedes the texts: the same item with the same text, then the
/// same item with another text (a version), then another item with the same text.
fn decide_by_identity(compared: &[(&Prior<'_>, Overlap)], rules: &[Rule]) -> Option<Decision> {
    let priors = |wanted: Rule| {
        let by_rule = compared.iter().zip(rules).filter(move |(_, rule)| **rule == wanted);
        by_rule.map(|((prior, _), _)| *prior)
    };
    let exact = |prior: &Prior<'_>| Decision::Copy { of: prior.doc, kind: CopyKind::Exact };
    if let Some(same) = priors(Rule::SameText).find(|prior| prior.same_item) {
        return Some(exact(same));
    }
    if let Some(before) = priors(Rule::SameItem).max_by_key(|prior| prior.doc) {
        return Some(Decision::Version { of: before.doc });
    }
    let preference =
        |prior: &&Prior<'_>| (!prior.same_page, prior.titles == TitleRelation::Other, prior.doc);
    priors(Rule::SameText).min_by_key(preference).map(exact)
}

/// The rule that the texts of a pair give.
fn by_text(new: &Article<'_>, prior: &Prior<'_>, overlap: &Overlap, settings: &Settings) -> Rule {
    let Some(not_takes) = why_not_takes(new, prior, overlap, settings) else {
        return Rule::Take;
    };
    if !prior.is_comparable_with(new, settings) {
        return not_takes;
    }
    if new.body.has_few_distinct_words() {
        return Rule::NotComparable;
    }
    if is_refilled_by_outlet(new, prior, overlap, settings) {
        return not_takes;
    }
    // `own_words` are without those that the other text marks as a quotation. Enough must remain.
    let least = settings.comparable_shingles + SHINGLE_WORDS - 1;
    if overlap.own_words.0.min(overlap.own_words.1) < least {
        return Rule::MostlyQuoted;
    }
    if is_of_another_day(new, prior, overlap) {
        return Rule::AnotherDay;
    }
    if is_page_chrome(new, prior, overlap, settings) {
        let is_much = overlap.larger() >= settings.partial_contained;
        return if is_much { Rule::PageChrome } else { too_little(overlap) };
    }
    let is_item =
        overlap.contained >= settings.holds_containing && overlap.shared_words >= MIN_ITEM_WORDS;
    if is_item && holds_new_text(prior, overlap, settings) {
        return Rule::HeldByTheOther;
    }
    if overlap.contained < settings.reprint_contained && is_expanded(new, prior, overlap, settings)
    {
        return Rule::Expanded;
    }
    if overlap.contained < settings.partial_contained {
        let is_holder = overlap.containing >= settings.holds_containing;
        return if is_holder { Rule::HoldsTheOther } else { too_little(overlap) };
    }
    let kind = by_share(prior, overlap, settings);
    if kind == Rule::Part && are_digest_items(new, overlap, settings) {
        return Rule::ItemsOfADigest;
    }
    if !kind.folds() {
        return kind;
    }
    if let Some(conflict) = fact_conflict(new, &prior.article, overlap, settings) {
        return conflict;
    }
    if may_join(prior, overlap, settings) { kind } else { Rule::SecondText }
}

/// The rule for two texts that share too little. Passages may have been left out as a page frame.
fn too_little(overlap: &Overlap) -> Rule {
    if overlap.is_frame { Rule::PageFrame } else { Rule::TooLittleShared }
}

/// Words that an item of a digest has at least.
const MIN_ITEM_WORDS: u32 = 24;

/// The rule that the thresholds for reprints and partial copies give.
fn by_share(prior: &Prior<'_>, overlap: &Overlap, settings: &Settings) -> Rule {
    if overlap.is_mosaic(settings) {
        return Rule::OnlyPhrases;
    }
    let is_reprint = overlap.larger() >= settings.reprint_larger
        && overlap.contained >= settings.reprint_contained
        && overlap.shared_words >= min_reprint_words(prior, overlap, settings);
    let is_partial = overlap.contained >= settings.partial_contained
        && overlap.shared_words >= settings.partial_words;
    match (is_reprint, is_partial) {
        (true, _) => Rule::Reprint,
        (false, true) => Rule::Part,
        (false, false) => Rule::TooFewWords,
    }
}

/// The number of words that a reprint shares at least. Fewer are enough if they are nearly all of
/// both texts, or in long blocks that another outlet must have copied, or if both are of one page.
fn min_reprint_words(prior: &Prior<'_>, overlap: &Overlap, settings: &Settings) -> u32 {
    let is_copied = !prior.same_outlet
        && overlap.larger() >= MIN_COPIED_SHARE
        && overlap.words_per_block() >= MIN_COPIED_BLOCK;
    if overlap.is_nearly_all() || is_copied || prior.same_page {
        settings.comparable_shingles
    } else {
        settings.reprint_words
    }
}

/// A few words were certainly copied if they are this share of one of the texts …
const MIN_COPIED_SHARE: f64 = 0.5;
/// … in blocks of this many words on average.
const MIN_COPIED_BLOCK: f64 = 20.0;

/// Two ends of a text overlap in its middle if this share of their shared words is in the story.
const MIN_MIDDLE_SHARE: f64 = 0.25;

/// Whether a new article may join the story of a member with which it shares text.
///
/// A story is *one* text: a member that holds two texts must not draw the second one in. Therefore
/// the words that the member shares with the new article, and those that it shares with its story
/// (`common`), must overlap enough, measured by either of both. Less overlap is enough if the new
/// article is mostly the member. A member that shares nothing with any other is the only article of
/// its story, and free. See ADR 6.
pub(crate) fn may_join(prior: &Prior<'_>, overlap: &Overlap, settings: &Settings) -> bool {
    let shared = overlap.there.count();
    let both = overlap.there.common(prior.common) as f64;
    !settings.is_on(Ablation::SecondTexts)
        || prior.common.count() == 0
        || (overlap.is_mostly_one_text() && both >= MIN_MIDDLE_SHARE * shared as f64)
        || both >= settings.join_share * shared as f64
        || (both > 0.0 && both >= settings.join_share * prior.common.count() as f64)
}
