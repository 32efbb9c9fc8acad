//! `cargo xtask attack`: tries on the real binary what one hostile feed or client can do to others.
//!
//! Each attack of [`scenes`] runs against `wirefold up` in its own folder, with a feed of the victim beside the
//! hostile one. The memory of the process and the victim's alerts are compared with those of a control run
//! without an attack. Attacks that need no whole process are ordinary tests: SECURITY.md names them.

mod scenes;

use std::collections::HashMap;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, ensure};
use clap::builder::{PossibleValue, PossibleValuesParser};
use serde_json::json;
use wirefold_score::Random;

use crate::commands::program;
use crate::generator::{Script, WORDS};
use crate::loopback::{Answer, Loopback};
use crate::machine::{Stopwatch, lock};
use crate::running::Running;
use crate::table::Table;
use scenes::ATTACKS;

/// The arguments of `attack`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these; without a name, all.
    #[arg(value_parser = names())]
    names: Vec<String>,
    /// The binary to attack; without it, a debug build is made and attacked.
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

/// The names of the attacks with their aims.
fn names() -> PossibleValuesParser {
    let name = |attack: &Attack| PossibleValue::new(attack.name).help(attack.aim);
    PossibleValuesParser::new(ATTACKS.iter().map(name))
}

/// How much later than in the control run the victim's news may come, in seconds. Its feed is polled every
/// second or two.
const LATER: f64 = 5.0;

/// An attack. A path of the hostile server is the id of a feed.
#[derive(Clone, Copy)]
struct Attack {
    name: &'static str,
    /// The aim in a few words.
    aim: &'static str,
    /// More settings.
    settings: &'static str,
    /// `settings` of the same attack without the protection. It must succeed, or the attack proves nothing.
    weakened: Option<&'static str>,
    /// The feeds that are polled before the victim's: the paths at the hostile server, which are their ids.
    feeds: &'static [&'static str],
    /// The answer of the hostile server to a path, for which it was asked this often before, with its own
    /// address; 404 if `None`.
    answer: fn(&str, u64, &str) -> Option<Answer>,
    /// How much more peak memory than in the control run the process may use, in bytes.
    more_memory: u64,
    /// Whether the attack is under way, so that the victim's feed may be added.
    is_under_way: fn(&Running) -> bool,
    /// Opens connections while the victim's news is awaited, which stay open until it has come.
    connect: fn(&Running) -> Vec<TcpStream>,
    /// The problems other than effects on the victim.
    faults: fn(&mut Running) -> anyhow::Result<Vec<String>>,
}

impl Attack {
    /// No attack: the control run.
    const NONE: Attack =
        Attack { name: "none", aim: "nothing: the control", feeds: &[], ..Attack::PLAIN };
    /// A hostile feed without items.
    const PLAIN: Attack = Attack {
        name: "",
        aim: "",
        settings: "",
        weakened: None,
        feeds: &["hostile"],
        answer: |_, _, _| None,
        // The largest body has 10 MB, and a debug build needs more memory.
        more_memory: 400 << 20,
        is_under_way: |_| true,
        connect: |_| Vec::new(),
        faults: |_| Ok(Vec::new()),
    };

    fn settings(&self) -> String {
        format!(
            "data = \"data\"\nlog_format = \"text\"\nfull_text = \"auto\"\n[fetcher]\n\
             allow_private = [\"127.0.0.0/8\", \"::1/128\"]\nmin_interval = \"1s\"\n\
             max_interval = \"2s\"\nper_host_delay = \"0s\"\n[[subscription]]\nname = \"Victim\"\n\
             query = \"{TITLE}\"\ngroup_by = \"story\"\ngroup_wait = \"0s\"\nupdate_interval = \"0s\"\n\
             [[source]]\npath = \"dropped\"\n[[subscription]]\nname = \"All\"\nquery = \"*\"\n\
             group_by = \"story\"\ngroup_wait = \"0s\"\n{}",
            self.settings,
        )
    }
}

/// The results of a run.
struct RunResult {
    /// The victim's alerts as they first came.
    alerts: Vec<String>,
    /// The seconds until the victim's feed was first polled, and from its news to the last of its alerts.
    delay: f64,
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
    let program = program(arguments.program.as_deref(), "dev")?;
    let mut table =
        Table::new("attack | tries to | outcome | the victim | news after | peak | took");
    let control = play(&program, &Attack::NONE)?;
    let alerts = &control.alerts;
    ensure!(alerts.len() == ALERTS, "the victim's news came not even alone: {alerts:#?}");
    row(&mut table, &Attack::NONE, &control, &control);
    let mut faults = String::new();
    for attack in ATTACKS.iter().filter(|attack| is_chosen(attack.name)) {
        writeln!(std::io::stderr(), "{} …", attack.name)?;
        let result = play(&program, attack)?;
        row(&mut table, attack, &result, &control);
        for fault in faults_of(attack, &result, &control) {
            faults += &format!("NOT HELD: {}: {fault}\n", attack.name);
        }
        if let Some(settings) = attack.weakened {
            let aim = "the same, without what stops it";
            let weakened = Attack { aim, settings, ..*attack };
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

/// The problems that the attack and the victim found.
fn faults_of(attack: &Attack, result: &RunResult, control: &RunResult) -> Vec<String> {
    let mut faults = result.faults.clone();
    if !result.is_alive {
        faults.push("the process ended".to_owned());
    }
    if result.alerts != control.alerts {
        faults.push(format!("the victim's {:?} became {:?}", control.alerts, result.alerts));
    }
    if result.delay > control.delay + LATER {
        faults.push(format!("the victim's news came after {:.1} s", result.delay));
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
    table.row([
        attack.name,
        attack.aim,
        outcome,
        if result.alerts == control.alerts { "as alone" } else { "felt it" },
        &format!("{:.1} s", result.delay),
        &format!("{} MB", result.peak >> 20),
        &format!("{:.1} s", result.took),
    ]);
}

/// Runs one attack: the server of the victim, the hostile server, and wirefold.
fn play(program: &Path, attack: &Attack) -> anyhow::Result<RunResult> {
    let watch = Stopwatch::start();
    let has_news = Arc::new(AtomicBool::new(false));
    let is_out = has_news.clone();
    let victim = Loopback::on(&["127.0.0.3:0".parse()?], move |asked| match &*asked.path {
        "/feed" => feed(&format!("http://{}", asked.host), is_out.load(Ordering::Relaxed)),
        _ => Answer::status(404),
    });
    let (answer, visits) = (attack.answer, Mutex::new(HashMap::<String, u64>::new()));
    let hostile = Loopback::answering(move |asked| {
        let mut visits = lock(&visits);
        let before = visits.entry(asked.path.clone()).or_default();
        *before += 1;
        let answer = answer(&asked.path[1..], *before - 1, &format!("http://{}", asked.host));
        answer.unwrap_or(Answer::status(404))
    });
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("wirefold.toml"), attack.settings())?;
    // Without any source, `up` would show the demo.
    std::fs::create_dir(folder.path().join("dropped"))?;
    let mut running = Running::start(program, folder.path())?;
    for id in attack.feeds {
        // Sites on loopback differ by their names.
        let url = hostile.url(&format!("/{id}")).replace("127.0.0.1", "localhost");
        running.post("/api/v1/feeds", &json!({"id": id, "url": url}))?;
    }
    running.until(|it| attack.feeds.iter().all(|id| is_polled(it, id)));
    // The longest attack takes four times as long as anything else.
    for _ in 0..4 {
        running.until(attack.is_under_way);
    }
    let connections = (attack.connect)(&running);
    let mut delay = 0.0;
    if running.is_alive() {
        running.post("/api/v1/feeds", &json!({"id": "victim", "url": victim.url("/feed")}))?;
        delay = running.until(|it| is_polled(it, "victim"));
        has_news.store(true, Ordering::Relaxed);
        delay += running.until(|it| alerts(it).is_ok_and(|all| all.len() >= ALERTS));
    }
    let peak = running.peak().unwrap_or_default();
    let mut is_alive = running.is_alive();
    let (mut faults, mut alerted) = (Vec::new(), Vec::new());
    if is_alive {
        alerted = alerts(&running)?;
        faults = (attack.faults)(&mut running)?;
        drop(connections);
        is_alive = running.terminate();
    }
    Ok(RunResult { alerts: alerted, delay, faults, is_alive, peak, took: watch.seconds() })
}

fn is_polled(running: &Running, id: &str) -> bool {
    let feeds = running.json("/api/v1/feeds").unwrap_or_default();
    let all = feeds["feeds"].as_array();
    all.into_iter().flatten().any(|it| it["feed"]["id"] == id && it["last_poll"].is_string())
}

/// The alerts about the victim's articles: volume, title and outlets.
fn alerts(running: &Running) -> anyhow::Result<Vec<String>> {
    let page = running.json("/api/v1/alerts?subscription=victim&limit=100")?;
    let all = page["alerts"].as_array().context("a list")?;
    let alerts = all.iter().map(|it| &it["alert"]);
    let said = alerts.filter_map(|alert| {
        let title = alert["headline"]["title"].as_str().filter(|title| is_title(title))?;
        Some(format!("{} {title} {}", alert["volume"], alert["outlets"]))
    });
    let mut said: Vec<String> = said.collect();
    said.sort();
    Ok(said)
}

/// The number of the victim's articles at its first poll, and of its news. One of the first articles changes
/// later.
const ARTICLES: u64 = 3;
/// The number of its alerts after its news: about the news, and about the article that changed.
const ALERTS: usize = ARTICLES as usize + 1;
/// The beginning of each of the victim's titles.
const TITLE: &str = "Harbour bulletin";

/// The victim's feed, before or after its news.
fn feed(site: &str, has_news: bool) -> Answer {
    let last = if has_news { 2 * ARTICLES } else { ARTICLES };
    let items = (0..last).rev().map(|number| {
        let is_changed = has_news && number == 0;
        let more = if is_changed { " And 40 men mended the mole on Friday evening." } else { "" };
        item(site, &format!("{TITLE} {number}"), number, &(text(number) + more))
    });
    rss(items)
}

pub(super) fn item(site: &str, title: &str, number: u64, text: &str) -> String {
    format!(
        "<item><guid>{site}/{number}</guid><title>{title}</title><link>{site}/{number}</link>\
         <description>{text}</description></item>"
    )
}

/// A feed with these items.
pub(super) fn rss(items: impl IntoIterator<Item = String>) -> Answer {
    let items: String = items.into_iter().collect();
    let body = format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>A feed</title>{items}\
         </channel></rss>"
    );
    Answer::ok("application/rss+xml", body)
}

/// A text of 240 generated words, different for each number.
fn text(number: u64) -> String {
    let mut random = Random::new(number);
    let word = |at: usize| {
        Script::Latin.word(random.below(WORDS)) + if at % 12 == 11 { ". " } else { " " }
    };
    (0..240).map(word).collect()
}

/// Whether a title is one of the victim's.
fn is_title(title: &str) -> bool {
    title.strip_prefix(TITLE).is_some_and(|number| number.trim().parse::<u64>().is_ok())
}
