//! A running `wirefold up`, and requests to it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::machine::{self, Stopwatch, lock, poll};

/// The longest wait for anything.
pub(crate) const MAX_WAIT: Duration = Duration::from_secs(60);

/// A process that is killed when it is dropped.
pub(crate) struct Process(pub(crate) Child);

impl Process {
    /// Kills it immediately, like the loss of a machine.
    pub(crate) fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// Whether it still runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }

    /// Its process id.
    pub(crate) fn id(&self) -> Pid {
        Pid::from_child(&self.0)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The process `wirefold up`.
pub(crate) struct Running {
    child: Process,
    /// Host and port of the page.
    pub(crate) page: String,
    said: Arc<Mutex<String>>,
}

impl Running {
    /// Starts on the folder's `wirefold.toml` and waits for its page.
    pub(crate) fn start(program: &Path, folder: &Path) -> anyhow::Result<Running> {
        Running::start_as(command(program, folder))
    }

    /// The same with a command that has an environment already.
    pub(crate) fn start_as(mut up: Command) -> anyhow::Result<Running> {
        up.args(["up", "--listen", "127.0.0.1:0", "--operations", "127.0.0.1:0"]);
        let mut child = Process(up.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?);
        let mut lines = BufReader::new(child.0.stderr.take().context("it is piped")?);
        let mut said = String::new();
        loop {
            let from = said.len();
            if lines.read_line(&mut said)? == 0 {
                bail!("it ended: {}\n{said}", child.0.wait()?);
            }
            if let Some((_, page)) = said[from..].split_once("page http://") {
                let page = page.trim().to_owned();
                let said = Arc::new(Mutex::new(said));
                keep(lines, said.clone());
                return Ok(Running { child, page, said });
            }
        }
    }

    /// Its output so far.
    pub(crate) fn output(&self) -> String {
        lock(&self.said).clone()
    }

    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.is_alive()
    }

    /// Its peak memory in bytes, or `None` once it has ended.
    pub(crate) fn peak(&self) -> Option<u64> {
        machine::peak_memory(self.process()).ok()
    }

    /// The body of the answer to a `GET`.
    pub(crate) fn get(&self, path: &str) -> anyhow::Result<String> {
        ask(&self.page, "GET", path, "")
    }

    /// The answer of the API as JSON.
    pub(crate) fn json(&self, path: &str) -> anyhow::Result<Value> {
        Ok(serde_json::from_str(&self.get(path)?)?)
    }

    /// Posts JSON.
    pub(crate) fn post(&self, path: &str, body: &Value) -> anyhow::Result<()> {
        Running::post_to(&self.page, path, body)
    }

    /// Posts JSON to a page.
    pub(crate) fn post_to(page: &str, path: &str, body: &Value) -> anyhow::Result<()> {
        ask(page, "POST", path, &body.to_string()).map(drop)
    }

    /// Polls until `wanted` is true, the process has ended, or the wait is too long. Returns the seconds.
    pub(crate) fn until(&mut self, mut wanted: impl FnMut(&Running) -> bool) -> f64 {
        let watch = Stopwatch::start();
        poll(MAX_WAIT, || (!self.is_alive() || wanted(self)).then_some(()));
        watch.seconds()
    }

    /// Kills it immediately, like the loss of a machine.
    pub(crate) fn kill(&mut self) {
        self.child.kill();
    }

    /// Its process id.
    pub(crate) fn process(&self) -> Pid {
        self.child.id()
    }

    /// The processes that it started.
    pub(crate) fn children(&self) -> Vec<Pid> {
        let tasks = format!("/proc/{}/task", self.process().as_raw_nonzero());
        let tasks = fs::read_dir(tasks).into_iter().flatten().flatten();
        let of = |path: PathBuf| fs::read_to_string(path.join("children")).unwrap_or_default();
        let ids: String = tasks.map(|task| of(task.path()) + " ").collect();
        ids.split_whitespace().filter_map(|id| Pid::from_raw(id.parse().ok()?)).collect()
    }

    /// The process of a stage over NATS, if it runs.
    pub(crate) fn stage(&self, name: &str) -> Option<Pid> {
        self.children().into_iter().find(|child| is_stage(*child, name))
    }

    /// Asks for a drain and waits for the end. Returns whether it ended well in time.
    pub(crate) fn terminate(&mut self) -> bool {
        if self.is_alive() {
            let _ = kill_process(self.process(), Signal::TERM);
        }
        let ended = poll(MAX_WAIT, || self.child.0.try_wait().ok().flatten());
        ended.is_some_and(|status| status.success())
    }
}

/// Whether a process runs the stage with this name.
fn is_stage(process: Pid, name: &str) -> bool {
    let path = format!("/proc/{}/cmdline", process.as_raw_nonzero());
    let line = fs::read_to_string(path).unwrap_or_default();
    let words: Vec<&str> = line.split('\0').collect();
    words.get(1) == Some(&"run") && words.get(2) == Some(&name)
}

/// The body of the answer to a request that must succeed.
pub(crate) fn ask(page: &str, method: &str, path: &str, body: &str) -> anyhow::Result<String> {
    let (status, told) = send(page, method, path, body.as_bytes())?;
    if !(status.contains(" 200 ") || status.contains(" 202 ")) {
        bail!("{path}: {status}: {told}");
    }
    Ok(told)
}

/// The first line and the body of the answer to a request.
pub(crate) fn send(
    page: &str,
    method: &str,
    path: &str,
    body: &[u8],
) -> anyhow::Result<(String, String)> {
    let request = format!(
        "{method} {path} HTTP/1.0\r\nhost: {page}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    let answered = exchange(page, &[request.as_bytes(), body].concat());
    let (head, told) = answered.with_context(|| format!("{page}{path}"))?;
    let status = head.lines().next().unwrap_or_default().to_owned();
    Ok((status, String::from_utf8_lossy(&told).into_owned()))
}

/// Sends the bytes of a request in a connection of its own. Returns head and body of the answer.
pub(crate) fn exchange(page: &str, request: &[u8]) -> anyhow::Result<(String, Vec<u8>)> {
    let mut stream = TcpStream::connect(page)?;
    stream.set_read_timeout(Some(MAX_WAIT))?;
    stream.set_nodelay(true)?;
    // A server that refuses the head may close before it has read all of the request.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let end = answer.windows(4).position(|it| it == b"\r\n\r\n");
    let body = answer.split_off(end.with_context(|| format!("no answer: {read:?}"))? + 4);
    Ok((String::from_utf8_lossy(&answer).into_owned(), body))
}

/// A text as a value in the query of an address.
pub(crate) fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// The binary in this folder, without the settings of the current user.
pub(crate) fn command(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env("XDG_CONFIG_HOME", folder).stdin(Stdio::null());
    command
}

/// Reads the output on. Otherwise the process would block.
fn keep(mut lines: BufReader<std::process::ChildStderr>, said: Arc<Mutex<String>>) {
    std::thread::spawn(move || {
        let mut line = String::new();
        while lines.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
            lock(&said).push_str(&line);
            line.clear();
        }
    });
}
