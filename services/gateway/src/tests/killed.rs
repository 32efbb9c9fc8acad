//! A projection whose process is killed, and files of another form.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use wirefold_flow::Position;
use wirefold_flow::sim::Random;
use wirefold_proto::OutputArticle;

use super::samples::{article, begin, id};
use super::world::World;
use crate::projection::{Batch, Change, Projection};

const TOLD: &str = "WIREFOLD_GATEWAY_CHILD";
/// A child ends after this many batches, if nothing kills it.
const MOST: u64 = 20_000;
const BATCH: u64 = 7;

fn batch(number: u64) -> Batch {
    let changes = (0..BATCH).map(|at| {
        let number = number * BATCH + at + 1;
        Change::of(article(number, number, number), begin())
    });
    Batch {
        stream: "WF_OUTPUT",
        through: Position::at_sequence((number + 1) * BATCH),
        changes: changes.collect(),
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "how a test tells its child what to do")]
fn child_process() {
    let Ok(folder) = std::env::var(TOLD) else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let projection = Projection::open(folder.as_ref()).unwrap();
        let place = projection.reached("WF_OUTPUT").await.unwrap().sequence;
        for number in place / BATCH..MOST {
            projection.apply(batch(number)).await.unwrap();
            std::io::stdout().lock().write_all(b"@\n").unwrap();
        }
    });
}

#[tokio::test]
async fn rows_and_place_stay_together_when_it_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random::new(20_261_120);
    for _ in 0..8 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests::killed::child_process", "--nocapture"])
            .env(TOLD, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        let wanted = usize::try_from(1 + random.below(40)).unwrap();
        let is_said = |line: &std::io::Result<String>| line.as_ref().unwrap().contains('@');
        assert_eq!(said.filter(is_said).take(wanted).count(), wanted);
        child.kill().unwrap();
        child.wait().unwrap();

        let projection = Projection::open(folder.path()).unwrap();
        let place = projection.reached("WF_OUTPUT").await.unwrap().sequence;
        assert!(place >= wanted as u64 * BATCH);
        assert_eq!(projection.article_count().await.unwrap(), place);
        assert_eq!(projection.articles(vec![id(place)]).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_file_of_another_version_is_put_aside_and_rebuilt() {
    let mut world = World::new().await;
    world.publish_articles(&[article(1, 1, 1), article(2, 1, 1)]).await;
    world.stop().await;
    let path = world.folder.path().join("gateway.db");
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 999).unwrap();
    world.start_again().await;
    world.until_shown(2).await;
    assert_eq!(world.gateway.app.projection.article_count().await.unwrap(), 2);
    assert!(world.folder.path().join("gateway.db.old").exists());
}

#[tokio::test]
async fn a_damaged_file_is_put_aside_and_rebuilt() {
    let mut world = World::new().await;
    world.publish_articles(&[article(1, 1, 1)]).await;
    world.stop().await;
    let path = world.folder.path().join("gateway.db");
    std::fs::write(&path, b"this is no database at all, whatever it is called").unwrap();
    let _ = std::fs::remove_file(world.folder.path().join("gateway.db-wal"));
    world.start_again().await;
    world.until_shown(1).await;
    assert_eq!(world.gateway.app.projection.article_count().await.unwrap(), 1);
}

/// The pages that an opening reads are intact, and others are not. That is found when somebody reads or
/// writes there.
#[tokio::test]
async fn a_file_that_turns_out_to_be_damaged_is_put_aside_and_rebuilt_while_it_runs() {
    for reads_first in [false, true] {
        let mut world = World::new().await;
        let articles: Vec<_> = (1..=9).map(|number| article(number, number, number)).collect();
        world.publish_articles(&articles).await;
        world.stop().await;
        damage(&world.folder.path().join("gateway.db"), "articles");
        world.start_again().await;
        let projection = world.gateway.app.projection.clone();
        if reads_first {
            projection.articles(vec![id(3)]).await.unwrap_err();
            assert_eq!(projection.generation(), 1);
        }
        publish_while_time_passes(&world, article(10, 10, 10)).await;
        assert_eq!((projection.article_count().await.unwrap(), projection.generation()), (10, 1));
        assert!(world.folder.path().join("gateway.db.old").exists());
        world.stop().await;
    }
}

/// Publishes an article and waits until it is shown, which may take retries.
async fn publish_while_time_passes(world: &World, article: OutputArticle) {
    let time_passes = async {
        loop {
            world.clock.advance(Duration::from_millis(100));
            tokio::task::yield_now().await;
        }
    };
    let next = [article];
    tokio::select! {
        () = world.publish_articles(&next) => {}
        () = time_passes => {}
    }
}

/// Writes nonsense over the first page of a table.
fn damage(path: &Path, table: &str) {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
    let root: i64 = connection.query_row(root, [table], |row| row.get(0)).unwrap();
    let page: i64 = connection.query_row("PRAGMA page_size", [], |row| row.get(0)).unwrap();
    drop(connection);
    let mut file = std::fs::File::options().write(true).open(path).unwrap();
    let place = u64::try_from((root - 1) * page).unwrap();
    std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(place)).unwrap();
    file.write_all(&vec![0x5a; usize::try_from(page).unwrap()]).unwrap();
}

#[tokio::test]
async fn a_disk_that_takes_nothing_for_a_while_is_waited_out() {
    let mut world = World::new().await;
    world.publish_articles(&[article(1, 1, 1)]).await;
    world.gateway.app.projection.fail(9);
    publish_while_time_passes(&world, article(2, 1, 1)).await;
    assert_eq!(world.gateway.app.projection.article_count().await.unwrap(), 2);
    world.stop().await;
}

#[tokio::test]
async fn a_projection_ahead_of_its_stream_is_rebuilt() {
    let mut world = World::new().await;
    world.publish_articles(&[article(1, 1, 1)]).await;
    world.stop().await;
    let ahead =
        Batch { stream: "WF_OUTPUT", through: Position::at_sequence(1_000), changes: Vec::new() };
    world.gateway.app.projection.apply(ahead).await.unwrap();
    world.start_again().await;
    world.until_shown(1).await;
    assert_eq!(*world.gateway.app.projected_sequence.borrow(), 1);
    assert_eq!(world.gateway.app.projection.article_count().await.unwrap(), 1);
}
