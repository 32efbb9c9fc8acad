//! `story`, `why`, `alert` and `tail`, through a fake `up`.

use std::convert::Infallible;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::RawQuery;
use axum::response::Response;
use axum::routing::get;
use futures_util::StreamExt;
use serde_json::{Value, json};

use super::api::{Api, ReceivedRequest, problem, sample};
use super::{ORCHARD, STORM, STORM_REPRINT};
use crate::program::Folder;

const FIRST: &str = "a-3e8swfvwy1mr4n7gw8bbv5dvw2";
const SECOND: &str = "a-6dawhv5h66mckrw21kfjkyn7m3";
const THIRD: &str = "a-108nt1n4fr4x52dmmnwmqm87yn";
const STORY: &str = "s-3e8swfvwy1mr4n7gw8bbv5dvw2";
const EVENT: &str = "e-3e8swfvwy1mr4n7gw8bbv5dvw2";

fn brief(id: &str, outlet: &str, class: &str) -> Value {
    let mut brief = json!({
        "id": id, "enriched": 1, "story": STORY, "outlet": outlet, "title": "Storm shuts harbour",
        "language": "en", "url": format!("https://{outlet}/storm"),
        "seen": "2026-03-01T11:52:07Z", "class": class, "comparable": true, "baseline": false,
    });
    if class == "copy" {
        brief["kind"] = "reprint".into();
        brief["strongest"] = json!({"id": FIRST, "contained": 0.712, "containing": 0.9, "passages": 2, "longest": 31});
        brief["agency"] = sample("wirefold.output.article.4.json")["verdict"]["agency"].clone();
        brief["correction"] = json!({"change": "26 → 28"});
    }
    brief
}

fn story_brief() -> Value {
    json!({
        "id": STORY, "event": EVENT, "lead": FIRST, "title": "Storm shuts harbour",
        "language": "en", "outlet": "harbour.example", "articles": 2, "outlets": 2, "copies": 1,
        "first_seen": "2026-03-01T11:52:07Z", "changed": "2026-03-01T12:00:00Z", "revision": 2,
        "quiet": false,
    })
}

/// An article with a text, in a story and an event.
fn detail(id: &str, enriched: u64, text: &str, ids: [&str; 2]) -> (u16, Value) {
    let mut output = sample("wirefold.output.article.4.json");
    output["id"] = id.into();
    output["input"]["enriched"] = enriched.into();
    output["text"] = text.into();
    let [story, event] = ids;
    let body = json!({
        "schema": "wirefold.api.article/2", "story": story, "event": event, "output": output,
        "text_gone": text.is_empty(),
    });
    (200, body)
}

/// Two articles of one story, and a third that is a story of its own.
fn api() -> Api {
    let other = ["s-108nt1n4fr4x52dmmnwmqm87yn", "e-108nt1n4fr4x52dmmnwmqm87yn"];
    Api::answering(move |asked: &ReceivedRequest| match asked.line.as_str() {
        "GET /api/v1/stories?limit=20" => (
            200,
            json!({"schema": "wirefold.api.stories/2", "stories": [story_brief()], "sequence": 7}),
        ),
        "GET /api/v1/stories/s-3e8swf?limit=100"
        | "GET /api/v1/stories/s-3e8swfvwy1mr4n7gw8bbv5dvw2?limit=100" => (
            200,
            json!({
                "schema": "wirefold.api.story/4", "story": story_brief(), "sequence": 7,
                "articles": [brief(FIRST, "harbour.example", "new")], "next": "17.a b",
            }),
        ),
        "GET /api/v1/stories/s-3e8swf?limit=100&cursor=17.a%20b"
        | "GET /api/v1/stories/s-3e8swfvwy1mr4n7gw8bbv5dvw2?limit=100&cursor=17.a%20b" => (
            200,
            json!({
                "schema": "wirefold.api.story/4", "story": story_brief(), "sequence": 7,
                "articles": [brief(SECOND, "skerrow.example", "copy")],
            }),
        ),
        "GET /api/v1/stories/s-33?limit=100" => {
            let (status, mut body) = problem(409, "give more digits");
            body["detail"] = json!("\"s-33\" could be any of s-33a, s-33b");
            (status, body)
        }
        "GET /api/v1/articles/a-3e8swf" => detail(FIRST, 1, STORM, [STORY, EVENT]),
        "GET /api/v1/articles/a-6dawhv" | "GET /api/v1/articles/6dawhv" => {
            detail(SECOND, 2, STORM_REPRINT, [STORY, EVENT])
        }
        "GET /api/v1/articles/a-108nt1" => detail(THIRD, 3, ORCHARD, other),
        "GET /api/v1/articles/a-4event" => detail(THIRD, 4, ORCHARD, [other[0], EVENT]),
        "GET /api/v1/articles/a-5gone" => detail(THIRD, 5, "", other),
        "GET /api/v1/articles?url=https%3A%2F%2Fskerrow.example%2Fstorm" => {
            let mut found = brief(SECOND, "skerrow.example", "copy");
            found["id"] = SECOND.into();
            (200, json!({"schema": "wirefold.api.articles/2", "articles": [found]}))
        }
        "GET /api/v1/articles/a-6dawhv5h66mckrw21kfjkyn7m3" => {
            detail(SECOND, 2, STORM_REPRINT, [STORY, EVENT])
        }
        "GET /api/v1/articles?url=https%3A%2F%2Fskerrow.example%2Fnone" => {
            (200, json!({"schema": "wirefold.api.articles/2", "articles": []}))
        }
        "GET /api/v1/alerts?limit=20" => {
            let alert = sample("wirefold.alert.2.growing.json");
            let revision = json!({
                "revision": 1, "at": alert["at"], "state": "new", "volume": "loud",
                "reasons": alert["reasons"], "held": false,
            });
            let row = json!({"alert": alert, "revisions": [revision]});
            (200, json!({"schema": "wirefold.api.alerts/1", "alerts": [row]}))
        }
        "GET /events/e-3e8swf/export?as_of=2026-03-01" => (200, json!("<the file>")),
        "GET /api/v1/events/e-3e8swfvwy1mr4n7gw8bbv5dvw2/export" => {
            (200, json!({"title": "\u{9b}"}))
        }
        _ => problem(404, "no such thing: see `wirefold story ls`"),
    })
}

#[test]
fn stories_are_listed() {
    let api = api();
    let run = api.run(&["story", "ls"]).code(0);
    let line = run.out.lines().nth(1).unwrap();
    assert!(line.starts_with("s-3e8swfvw  ") && line.contains("2 (1 folded)"), "{line}");
    let json: Value =
        serde_json::from_str(&api.run(&["story", "ls", "--json"]).code(0).out).unwrap();
    assert_eq!((&json["schema"], &json["id"]), (&"wirefold.cli.story/1".into(), &STORY.into()));
}

#[test]
fn a_story_shows_who_was_first_and_what_each_copied() {
    let run = api().run(&["story", "show", "s-3e8swf"]).code(0);
    for part in [
        "first seen 2026-03-01 ",
        " at harbour.example",
        "2 articles · 2 outlets · 1 copy folded",
        "  ↳ skerrow.example  Storm shuts harbour  a-6dawhv5h",
        "reprint · 71 % of it is in harbour.example · Fixture Press (credited)",
        "corrected: 26 → 28",
    ] {
        assert!(run.out.contains(part), "lacks {part:?}\n{}", run.out);
    }
}

#[test]
fn the_event_of_a_story_is_exported_as_html_and_as_json() {
    let api = api();
    let html = api.run(&["story", "export", "e-3e8swf", "--as-of", "2026-03-01"]).code(0);
    assert_eq!(html.out, "\"<the file>\"");
    let json = api.run(&["story", "export", "s-3e8swf", "--json"]).code(0);
    assert_eq!(json.out, "{\"title\":\"\u{9b}\"}");
    api.run(&["story", "export", "e-nothing"]).code(3);
}

#[test]
fn a_story_that_is_not_there_or_not_one() {
    let api = api();
    for missing in ["s-999999", "a-999999", "999999"] {
        let none = api.run(&["story", "show", missing]).code(3);
        let said = format!("error: no story or article {missing:?}: `wirefold story ls` lists");
        assert!(none.err.starts_with(&said), "{}", none.err);
    }
    let many = api.run(&["story", "show", "s-33"]).code(2);
    assert_eq!(many.err, "error: \"s-33\" could be any of s-33a, s-33b: give more digits\n");
}

#[test]
fn why_explains_two_articles_and_ends_with_what_they_are() {
    let api = api();
    let same = api.run(&["why", "a-3e8swf", "a-6dawhv"]).code(0);
    assert!(same.out.starts_with("A  a-3e8swfvw · harbour.example"), "{}", same.out);
    for part in ["SAME STORY", "PASSAGE 1", "Among all articles: one story, s-3e8swfvw."] {
        assert!(same.out.contains(part), "lacks {part:?}\n{}", same.out);
    }
    let event = api.run(&["why", "a-3e8swf", "a-4event"]).code(10);
    assert!(event.out.contains("two stories, s-3e8swfvw and s-108nt1n4"), "{}", event.out);
    assert!(event.err.contains("the exit code gives their relation among all"), "{}", event.err);
    api.run(&["why", "a-3e8swf", "a-108nt1"]).code(11);
}

#[test]
fn the_first_article_is_a_whichever_came_first() {
    let swapped = api().run(&["why", "a-6dawhv", "a-3e8swf"]).code(0);
    assert!(swapped.out.starts_with("A  a-6dawhv5h"), "{}", swapped.out);
    assert!(swapped.err.contains("B came in first"), "{}", swapped.err);
}

#[test]
fn files_have_the_json_of_stored_articles() {
    let files = [("a.txt", STORM), ("b.txt", STORM_REPRINT), ("c.txt", ORCHARD)];
    let folder = Folder::with(&files.map(|(name, text)| (name, text.as_bytes())));
    let compared = |second: &str, code: i32| -> Value {
        let run = folder.run(&["why", "a.txt", second, "--json"]).code(code);
        assert_eq!(run.out.lines().count(), 1, "{}", run.out);
        serde_json::from_str(&run.out).unwrap()
    };
    let same = compared("b.txt", 0);
    assert_eq!(same["schema"], "wirefold.api.comparison/1");
    assert_eq!((&same["relation"], &same["kind"]), (&"same_story".into(), &"reprint".into()));
    let words = |text: &str| text.split_whitespace().count();
    assert_eq!(same["a"]["words"], words(STORM), "the first is A");
    assert_eq!(compared("c.txt", 11)["relation"], "unrelated");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3, "nothing is left behind");
    folder.run(&["why", "a.txt", "none.txt", "--json"]).code(3);
}

#[test]
fn the_story_of_an_article_is_shown() {
    let api = api();
    let story = api.run(&["story", "show", "s-3e8swf"]).code(0).out;
    for article in ["a-6dawhv", "6dawhv", SECOND] {
        assert_eq!(api.run(&["story", "show", article]).code(0).out, story, "{article}");
    }
}

#[test]
fn why_takes_links_and_says_what_is_missing() {
    let api = api();
    api.run(&["why", "a-3e8swf", "https://skerrow.example/storm"]).code(0);
    let none = api.run(&["why", "a-3e8swf", "https://skerrow.example/none"]).code(3);
    assert!(none.err.contains("no article with the link https://skerrow"), "{}", none.err);
    let gone = api.run(&["why", "a-3e8swf", "a-5gone"]).code(3);
    assert!(gone.err.contains("has expired"), "{}", gone.err);
    api.folder.write("a.txt", STORM.as_bytes());
}

#[test]
fn a_file_and_a_stored_article_are_compared_in_the_order_asked_for() {
    let api = api();
    api.folder.write("draft.txt", STORM_REPRINT.as_bytes());
    let later = api.run(&["why", "a-3e8swf", "draft.txt"]).code(0).out;
    assert!(later.contains("SAME STORY: "), "{later}");
    assert!(later.contains("\nB  draft  ") && !later.contains("Among all"), "{later}");
    let earlier = api.run(&["why", "draft.txt", "a-3e8swf"]).code(0).out;
    assert!(earlier.starts_with("A  draft  "), "{earlier}");
    let other = api.run(&["why", "a-108nt1", "draft.txt"]).code(11).out;
    assert!(other.contains("not one story: ") && other.contains("p = 0.00"), "{other}");
    let gone = api.run(&["why", "a-3e8swf", "gone.txt"]).code(3);
    assert!(gone.err.contains("error: gone.txt: no such file or folder"), "{}", gone.err);
    api.run(&["why", "draft.txt", "a-5gone"]).code(3);
}

#[test]
fn alerts_are_listed_with_their_reasons() {
    let run = api().run(&["alert", "ls"]).code(0);
    let alert = sample("wirefold.alert.2.growing.json");
    let reason = alert["reasons"][0]["words"].as_str().unwrap();
    assert!(run.out.contains("growing") && run.out.contains(reason), "{}", run.out);
    assert!(!run.out.contains("origin"), "{}", run.out);
}

/// Streams two articles after each requested sequence, then ends the connection.
async fn two_events(RawQuery(query): RawQuery) -> String {
    let after = query.unwrap_or_default();
    let after: u64 = after.trim_start_matches("after=").parse().unwrap_or(0);
    let article = sample("wirefold.output.article.4.json");
    let event = |id: u64| format!("id: {id}\nevent: article\ndata: {article}\n\n");
    format!(": hello\n\n{}{}", event(after + 1), event(after + 2))
}

#[test]
fn tail_resumes_where_the_connection_ended() {
    let router = Router::new().route("/api/v1/stream", get(two_events));
    let api = Api::serving(router, Arc::new(Mutex::new(Vec::new())));
    let arguments = ["tail", "--after", "40", "--json", "--data", "."];
    let mut command = api.folder.command(&arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let sequences: Vec<u64> = lines
        .take(4)
        .map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap())
        .map(|line| line["sequence"].as_u64().unwrap())
        .collect();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(sequences, [41, 42, 43, 44]);
}

/// Streams two articles and then nothing for ever.
async fn two_and_silence() -> Response {
    let two = two_events(RawQuery(None)).await;
    let first = futures_util::stream::once(async { Ok::<_, Infallible>(two) });
    Response::new(Body::from_stream(first.chain(futures_util::stream::pending())))
}

#[test]
fn tail_ends_when_its_reader_goes_although_nothing_comes() {
    let router = Router::new().route("/api/v1/stream", get(two_and_silence));
    let api = Api::serving(router, Arc::new(Mutex::new(Vec::new())));
    let arguments = ["tail", "--after", "40", "--json", "--data", "."];
    let mut command = api.folder.command(&arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let read = lines.by_ref().take(2).map(Result::unwrap).count();
    assert_eq!(read, 2);
    drop(lines);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
