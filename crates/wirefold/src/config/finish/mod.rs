//! The last step of reading settings: fills in ids, resolves paths, reads secrets, and checks settings that
//! depend on each other.

mod deliveries;
mod intake;
mod secrets;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::HeaderName;
use wirefold_fetcher::slug;

use crate::config::layers::Sources;
use crate::config::origin::{Origin, Origins};
use crate::config::problem::{Problem, suggestion};
use crate::config::settings::{
    Config, DeliveryConfig, DeliveryKind, PageConfig, SubscriptionConfig,
};
use secrets::{one_secret, read_secret};

/// Finishes the settings and returns what is wrong with them.
///
/// Settings under the top-level keys in `broken` are incomplete, because wrong values were removed. Nothing is
/// reported about them here: it could follow from the removal.
pub(in crate::config) fn finish(
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
pub(in crate::config) fn insert_derived_origins(config: &Config, origins: &mut Origins) {
    for at in 0..config.feed.len() {
        origins.insert_derived(format!("feed.{at}.id"), origins.of(&format!("feed.{at}.url")));
        origins.insert_derived(format!("feed.{at}.full_text"), origins.of("full_text"));
    }
    for at in 0..config.subscription.len() {
        let name = origins.of(&format!("subscription.{at}.name"));
        origins.insert_derived(format!("subscription.{at}.id"), name);
    }
    if config.bus.password_file.is_some() {
        origins.insert_derived("bus.password".to_owned(), origins.of("bus.password_file"));
    }
    for (at, access) in config.access.iter().enumerate() {
        let file = access.password_file.is_some();
        let file = file.then(|| origins.of(&format!("access.{at}.password_file")));
        let variable = access.password_env.clone().map(Origin::Environment);
        if let Some(origin) = variable.or(file) {
            origins.insert_derived(format!("access.{at}.password"), origin);
        }
    }
    for (at, nats) in config.nats.iter().enumerate() {
        origins.insert_derived(format!("nats.{at}.id"), origins.of(&format!("nats.{at}.subject")));
        let file = nats.password_file.is_some();
        let file = file.then(|| origins.of(&format!("nats.{at}.password_file")));
        let variable = nats.password_env.clone().map(Origin::Environment);
        if let Some(origin) = variable.or(file) {
            origins.insert_derived(format!("nats.{at}.password"), origin);
        }
    }
    for (at, delivery) in config.delivery.iter().enumerate() {
        let file = delivery.secret_file.is_some();
        let file = file.then(|| origins.of(&format!("delivery.{at}.secret_file")));
        let variable = delivery.secret_env.clone().map(Origin::Environment);
        if let Some(origin) = variable.or(file) {
            origins.insert_derived(format!("delivery.{at}.secret"), origin);
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
        for (key, path) in [
            ("bus.password_file", &mut config.bus.password_file),
            ("bus.ca_file", &mut config.bus.ca_file),
            ("bus.signing_key_file", &mut config.bus.signing_key_file),
            ("detector.text_store", &mut config.detector.text_store),
        ] {
            *path = path.as_deref().map(|path| self.resolved(key, path));
        }
        for (at, access) in config.access.iter_mut().enumerate() {
            let key = format!("access.{at}.password_file");
            access.password_file = access.password_file.as_deref().map(|p| self.resolved(&key, p));
        }
        for (at, nats) in config.nats.iter_mut().enumerate() {
            for (name, path) in
                [("password_file", &mut nats.password_file), ("ca_file", &mut nats.ca_file)]
            {
                let key = format!("nats.{at}.{name}");
                *path = path.as_deref().map(|path| self.resolved(&key, path));
            }
        }
        for (at, source) in config.source.iter_mut().enumerate() {
            source.path = self.resolved(&format!("source.{at}.path"), &source.path);
        }
        for (at, delivery) in config.delivery.iter_mut().enumerate() {
            let key = format!("delivery.{at}.secret_file");
            delivery.secret_file = delivery.secret_file.as_deref().map(|p| self.resolved(&key, p));
            let key_of_path = format!("delivery.{at}.path");
            // An empty path is not a path. It is reported below.
            let path = delivery.path.as_deref().filter(|path| !path.as_os_str().is_empty());
            delivery.path = path.map(|path| self.resolved(&key_of_path, path));
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
        if config.detector.min_passage_words < 5 {
            self.refuse("detector.min_passage_words", "expected at least 5");
        }
    }

    fn bus(&mut self, config: &mut Config) {
        let bus = &mut config.bus;
        for address in &bus.nats {
            self.server("bus.nats", address, "bus.");
        }
        if let Some(path) = &bus.password_file {
            match read_secret(path) {
                Ok(text) => bus.password = text.lines().find_map(one_secret),
                Err(why) => {
                    let what = format!("{} cannot be read: {why}", path.display());
                    self.refuse("bus.password_file", what);
                }
            }
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
        let sources = self.source.iter_mut().map(|source| &mut source.path);
        let files = self.delivery.iter_mut();
        let secrets = files.flat_map(|it| [&mut it.secret_file, &mut it.path]).flatten();
        let bus = &mut self.bus;
        let bus = [&mut bus.password_file, &mut bus.ca_file, &mut bus.signing_key_file];
        let secrets = secrets.chain(bus.into_iter().flatten());
        let passwords = self.access.iter_mut().filter_map(|it| it.password_file.as_mut());
        let of_nats = self.nats.iter_mut();
        let of_nats = of_nats.flat_map(|it| [&mut it.password_file, &mut it.ca_file]);
        let passwords = passwords.chain(of_nats.flatten());
        let folders = [&mut self.data].into_iter().chain(&mut self.detector.text_store);
        for path in sources.chain(passwords).chain(secrets).chain(folders) {
            *path = std::path::absolute(&*path)?;
        }
        Ok(())
    }
}

/// The invalid part of a log filter. The log library would take a misspelt level for the name of a part of
/// the program and switch off all logs.
fn odd_directive(filter: &str) -> Option<&str> {
    let is_level = |word: &str| word.parse::<tracing_subscriber::filter::LevelFilter>().is_ok();
    let is_odd = |part: &&str| !is_level(part.rsplit('=').next().unwrap_or(part).trim());
    filter.split(',').find(is_odd)
}
