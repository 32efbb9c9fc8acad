//! Says in words why two articles are one text or not: the sum of the judge's signs.

use std::fmt::Write as _;

use crate::event::{EventEvidence, EventSign, THRESHOLD, climbed_by_stories};
use crate::evidence::Evidence;
use crate::judge::{CopySign, Weights};

/// The sum for a pair, the largest part first. Each part says its number and how much it adds to the logit. A
/// sign that only speaks against a pair is left out where it does not. The last parts are those of every pair,
/// and the probability.
#[must_use]
pub fn sum_in_words(evidence: &Evidence, weights: &Weights) -> String {
    let mut ramps = weights.ramps.iter();
    let parts = weights.parts(evidence).map(|(sign, part)| {
        let most: f64 = ramps.by_ref().take(sign.knots().len() - 1).sum();
        (words(sign, evidence), part, if is_against(sign) { most } else { 0.0 })
    });
    summed(&parts, weights.bias) + &format!("p = {:.2}", weights.probability(evidence))
}

/// Whether a sign speaks against a pair, or not at all.
fn is_against(sign: CopySign) -> bool {
    use CopySign::{Conflict, Numbers, OutletTime, Short, Wall};
    matches!(sign, Conflict | Numbers | OutletTime | Short | Wall)
}

/// The sum for two stories as reports of one happening, in the same form.
#[must_use]
pub(crate) fn event_sum_in_words(evidence: &EventEvidence, weights: &Weights) -> String {
    let climbed = climbed_by_stories(evidence);
    let mut each = climbed.iter().zip(&weights.ramps);
    let parts = EventSign::ALL.map(|sign| {
        let (mut part, mut most) = (0.0, 0.0);
        for (x, weight) in each.by_ref().take(sign.knots().len() - 1) {
            part += x * weight;
            most += weight;
        }
        (event_words(sign, evidence), part, if sign == EventSign::Hours { most } else { 0.0 })
    });
    let probability = weights.of_climbed(&climbed);
    summed(&parts, weights.bias)
        + &format!("p = {probability:.2}, more than {THRESHOLD} is one event")
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
        CopySign::Wall => {
            format!("{} of the headlines is in the shared text", percent(evidence.topic))
        }
        CopySign::Address => "the same address".to_owned(),
    }
}

/// A sign of two stories in words.
fn event_words(sign: EventSign, evidence: &EventEvidence) -> String {
    match sign {
        EventSign::Beyond => {
            format!("words {} more similar than those of others", percent(evidence.beyond))
        }
        EventSign::Title => {
            format!("{} of the headlines in the other text", percent(evidence.title))
        }
        EventSign::Words => format!("words {} similar", percent(evidence.words)),
        EventSign::Lede => format!("ledes {} similar", percent(evidence.lede)),
        EventSign::Names => format!("names {} similar", percent(evidence.names)),
        EventSign::NoNames => "no names to compare".to_owned(),
        EventSign::Keys => format!("{:.0} heavy words and names in common", evidence.keys),
        EventSign::Hours => format!("{:.0} hours apart", evidence.hours),
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
    }
}
