//! Faults over NATS: the real binary as processes with a real server, with a proxy on every connection.

mod proxy;
mod server;
mod site;
mod strike;
mod wire;

use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;
use wirefold_proto::streams::OUTPUT;

use super::Programs;
use super::complaints::complains;
use super::disk::DISK;
use super::examine::Control;
use super::fault::Fault;
use super::found::{Found, Outcome};
use super::nats_fault::{HowLong, NatsFault};
use super::pusher::{Pusher, articles, wait_for_alerts};
use super::random::RunRandom;
use super::shim::{Setting, Shim};
use crate::machine::Stopwatch;
use server::Settings;
use site::{Plan, Site};
use strike::NatsFaultRun;

/// The fault comes after at least this many articles, and at most this many more.
const BEFORE: usize = 40;
const MORE: u64 = 60;
/// Messages that left a stream are reported after this time: the pruner checks every five seconds.
const SAYING: Duration = Duration::from_secs(15);

/// Runs a fault.
pub(super) fn play(
    programs: Programs<'_>,
    (fault, kind): (&Fault, NatsFault),
    seed: u64,
    control: &Control,
) -> anyhow::Result<Outcome> {
    if kind == NatsFault::OtherVersion && programs.other.is_none() {
        return Ok(Outcome::Skipped("--other FILE names no binary of another version".to_owned()));
    }
    let folder = tempfile::tempdir()?;
    let mut random = RunRandom::new(seed, fault.name);
    let mut shim = Shim::build(folder.path())?;
    if let Some(words) = strike::only_for(kind, &mut random) {
        shim = shim.only_for(&words);
    }
    if let NatsFault::Clocks(seconds, _, HowLong::Always) = kind {
        shim.set(Setting::Clock, seconds)?;
    }
    let mut site = match Site::open(programs, folder.path(), &plan(kind, &shim))? {
        Ok(site) => site,
        Err(why) => return Ok(Outcome::Skipped(why)),
    };
    let articles = articles(seed);
    let before = BEFORE + usize::try_from(random.below(MORE))?;
    let pusher = Pusher::new(&site.up.page, &articles);
    let (recovery, _left) = std::thread::scope(|scope| {
        scope.spawn(|| pusher.push());
        let struck = (|| {
            pusher.wait_for(before)?;
            let mut striking = NatsFaultRun {
                site: &mut site,
                random: &mut random,
                shim: &shim,
                scratch: folder.path(),
            };
            let left = striking.strike(kind)?;
            anyhow::Ok((pusher.recovery(&mut site.up, control), left))
        })();
        if struck.is_err() {
            pusher.stop();
        }
        struck
    })?;
    let acknowledged = pusher.acknowledged();
    wait_for_alerts(&mut site.up, &mut site.receiver, acknowledged.len(), control);
    forge(&site, kind, &acknowledged, &mut random)?;
    let found = examine(&mut site, &acknowledged, control, recovery)?;
    Ok(Outcome::Played(Box::new(found)))
}

fn plan(kind: NatsFault, shim: &Shim) -> Plan {
    let mut settings = Settings::SHIPPED;
    settings.syncs = kind != NatsFault::PowerCut { syncs: false };
    Plan {
        settings,
        replicas: match kind {
            NatsFault::Cluster(_, replicas) => Some(replicas),
            _ => None,
        },
        disk: matches!(kind, NatsFault::PowerCut { .. } | NatsFault::DiskFull).then_some(DISK),
        environment: match kind {
            NatsFault::Clocks(..) => shim.environment(),
            _ => Vec::new(),
        },
    }
}

/// Carries out the faults that check the examiner.
fn forge(
    site: &Site<'_>,
    kind: NatsFault,
    acknowledged: &[String],
    random: &mut RunRandom,
) -> anyhow::Result<()> {
    match kind {
        NatsFault::ForgetOne => {
            // The article itself, which no process reads any more, not a change of its story.
            let filter = json!({ "last_by_subj": ARTICLES });
            let mut wire = site.operator()?;
            let get = format!("STREAM.MSG.GET.{}", OUTPUT.name);
            let last = wire.order(&get, &filter.to_string())?;
            let sequence = last["message"]["seq"].as_u64().context("no output")?;
            let body = json!({ "seq": sequence }).to_string();
            wire.order(&format!("STREAM.MSG.DELETE.{}", OUTPUT.name), &body)?;
            Ok(())
        }
        NatsFault::StoreTwice => {
            let nth = random.index(acknowledged.len());
            site.store_again(ARTICLES, nth)
        }
        _ => Ok(()),
    }
}

/// The subject of articles in the output.
const ARTICLES: &str = "wirefold.v1.output.article.>";

fn examine(
    site: &mut Site<'_>,
    acknowledged: &[String],
    control: &Control,
    recovery: Option<f64>,
) -> anyhow::Result<Found> {
    let difference = site.output()?.differs(acknowledged, &site.receiver, control);
    if !difference.lost.is_empty() || !difference.untold.is_empty() {
        let watch = Stopwatch::start();
        site.up.until(|up| complains(&up.output()) || watch.elapsed() > SAYING);
    }
    let said = complains(&site.up.output()) || site.verify_complains()?;
    let log = site.up.output();
    Ok(Found { difference, said, recovery, log, ..Found::default() })
}
