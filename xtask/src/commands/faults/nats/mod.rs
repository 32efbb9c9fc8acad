//! Faults over NATS: the real binary as processes with a real server, with a proxy on every connection.

mod proxy;
pub(in crate::commands) mod server;
mod site;
mod strike;
mod wire;

use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;
use wirefold_proto::streams::OUTPUT;
use wirefold_score::Random;

use super::examine::{Control, complains, verify_complains};
use super::fault::{Fault, HowLong, NatsFault};
use super::pusher::{Pusher, articles, wait_for_alerts};
use super::shim::{Setting, Shim};
use super::{Found, Programs, Skipped};
use crate::machine::Stopwatch;
use site::Site;
use strike::NatsFaultRun;

/// The fault comes after at least this many articles, and at most this many more.
const BEFORE: usize = 40;
const MORE: usize = 60;
/// Messages that left a stream are reported after this time: the pruner checks every five seconds.
const SAYING: Duration = Duration::from_secs(15);

/// Runs a fault.
pub(super) fn play(
    programs: Programs<'_>,
    (fault, kind): (&Fault, NatsFault),
    seed: u64,
    control: &Control,
) -> anyhow::Result<Found> {
    if kind == NatsFault::OtherVersion && programs.other.is_none() {
        let why = "--other FILE names no binary of another version";
        return Err(Skipped(why.to_owned()).into());
    }
    let folder = tempfile::tempdir()?;
    let mut random = Random::for_purpose(seed, fault.name);
    let mut shim = Shim::build(folder.path())?;
    if let Some(words) = strike::only_for(kind, &mut random) {
        shim = shim.only_for(&words);
    }
    if let NatsFault::Clocks(seconds, _, HowLong::Always) = kind {
        shim.set(Setting::Clock, seconds)?;
    }
    let mut site = Site::open(programs, folder.path(), kind, &shim)?;
    let articles = articles(seed);
    let before = BEFORE + random.below(MORE);
    let pusher = Pusher::new(&site.up.page, &articles);
    let (recovery, _left) = pusher.push_while(|| {
        pusher.wait_for(before)?;
        let mut striking = NatsFaultRun {
            site: &mut site,
            random: &mut random,
            shim: &shim,
            scratch: folder.path(),
        };
        let left = striking.strike(kind)?;
        Ok((pusher.recovery(&mut site.up, control, &Stopwatch::start()), left))
    })?;
    let acknowledged = pusher.acknowledged();
    wait_for_alerts(&mut site.up, &mut site.receiver, acknowledged.len(), control);
    forge(&site, kind, &acknowledged, &mut random)?;
    examine(&mut site, &acknowledged, control, recovery)
}

/// Carries out the faults that check the examiner.
fn forge(
    site: &Site<'_>,
    kind: NatsFault,
    acknowledged: &[String],
    random: &mut Random,
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
            let nth = random.below(acknowledged.len());
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
    let said = complains(&site.up.output()) || verify_complains(site.programs.tested, &site.home)?;
    let log = site.up.output();
    Ok(Found { difference, said, recovery, log, ..Found::default() })
}
