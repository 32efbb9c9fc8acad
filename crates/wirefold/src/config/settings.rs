//! The settings. Their doc comments are the reference: `docs/config.md` and the file that `init` writes are
//! made from them.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use wirefold_alerter::kinds::{
    AppriseTarget, CommandTarget, DeliveryTarget, EmailTarget, FileTarget, MatrixTarget,
    NatsTarget, NtfyTarget, SlackTarget, StdoutTarget, TelegramTarget, WebhookTarget,
};
use wirefold_alerter::{Delivery, Templates};
use wirefold_fetcher::extract::check_selector;
use wirefold_proto::{
    Digest, FeedId, FullText, GroupBy, Interval, ItemIdentity, Outlet, QuietHours, Secret,
    SubscriptionId, SubscriptionSettings, TextPolicy,
};

/// The settings of the pipeline. Flags set the behaviour of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// The folder for all stored data. `~/` at its start is the home folder. If `XDG_DATA_HOME` is set, the
    /// default is `wirefold` in there.
    pub(crate) data: PathBuf,
    /// How long an article is compared with new ones.
    pub(crate) window: Interval,
    /// How much of a text leaves wirefold, in feeds and API: `none`, the first words (`lead`) or `full`.
    /// Matching and comparing always use the whole text.
    pub(crate) text_policy: TextPolicy,
    /// Whether article pages are fetched for their text, if a feed does not say: `auto` fetches them if the
    /// feed gives only teasers and the site allows it.
    pub(crate) full_text: FullText,
    /// The level of the log: `error`, `warn`, `info`, `debug` or `trace`, also by part, such as
    /// `info,wirefold_fetcher=debug`. If it is not set and `up` shows its lines on a terminal, the level
    /// there is `warn`; `-v` shows the rest.
    pub(crate) log: String,
    /// The form of the log: `auto` is text on a terminal and JSON otherwise.
    pub(crate) log_format: LogFormat,
    /// The page, the feeds out and the API.
    pub(crate) page: PageConfig,
    /// Health and metrics.
    pub(crate) operations: OperationsConfig,
    /// The heartbeat.
    pub(crate) health: HealthConfig,
    /// The bus between the stages.
    pub(crate) bus: BusConfig,
    /// How long data is stored.
    pub(crate) retention: RetentionConfig,
    /// How feeds are polled.
    pub(crate) fetcher: FetcherConfig,
    /// Limits for one feed, one site and one host.
    pub(crate) budget: BudgetConfig,
    /// The thresholds for copies and events.
    pub(crate) detector: DetectorConfig,
    /// A feed that is polled.
    pub(crate) feed: Vec<FeedConfig>,
    /// A remote list of feeds (OPML). wirefold keeps your feeds in step with it.
    pub(crate) opml: Vec<OpmlConfig>,
    /// Settings for all feeds and pages below an address; the longest matching address applies.
    pub(crate) access: Vec<AccessConfig>,
    /// A file or folder that articles are read from.
    pub(crate) source: Vec<SourceConfig>,
    /// A subject of a NATS server that articles are read from.
    pub(crate) nats: Vec<NatsConfig>,
    /// A query that alerts.
    pub(crate) subscription: Vec<SubscriptionConfig>,
    /// A target of alerts.
    pub(crate) delivery: Vec<DeliveryConfig>,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    #[default]
    Auto,
    /// A line of text.
    Text,
    /// A line of JSON.
    Json,
}

/// Health and metrics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct OperationsConfig {
    /// The address that serves `/healthz`, `/readyz` and `/metrics`.
    pub(crate) listen: SocketAddr,
}

/// How long data is stored. Fetched texts are stored for 14 days, or for the window and one day if
/// that is longer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RetentionConfig {
    /// How long the output stream keeps articles with their verdicts.
    pub(crate) output: Interval,
    /// How long alerts are stored.
    pub(crate) alerts: Interval,
    /// The most bytes that fetched texts take. All other streams together may take as much again, and so may
    /// the window of comparison. If the window is full, articles leave it early, first those of the sites
    /// that have most.
    pub(crate) max_bytes: u64,
}

/// How feeds are polled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct FetcherConfig {
    /// The name that wirefold sends to sites; by default `wirefold/` and its version. The part
    /// before the `/` is its name in robots.txt.
    pub(crate) user_agent: Option<String>,
    /// A page or an e-mail address where the operator of a site can reach you. It is added to the
    /// user agent.
    pub(crate) contact: Option<String>,
    /// The shortest time between two polls of one feed.
    pub(crate) min_interval: Interval,
    /// The longest time between two polls of one feed.
    pub(crate) max_interval: Interval,
    /// The shortest time between two requests to one host.
    pub(crate) per_host_delay: Interval,
    /// The most requests at one time.
    pub(crate) concurrency: u32,
    /// Private networks that feeds and deliveries may be in. Each is open only to feeds whose own address is
    /// in it, and to their links and redirects there. wirefold refuses all others, so that no feed can make
    /// this machine send requests into its own network.
    pub(crate) allow_private: Vec<Network>,
    /// Names of hosts that feeds and pages may be on even if their addresses are private, such as
    /// `nas.local`.
    pub(crate) allow_hosts: Vec<String>,
}

const DAY: u32 = 24 * 3600;

/// A port that only this machine reaches.
const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), port)
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("~/.local/share/wirefold"),
            window: Interval::from_seconds(7 * DAY),
            text_policy: TextPolicy::Lead,
            full_text: FullText::Auto,
            log: "info".to_owned(),
            log_format: LogFormat::Auto,
            page: PageConfig::default(),
            operations: OperationsConfig::default(),
            health: HealthConfig::default(),
            bus: BusConfig::default(),
            retention: RetentionConfig::default(),
            fetcher: FetcherConfig::default(),
            budget: BudgetConfig::default(),
            detector: DetectorConfig::default(),
            feed: Vec::new(),
            opml: Vec::new(),
            access: Vec::new(),
            source: Vec::new(),
            nats: Vec::new(),
            subscription: Vec::new(),
            delivery: Vec::new(),
        }
    }
}

impl Default for OperationsConfig {
    fn default() -> Self {
        Self { listen: loopback(9787) }
    }
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self {
            output: Interval::from_seconds(30 * DAY),
            alerts: Interval::from_seconds(90 * DAY),
            max_bytes: 1 << 30,
        }
    }
}

impl Default for FetcherConfig {
    fn default() -> Self {
        Self {
            user_agent: None,
            contact: None,
            min_interval: Interval::from_seconds(600),
            max_interval: Interval::from_seconds(DAY),
            per_host_delay: Interval::from_seconds(1),
            concurrency: 32,
            allow_private: Vec::new(),
            allow_hosts: Vec::new(),
        }
    }
}

impl FetcherConfig {
    /// Its name for sites, and the contact.
    pub(crate) fn full_user_agent(&self) -> String {
        let own = || concat!("wirefold/", env!("CARGO_PKG_VERSION")).to_owned();
        let name = self.user_agent.clone().unwrap_or_else(own);
        match &self.contact {
            Some(contact) => format!("{name} (+{contact})"),
            None => name,
        }
    }
}

/// The page, the feeds out and the API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PageConfig {
    /// The address of the page. On any address other than loopback, requests need a token: `up` prints a link
    /// that signs a browser in, and `wirefold token add` makes tokens for programs. wirefold has no TLS of
    /// its own: use a proxy with TLS if others can read the network.
    pub(crate) listen: SocketAddr,
    /// Requires a token on loopback too, such as where a proxy on this machine serves the page to others.
    pub(crate) tokens: bool,
    /// Requires no token on any address. Everybody who reaches the page may read and write. Set it only if
    /// something else keeps strangers out, such as a container whose port is published on loopback.
    pub(crate) without_tokens: bool,
    /// The header in which a proxy with a login of its own names the user, such as `Remote-User`. A user
    /// named there needs no token. The proxy must remove the header from the requests of strangers.
    pub(crate) trusted_proxy_header: Option<String>,
    /// The addresses or networks of that proxy. wirefold ignores the header from other addresses.
    pub(crate) trusted_proxies: Vec<Network>,
    /// Further names, besides `localhost`, that a browser may use for the page, such as that of a proxy in
    /// front of it.
    pub(crate) hosts: Vec<String>,
    /// The address that links in alerts and feeds begin with. Default: the address at which the page is served.
    pub(crate) base_url: Option<Address>,
}

impl PageConfig {
    /// Whether requests from the network need a token.
    pub(crate) fn asks_for_tokens(&self) -> bool {
        !self.without_tokens && (self.tokens || !self.listen.ip().is_loopback())
    }
}

impl Default for PageConfig {
    fn default() -> Self {
        Self {
            listen: loopback(8787),
            tokens: false,
            without_tokens: false,
            trusted_proxy_header: None,
            trusted_proxies: Vec::new(),
            hosts: Vec::new(),
            base_url: None,
        }
    }
}

/// The heartbeat. docs/health.md describes how wirefold reports its own problems.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct HealthConfig {
    /// An address that wirefold calls (`GET`) while it has no problem, such as that of a check at
    /// healthchecks.io. That service alerts you when the calls stop.
    pub(crate) heartbeat: Option<Address>,
    /// The time between two calls; at least 10 seconds.
    pub(crate) heartbeat_interval: Interval,
}

impl Default for HealthConfig {
    fn default() -> Self {
        Self { heartbeat: None, heartbeat_interval: Interval::from_seconds(60) }
    }
}

/// The bus between the stages: a file in the data folder, or a NATS server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct BusConfig {
    /// The address of the NATS server, `nats://host:4222` or `tls://host:4222`, or several addresses of one
    /// cluster. Without it, the bus is a file in the data folder.
    pub(crate) nats: Vec<String>,
    /// The user to log in as.
    pub(crate) user: Option<String>,
    /// The password of that user. Better: `password_file`.
    pub(crate) password: Option<Secret>,
    /// The file that holds the password.
    pub(crate) password_file: Option<PathBuf>,
    /// The file with the key that the detector signs its decisions with. Detector and enricher verify them
    /// with it. `wirefold setup --passwords` makes it. Without it, everybody who can log in to the server can forge
    /// decisions.
    pub(crate) signing_key_file: Option<PathBuf>,
    /// A file with the CA certificates that may sign the server's certificate. Default: those of the system.
    pub(crate) ca_file: Option<PathBuf>,
    /// How many servers of a cluster store each stream and table: 1, 3 or 5. `wirefold setup` sets it.
    /// Without it, new ones get one server, and existing ones do not change.
    pub(crate) replicas: Option<u8>,
}

impl BusConfig {
    /// The addresses in the form that the client needs.
    pub(crate) fn addresses(&self) -> String {
        self.nats.join(",")
    }
}

/// Limits for one feed, one site and one host, so that a bad one harms only itself. wirefold drops nothing:
/// it folds and shows articles beyond a budget, and sends their alerts as one message at the end of the hour.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct BudgetConfig {
    /// The most articles of a feed in an hour whose alerts are sent at once.
    pub(crate) articles_per_hour: u32,
    /// The same as `articles_per_hour` for all feeds of a site together. If it is smaller than
    /// `articles_per_hour`, that value counts. Feeds at a host that many people share each have a budget of
    /// their own.
    pub(crate) site_articles_per_hour: u32,
    /// The most alerts in an hour that come from one site alone and notify a subscription at once.
    pub(crate) site_alerts_per_hour: u32,
    /// The most article pages that the feeds of a site download at one time; one feed downloads one.
    pub(crate) site_pages: u32,
    /// The most requests that one host gets at one time.
    pub(crate) host_requests: u32,
    /// The factor of the hourly numbers above for a site that may send more, such as the wire of an agency.
    /// The key is its domain, or the address of a feed at a host that many people share.
    pub(crate) sites: BTreeMap<String, u32>,
}

impl Default for BudgetConfig {
    /// The defaults of the services.
    fn default() -> Self {
        let budget = wirefold_fetcher::Budget::default();
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            articles_per_hour: budget.articles_per_hour,
            site_articles_per_hour: budget.site_articles_per_hour,
            site_alerts_per_hour: wirefold_alerter::SiteAlerts::default().per_hour,
            site_pages: count(budget.site_pages),
            host_requests: count(budget.host_requests),
            sites: budget.sites,
        }
    }
}

impl BudgetConfig {
    /// The fetcher's limits.
    pub(crate) fn fetcher(&self) -> wirefold_fetcher::Budget {
        wirefold_fetcher::Budget {
            articles_per_hour: self.articles_per_hour,
            site_articles_per_hour: self.site_articles_per_hour,
            site_pages: self.site_pages as usize,
            host_requests: self.host_requests as usize,
            sites: self.sites.clone(),
            ..wirefold_fetcher::Budget::default()
        }
    }

    /// The alerter's limits.
    pub(crate) fn alerter(&self) -> wirefold_alerter::SiteAlerts {
        let per_hour = self.site_alerts_per_hour;
        wirefold_alerter::SiteAlerts { per_hour, sites: self.sites.clone() }
    }

    /// The keys with a value that allows nothing, each with its effect.
    pub(crate) fn empty(&self) -> Vec<(&'static str, &'static str)> {
        const HELD: &str = "0 would hold every alert until the end of the hour; write a number of at \
                            least 1";
        const NEVER: &str = "0 would allow no request; write a number of at least 1";
        let all = [
            ("budget.articles_per_hour", u64::from(self.articles_per_hour), HELD),
            ("budget.site_articles_per_hour", u64::from(self.site_articles_per_hour), HELD),
            ("budget.site_alerts_per_hour", u64::from(self.site_alerts_per_hour), HELD),
            ("budget.site_pages", u64::from(self.site_pages), NEVER),
            ("budget.host_requests", u64::from(self.host_requests), NEVER),
            ("budget.sites", self.sites.values().copied().min().map_or(1, u64::from), HELD),
        ];
        all.into_iter().filter(|(_, most, _)| *most == 0).map(|(key, _, why)| (key, why)).collect()
    }
}

/// When a text is a copy, and when two stories are one event. To fold less, raise `partial_contained`, or
/// `reprint_words` and `partial_words` together: if you raise only one of the two, most pairs that it
/// rejects still fold as the other kind. `reprint_contained` alone changes little, for the
/// same reason. Equal texts, short texts and longer rewrites of a short text fold by other rules. To
/// group less, raise `event_similarity`. `wirefold replay --dry-run --set detector.partial_contained=0.4`
/// shows what such a change would do to the stored articles.
/// docs/accuracy.md says how the defaults were measured. A change applies to the articles that come after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DetectorConfig {
    /// … the share of the new text that is in the old one reaches this …
    pub(crate) reprint_contained: Share,
    /// … and they share at least this many words. Fewer are enough if nearly all of both texts or long runs of
    /// words are equal, or if both are of one page.
    pub(crate) reprint_words: u32,
    /// A partial copy: the share of the new text that is in the old one reaches this …
    pub(crate) partial_contained: Share,
    /// … and they share at least this many words. The same holds for an article that contains an earlier one.
    pub(crate) partial_words: u32,
    /// A follow-up is material if at least this share of it is new.
    pub(crate) material_novelty: Share,
    /// Texts of at most this many words fold only if their numbers and names agree.
    pub(crate) short_text_words: u32,
    /// Two stories are one event when their similarity reaches this, and up to 0.1 more where other
    /// events are similar too.
    pub(crate) event_similarity: Share,
    /// The longest gap in an event: it takes no new story this long after its last separately
    /// written text.
    pub(crate) event_max_gap: Interval,
    /// The longest span of an event: it takes no new story this long after its first.
    pub(crate) event_max_span: Interval,
    /// Over NATS, a folder in which this detector alone stores the texts of the window. They then take no
    /// memory, and a start need not fetch them. Without it they stay in memory. With the embedded bus,
    /// `wirefold up` stores them in the data folder.
    pub(crate) text_store: Option<PathBuf>,
}

impl Default for DetectorConfig {
    /// The defaults are those of the method itself.
    fn default() -> Self {
        let method = wirefold_dedup::Settings::default();
        let seconds = |seconds: i64| Interval::from_seconds(u32::try_from(seconds).unwrap_or(0));
        Self {
            reprint_contained: Share::of(method.reprint_contained),
            reprint_words: method.reprint_words,
            partial_contained: Share::of(method.partial_contained),
            partial_words: method.partial_words,
            material_novelty: Share::of(method.material_novelty),
            short_text_words: method.short_words,
            event_similarity: Share::of(method.event_similarity),
            event_max_gap: seconds(method.event_quiet),
            event_max_span: seconds(method.event_span),
            text_store: None,
        }
    }
}

impl DetectorConfig {
    /// The method's thresholds, with this window. Those without a setting keep their default.
    pub(crate) fn method(&self, window: Interval) -> wirefold_dedup::Settings {
        let seconds = |interval: Interval| interval.duration().as_secs().cast_signed();
        wirefold_dedup::Settings {
            reprint_contained: self.reprint_contained.get(),
            reprint_words: self.reprint_words,
            partial_contained: self.partial_contained.get(),
            partial_words: self.partial_words,
            material_novelty: self.material_novelty.get(),
            short_words: self.short_text_words,
            event_similarity: self.event_similarity.get(),
            event_quiet: seconds(self.event_max_gap),
            event_span: seconds(self.event_max_span),
            window: seconds(window),
            ..wirefold_dedup::Settings::default()
        }
    }
}

/// A feed that is polled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FeedConfig {
    /// Its name in commands and addresses: lower-case letters, digits, `.`, `-`, `_`. Without it,
    /// the address gives the name. A feed with another name is another feed.
    pub(crate) id: Option<FeedId>,
    /// Its address.
    pub(crate) url: Address,
    /// Its title; by default the one that the feed gives.
    pub(crate) title: Option<String>,
    /// Its publisher; by default the domain of each article.
    pub(crate) outlet: Option<Outlet>,
    /// The site that it speaks for: the versions and history of its items belong to that site. `nobody` for a
    /// list of other sites' items. By default wirefold finds the site at the first poll: the domain of the
    /// feed's address, or the site that its items link to if that site names the feed.
    pub(crate) speaks_for: Option<Outlet>,
    /// The group that lists show it in.
    pub(crate) group: Option<String>,
    /// Whether article pages are fetched for their text: `auto`, `on` or `off`. Default: `full_text` at the
    /// top.
    pub(crate) full_text: Option<FullText>,
    /// How to identify its items: by `guid`, the id that the feed gives them; by `link`; or by `title`, with
    /// the day. `auto` uses the id until it turns out to change or to repeat.
    #[serde(default)]
    pub(crate) identity: ItemIdentity,
    /// A CSS selector for the element that holds the article, for pages where wirefold finds the wrong text.
    /// wirefold reads a page without that element as usual, and `feed ls --problems` names the feed. Try it
    /// with `wirefold feed extract --article-selector`.
    pub(crate) article_selector: Option<Selector>,
    /// CSS selectors for elements of its pages that belong to no article, such as calls to
    /// subscribe.
    #[serde(default)]
    pub(crate) remove_selectors: Vec<Selector>,
    /// How long a request for it may take, with the whole answer. Default: 30 s.
    pub(crate) timeout: Option<Interval>,
}

/// A remote list of feeds (OPML). wirefold keeps your feeds in step with it: it adds and removes
/// feeds as the list changes. A feed that another list or a `[[feed]]` names too stays. Feeds that
/// you added, changed or removed by hand stay as you left them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpmlConfig {
    /// Its address.
    pub(crate) url: Address,
    /// The time between two downloads of the list.
    #[serde(default = "OpmlConfig::interval")]
    pub(crate) interval: Interval,
    /// Whether article pages of its feeds are fetched for their text: `auto`, `on` or `off`. Without
    /// it, the list decides for each feed, and `full_text` at the top where the list does not.
    pub(crate) full_text: Option<FullText>,
}

impl OpmlConfig {
    fn interval() -> Interval {
        Interval::from_seconds(24 * 3600)
    }
}

/// A file or folder that articles are read from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceConfig {
    /// The file or folder. A relative path in a file of settings is relative to that file's folder. Text
    /// files are one article each; `.jsonl` holds one a line; `.xml`, `.rss` and `.atom` are feeds.
    pub(crate) path: PathBuf,
    /// `folder` is watched for files, `file` is read once. Default: as the path is.
    pub(crate) kind: Option<SourceKind>,
    /// The publisher of articles that do not name one. Only for texts of one publisher: wirefold takes text
    /// that one outlet repeats for boilerplate, which counts for nothing. If you set it for a folder with
    /// texts of several publishers, some copies do not fold, even though `why`, which sees only
    /// two texts, calls them copies. Leave it out there, or name the outlet of each text in a `.jsonl` file.
    pub(crate) outlet: Option<Outlet>,
}

/// The kind of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SourceKind {
    /// Watched for files.
    Folder,
    /// Read once.
    File,
}

/// The credentials and headers for all feeds and pages below an address. If several addresses match, the
/// longest applies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccessConfig {
    /// The address. The section applies to addresses with the same scheme, host and port whose path begins
    /// with this one. Login and headers are sent to no other address, even if a site redirects.
    pub(crate) url: Address,
    /// The user of a login by HTTP (Basic).
    pub(crate) user: Option<String>,
    /// The password of the user. An environment variable or a file is a better place for it.
    pub(crate) password: Option<Secret>,
    /// The file that holds the password in its first line.
    pub(crate) password_file: Option<PathBuf>,
    /// The environment variable that holds the password.
    pub(crate) password_env: Option<String>,
    /// Headers to send there, such as `{ X-Key = "…" }`. Like passwords, they are never shown.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Secret>,
    /// The name that wirefold sends there; by default `fetcher.user_agent`.
    pub(crate) user_agent: Option<String>,
    /// The proxy to use, such as `socks5h://127.0.0.1:9050`. The proxy resolves host names, so the proxy must
    /// refuse private addresses. wirefold never uses proxies of the environment.
    pub(crate) proxy: Option<Proxy>,
    /// Whether to send requests with HTTP/1.1 and without compression, for hosts that handle these badly.
    #[serde(default)]
    pub(crate) compatibility_mode: bool,
}

/// A subject of a NATS server that articles are read from. A stream of that server (JetStream) must store the
/// subject, because otherwise messages are lost while wirefold does not run. A message is one article or an
/// array of them, in the JSON of `POST /api/v1/articles`. wirefold acknowledges a message once it is stored.
/// A message that is not an article becomes a dead letter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NatsConfig {
    /// The server, `nats://host:4222` or `tls://host:4222`, of version 2.12 or newer; several
    /// addresses of one cluster are separated by commas.
    pub(crate) server: String,
    /// The subject, or a pattern with `*` and `>`.
    pub(crate) subject: String,
    /// The stream that stores it; by default the one that the server names.
    pub(crate) stream: Option<String>,
    /// The durable consumer that stores the position. It is created if it is missing. Readers that
    /// use the same one share the messages.
    #[serde(default = "NatsConfig::durable")]
    pub(crate) durable: String,
    /// The name of the feed that its articles come through: lower-case letters, digits, `.`, `-`,
    /// `_`. Without it, the subject gives the name.
    pub(crate) id: Option<FeedId>,
    /// The publisher of articles that name none and have no address.
    pub(crate) outlet: Option<Outlet>,
    /// The user to log in as.
    pub(crate) user: Option<String>,
    /// The password of that user. Better: `password_env` or `password_file`.
    pub(crate) password: Option<Secret>,
    /// The file that holds the password in its first line.
    pub(crate) password_file: Option<PathBuf>,
    /// The environment variable that holds the password.
    pub(crate) password_env: Option<String>,
    /// A file with the CA certificates that may sign the server's certificate. Default: those of the system.
    pub(crate) ca_file: Option<PathBuf>,
}

impl NatsConfig {
    fn durable() -> String {
        "wirefold".to_owned()
    }
}

/// A query that alerts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubscriptionConfig {
    /// Its name for people.
    pub(crate) name: String,
    /// Its name in commands and addresses: lower-case letters, digits, `.`, `-`, `_`. Default: made of the
    /// name. A subscription with another id is another subscription.
    pub(crate) id: Option<SubscriptionId>,
    /// The query: words, `"phrases"`, `prefix*`, `~strike`, `@list`, AND, OR, NOT, parentheses, fields such
    /// as `title:` and `entity:`; `*` matches everything.
    pub(crate) query: String,
    /// The thing that one alert is about: an `event` or a `story`. Default: an event.
    pub(crate) group_by: Option<GroupBy>,
    /// The triggers that notify, such as `new`, `origins+2`, `velocity>5/10m`, `material`, `correction`,
    /// `retraction`, `quiet`. Default: `["new", "origins+2", "material"]`.
    #[serde(default)]
    pub(crate) on: Vec<String>,
    /// Outlets needed before it notifies.
    pub(crate) min_outlets: Option<u32>,
    /// Separately written texts needed before it notifies.
    pub(crate) min_origins: Option<u32>,
    /// How long the first message waits for more articles. Default: `30s`.
    pub(crate) group_wait: Option<Interval>,
    /// The shortest time between two messages about one event. Default: `15m`.
    pub(crate) update_interval: Option<Interval>,
    /// When an unchanged alert is sent again. Default: never.
    pub(crate) repeat_interval: Option<Interval>,
    /// When messages are held.
    pub(crate) quiet_hours: Option<QuietConfig>,
    /// The time zone of its digests and days, such as `Europe/Berlin`. Default: that of the quiet hours, or
    /// UTC without them.
    pub(crate) time_zone: Option<ZoneName>,
    /// The condition that notifies even in quiet hours, such as `outlets>=10`.
    pub(crate) break_quiet: Option<String>,
    /// The most loud messages a day. Further ones are held.
    pub(crate) max_per_day: Option<u32>,
    /// Ids of subscriptions. If one of them has notified of the same event or story, this one is silent.
    #[serde(default)]
    pub(crate) inhibited_by: Vec<SubscriptionId>,
    /// Collects messages: `hourly`, `daily` or `weekly`.
    pub(crate) digest: Option<Digest>,
    /// The names of its deliveries. Default: it is printed.
    #[serde(default)]
    pub(crate) deliveries: Vec<String>,
}

impl SubscriptionConfig {
    /// As it is on the wire, under this id.
    pub(crate) fn settings(&self, id: SubscriptionId) -> SubscriptionSettings {
        SubscriptionSettings {
            id,
            name: self.name.clone(),
            query: self.query.clone(),
            group_by: self.group_by,
            on: self.on.clone(),
            min_outlets: self.min_outlets,
            min_origins: self.min_origins,
            group_wait: self.group_wait,
            update_interval: self.update_interval,
            repeat_interval: self.repeat_interval,
            quiet_hours: self.quiet_hours.as_ref().map(QuietConfig::settings),
            time_zone: self.time_zone.as_ref().map(|zone| zone.name().to_owned()),
            break_quiet: self.break_quiet.clone(),
            max_per_day: self.max_per_day,
            inhibited_by: self.inhibited_by.clone(),
            digest: self.digest,
            deliveries: self.deliveries.clone(),
        }
    }
}

/// When messages are held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuietConfig {
    /// From when, such as `22:00`.
    from: TimeOfDay,
    /// To when, such as `07:00`; earlier than `from`: on the next day.
    to: TimeOfDay,
    /// The time zone, such as `Europe/Berlin`.
    time_zone: ZoneName,
}

impl QuietConfig {
    /// As it is on the wire.
    pub(crate) fn settings(&self) -> QuietHours {
        let (from, to) = (self.from.0.clone(), self.to.0.clone());
        QuietHours { from, to, time_zone: self.time_zone.0.clone() }
    }
}

/// An hour and minute of the day.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
struct TimeOfDay(String);

/// The IANA name of a time zone that this machine knows.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct ZoneName(String);

impl ZoneName {
    /// The name.
    pub(crate) fn name(&self) -> &str {
        &self.0
    }
}

/// The default urgency of loud revisions on ntfy.
const PRIORITY: u8 = 4;
/// The default address of Telegram's Bot API.
const TELEGRAM: &str = "https://api.telegram.org";

/// A target of alerts. If no delivery prints, wirefold adds `stdout`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeliveryConfig {
    /// Its name in subscriptions: lower-case letters, digits, `-`, `_`.
    pub(crate) name: String,
    /// `stdout` prints, `webhook` posts a signed message, `ntfy` notifies a phone, `email`, `slack`,
    /// `telegram`, `matrix` and `apprise` write to people, `nats`, `command` and `file` pass alerts to
    /// programs. docs/deliveries.md describes each kind.
    pub(crate) kind: DeliveryKind,
    /// The address of the webhook, of the ntfy topic, of the Matrix homeserver or of the Apprise key; the
    /// NATS server as `nats://host:4222` if it is not that of the bus; the mail server as `smtps://host` or
    /// `smtp://host` (with STARTTLS). Telegram needs it only if the Bot API is not at
    /// `https://api.telegram.org`.
    pub(crate) url: Option<TargetAddress>,
    /// The keys that sign a webhook (`whsec_…`; several while one replaces another); the access token of
    /// ntfy, Matrix or Apprise; the bot's token; the password of `user`; the address of a Slack-compatible
    /// webhook, which `config show` then hides. An environment variable or a file is a better place for it.
    #[serde(default)]
    pub(crate) secret: Vec<Secret>,
    /// The file that holds the secrets, one a line.
    pub(crate) secret_file: Option<PathBuf>,
    /// The environment variable that holds the secrets, separated by spaces.
    pub(crate) secret_env: Option<String>,
    /// Headers of the requests to a webhook, such as `{ Authorization = "Bearer …" }`. wirefold hides them
    /// like secrets.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Secret>,
    /// The ntfy priority of loud revisions, 1 to 5. Default: 4.
    pub(crate) priority: Option<u8>,
    /// The user at the mail or NATS server; the password is the `secret`.
    pub(crate) user: Option<String>,
    /// The sender of mails, such as `Desk <desk@news.example>`.
    pub(crate) from: Option<String>,
    /// The receivers of mails. Each mail names all of them.
    #[serde(default)]
    pub(crate) to: Vec<String>,
    /// Whether mails go to `smtp://` without TLS, such as to a relay on this machine.
    #[serde(default)]
    pub(crate) without_tls: bool,
    /// The chat of Telegram: its number, or `@name` of a public channel.
    pub(crate) chat: Option<String>,
    /// The id of the Matrix room, such as `!abc:matrix.example`.
    pub(crate) room: Option<String>,
    /// The NATS subject that each revision is published on, such as `news.alerts`.
    pub(crate) subject: Option<String>,
    /// The program that gets each revision as a line of JSON on its standard input, and its arguments. You
    /// can set it only in a file. If it exits with a code other than 0 or runs longer than 30 s, wirefold
    /// tries it again.
    #[serde(default)]
    pub(crate) command: Vec<String>,
    /// The file that each revision is added to as a line of JSON. You can set it only in a file.
    pub(crate) path: Option<PathBuf>,
    /// Sends a weekly list of feeds with problems, if there are any.
    #[serde(default)]
    pub(crate) feed_digest: bool,
    /// Sends reports about problems of wirefold (docs/health.md). Default: on for every kind except `stdout`,
    /// because the log shows them there.
    pub(crate) health: Option<bool>,
    /// A Jinja template for the title of each message, such as `{{ subscription }}: {{ headline }}`.
    /// docs/deliveries.md lists the names that it can use. Kinds that pass on JSON do not have it.
    pub(crate) title_template: Option<String>,
    /// A template for the lines below the title.
    pub(crate) template: Option<String>,
}

impl DeliveryConfig {
    /// Whether it gets reports about problems of wirefold.
    pub(crate) fn tells_health(&self) -> bool {
        self.health.unwrap_or(self.kind != DeliveryKind::Stdout)
    }

    /// The delivery that prints.
    pub(crate) fn stdout() -> Self {
        Self { name: "stdout".to_owned(), ..Self::default() }
    }

    /// The checked delivery for the alerter; `None` if a required key is missing.
    pub(crate) fn checked(&self) -> Option<Delivery> {
        let (title, text) = (self.title_template.clone(), self.template.clone());
        Some(Delivery {
            name: self.name.clone(),
            target: self.target()?,
            feed_digest: self.feed_digest,
            health: self.tells_health(),
            templates: Templates { title, text },
        })
    }

    fn target(&self) -> Option<DeliveryTarget> {
        let url = || self.url.as_ref().map(|address| address.url().clone());
        let secret = || self.secret.first().cloned();
        Some(match self.kind {
            DeliveryKind::Stdout => DeliveryTarget::Stdout(StdoutTarget),
            DeliveryKind::Webhook => DeliveryTarget::Webhook(WebhookTarget {
                url: url()?,
                secrets: self.secret.clone(),
                headers: self.headers.clone(),
            }),
            DeliveryKind::Ntfy => {
                let priority = self.priority.unwrap_or(PRIORITY);
                DeliveryTarget::Ntfy(NtfyTarget { url: url()?, token: secret(), priority })
            }
            DeliveryKind::Email => DeliveryTarget::Email(EmailTarget {
                server: url()?,
                without_tls: self.without_tls,
                login: self.user.clone().and_then(|user| Some((user, secret()?))),
                from: self.from.clone()?,
                to: self.to.clone(),
            }),
            DeliveryKind::Slack => {
                let url = || Some(Secret::new(url()?));
                DeliveryTarget::Slack(SlackTarget { url: secret().or_else(url)? })
            }
            DeliveryKind::Telegram => DeliveryTarget::Telegram(TelegramTarget {
                url: url().or_else(|| TELEGRAM.parse().ok())?,
                token: secret()?,
                chat: self.chat.clone()?,
            }),
            DeliveryKind::Matrix => {
                let (url, token, room) = (url()?, secret()?, self.room.clone()?);
                DeliveryTarget::Matrix(MatrixTarget { url, token, room })
            }
            DeliveryKind::Apprise => {
                DeliveryTarget::Apprise(AppriseTarget { url: url()?, token: secret() })
            }
            DeliveryKind::Nats => {
                DeliveryTarget::Nats(NatsTarget { subject: self.subject.clone()? })
            }
            DeliveryKind::Command => {
                DeliveryTarget::Command(CommandTarget { command: self.command.clone() })
            }
            DeliveryKind::File => DeliveryTarget::File(FileTarget { path: self.path.clone()? }),
        })
    }

    /// The missing keys that its kind requires, for people.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        let has_url = self.url.is_some();
        // A key that cannot be read is reported already.
        let has_secret =
            !self.secret.is_empty() || self.secret_file.is_some() || self.secret_env.is_some();
        let address = (has_url, "it needs the address it goes to; write url = \"https://…\"");
        let token = (has_secret, "it needs a token; write secret_env = \"…\"");
        let needs = match self.kind {
            DeliveryKind::Stdout => Vec::new(),
            DeliveryKind::Webhook | DeliveryKind::Ntfy | DeliveryKind::Apprise => vec![address],
            DeliveryKind::Email => vec![
                (has_url, "it needs a mail server; write url = \"smtps://mail.example\""),
                (self.from.is_some(), "it needs a sender; write from = \"desk@news.example\""),
                (!self.to.is_empty(), "it needs receivers; write to = [\"desk@news.example\"]"),
            ],
            DeliveryKind::Slack => vec![(
                has_url || has_secret,
                "it needs the address of the webhook, which is a secret; write secret_env = \"…\"",
            )],
            DeliveryKind::Telegram => {
                let has_chat = self.chat.as_ref().is_some_and(|chat| !chat.trim().is_empty());
                vec![token, (has_chat, "it needs a chat; write chat = \"-100…\"")]
            }
            DeliveryKind::Matrix => {
                let room = "it needs a room; write room = \"!abc:matrix.example\"";
                vec![address, token, (self.room.is_some(), room)]
            }
            DeliveryKind::Nats => {
                let subject = "it needs a subject; write subject = \"news.alerts\"";
                vec![(self.subject.is_some(), subject)]
            }
            DeliveryKind::Command => {
                vec![(!self.command.is_empty(), "it needs a program; write command = [\"…\"]")]
            }
            DeliveryKind::File => {
                vec![(self.path.is_some(), "it needs a file; write path = \"alerts.jsonl\"")]
            }
        };
        needs.into_iter().filter_map(|(is_there, what)| (!is_there).then_some(what)).collect()
    }

    /// The keys that only some kinds have, whether they are set, and the kinds that have them. The older
    /// kinds accept foreign keys silently, as before.
    pub(crate) fn keys_of_kinds(&self) -> [(&'static str, bool, &'static [DeliveryKind]); 9] {
        use DeliveryKind::{Command, Email, File, Matrix, Nats, Telegram};
        [
            ("user", self.user.is_some(), &[Email, Nats]),
            ("subject", self.subject.is_some(), &[Nats]),
            ("from", self.from.is_some(), &[Email]),
            ("to", !self.to.is_empty(), &[Email]),
            ("without_tls", self.without_tls, &[Email]),
            ("chat", self.chat.is_some(), &[Telegram]),
            ("room", self.room.is_some(), &[Matrix]),
            ("command", !self.command.is_empty(), &[Command]),
            ("path", self.path.is_some(), &[File]),
        ]
    }
}

/// The kind of a delivery.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DeliveryKind {
    /// Prints.
    #[default]
    Stdout,
    /// Posts a signed message.
    Webhook,
    /// Notifies a phone.
    Ntfy,
    /// Sends mail.
    Email,
    /// Posts to an incoming webhook of Slack, Mattermost or Discord.
    Slack,
    /// Writes to a chat of Telegram.
    Telegram,
    /// Writes to a room of Matrix.
    Matrix,
    /// Posts to an Apprise API server.
    Apprise,
    /// Publishes on a NATS subject.
    Nats,
    /// Runs a program.
    Command,
    /// Adds to a file.
    File,
}

impl DeliveryKind {
    /// The word for it in settings.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Webhook => "webhook",
            Self::Ntfy => "ntfy",
            Self::Email => "email",
            Self::Slack => "slack",
            Self::Telegram => "telegram",
            Self::Matrix => "matrix",
            Self::Apprise => "apprise",
            Self::Nats => "nats",
            Self::Command => "command",
            Self::File => "file",
        }
    }
}

/// Gives a type its JSON Schema, and reads it from the text or number that it is written as. The refusals of
/// `$parse` are sentences for people.
macro_rules! written_as {
    ($type:ident, $from:ty, $parse:expr, { $($key:literal: $value:literal),+ }) => {
        impl JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ $($key: $value),+ })
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let parse: fn($from) -> Result<Self, String> = $parse;
                parse(<$from>::deserialize(deserializer)?).map_err(serde::de::Error::custom)
            }
        }
    };
}

written_as!(Address, String, |text| Self::parse(&text), { "type": "string", "format": "uri" });
written_as!(TargetAddress, String, |text| Self::parse(&text), { "type": "string", "format": "uri" });
written_as!(Selector, String, |text| check_selector(&text).map(|()| Self(text)), { "type": "string" });
written_as!(Proxy, String, |text| Self::parse(&text), { "type": "string", "format": "uri" });
written_as!(Network, String, |text| Self::parse(&text), { "type": "string" });
written_as!(Share, f64, |share| match (0.0..=1.0).contains(&share) {
    true => Ok(Self(share)),
    false => Err(format!("{share} is not a share from 0 to 1")),
}, { "type": "number", "minimum": 0, "maximum": 1 });
written_as!(TimeOfDay, String, |text| match jiff::civil::Time::strptime("%H:%M", &text) {
    Ok(_) => Ok(Self(text)),
    Err(_) => Err(format!("{text:?} is not a time of day, such as \"22:00\"")),
}, { "type": "string" });
written_as!(ZoneName, String, |text| {
    // A machine without the database cannot tell a zone from a mistake.
    let known = |name| jiff::tz::TimeZone::get(name).is_ok();
    match text == "UTC" || jiff::tz::db().is_definitively_empty() || known(&text) {
        true => Ok(Self(text)),
        false => Err(format!("{text:?} is not a time zone that this machine knows")),
    }
}, { "type": "string" });

/// A web address: `http` or `https`, a host, no user or password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    url: url::Url,
    /// As it was written: wirefold must not change a feed's address.
    written: String,
}

impl Address {
    /// Reads an address. Its errors are written for people.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let address = Self::of_any_scheme(text)?;
        match address.url.scheme() {
            "http" | "https" => Ok(address),
            _ => Err(format!("{text:?} begins with neither https:// nor http://")),
        }
    }

    fn of_any_scheme(text: &str) -> Result<Self, String> {
        let url = url::Url::parse(text)
            .map_err(|error| format!("{text:?} is not a web address: {error}"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a user or password in a web address would appear in logs".to_owned());
        }
        Ok(Self { url, written: text.to_owned() })
    }

    /// The address, parsed.
    pub(crate) fn url(&self) -> &url::Url {
        &self.url
    }

    /// The address as it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.written
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.written)
    }
}

/// The target of a delivery: a web address, or a mail server as `smtps://` or `smtp://`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TargetAddress(Address);

impl TargetAddress {
    fn parse(text: &str) -> Result<Self, String> {
        const OTHERS: [&str; 4] = ["smtp://", "smtps://", "nats://", "tls://"];
        let is_other = OTHERS.iter().any(|scheme| text.starts_with(scheme));
        let address = if is_other { Address::of_any_scheme(text) } else { Address::parse(text) }?;
        match address.url.host_str().is_none_or(str::is_empty) {
            true => Err(format!("{text:?} names no host")),
            false => Ok(Self(address)),
        }
    }

    /// The address, parsed.
    pub(crate) fn url(&self) -> &url::Url {
        &self.0.url
    }

    /// Whether it is the address of a mail server.
    pub(crate) fn is_of_mail(&self) -> bool {
        matches!(self.0.url.scheme(), "smtp" | "smtps")
    }

    /// Whether it is the address of a NATS server.
    pub(crate) fn is_of_nats(&self) -> bool {
        matches!(self.0.url.scheme(), "nats" | "tls")
    }
}

impl Serialize for TargetAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// A CSS selector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Selector(pub(crate) String);

/// A proxy: `socks5h`, `http` or `https`, a host, no user or password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proxy(pub(crate) url::Url);

impl Proxy {
    fn parse(text: &str) -> Result<Self, String> {
        let is_proxy = |url: &url::Url| {
            let is_open = url.username().is_empty() && url.password().is_none();
            matches!(url.scheme(), "socks5h" | "http" | "https") && url.has_host() && is_open
        };
        let url = url::Url::parse(text).ok().filter(is_proxy);
        url.map(Self)
            .ok_or_else(|| format!("{text:?} is not a proxy such as socks5h://127.0.0.1:9050"))
    }
}

impl Serialize for Proxy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

/// A network in CIDR form, such as `192.168.0.0/16`; an address alone is a network of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network(pub(crate) ipnet::IpNet);

impl Network {
    fn parse(text: &str) -> Result<Self, String> {
        let alone = || text.parse::<std::net::IpAddr>().ok().map(ipnet::IpNet::from);
        let network = text.parse().ok().or_else(alone);
        network
            .map(Self)
            .ok_or_else(|| format!("{text:?} is not a network such as 192.168.0.0/16 or fd00::/8"))
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A share from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct Share(f64);

impl Share {
    /// A share that is certainly one.
    pub(crate) fn of(share: f64) -> Self {
        Self(share.clamp(0.0, 1.0))
    }

    /// The share, from 0 to 1.
    pub(crate) fn get(self) -> f64 {
        self.0
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_the_methods() {
        let method = wirefold_dedup::Settings::default();
        let window = Interval::from_seconds(7 * 24 * 3600);
        assert_eq!(DetectorConfig::default().method(window), method);
    }
}
