//! Examines the streams and the record of the receiver, not the counters of wirefold.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context as _;
use wirefold_flow::Bus;
use wirefold_proto::OutputArticle;

use super::receiver::Receiver;
use crate::examiner;
use crate::running::command;

/// The output about the pushed articles, by the ids under which they were pushed.
#[derive(Debug, Default)]
pub(super) struct Output {
    articles: BTreeMap<String, Verdict>,
    /// Articles that were pushed once but are more than once in the output.
    doubled: BTreeSet<String>,
    /// When each was seen, in seconds.
    seen: BTreeMap<String, i64>,
}

#[derive(Debug, PartialEq, Eq)]
struct Verdict {
    id: String,
    class: String,
    story: String,
    event: String,
}

/// The results for the same articles without a fault.
pub(super) struct Control {
    pub(super) output: Output,
    /// The alerts that arrived.
    pub(super) alerts: BTreeSet<String>,
}

/// The differences from the expected results.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    /// Acknowledged articles that are not in the output.
    pub(super) lost: Vec<String>,
    /// The number of articles that are more than once in the output, and of revisions that arrived under more
    /// than one id.
    pub(super) doubled: usize,
    /// The number of articles in another class, story or event than without a fault.
    pub(super) wrong: usize,
    /// Alerts of which no revision arrived.
    pub(super) untold: Vec<String>,
}

impl Output {
    /// Reads the output of a data folder that no process uses.
    pub(super) fn of(data: &Path) -> anyhow::Result<Output> {
        let mut output = Output::default();
        examiner::read_folder(data, |article| output.note(article))?;
        Ok(output)
    }

    /// Reads the output of a bus.
    pub(super) async fn read(bus: &dyn Bus) -> anyhow::Result<Output> {
        let mut output = Output::default();
        examiner::read_output(bus, |article| output.note(article)).await?;
        Ok(output)
    }

    fn note(&mut self, article: OutputArticle) {
        let item = article.article.item_key;
        self.seen.insert(item.clone(), article.article.seen.as_second());
        let verdict = Verdict {
            id: article.id.to_string(),
            class: article.verdict.class.as_str().to_owned(),
            story: article.verdict.story.to_string(),
            event: article.verdict.event.to_string(),
        };
        match self.articles.contains_key(&item) {
            false => drop(self.articles.insert(item, verdict)),
            true => drop(self.doubled.insert(item)),
        }
    }

    /// The id of the article that was pushed under this id.
    pub(super) fn id_of(&self, item: &str) -> Option<&str> {
        self.articles.get(item).map(|verdict| verdict.id.as_str())
    }

    /// The number of articles that were seen before a jump of this many seconds.
    pub(super) fn seen_before_a_gap_of(&self, seconds: i64) -> usize {
        let first = self.seen.values().min().copied().unwrap_or_default();
        self.seen.values().filter(|seen| **seen < first + seconds / 2).count()
    }

    /// Compares the output with the acknowledged articles and with the run without a fault.
    pub(super) fn differs(
        &self,
        acknowledged: &[String],
        receiver: &Receiver,
        control: &Control,
    ) -> Difference {
        let lost = acknowledged.iter().filter(|item| !self.articles.contains_key(*item));
        let is_wrong = |(item, verdict): &(&String, &Verdict)| {
            control.output.articles.get(*item).is_some_and(|other| other != *verdict)
        };
        Difference {
            lost: lost.cloned().collect(),
            doubled: self.doubled.len() + receiver.doubled(),
            wrong: self.articles.iter().filter(is_wrong).count(),
            untold: control.alerts.difference(&receiver.alerts()).cloned().collect(),
        }
    }
}

/// Whether `check --deep` reports a problem.
pub(super) fn verify_complains(program: &Path, home: &Path) -> anyhow::Result<bool> {
    let verify = command(program, home).args(["check", "--deep", "--quiet"]).output();
    Ok(!verify.context("verify does not start")?.status.success())
}

/// Whether a refusal to start names the unreadable file.
pub(super) fn names_the_file(words: &str) -> bool {
    words.contains("bus.sqlite") || words.contains("gateway.db")
}

/// Whether a log reports a problem.
pub(super) fn complains(log: &str) -> bool {
    const REPORTS: [&str; 9] = [
        // As the release before says it.
        "before their time",
        "went back in time",
        "is passed over",
        "skipping a snapshot",
        "put aside",
        "set the projection aside",
        "damaged",
        "left a stream too early",
        "to the dead letters",
    ];
    REPORTS.iter().any(|it| log.contains(it))
}
