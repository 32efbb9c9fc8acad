//! The main loop of the child: reads requests, extracts, answers.

use std::io::{self, Read, Write};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, Signal, getpid, getrlimit, kill_process, setrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::frame::{self, HELLO, Limits, Reply};
use super::{Page, Rule, page, sandbox};

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
    frame::write_header(&mut output, &sandbox)?;
    while let Some((request, bytes)) = frame::read_request(&mut input)? {
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
        frame::write_header(&mut output, &reply)?;
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
