//! Calls the functions of the targets with an input, and checks the properties that must hold for every
//! input. Each function returns the kind of the result.

mod served;
mod stored;
mod texts;

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use wirefold_feed::{MAX_ITEMS, html};
use wirefold_fetcher::opml;

pub(super) use served::{PAGE, answer, api, up};
pub(super) use stored::{message, snapshot, snapshots};
pub(super) use texts::{date, query, text};

const BASE: &str = "https://harbour.example/feed.xml";

/// The kind of a result: its figures and messages without details.
fn kind(parts: &[usize], said: &[String]) -> u64 {
    let mut hasher = DefaultHasher::new();
    // Only the magnitude of numbers. Otherwise every input would have a kind of its own.
    parts.iter().for_each(|part| part.checked_ilog2().hash(&mut hasher));
    for text in said {
        let letters: String = text.chars().filter(|c| c.is_alphabetic()).take(60).collect();
        letters.hash(&mut hasher);
    }
    hasher.finish()
}

pub(super) fn feed(bytes: &[u8]) -> u64 {
    match wirefold_feed::parse(bytes, None, BASE) {
        Err(error) => kind(&[], &[error.to_string()]),
        Ok(feed) => {
            assert!(feed.items.len() <= MAX_ITEMS);
            let count = |is: &dyn Fn(&wirefold_feed::Item) -> bool| {
                feed.items.iter().filter(|item| is(item)).count()
            };
            let parts = [
                feed.items.len(),
                feed.format.as_str().len(),
                count(&|item| item.guid.is_some()),
                count(&|item| item.link.is_some()),
                count(&|item| item.published.is_some()),
                count(&|item| item.source.is_some()),
                count(&|item| !item.media.is_empty()),
                count(&|item| !item.authors.is_empty()),
                feed.items.iter().map(|item| item.title.len()).sum(),
            ];
            kind(&parts, &feed.problems)
        }
    }
}

pub(super) fn page(bytes: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(bytes);
    let plain = html::to_text(&text);
    let head = html::head_of(&text);
    let parts = [plain.len(), plain.lines().count()];
    let _ = (html::loose_to_text(&text), html::one_line(&text), html::decode(&text));
    kind(&parts, &[format!("{head:?}").chars().take(200).collect()])
}

pub(super) fn robots(bytes: &[u8]) -> u64 {
    let rules = wirefold_fetcher::RobotsRules::read(bytes, "wirefold");
    let paths = ["/", "/a", "/a/b.html?c=%2f", "/index.html", "/%E3%83%84", ""];
    let allowed = paths.map(|path| usize::from(rules.allow(path)) + 1);
    kind(&allowed, &[format!("{:?}", rules.delay().is_some())])
}

pub(super) fn list_of_feeds(bytes: &[u8]) -> u64 {
    let list = match opml::read(bytes) {
        Err(error) => return kind(&[], &[error.to_string()]),
        Ok(list) => list,
    };
    let written = opml::write("Feeds", &list.feeds);
    let again = opml::read(&written).expect("written data can be read").feeds;
    let addresses = |feeds: &[opml::OpmlFeed]| {
        feeds.iter().map(|feed| feed.url.clone()).collect::<BTreeSet<_>>()
    };
    assert_eq!(addresses(&again), addresses(&list.feeds));
    let third = opml::read(&opml::write("Feeds", &again)).expect("so can that").feeds;
    assert_eq!(third, again, "written once more it stays as it is");
    let with = |is: &dyn Fn(&opml::OpmlFeed) -> bool| list.feeds.iter().filter(|it| is(it)).count();
    let parts = [
        list.feeds.len(),
        with(&|feed| feed.title.is_some()),
        with(&|feed| feed.group.is_some()),
        with(&|feed| feed.id.is_some()),
        usize::from(list.is_whole),
    ];
    kind(&parts, &list.notes)
}

/// Runs on the stack of a server thread, on which commands with selectors are read.
pub(super) fn selector(bytes: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let length = text.len();
    let check = || wirefold_fetcher::extract::check_selector(&text);
    let answer = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(2 << 20);
        thread.spawn_scoped(scope, check).expect("a thread starts").join().expect("no panic")
    });
    let said = answer.err().and_then(|why| why.rsplit(": ").next().map(str::to_owned));
    kind(&[length, usize::from(said.is_some())], &said.into_iter().collect::<Vec<_>>())
}

pub(super) fn address(bytes: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(bytes);
    let once = wirefold_address::canonical(&text);
    if let Some(once) = &once {
        let twice = wirefold_address::canonical(once);
        assert_eq!(twice.as_ref(), Some(once), "not idempotent: {text:?}");
    }
    let parts = once.as_ref().map_or([0; 4], |it| {
        [it.len(), it.matches('/').count(), it.matches('%').count(), it.matches('&').count() + 1]
    });
    kind(&parts, &[])
}
