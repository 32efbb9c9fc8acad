//! Names feeds, files and folders, and reports duplicates.

use std::collections::BTreeMap;
use std::time::Duration;

use wirefold_fetcher::slug;
use wirefold_proto::FullText;

use super::Finish;
use crate::config::settings::Config;

/// The shortest time between two downloads of one list of feeds.
const SHORTEST: Duration = Duration::from_mins(10);

impl Finish<'_> {
    pub(super) fn feeds(&mut self, config: &mut Config) {
        let mut seen = BTreeMap::new();
        for at in 0..config.feed.len() {
            let feed = &mut config.feed[at];
            let made = slug::of_address(feed.url.url());
            let key = format!("feed.{at}");
            if feed.id.is_none() {
                feed.id = made.parse().ok();
            }
            let feed_default = config.full_text;
            let has_pages = *feed.full_text.get_or_insert(feed_default) != FullText::Off;
            let rules = [
                ("article_selector", feed.article_selector.is_some()),
                ("remove_selectors", !feed.remove_selectors.is_empty()),
            ];
            let id = feed.id.as_ref().map(ToString::to_string);
            for (rule, _) in rules.into_iter().filter(|(_, is_set)| *is_set && !has_pages) {
                let what = "no pages of this feed are fetched, as `full_text` is \"off\"";
                self.refuse(&format!("{key}.{rule}"), what);
            }
            match id {
                None => {
                    self.refuse(&key, format!("its address gives no id; write id = \"feed-{at}\""));
                }
                Some(id) => self.check_unique("feed", &id, at, &mut seen),
            }
        }
    }

    /// Checks the subjects of NATS servers. Each needs an id of its own, and the addresses must not have a
    /// login.
    pub(super) fn subjects(&mut self, config: &mut Config) {
        let mut seen = BTreeMap::new();
        for at in 0..config.nats.len() {
            let nats = &mut config.nats[at];
            let key = format!("nats.{at}");
            if nats.id.is_none() {
                nats.id = slug::of_name(&nats.subject).parse().ok();
            }
            let (id, server) = (nats.id.clone(), nats.server.clone());
            let unfit = [
                ("subject", wirefold_flow::check_filter(&nats.subject).is_err()),
                ("durable", wirefold_flow::check_name("reader", &nats.durable).is_err()),
            ];
            for (name, _) in unfit.into_iter().filter(|(_, is_so)| *is_so) {
                let what = format!("expected a {name} of NATS, such as \"news.articles\"");
                self.refuse(&format!("{key}.{name}"), what);
            }
            for address in server.split(',') {
                self.server(&format!("{key}.server"), address.trim(), "");
            }
            match id {
                Some(id) if id == wirefold_proto::FeedId::push() => {
                    self.refuse(&key, "its id is that of pushed articles; choose another one");
                }
                Some(id) => self.check_unique("nats", id.as_str(), at, &mut seen),
                None => self.refuse(&key, "its subject gives no id; write id = \"a-short-name\""),
            }
        }
    }

    /// Checks the lists of feeds. Each may occur once, with a minimum interval.
    pub(super) fn lists(&mut self, config: &Config) {
        let mut seen = BTreeMap::new();
        for (at, list) in config.opml.iter().enumerate() {
            let key = format!("opml.{at}");
            if let Some(first) = seen.insert(list.url.as_str(), at) {
                let there = self.origins.managed_by("opml", first);
                let what = format!("{:?} is already at {there}", list.url.as_str());
                self.refuse(&key, what);
            }
            if list.interval.duration() < SHORTEST {
                let what = "a list is polled at most once in ten minutes; write \"1d\"";
                self.refuse(&format!("{key}.interval"), what);
            }
        }
    }
}
