//! The names of keys in the previous release. All layers may still use them. They are read under their new
//! names, with a warning each.

use super::origin::Origin;
use super::problem::Problem;
use super::tree::{Node, Value};

/// All old keys with their new ones. `*` is the index in a list.
pub(super) const RENAMED: [(&str, &str); 18] = [
    ("text", "text_policy"),
    ("keep.output", "retention.output"),
    ("keep.alerts", "retention.alerts"),
    ("keep.bytes", "retention.max_bytes"),
    // The rest of the table, so that mistakes in it are reported under the new name.
    ("keep", "retention"),
    ("bus.certificates", "bus.ca_file"),
    ("detector.passage_words", "detector.min_passage_words"),
    ("detector.short_words", "detector.short_text_words"),
    ("detector.boilerplate_carriers", "detector.boilerplate_min_articles"),
    ("detector.event_likeness", "detector.event_similarity"),
    ("detector.event_quiet", "detector.event_max_gap"),
    ("detector.event_span", "detector.event_max_span"),
    ("detector.texts", "detector.text_store"),
    ("feed.*.article", "feed.*.article_selector"),
    ("feed.*.remove", "feed.*.remove_selectors"),
    ("opml.*.every", "opml.*.interval"),
    ("access.*.plain", "access.*.compatibility_mode"),
    ("nats.*.certificates", "nats.*.ca_file"),
];

/// The old names that were found in one layer.
#[derive(Debug, Default)]
pub(super) struct Renaming {
    /// A warning for each old key.
    pub(super) warnings: Vec<Problem>,
    /// Settings that are set under both names.
    pub(super) conflicts: Vec<Problem>,
}

/// Moves settings with old names to the new ones.
pub(super) fn rename(layer: &mut Node) -> Renaming {
    let mut found = Renaming::default();
    for (old, new) in RENAMED {
        match (old.split_once(".*."), new.split_once(".*.")) {
            (Some((list, old)), Some((_, new))) => {
                let elements = layer.entry_mut(list).map(|node| &mut node.value);
                let Some(Value::List(elements)) = elements else { continue };
                let header = format!("[[{list}]] ");
                for element in elements {
                    found.rename_in(element, old, new, &header);
                }
            }
            _ => found.rename_in(layer, old, new, ""),
        }
    }
    found
}

impl Renaming {
    /// Moves one setting within a table. `header` names the list if the table is an element of one.
    fn rename_in(&mut self, table: &mut Node, old: &str, new: &str, header: &str) {
        let path = |key: &str| key.split('.').map(str::to_owned).collect::<Vec<_>>();
        let (old_path, new_path) = (path(old), path(new));
        let Some(taken) = table.remove(&old_path) else { return };
        let is_emptied = matches!(&taken.value, Value::Table(entries) if entries.is_empty());
        if is_emptied && self.has_warned_within(old) {
            return;
        }
        let at = taken.named.clone();
        match table.at_path_mut(&new_path) {
            None => table.put(&new_path, taken),
            Some(there) if there.is_table() && taken.is_table() => there.overlay(taken),
            Some(there) => {
                let also = there.named.clone();
                self.conflicts.push(conflict(&at, &also, &format!("{header}{old}"), new));
                return;
            }
        }
        let what = format!(
            "`{header}{old}` is now called `{new}`; the old name works in this release only"
        );
        self.warnings.push(Problem::new(at, what));
    }

    fn has_warned_within(&self, table: &str) -> bool {
        let start = format!("`{table}.");
        self.warnings.iter().chain(&self.conflicts).any(|it| it.what.starts_with(&start))
    }
}

fn conflict(at: &Origin, also: &Origin, old: &str, new: &str) -> Problem {
    let what =
        format!("`{old}` is the old name of `{new}`, which is set at {also} too; remove `{old}`");
    Problem::new(at.clone(), what)
}

/// Adds the old name to mistakes in settings that were written under it.
pub(super) fn name_old_keys(mut problems: Vec<Problem>, warnings: &[Problem]) -> Vec<Problem> {
    let line = |origin: &Origin| origin.to_string();
    for problem in &mut problems {
        let renamed = warnings.iter().find(|warning| line(&warning.at) == line(&problem.at));
        if let Some(renamed) = renamed {
            let note = renamed.what.split(';').next().unwrap_or_default();
            problem.what = format!("{} ({note})", problem.what);
        }
    }
    problems
}
