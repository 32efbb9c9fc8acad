//! The demo, which `up` shows if there is nothing to watch yet.
//!
//! It has a temporary data folder and its own news sites on loopback. They release the fixture articles over
//! a minute: feeds that grow, answer 304, have teasers, and correct themselves. The demo sends nothing to
//! other machines.

mod rss;
mod script;
mod server;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use wirefold_envelope::timestamp;
use wirefold_flow::Clock;
use wirefold_proto::{FeedSettings, SubscriptionSettings};

use script::Script;
pub(super) use script::articles;
use server::Site;

/// How long the demo takes to release everything.
const LENGTH: Duration = Duration::from_secs(60);
/// How long the last polls of its feeds take after that.
const LAST_POLLS: Duration = Duration::from_secs(10);

/// Serves only the sites, for a fetcher elsewhere, until `stop`.
pub(super) async fn serve(
    address: SocketAddr,
    origin: Option<String>,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<()> {
    let (site, listener) = open(address, origin, clock).await?;
    server::serve(site, listener, CancellationToken::new())
        .await
        .context("cannot serve the demo's feeds")
}

/// Binds the address of the sites. The minute starts now.
async fn open(
    address: SocketAddr,
    origin: Option<String>,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<(Arc<Site>, TcpListener)> {
    let listener = TcpListener::bind(address).await.context("cannot serve the demo's feeds")?;
    let start = clock.now();
    let script = Script::new(LENGTH, timestamp(start)).context("the demo's articles")?;
    let bound = listener.local_addr().context("the demo's address")?;
    let origin = origin.unwrap_or_else(|| format!("http://{bound}"));
    Ok((Arc::new(Site { script, clock, start, origin }), listener))
}

/// A running demo.
pub(super) struct Demo {
    /// Deleted when the demo is dropped.
    folder: TempDir,
    site: Arc<Site>,
    listener: Option<TcpListener>,
}

impl Demo {
    /// Creates the folder and binds the address of the sites. The minute starts now.
    pub(super) async fn prepare(clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("wirefold-demo-").tempdir();
        let folder = folder.context("cannot make a throwaway data folder for the demo")?;
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let (site, listener) = open(loopback, None, clock).await?;
        Ok(Self { folder, site, listener: Some(listener) })
    }

    /// Host and port of its sites, which no other server of this machine has.
    pub(super) fn host(&self) -> String {
        self.site.origin.trim_start_matches("http://").to_owned()
    }

    /// The temporary data folder.
    pub(super) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The feeds of the demo.
    pub(super) fn feeds(&self) -> anyhow::Result<Vec<FeedSettings>> {
        let feeds = self.site.script.feeds();
        let settings = feeds.into_iter().map(|first| {
            Ok(FeedSettings {
                title: Some(format!("{} (DEMO)", first.outlet)),
                outlet: Some(first.outlet.parse()?),
                group: Some("demo".to_owned()),
                ..FeedSettings::new(first.feed.parse()?, self.site.feed_url(&first.feed))
            })
        });
        settings.collect()
    }

    /// The subscriptions of the demo. One is about a happening, so that there is an alert to see.
    pub(super) fn subscriptions() -> anyhow::Result<Vec<SubscriptionSettings>> {
        let of = |id: &str, name: &str, query: &str| {
            anyhow::Ok(SubscriptionSettings {
                group_wait: Some("3s".parse()?),
                update_interval: Some("10s".parse()?),
                ..SubscriptionSettings::new(id.parse()?, format!("{name} (DEMO)"), query)
            })
        };
        Ok(vec![
            of("port", "Port and ferry", "dock OR ferry OR harbour OR harbor")?,
            of("recalls", "Recalls", "recall AND vans")?,
        ])
    }

    /// Completes once everything was released and polled.
    pub(super) fn wait_for_end(&self) -> impl Future<Output = ()> + use<> {
        let (clock, end) = (self.site.clock.clone(), self.site.start.plus(LENGTH + LAST_POLLS));
        async move { clock.sleep_until(end).await }
    }

    /// Serves the sites until `stop`.
    pub(super) fn start(&mut self, stop: CancellationToken) {
        if let Some(listener) = self.listener.take() {
            let site = self.site.clone();
            tokio::spawn(async move {
                if let Err(error) = server::serve(site, listener, stop).await {
                    tracing::error!(%error, "the demo's sites stopped");
                }
            });
        }
    }
}
