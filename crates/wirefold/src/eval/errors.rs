//! The worst errors, each with its evidence.

use serde::Serialize;
use wirefold_fold::{Explanation, Grounds, Verdict, judge_alone};
use wirefold_score::{Labels, Pair};

use super::{By, Judged, in_order};
use crate::compare::with_described;
use crate::input::Input;
use crate::output::percent;

/// The number of wrong pairs of a kind from which the worst are chosen. Each is compared again.
const MOST_EXAMINED: usize = 2_000;

/// The worst errors of both kinds.
#[derive(Debug, Serialize)]
pub(super) struct WorstErrors {
    /// Pairs that are in one story, or event, and should not be. The least likely come first.
    pub(super) false_folds: Vec<PairError>,
    /// Pairs that are not in one and should be. The likeliest come first.
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
    /// The class of the error: the grounds on which the two are together, or apart, when the later one arrived.
    /// Only for stories.
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

/// The comparison of two texts alone, as one text or, for events, as reports of one happening.
#[derive(Debug, Serialize)]
pub(super) struct TextComparison {
    /// Whether they are together.
    pub(super) together: bool,
    /// The grounds, and the sum of the evidence.
    pub(super) in_words: String,
    /// The probability that both are one text, 0 to 1; none for events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) probability: Option<f64>,
    /// For events: how similar both are as reports of one happening, 0 to 1, more with a quotation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) similarity: Option<f64>,
    /// The share of the later one that is in the earlier one, 0 to 1.
    pub(super) contained: f64,
    /// The share of the earlier one that is in the later one, 0 to 1.
    pub(super) containing: f64,
    pub(super) shared_words: f64,
}

impl WorstErrors {
    /// Finds at most `most` errors of each kind.
    pub(super) fn find(labels: &Labels, judged: &Judged<'_>, most: usize) -> WorstErrors {
        let look = if most == 0 { 0 } else { MOST_EXAMINED };
        let order = |a: &PairError, b: &PairError| a.alone.order(&b.alone);
        let wrong = labels.false_folds(judged.scored_groups(), look);
        let false_folds = wrong.into_iter().map(|pair| judged.wrong(pair, String::new()));
        let mut false_folds: Vec<PairError> = false_folds.flatten().collect();
        false_folds.sort_by(order);
        false_folds.truncate(most);
        let missed = labels.missed(judged.scored_groups(), look);
        let missed = missed.into_iter().filter_map(|(pair, kind)| judged.wrong(pair, kind));
        let mut missed: Vec<PairError> = missed.collect();
        missed.sort_by(|a, b| order(b, a));
        missed.truncate(most);
        WorstErrors { false_folds, missed }
    }
}

impl TextComparison {
    fn new(alone: &Explanation, by: By) -> TextComparison {
        let evidence = &alone.evidence;
        let happening = alone.happening.filter(|_| by == By::Event);
        TextComparison {
            together: if by == By::Event { alone.is_one_event() } else { alone.is_one_story() },
            in_words: match by {
                By::Story => alone.words(),
                By::Event => alone.happening_words().unwrap_or_else(|| alone.words()),
            },
            probability: (by == By::Story).then_some(alone.probability),
            similarity: happening.map(|it| it.similarity()),
            contained: evidence.contained,
            containing: evidence.containing,
            shared_words: evidence.shared,
        }
    }

    /// The order by which the worst are chosen: by probability or similarity, and of equals by the larger share.
    fn order(&self, other: &TextComparison) -> std::cmp::Ordering {
        let larger = |of: &TextComparison| of.contained.max(of.containing);
        let measure = |of: &TextComparison| of.probability.or(of.similarity).unwrap_or_default();
        measure(self).total_cmp(&measure(other)).then(larger(self).total_cmp(&larger(other)))
    }
}

impl Judged<'_> {
    fn wrong(&self, pair: Pair, kind: String) -> Option<PairError> {
        let (first, second) = in_order(pair);
        let (earlier, later) = (&self.articles[first], &self.articles[second]);
        let alone = with_described(earlier, later, judge_alone)?;
        let about = |input: &Input| ArticleSummary {
            id: input.id.clone(),
            title: input.title.clone(),
            outlet: input.outlet.clone(),
            words: wirefold_text::Text::new(&input.text).words().len(),
        };
        let class = self.class((first, second));
        Some(PairError {
            earlier: about(earlier),
            later: about(later),
            kind,
            class: class.map(Grounds::name),
            class_in_words: class.map_or("", Grounds::words),
            alone: TextComparison::new(&alone, self.by),
            among_all: self.among_all(first, second),
        })
    }

    /// The verdict on the later article at its arrival, and what it had in common with the earlier one then.
    fn among_all(&self, earlier: usize, later: usize) -> String {
        let verdict = &self.verdicts[later];
        let compared = match self.by {
            By::Story => self.in_common(earlier, verdict),
            By::Event => self.similarity(earlier, verdict),
        };
        let earlier = &self.articles[earlier].id;
        let compared = compared.unwrap_or_else(|| format!("it was not compared with {earlier}"));
        format!("when {} came, {compared}; {}", self.articles[later].id, self.became(verdict))
    }

    /// How much text an article had in common with an earlier one; `None` if they were not compared.
    fn in_common(&self, earlier: usize, verdict: &Verdict) -> Option<String> {
        let found = verdict.matches.iter().find(|found| found.doc.index() == earlier)?;
        Some(format!(
            "{} of it was in {}, {} the other way, p = {:.2}",
            percent(found.evidence.contained),
            self.articles[earlier].id,
            percent(found.evidence.containing),
            found.probability,
        ))
    }

    /// How similar the story of an article was to that of an earlier one; `None` if they were not compared.
    fn similarity(&self, earlier: usize, verdict: &Verdict) -> Option<String> {
        let story = self.verdicts[earlier].story;
        let found = verdict.compared_stories.iter().find(|it| it.story == story.0)?;
        let similarity = found.evidence.similarity();
        Some(format!("its similarity to {} was {similarity:.2}", self.articles[earlier].id))
    }

    /// The story or event that an article joined at its arrival, with the evidence.
    fn became(&self, verdict: &Verdict) -> String {
        let story = verdict.story.0 as usize;
        let opened = verdict.story.first_article() == verdict.doc;
        if self.by == By::Event && opened && verdict.event.first_story() != verdict.story {
            let event = self.id(verdict.event.0 as usize);
            let most_similar = verdict.compared_stories.first();
            let by = most_similar.map_or_else(String::new, |pair| {
                let similarity = pair.evidence.similarity();
                format!(", most similar to {}, {similarity:.2}", self.id(pair.story as usize))
            });
            return format!("it joined the event of {event}{by}");
        }
        if opened {
            return format!(
                "it opened {}",
                if self.by == By::Event { "an event" } else { "a story" }
            );
        }
        let through = verdict.matches.first().map_or("", |found| self.id(found.doc.index()));
        format!("it joined the story of {}, most alike {through}", self.id(story))
    }
}
