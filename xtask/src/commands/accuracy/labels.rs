//! Reads labels of fixtures from files of clusters.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, bail};
use wirefold_score::{Clusters, Group, Labels};

use super::set::Doc;

/// The cluster of every article. A broken line, and an article without a label, is an error that names it.
pub(super) fn clusters(path: &Path, docs: &[Doc], group: Group) -> anyhow::Result<Clusters> {
    clusters_of(&read(path)?, docs, group).with_context(|| path.display().to_string())
}

/// The cluster of every article that has one. A broken line is an error that names it.
pub(super) fn clusters_in_part(
    path: &Path,
    docs: &[Doc],
    group: Group,
) -> anyhow::Result<Clusters> {
    resolved(&read(path)?, docs, group).with_context(|| path.display().to_string())
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))
}

pub(super) fn clusters_of(text: &str, docs: &[Doc], group: Group) -> anyhow::Result<Clusters> {
    let clusters = resolved(text, docs, group)?;
    let mut labelled = docs.iter().zip(&clusters.of);
    if let Some((doc, _)) = labelled.find(|(_, cluster)| cluster.is_none()) {
        bail!("{} has no {}", doc.id, group.name());
    }
    Ok(clusters)
}

fn resolved(text: &str, docs: &[Doc], group: Group) -> anyhow::Result<Clusters> {
    let numbers: HashMap<&str, usize> =
        docs.iter().enumerate().map(|(at, doc)| (doc.id.as_str(), at)).collect();
    let (labels, problems) = wirefold_score::read(text, group).resolve(&numbers);
    if let Some(problem) = problems.first() {
        bail!("line {}: {}", problem.line, problem.what);
    }
    let Labels::Clusters(clusters) = labels else { bail!("a cluster for each id is wanted") };
    Ok(clusters)
}
