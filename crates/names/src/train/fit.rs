//! Fits the weights by maximum likelihood with AdaGrad (Duchi et al. 2011). Features are dropped at
//! random, so that no single one becomes too important.

use std::collections::HashMap;

use wirefold_text::Text;

use super::Lists;
use super::Random;
use super::Sample;
use super::augment::augment;
use crate::chain::{ExpTransitions, ForwardBackward, Scores, TAGS, Transitions, may_follow};
use crate::features::{FeatureContext, FeatureGroup, Scratch};
use crate::islands::islands;
use crate::token::tokens;

/// The number of rounds over all samples.
const ROUNDS: usize = 12;
/// The weights are the means of this many last rounds.
const AVERAGED: usize = 4;
const RATE: f32 = 0.055;
/// The decay of a weight each time it is used.
const DECAY: f32 = 2e-5;
/// Features of fewer tokens are ignored.
const FEWEST: u32 = 2;
/// Tokens of a thousand that drop each group of features: Word, Context, Affix, Shape, Lists.
const GROUP_DROPOUT: [usize; 5] = [350, 120, 80, 30, 120];
/// Other features of a thousand that are dropped.
const FEATURE_DROPOUT: usize = 60;

/// The fitted weights.
pub(super) struct Fitted {
    pub(super) weights: Vec<(u64, Scores)>,
    pub(super) transitions: Transitions,
}

/// An island with its features, as indices of weights, and its tags.
struct Chain {
    rows: Vec<Vec<(FeatureGroup, u64)>>,
    tags: Vec<usize>,
}

struct Fit {
    index: HashMap<u64, usize>,
    weights: Vec<Scores>,
    squares: Vec<Scores>,
    transitions: Transitions,
    transition_squares: Transitions,
    /// Means over the last rounds.
    means: Vec<Scores>,
    mean_transitions: Transitions,
}

pub(super) fn fit_weights(
    samples: &[Sample],
    lists: &Lists,
    seed: u64,
    on_round: &mut impl FnMut(usize, f32),
) -> Fitted {
    let mut fit = Fit::new(samples, lists);
    let mut random = Random(seed);
    let mut order: Vec<usize> = (0..samples.len()).collect();
    for round in 0..ROUNDS {
        random.shuffle(&mut order);
        let rate = RATE * (1.0 - 0.8 * round as f32 / ROUNDS as f32);
        let (mut loss, mut count) = (0.0, 0);
        for at in &order {
            let sample = augment(&samples[*at], lists, &mut random);
            for chain in chains(&sample, lists) {
                loss += fit.learn(&chain, rate, &mut random);
                count += 1;
            }
        }
        on_round(round, loss / count.max(1) as f32);
        if round + AVERAGED >= ROUNDS {
            fit.add_to_means();
        }
    }
    let weights = fit.index.iter().map(|(feature, at)| (*feature, fit.means[*at]));
    let mut weights: Vec<(u64, Scores)> = weights.collect();
    weights.sort_unstable_by_key(|(feature, _)| *feature);
    Fitted { weights, transitions: fit.mean_transitions }
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
        let mut frequent: Vec<u64> =
            counts.into_iter().filter(|(_, count)| *count >= FEWEST).map(|(f, _)| f).collect();
        frequent.sort_unstable();
        let index: HashMap<u64, usize> =
            frequent.into_iter().enumerate().map(|(i, f)| (f, i)).collect();
        let (weights, squares) = (vec![[0.0; TAGS]; index.len()], vec![[0.0; TAGS]; index.len()]);
        let zero = [[0.0; TAGS]; TAGS];
        let means = weights.clone();
        let (transitions, transition_squares, mean_transitions) = (zero, zero, zero);
        Self { index, weights, squares, transitions, transition_squares, means, mean_transitions }
    }

    /// Adds the weights to their means.
    fn add_to_means(&mut self) {
        let means = self.means.iter_mut().chain(&mut self.mean_transitions);
        for (mean, weights) in means.zip(self.weights.iter().chain(&self.transitions)) {
            mean.iter_mut().zip(weights).for_each(|(m, weight)| *m += weight / AVERAGED as f32);
        }
    }

    /// Updates the weights for one island and returns its loss.
    fn learn(&mut self, chain: &Chain, rate: f32, random: &mut Random) -> f32 {
        let rows: Vec<Vec<usize>> =
            chain.rows.iter().map(|row| self.with_dropout(row, random)).collect();
        let score = |row: &Vec<usize>| {
            let mut scores = [0.0; TAGS];
            for at in row {
                scores.iter_mut().zip(&self.weights[*at]).for_each(|(s, weight)| *s += weight);
            }
            scores
        };
        let scores: Vec<Scores> = rows.iter().map(score).collect();
        let weights = ExpTransitions::new(&self.transitions);
        let sums = ForwardBackward::new(&scores, &weights);
        let mut loss = 0.0;
        let mut before = 0;
        for (place, (row, tag)) in rows.iter().zip(&chain.tags).enumerate() {
            let probabilities = sums.marginal(place);
            loss -= probabilities[*tag].max(1e-6).ln();
            let gradient: Scores =
                std::array::from_fn(|t| probabilities[t] - if t == *tag { 1.0 } else { 0.0 });
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
                    &mut self.transitions[from],
                    &mut self.transition_squares[from],
                    gradients,
                    rate,
                );
            }
            before = *tag;
        }
        loss
    }

    /// The indices of a token's features, without those dropped at random.
    fn with_dropout(&self, row: &[(FeatureGroup, u64)], random: &mut Random) -> Vec<usize> {
        let dropped = GROUP_DROPOUT.map(|chance| random.happens(chance));
        let remaining = row.iter().filter(|(group, _)| !dropped[*group as usize]);
        let indices = remaining.filter_map(|(_, feature)| self.index.get(feature).copied());
        let mut indices: Vec<usize> = indices.collect();
        indices.retain(|_| !random.happens(FEATURE_DROPOUT));
        indices
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
        tags[first..first + count].fill(kind.tag() + 1);
        tags[first] = kind.tag();
    }
    let context = FeatureContext::new(&text, &tokens, &lists.gazetteer);
    let mut found = Vec::new();
    let mut scratch = Scratch::default();
    for island in islands(&tokens) {
        let mut rows = Vec::with_capacity(island.len());
        context.features(&island, &mut scratch, |groups, features| {
            rows.push(groups.iter().copied().zip(features.iter().copied()).collect());
        });
        found.push(Chain { rows, tags: valid_tags(&tags[island]) });
    }
    found
}

/// Makes the tags of an island valid: a name that begins outside of it begins in it.
fn valid_tags(tags: &[usize]) -> Vec<usize> {
    let mut before = 0;
    let mut all = Vec::with_capacity(tags.len());
    for tag in tags {
        let tag = if may_follow(before, *tag) { *tag } else { *tag - 1 };
        all.push(tag);
        before = tag;
    }
    all
}
