//! Connections that stay open and no longer carry data, such as when a firewall forgets them.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use wirefold_flow::{Bus, SystemClock};
use wirefold_flow_nats::{Options, connect};

use crate::outages::streams;
use crate::server::Server;
use crate::waiting::within_reason;

/// Forwards connections to a server, until it forgets them.
struct Relay {
    address: SocketAddr,
    /// Connections of an earlier generation carry nothing.
    age: Arc<AtomicU64>,
}

impl Relay {
    fn before(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, age) = (listener.local_addr().unwrap(), Arc::new(AtomicU64::new(0)));
        let (server, now) = (server.trim_start_matches("nats://").to_owned(), age.clone());
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(there) = TcpStream::connect(&server) else { continue };
                let (back, forth) = (client.try_clone().unwrap(), there.try_clone().unwrap());
                for (from, to) in [(client, forth), (there, back)] {
                    let (now, born) = (now.clone(), now.load(Ordering::Relaxed));
                    std::thread::spawn(move || {
                        carry(from, to, || now.load(Ordering::Relaxed) == born);
                    });
                }
            }
        });
        Self { address, age }
    }

    /// Stops forwarding the open connections. Neither side is notified.
    fn forget_all(&self) {
        self.age.fetch_add(1, Ordering::Relaxed);
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, is_known: impl Fn() -> bool) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(bytes @ 1..) = from.read(&mut buffer) {
        if is_known() && to.write_all(&buffer[..bytes]).is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_was_forgotten_is_made_anew_in_seconds() {
    let server = Server::start();
    let relay = Relay::before(&server.url());
    streams(&server.bus().await).await;
    let options = Options::new(format!("nats://{}", relay.address), "test");
    let bus = connect(&options, Arc::new(SystemClock)).await.unwrap();
    bus.stream_state("WORK").await.unwrap();
    relay.forget_all();
    let answered = async { while bus.stream_state("WORK").await.is_err() {} };
    // Three seconds, and as many for a busy machine: far less than the half minute of a patient client.
    let in_time = tokio::time::timeout(Duration::from_secs(6), answered);
    within_reason(in_time).await.expect("the connection is still waited for");
}
