//! Stored data with many articles, so that their texts are in files.

use super::{CONFIG, Version};
use crate::pipeline::up::Up;
use crate::program::Folder;

/// The number of stored articles.
const ARTICLES: u64 = 1030;

#[test]
fn texts_in_files_are_found_or_made_again() {
    for version in Version::all() {
        let folder = version.unpacked("shelved", "", "");
        folder.write(CONFIG, &version.bytes("shelved/wirefold.toml"));
        check(&folder);
        std::fs::remove_dir_all(folder.path().join("data/wf_snapshots")).expect("one was written");
        check(&folder);
    }
}

#[track_caller]
fn check(folder: &Folder) {
    let up = Up::start(folder);
    let all = |status: &serde_json::Value| status["lag"] == 0 && status["articles"] == ARTICLES;
    up.get_until("/api/v1/status", all);
    up.until_ready(true);
    let said = up.terminate();
    assert_eq!(said.code, Some(0), "{}", said.said);
}
