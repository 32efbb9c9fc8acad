//! Folds articles in your own program: no files, no server, no clock.

use wirefold_fold::{Detector, Incoming, Settings, Verdict};

/// The verdict on each text at its arrival, in order, ten minutes apart.
pub(crate) fn fold(texts: &[&str]) -> Vec<Verdict> {
    let mut detector = Detector::new(Settings::default());
    let mut verdicts = Vec::new();
    for (number, text) in (0..).zip(texts) {
        let item = format!("item {number}");
        // Stream time is an argument: the same texts give the same verdicts, whenever.
        let time = number * 600;
        let items: &[&str] = &[&item];
        let incoming = Incoming { items, text, time, published: time, ..Incoming::default() };
        verdicts.push(detector.observe(&incoming));
    }
    verdicts
}
