//! A linear chain of tags: the best one, and how likely each tag is at each place.
//!
//! Lafferty, McCallum and Pereira, "Conditional random fields", ICML 2001.

/// Outside, then beginning and inside of a person, an organisation and a place.
pub(crate) const TAGS: usize = 7;

/// The score of each tag at one place.
pub(crate) type Scores = [f32; TAGS];

/// The score of each tag behind each.
pub(crate) type Steps = [[f32; TAGS]; TAGS];

/// Whether a tag may stand behind another; the chain begins behind 0.
pub(crate) const fn may_follow(before: usize, tag: usize) -> bool {
    let is_inside = tag != 0 && tag.is_multiple_of(2);
    !is_inside || before == tag || before + 1 == tag
}

/// The tags with the highest score together.
pub(crate) fn best(scores: &[Scores], steps: &Steps) -> Vec<usize> {
    let mut from = Vec::with_capacity(scores.len());
    let mut sums = [f32::NEG_INFINITY; TAGS];
    sums[0] = 0.0;
    for score in scores {
        let mut next = [f32::NEG_INFINITY; TAGS];
        let mut origin = [0; TAGS];
        for tag in 0..TAGS {
            for before in (0..TAGS).filter(|before| may_follow(*before, tag)) {
                let sum = sums[before] + steps[before][tag];
                if sum > next[tag] {
                    (next[tag], origin[tag]) = (sum, before);
                }
            }
            next[tag] += score[tag];
        }
        sums = next;
        from.push(origin);
    }
    let mut tag = (0..TAGS).max_by(|a, b| sums[*a].total_cmp(&sums[*b])).unwrap_or(0);
    let mut tags = vec![0; scores.len()];
    for at in (0..scores.len()).rev() {
        tags[at] = tag;
        tag = from[at][tag];
    }
    tags
}

/// The exponentials of steps; 0 where a tag may not follow.
pub(crate) fn exps_of_steps(steps: &Steps) -> Steps {
    let mut weights = [[0.0; TAGS]; TAGS];
    for (before, row) in weights.iter_mut().enumerate() {
        for (tag, weight) in row.iter_mut().enumerate() {
            if may_follow(before, tag) {
                *weight = steps[before][tag].exp();
            }
        }
    }
    weights
}

/// Forward and backward sums of a chain, each scaled to 1.
pub(crate) struct Sums {
    forward: Vec<Scores>,
    backward: Vec<Scores>,
    exps: Vec<Scores>,
    steps: Steps,
}

impl Sums {
    pub(crate) fn new(scores: &[Scores], weights: Steps) -> Self {
        let exps: Vec<Scores> = scores.iter().map(exps).collect();
        let mut forward = Vec::with_capacity(scores.len());
        let mut last = [0.0; TAGS];
        last[0] = 1.0;
        for exp in &exps {
            let mut next = [0.0; TAGS];
            for (before, sum) in last.iter().enumerate() {
                next.iter_mut().zip(&weights[before]).for_each(|(n, weight)| *n += sum * weight);
            }
            next.iter_mut().zip(exp).for_each(|(n, e)| *n *= e);
            last = scaled(next);
            forward.push(last);
        }
        let mut backward = vec![[1.0; TAGS]; scores.len()];
        for at in (1..scores.len()).rev() {
            let mut sums = [0.0; TAGS];
            for (before, sum) in sums.iter_mut().enumerate() {
                for tag in 0..TAGS {
                    *sum += weights[before][tag] * exps[at][tag] * backward[at][tag];
                }
            }
            backward[at - 1] = scaled(sums);
        }
        Self { forward, backward, exps, steps: weights }
    }

    /// How likely each tag is at a place.
    pub(crate) fn marginal(&self, at: usize) -> Scores {
        let mut product = self.forward[at];
        product.iter_mut().zip(&self.backward[at]).for_each(|(f, b)| *f *= b);
        scaled(product)
    }

    /// How likely each pair of tags is at a place and the one before it.
    pub(crate) fn pair(&self, at: usize) -> Steps {
        let mut start = [0.0; TAGS];
        start[0] = 1.0;
        let before = at.checked_sub(1).map_or(start, |before| self.forward[before]);
        let mut pairs = self.steps;
        for (row, sum) in pairs.iter_mut().zip(before) {
            for (tag, pair) in row.iter_mut().enumerate() {
                *pair *= sum * self.exps[at][tag] * self.backward[at][tag];
            }
        }
        let total: f32 = pairs.iter().flatten().sum::<f32>().max(f32::MIN_POSITIVE);
        pairs.iter_mut().flatten().for_each(|pair| *pair /= total);
        pairs
    }
}

fn exps(scores: &Scores) -> Scores {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    scores.map(|score| (score - most).exp())
}

fn scaled(sums: Scores) -> Scores {
    let total: f32 = sums.iter().sum::<f32>().max(f32::MIN_POSITIVE);
    sums.map(|sum| sum / total)
}
