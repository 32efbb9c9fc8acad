//! Streams that go back in time under connected services: new articles are still published, and the loss is
//! reported.

use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::{Signal, kill_process};
use wirefold_proto::streams::{ALERTS, ENRICHED, FETCHED, OUTPUT, Stream};
use wirefold_proto::{ArticleId, OutputArticle};

use super::over::{NatsPipeline, SERVER};
use crate::pipeline::generated::{GeneratedArticle, Numbers, articles};
use crate::pipeline::killed::{LAST, drop_file, wait_for_last};
use crate::pipeline::targets::{Message, Target};
use crate::pipeline::up::{CONFIG, now};
use crate::pipeline::{PATIENCE, pause};
use crate::program::Folder;

const SEED: u64 = 20_261_124;
const FILE: usize = 20;

/// Articles in files, a service with alerts about each, and a copy of the store after the first file.
struct RolledBackRun {
    made: Vec<GeneratedArticle>,
    target: Target,
    folder: Folder,
    over: NatsPipeline,
}

impl RolledBackRun {
    fn begin() -> RolledBackRun {
        let made = articles(3 * FILE, &mut Numbers::from_seed(SEED));
        let target = Target::open();
        let config = format!(
            "data = \"data\"\n[fetcher]\nallow_private = [\"127.0.0.0/8\"]\n[[source]]\npath = \"dropped\"\n\
             [[subscription]]\nid = \"all\"\nname = \"All\"\nquery = \"*\"\ndeliveries = [\"desk\"]\n\
             group_wait = \"0s\"\nupdate_interval = \"0s\"\n{}",
            target.delivery()
        );
        let folder = Folder::with(&[(CONFIG, config.as_bytes())]);
        std::fs::create_dir(folder.path().join("dropped")).expect("a folder takes folders");
        let over = NatsPipeline::start(&folder);
        let mut night = RolledBackRun { made, target, folder, over };
        night.drop_file(0);
        night.wait_for(0);
        night.copy();
        night.drop_file(1);
        night.wait_for(1);
        night.wait_for_last_alerts(1);
        night
    }

    fn drop_file(&self, nth: usize) {
        drop_file(&self.folder, &format!("{nth:03}"), self.of(nth));
    }

    fn of(&self, nth: usize) -> &[GeneratedArticle] {
        &self.made[nth * FILE..][..FILE]
    }

    /// Waits until every article of a file is in the output and on the page, and some have alerted.
    #[track_caller]
    fn wait_for(&mut self, nth: usize) {
        let deadline = now().plus(PATIENCE);
        let ids = loop {
            let output = self.over.kept().articles();
            let ids: Vec<ArticleId> =
                self.of(nth).iter().filter_map(|made| id_of(&output, made)).collect();
            if ids.len() == FILE {
                break ids;
            }
            assert!(
                now() < deadline,
                "{} of {FILE} come out\n{}",
                ids.len(),
                self.over.up.output()
            );
            pause();
        };
        for id in &ids {
            self.over.up.get_until(&format!("/api/v1/articles/{id}"), |_| true);
        }
        // Articles that come together alert together, and an alert lists only some of many.
        let is_about_them = |it: &Message| it.alert.articles.iter().any(|it| ids.contains(&it.id));
        assert!(
            self.target.comes(is_about_them),
            "no alert about file {nth}\n{}",
            self.over.up.output()
        );
    }

    /// Waits until each article of a file is in a delivered message. Before the streams are put back, this makes
    /// the target know more revisions than are left.
    #[track_caller]
    fn wait_for_last_alerts(&mut self, nth: usize) {
        let output = self.over.kept().articles();
        for made in &self.made[nth * FILE..][..FILE] {
            let id = id_of(&output, made).expect("it is in the output");
            self.target.wait_for(|it| it.alert.articles.iter().any(|it| it.id == id));
        }
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("data/nats/store")
    }

    /// Copies the server's store while the server is suspended.
    fn copy(&self) {
        let server = self.over.pid_of(SERVER);
        kill_process(server, Signal::STOP).expect("it runs");
        copy(&self.store(), &self.folder.path().join("copy"));
        kill_process(server, Signal::CONT).expect("it runs");
    }

    /// Replaces the server's store, or one of its streams, by the copy and restarts it.
    fn put_back(&self, streams: &[Stream]) {
        self.over.server.kill();
        let (store, kept) = (self.store(), self.folder.path().join("copy"));
        if streams.is_empty() {
            replace(&kept, &store);
        }
        for stream in streams {
            let find = |below: &Path| find(below, stream.name).expect("the stream has a folder");
            replace(&find(&kept), &find(&store));
        }
        self.over.server.run_again();
    }

    /// Checks that new articles are published and alerted.
    #[track_caller]
    fn goes_on(&mut self) {
        self.drop_file(2);
        self.wait_for(2);
    }

    /// Checks that the rollback of these streams is reported, and that no message has a second id.
    #[track_caller]
    fn ends(mut self, said: &[Stream]) {
        self.folder.write("dropped/last.txt", LAST.as_bytes());
        wait_for_last(&mut self.target);
        let log = self.over.up.output();
        for stream in said {
            let is_it =
                |line: &&str| line.contains("went back in time") && line.contains(stream.name);
            assert!(log.lines().any(|line| is_it(&line)), "{}\n{log}", stream.name);
        }
        let ended = self.over.up.terminate();
        assert_eq!(ended.code, Some(0), "{}", ended.said);
        // A repeated message has the same id as before.
        self.target.read_arrived();
        self.target.check_ids();
    }
}

fn id_of(output: &[OutputArticle], made: &GeneratedArticle) -> Option<ArticleId> {
    output.iter().find(|it| it.article.item_key == made.id).map(|it| it.id)
}

fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-r").args([from, to]).status().expect("cp").success());
}

fn replace(from: &Path, to: &Path) {
    std::fs::remove_dir_all(to).expect("it is there");
    copy(from, to);
}

/// The folder with this name at any depth.
fn find(below: &Path, name: &str) -> Option<PathBuf> {
    let folders = std::fs::read_dir(below).ok()?.flatten().map(|entry| entry.path());
    folders.filter(|path| path.is_dir()).find_map(|path| match path.ends_with(name) {
        true => Some(path),
        false => find(&path, name),
    })
}

#[test]
fn the_whole_store_is_put_back() {
    let mut night = RolledBackRun::begin();
    night.put_back(&[]);
    night.goes_on();
    night.ends(&[FETCHED]);
}

#[test]
fn the_articles_are_put_back() {
    let mut night = RolledBackRun::begin();
    night.put_back(&[FETCHED]);
    night.goes_on();
    night.ends(&[FETCHED]);
}

#[test]
fn the_enriched_articles_are_put_back() {
    let mut night = RolledBackRun::begin();
    night.put_back(&[ENRICHED]);
    night.goes_on();
    night.ends(&[ENRICHED]);
}

#[test]
fn output_and_alerts_are_put_back() {
    let mut night = RolledBackRun::begin();
    night.put_back(&[OUTPUT, ALERTS]);
    night.goes_on();
    night.wait_for_last_alerts(2);
    night.ends(&[OUTPUT]);
}

/// The detector's position is in the output, so it makes lost output again.
#[test]
fn output_that_was_lost_is_made_again() {
    let mut night = RolledBackRun::begin();
    night.put_back(&[OUTPUT]);
    night.goes_on();
    night.wait_for(1);
    let sound = night.folder.run(&["check", "--deep"]).code(0).out;
    assert!(sound.contains("✓ streams: "), "{sound}");
    let ended = night.over.up.terminate();
    assert_eq!(ended.code, Some(0), "{}", ended.said);
}
