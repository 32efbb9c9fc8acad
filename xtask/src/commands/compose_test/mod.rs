//! `cargo xtask compose-test`: starts the containers as they ship, checks them, kills them one by one, takes
//! them down and starts them again.
//!
//! It uses the compose file and the Dockerfile unchanged. It changes the mounted settings and the ports
//! through the variables that anybody may set, and adds a receiver of webhooks (`receiver.yml`). If the base
//! images cannot be pulled, `--offline-images` first makes replacements for them.

use std::io::{self, Write as _};
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};

mod compose;
mod hardening;
mod http;
mod monitoring;
mod news;
mod receiver;

use compose::{Container, Stack};
use news::News;
use receiver::Came;

use crate::tree;

/// How to run it.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Make stand-ins for the base images first (deploy/offline-images).
    #[arg(long)]
    offline_images: bool,
    /// Do not build the image of wirefold: test the one that is there.
    #[arg(long)]
    no_build: bool,
    /// Leave everything up at the end, for looking at.
    #[arg(long)]
    keep: bool,
}

/// How long something that is to come may take.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often it is asked for.
const EVERY: Duration = Duration::from_millis(500);
/// What stands in for the world beside the stack, and is not killed: what it forgot would count.
const BESIDE: [&str; 2] = ["demo-feeds", receiver::SERVICE];
/// What the demo publishes over a minute: two of the articles are versions of one item, of which the
/// polls may miss the first. They may meet it later, when the demo's minute begins again.
const ITEMS: usize = 77;
const ARTICLES: u64 = 78;

/// Runs all of it; the first thing that is not as meant ends it.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(test(arguments))?;
    say("compose-test: all as meant")?;
    Ok(ExitCode::SUCCESS)
}

async fn test(arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.offline_images {
        let script = tree::root().join("deploy/offline-images");
        let made = Command::new(script).status().context("run deploy/offline-images")?;
        ensure!(made.success(), "deploy/offline-images ended with {made}");
    }
    let stack = Stack::prepare()?;
    if !arguments.no_build {
        step("build the image")?;
        let built = stack.compose(&["build", "passwords"]);
        built.context("no image; where none can be pulled, --offline-images makes stand-ins")?;
    }
    // What an earlier run left would count.
    stack.forget()?;
    let tested = steps(&stack).await;
    if tested.is_err() {
        say("\nwhat the containers said last:")?;
        let _ = stack.logs();
    }
    if !arguments.keep {
        stack.forget()?;
    }
    tested
}

async fn steps(stack: &Stack) -> anyhow::Result<()> {
    step("up, with three enrichers and Prometheus, until all is healthy")?;
    stack.up()?;
    let containers = healthy(stack).await?;
    ensure!(
        containers.iter().filter(|it| it.service == "enricher").count() == 3,
        "no three enrichers"
    );
    say(&compose::table(&containers).to_string())?;

    step("no container runs as root or can write its root")?;
    for container in &containers {
        hardening::check(container)?;
    }
    say(&format!("{} containers are as they should be", containers.len()))?;

    step("the demo's feeds fold")?;
    let news = folded(stack).await?;
    say(&news.to_string())?;
    ensure!(stack.get("/")?.contains("wirefold"), "the page does not say what it is");

    step("three enrichers share the work, and none of it is done twice")?;
    share(stack, news.articles).await?;

    step("Prometheus sees every stage, and rules and dashboard get answers")?;
    watched(stack, &containers).await?;

    step("an alert's webhook arrives in a container")?;
    until("a webhook", || Ok(Came::to(stack)?.count() > 0)).await?;
    say(&format!("{} webhooks so far", Came::to(stack)?.count()))?;

    step("each container is killed and comes back")?;
    let stages = containers.iter().filter(|it| it.is_running() && !BESIDE.contains(&&*it.service));
    for container in stages {
        let killed = container.kill()?;
        until("another process", || Ok(!["0", &killed].contains(&container.process()?.as_str())))
            .await?;
        healthy(stack).await.with_context(|| format!("after {} was killed", container.name))?;
        say(&format!("{} was killed and is healthy again", container.name))?;
    }
    unchanged(stack, &news, 0).await?;
    let pushed = stack.push("compose-test-1")?;
    until("the article that was pushed", || stack.has_article(&pushed)).await?;

    step("down, and up again")?;
    let before = News::of(stack)?;
    stack.down()?;
    stack.up()?;
    healthy(stack).await?;
    unchanged(stack, &before, 1).await?;
    let later = stack.push("compose-test-2")?;
    until("an article pushed after that", || stack.has_article(&later)).await?;
    let came = Came::to(stack)?;
    ensure!(came.repeated().is_empty(), "told twice: {:?}", came.repeated());
    say(&format!("nothing lost, nothing repeated; {} webhooks in all", came.count()))
}

/// Waits until every container runs and is healthy, or has done its one thing.
async fn healthy(stack: &Stack) -> anyhow::Result<Vec<Container>> {
    let mut last = Vec::new();
    let waited = until("health", || {
        last = stack.containers()?;
        // All of them: one that was not made yet is missing here.
        Ok(last.len() >= compose::CONTAINERS && last.iter().all(Container::is_well))
    });
    let outcome = waited.await;
    outcome.with_context(|| compose::table(&last).to_string())?;
    Ok(last)
}

/// Waits until the demo has published everything and nothing more comes in.
async fn folded(stack: &Stack) -> anyhow::Result<News> {
    // The count first, as it is one request and the news are many.
    let has_all = || Ok(stack.articles()? >= ITEMS as u64 && News::of(stack)?.items.len() >= ITEMS);
    until("every item of the demo", has_all).await?;
    let news = News::of(stack)?;
    news.follows(&news, ARTICLES)?;
    ensure!(news.copies > 0, "nothing folded: {news}");
    ensure!(news.dead == 0, "{} dead letters", news.dead);
    Ok(news)
}

/// Each enricher has had its part, and the parts make up the whole.
async fn share(stack: &Stack, articles: u64) -> anyhow::Result<()> {
    let mut shares = Vec::new();
    let all_counted = || {
        shares = monitoring::shares(stack)?;
        Ok(shares.iter().sum::<u64>() >= articles)
    };
    until("a count of every article", all_counted).await?;
    let told = format!("{articles} articles, by enricher: {shares:?}");
    ensure!(shares.iter().sum::<u64>() == articles, "some were enriched twice: {told}");
    ensure!(shares.len() == 3 && shares.iter().all(|share| *share > 0), "not shared: {told}");
    say(&told)
}

async fn watched(stack: &Stack, containers: &[Container]) -> anyhow::Result<()> {
    until("every target of Prometheus", || monitoring::sees_all(stack)).await?;
    until("every rule's evaluation", || monitoring::rules_hold(stack)).await?;
    let firing = monitoring::firing(stack)?;
    ensure!(firing.is_empty(), "nothing is amiss, and these fire: {firing:?}");
    let prometheus = containers.iter().find(|it| it.service == "prometheus");
    let prometheus = prometheus.context("there is no Prometheus")?;
    monitoring::test_rules(prometheus).context("the rules' tests")?;
    say("all targets are up, the rules are evaluated, their tests pass and none fires")?;
    // A rate is there once what it is of was seen twice.
    let mut shown = String::new();
    let has_all = || {
        shown = monitoring::dashboard(stack)?.to_string();
        Ok(true)
    };
    until("something in every panel", has_all).await?;
    say(&shown)
}

/// What was there is there, once each, beside so many articles that were pushed. The demo's feeds
/// list all of it again after a start, so what would be repeated has had its chance as soon as each
/// has been polled.
async fn unchanged(stack: &Stack, before: &News, pushed: u64) -> anyhow::Result<()> {
    until("all feeds and all that was read", || stack.has_caught_up()).await?;
    tokio::time::sleep(Duration::from_secs(15)).await;
    let after = News::of(stack)?;
    let followed = after.follows(before, ARTICLES + pushed);
    followed.with_context(|| format!("before: {before}; after: {after}"))
}

/// Asks until it is so. An error is no answer yet: what was killed refuses for a while.
async fn until(what: &str, mut is_so: impl FnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let mut last = None;
    let asked = async {
        loop {
            match is_so() {
                Ok(true) => return,
                Ok(false) => last = None,
                Err(error) => last = Some(error),
            }
            tokio::time::sleep(EVERY).await;
        }
    };
    if tokio::time::timeout(PATIENCE, asked).await.is_ok() {
        return Ok(());
    }
    match last {
        Some(error) => Err(error.context(format!("{what} did not come within {PATIENCE:?}"))),
        None => bail!("{what} did not come within {PATIENCE:?}"),
    }
}

fn step(what: &str) -> anyhow::Result<()> {
    say(&format!("\n== {what}"))
}

fn say(what: &str) -> anyhow::Result<()> {
    Ok(writeln!(io::stdout(), "{what}")?)
}
