//! Lives of stories as files: `seeds/lives/NAME.toml` has the steps with their times, `NAME.txt` the messages
//! that an editor reads. The verdicts are given by hand; matching, the life of the alert and the texts are
//! the alerter's own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use wirefold_flow::Clock as _;
use wirefold_proto::{Alert, Interval, OutputArticle, SubscriptionSettings};

use super::newsroom::{Given, article};
use super::running::{World, settings, wait_until_idle};

/// One life.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Story {
    about: String,
    subscription: SubscriptionSettings,
    step: Vec<Step>,
}

/// A step, and the time since the previous one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    after: Interval,
    #[serde(default, rename = "do")]
    what: What,
    #[serde(default = "one")]
    event: String,
    #[serde(default = "one")]
    story: String,
    #[serde(default)]
    outlet: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
    #[serde(default = "english")]
    language: String,
    agency: Option<String>,
    /// An agency that shared passages point to.
    inferred: Option<String>,
    /// The change of which its text says that it is a correction; it may be empty.
    correction: Option<String>,
    #[serde(default)]
    version: bool,
    #[serde(default)]
    baseline: bool,
    #[serde(default)]
    short: bool,
    #[serde(default)]
    holds: u32,
    /// The name of this article in later steps.
    label: Option<String>,
    /// The article with this label.
    #[serde(default)]
    of: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    into: String,
}

#[derive(Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum What {
    #[default]
    Article,
    Wait,
    Merge,
    TakeOut,
    Lead,
}

fn one() -> String {
    "one".to_owned()
}

fn english() -> String {
    "en".to_owned()
}

/// The newsroom needs names that live as long as the test.
fn kept(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

impl Step {
    fn given(&self) -> Given {
        let credited = self.agency.as_deref().map(|name| (kept(name), true));
        let inferred = self.inferred.as_deref().map(|name| (kept(name), false));
        Given {
            event: kept(&self.event),
            text: kept(&self.text),
            correction: self.correction.as_deref().map(kept),
            comparable: !self.short,
            baseline: self.baseline,
            is_version: self.version,
            language: kept(&self.language),
            agency: credited.or(inferred),
            is_round_up: self.holds > 1,
            ..article(kept(&self.story), kept(&self.outlet), kept(&self.title))
        }
    }
}

/// The clock advances by this much at once.
const TICK: Duration = Duration::from_secs(5);
/// Digests are sent by then.
const REST: Duration = Duration::from_mins(16);

/// A life that is being played.
struct Playing {
    world: World,
    told: Vec<String>,
    labelled: BTreeMap<String, (Given, OutputArticle)>,
}

impl Playing {
    async fn pass(&mut self, time: Duration) {
        let end = self.world.clock.now().plus(time);
        while self.world.clock.now() < end {
            let left = end.since(self.world.clock.now());
            // The clock passes days minute by minute: no time that matters to a message is shorter.
            let tick = if left > REST * 2 { TICK * 12 } else { TICK };
            self.world.clock.advance(tick.min(left));
            wait_until_idle().await;
            self.note();
        }
    }

    /// Records the new messages, with the time.
    fn note(&mut self) {
        let now = wirefold_envelope::timestamp(self.world.clock.now());
        let blocks = self.world.paper.blocks();
        for block in blocks.iter().skip(self.told.len()) {
            self.told.push(format!("--- {}\n{block}\n", now.strftime("%a %H:%M:%S UTC")));
        }
    }

    async fn step(&mut self, step: &Step) {
        let newsroom = &mut self.world.newsroom;
        let labelled = self.labelled.get(&step.of).cloned();
        match step.what {
            What::Wait => {}
            What::Article => {
                let given = step.given();
                let output = newsroom.tell(given).await;
                if let Some(label) = &step.label {
                    self.labelled.insert(label.clone(), (given, output));
                }
            }
            What::Merge => newsroom.merge(kept(&step.from), kept(&step.into)).await,
            What::TakeOut => {
                let (given, output) = labelled.unwrap();
                newsroom.take_out(given, &output, kept(&step.into)).await;
            }
            What::Lead => {
                let (given, output) = labelled.unwrap();
                newsroom.lead(given, &output).await;
            }
        }
        wait_until_idle().await;
        self.note();
    }
}

/// Plays a life. If the alerter restarts before each step, it knows only its streams.
async fn play(story: &Story, restarts: bool) -> (Vec<String>, Vec<Alert>) {
    let world = World::new().await;
    let settings = settings([story.subscription.clone()]);
    let mut running = world.start(&settings);
    let mut playing = Playing { world, told: Vec::new(), labelled: BTreeMap::new() };
    for step in &story.step {
        playing.pass(step.after.duration()).await;
        if restarts {
            running.stop().await;
            running = playing.world.start(&settings);
            wait_until_idle().await;
        }
        playing.step(step).await;
    }
    playing.pass(REST).await;
    running.stop().await;
    let alerts = playing.world.alerts().await;
    (playing.told, alerts)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../seeds/lives")
}

/// The files of lives, in order.
fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder()).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|kind| kind == "toml"));
    files.sort();
    files
}

fn read(path: &Path) -> Story {
    let text = std::fs::read_to_string(path).unwrap();
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[tokio::test(start_paused = true)]
async fn every_life_sends_the_messages_that_stand_beside_it() {
    #[expect(clippy::disallowed_methods, reason = "a test is told how to run by its environment")]
    let bless = std::env::var_os("WIREFOLD_BLESS").is_some();
    let files = files();
    assert!(files.len() >= 30, "{} lives", files.len());
    for path in files {
        let story = read(&path);
        let (told, _) = play(&story, false).await;
        let said = if told.is_empty() { "nothing is sent\n".to_owned() } else { told.join("\n") };
        let snapshot = format!("{}\n\n{said}", story.about);
        let beside = path.with_extension("txt");
        if bless {
            std::fs::write(&beside, &snapshot).unwrap();
        }
        let expected = std::fs::read_to_string(&beside).unwrap_or_default();
        assert_eq!(
            snapshot,
            expected,
            "{}: run with WIREFOLD_BLESS=1 and read it",
            beside.display()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_life_with_restarts_tells_the_same() {
    for path in files() {
        let story = read(&path);
        let [without, with] = [play(&story, false).await.1, play(&story, true).await.1];
        assert_eq!(with, without, "{}", path.display());
    }
}
