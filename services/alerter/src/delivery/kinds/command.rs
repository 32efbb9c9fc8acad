//! A channel that gives each revision to a program, as one line of JSON on its standard input.
//!
//! Comes in: a message. Goes out: the exit code as success or failure. Only a settings file can name a
//! program, so nobody can start one through the API.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::delivery::chat::cut;
use crate::delivery::{Failure, Sent, ToSend};
use crate::wording::line;

/// How long it may run; then it is killed.
const TOTAL: Duration = Duration::from_secs(30);
/// The longest quoted part of its standard error, in bytes.
const WORDS: usize = 200;

/// A program that is given each revision as JSON on its standard input.
#[derive(Debug, Clone)]
pub struct CommandTarget {
    /// The program and its arguments.
    pub command: Vec<String>,
}

impl CommandTarget {
    pub(super) fn check(&self) -> Result<(), String> {
        self.program().map(drop)
    }

    /// Gives the program a message. It gets all revisions: their JSON says which are loud.
    pub(in crate::delivery) async fn send(&self, message: &ToSend<'_>) -> Sent {
        self.run(message.json()?, TOTAL).await.map(|()| None)
    }

    /// The program and its arguments; no shell reads them.
    fn program(&self) -> Result<(&String, &[String]), String> {
        self.command.split_first().ok_or_else(|| "it names no program".to_owned())
    }

    async fn run(&self, json: Vec<u8>, total: Duration) -> Result<(), Failure> {
        let (program, arguments) = self.program().map_err(Failure::never)?;
        let done = tokio::time::timeout(total, run_to_end(program, arguments, json)).await;
        let late = || Failure::later(format!("{program} ran longer than {total:?}"));
        done.unwrap_or_else(|_| Err(late()))
    }
}

async fn run_to_end(program: &str, arguments: &[String], mut json: Vec<u8>) -> Result<(), Failure> {
    json.push(b'\n');
    let later = |error: std::io::Error| Failure::later(format!("{program}: {error}"));
    let mut child = tokio::process::Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(later)?;
    let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
    let write = async {
        if let Some(mut stdin) = stdin {
            // The program may succeed without reading its input: only the exit code counts.
            let _ = stdin.write_all(&json).await;
        }
    };
    let read = async {
        let mut first = Vec::new();
        if let Some(mut stderr) = stderr {
            let _ = (&mut stderr).take(WORDS as u64).read_to_end(&mut first).await;
            // The rest is read too: a full pipe would stop the program.
            let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
        }
        first
    };
    let ((), said, status) = tokio::join!(write, read, child.wait());
    let status = status.map_err(later)?;
    if status.success() {
        return Ok(());
    }
    let said = cut(&line(&String::from_utf8_lossy(&said)), WORDS);
    Err(Failure::later(format!("{program} ended with {status}: {said}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn run(script: &str, json: Vec<u8>, total: Duration) -> Result<(), Failure> {
        let command = ["sh", "-c", script].map(str::to_owned).to_vec();
        CommandTarget { command }.run(json, total).await
    }

    #[tokio::test]
    async fn the_exit_code_says_whether_it_was_taken() {
        let large = vec![b'x'; 1 << 20];
        assert_eq!(run("cat >/dev/null", large.clone(), TOTAL).await, Ok(()));
        assert_eq!(run("exit 0", large.clone(), TOTAL).await, Ok(()));
        let Err(Failure::Later { why, .. }) = run("echo no room >&2; exit 3", large, TOTAL).await
        else {
            panic!("it ended with 3");
        };
        assert_eq!(why, "sh ended with exit status: 3: no room");
        assert!(CommandTarget { command: Vec::new() }.check().is_err());
    }

    #[tokio::test]
    async fn one_that_hangs_is_killed() {
        let hanging = run("exec sleep 600", Vec::new(), Duration::from_millis(50));
        let Err(Failure::Later { why, .. }) = hanging.await else {
            panic!("it does not end");
        };
        assert_eq!(why, "sh ran longer than 50ms");
    }
}
