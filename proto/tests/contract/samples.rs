//! Samples: each is read, written back, valid, and lies where its message belongs.

use std::collections::BTreeSet;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;
use wirefold_proto::Class;
use wirefold_proto::streams::{STREAMS, Stage};
use wirefold_proto::subjects::covers;

use crate::asyncapi::CHANNELS;
use crate::{Sample, file_names, file_stem, json, samples, words_of_tag};

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

fn compiled(schema: Value) -> (Schemas, SchemaIndex) {
    let place = "message.json";
    let mut schemas = Schemas::new();
    let mut compiler = Compiler::new();
    compiler.add_resource(place, schema).expect("its name is an address");
    let index = compiler.compile(place, &mut schemas).expect("our own schemas are valid");
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
            assert_eq!(
                schemas.validate(&less, schema).is_ok(),
                read.is_ok(),
                "{name} without `{field}`"
            );
        }
    }
}

#[test]
fn every_sample_belongs_to_a_message() {
    let named: BTreeSet<_> = samples().map(|sample| sample.name.to_owned()).collect();
    assert_eq!(file_names("samples"), named);
    for sample in samples() {
        let stem = file_stem(&(sample.entry.schema)());
        assert!(sample.name.starts_with(&(stem + ".")), "{}", sample.name);
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
    for verb in words_of_tag("wirefold.control", "do") {
        check_word("wirefold.control", "do", verb);
    }
    for change in words_of_tag("wirefold.output.forgotten", "change") {
        check_word("wirefold.output.forgotten", "change", change);
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
