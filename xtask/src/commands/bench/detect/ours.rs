//! The product's detector, timed by its steps.

use std::sync::Arc;

use tempfile::TempDir;
use wirefold_dedup::{Detector, Settings, Step, Work};
use wirefold_detector::TextFolder;

use super::article::Article;
use super::method::{Method, STEPS};
use crate::machine::ThreadWatch;

/// The detector with its texts in durable files, as beside snapshots.
pub(super) struct Wirefold {
    detector: Detector,
    steps: [f64; STEPS],
    _root: TempDir,
}

impl Wirefold {
    pub(super) fn new() -> Wirefold {
        let root = tempfile::tempdir().expect("there is a place for temporary files");
        let folder = Arc::new(TextFolder::persistent(root.path()));
        let detector = Detector::new(Settings::default()).with_text_files(Some(folder));
        Wirefold { detector, steps: [0.0; STEPS], _root: root }
    }
}

impl Method for Wirefold {
    fn story(&mut self, article: &Article) -> u32 {
        let items = [article.url.as_str()];
        let incoming = article.incoming(&items);
        self.steps = [0.0; STEPS];
        let steps = &mut self.steps;
        let watch = ThreadWatch::start();
        let mut before = 0.0;
        let verdict = self.detector.observe_in_steps(&incoming, |step| {
            let now = watch.micros();
            let place = match step {
                Step::Prepare => 0,
                Step::Fingerprint => 1,
                Step::Candidates => 2,
                Step::Judgement => 3,
                Step::Record => 4,
                Step::Event => 5,
                Step::Verdict => 6,
            };
            steps[place] += now - before;
            before = now;
        });
        verdict.story.0
    }

    fn steps(&self) -> [f64; STEPS] {
        self.steps
    }

    fn work(&self) -> Option<Work> {
        Some(self.detector.work())
    }
}
