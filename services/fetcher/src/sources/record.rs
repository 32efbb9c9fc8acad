//! The records of files that were read.

use std::hash::Hasher as _;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use siphasher::sip128::{Hasher128 as _, SipHasher24};
use wirefold_flow::{BusError, KeyValue, StageContext};
use wirefold_proto::streams::FEEDS;
use wirefold_proto::{ArticleId, token};

use super::file::FileStamp;
use crate::publish::retry_bus;

/// The record of a file that was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    /// Its size and time.
    #[serde(rename = "look")]
    pub(super) stamp: FileStamp,
    /// A hash of its content, in hexadecimal digits.
    pub(super) content: String,
    /// Its article, if the file is one article.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) article: Option<ArticleId>,
}

/// The records of all files.
pub(super) struct Records {
    context: StageContext,
    keys: Arc<dyn KeyValue>,
}

impl Records {
    pub(super) fn open(context: &StageContext) -> Result<Self, BusError> {
        let keys = context.bus.key_value(FEEDS.name)?;
        Ok(Self { context: context.clone(), keys })
    }

    /// The record of a file; `None` also if it is unreadable.
    pub(super) async fn get(&self, path: &Path) -> Result<Option<Record>, BusError> {
        let key = key(path);
        let entry = retry_bus(&self.context, || self.keys.get(&key)).await?;
        let value = entry.and_then(|entry| entry.value);
        Ok(value.and_then(|value| serde_json::from_slice(&value).ok()))
    }

    pub(super) async fn put(&self, path: &Path, record: &Record) -> Result<(), BusError> {
        let key = key(path);
        let json = serde_json::to_vec(record).expect("texts and whole numbers always encode");
        let value = bytes::Bytes::from(json);
        retry_bus(&self.context, || self.keys.put(&key, value.clone())).await?;
        Ok(())
    }
}

fn key(path: &Path) -> String {
    format!("source.{}", token::escape(&path.to_string_lossy()))
}

/// Hashes the content of a file in parts.
#[derive(Default)]
pub(super) struct ContentHasher(SipHasher24);

impl ContentHasher {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    pub(super) fn finish(&self) -> String {
        format!("{:032x}", self.0.finish128().as_u128())
    }
}
