//! Removes the child's access to network, files and other processes before it reads a page.
//!
//! If a page exploits a bug in a parser, it gains a process that can only compute and answer its
//! parent. On Linux two layers ensure that, and no process can leave them: seccomp allows only the
//! system calls that extraction needs, and Landlock denies all files, ports and signals. A system that
//! lacks one of them runs without it, and [`Sandbox`] says so.

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
))]
mod linux;

use serde::{Deserialize, Serialize};

/// The sandbox of a child.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sandbox {
    /// The layers that this system does not have, each with the reason.
    pub missing: Vec<String>,
}

/// Confines this process for good.
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
))]
pub(super) fn enter() -> Sandbox {
    // Landlock first, because seccomp does not allow its system calls.
    let landlock = linux::deny_files().map_err(|why| format!("Landlock: {why}"));
    let seccomp = linux::limit_system_calls().map_err(|why| format!("seccomp: {why}"));
    Sandbox { missing: [landlock, seccomp].into_iter().filter_map(Result::err).collect() }
}

/// Confines nothing, because this system has neither layer.
#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
)))]
pub(super) fn enter() -> Sandbox {
    let (system, processor) = (std::env::consts::OS, std::env::consts::ARCH);
    let why = format!("wirefold has none for {system} on {processor}");
    Sandbox { missing: vec![format!("seccomp and Landlock: {why}")] }
}
