//! The methods examined side by side.

use wirefold_dedup::{Detector, Incoming, Settings};

use super::set::LabelledSet;

/// A way to find reprints.
pub(crate) enum Method {
    /// The product.
    Passages,
}

/// The story of each document, as numbers that are equal where the story is.
pub(crate) struct Stories {
    pub(crate) at_arrival: Vec<usize>,
    pub(crate) settled: Vec<usize>,
}

impl Method {
    /// Runs the documents of `set` in `order`.
    pub(crate) fn stories(&self, set: &LabelledSet, order: &[usize]) -> Stories {
        match self {
            Method::Passages => passages(set, order),
        }
    }
}

fn passages(set: &LabelledSet, order: &[usize]) -> Stories {
    let mut detector = Detector::new(Settings::default());
    let mut at_arrival = vec![0; set.docs.len()];
    for number in order {
        let doc = &set.docs[*number];
        let item = doc.url.as_deref().unwrap_or(&doc.id);
        let verdict = detector.observe(&Incoming {
            items: &[item],
            outlet: doc.outlet.as_deref(),
            title: doc.title.as_deref().unwrap_or(""),
            text: &doc.text,
            ..Incoming::default()
        });
        at_arrival[*number] = verdict.story as usize;
    }
    let mut settled = vec![0; set.docs.len()];
    for (arrival, number) in (0_u32..).zip(order) {
        settled[*number] = detector.settled(arrival).map_or(0, |verdict| verdict.story as usize);
    }
    Stories { at_arrival, settled }
}
