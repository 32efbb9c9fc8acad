//! The child.

use std::io::{self, Read, Write};
use std::thread;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::frame::{self, HELLO, Limits, Reply};
use super::{Page, page};

/// The stack on which a page is read: libraries recurse with the nesting of elements.
const STACK: usize = 64 * 1024 * 1024;

/// The child's loop: one page after the other, until its input ends. It limits its own memory and
/// processor time as the requests say, and leaves no core file.
///
/// # Errors
/// What reading or writing fails with, and what the limits were refused with.
pub fn serve(input: impl Read, output: impl Write) -> io::Result<()> {
    serve_with(input, output, &page::read)
}

/// [`serve`] with another way to read pages.
pub(super) fn serve_with(
    mut input: impl Read,
    mut output: impl Write,
    read: &(dyn Fn(&[u8], &str) -> Option<Page> + Sync),
) -> io::Result<()> {
    output.write_all(HELLO)?;
    output.flush()?;
    while let Some((request, bytes)) = frame::read_request(&mut input)? {
        request.limits.map_or(Ok(()), limit)?;
        let reply = thread::scope(|scope| {
            let reader = thread::Builder::new().stack_size(STACK);
            let reader = reader.spawn_scoped(scope, || read(&bytes, &request.url))?;
            Ok::<_, io::Error>(match reader.join() {
                Ok(Some(page)) => Reply::Page(Box::new(page)),
                Ok(None) => Reply::Nothing,
                Err(_panic) => Reply::Crashed,
            })
        })?;
        frame::write_reply(&mut output, &reply)?;
    }
    Ok(())
}

fn limit(limits: Limits) -> io::Result<()> {
    let used = clock_gettime(ClockId::ProcessCPUTime).tv_sec;
    let seconds = u64::try_from(used).unwrap_or(0).saturating_add(limits.cpu_seconds);
    // One second more, because the clock may stand just before the next.
    soft(Resource::Cpu, seconds.saturating_add(1))?;
    soft(Resource::Core, 0)?;
    soft(Resource::As, limits.memory)
}

/// Sets the limit that counts, under the one that nobody may raise.
fn soft(resource: Resource, most: u64) -> io::Result<()> {
    let maximum = getrlimit(resource).maximum;
    let current = Some(maximum.map_or(most, |maximum| maximum.min(most)));
    Ok(setrlimit(resource, Rlimit { current, maximum })?)
}
