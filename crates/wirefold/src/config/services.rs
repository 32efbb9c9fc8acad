//! The settings of each service, made from the configuration.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderName;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ipnet::IpNet;
use wirefold_alerter::{ConfiguredSubscription, HealthSettings};
use wirefold_envelope::Limits;
use wirefold_fetcher::{ConfiguredFeed, ConfiguredList, extract, sources};
use wirefold_gateway::tokens::{Gate, TokenFile, TrustedProxy};
use wirefold_query::Lists;

use super::origin::Origins;
use super::settings::{
    AccessConfig, Address, Config, DeliveryConfig, FeedConfig, OpmlConfig, SourceConfig, secrets_of,
};
use crate::disk::DataDisk;

/// The time between two downloads of a list of feeds.
const LIST_INTERVAL: Duration = Duration::from_hours(24);
/// The header in which a proxy with a login of its own names the user.
const PROXY_USER: HeaderName = HeaderName::from_static("remote-user");

impl Config {
    /// The limits of the streams.
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            window: self.window.duration(),
            output: self.retention.output.duration(),
            alerts: self.retention.alerts.duration(),
            max_bytes: self.retention.max_bytes,
            has_deliveries: !self.delivery.is_empty(),
        }
    }

    /// The settings of the fetcher. Without `extract` no article pages are fetched.
    pub(crate) fn fetcher(
        &self,
        origins: &Origins,
        extract: Option<extract::Settings>,
    ) -> wirefold_fetcher::Settings {
        let fetcher = &self.fetcher;
        let default = wirefold_fetcher::Settings::default();
        let (shortest, longest) =
            (fetcher.min_interval.duration(), fetcher.max_interval.duration());
        wirefold_fetcher::Settings {
            feeds: self.feeds(origins),
            lists: self.lists(origins),
            sources: self.source.iter().map(source).collect(),
            user_agent: fetcher.full_user_agent(),
            allow: self.private_networks(),
            allow_hosts: fetcher
                .allow_private
                .iter()
                .filter(|it| network(it).is_none())
                .cloned()
                .collect(),
            access: self.access.iter().map(access).collect(),
            min_interval: shortest,
            max_interval: longest,
            first_interval: default.first_interval.clamp(shortest, longest),
            per_host_delay: fetcher.per_host_delay.duration(),
            budget: wirefold_fetcher::Budget {
                sites: self.budget.sites.clone(),
                ..wirefold_fetcher::Budget::default()
            },
            extract,
            ..default
        }
    }

    /// The window in which articles are compared.
    pub(crate) fn compared(&self) -> wirefold_fold::Settings {
        wirefold_fold::Settings {
            window: self.window.duration().as_secs().cast_signed(),
            ..wirefold_fold::Settings::default()
        }
    }

    /// The settings of the detector. `writer` names the instance, such as `detector-1`.
    pub(crate) fn detector(&self, writer: impl Into<String>) -> wirefold_detector::Settings {
        wirefold_detector::Settings {
            fold: wirefold_fold::Settings {
                window_bytes: self.retention.max_bytes,
                ..self.compared()
            },
            writer: writer.into(),
            release: env!("CARGO_PKG_VERSION").to_owned(),
            text_policy: self.text_policy,
            snapshot_after: wirefold_detector::SNAPSHOT_AFTER,
            texts: self.detector.text_store.clone(),
        }
    }

    /// The settings of the enricher. `writer` names the instance, such as `enricher-1`.
    pub(crate) fn enricher(&self, writer: impl Into<String>) -> wirefold_enricher::Settings {
        wirefold_enricher::Settings {
            writer: writer.into(),
            release: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// The settings of the alerter. `page` is the address of the page.
    pub(crate) fn alerter(&self, origins: &Origins, page: String) -> wirefold_alerter::Settings {
        wirefold_alerter::Settings {
            // `TZ`, or the zone of the machine.
            zone: Some(jiff::tz::TimeZone::system()),
            subscriptions: self.subscriptions(origins),
            lists: Lists::default(),
            subjects: None,
            deliveries: self.delivery.iter().filter_map(DeliveryConfig::checked).collect(),
            allow: self.private_networks(),
            page: Some(page),
            demo: false,
            site_alerts: wirefold_alerter::SiteAlerts {
                sites: self.budget.sites.clone(),
                ..wirefold_alerter::SiteAlerts::default()
            },
            health: self.health(),
        }
    }

    /// The settings of the health conditions.
    fn health(&self) -> HealthSettings {
        let heartbeat = self.health.heartbeat.as_ref();
        HealthSettings {
            limits: self.limits(),
            disk: Some(Arc::new(DataDisk(self.data.clone()))),
            heartbeat: heartbeat.map(|address| address.url().clone()),
            mistake: None,
        }
    }

    /// The address of the page in links: as configured, or else where it is served.
    pub(crate) fn page_address(&self, served_at: SocketAddr) -> String {
        let base_url = self.page.base_url.as_ref().map(Address::as_str);
        let base_url = base_url.map(|address| address.trim_end_matches('/').to_owned());
        base_url.unwrap_or_else(|| format!("http://{}", reachable(served_at)))
    }

    /// The check of tokens for requests over the network. `None` if no tokens are needed.
    pub(crate) fn gate(&self, folder: &Path) -> Option<Gate> {
        let networks: Vec<IpNet> =
            self.page.trusted_proxies.iter().filter_map(|it| network(it)).collect();
        let proxy = (!networks.is_empty()).then(|| TrustedProxy { header: PROXY_USER, networks });
        self.page.asks_for_tokens().then(|| Gate::new(TokenFile::new(folder), proxy))
    }

    /// The names that a browser may use for the page, besides `localhost`.
    pub(crate) fn hosts(&self) -> Vec<String> {
        let host = self.page.base_url.as_ref().and_then(|address| address.url().host_str());
        host.map(str::to_owned).into_iter().collect()
    }

    /// The private networks that feeds and deliveries may be in.
    pub(crate) fn private_networks(&self) -> Vec<IpNet> {
        self.fetcher.allow_private.iter().filter_map(|it| network(it)).collect()
    }

    fn feeds(&self, origins: &Origins) -> Vec<ConfiguredFeed> {
        let to_feed = |(at, feed): (usize, &FeedConfig)| {
            feed.id.as_ref()?;
            let feed = feed.settings(self.full_text);
            Some(ConfiguredFeed { feed, managed_by: origins.managed_by("feed", at) })
        };
        self.feed.iter().enumerate().filter_map(to_feed).collect()
    }

    fn lists(&self, origins: &Origins) -> Vec<ConfiguredList> {
        let to_list = |(at, list): (usize, &OpmlConfig)| ConfiguredList {
            url: list.url.as_str().to_owned(),
            every: LIST_INTERVAL,
            full_text: self.full_text,
            managed_by: origins.managed_by("opml", at),
        };
        self.opml.iter().enumerate().map(to_list).collect()
    }

    /// The subscriptions of the settings.
    pub(crate) fn subscriptions(&self, origins: &Origins) -> Vec<ConfiguredSubscription> {
        let subscriptions = self.subscription.iter().enumerate();
        let to_subscription = |(at, subscription): (usize, &super::SubscriptionConfig)| {
            let settings = subscription.settings(subscription.id.clone()?);
            let managed_by = origins.managed_by("subscription", at);
            Some(ConfiguredSubscription { settings, managed_by })
        };
        subscriptions.filter_map(to_subscription).collect()
    }
}

fn access(access: &AccessConfig) -> wirefold_fetcher::Access {
    let mut secrets = wirefold_fetcher::SecretHeaders::default();
    if let Some(user) = &access.user {
        let password = access.password.as_ref().map_or("", |it| it.secret.expose());
        let login = STANDARD.encode(format!("{user}:{password}"));
        secrets.add("Authorization", format!("Basic {login}"));
    }
    for (name, value) in secrets_of(&access.headers) {
        secrets.add(&name, value.expose());
    }
    wirefold_fetcher::Access {
        below: access.url.url().clone(),
        secrets,
        user_agent: access.user_agent.clone(),
        proxy: access.proxy.as_ref().map(|proxy| proxy.url().clone()),
        is_plain: access.compatibility_mode,
    }
}

fn source(source: &SourceConfig) -> sources::Source {
    let is_folder = source.path.is_dir();
    let kind = if is_folder { sources::Kind::Folder } else { sources::Kind::File };
    sources::Source { path: source.path.clone(), kind, outlet: source.outlet.clone() }
}

/// A network in CIDR form, such as `192.168.0.0/16`. An address alone is a network of one.
pub(super) fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// The address under which other machines reach a server that listens on all addresses: the one that this
/// machine uses for outgoing connections. No packet is sent to find it.
pub(crate) fn reachable(served_at: SocketAddr) -> SocketAddr {
    let documentation: SocketAddr = match served_at {
        SocketAddr::V4(_) => (Ipv4Addr::new(192, 0, 2, 1), 9).into(),
        SocketAddr::V6(_) => (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), 9).into(),
    };
    if !served_at.ip().is_unspecified() {
        return served_at;
    }
    let own = UdpSocket::bind((served_at.ip(), 0)).and_then(|socket| {
        socket.connect(documentation)?;
        socket.local_addr()
    });
    let loopback: IpAddr = match served_at {
        SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(own.map_or(loopback, |own| own.ip()), served_at.port())
}

#[cfg(test)]
mod tests {
    use super::super::{Overrides, Sources, load};

    #[test]
    fn services_get_their_settings() {
        let mut flags = Overrides::default();
        for assignment in [
            "full_text=off",
            "window=2d",
            "budget={sites = {\"a.example\" = 3}}",
            "fetcher.min_interval=20m",
            "fetcher.contact=desk@news.example",
            "fetcher.allow_private=10.0.0.0/8",
            "feed=[{url = \"https://harbour.example/rss\"}]",
            "subscription=[{name = \"All of it\", query = \"*\"}]",
            "access=[{url = \"https://harbour.example/\", user = \"desk\", password = \"geheim\", \
             headers = {X-Key = \"k\"}, proxy = \"socks5h://127.0.0.1:9050\"}]",
            "delivery=[{name = \"phone\", kind = \"ntfy\", url = \"https://ntfy.example/desk\"}]",
        ] {
            flags.set(assignment).unwrap();
        }
        let loaded = load(&Sources::default(), &flags).unwrap();
        let (config, origins) = (&loaded.config, &loaded.origins);

        let fetcher = config.fetcher(origins, None);
        assert_eq!(fetcher.feeds[0].feed.id.as_str(), "harbour-example-rss");
        assert_eq!(fetcher.feeds[0].feed.full_text, wirefold_proto::FullText::Off);
        assert_eq!(fetcher.feeds[0].managed_by, "--set feed");
        assert_eq!(fetcher.first_interval, fetcher.min_interval);
        assert!(fetcher.user_agent.ends_with(" (+desk@news.example)"), "{}", fetcher.user_agent);
        assert_eq!(fetcher.allow.len(), 1);
        assert_eq!(fetcher.budget.sites["a.example"], 3);

        assert_eq!(config.detector("detector-1").fold.window, 2 * 24 * 3600);
        assert_eq!(config.limits().window, config.window.duration());

        let alerter = config.alerter(origins, "http://127.0.0.1:8787".to_owned());
        assert_eq!(alerter.subscriptions[0].settings.id.as_str(), "all-of-it");
        assert_eq!(alerter.site_alerts.sites["a.example"], 3);
        let names: Vec<&str> = alerter.deliveries.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["phone", "stdout"], "one that prints is always there");

        let access = &fetcher.access[0];
        let mut expected = wirefold_fetcher::SecretHeaders::default();
        expected.add("Authorization", "Basic ZGVzazpnZWhlaW0=");
        expected.add("X-Key", "k");
        assert_eq!(access.secrets, expected);
        assert_eq!(access.proxy.as_ref().map(|it| it.as_str()), Some("socks5h://127.0.0.1:9050"));
        assert!(!format!("{config:?}{fetcher:?}").contains("geheim"));

        let served = "127.0.0.1:4000".parse().unwrap();
        assert_eq!(config.page_address(served), "http://127.0.0.1:4000");
    }
}
