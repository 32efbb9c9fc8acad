//! `bench soak`: days of polling feeds on loopback. Each article is counted in the output at the end.
//!
//! One process on the embedded bus has a quick clock: the time of day runs ahead, and wirefold follows it every half a minute.
//! Over NATS the clock is that of the machine, because the server has it too.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::Parent;
use crate::commands::attack::{item, rss};
use crate::commands::faults::nats::server::{self, Server};
use crate::commands::faults::shim::{Setting, Shim};
use crate::commands::{program, say};
use crate::loopback::{Answer, Loopback, ReceivedRequest};
use crate::machine::{Stopwatch, lock, resident_memory};
use crate::running::{Process, Running, command};
use crate::statistics::quantile;
use crate::table::Table;
use crate::{examiner, generator, nats_server, tree};

const SEED: u64 = 20_261_130;
const DAY: f64 = 86_400.0;
/// A feed lists this many items.
const ITEMS: usize = 10;
/// The feeds of one host.
const FEEDS_OF_HOST: usize = 2;
/// A short run has at most this many rows, a long one a row for each day.
const SHORT_ROWS: f64 = 5.0;
/// Two requests to one host are too close if less than this is between them, in seconds; a fetcher waits one second.
const CLOSE: f64 = 0.9;
/// The time between two looks at the page.
const LOOK: Duration = Duration::from_secs(1);
/// The time between two settings of the quick clock.
const TICK: Duration = Duration::from_millis(20);
/// In this time, in seconds of the machine, wirefold follows the quick clock once.
const STEP: f64 = 35.0;
/// If the page counts no more articles for this many looks, all are decided.
const QUIET: usize = 15;
/// This many lost and doubled articles are named.
const NAMED: usize = 10;

/// The arguments of `bench soak`.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The number of feeds, two on each host.
    #[arg(long, default_value_t = 10_000)]
    feeds: usize,
    /// How many days to run; a part of one is allowed.
    #[arg(long, default_value_t = 7.0)]
    days: f64,
    /// The new articles of a day, in all feeds together.
    #[arg(long, default_value_t = 100_000)]
    articles: u64,
    /// The seconds between two polls of a feed.
    #[arg(long, value_name = "SECONDS", default_value_t = 1_800)]
    interval: u32,
    /// How many times as fast as that of the machine the clock runs. It goes in steps of half a minute of the machine, so a
    /// feed is polled at most once in thirty times as many seconds.
    #[arg(long, default_value_t = 60, conflicts_with = "fetchers")]
    speed: u32,
    /// Run over NATS with this many fetchers, on the clock of the machine.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    fetchers: Option<u32>,
    /// A line of settings, such as `window = "2d"`. Repeatable. Output must be kept for the whole run.
    #[arg(long, value_name = "LINE")]
    set: Vec<String>,
    /// The binary; by default a release build of this tree. A static one has no quick clock.
    #[arg(long)]
    program: Option<PathBuf>,
    #[command(flatten)]
    parent: Parent,
}

impl Arguments {
    /// The factor of the clock.
    fn speed(&self) -> f64 {
        if self.fetchers.is_some() { 1.0 } else { f64::from(self.speed) }
    }

    /// The days of one row, in which each feed must be polled.
    fn row(&self) -> f64 {
        let step = if self.fetchers.is_some() { 0.0 } else { STEP * self.speed() };
        (self.days / SHORT_ROWS).min(1.0).max(2.0 * f64::from(self.interval).max(step) / DAY)
    }

    fn settings(&self, port: u16) -> String {
        let (interval, set) = (self.interval, self.set.join("\n"));
        let mut text = format!(
            "{set}\ndata = \"data\"\nlog_format = \"text\"\nlog = \"warn\"\nfull_text = \"off\"\n[fetcher]\n\
             allow_private = [\"127.0.0.0/8\"]\nmin_interval = \"{interval}s\"\n\
             max_interval = \"{interval}s\"\n[[subscription]]\nname = \"All\"\nquery = \"*\"\n"
        );
        for feed in 0..self.feeds {
            let host = host(feed / FEEDS_OF_HOST);
            text += &format!("[[feed]]\nid = \"f{feed}\"\nurl = \"http://{host}:{port}/{feed}\"\n");
        }
        text
    }
}

/// Runs all days, and prints a row for each.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let program = program(arguments.program.as_deref(), "release")?;
    let folder = arguments.parent.make_folder()?;
    let site = Arc::new(Site::new(arguments));
    let answering = site.clone();
    let server = Loopback::on(&["0.0.0.0:0".parse()?], move |asked| answering.answer(asked));
    let mut system = System::start(arguments, &program, folder.path(), server.address.port())?;
    let mut days = Vec::new();
    let mut news = generator::news(SEED, 100).enumerate();
    let watch = Stopwatch::start();
    while days.len() as f64 * arguments.row() < arguments.days - 1e-9 {
        let mut day = Day::default();
        let until = (days.len() + 1) as f64 * arguments.row() * DAY;
        loop {
            let now = watch.seconds() * arguments.speed();
            let due = (now.min(until) / DAY * arguments.articles as f64) as usize;
            site.publish_until(due, &mut news);
            day.look(&mut system)?;
            // The record of requests would fill the memory.
            server.asked.try_iter().for_each(drop);
            if now >= until {
                break;
            }
        }
        day.end(&site, &system);
        days.push(day);
        write!(std::io::stderr(), "{}", report(arguments, &site, &days, None))?;
    }
    system.wait_until_quiet(arguments, &watch)?;
    let output = system.stop_and_read_output()?;
    say(&report(arguments, &site, &days, Some(&output)))
}

/// A host on loopback.
fn host(number: usize) -> Ipv4Addr {
    let byte = |it: usize| u8::try_from(it % 250).unwrap_or_default() + 1;
    Ipv4Addr::new(127, byte(number / 62_500), byte(number / 250), byte(number))
}

/// The feeds, and what was asked of them.
struct Site {
    speed: f64,
    watch: Stopwatch,
    feeds: Vec<Mutex<Feed>>,
    /// The time of the last request to each host, and the requests that came too soon after it.
    hosts: Mutex<(Vec<f64>, usize)>,
    /// The articles that a feed listed in an answer, by number; as long as those that were published.
    listed: Mutex<Vec<bool>>,
}

#[derive(Default)]
struct Feed {
    items: VecDeque<(usize, String)>,
    /// The polls of this day.
    polls: usize,
    last: f64,
    /// The longest time between two polls of this day, in seconds.
    longest: f64,
}

impl Site {
    fn new(arguments: &Arguments) -> Site {
        let hosts = arguments.feeds.div_ceil(FEEDS_OF_HOST);
        Site {
            speed: arguments.speed(),
            watch: Stopwatch::start(),
            feeds: (0..arguments.feeds).map(|_| Mutex::default()).collect(),
            hosts: Mutex::new((vec![f64::NEG_INFINITY; hosts], 0)),
            listed: Mutex::default(),
        }
    }

    /// Publishes articles until there are this many, each in the next feed.
    fn publish_until(
        &self,
        due: usize,
        news: &mut impl Iterator<Item = (usize, generator::Article)>,
    ) {
        let wanted = due.saturating_sub(lock(&self.listed).len());
        for (number, article) in news.by_ref().take(wanted) {
            let feed = number % self.feeds.len();
            let site = format!("http://{}", host(feed / FEEDS_OF_HOST));
            let plain = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
            let lines = article.lines();
            let paragraphs: String =
                lines.iter().map(|it| format!("<p>{}</p>", plain(it))).collect();
            let text = format!("<![CDATA[{paragraphs}]]>");
            let made = item(&site, &plain(&article.title), number as u64, &text);
            let mut feed = lock(&self.feeds[feed]);
            feed.items.push_front((number, made));
            feed.items.truncate(ITEMS);
            lock(&self.listed).push(false);
        }
    }

    fn answer(&self, asked: &ReceivedRequest) -> Answer {
        let named: Option<usize> = asked.path[1..].parse().ok();
        let Some((number, feed)) = named.and_then(|it| Some((it, self.feeds.get(it)?))) else {
            return Answer::status(404);
        };
        let now = self.watch.seconds() * self.speed;
        {
            let (last, close) = &mut *lock(&self.hosts);
            let last = &mut last[number / FEEDS_OF_HOST];
            *close += usize::from(now - *last < CLOSE);
            *last = now;
        }
        let mut feed = lock(feed);
        if feed.polls > 0 || feed.last > 0.0 {
            feed.longest = feed.longest.max(now - feed.last);
        }
        (feed.polls, feed.last) = (feed.polls + 1, now);
        let newest = format!("\"{}\"", feed.items.front().map_or(0, |(item, _)| item + 1));
        if asked.headers.get("if-none-match").is_some_and(|it| it.as_bytes() == newest.as_bytes()) {
            return Answer::With(304, vec![("etag", newest)], Vec::new());
        }
        let mut listed = lock(&self.listed);
        feed.items.iter().for_each(|(item, _)| listed[*item] = true);
        match rss(feed.items.iter().map(|(_, item)| item.clone())) {
            Answer::With(status, mut headers, body) => {
                headers.push(("etag", newest));
                Answer::With(status, headers, body)
            }
            hang @ Answer::Hang => hang,
        }
    }
}

/// The processes of wirefold, with their server.
struct System {
    up: Running,
    fetchers: Vec<Process>,
    server: Option<Server>,
    home: PathBuf,
}

impl System {
    fn start(
        arguments: &Arguments,
        program: &Path,
        folder: &Path,
        port: u16,
    ) -> anyhow::Result<System> {
        let home = folder.join("home");
        fs::create_dir_all(&home)?;
        let settings = arguments.settings(port);
        let Some(fetchers) = arguments.fetchers else {
            fs::write(home.join("wirefold.toml"), settings)?;
            let mut up = command(program, &home);
            let shim = Shim::build(folder)?;
            up.envs(shim.environment());
            hurry(shim, arguments.speed());
            return Ok(System {
                up: Running::start_as(up)?,
                fetchers: Vec::new(),
                server: None,
                home,
            });
        };
        let missing = "no nats-server: `cargo xtask tools` installs one";
        let found = nats_server::find(&tree::root()).context(missing)?;
        let alone =
            server::Settings { syncs: true, password: server::PASSWORD, denied: Vec::new() };
        let mut server = Server::new(&found.path, folder, "server", None, alone);
        server.start_and_wait()?;
        let (address, user, password) = (server.address, server::USER, server::PASSWORD);
        let bus = format!(
            "[bus]\nnats = [\"nats://{address}\"]\nuser = \"{user}\"\npassword = \"{password}\"\n"
        );
        fs::write(home.join("wirefold.toml"), settings + &bus)?;
        let up = Running::start_as(command(program, &home))?;
        // `up` has the first.
        let more = (1..fetchers).map(|_| {
            let mut fetcher = command(program, &home);
            fetcher.args(["run", "fetcher", "--operations", "127.0.0.1:0"]);
            fetcher.stdout(Stdio::null()).stderr(Stdio::null()).spawn().map(Process)
        });
        let more = more.collect::<std::io::Result<_>>()?;
        Ok(System { up, fetchers: more, server: Some(server), home })
    }

    /// The megabytes of the fetcher that has most, and of all processes but the server.
    fn memory(&self) -> (f64, f64) {
        let more = || self.fetchers.iter().map(Process::id);
        let of = |process| resident_memory(process).unwrap_or_default() as f64 / 1e6;
        let fetchers = more().chain(self.up.stage("fetcher"));
        let all = more().chain(self.up.children()).chain([self.up.process()]);
        (fetchers.map(of).fold(0.0, f64::max), all.map(of).sum())
    }

    /// The megabytes of the data.
    fn disk(&self) -> f64 {
        let store = self.server.as_ref().map_or(0, |server| bytes_in(&server.store));
        (bytes_in(&self.home.join("data")) + store) as f64 / 1e6
    }

    /// Waits until each feed was polled once more, and the page counts no more articles.
    fn wait_until_quiet(&mut self, arguments: &Arguments, watch: &Stopwatch) -> anyhow::Result<()> {
        let interval = f64::from(arguments.interval) / arguments.speed();
        let polled = watch.seconds() + (1.5 * interval).max(2.0 * STEP);
        let (mut last, mut looks) = (0, 0);
        while watch.seconds() < polled || looks < QUIET {
            ensure!(self.up.is_alive(), "wirefold ended: {}", self.up.output());
            std::thread::park_timeout(LOOK);
            let shown = self.up.json("/api/v1/status")?["articles"].as_u64().unwrap_or_default();
            (looks, last) = if shown == last { (looks + 1, last) } else { (0, shown) };
        }
        Ok(())
    }

    /// Ends all, and reads how often each article is in the output, by the number in its address.
    fn stop_and_read_output(mut self) -> anyhow::Result<Output> {
        self.fetchers.clear();
        ensure!(self.up.terminate(), "wirefold did not end well: {}", self.up.output());
        let mut output = Output::new();
        let note = |article: wirefold_proto::OutputArticle| {
            let url = article.article.url.unwrap_or_default();
            let number = url.rsplit('/').next().and_then(|it| it.parse().ok());
            output.entry(number.unwrap_or(usize::MAX)).or_default().push(article.id.to_string());
        };
        match &self.server {
            None => examiner::read_folder(&self.home.join("data"), note)?,
            Some(server) => {
                server::on_the_bus([server], async |bus| examiner::read_output(bus, note).await)?;
            }
        }
        Ok(output)
    }
}

/// Lets the time of day of a process run this many times as fast. Its timeouts count the time of the machine.
fn hurry(shim: Shim, speed: f64) {
    let watch = Stopwatch::start();
    std::thread::spawn(move || {
        // It fails once the folder is gone.
        while shim.set(Setting::Slept, (watch.seconds() * (speed - 1.0)) as i64).is_ok() {
            std::thread::park_timeout(TICK);
        }
    });
}

fn bytes_in(folder: &Path) -> u64 {
    let bytes = |path: PathBuf| match path.is_dir() {
        true => bytes_in(&path),
        false => path.metadata().map_or(0, |it| it.len()),
    };
    tree::entries(folder).unwrap_or_default().into_iter().map(bytes).sum()
}

/// The figures of a row.
#[derive(Default)]
struct Day {
    /// The milliseconds of each request for the page.
    page: Vec<f64>,
    /// The number of articles published until its end.
    published: usize,
    polls: usize,
    unpolled: usize,
    longest: f64,
    /// Of all days so far.
    close: usize,
    /// Megabytes.
    fetcher: f64,
    memory: f64,
    disk: f64,
}

impl Day {
    /// Asks for the page once.
    fn look(&mut self, system: &mut System) -> anyhow::Result<()> {
        let up = &mut system.up;
        ensure!(up.is_alive(), "wirefold ended: {}", up.output());
        let watch = Stopwatch::start();
        // An answer that it is busy took as long, too.
        let _ = up.get("/");
        self.page.push(watch.seconds() * 1_000.0);
        std::thread::park_timeout(LOOK.saturating_sub(watch.elapsed()));
        Ok(())
    }

    fn end(&mut self, site: &Site, system: &System) {
        self.published = lock(&site.listed).len();
        self.close = lock(&site.hosts).1;
        for feed in &site.feeds {
            let mut feed = lock(feed);
            self.polls += feed.polls;
            self.unpolled += usize::from(feed.polls == 0);
            self.longest = self.longest.max(feed.longest);
            (feed.polls, feed.longest) = (0, 0.0);
        }
        (self.fetcher, self.memory) = system.memory();
        self.disk = system.disk();
    }
}

/// The ids under which each article is in the output, by its number.
type Output = BTreeMap<usize, Vec<String>>;

/// A table with a row for each day, and the names of lost and doubled articles once the output is known.
fn report(arguments: &Arguments, site: &Site, days: &[Day], output: Option<&Output>) -> String {
    let mut table = Table::new(
        "until | polls | feeds unpolled | longest gap, s | too close | articles | not listed | once | lost | \
         doubled | fetcher, MB | memory, MB | disk, MB | page p99, ms",
    );
    let listed = lock(&site.listed);
    let times = |article: usize| output.and_then(|it| it.get(&article)).map_or(0, Vec::len);
    let (mut from, mut close) = (0, 0);
    for (number, day) in days.iter().enumerate() {
        let articles = from..day.published;
        let count = |is: &dyn Fn(usize) -> bool| articles.clone().filter(|it| is(*it)).count();
        let figures = [
            day.polls,
            day.unpolled,
            day.longest as usize,
            day.close - close,
            articles.len(),
            count(&|it| !listed[it]),
        ];
        let found = [
            count(&|it| times(it) == 1),
            count(&|it| listed[it] && times(it) == 0),
            count(&|it| times(it) > 1),
        ];
        let sizes = [day.fetcher, day.memory, day.disk, quantile(&day.page, 0.99)];
        let end = (number + 1) as f64 * arguments.row();
        let until = if end < 1.0 { format!("{:.1} h", end * 24.0) } else { format!("{end:.1} d") };
        let found = found.map(|it| output.map_or("–".to_owned(), |_| it.to_string()));
        let cells = figures.map(|it| it.to_string()).into_iter().chain(found);
        table.row([until].into_iter().chain(cells).chain(sizes.map(|it| format!("{it:.0}"))));
        (from, close) = (day.published, day.close);
    }
    format!("{table}{}", output.map_or(String::new(), |it| list_faults(arguments, &listed, it)))
}

/// The first lost and doubled articles.
fn list_faults(arguments: &Arguments, listed: &[bool], output: &Output) -> String {
    let is_lost =
        |(article, is_listed): &(usize, &bool)| **is_listed && !output.contains_key(article);
    let lost = listed.iter().enumerate().filter(is_lost).take(NAMED);
    let lost =
        lost.map(|(it, _)| format!("lost: article {it} of feed f{}\n", it % arguments.feeds));
    let doubled = output.iter().filter(|(_, ids)| ids.len() > 1).take(NAMED);
    let doubled = doubled.map(|(it, ids)| format!("doubled: article {it}: {}\n", ids.join(", ")));
    lost.chain(doubled).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn arguments(line: &str) -> Arguments {
        let words = ["soak"].into_iter().chain(line.split_whitespace());
        Line::try_parse_from(words).unwrap().arguments
    }

    fn request(path: &str, known: Option<&str>) -> ReceivedRequest {
        let mut headers = axum::http::HeaderMap::new();
        if let Some(known) = known {
            headers.insert("if-none-match", known.parse().unwrap());
        }
        ReceivedRequest { host: String::new(), path: path.to_owned(), headers, body: Vec::new() }
    }

    #[test]
    fn a_feed_lists_its_newest_items_and_is_unchanged_without_news() {
        let site = Site::new(&arguments("--feeds 2 --fetchers 1"));
        let mut news = generator::news(SEED, 100).enumerate();
        site.publish_until(2 * ITEMS + 1, &mut news);
        let Answer::With(200, headers, body) = site.answer(&request("/0", None)) else {
            panic!("a feed")
        };
        let body = String::from_utf8(body).unwrap();
        assert_eq!(body.matches("<item>").count(), ITEMS);
        assert!(body.contains("<link>http://127.1.1.1/20</link>"), "{body}");
        let listed = lock(&site.listed).clone();
        // The oldest left the first feed, and nobody asked for the second.
        assert!(!listed[0] && listed[2] && listed[20] && !listed[1]);
        let (_, newest) = headers.iter().find(|(name, _)| *name == "etag").unwrap();
        let again = site.answer(&request("/0", Some(newest)));
        assert!(matches!(again, Answer::With(304, ..)), "{again:?}");
        assert_eq!(lock(&site.hosts).1, 1, "the second request came at once");
        assert!(matches!(site.answer(&request("/2", None)), Answer::With(404, ..)));
    }

    #[test]
    fn lost_and_doubled_articles_are_counted_and_named() {
        let asked = arguments("--feeds 2 --fetchers 1 --days 0.5 --interval 60");
        let site = Site::new(&asked);
        *lock(&site.listed) = vec![true, true, true, false];
        let days = [Day { published: 4, page: vec![3.0], ..Day::default() }];
        let ids = |ids: &[&str]| ids.iter().map(|it| (*it).to_owned()).collect();
        let output = [(0, ids(&["a"])), (2, ids(&["b", "c"]))].into();
        let told = report(&asked, &site, &days, Some(&output));
        let row: Vec<&str> = told.lines().nth(2).unwrap().split_whitespace().collect();
        // Articles, not listed, once, lost, doubled.
        assert_eq!(
            (row[..2].join(" "), &row[6..11]),
            ("2.4 h".to_owned(), &["4", "1", "1", "1", "1"][..])
        );
        assert!(told.ends_with("lost: article 1 of feed f1\ndoubled: article 2: b, c\n"), "{told}");
        assert!(!report(&asked, &site, &days, None).contains("lost: "));
    }

    #[test]
    fn each_host_has_an_address_of_its_own_and_the_clock_is_quick_without_nats() {
        let all: std::collections::BTreeSet<Ipv4Addr> = (0..70_000).map(host).collect();
        assert!(all.len() == 70_000 && all.iter().all(Ipv4Addr::is_loopback));
        assert_eq!((arguments("").speed(), arguments("--fetchers 3").speed()), (60.0, 1.0));
        let text = arguments("--feeds 3 --set window=\"2d\"").settings(4000);
        let settings: toml::Table = text.parse().unwrap();
        assert_eq!(settings["window"].as_str(), Some("2d"));
        assert_eq!(
            settings["feed"].as_array().unwrap()[2]["url"].as_str(),
            Some("http://127.1.1.2:4000/2")
        );
    }
}
