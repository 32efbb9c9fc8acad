//! A linear chain of tags: the best sequence, and the probability of each tag at each token.
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

/// Tags with one to spare: eight are added and compared at once.
const WIDE: usize = TAGS + 1;

/// The tags with the highest score together; room for one chain after the other.
#[derive(Debug)]
pub(crate) struct Best {
    pub(crate) tags: Vec<usize>,
    /// The score of each tag behind each; of those that may not follow, and of the one to spare, none.
    steps: [[f32; WIDE]; TAGS],
    /// For each tag at each place the tag before it.
    from: Vec<[u8; WIDE]>,
}

impl Best {
    pub(crate) fn new(steps: &Steps) -> Self {
        let mut wide = [[f32::NEG_INFINITY; WIDE]; TAGS];
        for (before, row) in wide.iter_mut().enumerate() {
            for tag in (0..TAGS).filter(|tag| may_follow(before, *tag)) {
                row[tag] = steps[before][tag];
            }
        }
        Self { tags: Vec::new(), steps: wide, from: Vec::new() }
    }

    pub(crate) fn find(&mut self, scores: &[Scores]) {
        let Self { tags, steps, from } = self;
        from.clear();
        let mut sums = [f32::NEG_INFINITY; WIDE];
        sums[0] = 0.0;
        for score in scores {
            let mut next = [f32::NEG_INFINITY; WIDE];
            let mut origin = [0; WIDE];
            for (before, row) in (0..).zip(&*steps) {
                for tag in 0..WIDE {
                    let sum = sums[usize::from(before)] + row[tag];
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
            tag = usize::from(from[at][tag]);
        }
    }
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
    places: Vec<TokenSums>,
    steps: Steps,
}

/// The sums at one place, and the exponentials of its scores.
#[derive(Clone, Copy)]
struct TokenSums {
    forward: Scores,
    backward: Scores,
    exps: Scores,
}

impl Sums {
    pub(crate) fn new(scores: &[Scores], weights: Steps) -> Self {
        let mut places = Vec::with_capacity(scores.len());
        let mut last = [0.0; TAGS];
        last[0] = 1.0;
        for exps in scores.iter().map(exps) {
            let mut next = [0.0; TAGS];
            for (before, sum) in last.iter().enumerate() {
                next.iter_mut().zip(&weights[before]).for_each(|(n, weight)| *n += sum * weight);
            }
            next.iter_mut().zip(exps).for_each(|(n, e)| *n *= e);
            last = scaled(next);
            places.push(TokenSums { forward: last, backward: [1.0; TAGS], exps });
        }
        for at in (1..scores.len()).rev() {
            let TokenSums { exps, backward, .. } = places[at];
            let mut sums = [0.0; TAGS];
            for (before, sum) in sums.iter_mut().enumerate() {
                for tag in 0..TAGS {
                    *sum += weights[before][tag] * exps[tag] * backward[tag];
                }
            }
            places[at - 1].backward = scaled(sums);
        }
        Self { places, steps: weights }
    }

    /// How likely each tag is at a place.
    pub(crate) fn marginal(&self, at: usize) -> Scores {
        let TokenSums { forward, backward, .. } = &self.places[at];
        let mut product = *forward;
        product.iter_mut().zip(backward).for_each(|(f, b)| *f *= b);
        scaled(product)
    }

    /// How likely each pair of tags is at a place and the one before it.
    pub(crate) fn pair(&self, at: usize) -> Steps {
        let mut start = [0.0; TAGS];
        start[0] = 1.0;
        let before = at.checked_sub(1).map_or(start, |before| self.places[before].forward);
        let TokenSums { exps, backward, .. } = &self.places[at];
        let mut pairs = self.steps;
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

fn exps(scores: &Scores) -> Scores {
    let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    scores.map(|score| (score - most).exp())
}

fn scaled(sums: Scores) -> Scores {
    let total: f32 = sums.iter().sum::<f32>().max(f32::MIN_POSITIVE);
    sums.map(|sum| sum / total)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum of some tags; none where one may not follow.
    fn sum(tags: &[usize], scores: &[Scores], steps: &Steps) -> Option<f32> {
        let (mut before, mut sum) = (0, 0.0);
        for (tag, score) in tags.iter().zip(scores) {
            sum += may_follow(before, *tag).then(|| steps[before][*tag])?;
            sum += score[*tag];
            before = *tag;
        }
        Some(sum)
    }

    #[test]
    fn no_other_tags_have_a_higher_score() {
        let number = |seed: usize| ((seed * 7919) % 101) as f32 / 10.0 - 5.0;
        let steps: Steps =
            std::array::from_fn(|a| std::array::from_fn(|b| number(a * 31 + b * 17)));
        for start in 0..50 {
            let scores: Vec<Scores> = (0..3)
                .map(|at| std::array::from_fn(|tag| number(start * 13 + at * 41 + tag * 3)))
                .collect();
            let mut best = Best::new(&steps);
            best.find(&scores);
            let all = (0..TAGS.pow(3)).map(|n| [n % TAGS, n / TAGS % TAGS, n / TAGS / TAGS]);
            let most = all.filter_map(|tags| sum(&tags, &scores, &steps)).reduce(f32::max);
            assert_eq!(sum(&best.tags, &scores, &steps), most, "{:?}", best.tags);
        }
    }
}
