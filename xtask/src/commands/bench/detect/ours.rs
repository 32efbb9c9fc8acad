//! The product, timed by its steps.

use std::collections::VecDeque;
use std::sync::Arc;

use wirefold_dedup::snapshot::{Reader, Writer};
use wirefold_dedup::{Detector, Incoming, Settings, Shelves as _, Step};
use wirefold_detector::Folder;

use super::child::{Article, Kept, Method, STEPS};
use crate::commands::bench::machine::Stopwatch;

/// The detector.
pub(super) struct Wirefold {
    detector: Detector,
    steps: [f64; STEPS],
}

impl Wirefold {
    pub(super) fn new() -> Wirefold {
        let shelves = Arc::new(Folder(std::env::temp_dir()));
        let detector = Detector::new(Settings::default()).on_shelves(Some(shelves));
        Wirefold { detector, steps: [0.0; STEPS] }
    }
}

impl Method for Wirefold {
    fn story(&mut self, article: &Article) -> u32 {
        let item = article.number.to_string();
        let incoming = Incoming {
            items: &[&item],
            outlet: Some(&article.outlet),
            title: &article.piece.headline,
            byline: "",
            text: &article.text,
            time: article.time,
            published: article.time,
        };
        let steps = &mut self.steps;
        let watch = Stopwatch::start();
        let mut before = 0.0;
        let verdict = self.detector.observe_in_steps(&incoming, |step| {
            let now = watch.seconds() * 1e6;
            let place = match step {
                Step::Fingerprint => 0,
                Step::Candidates => 1,
                Step::Judgement => 2,
                Step::Rest => 3,
            };
            steps[place] += now - before;
            before = now;
        });
        verdict.story
    }

    fn kept(&self) -> Option<Kept> {
        let cloning = Stopwatch::start();
        let clone = self.detector.clone();
        let stall = cloning.seconds() * 1e3;
        let writing = Stopwatch::start();
        let mut pieces = VecDeque::new();
        let mut give = |piece| pieces.push_back(piece);
        let mut writer = Writer::new(&mut give);
        clone.write_to(&mut writer);
        writer.finish();
        let write = writing.seconds();
        let bytes = pieces.iter().map(Vec::len).sum::<usize>() as f64;
        let reading = Stopwatch::start();
        let mut next = || pieces.pop_front();
        let shelf = Folder(std::env::temp_dir()).open();
        let again =
            Detector::read_from(Settings::default(), &mut Reader::new(&mut next).onto(shelf))?;
        let read = reading.seconds();
        (again.articles() == self.detector.articles()).then_some(Kept { stall, bytes, write, read })
    }

    fn steps(&self) -> [f64; STEPS] {
        self.steps
    }
}
