//! How often the number of origins, which is an upper bound, is below the number of separately written texts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use wirefold_score::{Group, Labels};

use super::Judged;

/// The labelled events, and those of them whose number of origins is too small.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Origins {
    events: usize,
    below: usize,
}

impl Origins {
    /// Counts the events of labels that name stories, too. Texts that are too short to be compared are not counted.
    pub(super) fn count(
        labels: &str,
        numbers: &HashMap<&str, usize>,
        events: &Labels,
        judged: &Judged<'_>,
    ) -> Option<Self> {
        if !labels.lines().next().is_some_and(|head| head.contains("story")) {
            return None;
        }
        let (stories, _) = wirefold_score::read(labels, Group::Story).resolve(numbers);
        let (Labels::Clusters(stories), Labels::Clusters(events)) = (&stories, events) else {
            return None;
        };
        let mut texts: BTreeMap<usize, [BTreeSet<usize>; 2]> = BTreeMap::new();
        let compared = (0..judged.articles.len()).filter(|it| judged.verdicts[*it].comparable);
        for article in compared {
            if let (Some(event), Some(story)) = (events.of[article], stories.of[article]) {
                let [written, found] = texts.entry(event).or_default();
                written.insert(story);
                found.insert(judged.stories[article]);
            }
        }
        let below = texts.values().filter(|[written, found]| found.len() < written.len()).count();
        Some(Self { events: texts.len(), below })
    }

    /// `origins: below the separately written texts in 0 of 55 events`.
    pub(super) fn describe(&self) -> String {
        let Self { events, below } = self;
        format!("origins: below the separately written texts in {below} of {events} events")
    }
}
