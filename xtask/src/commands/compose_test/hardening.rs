//! Checks what a container must not be able to do, by its Docker settings and by attempts inside.

use std::process::Command;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;

use super::compose::{self, Container};

/// Stages that only handle articles. Their network has no way out.
const INSIDE: [&str; 3] = ["pruner", "detector", "enricher"];

/// Fails if the container could do more than it should.
pub(super) fn check(container: &Container) -> anyhow::Result<()> {
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
    check_ports(name, &host["PortBindings"])?;
    if INSIDE.contains(&container.service.as_str()) {
        for network in container.networks() {
            ensure!(compose::is_internal(network)?, "{name} is in {network}, which leads out");
        }
    }
    if container.is_running() {
        try_inside(container)?;
    }
    Ok(())
}

fn check_ports(name: &str, bindings: &Value) -> anyhow::Result<()> {
    for (port, bound) in bindings.as_object().into_iter().flatten() {
        for host in bound.as_array().into_iter().flatten() {
            ensure!(host["HostIp"] == "127.0.0.1", "{name} publishes {port} beyond loopback");
        }
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
        let file = format!("{place}/compose-test");
        let tried = Command::new("docker").args(["exec", name, "touch", &file]).output();
        let tried = tried.context("run docker exec")?;
        ensure!(!tried.status.success(), "in {name} one can write {place}");
    }
    Ok(())
}

fn lists(list: &Value, what: &str) -> bool {
    list.as_array().is_some_and(|items| items.iter().any(|item| item == what))
}
