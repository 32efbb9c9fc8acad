//! Causes each fault over NATS, and ends it if it is temporary.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use rustix::process::{Pid, Signal};
use serde_json::Value;
use wirefold_proto::streams::{ALERTS, ENRICHED, FETCHED, OUTPUT, Stream};
use wirefold_score::Random;

use super::super::fault::{HowLong, NatsFault, Network, ProcessFault, Right, Where, Who};
use super::super::pause;
use super::super::play::starve;
use super::super::shim::{Setting, Shim};
use super::server::Server;
use super::site::{STAGES, Site};
use crate::commands::run_command;
use crate::running::Process;
use crate::tree;

/// The streams that may be damaged.
const STREAMS: [Stream; 4] = [FETCHED, ENRICHED, OUTPUT, ALERTS];
/// The stages that may run twice.
const DOUBLED: [&str; 3] = ["detector", "enricher", "alerter"];
/// The subjects that an operator may deny by mistake.
const DENIED: [&[&str]; 6] = [
    &["wirefold.v1.article.fetched.>"],
    &["wirefold.v1.article.enriched", "wirefold.v1.article.enriched.>"],
    &["wirefold.v1.output.>"],
    &["wirefold.v1.alert.>"],
    &["$JS.ACK.>"],
    &["$JS.API.CONSUMER.MSG.NEXT.>", "$JS.API.DIRECT.GET.>"],
];

/// Causes faults at a site.
pub(super) struct NatsFaultRun<'s, 'p> {
    pub(super) site: &'s mut Site<'p>,
    pub(super) random: &'s mut Random,
    /// The library between wirefold's processes and the system.
    pub(super) shim: &'s Shim,
    /// A folder for files of the run.
    pub(super) scratch: &'s Path,
}

impl NatsFaultRun<'_, '_> {
    /// Causes a fault and ends it. Returns the processes that it leaves running.
    pub(super) fn strike(&mut self, kind: NatsFault) -> anyhow::Result<Vec<Process>> {
        let mut left = Vec::new();
        match kind {
            NatsFault::KillStage => {
                let stage = self.any_stage()?;
                self.site.signal(stage, Signal::KILL);
            }
            NatsFault::KillServer => self.kill_server(0)?,
            NatsFault::PowerCut { syncs } => self.cut_power(syncs)?,
            NatsFault::DiskFull => self.fill_disk()?,
            NatsFault::Suspend(who) => self.suspend(who)?,
            NatsFault::Network(how) => self.break_network(how)?,
            NatsFault::Rights(right) => self.change_rights(right)?,
            NatsFault::DeleteConsumer => self.delete_consumer()?,
            NatsFault::DeleteStream => self.delete_stream()?,
            NatsFault::PurgeStream => {
                let stream = self.any_stream();
                self.site.operator()?.order(&format!("STREAM.PURGE.{}", stream.name), "")?;
            }
            NatsFault::RollBackStream => {
                let stream = self.any_stream();
                self.roll_back(Some(stream))?;
            }
            NatsFault::RollBackStore => self.roll_back(None)?,
            NatsFault::TwoDetectors(strike) => left.push(self.two_detectors(strike)?),
            NatsFault::Cluster(strike, _) => self.strike_leader(strike)?,
            NatsFault::Clocks(seconds, _, HowLong::AWhile) => {
                self.shim.set(Setting::Clock, seconds)?;
                self.wait(2_000, 3_000);
                self.shim.set(Setting::Clock, 0)?;
            }
            NatsFault::OtherVersion => left = self.other_version()?,
            NatsFault::OutOfMemory => {
                let stage = self.any_stage()?;
                starve(stage)?;
            }
            // Clocks that are always wrong were wrong from the start.
            NatsFault::Clocks(.., HowLong::Always)
            | NatsFault::ForgetOne
            | NatsFault::StoreTwice => {}
        }
        Ok(left)
    }

    fn wait(&mut self, least: usize, more: usize) {
        pause(self.random, least, more);
    }

    fn any_stream(&mut self) -> Stream {
        *self.random.pick(&STREAMS)
    }

    fn any_stage(&mut self) -> anyhow::Result<Pid> {
        let name = *self.random.pick(&STAGES);
        self.site.stage(name)
    }

    fn kill_server(&mut self, number: usize) -> anyhow::Result<()> {
        self.site.servers[number].kill();
        self.wait(0, 4_000);
        match self.site.servers.len() {
            1 => self.site.servers[number].start_and_wait(),
            _ => self.site.servers[number].start(),
        }
    }

    fn cut_power(&mut self, syncs: bool) -> anyhow::Result<()> {
        let disk = self.site.disks.last().context("the store has a disk of its own")?;
        let server = &mut self.site.servers[0];
        server.signal(Signal::STOP)?;
        let cut = disk.after_a_power_cut();
        server.kill();
        let cut = cut?;
        server.moved_to(cut.path());
        self.site.disks.push(cut);
        self.wait(0, 2_000);
        self.site.servers[0].start_and_wait()?;
        // Without syncs even the streams are gone.
        if !syncs {
            self.site.set_up()?;
        }
        Ok(())
    }

    /// A server stores nothing after a full disk until it is restarted, which the operator does.
    fn fill_disk(&mut self) -> anyhow::Result<()> {
        let disk = self.site.disks.last().context("the store has a disk of its own")?;
        disk.fill(|| pause(self.random, 3_000, 4_000))?;
        self.site.servers[0].kill();
        self.site.servers[0].start_and_wait()
    }

    fn suspend(&mut self, who: Who) -> anyhow::Result<()> {
        match who {
            Who::Server => {
                self.site.servers[0].signal(Signal::STOP)?;
                self.wait(2_000, 20_000);
                self.site.servers[0].signal(Signal::CONT)
            }
            Who::Stage => {
                let stage = self.any_stage()?;
                self.site.signal(stage, Signal::STOP);
                self.wait(2_000, 20_000);
                self.site.signal(stage, Signal::CONT);
                Ok(())
            }
        }
    }

    fn break_network(&mut self, how: Network) -> anyhow::Result<()> {
        let network = match how {
            Network::Slow(most) => Network::Slow(1 + self.random.below(most)),
            broken => broken,
        };
        // One client in half of the runs, all clients in the others.
        let names = self.site.proxies[0].names();
        let one = self.random.pick(&names);
        let name = (self.random.below(2) == 0).then_some(one.as_str());
        let broken: usize = self.site.proxies.iter().map(|proxy| proxy.set(network, name)).sum();
        self.wait(1_000, 9_000);
        self.site.proxies.iter().for_each(|proxy| _ = proxy.set(Network::Whole, None));
        let is_slow = matches!(network, Network::Slow(_));
        ensure!(broken > 0 || is_slow, "no connection broke");
        Ok(())
    }

    fn change_rights(&mut self, right: Right) -> anyhow::Result<()> {
        let denied = *self.random.pick(&DENIED);
        let server = &mut self.site.servers[0];
        let before = server.settings.clone();
        let mut changed = before.clone();
        match right {
            Right::Permission => {
                changed.denied = denied.iter().map(|it| (*it).to_owned()).collect();
            }
            Right::Password => changed.password = "of-somebody-else",
        }
        server.change(changed)?;
        self.wait(2_000, 6_000);
        self.site.servers[0].change(before)
    }

    fn delete_consumer(&mut self) -> anyhow::Result<()> {
        let mut wire = self.site.operator()?;
        let mut all = Vec::new();
        for stream in STREAMS {
            let answer = wire.order(&format!("CONSUMER.LIST.{}", stream.name), "")?;
            let consumers = answer["consumers"].as_array().cloned().unwrap_or_default();
            let durable = consumers.iter().filter_map(|it| it["config"]["durable_name"].as_str());
            all.extend(durable.map(|name| format!("{}.{name}", stream.name)));
        }
        ensure!(!all.is_empty(), "no stream has a durable consumer");
        let one = self.random.pick(&all);
        wire.order(&format!("CONSUMER.DELETE.{one}"), "")?;
        Ok(())
    }

    fn delete_stream(&mut self) -> anyhow::Result<()> {
        let stream = self.any_stream();
        self.site.operator()?.order(&format!("STREAM.DELETE.{}", stream.name), "")?;
        self.wait(500, 5_000);
        self.site.set_up()
    }

    /// Copies the store, waits for more articles, and puts back the copy, or one stream of it.
    fn roll_back(&mut self, stream: Option<Stream>) -> anyhow::Result<()> {
        let (store, kept) = (self.site.servers[0].store.clone(), self.scratch.join("older"));
        self.site.servers[0].signal(Signal::STOP)?;
        let copied = copy(&store, &kept);
        self.site.servers[0].signal(Signal::CONT)?;
        copied?;
        self.wait(1_000, 3_000);
        self.site.servers[0].kill();
        match stream {
            None => replace(&kept, &store)?,
            Some(stream) => {
                let of = |below: &Path| {
                    find(below, stream.name)
                        .with_context(|| format!("no folder of {}", stream.name))
                };
                replace(&of(&kept)?, &of(&store)?)?;
            }
        }
        self.site.servers[0].start_and_wait()
    }

    /// Starts a second stage beside the supervised one.
    fn start_beside(&self, program: &Path, stage: &str) -> anyhow::Result<Process> {
        let log = fs::File::create(self.scratch.join(format!("beside-{stage}.log")))?;
        let mut beside = self.site.beside(program, stage);
        Ok(Process(beside.stdout(Stdio::null()).stderr(log).spawn()?))
    }

    /// Starts a second detector, which stands by while the supervised one leads.
    fn two_detectors(&mut self, strike: ProcessFault) -> anyhow::Result<Process> {
        let child = self.start_beside(self.site.programs.tested, "detector")?;
        self.wait(1_500, 500);
        let leader = self.site.stage("detector")?;
        match strike {
            ProcessFault::Freeze => {
                self.site.signal(leader, Signal::STOP);
                self.wait(5_000, 5_000);
                self.site.signal(leader, Signal::CONT);
            }
            ProcessFault::Isolate => {
                // Both have the name detector, so both are cut off.
                for proxy in &self.site.proxies {
                    proxy.set(Network::HalfOpen, Some("detector"));
                    proxy.set(Network::Whole, None);
                }
            }
            ProcessFault::Kill | ProcessFault::Move => self.site.signal(leader, Signal::KILL),
        }
        Ok(child)
    }

    /// A rolling update that is reverted: stages of the other version stand by and take over, and then the
    /// first ones take over again.
    fn other_version(&mut self) -> anyhow::Result<Vec<Process>> {
        let mut children = Vec::new();
        let program = self.site.programs.other.context("no binary of another version")?;
        for stage in DOUBLED {
            children.push(self.start_beside(program, stage)?);
        }
        self.wait(2_000, 1_000);
        for stage in DOUBLED {
            let ours = self.site.stage(stage)?;
            self.site.signal(ours, Signal::KILL);
        }
        self.wait(4_000, 4_000);
        for (stage, other) in DOUBLED.iter().zip(&mut children) {
            ensure!(other.is_alive(), "the {stage} of the other version ended");
            other.kill();
        }
        self.wait(2_000, 1_000);
        Ok(children)
    }

    fn strike_leader(&mut self, strike: ProcessFault) -> anyhow::Result<()> {
        let stream = self.any_stream();
        let mut wire = self.site.operator()?;
        let info = wire.order(&format!("STREAM.INFO.{}", stream.name), "")?;
        let leader = info["cluster"]["leader"].as_str().context("nobody leads")?.to_owned();
        let number: usize = leader.trim_start_matches('s').parse()?;
        match strike {
            ProcessFault::Kill => self.kill_server(number),
            ProcessFault::Freeze => {
                self.site.servers[number].signal(Signal::STOP)?;
                self.wait(2_000, 10_000);
                self.site.servers[number].signal(Signal::CONT)
            }
            ProcessFault::Move => {
                for led in STREAMS {
                    // With one replica no other server can lead.
                    let _ = wire.ask(&format!("STREAM.LEADER.STEPDOWN.{}", led.name), "");
                }
                Ok(())
            }
            ProcessFault::Isolate => self.isolate(number),
        }
    }

    /// Cuts this server off from the others. Its clients still reach it.
    fn isolate(&mut self, number: usize) -> anyhow::Result<()> {
        let id = server_id(&self.site.servers[number])?;
        for (other, route) in self.site.routes.iter().enumerate() {
            let only = (other != number).then_some(id.as_str());
            route.set(Network::Cut, only);
        }
        self.wait(5_000, 10_000);
        self.site.routes.iter().for_each(|route| _ = route.set(Network::Whole, None));
        Ok(())
    }
}

/// The name of a server in the cluster.
fn server_id(server: &Server) -> anyhow::Result<String> {
    let wire = server.operator()?;
    match &wire.server["server_id"] {
        Value::String(id) => Ok(id.clone()),
        _ => anyhow::bail!("a server without an id"),
    }
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    run_command(Command::new("cp").arg("-r").args([from, to]))
}

fn replace(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::remove_dir_all(to)?;
    copy(from, to)
}

/// The folder with this name at any depth.
fn find(below: &Path, name: &str) -> Option<PathBuf> {
    let folders = tree::entries(below).ok()?.into_iter().filter(|path| path.is_dir());
    folders.into_iter().find_map(|path| match path.ends_with(name) {
        true => Some(path),
        false => find(&path, name),
    })
}

/// The process to which wrong clocks are limited, if it is only one.
pub(super) fn only_for(kind: NatsFault, random: &mut Random) -> Option<String> {
    match kind {
        NatsFault::Clocks(_, Where::OneStage, _) => Some(format!("run {}", random.pick(&STAGES))),
        _ => None,
    }
}
