//! `check --deep` names damaged messages, `up` works without them, and `setup --repair` lets its articles come in again.

use std::collections::BTreeSet;
use std::path::Path;

use wirefold_flow::Stored;
use wirefold_proto::OutputArticle;

use super::generated::{GeneratedArticle, Numbers, articles};
use super::kept::{StoredStreams, stored_content};
use super::killed::drop_file;
use super::up::{CONFIG, Up};
use crate::program::Folder;

const ARTICLES: usize = 60;
/// The length of a piece of stored content that occurs once in the file.
const PIECE: usize = 40;
const SETTINGS: &str =
    "data = \"data\"\n[page]\nlisten = \"127.0.0.1:0\"\n[[source]]\npath = \"dropped\"\n";

/// A data folder with articles that no process uses any more.
fn filled(made: &[GeneratedArticle]) -> Folder {
    let folder = Folder::with(&[(CONFIG, SETTINGS.as_bytes())]);
    std::fs::create_dir(folder.path().join("dropped")).expect("a temporary folder takes folders");
    drop_file(&folder, "1", made);
    let up = Up::start(&folder);
    until(&up, made.len());
    assert_eq!(up.terminate().code, Some(0));
    folder
}

fn until(up: &Up, articles: usize) {
    up.get_until("/api/v1/status", |status| status["articles"] == articles && status["lag"] == 0);
}

/// Changes one byte of the content of a message in the file of the bus.
fn damage(data: &Path, message: &Stored) {
    let path = data.join("bus.sqlite");
    let content = stored_content(data);
    let mut found = content.iter().filter(|it| it.stream == message.stream);
    let stored = found.find(|it| it.sequence == message.sequence).expect("it is stored");
    let mut bytes = std::fs::read(&path).expect("it is there");
    // Within a page: long content continues in others.
    let place_of = |part: &[u8]| bytes.windows(part.len()).position(|here| here == part);
    let place = stored.bytes.rchunks_exact(PIECE).find_map(place_of).expect("a page has a piece");
    bytes[place] ^= 1;
    std::fs::write(&path, bytes).expect("it can be written");
}

fn ids(articles: &[OutputArticle]) -> BTreeSet<String> {
    let ids: BTreeSet<String> = articles.iter().map(|it| it.id.to_string()).collect();
    assert_eq!(ids.len(), articles.len(), "each article once");
    ids
}

#[test]
fn a_changed_letter_is_named_and_the_article_comes_in_again() {
    let made = articles(ARTICLES + 10, &mut Numbers::from_seed(11));
    let folder = filled(&made[..ARTICLES]);
    let data = folder.path().join("data");
    let sound = folder.run(&["check", "--deep"]).code(0).out;
    assert!(sound.contains("✓ streams: "), "{sound}");
    assert!(sound.contains("✓ gateway.db: sound"), "{sound}");
    let before = ids(&StoredStreams::in_folder(&data).articles());

    let output = StoredStreams::in_folder(&data).output;
    let hit = &output[ARTICLES / 2];
    damage(&data, hit);
    let named = folder.run(&["check", "--deep"]).code(1);
    let place = format!("✗ WF_OUTPUT/{} differs from what was written", hit.sequence);
    assert!(named.out.contains(&place), "{}", named.out);
    assert!(named.out.contains("has no output"), "{}", named.out);

    // The rest works meanwhile.
    let up = Up::start(&folder);
    drop_file(&folder, "2", &made[ARTICLES..]);
    until(&up, made.len());
    let busy = folder.run(&["check", "--deep"]).code(0).out;
    assert!(busy.contains("stop it first"), "{busy}");
    assert_eq!(up.terminate().code, Some(0));

    let told = folder.run(&["setup", "--repair"]).code(0).out;
    assert!(told.contains(&format!("removed  WF_OUTPUT/{}", hit.sequence)), "{told}");
    assert!(told.contains("1 article without it: they come in again at the next start"), "{told}");
    folder.run(&["check", "--deep", "--quiet"]).code(0);
    let again = folder.run(&["setup", "--repair"]).code(0).out;
    assert!(again.contains("nothing was missing"), "{again}");
    let was: OutputArticle = wirefold_envelope::decode(hit).expect("an article");
    let repaired = Up::start(&folder);
    // The page knows it from before.
    repaired.get_until(&format!("/api/v1/articles/{}", was.id), |shown| {
        shown["output"]["input"]["enriched"].as_u64() > Some(was.input.enriched)
    });
    until(&repaired, made.len());
    assert_eq!(repaired.terminate().code, Some(0));
    let after = ids(&StoredStreams::in_folder(&data).articles());
    assert!(after.is_superset(&before), "{:?}", before.difference(&after));
    assert_eq!(after.len(), made.len());
}

#[test]
fn lost_messages_are_named_and_left_out() {
    let made = articles(ARTICLES, &mut Numbers::from_seed(12));
    let folder = filled(&made);
    let data = folder.path().join("data");
    let kept = StoredStreams::in_folder(&data);
    let (article, decision) = (&kept.enriched[5], &kept.output[10]);
    damage(&data, article);
    damage(&data, decision);
    let named = folder.run(&["check", "--deep"]).code(1).out;
    for hit in [article, decision] {
        assert!(named.contains(&hit.reference()), "{}: {named}", hit.reference());
    }
    assert!(named.contains("differ from what was written"), "{named}");
    // Without snapshots everything is learned from the readable messages.
    std::fs::remove_dir_all(data.join("wf_snapshots")).expect("one was written at the end");
    let up = Up::start(&folder);
    until(&up, made.len());
    assert_eq!(up.terminate().code, Some(0));
}

#[test]
fn a_backup_is_checked_where_it_is() {
    let made = articles(10, &mut Numbers::from_seed(13));
    let folder = filled(&made);
    folder.run(&["backup", "copy"]).code(0);
    let sound = folder.run(&["check", "--deep", "copy"]).code(0).out;
    assert!(sound.contains("✓ WF_FETCHED: 10 messages, "), "{sound}");
    let output = StoredStreams::in_folder(&folder.path().join("data")).output;
    damage(&folder.path().join("copy"), &output[1]);
    let named = folder.run(&["check", "--deep", "copy"]).code(1).out;
    assert!(named.contains("WF_OUTPUT/2 differs from what was written"), "{named}");
    folder.run(&["check", "--deep", "nothing-here"]).code(3);
}

#[test]
fn damaged_tables_of_the_page_are_named() {
    let made = articles(10, &mut Numbers::from_seed(14));
    let folder = filled(&made);
    let path = folder.path().join("data/gateway.db");
    std::fs::write(&path, "no database at all ".repeat(1_000)).expect("it can be written");
    for log in ["gateway.db-wal", "gateway.db-shm"] {
        // If the log was merged into the file, there is none.
        let _ = std::fs::remove_file(path.with_file_name(log));
    }
    let named = folder.run(&["check", "--deep"]).code(1).out;
    assert!(named.contains("✗ gateway.db is damaged"), "{named}");
    let up = Up::start(&folder);
    until(&up, made.len());
    assert_eq!(up.terminate().code, Some(0));
}

#[test]
fn a_changed_snapshot_is_named() {
    let made = articles(ARTICLES, &mut Numbers::from_seed(15));
    let folder = filled(&made);
    let sound = folder.run(&["check", "--deep"]).code(0).out;
    assert!(sound.contains("✓ snapshots: "), "{sound}");
    let parts = std::fs::read_dir(folder.path().join("data/wf_snapshots")).expect("it is there");
    let mut parts = parts.map(|entry| entry.expect("it can be read").path());
    let is_part = |path: &std::path::PathBuf| path.to_string_lossy().contains("/detector-");
    let part = parts.find(is_part).expect("there is a snapshot");
    let mut bytes = std::fs::read(&part).expect("it is there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&part, bytes).expect("it can be written");
    let named = folder.run(&["check", "--deep"]).code(1).out;
    assert!(named.contains("✗ wf_snapshots/detector-"), "{named}");
    let up = Up::start(&folder);
    until(&up, made.len());
    assert_eq!(up.terminate().code, Some(0));
}
