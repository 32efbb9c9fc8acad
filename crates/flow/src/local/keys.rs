//! A bucket of keys on a bus inside one process.

use bytes::Bytes;

use super::LocalBus;
use crate::bus::{Entry, KeyValue};
use crate::error::Answer;

pub(super) struct LocalKeys {
    bus: LocalBus,
    bucket: String,
}

impl LocalKeys {
    pub(super) fn new(bus: LocalBus, bucket: String) -> Self {
        Self { bus, bucket }
    }

    fn change(&self, key: &str, value: Option<Bytes>, expected: Option<u64>) -> Answer<'_, u64> {
        let (bucket, key) = (self.bucket.clone(), key.to_owned());
        Box::pin(
            self.bus
                .call(move |engine, _| engine.put_entry(&bucket, &key, value.as_ref(), expected)),
        )
    }
}

impl KeyValue for LocalKeys {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Entry>> {
        let (bucket, key) = (self.bucket.clone(), key.to_owned());
        Box::pin(self.bus.query(move |engine, _| {
            Ok(engine.entry(&bucket, &key)?.filter(|entry| entry.value.is_some()))
        }))
    }

    fn put<'a>(&'a self, key: &'a str, value: Bytes) -> Answer<'a, u64> {
        self.change(key, Some(value), None)
    }

    fn put_if<'a>(&'a self, key: &'a str, value: Bytes, expected: u64) -> Answer<'a, u64> {
        self.change(key, Some(value), Some(expected))
    }

    fn delete<'a>(&'a self, key: &'a str) -> Answer<'a, u64> {
        self.change(key, None, None)
    }

    fn changes(&self, after: u64) -> Answer<'_, Vec<Entry>> {
        let bucket = self.bucket.clone();
        Box::pin(self.bus.query(move |engine, _| engine.entries(&bucket, after)))
    }

    fn changes_under<'a>(&'a self, names: &'a [&'a str]) -> Answer<'a, Vec<Entry>> {
        let bucket = self.bucket.clone();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Box::pin(self.bus.query(move |engine, _| engine.entries_under(&bucket, &names)))
    }
}
