//! Compares a list with the feeds that are polled, and computes what must change. Pure.

use std::collections::{HashMap, HashSet};

use url::Url;
use wirefold_proto::{FeedId, FeedRecord, FeedSettings};

use crate::feed_address::identity;
use crate::opml::{Opml, OpmlFeed};
use crate::settings::ConfiguredList;
use crate::slug;

/// One change may remove this many feeds, whatever the size of the list.
const FEW: usize = 3;
/// The most bytes of an id that is made from an address, before a number.
const ID_BYTES: usize = 94;

/// The changes that bring the polled feeds in step with a list.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// Feeds that are not polled yet.
    pub(crate) add: Vec<FeedSettings>,
    /// Changes of feeds that are polled.
    pub(crate) change: Vec<(FeedId, Change)>,
    /// Feeds that no list and no file names any more.
    pub(crate) remove: Vec<FeedId>,
    /// Feeds of the list that somebody changed by hand, by address without scheme.
    pub(crate) overridden: Vec<String>,
    /// Whether it would remove more than half of its feeds, as a wrong file does.
    pub(crate) has_shrunk: bool,
}

/// A change of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// The list that named the feed first has other settings for it.
    Settings(Box<FeedSettings>),
    /// The list names it now, too.
    Join,
    /// The list no longer names it, but another list or a file does.
    Leave,
}

impl Change {
    /// The record after this change by the list.
    pub(crate) fn apply(self, mut record: FeedRecord, list: &str) -> FeedRecord {
        match self {
            Self::Settings(feed) => {
                if record.feed.url != feed.url {
                    (record.etag, record.last_modified) = (None, None);
                }
                record.feed = *feed;
            }
            Self::Join => record.lists.push(list.to_owned()),
            Self::Leave => record.lists.retain(|other| other != list),
        }
        record
    }
}

/// Compares a list with all feeds. `overridden` are the feeds that somebody changed by hand before. Only a
/// list that `may_shrink` removes more than half of its feeds in one change.
pub(crate) fn changes<'a>(
    list: &ConfiguredList,
    opml: &Opml,
    (overridden, may_shrink): (&[String], bool),
    known: impl Iterator<Item = &'a FeedRecord>,
) -> Changes {
    let url = list.url.as_str();
    let is_its = |record: &FeedRecord| record.lists.iter().any(|other| other == url);
    let (mut by_identity, mut ids) = (HashMap::<String, &FeedRecord>::new(), Ids::default());
    for record in known {
        ids.used.insert(record.feed.id.to_string());
        let here = by_identity.entry(identity(&record.feed.url)).or_insert(record);
        // Of two feeds at one address, the one that came from the list counts.
        if is_its(record) {
            *here = record;
        }
    }
    let mut changes = Changes::default();
    let mut named = HashSet::new();
    for feed in &opml.feeds {
        let name = identity(&feed.url);
        match by_identity.get(&name) {
            Some(record) if is_its(record) => {
                let settings = settings_of(feed, record.feed.id.clone(), list);
                let is_first = record.lists.first().is_some_and(|first| first == url);
                let is_ours = is_first && record.managed_by.is_none();
                if is_ours && record.feed != settings {
                    let change = Change::Settings(Box::new(settings));
                    changes.change.push((record.feed.id.clone(), change));
                }
            }
            Some(record) if record.managed_by.is_some() || !record.lists.is_empty() => {
                changes.change.push((record.feed.id.clone(), Change::Join));
            }
            Some(_) => changes.overridden.push(name.clone()),
            None if overridden.contains(&name) => changes.overridden.push(name.clone()),
            None => {
                changes.add.extend(ids.new_id(feed).map(|id| settings_of(feed, id, list)));
            }
        }
        named.insert(name);
    }
    let its: Vec<(String, &FeedRecord)> =
        by_identity.into_iter().filter(|(_, record)| is_its(record)).collect();
    let gone = its.iter().filter(|(name, _)| !named.contains(name));
    let leaving = gone.clone().count();
    changes.has_shrunk = leaving > FEW && 2 * leaving > its.len();
    if !opml.is_whole || opml.feeds.is_empty() || (changes.has_shrunk && !may_shrink) {
        // The list is not complete, so overrides of feeds that it does not name are kept.
        changes.overridden.extend(overridden.iter().filter(|name| !named.contains(*name)).cloned());
        return changes;
    }
    for (_, record) in gone {
        let id = record.feed.id.clone();
        match record.managed_by.is_none() && record.lists.len() == 1 {
            true => changes.remove.push(id),
            false => changes.change.push((id, Change::Leave)),
        }
    }
    changes
}

/// The settings of a feed of a list. For full text, the configuration overrides the list. A list cannot
/// set which site a feed speaks for.
fn settings_of(feed: &OpmlFeed, id: FeedId, list: &ConfiguredList) -> FeedSettings {
    FeedSettings {
        title: feed.title.clone(),
        outlet: feed.outlet.as_ref().and_then(|outlet| outlet.parse().ok()),
        group: feed.group.clone(),
        full_text: list.full_text.or(feed.full_text).unwrap_or(list.else_full_text),
        ..FeedSettings::new(id, feed.url.clone())
    }
}

/// The ids of all feeds, and the next number for each.
#[derive(Default)]
struct Ids {
    used: HashSet<String>,
    /// The next number to append to an id that is used.
    next: HashMap<String, u32>,
}

impl Ids {
    /// An id that no other feed has, from the id in the list, else from the address.
    fn new_id(&mut self, feed: &OpmlFeed) -> Option<FeedId> {
        let from_list = feed.id.as_ref().filter(|id| id.parse::<FeedId>().is_ok()).cloned();
        let base = from_list.or_else(|| {
            let mut slug = slug::of_address(&Url::parse(&feed.url).ok()?);
            slug.truncate(ID_BYTES);
            Some(slug.trim_matches('-').to_owned())
        })?;
        let mut id = base.clone();
        while self.used.contains(&id) || id == FeedId::push().as_str() {
            let next = self.next.entry(base.clone()).or_insert(2);
            id = format!("{base}-{next}");
            *next += 1;
        }
        self.used.insert(id.clone());
        id.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use wirefold_proto::FullText;

    use super::*;

    const LIST: &str = "https://list.example/feeds.opml";

    fn list() -> ConfiguredList {
        ConfiguredList {
            url: LIST.to_owned(),
            every: std::time::Duration::from_hours(24),
            full_text: None,
            else_full_text: FullText::Auto,
            managed_by: "wirefold.toml:3".to_owned(),
        }
    }

    fn opml(urls: &[&str]) -> Opml {
        let feed = |url: &&str| OpmlFeed { url: (*url).to_owned(), ..OpmlFeed::default() };
        Opml { feeds: urls.iter().map(feed).collect(), is_whole: true, ..Opml::default() }
    }

    fn record(id: &str, url: &str, lists: &[&str]) -> FeedRecord {
        let feed = FeedSettings::new(id.parse().unwrap(), url);
        let mut record = FeedRecord::waiting(feed, None, 900);
        record.lists = lists.iter().map(|list| (*list).to_owned()).collect();
        record
    }

    fn of(opml: &Opml, overridden: &[&str], known: &[FeedRecord]) -> Changes {
        let overridden: Vec<String> = overridden.iter().map(|name| (*name).to_owned()).collect();
        changes(&list(), opml, (&overridden, false), known.iter())
    }

    const A: &str = "https://a.example/feed";
    const B: &str = "https://b.example/feed";
    const OTHER: &str = "https://list.example/other.opml";

    #[test]
    fn adds_new_feeds_under_unused_ids() {
        let known = [record("a-example-feed", "https://else.example/", &[])];
        let found = of(&opml(&[A, B]), &[], &known);
        let ids: Vec<&str> = found.add.iter().map(|feed| feed.id.as_str()).collect();
        assert_eq!(ids, ["a-example-feed-2", "b-example-feed"]);
        assert!(found.change.is_empty() && found.remove.is_empty() && found.overridden.is_empty());
        // The same list again changes nothing.
        let both = [record("a", A, &[LIST]), record("b", "http://b.example/feed/", &[LIST])];
        let again = of(&opml(&[A, "http://b.example/feed/"]), &[], &both);
        assert_eq!(again, Changes::default());
    }

    #[test]
    fn removes_a_feed_when_no_list_or_file_names_it() {
        let mut managed = record("c", "https://c.example/", &[LIST]);
        managed.managed_by = Some("wirefold.toml:9".to_owned());
        let known = [
            record("a", A, &[LIST]),
            record("b", B, &[LIST, OTHER]),
            managed,
            record("d", "https://d.example/", &[OTHER]),
            record("e", "https://e.example/", &[]),
            record("f", "https://f.example/", &[LIST]),
        ];
        let mut found = of(&opml(&["https://f.example/"]), &[], &known);
        found.change.sort_by(|one, other| one.0.cmp(&other.0));
        assert_eq!(found.remove, ["a".parse().unwrap()]);
        let leave = |id: &str| (id.parse().unwrap(), Change::Leave);
        assert_eq!(found.change, [leave("b"), leave("c")]);
    }

    #[test]
    fn a_broken_or_empty_list_removes_nothing() {
        let known = [record("a", A, &[LIST]), record("b", B, &[LIST])];
        let broken = Opml { is_whole: false, ..opml(&[A, "https://new.example/"]) };
        let found = of(&broken, &["gone.example"], &known);
        assert_eq!((found.add.len(), found.remove.len()), (1, 0));
        assert_eq!(found.overridden, ["gone.example"], "overrides are kept behind the break");
        assert!(of(&opml(&[]), &[], &known).remove.is_empty());
    }

    #[test]
    fn removes_more_than_half_only_if_the_list_repeats_it() {
        let urls: Vec<String> = (0..10).map(|at| format!("https://{at}.example/")).collect();
        let known: Vec<FeedRecord> =
            urls.iter().map(|url| record(&url[8..9], url, &[LIST])).collect();
        let left = |kept: usize, may_shrink| {
            let urls: Vec<&str> = urls[..kept].iter().map(String::as_str).collect();
            let found = changes(&list(), &opml(&urls), (&[], may_shrink), known.iter());
            (found.remove.len(), found.has_shrunk)
        };
        assert_eq!(left(5, false), (5, false));
        assert_eq!(left(4, false), (0, true));
        assert_eq!(left(4, true), (6, true));
    }

    #[test]
    fn numbers_feeds_with_the_same_id() {
        let feed = |at: usize| OpmlFeed {
            url: format!("https://{at}.example/"),
            id: Some("news".to_owned()),
            ..OpmlFeed::default()
        };
        let many = Opml { feeds: (0..20_000).map(feed).collect(), ..opml(&[]) };
        let found = of(&many, &[], &[]);
        assert_eq!(found.add.len(), 20_000);
        assert_eq!(found.add.last().map(|last| last.id.as_str()), Some("news-20000"));
    }

    #[test]
    fn leaves_feeds_with_a_manual_override_alone() {
        let known = [record("a", A, &[])];
        let found = of(&opml(&[A, B]), &["b.example/feed", "old.example"], &known);
        let nothing = (found.add.is_empty(), found.change.is_empty(), found.remove.is_empty());
        assert_eq!(nothing, (true, true, true));
        assert_eq!(found.overridden, ["a.example/feed", "b.example/feed"]);
    }

    #[test]
    fn joins_feeds_of_files_and_other_lists_without_changing_their_settings() {
        let mut managed = record("a", A, &[]);
        managed.managed_by = Some("wirefold.toml:9".to_owned());
        let mut brought = record("b", B, &[OTHER]);
        brought.feed.group = Some("sea".to_owned());
        let found = of(&opml(&[A, B]), &[], &[managed, brought.clone()]);
        let join = |id: &str| (id.parse().unwrap(), Change::Join);
        assert_eq!(found.change, [join("a"), join("b")]);
        brought.lists = vec![OTHER.to_owned(), LIST.to_owned()];
        assert_eq!(of(&opml(&[B]), &[], &[brought.clone()]), Changes::default());
        brought.lists = vec![LIST.to_owned()];
        let changed = of(&opml(&[B]), &[], &[brought]);
        let [(_, Change::Settings(settings))] = &changed.change[..] else { panic!("{changed:?}") };
        assert_eq!((settings.group.as_deref(), settings.id.as_str()), (None, "b"));
    }
}
