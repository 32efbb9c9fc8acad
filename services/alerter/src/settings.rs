//! The settings of the alerter, checked.
//!
//! The binary fills them from its configuration. Nothing is missing in them that a target needs, and they never change
//! while the alerter runs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use url::Url;
use wirefold_envelope::Limits;
use wirefold_proto::{Secret, SubscriptionSettings};
use wirefold_query::Lists;

use crate::seams::{Disk, Subjects};

/// Everything the alerter is told.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The subscriptions that files define; others come as commands.
    pub subscriptions: Vec<ConfiguredSubscription>,
    /// The lists of words that subscriptions may name.
    pub lists: Lists,
    /// Where messages go.
    pub deliveries: Vec<Delivery>,
    /// The way to the subjects of NATS servers; none where nobody publishes there.
    pub subjects: Option<Arc<dyn Subjects>>,
    /// Private networks that webhooks may reach.
    pub allow: Vec<IpNet>,
    /// The address of the page, such as `http://127.0.0.1:8787`, for links.
    pub page: Option<String>,
    /// Whether this is a demonstration; every message then says so.
    pub demo: bool,
    /// How many alerts that one site alone tells of notify a subscription in an hour.
    pub site_alerts: SiteAlerts,
    /// How the health of the installation is watched.
    pub health: HealthSettings,
}

/// How the health of the installation is watched.
#[derive(Debug, Clone, Default)]
pub struct HealthSettings {
    /// How large streams may grow.
    pub limits: Limits,
    /// Knows the disk of the data folder; none where nothing is kept on this machine.
    pub disk: Option<Arc<dyn Disk>>,
    /// The address that is called while all is well.
    pub heartbeat: Option<Heartbeat>,
}

/// An address that is called while all is well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heartbeat {
    /// The address.
    pub url: Url,
    /// How often.
    pub every: Duration,
}

/// How many alerts that one site alone tells of notify a subscription in an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteAlerts {
    /// The most. More than anybody reads, and more than an agency's wire brings to a query that is not
    /// `*`: 60.
    pub per_hour: u32,
    /// How many times that a site has, by its domain; once where it is not named.
    pub sites: BTreeMap<String, u32>,
}

impl Default for SiteAlerts {
    fn default() -> Self {
        Self { per_hour: 60, sites: BTreeMap::new() }
    }
}

impl SiteAlerts {
    /// The most of this site.
    pub(crate) fn of(&self, site: &str) -> u64 {
        u64::from(self.per_hour) * self.sites.get(site).copied().map_or(1, u64::from)
    }
}

/// A subscription that a file defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredSubscription {
    /// The subscription.
    pub settings: SubscriptionSettings,
    /// The file and line, such as `wirefold.toml:14`.
    pub managed_by: String,
}

/// A place that messages go to.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Its name, by which subscriptions name it: letters, digits, `-` and `_`.
    pub name: String,
    /// Where they go, and how.
    pub target: DeliveryTarget,
    /// Whether it is told once a week what is wrong with feeds.
    pub feed_digest: bool,
    /// Whether it is told what is wrong with this installation.
    pub health: bool,
    /// Words of the operator's own for its messages.
    pub templates: Templates,
}

/// Templates of Jinja for the messages of a delivery; the usual words where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Templates {
    /// For the title.
    pub title: Option<String>,
    /// For the lines below it.
    pub text: Option<String>,
}

/// Where messages go, and how: the checked form of a `[[delivery]]` in the settings.
#[derive(Debug, Clone)]
pub enum DeliveryTarget {
    /// The terminal: a block of text for each revision.
    Stdout,
    /// An HTTP POST signed as Standard Webhooks says.
    Webhook {
        /// Where to.
        url: Url,
        /// `whsec_…` secrets; several while one replaces the other. None: unsigned.
        secrets: Vec<Secret>,
        /// Headers besides, by name.
        headers: BTreeMap<String, Secret>,
    },
    /// A topic of an ntfy server.
    Ntfy {
        /// The topic's address, such as `https://ntfy.example/desk`.
        url: Url,
        /// An access token.
        token: Option<Secret>,
        /// The priority of loud revisions, from 1 to 5. Silent ones have 2: no sound.
        priority: u8,
    },
    /// An e-mail for each loud revision; those of one alert are one thread.
    Email(Email),
    /// An incoming webhook of Slack, or of what takes the same: Mattermost, Discord's `/slack`.
    Slack {
        /// The webhook's address. Whoever knows it can post, so it is a secret.
        url: Secret,
    },
    /// A chat of Telegram.
    Telegram {
        /// The Bot API, such as `https://api.telegram.org`.
        url: Url,
        /// The bot's token.
        token: Secret,
        /// The chat: its number, or `@name` of a public channel.
        chat: String,
    },
    /// A room of Matrix.
    Matrix {
        /// The homeserver, such as `https://matrix.example`.
        url: Url,
        /// An access token.
        token: Secret,
        /// The room's id, such as `!abc:matrix.example`.
        room: String,
    },
    /// An Apprise API server, for whatever it knows.
    Apprise {
        /// The address with its key, such as `http://apprise.example:8000/notify/desk`.
        url: Url,
        /// An access token, where a proxy in front of it asks for one.
        token: Option<Secret>,
    },
    /// A subject of a NATS server: the JSON of a webhook.
    Nats {
        /// The subject, such as `news.alerts`.
        subject: String,
    },
    /// A program that is given each revision as JSON on its standard input.
    Command {
        /// The program and its arguments.
        command: Vec<String>,
    },
    /// A file that each revision is added to, as one line of JSON.
    File {
        /// The file.
        path: PathBuf,
    },
}

impl DeliveryTarget {
    /// Where an HTTP target is, for comparison alone: it may be a secret. Empty for what no server answers.
    pub(crate) fn address(&self) -> String {
        match self {
            Self::Webhook { url, .. } | Self::Ntfy { url, .. } | Self::Apprise { url, .. } => {
                url.to_string()
            }
            Self::Slack { url } => url.expose().to_owned(),
            Self::Telegram { url, chat, .. } => format!("{url} {chat}"),
            Self::Matrix { url, room, .. } => format!("{url} {room}"),
            Self::Stdout
            | Self::Email(_)
            | Self::Nats { .. }
            | Self::Command { .. }
            | Self::File { .. } => String::new(),
        }
    }
}

/// How e-mail is sent.
#[derive(Debug, Clone)]
pub struct Email {
    /// The server: `smtps://host[:465]`, or `smtp://host[:587]`.
    pub server: Url,
    /// Whether `smtp://` may go on without TLS. `smtps://` never does.
    pub without_tls: bool,
    /// User and password.
    pub login: Option<(String, Secret)>,
    /// The sender, such as `Desk <desk@news.example>`.
    pub from: String,
    /// The receivers, all named in each mail.
    pub to: Vec<String>,
}
