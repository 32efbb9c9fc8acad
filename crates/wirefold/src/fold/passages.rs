//! The product's detector for articles from files.

use std::sync::mpsc::sync_channel;

use wirefold_dedup::{Detector, Incoming, Prepared, Preparer, Settings, Verdict};

use super::clock::{Clock, Timed};
use crate::input::Input;

/// The number of articles that are prepared ahead.
pub(super) const PREPARED_AHEAD: usize = 32;

/// The detector, which gets articles with their stream time.
pub(crate) struct Passages {
    pub(crate) detector: Detector,
}

impl Passages {
    /// A judge that gives verdicts at arrival.
    pub(crate) fn new(settings: Settings) -> Passages {
        Passages { detector: Detector::new(settings) }
    }

    /// A judge that can give final verdicts too.
    pub(crate) fn with_final_verdicts(settings: Settings) -> Passages {
        Passages { detector: Detector::keeping_verdicts(settings) }
    }

    /// The preparation for it, which can run on another thread.
    pub(super) fn preparer(&self) -> InputPreparer {
        InputPreparer { preparer: Preparer::default(), settings: self.detector.settings().clone() }
    }

    /// Judges all of these in order and reports each verdict. Another thread prepares them.
    pub(crate) fn observe_all<'a>(
        &mut self,
        inputs: impl IntoIterator<Item = &'a Input> + Send,
        mut told: impl FnMut(Verdict),
    ) {
        let mut preparer = self.preparer();
        let (ahead, arriving) = sync_channel(PREPARED_AHEAD);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                // An error means that the receiver is gone.
                let mut send = |input| ahead.send((input, preparer.prepare(input))).is_ok();
                inputs.into_iter().all(&mut send)
            });
            let mut clock = Clock::default();
            let mut judge = |timed: Timed<(&Input, Prepared)>| {
                let (input, its) = timed.article;
                told(self.decide(input, its, timed.time));
            };
            for (input, its) in arriving {
                clock.add((input, its), input.claim()).into_iter().for_each(&mut judge);
            }
            clock.finish().into_iter().for_each(judge);
        });
    }

    /// Judges the next article at this stream time, which never runs back.
    pub(crate) fn decide(&mut self, input: &Input, prepared: Prepared, time: i64) -> Verdict {
        let identity = Identity::of(input);
        // The ids that a feed gives its items are unique within its site.
        let id = match &input.feed {
            Some(feed) => format!("id {}\u{1f}{}", feed.site, input.id),
            None => format!("id {}", input.id),
        };
        let items = identity.items(&id);
        let incoming = Incoming {
            time,
            published: input.published.unwrap_or(time),
            ..identity.incoming(&items, &input.text)
        };
        self.detector.decide(&incoming, prepared)
    }
}

/// Prepares articles by the settings of a judge.
pub(super) struct InputPreparer {
    preparer: Preparer,
    settings: Settings,
}

impl InputPreparer {
    pub(super) fn prepare(&mut self, input: &Input) -> Prepared {
        let identity = Identity::of(input);
        self.preparer.prepare(&identity.incoming(&[], &input.text), &self.settings)
    }
}

/// The identity of an article, without its text and its id.
pub(crate) struct Identity<'a> {
    input: &'a Input,
    via: Option<&'a str>,
    /// Its address as the name of a page.
    page: Option<String>,
    /// Its address as the name of an item. A page under this address at another site is not a version of it.
    item: Option<String>,
}

impl<'a> Identity<'a> {
    pub(crate) fn of(input: &'a Input) -> Identity<'a> {
        let page = input.url.as_ref().map(|url| format!("url {}", url.trim()));
        let via = input.feed.as_ref().and_then(|feed| feed.via.as_deref());
        let item = match (via, &page) {
            (Some(via), Some(page)) => Some(format!("{via}\u{1f}{page}")),
            _ => page.clone(),
        };
        Identity { input, via, page, item }
    }

    /// The item ids of the article, with `id` among them.
    pub(crate) fn items<'b>(&'b self, id: &'b str) -> Vec<&'b str> {
        let others = self.input.items.iter().map(String::as_str);
        [id].into_iter().chain(self.item.as_deref()).chain(others).collect()
    }

    /// The article for the detector, whose times the caller sets.
    pub(crate) fn incoming<'b>(&'b self, items: &'b [&'b str], text: &'b str) -> Incoming<'b> {
        Incoming {
            items,
            outlet: self.input.outlet.as_deref(),
            via: self.via,
            page: self.input.page.as_deref().or(self.page.as_deref()),
            title: &self.input.title,
            byline: &self.input.author,
            text,
            ..Incoming::default()
        }
    }
}
