//! The differences between two judgements of the same articles.

use std::collections::BTreeSet;

use serde::Serialize;
use wirefold_dedup::{DocId, Evidence, Settings, Verdict};

use crate::fold::Passages;
use crate::input::Input;
use crate::progress::Progress;

/// One judgement of all articles.
pub(super) struct Judged {
    /// The verdict on each article at its arrival.
    verdicts: Vec<Verdict>,
    /// The story of each at the end, by its first article.
    stories: Vec<usize>,
    /// The event of each at the end.
    events: Vec<usize>,
}

/// An article that would be in another story.
#[derive(Debug, Serialize)]
pub(super) struct Change {
    pub(super) what: ChangeKind,
    pub(super) id: String,
    pub(super) title: String,
    /// The current story, by its first article. Absent if the article opens its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<StoryRef>,
    /// The other story. Absent if the article would open its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<StoryRef>,
    /// Its overlap with the member through which it is folded, now or with the other settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) shares: Option<Shares>,
}

/// The kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ChangeKind {
    /// Not folded now, but would be.
    Appears,
    /// Folded now, but would not be.
    Vanishes,
    /// Would be folded into another story.
    Moves,
}

/// A story by its first article.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct StoryRef {
    pub(super) story: String,
    pub(super) title: String,
}

/// The words and shares that an article has in common with another.
#[derive(Debug, Serialize)]
pub(super) struct Shares {
    pub(super) with: String,
    pub(super) contained: f64,
    pub(super) containing: f64,
    pub(super) passages: usize,
    pub(super) longest: u32,
}

/// The sums over all articles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Sums {
    pub(super) articles: usize,
    pub(super) folded: usize,
    pub(super) stories: usize,
    pub(super) events: usize,
}

impl Judged {
    /// Judges all articles in order and shows the progress.
    pub(super) fn with(articles: &[Input], settings: Settings, progress: &Progress) -> Judged {
        let mut passages = Passages::with_final_verdicts(settings);
        let mut verdicts = Vec::with_capacity(articles.len());
        passages.observe_all(articles, |verdict| {
            verdicts.push(verdict);
            progress.one_more();
        });
        let at_end = |number: usize, of: fn(&Verdict) -> u32| {
            let verdict =
                DocId::from_index(number).and_then(|it| passages.detector.final_verdict(it));
            verdict.as_ref().map_or(number, |verdict| of(verdict) as usize)
        };
        let all = || 0..articles.len();
        let stories = all().map(|number| at_end(number, |verdict| verdict.story.0)).collect();
        let events = all().map(|number| at_end(number, |verdict| verdict.event.0)).collect();
        Judged { verdicts, stories, events }
    }

    pub(super) fn sums(&self) -> Sums {
        let distinct = |of: &[usize]| of.iter().collect::<BTreeSet<_>>().len();
        let (articles, stories) = (self.stories.len(), distinct(&self.stories));
        Sums { articles, folded: articles - stories, stories, events: distinct(&self.events) }
    }

    /// The story into which an article is folded. `None` if it opens its own.
    fn folded_into(&self, article: usize) -> Option<usize> {
        Some(self.stories[article]).filter(|story| *story != article)
    }

    /// The strongest match with a member of the article's own story.
    fn evidence(&self, article: usize) -> Option<&Evidence> {
        let story = self.stories[article];
        let is_member = |found: &&Evidence| self.stories[found.doc.index()] == story;
        self.verdicts[article].matches.iter().find(is_member)
    }
}

/// The articles that would be folded otherwise: first those that appear, then those that vanish, then those
/// that move, each in order of arrival.
pub(super) fn changes(articles: &[Input], now: &Judged, then: &Judged) -> Vec<Change> {
    let named = |story: usize| StoryRef {
        story: articles[story].id.clone(),
        title: articles[story].title.clone(),
    };
    let change = |article: usize| {
        let (from, to) = (now.folded_into(article), then.folded_into(article));
        let (what, by) = match (from, to) {
            (None, Some(_)) => (ChangeKind::Appears, then),
            (Some(_), None) => (ChangeKind::Vanishes, now),
            (Some(one), Some(other)) if one != other => (ChangeKind::Moves, then),
            _ => return None,
        };
        let shares = by.evidence(article).map(|found| Shares {
            with: articles[found.doc.index()].id.clone(),
            contained: found.contained,
            containing: found.containing,
            passages: found.passages,
            longest: found.longest,
        });
        let (id, title) = (articles[article].id.clone(), articles[article].title.clone());
        Some(Change { what, id, title, from: from.map(named), to: to.map(named), shares })
    };
    let mut changes: Vec<Change> = (0..articles.len()).filter_map(change).collect();
    changes.sort_by_key(|found| found.what);
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn article(id: &str, text: &str) -> Input {
        Input { id: id.to_owned(), text: text.to_owned(), ..Input::default() }
    }

    fn generate_words(from: usize, count: usize) -> String {
        (from..from + count).map(|n| format!("word{} ", n * 7919 % 10_007)).collect()
    }

    #[test]
    fn folds_that_appear_and_vanish_are_reported_with_their_numbers() {
        // Half of the second text is in the first.
        let articles = [
            article("a", &generate_words(0, 200)),
            article("b", &(generate_words(0, 100) + &generate_words(900, 100))),
        ];
        let lax = Settings::default();
        let strict =
            Settings { reprint_contained: 0.9, partial_contained: 0.9, ..Settings::default() };
        let (lax, strict) = (
            Judged::with(&articles, lax, &Progress::hidden()),
            Judged::with(&articles, strict, &Progress::hidden()),
        );
        let found = changes(&articles, &lax, &strict);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].what, found[0].id.as_str()), (ChangeKind::Vanishes, "b"));
        assert_eq!(found[0].from.as_ref().map(|named| named.story.as_str()), Some("a"));
        assert!(found[0].to.is_none());
        let shares = found[0].shares.as_ref().expect("they were compared");
        assert!((0.4..0.6).contains(&shares.contained), "{shares:?}");
        assert_eq!(changes(&articles, &strict, &lax)[0].what, ChangeKind::Appears);
        assert!(changes(&articles, &lax, &lax).is_empty());
        assert_eq!((lax.sums().folded, strict.sums().folded), (1, 0));
    }
}
