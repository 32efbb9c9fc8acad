//! Reads the settings of deliveries and subscriptions again while wirefold runs: when a file of settings
//! changes, or on SIGHUP.
//!
//! Mistakes leave the settings before in force. Everything else in the files applies from the next start.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use wirefold_alerter::Settings;
use wirefold_envelope::create_streams;
use wirefold_flow::{Bus, Clock};

use super::added::{self, with_added};
use super::arguments::SettingsFlags;
use super::nats::name_default_server;
use super::subjects;
use crate::config::{ConfigError, Loaded, Overrides, load_here, quoted, watched_files};
use crate::exit::stop;

/// How often the files are looked at. A change applies when two looks find the same.
const LOOK: Duration = Duration::from_secs(2);

impl SettingsFlags {
    /// Reads the settings of the files and of these flags.
    pub(super) fn load(&self) -> Result<Loaded, ConfigError> {
        let mut overrides = Overrides::of_set(&self.set)?;
        if let Some(address) = &self.listen {
            overrides.flag("--listen", "page.listen", address);
        }
        if let Some(address) = &self.operations {
            overrides.flag("--operations", "operations.listen", address);
        }
        if let Some(servers) = self.nats.as_deref().filter(|servers| !servers.is_empty()) {
            let servers: Vec<String> = servers.split(',').map(|it| quoted(it.trim())).collect();
            overrides.flag("--nats", "bus.nats", format!("[{}]", servers.join(", ")));
        }
        let mut loaded = load_here(&self.instance, overrides)?;
        if self.nats.is_some() {
            name_default_server(&mut loaded.config.bus);
        }
        Ok(loaded)
    }
}

/// Reads settings again, for the alerter and for what shows its deliveries.
pub(super) struct Reload {
    pub(super) flags: SettingsFlags,
    /// The address of the page.
    pub(super) address: String,
    pub(super) clock: Arc<dyn Clock>,
    /// The embedded bus, whose streams wait for the readers of all deliveries.
    pub(super) embedded: Option<Arc<dyn Bus>>,
    /// The bus with the added deliveries; `None` if nothing here uses them.
    pub(super) added: Option<Arc<dyn Bus>>,
    /// The revision of those that apply.
    pub(super) revision: Option<u64>,
    /// Has everything read again at once.
    pub(super) now: Arc<Notify>,
    pub(super) to: watch::Sender<Settings>,
}

impl Reload {
    /// Runs until it is stopped.
    pub(super) async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let mut hangup = signal(SignalKind::hangup())?;
        let (mut applied, mut before) = ((self.files(), self.revision), None);
        loop {
            let is_asked = tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                _ = hangup.recv() => true,
                () = self.now.notified() => true,
                () = self.clock.sleep_until(self.clock.now().plus(LOOK)) => false,
            };
            let now = (self.files(), self.current_revision().await);
            let is_stable = before.as_ref() == Some(&now);
            if is_asked || (is_stable && now != applied) {
                self.read_again().await;
                applied.clone_from(&now);
            }
            before = Some(now);
        }
    }

    /// The files of settings, as far as a change of them shows.
    fn files(&self) -> Vec<(PathBuf, Option<SystemTime>, u64)> {
        let seen = |path: PathBuf| {
            let metadata = std::fs::metadata(&path).ok()?;
            Some((path, metadata.modified().ok(), metadata.len()))
        };
        watched_files(&self.flags.instance).into_iter().filter_map(seen).collect()
    }

    /// The revision of the added deliveries; `None` while the bus does not answer.
    async fn current_revision(&self) -> Option<u64> {
        let bus = self.added.as_deref()?;
        added::read(bus).await.ok().map(|(_, revision)| revision)
    }

    async fn read_again(&self) {
        let read = async {
            let loaded = self.flags.load()?;
            let mut settings = alerter_of(&loaded, &self.address)?;
            if let Some(bus) = &self.added {
                settings = with_added(settings, &**bus).await?.0;
            }
            if let Some(bus) = &self.embedded {
                create_streams(&**bus, &loaded.config.limits()).await?;
            }
            anyhow::Ok(settings)
        };
        match read.await {
            Ok(settings) => {
                let (deliveries, subscriptions) =
                    (settings.deliveries.len(), settings.subscriptions.len());
                let what = "deliveries and subscriptions of the settings were read again; other \
                            settings apply from the next start";
                tracing::info!(deliveries, subscriptions, "{what}");
                self.to.send_replace(settings);
            }
            Err(error) => {
                tracing::error!("the settings before stay in force: {error:#}");
                let mistake = Some(format!("{error:#}"));
                self.to.send_if_modified(|settings| {
                    let is_new = settings.health.mistake != mistake;
                    settings.health.mistake.clone_from(&mistake);
                    is_new
                });
            }
        }
    }
}

/// The settings of the alerter. `address` is that of the page.
pub(super) fn alerter_of(loaded: &Loaded, address: &str) -> anyhow::Result<Settings> {
    let config = &loaded.config;
    let mut deliveries = config.delivery.iter();
    if let Some(serverless) = deliveries.find(|it| subjects::lacks_server(config, it)) {
        stop!(Usage, "delivery {}: {}", serverless.name, subjects::NO_SERVER);
    }
    Ok(Settings {
        lists: loaded.lists.clone(),
        subjects: Some(subjects::targets(config)),
        ..config.alerter(&loaded.origins, address.to_owned())
    })
}
