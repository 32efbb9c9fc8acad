//! The headline of an alert: the headline of a story's lead, not simply of the last article.
//!
//! Comes in: the life of an alert. Goes out: a headline with its reason. It never writes one itself.

use std::cmp::Reverse;

use wirefold_proto::{Headline, StoryId};

use super::life::{Life, News, Shown};
use super::reasons::is_material;

/// The headline of the next revision. The first revision has the headline of the story with the most outlets,
/// among those that match best. A revision that notifies of something material has the headline of the text
/// that brought it. Any other revision keeps the headline.
pub(super) fn next(life: &Life, is_loud: bool, told: &[StoryId]) -> Headline {
    let shown = life.shown.as_ref().map(|shown| &shown.headline);
    let of_lead = match shown {
        None => leading(&life.news, |_| true),
        // So far there were only mentions in passing: the first text about the subject gives the headline.
        Some(_) if is_loud && life.in_passing => leading(&life.news, |_| true),
        Some(_) if is_loud => {
            leading(&life.news, |news| brings_material(news) || says_one_of(news, told))
        }
        Some(_) => None,
    };
    let first = || life.news.first().map(|news| &news.headline);
    of_lead.or(shown).or_else(first).cloned().unwrap_or_else(|| Shown::nothing().headline)
}

/// The headline of the story with the most outlets, among the matching news that match best.
fn leading(all: &[News], is_meant: impl Fn(&News) -> bool) -> Option<&Headline> {
    let meant = || all.iter().filter(|news| news.silent.is_none() && is_meant(news));
    let most = meant().map(|news| news.mention).max()?;
    let told = || meant().filter(|news| news.mention == most);
    let stories = told().filter_map(|news| news.in_story).enumerate();
    let (_, widest) = stories.max_by_key(|(at, story)| (story.outlets, Reverse(*at)))?;
    let is_lead = |news: &&News| news.articles.first().is_some_and(|it| it.id == widest.lead);
    let is_of_it = |news: &&News| news.in_story.is_some_and(|it| it.story == widest.story);
    all.iter().find(is_lead).or_else(|| told().find(is_of_it)).map(|news| &news.headline)
}

/// Whether the text gives a figure that is reported now.
fn says_one_of(news: &News, told: &[StoryId]) -> bool {
    news.in_story.is_some_and(|it| told.contains(&it.story))
}

fn brings_material(news: &News) -> bool {
    news.reasons.iter().any(|reason| is_material(reason.kind))
}
