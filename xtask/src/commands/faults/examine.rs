//! The examiner: reads the streams of a folder on which nothing runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use wirefold_flow::{Stored, SystemClock};
use wirefold_proto::streams::OUTPUT;
use wirefold_proto::{OutputArticle, decode};

/// Messages read at once.
const AT_ONCE: usize = 256;

/// What the output says of the articles that were pushed, by the ids that they were pushed under.
#[derive(Debug, Default)]
pub(super) struct Output {
    articles: BTreeMap<String, Verdict>,
    /// Pushed once, and there under more than one id.
    doubled: BTreeSet<String>,
}

#[derive(Debug, PartialEq, Eq)]
struct Verdict {
    message: String,
    class: String,
    story: String,
    event: String,
}

/// What differs from what should be.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    /// Acknowledged, and not in the output.
    pub(super) lost: Vec<String>,
    /// In the output under more than one id.
    pub(super) doubled: usize,
    /// In another class, story or event than where nothing broke.
    pub(super) wrong: usize,
}

impl Output {
    /// Reads that of a data folder.
    pub(super) fn of(data: &Path) -> anyhow::Result<Output> {
        let bus = wirefold_flow_sqlite::open(data, Arc::new(SystemClock))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut output = Output::default();
        runtime.block_on(async {
            let mut reader = bus.read(OUTPUT.name, ">", 1).await?;
            loop {
                let messages = reader.ready(AT_ONCE).await?;
                if messages.is_empty() {
                    return anyhow::Ok(());
                }
                messages.iter().for_each(|stored| output.note(stored));
            }
        })?;
        Ok(output)
    }

    fn note(&mut self, stored: &Stored) {
        let Ok(article) = decode::<OutputArticle>(&stored.body) else { return };
        let item = article.article.item_key;
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

    /// Compares with what was acknowledged, and with where nothing broke.
    pub(super) fn differs(&self, acknowledged: &[String], control: &Output) -> Difference {
        let lost = acknowledged.iter().filter(|item| !self.articles.contains_key(*item));
        let is_wrong = |(item, verdict): &(&String, &Verdict)| {
            control.articles.get(*item).is_some_and(|other| other != *verdict)
        };
        Difference {
            lost: lost.cloned().collect(),
            doubled: self.doubled.len(),
            wrong: self.articles.iter().filter(is_wrong).count(),
        }
    }
}
