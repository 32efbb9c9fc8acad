//! Buckets in the format of NATS clients: a stream for each bucket, and one subject for each key.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_nats::HeaderMap;
use bytes::Bytes;
use serde_json::{Value, json};
use wirefold_flow::store::Expect;
use wirefold_flow::{Answer, BusError, Entry, KeyValue, OrderedReader as _, Stored};

use crate::Shared;
use crate::publish::expecting;
use crate::reader::NatsReader;
use crate::streams::{Info, REPLICAS, first_settings, into_map};

/// Marks a message as the deletion of its key; another value, `PURGE`, means the same to us.
const OPERATION: &str = "KV-Operation";
/// How many changes one read returns.
const AT_ONCE: usize = 1000;

/// The stream of a bucket.
pub(crate) fn stream_of(bucket: &str) -> String {
    format!("KV_{bucket}")
}

/// A key as tokens of a subject. Bytes that a token cannot have become `=` and two hexadecimal digits.
fn escape(key: &str) -> Result<String, BusError> {
    let mut escaped = String::new();
    for (index, byte) in key.bytes().enumerate() {
        let follows_dot = escaped.is_empty() || escaped.ends_with('.');
        let is_last = index + 1 == key.len();
        match byte {
            b'.' if !follows_dot && !is_last => escaped.push('.'),
            b'-' | b'_' | b'/' => escaped.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("={byte:02X}")),
        }
    }
    let bad = || BusError::BadName { what: "key", name: String::new() };
    if escaped.is_empty() { Err(bad()) } else { Ok(escaped) }
}

fn unescape(escaped: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = escaped.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if *first == b'=' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

pub(crate) fn entry(bucket: &str, stored: Stored) -> Entry {
    let prefix = format!("$KV.{bucket}.");
    let key = unescape(stored.subject.strip_prefix(&prefix).unwrap_or(&stored.subject));
    let is_deleted = stored.headers.get(OPERATION).is_some();
    let value = (!is_deleted).then_some(stored.body);
    Entry { key, revision: stored.sequence, value }
}

/// The subject of a key.
fn subject_of(bucket: &str, key: &str) -> Result<String, BusError> {
    Ok(format!("$KV.{bucket}.{}", escape(key)?))
}

/// Our settings for the stream of a bucket. Keys expire after `age`, if it is given.
pub(crate) fn settings_of(bucket: &str, age: Option<Duration>) -> Value {
    // In nanoseconds; 0 means for ever.
    let max_age = age.map_or(0, |age| u64::try_from(age.as_nanos()).unwrap_or(0));
    json!({
        "subjects": [format!("$KV.{bucket}.>")],
        "max_age": max_age,
        "max_msgs_per_subject": 1,
        "deny_delete": true,
    })
}

impl Shared {
    /// A key's last change, also a deletion.
    pub(crate) async fn entry(&self, bucket: &str, key: &str) -> Result<Option<Entry>, BusError> {
        let subject = subject_of(bucket, key)?;
        match self.link.last(&stream_of(bucket), &subject).await {
            Ok(stored) => Ok(stored.map(|stored| entry(bucket, stored))),
            Err(BusError::NoStream(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Changes a key if it has the expected revision.
    pub(crate) async fn put_entry(
        &self,
        bucket: &str,
        key: &str,
        value: Option<Bytes>,
        expected: Option<u64>,
    ) -> Result<u64, BusError> {
        let Some(expected) = expected else {
            return self.send_entry(bucket, key, value, None).await;
        };
        let put = self.send_entry(bucket, key, value.clone(), Some(expected)).await;
        let Err(BusError::Refused { .. }) = put else {
            return put;
        };
        // A deleted key counts as absent, but its deletion has a revision.
        let current = self.entry(bucket, key).await?;
        match current {
            Some(Entry { value: None, revision, .. }) if expected == 0 => {
                self.send_entry(bucket, key, value, Some(revision)).await
            }
            current => {
                let found = current.filter(|entry| entry.value.is_some());
                let found = found.map_or(0, |entry| entry.revision);
                Err(BusError::Refused { expected, found })
            }
        }
    }

    async fn send_entry(
        &self,
        bucket: &str,
        key: &str,
        value: Option<Bytes>,
        expected: Option<u64>,
    ) -> Result<u64, BusError> {
        let subject = subject_of(bucket, key)?;
        let mut headers = HeaderMap::new();
        if value.is_none() {
            headers.insert(OPERATION, "DEL");
        }
        if let Some(sequence) = expected {
            expecting(&mut headers, Expect::LastOnSubject(sequence));
        }
        let put = self.publish_as(&subject, headers, value.unwrap_or_default()).await?;
        Ok(put.sequence())
    }

    /// Creates the stream of a bucket or object store, without limits other than in these settings. If it exists, only
    /// sets its number of replicas if the options have one.
    pub(crate) async fn put_or_replicate(
        &self,
        stream: &str,
        settings: Value,
    ) -> Result<(), BusError> {
        match self.link.stream_info(stream).await {
            Ok(Info { mut config, .. }) => {
                let count = self.replicas.map(Value::from);
                if count.is_none() || config.get(REPLICAS) == count.as_ref() {
                    return Ok(());
                }
                config.extend(count.map(|count| (REPLICAS.to_owned(), count)));
                return self.link.put_stream("UPDATE", stream, config).await;
            }
            Err(BusError::NoStream(_)) => {}
            Err(error) => return Err(error),
        }
        let mut config = first_settings(self.replicas);
        config.extend(into_map(json!({
            "name": stream,
            "retention": "limits",
            "discard": "new",
            "max_bytes": -1,
            "allow_rollup_hdrs": true,
            "allow_direct": true,
        })));
        config.extend(into_map(settings));
        self.link.put_stream("CREATE", stream, config).await
    }
}

/// One bucket.
pub(crate) struct NatsKeys {
    pub(crate) shared: Arc<Shared>,
    pub(crate) bucket: String,
}

impl KeyValue for NatsKeys {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Entry>> {
        Box::pin(async move {
            let entry = self.shared.entry(&self.bucket, key).await?;
            Ok(entry.filter(|entry| entry.value.is_some()))
        })
    }

    fn put<'a>(&'a self, key: &'a str, value: Bytes) -> Answer<'a, u64> {
        Box::pin(self.shared.put_entry(&self.bucket, key, Some(value), None))
    }

    fn put_if<'a>(&'a self, key: &'a str, value: Bytes, expected: u64) -> Answer<'a, u64> {
        Box::pin(self.shared.put_entry(&self.bucket, key, Some(value), Some(expected)))
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, u64> {
        Box::pin(self.shared.put_entry(&self.bucket, key, None, None))
    }

    fn changes<'a>(&'a self, names: &'a [&'a str], after: u64) -> Answer<'a, Vec<Entry>> {
        Box::pin(async move {
            let mut entries = BTreeMap::new();
            if names.is_empty() {
                self.read_into(&mut entries, ">".into(), after).await?;
            }
            for name in names {
                let own = self.shared.entry(&self.bucket, name).await?;
                let own = own.filter(|entry| entry.revision > after);
                entries.extend(own.map(|entry| (entry.key.clone(), entry)));
                let filter = format!("{}.>", subject_of(&self.bucket, name)?);
                self.read_into(&mut entries, filter, after).await?;
            }
            let mut changes: Vec<Entry> = entries.into_values().collect();
            changes.sort_by_key(|entry| entry.revision);
            Ok(changes)
        })
    }
}

impl NatsKeys {
    /// Reads the changes after a revision that match the filter. If a key changes meanwhile, only its last
    /// change counts.
    async fn read_into(
        &self,
        entries: &mut BTreeMap<String, Entry>,
        filter: String,
        after: u64,
    ) -> Result<(), BusError> {
        let stream = stream_of(&self.bucket);
        let after = match self.shared.link.stream_info(&stream).await {
            Ok(info) if info.state.last_seq > after => after,
            // The server lost the end of the table, or the table was created anew.
            Ok(info) if info.state.last_seq < after => 0,
            Ok(_) | Err(BusError::NoStream(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        let mut reader = NatsReader::new(self.shared.clone(), stream, filter, after + 1);
        loop {
            let stored = reader.ready(AT_ONCE).await?;
            if stored.is_empty() {
                return Ok(());
            }
            for change in stored.into_iter().map(|stored| entry(&self.bucket, stored)) {
                entries.insert(change.key.clone(), change);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_subjects_and_come_back() {
        for (key, escaped) in [
            ("plain-key_1", "plain-key_1"),
            ("stream.reader", "stream.reader"),
            ("https://a.example/?q=1", "https=3A//a.example/=3Fq=3D1"),
            ("ä *>", "=C3=A4=20=2A=3E"),
            (".a..b.", "=2Ea.=2Eb=2E"),
        ] {
            assert_eq!(escape(key).unwrap(), escaped);
            assert_eq!(unescape(escaped), key);
        }
        assert!(escape("").is_err());
        assert_eq!(unescape("a=zz="), "a=zz=");
    }
}
