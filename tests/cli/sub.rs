//! `sub`, `dead` and `check --ready`, through a fake `up`.

use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::{Value, json};

use super::api::{Api, ReceivedRequest, accepted, problem, sample};
use crate::port;
use crate::program::wirefold;

/// A fake with one subscription and two dead letters, one of which cannot be replayed.
fn api() -> Api {
    let record = sample("wirefold.subscription.2.json");
    let dead =
        |sequence: u64| json!({"sequence": sequence, "letter": sample("wirefold.dead.1.json")});
    Api::answering(move |asked: &ReceivedRequest| match asked.line.as_str() {
        "GET /api/v1/subscriptions" => {
            (200, json!({"schema": "wirefold.api.subscriptions/2", "subscriptions": [record]}))
        }
        "POST /api/v1/subscriptions" => {
            accepted(&sample("wirefold.control.2.subscription.put.json"))
        }
        "POST /api/v1/subscriptions/test" => {
            let report = json!({
                "articles": 9, "matching": 5, "events": 1, "alerts": 1, "loud": 2, "copies_folded": 3,
            });
            let hours = &asked.body["hours"];
            (200, json!({"schema": "wirefold.api.rehearsal/2", "hours": hours, "report": report}))
        }
        "POST /api/v1/subscriptions/floods/mute" => {
            accepted(&sample("wirefold.control.2.subscription.put.json"))
        }
        "DELETE /api/v1/subscriptions/floods" => problem(409, "managed by wirefold.toml:31"),
        line if line.starts_with("GET /api/v1/dead?limit=") => {
            let rows = [dead(8), dead(7)];
            (200, json!({"schema": "wirefold.api.dead/1", "dead": rows, "kept": 2}))
        }
        "GET /api/v1/dead/7" => {
            let mut found = dead(7);
            found["schema"] = "wirefold.api.deadletter/1".into();
            (200, found)
        }
        "POST /api/v1/dead/7/replay" => (
            200,
            json!({"schema": "wirefold.api.replayed/1", "sequence": 7, "outcome": "published"}),
        ),
        "POST /api/v1/dead/8/replay" => problem(409, "its message is no longer stored"),
        _ => problem(404, "no such thing"),
    })
}

#[test]
fn a_query_that_cannot_be_read_is_pointed_at() {
    let api = api();
    let run = api.run(&["sub", "add", "Harbour", "--query", "port AND"]).code(2);
    let lines: Vec<&str> = run.err.lines().collect();
    assert_eq!(lines[..3], ["error: the query cannot be read", "  port AND", "          ^"]);
    assert!(lines[3].starts_with("column 9: expected"), "{}", run.err);
    api.run(&["sub", "test", "port AND"]).code(2);
    assert!(api.told().is_empty());
}

#[test]
fn a_subscription_is_added_with_the_given_settings() {
    let api = api();
    let arguments = [
        "sub", "add", "Harbour & Sea", "--query", "harbour", "--to", "phone", "--group-wait", "0s",
        "--min-origins", "2",
    ];
    let run = api.run(&arguments).code(0);
    let said: Vec<&str> = run.err.lines().collect();
    assert_eq!(said[0], "harbour-sea alerts from the next article on");
    let sent = "2 loud in the last 7 days, 0 at night: 5 articles match → 1 event → 1 alert";
    assert!(said[1].starts_with(sent), "{}", run.err);
    let expected = json!({
        "id": "harbour-sea", "name": "Harbour & Sea", "query": "harbour", "min_origins": 2,
        "group_wait": "0s", "deliveries": ["phone"],
    });
    let told = api.told();
    assert_eq!(told[0].body, expected);
    assert_eq!(told[1].body, json!({ "subscription": expected, "hours": 168 }));
    api.run(&["sub", "add", "A", "--query", "b", "--group-wait", "soon"]).code(2);
}

#[test]
fn subscriptions_of_the_settings_are_listed_before_up_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("wirefold.toml");
    std::fs::write(&config, "[[subscription]]\nname = \"Floods\"\nquery = \"flood\"\n").unwrap();
    let data = folder.path().join("data");
    let run = |arguments: &[&str]| {
        let places = [data.to_str().unwrap(), "--config", config.to_str().unwrap()];
        wirefold(&[arguments, &["--data"], &places].concat()).code(0)
    };
    run(&["sub", "add", "Harbour", "--query", "ferry"]);
    let list = run(&["sub", "ls"]);
    let line = list.out.lines().find(|line| line.starts_with("floods")).unwrap();
    assert!(line.contains("wirefold.toml:1"), "{line}");
    assert!(
        list.err.contains("waiting for the next `wirefold up`: harbour, floods"),
        "{}",
        list.err
    );
    assert!(run(&["sub", "show", "floods"]).out.contains("from the next `wirefold up` on"));
}

#[test]
fn subscriptions_are_listed_shown_and_removed() {
    let api = api();
    let list = api.run(&["sub", "ls"]).code(0);
    let line = list.out.lines().nth(1).unwrap();
    assert!(line.starts_with("floods") && line.contains("wirefold.toml:31"), "{line}");
    let shown = api.run(&["sub", "show", "floods"]).code(0);
    for part in ["min_origins", "repeat_interval", "never", "wirefold.toml:31", "41 copies"] {
        assert!(shown.out.contains(part), "lacks {part:?}\n{}", shown.out);
    }
    api.run(&["sub", "show", "none"]).code(3);
    let managed = api.run(&["sub", "rm", "floods"]).code(2);
    assert_eq!(managed.err, "error: managed by wirefold.toml:31\n");
}

#[test]
fn a_subscription_is_muted_for_a_time_or_until_it_is_unmuted() {
    let api = api();
    let muted = api.run(&["sub", "mute", "floods", "--for", "2h"]).code(0);
    assert!(muted.err.starts_with("floods sends nothing until 2"), "{}", muted.err);
    let for_ever = api.run(&["sub", "mute", "FLOODS"]).code(0);
    let until = "floods sends nothing until `wirefold sub unmute floods`\n";
    assert_eq!(for_ever.err, until, "found by its name");
    let unmuted = api.run(&["sub", "unmute", "floods"]).code(0);
    assert_eq!(unmuted.err, "floods sends again\n");
    api.run(&["sub", "mute", "tides"]).code(3);
    let told = api.told();
    assert!(told[0].body["until"].is_string(), "{}", told[0].body);
    assert_eq!(told[1].body, json!({}));
    assert_eq!(told[2].body["until"], "1970-01-01T00:00:00Z");
}

#[test]
fn a_query_may_begin_with_a_hyphen() {
    let api = api();
    api.run(&["sub", "add", "Neg", "--query", "-football harbour"]).code(0);
    api.run(&["sub", "test", "-football harbour", "--hours", "48"]).code(0);
    api.run(&["sub", "test", "--last", "2d", "-football harbour"]).code(0);
    let told = api.told();
    assert_eq!(told[0].body["query"], "-football harbour");
    for asked in &told[told.len() - 2..] {
        let query = &asked.body["subscription"]["query"];
        assert_eq!((query, &asked.body["hours"]), (&"-football harbour".into(), &48.into()));
    }
    let alone = api.run(&["sub", "test", "-sport"]).code(2);
    assert!(alone.err.contains("the query cannot be read"), "{}", alone.err);
    let both = api.run(&["sub", "test", "port", "--hours", "2", "--last", "2h"]).code(2);
    assert!(both.err.contains("cannot be used with"), "{}", both.err);
}

#[test]
fn mutes_of_zero_and_empty_lists_are_refused() {
    let api = api();
    for (arguments, said) in [
        (["sub", "mute", "floods", "--for", "0s"], "0 mutes nothing"),
        (["sub", "mute", "floods", "--for", "99999d"], "is too long"),
        (["alert", "mute", "e-1", "--for", "0s"], "0 mutes nothing"),
    ] {
        let run = api.run(&arguments).code(2);
        assert!(run.err.contains(said), "{}", run.err);
    }
    let none = api.run(&["alert", "ls", "--limit", "0"]).code(2);
    assert!(none.err.contains("0 is not in 1.."), "{}", none.err);
    assert!(api.told().is_empty());
}

#[test]
fn missing_inhibitors_are_named() {
    let api = api();
    let add = ["sub", "add", "A", "--query", "b", "--inhibited-by", "floods"];
    let run = api.run(&[&add[..], &["--inhibited-by", "tides"]].concat()).code(0);
    let said = "note: there is no subscription tides yet: it silences a once you add it";
    assert!(run.err.contains(said) && !run.err.contains("subscription floods"), "{}", run.err);
}

#[test]
fn a_digest_has_a_time_zone_of_its_own() {
    let api = api();
    let add = ["sub", "add", "A", "--query", "b", "--time-zone", "Asia/Tokyo"];
    api.run(&[&add[..], &["--digest", "daily"]].concat()).code(0);
    assert_eq!(api.told()[0].body["time_zone"], "Asia/Tokyo");
    let alone = api.run(&add).code(2);
    assert!(alone.err.contains("give one of them too"), "{}", alone.err);
}

#[test]
fn quiet_hours_and_digests_are_added() {
    let api = api();
    let run = api.run(&[
        "sub", "add", "Harbour", "--query", "harbour", "--quiet-hours", "22:00-07:00",
        "--time-zone", "Europe/Berlin", "--break-quiet", "outlets>=10", "--digest", "daily",
    ]);
    run.code(0);
    let body = &api.told()[0].body;
    let hours = json!({"from": "22:00", "to": "07:00", "time_zone": "Europe/Berlin"});
    assert_eq!((&body["quiet_hours"], &body["digest"]), (&hours, &"daily".into()));
    assert_eq!(body["break_quiet"], "outlets>=10");
    let both = ["--digest", "daily", "--repeat-interval", "6h"];
    api.run(&[&["sub", "add", "A", "--query", "b"], &both[..]].concat()).code(2);
}

#[test]
fn subscriptions_go_into_a_file_and_back() {
    let api = api();
    let exported = api.run(&["sub", "export"]).code(0).out;
    assert!(exported.starts_with("[[subscription]]\n"), "{exported}");
    let file = api.folder.path().join("mine.toml");
    std::fs::write(&file, &exported).expect("a temporary folder takes files");
    let file = file.to_str().expect("it is UTF-8");
    let run = api.run(&["sub", "import", file]).code(0);
    assert!(run.err.starts_with("1 subscription of "), "{}", run.err);
    let record = sample("wirefold.subscription.2.json");
    assert_eq!(api.told().last().expect("it was asked").body, record["subscription"]);
    std::fs::write(file, exported.replace("query", "qury")).expect("it takes them again");
    let typo = api.run(&["sub", "import", file]).code(2);
    assert!(typo.err.contains("unknown field `qury`"), "{}", typo.err);
}

#[test]
fn a_subscription_or_a_query_is_rehearsed() {
    let api = api();
    let run = api.run(&["sub", "test", "floods", "--hours", "72"]).code(0);
    assert!(
        run.out.starts_with(
            "2 loud in the last 3 days, 0 at night: 5 articles match → 1 event → 1 alert"
        ),
        "{}",
        run.out
    );
    api.run(&["sub", "test", "storm harbour"]).code(0);
    let told = api.told();
    assert_eq!(told[0].body["subscription"]["query"], "flood* OR \"storm surge\"");
    assert_eq!(told[1].body["subscription"]["query"], "storm harbour");
}

#[test]
fn dead_letters_are_listed_shown_and_tried_again() {
    let api = api();
    let letter = sample("wirefold.dead.1.json");
    let list = api.run(&["dead", "ls"]).code(0);
    assert!(list.out.contains("wirefold.article.enriched/7: this"), "{}", list.out);
    let shown = api.run(&["dead", "show", "7"]).code(0);
    assert!(shown.out.contains(letter["subject"].as_str().unwrap()), "{}", shown.out);
    assert_eq!(api.run(&["dead", "replay", "7"]).code(0).out, "7: published\n");
    let all = api.run(&["dead", "replay", "--all"]).code(5);
    assert_eq!(all.out, "7: published\n");
    assert_eq!(all.err, "error: 8: its message is no longer stored\n");
    api.run(&["dead", "replay"]).code(2);
    api.run(&["dead", "show", "9"]).code(3);
}

/// Answers one request with this status line.
fn health(status: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback works");
    let place = listener.local_addr().expect("the loopback works").to_string();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the loopback works");
        let read = stream.read(&mut [0; 4096]).expect("the loopback works");
        assert!(read > 0);
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 4\r\n\r\nsaid");
        stream.write_all(answer.as_bytes()).expect("the loopback works");
    });
    place
}

#[test]
fn the_exit_code_of_the_health_check_follows_the_response() {
    let ready = health("200 OK");
    wirefold(&["check", "--ready", "--operations", &ready]).code(0);
    let not =
        wirefold(&["check", "--ready", "--operations", &health("503 Service Unavailable")]).code(1);
    assert!(not.err.contains("not ready (503") && not.err.contains("said"), "{}", not.err);
    let nobody = format!("127.0.0.1:{}", port::free());
    let none = wirefold(&["check", "--ready", "--operations", &nobody]).code(1);
    assert!(none.err.contains("nothing listens there"), "{}", none.err);
}

#[test]
fn json_is_one_object_a_line_with_its_schema() {
    let api = api();
    let commands: [(&[&str], &str); 6] = [
        (&["sub", "ls"], "wirefold.subscription/2"),
        (&["sub", "show", "floods"], "wirefold.subscription/2"),
        (&["sub", "test", "floods"], "wirefold.api.rehearsal/2"),
        (&["dead", "ls"], "wirefold.cli.dead/1"),
        (&["dead", "show", "7"], "wirefold.api.deadletter/1"),
        (&["dead", "replay", "7"], "wirefold.api.replayed/1"),
    ];
    for (command, schema) in commands {
        let run = api.run(&[command, &["--json"]].concat()).code(0);
        assert!(!run.out.is_empty(), "{command:?}");
        for line in run.out.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["schema"], schema, "{command:?}");
        }
    }
}
