//! The product's own judge, over articles as they were given.

use wirefold_dedup::{Detector, Incoming, Settings, Verdict};

use super::clock::Clock;
use crate::input::Input;

/// The detector, given articles with their stream time.
pub(crate) struct Passages {
    pub(crate) detector: Detector,
}

impl Passages {
    /// A judge that gives verdicts at arrival.
    pub(crate) fn new(settings: Settings) -> Passages {
        Passages { detector: Detector::new(settings) }
    }

    /// A judge that can give settled verdicts too.
    pub(crate) fn keeping_verdicts(settings: Settings) -> Passages {
        Passages { detector: Detector::keeping_verdicts(settings) }
    }

    /// Judges all of these in order, and tells of each verdict.
    pub(crate) fn observe_all<'a>(
        &mut self,
        inputs: impl IntoIterator<Item = &'a Input>,
        mut told: impl FnMut(Verdict),
    ) {
        let mut clock = Clock::default();
        for input in inputs {
            let timed = clock.take(input, input.claim());
            timed.into_iter().for_each(|it| told(self.observe(it.article, it.time)));
        }
        clock.finish().into_iter().for_each(|it| told(self.observe(it.article, it.time)));
    }

    /// Judges the next article at this stream time, which never runs back.
    pub(crate) fn observe(&mut self, input: &Input, time: i64) -> Verdict {
        let page = input.url.as_ref().map(|url| format!("url {}", url.trim()));
        let via = input.feed.as_ref().and_then(|feed| feed.via.as_deref());
        // What a feed calls its items tells them from others of its site; what a stranger says of a
        // page is no version of what its own site says.
        let id = match &input.feed {
            Some(feed) => format!("id {}\u{1f}{}", feed.site, input.id),
            None => format!("id {}", input.id),
        };
        let told = via.zip(page.as_ref()).map(|(via, page)| format!("{via}\u{1f}{page}"));
        let url = if via.is_some() { told.as_deref() } else { page.as_deref() };
        let named = std::iter::once(id.as_str()).chain(url);
        let items: Vec<&str> = named.chain(input.items.iter().map(String::as_str)).collect();
        self.detector.observe(&Incoming {
            items: &items,
            outlet: input.outlet.as_deref(),
            via,
            page: input.page.as_deref().or(page.as_deref()),
            title: &input.title,
            byline: &input.author,
            text: &input.text,
            time,
            published: input.published.unwrap_or(time),
        })
    }
}
