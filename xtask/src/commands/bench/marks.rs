//! The marks around the generated blocks of a page.

use anyhow::Context;

/// The page of most benches.
pub(super) const PERFORMANCE: &str = "docs/performance.md";

/// The marks at the beginning and the end of the block of a bench.
fn marks(name: &str) -> [String; 2] {
    ["begin", "end"].map(|what| format!("<!-- bench {name}: {what} -->"))
}

/// The block between the marks of a bench; empty if the page does not have them.
pub(super) fn block<'a>(page: &'a str, name: &str) -> &'a str {
    let [begin, end] = marks(name);
    let rest = page.split_once(&begin).map_or("", |(_, rest)| rest);
    rest.split_once(&end).map_or("", |(block, _)| block)
}

/// The page with a block between the marks of a bench.
pub(super) fn replaced(text: &str, name: &str, block: &str) -> anyhow::Result<String> {
    let [begin, end] = marks(name);
    let (before, rest) = text.split_once(&begin).with_context(|| format!("no {begin}"))?;
    let (_, after) = rest.split_once(&end).with_context(|| format!("no {end}"))?;
    Ok(format!("{before}{begin}\n{}\n{end}{after}", block.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree;

    #[test]
    fn a_block_takes_the_place_of_the_one_before_and_leaves_all_else() {
        let page = "a\n<!-- bench x: begin -->\nold\n<!-- bench x: end -->\nb\n";
        let expected = "a\n<!-- bench x: begin -->\nnew\n<!-- bench x: end -->\nb\n";
        assert_eq!(replaced(page, "x", "new\n").unwrap(), expected);
        assert!(replaced(page, "y", "new").is_err());
    }

    #[test]
    fn the_page_has_a_place_for_each_bench() {
        let page = std::fs::read_to_string(tree::root().join(PERFORMANCE)).unwrap();
        for name in [
            "alerts",
            "cores",
            "detect instructions",
            "enrich",
            "fetch",
            "goals",
            "hostile",
            "pipeline",
            "restart",
            "small",
        ] {
            assert!(replaced(&page, name, "").is_ok(), "{name}");
        }
    }
}
