//! Commands on a stored data folder while no wirefold runs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::expected::{Story, alert_of, story, text};
use super::{CONFIG, NOBODY, Version};
use crate::program::{Folder, Run};

fn run(folder: &Folder, arguments: &[&str]) -> Run {
    folder.run(&[arguments, &["--config", CONFIG]].concat())
}

/// The output of a command: one object on a line.
#[track_caller]
fn objects(folder: &Folder, arguments: &[&str]) -> Vec<Value> {
    let run = run(folder, &[arguments, &["--json"]].concat()).code(0);
    let read =
        |line: &str| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"));
    run.out.lines().map(read).collect()
}

#[test]
fn lists_are_as_they_were() {
    for version in Version::all() {
        let (folder, expected) =
            (version.unpacked("embedded", NOBODY, NOBODY), version.expected("embedded"));
        let stories = objects(&folder, &["story", "ls", "--limit", "100"]);
        let ids: BTreeSet<String> = stories.iter().map(|story| text(&story["id"])).collect();
        let kept: BTreeSet<String> = expected.stories.iter().map(|it| it.id.clone()).collect();
        assert_eq!(ids, kept, "{}", version.name());
        let alerts = objects(&folder, &["alert", "ls", "--limit", "100"]);
        expected.check_alerts(&alerts.iter().map(|row| alert_of(&row["alert"])).collect());
        expected.check_subscriptions(&objects(&folder, &["sub", "ls"]).into());
        expected.check_feeds(&objects(&folder, &["feed", "ls"]).into());
        assert_eq!(objects(&folder, &["dead", "ls"]).len(), expected.dead);
    }
}

#[test]
fn ids_lead_where_they_led() {
    for version in Version::all() {
        let (folder, expected) =
            (version.unpacked("embedded", NOBODY, NOBODY), version.expected("embedded"));
        let by_id: BTreeMap<&str, &Story> =
            expected.stories.iter().map(|it| (it.id.as_str(), it)).collect();
        let large = expected.stories.iter().filter(|it| it.articles.len() > 1);
        let asked = large.map(|it| (&it.id, &it.id));
        let stories = expected.leads.iter().filter(|(old, _)| old.starts_with("s-"));
        for (old, new) in asked.chain(stories) {
            let shown = objects(&folder, &["story", "show", old]);
            assert_eq!(Some(&&story(&shown[0])), by_id.get(new.as_str()), "{old}");
        }
    }
}

#[test]
fn why_gives_the_stored_answer() {
    for version in Version::all() {
        let (folder, expected) =
            (version.unpacked("embedded", NOBODY, NOBODY), version.expected("embedded"));
        let find = |wanted: &dyn Fn(&&Story) -> bool| expected.stories.iter().find(wanted);
        let whole = find(&|it| it.articles.len() > 1).expect("a copy is kept");
        let beside = find(&|it| it.event == whole.event && it.id != whole.id);
        let apart = find(&|it| it.event != whole.event);
        let copy = whole.articles.iter().find(|id| **id != whole.lead).expect("it has a copy");
        let lead = |story: Option<&Story>| story.expect("an event of several is kept").lead.clone();
        for (other, code) in [(copy, 0), (&lead(beside), 10), (&lead(apart), 11)] {
            run(&folder, &["why", &whole.lead, other]).code(code);
        }
    }
}
