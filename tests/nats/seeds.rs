//! The central case through several processes: the same as through one process, and not repeated after a
//! restart.

use std::collections::BTreeMap;

use rustix::process::Pid;
use serde_json::{Value, json};

use super::over::NatsPipeline;
use crate::pipeline::targets::Target;
use crate::pipeline::up::Up;
use crate::pipeline::watched_folder::{GROUPED, Text, drop_into, five_texts, watching};

/// The result for each text by its name, and the alerts.
#[derive(Debug, PartialEq)]
struct Outcome {
    articles: BTreeMap<String, Value>,
    alerts: Vec<Value>,
}

/// Waits for five articles and the one alert about them.
fn articles(up: &Up, target: &mut Target) -> BTreeMap<String, Value> {
    let articles = up.events(0).articles(5).into_iter().map(|article| {
        let verdict = &article.verdict;
        let what = json!({
            "id": article.id, "class": verdict.class, "kind": verdict.kind,
            "story": verdict.story, "event": verdict.event, "lead": verdict.lead,
        });
        (article.article.item_key, what)
    });
    let articles = articles.collect();
    target.next();
    articles
}

/// All messages that have arrived.
fn told(target: &mut Target) -> Vec<Value> {
    target.read_arrived();
    target.check_ids();
    let told = target.messages.iter().map(|message| {
        let alert = &message.alert;
        json!({
            "id": alert.id, "revision": alert.revision, "state": alert.state,
            "articles": alert.articles.len(), "origins": alert.origins, "copies": alert.copies,
        })
    });
    told.collect()
}

/// Runs one process.
fn of_one(texts: &[Text]) -> Outcome {
    let mut target = Target::open();
    let folder = watching(&target, GROUPED);
    let up = Up::start(&folder);
    drop_into(&folder, texts);
    let articles = articles(&up, &mut target);
    assert_eq!(up.terminate().code, Some(0));
    Outcome { articles, alerts: told(&mut target) }
}

/// Runs several processes, and a second time over their data.
fn of_many(texts: &[Text]) -> Outcome {
    let mut target = Target::open();
    let folder = watching(&target, GROUPED);
    let over = NatsPipeline::start(&folder);
    drop_into(&folder, texts);
    let articles = articles(&over.up, &mut target);
    let children = over.children();
    assert_eq!(children.len(), 6, "five stages and the pruner");
    let ended = over.up.terminate();
    assert_eq!(ended.code, Some(0), "{}", ended.said);
    assert!(ended.said.contains("5 articles → 4 stories → 1 event"), "{}", ended.said);
    assert!(!children.into_iter().any(runs), "a process was left behind");
    drop(over.server);

    let again = NatsPipeline::start(&folder);
    again.until_output(5);
    let kept = again.kept();
    assert!(kept.dead.is_empty(), "{:?}", kept.dead);
    assert_eq!(kept.fetched.len(), 5, "earlier files came again");
    assert_eq!(again.up.terminate().code, Some(0));
    Outcome { articles, alerts: told(&mut target) }
}

fn runs(process: Pid) -> bool {
    rustix::process::test_kill_process(process).is_ok()
}

#[test]
fn five_texts_come_out_of_processes_as_of_one() {
    let texts = five_texts();
    let many = of_many(&texts);
    assert_eq!(many, of_one(&texts));
    assert_eq!(many.alerts.len(), 1);
}
