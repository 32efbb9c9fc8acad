//! The contract's files agree with its types: schemas, samples, `asyncapi.yaml` and the README.
//!
//! `WIREFOLD_BLESS=1 cargo test -p wirefold-proto` rewrites the generated ones.

mod asyncapi;
mod catalogue;
mod documents;
mod findings;
mod samples;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::Value;
use wirefold_proto::SchemaName;
use wirefold_proto::streams::STREAMS;
use wirefold_proto::subjects::covers;

use catalogue::{CATALOGUE, Entry};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The stem of the file names of a schema, such as `wirefold.article.fetched.1`.
fn file_stem(schema: &SchemaName) -> String {
    schema.to_string().replace('/', ".")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|error| panic!("a sample is no JSON: {error}"))
}

fn file_names(of: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(folder(of)).expect("the folder is part of the crate");
    entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// Compares a generated file with the stored one, or rewrites it.
#[expect(clippy::disallowed_methods, reason = "a developer's switch, read by tests only")]
fn check_generated(path: &Path, generated: &str) {
    if std::env::var_os("WIREFOLD_BLESS").is_some() {
        fs::write(path, generated).expect("the source tree can be written");
        return;
    }
    let file = read(path);
    assert!(file == generated, "{} is out of date: run with WIREFOLD_BLESS=1", path.display());
}

/// A sample of a message.
struct Sample {
    entry: Entry,
    name: &'static str,
    body: Vec<u8>,
}

/// The samples of all messages.
fn samples() -> impl Iterator<Item = Sample> {
    CATALOGUE.into_iter().flat_map(|entry| {
        entry.samples.iter().map(move |&name| {
            let body = read(&folder("samples").join(name)).into();
            Sample { entry, name, body }
        })
    })
}

/// The values of the field that tells the variants of an enum in a message apart, in the order of the variants.
fn words_of_tag(message: &str, tag: &str) -> Vec<&'static str> {
    fn collect(schema: &Value, tag: &str, words: &mut Vec<&'static str>) {
        if let Some(word) = schema["properties"][tag]["const"].as_str() {
            words.push(word.to_owned().leak());
        }
        let inner = schema.as_object().into_iter().flat_map(|fields| fields.values());
        let inner = inner.chain(schema.as_array().into_iter().flatten());
        inner.for_each(|inner| collect(inner, tag, words));
    }
    let mut entries = CATALOGUE.iter().filter(|entry| (entry.schema)().name == message);
    let mut words = Vec::new();
    collect(&(entries.next().expect("a message").json_schema)(), tag, &mut words);
    assert!(!words.is_empty(), "{message} has no variants by {tag:?}");
    words
}

/// Whether some subject is one of both patterns.
fn overlap(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.split('.'), other.split('.'));
    loop {
        match (one.next(), other.next()) {
            (None, None) => return true,
            (Some(">"), Some(_)) | (Some(_), Some(">")) => return true,
            (Some("*"), Some(_)) | (Some(_), Some("*")) => (),
            (Some(left), Some(right)) if left == right => (),
            _ => return false,
        }
    }
}

#[test]
fn no_two_subjects_overlap() {
    let all: Vec<_> = STREAMS
        .iter()
        .flat_map(|stream| stream.subjects.iter().map(|s| (stream.name, s)))
        .collect();
    for (place, (stream, subject)) in all.iter().enumerate() {
        for (other_stream, other) in &all[..place] {
            assert!(!overlap(subject, other), "{stream} {subject} and {other_stream} {other}");
        }
    }
}

proptest! {
    #[test]
    fn overlap_means_a_common_subject(
        one in "[ab*](\\.[ab*]){0,2}(\\.>)?",
        other in "[ab*](\\.[ab*]){0,2}(\\.>)?",
    ) {
        // Every subject of at most five tokens over an alphabet with one letter more.
        let mut subjects = vec![String::new()];
        let mut common = false;
        for _ in 0..5 {
            subjects = subjects
                .iter()
                .flat_map(|head| ["a", "b", "c"].map(|tail| match head.is_empty() {
                    true => tail.to_owned(),
                    false => format!("{head}.{tail}"),
                }))
                .collect();
            common |= subjects.iter().any(|s| covers(&one, s) && covers(&other, s));
        }
        prop_assert_eq!(overlap(&one, &other), common);
    }
}
