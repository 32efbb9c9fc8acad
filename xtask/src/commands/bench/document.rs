//! The generated blocks of docs/performance.md.

use anyhow::Context;

use crate::tree;

const DOCUMENT: &str = "docs/performance.md";

/// Writes a block between the marks of a bench, in place of the previous one.
pub(super) fn put(name: &str, block: &str) -> anyhow::Result<()> {
    let path = tree::root().join(DOCUMENT);
    let text = replaced(&std::fs::read_to_string(&path)?, name, block)?;
    Ok(std::fs::write(&path, text)?)
}

/// The page with a block between the marks of a bench.
fn replaced(text: &str, name: &str, block: &str) -> anyhow::Result<String> {
    let [begin, end] = ["begin", "end"].map(|what| format!("<!-- bench {name}: {what} -->"));
    let (before, rest) = text.split_once(&begin).with_context(|| format!("no {begin}"))?;
    let (_, after) = rest.split_once(&end).with_context(|| format!("no {end}"))?;
    Ok(format!("{before}{begin}\n{}\n{end}{after}", block.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_takes_the_place_of_the_one_before_and_leaves_all_else() {
        let page = "a\n<!-- bench x: begin -->\nold\n<!-- bench x: end -->\nb\n";
        let expected = "a\n<!-- bench x: begin -->\nnew\n<!-- bench x: end -->\nb\n";
        assert_eq!(replaced(page, "x", "new\n").unwrap(), expected);
        assert!(replaced(page, "y", "new").is_err());
    }

    #[test]
    fn the_page_has_a_place_for_each_bench() {
        let page = std::fs::read_to_string(tree::root().join(DOCUMENT)).unwrap();
        for name in ["alerts", "detect 20000", "detect 1000000", "pipeline"] {
            assert!(replaced(&page, name, "").is_ok(), "{name}");
        }
    }
}
