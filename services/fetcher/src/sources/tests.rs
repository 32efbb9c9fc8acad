//! Real files, a bus over SQLite, and a clock that the test moves.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use wirefold_envelope::{Limits, create_streams, decode};
use wirefold_flow::sim::VirtualClock;
use wirefold_flow::{Bus, StageContext};
use wirefold_proto::{ArticleFetched, DateProblem, MAX_TEXT_BYTES, TextSource};

use super::{FileReader, Kind, Source, Watch, run};

/// A watched folder, and a bus beside it.
pub(super) struct WatchedFolder {
    folder: TempDir,
    store: TempDir,
    clock: Arc<VirtualClock>,
    bus: Arc<dyn Bus>,
}

impl WatchedFolder {
    pub(super) async fn new() -> Self {
        let (folder, store) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let clock = Arc::new(VirtualClock::default());
        let bus = wirefold_flow_sqlite::open(store.path(), clock.clone()).unwrap();
        create_streams(&*bus, &Limits::default()).await.unwrap();
        Self { folder, store, clock, bus }
    }

    pub(super) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub(super) fn source(&self) -> Source {
        Source { path: self.folder.path().to_owned(), kind: Kind::Folder, outlet: None }
    }

    fn context(&self) -> StageContext {
        StageContext::new(self.bus.clone(), self.clock.clone())
    }

    pub(super) fn reader(&self) -> FileReader {
        FileReader::new(&self.context(), CancellationToken::new()).unwrap()
    }

    pub(super) async fn articles(&self) -> Vec<ArticleFetched> {
        let mut reader = self.bus.read("WF_FETCHED", "wirefold.>", 1).await.unwrap();
        let mut articles = Vec::new();
        loop {
            let found = reader.ready(100).await.unwrap();
            if found.is_empty() {
                return articles;
            }
            articles.extend(found.iter().map(|message| decode(message).unwrap()));
        }
    }

    pub(super) async fn keys(&self) -> Vec<String> {
        let texts = self.articles().await;
        texts.into_iter().map(|article| article.article.item_key).collect()
    }
}

pub(super) async fn changing_checks(watch: &mut Watch, reader: &FileReader, count: usize) {
    for _ in 0..count {
        watch.check(reader).await.unwrap();
    }
}

#[tokio::test]
async fn files_are_taken_when_they_stand_still_in_the_order_of_their_names() {
    let place = WatchedFolder::new().await;
    let (reader, mut watch) = (place.reader(), Watch::new(place.source()));
    place.write("b.txt", "Second.");
    place.write("c.md", "Third, still gro");
    place.write(".hidden.txt", "No.");
    place.write("picture.png", "No.");
    watch.check(&reader).await.unwrap();
    place.write("c.md", "Third, still growing.");
    place.write("a.txt", "First.\r\n\r\n\r\nParagraph\u{feff}.");
    watch.check(&reader).await.unwrap();
    assert_eq!(place.keys().await, [""; 0], "one is still changing");
    watch.check(&reader).await.unwrap();
    assert_eq!(place.keys().await, ["a", "b", "c"]);
    let first = &place.articles().await[0];
    assert_eq!(first.text, "First.\n\nParagraph.");
    assert_eq!(first.text_source, TextSource::Given);
    assert_eq!(first.article.outlet.as_str(), "local");
    assert_eq!(first.article.date_problem, Some(DateProblem::Missing));
    assert!(!first.article.baseline);
    changing_checks(&mut watch, &reader, 3).await;
    assert_eq!(place.keys().await.len(), 3);
}

#[tokio::test]
async fn a_file_that_never_rests_holds_the_others_up_for_a_while_only() {
    let place = WatchedFolder::new().await;
    let (reader, mut watch) = (place.reader(), Watch::new(place.source()));
    place.write("b.txt", "Second.");
    for length in 1..20 {
        place.write("a.txt", "x ".repeat(length));
        watch.check(&reader).await.unwrap();
    }
    assert_eq!(place.keys().await, ["b"]);
}

#[tokio::test]
async fn read_files_are_remembered_and_a_change_is_a_version() {
    let place = WatchedFolder::new().await;
    place.write("a.txt", "One text.");
    changing_checks(&mut Watch::new(place.source()), &place.reader(), 2).await;
    changing_checks(&mut Watch::new(place.source()), &place.reader(), 3).await;
    let first = place.articles().await;
    assert_eq!(first.len(), 1);
    place.write("a.txt", "Another text.");
    changing_checks(&mut Watch::new(place.source()), &place.reader(), 3).await;
    let both = place.articles().await;
    assert_eq!(both.len(), 2);
    assert_eq!(both[1].article.version_of, Some(both[0].id));
    assert_eq!(both[1].article.item_key, both[0].article.item_key);
}

#[tokio::test]
async fn files_without_text_are_left_out_and_remembered() {
    let place = WatchedFolder::new().await;
    let bytes: Vec<u8> =
        (0..3_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    place.write("a.txt", "");
    place.write("b.txt", bytes);
    place.write("c.txt", " \n\n— \n");
    let path = place.write("d.txt", "One text.");
    changing_checks(&mut Watch::new(place.source()), &place.reader(), 2).await;
    assert_eq!(place.keys().await, ["d"]);
    let reader = place.reader();
    for name in ["a.txt", "b.txt", "c.txt"] {
        let record = reader.record(&place.folder.path().join(name)).await.unwrap();
        assert!(record.is_some_and(|record| record.article.is_none()), "{name}");
    }
    for content in ["", "Another text."] {
        std::fs::write(&path, content).unwrap();
        changing_checks(&mut Watch::new(place.source()), &place.reader(), 2).await;
    }
    let both = place.articles().await;
    assert_eq!(both.len(), 2);
    assert_eq!(both[1].article.version_of, Some(both[0].id), "emptied between the two");
}

#[tokio::test]
async fn a_file_that_is_too_long_is_cut() {
    let place = WatchedFolder::new().await;
    place.write("a.txt", "x".repeat(2 * MAX_TEXT_BYTES));
    changing_checks(&mut Watch::new(place.source()), &place.reader(), 2).await;
    let articles = place.articles().await;
    assert!(articles[0].article.truncated && articles[0].text.len() <= MAX_TEXT_BYTES);
}

#[tokio::test]
async fn lines_are_articles_and_bad_ones_are_passed_over() {
    let place = WatchedFolder::new().await;
    place.write(
        "a.jsonl",
        b"\xEF\xBB\xBF{\"id\":\"1\",\"text\":\"One.\",\"outlet\":\"harbour.example\"}\n\nbad\n\
          {\"id\":\"2\",\"text\":\"T\xE9.\",\"published\":\"2026-03-05\"}",
    );
    place.write("b.json", "{\"id\":3,\"text\":\"Three.\"}\n");
    changing_checks(&mut Watch::new(place.source()), &place.reader(), 2).await;
    assert_eq!(place.keys().await, ["1", "2", "3"]);
    let articles = place.articles().await;
    assert_eq!(articles[0].article.outlet.as_str(), "harbour.example");
    assert_eq!(articles[1].text, "Té.");
}

#[tokio::test]
async fn feeds_are_read_the_oldest_first() {
    let place = WatchedFolder::new().await;
    let seeds = Path::new("../../seeds/feeds");
    for name in ["harbor-ledger.xml", "meridian-post.atom", "capital-watch.json"] {
        std::fs::copy(seeds.join(name), place.folder.path().join(name)).unwrap();
    }
    place.write("broken.xml", "<html>no feed</html>");
    changing_checks(&mut Watch::new(place.source()), &place.reader(), 2).await;
    let articles = place.articles().await;
    assert!(articles.len() > 20, "{}", articles.len());
    let ledger: Vec<_> = articles
        .iter()
        .filter(|article| article.article.outlet.as_str() == "harborledger.example")
        .map(|article| article.article.published.unwrap())
        .collect();
    assert!(!ledger.is_empty() && ledger.is_sorted());
    assert!(articles.iter().all(|article| article.text_source == TextSource::Feed));
}

#[tokio::test(start_paused = true)]
async fn a_file_is_read_once_whatever_its_name() {
    let place = WatchedFolder::new().await;
    let path = place.write("article", "One text.");
    let files = vec![Source { path, kind: Kind::File, outlet: None }];
    for _ in 0..2 {
        let stop = CancellationToken::new();
        let context = place.context();
        let running = run(&context, files.clone(), stop);
        let clock = place.clock.clone();
        tokio::select! {
            ended = running => ended.unwrap(),
            () = clock.run_when_idle() => unreachable!("it runs for ever"),
        }
        assert_eq!(place.keys().await, ["article"]);
    }
}

#[tokio::test]
async fn the_source_waits_for_a_missing_folder() {
    let place = WatchedFolder::new().await;
    let path = place.folder.path().join("later");
    let mut watch = Watch::new(Source { path: path.clone(), kind: Kind::Folder, outlet: None });
    let reader = place.reader();
    watch.check(&reader).await.unwrap();
    std::fs::create_dir(&path).unwrap();
    std::fs::write(path.join("a.txt"), "A.").unwrap();
    changing_checks(&mut watch, &reader, 2).await;
    assert_eq!(place.keys().await, ["a"]);
}

/// The five texts of the demo, if they are present.
#[tokio::test(start_paused = true)]
async fn the_five_texts_come_out_in_the_order_of_their_names() {
    let place = WatchedFolder::new().await;
    let shared = Path::new("../../../shared/seeds");
    if !shared.is_dir() {
        eprintln!("SKIPPED: ../shared/seeds is absent");
        return;
    }
    let mut names: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(shared).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, place.folder.path().join(path.file_name().unwrap())).unwrap();
        names.push(path.file_stem().unwrap().to_str().unwrap().to_owned());
    }
    names.sort();
    let stop = CancellationToken::new();
    let (context, sources) = (place.context(), vec![place.source()]);
    let watching = tokio::spawn({
        let stop = stop.clone();
        async move { run(&context, sources, stop).await }
    });
    let clock = place.clock.clone();
    let moving = tokio::spawn(async move { clock.run_when_idle().await });
    let mut reader = place.bus.read("WF_FETCHED", "wirefold.>", 1).await.unwrap();
    let mut found: Vec<String> = Vec::new();
    while found.len() < names.len() {
        let messages = reader.next(10).await.unwrap();
        let articles = messages.iter().map(|message| decode::<ArticleFetched>(message).unwrap());
        found.extend(articles.map(|article| article.article.item_key));
    }
    assert_eq!(found, names);
    stop.cancel();
    watching.await.unwrap().unwrap();
    moving.abort();
    assert!(place.store.path().exists());
}

#[test]
fn the_feed_is_the_name_as_a_slug() {
    let check = |path: &str, kind: Kind, expected: &str| {
        assert_eq!(Source { path: path.into(), kind, outlet: None }.feed().as_str(), expected);
    };
    check("/data/News Desk", Kind::Folder, "news-desk");
    check("in/Ärger.2026.jsonl", Kind::File, "rger.2026");
    check("/", Kind::Folder, "local");
    check("push", Kind::Folder, "push-files");
}
