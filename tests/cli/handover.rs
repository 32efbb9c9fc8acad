//! `handover`, through the built binary and over a fake API.

use serde_json::{Value, json};

use super::api::{Api, problem, sample};

/// An alert that notified and is held again, and a command about it.
fn api() -> Api {
    Api::answering(|asked| {
        let since = asked.line.strip_prefix("GET /api/v1/handover?since=");
        match since {
            Some("2026-03-01") => (200, found()),
            Some(_) => problem(400, "write a day such as 2026-11-30"),
            None => problem(404, "no such thing"),
        }
    })
}

fn found() -> Value {
    let mut alert = sample("wirefold.alert.2.growing.json");
    alert["held"] = json!({"reason": "quiet_hours", "until": "2026-03-02T06:00:00Z"});
    let revision = |revision: u64, held: bool| {
        json!({
            "revision": revision, "at": alert["at"], "state": "new", "volume": "loud",
            "reasons": alert["reasons"], "held": held,
        })
    };
    let row = json!({"alert": alert, "revisions": [revision(1, false), revision(2, true), revision(3, false)]});
    let command = json!({
        "schema": "wirefold.control/2", "id": "m1", "at": "2026-03-01T22:10:00Z", "by": "cli",
        "command": {"do": "alert.mute", "alert": alert["id"], "until": "2026-03-02T06:00:00Z"},
    });
    let command = json!({
        "command": command, "words": "Mute the alert of floods", "until": "2026-03-02T06:00:00Z",
        "target": alert["target"], "title": "Storm\u{1b}[2J hits Pell",
    });
    json!({
        "schema": "wirefold.api.handover/1", "since": "2026-03-01T00:00:00Z",
        "until": "2026-03-02T05:00:00Z", "notified": [row], "held": [row], "commands": [command],
    })
}

#[test]
fn a_shift_is_handed_over_as_text_and_as_json() {
    let api = api();
    let mut command = api.folder.command(&["handover", "--since", "2026-03-01", "--data", "."]);
    let run = crate::program::Run::of({
        command.env("TZ", "UTC");
        command
    })
    .code(0);
    let first = "Since 2026-03-01 00:00 +00:00: 1 alert notified; 1 held back; 1 command\n";
    assert!(run.out.starts_with(first), "{}", run.out);
    for part in [
        "\nNotified\n",
        "\nHeld back\n",
        "Ferry to Sandholm sails again after storm: held: quiet hours until 2026-03-02 06:00 +00:00\n",
        "2026-03-01 22:10 +00:00  Mute the alert of floods until 2026-03-02 06:00 +00:00: Storm[2J hits Pell (command line)\n",
    ] {
        assert!(run.out.contains(part), "{part}: {}", run.out);
    }
    let notified = run.out.split("\n\n").find(|part| part.starts_with("Notified"));
    assert_eq!(notified.map(|part| part.lines().count()), Some(3), "a line a message: {}", run.out);
    let json = api.run(&["handover", "--since", "2026-03-01", "--json"]).code(0).out;
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["held"], found()["held"]);
}

#[test]
fn a_beginning_that_cannot_be_read_is_an_error_of_the_option() {
    let run = api().run(&["handover", "--since", "yesterday"]).code(2);
    assert!(
        run.err.starts_with("error: --since \"yesterday\": write a time of day"),
        "{}",
        run.err
    );
}
