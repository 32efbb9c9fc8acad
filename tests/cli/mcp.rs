//! `mcp`: the Model Context Protocol over the standard input and output of the built binary, and a fake API.

use serde_json::{Value, json};

use super::api::{Api, problem};

const LEAD: &str = "a-3e8swfvwy1mr4n7gw8bbv5dvw2";
const COPY: &str = "a-6dawhv5h66mckrw21kfjkyn7m3";

fn api() -> Api {
    Api::answering(|asked| match asked.line.as_str() {
        "GET /api/v1/events?q=ferry%20strike&limit=2" => (200, json!({"events": []})),
        "GET /api/v1/stories/s-3e8swf" => {
            let articles = json!([{"id": LEAD}, {"id": COPY}]);
            (200, json!({"story": {"lead": LEAD}, "articles": articles}))
        }
        line if line == format!("GET /api/v1/compare?a={LEAD}&b={COPY}") => {
            (200, json!({"words": "one story", "passages": [{"words": 40}], "changes": {}}))
        }
        _ => problem(404, "no such thing"),
    })
}

/// The answers to these lines.
fn session(lines: &[&str]) -> Vec<Value> {
    let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let run = api().folder.run_on(input.as_bytes(), &["mcp", "--data", "."]);
    let out = run.code(0).out;
    out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn request(id: u64, method: &str, params: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string()
}

/// The text that a tool answers, and whether it is an error.
fn tool(name: &str, arguments: &Value) -> (String, bool) {
    let params = json!({"name": name, "arguments": arguments});
    let mut answers = session(&[&request(1, "tools/call", &params)]);
    let result = &mut answers[0]["result"];
    let text = result["content"][0]["text"].as_str().expect("a text");
    (text.to_owned(), result["isError"] == true)
}

#[test]
fn a_client_is_greeted_and_told_of_the_tools() {
    let answers = session(&[
        &request(1, "initialize", &json!({"protocolVersion": "2025-03-26"})),
        r#"{"jsonrpc": "2.0", "method": "notifications/initialized"}"#,
        &request(2, "tools/list", &Value::Null),
        &request(3, "initialize", &json!({"protocolVersion": "2099-01-01"})),
        &request(4, "ping", &json!({})),
    ]);
    let ids: Vec<&Value> = answers.iter().map(|answer| &answer["id"]).collect();
    assert_eq!(ids, [1, 2, 3, 4], "a notification has no answer");
    assert_eq!(answers[0]["result"]["protocolVersion"], "2025-03-26");
    assert_eq!(answers[2]["result"]["protocolVersion"], "2025-06-18");
    let tools = answers[1]["result"]["tools"].as_array().unwrap();
    let names: Vec<&str> = tools.iter().filter_map(|tool| tool["name"].as_str()).collect();
    assert_eq!(names, ["search", "event", "story", "why", "alerts"]);
    assert_eq!(tools[3]["inputSchema"]["required"], json!(["a", "b"]));
    assert!(tools.iter().all(|tool| tool["annotations"]["readOnlyHint"] == true));
}

#[test]
fn tools_ask_the_api() {
    let (found, is_error) = tool("search", &json!({"q": "ferry strike", "limit": 2}));
    assert_eq!((found.as_str(), is_error), (r#"{"events":[]}"#, false));
    let (story, _) = tool("story", &json!({"id": "s-3e8swf"}));
    let story: Value = serde_json::from_str(&story).unwrap();
    let passages =
        json!([{"a": LEAD, "b": COPY, "words": "one story", "passages": [{"words": 40}]}]);
    assert_eq!(story["passages"], passages);
    let refused = tool("event", &json!({"id": "e-none"}));
    assert_eq!(refused, ("no such thing".to_owned(), true));
}

#[test]
fn wrong_messages_are_refused_and_the_session_goes_on() {
    let wrong = |name: &str, arguments: &Value| {
        request(1, "tools/call", &json!({"name": name, "arguments": arguments}))
    };
    let answers = session(&[
        "{",
        "[]",
        r#"{"id": 1}"#,
        &request(1, "resources/list", &Value::Null),
        &wrong("delete", &json!({})),
        &wrong("why", &json!({"a": "a-1"})),
        &wrong("alerts", &json!({"until": "now"})),
        &request(2, "ping", &Value::Null),
    ]);
    let codes: Vec<i64> =
        answers.iter().filter_map(|answer| answer["error"]["code"].as_i64()).collect();
    assert_eq!(codes, [-32700, -32600, -32600, -32601, -32602, -32602, -32602]);
    assert_eq!(answers[5]["error"]["message"], "why needs the argument \"b\"");
    assert_eq!(answers[6]["error"]["message"], "alerts has no argument \"until\"");
    assert_eq!(answers[7]["result"], json!({}));
}

#[test]
fn it_needs_a_running_wirefold() {
    let run = crate::program::Folder::with(&[]).run(&["mcp", "--data", "."]).code(3);
    assert!(run.err.contains("nothing has been collected yet"), "{}", run.err);
}
