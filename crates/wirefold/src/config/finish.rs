//! The last step of reading settings: fills in ids, resolves paths, reads secrets, and checks settings that
//! depend on each other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::HeaderName;
use wirefold_fetcher::slug;
use wirefold_proto::{FullText, Secret};

use crate::config::layers::Sources;
use crate::config::origin::{Origin, Origins};
use crate::config::problem::{Problem, suggestion};
use crate::config::settings::{
    Config, DeliveryConfig, DeliveryKind, PageConfig, SubscriptionConfig,
};

/// Finishes the settings and returns what is wrong with them.
///
/// Settings under the top-level keys in `broken` are incomplete, because wrong values were removed. Nothing is
/// reported about them here: it could follow from the removal.
pub(super) fn finish(
    config: &mut Config,
    origins: &Origins,
    sources: &Sources,
    broken: &BTreeSet<String>,
) -> Vec<Problem> {
    let mut finish = Finish { origins, sources, broken, problems: Vec::new() };
    if !config.delivery.iter().any(|delivery| delivery.kind == DeliveryKind::Stdout) {
        config.delivery.push(DeliveryConfig::stdout());
    }
    finish.paths(config);
    finish.bounds(config);
    finish.bus(config);
    finish.feeds(config);
    finish.lists(config);
    finish.subjects(config);
    finish.subscriptions(config);
    finish.secrets(config);
    finish.deliveries(config);
    finish.passwords(config);
    finish.problems
}

/// Records the origins of values that were derived from other settings.
pub(super) fn insert_derived_origins(config: &Config, origins: &mut Origins) {
    let mut derive = |key: String, from: String| {
        let origin = origins.of(&from);
        origins.insert_derived(key, origin);
    };
    for at in 0..config.feed.len() {
        derive(format!("feed.{at}.id"), format!("feed.{at}.url"));
        derive(format!("feed.{at}.full_text"), "full_text".to_owned());
    }
    for at in 0..config.subscription.len() {
        derive(format!("subscription.{at}.id"), format!("subscription.{at}.name"));
    }
    for at in 0..config.nats.len() {
        derive(format!("nats.{at}.id"), format!("nats.{at}.subject"));
    }
    if config.bus.password_file.is_some() {
        derive("bus.password".to_owned(), "bus.password_file".to_owned());
    }
    let access = config.access.iter().enumerate();
    let access =
        access.map(|(at, it)| ("access", at, "password", &it.password_file, &it.password_env));
    let nats = config.nats.iter().enumerate();
    let nats = nats.map(|(at, it)| ("nats", at, "password", &it.password_file, &it.password_env));
    let delivery = config.delivery.iter().enumerate();
    let delivery =
        delivery.map(|(at, it)| ("delivery", at, "secret", &it.secret_file, &it.secret_env));
    for (list, at, name, file, variable) in access.chain(nats).chain(delivery) {
        let key = format!("{list}.{at}.{name}");
        if let Some(variable) = variable {
            origins.insert_derived(key, Origin::Environment(variable.clone()));
        } else if file.is_some() {
            let origin = origins.of(&format!("{key}_file"));
            origins.insert_derived(key, origin);
        }
    }
}

/// The shortest interval of heartbeats.
const SHORTEST_HEARTBEAT: Duration = Duration::from_secs(10);

struct Finish<'a> {
    origins: &'a Origins,
    sources: &'a Sources,
    broken: &'a BTreeSet<String>,
    problems: Vec<Problem>,
}

impl Finish<'_> {
    /// Whether the top-level key of `key` has a mistake that is reported already.
    fn is_broken(&self, key: &str) -> bool {
        key.split('.').next().is_some_and(|top| self.broken.contains(top))
    }

    fn refuse(&mut self, key: &str, what: impl Into<String>) {
        if self.is_broken(key) {
            return;
        }
        let what = format!("`{key}`: {}", what.into());
        self.problems.push(Problem::new(self.origins.of(key), what));
    }

    /// Refuses two settings that do not go together. The place is that of the first, or of the second if
    /// nobody set the first.
    fn refuse_both(&mut self, key: &str, other: &str, what: &str) {
        if self.is_broken(key) || self.is_broken(other) {
            return;
        }
        let here = match self.origins.of(key) {
            Origin::Default => self.origins.of(other),
            told => told,
        };
        self.problems.push(Problem::new(here, format!("`{key}`: {what}")));
    }

    fn paths(&self, config: &mut Config) {
        match self.origins.of("data") {
            Origin::Default => {
                let below_home = ".local/share";
                let folder = self.sources.xdg("XDG_DATA_HOME", below_home);
                config.data = folder.unwrap_or_else(|| below_home.into()).join("wirefold");
            }
            _ => config.data = self.resolved("data", &config.data),
        }
        for delivery in &mut config.delivery {
            // An empty path is not a path. It is reported below.
            delivery.path = delivery.path.take().filter(|path| !path.as_os_str().is_empty());
        }
        for (key, path) in config.paths() {
            *path = self.resolved(&key, path);
        }
    }

    /// A path in a file is relative to the folder of that file, any other path to the working folder. `~/` is
    /// the home folder.
    fn resolved(&self, key: &str, path: &Path) -> PathBuf {
        if let (Ok(below_home), Some(home)) =
            (path.strip_prefix("~"), self.sources.variable("HOME"))
        {
            return Path::new(home).join(below_home);
        }
        match self.origins.of(key) {
            Origin::File(place) => {
                Path::new(&*place.file).parent().map_or(path.into(), |folder| folder.join(path))
            }
            _ => self.sources.folder.join(path),
        }
    }

    fn page(&mut self, page: &PageConfig) {
        if page.tokens && page.without_tokens {
            let what = "one requires tokens and the other does not; remove one";
            self.refuse_both("page.tokens", "page.without_tokens", what);
        }
        let (header, proxies) = ("page.trusted_proxy_header", "page.trusted_proxies");
        match &page.trusted_proxy_header {
            Some(name) if HeaderName::try_from(name).is_err() => {
                self.refuse(header, format!("{name:?} is not a header name"));
            }
            Some(_) if page.trusted_proxies.is_empty() => {
                let what = "name the address of the proxy in `trusted_proxies`, such as \
                            [\"127.0.0.1\"]; otherwise anybody could send the header";
                self.refuse(header, what);
            }
            None if !page.trusted_proxies.is_empty() => {
                let what = "name the header with the name of the user in `trusted_proxy_header`";
                self.refuse(proxies, what);
            }
            Some(_) | None => {}
        }
    }

    fn bounds(&mut self, config: &Config) {
        self.page(&config.page);
        if config.page.listen == config.operations.listen && config.page.listen.port() != 0 {
            let what = "it is the same as `page.listen`; choose another port";
            self.refuse_both("operations.listen", "page.listen", what);
        }
        if config.health.heartbeat_interval.duration() < SHORTEST_HEARTBEAT {
            let what = "a heartbeat cannot be sent so often; write \"1m\"";
            self.refuse("health.heartbeat_interval", what);
        }
        let fetcher = &config.fetcher;
        if fetcher.min_interval.duration().is_zero() {
            self.refuse(
                "fetcher.min_interval",
                "a feed cannot be polled without a pause; write \"10m\"",
            );
        }
        if fetcher.min_interval > fetcher.max_interval {
            let (longest, shortest) = (fetcher.max_interval, fetcher.min_interval);
            let what =
                format!("\"{longest}\" is shorter than `fetcher.min_interval`, \"{shortest}\"");
            self.refuse_both("fetcher.max_interval", "fetcher.min_interval", &what);
        }
        if !(1..=1000).contains(&fetcher.concurrency) {
            self.refuse("fetcher.concurrency", "expected a number from 1 to 1000");
        }
        for (key, why) in config.budget.empty() {
            self.refuse(key, why);
        }
        if let Some(odd) = odd_directive(&config.log) {
            self.refuse(
                "log",
                format!("{odd:?} is neither a level nor a part with one; write \"info\""),
            );
        }
        if config.window.duration().is_zero() {
            self.refuse("window", "nothing would be compared; write \"7d\"");
        }
        if config.retention.max_bytes < 16 << 20 {
            self.refuse("retention.max_bytes", "expected at least 16777216, which are 16 MiB");
        }
    }

    fn bus(&mut self, config: &mut Config) {
        let bus = &mut config.bus;
        for address in &bus.nats {
            self.server("bus.nats", address, "bus.");
        }
        if let Some(path) = &bus.password_file {
            let text = self.secret_of_file("bus.password_file", path);
            bus.password = text.and_then(|text| text.lines().find_map(one_secret));
        }
        if bus.replicas.is_some_and(|count| !matches!(count, 1 | 3 | 5)) {
            self.refuse("bus.replicas", "expected 1, 3 or 5, as a cluster decides by its majority");
        }
        if bus.user.is_none() && bus.password.is_some() {
            self.refuse("bus.password", "it has no `bus.user`; write user = \"detector\"");
        }
    }

    /// The address of a NATS server, which is shown in logs.
    fn server(&mut self, key: &str, address: &str, beside: &str) {
        let (scheme, host) = address.split_once("://").unwrap_or(("nats", address));
        if host.contains('@') {
            let what = format!(
                "logs show addresses, so an address must not contain a login; write it as \
                 `{beside}user` and `{beside}password_file`"
            );
            self.refuse(key, what);
        } else if !matches!(scheme, "nats" | "tls") || host.is_empty() || host.contains(',') {
            let name = key.rsplit('.').next().unwrap_or(key);
            let what =
                format!("{address:?} is not an address; write {name} = \"nats://host:4222\"");
            self.refuse(key, what);
        }
    }

    fn subscriptions(&mut self, config: &mut Config) {
        let mut seen = BTreeMap::new();
        for at in 0..config.subscription.len() {
            let subscription = &mut config.subscription[at];
            let key = format!("subscription.{at}");
            if subscription.id.is_none() {
                subscription.id = slug::of_name(&subscription.name).parse().ok();
            }
            match &subscription.id {
                None => self.refuse(&key, "its name gives no id; write id = \"a-short-name\""),
                Some(id) => {
                    let id = id.to_string();
                    self.check_unique("subscription", &id, at, &mut seen);
                }
            }
            let names: Vec<&str> = config.delivery.iter().map(|d| d.name.as_str()).collect();
            for name in &config.subscription[at].deliveries {
                if !names.contains(&name.as_str()) && !self.is_broken("delivery") {
                    let hint = suggestion(name, &names);
                    let what = format!("no [[delivery]] is named {name:?}; {hint}");
                    self.refuse(&format!("{key}.deliveries"), what);
                }
            }
        }
        self.mutual_inhibition(config);
    }

    /// Refuses two subscriptions that inhibit each other: which one alerts would be chance.
    fn mutual_inhibition(&mut self, config: &Config) {
        let all = &config.subscription;
        for (at, one) in all.iter().enumerate() {
            let others = all[..at].iter().filter(|other| {
                let names = |a: &SubscriptionConfig, b: &SubscriptionConfig| {
                    b.id.as_ref().is_some_and(|id| a.inhibited_by.contains(id))
                };
                names(one, other) && names(other, one)
            });
            for other in others {
                let what = format!(
                    "{:?} and {:?} inhibit each other; leave one of them out",
                    one.name, other.name
                );
                self.refuse(&format!("subscription.{at}.inhibited_by"), what);
            }
        }
    }

    /// Refuses a name that occurs twice.
    fn check_unique(
        &mut self,
        list: &str,
        name: &str,
        at: usize,
        seen: &mut BTreeMap<String, usize>,
    ) {
        if let Some(first) = seen.insert(name.to_owned(), at) {
            let there = self.origins.managed_by(list, first);
            let what = format!("{name:?} is already at {there}; give one of them another id");
            self.refuse(&format!("{list}.{at}"), what);
        }
    }
}

impl Config {
    /// Makes paths absolute, because the printed settings may be saved as a file elsewhere.
    pub(crate) fn make_paths_absolute(&mut self) -> std::io::Result<()> {
        self.data = std::path::absolute(&self.data)?;
        for (_, path) in self.paths() {
            *path = std::path::absolute(&*path)?;
        }
        Ok(())
    }

    /// All paths with their keys, except the data folder.
    fn paths(&mut self) -> Vec<(String, &mut PathBuf)> {
        let bus = &mut self.bus;
        let mut paths = vec![
            ("bus.password_file".to_owned(), bus.password_file.as_mut()),
            ("bus.ca_file".to_owned(), bus.ca_file.as_mut()),
            ("bus.signing_key_file".to_owned(), bus.signing_key_file.as_mut()),
            ("detector.text_store".to_owned(), self.detector.text_store.as_mut()),
        ];
        for (at, it) in self.access.iter_mut().enumerate() {
            paths.push((format!("access.{at}.password_file"), it.password_file.as_mut()));
        }
        for (at, it) in self.nats.iter_mut().enumerate() {
            paths.push((format!("nats.{at}.password_file"), it.password_file.as_mut()));
            paths.push((format!("nats.{at}.ca_file"), it.ca_file.as_mut()));
        }
        for (at, it) in self.source.iter_mut().enumerate() {
            paths.push((format!("source.{at}.path"), Some(&mut it.path)));
        }
        for (at, it) in self.delivery.iter_mut().enumerate() {
            paths.push((format!("delivery.{at}.secret_file"), it.secret_file.as_mut()));
            paths.push((format!("delivery.{at}.path"), it.path.as_mut()));
        }
        paths.into_iter().filter_map(|(key, path)| Some((key, path?))).collect()
    }
}

/// The invalid part of a log filter. The log library would take a misspelt level for the name of a part of
/// the program and switch off all logs.
fn odd_directive(filter: &str) -> Option<&str> {
    let is_level = |word: &str| word.parse::<tracing_subscriber::filter::LevelFilter>().is_ok();
    let is_odd = |part: &&str| !is_level(part.rsplit('=').next().unwrap_or(part).trim());
    filter.split(',').find(is_odd)
}

/// The shortest time between two downloads of one list of feeds.
const SHORTEST: Duration = Duration::from_mins(10);

impl Finish<'_> {
    fn feeds(&mut self, config: &mut Config) {
        let mut seen = BTreeMap::new();
        for at in 0..config.feed.len() {
            let feed = &mut config.feed[at];
            let made = slug::of_address(feed.url.url());
            let key = format!("feed.{at}");
            if feed.id.is_none() {
                feed.id = made.parse().ok();
            }
            let feed_default = config.full_text;
            let has_pages = *feed.full_text.get_or_insert(feed_default) != FullText::Off;
            let rules = [
                ("article_selector", feed.article_selector.is_some()),
                ("remove_selectors", !feed.remove_selectors.is_empty()),
            ];
            let id = feed.id.as_ref().map(ToString::to_string);
            for (rule, _) in rules.into_iter().filter(|(_, is_set)| *is_set && !has_pages) {
                let what = "no pages of this feed are fetched, as `full_text` is \"off\"";
                self.refuse(&format!("{key}.{rule}"), what);
            }
            match id {
                None => {
                    self.refuse(&key, format!("its address gives no id; write id = \"feed-{at}\""));
                }
                Some(id) => self.check_unique("feed", &id, at, &mut seen),
            }
        }
    }

    /// Checks the subjects of NATS servers. Each needs an id of its own, and the addresses must not have a
    /// login.
    fn subjects(&mut self, config: &mut Config) {
        let mut seen = BTreeMap::new();
        for at in 0..config.nats.len() {
            let nats = &mut config.nats[at];
            let key = format!("nats.{at}");
            if nats.id.is_none() {
                nats.id = slug::of_name(&nats.subject).parse().ok();
            }
            let (id, server) = (nats.id.clone(), nats.server.clone());
            let unfit = [
                ("subject", wirefold_flow::check_filter(&nats.subject).is_err()),
                ("durable", wirefold_flow::check_name("reader", &nats.durable).is_err()),
            ];
            for (name, _) in unfit.into_iter().filter(|(_, is_so)| *is_so) {
                let what = format!("expected a {name} of NATS, such as \"news.articles\"");
                self.refuse(&format!("{key}.{name}"), what);
            }
            for address in server.split(',') {
                self.server(&format!("{key}.server"), address.trim(), "");
            }
            match id {
                Some(id) if id == wirefold_proto::FeedId::push() => {
                    self.refuse(&key, "its id is that of pushed articles; choose another one");
                }
                Some(id) => self.check_unique("nats", id.as_str(), at, &mut seen),
                None => self.refuse(&key, "its subject gives no id; write id = \"a-short-name\""),
            }
        }
    }

    /// Checks the lists of feeds. Each may occur once, with a minimum interval.
    fn lists(&mut self, config: &Config) {
        let mut seen = BTreeMap::new();
        for (at, list) in config.opml.iter().enumerate() {
            let key = format!("opml.{at}");
            if let Some(first) = seen.insert(list.url.as_str(), at) {
                let there = self.origins.managed_by("opml", first);
                let what = format!("{:?} is already at {there}", list.url.as_str());
                self.refuse(&key, what);
            }
            if list.interval.duration() < SHORTEST {
                let what = "a list is polled at most once in ten minutes; write \"1d\"";
                self.refuse(&format!("{key}.interval"), what);
            }
        }
    }
}

impl Finish<'_> {
    /// Checks the deliveries. Their secrets must have been read.
    fn deliveries(&mut self, config: &Config) {
        let mut seen = BTreeMap::new();
        for (at, delivery) in config.delivery.iter().enumerate() {
            let key = format!("delivery.{at}");
            self.check_unique("delivery", &delivery.name, at, &mut seen);
            // The name becomes a part of the names of consumers and keys.
            let is_plain =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
            if delivery.name.is_empty() || !delivery.name.chars().all(is_plain) {
                let what = "expected lower-case letters, digits, `-` and `_`, such as \"phone\"";
                self.refuse(&format!("{key}.name"), what);
            }
            if delivery.priority.is_some_and(|priority| !(1..=5).contains(&priority)) {
                self.refuse(&format!("{key}.priority"), "expected a number from 1 to 5");
            }
            self.inapplicable_keys(&key, delivery);
            self.file_only(&key, delivery);
            let missing = delivery.missing();
            for what in &missing {
                self.refuse(&key, *what);
            }
            if missing.is_empty() {
                self.values(&key, delivery);
            }
        }
    }

    /// Refuses keys that do not apply to the kind.
    fn inapplicable_keys(&mut self, key: &str, delivery: &DeliveryConfig) {
        for (name, is_set, kinds) in delivery.keys_of_kinds() {
            if is_set && !kinds.contains(&delivery.kind) {
                let kinds: Vec<&str> = kinds.iter().map(|kind| kind.word()).collect();
                let (word, kinds) = (delivery.kind.word(), kinds.join(", "));
                let what = format!("it means nothing to kind = {word:?}, only to {kinds}");
                self.refuse(&format!("{key}.{name}"), what);
            }
        }
    }

    /// A program or a path may only be set in a file. Otherwise setting a variable or a flag once would make
    /// wirefold run a program later.
    fn file_only(&mut self, key: &str, delivery: &DeliveryConfig) {
        for (name, is_set) in
            [("command", !delivery.command.is_empty()), ("path", delivery.path.is_some())]
        {
            let key = format!("{key}.{name}");
            if is_set && !matches!(self.origins.of(&key), Origin::File(_)) {
                self.refuse(&key, "it is only allowed in a file of settings");
            }
        }
    }

    /// Refuses values that cannot work.
    fn values(&mut self, key: &str, delivery: &DeliveryConfig) {
        let is_mail = delivery.url.as_ref().is_some_and(|url| url.is_of_mail());
        if is_mail != (delivery.kind == DeliveryKind::Email) && delivery.url.is_some() {
            let what = match is_mail {
                true => "only mail goes to smtp:// or smtps://; write url = \"https://…\"",
                false => "mail goes to a mail server; write url = \"smtps://…\"",
            };
            return self.refuse(&format!("{key}.url"), what);
        }
        let is_nats = delivery.url.as_ref().is_some_and(|url| url.is_of_nats());
        if is_nats != (delivery.kind == DeliveryKind::Nats) && delivery.url.is_some() {
            let what = match is_nats {
                true => "only kind = \"nats\" goes to nats:// or tls://; write url = \"https://…\"",
                false => "alerts for a subject go to a NATS server; write url = \"nats://…\"",
            };
            return self.refuse(&format!("{key}.url"), what);
        }
        if delivery.without_tls && delivery.user.is_some() && !is_of_this_machine(delivery) {
            let what = "a password would cross the network in the clear; leave `user` out, or use \
                        TLS";
            self.refuse(&format!("{key}.without_tls"), what);
        }
        if delivery.user.is_some() && delivery.secret.is_empty() {
            self.refuse(&format!("{key}.user"), "it has no password; write secret_env = \"…\"");
        }
        let is_notify = |url: &url::Url| url.path().contains("/notify/");
        if delivery.kind == DeliveryKind::Apprise
            && !delivery.url.as_ref().is_some_and(|url| is_notify(url.url()))
        {
            let what = "expected the address with its key, such as \
                        \"http://apprise.example:8000/notify/desk\"";
            self.refuse(&format!("{key}.url"), what);
        }
        let checked = delivery.checked().map(|it| wirefold_alerter::check_delivery(&it));
        if let Some(Err(why)) = checked {
            self.refuse(key, why);
        }
    }
}

/// Whether the mail server is on this machine, by its address.
fn is_of_this_machine(delivery: &DeliveryConfig) -> bool {
    let host = delivery.url.as_ref().and_then(|url| url.url().host_str());
    let host = host.unwrap_or_default().trim_matches(['[', ']']);
    let is_loopback = |it: std::net::IpAddr| it.is_loopback();
    host == "localhost" || host.parse().is_ok_and(is_loopback)
}

/// The size limit of a file of secrets, in bytes.
const LARGEST_SECRET: u64 = 64 << 10;

impl Finish<'_> {
    /// Reads the secrets of deliveries.
    fn secrets(&mut self, config: &mut Config) {
        for (at, delivery) in config.delivery.iter_mut().enumerate() {
            if let Some(path) = &delivery.secret_file {
                let text = self.secret_of_file(&format!("delivery.{at}.secret_file"), path);
                delivery.secret.extend(text.unwrap_or_default().lines().filter_map(one_secret));
            }
            if let Some(name) = &delivery.secret_env {
                let text = self.secret_of_variable(&format!("delivery.{at}.secret_env"), name);
                let text = text.unwrap_or_default();
                delivery.secret.extend(text.split_whitespace().filter_map(one_secret));
            }
        }
    }

    /// Reads the passwords of addresses and servers.
    fn passwords(&mut self, config: &mut Config) {
        let access = config.access.iter_mut().enumerate();
        let access = access.map(|(at, it)| {
            let sources = (&it.password_file, &it.password_env);
            (format!("access.{at}"), sources, it.user.is_some(), &mut it.password)
        });
        let nats = config.nats.iter_mut().enumerate();
        let nats = nats.map(|(at, it)| {
            let sources = (&it.password_file, &it.password_env);
            (format!("nats.{at}"), sources, it.user.is_some(), &mut it.password)
        });
        for (key, (file, variable), has_user, password) in access.chain(nats) {
            if let Some(path) = file {
                let text = self.secret_of_file(&format!("{key}.password_file"), path);
                *password = text.and_then(|text| text.lines().find_map(one_secret));
            }
            if let Some(name) = variable {
                let text = self.secret_of_variable(&format!("{key}.password_env"), name);
                *password = text.as_deref().and_then(one_secret);
            }
            if !has_user && password.is_some() {
                self.refuse(&key, "its password has no user; write user = \"desk\"");
            }
        }
    }

    fn secret_of_file(&mut self, key: &str, path: &Path) -> Option<String> {
        let size = std::fs::metadata(path).map(|metadata| metadata.len());
        let read = match size {
            Ok(size) if size > LARGEST_SECRET => {
                Err(format!("it is larger than {} KiB", LARGEST_SECRET >> 10))
            }
            Ok(_) => std::fs::read_to_string(path).map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match read {
            Ok(text) => Some(text),
            Err(why) => {
                self.refuse(key, format!("{} cannot be read: {why}", path.display()));
                None
            }
        }
    }

    fn secret_of_variable(&mut self, key: &str, name: &str) -> Option<String> {
        let text = self.sources.variable(name).map(str::to_owned);
        if text.is_none() {
            self.refuse(key, format!("the environment variable {name} is not set"));
        }
        text
    }
}

fn one_secret(text: &str) -> Option<Secret> {
    let text = text.trim();
    (!text.is_empty()).then(|| Secret::new(text))
}
