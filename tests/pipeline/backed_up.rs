//! `backup` under load: a copy of the backup works on at another place as if nothing had happened.

use std::collections::BTreeMap;

use wirefold_proto::OutputArticle;

use super::forgotten::keep;
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
    let data = folder.path().join("elsewhere");
    std::fs::rename(folder.path().join("copy"), &data).expect("nothing is there yet");
    let data_shown = data.to_str().expect("it is UTF-8");
    let tokens = folder.run(&["token", "ls", "--data", data_shown]).code(0).out;
    assert!(tokens.contains("desk"), "{tokens}");
    let stored = folder.run(&["check", "--deep", "--data", data_shown]).code(0).out;
    for part in ["WF_FETCHED: ", "bus.sqlite ", " free: "] {
        assert!(stored.contains(part), "{part}: {stored}");
    }
    drop_file(&folder, "2", rest);
    until_all(Up::start_with(&folder, &["--data", data_shown]));
    assert_eq!(decided(&StoredStreams::in_folder(&data)), expected);
}

#[test]
fn a_backup_has_the_kept_events_and_a_deep_check_names_a_damaged_one() {
    let folder = folder();
    drop_file(&folder, "1", &articles(ARTICLES, &mut Numbers::from_seed(7)));
    let up = Up::start(&folder);
    up.get_until("/api/v1/status", |status| status["articles"] == ARTICLES);
    let kept = folder.path().join("data").join("wf_kept");
    std::fs::create_dir(&kept).expect("nothing is kept yet");
    let objects = keep(&folder, 2);
    for (name, object) in &objects {
        std::fs::write(kept.join(name), object).expect("it can be written");
    }
    std::fs::write(kept.join("half.part"), "x").expect("it can be written");
    folder.run(&["backup", "copy"]).code(0);
    assert_eq!(up.terminate().code, Some(0));

    let copy = folder.path().join("copy").join("wf_kept");
    for (name, object) in &objects {
        assert!(std::fs::read(copy.join(name)).is_ok_and(|it| it == *object), "{name}");
    }
    let check = |code| folder.run(&["check", "--deep", "--data", "copy"]).code(code);
    let sound = check(0).out;
    assert!(sound.contains("kept events: 2 read and sound"), "{sound}");
    let (name, object) = &objects[0];
    let mut damaged = object.clone();
    *damaged.last_mut().expect("it has bytes") ^= 1;
    std::fs::write(copy.join(name), damaged).expect("it can be written");
    let found = check(1);
    let said = format!("{}{}", found.out, found.err);
    assert!(said.contains(&format!("wf_kept/{name} differs from what was written")), "{said}");
}
