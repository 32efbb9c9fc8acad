//! The judgement: what one article is, given the earlier articles it may come from.
//!
//! An article and the earlier ones that it may come from come in; the rule that decides about each pair, and
//! what the article is, go out. It never knows what was decided about others.

pub(crate) mod corrected;
pub(crate) mod digest;
pub(crate) mod expanded;
pub(crate) mod facts;
pub(crate) mod material;
pub(crate) mod name_variants;
pub(crate) mod notes;
pub(crate) mod rule;
pub(crate) mod same_outlet;
pub(crate) mod shared_topic;
pub(crate) mod takes;
pub(crate) mod template;

use crate::body::figures::Figures;
use crate::body::simhash::is_near;
use crate::body::titles::{TitleWords, Titles};
use crate::body::{Body, SHINGLE_WORDS};
use crate::codec::bits::Bits;
use crate::compare::align::{Cells, align_counted, align_whole};
use crate::compare::overlap::Overlap;
use crate::ids::DocId;
use crate::judge::digest::{are_items_of, is_held, is_second_text};
use crate::judge::expanded::is_expanded;
use crate::judge::facts::{ShortFacts, facts_conflict};
use crate::judge::rule::{Compared, Rule};
use crate::judge::same_outlet::{is_page_chrome, is_supported, why_equal_is_no_copy};
use crate::judge::takes::{is_form_of_house, is_of_another_day, why_no_take};
use crate::settings::{Settings, Switch};
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
    /// The SimHash of its normalised words: a hint, never evidence.
    pub simhash: u64,
    /// Its numbers.
    pub figures: &'a Figures,
    /// Numbers and names, for short texts.
    pub facts: &'a ShortFacts,
    /// Its title.
    pub title: &'a TitleWords,
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
    /// Whether it is said to be the same item, by name or by address.
    pub same_item: bool,
    /// Whether its feed calls it the same item: a version, whatever the text.
    pub same_name: bool,
    /// Whether both are said to stand on one page, by different sites: no versions, but one text
    /// there is one text however short it is.
    pub same_page: bool,
    /// Whether both come from one outlet.
    pub same_outlet: bool,
    /// How their titles compare.
    pub titles: Titles,
    /// How far apart both are, in seconds: by when they were seen, or published if that is more.
    pub seconds: i64,
    /// Its words that other members of its story have too.
    pub common: &'a Bits,
    /// Its words that stand in other stories.
    pub foreign: &'a Bits,
}

impl Prior<'_> {
    /// Whether there is enough counted text in both to compare.
    pub(crate) fn is_comparable_with(&self, new: &Article<'_>, settings: &Settings) -> bool {
        self.article.is_comparable(settings) && new.is_comparable(settings)
    }
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
    /// What it is to the new one.
    pub rule: Rule,
}

impl Match {
    /// The rule without the text.
    pub(crate) fn compared(&self) -> Compared {
        Compared { doc: self.doc, rule: self.rule }
    }
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

impl Judgement {
    /// Notes what an earlier article is to the new one by their texts.
    fn note(&mut self, prior: &Prior<'_>, overlap: &Overlap, rule: Rule, settings: &Settings) {
        // Of a whole text a digest is the holder; of a part of one it is just not a copy.
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

    /// Notes an earlier article that the new one may join through; the first is the one it does.
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
    let mut rules = Vec::with_capacity(compared.len());
    for (prior, overlap) in &compared {
        let by_text = by_text(new, prior, overlap, settings);
        judgement.note(prior, overlap, by_text, settings);
        rules.push(by_identity(new, prior, overlap, settings, by_text));
    }
    if let Some(decision) = identical(&compared, &rules) {
        judgement.decision = decision;
    }
    if let Decision::Copy { of, .. } = judgement.decision {
        let taken = compared.iter().zip(&rules).find(|((prior, _), _)| prior.doc == of);
        if taken.is_some_and(|(_, rule)| *rule == Rule::Take) && new.title.is_marked() {
            judgement.decision = Decision::Version { of };
        }
    }
    let matches = compared.into_iter().zip(rules);
    judgement.matches =
        matches.map(|((prior, overlap), rule)| Match { doc: prior.doc, overlap, rule }).collect();
    judgement
}

fn compare(new: &Article<'_>, prior: &Prior<'_>, settings: &Settings) -> Overlap {
    let (here, there) = (new.body, prior.article.body);
    // A wrong hint costs or saves time and changes nothing.
    let is_hinted = is_near(new.simhash, prior.article.simhash);
    let align = if is_hinted { align_whole } else { align_counted };
    let cells = Cells::default();
    let runs = align(here, there, &cells);
    // Two feeds' texts of one page have no frame in common that tells them apart.
    let one_outlet = prior.same_outlet && !prior.same_item && !prior.same_page;
    let overlap = Overlap::of_runs(here, there, &runs, settings, one_outlet);
    Overlap { cells: cells.count(), ..overlap }
}

/// The rule where identity is asked before the text is: the same normalised text, or the same item.
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
        (true, false) if is_supported(new, prior, overlap, settings) => return Rule::SameItem,
        (true, false) => Rule::AddressAlone,
        (false, true) => match why_equal_is_no_copy(new, prior, settings) {
            Some(_) if by_text == Rule::Take => return by_text,
            why => return why.unwrap_or(Rule::SameText),
        },
        (false, false) => by_text,
    };
    if by_text.folds() { by_text } else { against }
}

/// Folds by identity, whatever the texts share: with the same item first, which is a version where its
/// text is another.
fn identical(compared: &[(&Prior<'_>, Overlap)], rules: &[Rule]) -> Option<Decision> {
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
    let likeliest =
        |prior: &&Prior<'_>| (!prior.same_page, prior.titles == Titles::Other, prior.doc);
    priors(Rule::SameText).min_by_key(likeliest).map(exact)
}

/// What one prior is to the new article by their texts.
fn by_text(new: &Article<'_>, prior: &Prior<'_>, overlap: &Overlap, settings: &Settings) -> Rule {
    let Some(no_take) = why_no_take(new, prior, overlap, settings) else {
        return Rule::Take;
    };
    if !prior.is_comparable_with(new, settings) {
        return no_take;
    }
    if new.body.says_nothing() {
        return Rule::NotComparable;
    }
    if is_form_of_house(new, prior, overlap, settings) {
        return no_take;
    }
    // What the other text marks as a quotation is gone by now: enough must be left to compare.
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
        overlap.contained >= settings.holds_containing && overlap.shared_words >= ITEM_WORDS;
    if is_item && is_held(prior, overlap, settings) {
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
    if kind == Rule::Part && are_items_of(new, overlap, settings) {
        return Rule::ItemsOfADigest;
    }
    if !kind.folds() {
        return kind;
    }
    if let Some(conflict) = facts_conflict(new, &prior.article, overlap, settings) {
        return conflict;
    }
    if may_join(prior, overlap, settings) { kind } else { Rule::SecondText }
}

/// Why so little is shared: what two pages share may have been left out as their frame.
fn too_little(overlap: &Overlap) -> Rule {
    if overlap.is_frame { Rule::PageFrame } else { Rule::TooLittleShared }
}

/// Words of the shortest item of a digest.
const ITEM_WORDS: u32 = 24;
/// The class thresholds.
fn by_share(prior: &Prior<'_>, overlap: &Overlap, settings: &Settings) -> Rule {
    if overlap.is_mosaic(settings) {
        return Rule::OnlyPhrases;
    }
    let is_reprint = overlap.larger() >= settings.reprint_larger
        && overlap.contained >= settings.reprint_contained
        && overlap.shared_words >= least_of_reprint(prior, overlap, settings);
    let is_partial = overlap.contained >= settings.partial_contained
        && overlap.shared_words >= settings.partial_words;
    match (is_reprint, is_partial) {
        (true, _) => Rule::Reprint,
        (false, true) => Rule::Part,
        (false, false) => Rule::TooFewWords,
    }
}

/// The words that a reprint shares at least. Fewer will do where they are nearly all of both texts, or
/// stand in long runs that another outlet can only have copied, or are said of the same page.
fn least_of_reprint(prior: &Prior<'_>, overlap: &Overlap, settings: &Settings) -> u32 {
    let is_copied = !prior.same_outlet
        && overlap.larger() >= COPIED_SHARE
        && overlap.words_a_run() >= COPIED_RUN;
    if overlap.is_nearly_all() || is_copied || prior.same_page {
        settings.comparable_shingles
    } else {
        settings.reprint_words
    }
}

/// The share of either text that a few words must be which were copied …
const COPIED_SHARE: f64 = 0.5;
/// … in verbatim runs of so many on average.
const COPIED_RUN: f64 = 20.0;

/// Of an end of a text, what the other end has too where they overlap in its middle.
const MIDDLE_SHARE: f64 = 0.25;

/// A story is *one* text: a member that holds two texts must not draw the second one in. So of
/// what the new article shares with the member, or else of what makes the member a member, a good
/// part must be common to both. A member that shares nothing with any other is a lone lead, and
/// free. Nor is that a second text which is in the main the member and goes well into the common part.
pub(crate) fn may_join(prior: &Prior<'_>, overlap: &Overlap, settings: &Settings) -> bool {
    let shared = overlap.there.count();
    let both = overlap.there.common(prior.common) as f64;
    !settings.is_on(Switch::SecondTexts)
        || prior.common.count() == 0
        || (overlap.is_one_text() && both >= MIDDLE_SHARE * shared as f64)
        || both >= settings.join_share * shared as f64
        || (both > 0.0 && both >= settings.join_share * prior.common.count() as f64)
}
