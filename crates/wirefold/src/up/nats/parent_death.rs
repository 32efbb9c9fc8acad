//! Ends a child process with its parent.

#[cfg(target_os = "linux")]
use rustix::process::Signal;
#[cfg(target_os = "linux")]
use tracing::debug;

/// Asks the kernel to terminate this process when its parent ends.
pub(in crate::up) fn end_with_parent() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::set_parent_process_death_signal(Some(Signal::TERM)) {
        debug!(%error, "this process stays when its parent is killed");
    }
}
