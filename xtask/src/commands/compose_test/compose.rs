//! The stack under test, through Compose and Docker.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::commands::{output_of, run_command};
use crate::examiner;
use crate::running::ask;
use crate::table::Table;
use crate::{port, tree};

/// The receiver of webhooks, in a container of its own: its name on the network and in the list of containers.
pub(super) const RECEIVER: &str = "receiver";
/// Its additional Compose file.
pub(super) const RECEIVER_FILE: &str = "xtask/src/commands/compose_test/receiver.yml";
/// Its program.
pub(super) const RECEIVER_PROGRAM: &str = "xtask/src/commands/compose_test/receiver.pl";
/// Its address for webhooks.
pub(super) const RECEIVER_URL: &str = "http://receiver:8080/";
/// The name of the stack, different from that of a real one.
const PROJECT: &str = "wirefold-compose-test";
/// All profiles of the stack.
const ALL: [&str; 4] = ["--profile", "demo", "--profile", "monitoring"];
/// The stages that run several times.
pub(super) const SCALE: [(&str, usize); 3] = [("fetcher", 3), ("enricher", 2), ("detector", 2)];
/// The number of containers with these, the demo's feeds, Prometheus and the receiver of webhooks.
pub(super) const CONTAINERS: usize = 16;

/// The stack with its own settings and ports.
pub(super) struct Stack {
    compose: Vec<&'static str>,
    /// The folder with the settings.
    folder: TempDir,
    /// Host and port.
    page: String,
    nats: String,
    pub(super) prometheus: String,
}

/// A container as in `docker inspect`.
pub(super) struct Container {
    pub(super) service: String,
    pub(super) name: String,
    pub(super) told: Value,
}

impl Stack {
    /// Writes the settings: those of the demo, and a subscription to everything with the receiver as
    /// delivery.
    pub(super) fn prepare() -> anyhow::Result<Self> {
        let is_plugin = output(&["docker", "compose", "version"]).is_ok();
        let compose = if is_plugin { vec!["docker", "compose"] } else { vec!["docker-compose"] };
        let folder = tempfile::tempdir()?;
        let demo = std::fs::read_to_string(tree::root().join("deploy/demo.toml"))?;
        // Each feed on a host of its own (`receiver.yml`), because all feeds of a host have one fetcher.
        let demo = demo.lines().map(own_host).collect::<String>();
        let ours = format!(
            "\n[[subscription]]\nname = \"Everything\"\nquery = \"*\"\non = [\"new\"]\n\
             group_wait = \"1s\"\ndeliveries = [\"receiver\"]\n\n[[delivery]]\nname = \"receiver\"\n\
             kind = \"webhook\"\nurl = \"{RECEIVER_URL}\"\n\
             secret = \"whsec_Y29tcG9zZS10ZXN0LWNvbXBvc2UtdGVzdA==\"\n"
        );
        std::fs::write(folder.path().join("wirefold.toml"), demo + &ours)?;
        let [page, nats, prometheus] = [(); 3].map(|()| format!("127.0.0.1:{}", port::free()));
        Ok(Self { compose, folder, page, nats, prometheus })
    }

    pub(super) fn up(&self) -> anyhow::Result<()> {
        let scales = SCALE.map(|(stage, count)| format!("--scale={stage}={count}"));
        let scales = scales.iter().map(String::as_str).collect::<Vec<_>>();
        self.compose(&[&["--profile", "demo", "up", "--detach"], &scales[..]].concat())?;
        // By name, because Grafana is not needed and has no replacement image.
        self.compose(&["--profile", "monitoring", "up", "--detach", "prometheus"])
    }

    /// Takes all containers down. Volumes stay.
    pub(super) fn down(&self) -> anyhow::Result<()> {
        self.compose(&[&ALL[..], &["down"]].concat())
    }

    /// Takes all containers down with their volumes, also those of an earlier run.
    pub(super) fn forget(&self) -> anyhow::Result<()> {
        self.compose(&[&ALL[..], &["down", "--volumes", "--remove-orphans"]].concat())
    }

    pub(super) fn logs(&self) -> anyhow::Result<()> {
        self.compose(&[&ALL[..], &["logs", "--tail=30"]].concat())
    }

    pub(super) fn compose(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let (program, first) = self.compose.split_first().context("there is a Compose")?;
        let port = |address: &str| address.rsplit(':').next().unwrap_or_default().to_owned();
        let mut compose = Command::new(program);
        compose
            .args(first)
            .args(["--project-name", PROJECT])
            .args(["--file", "docker-compose.yml", "--file", RECEIVER_FILE])
            .args(arguments)
            .current_dir(tree::root())
            .env("WIREFOLD_CONFIG", self.folder.path().join("wirefold.toml"))
            .env("WIREFOLD_RECEIVER", tree::root().join(RECEIVER_PROGRAM))
            .env("WIREFOLD_PAGE_PORT", port(&self.page))
            // A different network than that of a stack beside it.
            .env("WIREFOLD_PAGE_NETWORK", "172.31.252.8/29")
            .env("WIREFOLD_PAGE_ADDRESS", "172.31.252.10")
            .env("WIREFOLD_NATS_PORT", port(&self.nats))
            .env("WIREFOLD_PROMETHEUS_PORT", port(&self.prometheus))
            .stdin(Stdio::null());
        run_command(&mut compose)
    }

    pub(super) fn containers(&self) -> anyhow::Result<Vec<Container>> {
        let label = format!("label=com.docker.compose.project={PROJECT}");
        let ids = output(&["docker", "ps", "--all", "--quiet", "--filter", &label])?;
        let ids: Vec<&str> = ids.split_whitespace().collect();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let told = output(&[&["docker", "inspect"], &ids[..]].concat())?;
        let told: Vec<Value> = serde_json::from_str(&told)?;
        let mut containers: Vec<Container> = told.into_iter().map(Container::new).collect();
        containers.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(containers)
    }

    pub(super) fn articles(&self) -> anyhow::Result<u64> {
        self.json("/api/v1/status")?["articles"].as_u64().context("no count of articles")
    }

    /// Whether all feeds were polled and the projection has the whole output.
    pub(super) fn has_caught_up(&self) -> anyhow::Result<bool> {
        let status = self.json("/api/v1/status")?;
        Ok(status["lag"] == 0 && status["feeds"]["good"] == 8)
    }

    /// Pushes an article and returns its id.
    pub(super) fn push(&self, id: &str) -> anyhow::Result<String> {
        let text = format!("The lamp on the outer mole was mended on Friday, {id}. ").repeat(8);
        let article = json!({ "id": id, "outlet": "pushed.example", "title": id, "text": text });
        let answer = ask(&self.page, "POST", "/api/v1/articles", &article.to_string())?;
        let answer: Value = serde_json::from_str(&answer)?;
        let given = answer["articles"][0]["id"].as_str();
        Ok(given.with_context(|| format!("no id in {answer}"))?.to_owned())
    }

    /// When each feed was polled last.
    pub(super) fn last_polls(&self) -> anyhow::Result<Vec<Value>> {
        let listed = self.json("/api/v1/feeds")?;
        let feeds = listed["feeds"].as_array().context("no feeds in the answer")?;
        Ok(feeds.iter().map(|feed| feed["last_poll"].clone()).collect())
    }

    /// The ids of the articles in the output stream, read from the server.
    pub(super) fn output(&self) -> anyhow::Result<Vec<String>> {
        let containers = self.containers()?;
        let server =
            containers.iter().find(|it| it.service == "nats").context("there is no server")?;
        let password = server.inside("cat /etc/nats/passwords/detector")?;
        let (user, url) = ("detector", format!("nats://{}", self.nats));
        examiner::on_the_bus(url, user, [user, password.trim()], async |bus| {
            let mut articles = Vec::new();
            examiner::read_output(bus, |article| articles.push(article.id.to_string())).await?;
            Ok(articles)
        })
    }

    pub(super) fn has_article(&self, id: &str) -> anyhow::Result<bool> {
        Ok(self.json(&format!("/api/v1/articles/{id}")).is_ok())
    }

    pub(super) fn json(&self, path: &str) -> anyhow::Result<Value> {
        Ok(serde_json::from_str(&self.get(path)?)?)
    }

    pub(super) fn get(&self, path: &str) -> anyhow::Result<String> {
        ask(&self.page, "GET", path, "")
    }
}

impl Container {
    fn new(told: Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let service = text(&told["Config"]["Labels"]["com.docker.compose.service"]);
        let name = text(&told["Name"]).trim_start_matches('/').to_owned();
        Self { service, name, told }
    }

    pub(super) fn is_running(&self) -> bool {
        self.told["State"]["Running"] == true
    }

    /// Whether it is healthy, or has ended well if it is a one-time task.
    pub(super) fn is_well(&self) -> bool {
        let state = &self.told["State"];
        match self.service.as_str() {
            "passwords" | "setup" => state["Status"] == "exited" && state["ExitCode"] == 0,
            _ => self.is_running() && state["Health"]["Status"] == "healthy",
        }
    }

    /// The id of its first process on this machine, or "0" if it does not run.
    pub(super) fn process(&self) -> anyhow::Result<String> {
        let now = output(&["docker", "inspect", "--format", "{{.State.Pid}}", &self.name])?;
        Ok(now.trim().to_owned())
    }

    /// Kills its process from outside: after `docker kill` Docker would not restart it. Returns the old
    /// process.
    pub(super) fn kill(&self) -> anyhow::Result<String> {
        let process = self.process()?;
        if process.is_empty() || process == "0" {
            bail!("{} does not run", self.name);
        }
        output(&["kill", "-KILL", &process])?;
        Ok(process)
    }

    /// The output of a command inside the container.
    pub(super) fn inside(&self, command: &str) -> anyhow::Result<String> {
        output(&["docker", "exec", &self.name, "sh", "-c", command])
    }
}

/// A line of the demo's settings, with the name of the feed for that of its host.
fn own_host(line: &str) -> String {
    let feed = line.split_once("/feeds/").and_then(|(_, it)| it.split_once(".xml"));
    match feed {
        Some((feed, _)) => line.replace("//demo-feeds:", &format!("//{feed}:")) + "\n",
        None => format!("{line}\n"),
    }
}

/// The users and states of the containers.
pub(super) fn table(containers: &[Container]) -> Table {
    let mut table = Table::new("container | user | state | health | limits");
    for Container { name, told, .. } in containers {
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let host = &told["HostConfig"];
        let megabytes = host["Memory"].as_u64().unwrap_or(0) >> 20;
        let processors = host["NanoCpus"].as_f64().unwrap_or(0.0) / 1e9;
        table.row([
            name.clone(),
            text(&told["Config"]["User"]),
            text(&told["State"]["Status"]),
            text(&told["State"]["Health"]["Status"]),
            format!("{megabytes} MiB, {processors} cpu, {} pids", host["PidsLimit"]),
        ]);
    }
    table
}

fn output(command: &[&str]) -> anyhow::Result<String> {
    let (program, arguments) = command.split_first().context("a program")?;
    output_of(Command::new(program).args(arguments).stdin(Stdio::null()))
}

/// Stages that only handle articles. Their network has no way out.
const INSIDE: [&str; 3] = ["pruner", "detector", "enricher"];

/// Fails if the container could do more than it should.
pub(super) fn check_hardening(container: &Container) -> anyhow::Result<()> {
    let (name, told) = (&container.name, &container.told);
    let user = told["Config"]["User"].as_str().unwrap_or_default();
    let is_root = matches!(user.split(':').next(), None | Some("" | "0" | "root"));
    ensure!(!is_root, "{name} runs as {user:?}");
    let host = &told["HostConfig"];
    ensure!(host["ReadonlyRootfs"] == true, "{name} can write its root");
    ensure!(host["Privileged"] == false, "{name} is privileged");
    ensure!(lists(&host["CapDrop"], "ALL"), "{name} keeps capabilities");
    ensure!(host["CapAdd"].is_null(), "{name} has capabilities added");
    ensure!(
        lists(&host["SecurityOpt"], "no-new-privileges:true"),
        "{name} could come to new privileges"
    );
    for limit in ["Memory", "NanoCpus", "PidsLimit"] {
        ensure!(host[limit].as_i64().unwrap_or(0) > 0, "{name} has no limit of {limit}");
    }
    for (port, bound) in host["PortBindings"].as_object().into_iter().flatten() {
        let is_local = |address: &Value| address["HostIp"] == "127.0.0.1";
        let is_local = bound.as_array().is_none_or(|all| all.iter().all(is_local));
        ensure!(is_local, "{name} publishes {port} beyond loopback");
    }
    if INSIDE.contains(&container.service.as_str()) {
        for network in
            told["NetworkSettings"]["Networks"].as_object().into_iter().flat_map(|it| it.keys())
        {
            let asked = ["docker", "network", "inspect", "--format", "{{.Internal}}", network];
            ensure!(output(&asked)?.trim() == "true", "{name} is in {network}, which leads out");
        }
    }
    if container.is_running() {
        try_inside(container)?;
    }
    Ok(())
}

/// Tries inside the container, because the settings of Docker do not prove what a process can do.
fn try_inside(container: &Container) -> anyhow::Result<()> {
    let name = &container.name;
    let printed = container.inside("id -u; cat /proc/1/status")?;
    let user = printed.lines().next().unwrap_or_default();
    ensure!(user != "0" && !user.is_empty(), "in {name} one is user {user:?}");
    for line in printed.lines() {
        let mut words = line.split_whitespace();
        let (key, value) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        match key {
            "Uid:" if value == "0" => bail!("the process of {name} runs as root"),
            "CapEff:" | "CapPrm:" | "CapBnd:" if !value.trim_matches('0').is_empty() => {
                bail!("the process of {name} has capabilities: {line}")
            }
            "NoNewPrivs:" if value != "1" => bail!("{name}: {line}"),
            _ => {}
        }
    }
    for place in ["/", "/usr/local/bin", "/etc"] {
        let tried = container.inside(&format!("touch {place}/compose-test"));
        ensure!(tried.is_err(), "in {name} one can write {place}");
    }
    Ok(())
}

fn lists(list: &Value, what: &str) -> bool {
    list.as_array().is_some_and(|items| items.iter().any(|item| item == what))
}

/// All stories with their articles.
#[derive(Debug)]
pub(super) struct News {
    pub(super) articles: u64,
    /// The addresses of the articles. Versions of one item have the same.
    pub(super) items: BTreeSet<String>,
    /// The ids of each story's articles.
    stories: BTreeMap<String, BTreeSet<String>>,
    pub(super) copies: u64,
    pub(super) dead: u64,
}

impl News {
    pub(super) fn of(stack: &Stack) -> anyhow::Result<Self> {
        let status = stack.json("/api/v1/status")?;
        let mut news = Self {
            articles: number(&status, "articles")?,
            items: BTreeSet::new(),
            stories: BTreeMap::new(),
            copies: 0,
            dead: number(&status, "dead")?,
        };
        let mut path = "/api/v1/stories".to_owned();
        loop {
            let page = stack.json(&path)?;
            for brief in page["stories"].as_array().context("no stories in the answer")? {
                let id = text(brief, "id")?;
                let story = stack.json(&format!("/api/v1/stories/{id}"))?;
                let articles = story["articles"].as_array().context("no articles in a story")?;
                let ids =
                    articles.iter().map(|it| text(it, "id")).collect::<anyhow::Result<_>>()?;
                news.items.extend(articles.iter().filter_map(|it| text(it, "url").ok()));
                news.copies += number(brief, "copies")?;
                news.stories.insert(id, ids);
            }
            match page["next"].as_str() {
                Some(next) => path = format!("/api/v1/stories?cursor={next}"),
                None => return Ok(news),
            }
        }
    }

    /// Fails if something of `before` is missing or different, if an article occurs twice, or if there are
    /// more articles than possible.
    pub(super) fn check_follows(&self, before: &Self, most: u64) -> anyhow::Result<()> {
        for (id, articles) in &before.stories {
            let now = self.stories.get(id);
            let is_kept = now.is_some_and(|now| now.is_superset(articles));
            ensure!(is_kept, "{id} had {articles:?} and has {now:?}");
        }
        let (stories, articles) = (&self.stories, self.articles);
        let placed: usize = stories.values().map(BTreeSet::len).sum();
        let distinct: BTreeSet<&String> = stories.values().flatten().collect();
        ensure!(placed as u64 == articles, "{placed} of {articles} articles stand in a story");
        ensure!(distinct.len() == placed, "{placed} places for {} articles", distinct.len());
        ensure!(articles <= most, "there can be {most} articles, and there are {articles}");
        ensure!(self.dead == before.dead, "{} dead letters", self.dead);
        Ok(())
    }
}

impl fmt::Display for News {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { articles, stories, copies, dead, .. } = self;
        let stories = stories.len();
        write!(out, "{articles} articles → {stories} stories, {copies} copies, {dead} dead letters")
    }
}

fn number(of: &Value, key: &str) -> anyhow::Result<u64> {
    of[key].as_u64().with_context(|| format!("no number `{key}` in {of}"))
}

fn text(of: &Value, key: &str) -> anyhow::Result<String> {
    Ok(of[key].as_str().with_context(|| format!("no text `{key}` in {of}"))?.to_owned())
}

/// How often each message arrived since the first start of the stack, by its id.
pub(super) struct ReceivedCounts(BTreeMap<String, u32>);

impl ReceivedCounts {
    /// Reads the counts from the receiver.
    pub(super) fn to(stack: &Stack) -> anyhow::Result<Self> {
        let containers = stack.containers()?;
        let receiver = containers.iter().find(|it| it.service == RECEIVER);
        let receiver = receiver.context("there is no receiver of webhooks")?;
        let listed = receiver.inside("cat /var/lib/wirefold/came 2>/dev/null || true")?;
        let mut came = BTreeMap::new();
        for id in listed.lines() {
            *came.entry(id.to_owned()).or_default() += 1;
        }
        Ok(Self(came))
    }

    /// The number of different messages.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The ids that arrived more than once.
    pub(super) fn repeated(&self) -> Vec<&String> {
        self.0.iter().filter(|(_, times)| **times > 1).map(|(id, _)| id).collect()
    }
}
