//! A linear chain of tags: the best sequence, and the probability of each tag at each token.
//!
//! Lafferty, McCallum and Pereira, "Conditional random fields", ICML 2001.

/// The number of tags: outside, then beginning and inside of a person, an organisation and a place.
pub(crate) const TAGS: usize = 7;

/// The score of each tag at one token.
pub(crate) type Scores = [f32; TAGS];

/// The score of each transition, by the tag before and the tag after it.
pub(crate) type Transitions = [[f32; TAGS]; TAGS];

/// Whether a tag may follow another. A chain begins as if after tag 0.
pub(crate) const fn may_follow(before: usize, tag: usize) -> bool {
    let is_inside = tag != 0 && tag.is_multiple_of(2);
    !is_inside || before == tag || before + 1 == tag
}

/// The number of tags, padded so that one instruction adds and compares eight.
const WIDE: usize = TAGS + 1;

/// A Viterbi decoder: finds the tags with the highest total score. It reuses its memory for one
/// chain after another.
#[derive(Debug)]
pub(crate) struct Viterbi {
    pub(crate) tags: Vec<usize>,
    /// The score of each transition, padded. Minus infinity for padding and for transitions that
    /// are not allowed.
    transitions: [[f32; WIDE]; TAGS],
    /// For each tag at each token, the tag before it. As wide as a score, so that both are selected
    /// together.
    from: Vec<[u32; WIDE]>,
}

impl Viterbi {
    pub(crate) fn new(transitions: &Transitions) -> Self {
        let mut wide = [[f32::NEG_INFINITY; WIDE]; TAGS];
        for (before, row) in wide.iter_mut().enumerate() {
            for tag in (0..TAGS).filter(|tag| may_follow(before, *tag)) {
                row[tag] = transitions[before][tag];
            }
        }
        Self { tags: Vec::new(), transitions: wide, from: Vec::new() }
    }

    pub(crate) fn find(&mut self, scores: &[Scores]) {
        let Self { tags, transitions, from } = self;
        from.clear();
        let mut sums = [f32::NEG_INFINITY; WIDE];
        sums[0] = 0.0;
        for score in scores {
            let mut next = [f32::NEG_INFINITY; WIDE];
            let mut origin = [0; WIDE];
            for (before, row) in (0..).zip(&*transitions) {
                for tag in 0..WIDE {
                    let sum = sums[before as usize] + row[tag];
                    let is_better = sum > next[tag];
                    next[tag] = if is_better { sum } else { next[tag] };
                    origin[tag] = if is_better { before } else { origin[tag] };
                }
            }
            next.iter_mut().zip(score).for_each(|(sum, score)| *sum += score);
            sums = next;
            from.push(origin);
        }
        let mut tag = (0..TAGS).max_by(|a, b| sums[*a].total_cmp(&sums[*b])).unwrap_or(0);
        tags.clear();
        tags.resize(scores.len(), 0);
        for at in (0..scores.len()).rev() {
            tags[at] = tag;
            tag = from[at][tag] as usize;
        }
    }
}

/// A number for each tag, padded.
type Wide = [f32; WIDE];

/// The exponentials of transitions. 0 for padding and for transitions that are not allowed.
#[derive(Debug)]
pub(crate) struct ExpTransitions {
    /// By the tag before, then by the tag after.
    by_previous: [Wide; TAGS],
    /// By the tag after, then by the tag before.
    by_next: [Wide; TAGS],
}

impl ExpTransitions {
    pub(crate) fn new(transitions: &Transitions) -> Self {
        let mut weights = Self { by_previous: [[0.0; WIDE]; TAGS], by_next: [[0.0; WIDE]; TAGS] };
        for (before, row) in transitions.iter().enumerate() {
            for tag in (0..TAGS).filter(|tag| may_follow(before, *tag)) {
                weights.by_previous[before][tag] = row[tag].exp();
                weights.by_next[tag][before] = weights.by_previous[before][tag];
            }
        }
        weights
    }
}

/// Forward and backward sums of a chain, each scaled to a total of 1.
pub(crate) struct ForwardBackward<'a> {
    tokens: Vec<TokenSums>,
    weights: &'a ExpTransitions,
}

/// The sums at one token, and the exponentials of its scores.
#[derive(Clone, Copy)]
struct TokenSums {
    forward: Wide,
    backward: Wide,
    exps: Wide,
}

impl<'a> ForwardBackward<'a> {
    pub(crate) fn new(scores: &[Scores], weights: &'a ExpTransitions) -> Self {
        let mut tokens = Vec::with_capacity(scores.len());
        let mut last = [0.0; WIDE];
        last[0] = 1.0;
        for exps in scores.iter().map(exps) {
            let mut next = [0.0; WIDE];
            for (row, sum) in weights.by_previous.iter().zip(last) {
                next.iter_mut().zip(row).for_each(|(n, weight)| *n += sum * weight);
            }
            next.iter_mut().zip(exps).for_each(|(n, e)| *n *= e);
            last = scaled(next);
            tokens.push(TokenSums { forward: last, backward: [1.0; WIDE], exps });
        }
        for at in (1..scores.len()).rev() {
            let TokenSums { exps, backward, .. } = tokens[at];
            let mut sums = [0.0; WIDE];
            for (tag, row) in weights.by_next.iter().enumerate() {
                let of_tag = |weight: &f32| weight * exps[tag] * backward[tag];
                sums.iter_mut().zip(row).for_each(|(sum, weight)| *sum += of_tag(weight));
            }
            tokens[at - 1].backward = scaled(sums);
        }
        Self { tokens, weights }
    }

    /// The probability of each tag at a token.
    pub(crate) fn marginal(&self, at: usize) -> Scores {
        let TokenSums { forward, backward, .. } = &self.tokens[at];
        let mut product = *forward;
        product.iter_mut().zip(backward).for_each(|(f, b)| *f *= b);
        tags_of(&scaled(product))
    }

    /// The probability of each pair of tags at a token and the one before it.
    pub(crate) fn pair(&self, at: usize) -> Transitions {
        let mut start = [0.0; WIDE];
        start[0] = 1.0;
        let before = at.checked_sub(1).map_or(start, |before| self.tokens[before].forward);
        let TokenSums { exps, backward, .. } = &self.tokens[at];
        let mut pairs = self.weights.by_previous.map(|row| tags_of(&row));
        for (row, sum) in pairs.iter_mut().zip(before) {
            for (tag, pair) in row.iter_mut().enumerate() {
                *pair *= sum * exps[tag] * backward[tag];
            }
        }
        let total: f32 = pairs.iter().flatten().sum::<f32>().max(f32::MIN_POSITIVE);
        pairs.iter_mut().flatten().for_each(|pair| *pair /= total);
        pairs
    }
}

/// Removes the padding.
fn tags_of(wide: &Wide) -> Scores {
    std::array::from_fn(|tag| wide[tag])
}

fn exps(scores: &Scores) -> Wide {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut exps = [0.0; WIDE];
    exps.iter_mut().zip(scores).for_each(|(exp, score)| *exp = (score - most).exp());
    exps
}

fn scaled(sums: Wide) -> Wide {
    let total: f32 = tags_of(&sums).iter().sum::<f32>().max(f32::MIN_POSITIVE);
    sums.map(|sum| sum / total)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The score of some tags. `None` if a transition is not allowed.
    fn sum(tags: &[usize], scores: &[Scores], transitions: &Transitions) -> Option<f32> {
        let (mut before, mut sum) = (0, 0.0);
        for (tag, score) in tags.iter().zip(scores) {
            sum += may_follow(before, *tag).then(|| transitions[before][*tag])?;
            sum += score[*tag];
            before = *tag;
        }
        Some(sum)
    }

    #[test]
    fn decoder_and_sums_agree_with_brute_force() {
        let number = |seed: usize| ((seed * 7919) % 101) as f32 / 10.0 - 5.0;
        let transitions: Transitions =
            std::array::from_fn(|a| std::array::from_fn(|b| number(a * 31 + b * 17)));
        for start in 0..50 {
            let scores: Vec<Scores> = (0..3)
                .map(|at| std::array::from_fn(|tag| number(start * 13 + at * 41 + tag * 3)))
                .collect();
            let mut best = Viterbi::new(&transitions);
            best.find(&scores);
            let all = (0..TAGS.pow(3)).map(|n| [n % TAGS, n / TAGS % TAGS, n / TAGS / TAGS]);
            let most = all.filter_map(|tags| sum(&tags, &scores, &transitions)).reduce(f32::max);
            assert_eq!(sum(&best.tags, &scores, &transitions), most, "{:?}", best.tags);
        }
    }
}
