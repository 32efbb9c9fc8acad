//! The product, timed by its steps.

use wirefold_dedup::{Detector, Incoming, Settings, Step};

use super::child::{Article, Method, STEPS};
use crate::commands::bench::machine::Stopwatch;

/// The detector.
pub(super) struct Wirefold {
    detector: Detector,
    steps: [f64; STEPS],
}

impl Wirefold {
    pub(super) fn new() -> Wirefold {
        Wirefold { detector: Detector::new(Settings::default()), steps: [0.0; STEPS] }
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

    fn steps(&self) -> [f64; STEPS] {
        self.steps
    }
}
