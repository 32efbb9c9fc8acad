//! Faults over NATS: the real binary as processes over a real server, with a proxy on every connection.

mod deed;
mod list;
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
use super::dice::Dice;
use super::examine::Control;
use super::fault::Fault;
use super::play::{DISK, Found, Outcome, complains};
use super::pushing::{Pushing, articles, wait_for_alerts};
use super::shim::{Setting, Shim};
use crate::commands::bench::machine::Stopwatch;
use deed::HowLong;
use server::Settings;
use site::{Plan, Site};
use strike::Striking;

pub(super) use deed::NatsDeed;
pub(super) use list::FAULTS;

/// The fault comes after at least so many articles, and at most so many more.
const BEFORE: usize = 40;
const MORE: u64 = 60;
/// What `setup --repair` sets going is over after so long.
const REPAIR: Duration = Duration::from_secs(15);
/// What left a stream is said after so long: the pruner looks every five seconds.
const SAYING: Duration = Duration::from_secs(15);

/// Plays a fault.
pub(super) fn play(
    programs: Programs<'_>,
    (fault, deed): (&Fault, NatsDeed),
    seed: u64,
    control: &Control,
) -> anyhow::Result<Outcome> {
    if deed == NatsDeed::OtherVersion && programs.other.is_none() {
        return Ok(Outcome::Skipped("--other FILE names no binary of another version".to_owned()));
    }
    let folder = tempfile::tempdir()?;
    let mut dice = Dice::new(seed, fault.name);
    let mut shim = Shim::build(folder.path())?;
    if let Some(words) = strike::only_for(deed, &mut dice) {
        shim = shim.only_for(&words);
    }
    if let NatsDeed::Clocks(seconds, _, HowLong::Always) = deed {
        shim.set(Setting::Clock, seconds)?;
    }
    let mut site = match Site::open(programs, folder.path(), &plan(deed, &shim))? {
        Ok(site) => site,
        Err(why) => return Ok(Outcome::Skipped(why)),
    };
    let articles = articles(seed);
    let before = BEFORE + usize::try_from(dice.below(MORE))?;
    let pushing = Pushing::new(&site.up.page, &articles);
    let (recovery, _left) = std::thread::scope(|scope| {
        scope.spawn(|| pushing.push());
        let struck = (|| {
            pushing.wait_for(before)?;
            let mut striking =
                Striking { site: &mut site, dice: &mut dice, shim: &shim, scratch: folder.path() };
            let left = striking.strike(deed)?;
            anyhow::Ok((pushing.recovery(&mut site.up, control), left))
        })();
        if struck.is_err() {
            pushing.stop();
        }
        struck
    })?;
    let acknowledged = pushing.acknowledged();
    wait_for_alerts(&mut site.up, &mut site.receiver, acknowledged.len(), control);
    forge(&site, deed, &acknowledged, &mut dice)?;
    let found = examine(&mut site, &acknowledged, control, recovery)?;
    Ok(Outcome::Played(Box::new(found)))
}

fn plan(deed: NatsDeed, shim: &Shim) -> Plan {
    let mut settings = Settings::SHIPPED;
    settings.syncs = deed != NatsDeed::PowerCut { syncs: false };
    Plan {
        settings,
        replicas: match deed {
            NatsDeed::Cluster(_, replicas) => Some(replicas),
            _ => None,
        },
        disk: matches!(deed, NatsDeed::PowerCut { .. } | NatsDeed::DiskFull).then_some(DISK),
        environment: match deed {
            NatsDeed::Clocks(..) => shim.environment(),
            _ => Vec::new(),
        },
    }
}

/// What the controls of the examiner do.
fn forge(
    site: &Site<'_>,
    deed: NatsDeed,
    acknowledged: &[String],
    dice: &mut Dice,
) -> anyhow::Result<()> {
    match deed {
        NatsDeed::ForgetOne => {
            // One that nobody looks at any more: the article itself, not what changed about its story.
            let filter = json!({ "last_by_subj": ARTICLES });
            let mut wire = site.operator()?;
            let get = format!("STREAM.MSG.GET.{}", OUTPUT.name);
            let last = wire.order(&get, &filter.to_string())?;
            let sequence = last["message"]["seq"].as_u64().context("no output")?;
            let body = json!({ "seq": sequence }).to_string();
            wire.order(&format!("STREAM.MSG.DELETE.{}", OUTPUT.name), &body)?;
            Ok(())
        }
        NatsDeed::StoreTwice => {
            let nth = dice.index(acknowledged.len());
            site.store_again(ARTICLES, nth)
        }
        _ => Ok(()),
    }
}

/// The articles of the output.
const ARTICLES: &str = "wirefold.v1.output.article.>";

fn examine(
    site: &mut Site<'_>,
    acknowledged: &[String],
    control: &Control,
    recovery: Option<f64>,
) -> anyhow::Result<Found> {
    let mut difference = site.output()?.differs(acknowledged, &site.receiver, control);
    if !difference.lost.is_empty() || !difference.untold.is_empty() {
        let watch = Stopwatch::start();
        site.up.until(|up| complains(&up.said()) || watch.elapsed() > SAYING);
    }
    let said = complains(&site.up.said()) || site.verify_complains()?;
    let missing = difference.lost.len();
    if missing > 0 {
        // What was decided and whose output is gone is made again: by the enricher, a moment later.
        let _ = site.run(&["setup", "--repair"])?;
        let watch = Stopwatch::start();
        while !difference.lost.is_empty() && watch.elapsed() < REPAIR {
            difference = site.output()?.differs(acknowledged, &site.receiver, control);
        }
        wait_for_alerts(&mut site.up, &mut site.receiver, acknowledged.len(), control);
        difference = site.output()?.differs(acknowledged, &site.receiver, control);
    }
    let repaired = missing.saturating_sub(difference.lost.len());
    let log = site.up.said();
    Ok(Found { difference, said, recovery, repaired, log, ..Found::default() })
}
