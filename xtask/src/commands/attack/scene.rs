//! One run: the server of the victim, the hostile server, a server that must not be reached, and wirefold.

use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use anyhow::Context as _;
use serde_json::{Value, json};
use wirefold_flow::SystemClock;
use wirefold_proto::streams::OUTPUT;
use wirefold_proto::{OutputArticle, decode};

use super::loopback::{Answer, Loopback, ReceivedRequest as Request};
use super::victim::{self, ALERTS, VictimEffects};
use crate::machine::Stopwatch;
use crate::running::Running;

/// The largest body has 10 MB, and a debug build needs more memory.
const MORE_MEMORY: u64 = 400 << 20;

/// An attack.
#[derive(Clone, Copy)]
pub(super) struct Attack {
    pub(super) name: &'static str,
    /// The aim in a few words.
    pub(super) aim: &'static str,
    /// The networks that the operator allows.
    pub(super) allowed: &'static str,
    /// Whether the pages of the victim's articles are fetched.
    pub(super) full_text: &'static str,
    /// More settings.
    pub(super) settings: fn(&Sites) -> String,
    /// The same attack without the protection. It must succeed, or the attack proves nothing.
    pub(super) weakened: Option<fn(Attack) -> Attack>,
    /// The feeds that are polled before the victim's: id and address.
    pub(super) feeds: fn(&Sites) -> Vec<(&'static str, String)>,
    /// The answers of the hostile server.
    pub(super) answer: fn(&Request, &Sites) -> Answer,
    /// The answers of the victim's server, without its feed.
    pub(super) at_victim: fn(&Request, &Sites) -> Answer,
    /// How much more peak memory than in the control run the process may use, in bytes.
    pub(super) more_memory: u64,
    /// Whether wirefold has seen the victim's texts before, so that its articles are copies of them. Then
    /// only the alerts must be equal to those of the control run.
    pub(super) only_alerts: bool,
    /// Opens connections while the victim's news is awaited, which stay open until it has come.
    pub(super) connect: fn(&Running) -> Vec<TcpStream>,
    /// The problems other than effects on the victim.
    pub(super) faults: fn(&mut Running, &ServerRequests) -> anyhow::Result<Vec<String>>,
}

impl Attack {
    /// No attack: the control run.
    pub(super) const NONE: Attack = Attack {
        name: "none",
        aim: "nothing: the control",
        feeds: |_| Vec::new(),
        ..Attack::PLAIN
    };
    /// A hostile feed without items.
    pub(super) const PLAIN: Attack = Attack {
        name: "",
        aim: "",
        allowed: "allow_private = [\"127.0.0.0/8\", \"::1/128\"]\n",
        full_text: "auto",
        settings: |_| String::new(),
        weakened: None,
        feeds: |sites| vec![("hostile", format!("{}/feed", sites.hostile))],
        answer: |_, _| Answer::status(404),
        at_victim: |_, _| Answer::status(404),
        more_memory: MORE_MEMORY,
        only_alerts: false,
        connect: |_| Vec::new(),
        faults: |_, _| Ok(Vec::new()),
    };
}

/// The addresses without a path. Sites on loopback differ by their names.
#[derive(Clone, Default)]
pub(super) struct Sites {
    pub(super) victim: String,
    pub(super) hostile: String,
    /// A server in the operator's network, which no feed may reach.
    pub(super) inner: String,
}

/// The requests to the servers.
pub(super) struct ServerRequests {
    pub(super) victim: Vec<Request>,
    pub(super) hostile: Vec<Request>,
    pub(super) inner: Vec<Request>,
    /// The records of all feeds.
    pub(super) feeds: Value,
    /// The folder of settings and data, in which the program runs.
    pub(super) folder: std::path::PathBuf,
    pub(super) program: std::path::PathBuf,
}

impl ServerRequests {
    /// The problem of a feed, in words.
    pub(super) fn problem(&self, id: &str) -> String {
        let feeds = self.feeds["feeds"].as_array();
        let found = feeds.into_iter().flatten().find(|feed| feed["feed"]["id"] == id);
        found.and_then(|feed| feed["problem"].as_str()).unwrap_or_default().to_owned()
    }
}

/// The results of a run.
pub(super) struct RunResult {
    pub(super) effects: VictimEffects,
    /// Whether only alerts are compared.
    pub(super) only_alerts: bool,
    /// How much more memory than in the control run is allowed.
    pub(super) more_memory: u64,
    pub(super) faults: Vec<String>,
    pub(super) is_alive: bool,
    /// Bytes.
    pub(super) peak: u64,
    /// Seconds.
    pub(super) took: f64,
}

/// Runs one attack.
pub(super) fn play(program: &Path, attack: &Attack) -> anyhow::Result<RunResult> {
    let watch = Stopwatch::start();
    let sites: Arc<OnceLock<Sites>> = Arc::default();
    let has_news = Arc::new(AtomicBool::new(false));
    let victim = victim_server(attack, sites.clone(), has_news.clone())?;
    let (answer, known) = (attack.answer, sites.clone());
    let hostile = Loopback::answering(move |asked| match known.get() {
        Some(all) => answer(asked, all),
        None => Answer::status(404),
    });
    let inner = Loopback::on(&["127.0.0.9:0".parse()?], |_| Answer::ok("text/plain", "inner"));
    let hostile_site = hostile.url("").replace("127.0.0.1", "localhost");
    let sites = sites.get_or_init(|| Sites {
        victim: victim.url(""),
        hostile: hostile_site,
        inner: inner.url(""),
    });
    let folder = prepared_folder(attack, sites)?;
    let mut running = Running::start(program, folder.path())?;
    for (id, url) in (attack.feeds)(sites) {
        running.post("/api/v1/feeds", &json!({"id": id, "url": url}))?;
    }
    let ids: Vec<&str> = (attack.feeds)(sites).into_iter().map(|(id, _)| id).collect();
    running.until(|it| ids.iter().all(|id| is_polled(it, id)));
    let connections = (attack.connect)(&running);
    let mut delay = 0.0;
    if running.is_alive() {
        running.post("/api/v1/feeds", &victim_feed(attack, sites))?;
        delay = running.until(|it| is_polled(it, "victim"));
        has_news.store(true, Ordering::Relaxed);
        delay += running.until(|it| alerts(it).is_ok_and(|all| all.len() as u64 >= ALERTS));
    }
    let peak = running.peak().unwrap_or_default();
    let mut is_alive = running.is_alive();
    let (mut faults, mut alerted) = (Vec::new(), Vec::new());
    if is_alive {
        alerted = alerts(&running)?;
        let requests = ServerRequests {
            victim: drained(&victim),
            hostile: drained(&hostile),
            inner: drained(&inner),
            feeds: running.json("/api/v1/feeds")?,
            folder: folder.path().to_owned(),
            program: program.to_owned(),
        };
        faults = (attack.faults)(&mut running, &requests)?;
        drop(connections);
        is_alive = running.terminate();
    }
    let articles = output(&folder.path().join("data"))?;
    let effects = VictimEffects::of(&articles, &alerted, delay);
    Ok(RunResult {
        effects,
        only_alerts: attack.only_alerts,
        more_memory: attack.more_memory,
        faults,
        is_alive,
        peak,
        took: watch.elapsed().as_secs_f64(),
    })
}

fn prepared_folder(attack: &Attack, sites: &Sites) -> anyhow::Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("wirefold.toml"), settings(attack, sites))?;
    // Without any source, `up` would show the demo.
    std::fs::create_dir(folder.path().join("dropped"))?;
    Ok(folder)
}

/// The requests that a server got.
fn drained(server: &Loopback) -> Vec<Request> {
    server.asked.try_iter().collect()
}

fn victim_feed(attack: &Attack, sites: &Sites) -> Value {
    let url = format!("{}/feed", sites.victim);
    json!({"id": "victim", "url": url, "full_text": attack.full_text})
}

fn victim_server(
    attack: &Attack,
    sites: Arc<OnceLock<Sites>>,
    has_news: Arc<AtomicBool>,
) -> anyhow::Result<Loopback> {
    let beside = attack.at_victim;
    Ok(Loopback::on(&["127.0.0.3:0".parse()?], move |asked| {
        match (asked.path.as_str(), sites.get()) {
            ("/feed", Some(sites)) => victim::feed(&sites.victim, has_news.load(Ordering::Relaxed)),
            (_, Some(sites)) => beside(asked, sites),
            (_, None) => Answer::status(404),
        }
    }))
}

fn settings(attack: &Attack, sites: &Sites) -> String {
    format!(
        "data = \"data\"\nlog_format = \"text\"\nfull_text = \"auto\"\n[fetcher]\n{}min_interval = \"1s\"\n\
         max_interval = \"2s\"\nper_host_delay = \"0s\"\n[[subscription]]\nname = \"Victim\"\n\
         query = \"Harbour bulletin\"\ngroup_by = \"story\"\ngroup_wait = \"0s\"\n\
         update_interval = \"0s\"\n[[source]]\npath = \"dropped\"\n[[subscription]]\nname = \"All\"\nquery = \"*\"\n\
         group_by = \"story\"\ngroup_wait = \"0s\"\n{}",
        attack.allowed,
        (attack.settings)(sites)
    )
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
    let is_victims =
        |alert: &Value| alert["headline"]["title"].as_str().is_some_and(victim::is_title);
    Ok(alerts.filter(is_victims).collect())
}

/// The articles of the output. No process may use the folder.
fn output(data: &Path) -> anyhow::Result<Vec<OutputArticle>> {
    let bus = wirefold_flow_sqlite::open(data, Arc::new(SystemClock))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
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
