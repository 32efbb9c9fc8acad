//! The examiner: reads the streams and the record of the receiver, not the counters of wirefold.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use wirefold_flow::{Bus, BusError, Stored, SystemClock};
use wirefold_proto::streams::OUTPUT;
use wirefold_proto::{OutputArticle, decode};

use crate::commands::attack::receiver::Receiver;

/// Messages read at once.
const AT_ONCE: usize = 256;

/// What the output says of the articles that were pushed, by the ids that they were pushed under.
#[derive(Debug, Default)]
pub(super) struct Output {
    articles: BTreeMap<String, Verdict>,
    /// Pushed once, and there under more than one id.
    doubled: BTreeSet<String>,
    /// When each was seen, in seconds.
    seen: BTreeMap<String, i64>,
}

#[derive(Debug, PartialEq, Eq)]
struct Verdict {
    message: String,
    class: String,
    story: String,
    event: String,
}

/// The same articles where nothing breaks.
pub(super) struct Control {
    pub(super) output: Output,
    /// The alerts that came.
    pub(super) alerts: BTreeSet<String>,
}

/// What differs from what should be.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    /// Acknowledged, and not in the output.
    pub(super) lost: Vec<String>,
    /// Articles in the output under more than one id, and revisions of alerts that came under more than one.
    pub(super) doubled: usize,
    /// In another class, story or event than where nothing broke.
    pub(super) wrong: usize,
    /// Alerts of which nothing came.
    pub(super) untold: Vec<String>,
}

impl Output {
    /// Reads that of a data folder on which nothing runs.
    pub(super) fn of(data: &Path) -> anyhow::Result<Output> {
        let bus = wirefold_flow_sqlite::open(data, Arc::new(SystemClock))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(Output::read(&*bus))
    }

    /// Reads that of a bus.
    pub(super) async fn read(bus: &dyn Bus) -> anyhow::Result<Output> {
        let mut output = Output::default();
        let first = match bus.stream_state(OUTPUT.name).await {
            Ok(state) => state.first.max(1),
            Err(BusError::NoStream(_)) => return Ok(output),
            Err(error) => return Err(error.into()),
        };
        let mut reader = bus.read(OUTPUT.name, ">", first).await?;
        loop {
            let messages = reader.ready(AT_ONCE).await?;
            if messages.is_empty() {
                return Ok(output);
            }
            messages.iter().for_each(|stored| output.note(stored));
        }
    }

    fn note(&mut self, stored: &Stored) {
        let Ok(article) = decode::<OutputArticle>(&stored.body) else { return };
        let item = article.article.item_key;
        self.seen.insert(item.clone(), article.article.seen.as_second());
        let verdict = Verdict {
            message: stored.id.clone(),
            class: article.verdict.class.as_str().to_owned(),
            story: article.verdict.story.to_string(),
            event: article.verdict.event.to_string(),
        };
        let known = self.articles.get(&item).map(|known| known.message != verdict.message);
        match known {
            None => drop(self.articles.insert(item, verdict)),
            Some(true) => drop(self.doubled.insert(item)),
            Some(false) => {}
        }
    }

    /// The id of the article that was pushed under this one.
    pub(super) fn id_of(&self, item: &str) -> Option<&str> {
        self.articles.get(item).map(|verdict| verdict.message.as_str())
    }

    /// How many articles were seen before so many seconds were over at once.
    pub(super) fn seen_before_a_gap_of(&self, seconds: i64) -> usize {
        let first = self.seen.values().min().copied().unwrap_or_default();
        self.seen.values().filter(|seen| **seen < first + seconds / 2).count()
    }

    /// Compares with what was acknowledged, and with where nothing broke.
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
