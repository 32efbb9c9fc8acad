//! What elements mean for the feed.

use std::rc::Rc;
use std::time::Duration;

use url::Url;

use super::element::Element;
use super::item::Draft;
use super::names::Space;
use crate::feed::{Feed, FeedError, Item, MAX_ITEMS, language, not_a_feed, resolve};

/// What kind of feed it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Root {
    /// RSS or RDF.
    Rss,
    /// Atom.
    Atom,
}

impl Root {
    /// What a root element begins.
    pub(super) fn of(element: &Element) -> Result<Self, FeedError> {
        match element.local() {
            "rss" | "rdf" | "channel" => Ok(Self::Rss),
            "feed" => Ok(Self::Atom),
            "opml" => Err(not_a_feed("an OPML list of feeds")),
            "urlset" | "sitemapindex" => Err(not_a_feed("a sitemap")),
            other => {
                let name: String = other.chars().take(40).collect();
                Err(not_a_feed(&format!("an XML document of <{name}>")))
            }
        }
    }
}

/// The feed in the making.
#[derive(Debug)]
pub(super) struct Builder {
    /// The address that relative links belong to.
    base: Rc<Url>,
    root: Option<Root>,
    feed: Feed,
    item: Option<Draft>,
    /// Seconds of one update period, and how many updates it has.
    period: Option<u64>,
    frequency: Option<u64>,
    bad_dates: usize,
}

impl Builder {
    pub(super) fn new(base: &Url) -> Self {
        Self {
            base: Rc::new(base.clone()),
            root: None,
            feed: Feed::default(),
            item: None,
            period: None,
            frequency: None,
            bad_dates: 0,
        }
    }

    pub(super) fn root(&self) -> Option<Root> {
        self.root
    }

    pub(super) fn base(&self) -> &Rc<Url> {
        &self.base
    }

    pub(super) fn is_full(&self) -> bool {
        self.feed.items.len() >= MAX_ITEMS && self.item.is_some()
    }

    pub(super) fn open_root(&mut self, root: Root, element: &Element) {
        self.root = Some(root);
        self.feed.language = element.own_language().cloned();
    }

    /// An element starts inside `outer`.
    pub(super) fn open(&mut self, element: &mut Element, outer: &[Element]) {
        let is_item = matches!(element.local(), "item" | "entry");
        let is_item = is_item && matches!(element.space(), Space::Plain | Space::Atom);
        if is_item && self.item.is_none() && !outer.is_empty() {
            self.item = Some(Draft::new(element, outer.len()));
        } else if is_text(element) {
            element.take_markup();
        }
    }

    /// An element ended inside `outer`.
    pub(super) fn close(&mut self, element: &Element, outer: &[Element]) {
        let parent = outer.last();
        match &mut self.item {
            Some(draft) if draft.depth() == outer.len() => {
                let item = self.item.take().map(Draft::finish);
                self.feed.items.extend(item.filter(Item::is_something));
            }
            Some(draft) => {
                let base = element.base().unwrap_or(&self.base);
                self.bad_dates += usize::from(draft.take(element, parent, base).is_err());
            }
            None => self.channel(element, parent),
        }
    }

    /// An element of the feed itself.
    fn channel(&mut self, element: &Element, parent: Option<&Element>) {
        let parent = parent.map_or("", Element::local);
        let is_direct = matches!(parent, "channel" | "feed" | "rss" | "rdf");
        let feed = &mut self.feed;
        match (element.space(), element.local()) {
            (Space::Plain | Space::Atom, "title") if is_direct && feed.title.is_none() => {
                feed.title = element.line();
            }
            (Space::Plain, "link") if is_direct && self.root == Some(Root::Rss) => {
                let site = resolve(&self.base, element.raw()).and_then(|site| site.parse().ok());
                if let Some(site) = site {
                    self.base = Rc::new(site);
                }
            }
            (Space::Plain | Space::Dc, "language") if is_direct && feed.language.is_none() => {
                feed.language = language(element.raw());
            }
            (Space::Plain, "ttl") => {
                feed.ttl = element.raw().parse().ok().and_then(minutes);
            }
            (Space::Plain, "hour") if parent == "skiphours" => {
                // The older formats count from 1 to 24.
                let hour = element.raw().parse::<u8>().ok().filter(|hour| *hour <= 24);
                feed.skip_hours.extend(hour.map(|hour| hour % 24));
            }
            (Space::Syndication, "updateperiod") => self.period = period(element.raw()),
            (Space::Syndication, "updatefrequency") => {
                self.frequency = element.raw().parse().ok().filter(|count| *count > 0);
            }
            _ => {}
        }
    }

    pub(super) fn finish(mut self) -> Feed {
        let feed = &mut self.feed;
        feed.skip_hours.sort_unstable();
        feed.skip_hours.dedup();
        if feed.ttl.is_none() {
            let share = |period: u64| Duration::from_secs(period / self.frequency.unwrap_or(1));
            feed.ttl = self.period.map(share);
        }
        if self.bad_dates > 0 {
            feed.problems.push(format!("{} dates cannot be read", self.bad_dates));
        }
        self.feed
    }
}

/// Elements whose own elements are markup of a text.
fn is_text(element: &Element) -> bool {
    matches!(
        (element.space(), element.local()),
        (
            Space::Plain | Space::Atom | Space::Dc | Space::Media | Space::Itunes,
            "title" | "description" | "summary" | "subtitle"
        ) | (Space::Plain | Space::Atom, "content" | "tagline" | "rights" | "info" | "copyright")
            | (Space::Content | Space::Plain, "encoded")
            | (Space::Xhtml, "body" | "div")
    )
}

fn minutes(count: u64) -> Option<Duration> {
    (count > 0).then(|| Duration::from_secs(count.saturating_mul(60)))
}

fn period(word: &str) -> Option<u64> {
    const HOUR: u64 = 60 * 60;
    Some(match word.to_ascii_lowercase().as_str() {
        "hourly" => HOUR,
        "daily" => 24 * HOUR,
        "weekly" => 7 * 24 * HOUR,
        "monthly" => 30 * 24 * HOUR,
        "yearly" => 365 * 24 * HOUR,
        _ => return None,
    })
}
