//! A naive Bayes model over byte n-grams. An automaton finds the n-grams in one pass.
//!
//! Method: Lui and Baldwin, "Cross-domain feature selection for language identification", IJCNLP
//! 2011; automaton: Aho and Corasick 1975. The weights are those of py3langid 0.4.0
//! (`data/convert.py`).

use std::io::Read;
use std::sync::OnceLock;

use flate2::read::ZlibDecoder;

/// The model as `data/convert.py` writes it.
const PACKED: &[u8] = include_bytes!("../data/model.bin");
/// No node or feature: greater than any index of a model.
const NONE: u32 = u32::MAX;
/// The number of parts of a text that one step reads.
const PARTS: usize = 4;
/// The unit of weights, in nats. The zero point is the same for all classes and cancels out.
const STEP: f32 = 0.5;

/// The model in memory, 9 MB.
pub(crate) struct Model {
    /// The languages.
    pub(crate) languages: Vec<String>,
    /// The index of the language of each class. A language may have several classes.
    pub(crate) classes: Vec<usize>,
    bias: Vec<f32>,
    nodes: Vec<Node>,
    /// The transitions by byte of the first nodes: the root and its children. Most bytes lead from
    /// one of these to another.
    first: Vec<[u32; 256]>,
    /// The bytes of the longest n-gram.
    longest: usize,
    /// The byte that leads to each node from its parent. Nodes are in breadth-first order.
    letters: Vec<u8>,
    /// By feature, then by class.
    weights: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Node {
    /// Children are adjacent.
    first_child: u32,
    children: u8,
    /// The node of the longest proper suffix.
    suffix: u32,
    feature: u32,
}

impl Model {
    /// The embedded model, unpacked at first use.
    pub(crate) fn embedded() -> &'static Self {
        static MODEL: OnceLock<Model> = OnceLock::new();
        MODEL.get_or_init(|| Self::read(PACKED).expect("a test reads the embedded model"))
    }

    fn read(packed: &[u8]) -> Option<Self> {
        let mut body = Vec::new();
        ZlibDecoder::new(packed).read_to_end(&mut body).ok()?;
        let mut rest = Bytes(&body);
        let count = usize::from(u16::from_le_bytes(rest.read_bytes(2)?.try_into().ok()?));
        let mut names = Vec::with_capacity(count);
        for _ in 0..count {
            let length = usize::from(*rest.read_bytes(1)?.first()?);
            names.push(String::from_utf8(rest.read_bytes(length)?.to_vec()).ok()?);
        }
        let bias = rest.read_bytes(4 * count)?.chunks_exact(4);
        let bias = bias.map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]));
        let bias = bias.collect();
        let size = rest.number()?;
        let children = rest.read_bytes(size)?;
        let letters = rest.read_bytes(size)?;
        let tags = rest.read_bytes(size)?;
        let seen = rest.number()?;
        let seen = rest.read_bytes(4 * seen)?;
        let features = rest.number()?;
        let weights = by_feature(rest.read_bytes(features * count)?, features, count);
        let nodes = link(children, letters, &features_of(tags, seen)?)?;
        let mut languages = names.clone();
        languages.sort_unstable();
        languages.dedup();
        let classes = names.iter().map(|name| languages.binary_search(name).ok());
        let classes = classes.collect::<Option<Vec<usize>>>()?;
        let (first, longest) = (first_nodes(&nodes, letters), depth(&nodes));
        let letters = letters.to_vec();
        Some(Self { languages, classes, bias, nodes, first, longest, letters, weights })
    }

    /// The log-posterior of each language, in nats, up to a constant. `None` if `bytes` contains no
    /// n-gram of the model.
    pub(crate) fn scores(&self, bytes: &[u8]) -> Option<Vec<f32>> {
        let mut found = self.features(bytes);
        found.sort_unstable();
        found.first()?;
        let mut once = vec![0_u16; self.bias.len()];
        let mut scores = self.bias.clone();
        for same in found.chunk_by(|a, b| a == b) {
            let start = same[0] as usize * scores.len();
            let row = &self.weights[start..start + scores.len()];
            // Repeated occurrences count logarithmically, as in py3langid.
            let times = (same.len() as f32).ln_1p() * STEP;
            if same.len() == 1 {
                once.iter_mut().zip(row).for_each(|(sum, weight)| *sum += u16::from(*weight));
            } else {
                scores
                    .iter_mut()
                    .zip(row)
                    .for_each(|(sum, weight)| *sum += times * f32::from(*weight));
            }
        }
        let single = 1_f32.ln_1p() * STEP;
        let mut best = vec![f32::NEG_INFINITY; self.languages.len()];
        for ((language, score), sum) in self.classes.iter().zip(scores).zip(once) {
            best[*language] = best[*language].max(score + single * f32::from(sum));
        }
        Some(best)
    }

    /// The features of `bytes`: for each byte, the longest n-gram that ends there, if it is a
    /// feature. Each node comes from distant memory before the next is known, so several parts are
    /// read in turn.
    fn features(&self, bytes: &[u8]) -> Vec<u32> {
        let part = bytes.len().div_ceil(PARTS);
        // An n-gram that ends in a part begins at most this far before the part.
        let start = |index: usize| {
            let from = (index * part).min(bytes.len());
            let before = &bytes[from.saturating_sub(self.longest)..from];
            before.iter().fold(0, |at, byte| self.next(at, *byte))
        };
        let mut nodes: [u32; PARTS] = std::array::from_fn(start);
        let mut found = vec![NONE; bytes.len()];
        for step in 0..part {
            for (index, node) in nodes.iter_mut().enumerate() {
                let position = index * part + step;
                if let (Some(byte), Some(feature)) = (bytes.get(position), found.get_mut(position))
                {
                    *node = self.next(*node, *byte);
                    *feature = self.nodes[*node as usize].feature;
                }
            }
        }
        found.retain(|feature| *feature != NONE);
        found
    }

    fn next(&self, mut at: u32, byte: u8) -> u32 {
        loop {
            if let Some(follows) = self.first.get(at as usize) {
                return follows[usize::from(byte)];
            }
            if let Some(child) = child(&self.nodes, &self.letters, at, byte) {
                return child;
            }
            at = self.nodes[at as usize].suffix;
        }
    }
}

/// The transitions of the root and its children. In breadth-first order these are the first nodes.
fn first_nodes(nodes: &[Node], letters: &[u8]) -> Vec<[u32; 256]> {
    let count = 1 + nodes.first().map_or(0, |root| usize::from(root.children));
    let mut first: Vec<[u32; 256]> = Vec::with_capacity(count);
    for (at, node) in (0..).zip(&nodes[..count.min(nodes.len())]) {
        // Without a child for a byte, the transition of the suffix applies. The suffix is the root,
        // which comes before.
        let mut follows = first.get(node.suffix as usize).copied().unwrap_or([0; 256]);
        for byte in 0..=u8::MAX {
            if let Some(child) = child(nodes, letters, at, byte) {
                follows[usize::from(byte)] = child;
            }
        }
        first.push(follows);
    }
    first
}

/// The number of bytes that lead to the deepest node. In breadth-first order this is the last one.
fn depth(nodes: &[Node]) -> usize {
    let mut depths = vec![0; nodes.len()];
    for (at, node) in nodes.iter().enumerate() {
        let first = node.first_child as usize;
        let below = depths[at] + 1;
        depths[first..first + usize::from(node.children)].fill(below);
    }
    depths.last().copied().unwrap_or(0)
}

fn child(nodes: &[Node], letters: &[u8], at: u32, byte: u8) -> Option<u32> {
    let Node { first_child, children, .. } = nodes[at as usize];
    let first = first_child as usize;
    let found = letters[first..first + usize::from(children)].binary_search(&byte).ok()?;
    u32::try_from(found).ok().map(|found| first_child + found)
}

/// Transposes weights by class to weights by feature.
fn by_feature(by_class: &[u8], features: usize, classes: usize) -> Vec<u8> {
    let mut weights = vec![0; features * classes];
    for (class, column) in by_class.chunks_exact(features.max(1)).enumerate() {
        for (row, weight) in weights.chunks_exact_mut(classes).zip(column) {
            row[class] = *weight;
        }
    }
    weights
}

/// The feature of each node.
fn features_of(tags: &[u8], seen: &[u8]) -> Option<Vec<u32>> {
    let mut seen = seen.chunks_exact(4);
    let mut new = 0..;
    let feature = |tag: &u8| match tag {
        0 => Some(NONE),
        1 => new.next(),
        _ => seen.next().map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]])),
    };
    tags.iter().map(feature).collect()
}

/// Builds nodes with their children and suffixes. In breadth-first order, a suffix is always linked
/// before.
fn link(counts: &[u8], letters: &[u8], features: &[u32]) -> Option<Vec<Node>> {
    let mut next = 1;
    let mut nodes = Vec::with_capacity(counts.len());
    for (children, feature) in counts.iter().zip(features) {
        nodes.push(Node { first_child: next, children: *children, suffix: 0, feature: *feature });
        next += u32::from(*children);
    }
    if next as usize != nodes.len() {
        return None;
    }
    for parent in 0..nodes.len() {
        let Node { first_child, children, .. } = nodes[parent];
        for node in first_child..first_child + u32::from(children) {
            let mut above = (parent != 0).then(|| nodes[parent].suffix);
            let mut suffix = 0;
            while let Some(candidate) = above {
                if let Some(found) = child(&nodes, letters, candidate, letters[node as usize]) {
                    suffix = found;
                    break;
                }
                above = (candidate != 0).then(|| nodes[candidate as usize].suffix);
            }
            nodes[node as usize].suffix = suffix;
        }
    }
    Some(nodes)
}

/// The bytes that have not been read yet.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn read_bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    fn number(&mut self) -> Option<usize> {
        let four = self.read_bytes(4)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(four)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_embedded_model() {
        let model = Model::read(PACKED).unwrap();
        assert!(model.languages.len() > 90, "{}", model.languages.len());
        // For the bytes that are read, the sum of single occurrences stays far below the limit of
        // `u16`.
        let most = model.weights.iter().max().copied().unwrap();
        assert!(usize::from(most) * crate::MAX_BYTES < usize::from(u16::MAX), "{most}");
        assert!(PACKED.len() < 3_000_000);
    }

    #[test]
    fn refuses_a_broken_model() {
        assert!(Model::read(&PACKED[..PACKED.len() / 2]).is_none());
        assert!(Model::read(b"").is_none());
    }

    #[test]
    fn the_automaton_agrees_with_a_search() {
        let model = Model::embedded();
        let mut grams = vec![Vec::new()];
        for at in 0..model.nodes.len() {
            let Node { first_child, children, .. } = model.nodes[at];
            for node in first_child..first_child + u32::from(children) {
                let mut gram: Vec<u8> = grams[at].clone();
                gram.push(model.letters[node as usize]);
                grams.push(gram);
            }
        }
        let known: std::collections::HashMap<&[u8], usize> =
            grams.iter().enumerate().map(|(at, gram)| (gram.as_slice(), at)).collect();
        let text = "The harbour was shut; гавань закрыта, 港口关闭.".as_bytes();
        let longest = |end: usize| (0..=end).find_map(|from| known.get(&text[from..end])).unwrap();
        let naive = (1..=text.len()).map(|end| model.nodes[*longest(end)].feature);
        let naive: Vec<u32> = naive.filter(|feature| *feature != NONE).collect();
        assert_eq!(model.features(text), naive);
    }
}
