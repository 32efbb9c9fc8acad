//! OPML 2.0 (opml.org/spec2.opml), the list format of feed readers. Reads untrusted lists, and writes
//! lists that read back the same.

mod read;
mod write;

pub use read::{MOST_BYTES, OpmlError, read};
pub use write::write;

use serde::{Deserialize, Serialize};
use wirefold_proto::FullText;

/// The namespace of wirefold's own attributes.
const NAMESPACE: &str = "urn:wirefold:opml";

/// A feed in a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpmlFeed {
    /// Its address, `http` or `https`.
    pub url: String,
    /// Its title.
    pub title: Option<String>,
    /// The folders around it, outermost first, joined by `/`.
    pub group: Option<String>,
    /// Its id, if wirefold wrote the list.
    pub id: Option<String>,
    /// Its outlet, if wirefold wrote the list.
    pub outlet: Option<String>,
    /// The site that it speaks for by its operator's setting, if wirefold wrote the list. Ignore it in
    /// remote lists, because only the operator may set it.
    pub speaks_for: Option<String>,
    /// Whether article pages are fetched, if wirefold wrote the list.
    pub full_text: Option<FullText>,
}

/// A list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Opml {
    /// The feeds in their order, each once.
    pub feeds: Vec<OpmlFeed>,
    /// The first entries that were skipped, and why, one line each.
    pub notes: Vec<String>,
    /// Whether it is complete.
    pub is_whole: bool,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn feed(url: &str, group: &str) -> OpmlFeed {
        OpmlFeed {
            url: url.to_owned(),
            title: Some(format!("Title of {url}")),
            group: (!group.is_empty()).then(|| group.to_owned()),
            ..OpmlFeed::default()
        }
    }

    #[test]
    fn a_written_list_reads_back_the_same() {
        let mut marked = feed("https://marked.example/a?b=1&c=%222%22", "World/Sea & Coast");
        marked.title = Some("<Tides> & \"Harbours\" 'today'".to_owned());
        marked.id = Some("marked".to_owned());
        marked.outlet = Some("marked.example".to_owned());
        marked.speaks_for = Some("nobody".to_owned());
        marked.full_text = Some(FullText::Off);
        let feeds = vec![
            feed("https://one.example/feed", ""),
            marked,
            feed("https://two.example/feed", "World/Sea & Coast"),
            feed("https://three.example/feed", "World"),
            feed("https://four.example/feed", "Local"),
        ];
        let written = write("Feeds", &feeds);
        let mut back = read(&written).unwrap().feeds;
        back.sort_by_key(|feed| feeds.iter().position(|other| other.url == feed.url));
        assert_eq!(back, feeds, "{}", String::from_utf8_lossy(&written));
    }

    #[test]
    fn the_starter_list_can_be_read() {
        let bytes = include_bytes!("../../../../seeds/starter.opml");
        let list = read(bytes).unwrap();
        assert!(list.notes.is_empty(), "{:?}", list.notes);
        assert!(list.feeds.len() >= 30, "{}", list.feeds.len());
        let is_whole = |feed: &&OpmlFeed| feed.title.is_some() && feed.group.is_some();
        assert_eq!(list.feeds.iter().filter(is_whole).count(), list.feeds.len());
    }

    proptest! {
        #[test]
        fn any_title_and_group_come_back(
            title in "[a-z<>&\"'é泽](?: ?[a-z<>&\"'é泽]){0,20}",
            group in "[a-z<>&\"'é泽]{1,9}(?:/[a-z<>&\"'é泽]{1,9}){0,3}",
        ) {
            let feeds = vec![OpmlFeed {
                url: "https://one.example/feed".to_owned(),
                title: Some(title),
                group: Some(group),
                ..OpmlFeed::default()
            }];
            prop_assert_eq!(read(&write("Feeds", &feeds)).unwrap().feeds, feeds);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = read(&bytes);
        }

        #[test]
        fn no_markup_makes_it_panic(text in "(<|>|/|outline|opml|body| |xmlUrl=|\"|&|;|#|!|\\[|\\]){0,80}") {
            let _ = read(text.as_bytes());
        }
    }
}
