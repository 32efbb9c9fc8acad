//! OPML 2.0 (opml.org/spec2.opml), the list format of feed readers. Reads untrusted lists, and writes
//! lists that read back the same.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::fmt::{Display, Write as _};

use quick_xml::Reader;
use quick_xml::escape::escape;
use quick_xml::events::{BytesStart, Event};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::Url;
use wirefold_feed::{decode, decoded_twice, html};
use wirefold_proto::FullText;

use crate::feed_address::identity;

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

/// The most bytes of a list.
pub const MOST_BYTES: u64 = 8 * 1024 * 1024;
/// The most feeds of a list.
const MOST_FEEDS: usize = 50_000;
/// The deepest nesting of folders.
const MOST_DEPTH: usize = 64;
/// The most attributes of an outline that are read.
const MOST_ATTRIBUTES: usize = 64;
/// The most characters of a title or of a folder's name.
const MOST_CHARS: usize = 300;
/// The most notes.
const MOST_NOTES: usize = 20;

/// Why a document is not a list of feeds, with the line if there is one; for people.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct OpmlError(String);

impl OpmlError {
    fn at(line: usize, what: impl Display) -> Self {
        Self(format!("line {line}: {what}"))
    }
}

/// Reads a list.
///
/// # Errors
/// An [`OpmlError`] with the reason and the line.
pub fn read(bytes: &[u8]) -> Result<Opml, OpmlError> {
    if bytes.len() as u64 > MOST_BYTES {
        let what = format!("larger than {} MiB, the limit for a list of feeds", MOST_BYTES >> 20);
        return Err(OpmlError(what));
    }
    let text = decode::decode(bytes, None);
    let mut list = List::default();
    let mut reader = Reader::from_str(&text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    loop {
        let event = reader.read_event();
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let line = || line_of(&text, at);
        match event {
            Ok(Event::Eof) => break,
            Ok(Event::Start(start)) => list.open(&start, false, &line)?,
            Ok(Event::Empty(start)) => list.open(&start, true, &line)?,
            Ok(Event::End(end)) => list.close(end.local_name().as_ref()),
            Ok(_) => {}
            Err(error) => return Err(OpmlError::at(line(), format_args!("not XML: {error}"))),
        }
    }
    if !list.is_opml {
        return Err(OpmlError::at(1, "no <opml> in it: this is not a list of feeds"));
    }
    Ok(list.finish())
}

fn line_of(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at.min(text.len())).unwrap_or_default();
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

/// A list while it is read.
#[derive(Default)]
struct List {
    opml: Opml,
    is_opml: bool,
    /// The open outlines: the name of a folder, or `None` for a feed with outlines inside.
    open: Vec<Option<String>>,
    /// The identities of the feeds.
    feeds: HashSet<String>,
    repeated: usize,
    /// Whether outlines were skipped that may be feeds.
    is_lossy: bool,
}

impl List {
    fn open(
        &mut self,
        start: &BytesStart<'_>,
        is_empty: bool,
        line: &dyn Fn() -> usize,
    ) -> Result<(), OpmlError> {
        let name = start.local_name();
        let name: &str = name.as_ref();
        if !self.is_opml {
            return self.check_root(name, is_empty, line);
        }
        if !name.eq_ignore_ascii_case("outline") {
            return Ok(());
        }
        let outline = Outline::of(start);
        let folder = outline.folder();
        self.add_feed(outline, line)?;
        if !is_empty {
            self.open.push(folder);
        }
        if self.open.len() > MOST_DEPTH {
            let what = format_args!("more than {MOST_DEPTH} nested folders");
            return Err(OpmlError::at(line(), what));
        }
        Ok(())
    }

    /// Checks by the root element that the file is OPML.
    fn check_root(
        &mut self,
        name: &str,
        is_empty: bool,
        line: &dyn Fn() -> usize,
    ) -> Result<(), OpmlError> {
        let what = match name.to_ascii_lowercase().as_str() {
            "opml" => {
                self.is_opml = true;
                self.opml.is_whole = is_empty;
                return Ok(());
            }
            "rss" | "feed" | "rdf" => {
                "this is a feed, not a list of feeds: give its address to `wirefold feed add`"
            }
            "html" => "this is a web page, not a list of feeds (OPML)",
            _ => "this is XML, but not a list of feeds (OPML)",
        };
        Err(OpmlError::at(line(), what))
    }

    fn close(&mut self, name: &str) {
        if name.eq_ignore_ascii_case("outline") {
            self.open.pop();
        }
        self.opml.is_whole |= self.is_opml && name.eq_ignore_ascii_case("opml");
    }

    /// Adds the feed of an outline, if the outline is one.
    fn add_feed(&mut self, outline: Outline, line: &dyn Fn() -> usize) -> Result<(), OpmlError> {
        self.is_lossy |= outline.is_broken;
        let given = outline.feed.url.clone();
        if given.is_empty() {
            return Ok(());
        }
        let Some(url) = web_address(&given) else {
            self.leave_out(&given, line);
            return Ok(());
        };
        if !self.feeds.insert(identity(&url)) {
            self.repeated += 1;
            return Ok(());
        }
        if self.opml.feeds.len() >= MOST_FEEDS {
            return Err(OpmlError(format!("more than {MOST_FEEDS} feeds")));
        }
        let folders: Vec<&str> = self.open.iter().flatten().map(String::as_str).collect();
        let group = folders.join("/");
        self.opml.feeds.push(OpmlFeed {
            url,
            title: outline.feed.title.or(outline.text).filter(|title| *title != given),
            group: (!group.is_empty()).then_some(group),
            ..outline.feed
        });
        Ok(())
    }

    fn leave_out(&mut self, given: &str, line: &dyn Fn() -> usize) {
        // Counting the line of every skipped entry would take quadratic time.
        if self.opml.notes.len() < MOST_NOTES {
            let shown: String = given.chars().take(80).collect();
            let note = format!("line {}: {shown:?} is not a web address; skipped", line());
            self.opml.notes.push(note);
        }
    }

    fn finish(mut self) -> Opml {
        self.opml.is_whole &= !self.is_lossy;
        match self.repeated {
            0 => {}
            1 => self.opml.notes.push("1 feed is listed twice".to_owned()),
            many => self.opml.notes.push(format!("{many} feeds are listed more than once")),
        }
        self.opml
    }
}

/// The address in the form of the URL standard, if it is a web address.
fn web_address(given: &str) -> Option<String> {
    let trimmed = given.trim();
    let of_feed = trimmed.strip_prefix("feed:").map(|rest| match rest.strip_prefix("//") {
        Some(rest) => format!("http://{rest}"),
        None => rest.to_owned(),
    });
    let url = Url::parse(of_feed.as_deref().unwrap_or(trimmed)).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then(|| url.to_string())
}

/// The attributes of an outline that are used.
#[derive(Default)]
struct Outline {
    is_broken: bool,
    text: Option<String>,
    /// Its other attributes. Without an address it is a folder.
    feed: OpmlFeed,
}

impl Outline {
    fn of(start: &BytesStart<'_>) -> Outline {
        let mut outline = Outline::default();
        let mut attributes = start.attributes();
        // The library's check for repeated names is quadratic. Here the first of a name counts.
        for attribute in attributes.with_checks(false).take(MOST_ATTRIBUTES) {
            let Ok(attribute) = attribute else {
                outline.is_broken = true;
                continue;
            };
            let name: &str = attribute.key.as_ref();
            let raw: &str = &attribute.value;
            let value = quick_xml::escape::unescape(raw).unwrap_or(Cow::Borrowed(raw));
            outline.set_attribute(&name.to_ascii_lowercase(), &value);
        }
        outline
    }

    /// The first of two attributes with one name counts.
    fn set_attribute(&mut self, name: &str, value: &str) {
        let slot = match name {
            "xmlurl" if self.feed.url.is_empty() => {
                self.feed.url = decoded_twice(value.trim()).into_owned();
                return;
            }
            "title" => &mut self.feed.title,
            "text" => &mut self.text,
            "wirefold:id" => &mut self.feed.id,
            "wirefold:outlet" => &mut self.feed.outlet,
            "wirefold:speaksfor" => &mut self.feed.speaks_for,
            "wirefold:fulltext" => {
                self.feed.full_text = FullText::from_word(value);
                return;
            }
            _ => return,
        };
        let line: String = html::one_line(value).chars().take(MOST_CHARS).collect();
        if slot.is_none() && !line.is_empty() {
            *slot = Some(line);
        }
    }

    /// The name of the folder, if this is one: a folder has a name and no address.
    fn folder(&self) -> Option<String> {
        if !self.feed.url.is_empty() {
            return None;
        }
        let name = self.text.as_ref().or(self.feed.title.as_ref())?;
        // A `/` in the name would become two folders when the list is written.
        Some(name.replace('/', "∕"))
    }
}

/// A folder of a list: its feeds, then the folders in it by name.
#[derive(Default)]
struct Folder<'a> {
    feeds: Vec<&'a OpmlFeed>,
    folders: BTreeMap<&'a str, Folder<'a>>,
}

impl<'a> Folder<'a> {
    fn subfolder(&mut self, group: &'a str) -> &mut Folder<'a> {
        let names = group.split('/').map(str::trim).filter(|name| !name.is_empty());
        names.fold(self, |folder, name| folder.folders.entry(name).or_default())
    }

    fn write(&self, out: &mut String, depth: usize) {
        let indent = "  ".repeat(depth);
        for feed in &self.feeds {
            let _ = writeln!(out, "{indent}{}", outline(feed));
        }
        for (name, folder) in &self.folders {
            let name = escape(*name);
            let _ = writeln!(out, "{indent}<outline text=\"{name}\" title=\"{name}\">");
            folder.write(out, depth + 1);
            let _ = writeln!(out, "{indent}</outline>");
        }
    }
}

/// The list as an OPML 2.0 document, groups as folders.
#[must_use]
pub fn write(title: &str, feeds: &[OpmlFeed]) -> Vec<u8> {
    let mut root = Folder::default();
    for feed in feeds {
        root.subfolder(feed.group.as_deref().unwrap_or_default()).feeds.push(feed);
    }
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(out, "<opml version=\"2.0\" xmlns:wirefold=\"{NAMESPACE}\">");
    let _ = writeln!(out, "  <head>\n    <title>{}</title>\n  </head>\n  <body>", escape(title));
    root.write(&mut out, 2);
    out.push_str("  </body>\n</opml>\n");
    out.into_bytes()
}

fn outline(feed: &OpmlFeed) -> String {
    let name = feed.title.as_deref().unwrap_or(&feed.url);
    let mut out = format!("<outline type=\"rss\" text=\"{}\"", escape(name));
    let mut add = |attribute: &str, value: Option<&str>| {
        if let Some(value) = value {
            let _ = write!(out, " {attribute}=\"{}\"", escape(value));
        }
    };
    add("title", feed.title.as_deref());
    add("xmlUrl", Some(&feed.url));
    add("wirefold:id", feed.id.as_deref());
    add("wirefold:outlet", feed.outlet.as_deref());
    add("wirefold:speaksFor", feed.speaks_for.as_deref());
    add("wirefold:fullText", feed.full_text.map(FullText::as_str));
    out + "/>"
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
        let bytes = include_bytes!("../../../seeds/starter.opml");
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

#[cfg(test)]
mod read_tests {
    use super::*;

    fn list(body: &str) -> Opml {
        read(format!("<opml version='1.0'><head/><body>{body}</body></opml>").as_bytes()).unwrap()
    }

    fn refused(text: &str) -> String {
        read(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn nested_folders_become_groups() {
        let read = list(
            "<outline text='World'>
               <outline text='Sea / Coast'>
                 <outline text='Tides' XMLURL='https://tides.example/feed'/>
               </outline>
               <outline title='Gulls' xmlUrl='feed://gulls.example/rss'></outline>
             </outline>
             <outline type='rss' xmlUrl='https://top.example/'/>",
        );
        let found: Vec<(&str, Option<&str>, Option<&str>)> = read
            .feeds
            .iter()
            .map(|feed| (feed.url.as_str(), feed.title.as_deref(), feed.group.as_deref()))
            .collect();
        let expected = [
            ("https://tides.example/feed", Some("Tides"), Some("World/Sea ∕ Coast")),
            ("http://gulls.example/rss", Some("Gulls"), Some("World")),
            ("https://top.example/", None, None),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn reads_lists_with_common_faults() {
        let read = list(
            "<outline text='A & B' xmlUrl='https://a.example/?x=1&y=2'/>
             <outline text='Once' xmlUrl='https://a.example/?x=1&amp;y=2'>
             <outline text='Again' xmlUrl='http://A.example/?y=2&amp;x=1#top'/>
             <outline text='Twice' xmlUrl='https://a.example/?x=1&amp;amp;y=2'/>
             <outline text='Old' xmlUrl='gopher://b.example/'/>
             <outline text='Mine' xmlUrl='../feed'/>
             <outline text='&who;' xmlUrl='https://c.example/'/>",
        );
        let titles: Vec<&str> =
            read.feeds.iter().filter_map(|feed| feed.title.as_deref()).collect();
        assert_eq!(titles, ["A & B", "&who;"]);
        let turned =
            list("<outline title='\u{202e}elif&#x1b;[2J\u{2066}s' xmlUrl='https://a.example/'/>");
        assert_eq!(turned.feeds[0].title.as_deref(), Some("elif[2Js"));
        assert_eq!(read.feeds[0].url, "https://a.example/?x=1&y=2");
        assert_eq!(read.notes.len(), 3, "{:?}", read.notes);
        assert!(read.notes[0].starts_with("line 5: \"gopher:"), "{:?}", read.notes);
        assert_eq!(read.notes[2], "3 feeds are listed more than once");
    }

    #[test]
    fn a_list_in_latin_1_and_in_utf_16() {
        let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><opml><body>\
            <outline text='Caf\xE9' xmlUrl='https://a.example/'/></body></opml>";
        assert_eq!(read(latin).unwrap().feeds[0].title.as_deref(), Some("Café"));
        let text = "<opml><outline text='Café' xmlUrl='https://a.example/'/></opml>";
        let mut wide = vec![0xFF, 0xFE];
        wide.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(read(&wide).unwrap().feeds[0].title.as_deref(), Some("Café"));
    }

    #[test]
    fn reports_what_is_there_instead_of_a_list() {
        assert!(refused("<rss version='2.0'/>").contains("`wirefold feed add`"));
        assert!(refused("\n\n<!doctype html><html>").starts_with("line 3: this is a web page"));
        assert!(refused("{\"feeds\": []}").contains("no <opml>"));
        assert!(refused("").contains("no <opml>"));
        assert!(refused("<opml><body>\n<outline <").starts_with("line 2: not XML"));
    }

    #[test]
    fn recognises_incomplete_lists() {
        for (text, is_whole) in [
            ("<opml><body><outline xmlUrl='https://a.example/'/></body></opml>", true),
            ("<OPML><body/></OPML >", true),
            ("<opml/>", true),
            ("<opml><body><outline xmlUrl='https://a.example/'/></body>", false),
            ("<opml><body><outline xmlUrl='https://a.example/'/>", false),
            ("</opml><opml>", false),
        ] {
            assert_eq!(read(text.as_bytes()).unwrap().is_whole, is_whole, "{text}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = "<outline text='a'>".repeat(1_000_000 / 18);
        let text = format!("<opml><body>{deep}");
        assert!(refused(&text).contains("more than 64 nested folders"), "{}", refused(&text));
        let feeds = "<outline text='a' xmlUrl='https://a.example/'>".repeat(MOST_DEPTH + 1);
        assert!(refused(&format!("<opml>{feeds}")).contains("more than 64 nested folders"));
    }

    #[test]
    fn size_is_bounded() {
        let large = format!("<opml>{}</opml>", " ".repeat(10 << 20));
        assert_eq!(refused(&large), "larger than 8 MiB, the limit for a list of feeds");
    }

    #[test]
    fn entities_are_not_expanded() {
        let bomb = "<!DOCTYPE opml [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;'>\
            <!ENTITY c SYSTEM 'file:///etc/hostname'>]>\
            <opml><outline text='&b;&c;' xmlUrl='https://a.example/'/></opml>";
        assert_eq!(read(bomb.as_bytes()).unwrap().feeds[0].title.as_deref(), Some("&b;&c;"));
    }

    #[test]
    fn a_flood_of_attributes_does_no_harm() {
        let many: String = (0..200_000).map(|number| format!(" a{number}='1'")).collect();
        let read = list(&format!("<outline xmlUrl='https://a.example/'{many}/>"));
        assert_eq!(read.feeds.len(), 1);
    }
}
