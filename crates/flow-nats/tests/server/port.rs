//! Free ports for servers of tests and benchmarks. Used by the tests and by xtask.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the ports that systems give to outgoing connections, so that none of those takes one
/// between a kill and a restart; and below those that `wirefold up --nats` takes for itself.
const PORTS: std::ops::Range<u16> = 12_000..18_000;

/// A port that nobody listens on, and that nobody else in this process is given.
pub(crate) fn free() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let count = PORTS.end - PORTS.start;
    let own = u16::try_from(std::process::id() % u32::from(count)).expect("it is below the count");
    loop {
        let step = NEXT.fetch_add(7, Ordering::Relaxed) % count;
        let port = PORTS.start + (own + step) % count;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
