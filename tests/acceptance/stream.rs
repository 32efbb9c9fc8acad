//! Runs articles through the library as `wirefold fold` does, without a process for each of hundreds of
//! orders.

use std::collections::BTreeSet;

use wirefold_fold::{Detector, DocId, Incoming, Match, Settings, Verdict};

/// An article as the command line reads it.
#[derive(Debug, Clone, Default)]
pub(super) struct Article {
    pub(super) id: String,
    pub(super) outlet: Option<String>,
    pub(super) url: Option<String>,
    pub(super) title: String,
    pub(super) byline: String,
    pub(super) text: String,
    /// In seconds since 1970.
    pub(super) published: Option<i64>,
}

/// A verdict that names articles by their number in the file, whatever their order of arrival.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) story: usize,
    pub(super) event: usize,
    /// The verdict. Its own numbers are those of arrival.
    pub(super) verdict: Verdict,
}

/// The results for each article, by its number in the file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Judged {
    pub(super) order: Vec<usize>,
    pub(super) arrival: Vec<Line>,
    pub(super) at_end: Vec<Line>,
}

/// Two articles by number, the smaller first.
pub(super) type Pair = (usize, usize);

impl Judged {
    /// Judges the articles in this order, from stream time zero on.
    pub(super) fn new(articles: &[Article], order: &[usize]) -> Judged {
        Judged::from(0, articles, order)
    }

    /// Judges the articles in this order, after the last of them was published. The window contains all of
    /// them, however far apart they were published.
    pub(super) fn late(articles: &[Article], order: &[usize]) -> Judged {
        let latest = articles.iter().filter_map(|article| article.published).max();
        Judged::from(latest.unwrap_or(0), articles, order)
    }

    fn from(start: i64, articles: &[Article], order: &[usize]) -> Judged {
        let mut detector = Detector::keeping_verdicts(Settings::default());
        let mut time = start;
        let mut arrival = vec![None; articles.len()];
        for number in order {
            let article = &articles[*number];
            time = time.max(article.published.unwrap_or(time));
            arrival[*number] = Some(observe(&mut detector, article, time));
        }
        let mut at_end = vec![None; articles.len()];
        for (verdict, number) in
            (0..).map(|number| detector.final_verdict(DocId(number))).zip(order)
        {
            at_end[*number] = verdict;
        }
        let name = |verdict: Option<Verdict>| {
            let verdict = verdict.expect("the order holds every article");
            let place = |doc: u32| order[doc as usize];
            Line { story: place(verdict.story.0), event: place(verdict.event.0), verdict }
        };
        Judged {
            order: order.to_vec(),
            arrival: arrival.into_iter().map(name).collect(),
            at_end: at_end.into_iter().map(name).collect(),
        }
    }

    /// The evidence between an article and an earlier one.
    pub(super) fn evidence(&self, later: usize, earlier: usize) -> Option<&Match> {
        let matches = self.arrival[later].verdict.matches.iter();
        matches.clone().find(|found| self.order[found.doc.index()] == earlier)
    }

    /// Whether one article arrived before another.
    pub(super) fn comes_before(&self, one: usize, other: usize) -> bool {
        let place = |wanted| self.order.iter().position(|number| *number == wanted);
        place(one) < place(other)
    }
}

fn observe(detector: &mut Detector, article: &Article, time: i64) -> Verdict {
    let id = format!("id {}", article.id);
    let url = article.url.as_ref().map(|url| format!("url {url}"));
    let items: Vec<&str> = std::iter::once(id.as_str()).chain(url.as_deref()).collect();
    detector.observe(&Incoming {
        items: &items,
        outlet: article.outlet.as_deref(),
        title: &article.title,
        byline: &article.byline,
        text: &article.text,
        time,
        published: article.published.unwrap_or(time),
        ..Incoming::default()
    })
}

/// The pairs of indices with equal values.
pub(super) fn pairs<T: PartialEq>(values: &[T]) -> BTreeSet<Pair> {
    let with_later = |a: usize| {
        (a + 1..values.len()).filter(move |b| values[a] == values[*b]).map(move |b| (a, b))
    };
    (0..values.len()).flat_map(with_later).collect()
}

/// The pairs of articles in one story.
pub(super) fn folds(lines: &[Line]) -> BTreeSet<Pair> {
    pairs(&lines.iter().map(|line| line.story).collect::<Vec<usize>>())
}

#[test]
fn pairs_are_those_of_equals() {
    assert_eq!(pairs(&["a", "b", "a", "a"]), BTreeSet::from([(0, 2), (0, 3), (2, 3)]));
}
