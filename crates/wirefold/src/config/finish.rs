//! What is done once the settings are read: names are made, paths resolved, secrets fetched, and
//! what only the whole can tell is checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::layers::Sources;
use super::origin::{Origin, Origins};
use super::problem::{Problem, suggestion};
use super::secret::Secret;
use super::settings::{Config, DeliveryConfig, DeliveryKind};
use super::slug;

/// A file of secrets is no larger, in bytes.
const LARGEST_SECRET: u64 = 64 << 10;

/// Finishes the settings and says what is wrong with them.
pub(super) fn finish(config: &mut Config, origins: &Origins, sources: &Sources) -> Vec<Problem> {
    let mut finish = Finish { origins, sources, problems: Vec::new() };
    if !config.delivery.iter().any(|delivery| delivery.kind == DeliveryKind::Stdout) {
        config.delivery.push(DeliveryConfig::stdout());
    }
    finish.paths(config);
    finish.bounds(config);
    finish.feeds(config);
    finish.subscriptions(config);
    finish.deliveries(config);
    finish.secrets(config);
    finish.problems
}

struct Finish<'a> {
    origins: &'a Origins,
    sources: &'a Sources,
    problems: Vec<Problem>,
}

impl Finish<'_> {
    fn refuse(&mut self, key: &str, what: impl Into<String>) {
        let what = format!("`{key}`: {}", what.into());
        self.problems.push(Problem::new(self.origins.of(key), what));
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
        for (at, source) in config.source.iter_mut().enumerate() {
            source.path = self.resolved(&format!("source.{at}.path"), &source.path);
        }
        for (at, delivery) in config.delivery.iter_mut().enumerate() {
            let key = format!("delivery.{at}.secret_file");
            delivery.secret_file = delivery.secret_file.as_deref().map(|p| self.resolved(&key, p));
        }
    }

    /// A path of a file begins at that file's folder, another at the working folder; `~/` at home.
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

    fn bounds(&mut self, config: &Config) {
        if !config.page.listen.ip().is_loopback() {
            let what = "the page is served on this machine only, as this release has no access \
                        tokens; listen on 127.0.0.1 and put a proxy with a login in front of it";
            self.refuse("page.listen", what);
        }
        if config.page.listen == config.operations.listen && config.page.listen.port() != 0 {
            self.refuse("operations.listen", "it is the same as `page.listen`; take another port");
        }
        let fetcher = &config.fetcher;
        if fetcher.min_interval.duration().is_zero() {
            self.refuse(
                "fetcher.min_interval",
                "a feed is not polled without pause; write \"10m\"",
            );
        }
        if fetcher.min_interval > fetcher.max_interval {
            self.refuse("fetcher.max_interval", "it is shorter than `fetcher.min_interval`");
        }
        if !(1..=1000).contains(&fetcher.concurrency) {
            self.refuse("fetcher.concurrency", "expected a number from 1 to 1000");
        }
        if let Some(odd) = odd_directive(&config.log) {
            self.refuse("log", format!("{odd:?} is no level and no part with one; write \"info\""));
        }
        if config.window.duration().is_zero() {
            self.refuse("window", "nothing would be compared; write \"7d\"");
        }
        if config.keep.bytes < 16 << 20 {
            self.refuse("keep.bytes", "expected at least 16777216, which are 16 MiB");
        }
        if config.detector.passage_words < 5 {
            self.refuse("detector.passage_words", "expected at least 5");
        }
    }

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
            feed.full_text.get_or_insert(feed_default);
            match &feed.id {
                None => {
                    self.refuse(&key, format!("its address gives no id; write id = \"feed-{at}\""));
                }
                Some(id) => {
                    let id = id.to_string();
                    self.once("feed", &id, at, &mut seen);
                }
            }
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
                    self.once("subscription", &id, at, &mut seen);
                }
            }
            let names: Vec<&str> = config.delivery.iter().map(|d| d.name.as_str()).collect();
            for name in &config.subscription[at].deliveries {
                if !names.contains(&name.as_str()) {
                    let hint = suggestion(name, &names);
                    let what = format!("no [[delivery]] is named {name:?}; {hint}");
                    self.refuse(&format!("{key}.deliveries"), what);
                }
            }
        }
    }

    fn deliveries(&mut self, config: &Config) {
        let mut seen = BTreeMap::new();
        for (at, delivery) in config.delivery.iter().enumerate() {
            let key = format!("delivery.{at}");
            self.once("delivery", &delivery.name, at, &mut seen);
            // It becomes a part of the names of readers and keys.
            let is_plain =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
            if delivery.name.is_empty() || !delivery.name.chars().all(is_plain) {
                let what = "expected lower-case letters, digits, `-` and `_`, such as \"phone\"";
                self.refuse(&format!("{key}.name"), what);
            }
            let needs_address = delivery.kind != DeliveryKind::Stdout;
            if needs_address && delivery.url.is_none() {
                let what = "it needs the address it goes to; write url = \"https://…\"";
                self.refuse(&key, what);
            }
            if delivery.priority.is_some_and(|priority| !(1..=5).contains(&priority)) {
                self.refuse(&format!("{key}.priority"), "expected a number from 1 to 5");
            }
        }
    }

    /// A name stands once.
    fn once(&mut self, list: &str, name: &str, at: usize, seen: &mut BTreeMap<String, usize>) {
        if let Some(first) = seen.insert(name.to_owned(), at) {
            let there = self.origins.managed_by(list, first);
            let what = format!("{name:?} stands at {there} already; give one of them another id");
            self.refuse(&format!("{list}.{at}"), what);
        }
    }

    fn secrets(&mut self, config: &mut Config) {
        for (at, delivery) in config.delivery.iter_mut().enumerate() {
            let mut secrets = Vec::new();
            if let Some(path) = &delivery.secret_file {
                match read_secret(path) {
                    Ok(text) => secrets.extend(text.lines().filter_map(one_secret)),
                    Err(why) => {
                        let what = format!("{} cannot be read: {why}", path.display());
                        self.refuse(&format!("delivery.{at}.secret_file"), what);
                    }
                }
            }
            if let Some(name) = &delivery.secret_env {
                match self.sources.variable(name) {
                    Some(text) => secrets.extend(text.split_whitespace().filter_map(one_secret)),
                    None => {
                        let what = format!("the environment variable {name} is not set");
                        self.refuse(&format!("delivery.{at}.secret_env"), what);
                    }
                }
            }
            delivery.secret.append(&mut secrets);
        }
    }
}

/// The part of a log filter that is none. A bare word that is no level would be taken for a part
/// of the program, and its log switched off without a word.
fn odd_directive(filter: &str) -> Option<&str> {
    let is_level = |word: &str| word.parse::<tracing_subscriber::filter::LevelFilter>().is_ok();
    let is_odd = |part: &&str| !is_level(part.rsplit('=').next().unwrap_or(part).trim());
    filter.split(',').find(is_odd)
}

fn read_secret(path: &Path) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > LARGEST_SECRET {
        return Err(format!("it is larger than {} KiB", LARGEST_SECRET >> 10));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}

fn one_secret(text: &str) -> Option<Secret> {
    let text = text.trim();
    (!text.is_empty()).then(|| Secret::new(text))
}
