//! The stack under test, through Compose and Docker.

use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{http, receiver};
use crate::port;
use crate::table::Table;
use crate::tree;

/// The name of the stack, different from that of a real one.
const PROJECT: &str = "wirefold-compose-test";
/// All profiles of the stack.
const ALL: [&str; 4] = ["--profile", "demo", "--profile", "monitoring"];
/// The number of containers with three enrichers, the demo's feeds, Prometheus and the receiver of webhooks.
pub(super) const CONTAINERS: usize = 14;

/// The stack with its own settings and ports.
pub(super) struct Stack {
    compose: Vec<&'static str>,
    /// The folder with the settings.
    folder: TempDir,
    page: u16,
    nats: u16,
    pub(super) prometheus: u16,
}

/// A container as in `docker inspect`.
pub(super) struct Container {
    pub(super) service: String,
    pub(super) name: String,
    pub(super) told: Value,
}

/// Whether a network connects only its own containers.
pub(super) fn is_internal(network: &str) -> anyhow::Result<bool> {
    let told = output(&["docker", "network", "inspect", "--format", "{{.Internal}}", network])?;
    Ok(told.trim() == "true")
}

impl Stack {
    /// Writes the settings: those of the demo, and a subscription to everything with the receiver as
    /// delivery.
    pub(super) fn prepare() -> anyhow::Result<Self> {
        let is_plugin = output(&["docker", "compose", "version"]).is_ok();
        let compose = if is_plugin { vec!["docker", "compose"] } else { vec!["docker-compose"] };
        let folder = tempfile::tempdir()?;
        let demo = std::fs::read_to_string(tree::root().join("deploy/demo.toml"))?;
        let ours = format!(
            "\n[[subscription]]\nname = \"Everything\"\nquery = \"*\"\non = [\"new\"]\n\
             group_wait = \"1s\"\ndeliveries = [\"receiver\"]\n\n[[delivery]]\nname = \"receiver\"\n\
             kind = \"webhook\"\nurl = \"{}\"\n\
             secret = \"whsec_Y29tcG9zZS10ZXN0LWNvbXBvc2UtdGVzdA==\"\n",
            receiver::URL
        );
        std::fs::write(folder.path().join("wirefold.toml"), demo + &ours)?;
        Ok(Self {
            compose,
            folder,
            page: port::free(),
            nats: port::free(),
            prometheus: port::free(),
        })
    }

    pub(super) fn up(&self) -> anyhow::Result<()> {
        self.compose(&["--profile", "demo", "up", "--detach", "--scale", "enricher=3"])?;
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
        let status = Command::new(program)
            .args(first)
            .args(["--project-name", PROJECT])
            .args(["--file", "docker-compose.yml", "--file", receiver::FILE])
            .args(arguments)
            .current_dir(tree::root())
            .env("WIREFOLD_CONFIG", self.folder.path().join("wirefold.toml"))
            .env("WIREFOLD_RECEIVER", tree::root().join(receiver::PROGRAM))
            .env("WIREFOLD_PAGE_PORT", self.page.to_string())
            // A different network than that of a stack beside it.
            .env("WIREFOLD_PAGE_NETWORK", "172.31.252.8/29")
            .env("WIREFOLD_PAGE_ADDRESS", "172.31.252.10")
            .env("WIREFOLD_NATS_PORT", self.nats.to_string())
            .env("WIREFOLD_PROMETHEUS_PORT", self.prometheus.to_string())
            .stdin(Stdio::null())
            .status()
            .context("Compose does not run")?;
        ensure!(status.success(), "compose {} ended with {status}", arguments.join(" "));
        Ok(())
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
        let body = article.to_string();
        let answer = http::post(self.page, "/api/v1/articles", "application/json", &body)?;
        let answer: Value = serde_json::from_str(&answer)?;
        let given = answer["articles"][0]["id"].as_str();
        Ok(given.with_context(|| format!("no id in {answer}"))?.to_owned())
    }

    pub(super) fn has_article(&self, id: &str) -> anyhow::Result<bool> {
        Ok(self.json(&format!("/api/v1/articles/{id}")).is_ok())
    }

    pub(super) fn json(&self, path: &str) -> anyhow::Result<Value> {
        Ok(serde_json::from_str(&self.get(path)?)?)
    }

    pub(super) fn get(&self, path: &str) -> anyhow::Result<String> {
        http::get(self.page, path)
    }
}

impl Container {
    fn new(told: Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let service = text(&told["Config"]["Labels"]["com.docker.compose.service"]);
        let name = text(&told["Name"]).trim_start_matches('/').to_owned();
        Self { service, name, told }
    }

    /// The networks of the container.
    pub(super) fn networks(&self) -> impl Iterator<Item = &String> {
        let networks = self.told["NetworkSettings"]["Networks"].as_object();
        networks.into_iter().flat_map(|networks| networks.keys())
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

/// The users and states of the containers.
pub(super) fn table(containers: &[Container]) -> Table {
    let mut table = Table::new(&["container", "user", "state", "health", "limits"]);
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
    let ran = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let ran = ran.with_context(|| format!("{program} does not run"))?;
    let said = String::from_utf8_lossy(&ran.stderr);
    ensure!(ran.status.success(), "{} ended with {}: {said}", command.join(" "), ran.status);
    Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
}
