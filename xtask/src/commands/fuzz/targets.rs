//! The targets: the function that is called, and the material of its inputs.

mod more;

use std::path::Path;

use super::checks::{address, feed, list_of_feeds, page, robots, selector};
use super::files;

/// A parser of untrusted input.
pub(super) struct Target {
    pub(super) name: &'static str,
    /// Tries an input and returns the kind of its result. Panics on a violated property.
    pub(super) run: fn(&[u8]) -> u64,
    /// The first inputs.
    pub(super) seeds: fn(&Path) -> Vec<Vec<u8>>,
    /// Tokens of the format.
    pub(super) words: &'static [&'static str],
}

/// All targets.
pub(super) fn targets() -> impl Iterator<Item = &'static Target> {
    TARGETS.iter().chain(&more::TARGETS)
}

static TARGETS: [Target; 6] = [
    Target {
        name: "feed",
        run: feed,
        seeds: |root| {
            let is_small = |path: &Path| path.metadata().is_ok_and(|it| it.len() < 32 * 1024);
            let mut seeds = read(root, "seeds/feeds", &is_small);
            seeds.extend(read(root, "../shared/suites/hostile-feeds", &is_small));
            seeds.extend(read(root, "../shared/suites/feedparser/tests", &is_small));
            seeds
        },
        words: &[
            "<rss version='2.0'>",
            "<channel>",
            "<item>",
            "</item>",
            "<feed>",
            "<entry>",
            "</entry>",
            "<title>",
            "</title>",
            "<link>",
            "<guid>",
            "<description>",
            "<![CDATA[",
            "]]>",
            "<!--",
            "-->",
            "<?xml version='1.0' encoding='utf-16'?>",
            "<!DOCTYPE r [<!ENTITY a 'b'>]>",
            "&a;",
            "&amp;",
            "&nbsp;",
            "&#x0;",
            "&#99999999;",
            "<media:content>",
            "<content:encoded>",
            " xmlns:a='http://a.example/'",
            " a='b'",
            "xml:base='//x/'",
            "<urlset>",
            "<url>",
            "<news:title>",
            "{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[",
            "{\"id\":1}",
            "]}",
            "\\u0000",
            "\u{feff}",
            "<div>",
            "<table><tr><td>",
            "<a:b",
            "/>",
            "<rdf:RDF>",
            "<pubDate>",
            "Sat, 31 Feb 2026",
        ],
    },
    Target {
        name: "html",
        run: page,
        seeds: |root| {
            let is_page = |path: &Path| path.extension().is_some_and(|end| end == "html");
            let mut seeds = read(root, "../shared/suites/readability/test/test-pages", &is_page);
            seeds.push(b"<!doctype html><html lang=en><head><title>A</title></head><body><p>B</p></body></html>".to_vec());
            seeds
        },
        words: &[
            "<p>",
            "</p>",
            "<div>",
            "<table><tr><td>",
            "<svg><desc>",
            "<script>",
            "</script>",
            "<style>",
            "<!--",
            "-->",
            "<br>",
            "<a href='//x'>",
            "<img src=x onerror=y>",
            "<template>",
            "<math><mi>",
            "<select><option>",
            "<title>",
            "<textarea>",
            "<li>",
            "<blockquote>",
            "&amp;",
            "&#x110000;",
            "<meta charset=utf-16>",
            "<base href='http://[x'>",
            "<plaintext>",
            "<![CDATA[",
            "<b",
            " a=",
            "\0",
        ],
    },
    Target {
        name: "robots",
        run: robots,
        seeds: |root| {
            let suite = std::fs::read(root.join("../shared/suites/robots-expectations.json"));
            let suite: Vec<serde_json::Value> =
                suite.ok().and_then(|it| serde_json::from_slice(&it).ok()).unwrap_or_default();
            let file = |one: &serde_json::Value| {
                let hex = one["robots"].as_str().unwrap_or_default().as_bytes().to_vec();
                let byte = |two: &[u8]| {
                    u8::from_str_radix(std::str::from_utf8(two).unwrap_or_default(), 16)
                        .unwrap_or(0)
                };
                hex.chunks(2).map(byte).collect::<Vec<u8>>()
            };
            let mut seeds: Vec<Vec<u8>> = suite.iter().map(file).collect();
            seeds.push(b"user-agent: *\ndisallow: /a*b$\nallow: /\ncrawl-delay: 1\n".to_vec());
            seeds
        },
        words: &[
            "user-agent:",
            "User-agent: wirefold\n",
            "disallow:",
            "allow: /",
            "crawl-delay: 1e999",
            "*",
            "$",
            "#",
            "\r",
            "\n",
            "/index.html",
            "%2f",
            "%",
            "\u{feff}",
            "sitemap:",
            " ",
            ":",
            "<html>",
            "泽",
            "a",
        ],
    },
    Target {
        name: "url",
        run: address,
        seeds: |root| {
            let suite = root.join("../shared/suites/urlcanon/testdata/idempotence.json");
            let all: Vec<String> = std::fs::read(suite)
                .ok()
                .and_then(|it| serde_json::from_slice(&it).ok())
                .unwrap_or_default();
            let mut seeds: Vec<Vec<u8>> = all.into_iter().map(String::into_bytes).collect();
            seeds.push(
                b"https://www.harbour.example:443/a/../b;jsessionid=1?utm_source=x&b=2&a=1#top"
                    .to_vec(),
            );
            seeds
        },
        words: &[
            "http://", "https://", "/", "//", "..", "%2e", "%2F", "%", "%25", "%zz", "?", "&", "=",
            "#", "#!", ";", ";jsessionid=", "utm_source=x", "fbclid=", "@", ":", ":80", "[::1]",
            "www.", "amp.", "/amp/", "xn--", "ö", "。", "\\", " ", "\t", "index.html", ".amp.html",
            "127.0.0.1", "0x7f.1",
        ],
    },
    Target {
        name: "opml",
        run: list_of_feeds,
        seeds: |root| {
            let is_list = |path: &Path| path.extension().is_some_and(|end| end == "opml");
            let mut seeds = read(root, "seeds", &is_list);
            seeds.extend(read(root, "../shared/suites", &is_list));
            seeds
        },
        words: &[
            "<opml version='2.0'>",
            "<head>",
            "<body>",
            "<outline text='A'>",
            "<outline text='a/b'>",
            "<outline xmlUrl='http://a.example/'/>",
            "</outline>",
            "</body>",
            "</opml>",
            " xmlUrl='https://b.example/?a=1&b=2'",
            " XMLURL=\"feed:http://c.example/\"",
            " title='&lt;x&gt;'",
            " wirefold:id='a'",
            " wirefold:fullText='on'",
            " xmlns:wirefold='urn:wirefold:opml'",
            "&amp;",
            "&",
            "&#0;",
            "&#x10ffff;",
            "<!DOCTYPE o [<!ENTITY a 'b'>]>",
            "<![CDATA[",
            "]]>",
            "<!--",
            "-->",
            "<",
            ">",
            "'",
            "/",
            " ",
            "\u{feff}",
            "\u{85}",
        ],
    },
    Target {
        name: "selector",
        run: selector,
        seeds: |_| {
            let selectors =
                ["div.story > p:not(.ad)", "[itemprop=articleBody]", "main p, main h2", "*"];
            selectors.map(|selector| selector.as_bytes().to_vec()).to_vec()
        },
        words: &[
            ":not(", ":is(", ":has(", ":where(", ":nth-child(2n+1)", ":nth-child(", "::before",
            ")", "[", "]", "[a=\"", "[a~=b i]", "\"", ".", "#", "*", "|", "p", "div", " ", ">",
            "+", "~", ",", "\\", "\\0", "/*", "*/", "@", "{", "泽", "\0",
        ],
    },
];

fn read(root: &Path, folder: &str, wanted: &dyn Fn(&Path) -> bool) -> Vec<Vec<u8>> {
    files(root, folder, wanted).iter().filter_map(|path| std::fs::read(path).ok()).collect()
}
