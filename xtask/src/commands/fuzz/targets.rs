//! What is fuzzed: what is called, what must hold, what the inputs are made of.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use wirefold_feed::{MAX_ITEMS, html};

use super::files;

/// Something that reads strangers' bytes.
pub(super) struct Target {
    pub(super) name: &'static str,
    /// Tries an input and says of which kind the answer is. What must not be panics.
    pub(super) run: fn(&[u8]) -> u64,
    /// The inputs that it begins with.
    pub(super) seeds: fn(&Path) -> Vec<Vec<u8>>,
    /// What its inputs are made of.
    pub(super) words: &'static [&'static str],
}

const BASE: &str = "https://harbour.example/feed.xml";

pub(super) const TARGETS: [Target; 4] = [
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
            "http://",
            "https://",
            "/",
            "//",
            "..",
            "%2e",
            "%2F",
            "%",
            "%25",
            "%zz",
            "?",
            "&",
            "=",
            "#",
            "#!",
            ";",
            ";jsessionid=",
            "utm_source=x",
            "fbclid=",
            "@",
            ":",
            ":80",
            "[::1]",
            "www.",
            "amp.",
            "/amp/",
            "xn--",
            "ö",
            "。",
            "\\",
            " ",
            "\t",
            "index.html",
            ".amp.html",
            "127.0.0.1",
            "0x7f.1",
        ],
    },
];

fn read(root: &Path, folder: &str, wanted: &dyn Fn(&Path) -> bool) -> Vec<Vec<u8>> {
    files(root, folder, wanted).iter().filter_map(|path| std::fs::read(path).ok()).collect()
}

/// The kind of an answer: what counts of it, without the words.
fn kind(parts: &[usize], said: &[String]) -> u64 {
    let mut hasher = DefaultHasher::new();
    // Numbers by their size alone: else every input would be of a kind of its own.
    parts.iter().for_each(|part| part.checked_ilog2().hash(&mut hasher));
    for text in said {
        let letters: String = text.chars().filter(|c| c.is_alphabetic()).take(60).collect();
        letters.hash(&mut hasher);
    }
    hasher.finish()
}

fn feed(bytes: &[u8]) -> u64 {
    let _ = wirefold_feed::answer("p", bytes);
    match wirefold_feed::parse(bytes, None, BASE) {
        Err(error) => kind(&[], &[error.to_string()]),
        Ok(feed) => {
            assert!(feed.items.len() <= MAX_ITEMS);
            let count = |is: &dyn Fn(&wirefold_feed::Item) -> bool| {
                feed.items.iter().filter(|item| is(item)).count()
            };
            let parts = [
                feed.items.len(),
                feed.format as usize + 2,
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

fn page(bytes: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(bytes);
    let plain = html::to_text(&text);
    let cleaned = html::clean(&text, BASE);
    assert!(!cleaned.contains("<script") && !cleaned.contains("<style"), "{cleaned}");
    let head = html::head_of(&text);
    let parts = [plain.len(), plain.lines().count(), cleaned.len(), cleaned.matches('<').count()];
    let _ = (html::loose_to_text(&text), html::one_line(&text), html::decode(&text));
    kind(&parts, &[format!("{head:?}").chars().take(200).collect()])
}

fn robots(bytes: &[u8]) -> u64 {
    let rules = wirefold_fetcher::RobotsRules::read(bytes, "wirefold");
    let paths = ["/", "/a", "/a/b.html?c=%2f", "/index.html", "/%E3%83%84", ""];
    let allowed = paths.map(|path| usize::from(rules.allow(path)) + 1);
    kind(&allowed, &[format!("{:?}", rules.delay().is_some())])
}

fn address(bytes: &[u8]) -> u64 {
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
