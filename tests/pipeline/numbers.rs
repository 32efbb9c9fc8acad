//! The same numbers everywhere: alert, API, page and `story show` agree on outlets, origins, copies,
//! versions, stories, events and alerts.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::say;
use super::up::{CONFIG, Up};
use crate::program::Folder;

const SEEDS: &str = "../../seeds/articles.jsonl";
/// The number of articles: events with copies, versions and several origins among them.
const ARTICLES: u64 = 60;

/// One subscription for events and one for stories. Both match every article.
const SETTINGS: &str = "data = \"data\"\n[[source]]\npath = \"dropped\"\n\
    [[subscription]]\nname = \"Events\"\nquery = \"*\"\ngroup_wait = \"0s\"\nupdate_interval = \"0s\"\n\
    [[subscription]]\nname = \"Stories\"\nquery = \"*\"\ngroup_by = \"story\"\ngroup_wait = \"0s\"\n\
    update_interval = \"0s\"\n";

/// The counts of an event or story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counts {
    outlets: u64,
    origins: u64,
    copies: u64,
    versions: u64,
    stories: u64,
}

impl Counts {
    /// The counts as in an alert and an event. A story has one origin, itself.
    fn of(value: &Value, stories: u64) -> Counts {
        let count = |name: &str| value[name].as_u64().unwrap_or(0);
        let origins = value["origins"].as_u64().unwrap_or(1);
        let (outlets, copies, versions) = (count("outlets"), count("copies"), count("versions"));
        Counts { outlets, origins, copies, versions, stories }
    }
}

#[test]
fn alert_api_page_and_command_count_the_same() {
    let folder = Folder::with(&[(CONFIG, SETTINGS.as_bytes())]);
    std::fs::create_dir(folder.path().join("dropped")).expect("a temporary folder takes folders");
    let up = Up::start(&folder);
    push_seeds(&up);
    let status = up.get_until("/api/v1/status", |it| it["articles"] == ARTICLES && it["lag"] == 0);
    let events = all(&up, "/api/v1/events", "events");
    let stories = all(&up, "/api/v1/stories", "stories");
    let expected = expected(&events, &stories);
    let alerts = up_to_date(&up, &expected);
    assert!(expected.values().any(|it| it.copies > 0 && it.origins > 1), "{expected:?}");
    assert!(expected.values().any(|it| it.versions > 0), "{expected:?}");
    for event in &events {
        check_event(&up, event);
    }
    for story in &stories {
        check_story(&up, &folder, story);
    }
    let hour = &status["hour"];
    assert_eq!(hour["articles"], ARTICLES);
    assert_eq!(hour["stories"], stories.len());
    assert_eq!(hour["events"], events.len());
    check_alerts(&up, &alerts);
    say(format_args!(
        "  {ARTICLES} articles, {} stories, {} events, {} alerts: counted alike",
        stories.len(),
        events.len(),
        alerts.len()
    ));
    assert_eq!(up.terminate().code, Some(0));
}

fn push_seeds(up: &Up) {
    let lines = std::fs::read_to_string(SEEDS).expect("seeds are in every clone");
    let mut seeds: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("seeds are JSON")).collect();
    // With the two versions of one page among them.
    let key = |it: &Value| !it["url"].as_str().is_some_and(|url| url.ends_with("-flood"));
    seeds.sort_by_key(key);
    for (pushed, seed) in (1..=ARTICLES).zip(&seeds) {
        let body = json!({
            "url": seed["url"], "title": seed["title"], "text": seed["text"],
            "outlet": seed["outlet"], "published": seed["published"],
        });
        up.post("/api/v1/articles", &body);
        up.get_until("/api/v1/status", |status| status["articles"] == pushed);
    }
}

/// All pages of a list.
fn all(up: &Up, path: &str, name: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = up.get(&format!("{path}?limit=100{cursor}"));
        found.extend(page[name].as_array().expect("it is a list").iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

fn id(value: &Value) -> String {
    value["id"].as_str().expect("it has an id").to_owned()
}

/// The counts of the projection for every event and story, by its id.
fn expected(events: &[Value], stories: &[Value]) -> BTreeMap<String, Counts> {
    let of_event = |it: &Value| (id(it), Counts::of(it, it["story_count"].as_u64().unwrap_or(0)));
    let of_story = |it: &Value| (id(it), Counts::of(it, 1));
    events.iter().map(of_event).chain(stories.iter().map(of_story)).collect()
}

/// The alerts, once each has the counts of its event or story.
fn up_to_date(up: &Up, expected: &BTreeMap<String, Counts>) -> Vec<Value> {
    let last = |rows: &[Value]| {
        let is_told = |row: &Value| {
            let alert = &row["alert"];
            let counted = Counts::of(alert, alert["stories"].as_u64().unwrap_or(0));
            let target = alert["target"].as_str().unwrap_or_default();
            alert["merged_into"].is_string() || expected.get(target) == Some(&counted)
        };
        rows.iter().all(is_told)
    };
    let has_told_all = |_: &Value| {
        let rows = all(up, "/api/v1/alerts", "alerts");
        let told: Vec<&str> = rows.iter().filter_map(|it| it["alert"]["target"].as_str()).collect();
        expected.keys().all(|target| told.contains(&target.as_str())) && last(&rows)
    };
    up.get_until("/api/v1/alerts", has_told_all);
    all(up, "/api/v1/alerts", "alerts")
}

/// Checks an event in the API and on its page.
fn check_event(up: &Up, event: &Value) {
    let path = format!("/events/{}", id(event));
    let alone = up.get(&format!("/api/v1{path}"));
    let stories = alone["stories"].as_array().expect("it has stories");
    assert_eq!(event["story_count"], stories.len(), "{path}");
    let articles: usize =
        stories.iter().map(|it| it["articles"].as_array().map_or(0, Vec::len)).sum();
    assert_eq!(event["articles"], articles, "{path}");
    let page = up.html(&path);
    let counts = [
        ("outlets", "outlet", "outlets", ""),
        ("origins", "text", "texts", ""),
        ("not_compared", "headline", "headlines", ""),
        ("story_count", "story", "stories", ""),
        ("copies", "copy", "copies", ""),
        ("versions", "version", "versions", ""),
    ];
    for (name, one, many, before) in counts {
        let count = event[name].as_u64().unwrap_or(0);
        let words = format!("{before}{count}\u{a0}{}", if count == 1 { one } else { many });
        let is_left_out =
            count == 0 && matches!(name, "origins" | "not_compared" | "copies" | "versions");
        assert!(is_left_out || page.contains(&words), "{path} does not say {words:?}");
    }
}

/// Checks a story in the API and on the terminal.
fn check_story(up: &Up, folder: &Folder, story: &Value) {
    let path = format!("/api/v1/stories/{}", id(story));
    let alone = up.get(&path);
    for name in ["outlets", "copies", "versions", "articles"] {
        assert_eq!(alone["story"][name], story[name], "{path}: {name}");
    }
    let count = |name: &str| story[name].as_u64().unwrap_or(0);
    assert_eq!(count("articles"), 1 + count("copies") + count("versions"), "{path}");
    if count("articles") == 1 {
        return;
    }
    let shown = folder.run(&["story", "show", &id(story), "--config", CONFIG]).code(0).out;
    let words = |name: &str, one: &str, many: &str| {
        format!("{} {}", count(name), if count(name) == 1 { one } else { many })
    };
    let mut line = vec![
        words("articles", "article", "articles"),
        words("outlets", "outlet", "outlets"),
        words("copies", "copy folded", "copies folded"),
    ];
    line.extend((count("versions") > 0).then(|| words("versions", "version", "versions")));
    assert!(shown.contains(&line.join(" · ")), "{} in\n{shown}", line.join(" · "));
}

/// Checks the number of alerts, and of those that notified.
fn check_alerts(up: &Up, alerts: &[Value]) {
    let is_loud = |it: &Value| it["volume"] == "loud" && it["held"] == false;
    let has_notified = |row: &&Value| {
        row["revisions"].as_array().is_some_and(|revisions| revisions.iter().any(is_loud))
    };
    let notified = alerts.iter().filter(has_notified).count();
    let status = up.get("/api/v1/status");
    let listed = up.get("/api/v1/alerts?limit=1");
    for counts in [&status["alerts"], &listed["counts"]] {
        assert_eq!(
            (&counts["alerts"], &counts["notified"]),
            (&json!(alerts.len()), &json!(notified))
        );
    }
    assert_eq!(status["hour"]["alerts"], alerts.len());
    assert_eq!(status["hour"]["notified"], notified);
    let page = up.html("/alerts");
    let words = format!("<b>{}\u{a0}alerts</b>, <b>{notified} notified</b>", alerts.len());
    assert!(page.contains(&words), "the page of alerts does not say {words:?}");
    let header = up.html("/");
    let pulse = format!("{notified} notified");
    assert!(header.contains(&pulse), "the header does not say {pulse:?}");
    let subscriptions = up.get("/api/v1/subscriptions");
    let records = subscriptions["subscriptions"].as_array().expect("it is a list");
    let opened: u64 = records.iter().filter_map(|it| it["alerts"].as_u64()).sum();
    assert_eq!(opened, alerts.len() as u64, "as subscriptions count them");
}
