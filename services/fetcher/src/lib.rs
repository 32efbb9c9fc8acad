//! Polls feeds, fetches article pages, reads local sources, and publishes new articles.
//!
//! In: feeds, pages, OPML lists, files, messages of NATS subjects, commands. Out: articles on
//! `WF_FETCHED`, records in `wf_feeds`.
//!
//! Each feed has a due time and a record. A poll sends the last validators, parses the answer,
//! fetches the pages of teasers if the site allows it, and publishes. It remembers the items that it
//! has seen only after all articles are stored. After a crash it repeats the rest with the same ids.
//! No feed delays another: each poll is a task with a deadline, each host has a queue of its own,
//! parsers may panic, and child processes read the pages. Several fetchers share the feeds by their hosts.
//!
//! It depends on the bus, the contract and the HTTP client, not on the command line or the
//! environment.

mod access;
mod answer;
mod article;
mod budget;
pub mod extract;
pub mod feed_address;
mod hosts;
mod interstitial;
mod interval;
mod links;
mod lists;
mod lock;
mod metrics;
pub mod opml;
mod pages;
mod poll;
mod probe;
mod publish;
mod robots;
mod schedule;
mod settings;
mod shares;
mod sites;
pub mod sources;
mod stable_hash;
mod state;
pub mod subjects;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use thiserror::Error;
use tokio_util::sync::CancellationToken;
use wirefold_flow::{BusError, Point, StageContext};
use wirefold_http_client::{Client, ClientError};

use budget::Budgets;
use hosts::Hosts;
use pages::Pages;
use poll::Poller;
use publish::Publisher;
use schedule::Scheduler;
use shares::{Membership, Share};
use state::Store;

pub use access::Access;
pub use interstitial::Interstitial;
pub use metrics::METRICS;
pub use probe::{ListProbe, Probe, ProbeError, Search, probe, probe_list};
pub use robots::Rules as RobotsRules;
pub use settings::{Budget, ConfiguredFeed, ConfiguredList, Settings};
pub use wirefold_http_client::SecretHeaders;

/// Why the fetcher ended without a stop signal.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FetcherError {
    /// The bus must be repaired before the fetcher is started again.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The HTTP client cannot be created with these settings or on this machine.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A test crashed it here.
    #[error("crashed at {0:?}")]
    Crashed(Point),
}

/// Polls feeds, reads local sources and follows subjects until `stop`, as far as they are this fetcher's
/// [share](Settings::shares_as).
///
/// # Errors
/// A [`FetcherError`] for a problem that somebody must repair. It waits until passing errors are over.
pub async fn run(
    context: StageContext,
    settings: Settings,
    stop: CancellationToken,
) -> Result<(), FetcherError> {
    let poller = poller(context, settings, stop)?;
    let Some(name) = poller.settings.shares_as.as_ref() else {
        let until = poller.stop.clone();
        return run_share(poller, until).await;
    };
    let joining = Membership::join(&poller.context, name);
    let Some(joined) = poller.stop.run_until_cancelled(joining).await else { return Ok(()) };
    let mut membership = match joined {
        Err(error @ (BusError::NotAllowed { .. } | BusError::NoStream(_))) => {
            tracing::warn!(%error, "this fetcher shares no feeds with others: repeat `wirefold setup`");
            let until = poller.stop.clone();
            return run_share(poller, until).await;
        }
        joined => joined?,
    };
    let ended = run_shares(&poller, &mut membership).await;
    membership.leave().await;
    ended
}

/// Runs with the current share, and starts again whenever other fetchers join or leave.
async fn run_shares(poller: &Poller, membership: &mut Membership) -> Result<(), FetcherError> {
    while !poller.stop.is_cancelled() {
        let share = membership.share.borrow_and_update().clone();
        let until = poller.stop.child_token();
        // All else outlasts the change, such as the times of the last requests to hosts, and their robots.txt.
        let store = Store::open(&poller.context, share)?;
        let running = run_share(Poller { store, ..poller.clone() }, until.clone());
        tokio::pin!(running);
        tokio::select! {
            biased;
            ended = &mut running => return ended,
            Ok(()) = membership.share.changed() => {}
        }
        until.cancel();
        running.await?;
    }
    Ok(())
}

/// Runs `until` the fetcher stops or its share changes: then polls under way may end.
async fn run_share(poller: Poller, until: CancellationToken) -> Result<(), FetcherError> {
    let (context, settings) = (poller.context.clone(), poller.settings.clone());
    let leads = poller.store.share.leads();
    let feeds = poll_feeds(poller, until.clone());
    if !leads {
        return feeds.await;
    }
    let sources = sources::run(&context, settings.sources.clone(), until.clone());
    let subjects = subjects::run(&context, settings.subjects.clone(), until);
    let sources = async { sources.await.map_err(FetcherError::from) };
    tokio::try_join!(feeds, sources, subjects)?;
    Ok(())
}

async fn poll_feeds(poller: Poller, until: CancellationToken) -> Result<(), FetcherError> {
    match until.run_until_cancelled(Scheduler::load(Arc::new(poller))).await {
        Some(loaded) => loaded?.run(until).await,
        None => Ok(()),
    }
}

/// A poller of all feeds.
fn poller(
    context: StageContext,
    settings: Settings,
    stop: CancellationToken,
) -> Result<Poller, FetcherError> {
    let client = client(&settings)?;
    let clock = context.clock.clone();
    let hosts = Hosts::new(clock.clone(), &settings);
    let budgets = Arc::new(Budgets::new(settings.budget.clone()));
    let settings = Arc::new(settings);
    let started = clock.now();
    let pages = Pages::new(client.clone(), hosts.clone(), clock, &settings);
    pages.log_sandbox();
    Ok(Poller {
        store: Store::open(&context, Share::alone())?,
        publisher: Publisher::new(context.clone())?,
        settings,
        context,
        client,
        hosts,
        pages: Arc::new(pages),
        shared: Arc::default(),
        budgets,
        parse_gate: Arc::default(),
        started,
        stop,
    })
}

fn client(settings: &Settings) -> Result<Client, ClientError> {
    Client::new(wirefold_http_client::Settings {
        user_agent: settings.user_agent.clone(),
        allow: settings.allow.clone(),
        allow_hosts: settings.allow_hosts.clone(),
        ..wirefold_http_client::Settings::default()
    })
}

/// Crashes the fetcher if a test wants that at this point.
fn check_fail_point(context: &StageContext, point: Point) -> Result<(), FetcherError> {
    match context.fail_points.crashes_at(point) {
        true => Err(FetcherError::Crashed(point)),
        false => Ok(()),
    }
}
