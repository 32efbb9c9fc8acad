//! Deliveries of a running process are read again, after a change of the file and on SIGHUP.

use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};

use super::PATIENCE;
use super::pause;
use super::up::{CONFIG, Up, now};
use crate::program::Folder;

/// The settings with one file as a delivery of this name. The subscription also names one that does not exist.
fn config(name: &str, others: &str) -> String {
    format!(
        "data = \"data\"\n[[delivery]]\nname = \"{name}\"\nkind = \"file\"\npath = \"{name}.jsonl\"\n\
         [[subscription]]\nname = \"Tides\"\nquery = \"tide\"\ngroup_wait = \"0s\"\nupdate_interval = \"0s\"\n\
         deliveries = [\"{name}\", \"nobody\"]\n{others}"
    )
}

fn push(up: &Up, title: &str, text: &str) {
    let article = json!({
        "outlet": "harborledger.example", "title": title,
        "url": format!("https://harborledger.example/{}", title.replace(' ', "-")),
        "text": text,
    });
    up.post("/api/v1/articles", &article);
}

/// Waits until a file has so many alerts, besides messages about health.
fn lines(folder: &Folder, name: &str, wanted: usize) -> Vec<Value> {
    let deadline = now().plus(PATIENCE);
    loop {
        let text = std::fs::read_to_string(folder.path().join(name)).unwrap_or_default();
        let found: Vec<Value> = text
            .lines()
            .filter_map(|it| serde_json::from_str(it).ok())
            .filter(|it: &Value| !it["headline"].is_null())
            .collect();
        if found.len() >= wanted {
            return found;
        }
        assert!(now() < deadline, "{name}: {found:?}");
        pause();
    }
}

#[test]
fn a_renamed_delivery_gets_only_what_is_new_and_mistakes_change_nothing() {
    let folder = Folder::with(&[(CONFIG, config("day", "").as_bytes())]);
    let up = Up::start_with(&folder, &["--no-demo", "-v"]);
    let status = up.get_until("/api/v1/status", |it| !it["health"]["conditions"][0].is_null());
    assert_eq!(status["health"]["conditions"][0]["kind"], "delivery-absent");
    push(&up, "The tide rises", "Water stood in the lanes of Tarrowgate, said the harbour master.");
    assert_eq!(lines(&folder, "day.jsonl", 1).len(), 1);
    // A mistake in the file is told, and nothing changes.
    folder.write(CONFIG, b"windw = 1\n");
    kill_process(up.pid, Signal::HUP).unwrap();
    up.line_with("the settings before stay in force");
    let kind = |wanted: bool| {
        up.get_until("/api/v1/status", |it| {
            let all = it["health"]["conditions"].as_array().cloned().unwrap_or_default();
            all.iter().any(|open| open["kind"] == "settings-mistake") == wanted
        })
    };
    kind(true);
    // A change of the file is enough.
    folder.write(CONFIG, config("night", "").as_bytes());
    up.line_with("were read again");
    kind(false);
    let title = "A choir of two hundred sings of the tide";
    push(&up, title, "The concert hall of Vennby sold every seat for its opening night in May.");
    let told = lines(&folder, "night.jsonl", 1);
    assert_eq!(told[0]["headline"]["title"], title);
    let listed = up.get("/api/v1/deliveries");
    let of = |name: &str| {
        let all = listed["deliveries"].as_array().unwrap();
        all.iter().find(|it| it["name"] == name).cloned().unwrap_or_default()
    };
    assert_eq!((&of("day"), &of("night")["kind"]), (&Value::Null, &json!("file")));
    assert_eq!(of("night")["subscriptions"], json!(["tides"]));
    assert_eq!(of("nobody")["kind"], Value::Null, "it does not exist, and is listed");
    let tried = up.post("/api/v1/deliveries/night/test", &json!({}));
    assert_eq!(tried["taken"], true, "{tried}");
    assert_eq!(lines(&folder, "night.jsonl", 2).len(), 2);
    assert_eq!(lines(&folder, "day.jsonl", 1).len(), 1, "told once");
    assert_eq!(up.terminate().code, Some(0));
}
