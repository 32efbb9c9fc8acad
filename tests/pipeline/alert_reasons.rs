//! Why alerts came or did not, the life of an alert, and an alert sent again. One subscription alerts about
//! the article, one holds it because it needs more outlets, one waits, and two do not match.

use serde_json::{Value, json};
use wirefold_proto::ReasonKind;

use super::loopback::{Answer, Loopback};
use super::targets::{Target, delivery};
use super::up::{CONFIG, Up};
use crate::program::Folder;

const TITLE: &str = "Pilots mend the lamp on the outer mole";
const LEDE: &str = "The lamp on the outer mole burns again. Two pilots mended it on Friday night, \
    with glass from the old chandlery and a ladder that the harbour office had written off in the spring.";
const BELOW: &str = "The ferry company had offered a crane, which nobody needed, and the verger rang \
    the bell when the first light fell on the water. The keeper of the chandlery has asked for nothing \
    but his ladder back, and for the children to stay off the rail until the paint is dry on it.";

const SUBSCRIPTIONS: &str = r#"
[[subscription]]
name = "Lamps"
query = "lamp pilots"
group_wait = "0s"
deliveries = ["desk"]
[[subscription]]
name = "Wide"
query = "lamp"
min_outlets = 3
[[subscription]]
name = "Ferries"
query = "ferry"
group_wait = "0s"
deliveries = ["ghost"]
[[subscription]]
name = "Boats"
query = "lamp \"life boat\" -football"
[[subscription]]
name = "Light"
query = "lamp -ladder"
[[subscription]]
name = "Slow"
query = "lamp pilots"
group_wait = "1h"
"#;

fn objects(folder: &Folder, arguments: &[&str], code: i32) -> Value {
    let out = folder.run(arguments).code(code).out;
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
}

#[test]
fn alerts_are_explained_and_sent_again() {
    let mut target = Target::open();
    let broken = Loopback::answering(|_| Answer::status(400));
    let config = format!(
        "data = \"data\"\n[fetcher]\nallow_private = [\"127.0.0.0/8\"]\n[[source]]\npath = \"dropped\"\n\
         {SUBSCRIPTIONS}{}{}",
        target.delivery(),
        delivery("broken", &broken.url("/hook"))
    );
    let folder = Folder::with(&[(CONFIG, config.as_bytes())]);
    std::fs::create_dir(folder.path().join("dropped")).expect("a temporary folder takes folders");
    let up = Up::start(&folder);
    let url = "https://www.pilots.example/lamp";
    let pushed = json!({"url": url, "title": TITLE, "text": format!("{LEDE}\n\n{BELOW}")});
    let answer = up.post("/api/v1/articles", &pushed);
    let article = answer["articles"][0]["id"].as_str().expect("it has one").to_owned();
    let sent = target.next().alert;
    let alerts = up.get_until("/api/v1/alerts", |it| it["counts"]["alerts"] == 2);
    let alert = sent.id.to_string();

    up.get_until("/api/v1/subscriptions", |it| {
        let all = it["subscriptions"].as_array().cloned().unwrap_or_default();
        all.iter().any(|record| record["waiting"][0]["articles"] == json!([article]))
    });
    check_why(&folder, url, &article);
    check_life(&folder, &up, &alert, alerts["alerts"].as_array().map_or(0, Vec::len));

    folder.run(&["alert", "replay", "lamps:e-zzzzzzzz"]).code(3);
    let again = folder.run(&["alert", "replay", &alert[..16]]).code(0);
    assert_eq!(again.out, "✓ desk accepted revision 1\n");
    let repeated = target.next();
    let (first, last) = (&target.messages[0], &repeated);
    assert_eq!((&first.id, last.alert.revision), (&last.id, 1), "receivers know it by its id");
    assert_eq!(last.alert.reasons[0].kind, ReasonKind::Repeated, "it says that it is one");
    assert_eq!(last.alert.reasons[0].words, "sent again by hand");
    let refused = folder.run(&["alert", "replay", &alert, "--delivery", "broken"]).code(1);
    assert!(refused.out.starts_with("✗ broken did not accept revision 1: "), "{}", refused.out);
    folder.run(&["alert", "replay", &alert, "--delivery", "none"]).code(2);
    assert_eq!(up.terminate().code, Some(0));
    folder.run(&["alert", "replay", &alert]).code(4);
}

/// Checks the output of `sub why` for each subscription, by link and by id.
fn check_why(folder: &Folder, url: &str, article: &str) {
    let why = objects(folder, &["sub", "why", url, "--json"], 0);
    assert_eq!(why["article"], article);
    let of = |id: &str| {
        let all = why["subscriptions"].as_array().expect("it is a list");
        all.iter().find(|it| it["subscription"] == id).cloned().unwrap_or_default()
    };
    let lamps = of("lamps");
    assert_eq!((&lamps["outcome"], &lamps["why"]), (&json!("notified"), &json!("revision 1: new")));
    let found = json!([{"word": "lamp", "place": "title"}, {"word": "pilots", "place": "title"}]);
    assert_eq!(lamps["found"], found);
    assert_eq!(of("wide")["outcome"], "no_alert");
    assert_eq!(of("wide")["why"], "min_outlets is 3, and it had 1 when this article came in");
    assert_eq!(of("ferries")["outcome"], "silent", "{}", of("ferries"));
    assert_eq!(of("ferries")["found"], json!([{"word": "ferry", "place": "text"}]));
    let ferries = of("ferries")["why"].as_str().map(str::to_owned).unwrap_or_default();
    assert!(of("ferries")["in_passing"] == true, "{ferries}");
    let both = "revision 1: mentioned in passing; problem: no delivery is called \"ghost\"";
    assert!(ferries.starts_with(both), "{ferries}");
    assert_eq!(of("boats")["outcome"], "no_match");
    assert_eq!(of("boats")["why"], "this part of the query does not hold: \"life boat\"");
    let slow = of("slow")["why"].as_str().map(str::to_owned).unwrap_or_default();
    assert!(slow.starts_with("waits until 2"), "{slow}");
    assert!(slow.ends_with(": its group_wait is not over"), "{slow}");
    assert_eq!(of("light")["why"], "it has ladder, which the query excludes");

    let shown = folder.run(&["sub", "why", &article[..10], "--sub", "LAMPS"]).code(0).out;
    assert!(
        shown.contains("pilots.example") && shown.contains("lamp (title), pilots (title)"),
        "{shown}"
    );
    assert!(!shown.contains("ferries"), "{shown}");
    folder.run(&["sub", "why", "a-zzzzzzzz"]).code(3);
    folder.run(&["sub", "why", article, "--sub", "tides"]).code(3);
}

/// Checks the output of `alert show` while `up` runs.
fn check_life(folder: &Folder, up: &Up, alert: &str, alerts: usize) {
    assert_eq!(alerts, 2, "one that notified, and one that is silent");
    let listed = folder.run(&["alert", "ls"]).code(0).out;
    assert!(listed.contains(&alert[..16]), "the list has ids to show: {listed}");
    let path = format!("/api/v1/alerts/{alert}");
    up.get_until(&path, |it| it["deliveries"][0]["taken_loud"] == 1);
    let life = objects(folder, &["alert", "show", alert, "--json"], 0);
    assert_eq!(life["schema"], "wirefold.api.alert/1");
    let desk = &life["deliveries"][0];
    assert_eq!((&desk["delivery"], &desk["taken"]), (&json!("desk"), &json!(1)));
    assert_eq!(desk["taken_loud"], 1);
    let outcomes: Vec<&Value> =
        desk["attempts"].as_array().into_iter().flatten().map(|it| &it["outcome"]).collect();
    assert_eq!(outcomes, ["taken"]);
    assert_eq!(life["revisions"].as_array().map(Vec::len), Some(1));
    let shown = folder.run(&["alert", "show", &alert[..16]]).code(0).out;
    for part in [TITLE, alert, "loud", "has all that notified", "desk: revision 1: taken"] {
        assert!(shown.contains(part), "lacks {part:?}: {shown}");
    }
    folder.run(&["alert", "show", "lamps:e-zzzzzzzz"]).code(3);
}
