//! Says in words why two articles are one text or not: the sum of the judge's signs.

use std::fmt::Write as _;

use crate::evidence::Evidence;
use crate::judge::{CopySign, Weights};

/// The sum for a pair, the largest part first. Each part says its number and how much it adds to the logit.
/// The last parts are those of every pair, and the probability.
#[must_use]
pub fn sum_in_words(evidence: &Evidence, weights: &Weights) -> String {
    let mut parts = weights.parts(evidence).to_vec();
    parts.retain(|(_, part)| *part >= 0.05);
    parts.sort_by(|one, other| other.1.total_cmp(&one.1));
    let mut sum = String::new();
    for (sign, part) in parts {
        let _ = write!(sum, "{}: +{part:.1}; ", words(sign, evidence));
    }
    let (bias, probability) = (weights.bias, weights.probability(evidence));
    sum + &format!("every pair: {bias:.1}; p = {probability:.2}")
}

fn percent(share: f64) -> String {
    // An empty sum is -0.
    format!("{:.0} %", 100.0 * share + 0.0)
}

/// A sign of a pair in words. A is the earlier article, B the later one.
fn words(sign: CopySign, evidence: &Evidence) -> String {
    let Evidence { contained, containing, .. } = *evidence;
    let of_b = format!("{} of B is in A", percent(contained));
    let of_a = format!("{} of A is in B", percent(containing));
    match sign {
        CopySign::Share => {
            if contained >= containing {
                of_b
            } else {
                of_a
            }
        }
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
        CopySign::Address => "the same address".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(sum.contains("140 shared words: +") && sum.contains("two outlets"), "{sum}");
        assert!(sum.ends_with(&format!("p = {:.2}", Weights::default().probability(&evidence))));
    }
}
