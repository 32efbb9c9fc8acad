//! The parent's side of one child process.

use std::io;
use std::process::{ExitStatus, Stdio};

use bytes::Bytes;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::frame::{self, HELLO, Reply, Request};
use super::{Sandbox, Settings};

/// The most bytes that a child may write before its hello.
const MOST_BEFORE_HELLO: usize = 64 * 1024;

/// A child that waits for pages. Dropping it kills it.
#[derive(Debug)]
pub(super) struct Worker {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    has_hello: bool,
    pages: u32,
}

impl Worker {
    pub(super) fn start(settings: &Settings) -> io::Result<Self> {
        let mut child = Command::new(&settings.program)
            .args(&settings.args)
            // The child reads untrusted pages, so it gets no secrets of the environment.
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let gone = || io::Error::other("no pipe to the child");
        let input = child.stdin.take().ok_or_else(gone)?;
        let output = BufReader::new(child.stdout.take().ok_or_else(gone)?);
        Ok(Self { child, input, output, has_hello: false, pages: 0 })
    }

    /// How many pages were requested from it.
    pub(super) fn pages(&self) -> u32 {
        self.pages
    }

    /// Whether it has sent its hello, which shows that it is an extraction process.
    pub(super) fn has_hello(&self) -> bool {
        self.has_hello
    }

    /// Requests the article of one page. After a failure, or if this future is dropped, the child must not
    /// be used again.
    pub(super) async fn request(&mut self, request: &Request, page: &Bytes) -> io::Result<Reply> {
        self.pages += 1;
        if !self.has_hello {
            self.read_hello().await?;
        }
        self.input.write_all(&frame::header(request)?).await?;
        self.input.write_all(page).await?;
        self.input.flush().await?;
        self.read_header().await
    }

    async fn read_header<T: DeserializeOwned>(&mut self) -> io::Result<T> {
        let mut start = [0_u8; 4];
        self.output.read_exact(&mut start).await?;
        let mut json = vec![0; frame::length(start)?];
        self.output.read_exact(&mut json).await?;
        frame::content(&json)
    }

    /// Waits for its hello and reads its sandbox. Call it once.
    pub(super) async fn read_hello(&mut self) -> io::Result<Sandbox> {
        let mut matched = 0;
        for _ in 0..MOST_BEFORE_HELLO {
            let byte = self.output.read_u8().await?;
            // The first byte of the hello occurs only once in it, so a mismatch restarts there.
            matched =
                if byte == HELLO[matched] { matched + 1 } else { usize::from(byte == HELLO[0]) };
            if matched == HELLO.len() {
                let sandbox = self.read_header().await?;
                self.has_hello = true;
                return Ok(sandbox);
            }
        }
        Err(io::Error::other("the child does not say hello"))
    }

    /// Kills it and returns its status.
    pub(super) async fn kill(mut self) -> Option<ExitStatus> {
        // Fails if it has ended by itself, which does no harm.
        let _ = self.child.start_kill();
        self.child.wait().await.ok()
    }
}
