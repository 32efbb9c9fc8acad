//! Several enrichers: one writes, the others stand by. Several fetchers: each polls the feeds of its hosts.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::over::NatsPipeline;
use super::standby::ExtraStage;
use crate::pipeline::generated::{GeneratedArticle, Numbers, articles};
use crate::pipeline::killed::folder;
use crate::pipeline::loopback::{Answer, Loopback};
use crate::pipeline::targets::Target;
use crate::pipeline::up::{CONFIG, now};
use crate::pipeline::{PATIENCE, pause};
use crate::program::Folder;

const SEED: u64 = 20_261_124;
/// The articles in each dropped file.
const FILE: usize = 100;
const ARTICLES: usize = 600;

#[test]
fn of_two_enrichers_each_article_comes_once_and_in_order_while_one_is_killed() {
    let target = Target::open();
    let folder = folder(&target, "[[source]]\npath = \"dropped\"\n", "15m");
    std::fs::create_dir(folder.path().join("dropped")).expect("a temporary folder takes folders");
    let over = NatsPipeline::start(&folder);
    let mut second = ExtraStage::start("enricher", &over, &folder);
    let made = articles(ARTICLES, &mut Numbers::from_seed(SEED));
    let mut dropped = 0;
    for (file, nth) in made.chunks(FILE).zip(0..) {
        let lines: String = file.iter().map(GeneratedArticle::line).collect();
        folder.write(&format!("dropped/{nth}.jsonl"), lines.as_bytes());
        dropped += file.len();
        over.until_output(dropped);
        second = ExtraStage::start("enricher", &over, &folder);
    }
    drop(second);
    let articles = over.kept().articles();
    let ids: std::collections::BTreeSet<_> = articles.iter().map(|article| article.id).collect();
    assert_eq!((articles.len(), ids.len()), (dropped, dropped), "each once");
    assert!(
        articles.is_sorted_by(|one, next| one.input.enriched < next.input.enriched),
        "in order"
    );
    assert_eq!(over.up.terminate().code, Some(0));
}

/// The hosts of feeds. Of so many, each of two fetchers gets some.
const HOSTS: usize = 32;

/// A feed on each of these hosts, polled every second or two.
fn folder_of_feeds(hosts: &[SocketAddr]) -> Folder {
    let feed = |(nth, host): (usize, &SocketAddr)| {
        format!(
            "[[feed]]\nid = \"nr{nth}\"\nurl = \"http://{host}/feed\"\noutlet = \"nr{nth}.example\"\n"
        )
    };
    let feeds: String = hosts.iter().enumerate().map(feed).collect();
    let settings = "data = \"data\"\n[fetcher]\nallow_private = [\"127.0.0.0/8\"]\n\
        min_interval = \"1s\"\nmax_interval = \"2s\"\nper_host_delay = \"0s\"\n";
    Folder::with(&[(CONFIG, (settings.to_owned() + &feeds).as_bytes())])
}

/// A feed with one item of the host.
fn one_item(host: &str) -> Answer {
    let body = format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>A feed</title><item>\
         <guid isPermaLink=\"false\">{host}</guid><title>The pier of {host} is open</title>\
         <description>The pier of {host} is open again.</description></item></channel></rss>"
    );
    Answer::ok("application/rss+xml", body)
}

/// Waits until each host is asked so often from now on.
#[track_caller]
fn until_asked(server: &Loopback, times: usize) {
    server.asked.try_iter().for_each(drop);
    let mut asked: BTreeMap<String, usize> = BTreeMap::new();
    while asked.values().filter(|count| **count >= times).count() < HOSTS {
        let request = server.asked.recv_timeout(PATIENCE).expect("each host is asked");
        *asked.entry(request.host).or_default() += usize::from(request.path == "/feed");
    }
}

/// How many feeds a fetcher polls.
fn polled(fetcher: &ExtraStage) -> usize {
    let metrics = fetcher.get("/metrics");
    let good = metrics.lines().find_map(|line| line.strip_prefix(GOOD_FEEDS));
    good.map_or(0, |count| count.trim().parse().expect("a number"))
}

const GOOD_FEEDS: &str = "wirefold_fetcher_feeds{health=\"good\"}";

#[test]
fn of_two_fetchers_each_polls_its_hosts_and_those_of_a_killed_one() {
    let hosts = (0..HOSTS).map(|nth| format!("127.0.7.{nth}:0").parse().expect("an address"));
    let hosts: Vec<SocketAddr> = hosts.collect();
    let server = Loopback::on(&hosts, |asked| one_item(&asked.host));
    let port = server.address.port();
    let hosts: Vec<_> = hosts.iter().map(|host| SocketAddr::new(host.ip(), port)).collect();
    let folder = folder_of_feeds(&hosts);
    let over = NatsPipeline::start(&folder);
    over.until_output(HOSTS);
    let second = ExtraStage::start("fetcher", &over, &folder);
    let deadline = now().plus(PATIENCE);
    while polled(&second) == 0 {
        assert!(now() < deadline, "the second fetcher polls nothing");
        pause();
    }
    assert!(polled(&second) < HOSTS, "the first polls some, too");
    until_asked(&server, 2);
    over.kill_while("fetcher", || {
        until_asked(&server, 2);
        assert_eq!(polled(&second), HOSTS);
    });
    until_asked(&server, 2);
    assert_eq!(over.count(&wirefold_proto::streams::FETCHED, ">"), HOSTS, "each item once");
    assert_eq!(over.up.terminate().code, Some(0));
}
