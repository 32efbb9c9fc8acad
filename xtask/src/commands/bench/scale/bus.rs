//! Shards of documents over a real nats-server. Each is a service with its own connection, and all messages
//! are bytes.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use wirefold_dedup::{Shard, Shards};
use wirefold_flow::{BoxFuture, SystemClock};
use wirefold_flow_nats::{
    Endpoint, NatsBus, Options, RequestHandler, Service, ServiceRefusal, connect,
};

use crate::commands::bench::nats::server::{MeasuredProcess, server_command};
use crate::machine::{Stopwatch, ThreadWatch};
use crate::{nats_server, tree};

/// The largest message of the server in bytes: a text of 512 KB with its packed body.
const MAX_MESSAGE_BYTES: usize = 8 << 20;

/// A question and its answer on the bus.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exchange {
    /// The kind of question.
    pub(super) name: &'static str,
    pub(super) asked: usize,
    pub(super) answered: usize,
    /// The processor time of the shard in microseconds.
    pub(super) service: f64,
    /// The microseconds until all questions of that moment were answered.
    pub(super) waited: f64,
}

/// One shard, which answers one question after the other.
struct ShardService {
    /// The shard, and the processor microseconds of its last answer.
    shard: Mutex<(Shard, f64)>,
}

impl ShardService {
    fn held(&self) -> MutexGuard<'_, (Shard, f64)> {
        self.shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RequestHandler for ShardService {
    fn answer(&self, asked: Bytes) -> BoxFuture<'_, Result<Bytes, ServiceRefusal>> {
        Box::pin(async move {
            let held = &mut *self.held();
            let watch = ThreadWatch::start();
            let answer = held.0.answer(&asked);
            held.1 = watch.micros();
            answer.map(Bytes::from).ok_or_else(|| ServiceRefusal {
                code: 400,
                why: "no question of a detector".to_owned(),
                body: Bytes::new(),
            })
        })
    }
}

/// The writer's side of the shards.
pub(super) struct BusShards {
    runtime: Runtime,
    bus: NatsBus,
    shards: Vec<Arc<ShardService>>,
    running: Vec<(oneshot::Sender<()>, JoinHandle<()>)>,
    exchanges: Mutex<Vec<Exchange>>,
    _server: MeasuredProcess,
}

impl fmt::Debug for BusShards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnBus").field("shards", &self.shards.len()).finish_non_exhaustive()
    }
}

impl BusShards {
    /// Starts a server in a folder and this many empty shards.
    pub(super) fn start(folder: &Path, count: usize) -> anyhow::Result<BusShards> {
        let found =
            nats_server::find(&tree::root()).context("no nats-server: cargo xtask tools")?;
        let store = folder.join("store");
        let settings =
            format!("max_payload: {MAX_MESSAGE_BYTES}\njetstream {{ store_dir: {store:?} }}\n");
        let (url, command) = server_command(&found, folder, &settings)?;
        let server = MeasuredProcess::start("nats-server", command, "Server is ready")?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let open = |name: &str| {
            let options = Options::new(url.clone(), name);
            let bus = async { connect(&options, Arc::new(SystemClock)).await };
            runtime.block_on(bus)
        };
        let shards: Vec<Arc<ShardService>> =
            (0..count).map(|_| Arc::new(ShardService { shard: Mutex::default() })).collect();
        let mut running = Vec::new();
        for (number, shard) in shards.iter().enumerate() {
            let bus = open(&format!("shard-{number}"))?;
            let (stop, stopped) = oneshot::channel::<()>();
            let service = service(number, shard.clone());
            let serving = async move {
                let _ = bus.serve(service, async { drop(stopped.await) }).await;
            };
            running.push((stop, runtime.spawn(serving)));
        }
        let bus = open("writer")?;
        let exchanges = Mutex::default();
        let on_bus = BusShards { runtime, bus, shards, running, exchanges, _server: server };
        on_bus.wait_until_all_answer()?;
        Ok(on_bus)
    }

    /// Waits for an answer of each shard. A service answers once the server knows its subscription.
    fn wait_until_all_answer(&self) -> anyhow::Result<()> {
        let deadline = Stopwatch::start();
        for number in 0..self.shards.len() {
            loop {
                let subject = subject(number);
                let asked = self.bus.ask(&subject, Bytes::from_static(b"?"));
                match self.runtime.block_on(asked)? {
                    Err(denied) if denied.code == 400 => break,
                    _ => ensure!(deadline.seconds() < 10.0, "shard {number} does not answer"),
                }
            }
        }
        Ok(())
    }

    /// The exchanges since the last call.
    pub(super) fn take_exchanges(&self) -> Vec<Exchange> {
        std::mem::take(&mut *self.exchanges.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The number of articles of each shard, the bytes of all indexes, and those of all texts.
    pub(super) fn kept(&self) -> (Vec<usize>, usize, usize) {
        let articles = self.shards.iter().map(|shard| shard.held().0.articles()).collect();
        let bytes: Vec<(usize, usize)> =
            self.shards.iter().map(|shard| shard.held().0.bytes()).collect();
        let index = bytes.iter().map(|(index, _)| index).sum();
        (articles, index, bytes.iter().map(|(_, texts)| texts).sum())
    }

    /// Stops the shards.
    pub(super) fn stop(&mut self) {
        for (stop, task) in self.running.drain(..) {
            let _ = stop.send(());
            let _ = self.runtime.block_on(task);
        }
    }
}

fn service(number: usize, handler: Arc<ShardService>) -> Service {
    Service {
        name: format!("documents-{number}"),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        about: "One shard of documents.".to_owned(),
        endpoints: vec![Endpoint { name: "ask", subject: subject(number), handler }],
    }
}

fn subject(shard: usize) -> String {
    format!("scale.documents.{shard}")
}

impl Shards for BusShards {
    fn count(&self) -> u32 {
        u32::try_from(self.shards.len()).unwrap_or(u32::MAX)
    }

    fn ask(&self, questions: Vec<(u32, Vec<u8>)>) -> Vec<Vec<u8>> {
        let watch = Stopwatch::start();
        let sizes: Vec<(usize, &'static str, usize)> = questions
            .iter()
            .map(|(shard, asked)| {
                (*shard as usize, Shard::kind_of(asked).unwrap_or("?"), asked.len())
            })
            .collect();
        let under_way = questions.into_iter().map(async |(shard, question)| {
            let answer = self.bus.ask(&subject(shard as usize), question.into()).await;
            match answer {
                Ok(Ok(answer)) => answer.to_vec(),
                Ok(Err(_)) | Err(_) => self.give_up(shard),
            }
        });
        let answers = self.runtime.block_on(futures_util::future::join_all(under_way));
        let waited = watch.seconds() * 1e6;
        let exchanges = sizes.into_iter().zip(&answers).map(|((shard, name, asked), answer)| {
            let (answered, service) = (answer.len(), self.shards[shard].held().1);
            Exchange { name, asked, answered, service, waited }
        });
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).extend(exchanges);
        answers
    }

    fn give_up(&self, shard: u32) -> ! {
        panic!("shard {shard} gave no answer that can be read")
    }
}
