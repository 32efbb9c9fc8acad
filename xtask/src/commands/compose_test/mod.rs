//! `cargo xtask compose-test`: starts the containers as they ship, checks them, kills them one by one, takes
//! them down and starts them again.
//!
//! It uses the compose file and the Dockerfile unchanged. It changes the mounted settings and the ports
//! through the variables that anybody may set, and adds a receiver of webhooks (`receiver.yml`). If the base
//! images cannot be pulled, `--offline-images` first makes replacements for them.

use std::collections::BTreeSet;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context as _, ensure};

mod compose;
mod monitoring;

use compose::{Container, Stack};
use compose::{News, ReceivedCounts};

use super::{run_command, say};
use crate::machine::{Stopwatch, poll};
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
const FEEDS: u64 = 8;

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
    if !has_image() {
        step("build the image")?;
        let built = stack.compose(&["build", "passwords"]);
        built.context("no image; where none can be pulled, --offline-images makes stand-ins")?;
    }
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

#[expect(clippy::disallowed_methods, reason = "Compose takes the image from the environment, too")]
fn has_image() -> bool {
    std::env::var_os("WIREFOLD_IMAGE").is_some()
}

fn steps(stack: &Stack) -> anyhow::Result<()> {
    step("up, until three fetchers, two enrichers, two detectors and all else are healthy")?;
    stack.up()?;
    let containers = wait_until_healthy(stack)?;
    for (stage, count) in compose::SCALE {
        let running = containers.iter().filter(|it| it.service == stage).count();
        ensure!(running == count, "{running} containers of the {stage}");
    }
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

    step("fetchers share the feeds, one enricher and one detector lead, none repeats work")?;
    check_shares(stack, news.articles)?;

    step("Prometheus sees every stage, and rules and dashboard get answers")?;
    check_monitoring(stack, &containers)?;

    step("an alert's webhook arrives in a container")?;
    poll_until("a webhook", || Ok(ReceivedCounts::to(stack)?.count() > 0))?;
    say(&format!("{} webhooks so far\n", ReceivedCounts::to(stack)?.count()))?;

    step("each container is killed and comes back, and articles and feeds go on")?;
    let killed =
        containers.iter().filter(|it| it.is_running() && !NOT_KILLED.contains(&&*it.service));
    let mut pushed = 0;
    for container in killed {
        kill(stack, container).with_context(|| format!("{} was killed", container.name))?;
        pushed += 1;
    }
    check_unchanged(stack, &news, pushed)?;

    step("down, and up again")?;
    let before = News::of(stack)?;
    stack.down()?;
    stack.up()?;
    wait_until_healthy(stack)?;
    check_unchanged(stack, &before, pushed)?;
    let later = stack.push("compose-test")?;
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

/// Kills a container, and waits until it is back, an article pushed meanwhile is on the page, and each feed was polled again.
fn kill(stack: &Stack, container: &Container) -> anyhow::Result<()> {
    let before = container.kill()?;
    let mut pushed = String::new();
    poll_until("a gateway that takes an article", || {
        pushed = stack.push(&container.name)?;
        Ok(true)
    })?;
    poll_until("another process", || Ok(!["0", &before].contains(&container.process()?.as_str())))?;
    wait_until_healthy(stack)?;
    poll_until("the article that was pushed", || stack.has_article(&pushed))?;
    let watch = Stopwatch::start();
    let polls = stack.last_polls()?;
    poll_until("a poll of each feed", || {
        Ok(stack.last_polls()?.iter().zip(&polls).all(|(now, then)| now != then))
    })?;
    let (name, seconds) = (&container.name, watch.seconds());
    say(&format!(
        "{name} was killed and is healthy again; each feed was polled in {seconds:.0} s\n"
    ))
}

/// Checks that each feed has one fetcher, and that one enricher and one detector handled all articles, each once.
fn check_shares(stack: &Stack, articles: u64) -> anyhow::Result<()> {
    for (stage, metric, all, are_shared) in [
        ("fetcher", "wirefold_fetcher_feeds", FEEDS, true),
        ("enricher", "wirefold_enricher_articles_total", articles, false),
        ("detector", "wirefold_detector_articles_total", articles, false),
    ] {
        let mut shares = Vec::new();
        poll_until("a count of everything", || {
            shares = monitoring::by_process(stack, stage, metric)?;
            Ok(shares.iter().sum::<u64>() >= all)
        })?;
        let told = format!("{metric}: {shares:?}");
        ensure!(shares.iter().sum::<u64>() == all, "some work was done twice: {told}");
        let working = shares.iter().filter(|share| **share > 0).count();
        ensure!((working > 1) == are_shared, "{working} work: {told}");
        say(&format!("{told}\n"))?;
    }
    Ok(())
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
    followed.with_context(|| format!("before: {before}; after: {after}"))?;
    let output = stack.output()?;
    let distinct = output.iter().collect::<BTreeSet<_>>().len();
    let (messages, shown) = (output.len(), after.articles);
    ensure!(distinct == messages, "WF_OUTPUT has {messages} messages of {distinct} articles");
    ensure!(messages as u64 == shown, "WF_OUTPUT has {messages} articles, the page {shown}");
    say(&format!("WF_OUTPUT has {messages} articles, each once\n"))
}

/// Polls until `is_so` is true. Errors are ignored, because killed containers refuse connections for a while.
fn poll_until(what: &str, mut is_so: impl FnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let mut answer = Ok(false);
    poll(MAX_WAIT, || {
        answer = is_so();
        let is_done = matches!(answer, Ok(true));
        if !is_done {
            std::thread::park_timeout(POLL_INTERVAL);
        }
        is_done.then_some(())
    });
    let late = format!("{what} did not come within {MAX_WAIT:?}");
    ensure!(answer.with_context(|| late.clone())?, late);
    Ok(())
}

fn step(what: &str) -> anyhow::Result<()> {
    say(&format!("\n== {what}\n"))
}
