//! Free ports for servers of tests and benchmarks. Used by the tests and by xtask.

use std::fs::{File, TryLockError};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Mutex, PoisonError};

/// Below the ports that systems give to outgoing connections and to programs that bind port 0, so that none
/// of these gets one between a kill and a restart. Also below the ports of `wirefold up --nats`.
const PORTS: std::ops::Range<u16> = 12_000..18_000;

/// A port without a listener. No other caller gets it while this process lives, also in another process: a
/// test run beside this one may use the same range.
pub(crate) fn free() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    static HELD: Mutex<Vec<File>> = Mutex::new(Vec::new());
    let count = PORTS.end - PORTS.start;
    let own = u16::try_from(std::process::id() % u32::from(count)).expect("it is below the count");
    loop {
        let step = NEXT.fetch_add(7, Ordering::Relaxed) % count;
        let port = PORTS.start + (own + step) % count;
        let Some(held) = hold(port) else {
            continue;
        };
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            HELD.lock().unwrap_or_else(PoisonError::into_inner).push(held);
            return port;
        }
    }
}

/// A lock that reserves the port; `None` if another process has it.
fn hold(port: u16) -> Option<File> {
    let folder = std::env::temp_dir().join("wirefold-ports");
    std::fs::create_dir_all(&folder).expect("a folder for temporary files takes folders");
    let file = File::options().create(true).append(true).open(folder.join(port.to_string()));
    let file = file.expect("a folder for temporary files takes files");
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => None,
        Ok(()) | Err(TryLockError::Error(_)) => Some(file),
    }
}
