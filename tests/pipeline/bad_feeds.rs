//! Feeds and pages that attack, hang or lie beside a healthy feed. The program runs on, and the healthy
//! feed's articles arrive as if it were alone.

use std::fmt::Write;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;

use super::generated::{Numbers, text, word};
use super::loopback::{Answer, Loopback};
use super::say;
use super::targets::{Target, delivery};
use super::up::{CONFIG, Up, now};
use crate::port;
use crate::program::Folder;

const HOSTILE: &str = "../../../shared/suites/hostile-feeds";
/// The number of polls of the healthy feed. Each has a new item.
const HEALTHY: usize = 4;
/// Polls are a second or two apart. A feed that waited for the hanging ones would be delayed by their whole
/// timeout each time.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

const SETTINGS: &str = "data = \"data\"\n[fetcher]\nallow_private = [\"127.0.0.0/8\"]\n\
    min_interval = \"1s\"\nmax_interval = \"2s\"\nper_host_delay = \"0s\"\n";

fn feed(id: &str, url: &str) -> String {
    format!("[[feed]]\nid = \"{id}\"\nurl = \"{url}\"\noutlet = \"{id}.example\"\n")
}

fn rss(items: &str) -> Answer {
    let body = format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>A feed</title>{items}\
         </channel></rss>"
    );
    Answer::ok("application/rss+xml", body)
}

fn item(key: &str, link: &str, text: &str) -> String {
    format!(
        "<item><guid isPermaLink=\"false\">{key}</guid><title>Of {key}</title><link>{link}</link>\
         <description>{text}</description></item>"
    )
}

/// A server whose feed has one more item at each request.
fn healthy() -> Loopback {
    let times = AtomicUsize::new(0);
    Loopback::answering(move |asked| {
        let last = times.fetch_add(1, Ordering::Relaxed);
        let items = (0..=last).rev().fold(String::new(), |mut items, number| {
            let mut numbers = Numbers::from_seed(number as u64);
            let names = [word(&mut numbers), word(&mut numbers)];
            let link = format!("http://{}/{number}", asked.host);
            let text = text(1, &names, &mut numbers);
            let _ = write!(items, "{}", item(&format!("item-{number}"), &link, &text));
            items
        });
        rss(&items)
    })
}

/// 100 MB of spaces as gzip: one deflate block with fixed codes (RFC 1951, section 3.2.6), in which thirteen
/// bits represent 258 bytes.
fn bomb() -> Vec<u8> {
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let (mut bits, mut count) = (0_u32, 0);
    let mut put = |value: u32, width: u32| {
        bits |= value << count;
        count += width;
        while count >= 8 {
            packed.push((bits & 0xff) as u8);
            bits >>= 8;
            count -= 8;
        }
    };
    // The last block, fixed codes; then a space (code 0x50) and repeats of it (length code 285 is
    // 11000101, distance code 0 is 00000), all most significant bit first.
    put(0b011, 3);
    put(0x50_u8.reverse_bits().into(), 8);
    for _ in 0..100_000_000 / 258 {
        put(0b1100_0101_u8.reverse_bits().into(), 8);
        put(0, 5);
    }
    put(0, 16);
    packed
}

/// A page for which common extractors need minutes.
fn nested_page() -> Vec<u8> {
    let (open, close) = ("<div>".repeat(100_000), "</div>".repeat(100_000));
    format!("<!doctype html><title>Deep</title><body>{open}<p>Down here.{close}").into_bytes()
}

/// The response of the hostile server for each path.
fn hostile(path: &str) -> Answer {
    match path {
        "/huge" => Answer::ok("application/rss+xml", vec![b' '; 50_000_000]),
        "/bomb" => {
            let encoded = ("content-encoding", "gzip".to_owned());
            Answer::With(200, vec![encoded], bomb())
        }
        "/hangs" => Answer::Hang,
        "/page" => Answer::ok("text/html", "<!doctype html><title>No feed</title><p>Hello."),
        "/teaser" => rss(&item("deep", "/nested", "A teaser of a deep page.")),
        "/nested" => Answer::ok("text/html", nested_page()),
        "/robots.txt" => Answer::status(404),
        other => match std::fs::read(Path::new(HOSTILE).join(other.trim_start_matches('/'))) {
            Ok(bytes) => Answer::ok("application/xml", bytes),
            Err(_) => Answer::status(404),
        },
    }
}

/// All hostile paths.
fn hostile_paths() -> Vec<String> {
    let own = ["huge", "bomb", "hangs", "page", "teaser"].map(str::to_owned);
    let mut paths = own.to_vec();
    match std::fs::read_dir(HOSTILE) {
        Ok(entries) => {
            let names = entries.flatten().map(|it| it.file_name().to_string_lossy().into_owned());
            paths.extend(names);
        }
        Err(_) => say(format_args!("SKIPPED: ../shared/suites/hostile-feeds is absent")),
    }
    paths
}

/// The record of a feed.
fn record<'a>(feeds: &'a Value, id: &str) -> &'a Value {
    let feeds = feeds["feeds"].as_array().expect("a list");
    feeds.iter().find(|it| it["feed"]["id"] == id).unwrap_or(&Value::Null)
}

#[test]
fn hostile_feeds_and_pages_delay_no_healthy_feed() {
    let (good, bad) = (healthy(), Loopback::answering(|asked| hostile(&asked.path)));
    let paths = hostile_paths();
    let mut config = SETTINGS.to_owned() + &feed("healthy", &good.url("/feed"));
    for (number, path) in paths.iter().enumerate() {
        config += &feed(&format!("hostile-{number}"), &bad.url(&format!("/{path}")));
    }
    let folder = Folder::with(&[(CONFIG, config.as_bytes())]);
    let up = Up::start(&folder);
    let began = now();
    let mut events = up.events(0);
    let mut came = Vec::new();
    while came.len() < HEALTHY {
        let article = events.article().unwrap_or_else(|| panic!("it ended\n{}", up.output()));
        if article.article.outlet.as_str() == "healthy.example" {
            came.push(now().since(began));
        }
    }
    say(format_args!("  the healthy feed's articles came after {came:?}"));
    assert!(came[HEALTHY - 1] < LONGEST_WAIT, "{came:?}");

    let is_polled = |feeds: &Value| {
        let hangs = |id: &str| record(feeds, id)["feed"]["url"] == bad.url("/hangs");
        let polled = |number: usize| {
            let id = format!("hostile-{number}");
            hangs(&id) || record(feeds, &id)["last_poll"].is_string()
        };
        (0..paths.len()).all(polled)
    };
    let feeds = up.get_until("/api/v1/feeds", is_polled);
    for (number, path) in paths.iter().enumerate() {
        let record = record(&feeds, &format!("hostile-{number}"));
        say(format_args!("  /{path}: {} {}", record["health"], record["problem"]));
    }
    let problem = |at: usize| record(&feeds, &format!("hostile-{at}"))["problem"].to_string();
    assert!(problem(0).contains("larger than"), "a large body: {}", problem(0));
    assert!(problem(1).contains("larger than"), "a bomb: {}", problem(1));
    let listed = folder.run(&["feed", "ls", "--config", CONFIG]).code(0);
    assert!(listed.out.contains("hostile-3"), "{}", listed.out);
    assert!(problem(3).contains("feed"), "a page: {}", problem(3));
    assert!(up.is_alive());
    assert_eq!(up.terminate().code, Some(0));
}

#[test]
fn a_feed_that_is_none_says_so_in_the_list() {
    let server = Loopback::answering(|asked| hostile(&asked.path));
    let config = SETTINGS.to_owned() + &feed("page", &server.url("/page"));
    let folder = Folder::with(&[(CONFIG, config.as_bytes())]);
    let up = Up::start(&folder);
    up.get_until("/api/v1/feeds", |feeds| record(feeds, "page")["problem"].is_string());
    let listed = folder.run(&["feed", "ls", "--config", CONFIG]).code(0);
    let is_said = |line: &str| line.contains("page, not a feed") || line.contains("not a feed");
    assert!(listed.out.lines().any(is_said), "{}", listed.out);
    assert_eq!(up.terminate().code, Some(0));
}

#[test]
fn a_target_that_is_down_delays_no_other() {
    let mut target = Target::open();
    let down = format!("127.0.0.1:{}", port::free());
    let config = format!(
        "data = \"data\"\n[fetcher]\nallow_private = [\"127.0.0.0/8\"]\n\
         [[source]]\npath = \"dropped.jsonl\"\n\
         [[subscription]]\nname = \"All\"\nquery = \"*\"\ngroup_by = \"story\"\ngroup_wait = \"0s\"\n\
         deliveries = [\"down\", \"desk\"]\n{}{}",
        delivery("down", &format!("http://{down}/hook")),
        target.delivery()
    );
    let mut numbers = Numbers::from_seed(3);
    let made = super::generated::articles(24, &mut numbers);
    let lines: String = made.iter().map(super::generated::GeneratedArticle::line).collect();
    let files: [(&str, &[u8]); 2] =
        [(CONFIG, config.as_bytes()), ("dropped.jsonl", lines.as_bytes())];
    let folder = Folder::with(&files);
    let up = Up::start(&folder);
    for _ in 0..3 {
        target.next();
    }
    up.line_with("delivery failed; all that waits");
    let ended = up.terminate();
    assert_eq!(ended.code, Some(0), "{}", ended.said);
}
