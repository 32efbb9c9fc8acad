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

/// The process. It is killed when it is dropped.
pub(crate) struct Running {
    child: Child,
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
        let mut child = up.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(child.stderr.take().context("it is piped")?);
        let mut said = String::new();
        loop {
            let from = said.len();
            if lines.read_line(&mut said)? == 0 {
                bail!("it ended: {}\n{said}", child.wait()?);
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
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Its peak memory in bytes, or `None` once it has ended.
    pub(crate) fn peak(&self) -> Option<u64> {
        machine::peak_memory(self.child.id()).ok()
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
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Its process id.
    pub(crate) fn process(&self) -> Pid {
        Pid::from_child(&self.child)
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
        let ended = poll(MAX_WAIT, || self.child.try_wait().ok().flatten());
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

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
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
    let mut stream = TcpStream::connect(page).with_context(|| format!("{page}{path}"))?;
    stream.set_read_timeout(Some(MAX_WAIT))?;
    let request = format!(
        "{method} {path} HTTP/1.0\r\nhost: {page}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    // A server that refuses the head may close before it has read all of the request.
    let _ = stream.write_all(&[request.as_bytes(), body].concat());
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer).with_context(|| format!("{page}{path}"));
    let answer = String::from_utf8_lossy(&answer);
    let Some((head, told)) = answer.split_once("\r\n\r\n") else {
        bail!("no answer to {path}: {read:?}");
    };
    Ok((head.lines().next().unwrap_or_default().to_owned(), told.to_owned()))
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
