//! Fits the weights: maximum likelihood by AdaGrad (Duchi et al. 2011). Features are left out at
//! random, so that no single one becomes too important.

use std::collections::HashMap;

use wirefold_text::Text;

use super::Sample;
use super::change::changed;
use super::lists::Lists;
use super::random::Random;
use crate::Kind;
use crate::chain::{Scores, Steps, Sums, TAGS, Weights, may_follow};
use crate::features::{Group, Page, Scratch};
use crate::islands::islands;
use crate::token::tokens;

/// The rounds over all samples, and how many of the last are averaged.
const ROUNDS: usize = 12;
const AVERAGED: usize = 4;
const RATE: f32 = 0.055;
/// The pull of each weight to 0, each time it is used.
const DECAY: f32 = 2e-5;
/// Features of fewer tokens are left out.
const FEWEST: u32 = 2;
/// How many of a thousand tokens lose each group of features: Word, Context, Affix, Shape, Lists.
const LOST: [usize; 5] = [350, 120, 80, 30, 120];
/// How many of a thousand other features are lost.
const LOST_ANYWAY: usize = 60;

/// Weights as they were fitted.
pub(super) struct Fitted {
    pub(super) weights: Vec<(u64, Scores)>,
    pub(super) steps: Steps,
}

/// An island with its features, as indices of weights, and its tags.
struct Chain {
    rows: Vec<Vec<(Group, u64)>>,
    tags: Vec<usize>,
}

struct Fit {
    index: HashMap<u64, usize>,
    weights: Vec<Scores>,
    squares: Vec<Scores>,
    steps: Steps,
    step_squares: Steps,
    /// Means over the last rounds.
    means: Vec<Scores>,
    mean_steps: Steps,
}

pub(super) fn fit_weights(
    samples: &[Sample],
    lists: &Lists,
    seed: u64,
    told: &mut impl FnMut(usize, f32),
) -> Fitted {
    let mut fit = Fit::new(samples, lists);
    let mut random = Random(seed);
    let mut order: Vec<usize> = (0..samples.len()).collect();
    for round in 0..ROUNDS {
        random.shuffle(&mut order);
        let rate = RATE * (1.0 - 0.8 * round as f32 / ROUNDS as f32);
        let (mut loss, mut count) = (0.0, 0);
        for at in &order {
            let sample = changed(&samples[*at], lists, &mut random);
            for chain in chains(&sample, lists) {
                loss += fit.learn(&chain, rate, &mut random);
                count += 1;
            }
        }
        told(round, loss / count.max(1) as f32);
        if round + AVERAGED >= ROUNDS {
            fit.remember();
        }
    }
    let weights = fit.index.iter().map(|(feature, at)| (*feature, fit.means[*at]));
    let mut weights: Vec<(u64, Scores)> = weights.collect();
    weights.sort_unstable_by_key(|(feature, _)| *feature);
    Fitted { weights, steps: fit.mean_steps }
}

impl Fit {
    fn new(samples: &[Sample], lists: &Lists) -> Self {
        let mut counts: HashMap<u64, u32> = HashMap::new();
        for sample in samples {
            for chain in chains(sample, lists) {
                let features = chain.rows.iter().flatten();
                features.for_each(|(_, feature)| *counts.entry(*feature).or_default() += 1);
            }
        }
        let mut kept: Vec<u64> =
            counts.into_iter().filter(|(_, count)| *count >= FEWEST).map(|(f, _)| f).collect();
        kept.sort_unstable();
        let index: HashMap<u64, usize> =
            kept.into_iter().enumerate().map(|(i, f)| (f, i)).collect();
        let (weights, squares) = (vec![[0.0; TAGS]; index.len()], vec![[0.0; TAGS]; index.len()]);
        let zero = [[0.0; TAGS]; TAGS];
        let means = weights.clone();
        let (steps, step_squares, mean_steps) = (zero, zero, zero);
        Self { index, weights, squares, steps, step_squares, means, mean_steps }
    }

    /// Adds the weights to their means.
    fn remember(&mut self) {
        let means = self.means.iter_mut().chain(&mut self.mean_steps);
        for (mean, weights) in means.zip(self.weights.iter().chain(&self.steps)) {
            mean.iter_mut().zip(weights).for_each(|(m, weight)| *m += weight / AVERAGED as f32);
        }
    }

    /// Learns from one island and gives its loss.
    fn learn(&mut self, chain: &Chain, rate: f32, random: &mut Random) -> f32 {
        let rows: Vec<Vec<usize>> =
            chain.rows.iter().map(|row| self.without_lost(row, random)).collect();
        let score = |row: &Vec<usize>| {
            let mut scores = [0.0; TAGS];
            for at in row {
                scores.iter_mut().zip(&self.weights[*at]).for_each(|(s, weight)| *s += weight);
            }
            scores
        };
        let scores: Vec<Scores> = rows.iter().map(score).collect();
        let weights = Weights::new(&self.steps);
        let sums = Sums::new(&scores, &weights);
        let mut loss = 0.0;
        let mut before = 0;
        for (place, (row, tag)) in rows.iter().zip(&chain.tags).enumerate() {
            let likely = sums.marginal(place);
            loss -= likely[*tag].max(1e-6).ln();
            let gradient: Scores =
                std::array::from_fn(|t| likely[t] - if t == *tag { 1.0 } else { 0.0 });
            for at in row {
                update_weights(&mut self.weights[*at], &mut self.squares[*at], &gradient, rate);
            }
            let mut pairs = sums.pair(place);
            pairs[before][*tag] -= 1.0;
            for (from, gradients) in pairs.iter_mut().enumerate() {
                for (to, slope) in gradients.iter_mut().enumerate() {
                    if !may_follow(from, to) {
                        *slope = 0.0;
                    }
                }
                update_weights(
                    &mut self.steps[from],
                    &mut self.step_squares[from],
                    gradients,
                    rate,
                );
            }
            before = *tag;
        }
        loss
    }

    /// The indexes of a token's features, without those that are left out at random.
    fn without_lost(&self, row: &[(Group, u64)], random: &mut Random) -> Vec<usize> {
        let lost = LOST.map(|chance| random.happens(chance));
        let kept = row.iter().filter(|(group, _)| !lost[*group as usize]);
        let known = kept.filter_map(|(_, feature)| self.index.get(feature).copied());
        let mut known: Vec<usize> = known.collect();
        known.retain(|_| !random.happens(LOST_ANYWAY));
        known
    }
}

fn update_weights(weights: &mut Scores, squares: &mut Scores, gradient: &Scores, rate: f32) {
    for tag in 0..TAGS {
        let slope = gradient[tag];
        squares[tag] += slope * slope;
        weights[tag] -= rate * slope / (squares[tag].sqrt() + 1e-3);
        weights[tag] *= 1.0 - DECAY;
    }
}

/// The islands of a sample.
fn chains(sample: &Sample, lists: &Lists) -> Vec<Chain> {
    let text = Text::new(&sample.text);
    let tokens = tokens(&text, &lists.gazetteer);
    let mut tags = vec![0; tokens.len()];
    for (start, end, kind) in &sample.spans {
        let inside = |token: &&crate::token::Token| token.start >= *start && token.end <= *end;
        let first = tokens.iter().position(|token| inside(&token));
        let Some(first) = first.filter(|at| tokens[*at].start == *start) else {
            continue;
        };
        let count = tokens[first..].iter().take_while(|token| inside(token)).count();
        let begin = match kind {
            Kind::Person => 1,
            Kind::Organisation => 3,
            Kind::Place => 5,
        };
        tags[first..first + count].fill(begin + 1);
        tags[first] = begin;
    }
    let page = Page::new(&text, &tokens, &lists.gazetteer);
    let mut found = Vec::new();
    let mut scratch = Scratch::default();
    for island in islands(&tokens) {
        let mut rows = Vec::with_capacity(island.len());
        page.features(&island, &mut scratch, |groups, features| {
            rows.push(groups.iter().copied().zip(features.iter().copied()).collect());
        });
        found.push(Chain { rows, tags: legal(&tags[island]) });
    }
    found
}

/// Tags of an island: what begins outside of it begins in it.
fn legal(tags: &[usize]) -> Vec<usize> {
    let mut before = 0;
    let mut all = Vec::with_capacity(tags.len());
    for tag in tags {
        let tag = if may_follow(before, *tag) { *tag } else { *tag - 1 };
        all.push(tag);
        before = tag;
    }
    all
}
