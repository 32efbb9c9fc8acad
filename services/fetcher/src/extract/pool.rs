//! The pool of child processes that extract pages.

use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{io, thread};

use bytes::Bytes;
use rustix::process::{Resource, Rlimit, Signal, getpid, getrlimit, kill_process, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::lock::lock;

use super::{ExtractError, Page, Rule, Sandbox, Settings, page, sandbox};

/// The deepest nesting that is extracted. Browsers flatten deeper elements.
const MAX_DEPTH: usize = 512;
/// A child is replaced after this many pages, which bounds memory leaks.
const PAGES_OF_ONE_CHILD: u32 = 500;

/// Extracts pages in child processes, which clones share. Children are started when they are needed, and
/// killed when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Extractor {
    pool: Arc<Pool>,
}

#[derive(Debug)]
struct Pool {
    settings: Settings,
    permits: Semaphore,
    idle: Mutex<Vec<Worker>>,
}

impl Extractor {
    /// Creates an extractor without starting a child.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let permits = Semaphore::new(settings.workers.max(1));
        let pool = Pool { settings, permits, idle: Mutex::default() };
        Self { pool: Arc::new(pool) }
    }

    /// Extracts the article of a page from the address `url`, by the `rule` of its feed. Waits while all
    /// children are busy. The time limit starts when one is free. The future may be dropped at any time.
    ///
    /// # Errors
    /// An [`ExtractError`] that tells whether the page or the machine is the cause.
    pub async fn extract(&self, html: Bytes, url: &str, rule: &Rule) -> Result<Page, ExtractError> {
        let page = html.slice(..html.len().min(LONGEST_PAGE));
        if is_deeper_than(&page, MAX_DEPTH) {
            return Err(ExtractError::TooDeep);
        }
        self.pool.extract(&page, url, rule).await
    }

    /// The sandbox of the children on this system. Starts a child to find out, and kills it.
    ///
    /// # Errors
    /// [`ExtractError::Unavailable`] if it cannot be started or does not answer in time.
    pub async fn sandbox(&self) -> Result<Sandbox, ExtractError> {
        let settings = &self.pool.settings;
        let mut worker = Worker::start(settings).map_err(ExtractError::Unavailable)?;
        let answer = timeout(settings.wall, worker.read_hello()).await;
        worker.kill().await;
        let answer = answer.map_err(|_elapsed| io::Error::from(io::ErrorKind::TimedOut));
        answer.flatten().map_err(ExtractError::Unavailable)
    }

    /// [`Extractor::extract`] without the check of the nesting.
    #[cfg(test)]
    pub(super) async fn extract_unseen(&self, page: &Bytes) -> Result<Page, ExtractError> {
        self.pool.extract(page, "https://harbour.example/", &Rule::default()).await
    }
}

impl Pool {
    async fn extract(&self, page: &Bytes, url: &str, rule: &Rule) -> Result<Page, ExtractError> {
        let _permit = self.permits.acquire().await.expect("the semaphore is never closed");
        let Settings { memory, cpu, wall, .. } = self.settings;
        let limits = Some(Limits { memory, cpu });
        let (url, rule) = (url.to_owned(), rule.clone());
        let request = Request { url, rule, bytes: page.len(), limits };
        loop {
            let idle = lock(&self.idle).pop();
            let was_idle = idle.is_some();
            let started = || Worker::start(&self.settings).map_err(ExtractError::Unavailable);
            let mut worker = idle.map_or_else(started, Ok)?;
            let answer = timeout(wall, worker.request(&request, page)).await;
            match answer {
                Ok(Ok(reply)) => {
                    if worker.pages < PAGES_OF_ONE_CHILD {
                        lock(&self.idle).push(worker);
                    }
                    return match reply {
                        Reply::Page(found) => match found.interstitial {
                            Some(kind) => Err(ExtractError::Interstitial(kind)),
                            None => Ok(*found),
                        },
                        Reply::Nothing => Err(ExtractError::Nothing),
                        Reply::Crashed => Err(ExtractError::Crashed),
                    };
                }
                Ok(Err(error)) => {
                    let was_known = worker.has_hello;
                    let status = worker.kill().await;
                    // The cause may be an earlier page: try again with a new child.
                    if !was_idle {
                        return Err(failure(was_known, status, error));
                    }
                }
                Err(_elapsed) => {
                    worker.kill().await;
                    return Err(ExtractError::TimedOut);
                }
            }
        }
    }
}

/// Why a child ended before it answered.
fn failure(was_known: bool, status: Option<ExitStatus>, error: io::Error) -> ExtractError {
    let signal = status.and_then(|status| status.signal());
    if !was_known {
        ExtractError::Unavailable(error)
    } else if signal == Some(Signal::XCPU.as_raw()) {
        ExtractError::TimedOut
    } else {
        ExtractError::Crashed
    }
}

/// The most bytes that a child may write before its hello.
const MOST_BEFORE_HELLO: usize = 64 * 1024;

/// A child that waits for pages. Dropping it kills it.
#[derive(Debug)]
pub(super) struct Worker {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// Whether it has sent its hello, which shows that it is an extraction process.
    has_hello: bool,
    /// How many pages were requested from it.
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

    /// Requests the article of one page. After a failure, or if this future is dropped, the child must not
    /// be used again.
    pub(super) async fn request(&mut self, request: &Request, page: &Bytes) -> io::Result<Reply> {
        self.pages += 1;
        if !self.has_hello {
            self.read_hello().await?;
        }
        self.input.write_all(&header(request)?).await?;
        self.input.write_all(page).await?;
        self.input.flush().await?;
        self.read_header().await
    }

    async fn read_header<T: DeserializeOwned>(&mut self) -> io::Result<T> {
        let mut start = [0_u8; 4];
        self.output.read_exact(&mut start).await?;
        let mut json = vec![0; length(start)?];
        self.output.read_exact(&mut json).await?;
        content(&json)
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

/// The child's first bytes; the last is the version of this protocol.
pub(super) const HELLO: &[u8] = b"\0wirefold feed extraction 4\n";

/// The longest header, in bytes.
const LONGEST_HEADER: usize = 32 * 1024 * 1024;

/// The most bytes of a page that are read. On longer pages the article is well before that.
pub(super) const LONGEST_PAGE: usize = 4 * 1024 * 1024;

/// A request for the article of a page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Request {
    /// The address of the page.
    pub(super) url: String,
    /// The rule of its feed.
    pub(super) rule: Rule,
    /// The length of the page that follows.
    pub(super) bytes: usize,
    /// The limits of the child; no limits if absent.
    pub(super) limits: Option<Limits>,
}

/// The limits of the child.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Limits {
    /// Address space in bytes.
    pub(super) memory: u64,
    /// Processor time for this page.
    pub(super) cpu: Duration,
}

/// The child's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Reply {
    /// The article.
    Page(Box<Page>),
    /// There is no article.
    Nothing,
    /// The extraction panicked; the child continues.
    Crashed,
}

/// The bytes of a header.
pub(super) fn header<T: Serialize>(content: &T) -> io::Result<Vec<u8>> {
    let json = serde_json::to_vec(content).map_err(io::Error::other)?;
    let length = u32::try_from(json.len()).map_err(io::Error::other)?;
    Ok([length.to_le_bytes().as_slice(), &json].concat())
}

/// The length in four bytes, unless it is too large.
pub(super) fn length(bytes: [u8; 4]) -> io::Result<usize> {
    let length = usize::try_from(u32::from_le_bytes(bytes)).map_err(io::Error::other)?;
    if length > LONGEST_HEADER {
        return Err(io::Error::other("an absurdly long header"));
    }
    Ok(length)
}

/// Reads the content of a header.
pub(super) fn content<T: DeserializeOwned>(json: &[u8]) -> io::Result<T> {
    serde_json::from_slice(json).map_err(io::Error::other)
}

/// Reads a request and its page; `None` at the end of the input.
pub(super) fn read_request(input: &mut impl Read) -> io::Result<Option<(Request, Vec<u8>)>> {
    let mut start = [0_u8; 4];
    match input.read_exact(&mut start) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let mut json = vec![0; length(start)?];
    input.read_exact(&mut json)?;
    let request: Request = content(&json)?;
    if request.bytes > LONGEST_PAGE {
        return Err(io::Error::other("an absurdly long page"));
    }
    let mut page = vec![0; request.bytes];
    input.read_exact(&mut page)?;
    Ok(Some((request, page)))
}

/// Writes a header, such as an answer, and sends it.
pub(super) fn write_header(output: &mut impl Write, content: &impl Serialize) -> io::Result<()> {
    output.write_all(&header(content)?)?;
    output.flush()
}

/// Elements without an end tag.
const VOID: &[&[u8]] = &[
    b"area", b"base", b"br", b"col", b"embed", b"hr", b"img", b"input", b"link", b"meta", b"param",
    b"source", b"track", b"wbr",
];

/// Elements whose end tag is optional: the next one ends them.
const OPTIONAL: &[&[u8]] = &[
    b"p", b"li", b"dt", b"dd", b"td", b"th", b"tr", b"thead", b"tbody", b"tfoot", b"option",
    b"optgroup", b"colgroup", b"rt", b"rp",
];

/// Elements whose content is not markup.
const RAW: &[&[u8]] = &[b"script", b"style", b"textarea", b"title"];

/// Whether elements nest deeper than `most`.
///
/// An end tag closes the innermost open element of its name. This is close to what parsers do. The time
/// is usually linear in the bytes, and at worst the bytes times `most`.
pub(super) fn is_deeper_than(html: &[u8], most: usize) -> bool {
    let mut open: Vec<u64> = Vec::with_capacity(most + 1);
    let mut at = 0;
    while let Some(found) = html[at..].iter().position(|byte| *byte == b'<') {
        at += found + 1;
        let rest = &html[at..];
        if rest.starts_with(b"!--") {
            at += find(rest, b"-->").unwrap_or(rest.len());
            continue;
        }
        let is_end = rest.first() == Some(&b'/');
        let name = name(&rest[usize::from(is_end)..]);
        let Some(key) = key(&name).filter(|_| !is_any(VOID, &name) && !is_any(OPTIONAL, &name))
        else {
            continue;
        };
        if is_end {
            if let Some(its) = open.iter().rposition(|one| *one == key) {
                open.truncate(its);
            }
        } else if is_any(RAW, &name) {
            let end = [b"</", name.as_slice()].concat();
            at += find(rest, &end).unwrap_or(rest.len());
        } else {
            open.push(key);
            if open.len() > most {
                return true;
            }
        }
    }
    false
}

/// The name at the beginning of a tag, in lower case, cut to 12 letters.
fn name(tag: &[u8]) -> Vec<u8> {
    const LONGEST: usize = 12;
    let letters = tag.iter().take(LONGEST).take_while(|byte| byte.is_ascii_alphanumeric());
    letters.map(u8::to_ascii_lowercase).collect()
}

/// The name as a number: its first eight bytes, which suffice to distinguish the relevant names.
fn key(name: &[u8]) -> Option<u64> {
    name.first().filter(|byte| byte.is_ascii_alphabetic())?;
    Some(name.iter().take(8).fold(0, |key, byte| key << 8 | u64::from(*byte)))
}

fn is_any(names: &[&[u8]], name: &[u8]) -> bool {
    names.contains(&name)
}

/// The position of `wanted`, in upper or lower case.
fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window.eq_ignore_ascii_case(wanted))
}

/// The stack for reading a page: libraries recurse with the nesting of elements.
const STACK: usize = 64 * 1024 * 1024;
/// How often the used processor time is checked.
const CHECK_INTERVAL: Duration = Duration::from_millis(20);

/// Runs the child's loop: one page after the other, until its input ends. It confines the process for
/// good (see [`Sandbox`](super::Sandbox)), limits its own memory and processor time as the requests
/// require, and leaves no core file.
///
/// # Errors
/// An error of reading, of writing, or of setting the limits.
pub fn serve(input: impl Read, output: impl Write) -> io::Result<()> {
    serve_with(input, output, &page::extract)
}

/// Extracts the article from the bytes of a page, its address and a rule.
type Reader = dyn Fn(&[u8], &str, &Rule) -> Option<Page> + Sync;

/// [`serve`] with another function that reads pages.
pub(super) fn serve_with(
    mut input: impl Read,
    mut output: impl Write,
    read: &Reader,
) -> io::Result<()> {
    // Called before the sandbox, because at its first use the clock reads a file of the kernel.
    let _ = used();
    let sandbox = sandbox::enter();
    output.write_all(HELLO)?;
    write_header(&mut output, &sandbox)?;
    while let Some((request, bytes)) = read_request(&mut input)? {
        request.limits.map_or(Ok(()), limit)?;
        let most = request.limits.map(|limits| used() + limits.cpu);
        let reply = thread::scope(|scope| {
            let (ended, end) = channel::<()>();
            let reader = thread::Builder::new().stack_size(STACK);
            let reader = reader.spawn_scoped(scope, || {
                // Dropped at the end, also by a panic.
                let _ended = ended;
                read(&bytes, &request.url, &request.rule)
            })?;
            while end.recv_timeout(CHECK_INTERVAL) == Err(RecvTimeoutError::Timeout) {
                if most.is_some_and(|most| used() > most) {
                    kill_process(getpid(), Signal::XCPU)?;
                }
            }
            Ok::<_, io::Error>(match reader.join() {
                Ok(Some(page)) => Reply::Page(Box::new(page)),
                Ok(None) => Reply::Nothing,
                Err(_panic) => Reply::Crashed,
            })
        })?;
        write_header(&mut output, &reply)?;
    }
    Ok(())
}

/// The processor time that this process has used.
fn used() -> Duration {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(used).unwrap_or_default()
}

fn limit(limits: Limits) -> io::Result<()> {
    // The kernel counts whole seconds. Its limit applies if the check above does not.
    let seconds = (used() + limits.cpu).as_secs();
    soft(Resource::Cpu, seconds.saturating_add(2))?;
    soft(Resource::Core, 0)?;
    soft(Resource::As, limits.memory)
}

/// Sets the soft limit, at most to the hard limit.
fn soft(resource: Resource, most: u64) -> io::Result<()> {
    let maximum = getrlimit(resource).maximum;
    let current = Some(maximum.map_or(most, |maximum| maximum.min(most)));
    Ok(setrlimit(resource, Rlimit { current, maximum })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, most: usize, expected: bool) {
        assert_eq!(is_deeper_than(html.as_bytes(), most), expected, "{most}: {html:.60}");
    }

    #[test]
    fn nesting_is_counted() {
        check("<html><body><div>x</div><div>y</div></body></html>", 3, false);
        check("<html><body><div>x</div><div>y</div></body></html>", 2, true);
        check(&"<p>x<li>y<br><img src=a>".repeat(1000), 2, false);
        check(&"<div>".repeat(600), 512, true);
        check(&"<table><tr><td>x<p>".repeat(600), 512, true);
        check(&"<svg><desc>".repeat(300), 512, true);
        check(&"<script>document.write('<div><div>')</script>".repeat(600), 2, false);
        check(&"<!-- <div> -->".repeat(600), 2, false);
        check(&"</div>".repeat(600), 0, false);
        check(&"<div><span></div>".repeat(600), 2, false);
        check(&"a < 3 <3 < ".repeat(600), 0, false);
    }
}
