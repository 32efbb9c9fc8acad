//! Slow queries: deep, wide, long, frequent, or without any text. Many clients send each to lists, page and
//! rehearsals while the news of the victim comes in, and one client sends it afterwards.

use std::io::Write as _;
use std::net::TcpStream;

use serde_json::json;

use super::super::scene::Attack;
use crate::machine::Stopwatch;
use crate::running::Running;

/// The longest that one answer may take, in seconds.
const LONGEST: f64 = 5.0;
/// The number of requests that must be answered and not refused. Otherwise nothing reached the search.
const ANSWERED: usize = 30;

pub(super) const ATTACK: Attack = Attack {
    name: "queries",
    aim: "keep the processor busy, or end the process, by queries that are hard to read or to answer",
    feeds: |_| Vec::new(),
    connect,
    faults: |running, _| {
        let (mut faults, mut answered) = (Vec::new(), 0);
        for (number, query) in queries().iter().enumerate() {
            for path in paths(query) {
                let watch = Stopwatch::start();
                let answer = running.get(&path).map_err(|error| format!("{error:#}"));
                let seconds = watch.elapsed().as_secs_f64();
                answered += usize::from(answer.is_ok());
                // A refusal is an answer. Silence and a closed connection are not.
                let is_answer =
                    answer.as_ref().map_or_else(|error| error.contains("HTTP/1."), |_| true);
                if !is_answer || seconds > LONGEST {
                    let of = path.split('?').next().unwrap_or_default();
                    let said = answer.err().unwrap_or_default();
                    faults.push(format!("query {number} of {of}: {seconds:.1} s {said}"));
                }
            }
        }
        if answered < ANSWERED {
            faults.push(format!("{answered} questions were answered: nothing shown"));
        }
        Ok(faults)
    },
    ..Attack::PLAIN
};

/// Queries as users type them.
fn queries() -> Vec<String> {
    let words = |count: usize| (0..count).map(|at| format!("word{at}")).collect::<Vec<_>>();
    let nested = |depth: usize| format!("{}harbour{}", "(".repeat(depth), ")".repeat(depth));
    vec![
        nested(10),
        nested(3_000),
        "(".repeat(3_000),
        words(900).join(" "),
        words(900).join(" OR "),
        words(900).join(" -"),
        words(1_900).join(" OR "),
        format!("-{}", words(500).join(" -")),
        format!("\"{}\"", words(900).join(" ")),
        words(400).iter().map(|word| format!("\"{word} {word}\"")).collect::<Vec<_>>().join(" OR "),
        (0..700).map(|at| format!("w{at}*")).collect::<Vec<_>>().join(" OR "),
        "a* OR b* OR e* OR i* OR o* OR s* OR t*".to_owned(),
        "*".repeat(3_000),
        "\"".repeat(3_001),
        "title:".repeat(900),
        "entity:".to_owned() + &"x".repeat(7_000),
        "origins>=99999999999999999999999999".to_owned(),
        "origins>=-1 outlets<0".to_owned(),
        "outlets>=1e308".to_owned(),
        "NEAR(harbour bulletin, 999999999)".to_owned(),
        "harbour AND AND OR NOT OR bulletin".to_owned(),
        "'; DROP TABLE articles; --".to_owned(),
        "\u{202e}\u{0}\u{7f}\u{fffd}".to_owned(),
        "ä".repeat(3_000),
        "\u{301}".repeat(3_000),
        "👩‍👩‍👧‍👦".repeat(500),
        "harbour ".repeat(900),
    ]
}

fn paths(query: &str) -> [String; 4] {
    let query = encoded(query);
    [
        format!("/api/v1/events?q={query}"),
        format!("/api/v1/stories?q={query}&sort=velocity"),
        format!("/?q={query}"),
        format!("/api/v1/events?q=harbour&outlet={query}&cursor={query}&limit={query}"),
    ]
}

fn encoded(query: &str) -> String {
    query.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// Sends each query to the list, and as the query of a rehearsed subscription, all at the same time.
fn connect(running: &Running) -> Vec<TcpStream> {
    let send = |request: String| {
        let mut stream = TcpStream::connect(&running.page).ok()?;
        stream.write_all(request.as_bytes()).ok()?;
        Some(stream)
    };
    let host = &running.page;
    let get = |path: &String| format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n\r\n");
    let rehearse = |query: &String| {
        let body = json!({ "name": "Hostile", "query": query }).to_string();
        format!(
            "POST /api/v1/subscriptions/test HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let all = queries();
    let lists =
        all.iter().flat_map(|query| paths(query).iter().take(3).map(get).collect::<Vec<_>>());
    lists.chain(all.iter().map(rehearse)).filter_map(send).collect()
}
