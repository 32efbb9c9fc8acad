//! Why two texts, by themselves, are two stories.

use serde::Serialize;
use wirefold_dedup::SHINGLE_WORDS;

use super::Comparison;
use crate::output::{count, percent};

/// What keeps two texts from being one story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    /// One of them is too short.
    NotComparable,
    /// One of them is too short without what the other marks as a quotation.
    MostlyQuoted,
    /// The later one is mostly its own text and holds the earlier one, as a digest does.
    HoldsTheOther,
    /// Too small a share of the later one stands in the earlier one.
    TooLittleShared,
    /// What they share are phrases that recur in other sentences.
    OnlyPhrases,
    /// The share would do for a part, and is too few words or too small a share for a copy.
    TooFewWords,
    /// What they share are items of a digest.
    ItemsOfADigest,
    /// Numbers or names differ in what they share.
    FactsDiffer,
}

/// The reason and its words; `None` where they are one story. The order is that of the judgement.
pub(crate) fn reason(comparison: &Comparison) -> Option<(Reason, String)> {
    if comparison.is_one_story() {
        return None;
    }
    let (overlap, settings) = (&comparison.overlap, &comparison.settings);
    let (earlier, later) = (&comparison.settled.0, &comparison.settled.1);
    let least = settings.comparable_shingles + SHINGLE_WORDS - 1;
    let contained = percent(overlap.contained);
    let which = match (earlier.comparable, later.comparable) {
        (true, true) => None,
        (true, false) => Some("B has"),
        (false, true) => Some("A has"),
        (false, false) => Some("both have"),
    };
    Some(if let Some(which) = which {
        let words = format!("{which} under {least} words of its own, only the same text folds it");
        (Reason::NotComparable, words)
    } else if overlap.own_words.0.min(overlap.own_words.1) < least {
        let words = "words are left without what the other marks as a quotation";
        (Reason::MostlyQuoted, format!("under {least} {words}"))
    } else if overlap.contained < settings.partial_contained {
        if overlap.containing >= settings.holds_containing {
            let words =
                format!("B holds A and is mostly its own text: {contained} of it stand in A");
            (Reason::HoldsTheOther, words)
        } else {
            let needed = percent(settings.partial_contained);
            let words = format!("{contained} of B stand in A, a part needs {needed}");
            (Reason::TooLittleShared, words)
        }
    } else if overlap.is_monotonous {
        let words = "what they share are the same few words again and again";
        (Reason::OnlyPhrases, words.to_owned())
    } else if overlap.is_mosaic(settings) {
        let run = overlap.words_a_run();
        let needed = settings.mosaic_run;
        let words = format!(
            "what they share are phrases of {run:.0} words on average: a copy shares {needed:.0} or more \
             a run, or {} of one of them",
            percent(settings.mosaic_larger)
        );
        (Reason::OnlyPhrases, words)
    } else if !is_enough(comparison) {
        let shared = count(overlap.shared_words as usize, "word", "words");
        let (reprint, larger) = (settings.reprint_contained, settings.reprint_larger);
        let needs = format!(
            "a reprint needs {} words, {} of B and {} of one of them, a part {} words",
            settings.reprint_words,
            percent(reprint),
            percent(larger),
            settings.partial_words
        );
        (Reason::TooFewWords, format!("{contained} of B, {shared}: {needs}"))
    } else if !later.holds.is_empty() || !earlier.holds.is_empty() {
        let digest = if later.holds.is_empty() { "A" } else { "B" };
        (Reason::ItemsOfADigest, format!("what they share are items of {digest}, a digest"))
    } else {
        let differing = overlap.facts.conflicting as usize;
        let edits = count(differing, "edit puts", "edits put");
        let words = format!("numbers or names differ: {edits} another in the same place");
        (Reason::FactsDiffer, words)
    })
}

/// Whether so much is shared that the shares alone make a copy.
fn is_enough(comparison: &Comparison) -> bool {
    let (overlap, settings) = (&comparison.overlap, &comparison.settings);
    let is_reprint = overlap.larger() >= settings.reprint_larger
        && overlap.contained >= settings.reprint_contained
        && overlap.shared_words >= settings.reprint_words;
    is_reprint || overlap.shared_words >= settings.partial_words
}
