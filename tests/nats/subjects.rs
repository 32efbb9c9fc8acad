//! A subject of another nats-server as a source.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;
use wirefold_flow::{Bus as _, StreamConfig, SystemClock};
use wirefold_flow_nats::{Login, Options, connect};

use super::over::{NatsPipeline, program};
use crate::pipeline::up::{CONFIG, Up, now};
use crate::pipeline::{PATIENCE, pause};
use crate::program::Folder;

/// A server with a user and a stream over `news.>`.
struct NewsServer {
    folder: TempDir,
    port: u16,
    child: Child,
}

impl NewsServer {
    fn start() -> NewsServer {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = crate::port::free();
        let store = folder.path().join("store");
        let settings = format!(
            "listen: \"127.0.0.1:{port}\"\njetstream {{ store_dir: {store:?} }}\n\
             authorization {{ user: desk, password: geheim }}\n"
        );
        std::fs::write(folder.path().join("nats.conf"), settings).expect("it takes files");
        let child = NewsServer::run(&folder);
        let server = NewsServer { folder, port, child };
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let login = Some(Login { user: "desk".to_owned(), password: "geheim".to_owned() });
            let options = Options { login, ..Options::new(server.url(), "test") };
            let bus = connect(&options, Arc::new(SystemClock)).await.expect("it runs");
            let stream =
                StreamConfig { max_bytes: 16 << 20, ..StreamConfig::new("NEWS", &["news.>"]) };
            bus.create_stream(stream).await.expect("a stream");
        });
        server
    }

    fn run(folder: &TempDir) -> Child {
        Command::new(program().path)
            .arg("-c")
            .arg(folder.path().join("nats.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nats-server runs")
    }

    /// `kill -9` and a restart.
    fn restart(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it was a child");
        self.child = NewsServer::run(&self.folder);
    }

    fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Publishes in the protocol of the server, as any program may.
    fn say(&self, subject: &str, body: &str) {
        let deadline = now().plus(PATIENCE);
        let mut stream = loop {
            match TcpStream::connect(("127.0.0.1", self.port)) {
                Ok(stream) => break stream,
                Err(error) => assert!(now() < deadline, "{error}"),
            }
            pause();
        };
        let hello = "CONNECT {\"verbose\":false,\"user\":\"desk\",\"pass\":\"geheim\"}\r\n";
        let told = format!("{hello}PUB {subject} {}\r\n{body}\r\nPING\r\n", body.len());
        stream.write_all(told.as_bytes()).expect("it listens");
        let mut lines = BufReader::new(stream).lines();
        let is_pong = |line: std::io::Result<String>| line.is_ok_and(|line| line == "PONG");
        assert!(lines.any(is_pong), "it was taken");
    }

    /// Settings that read the subject.
    fn settings(&self) -> String {
        format!(
            "data = \"data\"\n[[nats]]\nserver = \"{}\"\nsubject = \"news.articles.>\"\n\
             id = \"wire\"\nuser = \"desk\"\npassword = \"file:wire.key\"\n",
            self.url()
        )
    }

    fn folder(&self) -> Folder {
        let settings = self.settings();
        Folder::with(&[(CONFIG, settings.as_bytes()), ("wire.key", b"geheim\n")])
    }
}

impl Drop for NewsServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn article(number: usize) -> String {
    let url = format!("https://harbour.example/{number}");
    format!(
        "{{\"text\":\"The ferry sails at {number}.\",\"url\":\"{url}\",\"title\":\"Ferry {number}\"}}"
    )
}

#[test]
fn a_subject_of_another_server_is_a_source() {
    let mut server = NewsServer::start();
    let folder = server.folder();
    server.say("news.articles.en", &article(1));
    server.say("news.other", &article(9));
    let up = Up::start(&folder);
    up.events(0).articles(1);
    server.restart();
    server.say("news.articles.en", "no article");
    server.say("news.articles.en", &article(2));
    up.events(0).articles(2);
    let dead = folder.run(&["dead", "ls", "--json", "--config", CONFIG]).code(0).out;
    let letter: Value = serde_json::from_str(&dead).expect("one letter");
    let letter = &letter["letter"];
    assert_eq!(
        (&letter["stage"], &letter["subject"]),
        (&"fetcher".into(), &"news.articles.en".into())
    );
    assert!(letter["reason"].to_string().contains("not an article in JSON"), "{letter}");
    let again = folder.run(&["dead", "replay", "1", "--config", CONFIG]);
    assert!(again.err.contains("publish it there again, on news.articles.en"), "{}", again.err);
    // The same page, pushed, is the same article.
    let mut page: Value = serde_json::from_str(&article(2)).expect("JSON");
    page["url"] = "https://www.harbour.example/2?utm_source=mail".into();
    let pushed = up.post("/api/v1/articles", &page);
    assert_eq!(pushed["articles"][0]["outcome"], "known", "{pushed}");
    assert_eq!(up.terminate().code, Some(0));
    server.say("news.articles.en", &article(3));
    let later = Up::start(&folder);
    later.events(0).articles(3);
    assert_eq!(later.terminate().code, Some(0));
}

#[test]
fn a_subject_is_a_source_over_nats_too() {
    let server = NewsServer::start();
    let folder = server.folder();
    server.say("news.articles.en", &article(1));
    server.say("news.articles.en", "no article");
    let over = NatsPipeline::start(&folder);
    over.until_output(1);
    over.until(&wirefold_proto::streams::DEAD, ">", 1);
    assert_eq!(over.up.terminate().code, Some(0));
}

const TEXT: &str = "The ferry to the fictional island of Gull Sound stays in harbour until Friday, its captain said \
    on Tuesday, because a crack was found in the shaft of the left propeller. Two hundred passengers \
    spent the night in the gymnasium of the school beside the pier. A tug brings bread, fuel and post \
    each morning, and the council pays for taxis along the coast road until repairs are done.";

/// The same settings with alerts to a subject.
fn with_alerts(server: &NewsServer, place: &str) -> Folder {
    let settings = format!(
        "{}[[delivery]]\nname = \"desk\"\nkind = \"nats\"\nto = \"news.alerts\"\n{place}\
         [[subscription]]\nname = \"Ferries\"\nquery = \"ferry\"\ngroup_wait = \"0s\"\n\
         deliveries = [\"desk\"]\n",
        server.settings()
    );
    Folder::with(&[(CONFIG, settings.as_bytes()), ("wire.key", b"geheim\n")])
}

#[test]
fn an_alert_goes_to_a_subject_of_another_server() {
    let mut server = NewsServer::start();
    let place =
        format!("url = \"{}\"\nuser = \"desk\"\nsecret = \"file:wire.key\"\n", server.url());
    let folder = with_alerts(&server, &place);
    let up = Up::start(&folder);
    let mut page: Value = serde_json::from_str(&article(1)).expect("JSON");
    page["text"] = TEXT.into();
    server.say("news.articles.en", &page.to_string());
    up.events(0).articles(1);
    server.restart();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let alert = runtime.block_on(async {
        let login = Some(Login { user: "desk".to_owned(), password: "geheim".to_owned() });
        let options = Options { login, ..Options::new(server.url(), "test") };
        let bus = connect(&options, Arc::new(SystemClock)).await.expect("it runs");
        let deadline = now().plus(PATIENCE);
        loop {
            if let Ok(Some(alert)) = bus.last("NEWS", "news.alerts").await {
                break alert;
            }
            assert!(now() < deadline, "no alert came");
            pause();
        }
    });
    let body: Value = serde_json::from_slice(&alert.body).expect("JSON");
    assert_eq!((&body["revision"], &body["headline"]["title"]), (&1.into(), &"Ferry 1".into()));
    assert!(alert.id.contains("ferries"), "{}", alert.id);
    assert_eq!(up.terminate().code, Some(0));
}

#[test]
fn over_nats_an_alert_goes_to_a_subject_of_the_bus() {
    let server = NewsServer::start();
    let folder = with_alerts(&server, "");
    let over = NatsPipeline::start(&folder);
    over.keep("DESK", "news.alerts");
    let mut page: Value = serde_json::from_str(&article(1)).expect("JSON");
    page["text"] = TEXT.into();
    server.say("news.articles.en", &page.to_string());
    let alert = over.last("DESK", "news.alerts");
    let body: Value = serde_json::from_slice(&alert.body).expect("JSON");
    assert_eq!(body["headline"]["title"], "Ferry 1");
    assert_eq!(over.up.terminate().code, Some(0));
}

#[test]
fn a_missing_server_is_refused_with_the_remedy() {
    let server = NewsServer::start();
    let folder = with_alerts(&server, "");
    let checked = folder.run(&["check", "--config", CONFIG]);
    let said = format!("{}{}", checked.out, checked.err);
    assert!(said.contains("delivery desk: it needs a NATS server"), "{said}");
    let any_port = ["--listen", "127.0.0.1:0", "--operations", "127.0.0.1:0"];
    let refused = folder.run(&[&["up", "--config", CONFIG][..], &any_port].concat()).code(2).err;
    assert!(refused.contains("write url = \"nats://…\""), "{refused}");
}
