//! Free ports on loopback for the processes of one run.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// These are below the ports that systems use for outgoing connections. A client that waits for a server on
/// such a port might connect to itself.
const PORTS: std::ops::Range<u16> = 18_000..32_000;

/// A port on which nothing listens. `nth` separates the ports of one run.
pub(super) fn free(nth: u16) -> anyhow::Result<SocketAddr> {
    let count = PORTS.end - PORTS.start;
    let own = u16::try_from(std::process::id() % u32::from(count)).unwrap_or(0);
    let port = |step: u16| PORTS.start + (own + nth * 997 + step * 13) % count;
    let is_free = |address: &SocketAddr| TcpListener::bind(address).is_ok();
    let mut addresses = (0..1000).map(|step| (Ipv4Addr::LOCALHOST, port(step)).into());
    addresses.find(is_free).ok_or_else(|| anyhow::anyhow!("no port is free on 127.0.0.1"))
}
