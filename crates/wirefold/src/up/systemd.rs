//! Reports to systemd as a service of `Type=notify` does: that it runs, is alive, or ends.
//!
//! It sends datagrams to the socket in `NOTIFY_SOCKET` (sd_notify(3)). Without that variable it sends
//! nothing. If a loop hangs, it does not send the message that the watchdog waits for, so systemd restarts
//! the service.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::telemetry::Health;

/// How often the loops are checked if there is no watchdog.
const CHECK_INTERVAL: Duration = Duration::from_secs(60);

/// Reports to systemd until `stop`.
pub(super) async fn notify(health: Health, stop: CancellationToken) -> anyhow::Result<()> {
    let Some(socket) = variable("NOTIFY_SOCKET") else {
        stop.cancelled().await;
        return Ok(());
    };
    send(&socket, "READY=1");
    let mut ticks = interval(watchdog().unwrap_or(CHECK_INTERVAL) / 2);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            _ = ticks.tick() => match health.is_alive() {
                true => send(&socket, "WATCHDOG=1"),
                false => tracing::error!("a loop hangs: wirefold does not report to the watchdog"),
            }
        }
    }
    send(&socket, "STOPPING=1");
    Ok(())
}

/// How long systemd waits for a sign of life. `None` if it has no watchdog.
fn watchdog() -> Option<Duration> {
    let micros: u64 = variable("WATCHDOG_USEC")?.parse().ok()?;
    (micros > 0).then(|| Duration::from_micros(micros))
}

fn send(socket: &str, what: &str) {
    if let Err(error) = send_to(socket, what.as_bytes()) {
        tracing::warn!(%error, socket, what, "systemd cannot be notified");
    }
}

fn send_to(socket: &str, what: &[u8]) -> io::Result<()> {
    let datagram = UnixDatagram::unbound()?;
    #[cfg(target_os = "linux")]
    if let Some(name) = socket.strip_prefix('@') {
        use std::os::linux::net::SocketAddrExt as _;
        let address = std::os::unix::net::SocketAddr::from_abstract_name(name)?;
        return datagram.send_to_addr(what, &address).map(|_| ());
    }
    datagram.send_to(what, socket).map(|_| ())
}

#[expect(clippy::disallowed_methods, reason = "it is systemd's word to the process, no setting")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
