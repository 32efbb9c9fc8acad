//! The messages of a data folder, read from its file once no process uses it.

use std::path::Path;
use std::sync::Arc;

use futures_util::future::try_join_all;
use rusqlite::Connection;
use tokio::runtime::Runtime;
use wirefold_envelope::{Limits, create_streams, decode};
use wirefold_flow::{Bus, Outgoing, Stored, SystemClock};
use wirefold_proto::streams::{ALERTS, DEAD, ENRICHED, FETCHED, OUTPUT};
use wirefold_proto::{Alert, OutputArticle};

/// The number of messages that are published at a time.
const BATCH: usize = 100;

/// All stored messages.
pub(super) struct StoredStreams {
    pub(super) fetched: Vec<Stored>,
    pub(super) enriched: Vec<Stored>,
    pub(super) output: Vec<Stored>,
    pub(super) alerts: Vec<Alert>,
    pub(super) dead: Vec<Stored>,
}

impl StoredStreams {
    /// Reads all messages.
    #[track_caller]
    pub(super) fn in_folder(data: &Path) -> StoredStreams {
        StoredStreams::on(&*open(data), &runtime())
    }

    /// Reads all messages of any bus.
    #[track_caller]
    pub(super) fn on(bus: &dyn Bus, runtime: &Runtime) -> StoredStreams {
        let all = |stream: &'static str| runtime.block_on(read(bus, stream));
        let alerts = all(ALERTS.name);
        StoredStreams {
            fetched: all(FETCHED.name),
            enriched: all(ENRICHED.name),
            output: all(OUTPUT.name),
            alerts: alerts.iter().map(|it| decode(it).expect("an alert")).collect(),
            dead: all(DEAD.name),
        }
    }

    /// The articles of the output.
    pub(super) fn articles(&self) -> Vec<OutputArticle> {
        let is_article =
            |stored: &&Stored| stored.subject.starts_with("wirefold.v1.output.article.");
        let articles = self.output.iter().filter(is_article);
        articles.map(|stored| decode(stored).expect("an article")).collect()
    }
}

/// Publishes messages in order on the bus of a new data folder, as if they had been fetched there.
pub(super) fn begin_with(data: &Path, messages: &[Stored]) {
    let runtime = runtime();
    let bus = open(data);
    runtime.block_on(async {
        create_streams(&*bus, &Limits::default()).await.expect("streams are made");
        for batch in messages.chunks(BATCH) {
            let published = batch.iter().map(|stored| {
                bus.publish(Outgoing {
                    subject: stored.subject.clone(),
                    id: stored.id.clone(),
                    headers: stored.headers.clone(),
                    body: stored.body.clone(),
                })
            });
            let published = try_join_all(published).await.expect("they are stored");
            let places: Vec<u64> = published.into_iter().map(|it| it.sequence()).collect();
            let expected: Vec<u64> = batch.iter().map(|stored| stored.sequence).collect();
            assert_eq!(places, expected);
        }
    });
}

/// Headers and body of a message as `bus.sqlite` stores them, mostly compressed.
pub(super) struct StoredContent {
    pub(super) stream: String,
    pub(super) sequence: u64,
    pub(super) bytes: Vec<u8>,
}

/// The content of all messages of a folder that no process uses.
pub(super) fn stored_content(data: &Path) -> Vec<StoredContent> {
    let connection = Connection::open(data.join("bus.sqlite")).expect("it is there");
    let sql = "SELECT name, key - (number << 48), content
               FROM messages JOIN streams ON number = key >> 48";
    let mut sql = connection.prepare(sql).expect("these are its tables");
    let read = sql.query_map([], |row| {
        let sequence: i64 = row.get(1)?;
        Ok(StoredContent {
            stream: row.get(0)?,
            sequence: sequence.try_into().expect("sequences begin with 1"),
            bytes: row.get(2)?,
        })
    });
    read.and_then(Iterator::collect).expect("it can be read")
}

fn open(data: &Path) -> Arc<dyn Bus> {
    wirefold_flow_sqlite::open(data, Arc::new(SystemClock)).expect("nobody holds the folder")
}

fn runtime() -> Runtime {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime can be made")
}

async fn read(bus: &dyn Bus, stream: &str) -> Vec<Stored> {
    let state = bus.stream_state(stream).await.expect("the stream is there");
    let mut reader = bus.read(stream, ">", 1).await.expect("it can be read");
    let mut all: Vec<Stored> = Vec::new();
    while (all.len() as u64) < state.messages {
        all.extend(reader.next(1000).await.expect("it can be read"));
    }
    all
}
