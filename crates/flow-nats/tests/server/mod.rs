//! A real nats-server as a child process, with a port and a folder of its own, killed with SIGKILL.

pub(crate) mod find;
pub(crate) mod port;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use serde_json::{Value, json};
use tempfile::TempDir;
use wirefold_flow::SystemClock;
use wirefold_flow_nats::{Login, MARKS, NatsBus, Options, connect};

pub(crate) struct Server {
    folder: TempDir,
    port: u16,
    /// Extra arguments.
    arguments: Vec<String>,
    child: Option<Child>,
}

impl Server {
    /// A server that syncs each write, like the shipped configuration.
    pub(crate) fn start() -> Self {
        let mut server = Self::prepared("");
        server.restart();
        server
    }

    /// A server with additional configuration, not started yet.
    pub(crate) fn prepared(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = port::free();
        let store = folder.path().join("store");
        let configuration = format!(
            "listen: \"127.0.0.1:{port}\"\n\
             jetstream {{ store_dir: {store:?}, max_mem: 64MB, max_file: 500GB, \
             sync_interval: always }}\n{more}\n"
        );
        std::fs::write(folder.path().join("nats.conf"), configuration).unwrap();
        Self { folder, port, arguments: Vec::new(), child: None }
    }

    /// A server with the shipped configuration, except for the folder, and a password for each user. Address
    /// and ports are command-line arguments.
    pub(crate) fn shipped(users: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let conf = std::fs::read_to_string(root().join("deploy/nats.conf")).unwrap();
        let store = format!("{:?}", folder.path().join("store"));
        let conf = conf.replace("\"/var/lib/nats\"", &store);
        assert!(conf.contains(&store));
        // As docs/how-to/forget-an-article.md describes it.
        let added = "users: [\n      { user: forget, password: \"forget-password\" }";
        let conf = match users.contains(&"forget") {
            true => conf.replacen("users: [", added, 1),
            false => conf,
        };
        std::fs::write(folder.path().join("nats.conf"), conf).unwrap();
        let password = |user: &&str| {
            format!("WIREFOLD_{}_PASSWORD: \"{user}-password\"\n", user.to_uppercase())
        };
        let named = users.iter().filter(|user| **user != "forget");
        let passwords: String = named.map(password).collect();
        std::fs::create_dir(folder.path().join("passwords")).unwrap();
        std::fs::write(folder.path().join("passwords/nats.conf"), passwords).unwrap();
        let (port, monitor) = (port::free(), port::free());
        let (port_text, monitor) = (port.to_string(), monitor.to_string());
        let arguments = ["-a", "127.0.0.1", "-p", &port_text, "-m", &monitor].map(str::to_owned);
        let mut server = Self { folder, port, arguments: arguments.into(), child: None };
        server.restart();
        server
    }

    /// Starts it, the first time or after a kill.
    pub(crate) fn restart(&mut self) {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("log"))
            .unwrap();
        let find::Found { path, version } = program();
        let child = Command::new(&path)
            .arg("-c")
            .arg(self.folder.path().join("nats.conf"))
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{} {version}: {error}", path.display()));
        self.child = Some(child);
    }

    /// SIGKILL: the process cannot react.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// A copy of its store, like a backup. It starts again afterwards.
    pub(crate) fn keep_copy(&mut self) {
        self.kill();
        let [store, copy] = ["store", "copy"].map(|name| self.folder.path().join(name));
        assert!(Command::new("cp").arg("-r").args([store, copy]).status().unwrap().success());
        self.restart();
    }

    /// Restores its store from the copy.
    pub(crate) fn put_back(&mut self) {
        self.kill();
        let [store, copy] = ["store", "copy"].map(|name| self.folder.path().join(name));
        std::fs::remove_dir_all(&store).unwrap();
        std::fs::rename(copy, store).unwrap();
        self.restart();
    }

    /// It no longer answers, and its connections stay open, like on a machine that hangs.
    pub(crate) fn freeze(&self) {
        let id = Pid::from_child(self.child.as_ref().unwrap());
        kill_process(id, Signal::STOP).unwrap();
        // Threads that have not stopped yet may answer.
        waitpid(Some(id), WaitOptions::UNTRACED).unwrap();
    }

    /// The folder of its store.
    pub(crate) fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    pub(crate) fn options(&self) -> Options {
        Options::new(self.url(), "test")
    }

    /// A bus on the server, once it is ready, with the table of marks.
    pub(crate) async fn bus(&self) -> NatsBus {
        let bus = connect(&self.options(), Arc::new(SystemClock)).await.unwrap();
        bus.create_bucket(MARKS, None).await.unwrap();
        bus
    }

    /// A bus for one user of the server.
    pub(crate) async fn bus_of(&self, user: &str) -> NatsBus {
        let login = Some(Login { user: user.into(), password: format!("{user}-password") });
        let options = Options { login, ..Options::new(self.url(), user) };
        connect(&options, Arc::new(SystemClock)).await.unwrap()
    }

    /// Deletes a stream, like an operator.
    pub(crate) async fn delete_stream(&self, stream: &str) {
        let answer = self.ask(&format!("STREAM.DELETE.{stream}"), json!({})).await;
        assert_eq!(answer["success"], true, "{answer}");
    }

    /// Deletes a durable consumer, like an operator.
    pub(crate) async fn delete_consumer(&self, stream: &str, durable: &str) {
        let answer = self.ask(&format!("CONSUMER.DELETE.{stream}.{durable}"), json!({})).await;
        assert_eq!(answer["success"], true, "{answer}");
    }

    /// A JetStream request of an operator.
    pub(crate) async fn ask(&self, what: &str, body: Value) -> Value {
        let client = async_nats::connect(self.url()).await.unwrap();
        let body = if body == json!({}) { String::new() } else { body.to_string() };
        let answer = client.request(format!("$JS.API.{what}"), body.into()).await.unwrap();
        serde_json::from_slice(&answer.payload).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn program() -> find::Found {
    let found = find::find(&root());
    let remedy = "no nats-server 2.12 or newer: run `cargo xtask tools`, which puts one under \
                  target/tools, or name one in WIREFOLD_NATS_SERVER";
    found.expect(remedy)
}
