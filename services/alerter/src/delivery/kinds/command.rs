//! A channel that gives each revision to a program, as one line of JSON on its standard input.
//!
//! Comes in: a message. Goes out: the exit code as success or failure. Only a settings file can name a
//! program, so nobody can start one through the API.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wirefold_flow::BoxFuture;

use crate::delivery::chat::cut;
use crate::delivery::{Channel, Failure, Opening, Sent, Target, ToSend};
use crate::error::AlerterError;
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

impl Target for CommandTarget {
    fn check(&self) -> Result<(), String> {
        Command::new(&self.command).map(drop)
    }

    fn open(&self, opening: &mut Opening<'_>) -> Result<Box<dyn Channel>, AlerterError> {
        let channel = Command::new(&self.command).map_err(|why| opening.refuse(why))?;
        Ok(Box::new(channel))
    }
}

struct Command {
    program: String,
    arguments: Vec<String>,
    total: Duration,
}

impl Command {
    /// A channel to a program with its arguments; no shell reads them.
    fn new(command: &[String]) -> Result<Self, String> {
        let (program, arguments) = command.split_first().ok_or("it names no program")?;
        let (program, arguments) = (program.clone(), arguments.to_vec());
        Ok(Self { program, arguments, total: TOTAL })
    }

    async fn run(&self, json: Vec<u8>) -> Result<(), Failure> {
        let done = tokio::time::timeout(self.total, self.run_to_end(json)).await;
        let late = || Failure::later(format!("{} ran longer than {:?}", self.program, self.total));
        done.unwrap_or_else(|_| Err(late()))
    }

    async fn run_to_end(&self, mut json: Vec<u8>) -> Result<(), Failure> {
        json.push(b'\n');
        let later = |error: std::io::Error| Failure::later(format!("{}: {error}", self.program));
        let mut child = tokio::process::Command::new(&self.program)
            .args(&self.arguments)
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
        Err(Failure::later(format!("{} ended with {status}: {said}", self.program)))
    }
}

impl Channel for Command {
    /// A program gets all revisions. Their JSON says which are loud.
    fn send<'a>(&'a self, message: ToSend<'a>) -> BoxFuture<'a, Sent> {
        Box::pin(async move { self.run(message.json()?).await.map(|()| None) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        Command::new(&["sh", "-c", script].map(str::to_owned)).unwrap()
    }

    #[tokio::test]
    async fn the_exit_code_says_whether_it_was_taken() {
        let large = vec![b'x'; 1 << 20];
        assert_eq!(shell("cat >/dev/null").run(large.clone()).await, Ok(()));
        assert_eq!(shell("exit 0").run(large.clone()).await, Ok(()));
        let Err(Failure::Later { why, .. }) = shell("echo no room >&2; exit 3").run(large).await
        else {
            panic!("it ended with 3");
        };
        assert_eq!(why, "sh ended with exit status: 3: no room");
        assert!(Command::new(&[]).is_err());
    }

    #[tokio::test]
    async fn one_that_hangs_is_killed() {
        let hanging = Command { total: Duration::from_millis(50), ..shell("exec sleep 600") };
        let Err(Failure::Later { why, .. }) = hanging.run(Vec::new()).await else {
            panic!("it does not end");
        };
        assert_eq!(why, "sh ran longer than 50ms");
    }
}
