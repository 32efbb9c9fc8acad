//! Polls feeds, fetches article pages, reads local sources, and publishes what is new.
//!
//! Each feed has a time at which it is due and a record in `wf_feeds`. A poll asks with the last
//! validators, parses, gives items that only tease the text of their page where the site allows
//! it, publishes, and only once everything is stored remembers what it has seen. Whatever breaks
//! in between is done again under the same ids. One feed never delays another: polls are tasks of
//! their own with a deadline, hosts have lanes, parsers run where they may panic, pages are read in
//! child processes.
//!
//! It knows the bus, the contract and the HTTP client; never the command line, the environment, or what
//! becomes of its articles.

mod access;
mod answer;
mod article;
mod backfill;
mod budget;
mod discovery;
pub mod extract;
mod feed;
pub mod feed_address;
mod hosts;
mod interval;
mod links;
mod lists;
mod metrics;
pub mod opml;
mod pages;
mod poll;
mod probe;
mod publish;
mod schedule;
mod settings;
mod sites;
pub mod slug;
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
use poll::{Poller, Reading, Shared, Taking};
use publish::Publisher;
use schedule::Scheduler;
use state::Store;

pub use access::Access;
pub use discovery::Search;
pub use metrics::METRICS;
pub use pages::Rules as RobotsRules;
pub use probe::{ListProbe, Probe, ProbeError, probe, probe_list};
pub use settings::{Budget, ConfiguredFeed, ConfiguredList, Settings};
pub use wirefold_http_client::Secrets;

/// Why the fetcher ended other than by its stop signal.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FetcherError {
    /// The bus must be mended before it is started again.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The settings or the machine give no HTTP client.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A test crashed it here.
    #[error("crashed at {0:?}")]
    Crashed(Point),
}

/// Polls feeds, reads local sources and follows subjects until `stop`.
///
/// # Errors
/// A [`FetcherError`] that says what to mend; a bus that may come back is waited for.
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
        taking: Taking::default(),
        reading: Reading::default(),
        stop,
    };
    Scheduler::begin(Arc::new(poller)).await?.run().await
}

fn client(settings: &Settings) -> Result<Client, ClientError> {
    Client::new(wirefold_http_client::Settings {
        user_agent: settings.user_agent.clone(),
        allow: settings.allow.clone(),
        allow_hosts: settings.allow_hosts.clone(),
        ..wirefold_http_client::Settings::default()
    })
}

/// Where a test may crash it.
fn pass(context: &StageContext, point: Point) -> Result<(), FetcherError> {
    match context.fail_points.crashes_at(point) {
        true => Err(FetcherError::Crashed(point)),
        false => Ok(()),
    }
}
