//! Common ways to group news by happening, on the same rows as the product.

use std::collections::{BTreeMap, HashMap};

use wirefold_dedup::stem;
use wirefold_text::Text;

use super::set::{Doc, LabelledSet};

/// A way to group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grouping {
    /// One pass over the stream: a text joins the event whose texts are most similar on average, by TF-IDF
    /// over words and title (after Miranda et al. 2018).
    Words,
    /// The same with titles alone.
    Titles,
}

/// All of them.
pub(super) const PEERS: [Grouping; 2] = [Grouping::Words, Grouping::Titles];

/// An event takes no text this long after its last one, and none this long after its first one, in seconds.
const QUIET: i64 = 48 * 3600;
const SPAN: i64 = 96 * 3600;

/// An event in progress.
struct Event {
    texts: Vec<usize>,
    first: i64,
    last: i64,
}

impl Grouping {
    pub(super) fn label(self) -> &'static str {
        match self {
            Grouping::Words => "TF-IDF, one pass",
            Grouping::Titles => "titles alone",
        }
    }

    /// The threshold of similarity: the best one on the first half of event-shape.
    fn least(self) -> f64 {
        match self {
            Grouping::Words => 0.24,
            Grouping::Titles => 0.22,
        }
    }

    /// The numbers of the stems of a text in order, each with its count.
    fn stems(self, doc: &Doc, numbers: &mut HashMap<String, usize>) -> Vec<(usize, f64)> {
        let title = doc.title.as_deref().unwrap_or_default();
        let text = match self {
            Grouping::Words => format!("{title}\n{}", doc.text),
            Grouping::Titles => title.to_owned(),
        };
        let mut counts: BTreeMap<usize, f64> = BTreeMap::new();
        for word in Text::new(&text).normal_words() {
            let next = numbers.len();
            let number = *numbers.entry(stem(word).to_owned()).or_insert(next);
            *counts.entry(number).or_default() += 1.0;
        }
        counts.into_iter().collect()
    }

    /// The event of each text of a set, in order of time.
    pub(super) fn of(self, set: &LabelledSet) -> Vec<usize> {
        let mut numbers = HashMap::new();
        let texts: Vec<Vec<(usize, f64)>> =
            set.docs.iter().map(|doc| self.stems(doc, &mut numbers)).collect();
        let mut carriers = vec![0.0; numbers.len()];
        let mut vectors: Vec<Vec<(usize, f64)>> = Vec::with_capacity(texts.len());
        let mut events: Vec<Event> = Vec::new();
        let mut found = Vec::with_capacity(texts.len());
        for (number, text) in texts.iter().enumerate() {
            vectors.push(unit(text, &carriers, number));
            let here = &vectors[number];
            let time = set.docs[number].published.map_or(0, jiff::Timestamp::as_second);
            let mean = |event: &Event| {
                let all = event.texts.iter().map(|other| product(here, &vectors[*other]));
                all.sum::<f64>() / event.texts.len() as f64
            };
            let open = events
                .iter()
                .enumerate()
                .filter(|(_, event)| time - event.last <= QUIET && time - event.first <= SPAN);
            let likeliest =
                open.map(|(at, event)| (mean(event), at)).max_by(|a, b| a.0.total_cmp(&b.0));
            let joined = likeliest.filter(|(similarity, _)| *similarity >= self.least());
            let at = joined.map_or(events.len(), |(_, at)| at);
            if at == events.len() {
                events.push(Event { texts: Vec::new(), first: time, last: time });
            }
            events[at].texts.push(number);
            events[at].last = events[at].last.max(time);
            found.push(at);
            text.iter().for_each(|(stem, _)| carriers[*stem] += 1.0);
        }
        found
    }
}

/// The vector of a text with unit length, by the rarity of its stems in the `before` texts before it.
fn unit(text: &[(usize, f64)], carriers: &[f64], before: usize) -> Vec<(usize, f64)> {
    let weight = |(stem, count): &(usize, f64)| {
        let rarity = ((before as f64 + 2.0) / (carriers[*stem] + 1.0)).ln();
        (*stem, (1.0 + count.ln()) * rarity)
    };
    let mut vector: Vec<(usize, f64)> = text.iter().map(weight).collect();
    let length = vector.iter().map(|(_, part)| part * part).sum::<f64>().sqrt();
    vector.iter_mut().for_each(|(_, part)| *part /= length.max(f64::MIN_POSITIVE));
    vector
}

fn product(here: &[(usize, f64)], there: &[(usize, f64)]) -> f64 {
    let mut there = there.iter().peekable();
    let mut sum = 0.0;
    for (stem, weight) in here {
        while there.next_if(|(other, _)| other < stem).is_some() {}
        if let Some((_, other)) = there.next_if(|(other, _)| other == stem) {
            sum += weight * other;
        }
    }
    sum
}
