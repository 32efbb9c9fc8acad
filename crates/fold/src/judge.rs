//! The judge: the probability that two articles are one text, from the signs of the evidence.
//!
//! Record linkage (Fellegi and Sunter 1969): the logit of the probability is a sum of monotone curves, one
//! for each sign. [`crate::table`] has the fitted numbers.

use crate::evidence::Evidence;
use crate::table;

/// A sign for or against two articles being one text: a number of the evidence, turned so that more speaks
/// for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopySign {
    /// The larger share of what one text has that the other has too.
    Share,
    /// How many words are shared, as a logarithm.
    Words,
    /// Numbers in the shared part that the other text lacks.
    Numbers,
    /// The similarity of the headlines.
    Title,
    /// The time between two articles of one outlet.
    OutletTime,
    /// How short the shorter text is.
    Short,
    /// Each headline names what only its own text has.
    Conflict,
    /// The words of the headlines that are exchanged between shared runs.
    Exchanged,
    /// Two pages of one outlet share what is not what their headlines are about.
    Wall,
}

impl CopySign {
    /// All signs, in the order of the table.
    pub const ALL: [CopySign; 9] = [
        CopySign::Share,
        CopySign::Words,
        CopySign::Numbers,
        CopySign::Title,
        CopySign::OutletTime,
        CopySign::Short,
        CopySign::Conflict,
        CopySign::Exchanged,
        CopySign::Wall,
    ];

    /// Where the ramps of its curve begin and end.
    #[must_use]
    pub fn knots(self) -> &'static [f64] {
        match self {
            CopySign::Share => &[0.1, 0.35, 0.5, 0.65, 0.8, 0.95],
            CopySign::Words => &[1.5, 2.5, 3.5, 5.5],
            CopySign::Numbers => &[-0.8, -0.5, -0.2, 0.0],
            CopySign::Title => &[0.0, 0.3, 0.6, 1.0],
            CopySign::OutletTime => &[-5.2, -3.2, 0.0],
            CopySign::Short => &[2.0, 3.0, 4.5],
            CopySign::Conflict => &[-1.0, -0.6, 0.0],
            CopySign::Exchanged => &[-0.3, -0.1, 0.0],
            CopySign::Wall => &[-1.0, -0.6, -0.2, 0.0],
        }
    }

    /// Its value for a pair.
    #[must_use]
    pub fn of(self, evidence: &Evidence) -> f64 {
        // Two pages of one outlet, not one page twice.
        let outlet = f64::from(u8::from(evidence.same_outlet && !evidence.same_address));
        match self {
            CopySign::Share => evidence.contained.max(evidence.containing),
            CopySign::Words => (1.0 + evidence.shared).ln(),
            CopySign::Numbers => -evidence.numbers_missing,
            CopySign::Title => evidence.title,
            CopySign::OutletTime => -outlet * (1.0 + evidence.hours).ln(),
            CopySign::Short => (1.0 + evidence.shorter).ln(),
            CopySign::Conflict => -evidence.conflict,
            CopySign::Exchanged => -evidence.exchanged,
            CopySign::Wall => {
                let titled = f64::from(u8::from(evidence.titled));
                -outlet * titled * (1.0 - evidence.title) * (1.0 - evidence.topic)
            }
        }
    }
}

/// How much of the ramp from one knot to the next lies below `x`, 0 to 1.
fn ramp(from: f64, to: f64, x: f64) -> f64 {
    ((x - from) / (to - from)).clamp(0.0, 1.0)
}

/// How many ramps all curves have.
#[must_use]
pub fn ramps() -> usize {
    CopySign::ALL.iter().map(|sign| sign.knots().len() - 1).sum()
}

/// How far each ramp of each sign is climbed, 0 to 1, in the order of the table.
#[must_use]
pub fn climbed(evidence: &Evidence) -> Vec<f64> {
    let of_sign = |sign: &CopySign| {
        let x = sign.of(evidence);
        sign.knots().windows(2).map(move |knots| ramp(knots[0], knots[1], x))
    };
    CopySign::ALL.iter().flat_map(of_sign).collect()
}

/// The fitted numbers of the judge.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// The logit without any sign.
    pub bias: f64,
    /// How much each ramp adds, see [`climbed`].
    pub ramps: Vec<f64>,
}

impl Default for Weights {
    fn default() -> Weights {
        Weights { bias: table::BIAS, ramps: table::RAMPS.to_vec() }
    }
}

impl Weights {
    /// The part of each sign in the logit.
    #[must_use]
    pub fn parts(&self, evidence: &Evidence) -> [(CopySign, f64); CopySign::ALL.len()] {
        let mut ramps = self.ramps.iter();
        CopySign::ALL.map(|sign| {
            let x = sign.of(evidence);
            let knots = sign.knots().windows(2);
            let sum = knots.map(|knots| {
                ramps.next().copied().unwrap_or_default() * ramp(knots[0], knots[1], x)
            });
            (sign, sum.sum())
        })
    }

    /// The logit of the probability that both are one text.
    #[must_use]
    pub fn logit(&self, evidence: &Evidence) -> f64 {
        self.bias + self.parts(evidence).iter().map(|(_, part)| part).sum::<f64>()
    }

    /// The probability that both are one text; 0 if they are one template.
    #[must_use]
    pub fn probability(&self, evidence: &Evidence) -> f64 {
        if evidence.is_template() { 0.0 } else { logistic(self.logit(evidence)) }
    }
}

/// The probability of a logit.
#[must_use]
pub(crate) fn logistic(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}
