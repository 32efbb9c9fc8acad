//! `kill -9` under load, again and again: nothing is lost, repeated or decided differently than in an
//! undisturbed run.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use serde_json::Value;
use wirefold_flow::{INPUT, Stored, conservation, unbroken_chain};
use wirefold_proto::streams::{ENRICHED, FETCHED};
use wirefold_proto::{Alert, ArticleFetched, OutputArticle, Published};

use super::generated::{GeneratedArticle, Numbers, WORD, articles};
use super::kept::{StoredStreams, begin_with};
use super::targets::{Message, Target};
use super::up::{CONFIG, Up, now};
use super::{PATIENCE, say};
use crate::program::Folder;

const SEED: u64 = 20_261_120;
/// The number of kills by default; `WIREFOLD_KILLS=50` is the full run.
const KILLS: usize = 12;
/// Articles for each kill: a third more than are seen on average before it.
const ARTICLES: usize = 40;
/// Articles in one file. The next file is dropped when fewer than this are still to come.
const FILE: usize = 100;
/// The most articles that are seen before a kill.
const MOST_SEEN: usize = 60;
/// An article that alerts and shares no words with the others.
pub(super) const LAST: &str = "The regatta is over and the boats are being lifted out of the water. Nobody won \
    the long race, since fog came down on the second leg and the committee called everyone home. \
    Prizes for the short course go to three sisters from the north quay, who built their dinghy in \
    a kitchen over the winter and had to take out a window to launch it. The dance in the sail loft \
    is moved to Friday, and the ferry will run an hour later than usual to bring people home.";
/// How long to wait for a message that may not come.
const A_WHILE: Duration = Duration::from_secs(1);

/// The moment at which the process is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// Once all parts run.
    Begun,
    /// After this many articles of the output.
    Articles(usize),
    /// Once a message has arrived at the target, before the process has its response.
    Message,
}

impl Moment {
    fn from(numbers: &mut Numbers) -> Moment {
        match numbers.below(8) {
            0 => Moment::Begun,
            1 | 2 => Moment::Message,
            _ => Moment::Articles(numbers.below(MOST_SEEN)),
        }
    }
}

/// A folder of files under load, and the part of its output that was seen from outside.
struct Load {
    folder: Folder,
    target: Target,
    /// The articles in the event stream, and its position.
    seen: BTreeSet<String>,
    place: u64,
    /// The files that are not dropped yet, and the number of articles that are.
    parts: VecDeque<Vec<GeneratedArticle>>,
    dropped: usize,
}

impl Load {
    fn of(articles: &[GeneratedArticle]) -> Load {
        let target = Target::open();
        let folder = folder_of_drops(&target, "0s");
        let parts = articles.chunks(FILE).map(<[GeneratedArticle]>::to_vec).collect();
        Load { folder, target, seen: BTreeSet::new(), place: 0, parts, dropped: 0 }
    }

    /// Drops files until this many articles are still to come.
    fn drop_until(&mut self, waiting: usize) {
        while self.dropped < self.seen.len() + waiting
            && let Some(part) = self.parts.pop_front()
        {
            let lines: String = part.iter().map(GeneratedArticle::line).collect();
            let name = format!("dropped/{:06}.jsonl", self.dropped);
            self.folder.write(&name, lines.as_bytes());
            self.dropped += part.len();
        }
    }

    #[track_caller]
    fn see(&mut self, article: &OutputArticle) {
        assert!(self.seen.insert(article.id.to_string()), "{} is shown twice", article.id);
    }

    /// Starts, waits for the moment, and kills.
    #[track_caller]
    fn kill_at(&mut self, moment: Moment) {
        self.drop_until(FILE);
        let up = Up::start(&self.folder);
        let mut events = up.events(self.place);
        match moment {
            Moment::Begun => {}
            Moment::Articles(count) => {
                for _ in 0..count.min(self.dropped - self.seen.len()) {
                    let article = events.article().expect("it runs on");
                    self.see(&article);
                }
            }
            Moment::Message => {
                self.target.read_arrived();
                self.target.next_within(A_WHILE);
            }
        }
        up.kill();
        while let Some(article) = events.article() {
            self.see(&article);
        }
        self.place = events.last.unwrap_or(self.place);
    }

    /// Runs until every article was seen and the last has alerted.
    #[track_caller]
    fn finish(&mut self) -> StoredStreams {
        self.drop_until(usize::MAX / 2);
        let up = Up::start(&self.folder);
        let mut events = up.events(self.place);
        while self.seen.len() < self.dropped {
            let article = events.article().expect("it runs on");
            self.see(&article);
        }
        self.folder.write("dropped/last.txt", LAST.as_bytes());
        let article = events.article().expect("it runs on");
        self.see(&article);
        // Once the last one has alerted, all others have been matched.
        let has_it =
            |message: &Message| message.alert.articles.iter().any(|it| it.id == article.id);
        self.target.wait_for(has_it);
        assert_eq!(up.terminate().code, Some(0));
        self.target.read_arrived();
        StoredStreams::in_folder(&self.folder.path().join("data"))
    }

    /// Messages in progress at the kill are delivered again after 5 s.
    #[track_caller]
    fn wait_for_overdue(&mut self, kept: &StoredStreams) {
        let overdue = self.unsent(kept);
        if overdue.is_empty() {
            return;
        }
        say(format_args!("  {} revisions still to be sent", overdue.len()));
        let up = Up::start(&self.folder);
        let deadline = now().plus(PATIENCE);
        while !self.unsent(kept).is_empty()
            && self.target.next_within(deadline.since(now())).is_some()
        {}
        assert_eq!(up.terminate().code, Some(0));
        self.target.read_arrived();
    }

    /// The revisions that the target has not received and that no newer one has replaced there. A loud one
    /// can only be replaced by a loud one.
    fn unsent(&self, kept: &StoredStreams) -> Vec<String> {
        let messages = &self.target.messages;
        let is_had = |alert: &Alert| {
            let mut sent = messages.iter().map(|message| &message.alert);
            sent.any(|sent| {
                let is_newer = sent.revision > alert.revision && sent.volume >= alert.volume;
                sent.id == alert.id && (sent.revision == alert.revision || is_newer)
            })
        };
        let is_unsent = |alert: &&Alert| alert.held.is_none() && !is_had(alert);
        kept.alerts.iter().filter(is_unsent).map(Published::message_id).collect()
    }
}

/// A folder with a subscription that alerts about a third of the happenings.
pub(super) fn folder(target: &Target, source: &str, update_interval: &str) -> Folder {
    let config = format!(
        "data = \"data\"\n[fetcher]\nallow_private = [\"127.0.0.0/8\"]\n{source}\
         [[subscription]]\nname = \"Regatta\"\nquery = \"{WORD}\"\ndeliveries = [\"desk\"]\n\
         group_wait = \"0s\"\nupdate_interval = \"{update_interval}\"\n{}",
        target.delivery()
    );
    Folder::with(&[(CONFIG, config.as_bytes())])
}

/// The same, with a folder into which files are dropped.
pub(super) fn folder_of_drops(target: &Target, update_interval: &str) -> Folder {
    let folder = folder(target, "[[source]]\npath = \"dropped\"\n", update_interval);
    std::fs::create_dir(folder.path().join("dropped")).expect("a temporary folder takes folders");
    folder
}

/// Drops a file of articles.
pub(super) fn drop_file(folder: &Folder, name: &str, made: &[GeneratedArticle]) {
    let lines: String = made.iter().map(GeneratedArticle::line).collect();
    folder.write(&format!("dropped/{name}.jsonl"), lines.as_bytes());
}

/// Waits for the alert about [`LAST`].
#[track_caller]
pub(super) fn wait_for_last(target: &mut Target) {
    let is_last = |title: &str| LAST.starts_with(title.trim_end_matches('…'));
    target.wait_for(|message| message.alert.articles.iter().any(|it| is_last(&it.title)));
}

#[expect(clippy::disallowed_methods, reason = "the full run is asked for from outside")]
fn kills() -> usize {
    let asked = std::env::var("WIREFOLD_KILLS").ok();
    asked.map_or(KILLS, |kills| kills.parse().expect("WIREFOLD_KILLS is a number"))
}

/// Runs the same articles over the bus of another folder without disturbances.
pub(super) fn undisturbed(fetched: &[Stored]) -> StoredStreams {
    let mut target = Target::open();
    let folder = folder(&target, "", "15m");
    begin_with(&folder.path().join("data"), fetched);
    let up = Up::start(&folder);
    let mut events = up.events(0);
    let articles = events.articles(fetched.len());
    let last = articles.last().map(|article| article.id);
    target.wait_for(|message| message.alert.articles.iter().any(|it| Some(it.id) == last));
    assert_eq!(up.terminate().code, Some(0));
    StoredStreams::in_folder(&folder.path().join("data"))
}

/// The records without the places at which a run decided on them.
fn without_places(records: &[Stored]) -> Vec<Stored> {
    let without = |stored: &Stored| {
        let mut body: Value = serde_json::from_slice(&stored.body).expect("bodies are JSON");
        if let Some(fields) = body.as_object_mut() {
            fields.retain(|name, _| name != "decision" && name != "input");
        }
        Stored { body: body.to_string().into(), ..stored.clone() }
    };
    records.iter().map(without).collect()
}

/// The bodies by message id. Fails if an id occurs twice.
#[track_caller]
fn by_id(records: &[Stored]) -> BTreeMap<String, bytes::Bytes> {
    let mut bodies = BTreeMap::new();
    for stored in without_places(records) {
        assert!(bodies.insert(stored.id.clone(), stored.body).is_none(), "{} twice", stored.id);
    }
    bodies
}

/// Checks that two runs over the same articles have the same output in the same order.
#[track_caller]
pub(super) fn check_same_output(ours: &StoredStreams, theirs: &StoredStreams) {
    let [ours, theirs] = [ours, theirs].map(|kept| {
        let is_decision = |it: &&Stored| it.headers.get(INPUT).is_some();
        without_places(&kept.output.iter().filter(is_decision).cloned().collect::<Vec<_>>())
    });
    for (our, their) in ours.iter().zip(&theirs) {
        assert_eq!(our.body, their.body, "{}", our.reference());
    }
    assert_eq!(ours.len(), theirs.len());
}

/// Checks that each fetched article was enriched and decided on, once and in order.
#[track_caller]
pub(super) fn check_chains(kept: &StoredStreams) {
    let fetched = kept.fetched.len() as u64;
    unbroken_chain(&kept.enriched, FETCHED.name, fetched, &BTreeSet::new())
        .expect("enriched without a gap");
    let take_overs = kept.enriched.iter().filter(|it| it.headers.get(INPUT).is_none());
    let take_overs = take_overs.map(|it| it.sequence).collect();
    unbroken_chain(&kept.output, ENRICHED.name, kept.enriched.len() as u64, &take_overs)
        .expect("decisions without a gap");
}

/// The articles of the output by id, without the place of their decision.
pub(super) fn judged_articles(kept: &StoredStreams) -> BTreeMap<String, bytes::Bytes> {
    let is_article = |it: &&Stored| it.subject.starts_with("wirefold.v1.output.article.");
    let by_article = |stored: &Stored| {
        let article: OutputArticle = wirefold_envelope::decode(stored).expect("an article");
        Stored { id: article.id.to_string(), ..stored.clone() }
    };
    by_id(&kept.output.iter().filter(is_article).map(by_article).collect::<Vec<Stored>>())
}

fn ids(records: &[Stored]) -> impl Iterator<Item = &str> {
    records.iter().map(|stored| stored.id.as_str())
}

#[track_caller]
pub(super) fn check_conserved(kept: &StoredStreams, made: &[GeneratedArticle]) {
    let key = |stored: &Stored| {
        let fetched: ArticleFetched = wirefold_envelope::decode(stored).expect("an article");
        fetched.article.item_key
    };
    let keys: Vec<String> = kept.fetched.iter().map(key).collect();
    let expected: Vec<&str> = made.iter().map(|made| made.id.as_str()).chain(["last"]).collect();
    assert_eq!(keys, expected, "each article was fetched once, in order");
    assert!(kept.dead.is_empty(), "{:?}", kept.dead);
    let articles: Vec<String> = judged_articles(kept).into_keys().collect();
    let output = articles.iter().map(String::as_str);
    conservation(ids(&kept.fetched), output, []).expect("each article comes out once");
    check_chains(kept);
}

#[track_caller]
pub(super) fn check_alerts(kept: &StoredStreams, undisturbed: &StoredStreams, target: &Target) {
    target.check_ids();
    target.check_order();
    let alert_ids = |alerts: &[Alert]| -> BTreeSet<String> {
        alerts.iter().map(|alert| alert.id.to_string()).collect()
    };
    let (ours, theirs) = (alert_ids(&kept.alerts), alert_ids(&undisturbed.alerts));
    let missing: Vec<_> = theirs.difference(&ours).collect();
    let more: Vec<_> = ours.difference(&theirs).collect();
    assert!(
        missing.is_empty() && more.is_empty(),
        "missing when the last one had alerted: {missing:?}; more: {more:?}"
    );
    assert_eq!(ours, target.alerts());
    let revisions: BTreeSet<String> = kept.alerts.iter().map(Published::message_id).collect();
    assert_eq!(revisions.len(), kept.alerts.len(), "a revision stands twice");
}

#[test]
fn nothing_is_lost_repeated_or_decided_otherwise() {
    let (kills, began) = (kills(), now());
    let mut numbers = Numbers::from_seed(SEED);
    let made = articles(kills * ARTICLES, &mut numbers);
    let mut load = Load::of(&made);
    for _ in 0..kills {
        load.kill_at(Moment::from(&mut numbers));
    }
    let (seen, killed) = (load.seen.len(), now());
    let kept = load.finish();
    load.wait_for_overdue(&kept);
    let finished = now();
    say(format_args!(
        "  {kills} kills in {:?}: {seen} of {} articles seen by then; {} epochs, {} revisions, \
         {} messages; finished after {:?}",
        killed.since(began),
        made.len(),
        kept.output.iter().filter(|it| it.subject.ends_with(".epoch")).count(),
        kept.alerts.len(),
        load.target.messages.len(),
        finished.since(killed),
    ));
    check_conserved(&kept, &made);
    let undisturbed = undisturbed(&kept.fetched);
    say(format_args!("  the same undisturbed: {:?}", now().since(finished)));
    check_same_output(&kept, &undisturbed);
    let (ours, theirs) = (judged_articles(&kept), judged_articles(&undisturbed));
    for (id, body) in &ours {
        assert_eq!(Some(body), theirs.get(id), "{id}");
    }
    let copies = kept.articles().iter().filter(|it| it.verdict.kind.is_some()).count();
    assert!(copies * 2 > made.len(), "the load holds reprints: {copies} of {}", made.len());
    check_alerts(&kept, &undisturbed, &load.target);
    let unsent = load.unsent(&kept);
    assert!(unsent.is_empty(), "{} of {} never sent: {unsent:?}", unsent.len(), kept.alerts.len());
}
