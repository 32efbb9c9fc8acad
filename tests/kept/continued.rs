//! `wirefold up` on stored data: everything is still there, new articles join it, and no alert is repeated.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::Version;
use super::expected::{Expected, stories, text};
use super::web::Web;
use crate::pipeline::PATIENCE;
use crate::pipeline::loopback::{Answer, Loopback};
use crate::pipeline::up::{Up, now};
use crate::seeds::articles::articles;

/// The seed article that was split off its story by hand.
const SPLIT_OFF: &str = "recall-03";
/// A new text.
const FRESH: &str = "Four beekeepers of Lower Sallow carried nineteen hives across a frozen \
    reservoir on Monday, after the only lane to their meadow was closed for mending. Each hive \
    weighed some forty kilos and rode on a sledge that a wheelwright had built from skis. The \
    bees slept through all of it, said Ilka Brandmoor, who walked in front with a pole to try the \
    ice. By dusk the last sledge stood among the lime trees, and one beekeeper had wet boots. The \
    council promised to mend the lane before the thaw and to pay for the boots.";

/// A receiver of alerts.
pub(super) struct AlertReceiver(Loopback);

impl AlertReceiver {
    pub(super) fn open() -> AlertReceiver {
        AlertReceiver(Loopback::answering(|_| Answer::status(204)))
    }

    pub(super) fn address(&self) -> String {
        self.0.address.to_string()
    }

    /// The alerts until one about this target: alert and revision, and target. Alerts that are long over
    /// become quiet and do not notify.
    #[track_caller]
    fn until_told_of(&self, target: &str, up: &Up) -> Vec<(String, String)> {
        let mut came = Vec::new();
        let deadline = now().plus(PATIENCE);
        loop {
            let asked = self.0.asked.recv_timeout(deadline.since(now()));
            let asked = asked.unwrap_or_else(|why| panic!("{why}: {came:?}\n{}", up.output()));
            let message: Value = serde_json::from_slice(&asked.body).expect("messages are JSON");
            // Once a week there is also a message about feeds.
            let is_alert = message["schema"].as_str().is_some_and(|it| it.contains(".alert/"));
            if is_alert && message["state"] != "quiet" {
                let revision = format!("{}/{}", text(&message["id"]), message["revision"]);
                came.push((revision, text(&message["target"])));
                if message["target"] == target {
                    return came;
                }
            }
        }
    }
}

/// Checks the answers of a running wirefold about stored data, and pushes new articles. If there is a desk,
/// it waits for alerts: the first after a start takes the alerter twenty seconds.
#[track_caller]
pub(super) fn check(up: &Up, expected: &Expected, web: &Web, desk: Option<&AlertReceiver>) {
    let caught_up = |status: &Value| status["lag"] == 0 && status["articles"] == expected.articles;
    up.get_until("/api/v1/status", caught_up);
    web.until_read(expected.feeds.values(), up);
    expected.check(up);
    let copied = articles().into_iter().find(|it| it.id == SPLIT_OFF).expect("it is in the seeds");
    let side = story_at(up, &copied.url.replacen("https://", "http://", 1));
    let before = stories(up)[&side].articles.len();
    let copy = push(up, expected.articles + 1, "later.example", &copied.title, &copied.text);
    assert_eq!(copy.story, side, "a copy of what was split off\n{}", up.output());
    let fresh = push(up, expected.articles + 2, "bees.example", "Hives cross the ice", FRESH);
    assert_eq!(fresh.story, fresh.id.replacen("a-", "s-", 1), "a new text\n{}", up.output());
    let came = desk.map(|desk| desk.until_told_of(&fresh.story, up));
    let after = stories(up);
    assert_eq!(after[&side].articles.len(), before + 1);
    let targets: BTreeSet<String> = [&side, &fresh.story]
        .into_iter()
        .flat_map(|story| [story.clone(), after[story].event.clone()])
        .collect();
    for (revision, target) in came.into_iter().flatten() {
        assert!(!expected.hooked.contains(&revision), "{revision} was told before");
        assert!(targets.contains(&target), "{revision} notified, and nothing happened there");
    }
}

/// The story and event of a pushed article.
struct PushedArticle {
    id: String,
    story: String,
}

/// Pushes an article and waits for this many articles.
#[track_caller]
fn push(up: &Up, articles: u64, outlet: &str, title: &str, its_text: &str) -> PushedArticle {
    let url = format!("https://{outlet}/kept");
    let body = json!({"url": url, "title": title, "text": its_text, "outlet": outlet});
    let answer = up.post("/api/v1/articles", &body);
    let id = text(&answer["articles"][0]["id"]);
    up.get_until("/api/v1/status", |status| status["articles"] == articles);
    PushedArticle { id, story: story_at(up, &url) }
}

/// The story of the article at this address.
#[track_caller]
fn story_at(up: &Up, url: &str) -> String {
    text(&up.get(&format!("/api/v1/articles?url={url}"))["articles"][0]["story"])
}

#[track_caller]
fn goes_on(waits_for_alerts: bool, change: impl Fn(&Path)) {
    for version in Version::all() {
        let (web, desk) = (Web::of(&version), AlertReceiver::open());
        let folder = version.unpacked("embedded", &web.address(), &desk.address());
        change(&folder.path().join("data"));
        let up = Up::start(&folder);
        let desk = waits_for_alerts.then_some(&desk);
        check(&up, &version.expected("embedded"), &web, desk);
        assert_eq!(up.terminate().code, Some(0), "{}", version.name());
    }
}

#[test]
fn up_continues_on_a_stored_folder() {
    goes_on(true, |_| ());
}

#[test]
fn derived_data_is_made_again_unchanged() {
    goes_on(false, |data| {
        std::fs::remove_dir_all(data.join("wf_snapshots")).expect("snapshots are kept");
        std::fs::remove_file(data.join("gateway.db")).expect("a projection is kept");
    });
}
