//! The parts of a run over NATS: servers, the network before them, the processes of wirefold and the
//! receiver.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use rustix::process::{Pid, Signal, kill_process};
use wirefold_flow::{Outgoing, Stored};
use wirefold_proto::streams::OUTPUT;

use super::super::disk::{DISK, Disk};
use super::super::examine::Output as Examined;
use super::super::fault::NatsFault;
use super::super::receiver::Receiver;
use super::super::shim::Shim;
use super::super::{Programs, Skipped};
use super::proxy::Proxy;
use super::server::{PASSWORD, Routes, Server, Settings, USER, on_the_bus};
use super::wire::Wire;
use crate::commands::output_of;
use crate::machine::poll;
use crate::nats_server;
use crate::port;
use crate::running::{Running, command};
use crate::tree;

/// The processes of `up` to which something may happen.
pub(super) const STAGES: [&str; 5] = ["detector", "enricher", "alerter", "gateway", "pruner"];
/// The number of servers in a cluster.
const CLUSTER: usize = 3;
const MAX_WAIT: Duration = Duration::from_secs(60);

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
    /// Starts all parts in a folder. The error is [`Skipped`] if this machine cannot.
    pub(super) fn open(
        programs: Programs<'a>,
        folder: &Path,
        kind: NatsFault,
        shim: &Shim,
    ) -> anyhow::Result<Site<'a>> {
        let missing = || Skipped("no nats-server: `cargo xtask tools` installs one".to_owned());
        let found = nats_server::find(&tree::root()).with_context(missing)?;
        let has_disk = matches!(kind, NatsFault::PowerCut { .. } | NatsFault::DiskFull);
        let disk = has_disk.then(|| Disk::make(folder, DISK)).transpose()?;
        let servers_in =
            disk.as_ref().map_or_else(|| folder.join("servers"), |it| it.path().into());
        fs::create_dir_all(&servers_in)?;
        let disks = disk.into_iter().collect();
        let (mut servers, routes) = servers(&found.path, &servers_in, kind)?;
        start(&mut servers)?;
        let proxies = servers.iter().map(|it| Proxy::before(it.address));
        let proxies = proxies.collect::<std::io::Result<Vec<Proxy>>>()?;
        let home = folder.join("home");
        fs::create_dir_all(home.join("dropped"))?;
        let receiver = Receiver::open();
        let addresses: Vec<String> =
            proxies.iter().map(|it| format!("nats://{}", it.address)).collect();
        let replicas = match kind {
            NatsFault::Cluster(_, replicas) => format!("replicas = {replicas}\n"),
            _ => String::new(),
        };
        let settings = format!(
            "data = \"data\"\n[bus]\nnats = {addresses:?}\nuser = \"{USER}\"\npassword = \"{PASSWORD}\"\n\
             {replicas}[[source]]\npath = \"dropped\"\n{}",
            receiver.settings()
        );
        fs::write(home.join("wirefold.toml"), settings)?;
        let mut up = command(programs.tested, &home);
        if let NatsFault::Clocks(..) = kind {
            up.envs(shim.environment());
        }
        let up = Running::start_as(up)?;
        Ok(Site { programs, home, up, receiver, proxies, routes, servers, disks })
    }

    /// A connection of the operator to a server that answers.
    pub(super) fn operator(&self) -> anyhow::Result<Wire> {
        let open = |server: &Server| {
            let mut wire = server.operator().ok()?;
            wire.order("STREAM.NAMES", "").is_ok().then_some(wire)
        };
        let found = poll(MAX_WAIT, || self.servers.iter().find_map(open));
        found.context("no server answers the operator")
    }

    /// Makes the missing streams.
    pub(super) fn set_up(&self) -> anyhow::Result<()> {
        output_of(command(self.programs.tested, &self.home).arg("setup")).map(drop)
    }

    /// The command of a second stage beside the supervised one.
    pub(super) fn beside(&self, program: &Path, stage: &str) -> Command {
        let mut beside = command(program, &self.home);
        beside.args(["run", stage, "--operations", "127.0.0.1:0"]);
        beside
    }

    /// Reads the output directly from the server, without wirefold's processes and the proxies.
    pub(super) fn output(&self) -> anyhow::Result<Examined> {
        on_the_bus(&self.servers, async |bus| Examined::read(bus).await)
    }

    /// Stores a message of the output again under another id, which must never happen.
    pub(super) fn store_again(&self, filter: &str, nth: usize) -> anyhow::Result<()> {
        on_the_bus(&self.servers, async |bus| {
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

    /// The process of a stage, once it runs.
    pub(super) fn stage(&self, name: &str) -> anyhow::Result<Pid> {
        poll(MAX_WAIT, || self.up.stage(name))
            .with_context(|| format!("no {name} runs: {}", self.up.output()))
    }

    /// Sends a signal to a stage.
    pub(super) fn signal(&self, stage: Pid, signal: Signal) {
        // It may just have ended.
        let _ = kill_process(stage, signal);
    }
}

/// One server, or those of a cluster with proxies between them.
fn servers(
    program: &Path,
    folder: &Path,
    kind: NatsFault,
) -> anyhow::Result<(Vec<Server>, Vec<Proxy>)> {
    let syncs = kind != NatsFault::PowerCut { syncs: false };
    let make = |name: &str, routes| {
        let settings = Settings { syncs, password: PASSWORD, denied: Vec::new() };
        Server::new(program, folder, name, routes, settings)
    };
    if !matches!(kind, NatsFault::Cluster(..)) {
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
    let is_there = |server: &Server| {
        server.operator().and_then(|mut wire| wire.order("STREAM.NAMES", "")).is_ok()
    };
    let are_there = poll(MAX_WAIT, || servers.iter().all(is_there).then_some(())).is_some();
    let logs: Vec<String> = servers.iter().map(Server::log).collect();
    ensure!(are_there, "the servers do not start: {}", logs.join("\n"));
    Ok(())
}
