//! Common rules as baselines, so that people can compare them on their own articles.

use std::collections::HashMap;
use std::str::FromStr;

use wirefold_dedup::{Body, Fingerprint};
use wirefold_proto::CopyKind;
use wirefold_text::Text;

/// How copies are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// By shared passages, as the product does.
    Passages,
    /// 64-bit SimHash at Hamming distance at most this (Manku et al. 2007).
    Simhash(u32),
    /// The same normalised text.
    Exact,
}

impl FromStr for Method {
    type Err = String;

    fn from_str(name: &str) -> Result<Method, String> {
        let refused = || format!("no method {name:?}: passages, simhash:0 to simhash:64, or exact");
        match name.split_once(':') {
            None if name == "passages" => Ok(Method::Passages),
            None if name == "exact" => Ok(Method::Exact),
            Some(("simhash", most)) => {
                let most = most.parse().map_err(|_| refused())?;
                if most <= 64 { Ok(Method::Simhash(most)) } else { Err(refused()) }
            }
            _ => Err(refused()),
        }
    }
}

/// A baseline's verdict: the article's story, by numbers in input order.
#[derive(Debug, Clone, Copy)]
pub(super) struct BaselineVerdict {
    pub(super) doc: usize,
    pub(super) story: usize,
    pub(super) simhash: u64,
    /// The class of a copy.
    pub(super) kind: CopyKind,
}

/// A baseline with everything it has read.
pub(super) struct Baseline {
    method: Method,
    verdicts: Vec<BaselineVerdict>,
    exact: HashMap<u128, usize>,
}

impl Baseline {
    pub(super) fn new(method: Method) -> Baseline {
        Baseline { method, verdicts: Vec::new(), exact: HashMap::new() }
    }

    pub(super) fn observe(&mut self, text: &str) -> BaselineVerdict {
        let text = Text::new(text);
        let fingerprint = Fingerprint::new(&text, &Body::new(&text));
        let doc = self.verdicts.len();
        let same = match (self.method, fingerprint.exact) {
            (Method::Simhash(most), _) => self.nearest(fingerprint.simhash, most),
            (_, Some(exact)) => {
                let first = *self.exact.entry(exact).or_insert(doc);
                (first != doc).then_some(first)
            }
            (_, None) => None,
        };
        let story = same.map_or(doc, |same| self.verdicts[same].story);
        let kind = if self.method == Method::Exact { CopyKind::Exact } else { CopyKind::Reprint };
        let verdict = BaselineVerdict { doc, story, simhash: fingerprint.simhash, kind };
        self.verdicts.push(verdict);
        verdict
    }

    pub(super) fn verdicts(&self) -> &[BaselineVerdict] {
        &self.verdicts
    }

    /// The earlier article at the smallest distance, at most `most`. The first among equals.
    fn nearest(&self, simhash: u64, most: u32) -> Option<usize> {
        let distance =
            |verdict: &BaselineVerdict| simhash::hamming_distance(verdict.simhash, simhash);
        let near = self.verdicts.iter().map(|v| (distance(v), v.doc)).filter(|(d, _)| *d <= most);
        near.min().map(|(_, doc)| doc)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_have_names() {
        assert_eq!("simhash:3".parse(), Ok(Method::Simhash(3)));
        assert_eq!("passages".parse(), Ok(Method::Passages));
        for wrong in ["simhash:65", "simhash", "minhash", "simhash:x", ""] {
            assert!(wrong.parse::<Method>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_nearest_earlier_text_decides() {
        let mut baseline = Baseline::new(Method::Simhash(0));
        let stories: Vec<usize> = ["a b c", "x y z", "A, b. C!"]
            .iter()
            .map(|text| baseline.observe(text).story)
            .collect();
        assert_eq!(stories, [0, 1, 0]);
    }
}
