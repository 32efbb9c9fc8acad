//! One child process, seen from its parent.

use std::io;
use std::process::{ExitStatus, Stdio};

use bytes::Bytes;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::frame::{self, HELLO, Reply, Request};
use super::{Sandbox, Settings};

/// How much a child may say before it says hello.
const MOST_BEFORE_HELLO: usize = 64 * 1024;

/// A child that waits for pages. Dropping it kills it.
#[derive(Debug)]
pub(super) struct Worker {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    has_said_hello: bool,
    pages: u32,
}

impl Worker {
    pub(super) fn start(settings: &Settings) -> io::Result<Self> {
        let mut child = Command::new(&settings.program)
            .args(&settings.args)
            // It reads what strangers wrote: no secret of the environment goes with it.
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let gone = || io::Error::other("no pipe to the child");
        let input = child.stdin.take().ok_or_else(gone)?;
        let output = BufReader::new(child.stdout.take().ok_or_else(gone)?);
        Ok(Self { child, input, output, has_said_hello: false, pages: 0 })
    }

    /// How many pages it has been asked for.
    pub(super) fn pages(&self) -> u32 {
        self.pages
    }

    /// Whether it is a child that extracts: it has said so.
    pub(super) fn has_said_hello(&self) -> bool {
        self.has_said_hello
    }

    /// Asks for one page. After a failure, or where this is dropped, it may not be asked again.
    pub(super) async fn request(&mut self, request: &Request, page: &Bytes) -> io::Result<Reply> {
        self.pages += 1;
        if !self.has_said_hello {
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

    /// Waits until it says hello, and how far it is confined. To be called once.
    pub(super) async fn read_hello(&mut self) -> io::Result<Sandbox> {
        let mut heard = 0;
        for _ in 0..MOST_BEFORE_HELLO {
            let byte = self.output.read_u8().await?;
            // No byte of it but the first is the first, so there is no other way back.
            heard = if byte == HELLO[heard] { heard + 1 } else { usize::from(byte == HELLO[0]) };
            if heard == HELLO.len() {
                let sandbox = self.read_header().await?;
                self.has_said_hello = true;
                return Ok(sandbox);
            }
        }
        Err(io::Error::other("the child does not say hello"))
    }

    /// Ends it for good; says how it ended.
    pub(super) async fn kill(mut self) -> Option<ExitStatus> {
        // It may have ended by itself, which is as good.
        let _ = self.child.start_kill();
        self.child.wait().await.ok()
    }
}
