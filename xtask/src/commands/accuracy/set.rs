//! A labelled set: a folder with `docs.jsonl` and `labels.tsv`.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;

/// A document of a set. `host` is taken as the outlet.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Doc {
    pub(crate) id: String,
    #[serde(default, alias = "host")]
    pub(crate) outlet: Option<String>,
    #[serde(default)]
    pub(crate) url: Option<String>,
    #[serde(default)]
    pub(crate) title: Option<String>,
    pub(crate) text: String,
}

/// What a pair of documents is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    /// Must fold.
    Reprint,
    /// May fold.
    Partial,
}

/// Documents with the labels of their pairs; a pair without a label must not fold.
pub(crate) struct LabelledSet {
    pub(crate) docs: Vec<Doc>,
    /// Pairs by document numbers, the smaller first, with their kind in words.
    pub(crate) labels: HashMap<(usize, usize), (Label, String)>,
}

impl LabelledSet {
    pub(crate) fn read(folder: &Path) -> anyhow::Result<LabelledSet> {
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))
        };
        let docs: Vec<Doc> = read("docs.jsonl")?
            .lines()
            .enumerate()
            .map(|(at, line)| serde_json::from_str(line).with_context(|| format!("docs.jsonl:{}", at + 1)))
            .collect::<anyhow::Result<_>>()?;
        let numbers: HashMap<&str, usize> =
            docs.iter().enumerate().map(|(number, doc)| (doc.id.as_str(), number)).collect();
        let mut labels = HashMap::new();
        for line in read("labels.tsv")?.lines().skip(1) {
            let fields: Vec<&str> = line.split('\t').collect();
            let [a, b, label, rest @ ..] = fields.as_slice() else { continue };
            let (Some(a), Some(b)) = (numbers.get(a), numbers.get(b)) else { continue };
            let label = match *label {
                "R" => Label::Reprint,
                "P" => Label::Partial,
                _ => continue,
            };
            let kind = rest.first().copied().unwrap_or_default().to_owned();
            labels.insert((*a.min(b), *a.max(b)), (label, kind));
        }
        Ok(LabelledSet { docs, labels })
    }

    /// File order, reversed, and shuffles by seed.
    pub(crate) fn orders(&self, shuffles: u64) -> Vec<(String, Vec<usize>)> {
        let file: Vec<usize> = (0..self.docs.len()).collect();
        let reversed = file.iter().rev().copied().collect();
        let mut orders = vec![("file order".to_owned(), file.clone()), ("reversed".to_owned(), reversed)];
        for seed in 1..=shuffles {
            let mut order = file.clone();
            shuffle(&mut order, seed);
            orders.push((format!("shuffle {seed}"), order));
        }
        orders
    }
}

/// Fisher–Yates with SplitMix64 (Steele et al. 2014): the same order on every machine.
pub(crate) fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed;
    for at in (1..items.len()).rev() {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let other = usize::try_from(mixed % (at as u64 + 1)).expect("smaller than a usize");
        items.swap(at, other);
    }
}
