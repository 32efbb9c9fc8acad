//! `backup` under load and `restore` to another place: the copy works on as if nothing had happened.

use std::collections::BTreeMap;

use serde_json::Value;
use wirefold_proto::OutputArticle;

use super::generated::{Numbers, articles};
use super::kept::StoredStreams;
use super::killed::drop_file;
use super::up::{CONFIG, Up};
use crate::program::Folder;

const ARTICLES: usize = 240;
const SETTINGS: &str =
    "data = \"data\"\n[page]\nlisten = \"127.0.0.1:0\"\n[[source]]\npath = \"dropped\"\n";

fn folder() -> Folder {
    let folder = Folder::with(&[(CONFIG, SETTINGS.as_bytes())]);
    std::fs::create_dir(folder.path().join("dropped")).expect("a temporary folder takes folders");
    folder
}

/// Waits for all articles and ends the process.
fn until_all(up: Up) {
    up.get_until("/api/v1/status", |status| status["articles"] == ARTICLES);
    assert_eq!(up.terminate().code, Some(0));
}

/// The decision about each article, by its address.
fn decided(kept: &StoredStreams) -> BTreeMap<String, String> {
    let articles = kept.articles();
    let said = |article: &OutputArticle| {
        let verdict = &article.verdict;
        let groups = (verdict.story, verdict.event, verdict.lead);
        (article.id.to_string(), format!("{:?} {groups:?}", verdict.class))
    };
    let decided: BTreeMap<String, String> = articles.iter().map(said).collect();
    assert_eq!(decided.len(), articles.len(), "each article once");
    decided
}

#[test]
fn a_backup_under_load_works_at_another_place() {
    let made = articles(ARTICLES, &mut Numbers::from_seed(7));
    let (first, rest) = made.split_at(ARTICLES / 2);
    let quiet = folder();
    drop_file(&quiet, "1", first);
    drop_file(&quiet, "2", rest);
    until_all(Up::start(&quiet));
    let expected = decided(&StoredStreams::in_folder(&quiet.path().join("data")));

    let folder = folder();
    drop_file(&folder, "1", first);
    let up = Up::start(&folder);
    up.get_until("/api/v1/status", |status| status["articles"].as_u64() > Some(20));
    folder.run(&["token", "add", "desk"]).code(0);
    folder.run(&["backup", "copy"]).code(0);
    // An existing folder is not overwritten.
    folder.run(&["backup", "copy"]).code(2);
    up.kill();
    folder.run(&["restore", "copy"]).code(2);
    let data = folder.path().join("elsewhere/data");
    let data_shown = data.to_str().expect("it is UTF-8");
    folder.run(&["restore", "copy", "--data", data_shown]).code(0);
    // A backup that was changed is not restored.
    let mut bytes = std::fs::read(folder.path().join("copy/bus.sqlite")).expect("it is there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    folder.write("copy/bus.sqlite", &bytes);
    let refused = folder.run(&["restore", "copy", "--data", "nowhere"]).code(1);
    assert!(
        refused.err.contains("bus.sqlite is not the file that was backed up"),
        "{}",
        refused.err
    );
    assert!(!folder.path().join("nowhere").exists(), "something was restored");
    let tokens = folder.run(&["token", "ls", "--data", data_shown]).code(0).out;
    assert!(tokens.contains("desk"), "{tokens}");
    let stored = folder.run(&["storage", "--json", "--data", data_shown]).code(0).out;
    let stored: Value = serde_json::from_str(&stored).expect("it is JSON");
    let fetched = &stored["streams"][0];
    assert_eq!(fetched["name"], "WF_FETCHED");
    assert!(fetched["messages"].as_u64() > Some(20) && fetched["oldest"].is_string(), "{stored}");
    let files = stored["files"].as_array().expect("files");
    let bus = files.iter().find(|file| file["name"] == "bus.sqlite").expect("the bus");
    assert!(bus["bytes"].as_u64() > fetched["bytes"].as_u64(), "{stored}");
    drop_file(&folder, "2", rest);
    until_all(Up::start_with(&folder, &["--data", data_shown]));
    assert_eq!(decided(&StoredStreams::in_folder(&data)), expected);
}
