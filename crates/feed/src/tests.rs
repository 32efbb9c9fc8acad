//! Tests of whole feeds: those of this repository, those of other projects, and hostile ones.

use std::path::{Path, PathBuf};
use std::time::Duration;

use proptest::prelude::*;

use wirefold_proto::LanguageTag;

use super::{Feed, FeedError, Format, Item, MAX_ITEMS, document, parse};
use crate::html::tests::effort;

mod feedparser;
mod limits;

use feedparser::answer;

/// The address of all feeds in this file.
const BASE: &str = "https://harbour.example/news/feed.xml";

fn at(time: &str) -> Option<jiff::Timestamp> {
    Some(time.parse().unwrap())
}

fn read(text: &str) -> Feed {
    parse(text.as_bytes(), None, BASE).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The only item of a feed with `inside` in its item.
fn rss_item(inside: &str) -> Item {
    let feed = read(&format!(
        "<rss version='2.0'><channel><title>T</title><item>{inside}</item></channel></rss>"
    ));
    feed.items.into_iter().next().unwrap()
}

fn atom_entry(inside: &str) -> Item {
    let feed = read(&format!(
        "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='/b/'><entry>{inside}</entry></feed>"
    ));
    feed.items.into_iter().next().unwrap()
}

#[test]
fn rss_with_everything() {
    let feed = read(
        "<?xml version='1.0'?><rss version='2.0' xmlns:c='http://purl.org/rss/1.0/modules/content/'
           xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:media='http://search.yahoo.com/mrss/'>
         <channel><title>Harbour &amp; Sea</title><link>https://www.harbour.example/</link>
         <language>en-GB</language><ttl>15</ttl><image><title>Logo</title><link>/logo</link></image>
         <skipHours><hour>3</hour><hour>24</hour></skipHours>
         <skipDays><day>Sunday</day><day>saturday</day><day>someday</day></skipDays>
         <item><title>Ferry &lt;b&gt;late&lt;/b&gt; &amp;amp; wet</title><link>/ferry?a=1&amp;b=2</link>
         <guid isPermaLink='false'>f-1</guid><pubDate>Thu, 05 Mar 2026 14:00 GMT</pubDate>
         <dc:creator>Ann Lee</dc:creator><author>desk@harbour.example (Bo Ray)</author>
         <description>Short.</description><c:encoded><![CDATA[<p>Long one.</p><p>Two &eacute;.</p>]]></c:encoded>
         <source url='https://wire.example/rss'>The Wire</source>
         <enclosure url='/a.mp3' type='audio/mpeg' length='12'/>
         <media:content url='https://i.example/1.jpg' type='image/jpeg'><media:title>A boat</media:title></media:content>
         </item></channel></rss>",
    );
    assert_eq!(feed.title.as_deref(), Some("Harbour & Sea"));
    assert_eq!(feed.language.as_ref().map(LanguageTag::as_str), Some("en-gb"));
    assert_eq!(feed.ttl, Some(Duration::from_secs(900)));
    assert_eq!(feed.skip_hours, [0, 3]);
    assert_eq!(feed.skip_days, [5, 6]);
    assert_eq!(feed.problems, [""; 0]);
    let item = &feed.items[0];
    assert_eq!(item.title, "Ferry late & wet");
    assert_eq!(item.link.as_deref(), Some("https://www.harbour.example/ferry?a=1&b=2"));
    assert_eq!(item.guid.as_deref(), Some("f-1"));
    assert_eq!(item.published, at("2026-03-05T14:00:00Z"));
    assert_eq!(item.authors, ["Ann Lee", "Bo Ray"]);
    assert_eq!(item.teaser.as_deref(), Some("Short."));
    assert_eq!(item.text.as_deref(), Some("Long one.\n\nTwo é."));
    let source = item.source.as_ref().unwrap();
    assert_eq!(
        (source.name.as_str(), source.url.as_deref()),
        ("The Wire", Some("https://wire.example/rss"))
    );
    let media: Vec<_> = item.media.iter().map(|m| (m.url.as_str(), m.title.as_deref())).collect();
    let audio = "https://www.harbour.example/a.mp3";
    assert_eq!(media, [(audio, None), ("https://i.example/1.jpg", Some("A boat"))]);
    assert_eq!(item.media[0].bytes, Some(12));
}

#[test]
fn atom_texts_are_read_by_their_type() {
    let entry = atom_entry(
        "<title type='html'>5 &amp;lt; 7 &lt;i&gt;x&lt;/i&gt;</title><id>tag:a</id>
         <link rel='self' href='no'/><link href='yes'/><author><name>Ann</name><uri>u</uri></author>
         <summary type='text'>a &lt;b&gt; c</summary>
         <content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>One &lt; two</p>
         <p xml:lang='de'>three<br/>four</p></div></content>
         <published>2026-03-05T14:00:00Z</published><updated>2026-03-06T14:00:00Z</updated>
         <source><title>Wire</title><link rel='self' href='https://wire.example/f'/></source>",
    );
    assert_eq!(entry.title, "5 < 7 x");
    assert_eq!(entry.link.as_deref(), Some("https://harbour.example/b/yes"));
    assert_eq!(entry.teaser.as_deref(), Some("a <b> c"));
    assert_eq!(entry.text.as_deref(), Some("One < two\n\nthree\nfour"));
    assert_eq!(entry.authors, ["Ann"]);
    assert_eq!(entry.published, at("2026-03-05T14:00:00Z"));
    assert_eq!(entry.source.unwrap().name, "Wire");
    let both = atom_entry(
        "<title>t</title><content type='html'><div xmlns='http://www.w3.org/1999/xhtml'>One\
         &lt;p>two</div></content>",
    );
    assert_eq!(both.text.as_deref(), Some("One\n\ntwo"));
}

#[test]
fn json_feeds_are_read_without_insisting_on_types() {
    let feed = read(
        r#"{"version":"https://jsonfeed.org/version/1","title":"T","language":7,"author":"x",
            "items":[{"id":12,"url":"/a","content_text":"One.\n\nTwo.","authors":[{"name":"A"},null],
            "attachments":[{"url":"b.mp3","size_in_bytes":9}],"date_published":"2026-03-05T15:00:00+01:00",
            "tags":{"x":[[]]}}, 5, {"id":"2","content_html":"<p>x</p>","author":null}]}"#,
    );
    let first = &feed.items[0];
    assert_eq!(first.guid.as_deref(), Some("12"));
    assert_eq!(first.link.as_deref(), Some("https://harbour.example/a"));
    assert_eq!(first.text.as_deref(), Some("One.\n\nTwo."));
    assert_eq!(first.authors, ["A"]);
    assert_eq!(first.media[0].url, "https://harbour.example/news/b.mp3");
    assert_eq!(first.published, at("2026-03-05T14:00:00Z"));
    assert_eq!(feed.items[1].text.as_deref(), Some("x"));
}

#[test]
fn rdf_lists_its_items_beside_the_channel() {
    let feed = read(
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'
          xmlns:d='http://purl.org/dc/elements/1.1/'><channel rdf:about='x'><title>R</title></channel>
          <item rdf:about='https://a.example/1'><title>One</title><d:date>2026-03-05</d:date></item></rdf:RDF>",
    );
    assert_eq!(feed.title.as_deref(), Some("R"));
    assert_eq!(feed.items[0].link.as_deref(), Some("https://a.example/1"));
    assert!(feed.items[0].published.is_some());
}

#[test]
fn news_sitemaps_are_feeds() {
    let text = "<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'
        xmlns:n='http://www.google.com/schemas/sitemap-news/0.9'
        xmlns:image='http://www.google.com/schemas/sitemap-image/1.1'>
      <url><loc>https://harbour.example/ferry</loc><lastmod>2026-03-06</lastmod><n:news>
        <n:publication><n:name>The Ledger</n:name><n:language>en</n:language></n:publication>
        <n:publication_date>2026-03-05T14:00:00Z</n:publication_date><n:title>Ferry late</n:title>
        <n:keywords>ferry, fog</n:keywords></n:news>
        <image:image><image:loc>/ferry.jpg</image:loc></image:image></url></urlset>";
    let item = &read(text).items[0];
    assert_eq!(item.link.as_deref(), Some("https://harbour.example/ferry"));
    assert_eq!((item.title.as_str(), item.published), ("Ferry late", at("2026-03-05T14:00:00Z")));
    assert_eq!(
        (item.language.as_ref().map(LanguageTag::as_str), &item.source),
        (Some("en"), &None)
    );
    let document = document(text.as_bytes(), None, BASE).unwrap();
    assert_eq!(document.format, Format::SITEMAP);
    let words: Vec<_> = document.entries[0].categories.iter().map(|c| c.term.as_deref()).collect();
    assert_eq!(words, [Some("ferry"), Some("fog")]);
    let index = "<sitemapindex><sitemap><loc>/news.xml</loc></sitemap></sitemapindex>";
    let error = parse(index.as_bytes(), None, BASE).unwrap_err();
    let feeds = vec!["https://harbour.example/news.xml".to_owned()];
    assert_eq!(error, FeedError::NotAFeed { found: "a list of sitemaps".to_owned(), feeds });
}

#[test]
fn recognises_versions() {
    let check = |text: &str, expected: &str| {
        let found = document(text.as_bytes(), None, "").unwrap().format;
        assert_eq!(found.as_str(), expected, "{text}");
    };
    check("<rss/>", "rss");
    check("<rss version=' 2.0'></rss>", "rss20");
    check("<rss version='2.2'/>", "rss20");
    check("<rss version='0.92'/>", "rss092");
    check("<feed version='0.3' xmlns='http://purl.org/atom/ns#'/>", "atom03");
    check("<feed xmlns='http://www.w3.org/2005/Atom'/>", "atom10");
    check("{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[]}", "json11");
}

#[test]
fn answers_in_the_form_of_feedparser() {
    let text = "<!-- Header: Content-Location: https://a.example/x/\n Header: ETag: \"1\" -->
        <rss><item><link>y</link><description>a <b>c</b></description></item></rss>";
    let line: serde_json::Value = serde_json::from_str(&answer("p.xml", text.as_bytes())).unwrap();
    assert_eq!(
        (&line["p"], &line["ok"], &line["d"]["etag"]),
        (&"p.xml".into(), &true.into(), &"\"1\"".into())
    );
    assert_eq!(line["d"]["entries"][0]["link"], "https://a.example/x/y");
    assert_eq!(line["d"]["entries"][0]["summary"], "a <b>c</b>");
    let none: serde_json::Value = serde_json::from_str(&answer("q", b"hello")).unwrap();
    assert_eq!((&none["ok"], &none["d"]["bozo"]), (&false.into(), &1.into()));
}

#[test]
fn reads_sloppy_feeds() {
    assert_eq!(
        rss_item("<title>AT&T & Co &nbsp;&eacute; &nosuch;</title>").title,
        "AT&T & Co é &nosuch;"
    );
    assert_eq!(rss_item("<PubDate>x</PubDate><TITLE>T</title>").title, "T");
    assert_eq!(
        rss_item("<guid>https://a.example/1</guid>").link.as_deref(),
        Some("https://a.example/1")
    );
    assert_eq!(rss_item("<guid isPermaLink='false'>https://a.example/1</guid>").link, None);
    assert_eq!(rss_item("<link>javascript:alert(1)</link><title>x</title>").link, None);
    let item = rss_item("<description><p>One</p><p>two</description><title>T</title>");
    assert_eq!(item.teaser.as_deref(), Some("One\n\ntwo"));
    assert_eq!(item.title, "T");
    let sloppy = rss_item(&format!("<description>{}</description>", "<p>a<br>b".repeat(100)));
    assert_eq!(sloppy.text.unwrap().split("\n\n").count(), 100);
    assert_eq!(
        read("\n\nWarning: x\n<rss><channel><item><title>a</title></item></channel></rss>tail")
            .items
            .len(),
        1
    );
    assert_eq!(read("<channel><item><title>a</title></item></channel>").items.len(), 1);
    let warned = "<br />\n<b>Warning</b>: undefined in <b>/srv/feed.php</b> on line 3<br />\n\n\
        <?xml version='1.0'?>\n<rss><channel><item><title>a</title></item></channel></rss>";
    let feed = read(warned);
    assert_eq!((feed.items.len(), feed.items[0].title.as_str()), (1, "a"));
}

#[test]
fn skips_warnings_before_a_feed() {
    let feed = "<rss><channel><item><title>a</title></item></channel></rss>";
    for before in [
        "<?xml version='1.0'?>\n<br />\n<b>Notice</b>: Undefined index in <b>/srv/a.php</b> on line 3<br />\n",
        "<table class='xdebug-error'><tr><th>( ! )</th></tr></table>\n<?xml version='1.0'?>",
        "\u{feff}\n\n\u{feff}<?xml version='1.0'?>",
        "Warning: cannot modify header in /srv/a.php\n\n<?xml version='1.0'?>\n",
    ] {
        assert_eq!(read(&format!("{before}{feed}")).items[0].title, "a", "{before}");
    }
    let error = parse(b"<p>No feed <b>here</b></p>", None, BASE).unwrap_err();
    assert_eq!(
        error,
        FeedError::NotAFeed { found: "an XML document of <p>".to_owned(), feeds: vec![] }
    );
}

#[test]
fn files_that_are_no_text_are_named() {
    for (body, expected) in [
        (&b"BZh91AY&SY\x01\x02<a>"[..], "a compressed file (bzip2)"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "an image (PNG)"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "an image (JPEG)"),
        (b"%PDF-1.7", "a PDF document"),
    ] {
        let expected = FeedError::NotAFeed { found: expected.to_owned(), feeds: vec![] };
        assert_eq!(parse(body, None, "").unwrap_err(), expected);
    }
}

#[test]
fn reads_all_entries_without_a_feed() {
    let entry = |name: &str| format!("<entry><id>{name}</id><title>{name}</title></entry>");
    assert_eq!(read(&format!("{}\n{}", entry("a"), entry("b"))).items.len(), 2);
    let item = read("<item><title>a</title><link uri='/a'/></item>");
    assert_eq!(item.items[0].link.as_deref(), Some("https://harbour.example/a"));
    assert!(!item.is_broken);
}

#[test]
fn authors_of_an_atom_feed_are_those_of_its_entries() {
    let feed = |entry: &str| {
        read(&format!(
            "<feed xmlns='http://www.w3.org/2005/Atom'><author><name>Ann Lee</name></author>\
             <entry><title>a</title>{entry}</entry></feed>"
        ))
    };
    assert_eq!(feed("").items[0].authors, ["Ann Lee"]);
    assert_eq!(feed("<author><name>Bo Ray</name></author>").items[0].authors, ["Bo Ray"]);
    let outlet = "<feed><title>Ness Post</title><author><name>Ness Post</name></author><entry>\
                  <title>a</title></entry></feed>";
    assert!(read(outlet).items[0].authors.is_empty());
    let own = "<rss><channel><title>Ness Post</title><item><title>T</title><link>http://a.example/t</link>\
        <author>Ness Post</author><author>by Ann Lee</author></item></channel></rss>";
    assert_eq!(read(own).items[0].authors, ["Ann Lee"]);
    let of_source = "<source><author><name>Cy Orr</name></author><title>Wire</title></source>";
    assert_eq!(feed(of_source).items[0].authors, ["Cy Orr"]);
    let json = "{\"version\":\"https://jsonfeed.org/version/1.1\",\"authors\":[{\"name\":\"Ann\"}],\
                \"items\":[{\"id\":\"1\",\"title\":\"a\"}]}";
    assert_eq!(read(json).items[0].authors, ["Ann"]);
    let rss = "<rss><channel><managingEditor>a@b.example (Ed)</managingEditor><item><title>a</title>\
               </item></channel></rss>";
    assert!(read(rss).items[0].authors.is_empty());
}

#[test]
fn titles_are_found_where_they_are_written_oddly() {
    let coded = "RmVycnkgbGF0ZSBpbiB0aGUgZm9n";
    let image = "&lt;img src='/a.png' alt='Ferry late in the fog'&gt;";
    for title in [
        format!("<title mode='base64'>{coded}</title>"),
        format!("<title type='application/octet-stream'>{coded}</title>"),
        format!("<title encoding='base64'>{coded}</title>"),
        format!("<title>{coded}</title>"),
        "<title type='html/text'>Ferry &lt;i&gt;late&lt;/i&gt; in the fog</title>".to_owned(),
        "<title type='image/png'>Ferry late in the fog</title>".to_owned(),
        format!("<title>{image}</title>"),
        format!("<title type='html'>{image}</title>"),
        "<title><img src='/a.png' title='Ferry late in the fog'/></title>".to_owned(),
        "<title/><enclosure url='/a.mp3' title='Ferry late in the fog'/>".to_owned(),
        "<enclosure url='/a.mp3'><title>Ferry late in the fog</title></enclosure>".to_owned(),
        "<link rel='enclosure' href='/a.mp3' title='Ferry late in the fog'/>".to_owned(),
    ] {
        assert_eq!(rss_item(&title).title, "Ferry late in the fog", "{title}");
        assert_eq!(atom_entry(&title).title, "Ferry late in the fog", "{title}");
    }
    let both = "<enclosure url='/a.mp3'><title>Sound</title></enclosure><title>Ferry</title>";
    assert_eq!(rss_item(both).title, "Ferry");
    let guid = rss_item("<title></title><guid>https://a.example/1</guid>");
    assert_eq!(guid.link.as_deref(), Some("https://a.example/1"));
    assert_eq!(rss_item("<enclosure url='/a.png' type='image/png'/>").media.len(), 1);
}

#[test]
fn dates_are_read_by_the_feeds_language_and_its_other_dates() {
    let feed = |language: &str, dates: &[&str]| {
        let item = |date: &&str| format!("<item><title>a</title><pubDate>{date}</pubDate></item>");
        let items: String = dates.iter().map(item).collect();
        let head = format!("<language>{language}</language>");
        // A language after the items counts as well.
        let feed = read(&format!("<rss><channel>{items}{head}</channel></rss>"));
        let times: Vec<_> = feed.items.iter().map(|it| it.published).collect();
        (times, feed.problems)
    };
    let (january, february) = (at("2024-01-02T00:00:00Z"), at("2024-02-01T00:00:00Z"));
    assert_eq!(feed("fr", &["02/01/2024"]).0, [january]);
    assert_eq!(feed("en-us", &["02/01/2024"]).0, [february]);
    assert_eq!(feed("en", &["02/01/2024", "01/31/2024"]).0[0], february);
    assert_eq!(feed("fr", &["Mar, 05 Dec 2023 10:00:00 +0100"]).0, [at("2023-12-05T09:00:00Z")]);
    let (times, problems) = feed("fr", &["bientôt", "mar., 02 janv. 2024", "hier"]);
    assert_eq!(times, [None, january, None]);
    assert_eq!(problems, ["2 dates cannot be read, such as \"bientôt\""]);
}

#[test]
fn an_entry_alone_is_a_feed_of_one() {
    let feed = read(
        "<entry xmlns='http://www.w3.org/2005/Atom'><id>urn:1</id><title>a</title>\
         <link href='https://a.example/1'/><updated>2024-01-02T00:00:00Z</updated></entry>",
    );
    assert_eq!((feed.items.len(), feed.items[0].title.as_str()), (1, "a"));
    assert_eq!(feed.items[0].link.as_deref(), Some("https://a.example/1"));
}

#[test]
fn keeps_the_items_before_an_error() {
    let item = "<item><title>a</title></item>";
    let feed = read(&format!("<rss><channel>{item}{item}<item><title>cut"));
    assert_eq!(feed.items.len(), 2);
    assert!(feed.problems[0].contains("2 items"), "{:?}", feed.problems);
    let many = read(&format!("<rss><channel>{}</channel></rss>", item.repeat(MAX_ITEMS + 1)));
    assert_eq!((many.items.len(), many.problems.len()), (MAX_ITEMS, 1));
    let exact = read(&format!("<rss><channel>{}</channel></rss>", item.repeat(MAX_ITEMS)));
    assert_eq!((exact.items.len(), exact.problems.len()), (MAX_ITEMS, 0));
    let json = r#"{"version":"https://jsonfeed.org/version/1","items":[{"id":"1","title":"a}"},{"id":"2","ti"#;
    let salvaged = read(json);
    assert_eq!((salvaged.items.len(), salvaged.items[0].title.as_str()), (1, "a}"));
    assert_eq!(salvaged.problems.len(), 1);
}

#[test]
fn describes_documents_that_are_not_feeds() {
    let error = |text: &str| parse(text.as_bytes(), None, BASE).unwrap_err();
    let not = |found: &str| FeedError::NotAFeed { found: found.to_owned(), feeds: Vec::new() };
    assert_eq!(error(" \n\u{feff}"), FeedError::Empty);
    assert_eq!(error("hello"), not("plain text"));
    assert_eq!(error("[1]"), not("a JSON list"));
    assert_eq!(error("{\"a\":1}"), not("a JSON document"));
    assert_eq!(error("<opml/>"), not("an OPML list of feeds"));
    assert_eq!(error("<urlset></urlset>"), not("a sitemap without news"));
    let page = "<!-- x --><!DOCTYPE html><html><link rel=alternate type='application/rss+xml'
                href='../rss'><link rel=stylesheet href=x>";
    let feeds = vec!["https://harbour.example/rss".to_owned()];
    assert_eq!(error(page), FeedError::NotAFeed { found: "an HTML page".to_owned(), feeds });
    assert!(matches!(error("junk <html><body>x"), FeedError::NotAFeed { .. }));
    assert!(matches!(error("<rss><channel><title>cut"), FeedError::Broken { at_byte: 24, .. }));
    assert!(matches!(error("{\"version\": x"), FeedError::Broken { .. }));
    assert_eq!(error(&format!("<rss><channel>{}", "<a>".repeat(100))), FeedError::TooDeep);
    assert_eq!(error(&format!("{{\"items\":{}", "[".repeat(100))), FeedError::TooDeep);
}

#[test]
fn entity_bombs_have_no_effect() {
    let laughs =
        "<!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'><!ENTITY c SYSTEM 'file:///etc/passwd'>]>
                  <rss><channel><item><title>&b;&c;</title></item></channel></rss>";
    assert_eq!(read(laughs).items[0].title, "&b;&c;");
    let names = |unit: &dyn Fn(usize) -> String| (0..80_000).map(unit).collect::<String>();
    for attributes in [names(&|n| format!(" a{n}='x'")), names(&|n| format!(" xmlns:n{n}='x'"))] {
        let _ = within_a_second(
            format!("<rss><channel><item{attributes}><title>a</title></item></channel></rss>")
                .as_bytes(),
        );
    }
    let _ = within_a_second("<rss><channel><item>".repeat(50_000).as_bytes());
    let long = "x".repeat(1_000_000);
    let entry = "<entry><title>a</title><link href='b'/><summary>c</summary></entry>";
    let entries = entry.repeat(MAX_ITEMS);
    let feed = format!("<feed xml:base='https://a.example/{long}/' xml:lang='{long}'>{entries}");
    let items = within_a_second(feed.as_bytes()).unwrap().items;
    assert_eq!(items[0].link.as_deref(), Some("https://harbour.example/news/b"));
    let references = "&x;".repeat(100_000);
    let _ = within_a_second(format!("<!DOCTYPE {long}><rss>{references}").as_bytes());
    let _ = within_a_second(
        format!("<rss><channel><item><title>{}", "<![CDATA[x]]>&amp;".repeat(50_000)).as_bytes(),
    );
}

/// Parses on the small stack of a thread.
fn within_a_second(bytes: &[u8]) -> Result<Feed, FeedError> {
    let bytes = bytes.to_vec();
    let size = bytes.len();
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    let parsing = move || (parse(&bytes, None, BASE), effort());
    let (parsed, took) = thread.spawn(parsing).unwrap().join().unwrap();
    assert!(took < Duration::from_secs(2), "{took:?} for {size} bytes");
    parsed
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// A folder of `../shared/suites`. `None` if it is absent: then the test reports it.
fn suite(name: &str) -> Option<PathBuf> {
    let suite = PathBuf::from("../../../shared/suites").join(name);
    if !suite.is_dir() {
        eprintln!("SKIPPED: ../shared/suites/{name} is absent");
        return None;
    }
    Some(suite)
}

#[test]
fn hostile_feeds_give_a_result_in_time() {
    for path in suite("hostile-feeds").iter().flat_map(|suite| files(suite)) {
        let answer = within_a_second(&std::fs::read(&path).unwrap());
        let said = answer.map(|feed| feed.items.len());
        eprintln!("{}: {said:?}", path.display());
    }
}

#[test]
fn reads_the_feeds_of_other_projects() {
    let Some(suite) = suite("feedparser/tests") else {
        return;
    };
    let (mut all, mut good, mut told) = (0, 0, 0);
    for path in files(&suite).iter().filter(|path| path.extension().is_some_and(|e| e == "xml")) {
        let is_well = path.components().any(|part| part.as_os_str() == "wellformed");
        let answer = within_a_second(&std::fs::read(path).unwrap());
        if is_well {
            all += 1;
            good += usize::from(answer.is_ok());
            if let Err(error) = answer
                && told < 20
            {
                told += 1;
                eprintln!("{}: {error}", path.display());
            }
        }
    }
    eprintln!("{good} of {all} well-formed feeds were read");
    assert!(good * 100 >= all * 95, "{good} of {all}");
}

#[test]
fn our_own_feeds_give_their_articles() {
    let seeds = PathBuf::from("../../seeds");
    let lines = std::fs::read_to_string(seeds.join("articles.jsonl")).unwrap();
    let articles: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut count = 0;
    for path in files(&seeds.join("feeds")) {
        let feed = parse(&std::fs::read(&path).unwrap(), None, BASE).unwrap();
        assert_eq!(feed.problems, [""; 0]);
        for item in feed.items {
            count += 1;
            let newest = articles.iter().rev();
            let url = item.link.as_deref().unwrap();
            let article = newest.into_iter().find(|article| article["url"] == url).unwrap();
            assert_eq!(article["title"], item.title.as_str());
            assert_eq!(article["author"].as_str(), item.authors.first().map(String::as_str));
            assert_eq!(item.published, at(article["published"].as_str().unwrap()));
            let language = item.language.as_ref().or(feed.language.as_ref()).unwrap();
            assert_eq!(article["lang"].as_str().unwrap().to_lowercase(), language.as_str());
            let text = item.text.or(item.teaser).unwrap_or_else(|| panic!("no text: {url}"));
            assert_eq!(words(&text), words(article["text"].as_str().unwrap()), "{url}");
        }
    }
    assert_eq!(count, 77);
}

proptest! {
    #[test]
    fn accepts_any_bytes(bytes: Vec<u8>) {
        let _ = parse(&bytes, None, BASE);
        let _ = answer("p", &bytes);
    }

    #[test]
    fn accepts_any_tags(
        text in "(<rss>|<feed>|<item>|</item>|<entry>|<title>|</title>|<link href='a'/>|<a:b c=|<!\\[CDATA\\[|\\]\\]>|<!--|&|&amp;|'|>|<|x|<\\?xml |\\?>|<!DOCTYPE |\\[){0,40}",
    ) {
        let _ = parse(format!("<rss>{text}").as_bytes(), None, BASE);
        let _ = answer("p", format!("<feed>{text}").as_bytes());
        let _ = parse(text.as_bytes(), Some("text/xml; charset=utf-16"), BASE);
    }

    #[test]
    fn accepts_any_json(text in "([{}\\[\\],:0-9n]|\"items\":|\"id\"|\"version\":\"https://jsonfeed.org\"){0,30}") {
        let _ = parse(format!("{{{text}").as_bytes(), None, BASE);
    }
}
