//! Writes a list of feeds.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use quick_xml::escape::escape;
use wirefold_proto::FullText;

use super::{NAMESPACE, OpmlFeed};

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
