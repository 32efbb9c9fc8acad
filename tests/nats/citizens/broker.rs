//! The server that we ship with a user for each role, and the processes on it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use tokio::runtime::Runtime;
use wirefold_flow::{Bus as _, Outgoing, Stored, SystemClock};
use wirefold_flow_nats::{Login, NatsBus, Options, connect};

use super::super::over::program;
use crate::pipeline::up::{CONFIG, now};
use crate::pipeline::{PATIENCE, pause};
use crate::port;
use crate::program::Folder;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// A running server. The stages use its folder too.
pub(super) struct Broker {
    pub(super) folder: Folder,
    pub(super) url: String,
    child: Option<Child>,
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Broker {
    /// A server with streams, tables and consumers.
    #[track_caller]
    pub(super) fn start() -> Broker {
        let mut broker = Broker::prepare();
        broker.run_server();
        broker.set_up();
        broker
    }

    /// A server that does not run yet, with a password for each user.
    #[track_caller]
    pub(super) fn prepare() -> Broker {
        let config = b"data = \"data\"\n[[source]]\npath = \"dropped\"\n\
            [[subscription]]\nname = \"All\"\nquery = \"*\"\ngroup_wait = \"0s\"\n";
        let folder = Folder::with(&[(CONFIG, config)]);
        std::fs::create_dir(folder.path().join("dropped")).expect("it takes folders");
        let shipped = std::fs::read_to_string(format!("{ROOT}/deploy/nats.conf"));
        let shipped = shipped.expect("it is in every clone");
        let store = format!("{:?}", folder.path().join("store"));
        let ours = shipped.replace("\"/var/lib/nats\"", &store).replace("20GB", "1TB");
        assert!(ours.contains(&store), "{ours}");
        folder.write("nats.conf", ours.as_bytes());
        folder.run(&["setup", "--passwords", "passwords"]).code(0);
        let url = format!("nats://127.0.0.1:{}", port::free());
        Broker { folder, url, child: None }
    }

    /// Starts it.
    #[track_caller]
    pub(super) fn run_server(&mut self) {
        let port = self.url.rsplit(':').next().expect("it has a port");
        let mut command = Command::new(program().path);
        command.arg("-c").arg(self.folder.path().join("nats.conf"));
        command.args(["-a", "127.0.0.1", "-p", port, "-m", &port::free().to_string()]);
        let child = command.stderr(Stdio::null()).stdout(Stdio::null()).spawn();
        self.child = Some(child.expect("it is a program"));
    }

    /// Makes streams, tables and consumers. Waits for the server.
    #[track_caller]
    pub(super) fn set_up(&self) {
        let made = self.run("setup", &["setup", "--nats", &self.url]);
        assert!(made.status.success(), "{}", both_outputs(&made));
    }

    /// A command of wirefold as a user of the server.
    pub(super) fn command(&self, user: &str, arguments: &[&str]) -> Command {
        let mut command = self.folder.command(arguments);
        command.env("XDG_CONFIG_HOME", self.folder.path()).env("WIREFOLD_BUS__USER", user);
        let password = format!("file:{}", self.password_file(user).display());
        command.env("WIREFOLD_BUS__PASSWORD", password);
        command
    }

    /// Runs a command to its end.
    #[track_caller]
    pub(super) fn run(&self, user: &str, arguments: &[&str]) -> Output {
        self.command(user, arguments).output().expect("the binary is built")
    }

    pub(super) fn password_file(&self, user: &str) -> PathBuf {
        self.folder.path().join("passwords").join(user)
    }

    /// Starts a stage as its own user without waiting until it is ready.
    #[track_caller]
    pub(super) fn begin(&self, stage: &'static str, operations: u16) -> Stage {
        let operations = format!("127.0.0.1:{operations}");
        let address = ["--operations", &operations, "--listen", "127.0.0.1:0"];
        let arguments = [&["run", stage, "--config", CONFIG, "--nats", &self.url], &address[..]];
        let user = if stage == "pruner" { "setup" } else { stage };
        let mut command = self.command(user, &arguments.concat());
        let child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn();
        Stage::of(stage, operations, child.expect("the binary is built"))
    }

    /// Starts a stage and waits until it is ready.
    #[track_caller]
    pub(super) fn stage(&self, stage: &'static str) -> Stage {
        let stage = self.begin(stage, port::free());
        stage.until("/readyz", |status, _| status == 200);
        stage
    }

    /// Starts all stages.
    #[track_caller]
    pub(super) fn stages(&self) -> Vec<Stage> {
        ["fetcher", "detector", "enricher", "alerter", "gateway"].map(|it| self.stage(it)).into()
    }

    /// A Python example that connects to NATS as `reader`.
    pub(super) fn python(&self, example: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("python3");
        let examples = format!("{ROOT}/examples/python");
        // A script of a test is named by its absolute path.
        command.arg(PathBuf::from(&examples).join(example)).args(["--nats", &self.url]);
        command.arg("--password-file").arg(self.password_file("reader")).args(arguments);
        let modules = format!("{ROOT}/target/tools/python:{examples}");
        command.env("PYTHONPATH", modules).stdin(Stdio::null());
        // No compiled files beside the examples.
        command.env("PYTHONDONTWRITEBYTECODE", "1").current_dir(self.folder.path());
        command
    }

    /// Runs an example to its successful end and returns its output.
    #[track_caller]
    pub(super) fn example(&self, example: &str, arguments: &[&str]) -> String {
        let ran = self.python(example, arguments).output().expect("python3 runs");
        let remedy = "where it has no module nats, run `cargo xtask tools`";
        assert!(ran.status.success(), "{}\n{remedy}", both_outputs(&ran));
        String::from_utf8(ran.stdout).expect("it prints UTF-8")
    }
}

/// The bus as one user of it, with its runtime.
pub(super) struct BusUser {
    runtime: Runtime,
    bus: NatsBus,
}

impl Broker {
    /// Connects to the server as this user.
    #[track_caller]
    pub(super) fn speak_as(&self, user: &str) -> BusUser {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build().expect("it can be made");
        let password = std::fs::read_to_string(self.password_file(user)).expect("it stands");
        let login = Login { user: user.to_owned(), password: password.trim().to_owned() };
        let options = Options { login: Some(login), ..Options::new(self.url.as_str(), user) };
        let connected = runtime.block_on(connect(&options, Arc::new(SystemClock)));
        BusUser { bus: connected.expect("it is let in"), runtime }
    }

    /// The first lines of the output as `wirefold tail` shows them.
    #[track_caller]
    pub(super) fn tail(&self, count: usize) -> Vec<String> {
        let mut command = self.folder.command(&["tail", "--after", "0", "--json"]);
        let mut tail = command.stdout(Stdio::piped()).spawn().expect("the binary is built");
        let shown = BufReader::new(tail.stdout.take().expect("it is piped"));
        let shown: Vec<String> = shown.lines().map_while(Result::ok).take(count).collect();
        tail.kill().expect("it runs until it is killed");
        tail.wait().expect("it is our child");
        assert_eq!(shown.len(), count, "{shown:#?}");
        shown
    }
}

impl BusUser {
    /// A message of a stream.
    #[track_caller]
    pub(super) fn stored(&self, stream: &str, sequence: u64) -> Stored {
        self.runtime.block_on(self.bus.get(stream, sequence)).expect("it stands")
    }

    /// The number of messages in a stream.
    #[track_caller]
    pub(super) fn count(&self, stream: &str) -> u64 {
        let state = self.runtime.block_on(self.bus.stream_state(stream));
        state.expect("the stream stands").messages
    }

    /// The number of articles in the output without changes of stories, as an ordered reader sees them.
    #[track_caller]
    pub(super) fn articles(&self) -> usize {
        let read = async {
            let mut reader = self.bus.read("WF_OUTPUT", "wirefold.v1.output.article.>", 1).await?;
            reader.ready(1000).await
        };
        self.runtime.block_on(read).expect("it can be read").len()
    }

    #[track_caller]
    pub(super) fn publish(&self, subject: &str, id: &str, body: impl Into<Bytes>) {
        let published = self.bus.publish(Outgoing::new(subject, id, body));
        self.runtime.block_on(published).expect("it is stored");
    }
}

/// Repeats a question until there is an answer.
#[track_caller]
pub(super) fn until<T>(asked: impl Fn() -> Option<T>) -> T {
    let deadline = now().plus(PATIENCE);
    loop {
        if let Some(answer) = asked() {
            return answer;
        }
        assert!(now() < deadline, "it never comes to that");
        pause();
    }
}

/// The output of a process on both streams.
pub(super) fn both_outputs(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// A running stage. It is killed with the test.
pub(super) struct Stage {
    name: &'static str,
    operations: String,
    child: Child,
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Stage {
    fn of(name: &'static str, operations: String, mut child: Child) -> Stage {
        let log = BufReader::new(child.stderr.take().expect("it is piped"));
        // The log is read on, so that the process never blocks.
        std::thread::spawn(move || log.lines().map_while(Result::ok).for_each(drop));
        Stage { name, operations, child }
    }

    /// Polls its operations port until the response has the wanted status and body.
    #[track_caller]
    pub(super) fn until(&self, path: &str, wanted: impl Fn(u16, &Value) -> bool) -> Value {
        let deadline = now().plus(PATIENCE);
        loop {
            let answer = self.get(path);
            if let Some((status, body)) = &answer
                && wanted(*status, body)
            {
                return body.clone();
            }
            assert!(now() < deadline, "{} {path} stays so: {answer:?}", self.name);
            pause();
        }
    }

    /// `None` if nothing listens yet.
    fn get(&self, path: &str) -> Option<(u16, Value)> {
        let mut stream = TcpStream::connect(&self.operations).ok()?;
        let request = format!("GET {path} HTTP/1.0\r\nhost: localhost\r\n\r\n");
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some((status, serde_json::from_str(body).expect("it answers in JSON")))
    }

    /// Asks it to finish and end. Returns its exit code.
    #[track_caller]
    pub(super) fn terminate(mut self) -> Option<i32> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
        self.child.wait().expect("it is our child").code()
    }
}
