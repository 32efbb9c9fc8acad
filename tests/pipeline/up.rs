//! A running `wirefold up`: its output, its responses and its end.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use wirefold_flow::{Clock, SystemClock, UnixMillis};

use super::PATIENCE;
use super::stream::Events;
use crate::program::Folder;

/// The settings file in the folder of a test.
pub(super) const CONFIG: &str = "wirefold.toml";
/// Printed once all parts run.
const WELCOME: &str = "page http://";

/// A running process. It is killed if the test ends before it.
pub(super) struct Up {
    pub(super) pid: Pid,
    /// Host and port of the page.
    pub(super) page: String,
    said: LogLines,
    lines: Receiver<String>,
    ended: Receiver<ExitStatus>,
    has_ended: bool,
}

/// The lines on standard error so far.
type LogLines = Arc<Mutex<Vec<String>>>;

/// How a process ended.
pub(super) struct EndedProcess {
    /// Its exit code. `None` if a signal ended it.
    pub(super) code: Option<i32>,
    /// The time from the signal to the end.
    pub(super) took: Duration,
    /// Its whole output on standard error.
    pub(super) said: String,
}

impl Up {
    /// Starts on the folder's `wirefold.toml` and waits until all parts run.
    #[track_caller]
    pub(super) fn start(folder: &Folder) -> Up {
        Up::start_with(folder, &[])
    }

    /// Starts with more arguments.
    #[track_caller]
    pub(super) fn start_with(folder: &Folder, arguments: &[&str]) -> Up {
        let any_port = ["--listen", "127.0.0.1:0", "--operations", "127.0.0.1:0"];
        let arguments = [&["up", "--config", CONFIG], &any_port[..], arguments].concat();
        Up::start_command(folder, folder.command(&arguments))
    }

    /// Starts on the folder's `wirefold.toml` with a data folder on a disk of this size, and metrics on this
    /// port. `None` if this machine does not allow such a disk.
    #[track_caller]
    pub(super) fn start_on_small_disk(
        folder: &Folder,
        data: &str,
        bytes: u64,
        operations: &str,
    ) -> Option<Up> {
        let mount = format!("mount -t tmpfs -o size={bytes} none {data}");
        let wrapped = |what: &str| {
            let mut command = Command::new("unshare");
            command.args(["-rm", "sh", "-c", what, "sh"]).current_dir(folder.path());
            command.stdin(Stdio::null());
            command
        };
        let tried = wrapped(&mount).stderr(Stdio::null()).status();
        if !tried.is_ok_and(|status| status.success()) {
            return None;
        }
        let mut command = wrapped(&format!("{mount} && exec \"$@\""));
        command.args([env!("CARGO_BIN_EXE_wirefold"), "up", "--config", CONFIG]);
        command.args(["--listen", "127.0.0.1:0", "--operations", operations]);
        Some(Up::start_command(folder, command))
    }

    /// A path as the process sees it, which may have mounts of its own.
    pub(super) fn path_within(&self, path: &Path) -> PathBuf {
        let root = format!("/proc/{}/root", self.pid.as_raw_nonzero());
        Path::new(&root).join(path.strip_prefix("/").unwrap_or(path))
    }

    #[track_caller]
    pub(super) fn start_command(folder: &Folder, mut command: Command) -> Up {
        command.env("XDG_CONFIG_HOME", folder.path()).stderr(Stdio::piped());
        let mut child = command.stdout(Stdio::null()).spawn().expect("the binary is built");
        let pid = Pid::from_child(&child);
        let said = LogLines::default();
        let lines = read_lines(&mut child, said.clone());
        let ended = wait_for(child);
        let page = String::new();
        let mut up = Up { pid, page, said, lines, ended, has_ended: false };
        let welcome = up.line_with(WELCOME);
        up.page = welcome.split(WELCOME).nth(1).unwrap_or_default().trim().to_owned();
        up
    }

    /// Waits for a line on standard error that contains this text.
    #[track_caller]
    pub(super) fn line_with(&self, wanted: &str) -> String {
        let deadline = now().plus(PATIENCE);
        loop {
            match self.lines.recv_timeout(deadline.since(now())) {
                Ok(line) if line.contains(wanted) => return line,
                Ok(_) => {}
                Err(why) => panic!("{why}: nobody said {wanted:?}\n{}", self.output()),
            }
        }
    }

    /// Its output so far.
    pub(super) fn output(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).join("\n")
    }

    /// The response to a `GET` on the port of the page, which must be JSON.
    #[track_caller]
    pub(super) fn get(&self, path: &str) -> Value {
        self.answer(path, ask(&self.page, &format!("GET {path}"), ""))
    }

    /// The HTML of a page.
    #[track_caller]
    pub(super) fn html(&self, path: &str) -> String {
        let mut answer = String::new();
        let mut stream = ask(&self.page, &format!("GET {path}"), "");
        stream.read_to_string(&mut answer).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(answer.lines().next().is_some_and(|it| it.contains(" 200 ")), "{path}: {answer}");
        answer
    }

    /// Waits until the port of the page reports that it is ready, or not. Returns its words.
    #[track_caller]
    pub(super) fn until_ready(&self, is_ready: bool) -> String {
        let wanted = if is_ready { " 200 " } else { " 503 " };
        let is_wanted =
            |answer: &str| answer.lines().next().is_some_and(|status| status.contains(wanted));
        self.until_answered(&self.page, "/readyz", is_wanted)
    }

    /// Waits until a metric, summed over all its labels, reaches this count.
    #[track_caller]
    pub(super) fn until_counted(&self, operations: &str, metric: &str, least: u64) {
        let count = |line: &str| line.strip_prefix(metric)?.rsplit(' ').next()?.parse::<u64>().ok();
        let is_wanted = |answer: &str| answer.lines().filter_map(count).sum::<u64>() >= least;
        self.until_answered(operations, "/metrics", is_wanted);
    }

    #[track_caller]
    fn until_answered(&self, place: &str, path: &str, wanted: impl Fn(&str) -> bool) -> String {
        let deadline = now().plus(PATIENCE);
        loop {
            let mut answer = String::new();
            let mut stream = ask(place, &format!("GET {path}"), "");
            stream.read_to_string(&mut answer).expect("it answers to the end");
            if wanted(&answer) {
                return answer;
            }
            assert!(now() < deadline, "{path} stays so: {answer}\n{}", self.output());
            let _ = self.lines.recv_timeout(Duration::from_millis(100));
        }
    }

    /// The response to a `POST` of this JSON on the port of the page.
    #[track_caller]
    pub(super) fn post(&self, path: &str, body: &Value) -> Value {
        self.answer(path, ask(&self.page, &format!("POST {path}"), &body.to_string()))
    }

    /// The status line of the response to a `POST` of this JSON.
    #[track_caller]
    pub(super) fn post_status(&self, path: &str, body: &Value) -> String {
        let mut answer = String::new();
        let mut stream = ask(&self.page, &format!("POST {path}"), &body.to_string());
        stream.read_to_string(&mut answer).unwrap_or_else(|error| panic!("{path}: {error}"));
        answer.lines().next().unwrap_or_default().to_owned()
    }

    #[track_caller]
    fn answer(&self, path: &str, stream: TcpStream) -> Value {
        answer(stream).unwrap_or_else(|why| panic!("{path}: {why}\n{}", self.output()))
    }

    /// Repeats a request until the response is as wanted, with a pause until the next line of the log or for
    /// a tenth of a second. An absent article answers 404, or 410 if its record is to come in again.
    #[track_caller]
    pub(super) fn get_until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = now().plus(PATIENCE);
        loop {
            let answer = answer(ask(&self.page, &format!("GET {path}"), ""));
            match answer {
                Ok(answer) if wanted(&answer) => return answer,
                Err(why) if ![" 404 ", " 410 "].iter().any(|it| why.contains(it)) => {
                    panic!("{path}: {why}\n{}", self.output())
                }
                stays => {
                    assert!(now() < deadline, "{path} stays so: {stays:#?}\n{}", self.output());
                }
            }
            let _ = self.lines.recv_timeout(Duration::from_millis(100));
        }
    }

    /// The output after this sequence, as it comes.
    pub(super) fn events(&self, after: u64) -> Events {
        Events::of(ask(&self.page, &format!("GET /api/v1/stream?after={after}"), ""))
    }

    /// Whether it still runs.
    pub(super) fn is_alive(&self) -> bool {
        rustix::process::test_kill_process(self.pid).is_ok()
    }

    /// `kill -9`, without a clean end.
    #[track_caller]
    pub(super) fn kill(self) {
        let ended = self.end(Signal::KILL);
        assert_eq!(ended.code, None, "it had ended before:\n{}", ended.said);
    }

    /// Asks for a drain and waits for the end.
    #[track_caller]
    pub(super) fn terminate(self) -> EndedProcess {
        self.end(Signal::TERM)
    }

    /// Asks for a drain and does not wait.
    pub(super) fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).expect("it runs");
    }

    #[track_caller]
    fn end(mut self, signal: Signal) -> EndedProcess {
        let began = now();
        // If it has ended by itself, its exit code is reported below.
        let _ = kill_process(self.pid, signal);
        let status = self.ended.recv_timeout(PATIENCE);
        let status = status.unwrap_or_else(|why| panic!("{why}: it goes on\n{}", self.output()));
        self.has_ended = true;
        let took = now().since(began);
        while self.lines.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Disconnected) {}
        let code = status.code();
        assert!(code.is_some() || status.signal() == Some(Signal::KILL.as_raw()), "{status}");
        EndedProcess { code, took, said: self.output() }
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        if !self.has_ended {
            let _ = kill_process(self.pid, Signal::KILL);
            let _ = self.ended.recv_timeout(PATIENCE);
        }
    }
}

/// The time.
pub(super) fn now() -> UnixMillis {
    SystemClock.now()
}

/// Sends a request in HTTP 1.0, so that the response ends with the connection and has no encoding.
fn ask(place: &str, line: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(place).unwrap_or_else(|error| panic!("{place}: {error}"));
    stream.set_read_timeout(Some(PATIENCE)).expect("it is not zero");
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.0\r\nhost: {place}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap_or_else(|error| panic!("{place}: {error}"));
    stream
}

/// The JSON of a good response, or else the whole response.
fn answer(mut stream: TcpStream) -> Result<Value, String> {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(|error| error.to_string())?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.lines().next().unwrap_or_default();
    let is_good = status.contains(" 200 ") || status.contains(" 202 ");
    is_good.then(|| serde_json::from_str(body).ok()).flatten().ok_or(answer)
}

/// Passes on each line and stores it.
fn read_lines(child: &mut Child, said: LogLines) -> Receiver<String> {
    let stderr = child.stderr.take().expect("it is piped");
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            said.lock().unwrap_or_else(PoisonError::into_inner).push(line.clone());
            let _ = sender.send(line);
        }
    });
    lines
}

/// Reports the end of the child.
fn wait_for(mut child: Child) -> Receiver<ExitStatus> {
    let (sender, ended) = channel();
    std::thread::spawn(move || {
        let _ = sender.send(child.wait().expect("it is our child"));
    });
    ended
}
