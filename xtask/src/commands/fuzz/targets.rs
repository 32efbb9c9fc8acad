//! The targets of `fuzz`: each calls a parser with an input, checks the properties that must hold for every
//! input, and returns the result as text.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use tokio::runtime::Runtime;
use wirefold_feed::{MAX_ITEMS, dates, html};
use wirefold_fetcher::{Search, Settings, opml, probe};
use wirefold_fold::{Class, Detector, Incoming};
use wirefold_proto::{
    Alert, AlertDigest, ArticleEnriched, ArticleFetched, ControlCommand, DeadLetter, FeedRecord,
    HealthReport, Message, OutputArticle, OutputEpoch, OutputForgotten, StoryRecord,
    SubscriptionRecord,
};
use wirefold_query::{Document, Numbers, Prepared, Query};

use crate::commands::program;
use crate::enriched;
use crate::machine::lock;
use crate::running::{self, Running};

/// The name of a target, and the function that tries an input and describes the result. It panics on a violated
/// property.
pub(super) type Target = (&'static str, fn(&[u8]) -> String);

pub(super) const TARGETS: [Target; 13] = [
    ("feed", feed),
    ("html", page),
    ("robots", robots),
    ("url", address),
    ("opml", list_of_feeds),
    ("selector", selector),
    ("date", date),
    ("query", query),
    ("text", text),
    ("message", message),
    ("snapshot", snapshot),
    ("answer", answer),
    ("api", api),
];

fn feed(bytes: &[u8]) -> String {
    let feed = wirefold_feed::parse(bytes, None, "https://harbour.example/feed.xml");
    assert!(feed.as_ref().is_ok_and(|feed| feed.items.len() <= MAX_ITEMS) || feed.is_err());
    format!("{feed:?}")
}

fn page(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let _ = (html::loose_to_text(&text), html::one_line(&text), html::decode(&text));
    format!("{:?} {}", html::head_of(&text), html::to_text(&text).len())
}

fn robots(bytes: &[u8]) -> String {
    let rules = wirefold_fetcher::RobotsRules::read(bytes, "wirefold");
    let paths = ["/", "/a", "/a/b.html?c=%2f", "/index.html", "/%E3%83%84", ""];
    format!("{:?} {:?}", paths.map(|path| rules.allow(path)), rules.delay())
}

fn address(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let once = wirefold_address::canonical(&text);
    if let Some(once) = &once {
        let twice = wirefold_address::canonical(once);
        assert_eq!(twice.as_ref(), Some(once), "not idempotent: {text:?}");
    }
    once.unwrap_or_default().replace(char::is_alphabetic, "")
}

fn list_of_feeds(bytes: &[u8]) -> String {
    let list = match opml::read(bytes) {
        Err(error) => return error.to_string(),
        Ok(list) => list,
    };
    let again = opml::read(&opml::write("Feeds", &list.feeds)).expect("it was written").feeds;
    let addresses =
        |feeds: &[opml::OpmlFeed]| feeds.iter().map(|it| it.url.clone()).collect::<BTreeSet<_>>();
    assert_eq!(addresses(&again), addresses(&list.feeds));
    let third = opml::read(&opml::write("Feeds", &again)).expect("so can that").feeds;
    assert_eq!(third, again, "written once more it stays as it is");
    format!("{} {list:?}", list.notes.join(" "))
}

/// Runs on the stack of a server thread, on which commands with selectors are read.
fn selector(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let check = || wirefold_fetcher::extract::check_selector(&text);
    let answer = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(2 << 20);
        thread.spawn_scoped(scope, check).expect("a thread starts").join().expect("no panic")
    });
    answer.err().and_then(|why| why.rsplit(": ").next().map(str::to_owned)).unwrap_or_default()
}

fn date(bytes: &[u8]) -> String {
    /// The range of parsed dates in seconds since 1970.
    const YEARS: std::ops::Range<i64> = -62_167_219_200..253_402_300_800;
    let text = String::from_utf8_lossy(bytes);
    let languages = [None, Some("fr"), Some("de"), Some("ru"), Some("ko"), Some("ar")];
    let read = languages.map(|language| {
        dates::read(&text, dates::Context::of(language)).map(jiff::Timestamp::as_second)
    });
    assert!(read.iter().flatten().all(|seconds| YEARS.contains(seconds)), "{text:?}: {read:?}");
    // The magnitude of the distance from 2020 shows which part was parsed.
    let distances = read.map(|it| it.map(|seconds| seconds.abs_diff(1_577_836_800)));
    format!("{distances:?} {}", text.chars().filter(|c| c.is_numeric()).count())
}

fn query(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let query = match Query::parse(&text) {
        Ok(query) => query,
        Err(error) => return error.to_string(),
    };
    let article = Prepared::new(&Document {
        title: "Ferry and tram collide near the old harbour",
        text: "A ferry ran aground on Monday. “We saw it,” said Tom Lund of Harbour Rail.",
        outlet: "The Harbour Post",
        site: "harbour.example",
        language: "en",
        class: "new",
        ..Document::default()
    });
    let found = query.matches(&article, &Numbers::default());
    format!("{} {found:?}", query.is_contradictory())
}

/// Passes a text to the enricher, and to the detector with itself and a part of itself.
fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let found = enriched::findings("A title", &text, None);
    for mention in wirefold_enricher::mentions(&text) {
        assert!(text.get(mention.span.clone()).is_some(), "{mention:?} in {text:?}");
    }
    for quotation in &found.quotations {
        assert!(!quotation.words.trim().is_empty(), "{quotation:?}");
    }
    let mut detector = Detector::new(wirefold_fold::Settings::default());
    let half = &text[..text.floor_char_boundary(text.len() / 2)];
    let copies = [("a", &*text), ("b", half), ("c", &*text)].into_iter().enumerate();
    let classes: Vec<Class> =
        copies.map(|(at, (outlet, part))| observe(&mut detector, at, outlet, part)).collect();
    format!("{classes:?} {found:?}")
}

/// The class of an article's verdict.
fn observe(detector: &mut Detector, number: usize, outlet: &str, text: &str) -> Class {
    let time = 1_700_000_000 + 3_600 * i64::try_from(number).unwrap_or_default();
    let incoming = Incoming {
        items: &[&number.to_string()],
        outlet: Some(outlet),
        title: "Bridge to close",
        text,
        time,
        published: time,
        ..Incoming::default()
    };
    detector.observe(&incoming).class
}

/// The bytes as a body of each message. A body that can be read must be written and read again without
/// change.
fn message(bytes: &[u8]) -> String {
    const READERS: [ReadMessage; 13] = [
        read::<ArticleFetched>,
        read::<ArticleEnriched>,
        read::<OutputArticle>,
        read::<OutputEpoch>,
        read::<OutputForgotten>,
        read::<Alert>,
        read::<AlertDigest>,
        read::<ControlCommand>,
        read::<DeadLetter>,
        read::<FeedRecord>,
        read::<StoryRecord>,
        read::<SubscriptionRecord>,
        read::<HealthReport>,
    ];
    let said = READERS.map(|read| read(bytes));
    let wanted = said.iter().flatten().find(|said| !said.contains("this reader expects"));
    format!("{:?} {}", said.each_ref().map(Option::is_none), wanted.map_or("", String::as_str))
}

/// Reads a body as a message: why it is not this one, or `None` if it is.
type ReadMessage = fn(&[u8]) -> Option<String>;

/// Why a body is not this message. `None` if it is.
fn read<M: Message>(bytes: &[u8]) -> Option<String> {
    let message: M = match wirefold_proto::decode(bytes) {
        Ok(message) => message,
        Err(error) => return Some(error.to_string()),
    };
    let written = match wirefold_proto::encode(&message) {
        Ok(written) => written,
        Err(too_large) => return Some(too_large.to_string()),
    };
    let again: M = wirefold_proto::decode(&written).expect("written data can be read");
    let again = wirefold_proto::encode(&again).expect("it was small enough before");
    assert_eq!(written, again, "{}", String::from_utf8_lossy(bytes));
    None
}

/// The bytes as the state of the detector, which is either refused or read. A snapshot has a checksum too, so that
/// only what was written is used.
fn snapshot(bytes: &[u8]) -> String {
    let read = postcard::from_bytes::<Detector>(bytes);
    read.map_or_else(|error| error.to_string(), |read| format!("{} articles", read.articles()))
}

/// The snapshot of a detector after each of a few articles.
pub(super) fn snapshots() -> Vec<Vec<u8>> {
    let mut detector = Detector::new(wirefold_fold::Settings::default());
    let towns = ["Aldmoor", "Brackwater", "Calder Bay", "Dunmere"];
    let snapshot = |(number, town)| {
        let text = format!(
            "{town} will close its old harbour bridge for repairs. The council voted {number} to 4 on \
             Tuesday. “It cannot carry the buses any longer,” said the engineer Mara Voss of {town}. Work \
             begins in March and costs {number}2 million crowns, the mayor told reporters."
        );
        observe(&mut detector, number, "The Harbour Post", &text);
        postcard::to_stdvec(&detector).expect("a vector takes all bytes")
    };
    towns.into_iter().cycle().take(12).enumerate().map(snapshot).collect()
}

/// A server that always responds with the stored bytes, and its client.
struct Site {
    address: String,
    answer: Arc<Mutex<Vec<u8>>>,
    runtime: Runtime,
    settings: Settings,
}

/// The bytes as the response of a site, with status and headers, to the request of a poll.
fn answer(bytes: &[u8]) -> String {
    static SITE: OnceLock<Site> = OnceLock::new();
    let site = SITE.get_or_init(|| site().expect("a server on loopback"));
    *lock(&site.answer) = bytes.to_vec();
    let address = format!("http://{}/feed.xml", site.address);
    let probe = site.runtime.block_on(probe(&site.settings, &address, Search::Here));
    let probe = probe.expect("the address is one");
    let said = probe.would.iter().chain(&probe.problem).map(String::as_str);
    format!("{probe:?} {}", said.collect::<Vec<&str>>().join(" "))
}

fn site() -> anyhow::Result<Site> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?.to_string();
    let answer = Arc::new(Mutex::new(Vec::new()));
    let given = answer.clone();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let bytes = lock(&given).clone();
            let _ = stream.write_all(&bytes);
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let allow_hosts = vec![address.clone()];
    let settings = Settings { allow_hosts, timeout: Duration::from_secs(2), ..Settings::default() };
    Ok(Site { address, answer, runtime, settings })
}

/// The variable with host and port of the `wirefold up` for [`api`].
pub(super) const PAGE: &str = "WIREFOLD_FUZZ_PAGE";

/// The bytes as a request to a running `wirefold up`: the first line is method and path, the rest the body.
/// No request may cause an internal error.
fn api(bytes: &[u8]) -> String {
    #[expect(clippy::disallowed_methods, reason = "a target has no argument but its input")]
    let page = std::env::var(PAGE).expect("the runner of the target starts `up` before");
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let is_visible = |byte: &&u8| (0x20..0x7f).contains(*byte);
    let line: Vec<u8> = bytes[..end].iter().filter(is_visible).copied().collect();
    let line = String::from_utf8_lossy(&line);
    let (method, path) = line.split_once(' ').unwrap_or(("GET", &*line));
    let path = path.replace(' ', "%20");
    let body = bytes.get(end + 1..).unwrap_or_default();
    let (status, told) = running::send(&page, method, &path, body).expect("it answers");
    let code = status.get(9..12).and_then(|code| code.parse::<u16>().ok()).unwrap_or(0);
    // 503 means that something is unavailable, such as a full stream. This is not an internal error.
    assert!(code < 500 || code == 503, "{method} {path}: {status}");
    format!("{method} {status} {}", told.get(..200).unwrap_or(&told))
}

/// A `wirefold up` in a temporary folder.
pub(super) fn up() -> anyhow::Result<(Running, tempfile::TempDir)> {
    let folder = tempfile::tempdir()?;
    let source = "data = \"data\"\n[[source]]\npath = \"incoming\"\n";
    std::fs::create_dir(folder.path().join("incoming"))?;
    std::fs::write(folder.path().join("wirefold.toml"), source)?;
    Ok((Running::start(&program(None, "dev")?, folder.path())?, folder))
}
