//! `cargo xtask attack`: tries on the real binary what one hostile feed or client can do to others.
//!
//! Each attack of [`scenes`] runs against `wirefold up` in its own folder, with a feed of the victim beside the
//! hostile one. The articles and alerts of the victim are compared with those of a control run without an
//! attack.

mod scenes;

use std::collections::HashMap;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};
use wirefold_flow::SystemClock;
use wirefold_proto::streams::OUTPUT;
use wirefold_proto::{ArticleId, OutputArticle, decode};

use crate::loopback::{Answer, Loopback, ReceivedRequest as Request};
use crate::machine::Stopwatch;
use crate::running::Running;
use crate::table::Table;
use crate::tree;
use scenes::ATTACKS;

/// The arguments of `attack`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these; without a name, all.
    names: Vec<String>,
    /// List the attacks and run none.
    #[arg(long)]
    list: bool,
    /// The binary to attack; without it, `target/debug/wirefold` is built and attacked.
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

/// How much later than in the control run the victim's news may come, in seconds. Its feed is polled every
/// second or two.
const LATER: f64 = 5.0;

/// An attack. A path of the hostile server is the id of a feed or of a page.
#[derive(Clone, Copy)]
struct Attack {
    name: &'static str,
    /// The aim in a few words.
    aim: &'static str,
    /// More settings of the fetcher: the networks that the operator allows.
    fetcher: &'static str,
    /// Whether the pages of the victim's articles are fetched.
    full_text: &'static str,
    /// More settings. `{victim}` and `{hostile}` are replaced by the addresses.
    settings: &'static str,
    /// `fetcher` and `settings` of the same attack without the protection. It must succeed, or the attack
    /// proves nothing.
    weakened: Option<(&'static str, &'static str)>,
    /// The feeds that are polled before the victim's: the paths at the hostile server, which are their ids.
    feeds: &'static [&'static str],
    /// The same at the victim's server.
    feeds_at_victim: &'static [&'static str],
    /// The answer of the hostile server to a path, for which it was asked this often before; 404 if `None`.
    answer: fn(&str, u64, &Sites) -> Option<Answer>,
    /// The answers of the victim's server, without its feed.
    at_victim: fn(&str, &Sites) -> Option<Answer>,
    /// How much more peak memory than in the control run the process may use, in bytes.
    more_memory: u64,
    /// Whether wirefold has seen the victim's texts before, so that its articles are copies of them. Then
    /// only the alerts must be equal to those of the control run.
    only_alerts: bool,
    /// Whether the attack is under way, so that the victim's feed may be added.
    is_under_way: fn(&Running, &Visits) -> bool,
    /// Opens connections while the victim's news is awaited, which stay open until it has come.
    connect: fn(&Running) -> Vec<TcpStream>,
    /// The problems other than effects on the victim.
    faults: fn(&mut Running, &ServerRequests) -> anyhow::Result<Vec<String>>,
}

/// All of 127.0.0.0/8, as a setting of the fetcher.
const LOOPBACK: &str = "allow_private = [\"127.0.0.0/8\", \"::1/128\"]\n";

impl Attack {
    /// No attack: the control run.
    const NONE: Attack =
        Attack { name: "none", aim: "nothing: the control", feeds: &[], ..Attack::PLAIN };
    /// A hostile feed without items.
    const PLAIN: Attack = Attack {
        name: "",
        aim: "",
        fetcher: LOOPBACK,
        full_text: "auto",
        settings: "",
        weakened: None,
        feeds: &["hostile"],
        feeds_at_victim: &[],
        answer: |_, _, _| None,
        at_victim: |_, _| None,
        // The largest body has 10 MB, and a debug build needs more memory.
        more_memory: 400 << 20,
        only_alerts: false,
        is_under_way: |_, _| true,
        connect: |_| Vec::new(),
        faults: |_, _| Ok(Vec::new()),
    };

    fn settings(&self, sites: &Sites) -> String {
        let more = self.settings.replace("{victim}", &sites.victim);
        format!(
            "data = \"data\"\nlog_format = \"text\"\nfull_text = \"auto\"\n[fetcher]\n{}min_interval = \"1s\"\n\
             max_interval = \"2s\"\nper_host_delay = \"0s\"\n[[subscription]]\nname = \"Victim\"\n\
             query = \"{TITLE}\"\ngroup_by = \"story\"\ngroup_wait = \"0s\"\nupdate_interval = \"0s\"\n\
             [[source]]\npath = \"dropped\"\n[[subscription]]\nname = \"All\"\nquery = \"*\"\n\
             group_by = \"story\"\ngroup_wait = \"0s\"\n{}",
            self.fetcher,
            more.replace("{hostile}", &sites.hostile)
        )
    }
}

/// The addresses without a path. Sites on loopback differ by their names.
struct Sites {
    victim: String,
    hostile: String,
    /// A server in the operator's network, which no feed may reach.
    inner: String,
}

/// How often each path of the hostile server was asked for.
#[derive(Default)]
struct Visits(Mutex<HashMap<String, u64>>);

impl Visits {
    /// Counts a visit, and returns the number of those before.
    fn count(&self, path: &str) -> u64 {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let visits = all.entry(path.to_owned()).or_default();
        *visits += 1;
        *visits - 1
    }
}

/// The requests to the servers.
struct ServerRequests {
    victim: Vec<Request>,
    hostile: Vec<Request>,
    inner: Vec<Request>,
    /// The records of all feeds.
    feeds: Value,
    /// The folder of settings and data, in which the program runs.
    folder: PathBuf,
    program: PathBuf,
}

/// The results of a run.
struct RunResult {
    effects: VictimEffects,
    faults: Vec<String>,
    is_alive: bool,
    /// Bytes.
    peak: u64,
    /// Seconds.
    took: f64,
}

/// Runs the attacks in turn and prints one table. Fails if one succeeds.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let is_chosen =
        |name: &str| arguments.names.is_empty() || arguments.names.iter().any(|it| it == name);
    if let Some(name) =
        arguments.names.iter().find(|name| ATTACKS.iter().all(|it| it.name != **name))
    {
        bail!("no attack {name:?}: `cargo xtask attack --list` names them");
    }
    let chosen = ATTACKS.iter().filter(|attack| is_chosen(attack.name));
    if arguments.list {
        let mut table = Table::new(&["attack", "tries to"]);
        chosen.for_each(|attack| table.row([attack.name, attack.aim]));
        super::say(&table.to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    let program = match &arguments.program {
        Some(program) => program.canonicalize()?,
        None => built()?,
    };
    let head = ["attack", "tries to", "outcome", "the victim", "news after", "peak", "took"];
    let mut table = Table::new(&head);
    let control = play(&program, &Attack::NONE)?;
    let effects = &control.effects;
    ensure!(effects.alerts == ALERTS, "the victim's news came not even alone: {effects:#?}");
    row(&mut table, &Attack::NONE, &control, &control);
    let mut faults = String::new();
    for attack in chosen {
        writeln!(std::io::stderr(), "{} …", attack.name)?;
        let result = play(&program, attack)?;
        row(&mut table, attack, &result, &control);
        for fault in faults_of(attack, &result, &control) {
            faults += &format!("NOT HELD: {}: {fault}\n", attack.name);
        }
        if let Some((fetcher, settings)) = attack.weakened {
            let aim = "the same, without what stops it";
            let weakened = Attack { aim, fetcher, settings, ..*attack };
            let without = play(&program, &weakened)?;
            row(&mut table, &weakened, &without, &control);
            if faults_of(attack, &without, &control).is_empty() {
                faults += &format!("SHOWS NOTHING: {}: nothing had to stop it\n", attack.name);
            }
        }
    }
    super::say(&format!("{table}\n{faults}"))?;
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Builds the product in a debug build.
pub(crate) fn built() -> anyhow::Result<PathBuf> {
    let mut build = Command::new("cargo");
    build.args(["build", "--locked", "-p", "wirefold"]).current_dir(tree::root());
    ensure!(build.status()?.success(), "wirefold does not build");
    Ok(tree::root().join("target/debug/wirefold"))
}

/// The problems that the attack and the victim found.
fn faults_of(attack: &Attack, result: &RunResult, control: &RunResult) -> Vec<String> {
    let mut faults = result.faults.clone();
    if !result.is_alive {
        faults.push("the process ended".to_owned());
    }
    if let Some(difference) = result.effects.difference(&control.effects, attack.only_alerts) {
        faults.push(format!("the victim's {difference}"));
    }
    if result.effects.delay > control.effects.delay + LATER {
        faults.push(format!("the victim's news came after {:.1} s", result.effects.delay));
    }
    if result.peak > control.peak + attack.more_memory {
        faults.push(format!("{} MB of memory", result.peak >> 20));
    }
    faults
}

fn row(table: &mut Table, attack: &Attack, result: &RunResult, control: &RunResult) {
    let outcome = match faults_of(attack, result, control).is_empty() {
        _ if attack.name == Attack::NONE.name => "-",
        true => "held",
        false => "NOT HELD",
    };
    let difference = result.effects.difference(&control.effects, attack.only_alerts);
    table.row([
        attack.name,
        attack.aim,
        outcome,
        if difference.is_none() { "as alone" } else { "felt it" },
        &format!("{:.1} s", result.effects.delay),
        &format!("{} MB", result.peak >> 20),
        &format!("{:.1} s", result.took),
    ]);
}

/// Runs one attack: the server of the victim, the hostile server, a server that must not be reached, and
/// wirefold.
fn play(program: &Path, attack: &Attack) -> anyhow::Result<RunResult> {
    let watch = Stopwatch::start();
    let (sites, visits, has_news) = (
        Arc::<OnceLock<Sites>>::default(),
        Arc::new(Visits::default()),
        Arc::new(AtomicBool::new(false)),
    );
    let victim = victim_server(attack, sites.clone(), has_news.clone())?;
    let (answer, known, visited) = (attack.answer, sites.clone(), visits.clone());
    let hostile = Loopback::answering(move |asked| {
        let answer = known
            .get()
            .and_then(|all| answer(&asked.path[1..], visited.count(&asked.path[1..]), all));
        answer.unwrap_or(Answer::status(404))
    });
    let inner = Loopback::on(&["127.0.0.9:0".parse()?], |_| Answer::ok("text/plain", "inner"));
    let sites = sites.get_or_init(|| Sites {
        victim: victim.url(""),
        hostile: hostile.url("").replace("127.0.0.1", "localhost"),
        inner: inner.url(""),
    });
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("wirefold.toml"), attack.settings(sites))?;
    // Without any source, `up` would show the demo.
    std::fs::create_dir(folder.path().join("dropped"))?;
    let mut running = Running::start(program, folder.path())?;
    add_feeds(&mut running, attack, sites)?;
    // The longest attack takes four times as long as anything else.
    for _ in 0..4 {
        running.until(|it| (attack.is_under_way)(it, &visits));
    }
    let connections = (attack.connect)(&running);
    let mut delay = 0.0;
    if running.is_alive() {
        let url = format!("{}/feed", sites.victim);
        let feed = json!({"id": "victim", "url": url, "full_text": attack.full_text});
        running.post("/api/v1/feeds", &feed)?;
        delay = running.until(|it| is_polled(it, "victim"));
        has_news.store(true, Ordering::Relaxed);
        delay += running.until(|it| alerts(it).is_ok_and(|all| all.len() as u64 >= ALERTS));
    }
    let peak = running.peak().unwrap_or_default();
    let mut is_alive = running.is_alive();
    let (mut faults, mut alerted) = (Vec::new(), Vec::new());
    if is_alive {
        alerted = alerts(&running)?;
        let [victim, hostile, inner] =
            [&victim, &hostile, &inner].map(|server| server.asked.try_iter().collect());
        let (feeds, folder) = (running.json("/api/v1/feeds")?, folder.path().to_owned());
        let requests =
            ServerRequests { victim, hostile, inner, feeds, folder, program: program.to_owned() };
        faults = (attack.faults)(&mut running, &requests)?;
        drop(connections);
        is_alive = running.terminate();
    }
    let effects = VictimEffects::of(&output(&folder.path().join("data"))?, &alerted, delay);
    Ok(RunResult { effects, faults, is_alive, peak, took: watch.seconds() })
}

/// Adds the feeds of the attack and waits until each was polled.
fn add_feeds(running: &mut Running, attack: &Attack, sites: &Sites) -> anyhow::Result<()> {
    let ids = || attack.feeds.iter().chain(attack.feeds_at_victim);
    for (at, id) in ids().enumerate() {
        let site = if at < attack.feeds.len() { &sites.hostile } else { &sites.victim };
        running.post("/api/v1/feeds", &json!({"id": id, "url": format!("{site}/{id}")}))?;
    }
    running.until(|it| ids().all(|id| is_polled(it, id)));
    Ok(())
}

fn victim_server(
    attack: &Attack,
    sites: Arc<OnceLock<Sites>>,
    has_news: Arc<AtomicBool>,
) -> anyhow::Result<Loopback> {
    let beside = attack.at_victim;
    Ok(Loopback::on(&["127.0.0.3:0".parse()?], move |asked| {
        let answer = sites.get().and_then(|sites| match asked.path.as_str() {
            "/feed" => Some(feed(&sites.victim, has_news.load(Ordering::Relaxed))),
            path => beside(&path[1..], sites),
        });
        answer.unwrap_or(Answer::status(404))
    }))
}

fn is_polled(running: &Running, id: &str) -> bool {
    let feeds = running.json("/api/v1/feeds").unwrap_or_default();
    let all = feeds["feeds"].as_array();
    all.into_iter().flatten().any(|it| it["feed"]["id"] == id && it["last_poll"].is_string())
}

/// The alerts about the victim's articles.
fn alerts(running: &Running) -> anyhow::Result<Vec<Value>> {
    let page = running.json("/api/v1/alerts?subscription=victim&limit=100")?;
    let all = page["alerts"].as_array().context("a list")?;
    let alerts = all.iter().map(|it| it["alert"].clone());
    let is_victims = |alert: &Value| alert["headline"]["title"].as_str().is_some_and(is_title);
    Ok(alerts.filter(is_victims).collect())
}

/// The articles of the output. No process may use the folder.
fn output(data: &Path) -> anyhow::Result<Vec<OutputArticle>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let bus = wirefold_flow_sqlite::open(data, Arc::new(SystemClock))?;
        let state = bus.stream_state(OUTPUT.name).await?;
        let mut reader = bus.read(OUTPUT.name, ">", 1).await?;
        let (mut articles, mut read) = (Vec::new(), 0);
        while read < state.messages {
            for stored in reader.next(1000).await? {
                read += 1;
                if stored.subject.starts_with("wirefold.v1.output.article.") {
                    articles.push(decode(&stored.body)?);
                }
            }
        }
        Ok(articles)
    })
}

/// The number of the victim's articles at its first poll, and of its news. One of the first articles changes
/// later.
const ARTICLES: u64 = 3;
/// The number of its alerts after its news: about the news, and about the article that changed.
const ALERTS: u64 = ARTICLES + 1;
/// The beginning of each of the victim's titles.
const TITLE: &str = "Harbour bulletin";

/// The victim's feed, before or after its news.
fn feed(site: &str, has_news: bool) -> Answer {
    let last = if has_news { 2 * ARTICLES } else { ARTICLES };
    let items = (0..last).rev().map(|number| item(site, number, has_news && number == 0));
    rss(items)
}

fn item(site: &str, number: u64, is_changed: bool) -> String {
    let more = if is_changed { " And 40 men mended the mole on Friday evening." } else { "" };
    format!(
        "<item><guid>{site}/{number}</guid><title>{TITLE} {number}</title><link>{site}/{number}\
         </link><description>{}{more}</description></item>",
        text(number)
    )
}

/// The items that the victim will publish as news.
fn news(site: &str) -> String {
    (ARTICLES..2 * ARTICLES).map(|number| item(site, number, false)).collect()
}

/// A feed with these items.
fn rss(items: impl IntoIterator<Item = String>) -> Answer {
    let items: String = items.into_iter().collect();
    let body = format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>A feed</title>{items}\
         </channel></rss>"
    );
    Answer::ok("application/rss+xml", body)
}

/// A text of 240 generated words, different for each number.
fn text(number: u64) -> String {
    let syllables = ["ba", "ke", "lo", "mi", "nu", "ra", "se", "to", "vi", "zu", "fa", "de"];
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d;
    let mut text = String::new();
    for word in 0..240 {
        for _ in 0..3 {
            let at = usize::try_from(xorshift(&mut state) >> 33).unwrap_or_default();
            text += syllables[at % syllables.len()];
        }
        text += if word % 12 == 11 { ". " } else { " " };
    }
    text
}

/// The next number after `state` (Marsaglia 2003).
fn xorshift(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// The effects on the victim.
#[derive(Debug)]
struct VictimEffects {
    /// Its articles with their decisions, and its alerts as they first came.
    said: Vec<String>,
    alerts: u64,
    /// The seconds until its feed was first polled, and from its news to the last of its alerts.
    delay: f64,
}

impl VictimEffects {
    /// Reads the effects from the output and the alerts of a run.
    fn of(articles: &[OutputArticle], alerts: &[Value], delay: f64) -> VictimEffects {
        let is_own = |it: &&OutputArticle| it.article.via.is_none() && is_title(&it.article.title);
        let own: Vec<&OutputArticle> = articles.iter().filter(is_own).collect();
        // Ports differ between runs, and ids with them, so articles are named by their pages.
        let page = |article: &OutputArticle| {
            article.article.item_key.rsplit('/').next().unwrap_or_default().to_owned()
        };
        let named = |id: ArticleId| own.iter().find(|it| it.id == id).map(|it| page(it));
        let article = |article: &&OutputArticle| {
            let verdict = &article.verdict;
            let groups = [verdict.story.into(), verdict.event.into(), verdict.lead].map(named);
            format!("article {} {:?} {groups:?}", page(article), (verdict.class, verdict.kind))
        };
        let alert = |alert: &Value| {
            let (title, outlets) = (&alert["headline"]["title"], &alert["outlets"]);
            format!("alert {} {title} {outlets}", alert["volume"])
        };
        let mut said: Vec<String> =
            own.iter().map(article).chain(alerts.iter().map(alert)).collect();
        said.sort();
        VictimEffects { said, alerts: alerts.len() as u64, delay }
    }

    /// The difference from another run: the lines of both.
    fn difference(&self, other: &VictimEffects, only_alerts: bool) -> Option<String> {
        let lacks = |this: &VictimEffects, that: &VictimEffects| {
            let counts = |line: &str| !only_alerts || line.starts_with("alert ");
            let missing = this.said.iter().filter(|it| counts(it) && !that.said.contains(it));
            missing.map(String::as_str).collect::<Vec<&str>>().join("; ")
        };
        let (missing, instead) = (lacks(other, self), lacks(self, other));
        let is_same = missing.is_empty() && instead.is_empty();
        (!is_same).then(|| format!("[{missing}] became [{instead}]"))
    }
}

/// Whether a title is one of the victim's.
fn is_title(title: &str) -> bool {
    title.strip_prefix(TITLE).is_some_and(|number| number.trim().parse::<u64>().is_ok())
}
