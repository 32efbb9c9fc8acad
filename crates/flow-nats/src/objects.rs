//! Object stores in the format of NATS clients: the pieces of an object on one subject, and its
//! description on another. The description is written last, so an object that was not finished is never
//! visible.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_nats::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use wirefold_flow::{
    Answer, BusError, ObjectReader, ObjectWriter, Objects, OrderedReader as _, UnixMillis,
    check_name,
};

use crate::Shared;
use crate::reader::NatsReader;

/// The bytes of one piece: the size that other clients use, well below the limit of servers.
const PIECE: usize = 1 << 17;
/// The age of pieces whose writer has not finished and will not.
const UNFINISHED_AGE: Duration = Duration::from_hours(1);
/// How many descriptions are read at once.
const AT_ONCE: usize = 1000;

/// The stream of a store.
pub(crate) fn stream_of(store: &str) -> String {
    format!("OBJ_{store}")
}

/// Our settings for the stream of a store.
pub(crate) fn settings_of(store: &str) -> Value {
    let subjects = [format!("$O.{store}.C.>"), format!("$O.{store}.M.>")];
    json!({ "subjects": subjects, "max_age": 0 })
}

/// The description of an object.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Description {
    name: String,
    bucket: String,
    nuid: String,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    chunks: u64,
    #[serde(default)]
    digest: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    deleted: bool,
}

fn digest_of(hash: Sha256) -> String {
    format!("SHA-256={}", URL_SAFE.encode(hash.finalize()))
}

/// One store.
#[derive(Clone)]
pub(crate) struct NatsObjects {
    pub(crate) shared: Arc<Shared>,
    pub(crate) store: String,
}

impl NatsObjects {
    fn pieces_subject(&self, nuid: &str) -> String {
        format!("$O.{}.C.{nuid}", self.store)
    }

    fn description_subject(&self, name: &str) -> String {
        format!("$O.{}.M.{}", self.store, URL_SAFE.encode(name))
    }

    /// The stored description of a name, also of a deleted object.
    async fn stored_description(&self, name: &str) -> Result<Option<Description>, BusError> {
        let stream = stream_of(&self.store);
        match self.shared.link.last(&stream, &self.description_subject(name)).await {
            Ok(Some(stored)) => parse_description(&stream, &stored.body).map(Some),
            Ok(None) | Err(BusError::NoStream(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Publishes a piece or a description. With `replaces` it replaces earlier messages of its subject.
    async fn send(&self, subject: &str, body: Bytes, replaces: bool) -> Result<(), BusError> {
        let mut headers = HeaderMap::new();
        if replaces {
            headers.insert("Nats-Rollup", "sub");
        }
        self.shared.publish_as(subject, headers, body).await.map(drop)
    }

    async fn put_description(&self, description: &Description) -> Result<(), BusError> {
        let body = serde_json::to_vec(description)
            .map_err(|error| BusError::Unavailable(format!("{}: {error}", description.name)))?;
        self.send(&self.description_subject(&description.name), body.into(), true).await
    }

    /// Drops the pieces of an object.
    async fn drop_pieces(&self, nuid: &str) -> Result<(), BusError> {
        let stream = stream_of(&self.store);
        let body = json!({ "filter": self.pieces_subject(nuid) });
        self.shared.link.purge(&stream, &body).await
    }

    /// Drops pieces without a description: those of writers that did not finish. Recent pieces may be of an object that
    /// another process is writing now, so they stay until a later call.
    async fn drop_strays(&self, name: &str) -> Result<(), BusError> {
        let stream = stream_of(&self.store);
        let link = &self.shared.link;
        // The server's clock gave both times.
        let written = link.last(&stream, &self.description_subject(name)).await?;
        let recent = written.map_or(UnixMillis(0), |written| written.at.minus(UNFINISHED_AGE));
        let (_, used) = self.names_and_nuids().await?;
        let request = json!({ "subjects_filter": self.pieces_subject("*") });
        let what = format!("STREAM.INFO.{stream}");
        let subjects: Subjects = self.shared.link.api(&what, &request).await?.done(&stream)?;
        let nuids = subjects.state.subjects.unwrap_or_default();
        let nuids = nuids.keys().filter_map(|subject| subject.rsplit('.').next());
        for stray in nuids.filter(|nuid| !used.contains(*nuid)) {
            let last = link.last(&stream, &self.pieces_subject(stray)).await?;
            if last.is_some_and(|last| last.at < recent) {
                self.drop_pieces(stray).await?;
            }
        }
        Ok(())
    }

    /// The names of all objects, and the unique ids of their pieces.
    async fn names_and_nuids(&self) -> Result<(BTreeSet<String>, BTreeSet<String>), BusError> {
        let stream = stream_of(&self.store);
        let filter = format!("$O.{}.M.>", self.store);
        let mut reader = NatsReader::new(self.shared.clone(), stream.clone(), filter, 1);
        let (mut names, mut nuids) = (BTreeSet::new(), BTreeSet::new());
        loop {
            let stored = match reader.ready(AT_ONCE).await {
                Err(BusError::NoStream(_)) => return Ok((names, nuids)),
                stored => stored?,
            };
            if stored.is_empty() {
                return Ok((names, nuids));
            }
            for description in stored {
                let Description { name, nuid, deleted, .. } =
                    parse_description(&stream, &description.body)?;
                if !deleted {
                    names.insert(name);
                    nuids.insert(nuid);
                }
            }
        }
    }
}

#[derive(Deserialize)]
struct Subjects {
    state: SubjectState,
}

#[derive(Deserialize)]
struct SubjectState {
    subjects: Option<std::collections::BTreeMap<String, u64>>,
}

fn parse_description(stream: &str, body: &[u8]) -> Result<Description, BusError> {
    serde_json::from_slice(body)
        .map_err(|error| BusError::Damaged(format!("{stream}: a description: {error}")))
}

impl Objects for NatsObjects {
    fn write<'a>(&'a self, name: &'a str) -> Answer<'a, Box<dyn ObjectWriter>> {
        Box::pin(async move {
            check_name("object", name)?;
            let nuid = self.shared.link.unique_token();
            let upload = ObjectUpload {
                objects: self.clone(),
                description: Description {
                    name: name.to_owned(),
                    bucket: self.store.clone(),
                    nuid,
                    size: 0,
                    chunks: 0,
                    digest: String::new(),
                    deleted: false,
                },
                hash: Sha256::new(),
                waiting: BytesMut::new(),
            };
            Ok(Box::new(upload) as Box<dyn ObjectWriter>)
        })
    }

    fn read<'a>(&'a self, name: &'a str) -> Answer<'a, Option<Box<dyn ObjectReader>>> {
        Box::pin(async move {
            check_name("object", name)?;
            let description =
                self.stored_description(name).await?.filter(|description| !description.deleted);
            Ok(description.map(|description| {
                let (stream, pieces) =
                    (stream_of(&self.store), self.pieces_subject(&description.nuid));
                let pieces = NatsReader::new(self.shared.clone(), stream, pieces, 1);
                Box::new(ObjectDownload { pieces, description, hash: Sha256::new(), read: 0 })
                    as Box<_>
            }))
        })
    }

    fn names(&self) -> Answer<'_, Vec<String>> {
        Box::pin(async move { Ok(self.names_and_nuids().await?.0.into_iter().collect()) })
    }

    fn delete<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        Box::pin(async move {
            check_name("object", name)?;
            let Some(current) =
                self.stored_description(name).await?.filter(|current| !current.deleted)
            else {
                return Ok(());
            };
            let nuid = current.nuid.clone();
            let gone =
                Description { deleted: true, size: 0, chunks: 0, digest: String::new(), ..current };
            self.put_description(&gone).await?;
            self.drop_pieces(&nuid).await
        })
    }
}

struct ObjectUpload {
    objects: NatsObjects,
    description: Description,
    hash: Sha256,
    /// Bytes of the next piece, which is not complete yet.
    waiting: BytesMut,
}

impl ObjectUpload {
    async fn send(&mut self, piece: Bytes) -> Result<(), BusError> {
        self.hash.update(&piece);
        self.description.size += piece.len() as u64;
        self.description.chunks += 1;
        let subject = self.objects.pieces_subject(&self.description.nuid);
        self.objects.send(&subject, piece, false).await
    }
}

impl ObjectWriter for ObjectUpload {
    fn append(&mut self, bytes: Bytes) -> Answer<'_, ()> {
        Box::pin(async move {
            self.waiting.extend_from_slice(&bytes);
            while self.waiting.len() >= PIECE {
                let piece = self.waiting.split_to(PIECE).freeze();
                self.send(piece).await?;
            }
            Ok(())
        })
    }

    fn finish(mut self: Box<Self>) -> Answer<'static, ()> {
        Box::pin(async move {
            let rest = self.waiting.split().freeze();
            if !rest.is_empty() {
                self.send(rest).await?;
            }
            let Self { objects, mut description, hash, .. } = *self;
            description.digest = digest_of(hash);
            let replaced = objects.stored_description(&description.name).await?;
            objects.put_description(&description).await?;
            if let Some(replaced) = replaced.filter(|it| !it.deleted) {
                objects.drop_pieces(&replaced.nuid).await?;
            }
            objects.drop_strays(&description.name).await
        })
    }
}

struct ObjectDownload {
    pieces: NatsReader,
    description: Description,
    hash: Sha256,
    /// The number of pieces read.
    read: u64,
}

impl ObjectReader for ObjectDownload {
    fn next(&mut self) -> Answer<'_, Option<Bytes>> {
        Box::pin(async move {
            let Description { name, bucket, chunks, digest, .. } = &self.description;
            let broken =
                || BusError::Damaged(format!("OBJ_{bucket}: {name} differs from what was written"));
            if self.read == *chunks {
                let is_whole = digest_of(self.hash.clone()) == *digest;
                return if is_whole { Ok(None) } else { Err(broken()) };
            }
            let piece = self.pieces.ready(1).await?.pop().ok_or_else(broken)?;
            self.hash.update(&piece.body);
            self.read += 1;
            Ok(Some(piece.body))
        })
    }
}
