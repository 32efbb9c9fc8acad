//! The generated blocks of a page.

use anyhow::Context;

use super::goals;
use super::marks::{PERFORMANCE, replaced};
use crate::tree;

/// Writes a block between the marks of a bench, in place of the previous one. The table of goals follows.
pub(super) fn put(page: &str, name: &str, block: &str) -> anyhow::Result<()> {
    let path = tree::root().join(page);
    let text = std::fs::read_to_string(&path)?;
    let mut text = replaced(&text, name, block).with_context(|| page.to_owned())?;
    if page == PERFORMANCE {
        text = goals::with_goals(&text)?;
    }
    Ok(std::fs::write(&path, text)?)
}
