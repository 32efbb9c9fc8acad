//! The settings. Their doc comments are the reference: `docs/config.md` and the file that `init` writes are
//! made from them.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use wirefold_alerter::kinds::{
    AppriseTarget, CommandTarget, DeliveryTarget, EmailTarget, FileTarget, MatrixTarget,
    NatsTarget, NtfyTarget, SlackTarget, StdoutTarget, TelegramTarget, WebhookTarget,
};
use wirefold_alerter::{Delivery, Templates};
use wirefold_proto::{
    Digest, Escalation, FeedId, FeedSettings, FullText, GroupBy, Interval, ItemIdentity, Outlet,
    Secret, SubscriptionId, SubscriptionSettings, TextPolicy,
};

/// The settings of the pipeline. Flags set the behaviour of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// How long events are kept.
    pub(crate) keep: KeepConfig,
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
pub(crate) struct OperationsConfig {
    /// The address that serves `/healthz`, `/readyz` and `/metrics`.
    #[serde(deserialize_with = "listener")]
    pub(crate) listen: SocketAddr,
}

/// Reads the address of a listener. Its error is written for people.
fn listener<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let written = String::deserialize(deserializer)?;
    let refuse = |_| D::Error::custom(format!("{written:?} is not an IP address with a port"));
    written.parse().map_err(refuse)
}

/// How long data is stored. Fetched texts are stored for 14 days, or for the window and one day if
/// that is longer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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

/// How long events are kept. A kept event is one file with its texts, evidence, alerts, notes and overrides, as `wirefold
/// story export` prints it. It is written once the event has been quiet for two days, and again if it changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct KeepConfig {
    /// How long the events that alerted are kept after their last change. Default: they are not kept. Events that are
    /// kept already stay if you remove this.
    pub(crate) alerts: Option<Interval>,
}

/// How feeds are polled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct FetcherConfig {
    /// A page or an e-mail address where the operator of a site can reach you. It is added to the name that
    /// wirefold sends to sites, `wirefold/` and its version.
    pub(crate) contact: Option<String>,
    /// The shortest time between two polls of one feed.
    pub(crate) min_interval: Interval,
    /// The longest time between two polls of one feed.
    pub(crate) max_interval: Interval,
    /// The shortest time between two requests to one host.
    pub(crate) per_host_delay: Interval,
    /// Private networks that feeds and deliveries may be in, such as `192.168.0.0/16`. Each is open only to feeds
    /// whose own address is in it, and to their links and redirects there. wirefold refuses all others, so that
    /// no feed can make this machine send requests into its own network. A name, such as `nas.local`, is a host
    /// that feeds and pages may be on whatever its address is.
    pub(crate) allow_private: Vec<String>,
}

impl FetcherConfig {
    /// Its name for sites, and the contact.
    pub(crate) fn full_user_agent(&self) -> String {
        let name = concat!("wirefold/", env!("CARGO_PKG_VERSION"));
        match &self.contact {
            Some(contact) => format!("{name} (+{contact})"),
            None => name.to_owned(),
        }
    }
}

/// The page, the feeds out and the API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct PageConfig {
    /// The address of the page. wirefold has no TLS of its own: use a proxy with TLS if others can read the
    /// network.
    #[serde(deserialize_with = "listener")]
    pub(crate) listen: SocketAddr,
    /// When requests need a token: `auto` on any address other than loopback; `always` on loopback too, such as
    /// where a proxy on this machine serves the page to others; `never` only if something else keeps strangers
    /// out, such as a container whose port is published on loopback, because everybody who reaches the page may
    /// then read and write. `up` prints a link that signs a browser in, and `wirefold token add` makes tokens
    /// for programs.
    pub(crate) tokens: Tokens,
    /// The addresses or networks of a proxy with a login of its own. It names the user in the header
    /// `Remote-User`. A user named there needs no token, has marks of their own, and is named with their commands. The
    /// proxy must remove the header from the requests of strangers. wirefold ignores the header from other addresses.
    pub(crate) trusted_proxies: Vec<String>,
    /// Whether deliveries may be added on the page, over the API and with `wirefold delivery`, by everybody who may write
    /// there. Alerts go where they say.
    pub(crate) add_deliveries: bool,
    /// The address that links in alerts and feeds begin with. Browsers may use its name for the page, besides
    /// `localhost`. Default: the address at which the page is served.
    pub(crate) base_url: Option<Address>,
}

/// When requests need a token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tokens {
    /// On any address other than loopback.
    #[default]
    Auto,
    /// On loopback too.
    Always,
    /// On no address.
    Never,
}

impl PageConfig {
    /// Whether requests from the network need a token.
    pub(crate) fn asks_for_tokens(&self) -> bool {
        match self.tokens {
            Tokens::Auto => !self.listen.ip().is_loopback(),
            Tokens::Always => true,
            Tokens::Never => false,
        }
    }
}

/// The heartbeat. docs/health.md describes how wirefold reports its own problems.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct HealthConfig {
    /// An address that wirefold calls (`GET`) once a minute while it has no problem, such as that of a check at
    /// healthchecks.io. That service alerts you when the calls stop.
    pub(crate) heartbeat: Option<Address>,
}

/// The bus between the stages: a file in the data folder, or a NATS server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct BusConfig {
    /// The address of the NATS server, `nats://host:4222` or `tls://host:4222`, or several addresses of one
    /// cluster. Without it, the bus is a file in the data folder.
    pub(crate) nats: Vec<String>,
    /// The user to log in as.
    pub(crate) user: Option<String>,
    /// The password of that user.
    pub(crate) password: Option<SecretSetting>,
    /// The file with the key that the detector signs its decisions with. Detector, alerter and gateway verify
    /// them with it. `wirefold setup --passwords` makes it. Without it, everybody who can log in to the server can forge
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

/// Limits for one feed and one site, so that a bad one harms only itself. wirefold drops nothing: it folds and
/// shows articles beyond a budget, and sends their alerts as one message at the end of the hour. In an hour, the
/// alerts of 600 articles of a feed and of 3,000 of a site are sent at once, and 60 alerts that come from one site
/// alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct BudgetConfig {
    /// The factor of these numbers for a site that may send more, such as the wire of an agency.
    /// The key is its domain, or the address of a feed at a host that many people share.
    pub(crate) sites: BTreeMap<String, u32>,
}

/// The detector. How it judges is no setting: docs/accuracy.md says how well it does. `window` at the top is the time
/// in which it compares articles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct DetectorConfig {
    /// Over NATS, a folder in which this detector alone stores the texts of the window. They then take no
    /// memory, and a start need not fetch them. Without it they stay in memory. With the embedded bus,
    /// `wirefold up` stores them in the data folder.
    pub(crate) text_store: Option<PathBuf>,
}

/// A feed that is polled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
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
    /// Whether its silence is a health condition: if nothing new comes for far longer than usual, your deliveries tell you.
    #[serde(default)]
    pub(crate) priority: bool,
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
    pub(crate) article_selector: Option<String>,
    /// CSS selectors for elements of its pages that belong to no article, such as calls to
    /// subscribe.
    #[serde(default)]
    pub(crate) remove_selectors: Vec<String>,
    /// How long a request for it may take, with the whole answer. Default: 30 s.
    pub(crate) timeout: Option<Interval>,
}

/// A remote list of feeds (OPML). wirefold keeps your feeds in step with it: it downloads the list once a day, and
/// adds and removes feeds as the list changes. A feed that another list or a `[[feed]]` names too stays. Feeds that
/// you added, changed or removed by hand stay as you left them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct OpmlConfig {
    /// Its address.
    pub(crate) url: Address,
}

/// A file or folder that articles are read from. A folder is watched for files, a file is read once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct SourceConfig {
    /// The file or folder. A relative path in a file of settings is relative to that file's folder. Text
    /// files are one article each; `.jsonl` holds one a line; `.xml`, `.rss` and `.atom` are feeds.
    pub(crate) path: PathBuf,
    /// The publisher of articles that do not name one. Only for texts of one publisher: wirefold takes text
    /// that one outlet repeats for boilerplate, which counts for nothing. If you set it for a folder with
    /// texts of several publishers, some copies do not fold, even though `why`, which sees only
    /// two texts, calls them copies. Leave it out there, or name the outlet of each text in a `.jsonl` file.
    pub(crate) outlet: Option<Outlet>,
}

/// The credentials and headers for all feeds and pages below an address. If several addresses match, the
/// longest applies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct AccessConfig {
    /// The address. The section applies to addresses with the same scheme, host and port whose path begins
    /// with this one. Login and headers are sent to no other address, even if a site redirects.
    pub(crate) url: Address,
    /// The user of a login by HTTP (Basic).
    pub(crate) user: Option<String>,
    /// The password of the user.
    pub(crate) password: Option<SecretSetting>,
    /// Headers to send there, such as `{ X-Key = "…" }`. Like passwords, they are never shown.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, SecretSetting>,
    /// The name that wirefold sends there; by default `wirefold/` and its version. The part before the `/` is its
    /// name in robots.txt.
    pub(crate) user_agent: Option<String>,
    /// The proxy to use, such as `socks5h://127.0.0.1:9050`. The proxy resolves host names, so the proxy must
    /// refuse private addresses. wirefold never uses proxies of the environment.
    pub(crate) proxy: Option<AnyAddress>,
    /// Whether to send requests with HTTP/1.1 and without compression, for hosts that handle these badly.
    #[serde(default)]
    pub(crate) compatibility_mode: bool,
}

/// A subject of a NATS server that articles are read from. A stream of that server (JetStream) must store the
/// subject, because otherwise messages are lost while wirefold does not run. A message is one article or an
/// array of them, in the JSON of `POST /api/v1/articles`. wirefold acknowledges a message once it is stored.
/// A message that is not an article becomes a dead letter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct NatsConfig {
    /// The server, `nats://host:4222` or `tls://host:4222`, of version 2.12 or newer; several
    /// addresses of one cluster are separated by commas.
    pub(crate) server: String,
    /// The subject, or a pattern with `*` and `>`.
    pub(crate) subject: String,
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
    /// The password of that user.
    pub(crate) password: Option<SecretSetting>,
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
    /// `retraction`, `quiet`; `origins+2`: two more separately written texts than at the last loud message. Default:
    /// `["new", "material"]`.
    #[serde(default)]
    pub(crate) on: Vec<String>,
    /// Outlets needed before it notifies.
    pub(crate) min_outlets: Option<u32>,
    /// Separately written texts needed before it notifies.
    pub(crate) min_origins: Option<u32>,
    /// How long the first message waits for more articles. Default: `30s`.
    pub(crate) group_wait: Option<Interval>,
    /// The shortest time between two messages about one event; it doubles with each loud one, up to eight times. Default: `5m`.
    pub(crate) update_interval: Option<Interval>,
    /// When an unchanged alert is sent again. Default: never.
    pub(crate) repeat_interval: Option<Interval>,
    /// The delivery that also gets an alert if nobody acknowledges it in time, such as `chief after 15m`: the time runs
    /// from the first message on. Default: none.
    pub(crate) escalation: Option<Escalation>,
    /// When messages are held: `from` and `to` are times of the day, and an earlier `to` is on the next day.
    /// `time_zone` is that of these times.
    pub(crate) quiet_hours: Option<QuietConfig>,
    /// The time zone of its digests and days, such as `Europe/Berlin`. Default: that of the quiet hours, or
    /// UTC without them.
    pub(crate) time_zone: Option<String>,
    /// The condition that notifies even in quiet hours, such as `outlets>=10`.
    pub(crate) break_quiet: Option<String>,
    /// The most loud messages a day. Further ones are held.
    pub(crate) max_per_day: Option<u32>,
    /// Ids of subscriptions. If one of them has notified of the same event or story, this one is silent.
    #[serde(default)]
    pub(crate) inhibited_by: Vec<SubscriptionId>,
    /// Collects messages: `hourly`, `daily` or `weekly`.
    pub(crate) digest: Option<Digest>,
    /// Whether the events of its alerts are kept as `keep.alerts` says. Default: yes.
    pub(crate) keep: Option<bool>,
    /// The names of its deliveries. Default: it is printed.
    #[serde(default)]
    pub(crate) deliveries: Vec<String>,
}

/// When messages are held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuietConfig {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) time_zone: String,
}

impl SubscriptionConfig {
    /// As it is on the wire, under this id.
    pub(crate) fn settings(&self, id: SubscriptionId) -> SubscriptionSettings {
        as_message(&Self { id: Some(id), ..self.clone() })
    }
}

impl FeedConfig {
    /// As it is on the wire. It must have an id.
    pub(crate) fn settings(&self, full_text: FullText) -> FeedSettings {
        let seconds = |timeout: Interval| u32::try_from(timeout.duration().as_secs()).ok();
        FeedSettings {
            timeout_seconds: self.timeout.and_then(seconds),
            ..as_message(&Self { full_text: self.full_text.or(Some(full_text)), ..self.clone() })
        }
    }
}

/// Settings as the message of the contract whose fields have the same names.
fn as_message<T: DeserializeOwned>(settings: &impl Serialize) -> T {
    let fields = serde_json::to_value(settings).expect("settings have no keys but text");
    serde_json::from_value(fields).expect("a test reads a message with every key")
}

/// A target of alerts. If no delivery prints, wirefold adds `stdout`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct DeliveryConfig {
    /// Its name in subscriptions: lower-case letters, digits, `-`, `_`.
    pub(crate) name: String,
    /// `stdout` prints, `webhook` posts a signed message, `ntfy` notifies a phone, `email`, `slack`,
    /// `telegram`, `matrix` and `apprise` write to people, `nats`, `command` and `file` pass alerts to
    /// programs. docs/deliveries.md describes each kind.
    pub(crate) kind: DeliveryKind,
    /// The address of the webhook, of the ntfy topic, of the Matrix homeserver or of the Apprise key; the
    /// NATS server as `nats://host:4222` if it is not that of the bus; the mail server as `smtps://host` or
    /// `smtp://host` (with STARTTLS, but without TLS to this machine). Telegram needs it only if the Bot API is not
    /// at `https://api.telegram.org`.
    pub(crate) url: Option<AnyAddress>,
    /// The keys that sign a webhook (`whsec_…`; several while one replaces another); the access token of
    /// ntfy, Matrix or Apprise; the bot's token; the password of `user`; the address of a Slack-compatible
    /// webhook.
    #[serde(default)]
    pub(crate) secret: Vec<SecretSetting>,
    /// Headers of the requests to a webhook, such as `{ Authorization = "Bearer …" }`. wirefold hides them
    /// like secrets.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, SecretSetting>,
    /// The user at the mail or NATS server; the password is the `secret`.
    pub(crate) user: Option<String>,
    /// The sender of mails, such as `Desk <desk@news.example>`.
    pub(crate) from: Option<String>,
    /// The receivers of mails, and each mail names all of them; the chat of Telegram, its number or `@name` of a
    /// public channel; the id of the Matrix room, such as `!abc:matrix.example`; or the NATS subject that each
    /// revision is published on.
    #[serde(default)]
    pub(crate) to: Vec<String>,
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

/// The keys of a kind of delivery, besides those that every delivery has.
pub(crate) struct KeysOfKind {
    /// The keys that it needs, each with an example.
    pub(crate) needed: &'static [(&'static str, &'static str)],
    /// The other keys that it may have.
    pub(crate) possible: &'static [&'static str],
    /// The schemes of its `url`.
    pub(crate) schemes: &'static [&'static str],
}

impl DeliveryKind {
    /// The keys that it needs and may have.
    pub(crate) fn keys(self) -> KeysOfKind {
        const URL: (&str, &str) = ("url", "\"https://…\"");
        const SECRET: (&str, &str) = ("secret", "\"env:NAME\"");
        const WEB: &[&str] = &["https", "http"];
        const ADDRESS: &str = "\"desk@news.example\"";
        let (needed, possible, schemes): (&[_], &[_], &[_]) = match self {
            Self::Stdout => (&[], &[], WEB),
            Self::Webhook => (&[URL], &["secret", "headers"], WEB),
            Self::Ntfy | Self::Apprise => (&[URL], &["secret"], WEB),
            Self::Email => (
                &[("url", "\"smtps://mail.example\""), ("from", ADDRESS), ("to", ADDRESS)],
                &["user", "secret"],
                &["smtps", "smtp"],
            ),
            Self::Slack => (&[SECRET], &[], WEB),
            Self::Telegram => (&[SECRET, ("to", "\"-100…\"")], &["url"], WEB),
            Self::Matrix => (&[URL, SECRET, ("to", "\"!abc:matrix.example\"")], &[], WEB),
            Self::Nats => {
                (&[("to", "\"news.alerts\"")], &["url", "user", "secret"], &["nats", "tls"])
            }
            Self::Command => (&[("command", "[\"…\"]")], &[], WEB),
            Self::File => (&[("path", "\"alerts.jsonl\"")], &[], WEB),
        };
        KeysOfKind { needed, possible, schemes }
    }
}

impl fmt::Display for DeliveryKind {
    /// The word for it in settings.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
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
        let secrets = || self.secret.iter().map(|it| it.secret.clone());
        let (secret, to) = (|| secrets().next(), || self.to.first().cloned());
        Some(match self.kind {
            DeliveryKind::Stdout => DeliveryTarget::Stdout(StdoutTarget),
            DeliveryKind::Webhook => DeliveryTarget::Webhook(WebhookTarget {
                url: url()?,
                secrets: secrets().collect(),
                headers: secrets_of(&self.headers),
            }),
            DeliveryKind::Ntfy => DeliveryTarget::Ntfy(NtfyTarget { url: url()?, token: secret() }),
            DeliveryKind::Email => DeliveryTarget::Email(EmailTarget {
                server: url()?,
                // `smtps://` is TLS on any machine.
                without_tls: self
                    .url
                    .as_ref()
                    .is_some_and(|it| it.url().scheme() == "smtp" && it.is_of_this_machine()),
                login: self.user.clone().and_then(|user| Some((user, secret()?))),
                from: self.from.clone()?,
                to: self.to.clone(),
            }),
            DeliveryKind::Slack => DeliveryTarget::Slack(SlackTarget { url: secret()? }),
            DeliveryKind::Telegram => {
                let url = url().or_else(|| TELEGRAM.parse().ok())?;
                DeliveryTarget::Telegram(TelegramTarget { url, token: secret()?, chat: to()? })
            }
            DeliveryKind::Matrix => {
                let (url, token, room) = (url()?, secret()?, to()?);
                DeliveryTarget::Matrix(MatrixTarget { url, token, room })
            }
            DeliveryKind::Apprise => {
                DeliveryTarget::Apprise(AppriseTarget { url: url()?, token: secret() })
            }
            DeliveryKind::Nats => DeliveryTarget::Nats(NatsTarget { subject: to()? }),
            DeliveryKind::Command => {
                DeliveryTarget::Command(CommandTarget { command: self.command.clone() })
            }
            DeliveryKind::File => DeliveryTarget::File(FileTarget { path: self.path.clone()? }),
        })
    }
}

/// The default address of Telegram's Bot API.
const TELEGRAM: &str = "https://api.telegram.org";

/// A secret: the text itself, or where it is: `env:NAME` in an environment variable, `file:PATH` in the first line of
/// a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "String", into = "String")]
pub(crate) struct SecretSetting {
    /// The secret.
    pub(crate) secret: Secret,
    /// Its place.
    pub(crate) place: Option<String>,
}

impl From<String> for SecretSetting {
    /// The reader has written the secret below its place.
    fn from(text: String) -> Self {
        match text.split_once('\n') {
            Some((place, secret)) if place.starts_with("env:") || place.starts_with("file:") => {
                Self { secret: Secret::new(secret), place: Some(place.to_owned()) }
            }
            _ => Self { secret: Secret::new(text), place: None },
        }
    }
}

impl From<SecretSetting> for String {
    /// The place, or a placeholder of the secret.
    fn from(setting: SecretSetting) -> Self {
        setting.place.unwrap_or_else(|| setting.secret.to_string())
    }
}

/// Headers with their secrets.
pub(super) fn secrets_of(headers: &BTreeMap<String, SecretSetting>) -> BTreeMap<String, Secret> {
    headers.iter().map(|(name, value)| (name.clone(), value.secret.clone())).collect()
}

/// A web address: `http` or `https`, a host, no user or password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Address(AnyAddress);

/// An address with a host, without user or password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct AnyAddress {
    url: url::Url,
    /// As it was written: wirefold must not change a feed's address.
    written: String,
}

impl TryFrom<String> for AnyAddress {
    type Error = String;

    /// Its errors are written for people.
    fn try_from(written: String) -> Result<Self, String> {
        let url = url::Url::parse(&written).map_err(|error| match error {
            url::ParseError::RelativeUrlWithoutBase => {
                format!("{written:?} is not a web address: write https:// before it")
            }
            _ => format!("{written:?} is not a web address: {error}"),
        })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a user or password in a web address would appear in logs".to_owned());
        }
        match url.host_str().is_none_or(str::is_empty) {
            true => Err(format!("{written:?} names no host")),
            false => Ok(Self { url, written }),
        }
    }
}

impl AnyAddress {
    /// The address, parsed.
    pub(crate) fn url(&self) -> &url::Url {
        &self.url
    }

    /// Whether it is the address of this machine.
    pub(crate) fn is_of_this_machine(&self) -> bool {
        let host = self.url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        host == "localhost" || host.parse().is_ok_and(|it: std::net::IpAddr| it.is_loopback())
    }
}

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(written: String) -> Result<Self, String> {
        let address = AnyAddress::try_from(written)?;
        match address.url.scheme() {
            "http" | "https" => Ok(Self(address)),
            _ => Err(format!("{:?} begins with neither https:// nor http://", address.written)),
        }
    }
}

impl Address {
    /// The address, parsed.
    pub(crate) fn url(&self) -> &url::Url {
        &self.0.url
    }

    /// The address as it was written.
    pub(crate) fn as_str(&self) -> &str {
        &self.0.written
    }
}

impl From<AnyAddress> for String {
    fn from(address: AnyAddress) -> Self {
        address.written
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.0.written
    }
}
