//! The parts of a run over NATS: servers, the network before them, the processes of wirefold and the
//! receiver.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};
use wirefold_flow::{Bus, Outgoing, Stored, SystemClock};
use wirefold_flow_nats::{Login, Options, connect};
use wirefold_proto::streams::OUTPUT;

use super::super::Programs;
use super::super::disk::Disk;
use super::super::examine::Output as Examined;
use super::proxy::Proxy;
use super::server::{OPERATOR, OPERATOR_PASSWORD, PASSWORD, Routes, Server, Settings, USER};
use super::wire::Wire;
use crate::commands::faults::receiver::Receiver;
use crate::machine::Stopwatch;
use crate::nats_server;
use crate::port;
use crate::running::{Running, command};
use crate::tree;

/// The processes of `up` to which something may happen.
pub(super) const STAGES: [&str; 5] = ["detector", "enricher", "alerter", "gateway", "pruner"];
/// The number of servers in a cluster.
const CLUSTER: usize = 3;
const EVERY: std::time::Duration = std::time::Duration::from_millis(50);
const MAX_WAIT: std::time::Duration = std::time::Duration::from_secs(60);

/// The requirements of a run.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) settings: Settings,
    /// The number of replicas of each stream in a cluster of three. `None` for a single server.
    pub(super) replicas: Option<u8>,
    /// The size of a separate disk for the store.
    pub(super) disk: Option<u64>,
    /// Additional environment of wirefold's processes.
    pub(super) environment: Vec<(&'static str, PathBuf)>,
}

/// All parts. They end when it is dropped.
pub(super) struct Site<'a> {
    pub(super) programs: Programs<'a>,
    /// The folder in which wirefold runs.
    pub(super) home: PathBuf,
    pub(super) up: Running,
    pub(super) receiver: Receiver,
    /// A proxy in front of each server.
    pub(super) proxies: Vec<Proxy>,
    /// A proxy in front of each server for the other servers.
    pub(super) routes: Vec<Proxy>,
    pub(super) servers: Vec<Server>,
    /// The disks, which are unmounted last.
    pub(super) disks: Vec<Disk>,
}

impl<'a> Site<'a> {
    /// Starts all parts in a folder. Returns the reason if this machine cannot.
    pub(super) fn open(
        programs: Programs<'a>,
        folder: &Path,
        plan: &Plan,
    ) -> anyhow::Result<Result<Site<'a>, String>> {
        let Some(found) = nats_server::find(&tree::root()) else {
            return Ok(Err("no nats-server: `cargo xtask tools` installs one".to_owned()));
        };
        let mut disks = Vec::new();
        let mut servers_in = folder.join("servers");
        fs::create_dir(&servers_in)?;
        if let Some(bytes) = plan.disk {
            match Disk::make(folder, bytes)? {
                Ok(disk) => {
                    servers_in = disk.path().to_owned();
                    disks.push(disk);
                }
                Err(why) => return Ok(Err(why)),
            }
        }
        let (mut servers, routes) = servers(&found.path, &servers_in, plan)?;
        start(&mut servers)?;
        let proxies = servers.iter().map(|it| Proxy::before(it.address));
        let proxies = proxies.collect::<std::io::Result<Vec<Proxy>>>()?;
        let home = folder.join("home");
        fs::create_dir_all(home.join("dropped"))?;
        let receiver = Receiver::open();
        let addresses: Vec<String> =
            proxies.iter().map(|it| format!("nats://{}", it.address)).collect();
        let replicas = plan.replicas.map(|it| format!("replicas = {it}\n")).unwrap_or_default();
        let settings = format!(
            "data = \"data\"\n[bus]\nnats = {addresses:?}\nuser = \"{USER}\"\npassword = \"{PASSWORD}\"\n\
             {replicas}[[source]]\npath = \"dropped\"\n{}",
            receiver.settings()
        );
        fs::write(home.join("wirefold.toml"), settings)?;
        let mut up = command(programs.tested, &home);
        up.envs(plan.environment.iter().map(|(name, value)| (*name, value)));
        let up = Running::start_as(up)?;
        Ok(Ok(Site { programs, home, up, receiver, proxies, routes, servers, disks }))
    }

    /// A connection of the operator to a server that answers.
    pub(super) fn operator(&self) -> anyhow::Result<Wire> {
        let watch = Stopwatch::start();
        loop {
            for server in &self.servers {
                let open = server.operator().and_then(|mut wire| {
                    wire.order("STREAM.NAMES", "")?;
                    Ok(wire)
                });
                match open {
                    Ok(wire) => return Ok(wire),
                    Err(error) if watch.elapsed() > MAX_WAIT => return Err(error),
                    Err(_) => {}
                }
            }
            std::thread::park_timeout(EVERY);
        }
    }

    /// Runs a command of wirefold.
    pub(super) fn run(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        Ok(command(self.programs.tested, &self.home).args(arguments).output()?)
    }

    /// The command of a second stage beside the supervised one.
    pub(super) fn beside(&self, program: &Path, stage: &str) -> Command {
        let mut beside = command(program, &self.home);
        beside.args(["run", stage, "--operations", "127.0.0.1:0"]);
        beside
    }

    /// Whether `verify` reports a problem.
    pub(super) fn verify_complains(&self) -> anyhow::Result<bool> {
        Ok(!self.run(&["check", "--deep", "--quiet"])?.status.success())
    }

    /// Reads the output directly from the server, without wirefold's processes and the proxies.
    pub(super) fn output(&self) -> anyhow::Result<Examined> {
        self.on_the_bus(async |bus| Examined::read(bus).await)
    }

    /// Stores a message of the output again under another id, which must never happen.
    pub(super) fn store_again(&self, filter: &str, nth: usize) -> anyhow::Result<()> {
        self.on_the_bus(async |bus| {
            let mut reader = bus.read(OUTPUT.name, filter, 1).await?;
            let mut messages = Vec::new();
            while messages.len() <= nth {
                messages.extend(reader.next(64).await?);
            }
            let Stored { subject, id, headers, body, .. } = messages.swap_remove(nth);
            let again =
                Outgoing { headers, ..Outgoing::new(&subject, format!("{id}-again"), body) };
            bus.publish(again).await?;
            Ok(())
        })
    }

    fn on_the_bus<T>(
        &self,
        work: impl AsyncFnOnce(&dyn Bus) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build()?;
        let urls: Vec<String> =
            self.servers.iter().map(|it| format!("nats://{}", it.address)).collect();
        let login = Login { user: OPERATOR.to_owned(), password: OPERATOR_PASSWORD.to_owned() };
        let options = Options { login: Some(login), ..Options::new(urls.join(","), "examiner") };
        runtime.block_on(async {
            let working = async {
                let bus = connect(&options, Arc::new(SystemClock)).await?;
                let done = work(&bus).await;
                bus.close().await;
                done
            };
            tokio::time::timeout(MAX_WAIT, working).await.context("the examiner gets no answer")?
        })
    }

    /// The process of a stage, once it runs.
    pub(super) fn stage(&self, name: &str) -> anyhow::Result<Pid> {
        let watch = Stopwatch::start();
        while watch.elapsed() < MAX_WAIT {
            if let Some(found) = self.children().into_iter().find(|it| is_stage(*it, name)) {
                return Ok(found);
            }
            std::thread::park_timeout(EVERY);
        }
        bail!("no {name} runs: {}", self.up.output())
    }

    fn children(&self) -> Vec<Pid> {
        let tasks = format!("/proc/{}/task", self.up.process().as_raw_nonzero());
        let tasks = fs::read_dir(tasks).into_iter().flatten().flatten();
        let of = |path: PathBuf| fs::read_to_string(path.join("children")).unwrap_or_default();
        let ids: String = tasks.map(|task| of(task.path()) + " ").collect();
        ids.split_whitespace().filter_map(|id| Pid::from_raw(id.parse().ok()?)).collect()
    }

    /// Sends a signal to a stage.
    pub(super) fn signal(&self, stage: Pid, signal: Signal) {
        // It may just have ended.
        let _ = kill_process(stage, signal);
    }
}

/// Whether a process runs the stage with this name.
fn is_stage(process: Pid, name: &str) -> bool {
    let path = format!("/proc/{}/cmdline", process.as_raw_nonzero());
    let line = fs::read_to_string(path).unwrap_or_default();
    let words: Vec<&str> = line.split('\0').collect();
    words.get(1) == Some(&"run") && words.get(2) == Some(&name)
}

/// One server, or those of a cluster with proxies between them.
fn servers(
    program: &Path,
    folder: &Path,
    plan: &Plan,
) -> anyhow::Result<(Vec<Server>, Vec<Proxy>)> {
    let make =
        |name: &str, routes| Server::new(program, folder, name, routes, plan.settings.clone());
    if plan.replicas.is_none() {
        return Ok((vec![make("s0", None)], Vec::new()));
    }
    let local = |_| SocketAddr::from(([127, 0, 0, 1], port::free()));
    let listens: Vec<SocketAddr> = (0..CLUSTER).map(local).collect();
    let proxies = listens.iter().map(|listen| Proxy::before(*listen));
    let proxies = proxies.collect::<std::io::Result<Vec<Proxy>>>()?;
    let servers = listens.iter().enumerate().map(|(number, listen)| {
        let others = proxies.iter().enumerate().filter(|(other, _)| *other != number);
        let others = others.map(|(_, proxy)| proxy.address).collect();
        let advertise = proxies[number].address;
        make(&format!("s{number}"), Some(Routes { listen: *listen, advertise, others }))
    });
    Ok((servers.collect(), proxies))
}

/// Starts the servers. A cluster is ready once it has a leader.
fn start(servers: &mut [Server]) -> anyhow::Result<()> {
    servers.iter_mut().try_for_each(Server::start)?;
    let watch = Stopwatch::start();
    while watch.elapsed() < MAX_WAIT {
        let is_there = |server: &Server| {
            server.operator().and_then(|mut wire| wire.order("STREAM.NAMES", "")).is_ok()
        };
        if servers.iter().all(is_there) {
            return Ok(());
        }
        std::thread::park_timeout(EVERY);
    }
    let logs: Vec<String> = servers.iter().map(Server::log).collect();
    bail!("the servers do not start: {}", logs.join("\n"))
}
