//! Samples: each is read, written back, valid, and lies where its message belongs.

use std::collections::BTreeSet;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;
use wirefold_proto::streams::{STREAMS, Stage};
use wirefold_proto::subjects::covers;
use wirefold_proto::{Class, Command, StoryChange};

use crate::asyncapi::CHANNELS;
use crate::catalogue::CATALOGUE;
use crate::{Sample, all_samples, file_names, json, samples};

/// Removes fields whose names start with `x_`, which samples use for unknown fields.
fn without_unknown(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let known = fields.into_iter().filter(|(name, _)| !name.starts_with("x_"));
            known.map(|(name, inner)| (name, without_unknown(inner))).collect()
        }
        Value::Array(items) => items.into_iter().map(without_unknown).collect(),
        other => other,
    }
}

#[test]
fn samples_are_read_and_written_back_the_same() {
    for Sample { entry, name, body } in samples() {
        let reread = (entry.reread)(&body).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(reread, without_unknown(json(&body)), "{name}");
    }
}

#[test]
fn samples_of_older_versions_are_read() {
    for Sample { entry, name, body } in all_samples() {
        (entry.reread)(&body).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    for entry in CATALOGUE {
        let schema = (entry.schema)();
        for version in entry.oldest..=schema.version {
            let mut of_message = all_samples().filter(|s| (s.entry.schema)() == schema);
            let found = of_message.any(|sample| sample.is_of(version));
            assert!(found, "{schema} has no sample of version {version}");
        }
    }
}

fn compiled(schema: Value) -> (Schemas, SchemaIndex) {
    let place = "message.json";
    let mut schemas = Schemas::new();
    let mut compiler = Compiler::new();
    compiler.add_resource(place, schema).unwrap();
    let index = compiler.compile(place, &mut schemas).unwrap();
    (schemas, index)
}

#[test]
fn samples_fit_their_schemas() {
    for Sample { entry, name, body } in samples() {
        let (schemas, schema) = compiled((entry.json_schema)());
        if let Err(error) = schemas.validate(&json(&body), schema) {
            panic!("{name}: {error:#}");
        }
    }
}

#[test]
fn schemas_require_what_the_types_require() {
    for Sample { entry, name, body } in samples() {
        let (schemas, schema) = compiled((entry.json_schema)());
        let sample = json(&body);
        for field in without_unknown(sample.clone()).as_object().unwrap().keys() {
            let mut less = sample.clone();
            less.as_object_mut().unwrap().shift_remove(field);
            let read = (entry.reread)(&serde_json::to_vec(&less).unwrap());
            assert_eq!(schemas.validate(&less, schema).is_ok(), read.is_ok(), "{name} without `{field}`");
        }
    }
}

#[test]
fn every_sample_belongs_to_a_message() {
    let named: BTreeSet<_> = all_samples().map(|sample| sample.name.to_owned()).collect();
    assert_eq!(file_names("samples"), named);
    for sample in all_samples() {
        let mut versions = sample.entry.oldest..=(sample.entry.schema)().version;
        assert!(versions.any(|version| sample.is_of(version)), "{}", sample.name);
    }
    assert!(samples().any(|sample| json(&sample.body) != without_unknown(json(&sample.body))));
}

#[test]
fn messages_lie_in_their_streams_and_channels() {
    for Sample { entry, name, body } in samples() {
        let Some(address) = entry.address else {
            continue;
        };
        let subject = (address.subject)(&body).unwrap();
        let stream = STREAMS.iter().find(|stream| stream.name == address.stream).unwrap();
        assert!(stream.subjects.iter().any(|s| covers(s, subject.as_str())), "{name}: {subject}");
        let channel =
            CHANNELS.iter().find(|channel| covers(&channel.pattern(), subject.as_str())).unwrap();
        let schema = (entry.schema)().name;
        assert!(channel.messages.contains(&schema.as_str()), "{name}: {subject}");
        assert_eq!(channel.stream.name, stream.name, "{name}");
        for other in STREAMS.iter().filter(|other| other.name != stream.name) {
            assert!(
                !other.subjects.iter().any(|s| covers(s, subject.as_str())),
                "{name}: {}",
                other.name
            );
        }
    }
}

#[test]
fn closed_lists_have_a_sample_for_each_word() {
    for verb in Command::VERBS {
        check_word("wirefold.control", "do", verb);
    }
    for change in StoryChange::KINDS {
        check_word("wirefold.output.story", "change", change);
    }
    for state in ["new", "growing", "updated", "quiet"] {
        check_word("wirefold.alert", "state", state);
    }
    for class in Class::ALL {
        assert_eq!(serde_json::to_value(class).unwrap(), class.as_str());
    }
    for stage in Stage::ALL {
        assert_eq!(serde_json::to_value(stage).unwrap(), stage.as_str());
    }
}

/// Checks that a sample of the schema has `"<field>": "<word>"` somewhere.
fn check_word(schema: &str, field: &str, word: &str) {
    let wanted = format!("\"{field}\":\"{word}\"");
    let mut of_schema = samples().filter(|sample| (sample.entry.schema)().name == schema);
    let found = of_schema.any(|sample| json(&sample.body).to_string().contains(&wanted));
    assert!(found, "no sample of {schema} has {wanted}");
}

/// Names of version 1 that version 2 changed: a sample, the path of the value, the value under its old name,
/// and the path and value now.
const RENAMED: [(&str, &str, &str, &str, &str); 13] = [
    ("article.fetched.1", "/text_from", "page", "/text_source", "page"),
    ("article.fetched.1", "/article/date_doubt", "missing", "/article/date_problem", "missing"),
    ("output.article.1", "/article/date_doubt", "absurd", "/article/date_problem", "implausible"),
    ("backfill.1", "/ended", "whole", "/ended", "complete"),
    ("backfill.1", "/ended", "elsewhere", "/ended", "other-site"),
    ("backfill.1", "/ended", "pages", "/ended", "page-limit"),
    ("backfill.1", "/ended", "items", "/ended", "item-limit"),
    ("subscription.1", "/saved", "7", "/copies_folded", "7"),
    ("feed.digest.1", "/troubled", "7", "/feeds_with_problems", "7"),
    ("feed.1", "/feed/article", "div", "/feed/article_selector", "div"),
    ("feed.1", "/feed/remove", r#"["p"]"#, "/feed/remove_selectors", r#"["p"]"#),
    (
        "feed.1",
        "/findings",
        r#"["article-missed"]"#,
        "/findings",
        r#"["article-selector-unmatched"]"#,
    ),
    ("list.1", "/own", r#"["a"]"#, "/manual_overrides", r#"["a"]"#),
];

#[test]
fn names_of_version_1_are_read_under_their_new_names() {
    let value = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
    for (sample, old_place, old, new_place, new) in RENAMED {
        let name = format!("wirefold.{sample}.json");
        let found = all_samples().find(|it| it.name == name).expect("a sample has the name");
        let mut body = json(&found.body);
        let (holder, field) = old_place.rsplit_once('/').expect("a place begins with a slash");
        body.pointer_mut(holder).unwrap()[field] = value(old);
        let read = (found.entry.reread)(&serde_json::to_vec(&body).unwrap()).unwrap();
        assert_eq!(read.pointer(new_place), Some(&value(new)), "{name}: {old_place}");
        let is_renamed = old_place != new_place;
        assert!(!is_renamed || read.pointer(old_place).is_none(), "{name}: {old_place} is written");
    }
}

#[test]
fn samples_of_version_1_are_read_as_their_successors() {
    let mut compared = 0;
    for new in samples().filter(|sample| sample.name.contains(".2.")) {
        let Some(old) = all_samples().find(|old| old.name == new.name.replace(".2.", ".1.")) else {
            continue;
        };
        let mut read = (old.entry.reread)(&old.body).unwrap();
        let mut expected = without_unknown(json(&new.body));
        if new.name == "wirefold.control.2.feed.add.json" {
            for selectors in ["article_selector", "remove_selectors"] {
                expected["command"]["feed"].as_object_mut().unwrap().shift_remove(selectors);
            }
        }
        for body in [&mut read, &mut expected] {
            body.as_object_mut().unwrap().sort_keys();
        }
        assert_eq!(read, expected, "{}", old.name);
        compared += 1;
    }
    assert!(compared >= 20, "{compared}");
}
