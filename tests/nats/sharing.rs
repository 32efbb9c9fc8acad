//! Several enrichers: one writes, the others stand by.

use std::process::{Child, Stdio};

use super::over::NatsPipeline;
use crate::pipeline::generated::{GeneratedArticle, Numbers, articles};
use crate::pipeline::killed::folder;
use crate::pipeline::targets::Target;

const SEED: u64 = 20_261_124;
/// The articles in each dropped file.
const FILE: usize = 100;
const ARTICLES: usize = 600;

/// An enricher. It is killed with the test.
struct Enricher(Child);

impl Drop for Enricher {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Enricher {
    fn start(over: &NatsPipeline, folder: &crate::program::Folder) -> Enricher {
        let arguments = ["run", "enricher", "--nats", &over.url, "--operations", "127.0.0.1:0"];
        let mut command = folder.command(&arguments);
        over.let_in(&mut command);
        Enricher(command.stderr(Stdio::null()).spawn().expect("the binary is built"))
    }
}

#[test]
fn of_two_enrichers_each_article_comes_once_and_in_order_while_one_is_killed() {
    let target = Target::open();
    let folder = folder(&target, "[[source]]\npath = \"dropped\"\n", "15m");
    std::fs::create_dir(folder.path().join("dropped")).expect("a temporary folder takes folders");
    let over = NatsPipeline::start(&folder);
    let mut second = Enricher::start(&over, &folder);
    let made = articles(ARTICLES, &mut Numbers::from_seed(SEED));
    let mut dropped = 0;
    for (file, nth) in made.chunks(FILE).zip(0..) {
        let lines: String = file.iter().map(GeneratedArticle::line).collect();
        folder.write(&format!("dropped/{nth}.jsonl"), lines.as_bytes());
        dropped += file.len();
        over.until_output(dropped);
        second = Enricher::start(&over, &folder);
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
