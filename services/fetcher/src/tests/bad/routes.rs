//! One route for each kind of answer that is not a good feed, with the expected outcome.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use wirefold_proto::FeedFinding::{
    self, Blocked, Broken, ChangingIds, Truncated, Undated, Unreachable, UnreadDates,
};

use super::server::Step::{self, Drip, Hang, Repeat, Send};
use crate::tests::feeds::{Entry, entry, rss};

/// The expected outcome of a poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expected {
    /// This many articles, without a finding.
    Read(u64),
    /// This many articles, with a finding.
    Odd(u64, FeedFinding),
    /// A failure of this kind.
    Fails(FeedFinding),
    /// The feed is no longer polled.
    Gone,
}

use Expected::{Fails, Gone, Odd, Read};

pub(super) struct Route {
    pub(super) name: &'static str,
    pub(super) steps: Vec<Step>,
    pub(super) expected: Expected,
}

fn route(name: &'static str, steps: Vec<Step>, expected: Expected) -> Route {
    Route { name, steps, expected }
}

/// An answer with this status, these headers, and this body with its length.
fn response(status: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Vec<Step> {
    let length = format!("Content-Length: {}", body.as_ref().len());
    let headers = [headers, &[&length, "Connection: close"]].concat().join("\r\n");
    let head = format!("HTTP/1.1 {status}\r\n{headers}\r\n\r\n");
    vec![Send([head.as_bytes(), body.as_ref()].concat())]
}

fn ok(headers: &[&str], body: impl AsRef<[u8]>) -> Vec<Step> {
    response("200 OK", headers, body)
}

fn feed() -> String {
    rss(&[entry("second", 100), entry("first", 100)])
}

fn redirect(status: &str, place: &str) -> Vec<Step> {
    response(status, &[&format!("Location: {place}")], "")
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn all_routes() -> Vec<Route> {
    let mut routes = heads();
    routes.extend(documents());
    routes.extend(hostile_documents());
    routes.extend(statuses());
    routes.extend(redirects());
    routes.extend(connections());
    routes.extend(bodies());
    routes
}

/// Feeds behind unusual heads.
fn heads() -> Vec<Route> {
    let body = feed();
    let later = "Sun, 01 Mar 2026 11:38:12 GMT";
    vec![
        route("plain", ok(&[], &body), Read(2)),
        route("etag", ok(&["ETag: \"1\""], &body), Read(2)),
        route("weak-etag", ok(&["ETag: W/\"1\""], &body), Read(2)),
        route("bare-etag", ok(&["ETag: 5f-a1"], &body), Read(2)),
        route("last-modified", ok(&[&format!("Last-Modified: {later}")], &body), Read(2)),
        route("date-of-2041", ok(&["Last-Modified: Fri, 01 Jan 2041 00:00:00 GMT"], &body), Read(2)),
        route("no-type", ok(&[], &body), Read(2)),
        route("html-type", ok(&["Content-Type: text/html"], &body), Read(2)),
        route("binary-type", ok(&["Content-Type: application/octet-stream"], &body), Read(2)),
        route("odd-type", ok(&["Content-Type: ;;charset=\"x"], &body), Read(2)),
        route("cookie", ok(&["Set-Cookie: id=1", "Set-Cookie: b=2; Path=/"], &body), Read(2)),
        route("fresh", ok(&["Cache-Control: max-age=3600"], &body), Read(2)),
        route("fresh-for-a-month", ok(&["Cache-Control: max-age=2592000"], &body), Read(2)),
        route("patience", ok(&["Retry-After: 3600"], &body), Read(2)),
        route("expires-0", ok(&["Expires: 0", "ETag: \"0\""], &body), Read(2)),
        route("hub", ok(&["Link: </hub>; rel=\"hub\""], &body), Read(2)),
        route("gzip", ok(&["Content-Encoding: gzip"], gzip(body.as_bytes())), Read(2)),
        route("lower-case", ok(&["content-encoding: GZIP"], gzip(body.as_bytes())), Read(2)),
        route("no-length", vec![Send(format!("HTTP/1.1 200 OK\r\n\r\n{body}").into())], Read(2)),
        route("http-1.0", vec![Send(format!("HTTP/1.0 200 OK\r\n\r\n{body}").into())], Read(2)),
        route(
            "chunked",
            vec![Send(
                format!(
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
                    body.len()
                )
                .into(),
            )],
            Read(2),
        ),
        route("203", response("203 Non-Authoritative", &[], &body), Read(2)),
    ]
}

/// An item with several sloppy parts.
const ITEM: &str = "<item><title>Boat & quay &nbsp;&eacute;</title><pubDate>Sat, 28 Feb 2026 10:00:00 GMT</pubDate></item>";

/// Documents that are sloppy, old or truncated.
fn documents() -> Vec<Route> {
    let body = feed();
    let rest = body.split_once("?>").map_or("", |(_, rest)| rest);
    let utf16: Vec<u8> =
        "\u{feff}".encode_utf16().chain(rest.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let without = |entry: Entry| Entry { guid: String::new(), ..entry };
    let same = |entry: Entry| Entry { guid: "same".to_owned(), ..entry };
    let linked =
        |name: &str| Entry { link: Some(format!("http://a.example/{name}")), ..entry(name, 90) };
    let undated = |name: &str| Entry { date: None, ..entry(name, 90) };
    let cut = &body[..body.len() - 150];
    let many =
        |count: usize| rss(&(0..count).map(|n| entry(&format!("n{n}"), 3)).collect::<Vec<_>>());
    let doc =
        |name, given: &dyn AsRef<[u8]>, expected| route(name, ok(&[], given.as_ref()), expected);
    vec![
        doc("byte-order-mark", &format!("\u{feff}{body}"), Read(2)),
        doc("utf-16", &utf16, Read(2)),
        doc("blank-lines-first", &format!("{}{body}", "\n".repeat(60)), Read(2)),
        doc("junk-first", &format!("<!-- cached -->\n\n{body}"), Read(2)),
        doc("two-declarations", &format!("<?xml version='1.0'?>{body}"), Read(2)),
        doc("no-version", &format!("<rss><channel>{ITEM}</channel></rss>"), Read(1)),
        doc(
            "odd-version",
            &format!("<rss version=' 2.2'><channel>{ITEM}</channel></rss>"),
            Read(1),
        ),
        doc(
            "one-guid-for-all",
            &rss(&[same(linked("a")), same(linked("b")), same(linked("c"))]),
            Odd(3, ChangingIds),
        ),
        doc("no-guid", &rss(&[without(linked("a")), without(linked("b"))]), Read(2)),
        doc("the-same-item-twice", &rss(&[entry("a", 90), entry("a", 90)]), Read(1)),
        doc("no-dates", &rss(&[undated("a"), undated("b")]), Odd(2, Undated)),
        doc(
            "unread-date",
            &format!(
                "<rss><channel>{ITEM}<item><title>Fog</title><pubDate>soon</pubDate></item></channel></rss>"
            ),
            Odd(2, UnreadDates),
        ),
        doc("cut", &cut, Odd(1, Truncated)),
        doc("no-items", &rss(&[]), Read(0)),
        doc("2000-items", &many(2000), Read(1000)),
        doc("50000-items", &many(50_000), Read(1000)),
        doc("ttl", &body.replace("<channel>", "<channel><ttl>1440</ttl>"), Read(2)),
        doc(
            "skip-all-hours",
            &body.replace(
                "<channel>",
                &format!(
                    "<channel><skipHours>{}</skipHours>",
                    (0..24).map(|h| format!("<hour>{h}</hour>")).collect::<String>()
                ),
            ),
            Read(2),
        ),
        doc(
            "atom-0.3",
            &"<feed version='0.3' xmlns='http://purl.org/atom/ns#'><entry><id>1</id><title>A</title><issued>2026-02-28T10:00:00Z</issued></entry></feed>",
            Read(1),
        ),
        doc(
            "rdf",
            &"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/' xmlns:dc='http://purl.org/dc/elements/1.1/'><item rdf:about='http://a.example/1'><title>A</title><dc:date>2026-02-28</dc:date></item></rdf:RDF>",
            Read(1),
        ),
        doc(
            "json-feed",
            &r#"{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1","title":"A","date_published":"2026-02-28T10:00:00Z"}]}"#,
            Read(1),
        ),
    ]
}

/// Documents that attack their reader.
fn hostile_documents() -> Vec<Route> {
    let laughs = format!(
        "<?xml version=\"1.0\"?><!DOCTYPE r [<!ENTITY a \"{}\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">\
         <!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]><rss><channel>{ITEM}<item><title>&c;</title>\
         </item></channel></rss>",
        "ha".repeat(50)
    );
    let file = "<?xml version=\"1.0\"?><!DOCTYPE r [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>\
                <rss><channel><item><title>&a; x</title><pubDate>Sat, 28 Feb 2026 10:00:00 GMT</pubDate></item></channel></rss>";
    let deep = format!("<rss><channel>{}{ITEM}</channel></rss>", "<a>".repeat(100_000));
    let flooded =
        format!("<rss><channel><item {}/>{ITEM}</channel></rss>", "a='1' ".repeat(50_000));
    let doc = |name, body: &str, expected| route(name, ok(&[], body), expected);
    vec![
        doc("laughs", &laughs, Read(2)),
        doc("file-entity", file, Read(1)),
        doc("deep", &deep, Fails(Broken)),
        doc("attributes", &flooded, Read(1)),
    ]
}

fn statuses() -> Vec<Route> {
    let html = "Content-Type: text/html";
    let challenge = "<!doctype html><title>Just a moment...</title>";
    let login = "<!doctype html><form><input type=\"password\"></form>";
    let page = "<!doctype html><title>Harbour</title><link rel=alternate type='application/rss+xml' href='/feed'>";
    vec![
        route("304-unasked", response("304 Not Modified", &[], ""), Fails(Broken)),
        route("204", response("204 No Content", &[], ""), Fails(Broken)),
        route(
            "401",
            response("401 Unauthorized", &["WWW-Authenticate: Basic"], ""),
            Fails(Blocked),
        ),
        route("403", response("403 Forbidden", &[], ""), Fails(Blocked)),
        route(
            "403-challenge",
            response("403 Forbidden", &["cf-mitigated: challenge", html], challenge),
            Fails(Blocked),
        ),
        route("503-challenge", response("503 Unavailable", &[html], challenge), Fails(Blocked)),
        route("200-challenge", ok(&[html], challenge), Fails(Blocked)),
        route("200-login", ok(&[html], login), Fails(Blocked)),
        route("200-page", ok(&[html], page), Fails(Broken)),
        route("404", response("404 Not Found", &[html], page), Fails(Broken)),
        route("410", response("410 Gone", &[], ""), Gone),
        route("418", response("418 Teapot", &[], ""), Fails(Broken)),
        route("429", response("429 Slow", &["Retry-After: 1800"], ""), Fails(Unreachable)),
        route(
            "429-by-date",
            response("429 Slow", &["Retry-After: Sun, 01 Mar 2037 12:00:00 GMT"], ""),
            Fails(Unreachable),
        ),
        route("451", response("451 Legal", &[], ""), Fails(Blocked)),
        route("500", response("500 Error", &[], ""), Fails(Unreachable)),
        route("500-with-a-feed", response("500 Error", &[], feed()), Fails(Unreachable)),
        route(
            "503-for-a-day",
            response("503 Unavailable", &["Retry-After: 86400"], ""),
            Fails(Unreachable),
        ),
        route("999", response("999 Denied", &[], ""), Fails(Broken)),
    ]
}

fn redirects() -> Vec<Route> {
    vec![
        route("301", redirect("301 Moved", "/then/feed"), Read(2)),
        route("302", redirect("302 Found", "/then/feed"), Read(2)),
        route("303", redirect("303 Other", "then/feed"), Read(2)),
        route("307", redirect("307 Temporary", "//HOST/then/feed"), Read(2)),
        route("308", redirect("308 Permanent", "/then/feed#top"), Read(2)),
        route("loop", redirect("301 Moved", "/loop"), Fails(Broken)),
        route("no-place", response("301 Moved", &[], ""), Fails(Broken)),
        route("no-address", redirect("302 Found", "http://[bad"), Fails(Unreachable)),
        route("to-a-file", redirect("302 Found", "file:///etc/passwd"), Fails(Broken)),
        route("to-a-private-address", redirect("302 Found", "http://10.0.0.1/"), Fails(Broken)),
        route("to-metadata", redirect("302 Found", "http://0xa9fea9fe/latest/"), Fails(Broken)),
        route("to-another-port", redirect("302 Found", "http://1.1.1.1:22/"), Fails(Broken)),
        route("with-a-user", redirect("302 Found", "http://a:b@HOST/then/feed"), Fails(Broken)),
        route(
            "to-tls-where-none-is",
            redirect("301 Moved", "https://HOST/then/feed"),
            Fails(Unreachable),
        ),
        route("to-a-page", redirect("302 Found", "/then/page"), Fails(Broken)),
    ]
}

fn connections() -> Vec<Route> {
    let head = |headers: &str| Send(format!("HTTP/1.1 200 OK\r\n{headers}\r\n").into());
    let body = feed();
    vec![
        route("closes", vec![], Fails(Unreachable)),
        route("hangs", vec![Hang], Fails(Unreachable)),
        route("hangs-after-its-head", vec![head(""), Hang], Fails(Unreachable)),
        route("drips", vec![head("Content-Length: 100000\r\n"), Drip], Fails(Unreachable)),
        route(
            "drips-its-head",
            vec![Send(b"HTTP/1.1 200 OK\r\nX:".to_vec()), Drip],
            Fails(Unreachable),
        ),
        route(
            "another-protocol",
            vec![Send(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec())],
            Fails(Unreachable),
        ),
        route(
            "headers-without-end",
            vec![
                Send(b"HTTP/1.1 200 OK\r\n".to_vec()),
                Repeat(b"X: yyyyyyyyyyyyyyyy\r\n".to_vec()),
            ],
            Fails(Unreachable),
        ),
        route(
            "one-endless-header",
            vec![Send(b"HTTP/1.1 200 OK\r\nX: ".to_vec()), Repeat(vec![b'y'; 4096])],
            Fails(Unreachable),
        ),
        route(
            "longer-than-it-is",
            vec![
                head(&format!("Content-Length: {}\r\n", body.len() + 1)),
                Send(body.clone().into()),
            ],
            Fails(Unreachable),
        ),
        route(
            "shorter-than-it-is",
            vec![
                head(&format!("Content-Length: {}\r\n", body.len() - 150)),
                Send(body.clone().into()),
            ],
            Odd(1, Truncated),
        ),
        route(
            "two-lengths",
            vec![head("Content-Length: 5\r\nContent-Length: 6\r\n"), Send(body.into())],
            Fails(Unreachable),
        ),
        route(
            "broken-chunks",
            vec![head("Transfer-Encoding: chunked\r\n"), Send(b"zz\r\n".to_vec())],
            Fails(Unreachable),
        ),
        route("zero-bytes", vec![Send(vec![0; 100])], Fails(Unreachable)),
    ]
}

fn bodies() -> Vec<Route> {
    let endless = |headers: &str, piece: &[u8]| {
        let head = format!("HTTP/1.1 200 OK\r\n{headers}\r\n");
        vec![Send(head.into()), Repeat(piece.to_vec())]
    };
    let mut half = gzip(feed().as_bytes());
    half.truncate(half.len() / 2);
    let encoded = |name: &str, body: &[u8]| ok(&[&format!("Content-Encoding: {name}")], body);
    let zeros = vec![b' '; 12_000_000];
    vec![
        route("empty", ok(&[], ""), Fails(Broken)),
        route("white-space", ok(&[], " \n \n"), Fails(Broken)),
        route("huge", ok(&[], &zeros), Fails(Broken)),
        route("says-to-be-huge", endless("Content-Length: 99999999999\r\n", b" "), Fails(Broken)),
        route("endless", endless("", &[b' '; 65_536]), Fails(Broken)),
        route("gzip-bomb", encoded("gzip", &gzip(&zeros)), Fails(Broken)),
        route("gzip-of-gzip", encoded("gzip, gzip", &gzip(&gzip(feed().as_bytes()))), Read(2)),
        route("half-a-gzip", encoded("gzip", &half), Fails(Unreachable)),
        route("no-gzip", encoded("gzip", feed().as_bytes()), Read(2)),
        route("no-brotli", encoded("br", feed().as_bytes()), Read(2)),
        route("no-zstd", encoded("zstd", feed().as_bytes()), Read(2)),
        route("unknown-encoding", encoded("rot13", feed().as_bytes()), Read(2)),
        route("json", ok(&[], r#"{"status":"ok"}"#), Fails(Broken)),
        route("json-list", ok(&[], "[1,2,3]"), Fails(Broken)),
        route(
            "image",
            ok(&["Content-Type: image/jpeg"], [0xff, 0xd8, 0xff, 0xe0, 0, 16]),
            Fails(Broken),
        ),
        route("pdf", ok(&["Content-Type: application/pdf"], "%PDF-1.7 stream"), Fails(Broken)),
        route(
            "noise",
            ok(
                &[],
                (0..20_000_u32)
                    .map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3])
                    .collect::<Vec<u8>>(),
            ),
            Fails(Broken),
        ),
        route(
            "sitemap-index",
            ok(
                &[],
                "<sitemapindex><sitemap><loc>http://a.example/1</loc></sitemap></sitemapindex>",
            ),
            Fails(Broken),
        ),
        route("opml", ok(&[], "<opml version='2.0'><body/></opml>"), Fails(Broken)),
    ]
}
