//! Usual ways to group news by happening, on the same rows as the product.

use std::collections::HashMap;

use wirefold_dedup::stem;
use wirefold_text::Text;

use super::set::{Doc, LabelledSet};

/// A way to group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grouping {
    /// One pass over the stream: a text joins the event whose texts it is most like on average, by
    /// TF-IDF over words and title (after Miranda et al. 2018).
    Words,
    /// The same by titles alone.
    Titles,
}

/// All of them.
pub(super) const PEERS: [Grouping; 2] = [Grouping::Words, Grouping::Titles];

/// An event takes no text this long after its last, and none this long after its first, in seconds.
const QUIET: i64 = 48 * 3600;
const SPAN: i64 = 96 * 3600;

/// An event on the way.
struct Event {
    texts: Vec<usize>,
    first: i64,
    last: i64,
}

impl Grouping {
    pub(super) fn words(self) -> &'static str {
        match self {
            Grouping::Words => "TF-IDF, one pass",
            Grouping::Titles => "titles alone",
        }
    }

    /// The likeness that is enough: the best of the first half of event-shape.
    fn least(self) -> f64 {
        match self {
            Grouping::Words => 0.24,
            Grouping::Titles => 0.22,
        }
    }

    fn stems(self, doc: &Doc) -> HashMap<String, f64> {
        let title = doc.title.as_deref().unwrap_or_default();
        let text = match self {
            Grouping::Words => format!("{title}\n{}", doc.text),
            Grouping::Titles => title.to_owned(),
        };
        let mut counts = HashMap::new();
        for word in Text::new(&text).normal_words() {
            *counts.entry(stem(word).to_owned()).or_default() += 1.0;
        }
        counts
    }

    /// The event of each text of a set in order of time.
    pub(super) fn of(self, set: &LabelledSet) -> Vec<usize> {
        let texts: Vec<HashMap<String, f64>> = set.docs.iter().map(|doc| self.stems(doc)).collect();
        let mut carriers: HashMap<&str, f64> = HashMap::new();
        let mut events: Vec<Event> = Vec::new();
        let mut found = Vec::with_capacity(texts.len());
        for (number, text) in texts.iter().enumerate() {
            let rarity = |stem: &str| {
                let with = carriers.get(stem).copied().unwrap_or_default();
                ((number as f64 + 2.0) / (with + 1.0)).ln()
            };
            let time = set.docs[number].published.map_or(0, jiff::Timestamp::as_second);
            let mean = |event: &Event| {
                let all = event.texts.iter().map(|other| cosine(text, &texts[*other], rarity));
                all.sum::<f64>() / event.texts.len() as f64
            };
            let open = events
                .iter()
                .enumerate()
                .filter(|(_, event)| time - event.last <= QUIET && time - event.first <= SPAN);
            let likest =
                open.map(|(at, event)| (mean(event), at)).max_by(|a, b| a.0.total_cmp(&b.0));
            let joined = likest.filter(|(likeness, _)| *likeness >= self.least());
            let at = joined.map_or(events.len(), |(_, at)| at);
            if at == events.len() {
                events.push(Event { texts: Vec::new(), first: time, last: time });
            }
            events[at].texts.push(number);
            events[at].last = events[at].last.max(time);
            found.push(at);
            text.keys().for_each(|stem| *carriers.entry(stem).or_default() += 1.0);
        }
        found
    }
}

fn cosine(
    here: &HashMap<String, f64>,
    there: &HashMap<String, f64>,
    rarity: impl Fn(&str) -> f64,
) -> f64 {
    let weight = |stem: &str, count: f64| (1.0 + count.ln()) * rarity(stem);
    let length = |of: &HashMap<String, f64>| {
        of.iter().map(|(stem, count)| weight(stem, *count).powi(2)).sum::<f64>().sqrt()
    };
    let (fewer, more) = if here.len() <= there.len() { (here, there) } else { (there, here) };
    let common: f64 = fewer
        .iter()
        .filter_map(|(stem, count)| Some(weight(stem, *count) * weight(stem, *more.get(stem)?)))
        .sum();
    let lengths = length(here) * length(there);
    if lengths > 0.0 { common / lengths } else { 0.0 }
}
