//! `forget`: no byte of an article stays in any file of wirefold, everything else works on, and the article
//! does not come back although its feed still lists it.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use wirefold_flow::Stored;
use wirefold_flow_sqlite::Inspection;
use wirefold_gateway::Kept;
use wirefold_gateway::shapes::{EventExport, KeptRow};
use wirefold_proto::{Class, OutputArticle, decode};

use super::generated::{Numbers, WORD, capital, sentence, text, word};
use super::kept::{StoredContent, StoredStreams, stored_content};
use super::loopback::{Answer, Loopback};
use super::targets::Target;
use super::up::{CONFIG, Up};
use crate::program::Folder;

/// A word in title, text and address of the forgotten articles, and nowhere else.
const MARK: &str = "xqzzymark";

/// An item of a feed.
#[derive(Clone)]
struct Item {
    path: String,
    title: String,
    text: String,
}

/// Two feeds to which a test adds items.
#[derive(Clone, Default)]
struct Feeds(Arc<Mutex<[Vec<Item>; 2]>>);

impl Feeds {
    fn add(&self, feed: usize, path: &str, title: &str, text: &str) {
        let item = Item { path: path.to_owned(), title: title.to_owned(), text: text.to_owned() };
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[feed].insert(0, item);
    }

    fn rss(&self, asked: &str, host: &str) -> Answer {
        let Some(feed) = asked.strip_prefix("/feed/").and_then(|feed| feed.parse::<usize>().ok())
        else {
            return Answer::status(404);
        };
        let feeds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let item = |Item { path, title, text }: &Item| {
            let text = text.replace("\n\n", "&lt;/p&gt;&lt;p&gt;");
            format!(
                "<item><title>{title}</title><link>http://{host}{path}</link>\
                 <description>&lt;p&gt;{text}&lt;/p&gt;</description></item>"
            )
        };
        let items: String = feeds[feed].iter().map(item).collect();
        let body = format!("<rss version=\"2.0\"><channel><title>f</title>{items}</channel></rss>");
        Answer::ok("application/rss+xml", body)
    }
}

/// A pipeline with two feeds and a subscription, and the articles to forget.
pub(super) struct Newsroom {
    feeds: Feeds,
    server: Loopback,
    target: Target,
    pub(super) folder: Folder,
    numbers: Numbers,
    /// The text in both feeds.
    shared: String,
}

impl Newsroom {
    pub(super) fn open() -> Newsroom {
        let feeds = Feeds::default();
        let answering = feeds.clone();
        let hosts = [1, 2].map(|host| ([127, 0, 0, host], 0).into());
        let server = Loopback::on(&hosts, move |asked| answering.rss(&asked.path, &asked.host));
        let target = Target::open();
        let config = format!(
            "data = \"data\"\n[fetcher]\nallow_private = [\"127.0.0.0/8\"]\nper_host_delay = \"0s\"\n\
             [[source]]\npath = \"dropped\"\n\
             [[subscription]]\nname = \"Regatta\"\nquery = \"{WORD}\"\ndeliveries = [\"desk\"]\n\
             group_wait = \"0s\"\nupdate_interval = \"1s\"\n{}",
            target.delivery()
        );
        let mut numbers = Numbers::from_seed(21);
        let names: Vec<String> = (0..3).map(|_| capital(&word(&mut numbers))).collect();
        let mut half = |at| text(at, &names, &mut numbers);
        let shared = format!("{}\n\n{}", half(0), half(1));
        let folder = Folder::with(&[(CONFIG, config.as_bytes())]);
        Newsroom { feeds, server, target, folder, numbers, shared }
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// An address on the site of a feed.
    fn url(&self, feed: usize, path: &str) -> String {
        format!("http://127.0.0.{}:{}{path}", feed + 1, self.server.address.port())
    }

    /// A new title.
    fn title(&mut self) -> String {
        let names = [capital(&word(&mut self.numbers))];
        sentence(&mut self.numbers, &names)
    }

    /// Another happening, about which the subscription also alerts.
    fn other(&mut self) -> String {
        let names: Vec<String> = (0..3).map(|_| capital(&word(&mut self.numbers))).collect();
        text(0, &names, &mut self.numbers)
    }

    fn list(&mut self, feed: usize, path: &str, text: &str) {
        let title = self.title();
        self.feeds.add(feed, path, &title, text);
    }

    /// Polls a feed and waits for this many articles.
    fn poll(&self, up: &Up, feed: usize, articles: usize) -> Vec<OutputArticle> {
        let status = up.get("/api/v1/status");
        let mut events = up.events(status["sequence"].as_u64().expect("a sequence"));
        up.post(&format!("/api/v1/feeds/paper-{feed}/poll"), &json!({}));
        events.articles(articles)
    }

    /// Starts and reads all articles of the test. Ends with a snapshot.
    pub(super) fn fill(&mut self, start: impl Fn(&Folder) -> Up) {
        for feed in 0..2 {
            let other = self.other();
            self.list(feed, &format!("/old/{feed}"), &other);
        }
        let up = start(&self.folder);
        let mut events = up.events(0);
        for feed in 0..2 {
            let url = self.url(feed, &format!("/feed/{feed}"));
            let settings = json!({
                "id": format!("paper-{feed}"), "url": url, "outlet": format!("paper-{feed}.example"),
                "full_text": "off",
            });
            up.post("/api/v1/feeds", &settings);
        }
        events.articles(2);
        drop(events);
        let shared = self.shared.clone();
        let marked = format!("QUAYTON (AP) — {} pilots said so twice. {shared}", capital(MARK));
        self.feeds.add(0, &format!("/{MARK}/ferry"), &format!("The {MARK} ferry"), &marked);
        self.poll(&up, 0, 1);
        self.list(1, "/reprint", &format!("An opening of its own stands here. {shared}"));
        let copy = self.poll(&up, 1, 1);
        assert_eq!(copy[0].verdict.class, Class::Copy, "{:?}", copy[0].verdict);
        // Another word contains the mark. Otherwise the two would be one event.
        let alone = format!("It was un{MARK}ed alone. {}", self.other());
        self.feeds.add(0, &format!("/{MARK}/alone"), &format!("All un{MARK}ed"), &alone);
        let other = self.other();
        self.list(1, "/another", &other);
        self.poll(&up, 0, 1);
        self.poll(&up, 1, 1);
        // Three happenings have alerted, and the reprint is in the alert of the first.
        self.target.wait_for(|it| it.alert.articles.len() == 2);
        while self.target.alerts().len() < 3 {
            self.target.next();
        }
        assert_eq!(up.terminate().code, Some(0));
    }

    /// Checks a run without the forgotten articles: everything else is there, they do not come back although
    /// their feed still lists them, and no alert is repeated.
    pub(super) fn goes_on(&mut self, up: &Up) {
        up.get_until("/api/v1/status", |status| status["articles"] == 4 && status["lag"] == 0);
        let reprint = up.get(&format!("/api/v1/articles?url={}", self.url(1, "/reprint")));
        let story = reprint["articles"][0]["story"].as_str().unwrap_or_default().to_owned();
        let page = up.html(&format!("/stories/{story}"));
        assert!(page.contains("/reprint") && !page.to_lowercase().contains(MARK), "{page}");
        // Its feed still lists it, in other words, and it does not come back. The next reprint finds its
        // story.
        self.target.read_arrived();
        let known = self.target.messages.len();
        let shared = self.shared.clone();
        let again = format!("{} pilots said so again. {shared}", capital(MARK));
        self.feeds.add(0, &format!("/{MARK}/ferry"), &format!("The {MARK} ferry, again"), &again);
        let fresh = self.other();
        self.list(0, "/fresh", &fresh);
        let came = self.poll(up, 0, 1);
        assert!(
            came[0].article.url.as_deref().is_some_and(|url| url.ends_with("/fresh")),
            "{came:?}"
        );
        self.list(1, "/second", &format!("Another opening. {shared}"));
        let second = &self.poll(up, 1, 1)[0];
        assert_eq!((second.verdict.class, second.verdict.story.to_string()), (Class::Copy, story));
        let pushed = json!({"text": "Words of it.", "url": self.url(0, &format!("/{MARK}/ferry?utm_source=x"))});
        assert!(up.post_status("/api/v1/articles", &pushed).contains(" 403 "));
        // Only new articles alert, and earlier alerts are not repeated.
        self.target.wait_for(|it| it.alert.articles.iter().any(|it| it.id == came[0].id));
        self.target.wait_for(|it| it.alert.articles.iter().any(|it| it.id == second.id));
        let (earlier, since) = self.target.messages.split_at(known);
        for alert in since.iter().map(|it| &it.alert) {
            let is_new = |id| id == came[0].id || id == second.id;
            assert!(alert.articles.iter().any(|it| is_new(it.id)), "told again: {alert:#?}");
            let of_it = earlier.iter().filter(|it| it.alert.id == alert.id);
            let newest = of_it.map(|it| it.alert.revision).max();
            assert!(Some(alert.revision) > newest, "told again: {alert:#?}");
        }
    }

    /// The addresses to forget.
    pub(super) fn addresses(&self) -> [String; 2] {
        [self.url(0, &format!("/{MARK}/ferry")), self.url(0, &format!("/{MARK}/alone"))]
    }

    fn forget(&self, more: &[&str]) -> crate::program::Run {
        let urls = self.addresses();
        let arguments = [&["forget", &urls[0], &urls[1]], more].concat();
        self.folder.run(&arguments)
    }
}

/// Keeps the exports of some events, as the gateway does two days later. Returns the objects by their names.
pub(super) fn keep(folder: &Folder, most: usize) -> Vec<(String, Vec<u8>)> {
    let listed = folder.run(&["story", "ls", "--json"]).code(0).out;
    let stories = listed.lines().map(|it| serde_json::from_str::<Value>(it).expect("JSON"));
    let events: BTreeSet<String> =
        stories.filter_map(|it| Some(it["event"].as_str()?.to_owned())).collect();
    let keep = |event: String| {
        let export = folder.run(&["story", "export", &event, "--json"]).code(0).out;
        let export: EventExport = decode(export.as_bytes()).expect("an export");
        let row = KeptRow {
            event: export.event,
            title: export.title.clone(),
            changed: export.as_of,
            subscriptions: Vec::new(),
        };
        (format!("{event}-1"), Kept { row, export }.written().expect("it is small"))
    };
    events.into_iter().take(most).map(keep).collect()
}

/// Whether a kept event contains the mark.
pub(super) fn is_marked(object: &[u8]) -> bool {
    let Kept { row, export } = Kept::read(object).expect("it can be read");
    has_mark(&serde_json::to_vec(&(row, export)).expect("JSON"))
}

/// The files below a folder that contain the mark, in any case.
pub(super) fn marked(folder: &Path) -> Vec<PathBuf> {
    files_with(folder, &has_mark)
}

fn has_mark(bytes: &[u8]) -> bool {
    bytes.to_ascii_lowercase().windows(MARK.len()).any(|part| part == MARK.as_bytes())
}

fn files_with(folder: &Path, is_wanted: &dyn Fn(&[u8]) -> bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("it can be read") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            found.extend(files_with(&path, is_wanted));
        } else if path.is_file() && is_wanted(&fs::read(&path).expect("it can be read")) {
            found.push(path);
        }
    }
    found
}

/// The length of a piece of compressed content. No other content has an equal one by chance. It is longer than an id with
/// its quotation marks, which keys of deleted entries keep: an id is a hash.
const PIECE: usize = 40;

/// The pieces of the content of messages with and without the mark, as `bus.sqlite` stores it. It is mostly compressed,
/// so that the mark is in a message, but not in the bytes of the file.
#[derive(Default)]
struct StoredPieces {
    with_mark: HashSet<Vec<u8>>,
    without: HashSet<Vec<u8>>,
}

impl StoredPieces {
    fn in_folder(data: &Path) -> StoredPieces {
        let mut inspection = Inspection::open(data).expect("nobody holds the folder");
        let mut messages_with_mark = HashSet::new();
        let streams = inspection.streams().iter().map(|it| it.config.name.clone());
        for name in &streams.collect::<Vec<_>>() {
            let mut visit = |it: Stored, _| {
                if has_mark(&it.body) || has_mark(it.headers.packed()) {
                    messages_with_mark.insert((name.clone(), it.sequence));
                }
            };
            inspection.each(name, &mut visit).expect("it can be read");
        }
        drop(inspection);
        let mut pieces = StoredPieces::default();
        for StoredContent { stream, sequence, bytes } in stored_content(data) {
            let set = match messages_with_mark.contains(&(stream, sequence)) {
                true => &mut pieces.with_mark,
                false => &mut pieces.without,
            };
            set.extend(bytes.windows(PIECE).map(<[u8]>::to_vec));
        }
        pieces
    }

    /// The files that contain pieces with the mark which no message has now.
    fn left_in(&self, data: &Path) -> Vec<PathBuf> {
        let now = StoredPieces::in_folder(data);
        assert!(now.with_mark.is_empty(), "a message contains the mark");
        let is_left = |piece: &[u8]| self.with_mark.contains(piece) && !now.without.contains(piece);
        files_with(data, &|bytes| bytes.windows(PIECE).any(is_left))
    }
}

#[test]
fn no_byte_of_it_stays_and_all_else_goes_on() {
    let mut room = Newsroom::open();
    room.fill(Up::start);
    let data = room.data();
    let kept_events = data.join("wf_kept");
    fs::create_dir(&kept_events).expect("nothing is kept yet");
    let objects = keep(&room.folder, usize::MAX);
    for (name, object) in &objects {
        fs::write(kept_events.join(name), object).expect("it can be written");
    }
    fs::write(kept_events.join("half.part"), MARK).expect("it can be written");
    let with_mark = objects.iter().filter(|(_, object)| is_marked(object)).count();
    assert_eq!((objects.len(), with_mark), (5, 2));
    let before = marked(&data);
    let is_found = |name: &str| before.iter().any(|it| it.to_string_lossy().contains(name));
    for name in ["gateway.db", "wf_snapshots", "wf_kept"] {
        assert!(is_found(name), "the search finds what is there: {before:?}");
    }
    let pieces = StoredPieces::in_folder(&data);
    let has_piece = |bytes: &[u8]| bytes.windows(PIECE).any(|it| pieces.with_mark.contains(it));
    assert_eq!(files_with(&data, &has_piece), [data.join("bus.sqlite")]);
    // There is no question without a terminal, and a dry run changes nothing.
    let told = room.forget(&["--dry-run"]).code(0).err;
    assert!(told.contains("goes: 2 articles, 2 output messages, 1 alert,"), "{told}");
    assert!(told.contains(&format!("The {MARK} ferry")), "{told}");
    room.forget(&[]).code(2);
    assert_eq!(marked(&data), before);
    room.forget(&["--yes"]).code(0);
    assert_eq!(marked(&data), Vec::<PathBuf>::new());
    assert_eq!(pieces.left_in(&data), Vec::<PathBuf>::new());
    // The event of the reprint stays without the article, and that of the other article is gone.
    let left = files_with(&kept_events, &|_| true)
        .into_iter()
        .map(|path| fs::read(path).expect("it is there"));
    let articles = left.map(|object| {
        assert!(!is_marked(&object));
        Kept::read(&object).expect("it can be read").export.articles.len()
    });
    assert_eq!(articles.collect::<Vec<_>>(), [1; 4]);
    let listed = room.folder.run(&["forget", "--list"]).code(0).out;
    assert_eq!(listed.matches("address.").count(), 2, "{listed}");

    let up = Up::start(&room.folder);
    let busy = room.forget(&["--yes"]).code(1).err;
    assert!(busy.contains("stop it first"), "{busy}");
    room.goes_on(&up);
    assert_eq!(up.terminate().code, Some(0));
    assert_eq!(marked(&data), Vec::<PathBuf>::new());
    let kept = StoredStreams::in_folder(&data);
    assert_eq!((kept.fetched.len(), kept.articles().len(), kept.dead.len()), (6, 6, 0));
    // Once allowed again, it comes with the next poll.
    room.forget(&["--allow"]).code(0);
    let reopened = Up::start(&room.folder);
    let last = room.other();
    room.list(0, "/last", &last);
    let let_in = room.poll(&reopened, 0, 3);
    assert!(let_in.iter().any(|it| it.article.title.contains(MARK)), "{let_in:?}");
    assert_eq!(reopened.terminate().code, Some(0));
}

/// After a kill at any point the next run finishes the work, and nothing else is lost.
#[test]
fn killed_in_the_middle_the_next_run_ends_it() {
    let mut room = Newsroom::open();
    room.fill(Up::start);
    let data = room.data();
    let saved = room.folder.path().join("saved");
    copy_all(&data, &saved);
    let pieces = StoredPieces::in_folder(&data);
    for tenth in 0..16 {
        fs::remove_dir_all(&data).expect("it is there");
        copy_all(&saved, &data);
        let urls = room.addresses();
        let mut command = room.folder.command(&["forget", "--yes", "-q", &urls[0], &urls[1]]);
        let mut child = command.spawn().expect("the binary is built");
        std::thread::park_timeout(Duration::from_millis(4 * tenth));
        // If it has ended by then, there is nothing to kill.
        let _ = child.kill();
        child.wait().expect("it is our child");
        room.forget(&["--yes"]).code(0);
        let left = [marked(&data), pieces.left_in(&data)].concat();
        assert_eq!(left, Vec::<PathBuf>::new(), "killed after {} ms", 4 * tenth);
        let listed = room.folder.run(&["forget", "--list"]).code(0);
        assert!(!listed.err.contains("interrupted"), "{}", listed.err);
        let kept = StoredStreams::in_folder(&data);
        assert_eq!((kept.fetched.len(), kept.articles().len()), (4, 4));
    }
}

pub(super) fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("it can be read") {
        let path = entry.expect("it can be read").path();
        let target = to.join(path.file_name().expect("it has a name"));
        if path.is_dir() {
            copy_all(&path, &target);
        } else if path.is_file() {
            fs::copy(&path, &target).expect("it can be copied");
        }
    }
}
