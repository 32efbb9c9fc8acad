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

use serde_json::Value;

use catalogue::{CATALOGUE, Entry};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
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
