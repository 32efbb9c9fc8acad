//! Other programs as readers: messages as CloudEvents, tables, and the output from their last position.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::Value;

use super::broker::{Broker, until};
use crate::pipeline::watched_folder::{drop_into, five_texts};

fn lines(printed: &str) -> Vec<Value> {
    printed.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

/// A message as the script `headers.py` prints it.
struct ReadMessage {
    subject: String,
    headers: BTreeMap<String, String>,
    body: Value,
}

fn read(broker: &Broker, stream: &str, count: usize) -> Vec<ReadMessage> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/nats/citizens/headers.py");
    let printed = broker.example(script, &[stream, &count.to_string()]);
    let of = |line: Value| ReadMessage {
        subject: line["subject"].as_str().expect("it has one").to_owned(),
        headers: serde_json::from_value(line["headers"].clone()).expect("texts"),
        body: line["body"].clone(),
    };
    lines(&printed).into_iter().map(of).collect()
}

/// Checks a message against CloudEvents 1.0 in binary mode.
#[track_caller]
fn check_event(message: &ReadMessage) {
    let ReadMessage { subject, headers, body } = message;
    for required in ["ce-id", "ce-source", "ce-specversion", "ce-type"] {
        assert!(headers.get(required).is_some_and(|value| !value.is_empty()), "{headers:?}");
    }
    assert_eq!((&*headers["ce-specversion"], &*headers["ce-subject"]), ("1.0", &**subject));
    for media_type in ["content-type", "ce-datacontenttype"] {
        assert_eq!(headers[media_type], "application/json");
    }
    for (name, value) in headers {
        let lower = name.to_ascii_lowercase();
        let is_attribute = lower.starts_with("ce-");
        // Headers that are no attributes may have spaces.
        let is_plain = |byte: u8| byte.is_ascii_graphic() || (byte == b' ' && !is_attribute);
        assert!(name.bytes().chain(value.bytes()).all(is_plain), "{name}: {value}");
        assert!(!is_attribute || *name == lower, "attributes are lower case: {name}");
    }
    assert!(headers["ce-source"].starts_with("/wirefold/"), "{}", headers["ce-source"]);
    headers["ce-time"].parse::<jiff::Timestamp>().expect("a time of RFC 3339");
    let schema = body["schema"].as_str().and_then(|schema| schema.split_once('/'));
    let (kind, version) = schema.expect("a schema has a name and a version");
    assert_eq!(kind, headers["ce-type"]);
    assert_eq!(headers["ce-dataschema"], format!("urn:wirefold:schema:{kind}:{version}"));
}

#[test]
fn messages_are_cloud_events() {
    let broker = Broker::start();
    let _running = broker.stages();
    drop_into(&broker.folder, &five_texts());
    let outputs = read(&broker, "WF_OUTPUT", 5);
    for output in &outputs {
        check_event(output);
        assert_eq!(output.body["id"], output.headers["ce-id"], "the article's, however it came");
    }
    let alerts = read(&broker, "WF_ALERTS", 1);
    check_event(&alerts[0]);
    assert_eq!(alerts[0].headers["Nats-Msg-Id"], alerts[0].headers["ce-id"]);
    assert_eq!(alerts[0].headers["ce-type"], "wirefold.alert");
}

#[test]
fn tables_tell_of_stories_feeds_and_subscriptions() {
    let broker = Broker::start();
    let feed = b"[[feed]]\nid = \"quay\"\nurl = \"http://192.0.2.1/feed\"\n";
    let config = std::fs::read(broker.folder.path().join("wirefold.toml")).expect("it stands");
    broker.folder.write("wirefold.toml", &[&config[..], feed].concat());
    let _running = broker.stages();
    drop_into(&broker.folder, &five_texts());
    let table = |name: &str| lines(&broker.example("tables.py", &[name]));
    let sum = |stories: &[Value], field: &str| -> u64 {
        stories.iter().filter_map(|story| story[field].as_u64()).sum()
    };
    // There are four stories until the copy of one of them arrives.
    let stories = until(|| Some(table("wf_stories")).filter(|all| sum(all, "articles") == 5));
    assert_eq!((stories.len(), sum(&stories, "copies")), (4, 1), "{stories:#?}");
    let key = stories[0]["key"].as_str().expect("it has one");
    let one = broker.example("tables.py", &["wf_stories", "--key", key]);
    assert_eq!(lines(&one), stories[..1]);
    let schemas = |rows: &[Value]| -> Vec<String> {
        rows.iter().map(|row| row["schema"].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(schemas(&stories), ["wirefold.story/1"; 4]);
    let feeds = until(|| Some(table("wf_feeds")).filter(|feeds| !feeds.is_empty()));
    assert_eq!(
        (schemas(&feeds), &feeds[0]["feed"]["id"]),
        (vec!["wirefold.feed/2".into()], &"quay".into())
    );
    let subscriptions = table("wf_subscriptions");
    assert_eq!(schemas(&subscriptions), ["wirefold.subscription/2"]);
}

/// Drops separately written texts, so that each is a story.
fn drop_texts(broker: &Broker) {
    for number in 0..ARTICLES {
        let words = (0..60).map(|word| format!("w{number}x{word}")).collect::<Vec<_>>();
        broker.folder.write(&format!("dropped/{number:03}.txt"), words.join(" ").as_bytes());
    }
}

/// More than fits into a pipe, so that a program whose reader stops has to wait.
const ARTICLES: usize = 100;

/// Follows the output until this many different articles were read, then kills the program. Returns its
/// output without a cut last line.
fn follow(broker: &Broker, before: &[String], until: usize) -> Vec<String> {
    let mut command = broker.python("follow.py", &["--json"]);
    let mut follower = command.stdout(Stdio::piped()).spawn().expect("python3 runs");
    let printed = BufReader::new(follower.stdout.take().expect("it is piped"));
    let mut lines = printed.lines().map_while(Result::ok);
    let mut ids: BTreeSet<String> = before.iter().map(|line| id(line)).collect();
    let mut followed = Vec::new();
    while ids.len() < until {
        let line = lines.next().expect("it ended by itself");
        ids.insert(id(&line));
        followed.push(line);
    }
    follower.kill().expect("it runs");
    follower.wait().expect("it is our child");
    let is_whole = |line: &String| serde_json::from_str::<Value>(line).is_ok();
    followed.extend(lines.filter(is_whole));
    followed
}

#[test]
fn a_killed_follower_continues_where_it_was() {
    let broker = Broker::start();
    let _running = broker.stages();
    drop_texts(&broker);
    let gateway = broker.speak_as("gateway");
    until(|| (gateway.articles() >= ARTICLES).then_some(()));
    let first = follow(&broker, &[], 3);
    assert!((3..ARTICLES).contains(&first.len()), "it was killed in the middle: {}", first.len());
    let second = follow(&broker, &first, ARTICLES);
    // The last line before the kill may be repeated, because its acknowledgement was cut off.
    let times = first.len() + second.len();
    assert!((ARTICLES..=ARTICLES + 1).contains(&times), "{times} lines for {ARTICLES} articles");

    let of = |line: &String| {
        let mut body: Value = serde_json::from_str(line).expect("JSON");
        body.as_object_mut().expect("an object").remove("sequence");
        (id(line), body)
    };
    let followed: BTreeMap<String, Value> = first.iter().chain(&second).map(of).collect();
    let shown: BTreeMap<String, Value> = broker.tail(ARTICLES).iter().map(of).collect();
    assert_eq!(followed, shown, "it reads what `wirefold tail` shows");
}

/// The id of the article in a line.
fn id(line: &str) -> String {
    let body: Value = serde_json::from_str(line).expect("JSON");
    body["id"].as_str().expect("an article").to_owned()
}
