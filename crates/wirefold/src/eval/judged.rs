//! The verdicts of the detector on the articles.

use wirefold_dedup::{DocId, Rule, Settings, Verdict};
use wirefold_score::Order;

use super::By;
use crate::fold::Passages;
use crate::input::Input;
use crate::progress::Progress;

/// The articles with their verdicts. Articles are numbered as they stand in the input; what a
/// verdict names are numbers of arrival.
pub(super) struct Judged<'a> {
    pub(super) articles: &'a [Input],
    pub(super) by: By,
    pub(super) order: Order,
    pub(super) settings: Settings,
    /// The articles in the order in which they came in.
    arrivals: Vec<usize>,
    /// The number of arrival of each article.
    places: Vec<usize>,
    /// The verdict on each when it came in, by number of arrival.
    verdicts: Vec<Verdict>,
    /// The story, or event, of each when it came in.
    pub(super) at_arrival: Vec<usize>,
    /// The same once all were in.
    pub(super) settled: Vec<usize>,
}

impl Judged<'_> {
    /// Judges all, and says how far it is.
    pub(super) fn run<'a>(
        articles: &'a [Input],
        order: Order,
        settings: Settings,
        by: By,
        progress: &Progress,
    ) -> Judged<'a> {
        let arrivals = order.of(articles.len());
        let mut places = vec![0; articles.len()];
        let mut passages = Passages::keeping_verdicts(settings.clone());
        let mut verdicts = Vec::with_capacity(articles.len());
        for (place, article) in arrivals.iter().enumerate() {
            places[*article] = place;
        }
        passages.observe_all(arrivals.iter().map(|article| &articles[*article]), |verdict| {
            verdicts.push(verdict);
            progress.one_more();
        });
        let of = |verdict: &Verdict| match by {
            By::Story => verdict.story.0 as usize,
            By::Event => verdict.event.0 as usize,
        };
        let at_arrival = places.iter().map(|place| of(&verdicts[*place])).collect();
        let settled = |place: &usize| {
            let verdict = DocId::from_index(*place).and_then(|it| passages.detector.settled(it));
            verdict.as_ref().map_or(*place, of)
        };
        let settled = places.iter().map(settled).collect();
        Judged { articles, by, order, settings, arrivals, places, verdicts, at_arrival, settled }
    }

    /// What is scored first, and whose errors are shown: stories as they were told, which are never
    /// revised, and events as they stand in the end.
    pub(super) fn scored_groups(&self) -> &[usize] {
        match self.by {
            By::Story => &self.at_arrival,
            By::Event => &self.settled,
        }
    }

    /// The two articles in order of arrival.
    pub(super) fn in_order(&self, (a, b): (usize, usize)) -> (usize, usize) {
        if self.places[a] < self.places[b] { (a, b) } else { (b, a) }
    }

    /// The verdict on an article when it came in.
    pub(super) fn verdict(&self, article: usize) -> &Verdict {
        &self.verdicts[self.places[article]]
    }

    /// The class of a pair in order of arrival: the rule by which the two are in one story, or are not,
    /// when the later one came in. Events are not told by it.
    pub(super) fn class(&self, (earlier, later): (usize, usize)) -> Option<Rule> {
        let is_one = self.at_arrival[earlier] == self.at_arrival[later];
        let rule = || Rule::between(self.verdict(later), self.verdict(earlier), is_one);
        (self.by == By::Story).then(rule)
    }

    /// The number of arrival of an article.
    pub(super) fn arrival(&self, article: usize) -> DocId {
        DocId::from_index(self.places[article]).unwrap_or(DocId(u32::MAX))
    }

    /// The id of the article with a number of arrival.
    pub(super) fn id(&self, arrival: usize) -> &str {
        self.arrivals.get(arrival).map_or("", |article| &self.articles[*article].id)
    }
}
