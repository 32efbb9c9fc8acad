//! The last step of reading settings: fills in ids, resolves paths, reads secrets, and checks settings that
//! depend on each other.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use wirefold_address::slug;
use wirefold_fetcher::extract::check_selector;
use wirefold_proto::{FeedId, FullText};

use super::origin::{Origin, Origins, Problem};
use super::services::network;
use super::settings::{AnyAddress, Config, DeliveryConfig, DeliveryKind, QuietConfig};

// The messages about values that are out of bounds.
const LOG_FILTER: &str =
    "expected a level, or parts with one, such as \"info,wirefold_fetcher=debug\"";
const NETWORKS: &str = "expected addresses or networks, such as \"127.0.0.1\"";
const PRIVATE: &str =
    "expected networks such as \"192.168.0.0/16\" or \"fd00::/8\", or names such as \"nas.local\"";
const NO_PAUSE: &str = "a feed cannot be polled without a pause; write \"10m\"";
const NO_BUDGET: &str =
    "0 would hold every alert until the end of the hour; write a number of at least 1";
const FEW_BYTES: &str = "expected at least 16777216, which are 16 MiB";
const REPLICAS: &str = "expected 1, 3 or 5, as a cluster decides by its majority";

/// Finishes the settings and returns what is wrong with them.
///
/// Settings under the top-level keys in `broken` are incomplete, because wrong values were removed. Nothing is
/// reported about them here: it could follow from the removal.
pub(super) fn finish(
    config: &mut Config,
    origins: &Origins,
    broken: &BTreeSet<String>,
) -> Vec<Problem> {
    let mut finish = Finish { origins, broken, problems: Vec::new() };
    if !config.delivery.iter().any(|delivery| delivery.kind == DeliveryKind::Stdout) {
        config.delivery.push(DeliveryConfig::stdout());
    }
    finish.ids(config);
    finish.bounds(config);
    finish.pairs(config);
    finish.servers(config);
    finish.feeds(config);
    finish.subscriptions(config);
    for (at, delivery) in config.delivery.iter().enumerate() {
        finish.delivery(&format!("delivery.{at}"), delivery);
    }
    finish.problems
}

struct Finish<'a> {
    origins: &'a Origins,
    broken: &'a BTreeSet<String>,
    problems: Vec<Problem>,
}

impl Finish<'_> {
    fn refuse(&mut self, key: &str, what: impl Into<String>) {
        self.refuse_both(key, key, what);
    }

    /// Refuses two settings that do not go together. The place is that of the first, or of the second if
    /// nobody set the first.
    fn refuse_both(&mut self, key: &str, other: &str, what: impl Into<String>) {
        let is_broken =
            |it: &str| it.split('.').next().is_some_and(|top| self.broken.contains(top));
        if is_broken(key) || is_broken(other) {
            return;
        }
        let here = match self.origins.of(key) {
            Origin::Default => self.origins.of(other),
            told => told,
        };
        self.problems.push(Problem::new(here, format!("`{key}`: {}", what.into())));
    }

    /// Fills in the ids that are made of addresses and names, and refuses names that occur twice.
    fn ids(&mut self, config: &mut Config) {
        for feed in &mut config.feed {
            feed.id = feed.id.take().or_else(|| slug::of_address(feed.url.url()).parse().ok());
        }
        for nats in &mut config.nats {
            nats.id = nats.id.take().or_else(|| slug::of_name(&nats.subject).parse().ok());
        }
        for it in &mut config.subscription {
            it.id = it.id.take().or_else(|| slug::of_name(&it.name).parse().ok());
        }
        let text = |id: &Option<FeedId>| id.as_ref().map(ToString::to_string);
        self.unique("feed", config.feed.iter().map(|it| text(&it.id)));
        self.unique("nats", config.nats.iter().map(|it| text(&it.id)));
        let ids = config.subscription.iter().map(|it| it.id.as_ref().map(ToString::to_string));
        self.unique("subscription", ids);
        self.unique("delivery", config.delivery.iter().map(|it| Some(it.name.clone())));
        self.unique("opml", config.opml.iter().map(|it| Some(it.url.as_str().to_owned())));
    }

    fn unique(&mut self, list: &str, names: impl Iterator<Item = Option<String>>) {
        let mut seen = BTreeMap::new();
        for (at, name) in names.enumerate() {
            let key = format!("{list}.{at}");
            let Some(name) = name else {
                self.refuse(&key, "nothing in it gives an id; write id = \"a-short-name\"");
                continue;
            };
            let what = format!("{name:?} is already at ");
            if let Some(first) = seen.insert(name, at) {
                let there = self.origins.managed_by(list, first);
                self.refuse(&key, format!("{what}{there}; give one of them another name"));
            }
        }
    }

    fn bounds(&mut self, config: &Config) {
        let (page, fetcher) = (&config.page, &config.fetcher);
        let networks = |list: &[String]| list.iter().all(|it| network(it).is_some());
        // A name has no slash, and not only digits and dots.
        let is_name =
            |text: &str| text.chars().any(char::is_alphabetic) && !text.contains(['/', ':']);
        let is_private =
            fetcher.allow_private.iter().all(|it| network(it).is_some() || is_name(it));
        for (key, is_good, what) in [
            (
                "window",
                !config.window.duration().is_zero(),
                "nothing would be compared; write \"7d\"",
            ),
            ("log", is_filter(&config.log), LOG_FILTER),
            ("page.trusted_proxies", networks(&page.trusted_proxies), NETWORKS),
            ("fetcher.allow_private", is_private, PRIVATE),
            ("fetcher.min_interval", !fetcher.min_interval.duration().is_zero(), NO_PAUSE),
            ("budget.sites", config.budget.sites.values().all(|factor| *factor != 0), NO_BUDGET),
            ("retention.max_bytes", config.retention.max_bytes >= 16 << 20, FEW_BYTES),
            ("bus.replicas", matches!(config.bus.replicas, None | Some(1 | 3 | 5)), REPLICAS),
        ] {
            if !is_good {
                self.refuse(key, what);
            }
        }
    }

    fn pairs(&mut self, config: &Config) {
        let (page, fetcher) = (&config.page, &config.fetcher);
        if page.listen == config.operations.listen && page.listen.port() != 0 {
            let what = "it is the same as `page.listen`; choose another port";
            self.refuse_both("operations.listen", "page.listen", what);
        }
        if fetcher.min_interval > fetcher.max_interval {
            let (longest, shortest) = (fetcher.max_interval, fetcher.min_interval);
            let what =
                format!("\"{longest}\" is shorter than `fetcher.min_interval`, \"{shortest}\"");
            self.refuse_both("fetcher.max_interval", "fetcher.min_interval", what);
        }
    }

    /// Checks the servers of the bus and of subjects, and that passwords have users.
    fn servers(&mut self, config: &Config) {
        for address in &config.bus.nats {
            self.server("bus.nats", address);
        }
        for (at, nats) in config.nats.iter().enumerate() {
            let key = format!("nats.{at}");
            nats.server.split(',').for_each(|it| self.server(&format!("{key}.server"), it.trim()));
            for (name, is_good) in [
                ("subject", wirefold_flow::check_filter(&nats.subject).is_ok()),
                ("durable", wirefold_flow::check_name("reader", &nats.durable).is_ok()),
            ] {
                if !is_good {
                    let what = format!("expected a {name} of NATS, such as \"news.articles\"");
                    self.refuse(&format!("{key}.{name}"), what);
                }
            }
            if nats.id == Some(FeedId::push()) {
                self.refuse(&key, "its id is that of pushed articles; choose another one");
            }
        }
        let bus = [("bus".to_owned(), &config.bus.user, &config.bus.password)].into_iter();
        let nats = config.nats.iter().enumerate();
        let nats = nats.map(|(at, it)| (format!("nats.{at}"), &it.user, &it.password));
        let access = config.access.iter().enumerate();
        let access = access.map(|(at, it)| (format!("access.{at}"), &it.user, &it.password));
        for (key, user, password) in bus.chain(nats).chain(access) {
            if user.is_none() && password.is_some() {
                self.refuse(&format!("{key}.password"), format!("it has no `{key}.user`"));
            }
        }
        for (at, it) in config.access.iter().enumerate() {
            let proxies = &["socks5h", "http", "https"];
            self.scheme(&format!("access.{at}.proxy"), it.proxy.as_ref(), proxies);
        }
    }

    /// Checks the address of a NATS server, which is shown in logs.
    fn server(&mut self, key: &str, address: &str) {
        let (scheme, host) = address.split_once("://").unwrap_or(("nats", address));
        if host.contains('@') {
            let what = "logs show addresses, so an address must not contain a login; write it as \
                        `user` and `password`";
            self.refuse(key, what);
        } else if !matches!(scheme, "nats" | "tls") || host.is_empty() || host.contains(',') {
            let what = format!("{address:?} is not an address such as \"nats://host:4222\"");
            self.refuse(key, what);
        }
    }

    fn scheme(&mut self, key: &str, address: Option<&AnyAddress>, schemes: &[&str]) {
        if address.is_some_and(|it| !schemes.contains(&it.url().scheme())) {
            let what =
                format!("expected an address that begins with {}://", schemes.join(":// or "));
            self.refuse(key, what);
        }
    }

    fn feeds(&mut self, config: &Config) {
        for (at, feed) in config.feed.iter().enumerate() {
            let has_pages = feed.full_text.unwrap_or(config.full_text) != FullText::Off;
            let article = feed.article_selector.iter().map(|it| ("article_selector", it));
            let remove = feed.remove_selectors.iter().map(|it| ("remove_selectors", it));
            for (name, selector) in article.chain(remove) {
                let key = format!("feed.{at}.{name}");
                if !has_pages {
                    let what = "no pages of this feed are fetched, as `full_text` is \"off\"";
                    self.refuse(&key, what);
                } else if let Err(why) = check_selector(selector) {
                    self.refuse(&key, why);
                }
            }
        }
    }

    fn subscriptions(&mut self, config: &Config) {
        for (at, one) in config.subscription.iter().enumerate() {
            let key = format!("subscription.{at}");
            if let Some(hours) = &one.quiet_hours {
                self.quiet_hours(&format!("{key}.quiet_hours"), hours);
            }
            self.time_zone(&format!("{key}.time_zone"), one.time_zone.as_deref());
            // Which of two that inhibit each other alerts would be chance.
            for other in &config.subscription[..at] {
                let is_mutual = one.id.as_ref().is_some_and(|id| other.inhibited_by.contains(id))
                    && other.id.as_ref().is_some_and(|id| one.inhibited_by.contains(id));
                if is_mutual {
                    let (one, other) = (&one.name, &other.name);
                    let what =
                        format!("{one:?} and {other:?} inhibit each other; leave one of them out");
                    self.refuse(&format!("{key}.inhibited_by"), what);
                }
            }
        }
    }

    fn quiet_hours(&mut self, key: &str, hours: &QuietConfig) {
        for (name, time) in [("from", &hours.from), ("to", &hours.to)] {
            if jiff::civil::Time::strptime("%H:%M", time).is_err() {
                let what = format!("{time:?} is not a time of day, such as \"22:00\"");
                self.refuse(&format!("{key}.{name}"), what);
            }
        }
        self.time_zone(&format!("{key}.time_zone"), Some(&hours.time_zone));
    }

    fn time_zone(&mut self, key: &str, name: Option<&str>) {
        // A machine without the database cannot tell a zone from a mistake.
        let is_known = |it: &str| {
            let is_without_zones = jiff::tz::db().is_definitively_empty();
            it == "UTC" || is_without_zones || jiff::tz::TimeZone::get(it).is_ok()
        };
        if let Some(unknown) = name.filter(|it| !is_known(it)) {
            self.refuse(key, format!("{unknown:?} is not a time zone that this machine knows"));
        }
    }

    /// Checks a delivery. Its secrets must have been read.
    fn delivery(&mut self, key: &str, delivery: &DeliveryConfig) {
        // The name becomes a part of the names of consumers and keys.
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        if delivery.name.is_empty() || !delivery.name.chars().all(is_plain) {
            let what = "expected lower-case letters, digits, `-` and `_`, such as \"phone\"";
            self.refuse(&format!("{key}.name"), what);
        }
        let before = self.problems.len();
        self.keys_of_kind(key, delivery);
        // A program or a path may only be set in a file. Otherwise setting a variable or a flag once would make
        // wirefold run a program later.
        let programs =
            [("command", !delivery.command.is_empty()), ("path", delivery.path.is_some())];
        for (name, _) in programs.into_iter().filter(|(_, is_set)| *is_set) {
            let key = format!("{key}.{name}");
            if !matches!(self.origins.of(&key), Origin::File { .. }) {
                self.refuse(&key, "it is only allowed in a file of settings");
            }
        }
        if delivery.user.is_some() && delivery.secret.is_empty() {
            self.refuse(&format!("{key}.user"), "it has no password; write secret = \"env:NAME\"");
        }
        let is_key = |it: &AnyAddress| it.url().path().contains("/notify/");
        if delivery.kind == DeliveryKind::Apprise && !delivery.url.as_ref().is_none_or(is_key) {
            let what = "expected the address with its key, such as \
                        \"http://apprise.example:8000/notify/desk\"";
            self.refuse(&format!("{key}.url"), what);
        }
        if self.problems.len() == before
            && let Some(Err(why)) =
                delivery.checked().map(|it| wirefold_alerter::check_delivery(&it))
        {
            self.refuse(key, why);
        }
    }

    /// Refuses missing keys of the kind of a delivery, and those that mean nothing to it.
    fn keys_of_kind(&mut self, key: &str, delivery: &DeliveryConfig) {
        const OF_ALL: [&str; 6] =
            ["name", "kind", "feed_digest", "health", "title_template", "template"];
        let keys = delivery.kind.keys();
        let written = serde_json::to_value(delivery).unwrap_or_default();
        let is_set = |name: &str| match &written[name] {
            Value::Null | Value::Bool(false) => false,
            Value::String(text) => !text.trim().is_empty(),
            Value::Array(values) => values.iter().any(|value| value != ""),
            Value::Object(entries) => !entries.is_empty(),
            _ => true,
        };
        for (name, example) in keys.needed.iter().filter(|(name, _)| !is_set(name)) {
            self.refuse(key, format!("it needs `{name}`; write {name} = {example}"));
        }
        let needed = |name: &str| keys.needed.iter().any(|(needed, _)| *needed == name);
        let is_of_kind =
            |name| OF_ALL.contains(&name) || needed(name) || keys.possible.contains(&name);
        for name in written.as_object().into_iter().flat_map(|it| it.keys()) {
            if is_set(name) && !is_of_kind(name) {
                let what = format!("it means nothing to kind = {}", written["kind"]);
                self.refuse(&format!("{key}.{name}"), what);
            }
        }
        self.scheme(&format!("{key}.url"), delivery.url.as_ref(), keys.schemes);
    }
}

/// Whether a log filter has a level in each part. The log library would take a misspelt level for the name of a part
/// of the program and switch off all logs.
fn is_filter(filter: &str) -> bool {
    let is_level = |word: &str| word.parse::<tracing_subscriber::filter::LevelFilter>().is_ok();
    filter.split(',').all(|part| is_level(part.rsplit('=').next().unwrap_or(part).trim()))
}
