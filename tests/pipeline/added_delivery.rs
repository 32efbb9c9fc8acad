//! A delivery that is added while wirefold runs: it gets alerts, survives a restart and a backup, and its secret is shown
//! nowhere.

use serde_json::{Value, json};

use super::generated::{Numbers, text, word};
use super::targets::{SECRET, Target};
use super::up::{CONFIG, Up};
use crate::program::Folder;

/// Settings of a subscription that names a delivery before it is there.
pub(super) const SETTINGS: &str = "[fetcher]\nallow_private = [\"127.0.0.0/8\"]\n[[subscription]]\nname = \"All\"\nquery = \"*\"\n\
     group_by = \"story\"\ngroup_wait = \"0s\"\ndeliveries = [\"desk\"]\n";

pub(super) fn folder(settings: &str) -> Folder {
    let config = format!("data = \"data\"\n{settings}");
    Folder::with(&[(CONFIG, config.as_bytes()), ("key", SECRET.as_bytes())])
}

/// Sends an article in that is not like any other.
fn push(up: &Up, number: usize, numbers: &mut Numbers) {
    let names = [word(numbers), word(numbers)];
    let text = text(number, &names, numbers);
    let url = format!("https://www.pilots.example/{number}");
    let title = format!("{} and {}", names[0], names[1]);
    up.post("/api/v1/articles", &json!({"url": url, "title": title, "text": text}));
}

/// Adds the delivery that the subscription names. It gets a sample, and an alert about an article that comes after it.
pub(super) fn check_gets_alerts(
    (folder, up): (&Folder, &Up),
    target: &mut Target,
    numbers: &mut Numbers,
) {
    let url = target.url();
    folder.run(&added(&url)).code(0);
    let tested = folder.run(&["alert", "test", "desk"]).code(0);
    assert!(tested.err.contains("desk accepted the sample"), "{}", tested.err);
    assert_eq!(target.next().alert.subscription.as_str(), "test");
    up.get_until("/api/v1/subscriptions", |it| {
        let all = &it["subscriptions"][0];
        all["subscription"]["id"] == "all" && all["problem"].is_null()
    });
    push(up, 1, numbers);
    target.wait_for(|message| message.alert.subscription.as_str() == "all");
}

fn added(url: &str) -> [&str; 8] {
    ["delivery", "add", "desk", "webhook", "--url", url, "--secret", "file:key"]
}

#[test]
fn an_added_delivery_gets_alerts_and_its_secret_is_shown_nowhere() {
    let folder = folder(SETTINGS);
    let (mut target, mut numbers) = (Target::open(), Numbers::from_seed(3));
    let up = Up::start_with(&folder, &["--no-demo"]);
    check_gets_alerts((&folder, &up), &mut target, &mut numbers);
    let url = target.url();
    let add = added(&url);
    let refused = folder.run(&["delivery", "rm", "desk"]).code(2);
    assert!(refused.err.contains("these subscriptions send to it: all"), "{}", refused.err);
    // A change without address and secret keeps both, but the secret not for another target.
    folder.run(&add[..4]).code(0);
    let other = [&add[..5], &["http://127.0.0.1:1/hook"][..]].concat();
    let elsewhere = folder.run(&other).code(2);
    assert!(elsewhere.err.contains("secret: write it again"), "{}", elsewhere.err);
    let listed = folder.run(&["delivery", "ls", "--json"]).code(0).out;
    let row: Value = serde_json::from_str(listed.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&row["added"]["kind"], &row["subscriptions"]),
        (&json!("webhook"), &json!(["all"]))
    );
    let page = up.html("/subscriptions");
    assert!(page.contains("action=\"/deliveries/desk/remove\""), "{page}");
    folder.run(&["backup", "copy"]).code(0);
    let ended = up.terminate();
    assert_eq!(ended.code, Some(0));
    for shown in [&listed, &page, &ended.said] {
        assert!(!shown.contains(&SECRET[6..]) && !shown.contains(&url), "{shown}");
    }

    let restored = folder.run(&["delivery", "ls", "--data", "copy"]).code(0).out;
    assert!(restored.contains("webhook") && restored.contains("added"), "{restored}");
    let again = Up::start_with(&folder, &["--no-demo"]);
    push(&again, 2, &mut numbers);
    let second = Some("https://www.pilots.example/2");
    target.wait_for(|it| it.alert.articles.iter().any(|it| it.url.as_deref() == second));
    folder.run(&["delivery", "add", "spare", "ntfy", "--url", "https://ntfy.example/a"]).code(0);
    folder.run(&["delivery", "rm", "spare"]).code(0);
    folder.run(&["delivery", "rm", "spare"]).code(3);
}

#[test]
fn forbidden_deliveries_are_refused_with_the_reason() {
    let phone =
        "[[delivery]]\nname = \"phone\"\nkind = \"ntfy\"\nurl = \"https://ntfy.example/a\"\n";
    let scene = folder(phone);
    let up = Up::start_with(&scene, &["--no-demo"]);
    let refused = |arguments: &[&str], code: i32, why: &str| {
        let run = scene.run(&[&["delivery"], arguments].concat()).code(code);
        assert!(run.err.contains(why), "{arguments:?}: {}", run.err);
    };
    let hook = "http://127.0.0.1:8080/hook";
    refused(
        &["add", "phone", "ntfy", "--url", "https://ntfy.example/b"],
        2,
        "defined in the settings",
    );
    refused(&["rm", "phone"], 2, "phone is defined in the settings");
    refused(&["add", "log", "file"], 2, "none of ntfy, email");
    refused(&["add", "hook", "webhook"], 2, "it needs `url`");
    refused(&["add", "Hook", "webhook", "--url", hook], 2, "`name`: expected lower-case letters");
    refused(
        &["add", "hook", "webhook", "--url", hook, "--secret", "whsec_a"],
        2,
        "env:NAME or file:PATH",
    );
    let body =
        json!({"name": "hook", "kind": "webhook", "url": hook, "secret": "file:/etc/passwd"});
    let status = up.post_status("/api/v1/deliveries", &body);
    assert!(status.contains("422"), "{status}");
    // As feeds, it may not reach this machine unless the settings allow it.
    scene.run(&["delivery", "add", "hook", "webhook", "--url", hook]).code(0);
    let private = scene.run(&["alert", "test", "hook"]).code(1);
    let why = "not in a public or allowed network";
    assert!(private.err.contains(why), "{}", private.err);
    assert_eq!(up.terminate().code, Some(0));

    let closed = folder("[page]\nadd_deliveries = false\n");
    let run = closed.run(&["delivery", "add", "hook", "webhook", "--url", hook]).code(2);
    assert!(run.err.contains("`page.add_deliveries` is off"), "{}", run.err);
}
