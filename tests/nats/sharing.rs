//! Several enrichers share the work.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use super::over::NatsPipeline;
use crate::pipeline::generated::{GeneratedArticle, Numbers, articles};
use crate::pipeline::killed::folder;
use crate::pipeline::targets::Target;

const SEED: u64 = 20_261_124;
/// The articles in each dropped file.
const FILE: usize = 100;
const ARTICLES: usize = 1000;
const RUNNING: &str = "health and metrics on http://";

/// An enricher. It is killed with the test.
struct Enricher {
    child: Child,
    operations: String,
}

impl Drop for Enricher {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Enricher {
    fn start(over: &NatsPipeline, folder: &crate::program::Folder) -> Enricher {
        let arguments = ["run", "enricher", "--nats", &over.url, "--operations", "127.0.0.1:0"];
        let mut command = folder.command(&arguments);
        over.let_in(&mut command);
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the binary is built");
        let said = BufReader::new(child.stderr.take().expect("it is piped"));
        let mut lines = said.lines().map_while(Result::ok);
        let running = lines.find_map(|line| Some(line.split_once(RUNNING)?.1.trim().to_owned()));
        std::thread::spawn(move || lines.for_each(drop));
        Enricher { child, operations: running.expect("it says that it runs") }
    }

    /// The number of messages that it has handled.
    fn done(&self) -> u64 {
        let mut stream = TcpStream::connect(&self.operations).expect("it listens");
        stream.write_all(b"GET /metrics HTTP/1.0\r\nhost: localhost\r\n\r\n").expect("it hears");
        let mut counted = String::new();
        stream.read_to_string(&mut counted).expect("it answers");
        let mut lines = counted.lines();
        let count =
            lines.find_map(|it| it.strip_prefix("wirefold_loop_done_total{loop=\"enricher\"} "));
        count.map_or(0, |count| count.parse().expect("a number"))
    }
}

#[test]
fn a_second_enricher_takes_its_share() {
    let target = Target::open();
    let folder = folder(&target, "[[source]]\npath = \"dropped\"\n", "15m");
    std::fs::create_dir(folder.path().join("dropped")).expect("a temporary folder takes folders");
    let over = NatsPipeline::start(&folder);
    let second = Enricher::start(&over, &folder);
    let made = articles(ARTICLES, &mut Numbers::from_seed(SEED));
    // The server decides how a file is shared, so files are dropped until both had some articles.
    let (mut dropped, mut done) = (0, 0);
    for (file, nth) in made.chunks(FILE).zip(0..) {
        let lines: String = file.iter().map(GeneratedArticle::line).collect();
        folder.write(&format!("dropped/{nth}.jsonl"), lines.as_bytes());
        dropped += file.len();
        over.until_output(dropped);
        done = second.done();
        if done > 0 && done < dropped as u64 {
            break;
        }
    }
    assert!(done > 0 && done < dropped as u64, "{done} of {dropped}");
    let articles = over.kept().articles();
    let ids: std::collections::BTreeSet<_> = articles.iter().map(|article| article.id).collect();
    assert_eq!((articles.len(), ids.len()), (dropped, dropped), "each once");
    assert_eq!(over.up.terminate().code, Some(0));
}
