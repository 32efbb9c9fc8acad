//! A data folder or a NATS server on which nothing else runs, and the order in which articles are removed from it. After
//! a kill at any point nothing else is lost, and a second run finishes the work.
//!
//! 1. The keys go on the list, with a note that the work has begun. From now on the articles cannot come in again.
//! 2. Everything that can be made again is deleted: snapshots, files of texts, the tables of the page.
//! 3. The kept events are written without the articles, each in one step.
//! 4. The tables and the streams are changed: in a data folder by one transaction, after which its file is rewritten. A
//!    server copies each of them. The articles themselves go last there, because a second run finds everything else by
//!    them.
//! 5. The note is removed.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use wirefold_flow::{
    Bus as _, BusError, Entry, ObjectStores as _, Objects, Stored, read_object, write_object,
};
use wirefold_flow_nats::{NatsBus, Rewrite, SigningKey};
use wirefold_flow_sqlite::{Folders, Offline, OpenError, UNFINISHED};
use wirefold_proto::FORGETTING;
use wirefold_proto::rights::stream_of;
use wirefold_proto::streams::{
    ALERTS, DEAD, ENRICHED, FETCHED, FORGOTTEN, KEPT, OUTPUT, STORES, StoreKind,
};

use super::plan::{Plan, TABLES};
use crate::client::must_exist;
use crate::config::{Instance, Overrides};
use crate::exit::{Exit, Stop, stop};
use crate::up::nats::{connect_within, name_default_server, signing_key};

/// How long the server may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long running services may take to answer.
const PRESENCE_TIMEOUT: Duration = Duration::from_secs(1);
/// The streams that may contain words of an article, in the order in which a server rewrites them.
const STREAMS: [&str; 5] = [DEAD.name, ALERTS.name, OUTPUT.name, ENRICHED.name, FETCHED.name];
/// The number of messages in one request.
const BATCH: usize = 256;
/// Folders with data that the detector makes again from the streams.
const FOLDERS: [&str; 2] = ["wf_snapshots", "wf_texts"];
/// The prefix of the files that the gateway makes again.
const PAGE_TABLES: &str = "gateway.db";

/// Streams and tables on which no stage runs.
pub(super) enum Store {
    /// A data folder.
    Embedded(Offline),
    /// A server, with the key with which decisions are signed.
    Nats(NatsBus, Option<SigningKey>),
}

impl Store {
    /// Opens the data of this instance. If `changes` is set, no stage may run on a server, and rewrites of an
    /// interrupted run are finished first.
    ///
    /// # Errors
    /// Exit code 4 if the server cannot be reached, 1 if something else runs, 3 if there is no data.
    pub(super) async fn open(
        instance: &Instance,
        folder: &Path,
        changes: bool,
    ) -> anyhow::Result<Self> {
        if !instance.is_over_nats(folder) {
            return open_folder(folder);
        }
        let mut config = crate::config::load_here(instance, Overrides::default())?.config.bus;
        name_default_server(&mut config);
        let key = signing_key(&config)?;
        let bus = connect_within(ANSWER_TIMEOUT, &config, "forget").await?;
        if changes {
            must_be_alone(&bus).await?;
            bus.finish_rewrites().await.map_err(|error| refused(&error))?;
        }
        Ok(Self::Nats(bus, key))
    }

    /// Ends the connection. Gives errors of a server the exit code 4, with advice.
    pub(super) async fn close<T>(self, result: anyhow::Result<T>) -> anyhow::Result<T> {
        let Self::Nats(bus, _) = self else { return result };
        bus.close().await;
        result.map_err(|error| match error.downcast::<BusError>() {
            Ok(error) => refused(&error).into(),
            Err(other) => other,
        })
    }

    /// Passes each message of a stream in order. A missing stream has none.
    pub(super) async fn each(
        &mut self,
        stream: &str,
        take: &mut dyn FnMut(Stored),
    ) -> Result<(), BusError> {
        let bus = match self {
            Self::Embedded(offline) => return offline.each(stream, take),
            Self::Nats(bus, _) => bus,
        };
        let mut reader = match bus.read(stream, ">", 1).await {
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
    }

    /// The last change of each key of a bucket, including deletions, the oldest first.
    pub(super) async fn entries(&mut self, bucket: &str) -> Result<Vec<Entry>, BusError> {
        match self {
            Self::Embedded(offline) => offline.entries(bucket),
            Self::Nats(bus, _) => bus.key_value(bucket)?.changes(&[], 0).await,
        }
    }

    /// Passes each object with a kept event, by its name. This folder is that of the data.
    pub(super) async fn each_kept(
        &self,
        folder: &Path,
        take: &mut dyn FnMut(&str, &[u8]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let kept = self.kept(folder)?;
        for name in kept.names().await? {
            if let Some(object) = read_object(&*kept, &name).await? {
                take(&name, &object)?;
            }
        }
        Ok(())
    }

    fn kept(&self, folder: &Path) -> Result<Arc<dyn Objects>, BusError> {
        match self {
            Self::Embedded(_) => Ok(Folders(folder.to_owned()).store(KEPT.name)),
            Self::Nats(bus, _) => bus.objects(KEPT.name),
        }
    }

    /// The keys on the list, with [`FORGETTING`] if an earlier order was not finished.
    pub(super) async fn list_keys(&mut self) -> Result<BTreeSet<String>, BusError> {
        let entries = self.entries(FORGOTTEN.name).await?.into_iter();
        Ok(entries.filter(|entry| entry.value.is_some()).map(|entry| entry.key).collect())
    }

    /// Puts keys on the list with this record. Without one, takes them off the list.
    pub(super) async fn change_list(
        &mut self,
        keys: impl Iterator<Item = &str>,
        record: Option<&Bytes>,
    ) -> Result<(), BusError> {
        match self {
            Self::Embedded(offline) => {
                offline.begin()?;
                for key in keys {
                    offline.put(FORGOTTEN.name, key, record.cloned())?;
                }
                offline.commit()
            }
            Self::Nats(bus, _) => {
                let list = bus.key_value(FORGOTTEN.name)?;
                for key in keys {
                    match record {
                        Some(record) => list.put(key, record.clone()).await?,
                        None => list.delete(key).await?,
                    };
                }
                Ok(())
            }
        }
    }

    /// Removes everything in the plan, here and in the data folder, and puts the keys with this record on the
    /// list.
    pub(super) async fn carry_out(
        &mut self,
        plan: &Plan,
        folder: &Path,
        keys: &BTreeSet<String>,
        record: &Bytes,
    ) -> anyhow::Result<()> {
        if plan.has_signed && matches!(self, Self::Nats(_, None)) {
            stop!(
                Usage,
                "some decisions with words of it are signed: name the key of the detector as `bus.signing_key_file`"
            );
        }
        let is_unfinished = self.list_keys().await?.contains(FORGETTING);
        let begun = keys.iter().map(String::as_str).chain([FORGETTING]);
        self.change_list(begun, Some(record)).await?;
        drop_files(folder)?;
        // The gateway of `up --nats` stores its tables beside the server.
        drop_files(&folder.join("nats"))?;
        let kept = self.kept(folder)?;
        for (name, object) in &plan.kept {
            match object {
                Some(object) => write_object(&*kept, name, object.clone()).await?,
                None => kept.delete(name).await?,
            }
        }
        match self {
            Self::Embedded(offline) => change(offline, plan)?,
            // Copying every stream takes long.
            Self::Nats(..) if plan.is_empty() && !is_unfinished => {}
            Self::Nats(bus, key) => rewrite_all(bus, key.as_ref(), plan).await?,
        }
        Ok(self.change_list([FORGETTING].into_iter(), None).await?)
    }
}

/// Opens the bus of a data folder that nothing else uses.
fn open_folder(folder: &Path) -> anyhow::Result<Store> {
    must_exist(folder)?;
    match Offline::open(folder) {
        Err(OpenError::InUse { .. }) => stop!(
            Failure,
            "{} is in use by another process, such as `up` or `backup`: stop it first, because `forget` \
             needs the data folder for itself",
            folder.display()
        ),
        opened => Ok(Store::Embedded(opened?)),
    }
}

/// Fails if a stage runs, because it would lose its messages.
async fn must_be_alone(bus: &NatsBus) -> anyhow::Result<()> {
    let services = bus.services(PRESENCE_TIMEOUT).await.map_err(|error| refused(&error))?;
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

fn refused(error: &BusError) -> Stop {
    let advice = match error {
        BusError::NotAllowed { .. } => {
            ": `forget` needs a user who may do everything; docs/how-to/forget-an-article.md says how"
        }
        BusError::Fenced(_) => ": somebody publishes into the stream. Stop it, and run this again",
        _ => "",
    };
    Stop::new(Exit::Bus, format!("{error}{advice}"))
}

/// Changes streams and tables in one transaction, and rewrites the file.
fn change(offline: &mut Offline, plan: &Plan) -> Result<(), BusError> {
    offline.begin()?;
    for ((stream, sequence), body) in &plan.edits {
        match body {
            Some(body) => offline.rewrite(stream, *sequence, body.clone())?,
            None => offline.erase(stream, *sequence)?,
        }
    }
    for ((bucket, key), value) in &plan.changes {
        offline.put(bucket, key, value.clone())?;
    }
    offline.commit()?;
    offline.compact()
}

/// Rewrites tables and streams on a server. The store of kept events is copied, so that no byte stays, and the other
/// object stores are emptied.
async fn rewrite_all(bus: &NatsBus, key: Option<&SigningKey>, plan: &Plan) -> Result<(), BusError> {
    for table in TABLES {
        let mut edit = |entry: &Entry| plan.changes.get(&(table, entry.key.clone())).cloned();
        bus.rewrite_bucket(table, &mut edit).await?;
    }
    let signed = |stored| match key {
        Some(key) => key.signed_again(stored),
        None => stored,
    };
    for stream in STREAMS {
        let mut edit = |stored: &Stored| match plan.edits.get(&(stream, stored.sequence)) {
            None => Rewrite::Keep,
            Some(None) => Rewrite::Remove,
            Some(Some(body)) => {
                let edited = Stored { body: body.clone(), ..stored.clone() };
                Rewrite::Replace(Box::new(signed(edited)))
            }
        };
        bus.rewrite_stream(stream, &mut edit).await?;
    }
    for store in STORES.iter().filter(|store| store.kind == StoreKind::Objects) {
        if *store == KEPT {
            let stream = stream_of(store.kind, store.name);
            bus.rewrite_stream(&stream, &mut |_| Rewrite::Keep).await?;
        } else {
            bus.empty_store(store.name).await?;
        }
    }
    Ok(())
}

/// Removes the files of this machine outside the bus.
fn drop_files(folder: &Path) -> anyhow::Result<()> {
    let shown = |path: &Path| format!("cannot remove {}", path.display());
    for path in FOLDERS.map(|name| folder.join(name)) {
        absent(fs::remove_dir_all(&path)).with_context(|| shown(&path))?;
    }
    // If the server is on another machine, this one may have no data folder.
    let mut files = files_of(folder)?;
    files.retain(|path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PAGE_TABLES))
    });
    let kept = files_of(&folder.join(KEPT.name))?.into_iter();
    files.extend(kept.filter(|path| path.to_string_lossy().ends_with(UNFINISHED)));
    files.iter().try_for_each(|path| absent(fs::remove_file(path)).with_context(|| shown(path)))
}

/// The files of a folder; none if it is missing.
fn files_of(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let shown = || format!("cannot read {}", folder.display());
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.with_context(shown)?,
    };
    entries.map(|entry| Ok(entry.with_context(shown)?.path())).collect()
}

fn absent(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
