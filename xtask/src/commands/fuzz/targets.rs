//! The targets of `fuzz`: each calls a parser with an input, checks the properties that must hold for every
//! input, and returns the kind of the result.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use tokio::runtime::Runtime;
use wirefold_feed::{MAX_ITEMS, dates, html};
use wirefold_fetcher::{Search, Settings, opml, probe};
use wirefold_fold::{Detector, Incoming};
use wirefold_proto::{
    Alert, AlertDigest, ArticleFetched, ArticleJudged, ControlCommand, DeadLetter, FeedRecord,
    HealthReport, Message, OutputArticle, OutputForgotten, StoryRecord, SubscriptionRecord,
};
use wirefold_query::{Document, Numbers, Prepared, Query};

use crate::running::Running;
use crate::{enriched, tree};

/// The name of a target, and the function that tries an input. It panics on a violated property.
pub(super) type Target = (&'static str, fn(&[u8]) -> u64);

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

/// The kind of a result: its figures and messages without details.
fn kind(parts: &[usize], said: &[String]) -> u64 {
    let mut hasher = DefaultHasher::new();
    // Only the magnitude of numbers. Otherwise every input would have a kind of its own.
    parts.iter().for_each(|part| part.checked_ilog2().hash(&mut hasher));
    for text in said {
        let letters: String = text.chars().filter(|c| c.is_alphabetic()).take(60).collect();
        letters.hash(&mut hasher);
    }
    hasher.finish()
}

fn feed(bytes: &[u8]) -> u64 {
    let feed = match wirefold_feed::parse(bytes, None, "https://harbour.example/feed.xml") {
        Err(error) => return kind(&[], &[error.to_string()]),
        Ok(feed) => feed,
    };
    assert!(feed.items.len() <= MAX_ITEMS);
    let count =
        |is: fn(&wirefold_feed::Item) -> bool| feed.items.iter().filter(|it| is(it)).count();
    let parts = [
        feed.items.len(),
        feed.format.as_str().len(),
        count(|item| item.guid.is_some()),
        count(|item| item.link.is_some()),
        count(|item| item.published.is_some()),
        count(|item| item.source.is_some()),
        count(|item| !item.media.is_empty()),
        count(|item| !item.authors.is_empty()),
        feed.items.iter().map(|item| item.title.len()).sum(),
    ];
    kind(&parts, &feed.problems)
}

fn page(bytes: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(bytes);
    let (plain, head) = (html::to_text(&text), html::head_of(&text));
    let _ = (html::loose_to_text(&text), html::one_line(&text), html::decode(&text));
    let said = format!("{head:?}").chars().take(200).collect();
    kind(&[plain.len(), plain.lines().count()], &[said])
}

fn robots(bytes: &[u8]) -> u64 {
    let rules = wirefold_fetcher::RobotsRules::read(bytes, "wirefold");
    let paths = ["/", "/a", "/a/b.html?c=%2f", "/index.html", "/%E3%83%84", ""];
    let allowed = paths.map(|path| usize::from(rules.allow(path)) + 1);
    kind(&allowed, &[rules.delay().is_some().to_string()])
}

fn address(bytes: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(bytes);
    let once = wirefold_address::canonical(&text);
    if let Some(once) = &once {
        let twice = wirefold_address::canonical(once);
        assert_eq!(twice.as_ref(), Some(once), "not idempotent: {text:?}");
    }
    let parts = once.map_or([0; 4], |it| {
        [it.len(), it.matches('/').count(), it.matches('%').count(), it.matches('&').count() + 1]
    });
    kind(&parts, &[])
}

fn list_of_feeds(bytes: &[u8]) -> u64 {
    let list = match opml::read(bytes) {
        Err(error) => return kind(&[], &[error.to_string()]),
        Ok(list) => list,
    };
    let again = opml::read(&opml::write("Feeds", &list.feeds)).expect("it was written").feeds;
    let addresses =
        |feeds: &[opml::OpmlFeed]| feeds.iter().map(|it| it.url.clone()).collect::<BTreeSet<_>>();
    assert_eq!(addresses(&again), addresses(&list.feeds));
    let third = opml::read(&opml::write("Feeds", &again)).expect("so can that").feeds;
    assert_eq!(third, again, "written once more it stays as it is");
    let count = |is: fn(&opml::OpmlFeed) -> bool| list.feeds.iter().filter(|it| is(it)).count();
    let parts = [
        list.feeds.len(),
        count(|feed| feed.title.is_some()),
        count(|feed| feed.group.is_some()),
        count(|feed| feed.id.is_some()),
        usize::from(list.is_whole),
    ];
    kind(&parts, &list.notes)
}

/// Runs on the stack of a server thread, on which commands with selectors are read.
fn selector(bytes: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(bytes);
    let check = || wirefold_fetcher::extract::check_selector(&text);
    let answer = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(2 << 20);
        thread.spawn_scoped(scope, check).expect("a thread starts").join().expect("no panic")
    });
    let said = answer.err().and_then(|why| why.rsplit(": ").next().map(str::to_owned));
    kind(&[text.len(), usize::from(said.is_some())], said.as_slice())
}

fn date(bytes: &[u8]) -> u64 {
    /// The range of parsed dates in seconds since 1970.
    const YEARS: std::ops::Range<i64> = -62_167_219_200..253_402_300_800;
    let text = String::from_utf8_lossy(bytes);
    let languages = [None, Some("fr"), Some("de"), Some("ru"), Some("ko"), Some("ar")];
    let read = languages.map(|language| {
        dates::read(&text, dates::Context::of(language)).map(jiff::Timestamp::as_second)
    });
    assert!(read.iter().flatten().all(|seconds| YEARS.contains(seconds)), "{text:?}: {read:?}");
    // The magnitude of the distance from 2020 shows which part was parsed.
    let size = |seconds: Option<i64>| {
        let distance = seconds.map(|seconds| seconds.abs_diff(1_577_836_800));
        distance.map_or(0, |it| usize::try_from(it).unwrap_or(usize::MAX).saturating_add(1))
    };
    let digits = text.chars().filter(|c| c.is_numeric()).count();
    kind(&[&read.map(size)[..], &[digits, text.len()]].concat(), &[])
}

fn query(bytes: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(bytes);
    let query = match Query::parse(&text) {
        Ok(query) => query,
        Err(error) => return kind(&[], &[error.to_string()]),
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
    let spans = found.map_or(0, |found| format!("{found:?}").len());
    kind(&[text.len(), usize::from(query.is_contradictory()) + 1, spans], &[])
}

/// Passes a text to the enricher, and to the detector with itself and a part of itself.
fn text(bytes: &[u8]) -> u64 {
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
    let mut said: Vec<String> =
        copies.map(|(at, (outlet, part))| observe(&mut detector, at, outlet, part)).collect();
    said.extend(found.language.map(|language| format!("{:?}", language.tag)));
    let parts = [
        found.entities.len(),
        found.quotations.len(),
        found.numbers.len(),
        usize::from(found.dateline.is_some()) + 1,
        text.len(),
    ];
    kind(&parts, &said)
}

/// The class of an article's verdict.
fn observe(detector: &mut Detector, number: usize, outlet: &str, text: &str) -> String {
    let time = 1_700_000_000 + 3_600 * i64::try_from(number).unwrap_or_default();
    let verdict = detector.observe(&Incoming {
        items: &[&number.to_string()],
        outlet: Some(outlet),
        title: "Bridge to close",
        text,
        time,
        published: time,
        ..Incoming::default()
    });
    format!("{:?}", verdict.class)
}

/// The bytes as a body of each message. A body that can be read must be written and read again without
/// change.
fn message(bytes: &[u8]) -> u64 {
    const READERS: [ReadMessage; 12] = [
        read::<ArticleFetched>,
        read::<ArticleJudged>,
        read::<OutputArticle>,
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
    let name = wirefold_proto::name_of(bytes).map(|name| name.into_owned());
    let said = READERS.map(|read| read(bytes));
    let wanted = said.iter().flatten().find(|said| !said.contains("this reader expects"));
    let readers = said.iter().filter(|said| said.is_none()).count() + 1;
    let name = name.unwrap_or_else(|error| error.to_string());
    kind(&[readers], &[name, wanted.cloned().unwrap_or_default()])
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
fn snapshot(bytes: &[u8]) -> u64 {
    let Ok(read) = postcard::from_bytes::<Detector>(bytes) else {
        return kind(&[], &["refused".to_owned()]);
    };
    kind(&[read.articles(), bytes.len()], &["read".to_owned()])
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
fn answer(bytes: &[u8]) -> u64 {
    static SITE: OnceLock<Site> = OnceLock::new();
    let site = SITE.get_or_init(|| site().expect("a server on loopback"));
    *site.answer.lock().unwrap_or_else(PoisonError::into_inner) = bytes.to_vec();
    let address = format!("http://{}/feed.xml", site.address);
    let probe = site.runtime.block_on(probe(&site.settings, &address, Search::Here));
    let probe = probe.expect("the address is one");
    let mut said: Vec<String> = probe.would;
    said.extend(probe.problem);
    kind(&[probe.items as usize, probe.feeds.len(), probe.redirects.len()], &said)
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
            let bytes = given.lock().unwrap_or_else(PoisonError::into_inner).clone();
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
fn api(bytes: &[u8]) -> u64 {
    #[expect(clippy::disallowed_methods, reason = "a target has no argument but its input")]
    let page = std::env::var(PAGE).expect("the runner of the target starts `up` before");
    let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let is_visible = |byte: &&u8| (0x20..0x7f).contains(*byte);
    let line: Vec<u8> = bytes[..end].iter().filter(is_visible).copied().collect();
    let line = String::from_utf8_lossy(&line);
    let (method, path) = line.split_once(' ').unwrap_or(("GET", &*line));
    let path = path.replace(' ', "%20");
    let body = bytes.get(end + 1..).unwrap_or_default();
    let status = ask(&page, method, &path, body).expect("it answers");
    let code = status.get(9..12).and_then(|code| code.parse::<u16>().ok()).unwrap_or(0);
    // 503 means that something is unavailable, such as a full stream. This is not an internal error.
    assert!(code < 500 || code == 503, "{method} {path}: {status}");
    kind(&[usize::from(code)], &[method.to_owned(), status])
}

/// A `wirefold up` in a temporary folder.
pub(super) fn up() -> anyhow::Result<(Running, tempfile::TempDir)> {
    let folder = tempfile::tempdir()?;
    let source = "data = \"data\"\n[[source]]\npath = \"incoming\"\n";
    std::fs::create_dir(folder.path().join("incoming"))?;
    std::fs::write(folder.path().join("wirefold.toml"), source)?;
    let program = tree::root().join("target/debug/wirefold");
    let up = Running::start(&program, folder.path()).context("cargo build -p wirefold makes it")?;
    Ok((up, folder))
}

/// The first line of the response, with its body if it is short.
fn ask(page: &str, method: &str, path: &str, body: &[u8]) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(page)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let length = body.len();
    // A server that refuses the head may close before it has read all of the request.
    let _ = write!(
        stream,
        "{method} {path} HTTP/1.0\r\nhost: {page}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n"
    );
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let read = stream.take(4096).read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    anyhow::ensure!(!answer.is_empty(), "no answer: {read:?}");
    let (head, told) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    Ok(format!("{} {}", head.lines().next().unwrap_or_default(), told.get(..200).unwrap_or(told)))
}
