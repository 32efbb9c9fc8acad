//! Hostile answers to a fetcher. Sources: `../shared/research/reliability.md`, 1.4.

use std::io::Write as _;

use anyhow::Context;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::tree;

/// A step with a connection. After the last one it is closed.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Send(Vec<u8>),
    /// These bytes again and again, until the client closes.
    Repeat(Vec<u8>),
    /// A byte at each beat, for as long as the client waits.
    Drip,
    /// Nothing more.
    Hang,
}

/// An attack: the answer at the address of a feed, and at that of its page if the attack is about pages.
pub(super) struct Attack {
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) feed: Vec<Step>,
    pub(super) page: Option<Vec<Step>>,
}

pub(super) const SUITE: &str = "feeds of the suite";
pub(super) const FEEDS: &str = "bombs as feeds";
pub(super) const PAGES: &str = "bombs as pages";
pub(super) const ANSWERS: &str = "bombs as answers";
pub(super) const ENDLESS: &str = "answers without end";
pub(super) const KINDS: [&str; 5] = [SUITE, FEEDS, PAGES, ANSWERS, ENDLESS];

/// All attacks.
pub(super) fn all() -> anyhow::Result<Vec<Attack>> {
    let mut attacks = suite()?;
    let feed = |(name, body): (&str, Vec<u8>)| of(FEEDS, name, ok("", &body));
    attacks.extend(feeds().into_iter().map(feed));
    let page = |(name, body): (&str, Vec<u8>)| {
        let page = Some(ok("Content-Type: text/html\r\n", &body));
        Attack { page, ..of(PAGES, name, ok("", TEASER.as_bytes())) }
    };
    attacks.extend(pages().into_iter().map(page));
    attacks.extend(answers()?);
    attacks.extend(endless());
    Ok(attacks)
}

fn of(kind: &'static str, name: &str, feed: Vec<Step>) -> Attack {
    Attack { kind, name: name.to_owned(), feed, page: None }
}

fn ok(headers: &str, body: &[u8]) -> Vec<Step> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    vec![Step::Send([head.as_bytes(), body].concat())]
}

/// A feed with one item whose text is on its page.
const TEASER: &str = "<rss><channel><title>Paper</title><item><guid>1</guid><link>/page</link>\
    <title>Boat leaves</title><description>More on the page.</description></item></channel></rss>";

const ITEM: &str = "<item><guid>1</guid><title>Boat</title></item>";

fn suite() -> anyhow::Result<Vec<Attack>> {
    let folder = tree::root().join("../shared/suites/hostile-feeds");
    let files = std::fs::read_dir(&folder).with_context(|| format!("read {}", folder.display()))?;
    let mut files: Vec<_> = files.collect::<Result<_, _>>()?;
    files.sort_by_key(std::fs::DirEntry::file_name);
    let attack = |file: &std::fs::DirEntry| {
        let name = file.file_name().to_string_lossy().into_owned();
        Ok(of(SUITE, &name, ok("", &std::fs::read(file.path())?)))
    };
    files.iter().map(attack).collect()
}

fn feeds() -> Vec<(&'static str, Vec<u8>)> {
    let around = |inside: String| format!("<rss><channel>{inside}{ITEM}</channel></rss>");
    let latin = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>";
    let utf8 = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    let plain = around(String::new());
    let times = |unit: &str, count: usize| unit.repeat(count);
    let spaces: String =
        (0..200_000).map(|number| format!(" xmlns:a{number}='http://a.example/'")).collect();
    let laughs = "<?xml version=\"1.0\"?><!DOCTYPE r [<!ENTITY a \"haha\">\
        <!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">\
        <!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\">]>";
    let file = "<?xml version=\"1.0\"?><!DOCTYPE r [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>";
    let items: String =
        (0..100_000).map(|number| format!("<item><guid>{number}</guid></item>")).collect();
    let documents = [
        ("blank lines, then a declaration", times("\n", 5_000) + latin + &plain),
        ("a comment, then a declaration", format!("<!--{}-->{latin}{plain}", times("x", 100_000))),
        ("two declarations", format!("{utf8}{latin}{plain}")),
        ("a declaration in a text", around(format!("<title>{latin}</title>"))),
        ("media in media", around(times("<media:content>", 3_000))),
        ("elements in elements", around(times("<a>", 500_000))),
        (
            "80,000 attributes",
            format!("<rss><channel><item {}/>{ITEM}</channel></rss>", times("a='1' ", 80_000)),
        ),
        ("200,000 name spaces", format!("<rss{spaces}><channel>{ITEM}</channel></rss>")),
        (
            "a billion laughs",
            format!(
                "{laughs}<rss><channel><title>{}</title>{ITEM}</channel></rss>",
                times("&d;", 1_000)
            ),
        ),
        (
            "a file as an entity",
            format!("{file}<rss><channel><title>&a;</title>{ITEM}</channel></rss>"),
        ),
        ("100,000 items", around(items)),
        (
            "a date of parentheses",
            around(format!("<item><pubDate>{}</pubDate></item>", times("(", 100_000))),
        ),
        (
            "a title of five megabytes",
            around(format!("<item><title>{}</title></item>", times("boat ", 1_000_000))),
        ),
        (
            "a million entities",
            around(format!("<item><title>{}</title></item>", times("&amp;", 1_000_000))),
        ),
        ("100,000 links", around(format!("<item>{}</item>", times("<link>/a</link>", 100_000)))),
        ("sections without end", around(times("<![CDATA[", 100_000))),
        (
            "markup in a text",
            around(format!(
                "<item><description>{}</description></item>",
                times("&lt;div&gt;", 200_000)
            )),
        ),
        (
            "lists in JSON",
            format!(
                "{{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":{}",
                times("[", 500_000)
            ),
        ),
    ];
    documents.map(|(name, document)| (name, document.into_bytes())).into()
}

fn pages() -> Vec<(&'static str, Vec<u8>)> {
    let times = |unit: &str, count: usize| unit.repeat(count);
    let body = |inside: String| {
        format!("<!doctype html><title>Boat</title><body><article><h1>Boat</h1>{inside}")
    };
    let sentence = "The boat left the quay four hours late, for fog had closed the harbour. ";
    let paragraph = format!("<p>{sentence}{sentence}</p>");
    let documents = [
        ("div 1,000 deep", body(times("<div>", 1_000))),
        ("div 10,000 deep", body(times("<div>", 10_000))),
        ("div 100,000 deep", body(times("<div>", 100_000))),
        ("tables 10,000 deep", body(times("<table><tr><td>x<p>", 10_000))),
        ("svg 20,000 deep", body(times("<svg><desc>", 20_000))),
        ("50,000 attributes", body(format!("<p {}>x", times("a=1 ", 50_000)))),
        ("a million entities", body(format!("<p>{}", times("&amp;", 1_000_000)))),
        ("100,000 paragraphs", body(times("<p>Boats left.</p>", 100_000))),
        ("25,000 long paragraphs", body(times(&paragraph, 25_000))),
        ("formatting left open", body(times("<b><i><p>x", 20_000))),
        ("links left open", body(times("<a href=/>x", 50_000))),
        ("lists left open", body(times("<ul><li>x", 20_000))),
        ("100,000 list items", body(times("<li>x", 100_000))),
        ("spans side by side", body(format!("<p>{}", times("<span>boat</span>", 100_000)))),
        ("a script without end", body(format!("<script>{}", times("<div>", 100_000)))),
        (
            "data 100,000 deep",
            body(format!("<script type=application/ld+json>{}</script>", times("[", 100_000))),
        ),
        ("a class of a megabyte", body(format!("<p class='{}'>x", times("boat ", 200_000)))),
        ("tables in a row", body(times("<table><tr><td>x</table>", 50_000))),
        ("noise", times("\u{1}<\u{fffd}&#x0;", 200_000)),
    ];
    documents.map(|(name, document)| (name, document.into_bytes())).into()
}

fn answers() -> anyhow::Result<Vec<Attack>> {
    let feed = TEASER.as_bytes();
    let bomb = gzip(&vec![b' '; 200_000_000])?;
    let half = gzip(feed)?[..20].to_vec();
    let encoded = |name: &str, encoding: &str, body: &[u8]| {
        of(ANSWERS, name, ok(&format!("Content-Encoding: {encoding}\r\n"), body))
    };
    let raw =
        |name: &str, head: &str| of(ANSWERS, name, vec![Step::Send(head.as_bytes().to_vec())]);
    Ok(vec![
        encoded("200 MB in a gzip", "gzip", &bomb),
        encoded("a gzip in a gzip", "gzip, gzip", &gzip(&bomb)?),
        encoded("half a gzip", "gzip", &half),
        encoded("no brotli", "br", feed),
        of(ANSWERS, "12 MB", ok("", &vec![b' '; 12_000_000])),
        raw(
            "a length of a terabyte",
            "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n<rss>",
        ),
        raw("broken chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        raw("a loop", "HTTP/1.1 301 Moved\r\nLocation: /feed\r\nContent-Length: 0\r\n\r\n"),
        raw(
            "to the metadata of a cloud",
            "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n",
        ),
    ])
}

fn endless() -> Vec<Attack> {
    let head = || Step::Send(b"HTTP/1.1 200 OK\r\n\r\n".to_vec());
    let begun = || Step::Send(b"HTTP/1.1 200 OK\r\nX: ".to_vec());
    let steps: [(&str, Vec<Step>); 6] = [
        ("nothing", vec![Step::Hang]),
        ("a head, then nothing", vec![head(), Step::Hang]),
        ("a head byte by byte", vec![begun(), Step::Drip]),
        ("a body byte by byte", vec![head(), Step::Drip]),
        ("a header", vec![begun(), Step::Repeat(vec![b'y'; 4096])]),
        ("a body", vec![head(), Step::Repeat(vec![b' '; 65_536])]),
    ];
    steps.into_iter().map(|(name, steps)| of(ENDLESS, name, steps)).collect()
}

fn gzip(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}
