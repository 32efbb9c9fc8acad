//! Generated documents: the JSON Schemas, `asyncapi.yaml`, and the tables of the README.

use std::collections::BTreeSet;

use serde_json::Value;
use wirefold_proto::streams::{ReadBy, Role, STORES, STREAMS, Store, StoreKind, Stream};
use wirefold_proto::subjects::covers;

use crate::asyncapi::{CHANNELS, document};
use crate::catalogue::CATALOGUE;
use crate::{check_generated, file_names, file_stem, folder, overlap, read, samples, words_of_tag};

#[test]
fn schemas_are_those_of_the_types() {
    for entry in CATALOGUE {
        let path = folder("schemas").join(file_stem(&(entry.schema)()) + ".json");
        let generated = serde_json::to_string_pretty(&(entry.json_schema)()).unwrap() + "\n";
        check_generated(&path, &generated);
    }
    let expected: BTreeSet<_> =
        CATALOGUE.iter().map(|entry| file_stem(&(entry.schema)()) + ".json").collect();
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
fn asyncapi_is_generated() {
    check_generated(&folder("asyncapi.yaml"), &document());
}

#[test]
fn the_servers_configuration_is_generated() {
    check_generated(&folder("../deploy/nats.conf"), &wirefold_proto::rights::document());
}

/// The text between the quotation marks of lines with this key, or of list items.
fn quoted_after<'a>(document: &'a str, start: &str) -> BTreeSet<&'a str> {
    let values = document.lines().filter_map(|line| line.trim().strip_prefix(start));
    values.filter_map(|rest| rest.strip_suffix('"')).collect()
}

#[test]
fn asyncapi_names_every_subject_schema_and_sample_and_no_other() {
    let document = document();
    let subjects: BTreeSet<_> =
        STREAMS.iter().flat_map(|stream| stream.subjects).copied().collect();
    let listed = quoted_after(&document, "- \"");
    let patterns =
        listed.iter().copied().filter(|item| item.contains(".v1.") || item.contains("$JS"));
    assert_eq!(patterns.collect::<BTreeSet<_>>(), subjects);

    let named_samples = quoted_after(&document, "- \"./samples/");
    assert_eq!(named_samples, samples().map(|sample| sample.name).collect());

    let schemas: BTreeSet<_> =
        CATALOGUE.iter().map(|entry| file_stem(&(entry.schema)()) + ".json").collect();
    let named_schemas = quoted_after(&document, "$ref: \"./schemas/");
    assert_eq!(named_schemas, schemas.iter().map(String::as_str).collect());
}

#[test]
fn every_subject_has_a_channel() {
    for stream in STREAMS {
        for subject in stream.subjects {
            let channels: Vec<_> =
                CHANNELS.iter().filter(|channel| overlap(&channel.pattern(), subject)).collect();
            assert_eq!(channels.len(), 1, "{subject}");
            assert_eq!(channels[0].stream.name, stream.name, "{subject}");
        }
    }
    for verb in words_of_tag("wirefold.control", "do") {
        let subject = format!("wirefold.v1.control.{verb}");
        assert!(CHANNELS.iter().any(|channel| covers(&channel.pattern(), &subject)), "{subject}");
    }
}

#[test]
fn readme_has_the_tables() {
    const MARKS: [&str; 2] = ["<!-- generated: streams -->\n", "<!-- end -->\n"];
    let path = folder("README.md");
    let readme = read(&path);
    let (before, rest) = readme.split_once(MARKS[0]).expect("the README marks its tables");
    let (_, after) = rest.split_once(MARKS[1]).expect("the README ends its tables");
    check_generated(&path, &format!("{before}{}{}{}{after}", MARKS[0], tables(), MARKS[1]));
}

fn tables() -> String {
    let streams: Vec<_> = STREAMS.iter().map(stream_row).collect();
    let stores: Vec<_> = STORES.iter().map(store_row).collect();
    let head = |first: &str, second: &str| {
        format!(
            "| {first} | {second} | content | written by | read by |\n\
             |---|---|---|---|---|\n"
        )
    };
    let (streams_head, stores_head) = (head("stream", "subjects"), head("store", "sort"));
    format!("{streams_head}{}\n{stores_head}{}", streams.concat(), stores.concat())
}

fn stream_row(stream: &Stream) -> String {
    let by = |by| match by {
        ReadBy::Consumer => "consumer",
        ReadBy::Order => "in order",
        ReadBy::Sequence => "by sequence",
    };
    let subjects: Vec<_> = stream.subjects.iter().map(|s| format!("`{s}`")).collect();
    let writers: Vec<_> = stream.writers.iter().map(|writer| writer.role.as_str()).collect();
    let readers: Vec<_> =
        stream.readers.iter().map(|r| format!("{} ({})", r.role, by(r.by))).collect();
    format!(
        "| `{}` | {} | {} | {} | {} |\n",
        stream.name,
        subjects.join("<br>"),
        stream.about,
        writers.join(", "),
        readers.join(", "),
    )
}

fn store_row(store: &Store) -> String {
    let names =
        |roles: &[Role]| roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ");
    let kind = match store.kind {
        StoreKind::KeyValue => "key-value bucket",
        StoreKind::Objects => "object store",
    };
    let (writers, readers) = (names(store.writers), names(store.readers));
    format!("| `{}` | {kind} | {} | {writers} | {readers} |\n", store.name, store.about)
}
