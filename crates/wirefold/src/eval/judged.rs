//! The verdicts of the detector on the articles.

use wirefold_dedup::{DocId, Rule, Settings, Verdict};
use wirefold_score::Order;

use super::By;
use crate::fold;
use crate::input::Input;
use crate::progress::Progress;

/// The articles with their verdicts. Articles have their number in the input. Verdicts name articles by their
/// number of arrival.
pub(super) struct Judged<'a> {
    pub(super) articles: &'a [Input],
    pub(super) by: By,
    pub(super) order: Order,
    pub(super) settings: Settings,
    /// The articles in order of arrival.
    arrivals: Vec<usize>,
    /// The number of arrival of each article.
    arrival_numbers: Vec<usize>,
    /// The verdict on each at its arrival, by number of arrival.
    verdicts: Vec<Verdict>,
    /// The story, or event, of each at its arrival.
    pub(super) at_arrival: Vec<usize>,
    /// The story, or event, of each at the end.
    pub(super) at_end: Vec<usize>,
}

impl Judged<'_> {
    /// Judges all articles and shows the progress.
    pub(super) fn run<'a>(
        articles: &'a [Input],
        order: Order,
        settings: Settings,
        by: By,
        progress: &Progress,
    ) -> Judged<'a> {
        let arrivals = order.of(articles.len());
        let mut arrival_numbers = vec![0; articles.len()];
        for (place, article) in arrivals.iter().enumerate() {
            arrival_numbers[*article] = place;
        }
        let in_order = arrivals.iter().map(|article| &articles[*article]);
        let fold::Judged { verdicts, stories, events } =
            fold::Judged::with(in_order, settings.clone(), progress);
        let of = |verdict: &Verdict| match by {
            By::Story => verdict.story.0 as usize,
            By::Event => verdict.event.0 as usize,
        };
        let at_arrival = arrival_numbers.iter().map(|place| of(&verdicts[*place])).collect();
        let ends = if by == By::Story { stories } else { events };
        let at_end = arrival_numbers.iter().map(|place| ends[*place]).collect();
        Judged {
            articles,
            by,
            order,
            settings,
            arrivals,
            arrival_numbers,
            verdicts,
            at_arrival,
            at_end,
        }
    }

    /// The groups that are scored first, and whose errors are shown. For stories they are those at arrival,
    /// because the verdict at arrival is never revised. For events they are those at the end.
    pub(super) fn scored_groups(&self) -> &[usize] {
        match self.by {
            By::Story => &self.at_arrival,
            By::Event => &self.at_end,
        }
    }

    /// The two articles in order of arrival.
    pub(super) fn in_order(&self, (a, b): (usize, usize)) -> (usize, usize) {
        if self.arrival_numbers[a] < self.arrival_numbers[b] { (a, b) } else { (b, a) }
    }

    /// The verdict on an article at its arrival.
    pub(super) fn verdict(&self, article: usize) -> &Verdict {
        &self.verdicts[self.arrival_numbers[article]]
    }

    /// The class of a pair in order of arrival: the rule by which the two are in one story, or not, when the
    /// later one arrived. `None` for events.
    pub(super) fn class(&self, (earlier, later): (usize, usize)) -> Option<Rule> {
        let is_one = self.at_arrival[earlier] == self.at_arrival[later];
        let rule = || Rule::between(self.verdict(later), self.verdict(earlier), is_one);
        (self.by == By::Story).then(rule)
    }

    /// The number of arrival of an article.
    pub(super) fn arrival(&self, article: usize) -> DocId {
        DocId::from_index(self.arrival_numbers[article]).unwrap_or(DocId(u32::MAX))
    }

    /// The id of the article with a number of arrival.
    pub(super) fn id(&self, arrival: usize) -> &str {
        self.arrivals.get(arrival).map_or("", |article| &self.articles[*article].id)
    }
}
