//! Several fetchers on one bus.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use wirefold_envelope::timestamp;
use wirefold_flow::Clock as _;
use wirefold_proto::{Command, FeedId, FeedRecord, FeedSettings};

use super::bench::{Bench, DEADLINE, Running, configured, feed, until};
use super::feeds::{entry, rss};
use super::server::{Reply, Server};

const ROUND: Duration = Duration::from_secs(1);
/// More rounds than a newcomer waits, and than a killed one lives on.
const JOINED: usize = 12;
/// How often a round is tried.
const TRIES: u32 = 180;
/// The ports of hosts are of chance: with so many, each of two fetchers gets some.
const HOSTS: usize = 32;
const INTERVAL: Duration = Duration::from_mins(1);

/// Fetchers that share the feeds of some hosts.
struct Team {
    bench: Bench,
    hosts: Vec<Server>,
    running: BTreeMap<&'static str, Running>,
    round: usize,
    /// The rounds in which each host was asked.
    asked_in: Vec<Vec<usize>>,
    /// The last polls of the hosts' feeds that are stored.
    polled: Vec<Option<Timestamp>>,
}

impl Team {
    /// One feed on each of these hosts.
    async fn new() -> Self {
        let mut bench = Bench::new().await;
        let settings = &mut bench.settings;
        (settings.min_interval, settings.first_interval) = (INTERVAL, INTERVAL);
        settings.max_interval = INTERVAL;
        let mut servers = Vec::new();
        for nth in 0..HOSTS {
            let server = Server::start().await;
            let name = format!("nr{nth}");
            server.put("/feed", Reply::ok(rss(&[entry(&name, 100)])));
            bench.settings.feeds.push(configured(&name, &server.url("/feed")));
            servers.push(server);
        }
        let (asked_in, polled) = (vec![Vec::new(); HOSTS], vec![None; HOSTS]);
        Self { bench, hosts: servers, running: BTreeMap::new(), round: 0, asked_in, polled }
    }

    async fn start(&mut self, name: &'static str) {
        self.join(name).await;
        self.pass(JOINED).await;
    }

    async fn join(&mut self, name: &'static str) {
        self.bench.settings.shares_as = Some(name.to_owned());
        self.bench.settings.user_agent = format!("{name}/1");
        let running = self.bench.start().await;
        self.running.insert(name, running);
    }

    /// Lets rounds pass, each once every running fetcher has written its key.
    async fn pass(&mut self, rounds: usize) {
        for _ in 0..rounds {
            let before = self.revisions().await;
            let mut tries = 0;
            while !self.advance(&before).await {
                tries += 1;
                assert!(tries < TRIES, "all write their keys");
            }
            for nth in 0..HOSTS {
                self.note_polls(nth).await;
            }
        }
    }

    /// Notes how often a host was asked. The clock stands until the poll is stored: answers take time of the machine, and
    /// fetchers whose share changes give up a poll that takes too many seconds of the clock.
    async fn note_polls(&mut self, nth: usize) {
        let times = self.hosts[nth].times("/feed");
        if times > self.asked_in[nth].len() {
            self.asked_in[nth].resize(times, self.round);
            let before = self.polled[nth];
            let is_later = |record: &FeedRecord| record.last_poll > before;
            let record = self.bench.record_when(&format!("nr{nth}"), is_later).await;
            self.polled[nth] = record.last_poll;
        }
    }

    /// Advances the clock by a round. False if a fetcher then wrote no key: it did not wait for this round yet.
    async fn advance(&mut self, before: &BTreeMap<String, u64>) -> bool {
        self.bench.clock.advance(ROUND);
        self.round += 1;
        let all_wrote = async {
            let is_new = |now: &BTreeMap<String, u64>| {
                let keys = self.running.keys().map(|name| format!("fetcher.{name}"));
                keys.into_iter().all(|key| now.get(&key) > before.get(&key))
            };
            while !is_new(&self.revisions().await) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(ROUND, all_wrote).await.is_ok()
    }

    async fn revisions(&self) -> BTreeMap<String, u64> {
        let keys = self.bench.bus.key_value("wf_leases").unwrap();
        let entries = keys.changes(&["fetcher"], 0).await.unwrap();
        entries.into_iter().map(|entry| (entry.key, entry.revision)).collect()
    }

    /// Lets rounds pass until each host was asked as often since these rounds, and says who asked last.
    async fn next_polls(&mut self, times: usize) -> Vec<String> {
        let since = self.round;
        let rounds = async {
            let is_done = |asked_in: &Vec<usize>| {
                asked_in.iter().filter(|round| **round > since).count() >= times
            };
            while !self.asked_in.iter().all(is_done) {
                self.pass(1).await;
            }
        };
        tokio::time::timeout(DEADLINE, rounds).await.expect("each host is asked");
        let now = timestamp(self.bench.clock.now());
        for nth in 0..self.hosts.len() {
            let is_stored = |record: &FeedRecord| record.next_poll > Some(now);
            self.bench.record_when(&format!("nr{nth}"), is_stored).await;
        }
        let by = |host: &Server| host.last_header("/feed", "user-agent").unwrap_or_default();
        self.hosts.iter().map(by).collect()
    }

    /// Whether no host was asked more often than one fetcher would have.
    fn check_manners(&self) {
        for asked_in in &self.asked_in {
            assert!(asked_in.windows(2).all(|two| two[1] - two[0] >= 50), "{asked_in:?}");
        }
    }

    async fn command(&mut self, id: &str, command: Command) {
        self.bench.command(id, command).await;
        self.pass(4).await;
    }
}

fn count(asked_by: &[String], agent: &str) -> usize {
    asked_by.iter().filter(|by| *by == agent).count()
}

#[tokio::test]
async fn fetchers_share_the_hosts_and_take_over_those_of_a_killed_one() {
    let mut team = Team::new().await;
    team.start("a").await;
    assert_eq!(count(&team.next_polls(1).await, "a/1"), HOSTS);
    team.start("b").await;
    let shared = team.next_polls(1).await;
    let of_b = count(&shared, "b/1");
    assert!((1..HOSTS).contains(&of_b), "{shared:?}");
    team.running.remove("a").expect("it runs").kill().await;
    team.pass(JOINED).await;
    assert_eq!(count(&team.next_polls(1).await, "b/1"), HOSTS, "the other leads and polls all");
    assert_eq!(team.bench.articles().await.len(), HOSTS);
    team.start("c").await;
    team.running.remove("b").expect("it runs").stop().await;
    team.pass(2).await;
    assert_eq!(count(&team.next_polls(1).await, "c/1"), HOSTS, "nobody waits for one that leaves");
    assert_eq!(team.bench.articles().await.len(), HOSTS);
    team.check_manners();
    team.running.remove("c").expect("it runs").stop().await;
}

#[tokio::test]
async fn fetchers_that_come_and_go_keep_no_host_from_its_first_poll() {
    let mut team = Team::new().await;
    team.join("a").await;
    for _ in 0..INTERVAL.as_secs() / 3 {
        team.join("b").await;
        team.pass(1).await;
        team.running.remove("b").expect("it runs").stop().await;
        team.pass(1).await;
    }
    let late = team.asked_in.iter().filter(|asked_in| asked_in.is_empty()).count();
    assert_eq!(late, 0, "hosts that nobody asked in {} rounds", team.round);
    team.running.remove("a").expect("it runs").stop().await;
}

#[tokio::test]
async fn a_host_is_asked_as_slowly_when_a_fetcher_comes_and_goes() {
    let mut team = Team::new().await;
    let host = team.hosts[0].url("/other");
    team.hosts[0].put("/other", Reply::ok(rss(&[entry("other", 100)])));
    team.bench.settings.feeds.push(configured("other", &host));
    team.bench.settings.per_host_delay = INTERVAL / 2;
    team.join("a").await;
    let asked = |of: &Team| of.hosts[0].times("/feed") + of.hosts[0].times("/other");
    while asked(&team) == 0 {
        team.pass(1).await;
    }
    let since = team.round;
    team.join("b").await;
    team.pass(1).await;
    team.running.remove("b").expect("it runs").stop().await;
    while asked(&team) == 1 {
        team.pass(1).await;
    }
    assert!(team.round - since > 25, "after {} rounds", team.round - since);
    team.running.remove("a").expect("it runs").stop().await;
}

#[tokio::test]
async fn commands_reach_the_fetcher_that_polls_the_feed() {
    let mut team = Team::new().await;
    let feeds = std::mem::take(&mut team.bench.settings.feeds);
    team.start("a").await;
    team.start("b").await;
    for (configured, nth) in feeds.iter().zip(0..) {
        team.command(&format!("add{nth}"), Command::FeedAdd { feed: configured.feed.clone() })
            .await;
    }
    until("each feed is asked for", || team.hosts.iter().all(|host| host.times("/feed") > 0)).await;
    let asked_by = team.next_polls(1).await;
    assert!((1..HOSTS).contains(&count(&asked_by, "b/1")), "{asked_by:?}");
    let of_b = asked_by.iter().position(|by| by == "b/1").expect("one is of b");
    let id: FeedId = feeds[of_b].feed.id.clone();
    let before = team.asked_in[of_b].len();
    while team.asked_in[of_b].len() == before {
        team.pass(1).await;
    }
    // The fetcher that carries out commands may not have seen the outcome of this poll yet.
    let (polled, now) = (team.polled[of_b], timestamp(team.bench.clock.now()));
    team.bench.command("poll", Command::FeedPoll { feed: id.clone() }).await;
    let due = team.bench.record_when(id.as_str(), |record| record.next_poll <= Some(now)).await;
    assert_eq!(due.last_poll, polled, "nothing of the last poll is lost");
    team.pass(4).await;
    until("the poll", || team.hosts[of_b].times("/feed") == before + 2).await;
    let other = team.hosts[of_b].url("/other");
    team.hosts[of_b].put("/other", Reply::ok(rss(&[entry("other", 100)])));
    let moved = FeedSettings { title: Some("Pier".to_owned()), ..feed(id.as_str(), &other) };
    team.command("change", Command::FeedChange { feed: moved.clone() }).await;
    let record = team.bench.record_when(id.as_str(), |record| record.last_good.is_some()).await;
    assert_eq!((record.feed, team.hosts[of_b].times("/other")), (moved, 1));
    team.command("remove", Command::FeedRemove { feed: id.clone() }).await;
    team.pass(70).await;
    assert!(team.bench.record(id.as_str()).await.is_none());
    assert_eq!(team.hosts[of_b].times("/other"), 1, "a removed feed is polled by nobody");
    for (_, running) in std::mem::take(&mut team.running) {
        running.stop().await;
    }
}
