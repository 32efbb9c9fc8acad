//! The settings of the alerter, checked.
//!
//! The binary fills them from its configuration. They are complete, and never change while the alerter runs.

use std::fmt::Debug;
use std::sync::{Arc, OnceLock};

use ipnet::IpNet;
use jiff::tz::TimeZone;
use url::Url;
use wirefold_envelope::Limits;
use wirefold_flow::BoxFuture;
use wirefold_proto::SubscriptionSettings;
use wirefold_query::Lists;

use crate::Printer;
use crate::delivery::kinds::DeliveryTarget;
use crate::delivery::{Delivery, Failure, Means};
use crate::engine::SiteAlerts;

/// All settings of the alerter.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The subscriptions that files define. Commands add others.
    pub subscriptions: Vec<ConfiguredSubscription>,
    /// The lists of words that subscriptions may name.
    pub lists: Lists,
    /// The configured deliveries.
    pub deliveries: Vec<Delivery>,
    /// Publishes to NATS servers; `None` if no delivery needs it.
    pub subjects: Option<Arc<dyn Subjects>>,
    /// Private networks that webhooks may reach.
    pub allow: Vec<IpNet>,
    /// The address of the page, such as `http://127.0.0.1:8787`, for links.
    pub page: Option<String>,
    /// The time zone of messages to subscriptions that name none; UTC by default.
    pub zone: Option<TimeZone>,
    /// Whether this is a demonstration. Then every message says so.
    pub demo: bool,
    /// How many alerts that only one site reports may notify a subscription in an hour.
    pub site_alerts: SiteAlerts,
    /// How the health of the installation is watched.
    pub health: HealthSettings,
}

impl Settings {
    /// The names of its deliveries.
    pub(crate) fn delivery_names(&self) -> Vec<String> {
        self.deliveries.iter().map(|delivery| delivery.name.clone()).collect()
    }

    /// The time zone of messages to subscriptions that name none.
    pub(crate) fn machine_zone(&self) -> TimeZone {
        self.zone.clone().unwrap_or(TimeZone::UTC)
    }

    /// The deliveries of a subscription that names none: those that print.
    pub(crate) fn default_deliveries(&self) -> Vec<String> {
        let printing =
            self.deliveries.iter().filter(|it| matches!(it.target, DeliveryTarget::Stdout(_)));
        printing.map(|delivery| delivery.name.clone()).collect()
    }

    /// The means by which its deliveries reach their targets.
    pub(crate) fn means(&self, printer: Arc<dyn Printer>) -> Arc<Means> {
        let (allow, subjects) = (self.allow.clone(), self.subjects.clone());
        Arc::new(Means { allow, subjects, printer, client: OnceLock::new() })
    }
}

/// How the health of the installation is watched.
#[derive(Debug, Clone, Default)]
pub struct HealthSettings {
    /// How large streams may grow.
    pub limits: Limits,
    /// The disk of the data folder; `None` if this machine stores nothing.
    pub disk: Option<Arc<dyn Disk>>,
    /// The address that is called while all is well.
    pub heartbeat: Option<Url>,
    /// The mistake in the files of settings, if these settings stay in force because of one.
    pub mistake: Option<String>,
}

/// A subscription that a file defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredSubscription {
    /// The subscription.
    pub settings: SubscriptionSettings,
    /// The file and line, such as `wirefold.toml:14`.
    pub managed_by: String,
}

/// Publishes to NATS servers.
pub trait Subjects: Send + Sync + Debug {
    /// Publishes on a subject, as the delivery of this name. `id` is the same however often it is.
    fn publish<'a>(
        &'a self,
        delivery: &'a str,
        subject: &'a str,
        id: &'a str,
        body: Vec<u8>,
    ) -> BoxFuture<'a, Result<(), Failure>>;
}

/// The space of a disk, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// The free space.
    pub free: u64,
    /// The total space.
    pub total: u64,
}

/// The disk of the data folder.
pub trait Disk: Send + Sync + Debug {
    /// Its space; `None` if it cannot be determined.
    fn space(&self) -> Option<Space>;
}
