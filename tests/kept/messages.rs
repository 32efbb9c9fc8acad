//! Reads every stored message and table entry with the current contract.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use wirefold_flow::{Headers, Outgoing};
use wirefold_proto::token;

use super::Version;
use super::catalogue::{CATALOGUE, Entry};

/// The header of the message id on NATS.
const ID: &str = "nats-msg-id";
/// The prefixes of headers that belong to the bus, which sets them again.
const OF_THE_BUS: [&str; 2] = ["nats-", "wf-order"];
/// The prefix of the subjects of table entries.
const TABLES: &str = "$KV.";

/// A message as it was on a server.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Message {
    pub(super) stream: String,
    pub(super) sequence: u64,
    pub(super) subject: String,
    headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Message {
    fn position(&self) -> String {
        format!("{}/{}", self.stream, self.sequence)
    }

    /// The message as it is published again.
    pub(super) fn outgoing(&self) -> Outgoing {
        let is_own = |name: &str| !OF_THE_BUS.iter().any(|it| name.to_lowercase().starts_with(it));
        let own = self.headers.iter().filter(|(name, _)| is_own(name));
        let headers: Headers = own.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let id = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(ID));
        let id = id.unwrap_or_else(|| panic!("{} has an id", self.position()));
        Outgoing {
            headers,
            ..Outgoing::new(self.subject.as_str(), id.1.as_str(), self.body.clone())
        }
    }

    /// The table and the key, if it is an entry of a table.
    pub(super) fn key(&self) -> Option<(&str, String)> {
        let (table, key) = self.subject.strip_prefix(TABLES)?.split_once('.')?;
        // The bus escapes each part of a key on the server.
        let parts: Result<Vec<String>, _> = key.split('.').map(token::unescape).collect();
        Some((table, parts.ok()?.join(".")))
    }
}

/// The messages of a file, in their order.
#[track_caller]
pub(super) fn read(version: &Version, file: &str) -> Vec<Message> {
    let text = version.text(&format!("nats/{file}.jsonl.zst"));
    let read =
        |line: &str| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {line}"));
    text.lines().map(read).collect()
}

/// The reader of a body, by the schema in it. `None` if it has no schema.
#[track_caller]
fn reader(message: &Message) -> Option<&'static Entry> {
    let body: Value = serde_json::from_str(&message.body).ok()?;
    let schema = body["schema"].as_str()?.to_owned();
    let name = schema.rsplit_once('/').map_or(schema.as_str(), |(name, _)| name);
    let reader = CATALOGUE.iter().find(|entry| (entry.schema)().name == name);
    Some(reader.unwrap_or_else(|| panic!("{}: {schema} is read by nobody", message.position())))
}

#[test]
fn every_kept_message_is_read() {
    for version in Version::all() {
        let (mut read_so, mut dead) = (BTreeMap::<&str, u32>::new(), 0);
        let messages = read(&version, "messages");
        for message in &messages {
            let entry = reader(message);
            let entry = entry.unwrap_or_else(|| panic!("{}: no schema", message.position()));
            match (entry.reread)(message.body.as_bytes()) {
                Ok(_) => {
                    let address = entry.address.expect("it came over the bus");
                    let subject = (address.subject)(message.body.as_bytes());
                    let subject = subject.expect("it was read a moment ago").to_string();
                    assert_eq!(address.stream, message.stream, "{}", message.position());
                    assert_eq!(subject, message.subject, "{}", message.position());
                    *read_so.entry(&message.stream).or_default() += 1;
                }
                // The message that is broken on purpose.
                Err(_) if message.subject.ends_with(".kept") => dead += 1,
                Err(error) => panic!("{}: {error}", message.position()),
            }
        }
        let name = version.name();
        assert_eq!(dead, version.expected("nats").dead, "{name}: what was broken");
        assert_eq!(read_so.len(), 6, "{name}: a stream is empty: {read_so:?}");
    }
}

#[test]
fn every_kept_table_entry_with_a_schema_is_read() {
    for version in Version::all() {
        let mut read_so = BTreeMap::<String, u32>::new();
        for entry in read(&version, "tables") {
            let Some(reader) = reader(&entry) else { continue };
            if let Err(error) = (reader.reread)(entry.body.as_bytes()) {
                panic!("{} of {:?}: {error}", entry.position(), entry.key());
            }
            let schema = (reader.schema)().name;
            *read_so.entry(schema).or_default() += 1;
        }
        for schema in ["feed", "list", "backfill", "subscription", "story"] {
            let schema = format!("wirefold.{schema}");
            assert!(read_so.contains_key(&schema), "{}: {read_so:?}", version.name());
        }
    }
}
