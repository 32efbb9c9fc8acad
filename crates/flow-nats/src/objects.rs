//! Stores of objects, as every NATS client reads them: the pieces of an object on one subject, and a message that
//! describes them on another.
//!
//! Comes in: the bytes of an object under a name. Goes out: the same bytes, or nothing. It never shows an object that was not
//! finished, because the description is written last.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_nats::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use wirefold_flow::{
    Answer, BusError, ObjectReader, ObjectWriter, Objects, OrderedReader as _, check_name,
};

use crate::Shared;
use crate::reader::NatsReader;

/// Bytes in one message: well below what servers take, and what other clients use.
const PIECE: usize = 1 << 17;
/// How many descriptions are read at once.
const AT_ONCE: usize = 1000;

/// The stream behind a store.
pub(crate) fn stream_of(store: &str) -> String {
    format!("OBJ_{store}")
}

/// What we decide about the stream of a store.
pub(crate) fn settings_of(store: &str) -> Value {
    let subjects = [format!("$O.{store}.C.>"), format!("$O.{store}.M.>")];
    json!({ "subjects": subjects, "max_age": 0 })
}

/// What is said of an object.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Described {
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
    fn pieces_of(&self, nuid: &str) -> String {
        format!("$O.{}.C.{nuid}", self.store)
    }

    fn description_of(&self, name: &str) -> String {
        format!("$O.{}.M.{}", self.store, URL_SAFE.encode(name))
    }

    /// What stands under a name, a deletion too.
    async fn described(&self, name: &str) -> Result<Option<Described>, BusError> {
        let stream = stream_of(&self.store);
        match self.shared.link.last(&stream, &self.description_of(name)).await {
            Ok(Some(stored)) => parse_description(&stream, &stored.body).map(Some),
            Ok(None) | Err(BusError::NoStream(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Publishes a piece, or a description, which takes the place of the one before.
    async fn send(&self, subject: &str, body: Bytes, is_last: bool) -> Result<(), BusError> {
        let mut headers = HeaderMap::new();
        if is_last {
            headers.insert("Nats-Rollup", "sub");
        }
        let stream = stream_of(&self.store);
        let into = (stream.as_str(), settings_of(&self.store));
        self.shared.send_into(into, subject, headers, body).await.map(|_| ())
    }

    async fn describe(&self, described: &Described) -> Result<(), BusError> {
        let body = serde_json::to_vec(described)
            .map_err(|error| BusError::Unavailable(format!("{}: {error}", described.name)))?;
        self.send(&self.description_of(&described.name), body.into(), true).await
    }

    /// Drops the pieces of an object that nobody describes any more.
    async fn drop_pieces(&self, nuid: &str) -> Result<(), BusError> {
        let stream = stream_of(&self.store);
        let body = json!({ "filter": self.pieces_of(nuid) });
        self.shared.link.purge(&stream, &body).await
    }

    /// Drops pieces that no object has: those of writers that ended before they were done, and of
    /// one that is at it now: a store has one writer, and what another writes then is broken. The
    /// subjects of all pieces are asked for, not the pieces.
    async fn drop_strays(&self) -> Result<(), BusError> {
        let stream = stream_of(&self.store);
        let (_, used) = self.names_and_nuids().await?;
        let ask = json!({ "subjects_filter": self.pieces_of("*") });
        let what = format!("STREAM.INFO.{stream}");
        let subjects: Subjects = self.shared.link.api(&what, &ask).await?.done(&stream)?;
        let nuids = subjects.state.subjects.unwrap_or_default();
        let nuids = nuids.keys().filter_map(|subject| subject.rsplit('.').next());
        for stray in nuids.filter(|nuid| !used.contains(*nuid)) {
            self.drop_pieces(stray).await?;
        }
        Ok(())
    }

    /// The names of all objects, and what their pieces are called.
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
                let Described { name, nuid, deleted, .. } =
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

fn parse_description(stream: &str, body: &[u8]) -> Result<Described, BusError> {
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
                described: Described {
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
            let described = self.described(name).await?.filter(|described| !described.deleted);
            Ok(described.map(|described| {
                let (objects, hash) = (self.clone(), Sha256::new());
                Box::new(ObjectDownload { objects, described, hash, next: 1, read: 0 }) as Box<_>
            }))
        })
    }

    fn names(&self) -> Answer<'_, Vec<String>> {
        Box::pin(async move { Ok(self.names_and_nuids().await?.0.into_iter().collect()) })
    }

    fn delete<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        Box::pin(async move {
            check_name("object", name)?;
            let Some(stands) = self.described(name).await?.filter(|stands| !stands.deleted) else {
                return Ok(());
            };
            let nuid = stands.nuid.clone();
            let gone =
                Described { deleted: true, size: 0, chunks: 0, digest: String::new(), ..stands };
            self.describe(&gone).await?;
            self.drop_pieces(&nuid).await
        })
    }
}

struct ObjectUpload {
    objects: NatsObjects,
    described: Described,
    hash: Sha256,
    /// Bytes that make no whole piece yet.
    waiting: BytesMut,
}

impl ObjectUpload {
    async fn send(&mut self, piece: Bytes) -> Result<(), BusError> {
        self.hash.update(&piece);
        self.described.size += piece.len() as u64;
        self.described.chunks += 1;
        let subject = self.objects.pieces_of(&self.described.nuid);
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
            let Self { objects, mut described, hash, .. } = *self;
            described.digest = digest_of(hash);
            objects.describe(&described).await?;
            // What stood before, and whatever was never finished.
            objects.drop_strays().await
        })
    }
}

struct ObjectDownload {
    objects: NatsObjects,
    described: Described,
    hash: Sha256,
    /// The first sequence at which the next piece may stand.
    next: u64,
    /// Pieces read.
    read: u64,
}

impl ObjectReader for ObjectDownload {
    fn next(&mut self) -> Answer<'_, Option<Bytes>> {
        Box::pin(async move {
            let Described { name, nuid, chunks, digest, .. } = &self.described;
            let stream = stream_of(&self.objects.store);
            let broken = || BusError::Damaged(format!("{stream}: {name} is not as it was written"));
            if self.read == *chunks {
                let is_whole = digest_of(self.hash.clone()) == *digest;
                return if is_whole { Ok(None) } else { Err(broken()) };
            }
            let subject = self.objects.pieces_of(nuid);
            let piece = self.objects.shared.link.next_on(&stream, self.next, &subject).await?;
            let piece = piece.ok_or_else(broken)?;
            self.hash.update(&piece.body);
            (self.next, self.read) = (piece.sequence + 1, self.read + 1);
            Ok(Some(piece.body))
        })
    }
}
