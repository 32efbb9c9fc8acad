//! A server that makes every mistake, and its observations about wirefold's requests.

mod routes;
mod score;
mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use wirefold_proto::{FeedFinding, FeedHealth, FeedRecord};

use super::bench::{Bench, MINUTE, configured};
use super::feeds::{entry, rss};
use routes::{Expected, Route};
use score::Score;
use server::{Log, Question, Step, serve};

/// Serves one route on a port of its own, so that routes do not wait for each other at one host.
async fn serve_route(bench: &Bench, route: &Route, log: &Log) -> String {
    let (steps, path) = (route.steps.clone(), format!("/{}", route.name));
    let answer = move |question: &Question| match question.path.as_str() {
        "/then/feed" => ok_with(&rss(&[entry("second", 100), entry("first", 100)])),
        "/then/page" => ok_with("<!doctype html><title>Harbour</title>"),
        _ => {
            let host = question.headers.get("host").map_or("", String::as_str);
            steps
                .iter()
                .map(|step| unchanged(step, question).unwrap_or(at_home(step, host)))
                .collect()
        }
    };
    let address = serve(bench.clock.clone(), log.clone(), answer).await;
    format!("http://{address}{path}")
}

/// 304 if the request has the validator that the step would give.
fn unchanged(step: &Step, question: &Question) -> Option<Step> {
    let validators = validators_of(step);
    let names = ["if-none-match", "if-modified-since"];
    let asked = names.iter().filter_map(|name| question.headers.get(*name));
    let is_known = asked.into_iter().any(|sent| validators.contains(sent));
    is_known.then(|| Step::Send(b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n".to_vec()))
}

fn validators_of(step: &Step) -> BTreeSet<String> {
    let Step::Send(bytes) = step else { return BTreeSet::new() };
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(400)]).into_owned();
    let lines = head.lines().take_while(|line| !line.is_empty());
    let given = lines.filter_map(|line| {
        line.strip_prefix("ETag: ").or_else(|| line.strip_prefix("Last-Modified: "))
    });
    given.map(str::to_owned).collect()
}

/// The step, with its own host for `HOST`.
fn at_home(step: &Step, host: &str) -> Step {
    match step {
        Step::Send(bytes) if bytes.windows(4).take(200).any(|word| word == b"HOST") => {
            Step::Send(String::from_utf8_lossy(bytes).replace("HOST", host).into())
        }
        other => other.clone(),
    }
}

fn ok_with(body: &str) -> Vec<Step> {
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    vec![Step::Send(format!("{head}{body}").into())]
}

fn outcome(record: &FeedRecord) -> Expected {
    let findings: Vec<FeedFinding> = record.findings.clone();
    match (record.health, findings.as_slice()) {
        (FeedHealth::Gone, _) => Expected::Gone,
        (FeedHealth::Good, []) => Expected::Read(record.articles),
        (FeedHealth::Good, [first, ..]) => Expected::Odd(record.articles, *first),
        (_, [first, ..]) => Expected::Fails(*first),
        other => panic!("{other:?} of {record:?}"),
    }
}

/// Polls every route a few times beside a healthy feed. Each has the expected outcome, none crashes the
/// process, and the server has no complaint.
#[tokio::test]
async fn no_host_harms_other_feeds_or_gets_bad_requests() {
    let log = Log::default();
    let mut bench = Bench::new().await;
    // Routes that hang use all of this time. The others must not, even on a busy machine.
    bench.settings.timeout = Duration::from_secs(30);
    bench.settings.concurrency = 200;
    // Other tests check how much a feed may send.
    bench.settings.budget.articles_per_hour = 1_000;
    let (routes, mut given) = (routes::all_routes(), BTreeMap::new());
    assert!(routes.len() >= 100, "{} routes", routes.len());
    for route in &routes {
        let url = serve_route(&bench, route, &log).await;
        bench.settings.feeds.push(configured(route.name, &url));
        let validators: BTreeSet<String> = route.steps.iter().flat_map(validators_of).collect();
        if !validators.is_empty() && route.name != "expires-0" {
            given.insert(format!("/{}", route.name), validators);
        }
    }
    let well = move |_: &Question| ok_with(&rss(&[entry("healthy", 100)]));
    let address = serve(bench.clock.clone(), log.clone(), well).await;
    bench.settings.feeds.push(configured("healthy", &format!("http://{address}/healthy")));
    let shortest = bench.settings.min_interval;
    let running = bench.start().await;
    bench.clock.advance(MINUTE);
    let mut wrong = Vec::new();
    for route in &routes {
        let record = bench.record_when(route.name, |record| record.last_poll.is_some()).await;
        let found = outcome(&record);
        if found != route.expected {
            let (name, problem) = (route.name, record.problem);
            wrong.push(format!("{name}: {found:?}, not {:?}: {problem:?}", route.expected));
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
    for _ in 0..4 {
        bench.next_poll("healthy").await;
    }
    // Routes that hang may take their time; this checks their effect on others.
    bench.record_when("healthy", |record| record.failures == 0).await;
    running.stop().await;
    // The feed that leads to itself causes its six requests.
    let led = |question: &Question| question.path == "/loop";
    let mut asked = log.lock().unwrap().clone();
    asked.retain(|question| !led(question));
    let score = Score::of(&asked, &given, shortest);
    eprintln!("{} routes; {score}", routes.len());
    assert!(score.questions >= routes.len() && score.conditional >= 4, "{score}");
    assert_eq!(
        (score.made_up, score.cookies, score.referrers, score.queries),
        (0, 0, 0, 0),
        "{score}"
    );
    assert_eq!((score.unconditional, score.early), (0, 0), "{score}");
}
