//! The permissions of robots.txt (RFC 9309), requested once a day for each host.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::OnceCell;
use url::{Position, Url};
use wirefold_flow::{Clock, UnixMillis};

use crate::hosts::{Hosts, RequestKind};
use crate::lock::lock;
use crate::pages::{PageClient, SkipReason};
use crate::settings::Settings;

/// How long the rules of a host are cached.
const GOOD_FOR: Duration = Duration::from_hours(24);
/// The wait after a failed request for robots.txt.
const WAIT: Duration = Duration::from_mins(30);
/// The most bytes of the file that are read. RFC 9309, section 2.5, asks for 500 KiB at least.
const MOST_BYTES: usize = 500 * 1024;
/// The most bytes that the answer may have.
const LIMIT: u64 = 4 * 1024 * 1024;
/// The longest `Crawl-delay` that wirefold respects. Pages of hosts with a longer one are not fetched.
const LONGEST_DELAY: Duration = Duration::from_secs(30);
/// From this number of hosts on, expired rules are dropped.
const MOST_HOSTS: usize = 10_000;

/// The reason why a page may not be fetched, as the metric of pages labels it.
const FORBIDDEN: SkipReason = "robots";
/// The rules are not known now, so that the page is forbidden for now.
pub(crate) const UNKNOWN: SkipReason = "robots_unknown";

/// The rules of all hosts.
pub(crate) struct Robots {
    client: Arc<PageClient>,
    hosts: Hosts,
    clock: Arc<dyn Clock>,
    settings: Arc<Settings>,
    hosts_rules: Mutex<HashMap<String, HostRules>>,
}

/// One host's rules, fetched by the first request that needs them, and how long they are used. `None` if robots.txt could
/// not be fetched.
type HostRules = Arc<OnceCell<(UnixMillis, Option<Rules>)>>;

impl Robots {
    pub(crate) fn new(
        client: Arc<PageClient>,
        hosts: Hosts,
        clock: Arc<dyn Clock>,
        settings: Arc<Settings>,
    ) -> Self {
        Self { client, hosts, clock, settings, hosts_rules: Mutex::default() }
    }

    /// The delay before the next request, if the page may be fetched.
    pub(crate) async fn permission(&self, page: &Url) -> Result<Duration, SkipReason> {
        let host_rules = self.host_rules(page);
        let (_, rules) = host_rules.get_or_init(|| self.load(page)).await;
        let rules = rules.as_ref().ok_or(UNKNOWN)?;
        let delay = rules.delay().and_then(|delay| Duration::try_from_secs_f64(delay).ok());
        let delay = delay.unwrap_or_default();
        let is_allowed = rules.allow(&page[Position::BeforePath..Position::AfterQuery]);
        if is_allowed && delay <= LONGEST_DELAY { Ok(delay) } else { Err(FORBIDDEN) }
    }

    fn host_rules(&self, page: &Url) -> HostRules {
        let now = self.clock.now();
        let is_used = |rules: &HostRules| rules.get().is_none_or(|(until, _)| *until > now);
        let mut hosts_rules = lock(&self.hosts_rules);
        if hosts_rules.len() >= MOST_HOSTS {
            hosts_rules.retain(|_, rules| is_used(rules));
        }
        let host_rules = hosts_rules.entry(page.origin().ascii_serialization()).or_default();
        if !is_used(host_rules) {
            *host_rules = HostRules::default();
        }
        host_rules.clone()
    }

    async fn load(&self, page: &Url) -> (UnixMillis, Option<Rules>) {
        let rules = match page.join("/robots.txt") {
            Ok(url) => self.fetch(url).await,
            Err(_) => None,
        };
        let good_for = if rules.is_some() { GOOD_FOR } else { WAIT };
        (self.clock.now().plus(good_for), rules)
    }

    async fn fetch(&self, url: Url) -> Option<Rules> {
        let _turn = self.hosts.turn(&url, RequestKind::Page, Duration::ZERO).await;
        match self.client.send(self.settings.request(url.clone(), LIMIT)).await {
            Ok(answer) if answer.is_success() => self.read(answer.body).await,
            // RFC 9309, section 2.3.1.3: without the file, nothing is forbidden.
            Ok(answer) if (400..500).contains(&answer.status) && answer.status != 429 => {
                Some(Rules::default())
            }
            Ok(answer) => {
                tracing::debug!(%url, status = answer.status, "robots.txt cannot be read");
                None
            }
            Err(error) => {
                tracing::debug!(%url, %error, "robots.txt cannot be read");
                None
            }
        }
    }

    /// Parses the file on a blocking thread, so that a large file or a panic affects nothing else.
    async fn read(&self, file: Bytes) -> Option<Rules> {
        let agent = self.settings.user_agent.split('/').next().unwrap_or_default();
        let agent = agent.trim().to_owned();
        let start = file.slice(..file.len().min(MOST_BYTES));
        let reading = tokio::task::spawn_blocking(move || Rules::read(&start, &agent));
        reading.await.ok()
    }
}

/// The bytes of a line that are read.
const LONGEST_LINE: usize = 16 * 1024;

/// The rules of one host for one crawler.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules {
    rules: Vec<Rule>,
    delay: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    is_allowed: bool,
    pattern: String,
}

/// The kind of a line of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Agent,
    Allow,
    Disallow,
    Delay,
}

/// The beginnings of lines, with the usual errors.
const FIELDS: [(Field, &[&str]); 4] = [
    (Field::Agent, &["user-agent", "useragent", "user agent"]),
    (Field::Allow, &["allow"]),
    (Field::Disallow, &["disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw"]),
    (Field::Delay, &["crawl-delay", "crawldelay", "crawl delay"]),
];

/// The current group of lines.
#[derive(Debug, Clone, Copy, Default)]
struct Group {
    is_ours: bool,
    is_for_all: bool,
    /// Whether it has rules, so that the next agent line begins another group.
    has_rules: bool,
}

impl Rules {
    /// Reads a file for the crawler with the product token `agent`. Accepts any bytes, and skips lines
    /// that are not rules.
    #[must_use]
    pub fn read(file: &[u8], agent: &str) -> Self {
        let (mut ours, mut for_all) = (Self::default(), Self::default());
        let (mut group, mut is_named) = (Group::default(), false);
        let lines = without_mark(file).split(|byte| matches!(byte, b'\n' | b'\r'));
        let fields = lines.filter_map(|line| field_of(&line[..line.len().min(LONGEST_LINE)]));
        for (field, value) in fields {
            if field == Field::Agent {
                if group.has_rules {
                    group = Group::default();
                }
                let is_ours = token(value).eq_ignore_ascii_case(agent.as_bytes());
                group.is_for_all |= is_all(value);
                group.is_ours |= is_ours && !is_all(value);
                is_named |= group.is_ours;
                continue;
            }
            group.has_rules |= field != Field::Delay;
            let rules = match group {
                Group { is_ours: true, .. } => &mut ours,
                Group { is_for_all: true, .. } => &mut for_all,
                Group { .. } => continue,
            };
            if field == Field::Delay {
                let value = std::str::from_utf8(value).ok().and_then(|it| it.parse().ok());
                rules.delay = rules.delay.or(value);
            } else {
                let is_allowed = field == Field::Allow;
                rules.rules.push(Rule { is_allowed, pattern: escaped(value) });
            }
        }
        // A group for this crawler replaces the group for all, even if it is empty.
        if is_named { ours } else { for_all }
    }

    /// Whether a page may be fetched. `path` is the path with the query, as in its address.
    #[must_use]
    pub fn allow(&self, path: &str) -> bool {
        let path = path.split('#').next().unwrap_or_default();
        // The path of an address is always ASCII.
        let path = if path.is_ascii() { escaped(path.as_bytes()) } else { path.to_owned() };
        let path = if path.is_empty() { "/" } else { path.as_str() };
        let (mut allowed, mut forbidden) = (0, 0);
        for rule in &self.rules {
            match rule.strength(path) {
                Some(strength) if rule.is_allowed => allowed = allowed.max(strength),
                Some(strength) => forbidden = forbidden.max(strength),
                None => {}
            }
        }
        forbidden <= allowed
    }

    /// The delay between two requests, in seconds.
    #[must_use]
    pub fn delay(&self) -> Option<f64> {
        self.delay
    }
}

impl Rule {
    /// The length of the rule if it matches a path. The longest rule wins.
    fn strength(&self, path: &str) -> Option<usize> {
        if matches(&self.pattern, path) {
            return Some(self.pattern.len());
        }
        // An index page includes its folder: `/a/index.html` allows `/a/`.
        let (folder, _) = self.pattern.rsplit_once('/')?;
        let is_index = self.is_allowed && self.pattern[folder.len()..].starts_with("/index.htm");
        let only = format!("{folder}/$");
        (is_index && matches(&only, path)).then_some(only.len())
    }
}

/// Whether a pattern matches a path. `*` is any text, a last `$` is the end.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, is_whole) = match pattern.strip_suffix('$') {
        Some(start) => (start, true),
        None => (pattern, false),
    };
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| path.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return !is_whole || rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if is_whole && parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// The file without a byte order mark, or a part of one.
fn without_mark(file: &[u8]) -> &[u8] {
    let mark = [0xef, 0xbb, 0xbf];
    let common = file.iter().zip(mark).take_while(|(byte, part)| *byte == part).count();
    &file[common..]
}

/// The kind of a line and its value; `None` if it is no rule.
fn field_of(line: &[u8]) -> Option<(Field, &[u8])> {
    let line = line.split(|byte| *byte == b'#').next().unwrap_or_default().trim_ascii();
    let at = line.iter().position(|byte| *byte == b':').or_else(|| only_gap(line))?;
    let (name, value) = (line[..at].trim_ascii_end(), line[at + 1..].trim_ascii());
    let begins = |start: &&str| {
        name.get(..start.len()).is_some_and(|it| it.eq_ignore_ascii_case(start.as_bytes()))
    };
    let (field, _) = FIELDS.iter().find(|(_, starts)| starts.iter().any(begins))?;
    Some((*field, value))
}

/// The space between the words of a line without a colon, if it has two words.
fn only_gap(line: &[u8]) -> Option<usize> {
    let gap = line.iter().position(u8::is_ascii_whitespace)?;
    let value = line[gap..].trim_ascii();
    (!value.iter().any(u8::is_ascii_whitespace)).then_some(gap)
}

fn is_all(name: &[u8]) -> bool {
    name.first() == Some(&b'*') && name.get(1).is_none_or(u8::is_ascii_whitespace)
}

/// The product token that a name begins with.
fn token(name: &[u8]) -> &[u8] {
    let is_part = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_');
    let end = name.iter().position(|byte| !is_part(byte)).unwrap_or(name.len());
    &name[..end]
}

/// A pattern or a path with uniform escapes: other characters than ASCII escaped, digits in upper case.
fn escaped(text: &[u8]) -> String {
    let mut written = String::with_capacity(text.len());
    let mut left_of_escape = 0;
    for (at, byte) in text.iter().enumerate() {
        let starts_escape = *byte == b'%'
            && matches!(text.get(at + 1..at + 3), Some(digits) if digits.iter().all(u8::is_ascii_hexdigit));
        if starts_escape {
            left_of_escape = 3;
        }
        match byte {
            128.. => written.push_str(&format!("%{byte:02X}")),
            _ if left_of_escape > 0 => written.push(char::from(byte.to_ascii_uppercase())),
            _ => written.push(char::from(*byte)),
        }
        left_of_escape = usize::saturating_sub(left_of_escape, 1);
    }
    written
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::{Duration, Instant};

    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[track_caller]
    fn check(file: &str, allowed: &[&str], forbidden: &[&str]) {
        let rules = Rules::read(file.as_bytes(), "wirefold");
        for (paths, expected) in [(allowed, true), (forbidden, false)] {
            for path in paths {
                assert_eq!(rules.allow(path), expected, "{path} in\n{file}");
            }
        }
    }

    #[test]
    fn the_longest_rule_wins_and_allow_wins_a_tie() {
        check("user-agent: *\ndisallow: /\nallow: /news\n", &["/news/a"], &["/", "/new"]);
        check("user-agent: *\ndisallow: /a\nallow: /a\n", &["/a"], &[]);
        check("user-agent: *\ndisallow:\n", &["/", "/a"], &[]);
        check("disallow: /\n", &["/"], &[]);
        check("user-agent: *\ndisallow: /a*z$\n", &["/az/", "/b"], &["/az", "/abcz", "/azz"]);
        check("user-agent: *\ndisallow: /*.pdf\n", &["/a.html"], &["/a.pdf", "/a.pdf?x"]);
        check("user-agent: *\ndisallow: /ü\n", &["/u"], &["/%c3%bc", "/%C3%BCx"]);
        check(
            "user-agent: *\ndisallow: /\nallow: /a/index.html\n",
            &["/a/", "/a/index.html"],
            &["/a/b"],
        );
    }

    #[test]
    fn a_group_for_this_crawler_replaces_the_group_for_all() {
        let file = "user-agent: *\ndisallow: /\ncrawl-delay: 9\n\nUser-Agent: WireFold/1.0\nAllow: /\n\
                    Crawl-delay: 2.5\n";
        check(file, &["/a"], &[]);
        assert_eq!(Rules::read(file.as_bytes(), "wirefold").delay(), Some(2.5));
        assert_eq!(Rules::read(file.as_bytes(), "other").delay(), Some(9.0));
        check(
            "user-agent: wirefold\nuser-agent: x\ndisallow: /a\nuser-agent: y\n",
            &["/b"],
            &["/a"],
        );
        check("user-agent: wirefolder\ndisallow: /\n", &["/a"], &[]);
    }

    #[derive(Deserialize)]
    struct Expectation {
        f: String,
        robots: String,
        url: String,
        ua: String,
        allow: bool,
    }

    /// Checks the expectations of an independent specification test.
    #[test]
    fn meets_the_specification() {
        let suite_path = Path::new("../../../shared/suites/robots-expectations.json");
        let Ok(suite) = std::fs::read(suite_path) else {
            eprintln!("SKIPPED: {} is absent", suite_path.display());
            return;
        };
        let all: Vec<Expectation> = serde_json::from_slice(&suite).unwrap();
        let mut wrong = Vec::new();
        for Expectation { f, robots, url, ua, allow } in &all {
            let byte = |at: usize| u8::from_str_radix(&robots[at..at + 2], 16).unwrap();
            let file: Vec<u8> = (0..robots.len()).step_by(2).map(byte).collect();
            let after_host = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
            let after = after_host.find(['/', '?', ';']).map_or("", |at| &after_host[at..]);
            let path = if after.starts_with('/') { after.to_owned() } else { format!("/{after}") };
            if Rules::read(&file, ua).allow(&path) != *allow {
                wrong.push(format!("{f}: {url} by {ua}, expected {allow}"));
            }
        }
        eprintln!("{} of {} expectations", all.len() - wrong.len(), all.len());
        assert!(all.len() == 400 && wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the time is what is measured")]
    fn hostile_patterns_are_checked_quickly() {
        let pattern = format!("disallow: /{}b$\n", "*a".repeat(200));
        let file = format!("user-agent: *\n{}", pattern.repeat(500 * 1024 / pattern.len()));
        let rules = Rules::read(file.as_bytes(), "wirefold");
        let path = format!("/{}", "a".repeat(2000));
        let start = Instant::now();
        assert!(rules.allow(&path));
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    }

    proptest! {
        #[test]
        fn accepts_any_bytes(file in prop::collection::vec(any::<u8>(), 0..400), path in "\\PC{0,60}") {
            let rules = Rules::read(&file, "wirefold");
            prop_assert_eq!(rules.allow(&path), rules.allow(&path));
        }

        #[test]
        fn accepts_lines_that_look_like_rules(
            lines in prop::collection::vec(
                "(user-agent|allow|disallow|crawl-delay|x)[: ]{1,2}[/*$a-c%#0-9. -]{0,12}", 0..12),
            path in "/[a-c/%$*?]{0,10}",
        ) {
            let rules = Rules::read(lines.join("\n").as_bytes(), "wirefold");
            // Rules that only allow never forbid.
            let only_allowing = Rules {
                rules: rules.rules.iter().filter(|rule| rule.is_allowed).cloned().collect(),
                ..Rules::default()
            };
            prop_assert!(only_allowing.allow(&path));
        }
    }
}
