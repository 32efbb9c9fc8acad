//! The central case: five texts dropped into a watched folder alert once, with reasons, and a restart repeats
//! nothing.

use std::path::{Path, PathBuf};

use serde_json::Value;
use wirefold_proto::{Alert, AlertState, ReasonKind, Volume};

use super::kept::StoredStreams;
use super::say;
use super::targets::Target;
use super::up::{CONFIG, Up};
use crate::program::Folder;

/// The user's five articles. If they are absent, five similar ones of the repository.
pub(super) const SHARED: &str = "../../../shared/seeds";
const OURS: &str = "../../seeds/articles.jsonl";
/// An unrelated text, to show that the earlier ones were not read again.
const LAST: &str = "A lighthouse keeper on the outer skerries has handed in his keys after forty \
    winters, and the lamp is to be minded from the mainland. He said that he would miss the geese \
    more than the storms. The stairs, all two hundred and eleven of them, will be shown to \
    visitors on Sundays once a rail has been put up, and the oil room is to become a small museum \
    with the log books that he and four keepers before him kept in pencil.";

/// A file's name and its text.
pub(super) struct Text {
    name: String,
    text: String,
}

pub(super) fn five_texts() -> Vec<Text> {
    let texts = match Path::new(SHARED).is_dir() {
        true => shared_texts(),
        false => {
            say(format_args!("SKIPPED: ../shared/seeds is absent; five of seeds/ stand in"));
            our_texts()
        }
    };
    assert_eq!(texts.len(), 5);
    texts
}

fn shared_texts() -> Vec<Text> {
    let entries = std::fs::read_dir(SHARED).expect("it is a folder").flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    let read = |path: &PathBuf| Text {
        name: path.file_name().expect("it has a name").to_string_lossy().into_owned(),
        text: std::fs::read_to_string(path).expect("a readable seed"),
    };
    paths.iter().filter(|path| path.extension().is_some_and(|it| it == "txt")).map(read).collect()
}

fn our_texts() -> Vec<Text> {
    let lines = std::fs::read_to_string(OURS).expect("seeds are in every clone");
    let articles =
        lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("seeds are JSON"));
    let texts = articles.filter_map(|article| {
        let id = article["id"].as_str()?.to_owned();
        let text = article["text"].as_str()?.to_owned();
        id.starts_with("ferry-").then(|| Text { name: format!("{id}.txt"), text })
    });
    texts.collect()
}

/// A folder with a watched folder and a subscription that matches everything.
pub(super) fn watching(target: &Target, subscription: &str) -> Folder {
    let config = format!(
        "data = \"data\"\n[fetcher]\nallow_private = [\"127.0.0.0/8\"]\n\
         [[source]]\npath = \"dropped\"\n\
         [[subscription]]\nname = \"All\"\nquery = \"*\"\ndeliveries = [\"desk\"]\n\
         {subscription}\n{}",
        target.delivery()
    );
    let folder = Folder::with(&[(CONFIG, config.as_bytes())]);
    std::fs::create_dir(folder.path().join("dropped")).expect("a temporary folder takes folders");
    folder
}

pub(super) fn drop_into(folder: &Folder, texts: &[Text]) {
    for Text { name, text } in texts {
        folder.write(&format!("dropped/{name}"), text.as_bytes());
    }
}

/// An alert waits this long for more articles: enough for all five texts on a busy machine.
pub(super) const GROUPED: &str = "group_wait = \"15s\"";

fn tell(alert: &Alert) {
    let reasons: Vec<&str> = alert.reasons.iter().map(|reason| reason.words.as_str()).collect();
    say(format_args!(
        "  {}.{} {:?} {:?}: {} articles, at most {} origins: {}",
        alert.id,
        alert.revision,
        alert.state,
        alert.volume,
        alert.articles.len(),
        alert.origins,
        reasons.join(" · ")
    ));
}

#[test]
fn five_texts_ring_once_and_a_restart_repeats_nothing() {
    let mut target = Target::open();
    let folder = watching(&target, GROUPED);
    let up = Up::start(&folder);
    drop_into(&folder, &five_texts());
    let mut events = up.events(0);
    let mut articles = events.articles(5);
    articles.sort_by_key(|article| article.input.enriched);
    let names: Vec<&str> = articles.iter().map(|it| it.article.item_key.as_str()).collect();
    assert!(names.is_sorted(), "taken in the order of names: {names:?}");

    let message = target.next();
    tell(&message.alert);
    let alert = &message.alert;
    assert_eq!((alert.revision, alert.state, alert.volume), (1, AlertState::New, Volume::Loud));
    assert_eq!((alert.articles.len(), alert.origins, alert.copies), (5, 4, 1), "{alert:#?}");
    assert!(alert.reasons.iter().any(|reason| reason.kind == ReasonKind::New), "{alert:#?}");
    assert_eq!(up.terminate().code, Some(0));

    let again = Up::start(&folder);
    drop_into(&folder, &[Text { name: "zz.txt".to_owned(), text: LAST.to_owned() }]);
    let next = again.events(events.last.unwrap()).articles(1);
    assert_eq!(next[0].article.item_key, "zz", "earlier files came again");
    let other = target.next().alert;
    assert_ne!(other.id, alert.id);
    assert_eq!(again.terminate().code, Some(0));

    target.read_arrived();
    target.check_ids();
    assert_eq!(target.messages.len(), 2, "a message for each event: {:#?}", target.messages);
    let kept = StoredStreams::in_folder(&folder.path().join("data"));
    assert_eq!((kept.articles().len(), kept.alerts.len(), kept.dead.len()), (6, 2, 0));
}

/// The central case has quotations in three separately written texts, and its copies count as one text.
#[test]
fn quotations_and_counts_of_the_five_texts_are_alerted_once() {
    let target = Target::open();
    let folder = watching(&target, GROUPED);
    let up = Up::start(&folder);
    drop_into(&folder, &five_texts());
    up.events(0).articles(5);
    let has_all = |page: &Value| page["events"][0]["articles"] == 5;
    let page = up.get_until("/api/v1/events", has_all);
    let event = page["events"][0]["id"].as_str().expect("an event has an id");
    let said = up.get(&format!("/api/v1/events/{event}/statements"));
    let list = |of: &Value, name: &str| of[name].as_array().cloned().unwrap_or_default();
    let quotations = list(&said, "quotations");
    let texts = |quotation: &Value| quotation["texts"].as_u64().unwrap_or(0);
    say(format_args!(
        "  {} quotations, carried by {:?} texts; {} figures",
        quotations.len(),
        quotations.iter().map(texts).collect::<Vec<_>>(),
        list(&said, "figures").len()
    ));
    assert!(quotations.iter().all(|quotation| texts(quotation) <= 4), "a copy is no text");
    if Path::new(SHARED).is_dir() {
        assert!(quotations.iter().filter(|it| texts(it) >= 2).count() >= 4);
        assert!(texts(&quotations[0]) >= 3 && quotations[0]["speaker"].is_string());
        assert!(quotations.iter().any(|it| {
            list(it, "wordings").iter().any(|wording| wording["difference"] == "reworded")
        }));
        let is_killed = |figure: &Value| figure["role"] == "killed";
        let killed = list(&said, "figures").into_iter().find(is_killed).expect("it is counted");
        assert_eq!(
            (&killed["contradicted"], &killed["values"][0]["value"]),
            (&false.into(), &26.into())
        );
    }
    assert_eq!(up.terminate().code, Some(0));
}

#[test]
fn without_waiting_each_revision_says_whether_it_notifies() {
    let mut target = Target::open();
    let folder = watching(&target, "group_wait = \"0s\"\nupdate_interval = \"0s\"");
    let up = Up::start(&folder);
    drop_into(&folder, &five_texts());
    target.wait_for(|message| message.alert.articles.len() == 5);
    assert_eq!(up.terminate().code, Some(0));

    target.read_arrived();
    target.check_ids();
    let alerts = StoredStreams::in_folder(&folder.path().join("data")).alerts;
    alerts.iter().for_each(tell);
    let is_same = |alert: &Alert| alert.id == alerts[0].id;
    assert!(alerts.iter().all(is_same), "one alert id");
    let revisions: Vec<u64> = alerts.iter().map(|alert| alert.revision).collect();
    assert_eq!(revisions, (1..=alerts.len() as u64).collect::<Vec<u64>>());
    assert_eq!((alerts[0].state, alerts[0].volume), (AlertState::New, Volume::Loud));
    assert!(alerts.len() >= 2 && alerts.iter().all(|alert| !alert.reasons.is_empty()));
    let last = alerts.last().unwrap();
    assert_eq!((last.articles.len(), last.origins), (5, 4));
    let sent: Vec<u64> = target.messages.iter().map(|message| message.alert.revision).collect();
    assert_eq!(sent, revisions, "each revision was sent, in order");
}
