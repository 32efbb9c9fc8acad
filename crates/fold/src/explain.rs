//! Says in words why two articles are one text or not: the sum of the judge's signs.

use std::fmt::Write as _;

use crate::event_evidence::{EventEvidence, SharedQuotation, THRESHOLD};
use crate::evidence::Evidence;
use crate::judge::{CopySign, Weights};

/// The sum for a pair, the largest part first. Each part says its number and how much it adds to the logit. A
/// sign that only speaks against a pair is left out where it does not. The last parts are those of every pair,
/// and the probability.
#[must_use]
pub(crate) fn sum_in_words(evidence: &Evidence, weights: &Weights) -> String {
    let mut ramps = weights.ramps.iter();
    let parts = weights.parts(evidence).map(|(sign, part)| {
        let most: f64 = ramps.by_ref().take(sign.knots().len() - 1).sum();
        (words(sign, evidence), part, if is_against(sign) { most } else { 0.0 })
    });
    let template =
        if evidence.is_template() { "one template, filled with other names: " } else { "" };
    let probability = weights.probability(evidence);
    summed(&parts, weights.bias) + template + &format!("p = {probability:.2}")
}

/// Whether a sign speaks against a pair, or not at all.
fn is_against(sign: CopySign) -> bool {
    use CopySign::{Conflict, Exchanged, Numbers, OutletTime, Short, Wall};
    matches!(sign, Conflict | Exchanged | Numbers | OutletTime | Short | Wall)
}

/// The sum for two stories as reports of one happening: what each share adds to the similarity, and the factor of
/// time.
#[must_use]
pub(crate) fn event_sum_in_words(evidence: &EventEvidence) -> String {
    let similarity = evidence.similarity();
    let known: f64 =
        evidence.weighted().iter().map(|(weight, of)| of.map_or(0.0, |_| *weight)).sum();
    let names =
        ["of the headlines in the other text", "of the ledes", "of the words", "of the names"];
    let mut sum = String::new();
    match evidence.names_differ {
        true => sum += "they name other places or people: 0; ",
        false => {
            for ((weight, share), name) in evidence.weighted().into_iter().zip(names) {
                let Some(share) = share else { continue };
                let _ = write!(sum, "{} {name}: {:+.2}; ", percent(share), weight * share / known);
            }
        }
    }
    match evidence.quotation {
        SharedQuotation::None => {}
        of @ SharedQuotation::InTexts => {
            let _ = write!(sum, "a shared quotation: {:+.2}; ", of.bonus());
        }
        of @ SharedQuotation::InOpenings => {
            let _ = write!(sum, "a shared quotation in both openings: {:+.2}; ", of.bonus());
        }
    }
    let _ = write!(sum, "{:.0} hours apart: × {:.2}; ", evidence.hours, evidence.time_factor());
    sum + &format!("similarity {similarity:.2}, from {THRESHOLD} on it is one event")
}

/// The parts of a sum, the largest first, then that of every pair. The third number of a part is what it has
/// less than: every pair gets it.
fn summed(parts: &[(String, f64, f64)], bias: f64) -> String {
    let of_every_pair: f64 = bias + parts.iter().map(|(_, _, most)| most).sum::<f64>();
    let mut parts: Vec<(&str, f64)> =
        parts.iter().map(|(words, part, most)| (words.as_str(), part - most)).collect();
    parts.retain(|(_, part)| part.abs() >= 0.05);
    parts.sort_by(|one, other| other.1.abs().total_cmp(&one.1.abs()));
    let mut sum = String::new();
    for (words, part) in parts {
        let _ = write!(sum, "{words}: {part:+.1}; ");
    }
    sum + &format!("every pair: {of_every_pair:+.1}; ")
}

/// A share (0 to 1) in whole percents. Only 1.0 is shown as 100 %, and only 0.0 as 0 %.
#[must_use]
pub fn percent(share: f64) -> String {
    // An empty sum is -0.
    let whole = (100.0 * share).round() + 0.0;
    let shown = if share < 1.0 { whole.min(99.0) } else { whole };
    if share > 0.0 && shown < 1.0 { "under 1 %".to_owned() } else { format!("{shown:.0} %") }
}

/// A sign of a pair in words. A is the earlier article, B the later one.
fn words(sign: CopySign, evidence: &Evidence) -> String {
    let Evidence { contained, containing, .. } = *evidence;
    match sign {
        CopySign::Share if contained >= containing => {
            format!("{} of B is in A", percent(contained))
        }
        CopySign::Share => format!("{} of A is in B", percent(containing)),
        CopySign::Words => format!("{:.0} shared words", evidence.shared),
        CopySign::Numbers => format!("{} of the numbers differ", percent(evidence.numbers_missing)),
        CopySign::Title => format!("headlines {} similar", percent(evidence.title)),
        CopySign::OutletTime if evidence.same_outlet => {
            format!("{:.0} hours apart at one outlet", evidence.hours)
        }
        CopySign::OutletTime => "two outlets".to_owned(),
        CopySign::Short => format!("the shorter text has {:.0} words", evidence.shorter),
        CopySign::Conflict => format!("headlines conflict by {}", percent(evidence.conflict)),
        CopySign::Exchanged => {
            format!("{} of the headlines is exchanged", percent(evidence.exchanged))
        }
        CopySign::Wall => {
            format!("{} of the headlines is in the shared text", percent(evidence.topic))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_whole_percents() {
        let shown = [0.0, 0.001, 0.5, 0.999, 1.0].map(percent);
        assert_eq!(shown, ["0 %", "under 1 %", "50 %", "99 %", "100 %"]);
    }

    #[test]
    fn a_sum_names_its_largest_part_first_and_ends_with_the_probability() {
        let evidence = Evidence {
            contained: 0.82,
            containing: 0.6,
            shared: 140.0,
            shorter: 170.0,
            ..Evidence::default()
        };
        let sum = sum_in_words(&evidence, &Weights::default());
        assert!(sum.starts_with("82 % of B is in A: +"), "{sum}");
        assert!(sum.contains("140 shared words: +") && !sum.contains("two outlets"), "{sum}");
        assert!(sum.ends_with(&format!("p = {:.2}", Weights::default().probability(&evidence))));
        let template = Evidence { renamed: 0.5, ..evidence };
        assert!(sum_in_words(&template, &Weights::default()).ends_with("other names: p = 0.00"));
    }
}
