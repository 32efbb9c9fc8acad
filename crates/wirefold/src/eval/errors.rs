//! The worst errors, each with its evidence.

use serde::Serialize;
use wirefold_dedup::{Rule, Verdict};
use wirefold_score::{Labels, Pair};

use super::By;
use super::Judged;
use crate::compare::Article;
use crate::compare::{Comparison, describe_evidence};
use crate::input::Input;
use crate::output::percent;

/// The number of wrong pairs of a kind from which the worst are chosen. Each is compared again.
const MOST_EXAMINED: usize = 2_000;

/// The worst errors of both kinds.
#[derive(Debug, Serialize)]
pub(super) struct WorstErrors {
    /// Pairs that are in one story, or event, and should not be. The least similar come first.
    pub(super) false_folds: Vec<PairError>,
    /// Pairs that are not in one and should be. The most similar come first.
    pub(super) missed: Vec<PairError>,
}

/// A wrong pair with its evidence, the article that arrived first before the other.
#[derive(Debug, Serialize)]
pub(super) struct PairError {
    pub(super) earlier: ArticleSummary,
    pub(super) later: ArticleSummary,
    /// The kind that the labels give.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) kind: String,
    /// The class of the error: the rule that put the two together, or kept them apart, when the later one
    /// arrived. Only for stories.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) class: Option<&'static str>,
    #[serde(skip)]
    pub(super) class_in_words: &'static str,
    /// The comparison of the two texts alone.
    pub(super) alone: TextComparison,
    /// The verdict on the later one at its arrival, in words.
    pub(super) among_all: String,
}

/// One article of a pair.
#[derive(Debug, Serialize)]
pub(super) struct ArticleSummary {
    pub(super) id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) outlet: Option<String>,
    pub(super) words: usize,
}

/// The comparison of two texts alone: their shared parts, and why they are not one story.
#[derive(Debug, Serialize)]
pub(super) struct TextComparison {
    pub(super) one_story: bool,
    /// The rule that keeps them apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<&'static str>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) reason_in_words: String,
    /// The share of the later one that is in the earlier one, 0 to 1.
    pub(super) contained: f64,
    /// The share of the earlier one that is in the later one, 0 to 1.
    pub(super) containing: f64,
    pub(super) shared_words: u32,
    pub(super) passages: usize,
    pub(super) longest: u32,
    pub(super) shared_quotations: usize,
    /// The evidence for one happening. Only for events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) happening: Option<Happening>,
}

/// The evidence that two texts report one happening.
#[derive(Debug, Serialize)]
pub(super) struct Happening {
    #[serde(rename = "likeness")]
    pub(super) similarity: f64,
    pub(super) needed: f64,
    /// The share of each title that is in the other text, on average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<f64>,
    pub(super) lede: f64,
    pub(super) terms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) names: Option<f64>,
    pub(super) quotations: usize,
    pub(super) hours_apart: f64,
    #[serde(skip)]
    pub(super) in_words: String,
}

impl WorstErrors {
    /// Finds at most `most` errors of each kind.
    pub(super) fn find(labels: &Labels, judged: &Judged<'_>, most: usize) -> WorstErrors {
        let look = if most == 0 { 0 } else { MOST_EXAMINED };
        let wrong = labels.false_folds(judged.scored_groups(), look);
        let false_folds = wrong.into_iter().map(|pair| judged.wrong(pair, String::new()));
        let mut false_folds: Vec<PairError> = false_folds.flatten().collect();
        false_folds.sort_by(|a, b| a.alone.order_key().total_cmp(&b.alone.order_key()));
        false_folds.truncate(most);
        let missed = labels.missed(judged.scored_groups(), look);
        let missed = missed.into_iter().filter_map(|(pair, kind)| judged.wrong(pair, kind));
        let mut missed: Vec<PairError> = missed.collect();
        missed.sort_by(|a, b| b.alone.order_key().total_cmp(&a.alone.order_key()));
        missed.truncate(most);
        WorstErrors { false_folds, missed }
    }
}

impl TextComparison {
    /// The key by which the worst are chosen: the contained share, or for events the similarity.
    fn order_key(&self) -> f64 {
        match &self.happening {
            Some(happening) => happening.similarity,
            None => self.contained.max(self.containing),
        }
    }
}

impl Judged<'_> {
    fn wrong(&self, pair: Pair, kind: String) -> Option<PairError> {
        let (first, second) = self.in_order(pair);
        let (earlier, later) = (&self.articles[first], &self.articles[second]);
        let article = |input: &Input| Article::new(input.id.clone(), input.clone());
        let (first_article, second_article) = (article(earlier), article(later));
        let comparison = Comparison::new(first_article, second_article, &self.settings, false)?;
        let about = |input: &Input, words| ArticleSummary {
            id: input.id.clone(),
            title: input.title.clone(),
            outlet: input.outlet.clone(),
            words,
        };
        let [words_before, words_after] = [&comparison.texts.earlier, &comparison.texts.later]
            .map(|analysed| analysed.text.words().len());
        let class = self.class((first, second));
        Some(PairError {
            earlier: about(earlier, words_before),
            later: about(later, words_after),
            kind,
            class: class.map(Rule::name),
            class_in_words: class.map_or("", Rule::words),
            alone: self.alone(&comparison),
            among_all: self.among_all(first, second),
        })
    }

    fn alone(&self, comparison: &Comparison) -> TextComparison {
        let overlap = &comparison.texts.overlap;
        let is_one_story = comparison.is_one_story();
        let reason = (!is_one_story).then(|| comparison.rule().name());
        let reason_in_words = (!is_one_story).then(|| comparison.texts.words());
        let happening = (self.by == By::Event).then(|| self.happening(comparison));
        TextComparison {
            one_story: is_one_story,
            reason,
            reason_in_words: reason_in_words.unwrap_or_default(),
            contained: overlap.contained,
            containing: overlap.containing,
            shared_words: overlap.shared_words,
            passages: overlap.passages.len(),
            longest: overlap.longest,
            shared_quotations: overlap.shared_quotations.len(),
            happening,
        }
    }

    fn happening(&self, comparison: &Comparison) -> Happening {
        let (link, apart) = (comparison.link(), comparison.seconds_apart());
        Happening {
            similarity: link.similarity,
            needed: self.settings.event_similarity,
            title: link.title,
            lede: link.lede,
            terms: link.cosine,
            names: link.names,
            quotations: link.quotations,
            hours_apart: apart as f64 / 3600.0,
            in_words: describe_evidence(&link, apart),
        }
    }

    /// The verdict on the later article at its arrival, and the share that it had in common with the earlier
    /// one then, without the boilerplate of its outlet.
    fn among_all(&self, earlier: usize, later: usize) -> String {
        let verdict = self.verdict(later);
        let arrival = self.arrival(earlier);
        let compared = match verdict.matches.iter().find(|found| found.doc == arrival) {
            Some(found) => format!(
                "{} of it was in {}, {} the other way",
                percent(found.contained),
                self.articles[earlier].id,
                percent(found.containing),
            ),
            None => format!("it was not compared with {}", self.articles[earlier].id),
        };
        format!("when {} came, {compared}; {}", self.articles[later].id, self.became(verdict))
    }

    /// The story or event that an article joined at its arrival, with the evidence.
    fn became(&self, verdict: &Verdict) -> String {
        let story = verdict.story.0 as usize;
        if self.by == By::Event {
            let event = self.id(verdict.event.0 as usize);
            return match verdict.links.first() {
                Some(link) => format!(
                    "it joined the event of {event} by {}, similarity {:.2}",
                    self.id(link.story.0 as usize),
                    link.similarity
                ),
                None if verdict.story.first_article() == verdict.doc => {
                    "it opened an event".to_owned()
                }
                None => format!("it joined the story of {}", self.id(story)),
            };
        }
        if verdict.story.first_article() == verdict.doc {
            return "it opened a story".to_owned();
        }
        let through = verdict.matches.first().map_or("", |found| self.id(found.doc.index()));
        format!("it joined the story of {}, most alike {through}", self.id(story))
    }
}
