//! Polls feeds, fetches article pages, reads local sources, and publishes new articles.
//!
//! In: feeds, pages, OPML lists, files, messages of NATS subjects, commands. Out: articles on
//! `WF_FETCHED`, records in `wf_feeds`.
//!
//! Each feed has a due time and a record. A poll sends the last validators, parses the answer,
//! fetches the pages of teasers if the site allows it, and publishes. It remembers the items that it
//! has seen only after all articles are stored. After a crash it repeats the rest with the same ids.
//! No feed delays another: each poll is a task with a deadline, each host has a queue of its own,
//! parsers may panic, and child processes read the pages.
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
mod metrics;
pub mod opml;
mod pages;
mod poll;
mod probe;
mod publish;
mod robots;
mod schedule;
mod settings;
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
use poll::{FeedLocks, ParseGate, Poller, Shared};
use publish::Publisher;
use schedule::Scheduler;
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

/// Polls feeds, reads local sources and follows subjects until `stop`.
///
/// # Errors
/// A [`FetcherError`] for a problem that somebody must repair. It waits until passing errors are over.
pub async fn run(
    context: StageContext,
    settings: Settings,
    stop: CancellationToken,
) -> Result<(), FetcherError> {
    let sources = sources::run(&context, settings.sources.clone(), stop.clone());
    let subjects = subjects::run(&context, settings.subjects.clone(), stop.clone());
    let feeds = poll_feeds(context.clone(), settings, stop.clone());
    let sources = async { sources.await.map_err(FetcherError::from) };
    tokio::try_join!(feeds, sources, subjects)?;
    Ok(())
}

async fn poll_feeds(
    context: StageContext,
    settings: Settings,
    stop: CancellationToken,
) -> Result<(), FetcherError> {
    let client = client(&settings)?;
    let clock = context.clock.clone();
    let hosts = Hosts::new(clock.clone(), &settings);
    let budgets = Budgets::new(settings.budget.clone());
    let settings = Arc::new(settings);
    let pages = Pages::new(client.clone(), hosts.clone(), clock, &settings);
    pages.log_sandbox();
    let poller = Poller {
        store: Store::open(&context)?,
        publisher: Publisher::new(context.clone())?,
        settings,
        context,
        client,
        hosts,
        pages,
        shared: Shared::default(),
        budgets,
        feed_locks: FeedLocks::default(),
        parse_gate: ParseGate::default(),
        stop,
    };
    Scheduler::load(Arc::new(poller)).await?.run().await
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
