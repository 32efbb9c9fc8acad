//! The contract's files agree with its types: schemas, samples, `asyncapi.yaml` and the README.
//!
//! `WIREFOLD_BLESS=1 cargo test -p wirefold-proto` rewrites the generated ones.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use wirefold_proto::asyncapi::{CHANNELS, document};
use wirefold_proto::streams::{ReadBy, STORES, STREAMS, StoreKind};
use wirefold_proto::subjects::{covers, overlap};
use wirefold_proto::{CATALOGUE, ChangeKind, Class, Entry, Verb};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn file_names(of: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(folder(of)).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// Compares a generated file with what stands there, or rewrites it.
fn check_generated(path: &Path, generated: &str) {
    if std::env::var_os("WIREFOLD_BLESS").is_some() {
        fs::write(path, generated).unwrap();
        return;
    }
    let file = read(path);
    assert!(
        file == generated,
        "{} is out of date: run with WIREFOLD_BLESS=1",
        path.display()
    );
}

fn samples() -> impl Iterator<Item = (Entry, &'static str, Vec<u8>)> {
    CATALOGUE.iter().flat_map(|entry| {
        entry
            .samples
            .iter()
            .map(|name| (*entry, *name, read(&folder("samples").join(name)).into()))
    })
}

/// Takes fields away whose names start with `x_`: what a sample calls unknown.
fn without_unknown(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let known = fields
                .into_iter()
                .filter(|(name, _)| !name.starts_with("x_"));
            known
                .map(|(name, inner)| (name, without_unknown(inner)))
                .collect()
        }
        Value::Array(items) => items.into_iter().map(without_unknown).collect(),
        other => other,
    }
}

#[test]
fn schemas_are_those_of_the_types() {
    for entry in CATALOGUE {
        let path = folder("schemas").join((entry.schema)().file_stem() + ".json");
        let generated = serde_json::to_string_pretty(&(entry.json_schema)()).unwrap() + "\n";
        check_generated(&path, &generated);
    }
    let expected: BTreeSet<_> = CATALOGUE
        .iter()
        .map(|entry| (entry.schema)().file_stem() + ".json")
        .collect();
    assert_eq!(file_names("schemas"), expected);
}

#[test]
fn every_property_is_described() {
    fn check(place: &str, schema: &Value) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let described = property["description"].is_string()
                || property.get("const").is_some()
                || property.get("$ref").is_some();
            assert!(described, "{place}: `{name}` has no description");
        }
        for key in ["definitions", "properties"] {
            for (name, inner) in schema[key].as_object().into_iter().flatten() {
                check(&format!("{place}/{name}"), inner);
            }
        }
        for variant in schema["oneOf"].as_array().into_iter().flatten() {
            check(place, variant);
        }
    }
    for entry in CATALOGUE {
        check(&(entry.schema)().to_string(), &(entry.json_schema)());
    }
}

#[test]
fn samples_are_read_and_written_back_the_same() {
    for (entry, name, body) in samples() {
        let sample: Value = serde_json::from_slice(&body).unwrap();
        let reread = (entry.reread)(&body).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(reread, without_unknown(sample), "{name}");
    }
}

#[test]
fn samples_fit_their_schemas() {
    for (entry, name, body) in samples() {
        let schema = (entry.json_schema)();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let sample: Value = serde_json::from_slice(&body).unwrap();
        let errors: Vec<_> = validator
            .iter_errors(&sample)
            .map(|e| format!("{} {e}", e.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
    }
}

#[test]
fn schemas_refuse_what_the_types_refuse() {
    for (entry, name, body) in samples() {
        let validator = jsonschema::validator_for(&(entry.json_schema)()).unwrap();
        let sample: Value = serde_json::from_slice(&body).unwrap();
        for field in without_unknown(sample.clone()).as_object().unwrap().keys() {
            let mut less = sample.clone();
            less.as_object_mut().unwrap().shift_remove(field);
            let read = (entry.reread)(&serde_json::to_vec(&less).unwrap());
            assert_eq!(
                validator.is_valid(&less),
                read.is_ok(),
                "{name} without `{field}`"
            );
        }
    }
}

#[test]
fn every_sample_belongs_to_a_message() {
    let named: BTreeSet<_> = samples().map(|(_, name, _)| name.to_owned()).collect();
    assert_eq!(file_names("samples"), named);
    for (entry, name, _) in samples() {
        assert!(
            name.starts_with(&((entry.schema)().file_stem() + ".")),
            "{name}"
        );
    }
    let with_unknown = samples()
        .filter(|(_, name, _)| name.contains("unknown-fields"))
        .count();
    assert!(with_unknown > 0);
}

#[test]
fn messages_lie_in_their_streams_and_channels() {
    for (entry, name, body) in samples() {
        let Some(address) = entry.address else {
            continue;
        };
        let subject = (address.subject)(&body).unwrap();
        let stream = STREAMS
            .iter()
            .find(|stream| stream.name == address.stream)
            .unwrap();
        assert!(
            stream.subjects.iter().any(|s| subject.lies_in(s)),
            "{name}: {subject}"
        );
        let schema = (entry.schema)().name;
        let channel = CHANNELS
            .iter()
            .find(|channel| subject.lies_in(&channel.pattern()))
            .unwrap();
        assert!(
            channel.messages.contains(&schema.as_str()),
            "{name}: {subject}"
        );
        assert_eq!(channel.stream.name, stream.name, "{name}");
        for other in STREAMS.iter().filter(|other| other.name != stream.name) {
            assert!(
                !other.subjects.iter().any(|s| subject.lies_in(s)),
                "{name}: {}",
                other.name
            );
        }
    }
}

#[test]
fn closed_lists_have_a_sample_each() {
    let subjects: Vec<_> = samples()
        .filter_map(|(entry, _, body)| Some((entry.address?.subject)(&body).unwrap().to_string()))
        .collect();
    let has = |start: &str| subjects.iter().any(|subject| subject.starts_with(start));
    for verb in Verb::ALL {
        assert!(
            has(&format!("wirefold.v1.control.{}", verb.as_str())),
            "{verb:?}"
        );
    }
    for change in ChangeKind::ALL {
        assert!(
            has(&format!("wirefold.v1.output.story.{}", change.as_str())),
            "{change:?}"
        );
        assert_eq!(
            sample_word("wirefold.output.story", "change", change.as_str()),
            1
        );
    }
    for class in Class::ALL {
        assert_eq!(serde_json::to_value(class).unwrap(), class.as_str());
    }
}

/// How many samples of a schema have `"<field>": "<word>"` somewhere.
fn sample_word(schema: &str, field: &str, word: &str) -> usize {
    let wanted = format!("\"{field}\":\"{word}\"");
    let of_schema = samples().filter(|(entry, _, _)| (entry.schema)().name == schema);
    let compact = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap().to_string();
    of_schema
        .filter(|(_, _, body)| compact(body).contains(&wanted))
        .count()
}

#[test]
fn asyncapi_is_generated() {
    check_generated(&folder("asyncapi.yaml"), &document());
}

/// What stands between the quotation marks of lines with this key, or of list items.
fn quoted_after<'a>(document: &'a str, start: &str) -> BTreeSet<&'a str> {
    let values = document
        .lines()
        .filter_map(|line| line.trim().strip_prefix(start));
    values.filter_map(|rest| rest.strip_suffix('"')).collect()
}

#[test]
fn asyncapi_names_every_subject_schema_and_sample_and_no_other() {
    let document = document();
    let subjects: BTreeSet<_> = STREAMS
        .iter()
        .flat_map(|stream| stream.subjects)
        .copied()
        .collect();
    let listed = quoted_after(&document, "- \"");
    let patterns = listed
        .iter()
        .copied()
        .filter(|item| item.contains(".v1.") || item.contains("$JS"));
    assert_eq!(patterns.collect::<BTreeSet<_>>(), subjects);

    let named_samples = quoted_after(&document, "- \"./samples/");
    assert_eq!(named_samples, samples().map(|(_, name, _)| name).collect());

    let schemas: BTreeSet<_> = CATALOGUE
        .iter()
        .map(|entry| (entry.schema)().file_stem() + ".json")
        .collect();
    let named_schemas = quoted_after(&document, "$ref: \"./schemas/");
    assert_eq!(named_schemas, schemas.iter().map(String::as_str).collect());
}

#[test]
fn every_subject_has_a_channel() {
    for stream in STREAMS {
        for subject in stream.subjects {
            let channels: Vec<_> = CHANNELS
                .iter()
                .filter(|channel| overlap(&channel.pattern(), subject))
                .collect();
            assert_eq!(channels.len(), 1, "{subject}");
            assert_eq!(channels[0].stream.name, stream.name, "{subject}");
        }
    }
    for verb in Verb::ALL {
        let subject = format!("wirefold.v1.control.{}", verb.as_str());
        assert!(
            CHANNELS
                .iter()
                .any(|channel| covers(&channel.pattern(), &subject)),
            "{subject}"
        );
    }
}

#[test]
fn readme_has_the_tables() {
    const MARKS: [&str; 2] = ["<!-- generated: streams -->\n", "<!-- end -->\n"];
    let path = folder("README.md");
    let readme = read(&path);
    let (before, rest) = readme
        .split_once(MARKS[0])
        .expect("the README marks its tables");
    let (_, after) = rest
        .split_once(MARKS[1])
        .expect("the README ends its tables");
    check_generated(
        &path,
        &format!("{before}{}{}{}{after}", MARKS[0], tables(), MARKS[1]),
    );
}

fn tables() -> String {
    let mut text = String::from(
        "| stream | subjects | what stands in it | written by | read by |\n|---|---|---|---|---|\n",
    );
    for stream in STREAMS {
        let subjects: Vec<_> = stream.subjects.iter().map(|s| format!("`{s}`")).collect();
        let writers: Vec<_> = stream
            .writers
            .iter()
            .map(|writer| writer.role.as_str())
            .collect();
        let by = |by| match by {
            ReadBy::Consumer => "consumer",
            ReadBy::Order => "in order",
            ReadBy::Sequence => "by sequence",
        };
        let readers: Vec<_> = stream
            .readers
            .iter()
            .map(|r| format!("{} ({})", r.role, by(r.by)))
            .collect();
        writeln!(
            text,
            "| `{}` | {} | {} | {} | {} |",
            stream.name,
            subjects.join("<br>"),
            stream.about,
            writers.join(", "),
            readers.join(", "),
        )
        .unwrap();
    }
    text.push_str(
        "\n| store | sort | what stands in it | written by | read by |\n|---|---|---|---|---|\n",
    );
    for store in STORES {
        let names = |roles: &[wirefold_proto::streams::Role]| {
            roles
                .iter()
                .map(|role| role.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        };
        let kind = match store.kind {
            StoreKind::KeyValue => "key-value bucket",
            StoreKind::Objects => "object store",
        };
        let (writers, readers) = (names(store.writers), names(store.readers));
        writeln!(
            text,
            "| `{}` | {kind} | {} | {writers} | {readers} |",
            store.name, store.about
        )
        .unwrap();
    }
    text
}
