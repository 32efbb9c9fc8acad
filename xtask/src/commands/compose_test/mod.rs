//! `cargo xtask compose-test`: starts the containers as they ship, checks them, kills them one by one, takes
//! them down and starts them again.
//!
//! It uses the compose file and the Dockerfile unchanged. It changes the mounted settings and the ports
//! through the variables that anybody may set, and adds a receiver of webhooks (`receiver.yml`). If the base
//! images cannot be pulled, `--offline-images` first makes replacements for them.

use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};

mod compose;
mod monitoring;

use compose::{Container, Stack};
use compose::{News, ReceivedCounts};

use super::{run_command, say};
use crate::machine::Stopwatch;
use crate::tree;

/// The arguments of `compose-test`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Make stand-ins for the base images first (deploy/offline-images).
    #[arg(long)]
    offline_images: bool,
}

/// The longest wait for anything.
const MAX_WAIT: Duration = Duration::from_secs(180);
/// The pause between two checks.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// The services that replace the outside world. They are not killed, because they would lose their state.
const NOT_KILLED: [&str; 2] = ["demo-feeds", compose::RECEIVER];
/// The number of items that the demo publishes over a minute. Two of its articles are versions of one item,
/// and polls may miss the first. They may read it later, when the demo's minute begins again.
const ITEMS: usize = 77;
const ARTICLES: u64 = 78;

/// Runs all steps. The first problem ends the test.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    test(arguments)?;
    say("compose-test: all as meant\n")?;
    Ok(ExitCode::SUCCESS)
}

fn test(arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.offline_images {
        run_command(&mut Command::new(tree::root().join("deploy/offline-images")))?;
    }
    let stack = Stack::prepare()?;
    step("build the image")?;
    let built = stack.compose(&["build", "passwords"]);
    built.context("no image; where none can be pulled, --offline-images makes stand-ins")?;
    // The state of an earlier run would count.
    stack.forget()?;
    let tested = steps(&stack);
    if tested.is_err() {
        say("\nwhat the containers said last:\n")?;
        let _ = stack.logs();
    }
    stack.forget()?;
    tested
}

fn steps(stack: &Stack) -> anyhow::Result<()> {
    step("up, with three enrichers and Prometheus, until all is healthy")?;
    stack.up()?;
    let containers = wait_until_healthy(stack)?;
    ensure!(
        containers.iter().filter(|it| it.service == "enricher").count() == 3,
        "no three enrichers"
    );
    say(&compose::table(&containers).to_string())?;

    step("no container runs as root or can write its root")?;
    for container in &containers {
        compose::check_hardening(container)?;
    }
    say(&format!("{} containers are as they should be\n", containers.len()))?;

    step("the demo's feeds fold")?;
    let news = wait_until_folded(stack)?;
    say(&format!("{news}\n"))?;
    ensure!(stack.get("/")?.contains("wirefold"), "the page does not say what it is");

    step("of three enrichers one leads, and no work is done twice")?;
    check_leader(stack, news.articles)?;

    step("Prometheus sees every stage, and rules and dashboard get answers")?;
    check_monitoring(stack, &containers)?;

    step("an alert's webhook arrives in a container")?;
    poll_until("a webhook", || Ok(ReceivedCounts::to(stack)?.count() > 0))?;
    say(&format!("{} webhooks so far\n", ReceivedCounts::to(stack)?.count()))?;

    step("each container is killed and comes back")?;
    let stages =
        containers.iter().filter(|it| it.is_running() && !NOT_KILLED.contains(&&*it.service));
    for container in stages {
        let killed = container.kill()?;
        poll_until("another process", || {
            Ok(!["0", &killed].contains(&container.process()?.as_str()))
        })?;
        wait_until_healthy(stack)
            .with_context(|| format!("after {} was killed", container.name))?;
        say(&format!("{} was killed and is healthy again\n", container.name))?;
    }
    check_unchanged(stack, &news, 0)?;
    let pushed = stack.push("compose-test-1")?;
    poll_until("the article that was pushed", || stack.has_article(&pushed))?;

    step("down, and up again")?;
    let before = News::of(stack)?;
    stack.down()?;
    stack.up()?;
    wait_until_healthy(stack)?;
    check_unchanged(stack, &before, 1)?;
    let later = stack.push("compose-test-2")?;
    poll_until("an article pushed after that", || stack.has_article(&later))?;
    let came = ReceivedCounts::to(stack)?;
    ensure!(came.repeated().is_empty(), "told twice: {:?}", came.repeated());
    say(&format!("nothing lost, nothing repeated; {} webhooks in all\n", came.count()))
}

/// Waits until every container is healthy, or has finished its task.
fn wait_until_healthy(stack: &Stack) -> anyhow::Result<Vec<Container>> {
    let mut last = Vec::new();
    let waited = poll_until("health", || {
        last = stack.containers()?;
        // Containers that were not created yet are missing in the list.
        Ok(last.len() >= compose::CONTAINERS && last.iter().all(Container::is_well))
    });
    waited.with_context(|| compose::table(&last).to_string())?;
    Ok(last)
}

/// Waits until the demo has published everything and no more articles arrive.
fn wait_until_folded(stack: &Stack) -> anyhow::Result<News> {
    // The count comes first, because it is one request.
    let has_all = || Ok(stack.articles()? >= ITEMS as u64 && News::of(stack)?.items.len() >= ITEMS);
    poll_until("every item of the demo", has_all)?;
    let news = News::of(stack)?;
    news.check_follows(&news, ARTICLES)?;
    ensure!(news.copies > 0, "nothing folded: {news}");
    ensure!(news.dead == 0, "{} dead letters", news.dead);
    Ok(news)
}

/// Checks that one enricher published all articles, each once.
fn check_leader(stack: &Stack, articles: u64) -> anyhow::Result<()> {
    let mut shares = Vec::new();
    let all_counted = || {
        shares = monitoring::shares(stack)?;
        Ok(shares.iter().sum::<u64>() >= articles)
    };
    poll_until("a count of every article", all_counted)?;
    let told = format!("{articles} articles, by enricher: {shares:?}");
    ensure!(shares.iter().sum::<u64>() == articles, "some were enriched twice: {told}");
    ensure!(shares.iter().filter(|share| **share > 0).count() == 1, "several wrote: {told}");
    say(&format!("{told}\n"))
}

fn check_monitoring(stack: &Stack, containers: &[Container]) -> anyhow::Result<()> {
    poll_until("every target of Prometheus", || monitoring::sees_all(stack))?;
    poll_until("every rule's evaluation", || monitoring::rules_hold(stack))?;
    let firing = monitoring::firing(stack)?;
    ensure!(firing.is_empty(), "nothing is amiss, and these fire: {firing:?}");
    let prometheus = containers.iter().find(|it| it.service == "prometheus");
    let prometheus = prometheus.context("there is no Prometheus")?;
    monitoring::test_rules(prometheus).context("the rules' tests")?;
    say("all targets are up, the rules are evaluated, their tests pass and none fires\n")?;
    // A rate appears only after two scrapes.
    let mut shown = String::new();
    let has_all = || {
        shown = monitoring::dashboard(stack)?.to_string();
        Ok(true)
    };
    poll_until("something in every panel", has_all)?;
    say(&shown)
}

/// Checks that all earlier articles are there, once each, and this many pushed articles. After a start the
/// demo's feeds list all items again, so a duplicate would have appeared once each feed was polled.
fn check_unchanged(stack: &Stack, before: &News, pushed: u64) -> anyhow::Result<()> {
    poll_until("all feeds and all that was read", || stack.has_caught_up())?;
    std::thread::park_timeout(Duration::from_secs(15));
    let after = News::of(stack)?;
    let followed = after.check_follows(before, ARTICLES + pushed);
    followed.with_context(|| format!("before: {before}; after: {after}"))
}

/// Polls until `is_so` is true. Errors are ignored, because killed containers refuse connections for a while.
fn poll_until(what: &str, mut is_so: impl FnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let watch = Stopwatch::start();
    loop {
        let answer = is_so();
        if let Ok(true) = answer {
            return Ok(());
        }
        if watch.elapsed() > MAX_WAIT {
            let late = format!("{what} did not come within {MAX_WAIT:?}");
            return match answer {
                Err(error) => Err(error.context(late)),
                Ok(_) => bail!(late),
            };
        }
        std::thread::park_timeout(POLL_INTERVAL);
    }
}

fn step(what: &str) -> anyhow::Result<()> {
    say(&format!("\n== {what}\n"))
}
