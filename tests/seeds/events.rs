//! `events.jsonl` and `events.tsv`: texts about happenings, each in its own words.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;

use super::text_of;
use crate::program::wirefold;

/// One line of the file. Unknown keys are errors.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    id: String,
    outlet: String,
    url: String,
    title: String,
    published: Timestamp,
    lang: String,
    text: String,
}

const FEWEST_EVENTS: usize = 40;

fn texts() -> Vec<Text> {
    let parse = |(index, line): (usize, &str)| {
        serde_json::from_str(line)
            .unwrap_or_else(|error| panic!("seeds/events.jsonl:{}: {error}", index + 1))
    };
    text_of("events.jsonl").lines().enumerate().map(parse).collect()
}

/// The event of each id, in file order.
fn labels() -> Vec<(String, String)> {
    let file = text_of("events.tsv");
    let mut lines = file.lines();
    assert_eq!(lines.next(), Some("id\tstory\tevent"));
    let labels = lines.map(|line| match line.split('\t').collect::<Vec<_>>()[..] {
        // Each text is a story of its own.
        [id, story, event] if id == story => (id.to_owned(), event.to_owned()),
        _ => panic!("{line}: no id, story and event"),
    });
    labels.collect()
}

#[test]
fn stand_in_order_and_each_has_its_event() {
    let texts = texts();
    let place = |text: &Text| (text.published, text.id.clone());
    assert!(texts.windows(2).all(|pair| place(&pair[0]) < place(&pair[1])));
    let ids: Vec<String> = texts.iter().map(|text| text.id.clone()).collect();
    let labelled: Vec<String> = labels().into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, labelled);
}

#[test]
fn events_have_two_to_five_outlets() {
    let mut outlets: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (text, (_, event)) in texts().into_iter().zip(labels()) {
        outlets.entry(event).or_default().push(text.outlet);
    }
    assert!(outlets.len() >= FEWEST_EVENTS, "{}", outlets.len());
    for (event, its) in outlets {
        let different: BTreeSet<&String> = its.iter().collect();
        assert!((2..=5).contains(&its.len()), "{event}: {its:?}");
        assert_eq!(different.len(), its.len(), "{event}: an outlet twice");
    }
}

#[test]
fn texts_are_short_articles_of_invented_papers() {
    for text in texts() {
        let words = text.text.split_whitespace().count();
        assert!((60..=150).contains(&words), "{}: {words} words", text.id);
        assert!(text.url.contains(&text.outlet) && text.outlet.ends_with(".example"));
        assert!(!text.title.is_empty() && text.lang == "en", "{}", text.id);
    }
}

#[test]
fn no_two_of_them_are_one_text() {
    let run = wirefold(&["fold", "--json", "--final", "../../seeds/events.jsonl"]).code(0);
    for line in run.lines() {
        assert_eq!(line.story, line.id);
        assert!(line.comparable, "{}", line.id);
    }
}
