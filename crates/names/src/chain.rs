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
    /// For each tag at each place the tag before it, as wide as a score: both are chosen at once.
    from: Vec<[u32; WIDE]>,
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

/// A number for each tag, with one to spare.
type Wide = [f32; WIDE];

/// The exponentials of steps; 0 where a tag may not follow, and for the one to spare.
#[derive(Debug)]
pub(crate) struct Weights {
    /// By the tag before, then by the one behind it.
    onward: [Wide; TAGS],
    /// By the tag behind, then by the one before it.
    back: [Wide; TAGS],
}

impl Weights {
    pub(crate) fn new(steps: &Steps) -> Self {
        let mut weights = Self { onward: [[0.0; WIDE]; TAGS], back: [[0.0; WIDE]; TAGS] };
        for (before, row) in steps.iter().enumerate() {
            for tag in (0..TAGS).filter(|tag| may_follow(before, *tag)) {
                weights.onward[before][tag] = row[tag].exp();
                weights.back[tag][before] = weights.onward[before][tag];
            }
        }
        weights
    }
}

/// Forward and backward sums of a chain, each scaled to 1.
pub(crate) struct Sums<'a> {
    places: Vec<TokenSums>,
    weights: &'a Weights,
}

/// The sums at one place, and the exponentials of its scores.
#[derive(Clone, Copy)]
struct TokenSums {
    forward: Wide,
    backward: Wide,
    exps: Wide,
}

impl<'a> Sums<'a> {
    pub(crate) fn new(scores: &[Scores], weights: &'a Weights) -> Self {
        let mut places = Vec::with_capacity(scores.len());
        let mut last = [0.0; WIDE];
        last[0] = 1.0;
        for exps in scores.iter().map(exps) {
            let mut next = [0.0; WIDE];
            for (row, sum) in weights.onward.iter().zip(last) {
                next.iter_mut().zip(row).for_each(|(n, weight)| *n += sum * weight);
            }
            next.iter_mut().zip(exps).for_each(|(n, e)| *n *= e);
            last = scaled(next);
            places.push(TokenSums { forward: last, backward: [1.0; WIDE], exps });
        }
        for at in (1..scores.len()).rev() {
            let TokenSums { exps, backward, .. } = places[at];
            let mut sums = [0.0; WIDE];
            for (tag, row) in weights.back.iter().enumerate() {
                let of_tag = |weight: &f32| weight * exps[tag] * backward[tag];
                sums.iter_mut().zip(row).for_each(|(sum, weight)| *sum += of_tag(weight));
            }
            places[at - 1].backward = scaled(sums);
        }
        Self { places, weights }
    }

    /// How likely each tag is at a place.
    pub(crate) fn marginal(&self, at: usize) -> Scores {
        let TokenSums { forward, backward, .. } = &self.places[at];
        let mut product = *forward;
        product.iter_mut().zip(backward).for_each(|(f, b)| *f *= b);
        tags_of(&scaled(product))
    }

    /// How likely each pair of tags is at a place and the one before it.
    pub(crate) fn pair(&self, at: usize) -> Steps {
        let mut start = [0.0; WIDE];
        start[0] = 1.0;
        let before = at.checked_sub(1).map_or(start, |before| self.places[before].forward);
        let TokenSums { exps, backward, .. } = &self.places[at];
        let mut pairs = self.weights.onward.map(|row| tags_of(&row));
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

/// The numbers of the tags alone.
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
