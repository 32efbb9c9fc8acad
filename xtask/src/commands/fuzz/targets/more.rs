//! Dates, queries, texts, stored messages and snapshots, connections.

use std::path::Path;

use super::super::checks::{answer, api, date, message, query, snapshot, snapshots, text};
use super::{Target, read};

pub(super) static TARGETS: [Target; 7] = [
    Target {
        name: "date",
        run: date,
        seeds: |_| lines(DATES),
        words: &[
            "Mon,", "mar.", "janv.", "März", "июня", "2024年", "月", "日", "٢٠٢٤", "/Date(", ")/",
            "1704153600", "1704153600000", "-", "/", ":", ".", " ", "T", "Z", "+0100", "EST", "PM",
            "12", "31", "00", "99999", "24:60", "年", "\u{200f}", "２０２４", "th", ",", "GMT",
        ],
    },
    Target {
        name: "query",
        run: query,
        seeds: |_| lines(QUERIES),
        words: &[
            "\"", "(", ")", "-", "~", "*", "|", " OR ", " AND ", " NOT ", "NEAR/3", "title:",
            "lang:en", "agency:", "site:", "velocity>5/1h", "outlets>=3", "@list", ":", ">",
            "ferry", "東京", "ñ", "\\", "'", "#", "[", "]", "/", " ", "\u{301}", "^",
            "99999999999",
        ],
    },
    Target {
        name: "text",
        run: text,
        seeds: |root| {
            let mut seeds = lines(TEXTS);
            let is_small = |path: &Path| path.metadata().is_ok_and(|it| it.len() < 8 * 1024);
            seeds.extend(read(root, "seeds", &is_small));
            seeds
        },
        words: &[
            "“", "”", "\"", "«", "»", "„", "「", "」", "—", "– ", "- ", "\n", "\n\n", " said ",
            ". ", "(Reuters)", "AP", "according to ", "26 killed", "$3.5 million", "10 %", "mil",
            "億", "million", "двадцать", "Mr. ", "von der ", "CORRECTION:", "LONDON (AP) — ",
            "ROME, ", "。", "，", "\u{200b}", "\u{301}", "ع", "ก", "한국", "𝔄", "\0", "ß", "İ",
            "ﬁ", "twenty-",
        ],
    },
    Target {
        name: "message",
        run: message,
        seeds: |root| {
            let is_json = |path: &Path| path.extension().is_some_and(|end| end == "json");
            read(root, "proto/samples", &is_json)
        },
        words: &[
            "\"schema\":\"wirefold.article.fetched/2\"",
            "null",
            "true",
            "[]",
            "{}",
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "-1",
            "0",
            "1e999",
            "18446744073709551616",
            "1.5",
            "\"\\u0000\"",
            "\"\\ud800\"",
            "\"2026-02-30T00:00:00Z\"",
            "\"P1D\"",
            "\"story\":",
            "\"id\":",
            "\\",
        ],
    },
    Target {
        name: "snapshot",
        run: snapshot,
        seeds: |_| snapshots(),
        words: &["\0", "\u{1}", "\0\0\0\0", "\u{7f}", "aaaaaaaa", "\u{ff}", "\0\0\0\u{1}"],
    },
    Target {
        name: "answer",
        run: answer,
        seeds: |_| {
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/rss+xml\r\n";
            let feed = "<rss version='2.0'><channel><title>A</title><item><title>B</title>\
                        <link>http://harbour.example/b</link></item></channel></rss>";
            let page =
                "<html><head><link rel=alternate type=application/rss+xml href=/f></head></html>";
            [
                format!("{head}etag: \"a\"\r\ncontent-length: {}\r\n\r\n{feed}", feed.len()),
                format!("{head}connection: close\r\n\r\n{feed}"),
                format!("{head}transfer-encoding: chunked\r\n\r\n5\r\n<rss>\r\n0\r\n\r\n"),
                format!("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n{page}"),
                "HTTP/1.1 429 Too Many\r\nretry-after: 3600\r\ncontent-length: 0\r\n\r\n".to_owned(),
                "HTTP/1.1 301 Moved\r\nlocation: /feed.xml\r\ncontent-length: 0\r\n\r\n".to_owned(),
                "HTTP/1.1 304 Not Modified\r\n\r\n".to_owned(),
                format!("{head}cache-control: max-age=60\r\nlast-modified: Mon, 05 Jan 2026 10:00:00 GMT\r\nlink: </hub>; rel=hub\r\n\r\n{feed}"),
            ]
            .map(String::into_bytes)
            .to_vec()
        },
        words: &[
            "HTTP/1.1 ",
            "HTTP/9.9",
            "200",
            "999",
            "\r\n",
            "\n",
            "\r\n\r\n",
            ": ",
            "retry-after: ",
            "location: ",
            "//",
            "http://[::1]/",
            "cache-control: max-age=",
            "-1",
            "99999999999999999999",
            "content-encoding: gzip\r\n",
            "content-encoding: br, gzip, zstd\r\n",
            "content-length: 5\r\n",
            "transfer-encoding: chunked\r\n",
            "content-type: ",
            "; charset=utf-16",
            "etag: W/\"",
            "link: <",
            ">; rel=\"next\"",
            "Sat, 31 Feb 2026 25:00:00 GMT",
            "\0",
            "\u{ff}",
            "set-cookie: a=b\r\n",
        ],
    },
    Target {
        name: "api",
        run: api,
        seeds: |_| REQUESTS.iter().map(|request| request.as_bytes().to_vec()).collect(),
        words: &[
            "GET ",
            "POST ",
            "DELETE ",
            "/api/v1/",
            "articles",
            "stories/",
            "events/",
            "?",
            "&",
            "=",
            "cursor=",
            "limit=-1",
            "limit=99999999999",
            "q=%22",
            "%",
            "%00",
            "%ff",
            "..",
            "\n",
            "{",
            "}",
            "[",
            "]",
            "\"",
            ":",
            ",",
            "null",
            "1e999",
            "\"text\":\"a\"",
            "\"url\":\"http://a.example/\"",
            "\"query\":\"~ferry\"",
            "\\u0000",
            "\\ud800",
            "since=",
            "2026-02-30",
            "\u{e9}",
        ],
    },
];

const DATES: &str = "\
Mon, 05 Jan 2026 10:00:00 GMT
2026-01-05T10:00:00.123456789+05:30
mar., 02 janv. 2024 08:15
02.01.2024 17:03
1704153600
1704153600000
/Date(1704153600000+0100)/
2024年1月2日 15:04
5 января 2026 г., 10:00
Jan 5, 2026 3:04 PM EST
٥ يناير ٢٠٢٦
24.01.02
20260105T100000Z";

const QUERIES: &str = "\
ferry
\"ferry line\" OR tram -sport
~strike lang:de
title:(harbour NEAR/5 fire) outlets>=3
agency:AP -class:copy site:harbour.example
(a OR (b AND -c)) velocity>5/1h
東京 地震
place:\"Calder Bay\" feed:harbour";

const TEXTS: &str = "\
CALDER BAY (AP) — Twenty-six people were killed and 93 wounded, the mayor Mara Voss said. “It was loud,” she said.
BRACKWATER, 5 March. Die Fähre fährt nicht, sagte Tom Lund. „Das ist bitter“, so der Bürgermeister.
Según la agencia EFE, el puerto cerró. «No hay barcos», dijo Ana Pardo, por 3,5 millones de euros.
「橋は閉鎖する」と市長は述べた。新華社 北京 5日電。 12億円。
— Мы не знаем, — сказал Пётр Лунин. По словам врача, ранены двадцать пять человек.";

const REQUESTS: &[&str] = &[
    "GET /api/v1/status",
    "GET /api/v1/events?limit=5&q=ferry",
    "GET /api/v1/stories/abc",
    "GET /api/v1/articles?url=https%3A%2F%2Fharbour.example%2Fa",
    "GET /api/v1/articles/abc/alerts",
    "GET /feeds/events.atom?q=ferry",
    "GET /?q=ferry&before=2026-01-05",
    "GET /api/v1/stream?last=1",
    "GET /api/v1/compare?a=x&b=y",
    "POST /api/v1/articles\n{\"outlet\":\"The Harbour Post\",\"title\":\"A bridge closes\",\"text\":\"The old bridge closes in March.\",\"url\":\"https://harbour.example/a\"}",
    "POST /api/v1/compare\n{\"a\":{\"text\":\"The old bridge closes.\"},\"b\":{\"text\":\"The old bridge closes.\"}}",
    "POST /api/v1/subscriptions\n{\"id\":\"ferries\",\"query\":\"ferry\",\"deliver\":[]}",
    "POST /api/v1/subscriptions/test\n{\"query\":\"ferry OR tram\",\"last\":\"24h\"}",
    "DELETE /api/v1/subscriptions/ferries",
    "POST /api/v1/subscriptions/ferries/mute\n{\"until\":\"2030-01-01T00:00:00Z\"}",
    "POST /api/v1/stories/abc/merge\n{\"other\":\"def\"}",
    "POST /api/v1/alerts/abc/acknowledge\n{}",
    "POST /api/v1/dead/1/replay\n{}",
];

/// Each line as an input.
fn lines(text: &str) -> Vec<Vec<u8>> {
    text.lines().map(|line| line.as_bytes().to_vec()).collect()
}
