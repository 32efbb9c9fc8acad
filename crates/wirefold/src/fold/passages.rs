//! The product's own judge, over articles as they were given.

use wirefold_dedup::{Detector, Incoming, Settings, Verdict};

use crate::input::Input;

/// The detector with the stream's time.
pub(crate) struct Passages {
    pub(crate) detector: Detector,
    time: i64,
}

impl Passages {
    /// A judge that gives verdicts at arrival.
    pub(crate) fn new(settings: Settings) -> Passages {
        Passages { detector: Detector::new(settings), time: 0 }
    }

    /// A judge that can give settled verdicts too.
    pub(crate) fn keeping_verdicts(settings: Settings) -> Passages {
        Passages { detector: Detector::keeping_verdicts(settings), time: 0 }
    }

    /// Judges the next article.
    pub(crate) fn observe(&mut self, input: &Input) -> Verdict {
        // Stream time never runs back, and never comes from the clock on the wall.
        self.time = self.time.max(input.seen.or(input.published).unwrap_or(self.time));
        let id = format!("id {}", input.id);
        let url = input.url.as_ref().map(|url| format!("url {}", url.trim()));
        let named = std::iter::once(id.as_str()).chain(url.as_deref());
        let items: Vec<&str> = named.chain(input.items.iter().map(String::as_str)).collect();
        self.detector.observe(&Incoming {
            items: &items,
            outlet: input.outlet.as_deref(),
            title: &input.title,
            byline: &input.author,
            text: &input.text,
            time: self.time,
            published: input.published.unwrap_or(self.time),
        })
    }
}
