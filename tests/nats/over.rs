//! A running `up --nats` and its nats-server.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, kill_process};
use tokio::runtime::Runtime;
use wirefold_flow::{Bus, Outgoing, SystemClock};
use wirefold_flow_nats::{Login, NatsBus, Options, connect};
use wirefold_proto::streams::{OUTPUT, Stream};

use super::find::{self, Found};
use crate::pipeline::kept::StoredStreams;
use crate::pipeline::up::{CONFIG, Up, now};
use crate::pipeline::{PATIENCE, pause};
use crate::port;
use crate::program::Folder;

/// The user of the tests on their server.
pub(super) const USER: &str = "wirefold";
/// The name of the server among the processes that a test kills.
pub(super) const SERVER: &str = "nats-server";
const PASSWORD: &str = "password of the tests";
const SERVER_CONFIG: &str = "nats-server.conf";

/// A nats-server with its store in the data folder of a test. It is killed when the test drops it.
pub(super) struct NatsServer {
    child: Mutex<Child>,
    config: PathBuf,
    url: String,
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        self.kill();
    }
}

impl NatsServer {
    /// Starts the server, and names it in the settings of the folder. A second start in a folder is at the
    /// same address.
    #[track_caller]
    pub(super) fn start(folder: &Folder) -> NatsServer {
        let config = folder.path().join(SERVER_CONFIG);
        if !config.exists() {
            let store = folder.path().join("data/nats/store");
            let text = format!(
                "listen: \"127.0.0.1:{}\"\n\
                 authorization {{ user: {USER}, password: \"{PASSWORD}\" }}\n\
                 jetstream {{ store_dir: {store:?}, max_file: 1TB, sync_interval: always }}\n",
                port::free()
            );
            folder.write(SERVER_CONFIG, text.as_bytes());
            let listen = text.split('"').nth(1).unwrap_or_default();
            let settings = std::fs::read_to_string(folder.path().join(CONFIG)).expect("it is text");
            let bus = format!(
                "\n[bus]\nnats = [\"nats://{listen}\"]\nuser = \"{USER}\"\npassword = \"{PASSWORD}\"\n"
            );
            folder.write(CONFIG, (settings + &bus).as_bytes());
        }
        let text = std::fs::read_to_string(&config).expect("it is text");
        let url = format!("nats://{}", text.split('"').nth(1).unwrap_or_default());
        NatsServer { child: Mutex::new(spawn_server(&config)), config, url }
    }

    /// Starts `up --nats` on the folder.
    #[track_caller]
    pub(super) fn up(&self, folder: &Folder) -> Up {
        Up::start_with(folder, &["--nats", &self.url])
    }

    /// A connection of the test.
    pub(super) async fn connect(&self) -> NatsBus {
        let login = Some(Login { user: USER.to_owned(), password: PASSWORD.to_owned() });
        let options = Options { login, ..Options::new(self.url.as_str(), "test") };
        connect(&options, Arc::new(SystemClock)).await.expect("it runs")
    }

    /// `kill -9`.
    pub(super) fn kill(&self) {
        let mut child = self.child();
        let _ = child.kill();
        let _ = child.wait();
    }

    /// Starts it again.
    pub(super) fn run_again(&self) {
        *self.child() = spawn_server(&self.config);
    }

    fn child(&self) -> MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[track_caller]
fn spawn_server(config: &Path) -> Child {
    let Found { path, version } = program();
    let mut command = Command::new(path);
    command.arg("-c").arg(config).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap_or_else(|error| panic!("nats-server {version}: {error}"))
}

/// A running `up --nats`, and the test's connection to its server.
pub(super) struct NatsPipeline {
    pub(super) up: Up,
    pub(super) server: NatsServer,
    pub(super) url: String,
    pub(super) password: String,
    runtime: Runtime,
    bus: Arc<dyn Bus>,
}

/// The nats-server that the tests use.
pub(super) fn program() -> Found {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let remedy = "no nats-server 2.12 or newer: run `cargo xtask tools`, which puts one under \
                  target/tools, or name one in WIREFOLD_NATS_SERVER";
    find::find(&root).expect(remedy)
}

impl NatsPipeline {
    #[track_caller]
    pub(super) fn start(folder: &Folder) -> NatsPipeline {
        let server = NatsServer::start(folder);
        let up = server.up(folder);
        let (url, password) = (server.url.clone(), PASSWORD.to_owned());
        let runtime = runtime();
        let bus: Arc<dyn Bus> = Arc::new(runtime.block_on(server.connect()));
        NatsPipeline { up, server, url, password, runtime, bus }
    }

    /// Lets a command connect to the same server.
    pub(super) fn let_in(&self, command: &mut Command) {
        command.env("WIREFOLD_BUS__USER", USER).env("WIREFOLD_BUS__PASSWORD", &self.password);
    }

    /// Waits until the output has this many articles.
    #[track_caller]
    pub(super) fn until_output(&self, count: usize) {
        self.until(&OUTPUT, ARTICLES, count);
    }

    /// Waits until a stream has this many messages.
    #[track_caller]
    pub(super) fn until(&self, stream: &Stream, filter: &str, count: usize) {
        self.runtime.block_on(async {
            let (mut seen, mut from) = (0, 1);
            while seen < count {
                // A server that was killed is unavailable for a moment; the client waits.
                let Ok(mut reader) = self.bus.read(stream.name, filter, from).await else {
                    continue;
                };
                while seen < count
                    && let Ok(messages) = within(reader.next(64)).await
                {
                    seen += messages.len();
                    from = messages.last().map_or(from, |message| message.sequence + 1);
                }
            }
        });
    }

    /// Makes a stream of another program for a subject.
    pub(super) fn keep(&self, stream: &str, subject: &str) {
        let config = wirefold_flow::StreamConfig {
            max_bytes: 1 << 20,
            ..wirefold_flow::StreamConfig::new(stream, &[subject])
        };
        self.runtime.block_on(self.bus.create_stream(config)).expect("a stream");
    }

    /// The last message of a stream on a subject, once there is one.
    pub(super) fn last(&self, stream: &str, subject: &str) -> wirefold_flow::Stored {
        let deadline = now().plus(PATIENCE);
        loop {
            if let Ok(Some(found)) = self.runtime.block_on(self.bus.last(stream, subject)) {
                return found;
            }
            assert!(now() < deadline, "nothing came on {subject}");
            pause();
        }
    }

    /// Publishes a message of another program.
    #[track_caller]
    pub(super) fn publish(&self, subject: &str, id: &str, body: &'static str) {
        let published = self.bus.publish(Outgoing::new(subject, id, body));
        self.runtime.block_on(published).expect("it is stored");
    }

    /// The number of messages in a stream.
    #[track_caller]
    pub(super) fn count(&self, stream: &Stream, filter: &str) -> usize {
        self.runtime.block_on(async {
            let mut reader = self.bus.read(stream.name, filter, 1).await.expect("it can be read");
            let mut count = 0;
            loop {
                match reader.ready(1000).await.expect("it can be read").len() {
                    0 => return count,
                    more => count += more,
                }
            }
        })
    }

    /// The value of a key. Empty if there is none.
    #[track_caller]
    pub(super) fn value(&self, bucket: &str, key: &str) -> String {
        let table = self.bus.key_value(bucket).expect("a name");
        let entry = self.runtime.block_on(table.get(key)).expect("it can be read");
        let value = entry.and_then(|entry| entry.value).unwrap_or_default();
        String::from_utf8_lossy(&value).into_owned()
    }

    /// Everything on the server.
    #[track_caller]
    pub(super) fn kept(&self) -> StoredStreams {
        StoredStreams::on(&*self.bus, &self.runtime)
    }

    /// `kill -9` for the process with this name. It is started again.
    #[track_caller]
    pub(super) fn kill(&self, name: &str) {
        if name == SERVER {
            self.server.kill();
            return self.server.run_again();
        }
        kill_process(self.pid_of(name), Signal::KILL).expect("it runs");
    }

    /// The same, but it is not restarted while `meanwhile` runs, because the supervisor is suspended.
    pub(super) fn kill_while<T>(&self, name: &str, meanwhile: impl FnOnce() -> T) -> T {
        let killed = self.pid_of(name);
        kill_process(self.up.pid, Signal::STOP).expect("it runs");
        kill_process(killed, Signal::KILL).expect("it runs");
        let result = meanwhile();
        kill_process(self.up.pid, Signal::CONT).expect("it stands still");
        result
    }

    /// The process with this name, once it runs. One that ended is restarted a moment later.
    #[track_caller]
    pub(super) fn pid_of(&self, name: &str) -> Pid {
        if name == SERVER {
            return Pid::from_child(&self.server.child());
        }
        let deadline = now().plus(PATIENCE);
        loop {
            if let Some(found) = self.children().into_iter().find(|child| is_named(*child, name)) {
                return found;
            }
            assert!(now() < deadline, "no {name} runs\n{}", self.up.output());
            pause();
        }
    }

    /// The running child processes.
    pub(super) fn children(&self) -> Vec<Pid> {
        let tasks = format!("/proc/{}/task", self.up.pid.as_raw_nonzero());
        let tasks = std::fs::read_dir(tasks).expect("this is Linux, and it runs").flatten();
        let of = |path: PathBuf| std::fs::read_to_string(path.join("children")).unwrap_or_default();
        let ids: String = tasks.map(|task| of(task.path()) + " ").collect();
        ids.split_whitespace().filter_map(|id| Pid::from_raw(id.parse().ok()?)).collect()
    }
}

/// The response of JetStream in the server's own protocol, for requests that the bus does not have.
#[track_caller]
pub(super) fn ask(url: &str, login: &str, what: &str) -> String {
    let mut server = TcpStream::connect(url.trim_start_matches("nats://")).expect("it listens");
    let said = write!(
        server,
        "CONNECT {{\"verbose\":false{login}}}\r\nSUB answer 1\r\nPUB $JS.API.{what} answer 0\r\n\r\n"
    );
    said.expect("it reads");
    let mut lines = BufReader::new(server).lines().map_while(Result::ok);
    lines.find(|line| line.starts_with('{')).expect("it answers")
}

/// The articles of the output.
const ARTICLES: &str = "wirefold.v1.output.article.>";

/// Fails if it takes longer than a test may wait.
pub(super) async fn within<T>(event: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, event).await.expect("nothing more comes out")
}

/// The runtime of a client, which keeps its connection alive.
pub(super) fn runtime() -> Runtime {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(1).enable_all().build().expect("a runtime can be made")
}

/// Whether a process is the stage with this name.
fn is_named(process: Pid, name: &str) -> bool {
    let path = format!("/proc/{}/cmdline", process.as_raw_nonzero());
    let line = std::fs::read_to_string(path).unwrap_or_default();
    line.split('\0').nth(2) == Some(name)
}
