//! The headline of an alert: that of the lead of a story, never just that of the last article.
//!
//! Comes in: the life of an alert. Goes out: a headline with its reason. It never writes one itself.

use std::cmp::Reverse;

use wirefold_proto::{ArticleId, Headline, StoryId};

use super::life::{Life, News, Shown};
use super::piece::Piece;
use super::reasons::is_material;

/// The story of an article, as it was when that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InStory {
    story: StoryId,
    lead: ArticleId,
    outlets: u32,
}

impl InStory {
    pub(super) fn of(piece: &Piece) -> Self {
        let (verdict, state) = (&piece.output.verdict, &piece.output.story_state);
        Self { story: verdict.story, lead: verdict.lead, outlets: state.outlets }
    }
}

/// The headline of the next revision. The first takes that of the story that most outlets carry, of those
/// that tell most of what is asked for; one that notifies of something material, that of the text which
/// brought it; each other one stays as it is.
pub(super) fn next(life: &Life, is_loud: bool, told: &[StoryId]) -> Headline {
    let shown = life.shown.as_ref().map(|shown| &shown.headline);
    let of_lead = match shown {
        None => leading(&life.news, |_| true),
        // Until now texts only mentioned it: the first that tells of it is what the alert is about.
        Some(_) if is_loud && life.in_passing => leading(&life.news, |_| true),
        Some(_) if is_loud => {
            leading(&life.news, |news| brings_material(news) || says_one_of(news, told))
        }
        Some(_) => None,
    };
    let first = || life.news.first().map(|news| &news.headline);
    of_lead.or(shown).or_else(first).cloned().unwrap_or_else(|| Shown::nothing().headline)
}

/// The headline of the story that most outlets carry, of the news that tell most and are of this sort.
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

/// Whether its text says a figure that is told now.
fn says_one_of(news: &News, told: &[StoryId]) -> bool {
    news.in_story.is_some_and(|it| told.contains(&it.story))
}

fn brings_material(news: &News) -> bool {
    news.reasons.iter().any(|reason| is_material(reason.kind))
}
