//! The text of the settings file: every key with its default, commented out, and the feeds.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use wirefold_fetcher::opml::OpmlFeed;

use crate::config::{self, Row, Section, quoted, sections};

/// The width at which comments are broken, in columns.
const WIDTH: usize = 96;

const HEAD: &str = "\
# wirefold: settings. Every key is here with its default; remove the # to change one.
# `wirefold check` checks the settings, `wirefold config show --origin` prints those in force.
";

/// The result.
pub(super) struct Written {
    /// The text of the file.
    pub(super) text: String,
    /// The number of feeds in it.
    pub(super) feeds: usize,
    /// Feeds that were left out, with the reason, one on a line.
    pub(super) notes: Vec<String>,
}

/// Writes a file with these feeds.
pub(super) fn write(feeds: &[OpmlFeed]) -> Written {
    let mut written = Written { text: HEAD.to_owned(), feeds: 0, notes: Vec::new() };
    for section in sections() {
        written.section(section);
        if section.key == "feed" {
            written.feeds(feeds);
        }
    }
    written
}

impl Written {
    fn section(&mut self, section: &Section) {
        let Section { key, many, what, rows } = section;
        self.text.push('\n');
        match (key.as_str(), many) {
            ("", _) => {}
            (_, true) => {
                self.comment(&format!("{what} There may be many."));
                self.line(format_args!("# [[{key}]]"));
            }
            (_, false) => {
                self.comment(what);
                self.line(format_args!("[{key}]"));
            }
        }
        for row in rows {
            self.row(row);
        }
    }

    fn row(&mut self, row: &Row) {
        self.comment(&row.what);
        self.line(format_args!("# {} = {}", row.name, row.example()));
    }

    fn feeds(&mut self, feeds: &[OpmlFeed]) {
        let mut ids = BTreeSet::new();
        for feed in feeds {
            match config::feed_id_of(&feed.url) {
                Ok(made) => self.feed(feed, &made, &mut ids),
                Err(why) => self.notes.push(format!("left out: {why}")),
            }
        }
    }

    fn feed(&mut self, feed: &OpmlFeed, made: &str, ids: &mut BTreeSet<String>) {
        let given = feed.id.clone().unwrap_or_else(|| made.to_owned());
        let numbered = (2..).map(|number| format!("{given}-{number}"));
        let mut free = std::iter::once(given.clone()).chain(numbered);
        let id = free.find(|id| !ids.contains(id)).unwrap_or(given);
        self.line(format_args!("\n[[feed]]\nurl = {}", quoted(&feed.url)));
        if id != made {
            self.line(format_args!("id = {}", quoted(&id)));
        }
        ids.insert(id);
        let texts = [
            ("title", &feed.title),
            ("outlet", &feed.outlet),
            ("speaks_for", &feed.speaks_for),
            ("group", &feed.group),
        ];
        for (key, text) in texts {
            if let Some(text) = text {
                self.line(format_args!("{key} = {}", quoted(text)));
            }
        }
        if let Some(full_text) = feed.full_text.and_then(|it| serde_json::to_value(it).ok()) {
            self.line(format_args!("full_text = {}", config::toml_text(&full_text)));
        }
        self.feeds += 1;
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "{line}");
    }

    /// A comment, broken between words.
    fn comment(&mut self, text: &str) {
        let mut line = "#".to_owned();
        for word in text.split_whitespace() {
            if line.len() + 1 + word.len() > WIDTH {
                self.line(format_args!("{line}"));
                line = "#".to_owned();
            }
            line.push(' ');
            line.push_str(word);
        }
        self.line(format_args!("{line}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Loaded, Overrides, Sources, load};

    fn loaded(text: &str) -> Loaded {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("wirefold.toml");
        std::fs::write(&file, text).unwrap();
        // An example names this file.
        std::fs::write(folder.path().join("nats.password"), "hush").unwrap();
        let sources = Sources { file: Some(file), ..Sources::default() };
        load(&sources, &Overrides::default()).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    #[test]
    fn the_file_without_feeds_says_the_defaults() {
        let default = loaded("").config;
        assert_eq!(loaded(&write(&[]).text).config, default);
    }

    #[test]
    fn commented_out_keys_have_their_defaults() {
        let text = write(&[]).text;
        let tables = text.split("# A feed that is polled.").next().unwrap();
        let is_setting = |line: &str| {
            let key = line.strip_prefix("# ").and_then(|line| line.split_once(" = "));
            key.is_some_and(|(key, _)| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        };
        let all: String =
            tables
                .lines()
                .map(|line| {
                    if is_setting(line) { format!("{}\n", &line[2..]) } else { format!("{line}\n") }
                })
                .collect();
        let mut config = loaded(&all).config;
        assert!(config.fetcher.contact.take().is_some(), "every key stands there\n{all}");
        config.fetcher.user_agent = None;
        config.fetcher.allow_private.clear();
        config.fetcher.allow_hosts.clear();
        config.page.hosts.clear();
        config.page.base_url = None;
        config.health.heartbeat = None;
        config.page.trusted_proxies.clear();
        config.page.trusted_proxy_header = None;
        assert!(std::mem::take(&mut config.bus).password.is_some());
        config.detector.text_store = None;
        let Config { data, delivery, .. } = config.clone();
        assert_eq!(config, Config { data, delivery, ..Config::default() });
    }

    #[test]
    fn feeds_of_a_list_are_written_with_unique_ids() {
        let feed = |url: &str, group: &str| OpmlFeed {
            url: url.to_owned(),
            title: Some("Tides \"today\" \\ #1".to_owned()),
            group: Some(group.to_owned()),
            speaks_for: Some("coast.example".to_owned()),
            ..OpmlFeed::default()
        };
        let written = write(&[
            feed("https://harbour.example/rss", "North/Coast"),
            feed("http://www.harbour.example/rss", "North"),
            feed("https://ann:secret@valley.example/rss", ""),
        ]);
        assert_eq!((written.feeds, written.notes.len()), (2, 1));
        let feeds = loaded(&written.text).config.feed;
        let ids: Vec<&str> = feeds.iter().map(|it| it.id.as_ref().unwrap().as_str()).collect();
        assert_eq!(ids, ["harbour-example-rss", "harbour-example-rss-2"]);
        assert_eq!(feeds[0].title.as_deref(), Some("Tides \"today\" \\ #1"));
        assert_eq!(feeds[0].group.as_deref(), Some("North/Coast"));
        assert_eq!(feeds[0].speaks_for.as_ref().unwrap().as_str(), "coast.example");
    }
}
