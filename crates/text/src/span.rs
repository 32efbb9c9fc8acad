//! Ranges of a text, in bytes inside the crate and in code points outside.

/// A byte range `start..end` of the original text, on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The span's text.
    #[must_use]
    pub fn of(self, original: &str) -> &str {
        original.get(self.start..self.end).unwrap_or_default()
    }

    /// Whether `byte` lies inside.
    #[must_use]
    pub fn contains(self, byte: usize) -> bool {
        self.start <= byte && byte < self.end
    }
}

/// A range `start..end` of the original text in Unicode code points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CodePoints {
    /// The first code point.
    pub start: usize,
    /// One past the last code point.
    pub end: usize,
}

/// Bytes between two stored counts of code points. One count takes 4 bytes.
const STRIDE: usize = 256;

/// Converts byte offsets to code-point offsets in constant time.
#[derive(Debug, Clone, Default)]
pub(crate) struct CodePointTable {
    /// Code points that start before byte `i * STRIDE`.
    counts: Vec<u32>,
}

impl CodePointTable {
    pub(crate) fn new(original: &str) -> CodePointTable {
        let mut count = 0;
        let mut counts = Vec::with_capacity(original.len() / STRIDE + 2);
        for block in original.as_bytes().chunks(STRIDE) {
            counts.push(count);
            count += starts_in(block) as u32;
        }
        counts.push(count);
        CodePointTable { counts }
    }

    /// The number of code points that start before byte `offset`.
    pub(crate) fn count_before(&self, original: &str, offset: usize) -> usize {
        let offset = offset.min(original.len());
        let block = (offset / STRIDE).min(self.counts.len().saturating_sub(1));
        let counted = self.counts.get(block).copied().unwrap_or_default() as usize;
        let from = (block * STRIDE).min(offset);
        let rest = original.as_bytes().get(from..offset).unwrap_or_default();
        if block * STRIDE > offset {
            return counted;
        }
        counted + starts_in(rest)
    }
}

/// The number of code points that start in these bytes.
fn starts_in(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| starts_code_point(**byte)).count()
}

fn starts_code_point(byte: u8) -> bool {
    byte & 0b1100_0000 != 0b1000_0000
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn code_points_agree_with_counting(text in "\\PC{0,900}") {
            let table = CodePointTable::new(&text);
            for (expected, (byte, _)) in text.char_indices().enumerate() {
                prop_assert_eq!(table.count_before(&text, byte), expected);
            }
            prop_assert_eq!(table.count_before(&text, text.len()), text.chars().count());
        }
    }
}
