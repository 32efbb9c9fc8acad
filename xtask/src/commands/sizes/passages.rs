//! Counts passages that occur more than once in the product: runs of six or more equal lines.
//!
//! Blank lines, comments, imports and lines without a letter do not count: six closing braces are not a
//! passage. A passage in three places counts as two repeats.

use std::collections::BTreeMap;

use crate::tree::File;

/// The fewest lines of a passage.
const FEWEST: usize = 6;

/// The number of repeats in the files.
pub(super) fn repeated(files: &[&File]) -> usize {
    let texts: Vec<Vec<&str>> = files.iter().map(|file| counted_lines(file.code())).collect();
    let mut first: BTreeMap<&[&str], (usize, usize)> = BTreeMap::new();
    let mut repeats = 0;
    for (number, lines) in texts.iter().enumerate() {
        // The position of the first occurrence of the previous window. The next window there belongs to the
        // same passage.
        let mut last: Option<(usize, usize)> = None;
        for (at, window) in lines.windows(FEWEST).enumerate() {
            let original = *first.entry(window).or_insert((number, at));
            let is_repeat = original != (number, at);
            let continued = last.map(|(file, line)| (file, line + 1));
            if is_repeat && continued != Some(original) {
                repeats += 1;
            }
            last = is_repeat.then_some(original);
        }
    }
    repeats
}

fn counted_lines(code: &str) -> Vec<&str> {
    let counts = |line: &&str| {
        let is_import = line.starts_with("use ") || line.starts_with("pub use ");
        !is_import && !line.starts_with("//") && line.contains(char::is_alphabetic)
    };
    code.lines().map(str::trim).filter(counts).collect()
}

#[cfg(test)]
mod tests {
    use super::repeated;
    use crate::tree::File;

    #[track_caller]
    fn check(texts: &[&str], expected: usize) {
        let file = |text: &&str| File { path: "src/a.rs".into(), text: (*text).into() };
        let files: Vec<File> = texts.iter().map(file).collect();
        assert_eq!(repeated(&files.iter().collect::<Vec<_>>()), expected, "{texts:?}");
    }

    #[test]
    fn a_passage_is_counted_once_for_each_repeat() {
        check(&["a\nb\nc\nd\ne\nf\n", "x\na\nb\nc\nd\ne\ny\n"], 0);
        check(&["a\nb\nc\nd\ne\nf\n", "x\na\n// why\nb\n\nc\nd\n}\ne\nf\ny\n"], 1);
        // One longer passage is one repeat, and a third occurrence is another.
        let long = "a\nb\nc\nd\ne\nf\ng\nh\n";
        check(&[long, long, long], 2);
        // Two passages in one file.
        check(
            &["a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\n", "a\nb\nc\nd\ne\nf\nx\ng\nh\ni\nj\nk\nl\n"],
            2,
        );
    }

    #[test]
    fn imports_and_lone_punctuation_are_no_passage() {
        let imports = "use a;\nuse b;\nuse c;\nuse d;\nuse e;\nuse f;\n}\n}\n}\n}\n}\n});\n";
        check(&[imports, imports], 0);
    }
}
