//! The fixture articles of `seeds/` against `seeds/expected.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;
use wirefold_dedup::{Detector, Incoming, Settings, Verdict};

/// A fixture article.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Article {
    pub(crate) id: String,
    outlet: String,
    url: String,
    title: String,
    #[serde(default)]
    author: String,
    published: jiff::Timestamp,
    text: String,
}

#[derive(Debug, Deserialize)]
struct Expected {
    articles: BTreeMap<String, Labels>,
}

#[derive(Debug, Deserialize)]
struct Labels {
    story: String,
    event: String,
}

/// The fixtures with their labels.
pub(crate) struct Seeds {
    pub(crate) articles: Vec<Article>,
    expected: BTreeMap<String, Labels>,
}

/// Pairs of articles, by id, the smaller first.
type Pairs = BTreeSet<(String, String)>;

/// How a run compares with what is expected.
pub(crate) struct Outcome {
    /// Pairs in one story that should not be.
    pub(crate) false_folds: Pairs,
    /// Pairs of one text in two stories.
    pub(crate) missed_folds: Pairs,
    /// Pairs of stories in one event that should not be.
    pub(crate) false_events: Pairs,
    /// Pairs of stories about one happening in two events.
    pub(crate) missed_events: Pairs,
    /// Pairs of stories rightly in one event.
    pub(crate) found_events: Pairs,
}

impl Seeds {
    pub(crate) fn read(root: &Path) -> anyhow::Result<Seeds> {
        let read = |name: &str| {
            std::fs::read_to_string(root.join(name)).with_context(|| format!("read {name}"))
        };
        let articles = read("seeds/articles.jsonl")?
            .lines()
            .map(|line| serde_json::from_str(line).context("seeds/articles.jsonl"))
            .collect::<anyhow::Result<_>>()?;
        let expected: Expected =
            serde_json::from_str(&read("seeds/expected.json")?).context("seeds/expected.json")?;
        Ok(Seeds { articles, expected: expected.articles })
    }

    /// Judges the articles in `order`; gives the settled verdicts by number.
    pub(crate) fn run(&self, order: &[usize]) -> BTreeMap<usize, Verdict> {
        let mut detector = Detector::new(Settings::default());
        let mut time = i64::MIN;
        for number in order {
            let article = &self.articles[*number];
            let published = article.published.as_second();
            time = time.max(published);
            detector.observe(&Incoming {
                items: &[&article.id, &article.url],
                outlet: Some(&article.outlet),
                title: &article.title,
                byline: &article.author,
                text: &article.text,
                time,
                published,
            });
        }
        let settled = |(arrival, number): (u32, &usize)| Some((*number, detector.settled(arrival)?));
        (0_u32..).zip(order).filter_map(settled).collect()
    }

    /// Compares the settled state after `order` with what is expected.
    pub(crate) fn compare(&self, order: &[usize]) -> Outcome {
        let verdicts = self.run(order);
        let mut outcome = Outcome {
            false_folds: Pairs::new(),
            missed_folds: Pairs::new(),
            false_events: Pairs::new(),
            missed_events: Pairs::new(),
            found_events: Pairs::new(),
        };
        for (a, one) in &verdicts {
            for (b, other) in verdicts.range(a + 1..) {
                let pair = (self.articles[*a].id.clone(), self.articles[*b].id.clone());
                let (x, y) = (&self.expected[&pair.0], &self.expected[&pair.1]);
                match (one.story == other.story, x.story == y.story) {
                    (true, false) => drop(outcome.false_folds.insert(pair.clone())),
                    (false, true) => drop(outcome.missed_folds.insert(pair.clone())),
                    _ => {}
                }
                if x.story == y.story {
                    continue;
                }
                let list = match (one.event == other.event, x.event == y.event) {
                    (true, true) => &mut outcome.found_events,
                    (true, false) => &mut outcome.false_events,
                    (false, true) => &mut outcome.missed_events,
                    (false, false) => continue,
                };
                list.insert(pair);
            }
        }
        outcome
    }
}
