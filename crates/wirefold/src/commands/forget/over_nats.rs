//! Forgets articles on a NATS server. The order makes sure that a kill loses nothing and a second run
//! finishes the work.
//!
//! 1. The keys go on the list, with a note that the work has begun. From now on the articles cannot come in again.
//! 2. The kept events and the tables are rewritten, then the streams. The articles themselves go last, because a second run finds everything else by them.
//! 3. The store of kept events is copied, so that no byte stays; the other object stores are emptied, the files of this machine are removed, and then the note.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::{Builder, Runtime};
use wirefold_flow::{Bus as _, BusError, Entry, KeyValue, Stored};
use wirefold_flow_nats::{NatsBus, Rewrite, SigningKey, is_signed};
use wirefold_proto::FORGETTING;
use wirefold_proto::rights::stream_of;
use wirefold_proto::streams::{
    ALERTS, DEAD, ENRICHED, FETCHED, FORGOTTEN, KEPT, OUTPUT, STORES, StoreKind,
};

use super::Store;
use super::embedded::drop_files;
use super::kept;
use super::plan::{Plan, TABLES};
use crate::config::{Instance, Overrides};
use crate::exit::{Exit, Stop, stop};
use crate::up::nats::{connect_within, name_default_server, signing_key};

/// How long the server may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long running services may take to answer.
const PRESENCE_TIMEOUT: Duration = Duration::from_secs(1);
/// The streams that may contain words of an article, in the order in which they are rewritten.
const STREAMS: [&str; 5] = [DEAD.name, ALERTS.name, OUTPUT.name, ENRICHED.name, FETCHED.name];
/// The number of messages in one request.
const BATCH: usize = 256;

/// A server on which no stage runs.
pub(super) struct OverNats {
    runtime: Runtime,
    bus: NatsBus,
    key: Option<SigningKey>,
}

impl OverNats {
    /// Connects to the server of this instance. If `changes` is set, no stage may run, and the work of an interrupted run is finished first.
    ///
    /// # Errors
    /// Exit code 4 if the server cannot be reached, 1 if `changes` is set and a stage runs.
    pub(super) fn open(instance: &Instance, changes: bool) -> anyhow::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let mut bus = crate::config::load_here(instance, Overrides::default())?.config.bus;
        name_default_server(&mut bus);
        let key = signing_key(&bus)?;
        let connected = runtime.block_on(connect_within(ANSWER_TIMEOUT, &bus, "forget"))?;
        let store = Self { runtime, bus: connected, key };
        if changes {
            store.must_be_alone()?;
            store.runtime.block_on(store.bus.finish_rewrites()).map_err(|error| refused(&error))?;
        }
        Ok(store)
    }

    /// Fails if a stage runs, because it would lose its messages.
    fn must_be_alone(&self) -> anyhow::Result<()> {
        let services = self
            .runtime
            .block_on(self.bus.services(PRESENCE_TIMEOUT))
            .map_err(|error| refused(&error))?;
        let ours = services.iter().filter_map(|name| name.strip_prefix("wirefold-"));
        let running: Vec<&str> = ours.collect();
        if running.is_empty() {
            return Ok(());
        }
        stop!(
            Failure,
            "these run on the server: {}. Stop all stages first: `forget` needs the streams for itself",
            running.join(", ")
        )
    }

    fn list(&self) -> Result<Arc<dyn KeyValue>, BusError> {
        self.bus.key_value(FORGOTTEN.name)
    }

    /// Puts the keys on the list and notes that the work has begun.
    fn begin(&self, keys: &BTreeSet<String>, record: &[u8]) -> Result<(), BusError> {
        let list = self.list()?;
        self.runtime.block_on(async {
            for key in keys.iter().map(String::as_str).chain([FORGETTING]) {
                list.put(key, Bytes::copy_from_slice(record)).await?;
            }
            Ok(())
        })
    }

    fn rewrite_all(&self, plan: &Plan) -> Result<(), BusError> {
        self.runtime.block_on(kept::write(&*self.bus.objects(KEPT.name)?, &plan.kept))?;
        for table in TABLES {
            let mut edit = |entry: &Entry| plan.changes.get(&(table, entry.key.clone())).cloned();
            self.runtime.block_on(self.bus.rewrite_bucket(table, &mut edit))?;
        }
        for stream in STREAMS {
            let mut edit = |stored: &Stored| match plan.edits.get(&(stream, stored.sequence)) {
                None => Rewrite::Keep,
                Some(None) => Rewrite::Remove,
                Some(Some(body)) => Rewrite::Replace(Box::new(self.saying(stored, body.clone()))),
            };
            self.runtime.block_on(self.bus.rewrite_stream(stream, &mut edit))?;
        }
        for store in STORES.iter().filter(|store| store.kind == StoreKind::Objects) {
            self.runtime.block_on(async {
                if *store == KEPT {
                    let stream = stream_of(store.kind, store.name);
                    self.bus.rewrite_stream(&stream, &mut |_| Rewrite::Keep).await.map(drop)
                } else {
                    self.bus.empty_store(store.name).await.map(drop)
                }
            })?;
        }
        Ok(())
    }

    fn saying(&self, stored: &Stored, body: Bytes) -> Stored {
        let stored = Stored { body, ..stored.clone() };
        match &self.key {
            Some(key) => key.signed_again(stored),
            None => stored,
        }
    }

    /// Fails if signed decisions must change and there is no key.
    fn must_have_key(&mut self, plan: &Plan) -> anyhow::Result<()> {
        if self.key.is_some() {
            return Ok(());
        }
        let mut needs = false;
        self.each(OUTPUT.name, &mut |stored| {
            let edit = plan.edits.get(&(OUTPUT.name, stored.sequence));
            needs |= matches!(edit, Some(Some(_))) && is_signed(&stored);
        })?;
        if needs {
            stop!(
                Usage,
                "some decisions with words of it are signed: name the key of the detector as `bus.signing_key_file`"
            );
        }
        Ok(())
    }
}

impl Drop for OverNats {
    fn drop(&mut self) {
        self.runtime.block_on(async {
            self.bus.close().await;
        });
    }
}

impl Store for OverNats {
    fn each(&mut self, stream: &str, take: &mut dyn FnMut(Stored)) -> Result<(), BusError> {
        self.runtime.block_on(async {
            let mut reader = match self.bus.read(stream, ">", 1).await {
                Err(BusError::NoStream(_)) => return Ok(()),
                reader => reader?,
            };
            loop {
                let messages = reader.ready(BATCH).await?;
                if messages.is_empty() {
                    return Ok(());
                }
                messages.into_iter().for_each(&mut *take);
            }
        })
    }

    fn entries(&mut self, bucket: &str) -> Result<Vec<Entry>, BusError> {
        let table = self.bus.key_value(bucket)?;
        self.runtime.block_on(table.changes(&[], 0))
    }

    fn each_kept(
        &mut self,
        _folder: &Path,
        take: &mut dyn FnMut(&str, &[u8]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        self.runtime.block_on(kept::each(&*self.bus.objects(KEPT.name)?, take))
    }

    fn carry_out(
        &mut self,
        plan: &Plan,
        folder: &Path,
        keys: &BTreeSet<String>,
        record: &[u8],
    ) -> anyhow::Result<()> {
        self.must_have_key(plan)?;
        let is_empty = plan.edits.is_empty() && plan.changes.is_empty() && plan.kept.is_empty();
        let is_needed = !is_empty || self.list_keys()?.contains(FORGETTING);
        self.begin(keys, record).map_err(|error| refused(&error))?;
        if is_needed {
            self.rewrite_all(plan).map_err(|error| refused(&error))?;
            // The gateway of `up --nats` stores its tables beside the server.
            drop_files(folder)?;
            drop_files(&folder.join("nats"))?;
        }
        self.remove_from_list(&[FORGETTING.to_owned()])
    }

    fn remove_from_list(&mut self, keys: &[String]) -> anyhow::Result<()> {
        let list = self.list()?;
        self.runtime.block_on(async {
            for key in keys {
                list.delete(key).await.map_err(|error| refused(&error))?;
            }
            Ok(())
        })
    }
}

fn refused(error: &BusError) -> anyhow::Error {
    let advice = match error {
        BusError::NotAllowed { .. } => {
            ": `forget` needs a user who may do everything; docs/how-to/forget-an-article.md says how"
        }
        BusError::Fenced(_) => ": somebody publishes into the stream. Stop it, and run this again",
        _ => "",
    };
    Stop::new(Exit::Bus, format!("{error}{advice}")).into()
}
