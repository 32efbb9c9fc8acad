//! The attacks.

use std::io::Write as _;
use std::net::TcpStream;
use std::ops::Range;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use wirefold_score::Random;

use super::{Answer, Attack, item, rss, text};
use crate::machine::Stopwatch;
use crate::running::{Running, escaped};

/// The words of an article of invented words, the articles of a poll (some 7 MB), and the number after which
/// that attack ends: some 13 million words.
const INVENTED: (u64, u64, u64) = (1_500, 600, 9_000);
/// The most loud alerts that one feed may cause in one go.
const LOUD: usize = 100;
/// The longest that one answer to a query may take, in seconds.
const LONGEST: f64 = 5.0;
/// The number of queries that must be answered and not refused. Otherwise nothing reached the search.
const ANSWERED: usize = 30;

/// 160 MB of spaces: blocks of one literal and one copy of it (RFC 7932, section 9.2).
const BROTLI: &[u8] = include_bytes!("spaces.br");

/// All attacks in the order in which they run.
pub(super) static ATTACKS: [Attack; 9] = [
    // They must not exhaust memory or end the process. Packed they are some 50 KB.
    Attack {
        name: "empty-items",
        aim: "kill the process by 1.4 million empty items",
        feeds: &["rss", "atom"],
        answer: |path, _, _| {
            let (head, item) = match path {
                "rss" => ("<rss version=\"2.0\"><channel>", "<item/>"),
                "atom" => ("<feed xmlns=\"http://www.w3.org/2005/Atom\">", "<entry/>"),
                _ => return None,
            };
            Some(encoded("gzip", gzip((head.to_owned() + &item.repeat(1_400_000)).as_bytes())))
        },
        ..Attack::PLAIN
    },
    Attack {
        name: "bombs",
        aim: "fill the memory by bodies that grow when unpacked",
        feeds: &["gzip", "zstd", "brotli", "gzip-gzip", "zstd-gzip", "tenfold"],
        answer: |path, _, _| {
            Some(match path {
                "gzip" => encoded("gzip", gzip(&spaces())),
                "zstd" => encoded("zstd", zstd()),
                "brotli" => encoded("br", BROTLI.to_vec()),
                "gzip-gzip" => encoded("gzip, gzip", gzip(&gzip(&spaces()))),
                "zstd-gzip" => encoded("zstd, gzip", gzip(&zstd())),
                "tenfold" => {
                    let body = (0..10).fold(Vec::new(), |body, _| gzip(&body));
                    encoded(&["gzip"; 10].join(", "), body)
                }
                _ => return None,
            })
        },
        faults: |running| {
            let feeds = running.json("/api/v1/feeds")?;
            let feeds = feeds["feeds"].as_array().into_iter().flatten();
            let is_read =
                |feed: &&Value| feed["feed"]["id"] != "victim" && feed["problem"].is_null();
            Ok(feeds.filter(is_read).map(|it| format!("{} was read", it["feed"]["id"])).collect())
        },
        ..Attack::PLAIN
    },
    Attack {
        name: "slow",
        aim: "keep others from page and API by 200 half-open and slow connections",
        feeds: &[],
        connect: |running| {
            let begun = [
                "",
                "GET / HTTP/1.1\r\nhost: loc",
                "POST /api/v1/feeds HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                 content-length: 4000\r\n\r\n{",
            ];
            open(running, begun.iter().cycle().take(200).map(|begun| (*begun).to_owned()))
        },
        faults: |running| Ok(unanswered(running, &["/", "/api/v1/status", "/feeds"])),
        ..Attack::PLAIN
    },
    Attack {
        name: "readers",
        aim: "fill the memory, or make others wait, by 100 readers who do not read",
        feeds: &[],
        connect: |running| {
            let ask =
                format!("GET /api/v1/stream?after=0 HTTP/1.1\r\nhost: {}\r\n\r\n", running.page);
            open(running, std::iter::repeat_n(ask, 100))
        },
        faults: |running| Ok(unanswered(running, &["/"])),
        ..Attack::PLAIN
    },
    Attack {
        name: "flood-short",
        aim: "alert loudly 2,000 times at once, with one word each",
        answer: |path, nth, site| {
            (path == "hostile").then(|| flood(site, nth, 0..2_000, |at| format!("word{at}")))
        },
        faults: |running| loud_faults(running, 900),
        ..Attack::PLAIN
    },
    Attack {
        name: "flood-long",
        aim: "alert loudly 300 times at once, with whole texts",
        answer: |path, nth, site| {
            (path == "hostile").then(|| flood(site, nth, 0..300, |at| text(1_000 + at)))
        },
        faults: |running| loud_faults(running, 300),
        weakened: Some("[budget]\nsites = { localhost = 1000 }\n"),
        ..Attack::PLAIN
    },
    Attack {
        name: "nested-json",
        aim: "overflow the stack by a JSON Feed nested 10,000 deep",
        feeds: &["arrays", "objects"],
        answer: |path, _, _| {
            let (open, close) = match path {
                "arrays" => ("[", "]"),
                "objects" => ("{\"a\":", "}"),
                _ => return None,
            };
            let deep = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
            let body = format!(
                "{{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"Deep\",\"items\":[{{\"id\":\
                 \"1\",\"content_text\":\"Deep.\",\"_deep\":{deep}}}]}}"
            );
            Some(Answer::ok("application/feed+json", body))
        },
        ..Attack::PLAIN
    },
    // As many as fill the window of comparison. Caches of words fill up once and then keep the latest.
    Attack {
        name: "made-up-words",
        aim: "fill the memory by articles of words that nobody has written before",
        settings: "[retention]\nmax_bytes = 67108864\n",
        answer: |path, nth, site| {
            let (_, items, enough) = INVENTED;
            let from = nth.min(enough / items) * items;
            let words = |at| item(site, &format!("Words {at}"), at, &invented(at));
            (path == "hostile").then(|| rss((from..from + items).map(words)))
        },
        more_memory: 530 << 20,
        is_under_way: |running| articles(running) >= INVENTED.2,
        faults: |running| {
            let count = articles(running);
            Ok(fault(count < INVENTED.2, || format!("{count} came out: nothing shown")))
        },
        ..Attack::PLAIN
    },
    // Many clients send each query to lists, page and rehearsals while the news of the victim comes in, and
    // one client sends it afterwards.
    Attack {
        name: "queries",
        aim: "keep the processor busy, or end the process, by queries that are hard to read or to answer",
        feeds: &[],
        connect: |running| {
            let host = &running.page;
            let get = |path: String| format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n\r\n");
            let rehearse = |query: &String| {
                let body = json!({ "name": "Hostile", "query": query }).to_string();
                let head =
                    "POST /api/v1/subscriptions/test HTTP/1.1\r\ncontent-type: application/json";
                format!("{head}\r\nhost: {host}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
            };
            let all = queries();
            let lists = all.iter().flat_map(|query| paths(query).into_iter().take(3).map(get));
            open(running, lists.chain(all.iter().map(rehearse)))
        },
        faults: |running| Ok(query_faults(running)),
        ..Attack::PLAIN
    },
];

/// A problem, if there is one.
fn fault(is_fault: bool, words: impl Fn() -> String) -> Vec<String> {
    is_fault.then(words).into_iter().collect()
}

/// Connections that send these bytes.
fn open(running: &Running, requests: impl Iterator<Item = String>) -> Vec<TcpStream> {
    let send = |request: String| {
        let mut stream = TcpStream::connect(&running.page).ok()?;
        stream.write_all(request.as_bytes()).ok()?;
        Some(stream)
    };
    requests.filter_map(send).collect()
}

/// The paths that get no answer, with the reason.
fn unanswered(running: &Running, paths: &[&str]) -> Vec<String> {
    let error = |path: &&str| Some(format!("{path}: {:#}", running.get(path).err()?));
    paths.iter().filter_map(error).collect()
}

/// The number of articles in the output.
fn articles(running: &Running) -> u64 {
    running.json("/api/v1/status").unwrap_or_default()["articles"].as_u64().unwrap_or_default()
}

fn encoded(how: &str, body: Vec<u8>) -> Answer {
    Answer::With(200, vec![("content-encoding", how.to_owned())], body)
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).and_then(|()| encoder.finish()).unwrap_or_default()
}

fn zstd() -> Vec<u8> {
    zstd::encode_all(&*spaces(), zstd::DEFAULT_COMPRESSION_LEVEL).unwrap_or_default()
}

fn spaces() -> Vec<u8> {
    vec![b' '; 200_000_000]
}

/// A feed that lists one item at first. The first items of a feed never alert; if it lists nothing at first, its
/// next items do not alert either.
fn flood(site: &str, nth: u64, numbers: Range<u64>, text_of: fn(u64) -> String) -> Answer {
    let last = if nth == 0 { numbers.start + 1 } else { numbers.end };
    let item = |at| item(site, &format!("Flood {at}"), at, &text_of(at));
    rss((numbers.start..last).map(item))
}

/// Waits until this many articles are in the output and all stages are done, then checks.
fn loud_faults(running: &mut Running, least: u64) -> anyhow::Result<Vec<String>> {
    running.until(|it| {
        let status = it.json("/api/v1/status").unwrap_or_default();
        status["articles"].as_u64().is_some_and(|count| count >= least) && status["lag"] == 0
    });
    let count = articles(running);
    if count < least {
        return Ok(vec![format!("{count} articles came out: nothing shown")]);
    }
    // Alerts follow the articles: wait until there was none for a second.
    let (mut last, mut times) = (Value::Null, 0);
    running.until(|it| {
        let now = it.json("/api/v1/status").unwrap_or_default()["alerts"]["alerts"].clone();
        times = if now == last { times + 1 } else { 0 };
        last = now;
        times == 20
    });
    let loud = loud(running)?;
    Ok(fault(loud > LOUD, || format!("{loud} loud alerts of one feed")))
}

/// The number of the flood's alerts that notify a subscriber to everything. Held ones come as one message.
fn loud(running: &Running) -> anyhow::Result<usize> {
    let (mut loud, mut cursor) = (0, String::new());
    loop {
        let page = running.json(&format!("/api/v1/alerts?subscription=all&limit=100{cursor}"))?;
        let alerts = page["alerts"].as_array().into_iter().flatten().map(|it| &it["alert"]);
        let is_flood = |alert: &&Value| {
            let title = alert["headline"]["title"].as_str().unwrap_or_default();
            alert["volume"] == "loud" && alert["held"].is_null() && title.starts_with("Flood")
        };
        loud += alerts.filter(is_flood).count();
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(loud),
        }
    }
}

/// A text of words that no other article has.
fn invented(number: u64) -> String {
    let mut random = Random::new(number);
    let mut letter = || char::from(b'a' + u8::try_from(random.below(26)).unwrap_or_default());
    let letters = (0..7 * INVENTED.0).map(|at| if at % 7 == 6 { ' ' } else { letter() });
    letters.collect()
}

fn query_faults(running: &Running) -> Vec<String> {
    let (mut faults, mut answered) = (Vec::new(), 0);
    for (number, query) in queries().iter().enumerate() {
        for path in paths(query) {
            let watch = Stopwatch::start();
            let answer = running.get(&path).map_err(|error| format!("{error:#}"));
            let seconds = watch.seconds();
            answered += usize::from(answer.is_ok());
            // A refusal is an answer. Silence and a closed connection are not.
            let said = answer.err().unwrap_or_else(|| "HTTP/1.".to_owned());
            if !said.contains("HTTP/1.") || seconds > LONGEST {
                let of = path.split('?').next().unwrap_or_default();
                faults.push(format!("query {number} of {of}: {seconds:.1} s {said}"));
            }
        }
    }
    faults.extend(fault(answered < ANSWERED, || {
        format!("{answered} questions were answered: nothing shown")
    }));
    faults
}

/// Queries that are deep, wide, long, frequent, or without any text.
fn queries() -> Vec<String> {
    let words = |count: usize| (0..count).map(|at| format!("word{at}")).collect::<Vec<_>>();
    let nested = |depth: usize| format!("{}harbour{}", "(".repeat(depth), ")".repeat(depth));
    let mut queries = vec![
        nested(10),
        nested(3_000),
        "(".repeat(3_000),
        words(900).join(" "),
        words(900).join(" OR "),
        words(900).join(" -"),
        words(1_900).join(" OR "),
        format!("-{}", words(500).join(" -")),
        format!("\"{}\"", words(900).join(" ")),
        words(400).iter().map(|word| format!("\"{word} {word}\"")).collect::<Vec<_>>().join(" OR "),
        (0..700).map(|at| format!("w{at}*")).collect::<Vec<_>>().join(" OR "),
        "*".repeat(3_000),
        "\"".repeat(3_001),
        "title:".repeat(900),
        "entity:".to_owned() + &"x".repeat(7_000),
        "ä".repeat(3_000),
        "\u{301}".repeat(3_000),
        "👩‍👩‍👧‍👦".repeat(500),
        "harbour ".repeat(900),
    ];
    let short = [
        "a* OR b* OR e* OR i* OR o* OR s* OR t*",
        "origins>=99999999999999999999999999",
        "origins>=-1 outlets<0",
        "outlets>=1e308",
        "NEAR(harbour bulletin, 999999999)",
        "harbour AND AND OR NOT OR bulletin",
        "'; DROP TABLE articles; --",
        "\u{202e}\u{0}\u{7f}\u{fffd}",
    ];
    queries.extend(short.map(str::to_owned));
    queries
}

fn paths(query: &str) -> [String; 4] {
    let query = escaped(query);
    [
        format!("/api/v1/events?q={query}"),
        format!("/api/v1/stories?q={query}&sort=velocity"),
        format!("/?q={query}"),
        format!("/api/v1/events?q=harbour&outlet={query}&cursor={query}&limit={query}"),
    ]
}
