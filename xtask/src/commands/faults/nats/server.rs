//! A nats-server with its own store, whose settings can change while it runs.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::ensure;
use rustix::process::{Signal, kill_process};
use wirefold_flow::Bus;

use super::wire::Wire;
use crate::machine::poll;
use crate::running::Process;
use crate::{examiner, port};

/// The user of wirefold's processes.
pub(in crate::commands) const USER: &str = "wirefold";
/// Its initial password.
pub(in crate::commands) const PASSWORD: &str = "of-wirefold";
/// The user that causes faults and examines.
pub(in crate::commands) const OPERATOR: &str = "operator";
/// The operator's password.
pub(in crate::commands) const OPERATOR_PASSWORD: &str = "of-the-operator";
/// A server that takes longer does not start.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// The settings that the operator may change.
#[derive(Clone)]
pub(in crate::commands) struct Settings {
    /// Whether acknowledged messages are synced to the disk, as we ship it.
    pub(in crate::commands) syncs: bool,
    pub(in crate::commands) password: &'static str,
    /// The subjects on which wirefold may not publish.
    pub(in crate::commands) denied: Vec<String>,
}

/// The routes of a server in a cluster.
pub(in crate::commands) struct Routes {
    /// The address on which it listens for the others.
    pub(in crate::commands) listen: SocketAddr,
    /// The address under which the others reach it: a proxy.
    pub(in crate::commands) advertise: SocketAddr,
    /// The addresses of the others: proxies.
    pub(in crate::commands) others: Vec<SocketAddr>,
}

/// A server. It is killed when it is dropped.
pub(in crate::commands) struct Server {
    program: PathBuf,
    /// The folder of its configuration and log.
    folder: PathBuf,
    /// The folder of its store.
    pub(in crate::commands) store: PathBuf,
    pub(in crate::commands) address: SocketAddr,
    name: String,
    routes: Option<Routes>,
    pub(in crate::commands) settings: Settings,
    child: Option<Process>,
}

impl Server {
    pub(in crate::commands) fn new(
        program: &Path,
        folder: &Path,
        name: &str,
        routes: Option<Routes>,
        settings: Settings,
    ) -> Server {
        Server {
            program: program.to_owned(),
            store: folder.join(name).join("store"),
            folder: folder.join(name),
            address: SocketAddr::from(([127, 0, 0, 1], port::free())),
            name: name.to_owned(),
            routes,
            settings,
            child: None,
        }
    }

    /// Starts it. `is_there` waits for it: a single server of a cluster is never ready.
    pub(in crate::commands) fn start(&mut self) -> anyhow::Result<()> {
        self.configure()?;
        let log = File::options().create(true).append(true).open(self.folder.join("log"))?;
        let mut command = Command::new(&self.program);
        command.arg("-c").arg(self.folder.join("nats.conf")).stdin(Stdio::null());
        self.child = Some(Process(command.stdout(Stdio::null()).stderr(log).spawn()?));
        Ok(())
    }

    /// Starts it and waits until it stores streams.
    pub(in crate::commands) fn start_and_wait(&mut self) -> anyhow::Result<()> {
        self.start()?;
        let operator = || self.operator().and_then(|mut it| it.order("INFO", "")).ok();
        let is_there = poll(MAX_WAIT, operator).is_some();
        ensure!(is_there, "{} does not start: {}", self.name, self.log());
        Ok(())
    }

    /// Its log.
    pub(in crate::commands) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// A connection of the operator.
    pub(super) fn operator(&self) -> anyhow::Result<Wire> {
        Wire::open(&self.address.to_string(), OPERATOR, OPERATOR_PASSWORD)
    }

    /// Sets a new folder, after its disk was mounted elsewhere.
    pub(in crate::commands) fn moved_to(&mut self, folder: &Path) {
        self.folder = folder.join(&self.name);
        self.store = self.folder.join("store");
    }

    /// Kills it immediately.
    pub(in crate::commands) fn kill(&mut self) {
        self.child = None;
    }

    pub(in crate::commands) fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        match &self.child {
            Some(child) => Ok(kill_process(child.id(), signal)?),
            None => Ok(()),
        }
    }

    /// Reloads it with other settings.
    pub(in crate::commands) fn change(&mut self, settings: Settings) -> anyhow::Result<()> {
        self.settings = settings;
        self.configure()?;
        self.signal(Signal::HUP)
    }

    fn configure(&self) -> anyhow::Result<()> {
        let Self { address, name, store, .. } = self;
        let Settings { syncs, password, denied } = &self.settings;
        let always = if *syncs { ", sync_interval: always" } else { "" };
        let permissions = format!(", permissions: {{ publish: {{ deny: {denied:?} }} }}");
        let denied = if denied.is_empty() { "" } else { &permissions };
        let mut text = format!(
            "listen: \"{address}\"\nserver_name: {name}\n\
             jetstream {{ store_dir: {store:?}, max_mem: 64MB, max_file: 1TB{always} }}\n\
             authorization {{ users: [\n\
             {{ user: {USER}, password: {password:?}{denied} }}\n\
             {{ user: {OPERATOR}, password: {OPERATOR_PASSWORD:?} }}\n] }}\n"
        );
        if let Some(Routes { listen, advertise, others }) = &self.routes {
            let others: Vec<String> =
                others.iter().map(|it| format!("nats-route://{it}")).collect();
            text += &format!(
                "cluster {{ name: faults, listen: \"{listen}\", advertise: \"{advertise}\", \
                 no_advertise: true, pool_size: -1, routes: {others:?} }}\n"
            );
        }
        fs::create_dir_all(&self.folder)?;
        Ok(fs::write(self.folder.join("nats.conf"), text)?)
    }
}

/// Works as the operator on the bus of these servers, without wirefold's processes.
pub(in crate::commands) fn on_the_bus<'a, T>(
    servers: impl IntoIterator<Item = &'a Server>,
    work: impl AsyncFnOnce(&dyn Bus) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let urls: Vec<String> =
        servers.into_iter().map(|it| format!("nats://{}", it.address)).collect();
    examiner::on_the_bus(urls.join(","), "examiner", [OPERATOR, OPERATOR_PASSWORD], work)
}
