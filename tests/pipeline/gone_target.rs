//! A webhook that answers 410 for a while, and the ways to switch its delivery on again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use wirefold_proto::{Alert, decode};

use super::PATIENCE;
use super::generated::{Numbers, text, word};
use super::loopback::{Answer, Loopback};
use super::targets::delivery;
use super::up::{CONFIG, Up};
use crate::program::Folder;

struct Scene {
    folder: Folder,
    up: Up,
    server: Loopback,
    is_gone: Arc<AtomicBool>,
    numbers: Numbers,
    articles: usize,
}

impl Scene {
    fn start() -> Self {
        let is_gone = Arc::new(AtomicBool::new(true));
        let gone = is_gone.clone();
        let server = Loopback::answering(move |_| {
            Answer::status(if gone.load(Ordering::SeqCst) { 410 } else { 204 })
        });
        let config = format!(
            "data = \"data\"\n[fetcher]\nallow_private = [\"127.0.0.0/8\"]\n[[subscription]]\n\
             name = \"All\"\nquery = \"*\"\ngroup_by = \"story\"\ngroup_wait = \"0s\"\ndeliveries = [\"desk\"]\n{}",
            delivery("desk", &server.url("/hook"))
        );
        let folder = Folder::with(&[(CONFIG, config.as_bytes())]);
        let up = Up::start_with(&folder, &["--no-demo"]);
        Scene { folder, up, server, is_gone, numbers: Numbers::from_seed(7), articles: 0 }
    }

    /// Sends an article in that is not like any other.
    fn push(&mut self) {
        self.articles += 1;
        let names = [word(&mut self.numbers), word(&mut self.numbers)];
        let text = text(self.articles, &names, &mut self.numbers);
        let url = format!("https://www.pilots.example/{}", self.articles);
        let title = format!("{} and {}", names[0], names[1]);
        self.up.post("/api/v1/articles", &json!({"url": url, "title": title, "text": text}));
    }

    /// Pushes an article whose alert must reach the target.
    #[track_caller]
    fn push_and_receive(&mut self) {
        self.push();
        let request = self.server.asked.recv_timeout(PATIENCE).expect("the delivery is on");
        decode::<Alert>(&request.body).expect("it is an alert");
    }

    /// Pushes an article whose alert becomes a dead letter; afterwards this many are listed.
    #[track_caller]
    fn push_in_vain(&mut self, listed: usize) {
        self.push();
        self.up.get_until("/api/v1/dead", |it| it["kept"] == listed);
    }

    fn dead(&self) -> String {
        let run = self.folder.run(&["dead", "ls"]).code(0);
        run.out + &run.err
    }
}

#[test]
fn a_test_alert_and_a_replayed_letter_switch_a_delivery_on_again() {
    let mut scene = Scene::start();
    scene.push_in_vain(1);
    scene.server.asked.recv_timeout(PATIENCE).expect("it is asked once");
    scene.is_gone.store(false, Ordering::SeqCst);
    scene.push_in_vain(2);
    assert!(scene.server.asked.try_recv().is_err(), "the delivery is off");

    let tested = scene.folder.run(&["alert", "test", "desk", "--config", CONFIG]).code(0);
    assert!(tested.err.contains("desk was off"), "{}", tested.err);
    scene.server.asked.recv_timeout(PATIENCE).expect("a sample comes");
    scene.push_and_receive();
    let again = scene.folder.run(&["alert", "test", "desk", "--config", CONFIG]).code(0);
    assert!(!again.err.contains("desk was off"), "{}", again.err);
    scene.server.asked.recv_timeout(PATIENCE).expect("a sample comes");

    scene.is_gone.store(true, Ordering::SeqCst);
    scene.push_in_vain(3);
    scene.server.asked.recv_timeout(PATIENCE).expect("it is asked once");
    scene.is_gone.store(false, Ordering::SeqCst);
    let replayed = scene.folder.run(&["dead", "replay", "1"]).code(0);
    assert_eq!(replayed.out, "1: sent again to desk\n");
    scene.server.asked.recv_timeout(PATIENCE).expect("the letter comes");
    scene.push_and_receive();

    assert_eq!(scene.up.get("/api/v1/dead")["kept"], 2, "{}", scene.dead());
    scene.folder.run(&["dead", "replay", "--all"]).code(0);
    assert!(scene.dead().contains("no dead letters"), "{}", scene.dead());
    assert_eq!(scene.up.terminate().code, Some(0));
}

#[test]
fn a_test_alert_switches_a_delivery_on_while_nothing_runs() {
    let mut scene = Scene::start();
    scene.push_in_vain(1);
    scene.is_gone.store(false, Ordering::SeqCst);
    let Scene { folder, up, .. } = scene;
    assert_eq!(up.terminate().code, Some(0));
    let test = ["alert", "test", "desk", "--config", CONFIG];
    assert!(folder.run(&test).code(0).err.contains("desk was off"));
    assert!(!folder.run(&test).code(0).err.contains("desk was off"));
}
